"""What one subject brought to a written grading: the run's plan and input again, from the snapshot that was graded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.cli.progress import working
from creditscore.core.errors import InputError

if TYPE_CHECKING:
    from creditscore.explanation.deciding import RuleInputs
    from creditscore.grading.interpreter.exact import Outcome, Subject
    from creditscore.grading.plan import Plan
    from creditscore.records import Snapshot
    from creditscore.schemes.model import Scheme


def words_of(scheme: str | None) -> tuple[str, Scheme | None]:
    """The scheme asked for, and its file where it stands outside the library."""
    if scheme is None or not scheme.endswith((".yaml", ".yml")):
        return scheme or "", None
    from creditscore.schemes import registry

    own = registry.pick(scheme)
    return own.scheme, own


def run_of(folder: Path, scheme: str | None) -> tuple[dict[str, Any], Scheme | None]:
    """The manifest of one scheme of a written grading, and its file where it stands outside the library."""
    from creditscore.explanation.read import manifest_of

    name, own = words_of(scheme)
    return manifest_of(folder, name), own


def held_in(snapshot: Path, run: dict[str, Any]) -> Snapshot:
    """The snapshot, which must be the one that was graded, with what that run took beside it."""
    from creditscore.grading.input_state.acceptance import as_graded
    from creditscore.records.snapshot_files import read_snapshot

    loaded_snapshot = read_snapshot(snapshot)
    if not loaded_snapshot.has_hash(run["snapshot_hash"]):
        raise InputError("cli.snapshot_not_graded", where=str(snapshot), allowed=run["snapshot_hash"])
    return as_graded(loaded_snapshot, run)


def again(
    snapshot: Snapshot, run: dict[str, Any], own: Scheme | None, subject_ids: list[str]
) -> tuple[Plan, list[tuple[str, Subject]]]:
    """The plan of the run, and what some subjects bring under it, by the same text of the scheme."""
    from datetime import date

    from creditscore.cascade.regrade import readmit

    by_year = str(run["period"]).isdigit() and len(str(run["period"])) == 4
    plan, rows = readmit(
        snapshot,
        subject_ids,
        own or _version(run),
        run["period"] if by_year else None,
        as_of=None if by_year else run["as_of"],
        known_on=date.fromisoformat(run["known_at"]),
        replayed=run["law_known_at"] != "latest",
    )
    check_text(plan, run)
    return plan, rows


def _version(run: dict[str, Any]) -> str:
    """The version of a run by its name of today; `check_text` says whether it is still the text that was applied."""
    from datetime import date

    from creditscore.schemes import registry

    return registry.pick_recorded(str(run["scheme"]), date.fromisoformat(run["as_of"])).name


def graded_again(
    folder: Path, subject: str, snapshot: Path, scheme: str | None
) -> tuple[Outcome, dict[str, Any], RuleInputs]:
    """Grade one subject of a written grading again from the snapshot.

    Returns its outcome, its row of grades, and what its rules read.
    """
    from datetime import date

    from creditscore.cascade.regrade import regrade
    from creditscore.explanation.deciding import read_by_rules
    from creditscore.explanation.read import read
    from creditscore.grading.interpreter.exact import grade_subject
    from creditscore.grading.replay import inputs

    run, own = run_of(folder, scheme)
    subject_id = str(read(folder, subject, str(run["scheme"])).grade["subject_id"])
    by_year = str(run["period"]).isdigit() and len(str(run["period"])) == 4
    with working("reading_subject", subject_id):
        grading = regrade(
            held_in(snapshot, run),
            [subject_id],
            own or _version(run),
            run["period"] if by_year else None,
            as_of=None if by_year else run["as_of"],
            known_on=date.fromisoformat(run["known_at"]),
            replayed=run["law_known_at"] != "latest",
        )
        check_text(grading.plan, run)
        ((_, inputs_of_subject),) = inputs(grading)
    return (
        grade_subject(grading.plan, inputs_of_subject),
        grading.grades.to_pylist()[0],
        read_by_rules(grading.plan, inputs_of_subject),
    )


def check_text(plan: Plan, run: dict[str, Any]) -> None:
    """Refuse a text of the scheme that is not the one of the run."""
    from creditscore.grading.identity import has_rules

    if not has_rules(run, plan.scheme):
        raise InputError("cli.text_not_applied", scheme=run["scheme"])


def load_subject_input(folder: Path, subject: str, snapshot: Path, scheme: str | None) -> tuple[Plan, str, Subject]:
    """The plan and the input of one subject of a written grading."""
    from creditscore.explanation.read import read

    run, own = run_of(folder, scheme)
    subject_id = str(read(folder, subject, str(run["scheme"])).grade["subject_id"])
    with working("reading_subject", subject_id):
        plan, ((_, asked_subject),) = again(held_in(snapshot, run), run, own, [subject_id])
    return plan, subject_id, asked_subject

"""What follows that people see to: new grounds of lists, organisations whose records name one that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from creditscore.cascade.follow import FindSnapshot, Redrawn
from creditscore.cascade.follow_entries import IN_QUESTION
from creditscore.schemes import registry
from creditscore.store.archive.rows import Rows
from creditscore.store.context import Context

GROUND, LINKED = "ground_new", "linked"


def list_follow_ups(context: Context, redrawn: Sequence[Redrawn], find: FindSnapshot) -> list[dict[str, Any]]:
    """List what a decision leaves to people beside what it writes elsewhere, as rows of the case.

    Parameters
    ----------
    context
        Of the act.
    redrawn
        The grades that the act draws anew.
    find
        Opens the snapshot of a kept run.

    Returns
    -------
    list of dict
        Rows with `what` (`ground_new`: a trigger of a list decides now that no case carries; `linked`: a record of
        another organisation names this one, whose grade changes, as its source), `subject`, `thing` and `run`.
    """
    rows = [*_find_new_grounds(context, redrawn), *_find_linked(redrawn, find)]
    unique = {(row["what"], row["subject"], row["thing"]): row for row in reversed(rows)}
    return [unique[key] for key in sorted(unique)]


def _find_new_grounds(context: Context, changes: Sequence[Redrawn]) -> Iterator[dict[str, Any]]:
    for change in changes:
        run, before, after = change.run, change.before, change.after
        if not (isinstance(before, Rows) and isinstance(after, Rows)) or not (new := after.rules() - before.rules()):
            continue  # a composite decides no entry
        scheme = registry.pick_recorded(run.pinned, date.fromisoformat(run.manifest["as_of"]))
        entries = context.read_of("listing", change.subject_id)
        held = {entry.fields.get("list") for entry in entries if not entry.is_erased and entry.state in IN_QUESTION}
        for code, rule in scheme.lists.items():
            for trigger in sorted(new & set(rule.triggers)):
                if code not in held:
                    yield _make_row(GROUND, change.subject_id, f"{code}: {trigger}", run.run_id)


def _find_linked(changes: Sequence[Redrawn], find: FindSnapshot) -> Iterator[dict[str, Any]]:
    for change in changes:
        if not isinstance(change.before, Rows) or change.before.face == getattr(change.after, "face", None):
            continue
        snapshot = find(change.run)
        if "source_subject_id" not in snapshot.log_columns:
            continue
        rows = snapshot.con.execute(
            f"SELECT DISTINCT s.subject_id, x.record_id FROM {snapshot.log} x JOIN {snapshot.subjects} s"
            " ON s.sid = x.sid WHERE x.source_subject_id = ? AND s.subject_id <> ?",
            [change.subject_id, change.subject_id],
        ).fetchall()
        for subject, record in rows:
            yield _make_row(LINKED, str(subject), str(record), change.run.run_id)


def _make_row(what: str, subject: str, thing: str, run_id: str) -> dict[str, Any]:
    return {"what": what, "subject": subject, "thing": thing, "run": run_id}

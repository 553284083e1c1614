"""What follows from the inputs of a packet: explanation, records, decisive sets, law, replays, repair, deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from creditscore.core.days import iso
from creditscore.core.errors import DifferenceError, InternalError, UsageError
from creditscore.core.quantities import from_micro, plain
from creditscore.evidence.packet.form import Packet, assembled
from creditscore.evidence.packet.gather import Added, Inputs, Run, gather
from creditscore.evidence.packet.recompute import Again, graded_again
from creditscore.evidence.packet.records import record_rows
from creditscore.evidence.packet.repairs import deadline_rows, repair_data
from creditscore.explanation.as_data import explanation_data
from creditscore.explanation.audit import audit
from creditscore.explanation.decisive.answer import as_json
from creditscore.explanation.decisive.decisive import decisive
from creditscore.explanation.labels import Labels
from creditscore.explanation.ledger import explain
from creditscore.explanation.shapley import shapley
from creditscore.grading.input_state.state import BLOCKED
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.records import Snapshot
from creditscore.schemes.citing import cited_text
from creditscore.schemes.diff import Change, diff
from creditscore.schemes.laws import Law, load_laws
from creditscore.schemes.model import Scheme

CLAIMS = 12  # claims of the proof that are kept; the number of all is said
MOST_COUNTS = 20_000  # of the shares by record; beyond, they are refused with the number


def build_packet(run: Run, snapshot: Snapshot, *, file: Path | None = None, added: Added | None = None) -> Packet:
    """Build the packet of one subject of a run: inputs, rules and laws, and everything computed from them.

    It holds no row of another subject.

    Parameters
    ----------
    run
        The run and its subject (`gather.run_in_folder` reads one from a written grading).
    snapshot
        The snapshot from which the run was graded.
    file
        The YAML file of a scheme outside the library; None: the library's own version.
    added
        What stands beside the run: a model part, rows of a case, disputed records, later events; None: nothing.

    Returns
    -------
    dict
        `kind`, `format`, `digest` (SHA-256 over inputs and results), `inputs`, `provenance` and `results`.

    Raises
    ------
    InputError
        Where snapshot, scheme and run do not belong together.
    UsageError
        For a model part of another subject, or one that does not state that it is advisory.
    DifferenceError
        Where the run is not reproduced from its snapshot as it was written.
    InternalError
        Where the two interpreters give different grades.

    Examples
    --------
    >>> run = run_in_folder("out", "91500000MAAAAAA188")  # doctest: +SKIP
    >>> build_packet(run, read_snapshot("snapshot"))["kind"]  # doctest: +SKIP
    'creditscore-packet'
    """
    given = gather(run, snapshot, file=file, added=added)
    results = compute(given)
    if results["hashes"]["digest"] != run.digest or results["hashes"]["scheme_hash"] != run.manifest["scheme_hash"]:
        raise DifferenceError(
            f"run {run.manifest['run_id']} does not come out of its snapshot as it was written",
            next="`creditscore reproduce` names the first difference",
        )
    return assembled(given, results)


def compute(given: Inputs) -> dict[str, Any]:
    """Everything that a packet says and that its inputs do not; the same for the same inputs, wherever it runs."""
    with graded_again(given) as again:
        about = again.about
        explanation = explain(again.grading, about["subject_id"], words_of=again.scheme, laws=again.laws)
        explained = explanation_data(explanation, made_up=about["made_up"] == "true")
        held = audit(again.grading, about["subject_id"])
        deciding = {line.record_id: line.said for line in explanation.lines if line.decides}
        records = [
            row | {"why": deciding[row["record_id"]].model_dump()} if row["record_id"] in deciding else row
            for row in record_rows(again, given)
        ]
        data = as_json(decisive(again.plan, again.then), about["subject_id"], about["scheme"], about["period"])
        claims = data.pop("proof")
        moved = [row["record_id"] for row in records if row["use"] == "counted"]
        single = [record for part in data["singles"] for record in part["records"]]
        repair = repair_data(again)
        contested = [row["record_id"] for row in records if row["disputed"]]
        known = {row["record_id"] for row in records}
        contested += [row["record_id"] for row in given["case"] if row.get("record_id") in known - set(contested)]
        replays = replay_rows(again, [*contested, *single, *moved], contested)
        _agree(explained, replays["whole"]["then"], again.subject_rows.grade["state_reason"] == BLOCKED)
        return {
            "explanation": {**explained, "run_id": about["run_id"]},
            "records": records,
            "decisive": {**data, "claims": len(claims), "proof": claims[:CLAIMS]},
            "shares": _shares(again),
            "law": _law(again, explained),
            **_words(again),
            "replays": replays,
            "repair": with_cited(repair, load_laws(again.laws)),
            "deadlines": deadline_rows(again, given, repair),
            "hashes": {
                "scheme_hash": str(again.grading.manifest["scheme_hash"]),
                "digest": held.digest,
                "rows": [{"table": table, "key": key, "sha256": value} for table, key, value in held.rows],
            },
        }


def _words(again: Again) -> dict[str, Any]:
    """What grades, attributes of records and entries of lists are called: a page needs no scheme beside it."""
    scheme = again.scheme
    labels = Labels(scheme, scheme.name)
    return {
        "grades": {grade.code: labels.named_grade(grade.code).model_dump() for grade in scheme.grades},
        "columns": {
            name: declared.label.model_dump()
            for name, declared in scheme.record_attributes.items()
            if declared.label is not None
        },
        "entries": {
            row["listing_id"]: labels.list_name(row["list"], iso(row["entered_day"])).model_dump()
            for row in again.now.listings
        },
    }


def _agree(explained: Mapping[str, Any], reached: Mapping[str, Any], is_blocked: bool) -> None:
    """Both interpreters say the same of the subject, or nothing is printed."""
    names = {name: explained[name] for name in ("state", "grade", "score")}
    if is_blocked:  # then the interpreters agree on what the rows that were taken in give
        names, reached = {"grade": explained["grade_without"]}, {"grade": reached["grade"]}
    if names != reached:
        raise InternalError(
            f"the two interpreters differ: {names} and {dict(reached)}",
            where=f"{explained['scheme']} {explained['subject_id']}",
            next="please report this fault with the packet's inputs",
        )


def _shares(again: Again) -> dict[str, Any]:
    """The exact share of each record, or why there is none."""
    try:
        shapley_values = shapley(again.plan, again.then, MOST_COUNTS)
    except UsageError as error:
        return {"of": "", "values": {}, "why": error.what}
    values = {record: str(value) for record, value in sorted(shapley_values.values.items())}
    return {
        "of": shapley_values.of,
        "empty": str(shapley_values.empty),
        "whole": str(shapley_values.whole),
        "values": values,
        "why": "",
    }


def _changes(before: Scheme, after: Scheme) -> list[dict[str, list[str]]]:
    """What a version changed, in both languages; a label that changed in one language alone stands in both."""
    changes_by_key: dict[tuple[str, ...], dict[str, Change]] = {}
    for lang in ("zh", "en"):
        for change in diff(before, after, lang):
            changes_by_key.setdefault((change.section, change.name, change.what, change.aspect), {})[lang] = change
    return [
        {lang: list(changes.get(lang, next(iter(changes.values()))).words(lang)) for lang in ("zh", "en")}
        for changes in changes_by_key.values()
    ]


def with_cited(data: Any, laws: Mapping[str, Law]) -> Any:
    """Data in which each `cite` stands with its words, so that a page needs no law beside it."""
    if isinstance(data, list):
        return [with_cited(element, laws) for element in data]
    if not isinstance(data, dict):
        return data
    cited = {name: with_cited(value, laws) for name, value in data.items()}
    return cited | ({"cited": cited_text(data["cite"], laws).model_dump()} if isinstance(data.get("cite"), str) else {})


def _law(again: Again, explained: Mapping[str, Any]) -> dict[str, Any]:
    """Articles cited, their texts, and what the version changed against the one before."""
    laws = load_laws(again.laws)
    articles = sorted({line["article"] for line in explained["lines"] if line["article"]})
    cited = sorted({article.split(" ")[0] for article in articles})
    changes = [] if again.before is None else _changes(again.before, again.scheme)
    return {
        "articles": articles,
        "cited": cited_text("; ".join(articles), laws).model_dump(),
        "texts": [
            {
                "id": law.id,
                "zh": f"{law.title.zh} {law.number}".strip(),
                "en": f"{law.title.en} {law.number}".strip(),
                "in_force": law.in_force,
                "repealed": law.repealed,
                "evidence": law.evidence,
            }
            for law in (laws[name] for name in cited if name in laws)
        ],
        "version": again.scheme.name,
        "version_before": again.before.name if again.before is not None else "",
        "changes": changes,
    }


MOST = 200  # records replayed one by one; what is left out is said


def replay_rows(again: Again, records: Iterable[str], disputed: Iterable[str]) -> dict[str, Any]:
    """`whole`: with every record; `without`: without each of `records`, and without all `disputed` together.

    Each row has `then` and `now`: state, grade and score as known on the run's day, and with all that is known since.
    """
    chosen, contested = list(dict.fromkeys(records)), sorted(set(disputed))
    rows = [{"without": [name], **_both(again, {name})} for name in chosen[:MOST]]
    if len(contested) > 1:
        rows.insert(0, {"without": contested, **_both(again, set(contested))})
    return {"whole": _both(again, set()), "without": rows, "left_out": max(0, len(chosen) - MOST)}


def _both(again: Again, gone: set[str]) -> dict[str, Any]:
    then = _without(again.plan, again.then, gone)
    now = _without(again.plan_now, again.now, gone)
    return {"then": _reached(then), "now": _reached(now)}


def _without(plan: Plan, subject: Subject, gone: set[str]) -> Outcome:
    left = [record for record in subject.records if record["record_id"] not in gone]
    return grade_subject(plan, replace(subject, records=left))


def _reached(outcome: Outcome) -> Mapping[str, Any]:
    score = outcome.score if outcome.state != "not_graded" else None
    return {
        "state": outcome.state,
        "grade": outcome.grade,
        "score": None if score is None else plain(from_micro(score)),
    }

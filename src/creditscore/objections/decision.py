"""A decision on a case: weighed with everything that follows from it, then written in one act, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from creditscore.cascade.apply import CascadeAct, enter, payload_of, to_enter
from creditscore.cascade.inputs import RecordEvent, as_known, decided, write_events
from creditscore.cascade.preview import Bench, Cascade, preview_decision
from creditscore.core.errors import InputError, UsageError
from creditscore.core.free_text import needed, refuse_persons_in
from creditscore.grading.result import Grading
from creditscore.objections.actions import acting, listed_events, plain_row, plain_state, standing, write_step
from creditscore.objections.case import WHOLE, Case, allowed, case_of
from creditscore.objections.disputes import case_run
from creditscore.objections.ruling import Ruling, events_of, rule_on
from creditscore.status.deadlines import basis_of
from creditscore.status.rules import life_rules
from creditscore.status.status import State, current, write_states
from creditscore.store import Database, Log, second_person
from creditscore.store.legacy.archive.effective import Rows
from creditscore.store.legacy.archive.runs import kept_rows


@dataclass(frozen=True)
class Weighed:
    """Hold a decision on a case that is not yet taken: what it would write and what would follow.

    Parameters
    ----------
    case
        The case.
    ruling
        What is decided.
    by
        The person who decides.
    on
        The day of the decision.
    events
        The record events that it appends.
    states
        The states of the grade that it writes; empty where the grade does not change, or nobody was shown it yet.
    cascade
        What else changes: runs, composites and tasks; None where nothing moves.
    data
        What the log entry speaks of: findings, the grade before and after, what else follows.
    """

    case: Case
    ruling: Ruling
    by: str
    on: date
    events: tuple[RecordEvent, ...]
    states: tuple[State, ...]
    cascade: Cascade | None
    data: Mapping[str, Any]


def weigh(log: Log, on_bench: Bench, case_id: str, ruling: Ruling, *, by: str, on: date) -> Weighed:
    """Work out what a decision on a case would do; nothing is written.

    Gives the record events, the subject graded again, and all that rests on it.

    Parameters
    ----------
    log
        The log of the store.
    on_bench
        What a cascade reads of this store, from `creditscore.cascade.preview.bench`.
    case_id
        A case that is not yet decided.
    ruling
        A finding for each contested record, and for the grade where it is contested.
    by
        The person who decides.
    on
        The day of the decision, not after today and not before the last step of the case.

    Returns
    -------
    Weighed
        The decision, for `decide`.

    Raises
    ------
    UsageError
        Where there is no such case or it is decided, the ruling does not fit the case (a contested record without a
        finding, an action that does not fit, an unknown law), an answer is still awaited and not yet overdue, the
        subject graded again has the same grade where only the grade was to be corrected, `on` is not allowed, `by` or
        the reason is empty, or a text holds a resident identity number.
    NotAllowed
        Where who decides kept (graded) the run, or another run that changes with it.
    InputError
        Where the scheme would refuse a contested record as it would then stand.

    Examples
    --------
    >>> desk = bench(store, [snapshot])  # doctest: +SKIP
    >>> ruling = Ruling({"R1": "withdraw"}, "查实", ("R2014B 010101",))  # doctest: +SKIP
    >>> weighed = weigh(log, desk, "C2024-0001", ruling, by="zhang.min", on=date(2024, 5, 9))  # doctest: +SKIP
    >>> weighed.data["after"]["grade"]  # doctest: +SKIP
    'A'
    """
    refuse_persons_in(by=by, reason=ruling.reason)
    case = case_of(log.store, case_id)
    allowed(case, "decided", on)
    run = case_run(log.store, case)
    second_person(by, run.kept_by, act="the decision on a case")
    waiting = [question for question in case.questions if question.answered_on is None and question.due >= on]
    if waiting:
        raise UsageError(
            f"the answer of {waiting[0].department} is awaited until {waiting[0].due}",
            where=f"case {case_id}",
            next="record it with `creditscore case answer`, or decide after that day",
        )
    rule_on(case, ruling)
    snapshot = on_bench.find(run)
    before = standing(log.store, case)
    events = events_of(case, ruling, on, snapshot.attribute_columns)
    changed = any(action != "uphold" for action in ruling.findings.values())
    after, ledger = dict(before), kept_rows(log.store, case.run_id, "ledger", case.subject_id)
    cascade: Cascade | None = None
    if changed:
        known = [*decided(log.store, [case.subject_id]), *events]
        again = as_known(cast(Any, run), snapshot, [case.subject_id], known, on, on_bench.schemes)
        after, ledger = plain_row(again.grades.to_pylist()[0]), again.ledger.to_pylist()
        _taken_in(again, case)
        if not events and all(after[name] == before[name] for name in ("state", "grade", "route", "score")):
            raise UsageError("graded again, nothing changes", where=f"case {case_id}", allowed="grade=uphold")
        key = (case.run_id, case.subject_id)
        laws = {key: on} if ruling.findings.get(WHOLE) == "correct" else {}
        cascade_result = to_enter(log, preview_decision(on_bench, case.subject_id, events, laws), by)
        cascade = cascade_result if cascade_result.changes or cascade_result.scores or cascade_result.tasks else None
    lives = _lives(log.store, case, before, after, on, ruling.articles) if changed else []
    data = {
        "findings": dict(ruling.findings),
        "changes": {key: dict(change) for key, change in ruling.changes.items()},
        "reason": needed("reason", ruling.reason),
        "articles": list(ruling.articles),
        "before": before,
        "after": after,
        "ledger": [plain_row(row) for row in ledger] if changed else [],
        "events": listed_events(events),
        "states": [plain_state(live) for live in lives],
        "follows": {} if cascade is None else followed(cascade),
    }
    return Weighed(case, ruling, by, on, tuple(events), tuple(lives), cascade, data)


def decide(log: Log, on_bench: Bench, weighed: Weighed) -> Case:
    """Take a decision that was weighed on this store: the case, its events, the states of the grade and the cascade.

    All of it stands in one act of the log, or nothing does.

    Parameters
    ----------
    log
        The log of the store.
    on_bench
        What a cascade reads of this store, as given to `weigh`.
    weighed
        The decision, from `weigh`.

    Returns
    -------
    Case
        The case, whose state is `decided`.

    Raises
    ------
    UsageError
        Where the case was decided or had another step on a later day since.
    NotAllowed
        Where the person does not have the role `reviewer`.

    Examples
    --------
    >>> case = decide(log, desk, weigh(log, desk, "C2024-0001", ruling, by="zhang.min",
    ...                                on=date(2024, 5, 9)))  # doctest: +SKIP
    """
    case, on, by = weighed.case, weighed.on, weighed.by
    allowed(case_of(log.store, case.case_id), "decided", on)
    row, further = None, {}
    if weighed.cascade is not None:
        reason = weighed.ruling.reason.strip()
        row = CascadeAct(-1, "decided", None, weighed.cascade.subjects, None, None, on, by, reason, case.case_id, "")
        further = {"cascade": payload_of(weighed.cascade, row)}
    snapshot = on_bench.find(case_run(log.store, case))
    with acting(log, by, "case.decide", case.case_id, on, weighed.data, **further) as (con, seq):
        write_events(con, seq, case.case_id, weighed.events, snapshot)
        write_step(con, case.case_id, len(case.events), "decided", on, by, weighed.data, seq)
        write_states(con, seq, weighed.states)
        if weighed.cascade is not None and row is not None:
            enter(con, seq, weighed.cascade, row)
    return case_of(log.store, case.case_id)


def followed(cascade: Cascade) -> dict[str, Any]:
    """What follows from a decision as plain data, in short: grades, composites and tasks; tasks in their order."""
    return {
        "runs": cascade.runs,
        "changes": [
            {
                "run_id": change.run.run_id,
                "scheme": change.run.pinned,
                "period": change.run.period,
                "subject_id": change.subject_id,
                "before": _face(change.before),
                "after": _face(change.after),
                "because": list(change.because),
            }
            for change in cascade.changes
        ],
        "composites": [
            {
                "config": composite.config,
                "subject_id": composite.subject_id,
                "before": list(composite.before),
                "after": list(composite.after),
            }
            for composite in cascade.composites
        ]
        + [
            {
                "config": score.composite.config,
                "run_id": score.composite.run_id,
                "subject_id": score.subject_id,
                "before": list(score.before.face),
                "after": list(score.after.face),
            }
            for score in cascade.scores
            if score.seen
        ],
        "tasks": [vars(task) for task in cascade.tasks],
    }


def _face(rows: Rows) -> dict[str, str]:
    """Grade (or state), score and route of a grade, empty where there is none."""
    return {"grade": rows.grade, "score": rows.score, "route": rows.route}


def _taken_in(again: Grading, case: Case) -> None:
    """InputError where the scheme refuses a contested record as it would now stand: it must not vanish unseen."""
    refused = [row for row in again.quarantine.to_pylist() if row["record_id"] in case.records]
    if refused:
        first_refused = refused[0]
        raise InputError(
            f"{first_refused['record_id']} would be refused: {first_refused['reason']}: {first_refused['message']}",
            where=f"case {case.case_id}, {first_refused['column'] or 'record'} {first_refused['value'] or ''}".rstrip(),
            next="put another value right, or withdraw the record",
        )


def _lives(
    store: Database,
    case: Case,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    on: date,
    articles: Sequence[str],
) -> list[State]:
    """The grade before is superseded and the new one takes its place, in the same state.

    Nothing where both are one, or where nobody was shown the grade yet: its life begins later, with what then stands.
    """
    names = ("state", "grade", "route")
    if all((before[name] or None) == (after[name] or None) for name in names):
        return []
    now = current(store, case.subject_id, str(after["scheme"]), case.period)
    if now is None:
        return []
    rule = life_rules(str(after["scheme"])).procedure(case.procedure, int(case.period[:4]))
    basis, mark = basis_of(rule)
    base = State(
        0,
        0,
        case.subject_id,
        str(after["domain"]),
        str(after["scheme"]),
        str(before["version"]),
        case.period,
        case.run_id,
        case.case_id,
        case.procedure,
        before["state"],
        before["grade"] or None,
        before["route"] or None,
        "superseded",
        on,
        on,
        "; ".join(dict.fromkeys((*articles, basis))).strip("; "),
        mark,
    )
    new = replace(
        base,
        version=str(after["version"]),
        state=after["state"],
        grade=after["grade"] or None,
        route=after["route"] or None,
        status=now.status,
    )
    return [base, new]

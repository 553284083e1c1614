"""Objections on the log: what the declaration cannot say, and a case as its readers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from creditscore.cascade.follow import FindSnapshot, follow_events
from creditscore.cascade.follow_entries import doubt_entries
from creditscore.cascade.follow_status import supersede_grades
from creditscore.cascade.follow_up import list_follow_ups
from creditscore.cascade.inputs import RecordEvent, as_known, count_newest
from creditscore.cascade.record_streams import HOLDING, emit_record_event, name_record, read_record_events
from creditscore.core.errors import InputError
from creditscore.grading.result import Grading
from creditscore.lists.beside import find_annulled
from creditscore.objections.admissibility import answer_due, check_doors, check_grounds, check_procedure, clocks
from creditscore.objections.case import WHOLE, Case, CaseEvent, Decision, Ground, Question, list_decided_laws
from creditscore.objections.ruling import Ruling, events_of, rule_on
from creditscore.records import Snapshot
from creditscore.status.rules import clock_of, life_rules
from creditscore.status.workflow import days_of_steps, name_status, statuses_in
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import Rows, group_rows
from creditscore.store.archive.runs import KeptRun, read_run
from creditscore.store.archive.standing import read_standing
from creditscore.store.context import Code, Context
from creditscore.store.declarations import StreamType
from creditscore.store.fold import Stream
from creditscore.store.tables import event as event_table

NUMBER = StreamType("number", fields={"newest": "number", "of": "text"}, events={"number.taken": ()})
PREFIX = "objection/"


def make_code(find_archive: Callable[[], Archive], find_snapshot: FindSnapshot) -> dict[str, Code]:
    """Make what the declaration names.

    Parameters
    ----------
    find_archive
        Gives the archive that holds the kept runs.
    find_snapshot
        Gives the snapshot of a kept run.
    """

    def open_case(context: Context) -> None:
        _open(context, find_archive(), find_snapshot)

    def decide(context: Context) -> None:
        _decide(context, find_archive(), find_snapshot)

    return {
        "objection.open": open_case,
        "objection.ask": _ask,
        "objection.answer": _answer,
        "objection.decide": decide,
    }


# --- a case as its readers see it


def as_case(stream: Stream) -> Case:
    """Make the case of a stream, as pages, letters and packets read it.

    Parameters
    ----------
    stream
        A stream `objection/…`.

    Returns
    -------
    Case
        Its id without the prefix, days as dates.
    """
    fields, opened = stream.fields, stream.events[0]
    grounds = [stream.parts["grounds"][number] for number in sorted(stream.parts.get("grounds", {}))]
    questions = [stream.parts["questions"][number] for number in sorted(stream.parts.get("questions", {}))]
    return Case(
        stream.name.removeprefix(PREFIX),
        stream.subject,
        fields["run"],
        fields["pinned"],
        fields["period"],
        fields["procedure"],
        fields["clock"],
        tuple(Ground(row["ground"], row["record_id"], row.get("statement") or "") for row in grounds),
        date.fromisoformat(stream.day_of(opened)),
        opened.actor,
        _day(fields.get("mark_by")),
        _day(fields.get("decide_by")),
        bool(fields.get("provisional")),
        state=stream.state,
        other_by=_day(fields.get("other_by")),
        questions=tuple(_as_question(row) for row in questions),
        decision=_as_decision(stream),
        letters=tuple(stream.parts.get("letters", {}).values()),
        events=tuple(
            CaseEvent(
                stream.name.removeprefix(PREFIX),
                event.version,
                event.name,
                date.fromisoformat(stream.day_of(event)),
                event.actor,
                stream.payload_of(event),
                event.seq,
            )
            for event in stream.events
            if event.flow
        ),
    )


def _as_question(row: Mapping[str, Any]) -> Question:
    return Question(
        row["number"],
        row["department"],
        row["text"],
        tuple(row["records"]),
        date.fromisoformat(row["asked_on"]),
        date.fromisoformat(row["due"]),
        row.get("answer") or "",
        _day(row.get("answered_on")),
        row.get("document_no") or "",
    )


def _as_decision(stream: Stream) -> Decision | None:
    decided = next((event for event in stream.events if event.name == "decided"), None)
    if decided is None:
        return None
    fields = stream.fields
    return Decision(
        fields["findings"],
        fields.get("changed") or {},
        fields["reason"],
        tuple(fields.get("articles") or ()),
        fields["before"],
        fields["after"],
        tuple(fields.get("ledger") or ()),
        date.fromisoformat(stream.day_of(decided)),
        decided.actor,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# --- what the declaration cannot say


def _open(context: Context, archive: Archive, find_snapshot: FindSnapshot) -> None:
    """Grounds, window and door of the procedure, days of the clock, number of the case, records marked as disputed."""
    given, on = context.given, date.fromisoformat(context.day)
    subject, procedure = given["subject"], given.get("procedure") or "objection"
    run: Any = read_run(context.read(f"run/{given['run']}"))
    grade = _require_grade(context, archive, run, subject)
    rules, year = life_rules(run.scheme), int(run.period[:4])
    period = context.read(name_status(run.scheme, run.period))
    statuses = statuses_in(context.connection, archive, period, subject)
    done = days_of_steps(period.parts.get("groups", {}).values())
    check_procedure(rules, run, procedure, on, done, statuses[-1].status if statuses else "")
    if procedure == "supplement" and grade["state"] == "graded":
        raise context.refuse(
            "a grade stands; a supplementary evaluation is for who was not graded",
            allowed="an organisation without a grade",
            next="leave the procedure away to contest the grade",
        )
    grounds = check_grounds([Ground(**{"statement": "", **row}) for row in given["grounds"]], procedure)
    others = [as_case(stream) for stream in context.read_of("objection", subject) if not stream.is_erased]
    check_doors(
        rules, run, procedure, [case for case in others if (case.scheme, case.period) == (run.pinned, run.period)]
    )
    records = list(dict.fromkeys(ground.record_id for ground in grounds if ground.record_id != WHOLE))
    for case in others:
        if case.open and (twice := sorted(set(case.records) & set(records))):
            raise context.refuse(
                f"{twice[0]} is contested already in case {case.case_id}",
                allowed="records that no open case contests",
                next="decide that first",
            )
    snapshot = find_snapshot(run)
    when = clocks(rules, procedure, year, _find_region(snapshot, subject), on, given.get("clock") or "")
    _require_records(context, snapshot, subject, records)
    context.subject = subject
    context.stream = PREFIX + _take_number(context, on.year)
    context.changes |= {
        "run": run.run_id,
        "scheme": run.scheme,
        "pinned": run.pinned,
        "period": run.period,
        "procedure": procedure,
        "clock": when.clock,
        "mark_by": _iso(when.mark_by),
        "decide_by": _iso(when.decide_by),
        "other_by": _iso(when.other_by),
        "provisional": when.provisional,
        "basis_of_days": when.basis,
        "mark": when.mark,
        "contested": list(dict.fromkeys(ground.record_id for ground in grounds)),
    }
    context.parts["grounds"] = [
        {"number": number, "ground": ground.ground, "record_id": ground.record_id, "statement": ground.statement}
        for number, ground in enumerate(grounds, 1)
    ]
    if procedure != "repair":
        disputed = [RecordEvent(subject, record, "disputed", on, on) for record in records]
        _write_events(context, snapshot, disputed)


def _find_region(snapshot: Snapshot, subject_id: str) -> str:
    rows = snapshot.con.execute(f"SELECT region FROM {snapshot.subjects} WHERE subject_id = ?", [subject_id]).fetchall()
    return str(rows[0][0] or "") if rows else ""


def _require_grade(context: Context, archive: Archive, run: KeptRun, subject: str) -> Mapping[str, Any]:
    rows = read_standing(context.connection, archive, run, [subject])
    if subject not in rows:
        raise context.refuse(
            f"run {run.run_id} did not grade {subject!r}",
            allowed="an organisation of the run",
            next="check the id, or name another run",
        )
    grade: Mapping[str, Any] = rows[subject].grades[0]
    return grade


def _require_records(context: Context, snapshot: Snapshot, subject: str, records: Sequence[str]) -> None:
    known, _ = count_newest(snapshot, [RecordEvent(subject, record, "disputed", None, date.min) for record in records])
    if unknown := [record for record in records if record not in known]:
        raise context.refuse(
            f"{subject} has no record {unknown[0]!r}",
            allowed="records of the snapshot that was graded",
            next="take the id from the ledger of its grade",
        )


def _take_number(context: Context, year: int) -> str:
    """Take the number of a new case; inside the one writer, so that no other can have it.

    A correction takes the opening again under the number that the case has.
    """
    if context.before.name:
        context.stream = context.before.name
        return context.stream.removeprefix(PREFIX)
    name = f"number/objection-{year}"
    number = int(context.read(name).fields.get("newest") or 0) + 1
    case_id = f"C{year}-{number:04d}"
    context.stream = PREFIX + case_id
    context.emit(name, "number.taken", subject="", set={"newest": number, "of": context.stream})
    return case_id


def _write_events(context: Context, snapshot: Snapshot, events: Sequence[RecordEvent]) -> list[RecordEvent]:
    """Write events of records, each numbered after the newest of its record in the snapshot and in the store."""
    newest, _ = count_newest(snapshot, events)
    numbered = []
    for event in events:
        stream = context.read(name_record(event.subject_id, event.record_id))
        there = [row["event_no"] for row in stream.parts.get("events", {}).values()]
        newest[event.record_id] = max([newest.get(event.record_id, 0), *there]) + 1
        numbered.append(replace(event, event_no=newest[event.record_id]))
    for event in numbered:
        emit_record_event(context, event)
    return numbered


def _ask(context: Context) -> None:
    """Until when the department answers, where that is not given, is what the clock of the case says."""
    on = date.fromisoformat(context.day)
    due = context.given.get("due") or _iso(answer_due(clock_of("", 0, context.case["clock"]), on))
    if due is None:
        raise context.refuse(
            f"the clock {context.case['clock']} names no days for an answer", allowed="a day", next="give the day (due)"
        )
    context.parts["questions"] = [
        {
            "number": len(context.case["parts"].get("questions", [])) + 1,
            "department": context.given["department"],
            "text": context.given["text"],
            "records": context.given.get("records") or context.case["contested"],
            "asked_on": context.day,
            "due": due,
        }
    ]


def _answer(context: Context) -> None:
    """A question that waits; the case is open again once none does."""
    waiting = [row["number"] for row in context.case["parts"]["questions"] if not row.get("answered_on")]
    if context.given["question"] not in waiting:
        raise context.refuse(
            f"question {context.given['question']} does not wait for an answer",
            allowed=", ".join(map(str, waiting)),
            next="name one that waits",
        )
    context.state = "asked" if len(waiting) > 1 else "open"


def _decide(context: Context, archive: Archive, find_snapshot: FindSnapshot) -> None:
    """One finding for each contested record; the events that follow, and each grade that rests on them drawn anew."""
    given, on = context.given, date.fromisoformat(context.day)
    case = as_case(context.before)
    waiting = [question for question in case.questions if question.answered_on is None and question.due >= on]
    if waiting:
        raise context.refuse(
            f"the answer of {waiting[0].department} is awaited until {waiting[0].due}",
            allowed="a decision after that day, or with the answer",
            next="record the answer, or decide after that day",
        )
    ruling = Ruling(given["findings"], given["reason"], tuple(given.get("articles") or ()), given.get("changes") or {})
    rule_on(case, ruling)
    _require_withdrawn(context, case, ruling)
    run = read_run(context.read(f"run/{case.run_id}"))
    snapshot = find_snapshot(run)
    subject = case.subject_id
    before = read_standing(context.connection, archive, run, [subject])[subject]
    events = events_of(case, ruling, on, snapshot.attribute_columns)
    context.parts["grounds"] = [
        {"number": row["number"], "finding": ruling.findings[row["record_id"]]}
        for row in context.case["parts"]["grounds"]
    ]
    decided = read_record_events(context.connection, [subject])
    after = before
    if any(action != "uphold" for action in ruling.findings.values()):
        after = _grade_again(run, snapshot, case, [*decided, *events], on)
        if not events and after.face == before.face:
            raise context.refuse(
                "graded again, nothing changes", allowed="grade=uphold", next="uphold the grade, or name what is wrong"
            )
    context.changes |= {"before": dict(before.grades[0]), "after": dict(after.grades[0])}
    context.changes["ledger"] = [dict(row) for row in after.ledger] if after is not before else None
    numbered = _write_events(context, snapshot, events)
    if after is not before:
        laws = find_decided_laws(context, subject)
        if ruling.findings.get(WHOLE) == "correct":
            laws[case.run_id, subject] = on
        known = [*decided, *numbered]
        gone = find_annulled(context, subject)
        redrawn = follow_events(context, archive, find_snapshot, [subject], known, annulled=gone, under_law=laws)
        doubt_entries(context, subject, known, redrawn)
        first = len(context.case["parts"].get("follows", [])) + 1
        rows = list_follow_ups(context, redrawn, find_snapshot)
        context.parts["follows"] = [{"number": number, **row} for number, row in enumerate(rows, first)]
        supersede_grades(context, archive, redrawn, case.procedure, case.run_id, ruling.articles)


def _require_withdrawn(context: Context, case: Case, ruling: Ruling) -> None:
    """Only what a decision withdrew or repaired is reinstated."""
    for record, action in ruling.findings.items():
        standing = context.read(name_record(case.subject_id, record)).fields.get("standing")
        if action == "reinstate" and standing not in HOLDING:
            raise context.refuse(
                f"{record} was neither withdrawn nor repaired by a decision",
                allowed="a record that a decision withdrew or repaired",
                next="uphold it, or correct what is wrong",
            )


def find_decided_laws(context: Context, subject: str) -> dict[tuple[str, str], date]:
    """Find the grades of an organisation that a case put right as a whole, and when it decided."""
    return list_decided_laws(
        as_case(stream) for stream in context.read_of("objection", subject) if not stream.is_erased
    )


def _grade_again(run: Any, snapshot: Snapshot, case: Case, events: Sequence[RecordEvent], on: date) -> Rows:
    again = as_known(run, snapshot, [case.subject_id], events, on)
    _require_taken_in(again, case)
    rows: Rows = group_rows("grading", {"grades": again.grades, "ledger": again.ledger})[case.subject_id]
    return rows


def _require_taken_in(again: Grading, case: Case) -> None:
    """InputError where the scheme refuses a contested record as it would now stand: it must not vanish unseen."""
    refused = [row for row in again.quarantine.to_pylist() if row["record_id"] in case.records]
    if refused:
        row = refused[0]
        raise InputError(
            "objections.would_refused",
            record_id=row["record_id"],
            reason=row["reason"],
            message=row["message"],
            where=f"case {case.case_id}, {row['column'] or 'record'} {row['value'] or ''}".rstrip(),
        )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_held(context: Context, run_id: str) -> set[str]:
    """Return the organisations with an open case on a grade of a run, from the log; the act rests on these cases."""
    query = sa.select(event_table.c.stream).where(event_table.c.kind == "objection.opened")
    cases = context.read_all(list(context.connection.execute(query.order_by(event_table.c.seq)).scalars()))
    return {
        case.subject for case in cases.values() if case.fields.get("run") == run_id and case.state in ("open", "asked")
    }

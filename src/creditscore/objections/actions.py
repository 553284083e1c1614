"""Work on cases: open, ask, answer, notify. Each stands in the log before it takes effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from creditscore.cascade.apply import untold, write_told
from creditscore.cascade.inputs import RecordEvent, decided, write_events
from creditscore.cascade.tasks import SUBJECT
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.clock import check_day_has_come
from creditscore.core.errors import UsageError
from creditscore.core.free_text import needed, refuse_persons_in
from creditscore.objections.admissibility import answer_due, check_doors, check_grounds, check_procedure, clocks
from creditscore.objections.case import WHOLE, Case, Ground, allowed, case_of, cases
from creditscore.records import Snapshot
from creditscore.status.rules import clock_of, life_rules
from creditscore.status.status import State, current, days_of_steps, states
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import KeptRun, kept_grade

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "reviewer"


def open_case(
    log: Log,
    run: KeptRun,
    snapshot: Snapshot,
    subject_id: str,
    grounds: Sequence[Ground],
    *,
    by: str,
    on: date,
    procedure: str = "objection",
    clock: str = "",
) -> Case:
    """Open a case on the grade of a kept run; its contested records are marked as disputed at once.

    An application for repair disputes no record.

    Parameters
    ----------
    log
        The log of the store that keeps the run.
    run
        The run whose grade is contested.
    snapshot
        The snapshot of the run.
    subject_id
        The organisation.
    grounds
        What is contested and why, at least one; repeated ones count once.
    by
        The person who opens it (role `reviewer`).
    on
        The day, not after today and not before the day of knowledge of the run.
    procedure
        objection, review, reevaluation, supplement (for who was not graded) or repair; all but the objection need a
        text that has them for this scheme and year.
    clock
        The place whose time limits hold; empty for that of the subject's region.

    Returns
    -------
    Case
        The new case, with its id and the days by which it is marked and decided.

    Raises
    ------
    UsageError
        For a grade that the run does not have or that stands where a supplement is asked for, a ground, procedure or
        clock that does not fit, a day outside the window of the procedure, a procedure that another one has shut, a
        record that the subject does not have or another open case contests already, a day `on` that is not allowed, an
        empty `by`, or a resident identity number in a statement.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> case = open_case(log, run, snapshot, "91350100M000100Y43", [Ground("facts_wrong", "R1", "按期申报")],
    ...                  by="wang.wei", on=date(2024, 5, 6))  # doctest: +SKIP
    """
    refuse_persons_in(by=by, **{f"statement {k}": ground.statement for k, ground in enumerate(grounds, 1)})
    check_day_has_come(on)
    grade = kept_grade(log.store, run.run_id, subject_id)
    rules, year = life_rules(run.scheme), int(run.period[:4])
    state = current(log.store, subject_id, run.scheme, run.period)
    check_procedure(rules, cast(Any, run), procedure, on, days_of_steps(log.store, run), state.status if state else "")
    if procedure == "supplement" and (state.state if state else grade["state"]) == "graded":
        raise UsageError(
            "a grade stands; a supplementary evaluation is for who was not graded",
            where=subject_id,
            next="leave --procedure away to contest the grade",
        )
    listed = check_grounds(grounds, procedure)
    known = cases(log.store)
    same = [case for case in known.values() if case.subject_id == subject_id]
    others = [case for case in same if (case.scheme, case.period) == (run.pinned, run.period)]
    check_doors(rules, cast(Any, run), procedure, others)
    records = dict.fromkeys(ground.record_id for ground in listed if ground.record_id != WHOLE)
    for case in same:
        twice = sorted(set(case.records) & set(records))
        if case.open and twice:
            raise UsageError(f"{twice[0]} is contested already", where=f"case {case.case_id}", next="decide that first")
    when = clocks(rules, procedure, year, find_region(snapshot, subject_id), on, clock)
    # the number of the case is taken inside the store's one writer, so that no other can have it
    case_id = _next_id(log, on.year)
    _known_records(snapshot, subject_id, list(records))
    events = (
        [RecordEvent(subject_id, record, "disputed", on, on) for record in records] if procedure != "repair" else []
    )
    data = {
        "subject_id": subject_id,
        "run_id": run.run_id,
        "scheme": run.pinned,
        "period": run.period,
        "procedure": procedure,
        "clock": when.clock,
        "grounds": [vars(ground) for ground in listed],
        "mark_by": _iso(when.mark_by),
        "decide_by": _iso(when.decide_by),
        "other_by": _iso(when.other_by),
        "provisional": when.provisional,
        "basis": when.basis,
        "mark": when.mark,
        "events": listed_events(events),
    }
    with acting(log, by, "case.open", case_id, on, data) as (con, seq):
        write_step(con, case_id, 0, "opened", on, by, data, seq)
        write_events(con, seq, case_id, events, snapshot)
    return case_of(log.store, case_id)


def _next_id(log: Log, year: int) -> str:
    """The number after the last one; taken from the log, which still names cases whose papers were deleted."""
    start = f"C{year}-"
    taken = {entry.subject for entry in log.entries(action="case.open")} | set(cases(log.store))
    numbers = [int(text.removeprefix(start)) for text in taken if text.startswith(start)]
    return f"{start}{max(numbers, default=0) + 1:04d}"


def ask(
    log: Log,
    case_id: str,
    *,
    department: str,
    text: str,
    by: str,
    on: date,
    due: date | None = None,
    records: Sequence[str] = (),
) -> Case:
    """Ask a department about contested records.

    Parameters
    ----------
    log
        The log of the store.
    case_id
        A case that is not yet decided.
    department
        The department; not empty.
    text
        The question; not empty.
    by
        The person who asks (role `reviewer`).
    on
        The day, not after today and not before the last step of the case.
    due
        By when the answer is due, not before `on`; None for the days that the case's clock gives an answer.
    records
        The contested records that it is about; empty for everything that is contested.

    Returns
    -------
    Case
        The case, whose state is `asked`. Once another office is asked, `decide_by` is the later day (`other_by`), where
        there is one.

    Raises
    ------
    UsageError
        Where there is no such case or it is decided, a record is not contested here, no day is given and the clock
        names none, `due` lies before `on`, `on` is not allowed, a text is empty, or holds a resident identity number.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> case = ask(log, "C2024-0001", department="征收科", text="是否按期申报?", by="wang.wei",
    ...            on=date(2024, 5, 7), due=date(2024, 5, 10))  # doctest: +SKIP
    """
    refuse_persons_in(by=by, department=department, question=text)
    case = case_of(log.store, case_id)
    allowed(case, "asked", on)
    unknown = sorted(set(records) - set(case.contested))
    if unknown:
        raise UsageError(f"{unknown[0]} is not contested here", allowed=", ".join(case.contested))
    expected = due or answer_due(clock_of("", 0, case.clock), on)
    if expected is None:
        raise UsageError(f"the clock {case.clock} names no days for an answer", next="give --due DATE")
    if expected < on:
        raise UsageError(f"an answer due on {expected} was due before it was asked", next="give a later --due")
    data = {
        "question": len(case.questions) + 1,
        "department": needed("department", department),
        "text": needed("question", text),
        "records": list(records or case.contested),
        "due": expected.isoformat(),
    }
    return _step(log, case, "asked", "case.ask", on, by, data)


def answer(log: Log, case_id: str, question: int, *, text: str, by: str, on: date, document_no: str = "") -> Case:
    """Record the answer to a question; one answer each.

    Parameters
    ----------
    log
        The log of the store.
    case_id
        A case that waits for an answer.
    question
        The number of the question in the case, from 1.
    text
        The answer; not empty.
    by
        The person who records it (role `reviewer`).
    on
        The day, not after today and not before the last step of the case.
    document_no
        The number of the department's document; empty where there is none.

    Returns
    -------
    Case
        The case; its state is `asked` while another question waits, else `open`.

    Raises
    ------
    UsageError
        Where there is no such case, the question does not wait for an answer, `on` is not allowed, a text is empty, or
        holds a resident identity number.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> case = answer(log, "C2024-0001", 1, text="有误", by="wang.wei", on=date(2024, 5, 9))  # doctest: +SKIP
    """
    refuse_persons_in(by=by, answer=text, document_no=document_no)
    case = case_of(log.store, case_id)
    allowed(case, "answered", on)
    waiting = [str(question.no) for question in case.questions if question.answered_on is None]
    if str(question) not in waiting:
        raise UsageError(f"question {question} does not wait for an answer", allowed=", ".join(waiting))
    data = {"question": question, "answer": needed("answer", text), "document_no": document_no.strip()}
    return _step(log, case, "answered", "case.answer", on, by, data)


def notify(log: Log, case_id: str, *, by: str, on: date, document_no: str, content_hash: str) -> Case:
    """Record that the letter of a decided case was written: its number and the hash of its content.

    The letter says what else the decision changed for the subject, so the subject counts as informed of that too.

    Parameters
    ----------
    log
        The log of the store.
    case_id
        A case that is decided; a closed case may get another letter.
    by
        The person who records it (role `reviewer`).
    on
        The day, not after today and not before the last step of the case.
    document_no
        The number of the letter; not empty.
    content_hash
        The hash of its content, such as `sha256:…`.

    Returns
    -------
    Case
        The case, whose state is `closed`.

    Raises
    ------
    UsageError
        Where there is no such case or it is not decided, `on` is not allowed, `document_no` or `by` is empty, or a text
        holds a resident identity number.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> case = notify(log, "C2024-0001", by="zhang.min", on=date(2024, 5, 13), document_no="〔2024〕8号",
    ...               content_hash="sha256:…")  # doctest: +SKIP
    """
    refuse_persons_in(by=by, document_no=document_no)
    case = case_of(log.store, case_id)
    allowed(case, "notified", on)
    data = {"document_no": needed("document_no", document_no), "content": content_hash, "on": on.isoformat()}
    tell = [(of, nr) for task, of, nr in untold(log, case.decided_at) if task.who == SUBJECT]
    with acting(log, by, "case.letter", case.case_id, on, data, told=[list(pair) for pair in tell]) as (con, seq):
        write_step(con, case.case_id, len(case.events), "notified", on, by, data, seq)
        write_told(con, seq, tell, on, by, document_no)
    return case_of(log.store, case.case_id)


def standing(store: Database, case: Case) -> dict[str, Any]:
    """The grade that a case contests, as plain values: that of the run, or what an earlier case made of it."""
    data = plain_row(kept_grade(store, case.run_id, case.subject_id))
    for decided_case in sorted(cases(store).values(), key=lambda other: other.events[-1].seq):
        same = (decided_case.subject_id, decided_case.run_id) == (case.subject_id, case.run_id)
        if same and decided_case.case_id != case.case_id and decided_case.decision is not None:
            data = dict(decided_case.decision.after)
    return data


def changed_cases(store: Database, log: Log) -> list[tuple[str, str]]:
    """(case, what) for each event of a case, or row that it made, that is no more what its log entry says."""
    acts = [entry for entry in log.entries() if entry.action.startswith("case.")]
    done = {act.refers_to for act in acts if act.phase == "done"}
    said_then = {act.seq: act for act in acts if act.seq in done}
    events: dict[int, list[RecordEvent]] = {}
    for event in decided(store):
        events.setdefault(event.seq, []).append(event)
    held = {event.seq for case in cases(store).values() for event in case.events}
    changed_places = [
        (f"case {entry.subject}", f"the event of entry {seq} ({entry.action}) is gone")
        for seq, entry in said_then.items()
        if seq not in held and entry.payload is not None
    ]
    for case in cases(store).values():
        rows = [state for state in states(store, case.subject_id) if state.case_id == case.case_id]
        for case_event in case.events:
            place = (f"case {case.case_id}", f"event {case_event.no} ({case_event.kind})")
            entry = said_then.get(case_event.seq)
            content = {"on": case_event.on.isoformat(), "content": hash_text(canonical(dict(case_event.data)))}
            whose = (case.case_id, case_event.by)
            # what an entry carried may be gone by rule; who acted, and on which case, is not
            as_logged = (
                content if entry is None or entry.payload is None else {name: entry.data[name] for name in content}
            )
            if entry is None or as_logged != content or (entry.subject, entry.actor.strip()) != whose:
                changed_places.append(place)
            elif listed_events(events.get(case_event.seq, [])) != case_event.data.get("events", []):
                changed_places.append((place[0], f"record events of {place[1]}"))
            elif [plain_state(row) for row in rows if row.seq == case_event.seq] != case_event.data.get("states", []):
                changed_places.append((place[0], f"states of grades of {place[1]}"))
    return changed_places


def _step(log: Log, case: Case, kind: str, action: str, on: date, by: str, data: Mapping[str, Any]) -> Case:
    with acting(log, by, action, case.case_id, on, data) as (con, seq):
        write_step(con, case.case_id, len(case.events), kind, on, by, data, seq)
    return case_of(log.store, case.case_id)


@contextmanager
def acting(
    log: Log, by: str, action: str, case_id: str, on: date, data: Mapping[str, Any], **further: Any
) -> Iterator[tuple[Any, int]]:
    """One act on a case: its entry carries the hash of `data`, and what else is given."""
    payload = {"on": on.isoformat(), "content": hash_text(canonical(dict(data))), **further}
    with log.act(by, ROLE, action, case_id, payload) as act:
        yield act.con, act.entry.seq


def write_step(
    con: Any, case_id: str, no: int, kind: str, on: date, by: str, data: Mapping[str, Any], seq: int
) -> None:
    con.execute(
        "INSERT INTO case_events VALUES (?, ?, ?, ?, ?, ?, ?)",
        [case_id, no, kind, on, by.strip(), canonical(dict(data)), seq],
    )


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if value is None or isinstance(value, str) else str(value) for name, value in row.items()}


def listed_events(events: Sequence[RecordEvent]) -> list[dict[str, Any]]:
    """Record events as plain values, without what is only known when they are written."""
    left = ("event_no", "case_id", "seq")
    return [
        {name: _value(value) for name, value in vars(event).items() if value is not None and name not in left}
        for event in events
    ]


def plain_state(state: State) -> dict[str, Any]:
    return {name: _value(value) for name, value in vars(state).items() if name not in ("seq", "nr")}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def find_region(snapshot: Snapshot, subject_id: str) -> str:
    rows = snapshot.con.execute(f"SELECT region FROM {snapshot.subjects} WHERE subject_id = ?", [subject_id]).fetchall()
    return str(rows[0][0] or "") if rows else ""


def _known_records(snapshot: Snapshot, subject_id: str, record_ids: list[str]) -> None:
    rows = snapshot.con.execute(
        f"SELECT DISTINCT x.record_id FROM {snapshot.log} x JOIN {snapshot.subjects} s ON s.sid = x.sid"
        " WHERE s.subject_id = ?",
        [subject_id],
    ).fetchall()
    missing = sorted(set(record_ids) - {record_id for (record_id,) in rows})
    if missing:
        raise UsageError(
            f"{subject_id} has no record {missing[0]!r}", next="`creditscore explain` shows the ids of its records"
        )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

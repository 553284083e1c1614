"""A case as a state machine: what was asked, answered and decided, folded from events that are never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from creditscore.store import Database

# ground → whether it names a record; one without may be raised against the grade as a whole
GROUNDS: Mapping[str, bool] = {
    "facts_wrong": True,
    "amount_wrong": True,
    "not_my_record": True,
    "already_corrected": True,
    "already_repaired": True,
    "annulled": True,
    "duplicate": True,
    "expired": True,
    "procedure": False,
    "rule_misapplied": False,
    "record_missing": False,
    "apply_repair": True,
}
PROCEDURES = ("objection", "review", "reevaluation", "supplement", "repair")
ACTIONS = ("uphold", "correct", "withdraw", "repair", "reinstate")
WHOLE = "grade"  # stands for the grade itself where no record is meant


@dataclass(frozen=True)
class Ground:
    """State why something is contested.

    Parameters
    ----------
    ground
        A code: facts_wrong, amount_wrong, not_my_record, already_corrected, already_repaired, annulled, duplicate,
        expired, procedure, rule_misapplied, record_missing or apply_repair.
    record_id
        The record it is about, or `grade` for the grade as a whole, which only `procedure`, `rule_misapplied` and
        `record_missing` may contest.
    statement
        The reason in the subject's own words; may be empty.
    """

    ground: str
    record_id: str
    statement: str = ""


@dataclass(frozen=True)
class Question:
    """A question to a department, due by a day (as text), with its answer where there is one."""

    no: int
    department: str
    text: str
    records: tuple[str, ...]
    asked_on: date
    due: date
    answer: str = ""
    answered_on: date | None = None
    document_no: str = ""


@dataclass(frozen=True)
class Decision:
    """What was decided: an action for each contested record, why, under which articles, and the grade before and after.

    `changes` maps a record to the fields that a correction sets; `after` and `ledger` are rows of the result tables,
    numbers as text. `follows`: what else changed (`objections.decision.followed`), empty where nothing did.
    """

    findings: Mapping[str, str]
    changes: Mapping[str, Mapping[str, str]]
    reason: str
    articles: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    ledger: tuple[Mapping[str, Any], ...]
    on: date
    by: str
    follows: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseEvent:
    """One step of a case: opened, asked, answered, decided or notified; `seq` is its entry in the log."""

    case_id: str
    no: int
    kind: str
    on: date
    by: str
    data: Mapping[str, Any]
    seq: int


@dataclass(frozen=True)
class Case:
    """Describe an objection case as it stands.

    Parameters
    ----------
    case_id
        Its id, such as `C2024-0001`: the year in which it was opened, and a number.
    subject_id
        The organisation.
    run_id
        The kept run whose grade is contested.
    scheme
        The scheme of the run, with its version.
    period
        The period of the run.
    procedure
        objection, review, reevaluation, supplement or repair.
    clock
        The place whose time limits hold.
    grounds
        What is contested, and why.
    opened_on
        The day of the opening.
    opened_by
        The person who opened it.
    mark_by
        By when the contested records are marked as disputed; None where no text says.
    decide_by
        By when it is decided; None where no text says.
    provisional
        Whether one of these days lies beyond the known public holidays.
    state
        open, asked (a question has no answer), decided, or closed (the letter is written).
    other_by
        By when it is decided once another office is asked; None where no text says.
    questions
        The questions to departments, with their answers.
    decision
        What was decided; None before that.
    letters
        Number, day and content hash of each letter.
    events
        The steps of the case, oldest first.
    """

    case_id: str
    subject_id: str
    run_id: str
    scheme: str
    period: str
    procedure: str
    clock: str
    grounds: tuple[Ground, ...]
    opened_on: date
    opened_by: str
    mark_by: date | None
    decide_by: date | None
    provisional: bool
    state: str = "open"
    other_by: date | None = None  # until when it is decided once another office is asked
    questions: tuple[Question, ...] = ()
    decision: Decision | None = None
    letters: tuple[Mapping[str, Any], ...] = ()
    events: tuple[CaseEvent, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in ("open", "asked")

    @property
    def ruled_whole(self) -> bool:
        """Whether its decision put the grade right as a whole."""
        return self.decision is not None and self.decision.findings.get(WHOLE) == "correct"

    @property
    def records(self) -> tuple[str, ...]:
        """The contested records, in the order in which they were named."""
        return tuple(dict.fromkeys(ground.record_id for ground in self.grounds if ground.record_id != WHOLE))

    @property
    def contested(self) -> tuple[str, ...]:
        """The contested records, and `grade` where the grade itself is contested."""
        return tuple(dict.fromkeys(ground.record_id for ground in self.grounds))

    @property
    def decided_at(self) -> int:
        """The entry of the log in which it was decided; -1 before that."""
        return next((event.seq for event in self.events if event.kind == "decided"), -1)

    @property
    def disputes(self) -> bool:
        """Whether its records stand as disputed; an application for repair disputes nothing."""
        return self.procedure != "repair"


def fold(events: Iterable[CaseEvent]) -> Case:
    """The case that its events leave, in their order."""
    case: Case | None = None
    for event in events:
        case = _opened(event) if case is None else _step(case, event)
    assert case is not None
    return case


def _opened(case_event: CaseEvent) -> Case:
    data = case_event.data
    return Case(
        case_event.case_id,
        data["subject_id"],
        data["run_id"],
        data["scheme"],
        data["period"],
        data["procedure"],
        data["clock"],
        tuple(Ground(**ground) for ground in data["grounds"]),
        case_event.on,
        case_event.by,
        _day(data["mark_by"]),
        _day(data["decide_by"]),
        data["provisional"],
        other_by=_day(data["other_by"]),
        events=(case_event,),
    )


def _step(case: Case, case_event: CaseEvent) -> Case:
    data, case = case_event.data, replace(case, events=(*case.events, case_event))
    if case_event.kind == "asked":
        due = _day(data["due"])
        assert due is not None
        asked = Question(data["question"], data["department"], data["text"], tuple(data["records"]), case_event.on, due)
        decide_by = case.other_by or case.decide_by
        return replace(case, questions=(*case.questions, asked), state="asked", decide_by=decide_by)
    if case_event.kind == "answered":
        questions = tuple(
            replace(was, answer=data["answer"], answered_on=case_event.on, document_no=data["document_no"])
            if was.no == data["question"]
            else was
            for was in case.questions
        )
        waits = any(was.answered_on is None for was in questions)
        return replace(case, questions=questions, state="asked" if waits else "open")
    if case_event.kind == "decided":
        decision = Decision(
            data["findings"],
            data["changes"],
            data["reason"],
            tuple(data["articles"]),
            data["before"],
            data["after"],
            tuple(data["ledger"]),
            case_event.on,
            case_event.by,
            data.get("follows") or {},
        )
        return replace(case, decision=decision, state="decided")
    return replace(case, letters=(*case.letters, data), state="closed")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def cases(store: Database, known_at: date | None = None) -> dict[str, Case]:
    """Read all objection cases of a store, as they stood at the end of a day.

    Parameters
    ----------
    store
        An open store.
    known_at
        Leaves out steps after this day; None for the cases as they stand.

    Returns
    -------
    dict of Case
        The cases by id, in order of id.

    Examples
    --------
    >>> [case.case_id for case in cases(store).values() if case.open]  # doctest: +SKIP
    ['C2024-0001']
    """
    rows = store.rows(
        'SELECT case_id, "no", kind, "on", "by", data, seq FROM case_events WHERE $1 IS NULL OR "on" <= $1'
        ' ORDER BY case_id, "no"',
        [known_at],
    )
    events: dict[str, list[CaseEvent]] = {}
    for case_id, no, kind, on, by, data, seq in rows:
        case_event = CaseEvent(case_id, no, kind, on, by, json.loads(data), seq)
        events.setdefault(case_event.case_id, []).append(case_event)
    return {case_id: fold(own) for case_id, own in events.items()}


def under_decided_law(store: Database) -> dict[tuple[str, str], date]:
    """The grades (run, subject) that a case put right as a whole, with the day on which it was decided what law is."""
    return {
        (case.run_id, case.subject_id): case.decision.on
        for case in sorted(cases(store).values(), key=lambda case: case.decided_at)
        if case.decision is not None and case.ruled_whole
    }

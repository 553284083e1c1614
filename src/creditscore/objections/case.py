"""A case as a state machine: what was asked, answered and decided, folded from events that are never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

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
    def disputes(self) -> bool:
        """Whether its records stand as disputed; an application for repair disputes nothing."""
        return self.procedure != "repair"


def list_decided_laws(cases: Iterable[Case]) -> dict[tuple[str, str], date]:
    """List the grades (run, organisation) that cases put right as a whole: made under the law of the day of that."""
    return {
        (case.run_id, case.subject_id): case.decision.on
        for case in cases
        if case.decision is not None and case.ruled_whole
    }

"""What a decision says of each contested record, and the record events that follow from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from creditscore.cascade.inputs import RecordEvent
from creditscore.core.errors import UsageError
from creditscore.core.i18n import Phrase, word
from creditscore.objections.case import ACTIONS, WHOLE, Case
from creditscore.records.schema import TABLES
from creditscore.schemes.laws import load_laws

DAYS = ("event_on", "occurred_on", "decided_on", "booked_on", "published_on", "corrected_on")
NEVER = ("record_id", "subject_id", "event_no", "event", "recorded_on")


@dataclass(frozen=True)
class Ruling:
    """State what is decided about everything that a case contests.

    Parameters
    ----------
    findings
        Contested record, or `grade` → action: uphold (it stands as it is), correct (it is put right), withdraw (it
        weighs nothing from now on), repair (it was repaired, and its rule says what is left), reinstate (the decision
        that withdrew or repaired it was wrong: it counts as before). `grade` takes uphold or correct; if corrected,
        it is graded again under the law as known on the day of the decision. An application for repair takes uphold or
        repair.
    reason
        Why; not empty.
    articles
        Articles of law, each as `LAW article` with a law of configs/laws/.
    changes
        Record → column → right value, for each record that is corrected and for no other; days as `YYYY-MM-DD`.
        `corrected_on`, with `share` where needed, says that the subject itself put it right.
    """

    findings: Mapping[str, str]
    reason: str
    articles: tuple[str, ...] = ()
    changes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def rule_on(case: Case, ruling: Ruling) -> None:
    """Nothing, or UsageError where the ruling does not fit the case."""
    missing = [record_id for record_id in case.contested if record_id not in ruling.findings]
    extra = sorted(set(ruling.findings) - set(case.contested))
    if missing or extra:
        raise UsageError(
            f"{missing[0]} is contested and has no finding" if missing else f"{extra[0]} is not contested",
            where=f"case {case.case_id}",
            allowed=f"one finding for each of {', '.join(case.contested)}",
            next=f"give an action for each record: RECORD=ACTION; actions are {', '.join(ACTIONS)}",
        )
    for record, action in ruling.findings.items():
        if action not in ACTIONS:
            raise UsageError("objections.no_action", action=action, allowed=", ".join(ACTIONS))
        if record == WHOLE and action not in ("uphold", "correct"):
            raise UsageError(
                "objections.records_not_grade_itself", action=action, allowed="grade=uphold, grade=correct"
            )
        if case.procedure == "repair" and action not in ("uphold", "repair"):
            raise UsageError("objections.application_repair_not_lead", action=action, allowed="uphold, repair")
        if (action == "correct" and record != WHOLE) != (record in ruling.changes):
            raise UsageError(
                "objections.column_put_right",
                record=record,
                action=word("actions", action),
                value=Phrase("fragments", "nothing_to_put_right" if action == "correct" else "something_to_put_right"),
            )
    strays = sorted(set(ruling.changes) - set(ruling.findings))
    if strays:
        raise UsageError(
            "objections.put_right_nothing_decided",
            strays=strays[0],
            case_id=case.case_id,
            listed=", ".join(sorted(ruling.findings)),
        )
    laws = load_laws()
    for article in ruling.articles:
        if article.partition(" ")[0] not in laws:
            raise UsageError("objections.no_legal_text", partition=article.partition(" ")[0], where="--article")


def events_of(case: Case, ruling: Ruling, on: date, attributes: Collection[str] = ()) -> list[RecordEvent]:
    """The events that a ruling appends: what it decides about each record, then that the dispute is resolved.

    `attributes` are the record attributes of the snapshot, which a correction may put right too.
    """
    events: list[RecordEvent] = []
    for record, action in ruling.findings.items():
        if record == WHOLE:
            continue
        base = (case.subject_id, record)
        if action == "withdraw":
            events.append(RecordEvent(*base, "withdrawn", on, on))
        elif action == "repair":
            events.append(RecordEvent(*base, "repaired", on, on))
        elif action == "reinstate":
            events.append(RecordEvent(*base, "reinstated", on, on))
        elif action == "correct":
            events += _corrected(case.subject_id, record, ruling.changes[record], on, attributes)
        if case.disputes:
            events.append(RecordEvent(*base, "dispute_resolved", on, on))
    return events


def _corrected(
    subject_id: str, record: str, changes: Mapping[str, str], on: date, attributes: Collection[str]
) -> list[RecordEvent]:
    columns = TABLES["records"].columns
    shares = {name: changes[name] for name in ("corrected_on", "share") if name in changes}
    others = {name: value for name, value in changes.items() if name not in shares}
    for name, value in changes.items():
        if name in NEVER:
            raise UsageError("objections.record_cannot_put_right", name=name)
        if name not in columns and name not in attributes:
            raise UsageError(
                "objections.records_no_column", name=name, allowed=", ".join(sorted({*columns, *attributes} - {*NEVER}))
            )
        if name in DAYS:
            _day(name, value)
        if not value.strip():
            raise UsageError("objections.empty", record=record, name=name)
    events = []
    if others:
        known: dict[str, Any] = {name: _typed(name, value) for name, value in others.items() if name in columns}
        further = {name: value for name, value in others.items() if name not in columns} or None
        amended = RecordEvent(subject_id, record, "amended", None, on, further=further)
        events.append(replace(amended, **known))
    if shares:
        if "corrected_on" not in shares:
            raise UsageError("objections.share_without_day_correction", record=record)
        day = _day("corrected_on", shares["corrected_on"])
        if day > on:
            raise UsageError("objections.not_yet_put_right", record=record, on=on)
        events.append(RecordEvent(subject_id, record, "corrected", on, on, corrected_on=day, share=shares.get("share")))
    return events


def _typed(name: str, value: str) -> date | str:
    return _day(name, value) if name in DAYS else value


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise UsageError("objections.not_day", name=name, value=value, allowed="YYYY-MM-DD") from error

"""A case is opened: is the procedure known, its door open, its window; until when it is marked and decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from creditscore.core.days import from_day, iso, to_day
from creditscore.core.errors import UsageError
from creditscore.objections.case import GROUNDS, PROCEDURES, WHOLE, Case, Ground
from creditscore.status.deadlines import basis_of, opening, working
from creditscore.status.rules import Clock, LifeRules, Procedure, clock_of
from creditscore.store.archive.runs import KeptRun


@dataclass(frozen=True)
class Clocks:
    """The days of a case: marked by, decided by, and decided by once another office is asked; None where no text says.

    `provisional`: one of them lies beyond the known public holidays.
    """

    clock: str
    mark_by: date | None
    decide_by: date | None
    other_by: date | None
    provisional: bool
    basis: str
    mark: str


def clocks(rules: LifeRules, procedure: str, year: int, region: str, on: date, name: str = "") -> Clocks:
    """The days of a case opened `on` a day under a procedure: its own time limit, else that of the place."""
    day = to_day(on)
    place = clock_of(region, day, name)
    rule = None if procedure == "objection" else rules.procedure(procedure, year)
    marked = working(day, place.mark) if place.mark is not None else working(day, 0)
    if rule is None:
        own, other = working(day, place.own), working(day, place.other)
    elif rule.decide is None:
        return Clocks(place.id, from_day(marked.day), None, None, marked.provisional, *basis_of(rule))
    elif rule.decide.working_days is not None:
        own = other = working(day, rule.decide.working_days)
    else:
        # decided together with another step: by the end of its window
        beside = rules.procedure(rule.decide.with_ or "", year)
        last = None if beside is None else opening(beside, year, {})[1]
        end = None if last is None else from_day(last)
        return Clocks(place.id, from_day(marked.day), end, end, marked.provisional, *basis_of(rule, beside))
    provisional = marked.provisional or own.provisional or other.provisional
    days = (from_day(marked.day), from_day(own.day), from_day(other.day))
    return Clocks(place.id, *days, provisional, *basis_of(rule or place))


def answer_due(clock: Clock, on: date) -> date | None:
    """Until when another office answers; None where the place names no number of days."""
    if clock.answer is None:
        return None
    return from_day(working(to_day(on), (clock.pass_on or 0) + clock.answer).day)


def check_grounds(grounds: Sequence[Ground], procedure: str) -> tuple[Ground, ...]:
    """The grounds, each of a known kind and with the record it needs; UsageError names the first that does not fit."""
    if not grounds:
        raise UsageError("objections.no_ground_given", allowed=", ".join(GROUNDS))
    for ground in grounds:
        if ground.ground not in GROUNDS:
            raise UsageError("objections.no_ground", ground=ground.ground, allowed=", ".join(GROUNDS))
        if GROUNDS[ground.ground] and ground.record_id == WHOLE:
            raise UsageError("objections.ground_about_record", ground=ground.ground)
        if (ground.ground == "apply_repair") != (procedure == "repair"):
            raise UsageError("objections.ground_not_fit_procedure", ground=ground.ground, procedure=procedure)
    return tuple(dict.fromkeys(grounds))


def check_procedure(
    rules: LifeRules, run: KeptRun, procedure: str, on: date, done: dict[str, int], status: str
) -> Procedure | None:
    """The rule of a procedure; UsageError for one not seen, a closed window, or a grade in another state."""
    year = int(run.period[:4])
    if procedure not in PROCEDURES:
        raise UsageError("objections.no_procedure", procedure=procedure, allowed=", ".join(PROCEDURES))
    if on < date.fromisoformat(run.known_at):
        raise UsageError("objections.lies_before_day_knowledge_run", on=on, known_at=run.known_at)
    if procedure == "objection":
        return None
    rule = rules.procedure(procedure, year)
    if rule is None:
        known = sorted({procedure.id for procedure in rules.procedures if procedure.years.hold(year)} & set(PROCEDURES))
        raise UsageError(
            "objections.no_text_seen",
            procedure=procedure,
            scheme=run.scheme,
            period=run.period,
            allowed=", ".join(["objection", *known]),
        )
    fits = {
        "review": ("", "provisional"),
        "reevaluation": ("", "announced", "final"),
        "repair": ("", "announced", "final"),
    }
    if status not in fits.get(procedure, (status,)):
        raise UsageError(
            "objections.not_grade",
            procedure=procedure,
            status=status,
            pinned=run.pinned,
            period=run.period,
            listed=" or ".join(name for name in fits[procedure] if name),
        )
    first, last = opening(rule, year, done)
    day, text = to_day(on), basis_of(rule)[0] or "no text"
    if (first is not None and day < first) or (last is not None and day > last):
        raise UsageError(
            "objections.cannot_asked",
            procedure=procedure,
            on=on,
            pinned=run.pinned,
            period=run.period,
            value=iso(first) or "any day",
            value_2=iso(last) or "any day",
            text=text,
        )
    return rule


def check_doors(rules: LifeRules, run: KeptRun, procedure: str, others: Sequence[Case]) -> None:
    """UsageError where another procedure for the same grade has shut this one, or must be decided first."""
    for door in rules.doors:
        where = f"{run.pinned} {run.period}: {basis_of(door)[0]}"
        if procedure == door.shut:
            shut = next((case for case in others if case.procedure == door.by), None)
            if shut is not None:
                raise UsageError(
                    "objections.message",
                    en=door.label.en,
                    zh=door.label.zh,
                    where_value=where,
                    case_id=shut.case_id,
                    opened_on=shut.opened_on,
                )
        if procedure == door.by:
            first = next((case for case in others if case.procedure == door.shut and case.open), None)
            if first is not None:
                raise UsageError(
                    "objections.under_way_would_say_result_not",
                    shut=door.shut,
                    by=door.by,
                    where_value=where,
                    case_id=first.case_id,
                )

"""Whether a period is over on the day by which it is judged, and what is said and done where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from creditscore.core.days import day_of, from_day, to_day
from creditscore.core.errors import UsageError
from creditscore.grading.plan import Plan
from creditscore.records import Snapshot
from creditscore.schemes.laws import load_laws


def judged_on(snapshot: Snapshot, plan: Plan) -> int:
    """The day on which a period must be over: that of a replay, if it is not later, otherwise the day of intake."""
    intake = snapshot.intake_day
    if plan.law_known_at is None:
        return to_day(snapshot.intake_on)
    return plan.law_known_at if intake is None else min(plan.law_known_at, intake)


def check_period_over(snapshot: Snapshot, plan: Plan, known: date | None) -> None:
    """Raise UsageError where the last day of the period lies after the day by which it is judged."""
    last, day = plan.as_of, judged_on(snapshot, plan)
    if last <= day:
        return
    named = (
        f"the evaluation year {plan.period}" if plan.scheme.period == "year" else f"the period up to {from_day(last)}"
    )
    basis = "known_at" if known == from_day(day) else "the day of intake"
    raise UsageError(
        "grading.not_over_records_not_complete_silence",
        named=named,
        from_day=from_day(day),
        basis=basis,
        where=plan.scheme.name,
    )


def taken_in(snapshot: Snapshot, run: Mapping[str, Any]) -> Snapshot:
    """The snapshot with the day of intake that a run's manifest states, if it states one."""
    day = day_of(run.get("intake_on"), "intake_on")
    return snapshot if day is None else replace(snapshot, intake_day=to_day(day))


def time_notes(snapshot: Snapshot, plan: Plan) -> list[str]:
    """A period that is not over, and a day of grading that the records do not reach."""
    notes, last = [], from_day(plan.as_of)
    if plan.as_of > judged_on(snapshot, plan):
        notes.append(f"provisional: the period is not over on {from_day(judged_on(snapshot, plan))}, it ends on {last}")
    if plan.law_known_at is None and plan.as_of > plan.known_at:
        notes.append(f"the newest record is of {from_day(plan.known_at)}, before the day of grading {last}")
    return notes


def law_notes(plan: Plan) -> list[str]:
    """Legal texts in force that were not yet known on the day of a replay; their rules are applied all the same."""
    if plan.law_known_at is None:
        return []
    laws, day = load_laws(), from_day(plan.law_known_at)
    rules = [item.rule for item in plan.items]
    rules += [
        condition.rule for condition in (*plan.start, *plan.bonus, *plan.conditions, *plan.deciders, *plan.adjusters)
    ]
    cited = sorted({cite.law for rule in rules for cite in rule.cite})
    late = [(law, laws[law].known_from) for law in cited if law in laws and (laws[law].known_from or day) > day]
    return [f"rules of {law} are applied, which became known only on {known}" for law, known in late]

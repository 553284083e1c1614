"""What a plan waits for: records that leave, list entries whose term ends, the next evaluation year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from creditscore.repair.course import Course, listing_key, outcome_on, period_on
from creditscore.repair.plan import RepairPlan


@dataclass(frozen=True)
class Wait:
    """`kind`: `period` (another evaluation year is graded), `expiry` (a record no longer counts), `listing`."""

    kind: str
    day: int
    what: str


def waits(course: Course, plan: RepairPlan) -> tuple[Wait, ...]:
    """What happens by itself up to the day of the plan, in order of day; nothing without a day."""
    return tuple(sorted(_waits(course, plan), key=lambda wait: (wait.day, wait.kind, wait.what)))


def _waits(course: Course, plan: RepairPlan) -> Iterator[Wait]:
    if plan.day is None:
        return
    acted = {action.target for action in plan.actions}
    before, period = _counting(course, plan, course.on), period_on(course, course.on)
    for day in [day.day for day in plan.days if course.on < day.day <= plan.day]:
        now, at = _counting(course, plan, day), period_on(course, day)
        if course.period is not None and at != period:
            yield Wait("period", day, str(at))
        else:
            for record in sorted(before - now - acted):
                yield Wait("expiry", day, record)
        before, period = now, at
    for row in course.subject.listings:
        end = row["term_end_day"]
        if end is not None and course.on <= end < plan.day and row["exited_day"] is None:
            yield Wait("listing", end + 1, listing_key(row))


def _counting(course: Course, plan: RepairPlan, day: int) -> set[str]:
    """Records that a ledger of that day mentions with points, or that a scheme without points reads."""
    lines = outcome_on(course, day, plan.actions).ledger
    return {line.record_id for line in lines if line.step == "record" and line.reason not in ("withdrawn",)}

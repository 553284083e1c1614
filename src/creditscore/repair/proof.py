"""A repair plan checked without the search: day by day, and by trying every set of actions on every event day.

`simulate` uses neither the choices of the search nor its event days (`repair.days`): only the calendar, the reference
interpreter and what a scheme can tell apart on a day (`explanation.timeline.event_days.Reader`). `exhaust` tries every
set of the options on the event days that the plan names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.explanation.timeline.event_days import Reader, dates_of
from creditscore.repair.course import (
    Action,
    Course,
    acted,
    outcome_on,
    period_on,
    plan_at,
    stages,
    version_at,
    version_of,
)
from creditscore.repair.options import Option
from creditscore.repair.plan import RepairPlan

MOST_SETS = 200_000


@dataclass(frozen=True)
class Proof:
    """What was tried: how many days, how many sets of actions; `faults` says what the plan claims and is not so.

    `graded`: of the days those that were graded; on each other day everything that is read is as on the day before.
    """

    days: int
    sets: int
    faults: tuple[str, ...]
    graded: int

    @property
    def holds(self) -> bool:
        return not self.faults


def is_at(course: Course, day: int, actions: Sequence[Action], target: str) -> bool:
    """Whether the reference interpreter gives the target or better on a day."""
    outcome = outcome_on(course, day, actions)
    version = version_at(course, period_on(course, day))
    assert version is not None
    grades = [grade.code for grade in version.scheme.grades]
    return outcome.state == "graded" and grades.index(outcome.grade) <= grades.index(target)


def simulate(course: Course, plan: RepairPlan) -> Proof:
    """The plan day by day, event day or not: the grade is reached on its day and on no day before.

    Every day is read. It is graded unless all that grading reads on it is what it read on the day before.
    """
    end = plan.until if plan.day is None else plan.day
    readings = Readings(course, plan.actions, end)
    faults, graded = [], 0
    there, before = False, None
    for day in range(course.on, end + 1):
        reading = readings.on(day)
        if reading != before:
            there, before, graded = is_at(course, day, plan.actions, plan.target), reading, graded + 1
        if there != (day == plan.day):
            faults.append(f"{iso(day)}: the grade is {'reached' if there else 'not reached'}")
    return Proof(end - course.on + 1, 1, tuple(faults), graded)


class Readings:
    """What grading reads on a day: of each stage the version, and what its plan can tell apart of the subject.

    The subject's days are those it brings and those that `actions` up to `until` give it.
    """

    def __init__(self, course: Course, actions: Sequence[Action], until: int) -> None:
        self.course, self.actions, self.until = course, actions, until
        self.readers: dict[str, Reader] = {}

    def on(self, day: int) -> tuple[Any, ...]:
        """Equal on two days only where the outcome is the same. Raises NotInForce without a version."""
        # stages before the last are closed: each is as known on the last day of its own year, whichever day is asked
        at, known = stages(self.course, day)[-1]
        version = version_of(self.course, at).scheme.name
        if version not in self.readers:
            plan, subject = plan_at(self.course, at, known)
            days = {*dates_of(plan, subject), *dates_of(plan, acted(subject, self.actions, self.until))}
            days |= {action.day for action in self.actions}  # a record that is repaired twice keeps the later day only
            self.readers[version] = Reader(plan.scheme, sorted(days))
        return version, self.readers[version].seen(at, known)


def exhaust(course: Course, plan: RepairPlan, most: int = MOST_SETS) -> Proof:
    """Every set of actions on every event day that the plan names, through the reference interpreter.

    Before `plan.day` (and, where nothing is reached, on all days) no set may reach the target. Each action may stand on
    each event day. Raises UsageError where there are more than `most` sets to try.
    """
    events = [day.day for day in plan.days]
    tried, faults = 0, []
    usable = [option for option in plan.options if option.plans]
    for day in events:
        if plan.day is not None and day >= plan.day:
            break
        for actions in every_set(usable, [event for event in events if event <= day]):
            tried += 1
            if tried > most:
                raise UsageError("repair.more_sets_actions_up", most=most, day=iso(day))
            if is_at(course, day, actions, plan.target):
                faults.append(
                    f"{iso(day)}: reached by {', '.join(f'{a.kind} {a.target} {iso(a.day)}' for a in actions)}"
                )
                break
    return Proof(len(events), tried, tuple(faults), len(events))


def every_set(options: Sequence[Option], days: Sequence[int]) -> Iterator[tuple[Action, ...]]:
    """Every set of actions whose days are among `days`: for each record and entry nothing or one of its ways."""
    if not days:
        return
    last = max(days)
    of: dict[tuple[str, str], list[tuple[Action, ...]]] = {}
    for option in options:
        ways = of.setdefault((option.about, option.target), [()])
        if option.way == "correct" and option.earliest is not None:
            ways += [
                (Action("correct", option.target, d, option.rule, option.amount),) for d in days if d >= option.earliest
            ]
        elif option.way == "repair" and option.sure is not None:
            first = option.sure if option.corrected_by is None else option.corrected_by
            mend = not any(c.id == "corrected" and c.state == "met" for c in option.conditions)
            before = (Action("correct", option.target, first, option.rule, option.amount),) if mend else ()
            end = last if option.rule_ends is None else min(last, option.rule_ends)
            ways += [
                (*before, Action("repair", option.target, d, option.rule)) for d in days if option.sure <= d <= end
            ]
        elif option.way == "exit" and option.sure is not None:
            ways += [(Action("exit", option.target, d, option.tier),) for d in days if d >= option.sure]
        elif option.way == "overall" and option.earliest is not None:
            for d in days:
                points = [give.points or 0 for give in option.gives if give.first <= d]
                if d >= option.earliest and points:
                    ways.append((Action("overall", "", d, option.rule, None, points[-1], option.item),))
    tables = {option.target for option in options if option.way == "correct" and option.gives}
    for chosen in product(*of.values()):
        actions = tuple(action for actions in chosen for action in actions)
        whole = next((action.day for action in actions if action.kind == "overall"), None)
        mended = {
            action.target
            for action in actions
            if action.kind in ("correct", "repair") and (whole is None or action.day <= whole)
        }
        if whole is None or tables <= mended:
            yield actions


__all__ = ["MOST_SETS", "Proof", "Readings", "every_set", "exhaust", "is_at", "simulate"]

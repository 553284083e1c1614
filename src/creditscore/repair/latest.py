"""Until when each correction of a plan may wait: the plan still reaches its target with every one on its last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from creditscore.repair.course import Action, Course
from creditscore.repair.options import Option
from creditscore.repair.plan import RepairPlan
from creditscore.repair.proof import is_at


def last_days(course: Course, plan: RepairPlan) -> tuple[int, ...]:
    """For each action of a plan the last day on which it may be done, its own where it cannot wait.

    A correction may wait to the end of its window, to the overall repair that asks for it and to the day of the plan,
    as far as the reference interpreter still reaches the target: a condition may read the day of a correction, and an
    evaluation year that is over is not corrected any more. The last days hold together.
    """
    if plan.day is None:
        return ()
    whole = min((action.day for action in plan.actions if action.kind == "overall"), default=plan.day)
    latest = [max(action.day, min(plan.day, whole, _window(action, plan))) for action in plan.actions]
    if _holds(course, plan, latest):
        return tuple(latest)
    days = [day.day for day in plan.days]
    actions = [action.day for action in plan.actions]
    for k, last in enumerate(latest):
        # what holds on an event day holds until the next one
        fails = (
            day
            for day in days
            if actions[k] < day <= last and not _holds(course, plan, [*actions[:k], day, *actions[k + 1 :]])
        )
        actions[k] = next(fails, last + 1) - 1
    return tuple(actions)


def _window(action: Action, plan: RepairPlan) -> int:
    """The last day of the window in which a correction stands; its own day for everything else."""
    of = (
        way
        for way in plan.options
        if action.kind == "correct" and (way.target, way.rule) == (action.target, action.way)
    )
    option: Option | None = next(of, None)
    if option is None or option.way != "correct" or plan.day is None:
        return action.day
    give = next(
        (each for each in option.gives if each.first <= action.day and (each.last is None or action.day <= each.last)),
        None,
    )
    return plan.day if give is None or give.last is None else give.last


def _holds(course: Course, plan: RepairPlan, days: Sequence[int]) -> bool:
    assert plan.day is not None
    moved = [replace(action, day=day) for action, day in zip(plan.actions, days, strict=True)]
    return is_at(course, plan.day, moved, plan.target)

"""The ordered list of decisions, for one score or for an interval of scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from creditscore.core.quantities import TOP
from creditscore.grading.interpreter.ledger import holds
from creditscore.grading.plan import Plan, PlanRule


@dataclass(frozen=True)
class Decision:
    """State and grade (index, 0 is best), how it was reached, and the rules on the way with what each did."""

    state: str
    reason: str
    grade: int | None
    route: str | None
    margin: int | None
    path: tuple[tuple[PlanRule, str], ...]


def decide(plan: Plan, env: Mapping[str, Any], score: int) -> Decision:
    """The first deciding rule that holds, then each limit or shift that changes its grade."""
    env = {**env, "score": score}
    first = next(rule for rule in plan.deciders if holds(rule, env))
    if first.effect in ("not_graded", "not_computable"):
        reason = first.rule.not_graded or first.rule.not_computable
        return Decision(first.effect, reason, None, None, None, ((first, first.effect),))
    margin = None
    if first.effect == "bands":
        band = next((band for band in first.bands if band[1] <= score <= band[2]), None)
        if band is None:
            return Decision("not_computable", "no_band", None, None, None, ())
        grade, _, _, low, high = band
        edge = high if plan.lower_is_better else low
        margin = None if abs(edge) == TOP else abs(score - edge)
    else:
        grade = first.grade or 0
    route, path = first.route, [(first, plan.grades[grade])]
    for rule in plan.adjusters:
        if holds(rule, env):
            new = adjusted(rule, grade, len(plan.grades))
            if new != grade:
                grade, route = new, rule.route or route
                path.append((rule, plan.grades[grade]))
    return Decision("graded", "", grade, route, margin if len(path) == 1 else None, tuple(path))


def adjusted(rule: PlanRule, grade: int, n: int) -> int:
    """The grade after a limit or shift; grades count from 0 = best."""
    if rule.effect == "ceiling":
        return max(grade, rule.grade or 0)
    if rule.effect == "floor":
        return min(grade, rule.grade or 0)
    return min(n - 1, grade + rule.points) if rule.effect == "down" else max(0, grade - rule.points)


def sweep(plan: Plan, env: Mapping[str, Any], low: int, high: int, unknown: set[str]) -> Decision:
    """The decision that stands for every score from `low` to `high`, or not_computable."""
    first = decide(plan, env, low)
    if low == high:
        return first
    others = [decide(plan, env, score) for score in (*plan.breakpoints, high) if low < score <= high]
    if first.path and all((decision.state, decision.grade) == (first.state, first.grade) for decision in others):
        return replace(first, margin=None)
    reason = "unknown:" + "+".join(sorted(unknown))
    return Decision("not_computable", reason, None, None, None, ())

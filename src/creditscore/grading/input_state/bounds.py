"""What refused rows together could do to a grade where their readings are too many to try: names between bounds.

A fact that a refused row could touch lies between its value without the rows and whatever further records could make
of it. A condition over such names holds, does not hold, or is open, and every outcome that is left must be the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.days import LAST
from creditscore.core.quantities import TOP
from creditscore.grading.interpreter.decide import adjusted
from creditscore.grading.monotone.polarity import COLUMNS
from creditscore.grading.plan import Plan, PlanFact
from creditscore.schemes.expressions import Node, names, to_python

RISING = ("any", "count", "run")  # what such a fact takes can only become more with further records
ORDERED = ("cmp", "dates")


@dataclass(frozen=True)
class Span:
    """A value between two ends, both included."""

    low: Any
    high: Any


OPEN = object()  # a value of which nothing is known


def fact_bounds(fact: PlanFact, value: Any) -> Any:
    """Bound a fact over records whose value is `value` where any further records may come."""
    if fact.take == "any":
        return True if value else Span(False, True)
    if fact.take in RISING or (fact.take in ("sum", "max") and fact.column in COLUMNS and (fact.absent or 0) <= 0):
        return Span(value, TOP)
    if fact.take == "latest" and value is not None:
        return Span(value, LAST)
    return OPEN


def holds_always(node: Node | None, env: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds for every value inside the bounds of its names; None: for some and not for others."""
    if node is None:
        return True
    loose = [name for name in names(node) if env[name] is OPEN or isinstance(env[name], Span)]
    if not loose:
        return bool(to_python(node)(env))
    if node[0] in ("and", "or"):
        parts = [holds_always(part, env) for part in node[1:]]
        decisive: bool = node[0] == "or"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if node[0] == "not":
        inner = holds_always(node[1], env)
        return None if inner is None else not inner
    if node[0] == "given":
        return True if isinstance(env[loose[0]], Span) else None
    is_ordered = node[0] == "name" or (node[0] in ORDERED and node[1] in ("<", "<=", ">", ">="))
    if len(loose) > 1 or not is_ordered or env[loose[0]] is OPEN:
        return None
    span, test = env[loose[0]], to_python(node)  # a comparison of one name, to the first power, changes once at most
    ends = {bool(test({**env, loose[0]: end})) for end in (span.low, span.high)}
    return ends.pop() if len(ends) == 1 else None


def outcomes_left(plan: Plan, env: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every state with its grade that the decision can end in for the names `env`, `score` among them."""
    left: set[tuple[str, str]] = set()
    grades: set[int] = set()
    for rule in plan.deciders:
        is_met = holds_always(rule.when, env)
        if is_met is False:
            continue
        if rule.effect in ("not_graded", "not_computable"):
            left.add((rule.effect, ""))
        elif rule.effect == "bands":
            banded = [band[0] for band in rule.bands if env["score"] is OPEN or band[1] <= env["score"] <= band[2]]
            grades |= set(banded)
            if env["score"] is OPEN or not banded:
                left.add(("not_computable", ""))
        else:
            grades.add(rule.grade or 0)
        if is_met:
            break
    for rule in plan.adjusters:
        is_met = holds_always(rule.when, env)
        if is_met is not False:
            moved = {adjusted(rule, grade, len(plan.grades)) for grade in grades}
            grades = moved if is_met else grades | moved
    return left | {("graded", plan.grades[grade]) for grade in grades}


def is_settled(plan: Plan, env: Mapping[str, Any], touched: Collection[str]) -> bool:
    """Whether start, points from facts and bonus of a score are the same for every value inside the bounds."""
    rules = (*plan.start, *plan.conditions)
    known = all(holds_always(rule.when, env) is not None for rule in rules)
    return known and not any(bonus.fact in touched for bonus in plan.bonus)

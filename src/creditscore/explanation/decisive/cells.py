"""Which outcomes a subject can have: cells, sets of demands on the records that stay, told by the plan's own rules.

The rules are evaluated with the facts left out that records decide; a rule that asks for one branches over its choices.
At the end of a branch the state and grade follow from the score alone, so a cell is: some choices, and a range of it.
The cells of an outcome are disjoint, and every set of withdrawn records lies in exactly one cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.quantities import UNBOUNDED
from creditscore.explanation.decisive.facts import INFINITE, Choice, TooMuch
from creditscore.explanation.decisive.game import Game, is_scored
from creditscore.grading.interpreter.decide import decide
from creditscore.grading.interpreter.exact import start_points
from creditscore.grading.interpreter.ledger import Touched, holds
from creditscore.grading.plan import Plan

MOST_LEAVES = 4000
NOT_COMPUTABLE = "not_computable"


@dataclass(frozen=True, order=True)
class End:
    """A state with its grade (index, 0 is best; -1: none)."""

    state: str
    grade: int

    def name(self, plan: Plan) -> str:
        return plan.grades[self.grade] if self.grade >= 0 else self.state


Reached = Callable[[End], bool]


@dataclass(frozen=True)
class Leaf:
    """Choices of facts, points that follow from them, and the outcome for each range of the sum of record points."""

    chosen: Mapping[str, Choice]
    low: int
    high: int
    ranges: tuple[tuple[int, int, End], ...]  # first and last score, before floor and ceiling


@dataclass(frozen=True)
class Demand:
    """An amount that stays, between `least` and `most`: signed points (low, high), a fact, or one of some records."""

    of: str  # low, high, fact, one
    name: str = ""
    records: frozenset[int] = frozenset()
    least: int = -INFINITE
    most: int = INFINITE


@dataclass(frozen=True)
class Cell:
    """Sets of withdrawals with one outcome: `gone` are withdrawn, and every demand is met by what stays."""

    end: End
    gone: frozenset[int]
    demands: tuple[Demand, ...]
    chosen: Mapping[str, Choice]


def leaves(game: Game) -> tuple[Leaf, ...]:
    """The branches of the plan's rules for one subject; together they cover every set of withdrawals, once."""
    return tuple(_explore(game, {}, [0]))


def _explore(game: Game, chosen: dict[str, Choice], visited: list[int]) -> list[Leaf]:
    visited[0] += 1
    if visited[0] > MOST_LEAVES:
        raise TooMuch(f"the rules of this subject have more than {MOST_LEAVES} branches")
    values = {fact_name: choice.value for fact_name, choice in chosen.items()}
    env = game.facts.env(values)
    try:
        return [_leaf(game, chosen, env)]
    except KeyError as missing:
        fact_name = game.facts.needed(missing.args[0], values)
    below = [
        _explore(game, {**chosen, fact_name: choice}, visited)
        for choice in game.facts.readings[fact_name].choices
        if _agrees(choice, chosen)
    ]
    first = below[0]
    if len(first) == 1 and all(_same(first[0], values, fact_name) for values in below):
        return [Leaf(chosen, first[0].low, first[0].high, first[0].ranges)]
    return [leaf for branch in below for leaf in branch]


def _agrees(choice: Choice, chosen: Mapping[str, Choice]) -> bool:
    """Whether a choice can stand beside others: the records of which one stays are not all withdrawn."""
    gone = choice.gone.union(*(other.gone for other in chosen.values()))
    return not any(demand.one and demand.one <= gone for demand in (choice, *chosen.values()))


def _same(leaf: Leaf, others: list[Leaf], name: str) -> bool:
    """Whether a branch ends as the other did: the fact was read, but nothing follows from it."""
    if len(others) != 1:
        return False
    second_leaf = others[0]
    chosen = [
        {key: choice for key, choice in compared.chosen.items() if key != name} for compared in (leaf, second_leaf)
    ]
    return chosen[0] == chosen[1] and (leaf.low, leaf.high, leaf.ranges) == (
        second_leaf.low,
        second_leaf.high,
        second_leaf.ranges,
    )


def _leaf(game: Game, chosen: dict[str, Choice], env: Mapping[str, Any]) -> Leaf:
    plan, subject = game.plan, game.subject
    kinds = plan.scheme.kinds
    if (kinds is not None and env["kind"] and env["kind"] not in kinds) or not subject.fed:
        return Leaf(dict(chosen), 0, 0, ((-INFINITE, INFINITE, End("not_graded", -1)),))
    if not plan.has_points:
        return Leaf(dict(chosen), 0, 0, ((-INFINITE, INFINITE, _end(plan, env, 0)),))
    rule = next(rule for rule in plan.start if holds(rule, env))
    low = start_points(plan, rule, env, [], Touched())
    high = low + rule.span
    for condition in plan.conditions:
        if holds(condition, env):
            low, high = low + condition.points, high + condition.points
            if condition.rule.unknown:  # as the reference interpreter: only for the worse, and without end
                low, high = (low, high + UNBOUNDED) if plan.lower_is_better else (low - UNBOUNDED, high)
    return Leaf(dict(chosen), low, high, tuple(_ranges(plan, env)))


def _end(plan: Plan, env: Mapping[str, Any], score: int) -> End:
    decision = decide(plan, env, score)
    return End(decision.state, -1 if decision.grade is None else decision.grade)


def _ranges(plan: Plan, env: Mapping[str, Any]) -> Iterator[tuple[int, int, End]]:
    """The outcome of every score: it changes at breakpoints only, and beyond floor and ceiling it stays."""

    def limited(score: int) -> int:
        score = score if plan.floor is None else max(score, plan.floor)
        return score if plan.ceiling is None else min(score, plan.ceiling)

    edges = plan.breakpoints
    begin, last = -INFINITE, _end(plan, env, limited(edges[0] - 1 if edges else 0))
    for edge in edges:
        end = _end(plan, env, limited(edge))
        if end != last:
            yield begin, edge - 1, last
            begin, last = edge, end
    yield begin, INFINITE, last


def cells(game: Game, branches: tuple[Leaf, ...], reached: Reached) -> tuple[Cell, ...]:
    """The cells whose outcome is wanted."""
    unsure = any(kind.low != kind.high for kind in game.kinds) or any(
        record["plan_item"].form == "pool" and is_scored(record) for record in game.opened.records
    )
    outcome_cells = []
    for leaf in branches:
        gone: frozenset[int] = frozenset().union(*(choice.gone for choice in leaf.chosen.values()))
        facts = [
            Demand("one", name, choice.one, least=1) for name, choice in sorted(leaf.chosen.items()) if choice.one
        ] + [
            Demand("fact", name, least=choice.least, most=choice.most)
            for name, choice in sorted(leaf.chosen.items())
            if game.facts.readings[name].shape != "order"
        ]
        for end, score in _scores(leaf, unsure, reached):
            if not any(demand.records <= gone for demand in facts if demand.of == "one"):
                outcome_cells.append(Cell(end, gone, (*score, *facts), leaf.chosen))
    return tuple(outcome_cells)


def _scores(leaf: Leaf, unsure: bool, reached: Reached) -> Iterator[tuple[End, tuple[Demand, ...]]]:
    """Ranges of the signed sum of record points that reach the target; two sums where a number is unknown."""
    if len(leaf.ranges) == 1:
        if reached(leaf.ranges[0][2]):
            yield leaf.ranges[0][2], ()
        return
    if not unsure and leaf.low == leaf.high:
        first: int | None = None
        for k, (low, high, end) in enumerate(leaf.ranges):
            if not reached(end):
                first = None
                continue
            first = low if first is None else first
            if k + 1 == len(leaf.ranges) or not reached(leaf.ranges[k + 1][2]):
                yield end, (Demand("low", "", frozenset(), _less(first, leaf.low), _less(high, leaf.low)),)
        return
    for i, (low, high, end) in enumerate(leaf.ranges):
        for k in range(i, len(leaf.ranges)):
            both = end if i == k else End(NOT_COMPUTABLE, -1)
            if reached(both):
                begin, until, _ = leaf.ranges[k]
                yield (
                    both,
                    (
                        Demand("low", "", frozenset(), _less(low, leaf.low), _less(high, leaf.low)),
                        Demand("high", "", frozenset(), _less(begin, leaf.high), _less(until, leaf.high)),
                    ),
                )


def _less(edge: int, base: int) -> int:
    return edge if abs(edge) == INFINITE else edge - base

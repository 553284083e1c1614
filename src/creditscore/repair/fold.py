"""The cheapest choice of actions for each result that records can have, without trying every set of choices.

Each record has a few choices (leave it, correct it on a day, have it repaired). What the records together do to a grade
is a handful of facts and one sum, so records are taken in one after the other and choices that lead to the same facts
and sums so far are one: of these only the cheapest is kept. The sum follows the rule's own steps, heaviest of a bucket,
cap of an item, cap of a group; what shares none of them is added up and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add, getitem
from typing import Any

from creditscore.core.quantities import MICRO, TOP
from creditscore.grading.interpreter.combine import combine
from creditscore.grading.interpreter.exact import Opening
from creditscore.grading.interpreter.facts import bucket, longest_run, reads
from creditscore.grading.plan import Plan, PlanFact
from creditscore.repair.course import Action

MOST_STATES = 60_000
Cost = tuple[int, ...]
Assessed = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """What may be done with one record: the actions, what they cost, and the record under each plan afterwards."""

    actions: tuple[Action, ...]
    cost: Cost
    records: tuple[Assessed | None, ...]  # one per plan; None where a plan has no such item
    mark: tuple[int, ...] = ()  # equal where every plan reads the same of the record


@dataclass(frozen=True)
class End:
    """One result: for each plan the facts over records and the lowest and highest sum; and how it is reached."""

    cost: Cost
    actions: tuple[Action, ...]
    facts: tuple[Mapping[str, Any], ...]
    sums: tuple[tuple[int, int], ...]


class TooMany(Exception):
    """More results than are kept."""


def fold(
    plans: Sequence[Plan],
    opened: Sequence[Opening],
    choices: Sequence[Sequence[Choice]],
    free: Cost,
    most: int = MOST_STATES,
) -> Iterator[End]:
    """Every result that some choice for each record has, the cheapest way to each, in order of cost.

    `free` is the cost of nothing. Raises TooMany beyond `most` results.
    """
    layers = [_Layer(plan, opening, k, choices) for k, (plan, opening) in enumerate(zip(plans, opened, strict=True))]
    order = sorted(range(len(choices)), key=lambda i: layers[-1].place(i))
    for layer in layers:
        layer.close_after(order)
    states: dict[tuple[int, ...], tuple[Cost, tuple[Any, ...] | None]] = {
        tuple(layer.numbered(layer.empty) for layer in layers): (free, None)
    }
    for step, i in enumerate(order):
        moved = choices[i]
        if len(moved) == 1 and not any(moved[0].cost) and not moved[0].actions and not any(map(_touched(i), layers)):
            continue
        after: dict[tuple[int, ...], tuple[Cost, tuple[Any, ...] | None]] = {}
        known = [set(numbers) for numbers in zip(*states, strict=True)]
        for layer in layers:
            layer.turn()
        ways = [
            (
                choice,
                [
                    layer.table(numbers_of_plan, i, c, step)
                    for layer, numbers_of_plan in zip(layers, known, strict=True)
                ],
            )
            for c, choice in enumerate(moved)
        ]
        for state, (cost, path) in states.items():
            for choice, tables in ways:
                new = tuple(map(getitem, tables, state))
                sum_ = tuple(map(add, cost, choice.cost))
                before = after.get(new)
                if before is None or sum_ < before[0]:
                    after[new] = (sum_, (path, choice) if choice.actions else path)
        if len(after) > most:
            raise TooMany
        states = after
    for state, (cost, path) in sorted(states.items(), key=lambda state: state[1][0]):
        yield End(
            cost,
            tuple(sorted(_actions(path), key=lambda action: (action.day, action.target, action.kind))),
            tuple(layer.facts(layer.states[number]) for layer, number in zip(layers, state, strict=True)),
            tuple(layer.sums(layer.states[number]) for layer, number in zip(layers, state, strict=True)),
        )


def _touched(i: int) -> Callable[[_Layer], bool]:
    """Whether record `i`, of which there is one choice, changes anything in a layer."""
    return lambda layer: layer.moves[i] or layer.brings[i][0]


def _actions(path: tuple[Any, ...] | None) -> Iterator[Action]:
    while path is not None:
        path, choice = path
        yield from choice.actions


class _Layer:
    """One plan's view of the choices: what each does to facts and sums."""

    def __init__(self, plan: Plan, opened: Opening, number: int, choices: Sequence[Sequence[Choice]]) -> None:
        self.plan, self.number = plan, number
        self.rows = [[choice.records[number] for choice in choices_of_record] for choices_of_record in choices]
        self.lookups = opened.lookups
        self.bag = _needs_bag(plan)
        self.record_facts = [fact for fact in plan.facts if fact.of == "records"]
        taken = [
            [[fact_part(fact, row, self.lookups) for fact in self.record_facts] for row in rows] for rows in self.rows
        ]
        self.live = [f for f in range(len(self.record_facts)) if any(self._moves(fact_rows, f) for fact_rows in taken)]
        self.parts = [[[row[f] for f in self.live] for row in fact_rows] for fact_rows in taken]
        self.dead = {
            fact.name: _value(fact, [fact_rows[0][f] for fact_rows in taken if fact_rows[0][f] is not None])
            for f, fact in enumerate(self.record_facts)
            if f not in self.live
        }
        self.brings = [[any(value is not None for value in row) for row in part] for part in self.parts]
        self.routes = [[self._route(row) for row in rows] for rows in self.rows]
        moving = {
            slot
            for routes_of_record in self.routes
            for route in routes_of_record
            for slot in route
            if len(routes_of_record) > 1
        }
        grown = True
        while grown:  # a record that shares a slot with one that moves is taken in with it
            more = {s for route in self.routes for r in route if moving & set(r) for s in r}
            grown = not more <= moving
            moving |= more
        self.moves = [
            len(row) > 1 or any(moving & set(route) for route in routes)
            for row, routes in zip(self.rows, self.routes, strict=True)
        ]
        still = [dict(row[0]) for i, row in enumerate(self.rows) if not self.moves[i] and row[0] is not None]
        still.sort(key=lambda record: (record["day"], record["record_id"]))
        self.fixed = combine(plan, still, [])
        self.last: dict[Any, int] = {}
        self.closes: set[int] = set()
        self.bags: dict[tuple[Any, ...], tuple[int, int]] = {}
        self.before: list[Any] = []
        self.states: list[Any] = []  # each state once; what is folded are their numbers
        self.numbers: dict[Any, int] = {}
        self.empty: Any = (tuple(_nothing(self.record_facts[f]) for f in self.live), (), 0, 0)

    @staticmethod
    def _moves(fact_rows: list[list[Any]], f: int) -> bool:
        return any(row[f] != fact_rows[0][f] for row in fact_rows)

    def _route(self, row: Assessed | None) -> tuple[Any, ...]:
        """The slots that a record's points go through: bucket, item, group, or one bag for all that hang together."""
        if row is None or not row["counts"]:
            return ()
        item = row["plan_item"]
        if self.bag:
            if item.form == "pool":
                return (("pool", item.pool),)
            steps: list[Any] = []
            if self.plan.scheme.combine.heaviest_per:
                steps.append(("act", bucket("act", row)))
            if item.basis != "time" or item.attributes:
                steps.append(("bucket", item.index, _key(item, row)))
            if item.cap is not None:
                steps.append(("item", item.index))
            if item.group is not None:
                steps.append(("group", item.group))
            return tuple(steps) or (("alone", row["rk"]),)
        route: list[Any] = []
        if item.basis != "time" or item.attributes:
            route.append(("bucket", item.index, _key(item, row)))
        grouped = item.group is not None and self.plan.groups[item.group].cap is not None
        if item.cap is not None:
            route.append(("item", item.index))
        if grouped:
            route.append(("group", item.group))
        return tuple(route)

    def place(self, i: int) -> tuple[str, int]:
        """Records that share a slot stand side by side."""
        slots = sorted(repr(route[::-1]) for route in self.routes[i] if route)
        return (slots[0] if slots else "", i)

    def close_after(self, order: Sequence[int]) -> None:
        """After which step a slot takes no further record."""
        self._last_steps(order)
        self.closes = set(self.last.values())

    def _last_steps(self, order: Sequence[int]) -> None:
        for step, i in enumerate(order):
            if self.moves[i]:
                for route in self.routes[i]:
                    for slot in route:
                        self.last[slot] = step
        if self.bag:  # all that hangs together closes together
            grown = True
            while grown:
                grown = False
                for i in range(len(self.routes)):
                    slots = {slot for route in self.routes[i] for slot in route if slot in self.last}
                    end = max((self.last[slot] for slot in slots), default=0)
                    for slot in slots:
                        if self.last[slot] != end:
                            self.last[slot], grown = end, True
        else:  # an item stays open while one of its buckets is, a group while one of its items is
            for i in range(len(self.routes)):
                for route in self.routes[i]:
                    for low, high in pairwise(route):
                        if low in self.last:
                            self.last[high] = max(self.last[high], self.last[low])
            for i in range(len(self.routes)):
                for route in self.routes[i]:
                    for low, high in pairwise(route):
                        if low in self.last:
                            self.last[high] = max(self.last[high], self.last[low])

    def numbered(self, state: Any) -> int:
        state_number = self.numbers.setdefault(state, len(self.states))
        if state_number == len(self.states):
            self.states.append(state)
        return state_number

    def turn(self) -> None:
        """The states so far are those before the next record."""
        self.before, self.states, self.numbers = self.states, [], {}

    def table(self, numbers: Iterable[int], i: int, c: int, step: int) -> dict[int, int]:
        """From the number of each state to that of the state after record `i` was treated by choice `c`."""
        return {number: self.numbered(self.add(self.before[number], i, c, step)) for number in numbers}

    def add(self, state: Any, i: int, c: int, step: int) -> Any:
        """The state after record `i` was treated by choice `c`."""
        facts, slots, low, high = state
        if self.brings[i][c]:
            part = self.parts[i][c]
            facts = tuple(
                _joined(self.record_facts[f], acc, value) for f, acc, value in zip(self.live, facts, part, strict=True)
            )
        if not self.moves[i]:
            return facts, slots, low, high
        route, row = self.routes[i][c], self.rows[i][c]
        if not route:
            if row is not None and row["counts"]:
                low, high = _signed(low, high, (row["low"], row["high"]), row["plan_item"].sign)
            if not slots or step not in self.closes:
                return facts, slots, low, high
        held = dict(slots)
        if route and self.bag:
            held[route[0]] = (*held.get(route[0], ()), (i, c))
        elif route:
            assert row is not None
            self._into(held, route, (row["low"], row["high"]))
        if step in self.closes:
            low, high = self._close(held, low, high, step)
        return facts, tuple(sorted(held.items(), key=repr)) if len(held) > 1 else tuple(held.items()), low, high

    @staticmethod
    def _into(held: dict[Any, Any], route: tuple[Any, ...], value: tuple[int, int]) -> None:
        slot, rest = route[0], route[1:]
        before, _ = held.get(slot, ((0, 0), rest))
        if slot[0] == "bucket":
            held[slot] = ((max(before[0], value[0]), max(before[1], value[1])), rest)
        else:
            held[slot] = ((before[0] + value[0], before[1] + value[1]), rest)

    def _close(self, held: dict[Any, Any], low: int, high: int, step: int) -> tuple[int, int]:
        if self.bag:
            done = [slot for slot in held if self.last[slot] == step]
            if done:
                chosen = tuple(sorted(pair for slot in done for pair in held.pop(slot)))
                more = self._combined(chosen)
                return low + more[0], high + more[1]
            return low, high
        for kind in ("bucket", "item", "group"):
            for slot in [pair for pair in held if pair[0] == kind and self.last[pair] == step]:
                value, rest = held.pop(slot)
                item = self.plan.items[slot[1]] if kind != "group" else None
                if kind == "item" and item is not None and item.cap is not None:
                    value = (min(value[0], item.cap), min(value[1], item.cap))
                sign = item.sign if item is not None else self._sign(slot[1])
                if kind == "group":
                    cap = self.plan.groups[slot[1]].cap or 0
                    value = (min(value[0], cap), min(value[1], cap))
                if rest:
                    self._into(held, rest, value)
                else:
                    low, high = _signed(low, high, value, sign)
        return low, high

    def _sign(self, group: int) -> int:
        return next(item.sign for item in self.plan.items if item.group == group)

    def _combined(self, chosen: tuple[Any, ...]) -> tuple[int, int]:
        if chosen not in self.bags:
            rows = [dict(row) for i, c in chosen if (row := self.rows[i][c]) is not None]
            rows.sort(key=lambda record: (record["day"], record["record_id"]))
            self.bags[chosen] = combine(self.plan, rows, [])
        return self.bags[chosen]

    def facts(self, state: Any) -> Mapping[str, Any]:
        live = {
            self.record_facts[f].name: _shown(self.record_facts[f], acc)
            for f, acc in zip(self.live, state[0], strict=True)
        }
        return {**self.dead, **live}

    def sums(self, state: Any) -> tuple[int, int]:
        return self.fixed[0] + state[2], self.fixed[1] + state[3]


def _needs_bag(plan: Plan) -> bool:
    """Whether selection crosses items, so that buckets, items and groups cannot be closed one by one."""
    return (
        plan.scheme.combine.heaviest_per is not None
        or any(group.heaviest for group in plan.groups)
        or any(item.form == "pool" for item in plan.items)
    )


def _key(item: Any, row: Assessed) -> tuple[Any, ...]:
    return (bucket(item.basis, row), *(bucket(name, row) for name in item.attributes))


def _signed(low: int, high: int, value: tuple[int, int], sign: int) -> tuple[int, int]:
    return (low + value[0], high + value[1]) if sign > 0 else (low - value[1], high - value[0])


# One record's part of a fact, and how parts are joined: each kind of fact is a sum of a commutative kind.


def fact_part(fact: PlanFact, row: Assessed | None, lookups: Mapping[str, int]) -> Any:
    """What an assessed record brings to a fact; None where the fact does not take it in."""
    if row is None or not reads(fact, row, lookups):
        return None
    match fact.take:
        case "any":
            return True
        case "latest" | "earliest":
            return row["day"]
        case "newest":
            return (row["day"], row["record_id"], row[fact.column or ""])
        case "count" | "run":
            return bucket(fact.by or ("time" if fact.take == "count" else "month"), row)
    return row[fact.column or ""]


def _nothing(fact: PlanFact) -> Any:
    return {"any": False, "count": frozenset(), "run": frozenset(), "sum": 0}.get(fact.take)


def _joined(fact: PlanFact, acc: Any, part: Any) -> Any:
    if part is None:
        return acc
    match fact.take:
        case "any":
            return True
        case "count" if (fact.by or "time") == "time":
            return acc + 1 if isinstance(acc, int) else 1  # each record is its own bucket
        case "count" | "run":
            return acc | {part}
        case "sum":
            return acc + part
    if acc is None:
        return part
    return min(acc, part) if fact.take in ("earliest", "min") else max(acc, part)


def _shown(fact: PlanFact, acc: Any) -> Any:
    match fact.take:
        case "any":
            return acc
        case "latest" | "earliest":
            return acc
        case "newest":
            return "" if acc is None else acc[2]
        case "count":
            return MICRO * (acc if isinstance(acc, int) else len(acc))
        case "sum":
            return max(-TOP, min(TOP, acc))
        case "run":
            return MICRO * longest_run(set(acc))
    return fact.absent if acc is None else acc


def _value(fact: PlanFact, parts: Sequence[Any]) -> Any:
    acc = _nothing(fact)
    for part in parts:
        acc = _joined(fact, acc, part)
    return _shown(fact, acc)

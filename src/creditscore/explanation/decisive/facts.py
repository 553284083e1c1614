"""The facts that records decide: which values they can take, and what each value asks of the records that stay.

A fact is one of four shapes. `order`: the value belongs to the foremost record that stays (any, latest, max, newest …).
`sum`: each record brings its own weight (count, sum). `buckets`: records that share a key count once. `run`: the
longest row of neighbouring keys. Values that no condition tells apart are one choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from creditscore.core.quantities import MICRO, TOP
from creditscore.grading.interpreter.exact import Opening
from creditscore.grading.interpreter.facts import aggregate, bucket, longest_run, reads, since
from creditscore.grading.plan import Plan, PlanFact
from creditscore.schemes.expressions import Node, names, to_python

MOST_VALUES = 5000
INFINITE = 10**30


class TooMuch(Exception):
    """The search would go beyond its limit of work; what is known so far is still true."""


@dataclass
class Work:
    """Steps that a search may still take; shared by all its parts."""

    left: int

    def take(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooMuch("the limit of work was reached")


@dataclass(frozen=True)
class Choice:
    """Values of a fact that no condition tells apart, and when the fact has one of them."""

    value: Any
    gone: frozenset[int] = frozenset()  # these records are withdrawn
    one: frozenset[int] = frozenset()  # at least one of these stays; empty: nothing is asked
    least: int = -INFINITE  # the amount that stays lies between these (shapes sum, buckets, run)
    most: int = INFINITE


@dataclass(frozen=True)
class Reading:
    """A fact over records that a condition reads and that some record changes."""

    fact: PlanFact
    shape: str
    keys: Mapping[int, Any]  # record (index) → its key, weight or bucket
    shared: frozenset[Any] = frozenset()  # buckets of several records; shape run: all keys
    choices: tuple[Choice, ...] = ()
    place: Mapping[int, int] = field(default_factory=dict)  # shape order: record → its choice


@dataclass(frozen=True)
class Facts:
    """Everything that conditions read: constants, facts over records, times since a fact that is a date."""

    constant: Mapping[str, Any]
    readings: Mapping[str, Reading]
    derived: Mapping[str, PlanFact]
    dates: Mapping[str, int | None]

    def env(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Names of conditions for chosen values of some facts; the others are absent."""
        env = {**self.constant, **chosen}
        for name, fact in self.derived.items():
            if all(base in chosen for base in fact.dates if base in self.readings):
                env[name] = since(fact, env, self.dates)
        return env

    def needed(self, name: str, chosen: Mapping[str, Any]) -> str:
        """The fact over records that has to be chosen before `name` has a value."""
        if name in self.readings:
            return name
        return next(base for base in self.derived[name].dates if base in self.readings and base not in chosen)


def find_facts(plan: Plan, opened: Opening, constant: Mapping[str, Any]) -> Facts:
    """`constant`: names whose values no record changes (columns, attributes, history, listings)."""
    nodes = [
        rule.when
        for rules in (plan.start, plan.conditions, plan.deciders, plan.adjusters)
        for rule in rules
        if rule.when is not None
    ]
    exact = {rule.fact for rule in plan.bonus if rule.fact}  # the number itself is used
    read = exact.union(*(names(node) for node in nodes))
    read |= {name for fact in plan.facts if fact.of == "attributes" and fact.name in read for name in fact.dates}
    env, readings = dict(constant), {}
    for fact in plan.facts:
        if fact.of == "records" and fact.name in read:
            taken = {i: record for i, record in enumerate(opened.records) if reads(fact, record, opened.lookups)}
            if taken:
                readings[fact.name] = _reading(fact, taken)
            else:
                env[fact.name] = aggregate(fact, [])
    derived = {}
    for fact in plan.facts:
        if fact.of == "attributes" and fact.name in read:
            if any(name in readings for name in fact.dates):
                derived[fact.name] = fact
            else:
                env[fact.name] = since(fact, env, opened.dates)
    facts = Facts(env, readings, derived, opened.dates)
    atoms = [atom for node in nodes for atom in _atoms(node)]
    readings_with_choices = {}
    for name, reading in readings.items():
        told_apart, stepwise = _told_apart(facts, name, atoms, exact)
        readings_with_choices[name] = _with_choices(reading, told_apart, stepwise)
    fixed = {
        name: reading.choices[0].value for name, reading in readings_with_choices.items() if len(reading.choices) == 1
    }
    moving = {name: reading for name, reading in readings_with_choices.items() if name not in fixed}
    still = {name: plan_fact for name, plan_fact in derived.items() if set(plan_fact.dates) & set(moving)}
    env |= fixed
    env |= {name: since(plan_fact, env, opened.dates) for name, plan_fact in derived.items() if name not in still}
    return Facts(env, moving, still, opened.dates)


def _reading(fact: PlanFact, taken: Mapping[int, Mapping[str, Any]]) -> Reading:
    column = fact.column or ""
    match fact.take:
        case "any":
            return Reading(fact, "order", dict.fromkeys(taken, (0, True)))
        case "latest" | "earliest" | "max" | "min":
            of = "day" if fact.take in ("latest", "earliest") else column
            sign = 1 if fact.take in ("latest", "max") else -1
            return Reading(fact, "order", {i: (sign * record[of], record[of]) for i, record in taken.items()})
        case "newest":
            newest = {i: ((record["day"], record["record_id"]), record[column]) for i, record in taken.items()}
            return Reading(fact, "order", newest)
        case "sum":
            return Reading(fact, "sum", {i: record[column] for i, record in taken.items()})
        case "run":
            keys = {i: bucket(fact.by or "month", record) for i, record in taken.items()}
            return Reading(fact, "run", keys, frozenset(keys.values()))
    keys = {i: bucket(fact.by or "time", record) for i, record in taken.items()}
    shared = frozenset(key for key, times in Counter(keys.values()).items() if times > 1)
    if not shared:
        return Reading(fact, "sum", dict.fromkeys(keys, 1))
    return Reading(fact, "buckets", keys, shared)


def value_of(reading: Reading, amount: int) -> Any:
    """The value of the fact for the amount that stays (shapes sum, buckets, run)."""
    if reading.fact.take == "sum":
        return max(-TOP, min(TOP, amount))
    return MICRO * amount


def amount_of(reading: Reading, keys: set[Any]) -> int:
    """The amount that stays with records of these keys (shapes buckets, run)."""
    return longest_run(keys) if reading.shape == "run" else len(keys)


def _told_apart(
    facts: Facts, name: str, atoms: list[Node], exact: set[str]
) -> tuple[Callable[[Any], Any] | None, bool]:
    """A function that is equal for values that no condition tells apart (None: each value stands for itself), and
    whether it changes only where a number crosses another."""
    related = {name} | {derived_name for derived_name, fact in facts.derived.items() if name in fact.dates}
    moving = set(facts.readings) | set(facts.derived) | {"score"}
    if related & exact:
        return None, False
    if any(set(facts.derived[derived_name].dates) & set(facts.readings) != {name} for derived_name in related - {name}):
        return None, False
    mine = [atom for atom in atoms if related & set(names(atom))]
    if any(set(names(atom)) & (moving - related) for atom in mine):
        return None, False
    tests = [to_python(atom) for atom in mine]

    def outcomes_of(value: Any) -> Any:
        env = facts.env({name: value})
        return tuple(bool(test(env)) for test in tests)

    stepwise = all(atom[0] == "cmp" and atom[1] in ("<", "<=", ">", ">=") for atom in mine)
    return outcomes_of, stepwise and related == {name}


def _atoms(node: Node) -> Iterator[Node]:
    if node[0] in ("and", "or", "not"):
        for part in node[1:]:
            yield from _atoms(part)
    else:
        yield node


def _with_choices(reading: Reading, told_apart: Callable[[Any], Any] | None, stepwise: bool) -> Reading:
    apart = told_apart or (lambda value: (type(value), value))
    if reading.shape == "order":
        return _ordered(reading, apart)

    def mark(amount: int) -> Any:
        return apart(value_of(reading, amount))

    if reading.shape == "sum" and stepwise and told_apart is not None:
        starts = _steps(
            sum(min(w, 0) for w in reading.keys.values()), sum(max(w, 0) for w in reading.keys.values()), mark
        )
    else:
        amounts = sorted(_amounts(reading))
        starts = [a for k, a in enumerate(amounts) if not k or mark(a) != mark(amounts[k - 1])]
    choices = []
    for k, begin in enumerate(starts):
        least = -INFINITE if k == 0 else begin
        most = INFINITE if k == len(starts) - 1 else starts[k + 1] - 1
        choices.append(Choice(value_of(reading, begin), least=least, most=most))
    return replace(reading, choices=tuple(choices))


def _steps(low: int, high: int, mark: Callable[[int], Any]) -> list[int]:
    """Where a mark of comparisons changes between two amounts; each comparison changes once at most."""
    if mark(low) == mark(high):
        return [low]
    if high - low == 1:
        return [low, high]
    middle = (low + high) // 2
    return _steps(low, middle, mark) + _steps(middle, high, mark)[1:]


def _amounts(reading: Reading) -> set[int]:
    if reading.shape != "sum":
        return set(range(len(set(reading.keys.values())) + 1))
    amounts = {0}
    for weight in reading.keys.values():
        amounts |= {amount + weight for amount in amounts}
        if len(amounts) > MOST_VALUES:
            raise TooMuch(f"the fact {reading.fact.name} can take more than {MOST_VALUES} values")
    return amounts


def _ordered(reading: Reading, apart: Callable[[Any], Any]) -> Reading:
    """Choices from the value without any record up to the foremost record."""
    by_key: dict[Any, tuple[Any, list[int]]] = {}
    for i, (key, value) in reading.keys.items():
        by_key.setdefault(key, (value, []))[1].append(i)
    steps: list[tuple[Any, list[int]]] = [(aggregate(reading.fact, []), [])]
    steps += [by_key[key] for key in sorted(by_key)]
    runs: list[tuple[Any, set[int], bool]] = []  # value, records, whether no record at all belongs to it too
    last: Any = None
    for k, (value, members) in enumerate(steps):
        mark = apart(value)
        if not runs or mark != last:
            runs.append((value, set(), k == 0))
            last = mark
        runs[-1][1].update(members)
    choices, place = [], {}
    for k, (value, own, empty) in enumerate(runs):
        gone = frozenset(i for _, later, _ in runs[k + 1 :] for i in later)
        choices.append(Choice(value, gone, frozenset() if empty else frozenset(own)))
        place.update(dict.fromkeys(own, k))
    return replace(reading, choices=tuple(choices), place=place)

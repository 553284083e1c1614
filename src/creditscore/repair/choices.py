"""What may be done to each record up to a day: each different effect once, the cheapest and earliest way to it.

Assessing records is most of the work of a plan. A record under a rule that reads the same is assessed once, whatever
else is done on the day and on however many days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from creditscore.core.quantities import MICRO
from creditscore.grading.interpreter.assess import assess
from creditscore.grading.interpreter.exact import Subject, opening
from creditscore.grading.plan import Plan
from creditscore.repair.course import Action, granted, mended
from creditscore.repair.fold import Assessed, Choice, Cost
from creditscore.repair.options import Option
from creditscore.schemes.expressions import names

STRUCTURE = {"item_index", "day", "active", "scored", "counts", "low", "high", "standing", "act_id"}
Way = tuple[Action, ...]
Seen = tuple[Assessed | None, int]  # the record as a plan assesses it, and the number of what the plan reads of it


@dataclass
class Memory:
    """What earlier days found: assessed records, and results in which nothing reaches the target."""

    seen: dict[Any, Seen] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    days: dict[Any, tuple[int, tuple[int, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """One stage of a day: its plan, the subject as its version admits it, the day of knowledge."""

    plan: Plan
    subject: Subject
    known: int

    @cached_property
    def records(self) -> dict[str, Mapping[str, Any]]:
        return {record["record_id"]: record for record in self.subject.records}

    @cached_property
    def reading(self) -> tuple[Any, ...]:
        """Equal for two days of one period exactly where the plan says the same on both.

        Everything of a plan follows from the scheme, the period and the law, save what is named here.
        """
        plan = self.plan
        rules = (*plan.exemptions, *plan.start, *plan.conditions, *plan.deciders, *plan.adjusters)
        switched = any(item.switch == "corrected_on" for item in plan.items)
        return (
            plan.scheme.name,
            plan.period,
            plan.law_known_at,
            plan.known_at if switched else 0,
            tuple((item.window, item.accepts) for item in plan.items),
            tuple((fact.at, fact.window, fact.where) for fact in plan.facts),
            tuple(rule.when for rule in rules),
        )


class Choosing:
    """The choices of one day."""

    def __init__(
        self,
        views: Sequence[View],
        options: Sequence[Option],
        day: int,
        cost: Callable[[Sequence[Action]], Cost],
        memory: Memory,
    ) -> None:
        self.views, self.day, self.cost, self.memory = views, day, cost, memory
        self.opened = [opening(view.plan, replace(view.subject, records=())) for view in views]
        self.readings = tuple((view.reading, opened.cycles) for view, opened in zip(views, self.opened, strict=True))
        self.numbers = [self._number(repr(reading)) for reading in self.readings]
        self.looked = [read_names(view.plan) for view in views]
        self.of: dict[str, list[Option]] = {}
        for option in options:
            if option.about == "record":
                self.of.setdefault(option.target, []).append(option)
        self.tabled = {
            key
            for key, options in self.of.items()
            if any(option.way == "correct" and option.gives for option in options)
        }
        breaks = sorted({view.known + 1 for view in views})
        self.ways: dict[str, list[Choice]] = {}
        for record in self._records():
            ways: list[Way] = [()]
            for option in self.of.get(record["record_id"], ()):
                ways += _ways(record, option, day, breaks)
            self.ways[record["record_id"]] = [self._choice(record["record_id"], way) for way in ways]
        self.free = {key: _different(ways) for key, ways in self.ways.items()}

    def under(self, given: Sequence[Action]) -> list[list[Choice]]:
        """For each record its choices, where `given` is done besides."""
        whole = next((action for action in given if action.kind == "overall"), None)
        if whole is None:
            return list(self.free.values())
        choices = dict(self.free)
        for key in self.tabled & set(choices):
            choices[key] = _different([way for way in self.ways[key] if any(a.day <= whole.day for a in way.actions)])
        record = granted(whole)
        seen = [
            self._assessed(k, record, ()) if whole.day <= view.known else (None, -1)
            for k, view in enumerate(self.views)
        ]
        if any(row is not None for row, _ in seen) or len(self.views) == 1:
            choices[record["record_id"]] = [self._made((), seen)]
        if len(self.views) > 1:
            choices = {key: choices[key] for key in sorted(choices)}
        return list(choices.values())

    def _records(self) -> list[Mapping[str, Any]]:
        """Records that any version admits, once."""
        if len(self.views) == 1:
            return list(self.views[0].subject.records)
        rows = {key: record for view in reversed(self.views) for key, record in view.records.items()}
        return [rows[key] for key in sorted(rows)]

    def _choice(self, record_id: str, way: Way) -> Choice:
        seen = []
        for k, view in enumerate(self.views):
            record = view.records.get(record_id)
            done = tuple(action for action in way if action.day <= view.known)
            seen.append((None, -1) if record is None else self._assessed(k, record, done))
        return self._made(way, seen)

    def _made(self, way: Way, seen: Sequence[Seen]) -> Choice:
        return Choice(way, self.cost(way), tuple(row for row, _ in seen), tuple(mark for _, mark in seen))

    def _assessed(self, k: int, record: Mapping[str, Any], actions: Way) -> Seen:
        own = record["record_id"], record["item"], record["quantity"]
        key = (self.numbers[k], own, tuple((action.kind, action.day) for action in actions))
        if key not in self.memory.seen:
            row = assess(self.views[k].plan, mended(record, actions), self.opened[k].cycles)
            mark = repr(row and [row.get(name) for name in self.looked[k]])
            self.memory.seen[key] = row, self._number(mark)
        return self.memory.seen[key]

    def _number(self, text: str) -> int:
        return self.memory.marks.setdefault(text, len(self.memory.marks))


def _different(ways: Sequence[Choice]) -> list[Choice]:
    """Each effect once, by its cheapest way, the first of equals."""
    choices: dict[tuple[int, ...], Choice] = {}
    for way in ways:
        if way.mark not in choices or way.cost < choices[way.mark].cost:
            choices[way.mark] = way
    return list(choices.values())


def read_names(plan: Plan) -> tuple[str, ...]:
    """What a plan looks at in an assessed record."""
    read = set(STRUCTURE)
    for fact in plan.facts:
        read |= {name for name in (fact.column, fact.by) if name}
        read |= set(names(fact.where)) if fact.where is not None else set()
    for item in plan.items:
        read |= set(item.attributes)
    return tuple(sorted(read))


def _ways(record: Mapping[str, Any], option: Option, day: int, breaks: Sequence[int]) -> Iterator[tuple[Action, ...]]:
    left = MICRO - sum(share for _, share in record.get("corrections") or ())
    if option.way == "correct" and left > 0 and option.earliest is not None:
        days = {option.earliest, day, *(give.first for give in option.gives), *breaks, *_dates(record)}
        for start in sorted(d for d in days if option.earliest <= d <= day):
            yield (Action("correct", option.target, start, option.rule, option.amount),)
    if option.way == "repair" and option.sure is not None:
        by = option.sure if option.corrected_by is None else option.corrected_by
        before = (Action("correct", option.target, by, option.rule, option.amount),) if left > 0 else ()
        days = {option.sure, day, *breaks, *_dates(record)}
        end = option.rule_ends if option.rule_ends is not None else day
        for start in sorted(d for d in days if option.sure <= d <= min(day, end)):
            yield (*before, Action("repair", option.target, start, option.rule))


def _dates(record: Mapping[str, Any]) -> Iterator[int]:
    """Days with which a condition may compare the day of a correction."""
    for name, value in record.items():
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**5 and name not in ("rk", "sid"):
            yield from (value, value + 1)

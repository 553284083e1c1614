"""A bound scheme: every date resolved, every number an integer, every name an index. Data, no behaviour.

Two interpreters read it: `exact` (plain Python, one subject) and `sql` (named SELECTs, populations).
Numbers are in 10⁻⁶, days are integers, shares given back are basis points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from creditscore.core.quantities import TOP
from creditscore.schemes.expressions import Node, thresholds, to_python
from creditscore.schemes.model import Rule, Scheme

NO_AMOUNT = 9_100_000_000_000_000_000  # an amount nobody gave cannot show that it is small
FULL = 10**10  # Σ share (10⁻⁶) × basis points of a record that is wholly given back


@dataclass(frozen=True)
class BoundWindow:
    """Days of the clock that count, both ends included."""

    lo: int
    hi: int
    or_uncorrected: bool = False
    or_until: str | None = None
    after: int = 0  # a life begins that many days after its clock; `or_until` is seen from the day itself
    cycle: int | None = None  # index of the subject's own cycle, which then gives the first day
    beyond: bool = False  # older records may count or not: nobody published it


@dataclass(frozen=True)
class BoundCycle:
    """Periods of `months` from the first of the dates `since` that has come; `start(day)` of the one that runs."""

    since: tuple[str, ...]
    months: int
    start: Callable[[int], int]


@dataclass(frozen=True)
class BoundDate:
    """A date of a record that follows from another one."""

    name: str
    of: str
    reach: Callable[[int], int]


@dataclass(frozen=True)
class BoundRepair:
    """Windows of a repair rule; `last_day(clock_day)` gives the last day of each."""

    index: int
    clock: int
    windows: tuple[str, ...]
    last_days: Callable[[int], tuple[int, ...]]


@dataclass(frozen=True)
class PlanItem:
    """One variant of one item, as in force for this period."""

    index: int
    code: str
    form: str  # none, fixed, each, base, tiers, levels, pool, unknown
    sign: int  # +1 adds to the score, -1 deducts
    points: int  # fixed, each, base; the pool's total
    plus: str | None
    unit: int  # attribute (10⁻⁶) × unit = points (10⁻⁶)
    of: str | None
    tiers: tuple[tuple[int, int, int], ...]  # lowest, highest, points
    levels: tuple[tuple[str, int], ...]
    lowest: int  # admissible values of an unknown number
    highest: int
    pool: int | None
    basis: str
    attributes: tuple[str, ...]  # further counting bases
    clock: int
    window: BoundWindow
    cap: int | None
    group: int | None
    repair: BoundRepair | None
    gives: tuple[tuple[int, int, int, int], ...]  # window, lowest amount, highest amount, basis points
    lifts: bool  # a repair lifts the record altogether (direct grades), whatever the window
    repair_terms: Any  # the item's own repair line, and the rule it follows: their sources
    repair_rule: Any
    requires: tuple[str, ...]
    accepts: Node | None
    measure: tuple[str, tuple[tuple[str, int], ...]] | None  # attribute, level → quantity
    tags: frozenset[str]
    switch: str | None
    switch_lo: int
    switch_hi: int
    rule: Rule


@dataclass(frozen=True)
class PlanGroup:
    index: int
    code: str
    cap: int | None
    heaviest: bool
    rule: Rule


@dataclass(frozen=True)
class PlanFact:
    """A fact with its items (indexes), window and parsed condition."""

    name: str
    of: str
    take: str
    items: frozenset[int]
    window: BoundWindow | None
    where: Node | None
    by: str | None
    column: str | None
    years: tuple[int, int] | None
    lists: tuple[str, ...]
    ever: bool
    dates: tuple[str, ...]
    at: int
    absent: int

    @cached_property
    def test(self) -> Callable[[Mapping[str, Any]], bool] | None:
        """`where`, ready to be asked."""
        return None if self.where is None else to_python(self.where)


@dataclass(frozen=True)
class PlanRule:
    """A rule with its parsed condition (None: always) and its effect."""

    id: str
    when: Node | None
    rule: Any
    effect: str = ""
    points: int = 0
    span: int = 0  # a start nobody published lies between points and points + span
    grade: int | None = None
    bands: tuple[tuple[int, int, int, int, int], ...] = ()  # grade, lowest and highest score, printed edges
    route: str | None = None
    fact: str | None = None

    @cached_property
    def test(self) -> Callable[[Mapping[str, Any]], bool] | None:
        """`when`, ready to be asked."""
        return None if self.when is None else to_python(self.when)


@dataclass(frozen=True)
class Plan:
    scheme: Scheme
    period: str
    year: int
    as_of: int
    known_at: int
    law_known_at: int | None
    clocks: tuple[tuple[str, ...], ...]
    items: tuple[PlanItem, ...]
    foreign: dict[str, str]  # items of other versions → that version
    beside: frozenset[str]  # items of other schemes of the domain, which this one leaves to them
    cycles: tuple[BoundCycle, ...]
    derived: tuple[BoundDate, ...]
    until: int | None  # corrections and repairs after this day have not happened yet
    default_window: BoundWindow
    default_clock: int
    groups: tuple[PlanGroup, ...]
    pools: tuple[str, ...]
    facts: tuple[PlanFact, ...]
    lookups: dict[str, dict[str, int]]
    exemptions: tuple[PlanRule, ...]
    start: tuple[PlanRule, ...]
    bonus: tuple[PlanRule, ...]
    start_cap: int | None
    conditions: tuple[PlanRule, ...]
    deciders: tuple[PlanRule, ...]
    adjusters: tuple[PlanRule, ...]
    floor: int | None
    ceiling: int | None
    grades: tuple[str, ...]
    by_code: dict[str, tuple[PlanItem, ...]] = field(default_factory=dict)

    @property
    def has_points(self) -> bool:
        return bool(self.start)

    @cached_property
    def weightless(self) -> tuple[int, ...]:
        """The places of the exemptions whose records weigh nothing and are read by facts all the same."""
        return tuple(k for k, rule in enumerate(self.exemptions) if rule.rule.read_by_facts)

    @property
    def lower_is_better(self) -> bool:
        return self.scheme.direction == "lower_is_better"

    @property
    def uses_unknown(self) -> bool:
        """Whether any number in force is unknown, so that scores may be intervals."""
        return (
            any(item.form in ("unknown", "pool") or item.window.beyond for item in self.items)
            or any(rule.rule.unknown for rule in self.conditions)
            or any(rule.span for rule in self.start)
        )

    @property
    def rolls(self) -> bool:
        """Whether the last day of some repair window moves to a working day."""
        return any(window.roll != "none" for rule in self.scheme.repairs.values() for window in rule.windows)

    @cached_property
    def breakpoints(self) -> tuple[int, ...]:
        """Scores at which the decision may change: every number that the score is compared with, and its neighbours."""
        edges: set[int] = set()
        for rule in (*self.deciders, *self.adjusters):
            if rule.when is not None:
                edges.update(thresholds(rule.when, "score"))
            for _, low, high, *_ in rule.bands:
                edges.update((low, high + 1))
        around = {edge + shift for edge in edges if abs(edge) < TOP for shift in (-1, 0, 1)}
        return tuple(sorted(around))

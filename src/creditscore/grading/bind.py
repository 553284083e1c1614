"""Bind a scheme to a period, a day and what was known: choose the rules in force and resolve every date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from creditscore.core.days import from_day, to_day, year_end, year_start
from creditscore.core.errors import NotInForce
from creditscore.core.quantities import BASIS, TOP, UNBOUNDED, to_micro
from creditscore.grading.bind_days import FAR, bound_days, cycle, last_days, reach
from creditscore.grading.plan import (
    BoundCycle,
    BoundDate,
    BoundRepair,
    BoundWindow,
    Plan,
    PlanFact,
    PlanGroup,
    PlanItem,
    PlanRule,
)
from creditscore.schemes.expressions import Node, parse
from creditscore.schemes.model import (
    EFFECTS,
    Applies,
    Band,
    Group,
    Item,
    Rule,
    Scheme,
    StartRule,
    Value,
    Window,
)
from creditscore.schemes.types import Kind, at_moment, fact_names, record_names, subject_names, typed
from creditscore.schemes.validity import holds

R = TypeVar("R", bound=Rule)


def bind(
    scheme: Scheme,
    at: int | date,
    *,
    known_at: int,
    law_known_at: date | None = None,
    siblings: Iterable[Scheme] = (),
    beside: Iterable[Scheme] = (),
) -> Plan:
    """The plan for evaluation year `at` (int) or day `at`; `siblings` are other versions, whose items are known.

    `beside`: schemes of the same domain that `scheme` names; their items are left to them.
    """
    if scheme.missing:
        raise NotInForce(
            "grading.cannot_grade_things_missing",
            name=scheme.name,
            missing_count=len(scheme.missing),
            where="; ".join(f"{label.en} ({label.zh})" for label in scheme.missing),
        )
    year = at if isinstance(at, int) else at.year
    as_of = year_end(year) if isinstance(at, int) else to_day(at)
    binder = _Binder(scheme, at, year, as_of, known_at, law_known_at)
    others = {code: sibling.name for sibling in siblings if sibling.name != scheme.name for code in sibling.items}
    return binder.plan(others, {code for scheme in beside for code in scheme.items})


class _Binder:
    """Carries the period while the parts of one scheme are resolved."""

    def __init__(self, scheme: Scheme, at: int | date, year: int, as_of: int, known_at: int, law: date | None) -> None:
        self.scheme, self.at, self.year, self.as_of, self.known_at, self.law = (
            scheme,
            at,
            year,
            as_of,
            known_at,
            law,
        )
        self.clocks = list(scheme.clocks)
        self.groups = list(scheme.groups)
        self.pools = list(scheme.pools)
        self.moments = {"as_of": as_of, "known_at": known_at}
        self.of_record, self.of_subject = record_names(scheme), subject_names(scheme)
        self.of_given = record_names(scheme, assessed=False)
        self.windows: dict[str, BoundWindow] = {}
        cycles = (window.cycle for window in scheme.windows.values() if window.cycle)
        self.cycles = list(dict.fromkeys((tuple(cycle.since), cycle.months) for cycle in cycles))
        self.repairs = {
            name: BoundRepair(i, self.clocks.index(rule.clock), tuple(w.id for w in rule.windows), last_days(rule))
            for i, (name, rule) in enumerate(scheme.repairs.items())
        }

    def plan(self, others: dict[str, str], beside: set[str]) -> Plan:
        scheme = self.scheme
        items = [
            (code, item) for code, variants in scheme.items.items() for item in variants if self.holds(item.applies)
        ]
        bound = tuple(self.item(i, code, item) for i, (code, item) in enumerate(items))
        here = {item.code for item in bound}
        foreign = {code: scheme.name for code in scheme.items if code not in here}
        foreign |= {code: name for code, name in others.items() if code not in here and code not in foreign}
        by_code: dict[str, tuple[PlanItem, ...]] = {}
        for plan_item in bound:
            by_code[plan_item.code] = (*by_code.get(plan_item.code, ()), plan_item)
        decide = [rule for rule in scheme.decide if self.holds(rule.applies)]
        start = scheme.start
        return Plan(
            scheme=scheme,
            period=str(self.at),
            year=self.year,
            as_of=self.as_of,
            known_at=self.known_at,
            law_known_at=to_day(self.law) if self.law else None,
            clocks=tuple(tuple(chain) for chain in scheme.clocks.values()),
            items=bound,
            foreign={code: name for code, name in foreign.items() if code not in beside},
            beside=frozenset(beside - here),
            cycles=tuple(BoundCycle(since, months, cycle(self.as_of, months)) for since, months in self.cycles),
            derived=tuple(
                BoundDate(name, attribute.of, reach(attribute))
                for name, attribute in scheme.record_attributes.items()
                if attribute.of
            ),
            until=self.as_of if scheme.period == "day" else None,
            default_window=self.window(scheme.admit.window),
            default_clock=self.clocks.index(scheme.admit.clock),
            groups=tuple(self.group(i, code, group) for i, (code, group) in enumerate(scheme.groups.items())),
            pools=tuple(self.pools),
            facts=tuple(self.fact(name, bound) for name, fact in scheme.facts.items() if self.holds(fact.applies)),
            lookups={
                f"{name}_{column}": {key: to_micro(row[i]) for key, row in {**rows, "": table.default}.items()}
                for name, table in scheme.lookups.items()
                for rows in [table.rows_on(from_day(self.as_of))]
                for i, column in enumerate(table.columns)
            },
            exemptions=tuple(
                self.rule(exemption, kinds=self.of_record) for exemption in self.those(scheme.admit.exempt)
            ),
            start=tuple(
                self.rule(start_rule, points=low, span=high - low)
                for start_rule in self.those(start.rules if start else [])
                for low, high in [_start(start_rule)]
            ),
            bonus=tuple(
                self.rule(bonus, points=to_micro(bonus.each), fact=bonus.of)
                for bonus in self.those(start.bonus if start else [])
            ),
            start_cap=_micro(start.at_most) if start else None,
            conditions=tuple(
                self.rule(
                    condition,
                    points=0 if condition.unknown else to_micro(condition.add or 0) - to_micro(condition.deduct or 0),
                )
                for condition in self.those(scheme.conditions)
            ),
            deciders=tuple(self.decide(decision_rule) for decision_rule in decide if decision_rule.decides),
            adjusters=tuple(self.decide(decision_rule) for decision_rule in decide if not decision_rule.decides),
            floor=_micro(scheme.combine.floor),
            ceiling=_micro(scheme.combine.ceiling),
            grades=tuple(grade.code for grade in scheme.grades),
            by_code=by_code,
        )

    def holds(self, applies: Applies | None) -> bool:
        """Whether a rule is in force for the period and by what was known of the law."""
        return holds(applies, self.at, self.law)

    def group(self, index: int, code: str, group: Group) -> PlanGroup:
        """A group that is not in force neither caps nor selects; its items weigh as if they had none."""
        if not self.holds(group.applies):
            return PlanGroup(index, code, None, False, group)
        return PlanGroup(index, code, _micro(group.cap), group.take == "heaviest", group)

    def those(self, rules: Iterable[R]) -> list[R]:
        return [rule for rule in rules if self.holds(rule.applies)]

    def rule(self, rule: Any, kinds: dict[str, Kind] | None = None, **effect: Any) -> PlanRule:
        when = self.condition(getattr(rule, "when", None), kinds or self.of_subject)
        return PlanRule(getattr(rule, "id", ""), when, rule, **effect)

    def condition(self, text: str | None, kinds: dict[str, Kind]) -> Node | None:
        return at_moment(typed(parse(text), kinds), self.moments) if text else None

    def decide(self, rule: Any) -> PlanRule:
        grades = [grade.code for grade in self.scheme.grades]
        for effect in EFFECTS:
            value = getattr(rule, effect)
            if value is not None:
                break
        if effect == "bands":
            bands = tuple((grades.index(band.grade), *_edges(band)) for band in value)
            return self.rule(rule, effect=effect, bands=bands, route=rule.route or "score")
        if effect in ("down", "up"):
            return self.rule(rule, effect=effect, points=value, route=rule.route)
        grade = grades.index(value) if effect not in ("not_graded", "not_computable") else None
        return self.rule(
            rule, effect=effect, grade=grade, route=rule.route or ("special" if effect == "grade" else None)
        )

    def item(self, index: int, code: str, item: Item) -> PlanItem:
        value = item.value
        basis = [name for name in item.per if name in ("time", "day", "month", "quarter", "year", "period", "act")]
        attributes = tuple(name for name in item.per if name not in basis)
        switch, low, high = None, -FAR, FAR
        if item.applies and item.applies.by != "period":
            switch = item.applies.by
            low = to_day(item.applies.from_) if isinstance(item.applies.from_, date) else -FAR
            high = to_day(item.applies.to) if isinstance(item.applies.to, date) else FAR
        repair = None
        if item.repair and self.holds(self.scheme.repairs[item.repair.rule].applies):
            repair = self.repairs[item.repair.rule]
        return PlanItem(
            index=index,
            code=code,
            **self.value(value),
            sign=-1 if item.deduct else 1,
            basis=basis[0] if basis else "period" if attributes else "time",
            attributes=attributes,
            clock=self.clocks.index(item.clock or self.scheme.admit.clock),
            window=self.window(item.window or self.scheme.admit.window),
            cap=_micro(item.cap),
            group=self.groups.index(item.group) if item.group else None,
            repair=repair,
            gives=tuple(_gives(item, value, repair)) if repair else (),
            lifts=repair is not None and all(g.points == "all" for gives in item.repair.gives.values() for g in gives),  # type: ignore[union-attr]
            repair_terms=item.repair if repair else None,
            repair_rule=self.scheme.repairs[item.repair.rule] if repair and item.repair else None,
            requires=tuple(dict.fromkeys([*item.requires, *_needed(value)])),
            accepts=self.condition(item.accepts, self.of_given),
            measure=(item.measure.of, tuple((k, to_micro(v)) for k, v in item.measure.levels.items()))
            if item.measure
            else None,
            tags=frozenset(item.tags),
            switch=switch,
            switch_lo=low,
            switch_hi=high,
            rule=item,
        )

    def value(self, value: Value | None) -> dict[str, Any]:
        result: dict[str, Any] = {
            "form": "none",
            "points": 0,
            "plus": None,
            "unit": 0,
            "of": None,
            "tiers": (),
            "levels": (),
            "lowest": 0,
            "highest": 0,
            "pool": None,
        }
        if value is None:
            return result
        if value.unknown:
            low, high = value.range or (Decimal(0), None)
            return result | {
                "form": "unknown",
                "lowest": to_micro(low),
                "highest": UNBOUNDED if high is None else to_micro(high),
            }
        if value.pool is not None:
            total = to_micro(self.scheme.pools[value.pool].total)
            return result | {"form": "pool", "points": total, "pool": self.pools.index(value.pool)}
        if value.tiers is not None:
            return result | {"form": "tiers", "of": value.of, "tiers": tuple(_tiers(value))}
        if value.levels is not None:
            levels = tuple((level, to_micro(points)) for level, points in value.levels.items())
            return result | {"form": "levels", "of": value.of, "levels": levels}
        if value.base is not None:
            unit = 100 if value.unit == "percent_points" else 1
            return result | {"form": "base", "points": to_micro(value.base), "plus": value.plus, "unit": unit}
        form = "fixed" if value.fixed is not None else "each"
        return result | {
            "form": form,
            "points": to_micro(value.fixed if value.fixed is not None else value.each or 0),
        }

    def window(self, name: str) -> BoundWindow:
        if name not in self.windows:
            self.windows[name] = self._window(self.scheme.windows[name])
        return self.windows[name]

    def _window(self, window: Window) -> BoundWindow:
        low, high = bound_days(window, self.scheme.period, self.year, self.as_of, self.known_at)
        cycle = self.cycles.index((tuple(window.cycle.since), window.cycle.months)) if window.cycle else None
        beyond = window.beyond is not None
        return BoundWindow(low, high, window.or_uncorrected, window.or_until, window.after_days, cycle, beyond)

    def fact(self, name: str, items: tuple[PlanItem, ...]) -> PlanFact:
        fact = self.scheme.facts[name]
        chosen = frozenset(i.index for i in items if i.code in fact.items or i.tags & set(fact.tags))
        at = {"as_of": self.as_of, "known_at": self.known_at, "period_start": year_start(self.year)}[fact.at]
        return PlanFact(
            name=name,
            of=fact.of,
            take=fact.take,
            items=chosen,
            window=self.window(fact.window or self.scheme.admit.window) if fact.of == "records" else None,
            where=self.condition(fact.where, fact_names(self.scheme, fact)),
            by=fact.by,
            column=fact.column,
            years=fact.years,
            lists=tuple(fact.lists),
            ever=fact.listed == "ever",
            dates=tuple(fact.dates),
            at=at,
            absent=_micro(fact.absent) or 0,
        )


def _start(rule: StartRule) -> tuple[int, int]:
    low, high = rule.range or (rule.points, rule.points)
    return to_micro(low or 0), to_micro(high or 0)


def _gives(item: Item, value: Value | None, repair: BoundRepair) -> Iterable[tuple[int, int, int, int]]:
    assert item.repair is not None
    nominal = value and (value.fixed or value.each)
    for window, gives in item.repair.gives.items():
        low = 0
        for give in sorted(gives, key=lambda give_back: (give_back.amount_to is None, give_back.amount_to)):
            high = TOP if give.amount_to is None else to_micro(give.amount_to)
            share = BASIS if give.points == "all" else int(Decimal(give.points) * BASIS / (nominal or 1))
            yield repair.windows.index(window), low, high, share
            low = high + 1


def _tiers(value: Value) -> Iterable[tuple[int, int, int]]:
    low = 0
    for tier in value.tiers or []:
        high = TOP
        if tier.to is not None:
            high = to_micro(tier.to)
        elif tier.below is not None:
            high = to_micro(tier.below) - 1
        yield low, high, to_micro(tier.points)
        low = high + 1


def _needed(value: Value | None) -> list[str]:
    if value is None:
        return []
    return [name for name in (value.plus, value.of) if name is not None and name != "quantity"]


def _edges(band: Band) -> tuple[int, int, int, int]:
    """Lowest and highest score of a band, and its edges as printed (from them the margin is measured)."""
    low, high = -TOP, TOP
    if band.at_least is not None:
        low = to_micro(band.at_least)
    if band.above is not None:
        low = to_micro(band.above) + 1
    if band.at_most is not None:
        high = to_micro(band.at_most)
    if band.below is not None:
        high = to_micro(band.below) - 1
    return low, high, low - (band.above is not None), high + (band.below is not None)


def _micro(value: Decimal | None) -> int | None:
    return None if value is None else to_micro(value)

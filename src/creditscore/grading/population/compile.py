"""A plan as tables of data: one row per item, tier, level, share given back and deadline."""

from __future__ import annotations

from typing import Any

from creditscore.core.days import full_months
from creditscore.core.quantities import MICRO
from creditscore.grading.interpreter.ledger import article
from creditscore.grading.plan import Plan, PlanItem
from creditscore.schemes.model import MARKS

Columns = dict[str, tuple[str, list[Any]]]
FORMS = ("none", "fixed", "each", "base", "tiers", "levels", "pool", "unknown")
BASES = ("time", "day", "month", "quarter", "year", "period", "act")
SWITCHES = ("occurred_on", "decided_on", "booked_on", "corrected_on")
STATES = ("graded", "not_graded", "not_computable")


def reading_bits(plan: Plan) -> dict[str, int]:
    """A bit for each reading of the scheme, in order of its id."""
    return {name: 1 << i for i, name in enumerate(sorted(plan.scheme.readings))}


def mark(rule: Any) -> int:
    return -1 if rule is None or rule.evidence is None else MARKS.index(rule.evidence)


def bit(plan: Plan, rule: Any) -> int:
    return 0 if rule is None else reading_mask(plan, rule.reading)


def reading_mask(plan: Plan, names: list[str]) -> int:
    bits = reading_bits(plan)
    return sum(bits[name] for name in dict.fromkeys(names))


def item_table(plan: Plan, codes: dict[str, int]) -> Columns:
    """`codes`: item → its code in the snapshot; items nobody recorded are left out."""
    items = [item for item in plan.items if item.code in codes]
    attributes = by_attribute(plan)
    untils = until_attributes(plan)
    counts = [fact for fact in plan.facts if fact.of == "records"]

    def group_of(item: PlanItem) -> Any:
        group = plan.groups[item.group] if item.group is not None else None
        return group if group and (group.cap is not None or group.heaviest) else None

    def column(kind: str, get: Any) -> tuple[str, list[Any]]:
        return kind, [get(item) for item in items]

    return {
        "code": column("INTEGER", lambda i: codes[i.code]),
        "item": column("INTEGER", lambda i: i.index),
        "name": column("VARCHAR", lambda i: i.code),
        "article": column("VARCHAR", lambda i: article(i.rule)),
        "form": column("INTEGER", lambda i: FORMS.index(i.form)),
        "sign": column("BIGINT", lambda i: i.sign),
        "points": column("BIGINT", lambda i: i.points),
        "plus": column("INTEGER", lambda i: attributes.index(i.plus) if i.plus else -1),
        "unit": column("BIGINT", lambda i: i.unit),
        "of": column("INTEGER", lambda i: attributes.index(i.of) if i.of else -1),
        "lowest": column("BIGINT", lambda i: i.lowest),
        "highest": column("BIGINT", lambda i: i.highest),
        "pool": column("INTEGER", lambda i: -1 if i.pool is None else i.pool),
        "timed": column("BOOLEAN", lambda i: i.basis == "time" and not i.attributes),
        "counting": column("INTEGER", lambda i: BASES.index(i.basis)),
        "keys": column("INTEGER", lambda i: key_sets(plan).index(i.attributes)),
        "clock": column("INTEGER", lambda i: i.clock),
        "lo": column("INTEGER", lambda i: i.window.lo),
        "hi": column("INTEGER", lambda i: i.window.hi),
        "or_uncorrected": column("BOOLEAN", lambda i: i.window.or_uncorrected),
        "cycle": column("INTEGER", lambda i: -1 if i.window.cycle is None else i.window.cycle),
        "beyond": column("BOOLEAN", lambda i: i.window.beyond),
        "stay": column("INTEGER", lambda i: i.window.hi + i.window.after),
        "or_until": column("INTEGER", lambda i: untils.index(i.window.or_until) if i.window.or_until else -1),
        "cap": column("BIGINT", lambda i: i.cap),
        "grp": column("INTEGER", lambda i: -1 if i.group is None else i.group),
        "staged": column("BOOLEAN", lambda i: staged(plan, i)),
        "summed": column("BOOLEAN", lambda i: i.basis == "time" and not i.attributes and not heaviest(plan, i)),
        "in_heaviest": column("BOOLEAN", lambda i: heaviest(plan, i)),
        "repair": column("INTEGER", lambda i: -1 if i.repair is None else i.repair.index),
        "repair_clock": column("INTEGER", lambda i: 0 if i.repair is None else i.repair.clock),
        "lifts": column("BOOLEAN", lambda i: i.lifts),
        "switch": column("INTEGER", lambda i: -1 if i.switch is None else SWITCHES.index(i.switch)),
        "switch_lo": column("INTEGER", lambda i: i.switch_lo),
        "switch_hi": column("INTEGER", lambda i: i.switch_hi),
        "facts": column("BIGINT", lambda i: sum(1 << k for k, fact in enumerate(counts) if i.index in fact.items)),
        "evidence": column("INTEGER", lambda i: max(mark(i.rule), mark(group_of(i) and group_of(i).rule))),
        "readings": column("BIGINT", lambda i: bit(plan, i.rule) | bit(plan, group_of(i) and group_of(i).rule)),
        "repair_evidence": column("INTEGER", lambda i: max(mark(i.repair_terms), mark(i.repair_rule))),
        "repair_readings": column("BIGINT", lambda i: bit(plan, i.repair_terms) | bit(plan, i.repair_rule)),
    }


def heaviest(plan: Plan, item: PlanItem) -> bool:
    return item.group is not None and plan.groups[item.group].heaviest


def staged(plan: Plan, item: PlanItem) -> bool:
    """Whether records of the item are selected or capped before they weigh."""
    group = plan.groups[item.group] if item.group is not None else None
    return (
        plan.scheme.combine.heaviest_per is not None
        or item.basis != "time"
        or bool(item.attributes)
        or item.cap is not None
        or (group is not None and (group.cap is not None or group.heaviest))
    )


def by_attribute(plan: Plan) -> list[str]:
    """Names that tiers, levels and base + attribute read, amount and quantity among them."""
    return sorted({name for item in plan.items for name in (item.plus, item.of) if name})


def until_attributes(plan: Plan) -> list[str]:
    windows = [item.window for item in plan.items] + [fact.window for fact in plan.facts if fact.window]
    return sorted({window.or_until for window in windows if window.or_until})


def key_sets(plan: Plan) -> list[tuple[str, ...]]:
    """The different sets of attributes that are counting bases."""
    return sorted({(), *(item.attributes for item in plan.items)})


def tier_table(plan: Plan) -> Columns:
    rows = [(item.index, *tier) for item in plan.items for tier in item.tiers]
    return columns_of(rows, ("item", "INTEGER"), ("low", "BIGINT"), ("high", "BIGINT"), ("points", "BIGINT"))


def level_table(plan: Plan) -> Columns:
    rows = [(item.index, level, points) for item in plan.items for level, points in item.levels]
    return columns_of(rows, ("item", "INTEGER"), ("level", "VARCHAR"), ("points", "BIGINT"))


def measure_table(plan: Plan, codes: dict[str, int]) -> Columns:
    """Quantities that are given as words: attribute, item, level and the quantity it stands for."""
    rows = sorted(
        {
            (item.measure[0], codes[item.code], level, quantity)
            for item in plan.items
            if item.measure and item.code in codes
            for level, quantity in item.measure[1]
        }
    )
    return columns_of(rows, ("name", "VARCHAR"), ("code", "INTEGER"), ("level", "VARCHAR"), ("quantity", "BIGINT"))


def give_table(plan: Plan) -> Columns:
    rows = [(item.index, *give) for item in plan.items for give in item.gives]
    return columns_of(
        rows,
        ("item", "INTEGER"),
        ("win", "INTEGER"),
        ("low", "BIGINT"),
        ("high", "BIGINT"),
        ("basis", "BIGINT"),
    )


def repairs(plan: Plan) -> dict[int, Any]:
    return {item.repair.index: item.repair for item in plan.items if item.repair}


def deadline_table(plan: Plan, clocks: list[tuple[int, int]]) -> Columns:
    """For each repair rule and clock day: the last day of each window (holidays and year ends resolved)."""
    rules = repairs(plan)
    width = max((len(rule.windows) for rule in rules.values()), default=0)
    rows = []
    for index, day in clocks:
        lasts = rules[index].last_days(day)
        rows.append((index, day, *lasts, *[-(10**6)] * (width - len(lasts))))
    return columns_of(rows, ("rule", "INTEGER"), ("day", "INTEGER"), *((f"last{i}", "INTEGER") for i in range(width)))


def reached_table(reach: Any, days: list[int]) -> Columns:
    """A function of days as a table, for the days that occur."""
    return columns_of([(day, reach(day)) for day in days], ("day", "INTEGER"), ("reached", "INTEGER"))


def elapsed_table(ends: list[int], days: list[int]) -> Columns:
    """Full months from each of `days` to the end of each of the days `ends`."""
    rows = [(at, day, MICRO * full_months(day, at + 1)) for at in ends for day in days]
    return columns_of(rows, ("at", "INTEGER"), ("day", "INTEGER"), ("months", "BIGINT"))


def group_table(plan: Plan) -> Columns:
    rows = [(g.index, g.code, article(g.rule), g.cap, g.heaviest) for g in plan.groups]
    return columns_of(
        rows,
        ("grp", "INTEGER"),
        ("name", "VARCHAR"),
        ("article", "VARCHAR"),
        ("cap", "BIGINT"),
        ("heaviest", "BOOLEAN"),
    )


def probe_table(plan: Plan) -> Columns:
    points = plan.breakpoints
    rows = [(0, 0)] + [(k + 1, point) for k, point in enumerate(points)] + [(len(points) + 1, 10**18)]
    return columns_of(rows, ("k", "INTEGER"), ("point", "BIGINT"))


def lookup_table(plan: Plan) -> Columns:
    rows = [(name, key, value) for name, table in plan.lookups.items() for key, value in table.items()]
    return columns_of(rows, ("name", "VARCHAR"), ("key", "VARCHAR"), ("value", "BIGINT"))


def columns_of(rows: list[Any], *spec: tuple[str, str]) -> Columns:
    """Rows as a table; `spec`: name and kind of each column."""
    return {name: (kind, [row[i] for row in rows]) for i, (name, kind) in enumerate(spec)}

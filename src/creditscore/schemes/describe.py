"""Parts of a scheme in short words, as its file would say them: points, windows, facts, effects, spans."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from creditscore.core.i18n import label_of
from creditscore.core.model import Label
from creditscore.core.quantities import plain
from creditscore.schemes.citing import cited_rules
from creditscore.schemes.lists import Span
from creditscore.schemes.model import EFFECTS, Applies, Band, Cite, Condition, Decide, Fact, Item, Rule, Value, Window
from creditscore.schemes.parts import Lookup, RepairWindow


def points(item: Item) -> str:
    """What one record weighs, with its sign: -5 each, +1 + ratio, unknown."""
    value = item.value
    if value is None:
        return ""
    return ("-" if item.deduct else "+") + value_text(value) if not value.unknown else value_text(value)


def value_text(value: Value) -> str:
    if value.unknown:
        low, high = value.range or (None, None)
        return "unknown" + (f" {plain(low)} to {plain(high) if high is not None else '…'}" if low is not None else "")
    if value.base is not None:
        return f"({plain(value.base)} + {value.plus} {value.unit})"
    if value.tiers:
        edges = (f"≤{plain(tier.to)}" if tier.to is not None else f"<{plain(tier.below)}" for tier in value.tiers[:-1])
        steps = [*zip(edges, value.tiers[:-1], strict=True), ("else", value.tiers[-1])]
        return "/".join(f"{plain(tier.points)} {edge}" for edge, tier in steps) + f" of {value.of}"
    if value.levels:
        return "/".join(f"{plain(number)} {level}" for level, number in value.levels.items())
    if value.pool:
        return f"(pool {value.pool})"
    return f"{plain(value.each)} each" if value.each is not None else plain(value.fixed)


def window(declared_window: Window) -> str:
    """Which days count."""
    if declared_window.ever:
        text = "ever"
    elif declared_window.years is not None:
        text = (
            "this year"
            if declared_window.years == (0, 0)
            else f"years {declared_window.years[0]:+d} to {declared_window.years[1]:+d}"
        )
    elif declared_window.cycle is not None:
        text = f"own cycle of {declared_window.cycle.months} months since {' or '.join(declared_window.cycle.since)}"
    elif declared_window.valid is not None:
        text = "life of " + ", ".join(f"{n} {unit}" for unit, n in declared_window.valid.items())
        text += f" from day {declared_window.after_days}" if declared_window.after_days else ""
    else:
        text = (
            f"last {declared_window.months} months"
            if declared_window.months is not None
            else f"last {declared_window.days} days"
        )
    more = [
        declared_window.edge or "",
        "to known_at" if declared_window.until == "known_at" else "",
        "or uncorrected" * declared_window.or_uncorrected,
    ]
    more += [
        f"or until {declared_window.or_until}" if declared_window.or_until else "",
        "beyond: unknown" if declared_window.beyond else "",
    ]
    return ", ".join([text, *(part for part in more if part)])


def fact(declared_fact: Fact) -> str:
    """What a fact is taken of."""
    what = [
        *declared_fact.items,
        *(f"#{tag}" for tag in declared_fact.tags),
        *declared_fact.lists,
        *declared_fact.dates,
    ]
    column = f" {declared_fact.column}" if declared_fact.column else ""
    text = f"{declared_fact.take}{column} of {', '.join(what) or declared_fact.of}"
    text += f" by {declared_fact.by}" if declared_fact.by else ""
    text += f" in {declared_fact.window}" if declared_fact.window else ""
    text += f" years {declared_fact.years[0]:+d} to {declared_fact.years[1]:+d}" if declared_fact.years else ""
    text += " ever listed" if declared_fact.listed == "ever" else ""
    text += f" at {declared_fact.at}" if declared_fact.at != "as_of" else ""
    text += f" where {declared_fact.where}" if declared_fact.where else ""
    return text + (f", else {plain(declared_fact.absent)}" if declared_fact.absent is not None else "")


def effect(rule: Decide) -> str:
    """What a line of decide does."""
    if rule.bands:
        return "; ".join(band(grade_band) for grade_band in rule.bands)
    for key in EFFECTS:
        value = getattr(rule, key)
        if value is not None and key != "bands":
            return f"{key} {value}" if key != "grade" else f"{value}{f' ({rule.route})' if rule.route else ''}"
    return ""


def band(grade_band: Band) -> str:
    edges = (("≥", grade_band.at_least), (">", grade_band.above), ("≤", grade_band.at_most), ("<", grade_band.below))
    edges_words = " ".join(f"{sign}{plain(edge)}" for sign, edge in edges if edge is not None)
    return f"{grade_band.grade} {edges_words}{f' [{grade_band.reading}]' if grade_band.reading else ''}"


def repair_window(window_rule: RepairWindow) -> str:
    if window_rule.later:
        return "later"
    if window_rule.end_of_year is not None:
        return f"to the end of year {window_rule.end_of_year:+d}"
    text = f"{window_rule.days} days" if window_rule.days is not None else f"{window_rule.months} months"
    return text + (", next working day" if window_rule.roll != "none" else "")


def lookup(table: Lookup) -> str:
    """Say a table: its key and columns, each row with the day from which it holds, and what other keys get."""
    rows = {**table.rows, "other": table.default}
    days = {key: f" from {day}" for key, day in table.since.items()}
    cells = [f"{key} {' '.join(map(plain, row))}{days.get(key, '')}" for key, row in rows.items()]
    return f"{table.key}: {' '.join(table.columns)}; {'; '.join(cells)}"


def gives(item: Item) -> str:
    """What a correction gives back, window by window."""
    if item.repair is None:
        return ""
    parts = []
    for name, listed in item.repair.gives.items():
        amounts = (
            _number(give_back.points) + (f" to {plain(give_back.amount_to)}" if give_back.amount_to is not None else "")
            for give_back in listed
        )
        parts.append(f"{name} {' else '.join(amounts)}")
    return f"{item.repair.rule}: {', '.join(parts)}"


def _number(value: Decimal | str) -> str:
    return value if isinstance(value, str) else plain(value)


def span(time_span: Span | None) -> str:
    return "" if time_span is None else " ".join(map(str, _length(time_span)))


def span_label(time_span: Span) -> Label:
    """Say a length of time in words."""
    number, unit = _length(time_span)
    return label_of("spans", unit, number)


def _length(time_span: Span) -> tuple[int, str]:
    units = ("days", "workdays", "months", "years")
    return next((number, unit) for unit in units if (number := getattr(time_span, unit)) is not None)


def cites(listed: Iterable[Cite]) -> str:
    return "; ".join(f"{cite.law} {cite.article}".strip() for cite in listed)


def cited(listed: Iterable[Cite], lang: str) -> str:
    """Texts and places as a person looks them up: title, number, article."""
    return label(cited_rules(listed, number=True), lang)


def applies(applies_rule: Applies | None) -> str:
    if applies_rule is None:
        return ""
    ends = (
        ("from", applies_rule.from_),
        ("to", applies_rule.to),
        ("known from", applies_rule.known_from),
        ("known to", applies_rule.known_to),
    )
    text = ", ".join(f"{name} {value}" for name, value in ends if value is not None)
    return text if applies_rule.by == "period" else f"by {applies_rule.by}: {text}"


def condition(points_condition: Condition) -> str:
    if points_condition.unknown:
        return "unknown"
    return (
        f"-{plain(points_condition.deduct)}"
        if points_condition.deduct is not None
        else f"+{plain(points_condition.add)}"
    )


def mark(rule: Rule) -> str:
    """Evidence and readings in one word or two."""
    return " ".join([rule.evidence or "", *(f"[{name}]" for name in rule.reading)]).strip()


def label(value: Any, lang: str) -> str:
    return "" if value is None else str(getattr(value, lang))

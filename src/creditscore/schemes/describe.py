"""Parts of a scheme in short words, as its file would say them: points, windows, facts, effects, spans."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from creditscore.core.quantities import plain
from creditscore.schemes.citing import cited_rules
from creditscore.schemes.lists import Span
from creditscore.schemes.model import EFFECTS, Applies, Band, Cite, Condition, Decide, Fact, Item, Rule, Value, Window
from creditscore.schemes.parts import RepairWindow


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
        edges = (f"≤{plain(one.to)}" if one.to is not None else f"<{plain(one.below)}" for one in value.tiers[:-1])
        steps = [*zip(edges, value.tiers[:-1], strict=True), ("else", value.tiers[-1])]
        return "/".join(f"{plain(tier.points)} {edge}" for edge, tier in steps) + f" of {value.of}"
    if value.levels:
        return "/".join(f"{plain(number)} {level}" for level, number in value.levels.items())
    if value.pool:
        return f"(pool {value.pool})"
    return f"{plain(value.each)} each" if value.each is not None else plain(value.fixed)


def window(one: Window) -> str:
    """Which days count."""
    if one.ever:
        text = "ever"
    elif one.years is not None:
        text = "this year" if one.years == (0, 0) else f"years {one.years[0]:+d} to {one.years[1]:+d}"
    elif one.cycle is not None:
        text = f"own cycle of {one.cycle.months} months since {' or '.join(one.cycle.since)}"
    elif one.valid is not None:
        text = "life of " + ", ".join(f"{n} {unit}" for unit, n in one.valid.items())
        text += f" from day {one.after_days}" if one.after_days else ""
    else:
        text = f"last {one.months} months" if one.months is not None else f"last {one.days} days"
    more = [one.edge or "", "to known_at" if one.until == "known_at" else "", "or uncorrected" * one.or_uncorrected]
    more += [f"or until {one.or_until}" if one.or_until else "", "beyond: unknown" if one.beyond else ""]
    return ", ".join([text, *(part for part in more if part)])


def fact(one: Fact) -> str:
    """What a fact is taken of."""
    what = [*one.items, *(f"#{tag}" for tag in one.tags), *one.lists, *one.dates]
    text = f"{one.take}{f' {one.column}' if one.column else ''} of {', '.join(what) or one.of}"
    text += f" by {one.by}" if one.by else ""
    text += f" in {one.window}" if one.window else ""
    text += f" years {one.years[0]:+d} to {one.years[1]:+d}" if one.years else ""
    text += " ever listed" if one.listed == "ever" else ""
    text += f" at {one.at}" if one.at != "as_of" else ""
    text += f" where {one.where}" if one.where else ""
    return text + (f", else {plain(one.absent)}" if one.absent is not None else "")


def effect(rule: Decide) -> str:
    """What a line of decide does."""
    if rule.bands:
        return "; ".join(band(one) for one in rule.bands)
    for key in EFFECTS:
        value = getattr(rule, key)
        if value is not None and key != "bands":
            return f"{key} {value}" if key != "grade" else f"{value}{f' ({rule.route})' if rule.route else ''}"
    return ""


def band(one: Band) -> str:
    edges = (("≥", one.at_least), (">", one.above), ("≤", one.at_most), ("<", one.below))
    shown = " ".join(f"{sign}{plain(edge)}" for sign, edge in edges if edge is not None)
    return f"{one.grade} {shown}{f' [{one.reading}]' if one.reading else ''}"


def repair_window(one: RepairWindow) -> str:
    if one.later:
        return "later"
    if one.end_of_year is not None:
        return f"to the end of year {one.end_of_year:+d}"
    text = f"{one.days} days" if one.days is not None else f"{one.months} months"
    return text + (", next working day" if one.roll != "none" else "")


def gives(item: Item) -> str:
    """What a correction gives back, window by window."""
    if item.repair is None:
        return ""
    parts = []
    for name, listed in item.repair.gives.items():
        amounts = (
            _number(one.points) + (f" to {plain(one.amount_to)}" if one.amount_to is not None else "") for one in listed
        )
        parts.append(f"{name} {' else '.join(amounts)}")
    return f"{item.repair.rule}: {', '.join(parts)}"


def _number(value: Decimal | str) -> str:
    return value if isinstance(value, str) else plain(value)


def span(one: Span | None) -> str:
    if one is None:
        return ""
    return next(
        f"{getattr(one, unit)} {unit}"
        for unit in ("days", "workdays", "months", "years")
        if getattr(one, unit) is not None
    )


def cites(listed: Iterable[Cite]) -> str:
    return "; ".join(f"{one.law} {one.article}".strip() for one in listed)


def cited(listed: Iterable[Cite], lang: str) -> str:
    """Texts and places as a person looks them up: title, number, article."""
    return label(cited_rules(listed, number=True), lang)


def applies(one: Applies | None) -> str:
    if one is None:
        return ""
    ends = (("from", one.from_), ("to", one.to), ("known from", one.known_from), ("known to", one.known_to))
    text = ", ".join(f"{name} {value}" for name, value in ends if value is not None)
    return text if one.by == "period" else f"by {one.by}: {text}"


def condition(one: Condition) -> str:
    if one.unknown:
        return "unknown"
    return f"-{plain(one.deduct)}" if one.deduct is not None else f"+{plain(one.add)}"


def mark(rule: Rule) -> str:
    """Evidence and readings in one word or two."""
    return " ".join([rule.evidence or "", *(f"[{name}]" for name in rule.reading)]).strip()


def label(one: Any, lang: str) -> str:
    return "" if one is None else str(getattr(one, lang))

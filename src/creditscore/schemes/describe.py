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
        edges = (f"≤{plain(tier.to)}" if tier.to is not None else f"<{plain(tier.below)}" for tier in value.tiers[:-1])
        steps = [*zip(edges, value.tiers[:-1], strict=True), ("else", value.tiers[-1])]
        return "/".join(f"{plain(tier.points)} {edge}" for edge, tier in steps) + f" of {value.of}"
    if value.levels:
        return "/".join(f"{plain(number)} {level}" for level, number in value.levels.items())
    if value.pool:
        return f"(pool {value.pool})"
    return f"{plain(value.each)} each" if value.each is not None else plain(value.fixed)


def window(other_window: Window) -> str:
    """Which days count."""
    if other_window.ever:
        text = "ever"
    elif other_window.years is not None:
        text = (
            "this year"
            if other_window.years == (0, 0)
            else f"years {other_window.years[0]:+d} to {other_window.years[1]:+d}"
        )
    elif other_window.cycle is not None:
        text = f"own cycle of {other_window.cycle.months} months since {' or '.join(other_window.cycle.since)}"
    elif other_window.valid is not None:
        text = "life of " + ", ".join(f"{n} {unit}" for unit, n in other_window.valid.items())
        text += f" from day {other_window.after_days}" if other_window.after_days else ""
    else:
        text = (
            f"last {other_window.months} months"
            if other_window.months is not None
            else f"last {other_window.days} days"
        )
    more = [
        other_window.edge or "",
        "to known_at" if other_window.until == "known_at" else "",
        "or uncorrected" * other_window.or_uncorrected,
    ]
    more += [
        f"or until {other_window.or_until}" if other_window.or_until else "",
        "beyond: unknown" if other_window.beyond else "",
    ]
    return ", ".join([text, *(part for part in more if part)])


def fact(other_fact: Fact) -> str:
    """What a fact is taken of."""
    what = [*other_fact.items, *(f"#{tag}" for tag in other_fact.tags), *other_fact.lists, *other_fact.dates]
    text = (
        f"{other_fact.take}{f' {other_fact.column}' if other_fact.column else ''} of {', '.join(what) or other_fact.of}"
    )
    text += f" by {other_fact.by}" if other_fact.by else ""
    text += f" in {other_fact.window}" if other_fact.window else ""
    text += f" years {other_fact.years[0]:+d} to {other_fact.years[1]:+d}" if other_fact.years else ""
    text += " ever listed" if other_fact.listed == "ever" else ""
    text += f" at {other_fact.at}" if other_fact.at != "as_of" else ""
    text += f" where {other_fact.where}" if other_fact.where else ""
    return text + (f", else {plain(other_fact.absent)}" if other_fact.absent is not None else "")


def effect(rule: Decide) -> str:
    """What a line of decide does."""
    if rule.bands:
        return "; ".join(band(other_band) for other_band in rule.bands)
    for key in EFFECTS:
        value = getattr(rule, key)
        if value is not None and key != "bands":
            return f"{key} {value}" if key != "grade" else f"{value}{f' ({rule.route})' if rule.route else ''}"
    return ""


def band(other_band: Band) -> str:
    edges = (("≥", other_band.at_least), (">", other_band.above), ("≤", other_band.at_most), ("<", other_band.below))
    shown = " ".join(f"{sign}{plain(edge)}" for sign, edge in edges if edge is not None)
    return f"{other_band.grade} {shown}{f' [{other_band.reading}]' if other_band.reading else ''}"


def repair_window(other_repair_window: RepairWindow) -> str:
    if other_repair_window.later:
        return "later"
    if other_repair_window.end_of_year is not None:
        return f"to the end of year {other_repair_window.end_of_year:+d}"
    text = (
        f"{other_repair_window.days} days"
        if other_repair_window.days is not None
        else f"{other_repair_window.months} months"
    )
    return text + (", next working day" if other_repair_window.roll != "none" else "")


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


def span(other_span: Span | None) -> str:
    if other_span is None:
        return ""
    return next(
        f"{getattr(other_span, unit)} {unit}"
        for unit in ("days", "workdays", "months", "years")
        if getattr(other_span, unit) is not None
    )


def cites(listed: Iterable[Cite]) -> str:
    return "; ".join(f"{cite.law} {cite.article}".strip() for cite in listed)


def cited(listed: Iterable[Cite], lang: str) -> str:
    """Texts and places as a person looks them up: title, number, article."""
    return label(cited_rules(listed, number=True), lang)


def applies(other_applies: Applies | None) -> str:
    if other_applies is None:
        return ""
    ends = (
        ("from", other_applies.from_),
        ("to", other_applies.to),
        ("known from", other_applies.known_from),
        ("known to", other_applies.known_to),
    )
    text = ", ".join(f"{name} {value}" for name, value in ends if value is not None)
    return text if other_applies.by == "period" else f"by {other_applies.by}: {text}"


def condition(other_condition: Condition) -> str:
    if other_condition.unknown:
        return "unknown"
    return (
        f"-{plain(other_condition.deduct)}" if other_condition.deduct is not None else f"+{plain(other_condition.add)}"
    )


def mark(rule: Rule) -> str:
    """Evidence and readings in one word or two."""
    return " ".join([rule.evidence or "", *(f"[{name}]" for name in rule.reading)]).strip()


def label(value: Any, lang: str) -> str:
    return "" if value is None else str(getattr(value, lang))

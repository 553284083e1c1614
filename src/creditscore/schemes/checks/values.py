"""Points and attributes: forms that cover every record, numbers that cannot leave the integers of a score."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.checks.head import length
from creditscore.schemes.model import Item, Scheme, Value
from creditscore.schemes.types import MOMENTS, record_names
from creditscore.schemes.walk import items

# One record weighs at most 10⁹ points: 10⁶ of its own, or 10³ for each of at most 10⁶ units. Thousands of such
# records still add up inside 64 bits at 10⁻⁶ point.
MOST_POINTS, MOST_EACH, MOST_QUANTITY = Decimal(10) ** 6, Decimal(10) ** 3, Decimal(10) ** 6


def check(scheme: Scheme, source: Source) -> None:
    for path, _, item in items(scheme):
        _item(scheme, source, path, item)
    for i, rule in enumerate(scheme.start.rules if scheme.start else []):
        for points in (rule.points, *(rule.range or ())):
            _within(source, ("start", "rules", i), points, -MOST_POINTS, MOST_POINTS)
    for i, bonus in enumerate(scheme.start.bonus if scheme.start else []):
        _within(source, ("start", "bonus", i, "each"), bonus.each, Decimal(0), MOST_EACH)
    for i, condition in enumerate(scheme.conditions):
        for key in ("deduct", "add"):
            _within(source, ("conditions", i, key), getattr(condition, key), Decimal(0), MOST_POINTS)
    for key in ("floor", "ceiling"):
        _within(source, ("combine", key), getattr(scheme.combine, key), -MOST_POINTS, MOST_POINTS)
    _record_attributes(scheme, source)
    _attributes(scheme, source)


def _within(source: Source, path: KeyPath, points: Decimal | None, least: Decimal, most: Decimal) -> None:
    if points is not None and not least <= points <= most:
        what = "is negative" if points < 0 <= least else "is out of range"
        source.fault(path, f"{points} {what}; points here are {least:f} to {most:f}", "E450")


def numbers(value: Value | None) -> Iterator[Decimal]:
    """Points that a value states (not those that a quantity or attribute makes)."""
    if value is not None:
        yield from (amount for amount in (value.fixed, value.each, value.base) if amount is not None)
        yield from (tier.points for tier in value.tiers or [])
        yield from (value.levels or {}).values()


def _item(scheme: Scheme, source: Source, path: KeyPath, item: Item) -> None:
    side: KeyPath = (*path, "deduct" if item.deduct else "add")
    _within(source, (*path, "cap"), item.cap, Decimal(0), MOST_POINTS)
    for level in (item.measure.levels if item.measure else {}).values():
        if not 0 <= level <= MOST_QUANTITY:
            message = f"{level} is not a quantity; allowed are 0 to {MOST_QUANTITY}"
            source.fault((*path, "measure", "levels"), message, "E450")
    value = item.value
    if value is None:
        return
    for number in numbers(value):
        _within(source, side, number, Decimal(0), MOST_EACH if value.each is not None else MOST_POINTS)
    if value.tiers is not None:
        _tiers(source, (*side, "tiers"), value)
    if value.levels is not None and not value.levels:
        source.fault((*side, "levels"), "is empty; write points for each level", "E452")
    if value.tiers is not None and value.of not in ("amount", "quantity"):
        source.fault((*side, "of"), f"{value.of!r}: tiers are of: amount or quantity", "E453")
    wanted = (value.plus, "number") if value.plus else (value.of, "text") if value.levels is not None else None
    if wanted and wanted[0] is not None and wanted[0] not in source.lost:
        record_attribute = scheme.record_attributes.get(wanted[0])
        if record_attribute is None or record_attribute.type != wanted[1]:
            message = f"{wanted[0]!r} is not a declared record attribute of type {wanted[1]}"
            source.fault((*side, "plus" if value.plus else "of"), message, "E453")
    if value.range is not None and not value.unknown:
        source.fault((*side, "range"), "belongs to unknown: true, the points that nobody published", "E454")
    if value.of is not None and value.tiers is None and value.levels is None:
        source.fault((*side, "of"), "belongs to tiers and levels", "E453")
    _range(scheme, source, side, item, value)


def _range(scheme: Scheme, source: Source, side: KeyPath, item: Item, value: Value) -> None:
    if value.range is None:
        return
    low, high = value.range
    _within(source, (*side, "range"), low, Decimal(0), MOST_POINTS)
    _within(source, (*side, "range"), high, Decimal(0), MOST_POINTS)
    if high is not None and low > high:
        source.fault((*side, "range"), "range: the lowest admissible value comes first", "E454")
    group = scheme.groups.get(item.group or "")
    if low > 0 and (item.cap is not None or (group and group.cap is not None)):
        message = "an unknown number under a cap must have 0 as its least admissible value"
        source.fault((*side, "range"), message, "E454")


def _tiers(source: Source, path: KeyPath, value: Value) -> None:
    tiers = value.tiers or []
    if not tiers:
        source.fault(path, "is empty; write tiers from the smallest, the last without an edge", "E451")
        return
    low = (Decimal(0), 0)  # the last number covered so far; (edge, 1) when the edge itself is
    for i, tier in enumerate(tiers):
        edge = None if tier.to is None else (tier.to, 1)
        edge = edge if tier.below is None else (tier.below, 0)
        if tier.to is not None and tier.below is not None:
            source.fault((*path, i), "has both to and below; a tier ends at one edge", "E451")
        elif edge is None and i < len(tiers) - 1:
            source.fault((*path, i), "has no edge, so the tiers after it can never count; it comes last", "E451")
        elif edge is not None and edge <= low:
            source.fault((*path, i), f"ends at {edge[0]}, which the tiers before it already cover", "E451")
        low = edge if edge is not None else low
    if tiers[-1].to is not None or tiers[-1].below is not None:
        source.fault((*path, len(tiers) - 1), "is the last tier and must have neither to nor below", "E451")


def _record_attributes(scheme: Scheme, source: Source) -> None:
    kinds = record_names(scheme, assessed=False)
    for name, attribute in scheme.record_attributes.items():
        path: KeyPath = ("record_attributes", name)
        if attribute.type != "number" and (attribute.least is not None or attribute.most is not None):
            source.fault(path, f"least and most belong to numbers; this is a {attribute.type}", "E460")
        elif attribute.least is not None and attribute.most is not None and attribute.least > attribute.most:
            source.fault((*path, "least"), f"{attribute.least} is more than most: {attribute.most}", "E460")
        _allowed(source, path, attribute.type, attribute.allowed)
        for unit in ("days", "months", "workdays"):
            length(source, path, unit, getattr(attribute, unit))
        if attribute.of is None or attribute.of in source.lost:
            continue
        if kinds.get(attribute.of) != "date" or attribute.of in MOMENTS:
            source.fault((*path, "of"), f"{attribute.of!r} is not a date of the record", "E461")
        elif attribute.of in scheme.record_attributes and scheme.record_attributes[attribute.of].of is not None:
            source.fault((*path, "of"), f"{attribute.of!r} itself follows from a date; count from that one", "E461")


def _attributes(scheme: Scheme, source: Source) -> None:
    for name, declared_attribute in scheme.attributes.items():
        path: KeyPath = ("attributes", name)
        _allowed(source, path, declared_attribute.type, declared_attribute.allowed)
    for name in scheme.shorthand_records:
        attribute = scheme.attributes.get(name)
        if attribute and attribute.type != "date":
            source.fault(
                ("shorthand_records", name), f"is a {attribute.type}; it stands for a record, so a date", "E462"
            )


def _allowed(source: Source, path: KeyPath, kind: str, allowed: list[str] | None) -> None:
    if allowed is None:
        return
    if kind != "text":
        source.fault((*path, "allowed"), f"belongs to texts; this is a {kind}", "E460")
    elif not allowed or len(set(allowed)) < len(allowed):
        source.fault((*path, "allowed"), "is empty, or names a value twice", "E460")

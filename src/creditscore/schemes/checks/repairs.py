"""Repair: windows in order, each with one form, and never more given back than a record weighs."""

from __future__ import annotations

import itertools
from decimal import Decimal

from creditscore.core.model_keys import list_few
from creditscore.core.quantities import BASIS
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.checks.head import length
from creditscore.schemes.model import GiveBack, Item, RepairRule, RepairWindow, Scheme
from creditscore.schemes.walk import items

MOST_WINDOWS = 60


def check(scheme: Scheme, source: Source) -> None:
    for key, rule in scheme.repairs.items():
        _windows(source, ("repairs", key, "windows"), rule)
    for path, _, item in items(scheme):
        if item.repair:
            _gives(scheme, source, (*path, "repair", "gives"), item)


def _windows(source: Source, path: KeyPath, rule: RepairRule) -> None:
    if not 1 <= len(rule.windows) <= MOST_WINDOWS:
        source.fault(path, f"has {len(rule.windows)} windows; allowed are 1 to {MOST_WINDOWS}", "E470")
    for i, window in enumerate(rule.windows):
        forms = [window.days, window.months, window.end_of_year, window.later or None]
        if sum(form is not None for form in forms) != 1:
            source.fault((*path, i), "needs exactly one of: days, months, end_of_year, later", "E471")
        for unit in ("days", "months", "end_of_year"):
            length(source, (*path, i), unit, getattr(window, unit))
        if window.later and i < len(rule.windows) - 1:
            source.fault((*path, i), "has no last day, so the windows after it never open; it comes last", "E472")
        if window.later and window.roll != "none":
            source.fault((*path, i, "roll"), "has no last day that could move on", "E471")
    for i, window in enumerate(rule.windows[1:], 1):
        before = rule.windows[i - 1]
        if _never_after(before, window):
            source.fault(
                (*path, i), f"ends no later than {before.id!r} before it, so no correction falls in it", "E472"
            )


def _never_after(before: RepairWindow, window: RepairWindow) -> bool:
    """Whether `window` never ends later than the one before it, whatever the clock day."""

    def span(repair_window: RepairWindow) -> tuple[int, int] | None:
        """Least and most days that a window lasts; None where it is not one form."""
        if repair_window.later or (
            repair_window.days is None and repair_window.months is None and repair_window.end_of_year is None
        ):
            return None
        if repair_window.days is not None:
            return repair_window.days, repair_window.days
        if repair_window.months is not None:
            return repair_window.months * 28, repair_window.months * 31
        return (repair_window.end_of_year or 0) * 365, (repair_window.end_of_year or 0) * 366 + 365

    first, second = span(before), span(window)
    if first is None or second is None:
        return False
    if before.months is not None and window.months is not None:
        return window.months <= before.months
    if before.end_of_year is not None and window.end_of_year is not None:
        return window.end_of_year <= before.end_of_year
    return second[1] <= first[0]


def _gives(scheme: Scheme, source: Source, path: KeyPath, item: Item) -> None:
    assert item.repair is not None
    rule = scheme.repairs.get(item.repair.rule)
    if rule is None:
        return  # named among the references
    ids = [window.id for window in rule.windows]
    if not item.repair.gives:
        source.fault(path, "is empty; say how much each window gives back", "E473")
    for key, gives in item.repair.gives.items():
        at = (*path, key)
        if key not in ids and key not in source.lost:
            source.fault(at, f"{key!r} is not a window of {item.repair.rule}; there are: {list_few(ids)}", "E301")
        _amounts(source, at, gives)
        for give in gives:
            _points(source, at, give, item)


def _amounts(source: Source, path: KeyPath, gives: list[GiveBack]) -> None:
    """Small amounts first, each edge once, one line without edge at the end."""
    edges = [give.amount_to for give in gives]
    if not gives:
        source.fault(path, "is empty; write the points given back", "E473")
    elif any(edge is None for edge in edges[:-1]):
        source.fault(path, "only the last line may be without amount_to", "E473")
    known = [edge for edge in edges if edge is not None]
    if any(edge < 0 for edge in known) or any(b <= a for a, b in itertools.pairwise(known)):
        source.fault(path, "amount_to must rise from line to line", "E473")


def _points(source: Source, path: KeyPath, give: GiveBack, item: Item) -> None:
    points = give.points
    if points == "all":
        return
    value = item.value
    nominal = None if value is None else value.fixed if value.fixed is not None else value.each
    if points < 0:
        source.fault(path, f"gives back {points}; at least 0", "E474")
    elif not nominal:
        source.fault(path, "points can be given back only to an item of fixed points; use all", "E474")
    elif points > nominal:
        source.fault(path, f"gives back {points}, more than the {nominal} points of the item", "E474")
    elif (Decimal(points) * BASIS) % nominal:
        source.fault(path, f"{points} of {nominal} is not a whole number of hundredths of a percent", "E474")

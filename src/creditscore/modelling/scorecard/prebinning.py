"""Fine bins: where a column may be cut at all. Numbers at quantiles, categories by level, rare ones together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns_of import Column, refuse_dates
from creditscore.modelling.scorecard.bins import Bins

Floats = NDArray[np.float64]

MOST_LEVELS = 64  # levels with a bin of their own before merging
APART = 0.2  # part of a bin from which on a lowest or highest value that lies far off has one of its own


def fine_bins(
    column: Column,
    weight: Floats,
    most: int,
    least: float,
    specials: tuple[tuple[float | str, ...], ...] = (),
    by_hand: Any = None,
) -> Bins:
    """At most `most` ordinary bins of about equal weight, each of at least `least`; `by_hand` cuts or groups stand
    as given.
    """
    if column.kind == "number":
        numbers = tuple(tuple(number(v, column.name) for v in group) for group in specials)
        if by_hand is not None:
            return Bins(column.name, "number", tuple(number(c, column.name) for c in by_hand), specials=numbers)
        return Bins(column.name, "number", quantile_cuts(column, weight, most, least, numbers), specials=numbers)
    refuse_dates(column)
    special_levels = tuple(tuple(str(v) for v in group) for group in specials)
    if by_hand is not None:
        if any(isinstance(group, str | bytes) or not np.iterable(group) for group in by_hand):
            raise UsageError("modelling.cuts_category", name=column.name)
        groups = tuple(tuple(str(v) for v in group) for group in by_hand)
        return Bins(column.name, "category", groups=groups, specials=special_levels)
    return Bins(
        column.name, "category", groups=frequent(column, weight, most, least, special_levels), specials=special_levels
    )


def specials_in(column: Column, asked: Any, named: bool) -> tuple[tuple[float | str, ...], ...]:
    """The special values that concern a column: all where they were given for it by name, else those that occur in
    it.
    """
    if named or not asked:
        return tuple(asked)
    if column.kind == "number":
        assert column.values is not None
        rows = [
            tuple(v for v in group if not isinstance(v, str) and bool((column.values == v).any())) for group in asked
        ]
    else:
        rows = [tuple(v for v in group if isinstance(v, str) and v in column.levels) for group in asked]
    return tuple(group for group in rows if group)


def number(value: Any, name: str) -> float:
    try:
        result = float(value)
        if result != result:
            raise UsageError("modelling.nan_given_column", name=name)
        return result
    except (TypeError, ValueError):
        raise UsageError("modelling.given_numbers_column", value=value, name=name, allowed="numbers") from None


def quantile_cuts(
    column: Column, weight: Floats, most: int, least: float, special: tuple[tuple[float, ...], ...]
) -> tuple[float, ...]:
    """Cuts at weighted quantiles of the ordinary values, written as short as the neighbouring values allow."""
    assert column.values is not None
    values = column.values.astype(np.float64, copy=False)
    keep = values == values
    for group in special:
        for v in group:
            keep &= values != v
    unit = bool((weight == 1.0).all())
    if unit:
        ordered = np.sort(values[keep])
        upto = np.arange(1, len(ordered) + 1, dtype=np.float64)
    else:
        values, own = values[keep], weight[keep]
        order = np.argsort(values, kind="stable")
        ordered, upto = values[order], np.cumsum(own[order])
    if not len(ordered) or ordered[0] == ordered[-1]:
        return ()
    total = float(upto[-1])
    first = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1 if len(ordered) < 1000 else None
    few = first is not None or distinct_few(ordered, most)
    if few:
        starts = first if first is not None else np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if not few or len(starts) >= most:
        starts = even_starts(ordered, upto, most, least)
    cuts, before = [], 0.0
    for start in starts:
        below = float(upto[start - 1])
        if below - before >= least and total - below >= least and np.isfinite(ordered[start]):
            cuts.append(short(float(ordered[start - 1]), float(ordered[start])))
            before = below
    return tuple(cuts)


def even_starts(ordered: Floats, upto: Floats, most: int, least: float) -> NDArray[np.intp]:
    """Where bins of about equal weight begin among ordered values, of which `upto` is the weight so far.

    A value that fills a bin is not mixed with its neighbours, nor is the lowest or highest one if it has a good part of
    a bin and lies further off than the quartiles lie apart: it is nothing, or a code, and what is peculiar to it would
    be laid to the values beside it, or to other columns that hold it in the same rows.
    """
    total, size = float(upto[-1]), len(ordered)
    second = int(np.searchsorted(ordered, ordered[0], side="right"))
    last = int(np.searchsorted(ordered, ordered[-1], side="left"))
    low, high = float(upto[second - 1]), total - float(upto[last - 1])
    first_quarter, last_quarter = (float(ordered[np.searchsorted(upto, total * part)]) for part in (0.25, 0.75))
    gaps = float(ordered[second] - ordered[0]), float(ordered[-1] - ordered[last - 1])
    ends = [
        start
        for start, weight, gap in zip((second, last), (low, high), gaps, strict=True)
        if max(least, APART * total / most) <= weight < total / most and gap > last_quarter - first_quarter
    ]
    if most - len(ends) < 3:
        ends = []
    low, high = low if second in ends else 0.0, high if last in ends else 0.0
    bins = most - len(ends)
    at = np.searchsorted(upto, low + np.arange(1, bins) * (total - low - high) / bins, side="right")
    values = ordered[np.minimum(at, size - 1)]
    runs, inside = np.unique(np.searchsorted(ordered, values, side="left"), return_counts=True)
    heavy = runs[(inside > 1) | (runs == 0)]
    starts = np.unique(np.concatenate([runs, np.searchsorted(ordered, ordered[heavy], side="right"), ends]))
    return starts[(starts > 0) & (starts < size)].astype(np.intp)


def distinct_few(ordered: Floats, most: int) -> bool:
    """At most `most` distinct values, found by jumping from value to value."""
    place, n = 0, len(ordered)
    for _ in range(most):
        place = int(np.searchsorted(ordered, ordered[place], side="right"))
        if place >= n:
            return True
    return False


def short(below: float, above: float) -> float:
    """The number with the fewest digits that cuts between two neighbouring values: below < cut <= above."""
    for digits in range(1, 17):
        cut = float(f"{above:.{digits}g}")
        if below < cut <= above:
            return cut
    return above


def frequent(
    column: Column, weight: Floats, most: int, least: float, special: tuple[tuple[str, ...], ...]
) -> tuple[tuple[str, ...], ...]:
    """A group of its own for each level with enough rows, the most frequent first kept; the others have none."""
    assert column.codes is not None
    if len(column.levels) == len(column) > MOST_LEVELS:
        raise TableError("modelling.column_another_text_each_row", name=column.name)
    seen = column.codes >= 0
    counts = np.bincount(column.codes[seen], weight[seen], len(column.levels))
    apart = {v for group in special for v in group}
    enough = [i for i in np.flatnonzero(counts >= max(least, 1e-12)) if column.levels[i] not in apart]
    enough.sort(key=lambda i: (-counts[i], column.levels[i]))
    return tuple((column.levels[i],) for i in sorted(enough[: max(most, MOST_LEVELS)]))

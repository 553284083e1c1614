"""Bins of one column, and the one function that says in which bin a value falls.

Numbers: `low <= x < high` between cuts. Categories: groups of levels. Special values and missing have bins of their
own; a category has one more bin for levels that no group names (rare ones at the fit, unseen ones later).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns_of import Column

Codes = NDArray[np.uint8]

CHUNK = 1 << 14  # rows per block: the block and its codes stay in the first cache
COUNTING = 24  # up to so many cuts counting comparisons is faster than a binary search
MOST = 250  # bins of a column: codes are bytes
OWN_LABELS = ("missing", "other")  # what bins without levels are called
SPECIAL = "special: "


@dataclass(frozen=True)
class Bins:
    """Describe the bins of one column, in the order of their codes: ordinary, special, missing, other (categories).

    Raises UsageError for cuts that do not rise or are not finite, for more than 250 bins, and for a value that stands
    in two bins.

    Parameters
    ----------
    name
        Name of the column.
    kind
        `number` or `category`.
    cuts
        Inner bounds of the ordinary bins of a number, ascending and finite; n cuts give n + 1 bins `low <= x < high`,
        the first and last of them without end.
    groups
        Levels in each ordinary bin of a category.
    specials
        Values (numbers or texts) in each special bin, each apart from the ordinary ones.
    trend
        Trend of the event rate along the ordinary bins, such as `increasing`; `none` where nothing is required.
    """

    name: str
    kind: str
    cuts: tuple[float, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    specials: tuple[tuple[float | str, ...], ...] = ()
    trend: str = "none"

    def __post_init__(self) -> None:
        if any(not np.isfinite(c) for c in self.cuts) or any(
            a >= b for a, b in zip(self.cuts, self.cuts[1:], strict=False)
        ):
            raise UsageError("modelling.cuts_not_rise", name=self.name)
        if self.total > MOST:
            raise UsageError("modelling.bins", total=self.total, name=self.name, most=MOST)
        named = [level for group in (*self.groups, *self.specials) for level in group]
        if len(set(named)) < len(named):
            raise UsageError("modelling.value_stands_two_bins", name=self.name)

    @property
    def ordinary(self) -> int:
        return len(self.cuts) + 1 if self.kind == "number" else len(self.groups)

    @property
    def missing(self) -> int:
        """Code of the bin of missing values."""
        return self.ordinary + len(self.specials)

    @property
    def total(self) -> int:
        return self.missing + (1 if self.kind == "number" else 2)

    def labels(self) -> list[str]:
        """What the bins are called in tables, in the order of their codes."""
        if self.kind == "number":
            ends = [None, *self.cuts, None]
            own = [interval(low, high) for low, high in itertools.pairwise(ends)]
        else:
            own = [one_of(tuple(map(quoted, group))) for group in self.groups]
            own = [
                one_of(tuple(map(repr, group))) if own.count(label) > 1 else label
                for label, group in zip(own, self.groups, strict=True)
            ]
        special = [SPECIAL + one_of(tuple(quoted(plain(v)) for v in values)) for values in self.specials]
        return [*own, *special, "missing", *(["other"] if self.kind == "category" else [])]

    def merged(self, starts: list[int]) -> Bins:
        """Ordinary bins joined: each new bin begins at one of `starts` (codes, the first is 0)."""
        if self.kind == "number":
            return replace(self, cuts=tuple(self.cuts[s - 1] for s in starts[1:]))
        ends = [*starts[1:], len(self.groups)]
        groups = tuple(sum(self.groups[a:b], ()) for a, b in zip(starts, ends, strict=True))
        return replace(self, groups=groups)


def plain(value: float | str) -> str:
    """A number in its shortest exact form."""
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def quoted(level: str) -> str:
    """A level as a label shows it: in quotes where it could be read as another bin or as nothing."""
    plainly = level.strip() == level != "" and level.isprintable() and level[0] not in "'\""
    return level if plainly and level not in OWN_LABELS and not level.startswith(SPECIAL) else repr(level)


def interval(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "any value"
    if low is None:
        return f"< {plain(high or 0.0)}"
    return f">= {plain(low)}" if high is None else f"{plain(low)} to < {plain(high)}"


def one_of(levels: tuple[str, ...], shown: int = 6) -> str:
    rest = len(levels) - shown
    return ", ".join(levels[:shown]) + (f" and {rest} more" if rest > 0 else "")


def tally(codes: Codes, weight: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Sum of the weights of each code."""
    return np.bincount(codes, weight, size).astype(np.float64)


def assign(bins: Bins, column: Column) -> Codes:
    """Code of the bin of each row. The only place where a value meets a cut: fit, table, transform and score use it."""
    out = np.empty(len(column), dtype=np.uint8)
    for rows, codes in blocks(bins, column):
        out[rows] = codes
    return out


def blocks(bins: Bins, column: Column) -> Any:
    """(slice of rows, their codes) in blocks that fit the cache."""
    if bins.kind == "number":
        values = numbers(bins, column)
        cuts = np.array(bins.cuts)
        special = [(float(v), bins.ordinary + s) for s, group in enumerate(bins.specials) for v in group]
        for start in range(0, len(values), CHUNK):
            rows = slice(start, min(start + CHUNK, len(values)))
            yield rows, code_numbers(values[rows].astype(np.float64, copy=False), cuts, special, bins.missing)
    else:
        table = level_table(bins, column)
        codes = column.codes
        if codes is None:  # nothing but missing, read as numbers
            codes = np.full(len(column), -1, dtype=np.int32)
        for start in range(0, len(codes), CHUNK):
            rows = slice(start, min(start + CHUNK, len(codes)))
            yield rows, table.take(codes[rows], mode="wrap")


def numbers(bins: Bins, column: Column) -> NDArray[Any]:
    if column.values is not None:
        return column.values
    if column.codes is not None and (column.codes < 0).all():
        return np.full(len(column), np.nan)
    raise TableError("modelling.column_holds_text_such", name=bins.name, levels=column.levels[0])


def code_numbers(
    x: NDArray[np.float64], cuts: NDArray[np.float64], special: list[tuple[float, int]], missing: int
) -> Codes:
    codes: Codes
    if len(cuts) <= COUNTING:
        codes = np.zeros(len(x), dtype=np.uint8)
        for cut in cuts:
            codes += x >= cut
    else:
        codes = np.searchsorted(cuts, x, side="right").astype(np.uint8)
    for value, code in special:
        codes[x == value] = code
    absent = x != x
    if absent.any():
        codes[absent] = missing
    return codes


def level_table(bins: Bins, column: Column) -> Codes:
    """Code of the bin of each level of the column; the last entry is for missing (code -1)."""
    if column.values is not None and not np.isnan(column.values.astype(np.float64)).all():
        raise TableError("modelling.column_holds_numbers", name=bins.name)
    place = {level: code for code, group in enumerate(bins.groups) for level in group}
    place |= {str(v): bins.ordinary + s for s, group in enumerate(bins.specials) for v in group}
    other = bins.missing + 1
    return np.array([*(place.get(level, other) for level in column.levels), bins.missing], dtype=np.uint8)

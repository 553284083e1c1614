"""Columns of a fit as codes of bins: the fine ones that are judged, and beside them those merged by outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.features.columns import per_variable, specials_of
from creditscore.modelling.features.columns_of import Source
from creditscore.modelling.scorecard.binning import information, keep_rows, merge
from creditscore.modelling.scorecard.bins import Bins, assign, tally
from creditscore.modelling.scorecard.prebinning import fine_bins, specials_in
from creditscore.modelling.scorecard.shapes import check_trend

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

COEFFICIENTS = 2000  # about so many at most: with many columns each has fewer bins

__all__ = ["Coded", "code_columns"]


@dataclass
class Coded:
    """`fine` bins of each column and the `codes` of the rows, (columns, rows); for weights of evidence also `merged`
    bins and codes. `looked_at`: columns that vary, whether or not they are still here; `left`: why others are not.
    """

    store: Codes
    merged_store: Codes | None
    fine: list[Bins] = field(default_factory=list)
    merged: list[Bins] = field(default_factory=list)
    looked_at: int = 0
    left: dict[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, columns: int, rows: int, *, merged: bool) -> Coded:
        """Room for so many columns."""
        shape = (columns, rows)
        return cls(np.empty(shape, dtype=np.uint8), np.empty(shape, dtype=np.uint8) if merged else None)

    @property
    def codes(self) -> Codes:
        return self.store[: len(self.fine)]

    @property
    def merged_codes(self) -> Codes:
        assert self.merged_store is not None
        return self.merged_store[: len(self.merged)]

    def add(self, bins: Bins, codes: Codes, merged: tuple[Bins, Codes] | None) -> None:
        """One more column."""
        if merged is not None and self.merged_store is not None:
            self.merged_store[len(self.merged)] = merged[1]
            self.merged.append(merged[0])
        self.store[len(self.fine)] = codes
        self.fine.append(bins)

    def keep_informative(self, most: int, forced: Iterable[str], weight: Floats, event: Floats) -> None:
        """Keep the `most` columns with most information, forced ones before all."""
        wanted = set(forced)
        value = [
            float(information(tally(c, weight, b.total), tally(c, weight * event, b.total)).sum())
            for b, c in zip(self.fine, self.codes, strict=True)
        ]
        order = sorted(range(len(value)), key=lambda j: (self.fine[j].name not in wanted, -value[j], j))
        stays = sorted(order[:most])
        for j in sorted(order[most:]):
            self.left[self.fine[j].name] = f"not among the {most} columns with most information"
        self.store, self.fine = self.store[stays], [self.fine[j] for j in stays]
        if self.merged_store is not None:
            self.merged_store, self.merged = self.merged_store[stays], [self.merged[j] for j in stays]


def code_columns(
    card: Any, source: Source, used: NDArray[np.bool_], weight: Floats, event: Floats, most_columns: int
) -> Coded:
    """Bins of each column that varies, and the codes of the rows; one column in memory at a time. `card`: the settings
    of a scorecard.
    """
    total, additive = float(weight.sum()), card.method == "additive"
    finest = int(np.clip(COEFFICIENTS // len(source.names), 5, 20))
    most = card.max_bins or (finest if additive else 8)
    size = card.min_bin_size if card.min_bin_size is not None else (0.002 if additive else 0.05)
    few = int(np.clip(total / 20, 4, most if additive else finest))
    coded = Coded.empty(len(source.names), len(weight), merged=not additive)
    for name in source.names:
        column = source.read(name)
        if not used.all():
            column = keep_rows(column, used)
        asked = specials_in(column, specials_of(card.specials, name), isinstance(card.specials, dict))
        hand = per_variable(card.cuts, name) if card.cuts else None
        fine = fine_bins(column, weight, few, (size if additive else min(size, 0.002)) * total, asked, hand)
        code = assign(fine, column)
        if code.min() == code.max():
            coded.left[name] = "constant" if code[0] != fine.missing else "all missing"
            continue
        coded.looked_at += 1
        merged = None
        if not additive:
            own = fine_bins(column, weight, 40, min(size, 0.01) * total, asked, hand)
            own_code = assign(own, column)
            if hand is None:
                counts, events = tally(own_code, weight, own.total), tally(own_code, weight * event, own.total)
                trend = check_trend(per_variable(card.trend, name, "auto"), name)
                own = merge(own, counts, events, trend, most, size * total)
                own_code = assign(own, column)
            if own_code.min() == own_code.max():
                coded.left[name] = "constant"
                continue
            merged = (own, own_code)
        coded.add(fine, code, merged)
    if len(coded.fine) > most_columns:
        coded.keep_informative(most_columns, card.forced, weight, event)
    return coded

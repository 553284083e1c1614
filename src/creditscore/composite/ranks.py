"""Rank correlation of two scores from 0 to 1000, exactly counted from their joint table."""

from __future__ import annotations

from math import sqrt

import numpy as np

from creditscore.composite.config import TOP
from creditscore.composite.score import Ints


def joint(first: Ints, second: Ints, counts: Ints) -> Ints:
    """How many subjects have each pair of scores, (1001, 1001)."""
    size = TOP + 1
    table = np.zeros(size * size, dtype=np.int64)
    np.add.at(table, first * size + second, counts)
    return table.reshape(size, size)


def spearman(table: Ints) -> float | None:
    """Spearman's ρ: the correlation of mean ranks. None where a score is the same for all."""
    total = int(table.sum())
    sides = [table.sum(axis=1), table.sum(axis=0)]
    if any((side > 0).sum() < 2 for side in sides):
        return None
    # twice the mean rank, from 0: whole numbers; and its distance from the mean
    ranks = [2 * (np.cumsum(side) - side) + side - total for side in sides]
    first, second = (rank.astype(object) for rank in ranks)  # sums of products leave 64 bits behind
    rows = (table @ ranks[1]).astype(object)
    covered = int(first @ rows)
    spread = [int((rank * rank) @ side.astype(object)) for rank, side in zip((first, second), sides, strict=True)]
    return round(covered / sqrt(spread[0]) / sqrt(spread[1]), 6)


def kendall(table: Ints) -> float | None:
    """Kendall's τ-b: pairs in the same order less pairs in opposite order, corrected for ties (Kendall 1945)."""
    filled = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(filled.shape) < 2:
        return None
    below = np.zeros_like(filled)
    below[1:] = np.cumsum(filled, axis=0)[:-1]
    smaller, larger = np.zeros_like(filled), np.zeros_like(filled)
    smaller[:, 1:] = np.cumsum(below, axis=1)[:, :-1]
    larger[:, :-1] = np.cumsum(below[:, ::-1], axis=1)[:, ::-1][:, 1:]
    gap = int((filled * smaller).sum()) - int((filled * larger).sum())
    total = int(filled.sum())
    pairs = total * (total - 1) // 2
    tied = [int((side * (side - 1) // 2).sum()) for side in (filled.sum(axis=1), filled.sum(axis=0))]
    return round(gap / sqrt(pairs - tied[0]) / sqrt(pairs - tied[1]), 6)

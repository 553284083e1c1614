"""Rank reversals between two scores of the same subjects: every pair counted exactly, in integers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Reversals:
    """Pairs of subjects by what became of their order: kept + reversed + the three kinds of ties = pairs."""

    subjects: int
    pairs: int
    kept: int
    reversed: int
    tied_before: int  # tied before, apart afterwards
    tied_after: int  # apart before, tied afterwards
    tied_both: int

    @property
    def tau(self) -> float | None:
        """Kendall's tau-b, −1 to 1: (kept − reversed) / √((pairs − ties before)(pairs − ties after))."""
        room = (self.pairs - self.tied_before - self.tied_both) * (self.pairs - self.tied_after - self.tied_both)
        return (self.kept - self.reversed) / (isqrt(room * 10**12) / 10**6) if room else None


def reversals(before: Any, after: Any) -> Reversals:
    """Count the pairs of two integer arrays of one length (n,), larger for better in both; O(n log n).

    >>> reversals([3, 2, 1], [3, 1, 2]).reversed
    1
    """
    import numpy as np

    first, second = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"two arrays of one length are needed, not {first.shape} and {second.shape}")
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    n = len(first)
    pairs = n * (n - 1) // 2
    same_first, same_second = _tied(first), _tied(np.sort(second))
    both = _tied(np.unique(np.stack([first, second]), axis=1, return_inverse=True)[1].ravel(), ordered=False)
    turned = inversions(np.unique(second, return_inverse=True)[1])
    number = pairs - same_first - same_second + both - turned
    return Reversals(n, pairs, number, turned, same_first - both, same_second - both, both)


def _tied(values: NDArray[np.int64], ordered: bool = True) -> int:
    """Pairs of equal values."""
    import numpy as np

    counts = np.unique(values, return_counts=True)[1] if ordered else np.bincount(values)
    return sum(int(count) * (int(count) - 1) // 2 for count in counts[counts > 1])


def inversions(ranks: NDArray[np.int64]) -> int:
    """Pairs i < j with ranks[i] > ranks[j], for ranks 0, 1, 2 …; bit by bit from the highest.

    Values that agree in their higher bits stand together in their old order; among them a 1 before a 0 is one
    inversion decided by this bit.
    """
    import numpy as np

    values = np.asarray(ranks, dtype=np.int64)
    if len(values) < 2:
        return 0
    reversed_pairs = 0
    for bit in range(int(values.max()).bit_length() - 1, -1, -1):
        group, ones = values >> (bit + 1), (values >> bit) & 1
        running = np.cumsum(ones)
        starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
        before_group = np.repeat(running[starts] - ones[starts], np.diff(np.r_[starts, len(values)]))
        reversed_pairs += int(((running - before_group) * (1 - ones)).sum())
        values = values[np.argsort(values >> bit, kind="stable")]
    return reversed_pairs


def mid_ranks(scores: Any) -> NDArray[np.float64]:
    """Rank of each score, 1 for the best; equal scores share the mean of their ranks."""
    import numpy as np

    values = np.asarray(scores, dtype=np.int64)
    _, place, counts = np.unique(-values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[place]
    return ranks

"""Isotonic blocks: neighbouring scores pooled until the event rate rises, each block with a rate inside (0, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from creditscore.core.extras import require
from creditscore.core.statistics.intervals import Floats, effective_counts, jeffreys

__all__ = ["Blocks", "isotonic_blocks", "isotonic_rates"]


@dataclass(frozen=True)
class Blocks:
    """Steps: block i holds scores in [cuts[i-1], cuts[i]). Effective rows and events, and the rate drawn to `prior`."""

    cuts: Floats
    rows: Floats
    events: Floats
    prior: float

    @property
    def rate(self) -> Floats:
        """(events + prior) / (rows + 1), ascending, inside (0, 1); shape (blocks,)."""
        return np.asarray((self.events + self.prior) / (self.rows + 1))

    @property
    def log_odds(self) -> Floats:
        """Log-odds of `rate`."""
        return np.log(self.rate) - np.log1p(-self.rate)

    def find(self, x: Floats) -> NDArray[np.int64]:
        """Number of the block of each score."""
        return np.searchsorted(self.cuts, x, side="right").astype(np.int64)

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Jeffreys interval of each block, as log-odds (infinite at 0 and 1)."""
        with np.errstate(divide="ignore"):
            low, high = (np.log(end) - np.log1p(-end) for end in jeffreys(self.events, self.rows, level))
        return low, high

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        parts = {name: getattr(self, name).tolist() for name in ("cuts", "rows", "events")}
        return {**parts, "prior": self.prior}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """What `to_dict` wrote."""
        cuts, rows, events = (np.array(data[name], dtype=np.float64) for name in ("cuts", "rows", "events"))
        return cls(cuts, rows, events, data["prior"])


def isotonic_blocks(x: Floats, t: Floats, w: Floats) -> Blocks:
    """Pool scores by adjacent violators (scikit-learn's), and on where drawing to the prior turned an order round.

    x ascending, t in {0, 1}, w > 0, all shape (n,). A cut lies midway between the neighbouring scores.
    """
    require("models")
    from sklearn.isotonic import isotonic_regression

    values, place = np.unique(x, return_inverse=True)
    weight, squares, events = (np.bincount(place, part) for part in (w, w * w, w * t))
    fitted = isotonic_regression(events / weight, sample_weight=weight)
    first = np.flatnonzero(np.r_[True, np.diff(fitted) > 0])
    sums = [np.add.reduceat(part, first) for part in (weight, squares, events)]
    prior = float(events.sum() / weight.sum())

    stack: list[tuple[int, Floats, float]] = []  # first value, (weight, squares, events), rate
    for start, *parts in zip(first.tolist(), *sums, strict=True):
        block = np.array(parts)
        rate = _drawn(block, prior)
        while stack and stack[-1][2] >= rate:
            start, above, _ = stack.pop()
            block = block + above
            rate = _drawn(block, prior)
        stack.append((start, block, rate))
    starts = np.array([start for start, _, _ in stack[1:]], dtype=np.int64)
    table = np.array([block for _, block, _ in stack])
    counts, rows = effective_counts(table[:, 2], table[:, 0], table[:, 1])
    return Blocks(_midway(values[starts - 1], values[starts]), rows, counts, prior)


def isotonic_rates(y: Floats, p: Floats, weight: Floats) -> Floats:
    """The best rising function of p for the outcomes, at each row: rows of equal p are joined first."""
    require("models")
    from sklearn.isotonic import isotonic_regression

    _, which = np.unique(p, return_inverse=True)
    held = np.bincount(which, weight)
    result: Floats = isotonic_regression(np.bincount(which, weight * y) / held, sample_weight=held)[which]
    return result


def _drawn(block: Floats, prior: float) -> float:
    weight, squares, events = block
    events, rows = effective_counts(events, weight, squares)
    return float((events + prior) / (rows + 1))


def _midway(low: Floats, high: Floats) -> Floats:
    """A number in (low, high]; halves first, so that large numbers do not overflow."""
    middle = low / 2 + high / 2
    return np.where(middle > low, middle, high)

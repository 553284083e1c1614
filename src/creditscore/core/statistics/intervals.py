"""Intervals of rates and ratios: Jeffreys for one rate, the logarithm for a ratio of two; tails of normal and χ²."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.extras import require
from creditscore.core.statistics.beta import beta_quantile

Floats = NDArray[np.float64]


def jeffreys(events: Any, count: Any, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a rate: quantiles of Beta(k + ½, n − k + ½); 0 from below where k = 0, 1 from above where k = n.

    `events` and `count` may be fractional (weighted counts scaled to their effective number); n = 0 gives (0, 1).
    Source: Brown, Cai, DasGupta 2001, Statistical Science 16, 101-133.

    >>> [round(float(one), 4) for one in jeffreys(5, 100)]
    [0.0189, 0.1061]
    """
    k, n = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(count, dtype=np.float64))
    tail = (1 - level) / 2
    ends = [
        (_end(0.0, k <= 0, k, n, tail), _end(1.0, k >= n, k, n, 1 - tail))
        for k, n in zip(k.ravel().tolist(), n.ravel().tolist(), strict=True)
    ]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return low.reshape(k.shape), high.reshape(k.shape)


def _end(bound: float, is_bound: bool, events: float, count: float, probability: float) -> float:
    if is_bound:
        return bound
    a, b = events + 0.5, count - events + 0.5
    return beta_quantile(a, b, probability) if 0 < a < inf and 0 < b < inf else nan


def normal_quantile(level: float) -> float:
    """z with P(|Z| ≤ z) = level."""
    require("models")
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def normal_tail(z: Any) -> Any:
    """P(Z > z)."""
    require("models")
    from scipy.special import ndtr

    return ndtr(-np.asarray(z, dtype=np.float64))


def two_sided(z: Any) -> Any:
    """P(|Z| > |z|)."""
    return 2 * normal_tail(np.abs(z))


def chi_tail(value: float, df: int) -> float:
    """P(χ²(df) > value)."""
    require("models")
    from scipy.special import chdtrc

    return float(chdtrc(df, value)) if df > 0 else float("nan")


def ratio_of_rates(
    events: float, count: float, events_0: float, count_0: float, level: float = 0.95
) -> tuple[float, float, float]:
    """(k/n) / (k₀/n₀) with Katz's interval on the logarithm; ½ is added to every k and n where a k is 0.

    Source: Katz, Baptista, Azen, Pike 1978, Biometrics 34, 469-474. NaN where a group is empty.
    """
    if count <= 0 or count_0 <= 0:
        return (float("nan"),) * 3
    if min(events, events_0) <= 0:
        events, count, events_0, count_0 = events + 0.5, count + 0.5, events_0 + 0.5, count_0 + 0.5
    ratio = (events / count) / (events_0 / count_0)
    spread = max(0.0, 1 / events - 1 / count + 1 / events_0 - 1 / count_0) ** 0.5
    z = normal_quantile(level)
    return ratio, ratio * float(np.exp(-z * spread)), ratio * float(np.exp(z * spread))


def effective_counts(events: Any, weight: Any, weight_squares: Any) -> tuple[Floats, Floats]:
    """Weighted counts as (events, trials) of equal information: Kish's effective size n = (Σw)² / Σw², same rate.

    events: Σ w over events; weight: Σ w; weight_squares: Σ w². Rows of weight 1 keep their counts.
    Source: Kish (1965), Survey Sampling, section 8.2.

    >>> [float(part) for part in effective_counts(20.0, 100.0, 1000.0)]
    [2.0, 10.0]
    """
    k, w = (np.asarray(part, dtype=np.float64) for part in (events, weight))
    squares = np.asarray(weight_squares, dtype=np.float64)
    size = np.divide(w * w, squares, out=np.zeros_like(w), where=squares > 0)
    rate = np.divide(k, w, out=np.zeros_like(w), where=w > 0)
    return rate * size, size

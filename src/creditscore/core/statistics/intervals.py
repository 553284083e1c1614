"""Intervals of rates and ratios: Jeffreys for one rate, the logarithm for a ratio of two, Poisson-binomial for O/E."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditscore.modelling.validation.metrics.clusters import Clusters, rows_worth
from creditscore.modelling.validation.metrics.inputs import Floats


def jeffreys(events: Any, count: Any, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a rate: quantiles of Beta(k + ½, n − k + ½); 0 from below where k = 0, 1 from above where k = n.

    `events` and `count` may be fractional (weighted counts scaled to their effective number); n = 0 gives (0, 1).
    Source: Brown, Cai, DasGupta 2001, Statistical Science 16, 101-133.

    >>> [round(float(one), 4) for one in jeffreys(5, 100)]
    [0.0189, 0.1061]
    """
    from scipy.special import betaincinv

    k, n = np.asarray(events, dtype=np.float64), np.asarray(count, dtype=np.float64)
    tail = (1 - level) / 2
    low = np.where(k <= 0, 0.0, betaincinv(k + 0.5, n - k + 0.5, tail))
    high = np.where(k >= n, 1.0, betaincinv(k + 0.5, n - k + 0.5, 1 - tail))
    return low, high


def normal_quantile(level: float) -> float:
    """z with P(|Z| ≤ z) = level."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def normal_tail(z: Any) -> Any:
    """P(Z > z)."""
    from scipy.special import ndtr

    return ndtr(-np.asarray(z, dtype=np.float64))


def two_sided(z: Any) -> Any:
    """P(|Z| > |z|)."""
    return 2 * normal_tail(np.abs(z))


def chi_tail(value: float, df: int) -> float:
    """P(χ²(df) > value)."""
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


def observed_to_expected(
    y: Floats, p: Floats, weight: Floats, level: float = 0.95, clusters: Clusters | None = None
) -> tuple[float, float, float]:
    """Σwy / Σwp with an interval: the Jeffreys interval of the observed rate over the mean prediction.

    The observed rate is taken as binomial at the effective number of rows (fewer where several belong to one
    organisation), which is a little wide where the predictions differ much. (NaN, NaN, NaN) where nothing is expected
    and nothing was observed.
    """
    total = float(np.sum(weight))
    rate, mean = float(np.sum(weight * y)) / total, float(np.sum(weight * p)) / total
    if mean <= 0:
        return (float("nan"),) * 3 if rate == 0 else (float("inf"), float("nan"), float("inf"))
    n = rows_worth(weight, clusters)
    low, high = jeffreys(rate * n, n, level)
    return rate / mean, float(low) / mean, float(high) / mean

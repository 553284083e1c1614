"""Tails of counts, summed term by term: Poisson, negative binomial, binomial and hypergeometric."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log1p

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHUNK = 65_536  # most terms of a tail that are held at once
REST = 1e-17  # of a sum: what lies beyond no longer changes it


def no_arrival(rate: float, time: float) -> float:
    """P(N = 0) of a Poisson count with `rate` per unit over `time`: e^(−rate × time)."""
    return exp(-rate * time)


def negative_binomial(count: int, mean: float, variance: float) -> tuple[float, float]:
    """(P(N ≤ count), P(N ≥ count)) of a count with this mean and variance ≥ mean; Poisson where they are equal.

    With r = mean² / (variance − mean) and p = r / (r + mean): P(N = k) = Γ(k + r) / (k! Γ(r)) p^r (1 − p)^k, so that
    P(N = k + 1) / P(N = k) = (mean + k y) / ((k + 1) (1 + y)), y = (variance − mean) / mean. Each tail is the sum of
    its own terms; only an upper tail of a half or more is taken as what the terms below it leave of one.
    """
    if mean <= 0 or variance < mean:
        raise ValueError(f"a mean above 0 and a variance not below it are needed, not {mean} and {variance}")
    y = (variance - mean) / mean

    def log_ratio(k: Floats) -> Floats:
        return np.log(mean + k * y) - np.log((k + 1) * (1 + y))

    start = -mean * (log1p(y) / y if y else 1.0)
    terms = start + _cumulate(log_ratio(np.arange(count, dtype=np.float64)))
    low = float(np.exp(terms).sum())
    below = float(np.exp(terms[:-1]).sum())
    if below <= 0.5:
        return min(1.0, low), 1.0 - below
    return min(1.0, low), min(1.0, exp(float(terms[-1])) * _sum_onward(log_ratio, count, y / (1 + y)))


def binomial_upper(count: int, trials: int, share: float) -> float:
    """P(N ≥ count) of a binomial count."""
    if not 0 <= count <= trials or not 0 <= share <= 1:
        raise ValueError(f"{count} of {trials} with share {share} is no binomial count")
    if count == 0 or share == 1:
        return 1.0
    if share == 0:
        return 0.0
    k = np.arange(trials, dtype=np.float64)
    return _share_from(count, np.log(trials - k) - np.log(k + 1) + (np.log(share) - log1p(-share)))


def hypergeometric_upper(hits: int, drawn: int, others: int, others_drawn: int) -> float:
    """P(at least `hits` of `drawn`), hits and `others` of `others_drawn` falling at random: one-sided Fisher."""
    all_hits = hits + others
    least = max(0, all_hits - others_drawn)
    k = np.arange(least, min(drawn, all_hits), dtype=np.float64)
    return _share_from(
        hits - least,
        np.log(drawn - k) + np.log(all_hits - k) - np.log(k + 1) - np.log(others_drawn - all_hits + k + 1),
    )


def _cumulate(log_ratios: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(log_ratios)])


def _share_from(place: int, log_ratios: Floats) -> float:
    """Share of the terms from `place` on, of terms of which each is the one before times its ratio."""
    terms = _cumulate(log_ratios)
    whole, tail = float(terms.max()), float(terms[place:].max())
    parts = float(np.exp(terms[place:] - tail).sum()) / float(np.exp(terms - whole).sum())
    return min(1.0, exp(tail - whole) * parts)


def _sum_onward(log_ratio: Callable[[Floats], Floats], count: int, limit: float) -> float:
    """Σ P(N = k) / P(N = count) over k ≥ count, for ratios that tend to `limit`, until the rest no longer counts."""
    sums, level, size = [1.0], 0.0, 64
    while True:
        steps = level + np.cumsum(log_ratio(np.arange(count, count + size, dtype=np.float64)))
        sums.append(float(np.exp(steps).sum()))
        level, count, size = float(steps[-1]), count + size, min(2 * size, CHUNK)
        ratio = max(limit, exp(float(log_ratio(np.array([float(count)]))[0])))
        if ratio < 1 and exp(level) <= REST * (1 - ratio) * sum(sums):
            return sum(reversed(sums))  # from the far end: the smallest first

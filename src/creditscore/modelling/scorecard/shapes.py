"""Shapes of a column over its ordered bins: which trend fits, and the fewest bins that keep it.

`increasing` and `decreasing` speak of the event rate along the value; `peak` rises, then falls; `valley` falls, then
rises; `monotone` is the better of the first two, `auto` the best of the four where a turn must earn its place; `none`
leaves the shape free. `auto` leaves it free too where all four lose more than `FREE` per step: numbers that are codes
of kinds have no order to keep.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import UsageError

Floats = NDArray[np.float64]

TRENDS = ("none", "increasing", "decreasing", "monotone", "peak", "valley", "auto")
TURN = 3.84  # what a turn must gain in deviance: the 95 % point of χ² with one degree of freedom
FREE = 2 * TURN  # what each step from bin to bin must gain where no shape is held


def check_trend(trend: str, name: str = "trend") -> str:
    if trend not in TRENDS:
        raise UsageError("modelling.unknown_trend", trend=trend, where=name, allowed=TRENDS)
    return trend


def isotonic(values: Floats, weight: Floats) -> Floats:
    """The nearest sequence that never falls, by weighted squares (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for value, own in zip(values, weight, strict=True):
        mean, mass, count = float(value), float(own), 1
        while pools and pools[-1][0] >= mean:
            before, more, bins = pools.pop()
            mean = (before * more + mean * mass) / (more + mass) if more + mass > 0 else (before + mean) / 2
            mass, count = mass + more, count + bins
        pools.append((mean, mass, count))
    return np.repeat([p[0] for p in pools], [p[2] for p in pools]).astype(np.float64)


def prefix_losses(values: Floats, weight: Floats) -> Floats:
    """Weighted squares lost when the first 0, 1, … values are made not to fall; one pass."""
    out = np.zeros(len(values) + 1)
    pools: list[tuple[float, float]] = []
    pooled_squares = squares = 0.0
    for place, (value, own) in enumerate(zip(values, weight, strict=True)):
        mean, mass = float(value), float(own)
        squares += mass * mean * mean
        while pools and pools[-1][0] >= mean:
            before, more = pools.pop()
            pooled_squares -= more * before * before
            mean = (before * more + mean * mass) / (more + mass) if more + mass > 0 else (before + mean) / 2
            mass += more
        pools.append((mean, mass))
        pooled_squares += mass * mean * mean
        out[place + 1] = max(squares - pooled_squares, 0.0)
    return out


def turned(values: Floats, weight: Floats, sign: int) -> tuple[float, tuple[int, ...]]:
    """(loss, signs) of the best rise up to a turn and fall after it (sign 1), or the reverse (-1)."""
    k = len(values)
    before = prefix_losses(sign * values, weight)
    after = prefix_losses(sign * values[::-1], weight[::-1])[::-1]
    m = 1 + int(np.argmin((before + after)[1:k]))
    return float(before[m] + after[m]), (sign,) * (m - 1) + (0,) + (-sign,) * (k - 1 - m)


def projected(values: Floats, weight: Floats, signs: tuple[int, ...]) -> Floats:
    """`values` made to keep the sign pattern: one or two isotonic stretches, free where the pattern has 0."""
    out = np.empty_like(values)
    breaks = [0, *[i + 1 for i, s in enumerate(signs) if s == 0], len(values)]
    for a, b in itertools.pairwise(breaks):
        s = signs[a] if a < b - 1 else 1
        out[a:b] = s * isotonic(s * values[a:b], weight[a:b])
    return out


def choose(values: Floats, weight: Floats, trend: str) -> tuple[str, tuple[int, ...]]:
    """The trend that loses least weighted squares, and its sign pattern: the sign of each step from bin to bin, 0 where
    it is free. `weight`: curvature, so that loss is deviance.
    """
    k = len(values)
    if trend == "none" or k < 2:
        return "none", (0,) * max(k - 1, 0)
    rows: list[tuple[float, str, tuple[int, ...]]] = []
    if trend in {"increasing", "monotone", "auto"}:
        rows.append((float(prefix_losses(values, weight)[-1]), "increasing", (1,) * (k - 1)))
    if trend in {"decreasing", "monotone", "auto"}:
        rows.append((float(prefix_losses(-values, weight)[-1]), "decreasing", (-1,) * (k - 1)))
    price = TURN if trend == "auto" else 0.0
    for name, sign in (("peak", 1), ("valley", -1)):
        if trend in {name, "auto"} and (k > 2 or trend == name):
            loss, signs = turned(values, weight, sign)
            rows.append((loss + price, name, signs))
    if trend == "auto":
        rows.append((FREE * (k - 1), "none", (0,) * (k - 1)))
    _, name, signs = min(rows, key=lambda f: f[0])
    return name, signs


def segments(events: Floats, counts: Floats, most: int, least: float, gain: float) -> list[int]:
    """Starts of the segments of neighbouring bins with the greatest likelihood, by dynamic programming.

    At most `most` segments, each of at least `least` rows where the whole has that many; a further segment must add
    `gain` to the log-likelihood.
    """
    k = len(counts)
    e, n = np.concatenate([[0.0], np.cumsum(events)]), np.concatenate([[0.0], np.cumsum(counts)])
    bad, all_ = e[None, :] - e[:, None], n[None, :] - n[:, None]  # [i, j]: bins i to j - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        good = all_ - bad
        log_likelihood = np.where(bad > 0, bad * np.log(bad / all_), 0.0) + np.where(
            good > 0, good * np.log(good / all_), 0.0
        )
    log_likelihood[(all_ < least) | (np.tri(k + 1, dtype=bool))] = -np.inf
    if k == 0 or not np.isfinite(log_likelihood[0, k]):
        return [0]
    best, back = [log_likelihood[0].copy()], [np.zeros(k + 1, dtype=np.intp)]
    for _ in range(1, min(most, k)):
        total = best[-1][:, None] + log_likelihood - gain
        back.append(total.argmax(axis=0))
        best.append(total.max(axis=0))
    pieces = int(np.argmax([b[k] for b in best]))
    starts, end = [], k
    for level in range(pieces, 0, -1):
        end = int(back[level][end])
        starts.append(end)
    return [0, *reversed(starts)]

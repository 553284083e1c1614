"""Shapes of a column over its ordered bins: which trend fits, and the fewest bins that keep it.

`increasing` and `decreasing` speak of the event rate along the value; `peak` rises, then falls; `valley` falls, then
rises; `monotone` is the better of the first two, `auto` the best of the four where a turn must earn its place; `none`
leaves the shape free.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from creditscore.errors import UsageError

Floats = NDArray[np.float64]

TRENDS = ("none", "increasing", "decreasing", "monotone", "peak", "valley", "auto")
TURN = 10.8  # what a turn must gain in deviance: χ² with one degree of freedom, beyond which 0.1 % lie by chance


def check_trend(trend: str, name: str = "trend") -> str:
    if trend not in TRENDS:
        raise UsageError(f"unknown trend {trend!r}", where=name, allowed=TRENDS)
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


def candidates(trend: str, bins: int) -> list[tuple[str, list[tuple[int, ...]]]]:
    """(trend, sign patterns of the bins - 1 steps) that `trend` allows; one pattern for each place of a turn."""
    steps = bins - 1
    rise, fall = ("increasing", [(1,) * steps]), ("decreasing", [(-1,) * steps])
    turns = {
        name: (name, [(s,) * (m - 1) + (0,) + (-s,) * (steps - m) for m in range(1, bins)])
        for name, s in (("peak", 1), ("valley", -1))
    }
    return {
        "increasing": [rise],
        "decreasing": [fall],
        "monotone": [rise, fall],
        "peak": [turns["peak"]],
        "valley": [turns["valley"]],
        "auto": [rise, fall, turns["peak"], turns["valley"]],
    }[trend]


def projected(values: Floats, weight: Floats, signs: tuple[int, ...]) -> Floats:
    """`values` made to keep the sign pattern: one or two isotonic stretches, free where the pattern has 0."""
    out = np.empty_like(values)
    breaks = [0, *[i + 1 for i, s in enumerate(signs) if s == 0], len(values)]
    for a, b in itertools.pairwise(breaks):
        s = signs[a] if a < b - 1 else 1
        out[a:b] = s * isotonic(s * values[a:b], weight[a:b])
    return out


def choose(values: Floats, weight: Floats, trend: str) -> tuple[str, tuple[int, ...]]:
    """The trend that loses least weighted squares, and its sign pattern. `weight`: curvature, so that loss is
    deviance.
    """
    if trend == "none" or len(values) < 2:
        return "none", (0,) * max(len(values) - 1, 0)
    found = []
    for order, (name, patterns) in enumerate(candidates(trend, len(values))):
        for signs in patterns:
            loss = float(weight @ (values - projected(values, weight, signs)) ** 2)
            price = TURN if trend == "auto" and name in {"peak", "valley"} else 0.0
            found.append((loss + price, order, name, signs))
    _, _, name, signs = min(found)
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
        value = np.where(bad > 0, bad * np.log(bad / all_), 0.0) + np.where(good > 0, good * np.log(good / all_), 0.0)
    value[(all_ < least) | (np.tri(k + 1, dtype=bool))] = -np.inf
    if k == 0 or not np.isfinite(value[0, k]):
        return [0]
    best, back = [value[0].copy()], [np.zeros(k + 1, dtype=np.intp)]
    for _ in range(1, min(most, k)):
        total = best[-1][:, None] + value - gain
        back.append(total.argmax(axis=0))
        best.append(total.max(axis=0))
    number = int(np.argmax([b[k] for b in best]))
    starts, end = [], k
    for level in range(number, 0, -1):
        end = int(back[level][end])
        starts.append(end)
    return [0, *reversed(starts)]

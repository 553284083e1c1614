"""Is a grade fragile: would other weights, each at most a tenth larger or smaller, give another one? Decided exactly.

With weights w the score reaches an edge e if and only if Σ over groups of h(w) ≥ 0, where h is the group's sum of
w·(value − e + ½), held between the same sums of its limits. The sum parts into groups, so the largest and the smallest
value over all admissible weights are found group by group: in closed form without limits, else as the least value of
a convex function with few corners. Hard rules and the coverage stay as they are.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from creditscore.composite.score import Function, GroupPart, Ints, places, points, raw

LESS, MORE = 9, 11  # tenths
Bools = NDArray[np.bool_]


def fragile(f: Function, values: Ints, ceilings: Ints, less: int = LESS, more: int = MORE) -> Bools:
    """Whether some weights within the tenth give another grade; (rows,). A weakest link has no weights: never.

    values (rows, domains), ceilings (rows,) in points. `less` and `more` are tenths of the weight.
    """
    if f.weakest:
        return np.zeros(len(values), dtype=bool)
    edges = np.append(f.edges, 10**6)  # worst first; above the best grade there is none
    place = len(f.edges) - 1 - places(f, points(f, raw(f, values, ceilings)))
    above, own = edges[place + 1], edges[place]
    better = (above <= ceilings) & _reached(f, values, above, less, more, up=True)
    return np.asarray(better | ((own > 0) & _reached(f, values, own, less, more, up=False)))


def _reached(f: Function, values: Ints, edge: Ints, less: int, more: int, up: bool) -> Bools:
    """Whether some weights bring the score to the edge or above (`up`), or below it."""
    sign = 1 if up else -1
    low, high = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
    open_parts: list[tuple[GroupPart, Ints, Ints, Ints]] = []
    for part in f.parts:
        span = slice(part.start, part.stop)
        w, y = f.weights[span], values[:, span]
        over = sign * (2 * y - (2 * edge - 1)[:, None])
        best = _best(over, w, less, more)
        if not part.limited:
            low, high = low + best, high + best
            continue
        # the larger limit only matters where the sum could pass it, the smaller one where it could not reach it
        top, floor = (part.at_most, part.at_least) if up else (part.at_least, part.at_most)
        cap, least = (sign * (2 * limit - (2 * edge - 1)) for limit in (top, floor))
        most, fewest = _times(cap, w, less, more), _times(least, w, less, more)
        at_best = np.minimum(_at(over, over, w, less, more), cap * _weight(over, w, less, more))
        at_cap = np.minimum(_at(over, np.broadcast_to(cap[:, None], over.shape), w, less, more), most)
        low = low + np.maximum(fewest, np.maximum(at_best, at_cap))
        high = high + np.maximum(fewest, np.minimum(best, most))
        open_parts.append((part, over, cap, least))
    sure, never = (low >= 0, high < 0) if up else (low > 0, high <= 0)
    result = sure.copy()
    for row in np.flatnonzero(~sure & ~never):
        total = sum(
            (
                Fraction(
                    int(
                        _best(
                            sign * (2 * values[[row], p.start : p.stop] - (2 * edge[row] - 1)),
                            f.weights[p.start : p.stop],
                            less,
                            more,
                        )[0]
                    )
                )
                for p in f.parts
                if not p.limited
            ),
            Fraction(0),
        )
        for part, over, cap, least in open_parts:
            w = f.weights[part.start : part.stop]
            total += max(_exact(over[row], int(cap[row]), w, less, more), _times(least[[row]], w, less, more)[0])
        result[row] = total >= 0 if up else total > 0
    return result


def _best(over: Ints, w: Ints, less: int, more: int) -> Ints:
    """The largest Σ w·over, each weight between its tenths."""
    return np.asarray((np.where(over > 0, more, less) * over) @ w)


def _times(factors: Ints, w: Ints, less: int, more: int) -> Ints:
    """The largest Σ w·factor, the same number for every domain."""
    return np.asarray(np.where(factors > 0, more, less) * factors * w.sum())


def _weight(toward: Ints, w: Ints, less: int, more: int) -> Ints:
    return np.asarray(np.where(toward > 0, more, less) @ w)


def _at(over: Ints, toward: Ints, w: Ints, less: int, more: int) -> Ints:
    """Σ w·over under the weights that are best for `toward`."""
    return np.asarray((np.where(toward > 0, more, less) * over) @ w)


def _exact(over: Ints, cap: int, w: Ints, less: int, more: int) -> Fraction:
    """The largest min(Σ w·over, Σ w·cap): by duality the least Σ max w·(t·cap + (1 − t)·over) over t in [0, 1]."""
    corners = {Fraction(0), Fraction(1)}
    corners |= {
        Fraction(int(value), int(value) - cap) for value in over if (value > 0) != (cap > 0) and int(value) != cap
    }
    shares = []
    for t in corners:
        mixed = [t * cap + (1 - t) * int(value) for value in over]
        shares.append(sum(((more if m > 0 else less) * m * int(k) for m, k in zip(mixed, w, strict=True)), Fraction(0)))
    return min(shares)

"""Exact allocation: how many visits each stratum gets, by largest remainder, with a minimum, in whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar

K = TypeVar("K", bound=tuple[str, ...])
OTHERS = "(others)"  # the stratum of those too few for one of their own


def class_total(units: int, rate: Fraction, lowest: Fraction, highest: Fraction | None) -> tuple[int, bool]:
    """Visits of a class of `units` organisations at `rate` each, and whether one visit breaks its upper bound.

    rate × units rounded half up, inside the bounds where a whole number lies there, and at least 1: a class with
    probability 0 is none. In a class so small that its upper bound is below one visit, one visit stands (True).

    >>> class_total(30, Fraction(1, 20), Fraction(0), Fraction(1, 20))
    (1, False)
    >>> class_total(10, Fraction(1, 20), Fraction(0), Fraction(1, 20))
    (1, True)
    """
    if units <= 0 or rate <= 0:
        return 0, False
    exact = rate * units
    total = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    total = max(total, -((-lowest * units) // 1))
    if highest is not None:
        total = min(total, highest * units // 1)
    return max(1, int(total)), highest is not None and highest * units < 1


def collapse(sizes: Mapping[K, int], total: int, minimum: int) -> dict[K, K]:
    """Stratum → the stratum in which it is drawn, so that `total` visits give every one of them its minimum.

    The smallest strata are joined, first to (others), until each of those left can have min(minimum, its size)
    visits. Nobody falls to probability 0.
    """
    ordered = sorted(sizes, key=lambda key: (sizes[key], key))
    for joined in range(len(ordered) + 1):
        if joined == 1 and len(ordered) > 1:
            continue  # joining one alone changes nothing
        ks = ordered[joined:]
        rest = sum(sizes[key] for key in ordered[:joined])
        needed = sum(min(minimum, sizes[key]) for key in ks) + min(minimum, rest)
        if needed <= total or joined == len(ordered):
            others = tuple(OTHERS for _ in ordered[0]) if ordered else ()
            return {key: others if key in ordered[:joined] else key for key in ordered}  # type: ignore[misc]
    return {}


def allocate(sizes: Mapping[K, int], total: int, minimum: int = 1) -> dict[K, int]:
    """`total` visits over strata in proportion to their sizes, by largest remainder, each at least min(minimum, size).

    Strata below their minimum get it, the rest is shared among the others in proportion, again until all stand.
    Ties of remainders go to the stratum that sorts first. Σ of the result = total where total ≥ Σ of the minimums,
    else the minimums.

    >>> allocate({("a",): 50, ("b",): 30, ("c",): 2}, 8)
    {('a',): 4, ('b',): 3, ('c',): 1}
    """
    least = {key: min(minimum, size) for key, size in sizes.items() if size > 0}
    fixed: dict[K, int] = {}
    while True:
        free = {key: sizes[key] for key in least if key not in fixed}
        left, whole = total - sum(fixed.values()), sum(free.values())
        below = [key for key in free if Fraction(left * sizes[key], whole) < least[key]]
        if not below:
            break
        fixed |= {key: least[key] for key in below}
    shares = {key: divmod(left * size, whole) for key, size in free.items()}
    result = {key: share for key, (share, _) in shares.items()}
    spare = left - sum(result.values()) if free else 0
    for key in sorted(shares, key=lambda share: (-shares[share][1], share))[:spare]:
        result[key] += 1
    return {key: (fixed | result).get(key, 0) for key in sorted(sizes)}

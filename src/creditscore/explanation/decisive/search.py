"""The smallest set of withdrawals that lies in a cell, how many there are of that size, and one of them.

A dynamic programme over the classes of a chain. A state is what stays so far, clipped where the rest cannot change the
answer; its value is the fewest withdrawals that lead to it and the number of such sets, an exact count by binomials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from creditscore.explanation.decisive.chain import Chain, Totals
from creditscore.explanation.decisive.facts import Work
from creditscore.explanation.decisive.parts import Inner

State = tuple[Totals, Inner]
Layer = dict[State, tuple[int, int]]


@dataclass(frozen=True)
class Smallest:
    """Sets of `size` withdrawals: how many, and the counts per class of one of them."""

    size: int
    sets: int
    counts: tuple[int, ...]


def smallest(chain: Chain, limit: int, work: Work) -> Smallest | None:
    """The smallest sets in the cell of at most `limit` withdrawals; None: there is none. TooMuch beyond the work."""
    bound = chain.bound()
    if bound is None or bound > limit:
        return None
    most = min(limit, chain.must + sum(chain.top))
    step = 1
    while bound < most:  # the bound is nearly always exact, and the fewer, the less there is to look at
        smallest_set = _within(chain, bound, work)
        if smallest_set is not None:
            return smallest_set
        bound, step = min(most, bound + step), 2 * step
    return _within(chain, most, work)


def _within(chain: Chain, limit: int, work: Work) -> Smallest | None:
    layers = _layers(chain, limit, work)
    if layers is None:
        return None
    ((_, (size, sets)),) = layers[-1].items()
    return Smallest(size, sets, _counts(chain, layers))


def _layers(chain: Chain, limit: int, work: Work) -> list[Layer] | None:
    """The states before the first class and behind each one."""
    start: State = ((0,) * len(chain.demands), ())
    layers: list[Layer] = [{start: (chain.must, 1)}]
    for i in range(len(chain.n)):
        before, after = layers[-1], Layer()
        top, n, open_ = chain.top[i], chain.n[i], chain.open_after(i)
        for (totals, inner), (used, sets) in before.items():
            work.take(1 + min(top, limit - used))
            for j in range(min(top, limit - used) + 1):
                state = _next(chain, totals, inner, i, n - j, limit - used - j, open_)
                if state is not None:
                    known = after.get(state)
                    if known is None or used + j < known[0]:
                        after[state] = (used + j, sets * comb(n, j))
                    elif used + j == known[0]:
                        after[state] = (used + j, known[1] + sets * comb(n, j))
        if not after:
            return None
        layers.append(after)
    return layers


def _next(chain: Chain, totals: Totals, inner: Inner, i: int, number: int, left: int, open_: bool) -> State | None:
    totals, inner = chain.advance(totals, inner, i, number)
    if chain.hopeless(totals, i, left, open_):
        return None
    return chain.clipped(totals, i), inner


def _counts(chain: Chain, layers: Sequence[Layer]) -> tuple[int, ...]:
    """Back from the end: how many of each class, those in front first."""
    ((state, (used, _)),) = layers[-1].items()
    limit = used
    counts = list(chain.forced)
    for i in reversed(range(len(chain.n))):
        state, used, j = _before(chain, layers[i], i, state, used, limit)
        counts[i] += j
    return tuple(counts)


def _before(chain: Chain, layer: Layer, i: int, state: State, used: int, limit: int) -> tuple[State, int, int]:
    for (totals, inner), (fewer, _) in layer.items():
        j = used - fewer
        if 0 <= j <= chain.top[i]:
            reached: Any = _next(chain, totals, inner, i, chain.n[i] - j, limit - used, chain.open_after(i))
            if reached == state:
                return (totals, inner), fewer, j
    raise AssertionError("a state without a way to it")

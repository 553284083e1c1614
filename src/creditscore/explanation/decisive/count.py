"""How many minimal sets a cell has, without listing them, where one sum alone has to be moved.

A set is minimal when what it gains reaches the need and what it gains without its least record does not. So a table of
(gain, least gain of one of its records) → number of sets says enough. The tables of parts combine; behind a cap nothing
is gained before the excess is gone, and a bucket falls level by level.
"""

from __future__ import annotations

from itertools import pairwise
from math import comb

from creditscore.explanation.decisive.chain import Chain
from creditscore.explanation.decisive.facts import INFINITE, Work
from creditscore.explanation.decisive.parts import Fold

Table = dict[tuple[int, int], int]
NOTHING: Table = {(0, INFINITE): 1}


def minimal_sets(chain: Chain, work: Work) -> int | None:
    """The number of minimal sets of the cell, forced records included; None where more than one sum matters."""
    if chain.odd or chain.downs or len(chain.useful) > 1 or chain.bound() is None:
        return None
    if not chain.useful:
        return 1
    ((m, up),) = chain.useful
    short, sets_by_gain = chain.short(m, up), NOTHING
    for p in range(len(chain.folds)):
        table = _part(chain, p, m, up, work)
        if table is None:
            return None
        sets_by_gain = _both(sets_by_gain, table, work, short)
    return sum(sets for (gain, least), sets in sets_by_gain.items() if gain >= short > gain - least)


def _part(chain: Chain, p: int, m: int, up: bool, work: Work) -> Table | None:
    part, demand = chain.game.parts[p], chain.demands[m]
    if not any(chain.top[i] for i in part.kinds):
        return NOTHING
    if demand.of in ("low", "high") and part.shape == "tree":
        return _tree(chain, chain.folds[p], int(demand.of == "high"), up, work)
    if demand.name in part.structured:
        return None
    sets_by_gain = NOTHING
    for i in part.kinds:
        weight = -chain.weights[i][m] if up else chain.weights[i][m]
        if chain.top[i] and weight > 0:
            sets_by_gain = _both(sets_by_gain, _several(weight, chain.n[i], chain.top[i]), work)
    return sets_by_gain


def _several(weight: int, n: int, top: int) -> Table:
    return {(weight * j, weight if j else INFINITE): comb(n, j) for j in range(top + 1)}


def _tree(chain: Chain, fold: Fold, measure: int, up: bool, work: Work) -> Table:
    total, group, item = NOTHING, NOTHING, NOTHING
    item_sum = group_sum = 0
    levels: dict[int, list[int]] = {}
    for k, (kind, mark) in enumerate(zip(fold.kinds, fold.marks, strict=True)):
        i = fold.part.kinds[k]
        weight = kind.high if (measure == 0) == (kind.sign < 0) else kind.low
        n, top = chain.n[i], chain.top[i]
        if kind.block and n:
            level = levels.setdefault(weight, [0, 0])
            level[0], level[1] = level[0] + n, level[1] + top
        elif not kind.block and weight:
            item = _both(item, _several(weight, n, top), work)
            item_sum += weight * n
        if mark.bucket and levels:
            item = _both(item, _bucket(levels), work)
            item_sum += max(levels)
            levels = {}
        if mark.item:
            group = _both(group, _over(item, item_sum - mark.cap), work)
            group_sum += min(item_sum, mark.cap)
            item, item_sum = NOTHING, 0
            if mark.group or kind.path[0] is None:
                if (kind.sign < 0) == up:
                    total = _both(total, _over(group, group_sum - mark.group_cap), work)
                group, group_sum = NOTHING, 0
    return total


def _bucket(levels: dict[int, list[int]]) -> Table:
    """All records of the heaviest weights go, so that the next weight counts."""
    sets_by_gain, weights = dict(NOTHING), [*sorted(levels, reverse=True), 0]
    for weight, after in pairwise(weights):
        n, top = levels[weight]
        if top < n or not weight:
            break
        sets_by_gain[weights[0] - after, weight - after] = 1
    return sets_by_gain


def _over(table: Table, excess: int) -> Table:
    """Behind a cap: what lies above it has to go before anything is gained."""
    if excess <= 0:
        return table
    sets_by_gain = dict(NOTHING)
    for (gain, least), sets in table.items():
        if gain > excess:
            place = gain - excess, min(least, gain - excess)
            sets_by_gain[place] = sets_by_gain.get(place, 0) + sets
    return sets_by_gain


def _both(first: Table, second: Table, work: Work, short: int = INFINITE) -> Table:
    """Two tables together; sets that are already more than minimal are left out."""
    work.take(len(first) * len(second))
    sets_by_gain: Table = {}
    for (gain, least), sets in first.items():
        for (more, other), ways in second.items():
            place = gain + more, min(least, other)
            if place[0] - place[1] < short:
                sets_by_gain[place] = sets_by_gain.get(place, 0) + sets * ways
    return sets_by_gain

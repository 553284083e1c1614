"""Exact Shapley values of the composite, and their split into whole points.

v(S) is the score, unrounded, when the domains in S are known and the others stand at their reference; a ceiling acts in
v(S) when the domain that brings it is in S. A domain's share is the mean of v(S ∪ {d}) − v(S) over all orders in which
domains can become known (Shapley 1953). Integers throughout: the common denominator of all shares is the least common
multiple of 1 to the number of domains.
"""

from __future__ import annotations

from math import comb, lcm

import numpy as np

from creditscore.composite.config import MOST_DOMAINS, TOP
from creditscore.composite.score import Function, Ints, held

PARTS = lcm(*range(1, MOST_DOMAINS + 1))  # of 1 / Σ weights of a point
ROOM = 1 << 21  # numbers held at once


def shares(f: Function, values: Ints, ceilings: Ints) -> Ints:
    """Shapley value of each domain in each row, × PARTS × Σ weights; (rows, domains).

    values (rows, domains): 0..1000, the reference where a domain is not known. ceilings (rows, domains): the ceiling in
    points that a domain's facts bring, 1000 for none. Σ over domains = raw score − raw score of the reference, × PARTS.
    """
    result = np.zeros(values.shape, dtype=np.int64)
    moved = (values - f.reference) * f.weights
    active = ceilings < TOP
    active |= (values != f.reference) & (f.weights > 0) if f.weakest else moved != 0
    plain = _plain(f, values, ceilings)
    result[plain] = moved[plain] * PARTS
    rest = np.flatnonzero(~plain)
    # rows with the same domains at work are handled together
    codes = active[rest] @ (1 << np.arange(values.shape[1], dtype=np.int64))
    order = np.argsort(codes, kind="stable")
    for alike in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        rows = rest[alike]
        players = np.flatnonzero(active[rows[0]]) if len(rows) else rows
        if not len(players):
            continue
        size = max(1, ROOM >> len(players))
        weights = _matrix(len(players))
        for k in range(0, len(rows), size):
            row = rows[k : k + size]
            all_sets = _all_sets(f, values[row], ceilings[row], players)
            result[row[:, None], players] = all_sets @ weights
    return result


def _plain(f: Function, values: Ints, ceilings: Ints) -> np.ndarray:
    """Rows in which no limit and no ceiling can act, whatever is known: there every domain gets what it moves."""
    if f.weakest:
        return np.zeros(len(values), dtype=bool)
    best, worst = np.maximum(values, f.reference), np.minimum(values, f.reference)
    plain = np.ones(len(values), dtype=bool)
    for part in f.parts:
        if part.limited:
            weights = f.weights[part.start : part.stop]
            plain &= best[:, part.start : part.stop] @ weights <= part.at_most * weights.sum()
            plain &= worst[:, part.start : part.stop] @ weights >= part.at_least * weights.sum()
    return np.asarray(plain & (best @ f.weights <= ceilings.min(axis=1) * f.total))


def _all_sets(f: Function, values: Ints, ceilings: Ints, players: Ints) -> Ints:
    """v of every set of players, (rows, 2^players); player k is bit k, the others stay as they are."""
    count = len(values)
    top = np.full((count, 1), TOP, dtype=np.int64)
    for player in players:
        top = np.concatenate([top, np.minimum(top, ceilings[:, [player]])], axis=1)
    if f.weakest:
        others = np.setdiff1d(np.flatnonzero(f.weights > 0), players)
        least = np.full((count, 1), f.reference[others].min() if len(others) else TOP, dtype=np.int64)
        for player in players:
            weighs = f.weights[player] > 0  # one without weight only brings its ceiling
            without = np.minimum(least, f.reference[player]) if weighs else least
            least = np.concatenate([without, np.minimum(least, values[:, [player]]) if weighs else least], axis=1)
        return np.minimum(least, top) * f.total
    total = np.zeros((count, 1), dtype=np.int64)
    for part in f.parts:
        span = slice(part.start, part.stop)
        sums = np.full((count, 1), f.weights[span] @ f.reference[span], dtype=np.int64)
        for player in players[(players >= part.start) & (players < part.stop)]:
            moved = f.weights[player] * (values[:, [player]] - f.reference[player])
            sums = np.concatenate([sums, sums + moved], axis=1)
        sums = held(part, f, sums)
        total = (sums[:, :, None] + total[:, None, :]).reshape(count, -1)
    return np.minimum(total, top * f.total)


def _matrix(count: int) -> Ints:
    """(2^count, count): by what v of a set counts in the value of a player, × PARTS."""
    sets = np.arange(1 << count, dtype=np.int64)
    members = (sets[:, None] >> np.arange(count)) & 1
    size = members.sum(axis=1)
    # |S|! (count − |S| − 1)! / count! = 1 / (count · C(count − 1, |S|))
    weight = np.array([PARTS // (count * comb(count - 1, s)) for s in range(count)] + [0], dtype=np.int64)
    return np.asarray(np.where(members == 1, weight[size - 1][:, None], -weight[size][:, None]))


def whole(f: Function, parts: Ints, total: Ints) -> Ints:
    """Shares as whole points that add up to `total` in each row: the largest remainders are rounded up, ties in the
    order of the domains. A share of exactly 0 stays 0.
    """
    unit = PARTS * f.total
    down, rest = np.divmod(parts, unit)
    lacking = total - down.sum(axis=1)
    place = np.empty_like(rest)
    np.put_along_axis(place, np.argsort(-rest, axis=1, kind="stable"), np.arange(parts.shape[1])[None, :], axis=1)
    return np.asarray(down + (place < lacking[:, None]))

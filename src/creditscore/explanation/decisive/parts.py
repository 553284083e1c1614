"""What a part of bound records is worth, class by class: buckets, caps, groups, pools, shared keys, odd ones.

A part is read from its first class to its last; `step` takes how many records of the class stay, `finish` gives the
part's signed points and the facts that only it knows. `gains` bounds what `j` withdrawals can change at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from creditscore.explanation.decisive.facts import INFINITE, amount_of
from creditscore.explanation.decisive.game import Game, Kind, RulePart, odd_value

Inner = tuple[Any, ...]
Worth = tuple[int, int, dict[str, int]]  # signed low and high, facts


@dataclass(frozen=True)
class Marks:
    """What ends with a class: its bucket, its item, its group, and their caps."""

    bucket: bool = False
    item: bool = False
    cap: int = INFINITE
    group: bool = False
    group_cap: int = INFINITE


class Fold:
    """One part, ready to be read: what stays so far is a pair, of points and of the keys that facts count."""

    def __init__(self, game: Game, part: RulePart) -> None:
        self.game, self.part = game, part
        self.kinds: list[Kind] = [game.kinds[i] for i in part.kinds]
        self.marks = [self._marks(k) for k in range(len(self.kinds))]
        self._odd: dict[Inner, tuple[int, int]] = {}

    def _marks(self, k: int) -> Marks:
        mine = self.kinds[k].path
        after = self.kinds[k + 1].path if k + 1 < len(self.kinds) else None
        if self.part.shape == "pool":
            return Marks(item=mine != after)
        if self.part.shape != "tree":
            return Marks()
        bucket = mine != after or not self.kinds[k].block
        return Marks(
            bucket,
            bucket if mine[:2] == (None, None) else after is None or mine[:2] != after[:2],
            self.part.caps.get(mine[1], INFINITE),
            mine[0] is not None and (after is None or mine[0] != after[0]),
            self.part.caps.get(mine[0], INFINITE),
        )

    def start(self) -> Inner:
        keys: Inner = tuple(frozenset() for _ in self.part.structured)
        return {"tree": (0,) * 8, "pool": (0, False, INFINITE, 0), "odd": ()}[self.part.shape], keys

    def step(self, inner: Inner, k: int, number: int, only: int = 0) -> Inner:
        """`only`: count the points of this sign alone."""
        points, keys = inner
        kind, mark = self.kinds[k], self.marks[k]
        if number and kind.keys:
            keys = tuple(seen if key is None else seen | {key} for seen, key in zip(keys, kind.keys, strict=True))
        if self.part.shape == "tree":
            return self._climb(points, kind, mark, 0 if only == -kind.sign else number), keys
        if self.part.shape == "odd":
            return (*points, number), keys
        items, present, low, high = points
        if number:
            present, low, high = True, min(low, kind.low), max(high, kind.high)
        return ((items + present, False, low, high) if mark.item else (items, present, low, high)), keys

    def _climb(self, points: Inner, kind: Kind, mark: Marks, number: int) -> Inner:
        """Bucket, item, group, total: each passes on what it is worth when it ends."""
        tl, th, gl, gh, il, ih, bl, bh = points
        if number and kind.block:
            bl, bh = max(bl, kind.low), max(bh, kind.high)
        elif number:
            il, ih = il + number * kind.low, ih + number * kind.high
        if mark.bucket:
            il, ih, bl, bh = il + bl, ih + bh, 0, 0
        if mark.item:
            gl, gh, il, ih = gl + min(il, mark.cap), gh + min(ih, mark.cap), 0, 0
            if mark.group or kind.path[0] is None:
                gl, gh = min(gl, mark.group_cap), min(gh, mark.group_cap)
                tl, th = (tl + gl, th + gh) if kind.sign > 0 else (tl - gh, th - gl)
                gl = gh = 0
        return tl, th, gl, gh, il, ih, bl, bh

    def finish(self, inner: Inner) -> Worth:
        points, keys = inner
        if self.part.shape == "tree":
            return points[0], points[1], self._facts(keys)
        if self.part.shape == "pool":
            items, _, low, high = points
            low = low if items == self.part.whole else 0
            return (low, high, self._facts(keys)) if self.part.sign > 0 else (-high, -low, self._facts(keys))
        if points not in self._odd:
            records = [i for kind, k in zip(self.kinds, points, strict=True) if k for i in kind.records]
            self._odd[points] = odd_value(self.game, records)
        return (*self._odd[points], self._facts(keys))

    def _facts(self, met: Inner) -> dict[str, int]:
        readings = self.game.facts.readings
        return {name: amount_of(readings[name], keys) for name, keys in zip(self.part.structured, met, strict=True)}

    def value(self, counts: Sequence[int], only: int = 0) -> Worth:
        inner = self.start()
        for k, count in enumerate(counts):
            inner = self.step(inner, k, count, only)
        return self.finish(inner)

    def bounds(self, most: Sequence[int], fewest: Sequence[int]) -> tuple[Worth, Worth]:
        """Lowest and highest worth when of each class between `fewest` and `most` records stay."""
        full, bare = self.value(most)[2], self.value(fewest)[2]
        there = [kind for kind, n in zip(self.kinds, most, strict=True) if n]
        if self.part.shape == "odd":
            down, up = sum(min(kind.low, 0) for kind in there), sum(max(kind.high, 0) for kind in there)
            low, high = (down, down), (up, up)
        elif self.part.shape == "pool":
            top = max((kind.high for kind in there), default=0)
            low, high = ((0, 0), (top, top)) if self.part.sign > 0 else ((-top, -top), (0, 0))
        else:
            taken, given = ([self.value(counts, sign) for counts in (most, fewest)] for sign in (-1, 1))
            low = taken[0][0] + given[1][0], taken[0][1] + given[1][1]
            high = taken[1][0] + given[0][0], taken[1][1] + given[0][1]
        return (*low, {name: min(full[name], bare[name]) for name in full}), (*high, full)

    def gains(self, measure: int, up: bool, top: Sequence[int], counts: Sequence[int], size: int) -> list[int]:
        """Of a tree: how far its points (0: low, 1: high) move up or down at most with 0 … `size` withdrawals."""
        total, group, item = [0], [0], [0]
        item_sum = group_sum = 0
        levels: list[tuple[int, int, int]] = []
        for k, (kind, mark) in enumerate(zip(self.kinds, self.marks, strict=True)):
            heavy = (measure == 0) == (kind.sign < 0)  # the higher numbers of the records stand behind it
            weight = kind.high if heavy else kind.low
            if kind.block:
                levels.append((weight, counts[k], top[k]))
            else:
                item = widen(item, [weight * j for j in range(min(top[k], size) + 1)], size)
                item_sum += weight * counts[k]
            if mark.bucket and levels:
                item = widen(item, _bucket_gains(levels, size), size)
                item_sum += max((weight for weight, n, _ in levels if n), default=0)
                levels = []
            if mark.item:
                group = widen(group, _capped(item, item_sum, mark.cap), size)
                group_sum += min(item_sum, mark.cap)
                item, item_sum = [0], 0
                if mark.group or kind.path[0] is None:
                    if (kind.sign < 0) == up:
                        total = widen(total, _capped(group, group_sum, mark.group_cap), size)
                    group, group_sum = [0], 0
        return total


def widen(first: Sequence[int], second: Sequence[int], size: int) -> list[int]:
    """The most that two parts gain together with 0, 1, … `size` withdrawals; both given never fall."""
    if len(second) == 1 and not second[0]:
        return list(first)
    length = min(len(first) + len(second) - 1, size + 1)
    best_gains = [0] * length
    for a, gained in enumerate(first[:length]):
        for b, more in enumerate(second[: length - a]):
            if gained + more > best_gains[a + b]:
                best_gains[a + b] = gained + more
    return list(accumulate(best_gains, max))


def _capped(gains: Sequence[int], total: int, cap: int) -> list[int]:
    over = max(0, total - cap)
    return [max(0, gain - over) for gain in gains]


def _bucket_gains(levels: list[tuple[int, int, int]], size: int) -> list[int]:
    """A bucket falls to its next weight when all heavier records are gone."""
    ordered = sorted((level for level in levels if level[1]), reverse=True)
    gains, gone = [0], 0
    for k, (_, count, top) in enumerate(ordered):
        if top < count:
            break
        gone += count
        after = ordered[k + 1][0] if k + 1 < len(ordered) else 0
        gains += [gains[-1]] * (min(gone, size + 1) - len(gains))
        if gone <= size:
            gains = [*gains[:gone], ordered[0][0] - after]
    return gains

"""What a part of bound records is worth, class by class: buckets, caps, groups, pools, shared keys, odd ones.

A part is read from its first class to its last; `step` takes how many records of the class stay, `finish` gives the
part's signed points and the facts that only it knows. `gains` bounds what `j` withdrawals can change at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from creditscore.explanation.decisive_facts import INFINITE, amount_of
from creditscore.explanation.decisive_game import Game, Kind, Part, odd_value

Inner = tuple[Any, ...]
Worth = tuple[int, int, dict[str, int]]  # signed low and high, facts
NOTHING: Worth = (0, 0, {})


@dataclass(frozen=True)
class Marks:
    """What ends with a class: its bucket, its item (with the cap)."""

    bucket: bool
    item: bool
    cap: int


class Fold:
    """One part, ready to be read."""

    def __init__(self, game: Game, part: Part) -> None:
        self.game, self.part = game, part
        self.kinds: list[Kind] = [game.kinds[i] for i in part.kinds]
        self.marks = [self._marks(k) for k in range(len(self.kinds))]
        self.group_cap = INFINITE
        if part.shape == "tree":
            self.group_cap = part.caps.get(self.kinds[0].path[0], INFINITE)
        self._odd: dict[Inner, tuple[int, int]] = {}

    def _marks(self, k: int) -> Marks:
        if self.part.shape not in ("tree", "pool"):
            return Marks(False, False, INFINITE)
        mine = self.kinds[k].path
        after = self.kinds[k + 1].path if k + 1 < len(self.kinds) else None
        if self.part.shape != "tree":
            return Marks(mine != after, mine != after, INFINITE)
        ends = after is None or mine[:2] != after[:2]
        return Marks(mine != after or not self.kinds[k].block, ends, self.part.caps.get(mine[1], INFINITE))

    def start(self) -> Inner:
        keys: Inner = tuple(frozenset() for _ in self.part.structured)
        return {"tree": (0, 0, 0, 0, 0, 0), "pool": (0, False, INFINITE, 0), "odd": ((), keys), "keys": keys}[
            self.part.shape
        ]

    def step(self, inner: Inner, k: int, kept: int) -> Inner:
        kind, mark = self.kinds[k], self.marks[k]
        match self.part.shape:
            case "tree":
                gl, gh, il, ih, bl, bh = inner
                if kept and kind.block:
                    bl, bh = max(bl, kind.low), max(bh, kind.high)
                elif kept:
                    il, ih = il + kept * kind.low, ih + kept * kind.high
                if mark.bucket:
                    il, ih, bl, bh = il + bl, ih + bh, 0, 0
                if mark.item:
                    gl, gh, il, ih = gl + min(il, mark.cap), gh + min(ih, mark.cap), 0, 0
                return gl, gh, il, ih, bl, bh
            case "pool":
                items, present, low, high = inner
                if kept:
                    present, low, high = True, min(low, kind.low), max(high, kind.high)
                return (items + present, False, low, high) if mark.item else (items, present, low, high)
            case "keys":
                return _met(inner, kind.path) if kept else inner
            case "odd":
                return (*inner[0], kept), _met(inner[1], kind.path) if kept else inner[1]
        raise AssertionError(self.part.shape)

    def finish(self, inner: Inner) -> Worth:
        match self.part.shape:
            case "tree":
                return self._signed(min(inner[0], self.group_cap), min(inner[1], self.group_cap))
            case "pool":
                items, _, low, high = inner
                return self._signed(low if items == self.part.whole else 0, high)
            case "keys":
                return 0, 0, self._facts(inner)
            case "odd":
                if inner[0] not in self._odd:
                    kept = [i for kind, k in zip(self.kinds, inner[0], strict=True) if k for i in kind.records]
                    self._odd[inner[0]] = odd_value(self.game, kept)
                return (*self._odd[inner[0]], self._facts(inner[1]))
        return NOTHING

    def _facts(self, met: Inner) -> dict[str, int]:
        readings = self.game.facts.readings
        return {name: amount_of(readings[name], keys) for name, keys in zip(self.part.structured, met, strict=True)}

    def _signed(self, low: int, high: int) -> Worth:
        return (low, high, {}) if self.part.sign > 0 else (-high, -low, {})

    def value(self, kept: Sequence[int]) -> Worth:
        inner = self.start()
        for k, count in enumerate(kept):
            inner = self.step(inner, k, count)
        return self.finish(inner)

    def bounds(self, most: Sequence[int], fewest: Sequence[int]) -> tuple[Worth, Worth]:
        """Lowest and highest worth when of each class between `fewest` and `most` records stay."""
        full, bare = self.value(most), self.value(fewest)
        low = [min(full[0], bare[0]), min(full[1], bare[1])]
        high = [max(full[0], bare[0]), max(full[1], bare[1])]
        if self.part.shape == "pool":
            top = max((kind.low for kind, n in zip(self.kinds, most, strict=True) if n), default=0)
            one = 1 if self.part.sign < 0 else 0  # where the doubtful end of a pool stands
            low[one], high[one] = (-top, 0) if one else (0, top)
        elif self.part.shape == "odd":
            there = [kind for kind, n in zip(self.kinds, most, strict=True) if n]
            low = [sum(min(kind.low, 0) for kind in there)] * 2
            high = [sum(max(kind.high, 0) for kind in there)] * 2
        facts = [{name: min(full[2][name], bare[2][name]) for name in full[2]}, full[2]]
        return (low[0], low[1], facts[0]), (high[0], high[1], facts[1])

    def gains(self, measure: int, top: Sequence[int], counts: Sequence[int], size: int) -> list[int] | None:
        """Of a tree: how far its points (0: low, 1: high, signed) move at most with 0, 1, … `size` withdrawals."""
        if self.part.shape != "tree":
            return None
        heavy = (measure == 0) == (self.part.sign < 0)  # the higher numbers of the records stand behind it
        group = item = bucket = [0]
        item_sum = group_sum = 0
        levels: list[tuple[int, int, int]] = []
        for k, kind in enumerate(self.kinds):
            weight = kind.high if heavy else kind.low
            if kind.block:
                levels.append((weight, counts[k], top[k]))
            else:
                item = widen(item, [weight * j for j in range(min(top[k], size) + 1)], size)
                item_sum += weight * counts[k]
            if self.marks[k].bucket and levels:
                bucket = _bucket_gains(levels, size)
                item = widen(item, bucket, size)
                item_sum += max((weight for weight, n, _ in levels if n), default=0)
                levels = []
            if self.marks[k].item:
                cap = self.marks[k].cap
                group = widen(group, _capped(item, item_sum, cap), size)
                group_sum += min(item_sum, cap)
                item, item_sum = [0], 0
        return _capped(group, group_sum, self.group_cap)


def _met(keys: Inner, more: Sequence[Any]) -> Inner:
    """The buckets seen so far, fact by fact, and those of one more record."""
    return tuple(seen if key is None else seen | {key} for seen, key in zip(keys, more, strict=True))


def widen(first: Sequence[int], second: Sequence[int], size: int) -> list[int]:
    """The most that two parts gain together with 0, 1, … `size` withdrawals; both given never fall."""
    if len(second) == 1 and not second[0]:
        return list(first)
    length = min(len(first) + len(second) - 1, size + 1)
    found = [0] * length
    for a, gained in enumerate(first[:length]):
        for b, more in enumerate(second[: length - a]):
            if gained + more > found[a + b]:
                found[a + b] = gained + more
    return list(accumulate(found, max))


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

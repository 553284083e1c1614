"""All sets of withdrawals in a cell of which no smaller one lies in it, as patterns: so many records of each class.

A depth-first walk over the classes, the heavy ones first. It withdraws no more once the cell is reached, turns back
where the rest cannot reach it, and passes over classes that have become useless (a heavier record of the bucket stays).
"""

from __future__ import annotations

from collections.abc import Iterator

from creditscore.explanation.decisive.chain import Chain, Totals
from creditscore.explanation.decisive.parts import Inner

Counts = tuple[int, ...]


class Walk:
    """Patterns of one cell; `stopped` tells whether the work ran out before the end."""

    def __init__(self, chain: Chain, steps: int, greedy: bool = False, most: int | None = None):
        self.most = most  # sets of more withdrawals are passed over
        self.chain, self.steps, self.taken, self.stopped = chain, steps, 0, False
        self.greedy = greedy  # as many of the heavy classes as there are: the first set found is a small one
        self.order = self._order()
        self.rests = [self._rest(place) for place in range(len(self.order) + 1)]
        self.strict = not chain.odd  # every class only helps: then one record less tells whether a set is minimal

    def _order(self) -> list[int]:
        """Parts with classes that help one demand and harm another come first, and are tried in full."""
        chain = self.chain
        loose = {chain.part_of[i] for i in chain.odd}
        parts = sorted(range(len(chain.folds)), key=lambda p: (p not in loose, p))
        self.loose = loose
        return parts

    def patterns(self) -> Iterator[Counts]:
        if self.chain.bound() is not None:
            counts = list(self.chain.forced)
            yield from self._from_part(0, (0,) * len(self.chain.demands), counts)

    def _rest(self, place: int) -> tuple[list[int], list[int], list[int]]:
        """Undisturbed, least and most amounts of the parts from `place` on."""
        chain = self.chain
        size = len(chain.demands)
        sums = [0] * size, [0] * size, [0] * size
        for p in self.order[place:]:
            first, after = chain.game.parts[p].kinds[0], chain.game.parts[p].kinds[-1] + 1
            for side, amounts in zip(sums, (chain.rest, chain.low, chain.high), strict=True):
                for m in range(size):
                    side[m] += amounts[first][m] - amounts[after][m]
        return sums

    def _tired(self) -> bool:
        """One step more, of a part or of a class in it: a part of many classes has as many ways as many parts."""
        self.stopped = self.stopped or self.taken >= self.steps
        self.taken += not self.stopped
        return self.stopped

    def _from_part(self, place: int, totals: Totals, counts: list[int]) -> Iterator[Counts]:
        if self._tired():
            return
        chain = self.chain
        rest, low, high = self.rests[place]
        demands = chain.demands
        settled = place >= len(self.loose)
        state = [0 if total is None else total for total in totals]
        if any(
            state[m] + high[m] < demand.least or state[m] + low[m] > demand.most for m, demand in enumerate(demands)
        ):
            return
        if settled:
            undisturbed = [state[m] + rest[m] for m in range(len(demands))]
            if all(demand.least <= undisturbed[m] <= demand.most for m, demand in enumerate(demands)):
                short_enough = self.most is None or sum(counts) <= self.most
                if short_enough and (not self.strict or self._needs_all(counts)):
                    yield tuple(counts)
                return
            if any(
                (undisturbed[m] < demands[m].least) if up else (undisturbed[m] > demands[m].most)
                for m, up in chain.downs
            ):
                return  # withdrawing more only takes this demand further away
        if place == len(self.order) or (self.most is not None and self._too_few(place, state, counts)):
            return
        part = chain.game.parts[self.order[place]]
        yield from self._in_part(place, part.kinds, 0, totals, (), counts)

    def _in_part(
        self, place: int, kinds: tuple[int, ...], k: int, totals: Totals, inner: Inner, counts: list[int]
    ) -> Iterator[Counts]:
        if self._tired():
            return
        chain, i = self.chain, kinds[k]
        free = self.order[place] in self.loose
        amounts = self._amounts(i, k, inner, free)
        for j in reversed(amounts) if self.greedy else amounts:
            ahead, inside = chain.advance(totals, inner, i, chain.n[i] - j)
            counts[i] = chain.forced[i] + j
            if k + 1 < len(kinds):
                yield from self._in_part(place, kinds, k + 1, ahead, inside, counts)
            else:
                yield from self._from_part(place + 1, ahead, counts)
            if self.stopped or (
                not self.greedy and not free and k + 1 == len(kinds) and self._reached(place + 1, ahead)
            ):
                break
        counts[i] = chain.forced[i]

    def _too_few(self, place: int, state: list[int], counts: list[int]) -> bool:
        """Whether the withdrawals that are left to `most` cannot reach the cell any more."""
        left = (self.most or 0) - sum(counts)
        if left < 0:
            return True
        if self.loose:
            return False
        for (m, up), best in self.chain.best.items():
            undisturbed, demand = state[m] + self.rests[place][0][m], self.chain.demands[m]
            short = demand.least - undisturbed if up else undisturbed - demand.most
            if best[place][min(left, len(best[place]) - 1)] < short:
                return True
        return False

    def _reached(self, place: int, totals: Totals) -> bool:
        """Whether no more withdrawals are needed."""
        rest = self.rests[place][0]
        return not any(
            (total + rest[m] < self.chain.demands[m].least) if up else (total + rest[m] > self.chain.demands[m].most)
            for m, up in self.chain.useful
            if (total := totals[m]) is not None
        )

    def _amounts(self, i: int, k: int, inner: Inner, free: bool) -> range | tuple[int, ...]:
        """How many of class i are worth withdrawing: none of a bucket in which a heavier record stays."""
        chain = self.chain
        top, kind = chain.top[i], chain.game.kinds[i]
        if free or not top or self._helps_alone(i):
            return range(top + 1)
        points, keys = inner or chain.folds[chain.part_of[i]].start()
        outweighed = not kind.high or (kind.block and points[6] >= kind.low and points[7] >= kind.high)
        if outweighed and all(key is None or key in seen for seen, key in zip(keys, kind.keys, strict=True)):
            return (0,)  # a heavier record of the bucket stays, and the facts count its keys anyway
        if kind.high and not kind.block:
            return range(top + 1)
        return (0, top) if top == chain.n[i] else (0,)

    def _helps_alone(self, i: int) -> bool:
        weights = self.chain.weights[i]
        return any(weights[m] and (weights[m] < 0) == up for m, up in self.chain.useful)

    def _needs_all(self, counts: list[int]) -> bool:
        for i, k in enumerate(counts):
            if k > self.chain.forced[i]:
                counts[i] = k - 1
                less = self.chain.meets(counts)
                counts[i] = k
                if less:
                    return False
        return True

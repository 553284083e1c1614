"""One cell as a chain of classes: what each brings, what the classes behind it can still bring, and at what price.

A demand that withdrawals have to meet is bounded by the best that j withdrawals can do for it (`best`): this is both
the bound that prunes the search and the proof that fewer do not suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creditscore.explanation.decisive.cells import Cell
from creditscore.explanation.decisive.game import Game
from creditscore.explanation.decisive.parts import Fold, Inner, widen

Totals = tuple[int | None, ...]  # None: met whatever follows


class Chain:
    """A cell with the classes that can matter in it; `limits` are the most withdrawals of each class."""

    def __init__(self, game: Game, cell: Cell, limits: Sequence[int] | None = None, folds: list[Fold] | None = None):
        self.game, self.cell = game, cell
        self.demands = cell.demands
        self.folds = folds or [Fold(game, part) for part in game.parts]
        self.shapes = [part.shape for part in game.parts for _ in part.kinds]
        self.part_of = [p for p, part in enumerate(game.parts) for _ in part.kinds]
        self.forced = [kind.count if kind.records[0] in cell.gone else 0 for kind in game.kinds]
        self.must = sum(self.forced)
        limits = limits or [kind.count for kind in game.kinds]
        self.possible = all(f <= most for f, most in zip(self.forced, limits, strict=True))
        self.n = [kind.count - f for kind, f in zip(game.kinds, self.forced, strict=True)]
        self.top = [most - f for most, f in zip(limits, self.forced, strict=True)]
        self.weights = [self._weights(i) for i in range(len(game.kinds))]
        self.odd: set[int] = set()
        if self.possible:
            self._narrow()

    # what a class adds

    def _weights(self, i: int) -> tuple[int, ...]:
        kind, plain = self.game.kinds[i], self.shapes[i] == "plain"
        weights = []
        for demand in self.demands:
            if demand.of in ("low", "high"):
                weights.append((kind.low if demand.of == "low" else kind.high) if plain else 0)
            elif demand.of == "fact":
                weights.append(kind.amounts.get(demand.name, 0))
            else:
                weights.append(int(kind.records[0] in demand.records))
        return tuple(weights)

    def _worth(self, p: int, worth: Any) -> tuple[int, ...]:
        """The demands' view of what a finished part is worth."""
        return tuple(
            worth[0]
            if demand.of == "low"
            else worth[1]
            if demand.of == "high"
            else worth[2].get(demand.name, 0)
            if demand.of == "fact"
            else 0
            for demand in self.demands
        )

    # what is still possible

    def _narrow(self) -> None:
        """Leave away classes that help no demand, until nothing more can be left away."""
        shapes = self.shapes
        while True:
            self._bounds()
            if not self.possible:
                return
            self.asks = [
                (m, up)
                for m, demand in enumerate(self.demands)
                for up in (True, False)
                if (self.low[0][m] < demand.least if up else self.high[0][m] > demand.most)
            ]
            helps = {i: {ask for ask in self.asks if self._moves(i, shapes[i], *ask)} for i in range(len(self.n))}
            hurts = {i: {ask for ask in self.asks if self._moves(i, shapes[i], ask[0], not ask[1])} for i in helps}
            useless = [i for i, helped in helps.items() if not helped and self.top[i]]
            if not useless:
                break
            for i in useless:
                self.top[i] = 0
        active = [i for i in helps if self.top[i]]
        self.useful = [m_up for m_up in self.asks if any(m_up in helps[i] for i in active)]
        self.odd = {i for i in active if shapes[i] in ("pool", "odd")}
        for ask in self.asks:
            for_, against = ([i for i in active if ask in side[i]] for side in (helps, hurts))
            if for_ and against:
                self.odd |= set(min(for_, against, key=lambda side: (sum(self.top[i] for i in side), side)))
        self.downs = [ask for ask in self.asks if ask not in self.useful]
        self._gains()

    def _moves(self, i: int, shape: str, m: int, up: bool) -> bool:
        """Whether withdrawing of class i can move demand m up (or down)."""
        weight, demand = self.weights[i][m], self.demands[m]
        if weight:
            return (weight < 0) == up
        if demand.of in ("low", "high") and shape == "tree":
            kind = self.game.kinds[i]
            return bool(kind.high) and (kind.sign < 0) == up
        if demand.of in ("low", "high"):
            return shape in ("pool", "odd")
        part = self.game.parts[self.part_of[i]]
        return (
            demand.of == "fact"
            and not up
            and demand.name in part.structured
            and (self.game.kinds[i].keys[part.structured.index(demand.name)] is not None)
        )

    def _bounds(self) -> None:
        """For each class: least, most and undisturbed amounts that it and the classes behind it still bring."""
        size, kinds = len(self.demands), len(self.n)
        self.low, self.high, self.rest = ([(0,) * size for _ in range(kinds + 1)] for _ in range(3))
        for p in reversed(range(len(self.game.parts))):
            part, fold = self.game.parts[p], self.folds[p]
            after = part.kinds[-1] + 1
            sums = [list(side[after]) for side in (self.low, self.high, self.rest)]
            if part.shape != "plain":
                most = [self.n[i] for i in part.kinds]
                fewest = [self.n[i] - self.top[i] for i in part.kinds]
                worths = (*fold.bounds(most, fewest), fold.value(most))
                for side, worth in zip(sums, worths, strict=True):
                    for m, amount in enumerate(self._worth(p, worth)):
                        side[m] += amount
            for i in reversed(part.kinds):
                for m, weight in enumerate(self.weights[i]):
                    if weight:
                        ends = weight * self.n[i], weight * (self.n[i] - self.top[i])
                        for side, amount in zip(sums, (min(ends), max(ends), ends[0]), strict=True):
                            side[m] += amount
                self.low[i], self.high[i], self.rest[i] = (tuple(side) for side in sums)
        self.possible = all(
            self.high[0][m] >= demand.least and self.low[0][m] <= demand.most for m, demand in enumerate(self.demands)
        )

    def _gains(self) -> None:
        """For each part and demand that withdrawals must move: how far j of them move it at most, from here on."""
        self.size = sum(self.top)
        self.best: dict[tuple[int, bool], list[list[int]]] = {}
        self.own: dict[tuple[int, bool], list[int]] = {}
        for m, up in self.useful:
            gains_from_end: list[list[int]] = [[0]]
            own = []
            for p in reversed(range(len(self.game.parts))):
                gains = self.part_gains(p, m, up)
                own.append(gains[-1])
                gains_from_end.append(widen(gains_from_end[-1], gains, self.size))
            self.best[m, up], self.own[m, up] = gains_from_end[::-1], own[::-1]

    def part_gains(self, p: int, m: int, up: bool) -> list[int]:
        """How far 0, 1, 2 … withdrawals in part p move demand m at most."""
        part, demand, gains = self.game.parts[p], self.demands[m], [0]
        size = sum(self.top[i] for i in part.kinds)
        if not size:
            return gains
        for i in part.kinds:
            weight = -self.weights[i][m] if up else self.weights[i][m]
            if weight > 0 and self.top[i]:
                gains = widen(gains, [weight * j for j in range(self.top[i] + 1)], size)
        inside = demand.name in part.structured
        if part.shape == "plain" or not (demand.of in ("low", "high") or (demand.of == "fact" and inside)):
            return gains
        counts, top = [self.n[i] for i in part.kinds], [self.top[i] for i in part.kinds]
        if part.shape == "tree" and demand.of != "fact":
            own = self.folds[p].gains(int(demand.of == "high"), up, top, counts, size)
        else:
            low, high = self.folds[p].bounds(counts, [n - t for n, t in zip(counts, top, strict=True)])
            own = [0, *[self._worth(p, high)[m] - self._worth(p, low)[m]] * size]
        return widen(gains, own, size)

    def bound(self) -> int | None:
        """A number of withdrawals below which the cell cannot be reached; None: it cannot be reached at all."""
        if not self.possible:
            return None
        least = 0
        for m, up in self.best:
            reach = self.reach(m, up)
            if reach is None:
                return None
            least = max(least, reach)
        return self.must + least

    @property
    def exact(self) -> bool:
        """Whether the bound is reached: one sum at most has to be moved, by records and trees, nothing opposes it."""
        if self.odd or self.downs or len(self.useful) > 1:
            return False
        shapes = {self.shapes[i] for i, top in enumerate(self.top) if top}
        return all(self.demands[m].of in ("low", "high") for m, _ in self.useful) and shapes <= {"plain", "tree"}

    def short(self, m: int, up: bool) -> int:
        """How far demand m is from being met while nothing but the forced records is gone."""
        return self.demands[m].least - self.rest[0][m] if up else self.rest[0][m] - self.demands[m].most

    def reach(self, m: int, up: bool) -> int | None:
        """The fewest withdrawals that could meet demand m, were it alone; None: none can."""
        short = self.short(m, up)
        return next((j for j, gain in enumerate(self.best[m, up][0]) if gain >= short), None)

    def hopeless(self, totals: Totals, i: int, left: int, open_: bool) -> bool:
        """Whether no `left` withdrawals behind class i, whose part is finished or still open, meet every demand."""
        low, high, rest = self.low[i + 1], self.high[i + 1], self.rest[i + 1]
        for m, total in enumerate(totals):
            if total is not None:
                demand = self.demands[m]
                if total + high[m] < demand.least or total + low[m] > demand.most:
                    return True
        after = self.part_of[i] + 1
        for (m, up), best in self.best.items():
            total = totals[m]
            if total is not None:
                gains = best[after]
                most = gains[min(left, len(gains) - 1)] + (self.own[m, up][after - 1] if open_ else 0)
                undisturbed = total + rest[m]
                if (undisturbed + most < self.demands[m].least) if up else (undisturbed - most > self.demands[m].most):
                    return True
        return False

    def clipped(self, totals: Totals, i: int) -> Totals:
        """Totals in which a demand that is met whatever follows class i is no longer counted."""
        low, high = self.low[i + 1], self.high[i + 1]
        return tuple(
            None
            if total is None or (total + low[m] >= self.demands[m].least and total + high[m] <= self.demands[m].most)
            else total
            for m, total in enumerate(totals)
        )

    def advance(self, totals: Totals, inner: Inner, i: int, number: int) -> tuple[Totals, Inner]:
        """What stays after class i of which `kept` stay; the part's worth joins the totals when it is finished."""
        p = self.part_of[i]
        part = self.game.parts[p]
        weights = self.weights[i]
        added = [
            None if total is None else total + weight * number for total, weight in zip(totals, weights, strict=True)
        ]
        if part.shape == "plain":
            return tuple(added), ()
        k = i - part.kinds[0]
        inner = self.folds[p].step(inner if k else self.folds[p].start(), k, number)
        if i == part.kinds[-1]:
            worth = self._worth(p, self.folds[p].finish(inner))
            added = [None if total is None else total + more for total, more in zip(added, worth, strict=True)]
            inner = ()
        return tuple(added), inner

    def open_after(self, i: int) -> bool:
        """Whether the part of class i goes on behind it."""
        return i + 1 < len(self.part_of) and self.part_of[i + 1] == self.part_of[i]

    def meets(self, counts: Sequence[int]) -> bool:
        """Whether withdrawing `counts` of each class (forced ones included) lies in the cell."""
        if any(k < forced for k, forced in zip(counts, self.forced, strict=True)):
            return False
        totals: Totals = (0,) * len(self.demands)
        inner: Inner = ()
        for i, k in enumerate(counts):
            totals, inner = self.advance(totals, inner, i, self.game.kinds[i].count - k)
        return all(
            total is not None and demand.least <= total <= demand.most
            for total, demand in zip(totals, self.demands, strict=True)
        )

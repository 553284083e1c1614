"""The outcome of a subject without some of its records, from the branches of the rules: quick, and equal to grading."""

from __future__ import annotations

from collections.abc import Sequence

from creditscore.explanation.decisive.cells import NOT_COMPUTABLE, End, Leaf
from creditscore.explanation.decisive.facts import Choice, Reading, amount_of
from creditscore.explanation.decisive.game import Game
from creditscore.explanation.decisive.parts import Fold


class Outcomes:
    """Answers for one subject; what does not change between questions is kept."""

    def __init__(self, game: Game, leaves: Sequence[Leaf], folds: Sequence[Fold]):
        self.game, self.leaves, self.folds = game, leaves, folds
        self.whole = [self._worth(p, [kind.count for kind in game.kinds]) for p in range(len(folds))]
        self.low, self.high = (sum(pair[side] for pair in self.whole) for side in (0, 1))

    def without(self, counts: Sequence[int]) -> End:
        """State and grade when `counts` records of each class are withdrawn."""
        leaf, low, high = self.place(counts)
        ends = [end for first, last, end in leaf.ranges if first <= leaf.high + high and leaf.low + low <= last]
        return ends[0] if len(ends) == 1 else End(NOT_COMPUTABLE, -1)

    def place(self, counts: Sequence[int]) -> tuple[Leaf, int, int]:
        """The branch of the rules, and the signed sum of record points (lowest, highest), without `counts` records."""
        kinds = self.game.kinds
        gone = {i for kind, k in zip(kinds, counts, strict=True) for i in kind.records[:k]}
        stay = [kind.count - k for kind, k in zip(kinds, counts, strict=True)]
        low, high = self.low, self.high
        for p, part in enumerate(self.game.parts):
            if any(counts[i] for i in part.kinds):
                worth = self._worth(p, stay)
                low, high = low + worth[0] - self.whole[p][0], high + worth[1] - self.whole[p][1]
        leaf = next(leaf for leaf in self.leaves if all(self._has(*pair, gone) for pair in leaf.chosen.items()))
        return leaf, low, high

    def _worth(self, p: int, stay: Sequence[int]) -> tuple[int, int]:
        part = self.game.parts[p]
        if part.shape == "plain":
            (i,) = part.kinds
            return self.game.kinds[i].low * stay[i], self.game.kinds[i].high * stay[i]
        return self.folds[p].value([stay[i] for i in part.kinds])[:2]

    def _has(self, name: str, choice: Choice, gone: set[int]) -> bool:
        reading: Reading = self.game.facts.readings[name]
        if reading.shape == "order":
            return choice.gone <= gone and (not choice.one or not choice.one <= gone)
        stay = [i for i in reading.keys if i not in gone]
        amount = (
            sum(reading.keys[i] for i in stay)
            if reading.shape == "sum"
            else amount_of(reading, {reading.keys[i] for i in stay})
        )
        return choice.least <= amount <= choice.most

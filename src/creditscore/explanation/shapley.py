"""Exact Shapley values of records: what each record's presence is worth, over all orders in which records could come.

The game: v(S) is the score with only the records S (without points: the rank of the grade, best is the highest).
φᵣ = Σ over S without r of |S|! (n−|S|−1)! / n! · (v(S ∪ r) − v(S)), in fractions. Σ φᵣ = v(all) − v(none), exactly.

Where the score is a plain sum the record's own effective points are the value. Otherwise records that can be exchanged
are counted together: v depends on how many of each class are there, and the weights are those of drawing without
putting back. Too many such counts are refused, never sampled. Source: L. S. Shapley, A value for n-person games (1953).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb, prod

from creditscore.core.errors import UsageError
from creditscore.core.i18n import word
from creditscore.core.quantities import MICRO
from creditscore.explanation.decisive.cells import Leaf
from creditscore.explanation.decisive.decisive import Search
from creditscore.explanation.decisive.facts import TooMuch
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan

MOST_COUNTS = 100_000


@dataclass(frozen=True)
class Shapley:
    """Values by record id, in points (or ranks); they add up to `whole` − `empty`. Records that change nothing: 0."""

    values: dict[str, Fraction]
    whole: Fraction
    empty: Fraction
    of: str  # score, rank
    how: str  # sum, counts


def shapley(plan: Plan, subject: Subject, most: int = MOST_COUNTS) -> Shapley:
    """The exact Shapley value of each record of `subject` under `plan`.

    Raises UsageError where the score is not known (an unknown number, or a state without a grade takes part for a
    scheme without points) and where more than `most` counts of classes would have to be graded; it says how many.
    """
    try:
        search = Search(plan, subject)
    except TooMuch as beyond:
        raise UsageError("explanation.shares_too_much_work") from beyond
    if search.now.state == "not_graded":
        raise UsageError("explanation.shares_not_graded")
    values: dict[str, Fraction] = dict.fromkeys(search.game.ids(range(len(search.game.opened.records))), Fraction(0))
    score = _Score(search) if plan.has_points else None
    if score is not None and score.plain:
        for kind in search.game.kinds:
            values |= dict.fromkeys(search.game.ids(kind.records), Fraction(kind.low, MICRO))
        whole = score.of([kind.count for kind in search.game.kinds])
        return Shapley(values, whole, whole - sum(values.values(), Fraction(0)), "score", "sum")
    sizes = [kind.count for kind in search.game.kinds]
    count_vectors = prod(size + 1 for size in sizes)
    if count_vectors > most:
        raise UsageError("explanation.shares_too_many_counts", count=count_vectors, most=most)
    game = {counts: score.of(counts) if score is not None else _rank(search, counts) for counts in _counts(sizes)}
    shares = _shares(game, sizes)
    for kind, share in zip(search.game.kinds, shares, strict=True):
        values |= dict.fromkeys(search.game.ids(kind.records), share)
    whole, empty = game[tuple(sizes)], game[(0,) * len(sizes)]
    return Shapley(values, whole, empty, "score" if score is not None else "rank", "counts")


def _counts(sizes: list[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(size + 1) for size in sizes))


def _shares(game: dict[tuple[int, ...], Fraction], sizes: list[int]) -> list[Fraction]:
    """For each class the value of one of its records: counts of the others, weighted by how many sets they are."""
    n = sum(sizes)
    shares = [Fraction(0)] * len(sizes)
    ways = [[comb(size, k) for k in range(size + 1)] for size in sizes]
    weight = [Fraction(1, n * comb(n - 1, s)) if n else Fraction(0) for s in range(n)]
    for counts, worth in game.items():
        sets = prod(way[k] for way, k in zip(ways, counts, strict=True))
        for i, k in enumerate(counts):
            if k < sizes[i]:
                more = game[(*counts[:i], k + 1, *counts[i + 1 :])]
                if more != worth:
                    others = sets * (sizes[i] - k) // sizes[i]  # sets in which the record itself is not
                    shares[i] += others * weight[sum(counts)] * (more - worth)
    return shares


def _rank(search: Search, counts: tuple[int, ...]) -> Fraction:
    end = search.outcomes.without([kind.count - k for kind, k in zip(search.game.kinds, counts, strict=True)])
    if end.grade < 0:
        raise UsageError("explanation.shares_no_rank", state=word("states", end.state))
    return Fraction(len(search.plan.grades) - 1 - end.grade)


class _Score:
    """The score of a subject with only some of its records, between floor and ceiling."""

    def __init__(self, search: Search):
        self.search, self.plan = search, search.plan
        game = search.game
        unknown = any(kind.low != kind.high for kind in game.kinds) or any(
            leaf.low != leaf.high for leaf in search.leaves
        )
        if unknown or any(part.shape == "pool" for part in game.parts):
            raise UsageError("explanation.shares_unknown_number")
        starts = {leaf.low for leaf in search.leaves}
        ends = [kind.low * kind.count for kind in game.kinds]
        reach = [base + sum(side(end, 0) for end in ends) for base in starts for side in (min, max)]
        inside = all(self._limited(score) == score for score in reach)
        self.plain = inside and len(starts) == 1 and all(part.shape == "plain" for part in game.parts)

    def _limited(self, score: int) -> int:
        score = score if self.plan.floor is None else max(score, self.plan.floor)
        return score if self.plan.ceiling is None else min(score, self.plan.ceiling)

    def of(self, counts: tuple[int, ...] | list[int]) -> Fraction:
        """The score when `counts` records of each class are there."""
        gone = [kind.count - k for kind, k in zip(self.search.game.kinds, counts, strict=True)]
        leaf, low, _ = self.search.outcomes.place(gone)
        reached: Leaf = leaf
        return Fraction(self._limited(reached.low + low), MICRO)

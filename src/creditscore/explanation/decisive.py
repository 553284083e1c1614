"""Decisive records: which withdrawals would change a grade, the fewest that do, and all sets of which none is smaller.

    >>> found = decisive(plan, subject)          # doctest: +SKIP
    >>> found.smallest, found.smallest_sets      # doctest: +SKIP
    (2, 15)

Exact for every scheme, also where withdrawing an adverse record worsens the grade. What the search cannot finish within
its limits is said (`proved` is False, `minimal_sets` is None), never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, prod

from creditscore.errors import UsageError
from creditscore.explanation.decisive_cells import Cell, End, cells, leaves
from creditscore.explanation.decisive_chain import Chain
from creditscore.explanation.decisive_facts import TooMuch, Work
from creditscore.explanation.decisive_game import Game, game
from creditscore.explanation.decisive_list import Counts, Walk
from creditscore.explanation.decisive_outcomes import Outcomes
from creditscore.explanation.decisive_parts import Fold
from creditscore.explanation.decisive_search import smallest
from creditscore.grading.exact import Subject
from creditscore.grading.plan import Plan

ANY = "any"
LIMIT = 20
WORK = 200_000  # steps of one question, about two seconds
STEPS = 3000  # of the walk through one cell


@dataclass(frozen=True)
class Pattern:
    """A minimal set up to exchange: (class, how many of it); `sets` such sets exist."""

    parts: tuple[tuple[int, int], ...]
    size: int
    sets: int


@dataclass(frozen=True)
class Single:
    """One record of this class, withdrawn alone, gives another state or grade."""

    records: tuple[str, ...]
    state: str
    grade: str


@dataclass(frozen=True)
class Decisive:
    """What withdrawals would do to one subject. `classes` are record ids that can be exchanged for one another."""

    state: str
    grade: str
    target: str
    classes: tuple[tuple[str, ...], ...]
    singles: tuple[Single, ...]
    possible: bool | None  # whether any withdrawal reaches the target; None: not proved
    smallest: int | None
    smallest_sets: int | None
    witness: tuple[str, ...]
    proved: bool
    at_least: int  # fewer withdrawals than these certainly do not reach the target
    at_most: int | None  # so many certainly do
    patterns: tuple[Pattern, ...]
    complete: bool  # `patterns` are all there are
    minimal_sets: int | None  # the number of minimal sets; None: not counted
    why: str = ""  # what was not proved or not counted, and why


def decisive(plan: Plan, subject: Subject, target: str | None = None, limit: int = LIMIT, work: int = WORK) -> Decisive:
    """Decisive records of `subject` under `plan` for a target: a grade (that or better), `any` (any change), or None.

    None means the next better grade; for a subject at the best grade or without one, any change. A record counts as
    withdrawn when it is not there. `limit`: patterns to list; `work`: steps after which the search says what it knows
    and what it does not. Raises UsageError for a grade the scheme does not know.
    """
    if limit < 1:
        raise UsageError(f"limit is {limit}", allowed="a whole number of at least 1")
    return Search(plan, subject).answer(target, limit, work)


class Search:
    """A subject prepared once, for several questions."""

    def __init__(self, plan: Plan, subject: Subject):
        self.plan, self.subject = plan, subject
        self.game: Game = game(plan, subject)
        self.folds = [Fold(self.game, part) for part in self.game.parts]
        self.leaves = leaves(self.game)
        self.outcomes = Outcomes(self.game, self.leaves, self.folds)
        self.total = sum(kind.count for kind in self.game.kinds)
        self.none = (0,) * len(self.game.kinds)
        self.now = self.outcomes.without(self.none)

    def answer(self, target: str | None, limit: int = LIMIT, work: int = WORK) -> Decisive:
        wanted, rank = self._target(target)
        found = cells(self.game, self.leaves, lambda end: self._reached(end, rank))
        chains: list[Chain] = []
        best, most, sets, open_ = None, None, 0, []
        known: list[Counts] = []
        witness: Counts = ()
        reason = ""
        steps = Work(work)
        for cell in sorted(found, key=lambda one: len(one.gone)):
            if self._beyond(cell, known):
                continue
            chain = Chain(self.game, cell, folds=self.folds)
            bound = chain.bound()
            if bound is None:
                continue
            chains.append(chain)
            if best is not None and bound > best:
                continue
            try:
                one = smallest(chain, self.total if best is None else best, steps)
            except TooMuch as limit_of_work:
                open_.append(bound)
                reason = str(limit_of_work)
                one = None
                some = next(Walk(chain, STEPS, greedy=True).patterns(), None)
                if some is not None:
                    known.append(some)
                    most = min(sum(some), sum(some) if most is None else most)
                continue
            if one is not None:
                known.append(one.counts)
                if best is None or one.size < best:
                    best, sets, witness = one.size, 0, one.counts
                sets += one.sets
        open_ = [bound for bound in open_ if best is None or bound <= best]
        if most is not None and (best is None or most < best):
            best, witness = most, min(known, key=sum)
        patterns, complete = self._patterns(chains, witness, None if open_ else best, limit, steps)
        return Decisive(
            state=self.now.state,
            grade=self.plan.grades[self.now.grade] if self.now.grade >= 0 else "",
            target=wanted,
            classes=tuple(self.game.ids(kind.records) for kind in self.game.kinds),
            singles=self._singles(),
            possible=True if best is not None else None if open_ else False,
            smallest=None if open_ else best,
            smallest_sets=None if open_ or best is None else sets,
            witness=self.game.ids(self.game.taken(witness)) if best is not None else (),
            proved=not open_,
            at_least=min([*open_, *([best] if best is not None else [])], default=0),
            at_most=best,
            patterns=tuple(patterns[:limit]),
            complete=complete and len(patterns) <= limit,
            minimal_sets=sum(one.sets for one in patterns) if complete else None,
            why=reason,
        )

    def _target(self, target: str | None) -> tuple[str, int | None]:
        """The target's name, and the rank that must be reached (None: any change)."""
        codes = self.plan.grades
        if target is None:
            better = self.now.grade - 1 if self.now.state == "graded" else -1
            return (codes[better], better) if better >= 0 else (ANY, None)
        if target == ANY:
            return ANY, None
        if target not in codes:
            raise UsageError(
                f"{target!r} is no grade of {self.plan.scheme.name}",
                allowed=f"{', '.join(codes)} (that or better), {ANY}",
            )
        return target, codes.index(target)

    def _reached(self, end: End, rank: int | None) -> bool:
        return end != self.now if rank is None else end.state == "graded" and end.grade <= rank

    def _beyond(self, cell: Cell, known: Iterable[Counts]) -> bool:
        """Whether every set of the cell holds a smaller set that is known to reach the target."""
        kinds = self.game.kinds
        gone = [kind.count if kind.records[0] in cell.gone else 0 for kind in kinds]
        return any(
            sum(counts) < sum(gone) and all(k <= most for k, most in zip(counts, gone, strict=True)) for counts in known
        )

    def _singles(self) -> tuple[Single, ...]:
        found = []
        for i, kind in enumerate(self.game.kinds):
            end = self.outcomes.without([int(k == i) for k in range(len(self.none))])
            if end != self.now:
                grade = self.plan.grades[end.grade] if end.grade >= 0 else ""
                found.append(Single(self.game.ids(kind.records), end.state, grade))
        return tuple(found)

    def _patterns(
        self, chains: Sequence[Chain], witness: Counts, best: int | None, limit: int, work: Work
    ) -> tuple[list[Pattern], bool]:
        """Minimal sets as patterns, the small ones first; whether these are all."""
        if best is None:
            return [], not chains
        found, complete = {witness}, True
        for chain in chains:
            walk = Walk(chain, STEPS)
            one_cell = len(chains) == 1 and walk.strict
            for counts in walk.patterns():
                try:
                    if one_cell or sum(counts) == best or not self._smaller(chains, counts, work):
                        found.add(counts)
                except TooMuch:
                    walk.stopped = True
                if len(found) > 4 * limit or walk.stopped:
                    walk.stopped = True
                    break
            complete &= not walk.stopped
        patterns = [self._pattern(counts) for counts in found]
        return sorted(patterns, key=lambda one: (one.size, one.parts)), complete

    def _smaller(self, chains: Sequence[Chain], counts: Counts, work: Work) -> bool:
        """Whether a smaller set inside this one reaches the target too."""
        for chain in chains:
            if all(forced <= k for forced, k in zip(chain.forced, counts, strict=True)):
                inside = Chain(self.game, chain.cell, counts, self.folds)
                if smallest(inside, sum(counts) - 1, work) is not None:
                    return True
        return False

    def _pattern(self, counts: Counts) -> Pattern:
        kinds = self.game.kinds
        parts = tuple((i, k) for i, k in enumerate(counts) if k)
        return Pattern(parts, sum(counts), prod(comb(kinds[i].count, k) for i, k in parts))

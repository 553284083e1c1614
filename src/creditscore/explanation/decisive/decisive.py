"""Decisive records: which withdrawals would change a grade, the fewest that do, and all sets of which none is smaller.

    >>> found = decisive(plan, subject)          # doctest: +SKIP
    >>> found.smallest, found.smallest_sets      # doctest: +SKIP
    (2, 15)

Exact for every scheme, also where withdrawing an adverse record worsens the grade. What the search cannot finish within
its limits is said (`proved` is False, `minimal_sets` is None), never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from math import comb, prod

from creditscore.core.errors import UsageError
from creditscore.explanation.decisive.answer import ANY, LIMIT, Decisive, Pattern, Single, wanted_of, without_search
from creditscore.explanation.decisive.cells import NOT_COMPUTABLE, Cell, End, Leaf, cells, leaves
from creditscore.explanation.decisive.chain import Chain
from creditscore.explanation.decisive.count import minimal_sets
from creditscore.explanation.decisive.facts import Choice, Reading, TooMuch, Work, amount_of
from creditscore.explanation.decisive.game import Game, game
from creditscore.explanation.decisive.list import Counts, Walk
from creditscore.explanation.decisive.parts import Fold
from creditscore.explanation.decisive.proof import claim
from creditscore.explanation.decisive.search import Smallest, smallest
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan


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


WORK = 200_000  # steps of one question, about two seconds
STEPS = 6000  # of the walk through one cell
CHAIN = 100  # steps that it costs to make one
LISTING = 60_000  # of all walks that list the sets of one answer


def decisive(plan: Plan, subject: Subject, target: str | None = None, limit: int = LIMIT, work: int = WORK) -> Decisive:
    """Decisive records of `subject` under `plan` for a target: a grade (that or better), `any` (any change), or None.

    None means the next better grade; for a subject at the best grade or without one, any change. A record counts as
    withdrawn when it is not there. `limit`: patterns to list; `work`: steps after which the search says what it knows
    and what it does not. Raises UsageError for a grade the scheme does not know.
    """
    if limit < 1:
        raise UsageError("explanation.limit", limit=limit)
    try:
        search = Search(plan, subject)
    except TooMuch as beyond:
        return without_search(plan, subject, target, limit, str(beyond))
    return search.answer(target, limit, work)


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
        now = self.plan.grades[self.now.grade] if self.now.grade >= 0 else ""
        wanted = wanted_of(self.plan, now, target)
        rank = None if wanted == ANY else self.plan.grades.index(wanted)
        steps = Work(work)
        chains = self._chains(cells(self.game, self.leaves, lambda end: self._reached(end, rank)))
        least = int(not self._reached(self.now, rank))  # no set reaches the target with fewer
        alone = self._alone(rank) if least else []  # each is a smallest set, and together they are all
        known = list(alone)
        best = Smallest(1, 0, alone[0]) if alone else None
        sets, open_, sizes, listing = 0, [], {}, Work(LISTING)
        for bound, chain in chains:
            bound = max(bound, least)
            if (best is not None and bound > best.size) or self._beyond(chain.cell, known):
                continue
            most = self.total if best is None else best.size
            try:
                smaller_set = smallest(chain, most, steps)
            except TooMuch:
                sizes[id(chain)] = bound
                open_.append(bound)
                if best is None:
                    known += self._some(chain, listing, 1, greedy=True)
                continue
            sizes[id(chain)] = most + 1 if smaller_set is None else smaller_set.size
            if smaller_set is not None:
                known.append(smaller_set.counts)
                sets = smaller_set.sets + (sets if best is not None and smaller_set.size == best.size else 0)
                best = smaller_set
        counts = min(known, key=sum, default=None)
        size = None if counts is None else sum(counts)
        proved = not any(size is None or bound < size for bound in open_)
        counted = proved and not any(size is None or bound <= size for bound in open_)
        if alone:
            counted, sets = True, sum(self.game.kinds[pair.index(1)].count for pair in alone)
        near = [chain for _, chain in chains if not self._beyond(chain.cell, known)]
        patterns: list[Pattern] = []
        complete = proved  # where nothing reaches the target, the empty list holds all
        if proved and counts is not None:
            patterns, complete = self._patterns(near, counts, limit, steps, listing)
        return Decisive(
            state=self.now.state,
            grade=now,
            target=wanted,
            classes=tuple(self.game.ids(kind.records) for kind in self.game.kinds),
            singles=self._singles(),
            possible=True if counts is not None else None if open_ else False,
            smallest=size if proved else None,
            smallest_sets=sets if counted and size is not None else None,
            witness=self.game.ids(self.game.taken(counts)) if counts is not None else (),
            proved=proved,
            at_least=min([*open_, *([size] if size is not None else [])], default=0),
            at_most=size,
            patterns=tuple(patterns[:limit]),
            complete=complete and len(patterns) <= limit,
            minimal_sets=sum(pattern.sets for pattern in patterns)
            if complete
            else self._counted(near)
            if proved
            else None,
            proof=tuple(claim(chain, sizes.get(id(chain))) for _, chain in chains) if proved and size else (),
            why="the limit of work was reached" if steps.left < 0 else "",
        )

    def brief(self, work: int = WORK) -> tuple[int, int | None, bool]:
        """Single decisive records, the fewest withdrawals that reach a better grade (None: none do), whether proved."""
        singles = sum(len(single.records) for single in self._singles())
        rank = self.now.grade - 1
        if self.now.state != "graded" or rank < 0 or not self.total:
            return singles, None, True
        best, open_, steps = self.total + 1, self.total + 1, Work(work)
        for bound, chain in self._chains(cells(self.game, self.leaves, lambda end: self._reached(end, rank))):
            if bound >= best:
                break
            try:
                if chain.exact or any(Walk(chain, STEPS // 10, greedy=True, most=bound).patterns()):
                    best = bound
                else:
                    best = getattr(smallest(chain, best - 1, steps), "size", best)
            except TooMuch:
                open_ = min(open_, bound)
        return singles, best if best <= self.total else None, best <= open_

    def _alone(self, rank: int | None) -> list[Counts]:
        """Single withdrawals that reach the target, one for each class."""
        each = ([int(k == i) for k in range(len(self.none))] for i in range(len(self.none)))
        return [tuple(counts) for counts in each if self._reached(self.outcomes.without(counts), rank)]

    def _some(
        self, chain: Chain, listing: Work, limit: int, greedy: bool = False, most: int | None = None
    ) -> list[Counts]:
        """At most `limit` sets of one cell, by steps that all walks of an answer share."""
        walk = Walk(chain, min(STEPS, listing.left), greedy, most)
        rows = list(islice(walk.patterns(), limit))
        listing.left -= walk.taken
        return rows

    def _reached(self, end: End, rank: int | None) -> bool:
        return end != self.now if rank is None else end.state == "graded" and end.grade <= rank

    def _chains(self, target_cells: Sequence[Cell]) -> list[tuple[int, Chain]]:
        """Cells that can be reached, those that need the fewest withdrawals first."""
        chains: list[tuple[int, Chain]] = []
        known: list[Counts] = []
        for cell in sorted(target_cells, key=lambda cell: len(cell.gone)):
            if self._beyond(cell, known):
                continue
            chain = Chain(self.game, cell, folds=self.folds)
            bound = chain.bound()
            if bound is not None:
                chains.append((bound, chain))
                if bound == chain.must and chain.meets(chain.forced):
                    known.append(tuple(chain.forced))
        return sorted(chains, key=lambda pair: pair[0])

    def _beyond(self, cell: Cell, known: Iterable[Counts]) -> bool:
        """Whether every set of the cell holds a smaller set that is known to reach the target."""
        kinds = self.game.kinds
        gone = [kind.count if kind.records[0] in cell.gone else 0 for kind in kinds]
        return any(
            sum(counts) < sum(gone) and all(k <= most for k, most in zip(counts, gone, strict=True)) for counts in known
        )

    def _singles(self) -> tuple[Single, ...]:
        singles = []
        for i, kind in enumerate(self.game.kinds):
            end = self.outcomes.without([int(k == i) for k in range(len(self.none))])
            if end != self.now:
                grade = self.plan.grades[end.grade] if end.grade >= 0 else ""
                singles.append(Single(self.game.ids(kind.records), end.state, grade))
        return tuple(singles)

    def _patterns(
        self, chains: Sequence[Chain], witness: Counts, limit: int, work: Work, listing: Work
    ) -> tuple[list[Pattern], bool]:
        """Minimal sets as patterns, the small ones first; whether these are all."""
        listed_counts, complete, best = {witness}, True, sum(witness)
        for chain in chains:  # the smallest sets first, so that a cut leaves the others away
            if len(listed_counts) <= limit and (chain.bound() or 0) <= best:
                listed_counts.update(self._some(chain, listing, limit + 1 - len(listed_counts), most=best))
        for chain in chains:
            walk = Walk(chain, min(STEPS, listing.left))
            one_cell = len(chains) == 1 and walk.strict
            for counts in walk.patterns():
                try:
                    if one_cell or sum(counts) == best or not self._smaller(chains, counts, work):
                        listed_counts.add(counts)
                except TooMuch:
                    walk.stopped = True
                if len(listed_counts) > 4 * limit or walk.stopped:
                    walk.stopped = True
                    break
            listing.left -= walk.taken
            complete &= not walk.stopped
        patterns = [self._pattern(counts) for counts in listed_counts]
        return sorted(patterns, key=lambda pattern: (pattern.size, pattern.parts)), complete

    def _smaller(self, chains: Sequence[Chain], counts: Counts, work: Work) -> bool:
        """Whether a smaller set inside this one reaches the target too."""
        size = sum(counts)
        for chain in chains:
            bound = chain.bound()
            near = bound is not None and bound < size
            if near and all(forced <= k for forced, k in zip(chain.forced, counts, strict=True)):
                work.take(CHAIN)
                inside = Chain(self.game, chain.cell, counts, self.folds)
                if smallest(inside, size - 1, work) is not None:
                    return True
        return False

    def _counted(self, chains: Sequence[Chain]) -> int | None:
        """The number of minimal sets where the list of them was cut; None: not counted."""
        try:
            return minimal_sets(chains[0], Work(WORK)) if len(chains) == 1 else None
        except TooMuch:
            return None

    def _pattern(self, counts: Counts) -> Pattern:
        kinds = self.game.kinds
        parts = tuple((i, k) for i, k in enumerate(counts) if k)
        return Pattern(parts, sum(counts), prod(comb(kinds[i].count, k) for i, k in parts))

"""Single decisive records and the fewest withdrawals of many subjects at once, where a sum and a number decide.

For subjects of whom no fact moves, or one that asks how many records it takes in (`grading.population.prescore`), whose
numbers are all certain and whose records stand in one place of a tree each. What withdrawals gain at most, with at
least so many counted records among them, adds up over the parts of the tree (`decisive.tree`), and the answer is the
first number of withdrawals whose gain is enough: the same as that of the search over one subject, in columns. Where
something stands in its way the subject is left open, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from creditscore.explanation.decisive.cells import End, Leaf
from creditscore.explanation.decisive.facts import INFINITE
from creditscore.explanation.decisive.tree import FAR, Array, Tree, found_by, open_subjects
from creditscore.grading.plan import Plan

if TYPE_CHECKING:
    import pyarrow as pa

# By counted records that have to go: withdrawals that are looked at, first few, for those who need more again
DEPTHS = {0: (6, 40, 400), 2: (6, 30), 6: (10, 30), 16: (20, 40)}
CELLS = 300_000  # of all tables of gains of the subjects that are looked at together


@dataclass(frozen=True)
class Step:
    """From `first` counted records on: the outcome from each of some sums on, the first of them from the lowest."""

    first: int
    begins: Array
    ends: tuple[End, ...]

    @property
    def codes(self) -> Array:
        """The grade of each outcome; another state is a number below zero."""
        states = ("not_graded", "not_computable")
        return np.array([end.grade if end.state == "graded" else -1 - states.index(end.state) for end in self.ends])

    def edge(self, grade: int, up: bool) -> int | None:
        """The sum from which on (`up`) or up to which a better grade than `grade` is given; None: no such sum."""
        reached = [0 <= code < grade for code in self.codes.tolist()]
        reached = reached if up else reached[::-1]
        if reached != sorted(reached):
            return None
        if len(set(reached)) == 1:
            return FAR if reached[0] != up else -FAR
        k = reached.index(True)
        return int(self.begins[k]) if up else int(self.begins[len(reached) - k]) - 1


Rule = tuple[Step, ...]  # by rising `first`; the first of them from none on


def rule_of(leaves: Iterable[Leaf]) -> Rule | None:
    """What becomes of a sum and a number, from the branches of the rules; None: something else matters too."""
    steps = []
    for leaf in leaves:
        if leaf.low != leaf.high or len(leaf.chosen) > 1:
            return None
        first = 0
        for choice in leaf.chosen.values():  # records of which one stays, or an amount that stays
            first = 1 if choice.one else 0 if choice.least == -INFINITE else choice.least
        begins = [-FAR if low == -INFINITE else low - leaf.low for low, _, _ in leaf.ranges]
        steps.append(Step(first, np.array(begins, np.int64), tuple(end for _, _, end in leaf.ranges)))
    steps.sort(key=lambda step: step.first)
    firsts = [step.first for step in steps]
    return tuple(steps) if firsts[:1] == [0] and len(set(firsts)) == len(firsts) else None


@dataclass(frozen=True)
class Sums:
    """Answers by position of the subject; `known` where they hold."""

    known: Array
    singles: Array
    smallest: Array  # -1: no withdrawal betters the grade


def sums(plan: Plan, sids: Array, moves: Array, kinds: Array, rules: Sequence[Rule | None], records: pa.Table) -> Sums:
    """`moves`: the bit of the fact that moves; `kinds`: the position of each subject's rule in `rules`, -1: none."""
    open_: Array = np.zeros(len(sids), bool)
    open_[np.isin(sids, open_subjects(plan, records)) | (kinds < 0)] = True
    open_[np.isin(kinds, [kind for kind, rule in enumerate(rules) if rule is None])] = True
    here = np.flatnonzero(~open_)
    asked = _Asked(plan, Tree(plan, records, sids[here], moves[here]), kinds[here], rules)
    smallest = np.full(len(here), -1)
    fewer = -1
    for most, depths in DEPTHS.items():
        for depth in depths:
            wide = np.flatnonzero(asked.left & (asked.going > fewer) & (asked.going <= most))
            size = max(1, CELLS // ((depth + 1) * (most + 1)))
            for subset in (wide[first : first + size] for first in range(0, len(wide), size)):
                result = asked.tree.fewest(asked.short, asked.among, asked.adverse, subset, depth, most)
                smallest[subset] = np.where(result, result, -1)
                asked.left[subset[result > 0]] = False
        fewer = most
    answers = np.zeros(len(sids), np.int64), np.full(len(sids), -1)
    answers[0][here], answers[1][here] = asked.singles, smallest
    open_[here[asked.left]] = True
    return Sums(~open_, *answers)


class _Asked:
    """What is asked of each subject: how far its sum must move, with how many counted records among the withdrawn."""

    def __init__(self, plan: Plan, tree: Tree, kinds: Array, rules: Sequence[Rule | None]) -> None:
        self.tree, self.up = tree, not plan.lower_is_better
        self.adverse = -1 if self.up else 1
        width = max((len(rule) for rule in rules if rule is not None), default=1)
        self.singles = np.zeros(tree.size, np.int64)
        self.short = np.full((tree.size, width), FAR)
        self.among = np.zeros((tree.size, width), np.int64)
        owner, without = tree.subject, tree.without_one()
        moved = np.flatnonzero((without != tree.total[owner]) | tree.counted)
        of_kind, of_row = found_by(kinds), found_by(kinds[owner[moved]])
        unclear = np.zeros(tree.size, bool)
        now = np.zeros(tree.size, np.int64)
        for kind, rule in enumerate(rules):
            mine, rows = of_kind(kind), moved[of_row(kind)]
            if rule is None or not len(mine):
                continue
            now[mine] = _outcome(rule, tree.total[mine], tree.number[mine])
            pair = owner[rows]
            changed = _outcome(rule, without[rows], tree.number[pair] - tree.counted[rows]) != now[pair]
            np.add.at(self.singles, pair[changed], 1)
            for grade in np.unique(now[mine]):
                if grade > 0:
                    unclear[self._ask(rule, mine[now[mine] == grade], int(grade))] = True
        enough = (tree.lost if self.up else tree.won)[:, None] >= self.short
        self.short[~enough] = FAR
        self.going = np.where(enough, self.among, 0).max(axis=1, initial=0)
        self.left: Array = np.zeros(tree.size, bool)
        self.left[enough.any(axis=1)] = True
        unclear |= self.left & (self.going > 0) & tree.opposed(self.adverse)
        self.left[unclear] = True
        self.going[unclear] = 2**30  # beyond every table: left open

    def _ask(self, rule: Rule, mine: Array, grade: int) -> Array:
        """Fill in the demands of subjects with `grade`, one for each step down to their own; those that are unclear."""
        side = 1 if self.up else -1
        number, sums = self.tree.number[mine], side * self.tree.total[mine]
        own = np.searchsorted([step.first for step in rule], number, side="right") - 1
        unclear = np.zeros(len(mine), bool)
        last = -FAR
        for k, step in enumerate(rule):
            rows = np.flatnonzero(own >= k)
            edge = step.edge(grade, self.up)
            if edge is None or side * edge < last:  # with fewer counted records more would be asked
                unclear[rows] = True
                continue
            last = side * edge
            self.short[mine[rows], k] = np.minimum(last - sums[rows], FAR)
            if k + 1 < len(rule):
                self.among[mine[rows], k] = np.maximum(number[rows] - (rule[k + 1].first - 1), 0)
        return mine[unclear]


def _outcome(rule: Rule, sums: Array, number: Array) -> Array:
    """The grade of each sum and number; another state is a number below zero."""
    own = np.searchsorted([step.first for step in rule], number, side="right") - 1
    outcome_codes = np.zeros(len(sums), np.int64)
    for k, step in enumerate(rule):
        rows = np.flatnonzero(own == k)
        outcome_codes[rows] = step.codes[np.searchsorted(step.begins, sums[rows], side="right") - 1]
    return outcome_codes

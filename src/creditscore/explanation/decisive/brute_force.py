"""Brute force: every set of withdrawals, graded one by one by the reference interpreter. For subjects of few records.

Shares nothing with the search that it checks but the reference interpreter and the meaning of a target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

from creditscore.core.errors import UsageError
from creditscore.grading.interpreter.exact import Subject, opening, settle
from creditscore.grading.plan import Plan

MOST = 16
Ids = frozenset[str]


@dataclass(frozen=True)
class Brute:
    """What every set of withdrawals gives: (state, grade) by the ids that are withdrawn."""

    outcomes: dict[Ids, tuple[str, str]]
    grades: tuple[str, ...]

    @property
    def now(self) -> tuple[str, str]:
        return self.outcomes[frozenset()]

    def reached(self, target: str) -> list[Ids]:
        """Sets that reach a grade or better, or (`any`) another state or grade."""
        if target == "any":
            return [ids for ids, end in self.outcomes.items() if end != self.now]
        better = self.grades[: self.grades.index(target) + 1]
        return [ids for ids, (state, grade) in self.outcomes.items() if state == "graded" and grade in better]

    def minimal(self, target: str) -> set[Ids]:
        """Sets that reach the target while no set inside them does."""
        minimal_sets: list[Ids] = []
        for ids in sorted(self.reached(target), key=len):
            if not any(value < ids for value in minimal_sets):
                minimal_sets.append(ids)
        return set(minimal_sets)

    def singles(self) -> dict[str, tuple[str, str]]:
        """Records that, withdrawn alone, change state or grade."""
        return {next(iter(ids)): end for ids, end in self.outcomes.items() if len(ids) == 1 and end != self.now}


def brute(plan: Plan, subject: Subject) -> Brute:
    """Grade the subject without each set of its records; UsageError beyond 16 records."""
    records = list(subject.records)
    if len(records) > MOST:
        raise UsageError("explanation.too_many_sets", count=len(records), most=MOST)
    opened = opening(plan, subject)  # each record is assessed on its own, so once is enough
    ids = [str(record["record_id"]) for record in records]
    outcomes = {}
    for size in range(len(ids) + 1):
        for chosen in combinations(ids, size):
            left = [dict(record) for record in opened.records if record["record_id"] not in chosen]
            outcome = settle(plan, subject, replace(opened, records=left))
            outcomes[frozenset(chosen)] = (outcome.state, outcome.grade)
    return Brute(outcomes, plan.grades)

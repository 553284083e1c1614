"""Who moves when one version of a scheme takes the place of another: the same records under both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditscore.grading.grade import grade, moment_of
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme


@dataclass(frozen=True)
class Movement:
    """Grades or states under both versions: how many from each to each, and every subject that changes."""

    names: tuple[str, ...]  # grades of both, best first, then states
    matrix: dict[tuple[str, str], int]
    moved: tuple[tuple[str, str, str], ...]  # subject, before, after
    subjects: int


def movement(
    a: Scheme, b: Scheme, snapshot: Any, period: int | str | None = None, as_of: date | str | None = None
) -> Movement:
    """Grade the snapshot under both, each as if it governed the period; refused records are left to `grade`."""
    outcomes = [_outcomes(scheme, snapshot, period, as_of) for scheme in (a, b)]
    pairs = {subject: (before, outcomes[1].get(subject, "")) for subject, before in outcomes[0].items()}
    codes = dict.fromkeys([*(one.code for one in a.grades), *(one.code for one in b.grades)])
    states = sorted({name for pair in pairs.values() for name in pair} - set(codes))
    moved = tuple((subject, *pair) for subject, pair in sorted(pairs.items()) if pair[0] != pair[1])
    return Movement((*codes, *states), dict(Counter(pairs.values())), moved, len(pairs))


def _outcomes(scheme: Scheme, snapshot: Any, period: int | str | None, as_of: date | str | None) -> dict[str, str]:
    at = registry.moment(scheme.period, moment_of(period, as_of))
    if not registry.in_force(scheme, at):
        begin = min(scheme.effective_from, at)
        scheme = scheme.model_copy(update={"effective_from": begin, "effective_to": None})
    grading = grade(snapshot, scheme, period, as_of=as_of, max_rejected=10**9, ledger=False)
    return {
        row["subject_id"]: row["grade"] or f"{row['state']}: {row['state_reason']}"
        for row in grading.grades.to_pylist()
    }

"""The answer to a question about decisive records, and how it is given where the search cannot even begin."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.explanation.decisive.brute_force import Brute, brute
from creditscore.explanation.decisive.proof import Claim
from creditscore.grading.interpreter.exact import Subject, grade_subject
from creditscore.grading.plan import Plan

ANY = "any"
LIMIT = 20


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
    proof: tuple[Claim, ...]  # one claim for each branch of the rules in which the target could be reached
    why: str = ""  # what was not proved or not counted, and why


def as_json(answer: Decisive, subject_id: str, scheme: str, period: str) -> dict[str, Any]:
    """The answer as plain values, with the whole proof; points are in 10⁻⁶."""
    return {"subject_id": subject_id, "scheme": scheme, "period": period, **asdict(answer)}


def wanted_of(plan: Plan, grade: str, target: str | None) -> str:
    """The target's name: by default the next better grade; at the best, or without a grade, any change."""
    if target is None:
        place = plan.grades.index(grade) if grade else 0
        return plan.grades[place - 1] if place else ANY
    if target != ANY and target not in plan.grades:
        raise UsageError(
            "explanation.no_grade", target=target, name=plan.scheme.name, grades=list(plan.grades), any=ANY
        )
    return target


FEW = 12  # records whose sets are all graded where the search gives up


def without_search(plan: Plan, subject: Subject, target: str | None, limit: int, why: str) -> Decisive:
    """Every set graded one by one where the records are few; otherwise what is known: the single records."""
    records = list(subject.records)
    now = grade_subject(plan, subject)
    wanted = wanted_of(plan, now.grade, target)
    ids = sorted(str(record["record_id"]) for record in records)
    if len(records) <= FEW:
        return _from_brute(brute(plan, subject), wanted, ids, limit)
    singles = []
    for key in ids:
        left = [record for record in records if record["record_id"] != key]
        after = grade_subject(plan, replace(subject, records=left))
        if (after.state, after.grade) != (now.state, now.grade):
            singles.append(Single((key,), after.state, after.grade))
    return Decisive(
        state=now.state,
        grade=now.grade,
        target=wanted,
        classes=tuple((key,) for key in ids),
        singles=tuple(singles),
        possible=None,
        smallest=None,
        smallest_sets=None,
        witness=(),
        proved=False,
        at_least=0,
        at_most=None,
        patterns=(),
        complete=False,
        minimal_sets=None,
        proof=(),
        why=why,
    )


def _from_brute(brute_force: Brute, wanted: str, ids: list[str], limit: int) -> Decisive:
    place = {key: i for i, key in enumerate(ids)}
    minimal = sorted(brute_force.minimal(wanted), key=lambda ids: (len(ids), sorted(ids)))
    sizes = Counter(map(len, minimal))
    size = min(sizes, default=None)
    patterns = [
        Pattern(tuple((place[record_id], 1) for record_id in sorted(record_ids)), len(record_ids), 1)
        for record_ids in minimal
    ]
    return Decisive(
        state=brute_force.now[0],
        grade=brute_force.now[1],
        target=wanted,
        classes=tuple((key,) for key in ids),
        singles=tuple(Single((record_id,), *end) for record_id, end in sorted(brute_force.singles().items())),
        possible=bool(minimal),
        smallest=size,
        smallest_sets=None if size is None else sizes[size],
        witness=tuple(sorted(minimal[0])) if minimal else (),
        proved=True,
        at_least=size or 0,
        at_most=size,
        patterns=tuple(patterns[:limit]),
        complete=len(patterns) <= limit,
        minimal_sets=len(patterns),
        proof=(),
    )

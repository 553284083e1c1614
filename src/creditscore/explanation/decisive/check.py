"""The decisive search against brute force on made-up subjects: every target of a scheme, every answer, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, product

from creditscore.explanation.decisive.answer import ANY, Decisive, Pattern
from creditscore.explanation.decisive.brute_force import Brute, brute
from creditscore.explanation.decisive.decisive import Search
from creditscore.explanation.decisive.population import brief, span
from creditscore.explanation.decisive.proof import verify
from creditscore.explanation.synthetic import plans, subjects
from creditscore.explanation.synthetic_tables import tables
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.population.prescore import weighing
from creditscore.records import ingest
from creditscore.schemes.model import Scheme

ALL = 10**6  # patterns: none is left out


@dataclass(frozen=True)
class Checked:
    """Subjects of one scheme, questions asked, sets graded by brute force, and each difference in words."""

    scheme: str
    subjects: int
    questions: int
    sets: int
    differences: tuple[str, ...]


def check(scheme: Scheme, count: int, seed: int, records: Sequence[int] = range(13)) -> Checked:
    """`count` subjects for each stretch of the scheme's rules, with one of the numbers of `records`."""
    made = questions = sets = 0
    found: list[str] = []
    for plan in plans(scheme):
        for k, subject in enumerate(subjects(plan, seed, count, records)):
            truth = brute(plan, subject)
            made, questions, sets = made + 1, questions + len(plan.grades) + 1, sets + len(truth.outcomes)
            found += [f"{plan.period} subject {k}: {one}" for one in differences(plan, subject, truth)]
    return Checked(scheme.name, made, questions, sets, tuple(found))


def check_columns(scheme: Scheme, count: int, seed: int, records: Sequence[int] = range(13)) -> Checked:
    """The columns of a population of `count` made-up subjects for each stretch of the rules, against the search over
    each of them, as the engine admitted it. `sets`: subjects that were answered without a search.
    """
    made = quick = 0
    found: list[str] = []
    for plan in plans(scheme):
        given = tables(plan, subjects(plan, seed, count, records))
        with weighing(ingest(**given, subject_ids="local"), plan) as ready:
            for number in range(len(ready.ranges)):
                searched: list[str] = []
                rows = span(ready, number, searched=searched).to_pylist()
                made, quick = made + len(rows), quick + len(rows) - len(searched)
                for row, (subject_id, subject) in zip(rows, ready.inputs(), strict=True):
                    one = brief(plan, subject_id, subject)
                    if tuple(row.values()) != tuple(asdict(one).values()):
                        found.append(f"{plan.period} subject {subject_id}: {row}, by the search {one}")
    return Checked(scheme.name, made, made, quick, tuple(found))


def differences(plan: Plan, subject: Subject, truth: Brute) -> Iterator[str]:
    """Where the search and brute force do not say the same."""
    search = Search(plan, subject)
    for target in (*plan.grades, ANY):
        found = search.answer(target, ALL)
        for name, ours, theirs in _pairs(found, truth, target):
            if ours != theirs:
                yield f"target {target}: {name} {ours!r}, by brute force {theirs!r}"
        short = search.answer(target, 0)  # nothing listed: the minimal sets are counted
        if short.minimal_sets not in (None, found.minimal_sets):
            yield f"target {target}: {short.minimal_sets} minimal sets counted, {found.minimal_sets} listed"
        if found.smallest:
            verdict = verify(plan, subject, target, found.witness, found.smallest, found.proof, exhaust=0)
            if not verdict.agrees:
                yield f"target {target}: the proof does not hold: {verdict.how}"


def _pairs(found: Decisive, truth: Brute, target: str) -> Iterator[tuple[str, object, object]]:
    reached, minimal = truth.reached(target), truth.minimal(target)
    size = min(map(len, reached), default=None)
    yield "now", (found.state, found.grade), truth.now
    yield "proved", found.proved, True
    yield "smallest", found.smallest, size
    yield "singles", {one: (s.state, s.grade) for s in found.singles for one in s.records}, truth.singles()
    if size is not None:
        yield "sets of the smallest size", found.smallest_sets, sum(len(ids) == size for ids in reached)
        yield "witness", frozenset(found.witness) in reached, True
        yield "size of the witness", len(found.witness), size
    listed = [ids for pattern in found.patterns for ids in expand(found, pattern)]
    yield "repeated sets", len(listed), len(set(listed))
    if found.complete:
        yield "number of minimal sets", found.minimal_sets, len(minimal)
        yield "minimal sets", set(listed) == minimal, True
    yield "sets that are not minimal", len(set(listed) - minimal), 0


def expand(found: Decisive, pattern: Pattern) -> Iterator[frozenset[str]]:
    """The sets of record ids that a pattern stands for."""
    chosen = product(*(combinations(found.classes[i], k) for i, k in pattern.parts))
    return (frozenset(one for some in sets for one in some) for sets in chosen)

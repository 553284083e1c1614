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
from creditscore.grading.population.prescore import open_prescorer
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
    number = questions = sets = 0
    difference_lines: list[str] = []
    for plan in plans(scheme):
        for k, subject in enumerate(subjects(plan, seed, count, records)):
            truth = brute(plan, subject)
            number, questions, sets = number + 1, questions + len(plan.grades) + 1, sets + len(truth.outcomes)
            difference_lines += [
                f"{plan.period} subject {k}: {difference}" for difference in differences(plan, subject, truth)
            ]
    return Checked(scheme.name, number, questions, sets, tuple(difference_lines))


def check_columns(scheme: Scheme, count: int, seed: int, records: Sequence[int] = range(13)) -> Checked:
    """The columns of a population of `count` made-up subjects for each stretch of the rules, against the search over
    each of them, as the engine admitted it. `sets`: subjects that were answered without a search.
    """
    given_number = quick = 0
    difference_lines: list[str] = []
    for plan in plans(scheme):
        given = tables(plan, subjects(plan, seed, count, records))
        with open_prescorer(ingest(**given, subject_ids="local"), plan) as ready:
            for number in range(len(ready.ranges)):
                searched: list[str] = []
                rows = span(ready, number, searched=searched).to_pylist()
                given_number, quick = given_number + len(rows), quick + len(rows) - len(searched)
                for row, (subject_id, subject) in zip(rows, ready.inputs(), strict=True):
                    subject_brief = brief(plan, subject_id, subject)
                    if tuple(row.values()) != tuple(asdict(subject_brief).values()):
                        difference_lines.append(
                            f"{plan.period} subject {subject_id}: {row}, by the search {subject_brief}"
                        )
    return Checked(scheme.name, given_number, given_number, quick, tuple(difference_lines))


def differences(plan: Plan, subject: Subject, truth: Brute) -> Iterator[str]:
    """Where the search and brute force do not say the same."""
    search = Search(plan, subject)
    for target in (*plan.grades, ANY):
        decisive = search.answer(target, ALL)
        for claim, ours, theirs in _pairs(decisive, truth, target):
            if ours != theirs:
                yield f"target {target}: {claim} {ours!r}, by brute force {theirs!r}"
        short = search.answer(target, 0)  # nothing listed: the minimal sets are counted
        if short.minimal_sets not in (None, decisive.minimal_sets):
            yield f"target {target}: {short.minimal_sets} minimal sets counted, {decisive.minimal_sets} listed"
        if decisive.smallest:
            verdict = verify(plan, subject, target, decisive.witness, decisive.smallest, decisive.proof, exhaust=0)
            if not verdict.agrees:
                yield f"target {target}: the proof does not hold: {verdict.how}"


def _pairs(decisive: Decisive, truth: Brute, target: str) -> Iterator[tuple[str, object, object]]:
    reached, minimal = truth.reached(target), truth.minimal(target)
    size = min(map(len, reached), default=None)
    yield "now", (decisive.state, decisive.grade), truth.now
    yield "proved", decisive.proved, True
    yield "smallest", decisive.smallest, size
    yield "singles", {record: (s.state, s.grade) for s in decisive.singles for record in s.records}, truth.singles()
    if size is not None:
        yield "sets of the smallest size", decisive.smallest_sets, sum(len(ids) == size for ids in reached)
        yield "witness", frozenset(decisive.witness) in reached, True
        yield "size of the witness", len(decisive.witness), size
    listed = [ids for pattern in decisive.patterns for ids in expand(decisive, pattern)]
    yield "repeated sets", len(listed), len(set(listed))
    if decisive.complete:
        yield "number of minimal sets", decisive.minimal_sets, len(minimal)
        yield "minimal sets", set(listed) == minimal, True
    yield "sets that are not minimal", len(set(listed) - minimal), 0


def expand(decisive: Decisive, pattern: Pattern) -> Iterator[frozenset[str]]:
    """The sets of record ids that a pattern stands for."""
    chosen = product(*(combinations(decisive.classes[i], k) for i, k in pattern.parts))
    return (frozenset(record_id for group in sets for record_id in group) for sets in chosen)

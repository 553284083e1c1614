"""Exact Shapley values of records, against the definition."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import comb

import pytest

from creditscore.core.errors import UsageError
from creditscore.core.quantities import MICRO
from creditscore.explanation.shapley import shapley
from creditscore.explanation.synthetic import plans, subjects
from creditscore.grading.interpreter.exact import Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.schemes import registry
from tests.explanation.decisive.test_decisive import rich


def by_definition(plan: Plan, subject: Subject) -> dict[str, Fraction] | None:
    records = list(subject.records)
    ids = [one["record_id"] for one in records]
    worth = {}
    for size in range(len(ids) + 1):
        for some in combinations(ids, size):
            one = grade_subject(plan, replace(subject, records=[r for r in records if r["record_id"] in some]))
            value = (
                one.score if plan.has_points else MICRO * (len(plan.grades) - 1 - plan.grades.index(one.grade or ""))
            )
            worth[frozenset(some)] = Fraction(value, MICRO)
    n = len(ids)
    return {
        one: sum(
            (
                Fraction(1, n * comb(n - 1, len(some))) * (worth[some | {one}] - worth[some])
                for some in worth
                if one not in some
            ),
            Fraction(0),
        )
        for one in ids
    }


SCHEMES = ["acts", "caps", "dates", "third_city"]
SHIPPED = [
    "tax@2014",
    "labour/national",
    "environment/ningxia@2019-12-31",
    "labour/points_anonymous",
    "construction/blacklist",
]


@pytest.mark.parametrize("name", [*SCHEMES, *SHIPPED])
def test_equal_to_the_definition(name: str) -> None:
    plan = rich(name) if name in SCHEMES else plans(registry.pick(name))[-1]
    seen = 0
    for subject in subjects(plan, 1, 25, range(1, 7)):
        try:
            found = shapley(plan, subject)
        except UsageError:
            continue
        if found.of == "score" and grade_subject(plan, subject).score is None:
            continue
        assert sum(found.values.values(), Fraction(0)) == found.whole - found.empty
        try:
            expected = by_definition(plan, subject)
        except (ValueError, TypeError):
            continue  # a state without score or grade lies between
        seen += 1
        assert found.values == {one: expected.get(one, Fraction(0)) for one in found.values}
        assert all(value == 0 for one, value in expected.items() if one not in found.values)
    assert seen >= 3


def test_a_plain_sum_needs_no_counting() -> None:
    plan = plans(registry.pick("examples/restaurants_san_francisco"))[-1]
    made = ((one, shapley(plan, one)) for one in subjects(plan, 1, 40, range(2, 10)))
    subject, found = next(pair for pair in made if pair[1].how == "sum" and any(pair[1].values.values()))
    points = {line.record_id: line.effective for line in grade_subject(plan, subject).ledger if line.step == "record"}
    assert found.values == {one: Fraction(points[one] or 0, MICRO) for one in found.values}
    assert sum(found.values.values(), Fraction(0)) == found.whole - found.empty


def test_records_that_share_an_act_share_its_points() -> None:
    plan = rich("acts")
    halves = 0
    for subject in subjects(plan, 3, 40, range(1, 2)):
        (record,) = subject.records
        pair = [{**record, "act_id": "one", "record_id": name, "rk": k} for k, name in enumerate("ab")]
        try:
            alone, both = (shapley(plan, replace(subject, records=some)) for some in (pair[:1], pair))
        except UsageError:
            continue
        assert both.values["a"] == both.values["b"] == alone.values["a"] / 2
        halves += bool(alone.values["a"])
    assert halves


def test_a_subject_without_a_grade_has_no_values() -> None:
    plan = rich("acts")
    with pytest.raises(UsageError, match="not graded"):
        shapley(plan, replace(next(subjects(plan, 1, 1, range(3, 4))), fed=False))


def test_too_many_counts_are_refused_with_their_number() -> None:
    plan = rich("caps")
    refused = 0
    for subject in subjects(plan, 1, 20, range(30, 31)):
        try:
            shapley(plan, subject, most=10)
        except UsageError as error:
            refused += "counts of classes" in str(error)
    assert refused

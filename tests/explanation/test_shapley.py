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
    ids = [record["record_id"] for record in records]
    worth = {}
    for size in range(len(ids) + 1):
        for combination in combinations(ids, size):
            outcome = grade_subject(
                plan, replace(subject, records=[r for r in records if r["record_id"] in combination])
            )
            value = (
                outcome.score
                if plan.has_points
                else MICRO * (len(plan.grades) - 1 - plan.grades.index(outcome.grade or ""))
            )
            worth[frozenset(combination)] = Fraction(value, MICRO)
    n = len(ids)
    return {
        key: sum(
            (
                Fraction(1, n * comb(n - 1, len(subset))) * (worth[subset | {key}] - worth[subset])
                for subset in worth
                if key not in subset
            ),
            Fraction(0),
        )
        for key in ids
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
            shapley_values = shapley(plan, subject)
        except UsageError:
            continue
        if shapley_values.of == "score" and grade_subject(plan, subject).score is None:
            continue
        assert sum(shapley_values.values.values(), Fraction(0)) == shapley_values.whole - shapley_values.empty
        try:
            expected = by_definition(plan, subject)
        except (ValueError, TypeError):
            continue  # a state without score or grade lies between
        seen += 1
        assert shapley_values.values == {value: expected.get(value, Fraction(0)) for value in shapley_values.values}
        assert all(value == 0 for name, value in expected.items() if name not in shapley_values.values)
    assert seen >= 3


def test_a_plain_sum_needs_no_counting() -> None:
    plan = plans(registry.pick("examples/restaurants_san_francisco"))[-1]
    result = ((subject, shapley(plan, subject)) for subject in subjects(plan, 1, 40, range(2, 10)))
    subject, shapley_values = next(pair for pair in result if pair[1].how == "sum" and any(pair[1].values.values()))
    points = {line.record_id: line.effective for line in grade_subject(plan, subject).ledger if line.step == "record"}
    assert shapley_values.values == {value: Fraction(points[value] or 0, MICRO) for value in shapley_values.values}
    assert sum(shapley_values.values.values(), Fraction(0)) == shapley_values.whole - shapley_values.empty


def test_records_that_share_an_act_share_its_points() -> None:
    plan = rich("acts")
    halves = 0
    for subject in subjects(plan, 3, 40, range(1, 2)):
        (record,) = subject.records
        pair = [{**record, "act_id": "one", "record_id": name, "rk": k} for k, name in enumerate("ab")]
        try:
            alone, both = (shapley(plan, replace(subject, records=rows)) for rows in (pair[:1], pair))
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

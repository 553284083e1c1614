"""What rules attach to grades is information: shown from the one loader, and nothing of it is ever proposed."""

from __future__ import annotations

from typing import Any

from creditscore.measures.by_grade import attached
from creditscore.schemes.measures import load_measures
from tests.measures.helpers import FIRM, OTHER, shipped


def row(**more: Any) -> dict[str, Any]:
    return {
        "subject_id": FIRM,
        "scheme": "tax",
        "version": "2014",
        "period": "2019",
        "state": "graded",
        "grade": "D",
        **more,
    }


def test_the_measures_of_a_grade() -> None:
    attached_measures = attached([row()])
    assert attached_measures
    assert {attached_measure.use for attached_measure in attached_measures} == {"information"}
    assert {attached_measure.measure_id[:4] for attached_measure in attached_measures} == {"TM-D"}
    assert {attached_measure.basis_level for attached_measure in attached_measures} == {"normative_document"}


def test_versions_are_told_apart() -> None:
    ids = {
        version: {
            attached_measure.measure_id
            for attached_measure in attached([row(version=version, period=period, grade="A")])
        }
        for version, period in (("2014", "2019"), ("2025", "2025"))
    }
    assert "TM-A3" in ids["2014"]
    assert "TM-A3" not in ids["2025"]
    # the start score of the next year is raised from 2023 on only
    assert "TM-A7" not in ids["2014"]
    assert "TM-A7" in ids["2025"]


def test_a_grade_in_a_row_is_said() -> None:
    assert {attached_measure.running for attached_measure in attached([row(grade="A")])} == {1, 3}


def test_who_is_not_graded_has_none_and_order_means_nothing() -> None:
    rows = [row(), row(subject_id=OTHER, grade="A"), row(state="not_graded", grade=None), row(scheme="nothing")]
    attached_measures = attached(rows)
    assert {attached_measure.subject_id for attached_measure in attached_measures} == {FIRM, OTHER}
    assert attached(reversed(rows)) == attached_measures


def test_no_measure_of_a_grade_is_a_measure_of_the_four_lists() -> None:
    assert not load_measures().keys() & shipped().measures.keys()

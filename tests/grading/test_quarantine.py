"""What a scheme refuses: each fault once, what could stand there, and no number of a person."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from tests.paths import TEST_SCHEMES

FIRM = "91500000MAAAAAA188"
PERSON = "11010519491231002X"
SCHEMES = TEST_SCHEMES


def refused(scheme: str = "tax", subject: dict[str, Any] | None = None, **columns: str) -> list[dict[str, Any]]:
    """The quarantine of one record with these columns."""
    record = {"record_id": "r", "subject_id": FIRM, "item": "010101", "occurred_on": "2020-03-01", **columns}
    grading = cs.grade(
        pd.DataFrame([record]),
        scheme,
        subjects=pd.DataFrame([{"subject_id": FIRM, **(subject or {})}]),
        period=2020,
        max_rejected=9,
    )
    counts = grading.manifest["counts"]["records"]
    assert counts["in"] == counts["used"] + counts["out_of_window"] + counts["refused"] == 1
    rows: list[dict[str, Any]] = grading.quarantine.to_pylist()
    return rows


@pytest.mark.parametrize(
    ("columns", "subject"),
    [
        ({"item": PERSON}, {}),
        ({"exemption": PERSON}, {}),
        ({}, {"has_income": PERSON}),
        ({}, {"first_filed_on": PERSON}),
    ],
)
def test_a_persons_number_is_hidden_where_only_the_scheme_refuses_it(
    columns: dict[str, str], subject: dict[str, str]
) -> None:
    rows = refused(subject=subject, **columns)
    assert rows
    assert PERSON not in str(rows)
    assert rows[0]["value"].startswith("110*")


def test_a_persons_number_among_grades_of_the_past_is_hidden() -> None:
    history = pd.DataFrame({"subject_id": [FIRM], "period": [2019], "grade": [PERSON]})
    none = pd.DataFrame({"record_id": [], "subject_id": [], "item": []}, dtype=str)
    subjects = pd.DataFrame({"subject_id": [FIRM]})
    grading = cs.grade(none, "tax", subjects=subjects, history=history, period=2020, max_rejected=1)
    (row,) = grading.quarantine.to_pylist()
    assert (row["reason"], row["value"]) == ("unknown_grade", "110***************")


@pytest.mark.parametrize(
    ("columns", "reason", "allowed"),
    [
        ({"exemption": "NI9"}, "bad_attribute", "allowed: NI1, NI2, NI3, NI4"),
        ({"item": "050102", "ratio": "2%"}, "bad_attribute", "allowed: a number with at most 6 decimals from 0"),
        ({"item": "050102", "ratio": ""}, "missing_attribute", "supply the column"),
        ({"item": "10101"}, "unknown_item", "allowed: 010101 (a spreadsheet cuts a zero in front"),
        ({"item": "999"}, "unknown_item", "`creditscore scheme show` lists them"),
    ],
)
def test_each_fault_once_with_what_could_stand_there(columns: dict[str, str], reason: str, allowed: str) -> None:
    (row,) = refused(**columns)
    assert row["reason"] == reason
    assert allowed in row["message"]


def test_attributes_of_subjects_say_what_is_allowed() -> None:
    messages = {row["column"]: row["message"] for row in refused(subject={"has_income": "x", "not_evaluated": "y"})}
    assert messages["has_income"].endswith("allowed: true or false")
    assert messages["not_evaluated"].endswith("allowed: NE3, NE4, NE5, NE6")


def test_a_word_that_no_item_reads_is_one_fault() -> None:
    (row,) = refused(str(SCHEMES / "caps.yaml"), item="a6", level="middling")
    assert (row["column"], row["value"]) == ("level", "middling")
    assert "allowed: low, high" in row["message"]

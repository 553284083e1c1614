"""Two sound cells of a row that changed places: where an order or a name gives it away, the row marks its subject."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from stdnum.cn import uscc

import creditscore as cs
from tests.paths import TEST_SCHEMES

OTHER_BASE = "91440300MA0000000"
ID, OTHER = "914403001922038216", OTHER_BASE + uscc.calc_check_digit(OTHER_BASE)
SUBJECTS = pd.DataFrame({"subject_id": [ID, OTHER], "first_filed_on": ["2010-01-01"] * 2})
RECORDS = pd.DataFrame([{"record_id": "r", "subject_id": OTHER, "item": "010101", "occurred_on": "2022-03-05"}])
FEEDS = pd.DataFrame([{"domain": "tax", "from": "2010-01-01", "to": "2023-12-31", "source": "office"}])
STATED = {"has_income": "true", "books_compliant": "true", "not_evaluated": "", "non_regular_on": "2000-01-01"}
CAPS = str(TEST_SCHEMES / "caps.yaml")
ORDER = {"grade": "D", "route": "direct", "decided_on": "2022-04-20", "recorded_on": "2022-05-01"}


def graded(scheme: str = "tax", period: int = 2022, **tables: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    attributes = [{"subject_id": OTHER, "name": name, "value": value} for name, value in STATED.items()]
    given = {"attributes": attributes, **tables}
    given["attributes"] = attributes + tables.get("attributes", [])
    frames = {name: pd.DataFrame(rows).astype(object) for name, rows in given.items()}
    frames = {name: frame.where(frame.notna(), None) for name, frame in frames.items()}
    grading = cs.grade(
        RECORDS, scheme, period, subjects=SUBJECTS, feeds=FEEDS, max_rejected=9, intake_on="2023-12-31", **frames
    )
    return {row["subject_id"]: {**row, "why": grading.manifest["reasons"]} for row in grading.grades.to_pylist()}


def attribute(**cells: str | None) -> list[dict[str, Any]]:
    return [{"subject_id": ID, "name": "has_income", "value": "false"} | cells]


def history(**cells: str | None) -> list[dict[str, Any]]:
    return [{"subject_id": ID, "period": "2021", **ORDER, **cells}]


def marks(row: dict[str, Any]) -> set[str]:
    return set(row["input_state"].split(";"))


def test_the_name_and_the_value_of_an_attribute_that_changed_places_mark_their_subject() -> None:
    assert graded(attributes=attribute())[ID]["grade"] == "M"
    rows = graded(attributes=attribute(name="false", value="has_income"))
    assert "near_miss_columns" in marks(rows[ID])
    assert "near_miss_columns" not in marks(rows[OTHER])


def test_a_value_that_is_no_attribute_and_a_column_of_subjects_are_no_slip() -> None:
    rows = graded(attributes=attribute(name="colour", value="red"))
    assert "near_miss_columns" not in marks(rows[ID])
    subjects = SUBJECTS.assign(topic="has_income")
    grading = cs.grade(RECORDS, "tax", 2022, subjects=subjects, intake_on="2023-12-31")
    assert not grading.manifest["near_misses"]


def test_a_swapped_attribute_is_named_and_fails_a_strict_run() -> None:
    swapped = pd.DataFrame(attribute(name="false", value="has_income"))
    subjects = SUBJECTS.assign(has_income="true", books_compliant="true", not_evaluated="", non_regular_on="2000-01-01")
    grading = cs.grade(RECORDS, "tax", 2022, subjects=subjects, attributes=swapped, intake_on="2023-12-31")
    assert grading.manifest["near_misses"] == [{"table": "attributes", "column": "false", "near": "has_income"}]
    assert any("changed places" in note for note in grading.manifest["notes"])
    with pytest.raises(cs.InputError, match="has_income"):
        cs.grade(RECORDS, "tax", 2022, subjects=subjects, attributes=swapped, intake_on="2023-12-31", strict=True)


@pytest.mark.parametrize("cells", [{"name": None}, {"name": " "}, {"name": None, "value": "has_income"}])
def test_an_attribute_without_a_name_could_be_any(cells: dict[str, str | None]) -> None:
    row = graded(attributes=attribute(**cells))[ID]
    assert row["why"] == {"attributes: empty_id": 1}
    assert (row["state_reason"], row["grade_without"]) == ("refused_rows", "A")


def test_the_name_of_an_attribute_in_the_place_of_its_subject_is_everybodys() -> None:
    rows = graded(attributes=attribute(subject_id="has_income", name=ID))
    assert all("unattributed_rows" in marks(row) for row in rows.values())


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"decided_on": "2022-05-01", "recorded_on": "2022-04-20"}, "occurred_after_recorded"),
        ({"period": "2022-04-20", "decided_on": "2021-12-31"}, "bad_period"),
        ({"period": "2022-05-01", "decided_on": None, "recorded_on": "2021-12-31"}, "bad_period"),
        ({"period": "2022-05-01", "decided_on": "2022-04-20", "recorded_on": "2021-12-31"}, "bad_period"),
    ],
)
def test_days_of_an_earlier_grade_that_break_their_order_leave_it_open(cells: dict[str, Any], reason: str) -> None:
    assert graded(history=history())[ID]["grade"] == "D"
    row = graded(history=history(**cells))[ID]
    assert f"history: {reason}" in row["why"]
    assert (row["state_reason"], row["grade_without"]) == ("refused_rows", "A")


@pytest.mark.parametrize(
    "cells",
    [
        {"period": "2021-12-31"},
        {"period": "2021-12-31", "decided_on": "2021-12-31", "recorded_on": "2021-12-31"},
        {"decided_on": "2022-05-01"},
        {"decided_on": "2021-04-20"},  # of a year nothing is said but that it is not after the day of intake
    ],
)
def test_days_of_an_earlier_grade_in_their_order_are_taken(cells: dict[str, Any]) -> None:
    assert graded(history=history(**cells))[ID]["why"] == {}


def listed(**cells: str | None) -> dict[str, Any]:
    entry = {"listing_id": "l", "subject_id": "a", "list": "black", "entered_on": "2020-03-01"} | cells
    records = pd.DataFrame([{"record_id": "r", "subject_id": "a", "item": "v1", "occurred_on": "2020-03-01"}])
    subjects = pd.DataFrame([{"subject_id": "a", "rich": "true", "staff": "3", "began_on": "2019-01-01", "sort": "x"}])
    grading = cs.grade(
        records,
        CAPS,
        2020,
        subjects=subjects,
        listings=pd.DataFrame([entry]),
        max_rejected=9,
        intake_on="2023-12-31",
    )
    return {**grading.grades.to_pylist()[0], "why": grading.manifest["reasons"]}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"entered_on": "2021-06-01", "recorded_on": "2020-03-05"}, "occurred_after_recorded"),
        ({"entered_on": "2021-03-01", "term_end": "2020-03-01"}, "bad_date"),
        ({"entered_on": "2021-03-01", "exited_on": "2020-03-01"}, "bad_date"),
    ],
)
def test_days_of_a_list_entry_that_break_their_order_leave_the_grade_open(cells: dict[str, Any], reason: str) -> None:
    assert listed()["grade"] != listed(list="red")["grade"]
    row = listed(**cells)
    assert row["why"] == {f"listings: {reason}": 1}
    assert row["state_reason"] == "refused_rows"


@pytest.mark.parametrize(
    "cells",
    [{"valid_from": "2023-06-01", "valid_to": "2022-01-01"}, {"valid_from": "2022-12-31", "valid_to": "2021-01-01"}],
)
def test_the_ends_of_an_attribute_that_changed_places_leave_the_grade_open(cells: dict[str, str]) -> None:
    row = graded(attributes=attribute(**cells))[ID]
    assert row["why"] == {"attributes: bad_date": 1}
    assert (row["state_reason"], row["grade_without"]) == ("refused_rows", "A")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"name": "", "value": "2022-03-01"}, "empty_id"),
        ({"name": "non_regular_on", "value": "2022-03-01", "valid_from": "soon"}, "bad_date"),
    ],
)
def test_a_refused_attribute_that_stands_for_a_record_is_read(cells: dict[str, str], reason: str) -> None:
    assert graded(attributes=attribute(**cells))[ID]["why"] == {f"attributes: {reason}": 1}

"""Columns that nobody reads, near misses and absent attributes: named, and refused on request."""

from __future__ import annotations

import pandas as pd
import pytest

import creditscore as cs
from creditscore.grading.input_state.unread import near_name, read_attributes
from creditscore.schemes import registry
from tests.paths import TEST_SCHEMES
from tests.tiers import thinned

SCHEME = str(TEST_SCHEMES / "caps.yaml")
ATTRIBUTES = {"rich": "true", "staff": "3", "began_on": "2019-01-01", "sort": "x"}
RECORDS = pd.DataFrame(
    [{"record_id": "r", "subject_id": "a", "item": "a1", "occurred_on": "2020-03-01", "level": "low"}]
)
FEEDS = pd.DataFrame([{"domain": "test", "from": "2010-01-01", "to": "2030-12-31", "source": "office"}])


def grade(records: pd.DataFrame = RECORDS, **options: object) -> cs.Grading:
    subjects = pd.DataFrame([{"subject_id": "a", **ATTRIBUTES, **options.pop("subject", {})}])
    return cs.grade(records, SCHEME, 2020, subjects=subjects.dropna(axis=1), **{"feeds": FEEDS, **options})


def test_a_sound_input_has_no_marks() -> None:
    manifest = grade(strict=True).manifest
    assert (manifest["unread_columns"], manifest["near_misses"], manifest["absent_attributes"]) == ({}, [], [])
    assert manifest["input_marks"] == []


def test_columns_that_no_scheme_reads_are_listed_once_and_are_no_fault() -> None:
    manifest = grade(RECORDS.assign(colour="red"), subject={"favourite": "x"}, strict=True).manifest
    assert manifest["unread_columns"] == {"subjects": ["favourite"], "records": ["colour"]}
    assert manifest["input_marks"] == []


@pytest.mark.parametrize(
    ("records", "subject", "expected"),
    [
        (RECORDS.rename(columns={"level": "levell"}), {}, {"table": "records", "column": "levell", "near": "level"}),
        (RECORDS.assign(occured_on="2020-03-01"), {}, None),  # the right one says something in every row
        (
            RECORDS.rename(columns={"occurred_on": "occured_on"}).assign(event_on="2020-03-01"),
            {},
            {"table": "records", "column": "occured_on", "near": "occurred_on"},
        ),
        (RECORDS, {"sort": None, "sorted": "x"}, {"table": "subjects", "column": "sorted", "near": "sort"}),
    ],
)
def test_a_near_miss_of_a_known_name_is_named(
    records: pd.DataFrame, subject: dict[str, object], expected: dict[str, str] | None
) -> None:
    manifest = grade(records, subject=subject).manifest
    assert manifest["near_misses"] == ([expected] if expected else [])
    assert ("near_miss_columns" in manifest["input_marks"]) == bool(expected)


@pytest.mark.parametrize(
    ("column", "right", "subject"),
    thinned(
        [
            ("levell", {"level": None}, {}),
            ("occured_on", {"occurred_on": None, "event_on": "2020-04-01"}, {}),
            ("sortt", {}, {"sortt": "x", "sort": ""}),
            ("registred_on", {}, {"registred_on": "2010-01-01", "registered_on": ""}),
        ],
        4,
    ),
)
def test_a_near_miss_beside_the_right_column_counts_where_only_it_says_something(
    column: str, right: dict[str, object], subject: dict[str, str]
) -> None:
    subjects = pd.DataFrame([{"subject_id": name, **ATTRIBUTES, **(subject if name == "a" else {})} for name in "ab"])
    records = RECORDS.assign(**right) if subject else RECORDS.assign(**right, **{column: "2020-03-01"})
    attributes = pd.DataFrame([{"subject_id": "b", "name": "sort", "value": "x"}])
    tables = {"subjects": subjects, "attributes": attributes, "feeds": FEEDS}
    grading = cs.grade(records, SCHEME, 2020, **tables)
    (miss,) = grading.manifest["near_misses"]
    assert miss["column"] == column
    assert grading.manifest["input_marks"] == ["near_miss_columns"]
    with pytest.raises(cs.InputError, match=column):
        cs.grade(records, SCHEME, 2020, **tables, strict=True)
    assert not cs.grade(records, SCHEME, 2020, **tables, strict=True, ignore_columns=[column]).manifest["near_misses"]


@pytest.mark.parametrize("beside", [{}, {"valid_from": None, "exited_on": None}])
def test_a_near_miss_in_a_smaller_table_marks_everybody(beside: dict[str, None]) -> None:
    row = {"subject_id": "a", "name": "rich", "value": "false", "valid_form": "2021-01-01"}
    entry = {"listing_id": "l", "subject_id": "a", "list": "market_serious", "entered_on": "2020-01-01"}
    for name, table, more in (
        ("attributes", row, "valid_from"),
        ("listings", entry | {"exited_om": "2020-02-01"}, "exited_on"),
    ):
        table = table | {column: value for column, value in beside.items() if column == more}
        manifest = grade(**{name: pd.DataFrame([table])}).manifest
        assert [miss["near"] for miss in manifest["near_misses"]] == [more]
        assert manifest["input_marks"] == ["near_miss_columns"]


def test_an_attribute_that_nobody_has_and_a_rule_reads_is_named() -> None:
    manifest = grade(subject={"rich": None}).manifest
    assert manifest["absent_attributes"] == ["rich"]
    assert "absent_attributes" in manifest["input_marks"]
    assert any("nobody has: rich" in note for note in manifest["notes"])


def test_strict_runs_fail_and_what_is_ignored_is_recorded() -> None:
    with pytest.raises(cs.InputError, match="nobody has: rich"):
        grade(subject={"rich": None}, strict=True)
    manifest = grade(subject={"rich": None}, strict=True, ignore_columns=["rich"]).manifest
    assert (manifest["ignored_columns"], manifest["absent_attributes"]) == (["rich"], [])


def test_a_run_without_feeds_carries_a_mark() -> None:
    assert grade(feeds=None).manifest["input_marks"] == ["feeds_undeclared"]


def test_a_misnamed_attribute_marks_its_subject_alone() -> None:
    subjects = pd.DataFrame([{"subject_id": subject, **ATTRIBUTES} for subject in "ab"]).drop(columns="rich")
    named = [("a", "rich"), ("b", "richs")]
    attributes = pd.DataFrame([{"subject_id": subject, "name": name, "value": "true"} for subject, name in named])
    grading = cs.grade(RECORDS, SCHEME, 2020, subjects=subjects, attributes=attributes, feeds=FEEDS)
    assert grading.manifest["near_misses"] == [{"table": "attributes", "column": "richs", "near": "rich"}]
    assert grading.manifest["input_marks"] == []
    states = {row["subject_id"]: row["input_state"] for row in grading.grades.to_pylist()}
    assert states == {"a": "whole", "b": "near_miss_columns"}
    with pytest.raises(cs.InputError, match="richs"):
        cs.grade(RECORDS, SCHEME, 2020, subjects=subjects, attributes=attributes, feeds=FEEDS, strict=True)


def test_built_from_the_stem_of_a_known_name() -> None:
    assert near_name("tax_grade", [], ["taxed"]) == "taxed"
    assert near_name("has_staff", [], ["has_income"]) is None
    assert near_name("Has-Income", ["has_income"]) == "has_income"
    assert near_name("colour", ["level"], ["rich"]) is None


def test_an_attribute_of_a_rule_that_is_not_in_force_is_not_missed() -> None:
    scheme = registry.find("tax", 2014)
    assert read_attributes(scheme) - read_attributes(scheme, 2014) == {"opted_in"}  # read from a later year on
    assert read_attributes(scheme, 2022) == read_attributes(scheme)

"""Columns that nobody reads, near misses and absent attributes: named, and refused on request."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import creditscore as cs
from creditscore.grading.unread import near_name

SCHEME = str(Path(__file__).parent / "schemes" / "caps.yaml")
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
        (RECORDS.assign(occured_on="2020-03-01"), {}, None),
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

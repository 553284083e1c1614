"""Feeds that declare their delivery: rows and hash as declared, or the feed is not there."""

import hashlib

import pandas as pd
import pytest

import creditscore as cs
from tests.tiers import thinned

FIRMS = ["914403001922038216", "91440115618712245T"]
RECORDS = pd.DataFrame(
    [
        {"record_id": f"r{k}", "subject_id": firm, "item": "010101", "domain": "tax", "source": "office"}
        | {"occurred_on": "2020-03-01"}
        for k, firm in enumerate([*FIRMS, "nobody"])
    ]
)
FEED = {"domain": "tax", "from": "2019-01-01", "to": "2021-12-31", "source": "office"}


def graded(tmp_path, *feeds):
    file = tmp_path / "records.csv"
    RECORDS.to_csv(file, index=False)
    subjects = pd.DataFrame({"subject_id": FIRMS})
    table = pd.DataFrame(feeds) if feeds else None
    return cs.grade(file, "tax", 2020, subjects=subjects, feeds=table, max_rejected=9)


def states(grading):
    return set(grading.grades.column("state").to_pylist())


@pytest.mark.parametrize("declared", [{"rows": "3"}, {"rows": 3}, {"sha256": "HASH"}, {"rows": "3", "sha256": "HASH"}])
def test_what_arrived_as_declared_is_there(tmp_path, declared):
    RECORDS.to_csv(tmp_path / "records.csv", index=False)
    digest = hashlib.sha256((tmp_path / "records.csv").read_bytes()).hexdigest()
    feed = {**FEED, **{name: digest.upper() if value == "HASH" else value for name, value in declared.items()}}
    grading = graded(tmp_path, feed)
    assert (grading.manifest["delivery"], grading.manifest["feeds"]) == ("declared", "declared")
    assert states(grading) == {"graded"}


@pytest.mark.parametrize(
    ("declared", "column", "words"),
    [
        ({"rows": "4"}, "rows", "4 rows declared, 3 counted"),
        ({"rows": "3", "sha256": "0" * 64}, "sha256", "1 files of records, none with this hash"),
    ],
)
def test_a_feed_whose_delivery_differs_is_not_there(tmp_path, declared, column, words):
    grading = graded(tmp_path, {**FEED, **declared})
    (fault,) = (row for row in grading.quarantine.to_pylist() if row["table"] == "feeds")
    assert (fault["reason"], fault["column"]) == ("bad_delivery", column)
    assert words in fault["message"]
    # a table of feeds was given, though nothing of it is left: nobody is fed, and silence is no virtue
    assert (grading.manifest["delivery"], grading.manifest["feeds"]) == ("differs", "declared")
    assert "not_graded" in states(grading)
    assert set(grading.grades.column("state_reason").to_pylist()) == {"no_feed"}


def test_other_sources_are_counted_apart(tmp_path):
    grading = graded(tmp_path, {**FEED, "rows": "3"}, {**FEED, "source": "court", "rows": "0"})
    assert grading.manifest["delivery"] == "declared"


def test_without_a_declaration_a_run_says_so(tmp_path):
    assert graded(tmp_path).manifest["delivery"] == "undeclared"
    assert graded(tmp_path, FEED).manifest["delivery"] == "undeclared"


def test_a_number_of_rows_that_is_none_is_refused(tmp_path):
    grading = graded(tmp_path, {**FEED, "rows": "many"})
    assert grading.manifest["reasons"]["feeds: bad_number"] == 1


@pytest.mark.parametrize("table", ["subjects", "history", "listings"])
@pytest.mark.parametrize("lost", thinned((1, 0, 2), 3))
def test_a_table_that_is_not_what_was_declared_marks_every_grade(tmp_path, table, lost):
    tables = {
        "subjects": pd.DataFrame({"subject_id": [*FIRMS, "another"]}),
        "history": pd.DataFrame({"subject_id": FIRMS[:2], "period": "2019", "grade": "D", "domain": "tax"}),
        "listings": pd.DataFrame(
            {"listing_id": ["a", "b"], "subject_id": FIRMS[:2], "list": "wage_arrears", "entered_on": "2019-05-01"}
        ),
    }
    feeds = [{**FEED, "table": name, "rows": len(rows)} for name, rows in tables.items()]
    tables[table] = tables[table].iloc[: len(tables[table]) - lost]
    given = {name: rows for name, rows in tables.items() if len(rows)}
    grading = cs.grade(RECORDS, "tax", 2020, feeds=pd.DataFrame([FEED, *feeds]), max_rejected=9, **given)
    assert grading.manifest["delivery"] == ("differs" if lost else "declared")
    assert grading.manifest["input_marks"].count("delivery_differs") == bool(lost)
    for state in grading.grades.column("input_state").to_pylist():
        assert ("delivery_differs" in state) == bool(lost)


def test_declarations_alone_feed_nobody_and_name_tables_that_exist(tmp_path):
    subjects = pd.DataFrame({"subject_id": FIRMS})
    feed = {**FEED, "table": "subjects", "rows": len(FIRMS)}
    grading = cs.grade(RECORDS, "tax", 2020, subjects=subjects, feeds=pd.DataFrame([feed]), max_rejected=9)
    assert "feeds_undeclared" in grading.manifest["input_marks"]
    odd = {**feed, "table": "firms"}
    with pytest.raises(cs.TooManyRejected) as raised:
        cs.grade(RECORDS, "tax", 2020, subjects=subjects, feeds=pd.DataFrame([FEED, odd]))
    (fault,) = (row for row in raised.value.grading.quarantine.to_pylist() if row["table"] == "feeds")
    assert "there is no table 'firms'; there are subjects, attributes, records, listings, history" in fault["message"]

"""`grade` through the public door: third city, determinism, fates, knowledge days, refusals, usage."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import creditscore as cs
from tests.paths import TEST_SCHEMES

SCHEMES = TEST_SCHEMES
CITY = str(SCHEMES / "third_city.yaml")


def city(points: dict[str, list[int]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    records = [
        {
            "record_id": f"{name}-{i}",
            "subject_id": name,
            "item": "violation",
            "occurred_on": "2016-01-05",
            "quantity": value,
        }
        for name, values in points.items()
        for i, value in enumerate(values)
    ]
    return pd.DataFrame({"subject_id": list(points)}), pd.DataFrame(records)


def test_a_rule_written_as_yaml_alone_grades_a_third_city() -> None:
    subjects, records = city(
        {"none": [], "edge13": [7, 6], "edge14": [7, 7], "edge27": [27], "edge28": [20, 8], "many": [9] * 9}
    )
    grades = cs.grade(records, CITY, subjects=subjects, as_of="2016-12-31").grades.to_pylist()
    assert {row["subject_id"]: (row["score"], row["grade"]) for row in grades} == {
        "none": (Decimal(0), "A"),
        "edge13": (Decimal(13), "A"),
        "edge14": (Decimal(14), "B"),
        "edge27": (Decimal(27), "B"),
        "edge28": (Decimal(28), "C"),
        "many": (Decimal(81), "C"),
    }


def test_bands_that_leave_a_gap_are_refused(tmp_path: Path) -> None:
    text = Path(CITY).read_text(encoding="utf-8").replace("add: {each: 1}", "add: {each: 0.5}")
    file = tmp_path / "half.yaml"
    file.write_text(text, encoding="utf-8")
    subjects, records = city({"x": [27]})  # 13.5 points: no band
    with pytest.raises(cs.SchemeError, match="no band covers"):
        cs.grade(records, str(file), subjects=subjects, as_of="2016-12-31")


def test_a_score_between_whole_bands_is_not_guessed() -> None:
    subjects, records = city({"half": [13], "whole": [13]})
    records["quantity"] = ["13.5", "13"]
    grades = cs.grade(records, CITY, subjects=subjects, as_of="2016-12-31").grades.to_pylist()
    assert [(row["state"], row["state_reason"], row["grade"]) for row in grades] == [
        ("not_computable", "no_band", None),
        ("graded", "", "A"),
    ]


def outputs(folder: Path) -> dict[str, bytes]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest.pop("timings", None)
    manifest.pop("inputs", None)
    return {
        name: (folder / name).read_bytes() for name in ("grades.parquet", "ledger.parquet", "grades.csv", "ledger.csv")
    } | {"manifest": json.dumps(manifest, sort_keys=True).encode()}


@pytest.mark.slow
def test_any_row_order_and_thread_count_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import creditscore.grading.population.chunks as spans
    from tests.grading.test_parity import table

    rng, seen = random.Random(5), []
    tables = table(3, 60, ["a1", "a2", "a5", "v1", "b1"], rich=True)
    for i, threads in enumerate((1, 2, 2)):
        if i == 2:
            monkeypatch.setattr(spans, "UNSORTED", 75)  # nine spans instead of one
        shuffled = {
            name: frame.sample(frac=1, random_state=rng.randint(0, 999)) if i else frame
            for name, frame in tables.items()
        }
        records = shuffled.pop("records")
        grading = cs.grade(records, str(SCHEMES / "caps.yaml"), **shuffled, period=2020, threads=threads)
        grading.write(tmp_path / str(i), csv=True)
        seen.append(outputs(tmp_path / str(i)))
    assert seen[0] == seen[1] == seen[2]


def test_a_snapshot_gives_the_same_bytes_as_its_tables(tmp_path: Path) -> None:
    from creditscore.records.snapshot_files import read_snapshot, write_snapshot
    from tests.grading.test_parity import table

    tables = table(4, 60, ["a1", "a2", "a5", "v1", "b1"], rich=True)
    records = tables.pop("records")
    cs.grade(records, str(SCHEMES / "caps.yaml"), **tables, period=2020).write(tmp_path / "a", csv=True)
    write_snapshot(cs.ingest(records=records, subject_ids="local", **tables), tmp_path / "snap")
    cs.grade(read_snapshot(tmp_path / "snap"), str(SCHEMES / "caps.yaml"), period=2020).write(tmp_path / "b", csv=True)
    assert outputs(tmp_path / "a") == outputs(tmp_path / "b")


def test_each_row_has_one_fate() -> None:
    subjects, records = city({"a": [5, 5], "b": [1]})
    more = pd.DataFrame(
        [
            {
                "record_id": "late",
                "subject_id": "a",
                "item": "violation",
                "occurred_on": "2017-02-01",
                "quantity": 1,
            },
            {
                "record_id": "future",
                "subject_id": "a",
                "item": "violation",
                "occurred_on": "2018-02-01",
                "quantity": 1,
            },
            {
                "record_id": "other",
                "subject_id": "a",
                "item": "violation",
                "occurred_on": "2016-02-01",
                "quantity": 1,
                "domain": "fire",
            },
            {
                "record_id": "wrong",
                "subject_id": "nobody",
                "item": "violation",
                "occurred_on": "2016-02-01",
                "quantity": 1,
            },
        ]
    )
    records = pd.concat([records.assign(domain="food_hygiene"), more])
    grading = cs.grade(records, CITY, subjects=subjects, as_of="2016-12-31", known_at="2017-12-31", max_rejected=1)
    rows = grading.manifest["counts"]["records"]
    assert rows == {
        "in": 7,
        "used": 3,
        "not_yet_known": 1,
        "out_of_window": 1,
        "refused": 1,
        "other_domain": 1,
        "other_scheme": 0,
        "repeated": 0,
    }
    assert [row["reason"] for row in grading.quarantine.to_pylist()] == ["unknown_subject"]


def test_too_many_refused_rows_fail_and_carry_the_result() -> None:
    subjects, records = city({"a": [5]})
    records.loc[0, "item"] = "nonsense"
    with pytest.raises(cs.TooManyRejected, match="unknown_item 1") as caught:
        cs.grade(records, CITY, subjects=subjects, as_of="2016-12-31")
    assert caught.value.exit_code == 3
    assert caught.value.grading.grades.num_rows == 1
    assert "(unknown_item: the scheme has no such item" in str(caught.value)


def test_an_id_that_a_spreadsheet_spoilt_is_told_so() -> None:
    subjects, records = city({"a": [5, 5]})
    records.loc[0, "subject_id"] = "9.12203E+17"
    with pytest.raises(cs.TooManyRejected, match="mangled_id 1") as caught:
        cs.grade(records, CITY, subjects=subjects, as_of="2016-12-31")
    assert "a spreadsheet turned this id into a number; export the column as text" in str(caught.value)


def test_a_silent_feed_is_not_virtue() -> None:
    subjects, records = city({"a": [5], "b": []})
    subjects["district"] = ["north", "south"]
    feeds = pd.DataFrame(
        [{"domain": "food_hygiene", "from": "", "to": "", "source": "north office", "district": "north"}]
    )
    grades = cs.grade(records, CITY, subjects=subjects, feeds=feeds, as_of="2016-12-31").grades.to_pylist()
    assert [(row["state"], row["state_reason"], row["grade"]) for row in grades] == [
        ("graded", "", "A"),
        ("not_graded", "no_feed", None),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "either a period"),
        ({"period": 2016, "as_of": "2016-01-01"}, "either a period"),
        ({"period": "next"}, "not an evaluation year"),
        ({"as_of": "31.12.2016"}, "not a day"),
    ],
)
def test_usage_errors_say_what_is_allowed(arguments: dict, words: str) -> None:
    subjects, records = city({"a": [5]})
    with pytest.raises(cs.UsageError, match=words) as caught:
        cs.grade(records, CITY, subjects=subjects, **arguments)
    assert caught.value.exit_code == 2


def test_a_period_is_read_in_the_terms_of_the_scheme() -> None:
    subjects, records = city({"a": [5]})
    by_year = cs.grade(records, CITY, subjects=subjects, period=2016)
    assert by_year.manifest["as_of"] == by_year.manifest["period"] == "2016-12-31"
    subjects = pd.DataFrame({"subject_id": ["914403001922038216"]})
    for as_of, year in (("2016-12-31", "2016"), ("2016-12-30", "2015")):
        assert cs.grade(records.iloc[:0], "tax", subjects=subjects, as_of=as_of).manifest["period"] == year


def test_not_in_force_names_the_neighbours() -> None:
    subjects, records = city({"a": [5]})
    with pytest.raises(cs.NotInForce, match="third_city@2010-01-01") as caught:
        cs.grade(records, CITY, subjects=subjects, as_of="2009-12-31")
    assert caught.value.exit_code == 4


def test_an_unknown_scheme_suggests_near_ones() -> None:
    subjects, records = city({"a": [5]})
    with pytest.raises(cs.UsageError, match="food_hygiene_uk"):
        cs.grade(records, "food_hygiene", subjects=subjects, as_of="2016-12-31")


@pytest.mark.slow
def test_gradings_of_one_snapshot_do_not_disturb_each_other() -> None:
    from concurrent.futures import ThreadPoolExecutor

    from tests.grading.test_parity import compare, table

    tables = table(7, 40, ["a1", "a2", "a5", "v1", "b1"], rich=True)
    snapshot = cs.ingest(subject_ids="local", **tables)
    years = (2018, 2019, 2020, 2020)

    def run(year: int) -> cs.Grading:
        return cs.grade(snapshot, str(SCHEMES / "caps.yaml"), period=year)

    alone = [run(year).grades for year in years]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, years))
    assert [grading.grades for grading in together] == alone
    for grading in together:
        compare(grading)


@pytest.mark.slow
def test_a_word_of_another_item_is_refused() -> None:
    rows = [
        ("N-01", "all_outlets"),
        ("N-02", "all_outlets"),
        ("N-02", "tier1"),
        ("N-17", "penalty"),
        ("N-05", "penalty"),
    ]
    records = pd.DataFrame(
        {"record_id": str(k), "subject_id": "A", "item": item, "tier": tier, "occurred_on": "2016-12-31"}
        for k, (item, tier) in enumerate(rows)
    )
    snapshot = cs.ingest(subjects=pd.DataFrame({"subject_id": ["A"]}), records=records, subject_ids="local")
    grading = cs.grade(snapshot, "environment/guangdong", period=2016, max_rejected=2)
    assert [(row["record_id"], row["reason"]) for row in grading.quarantine.to_pylist()] == [
        ("1", "bad_attribute"),
        ("4", "bad_attribute"),
    ]


def test_binary_floats_are_read_at_six_decimals_and_a_note_says_so_once() -> None:
    subjects, records = city({"x": [13, 14]})
    grading = cs.grade(records.assign(amount=[0.1 + 0.2, 564312.4199999999]), CITY, subjects=subjects, period=2016)
    assert grading.manifest["counts"]["records"]["used"] == 2
    notes = [note for note in grading.manifest["notes"] if "floats" in note]
    assert notes == ["records: column amount: binary floats read at six decimals"]
    exact = cs.grade(records.assign(amount=["0.3", "564312.42"]), CITY, subjects=subjects, period=2016)
    assert exact.manifest["snapshot_hash"] == grading.manifest["snapshot_hash"]

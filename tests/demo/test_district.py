"""The made-up district: the same each time, well formed, nobody's, and shaped as intended."""

import hashlib
from pathlib import Path

import pyarrow.compute as pc
import pytest

from creditscore.core.identity import is_resident, look_at_id
from creditscore.demo.codes import organisation_code
from creditscore.demo.district import District, district, nobody
from creditscore.demo.run import grade_district

SHAPE = {"A": 8, "B": 42, "M": 40, "C": 3, "D": 7}


@pytest.fixture(scope="module")
def small() -> District:
    return district(300)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    prints = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        files = district(200, seed).write(tmp_path / name)
        prints.append({table: hashlib.sha256(file.read_bytes()).hexdigest() for table, file in files.items()})
    assert prints[0] == prints[1]
    assert prints[0]["records"] != prints[2]["records"]
    assert "Made-up data" in (tmp_path / "a" / "MADE_UP.txt").read_text(encoding="utf-8")


def test_codes_are_valid_and_belong_to_no_place(small: District) -> None:
    from stdnum import numdb

    codes = small.subjects["subject_id"].to_pylist()
    assert len(set(codes)) == len(codes) == 300
    counties = numdb.get("cn/loc")
    for code in codes:
        assert look_at_id(code, uscc_only=True) == (code, None)
        assert organisation_code(code[8:16]) == code[8:17]
    for region in set(small.subjects["region"].to_pylist()):
        assert not any("county" in results for _, results in counties.info(region))


def test_the_check_character_of_an_organisation_code() -> None:
    assert organisation_code("D2143569") == "D2143569X"  # the example of GB 11714


def test_names_are_evidently_invented(small: District) -> None:
    assert all(name.startswith("〔虚构〕") for name in small.subjects["name"].to_pylist())


def test_the_refused_person_is_nobody() -> None:
    number = nobody(1)
    assert is_resident(number)
    assert number.startswith("22029919000101")


def test_records_have_many_fates(small: District) -> None:
    assert {"filed", "corrected", "withdrawn", "disputed", "dispute_resolved"} == set(
        small.records["event"].to_pylist()
    )
    assert 9 <= small.records.num_rows / 300 <= 11
    shares = [share for share in small.records["share"].to_pylist() if share is not None]
    assert shares
    assert all(0 < share < 1 for share in shares)
    years = set(pc.year(small.records["occurred_on"]).drop_null().to_pylist())
    assert {2019, 2020, 2021, 2022, 2023} <= years


@pytest.mark.parametrize("size", [50, 300])
@pytest.mark.slow
def test_its_input_needs_no_warning_and_slips_mark_their_subjects_alone(tmp_path: Path, size: int) -> None:
    district_tables = district(size)
    grading = grade_district(district_tables.write(tmp_path))  # strict
    manifest = grading.manifest
    assert (manifest["input_marks"], manifest["absent_attributes"], manifest["notes"]) == ([], [], [])
    assert manifest["delivery"] == "declared"
    marked = {row["subject_id"] for row in grading.grades.to_pylist() if row["input_state"] != "whole"}
    slips = {row["subject_id"] for row in district_tables.records.to_pylist() if row["record_id"].startswith("X")}
    assert marked <= slips


def test_feeds_declare_what_they_delivered(small: District) -> None:
    sources = small.records["source"].to_pylist()
    of_records = [feed for feed in small.feeds.to_pylist() if feed["table"] == "records"]
    assert [feed["rows"] for feed in of_records] == [sources.count(feed["source"]) for feed in of_records]
    assert sum(feed["rows"] for feed in of_records) > 1000
    others = {feed["table"]: feed["rows"] for feed in small.feeds.to_pylist() if feed["table"] != "records"}
    assert others == {name: len(getattr(small, name)) for name in ("subjects", "attributes", "history")}


@pytest.mark.slow
def test_the_shares_come_near_the_intended_ones(tmp_path: Path) -> None:
    grading = grade_district(district(6000).write(tmp_path))
    counts = grading.manifest["counts"]["grades"]
    total = sum(counts.values())
    for grade, share in SHAPE.items():
        assert abs(100 * counts[grade] / total - share) < 2, (grade, 100 * counts[grade] / total)
    assert grading.manifest["counts"]["states"]["not_graded"] < 0.05 * 6000
    assert grading.manifest["made_up"] is True

"""Tables that nobody should send: a clear error, and nothing personal in it."""

import decimal

import pandas as pd
import pyarrow as pa
import pytest
from records_helpers import PERSON

import creditscore as cs

SUBJECTS = pd.DataFrame({"subject_id": ["a"]})


def ingest(subjects=SUBJECTS, **columns):
    records = pa.table({"record_id": ["r"], "subject_id": ["a"], "item": ["i"], **columns})
    return cs.ingest(subjects, records, subject_ids="local")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([decimal.Decimal(1)], pa.decimal256(50, 0)),
        pa.array([decimal.Decimal(100)], pa.decimal128(5, -2)),
    ],
)
def test_a_type_that_no_engine_reads(column):
    with pytest.raises(cs.InputError, match="cannot be read"):
        ingest(quantity=column)


def test_a_whole_number_beyond_every_type_is_a_bad_number():
    records = pd.DataFrame({"record_id": ["r"], "subject_id": ["a"], "item": ["i"], "quantity": [10**30]})
    snapshot = cs.ingest(SUBJECTS, records, subject_ids="local")
    assert snapshot.con.execute("SELECT reason FROM quarantine").fetchall() == [("bad_number",)]


@pytest.mark.parametrize("header", [f"{PERSON},x", f"{PERSON},{PERSON}"])
def test_a_table_without_header_shows_no_persons_number(tmp_path, header):
    file = tmp_path / "subjects.csv"
    file.write_text(f"{header}\n1,2\n", encoding="utf-8")
    with pytest.raises(cs.InputError) as caught:
        cs.ingest(file, pa.table({"record_id": ["r"], "subject_id": ["a"], "item": ["i"]}), subject_ids="local")
    assert PERSON not in str(caught.value)
    assert PERSON[:3] in str(caught.value)


@pytest.mark.parametrize("text", ["2021-01-05", "2021/1/5", "20210105", "2021年1月5日", "2021-01-05 00:00:00"])
def test_dates_among_attributes_are_read_like_other_dates(text):
    subjects = pd.DataFrame({"subject_id": ["a"], "first_filed_on": [text]})
    records = pd.DataFrame({"record_id": ["r"], "subject_id": ["a"], "item": ["010103"], "occurred_on": ["2023-02-01"]})
    grading = cs.grade(cs.ingest(subjects, records, subject_ids="local"), "tax", period=2023)
    (row,) = grading.grades.to_pylist()
    assert (row["grade"], float(row["score"])) == ("B", 87.0)
    early = cs.grade(
        cs.ingest(subjects.assign(first_filed_on=text.replace("2021", "2023")), records, subject_ids="local"),
        "tax",
        period=2023,
    )
    assert early.grades.to_pylist()[0]["grade"] == "M"


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u2060", "\ufeff"])
@pytest.mark.parametrize("place", [0, 5, 18])
def test_characters_without_width_do_not_part_an_id_from_itself(unseen, place):
    firm = "91500000MAAAAAA188"
    records = pa.table({"record_id": ["r"], "subject_id": [firm[:place] + unseen + firm[place:]], "item": ["i"]})
    snapshot = cs.ingest(pd.DataFrame({"subject_id": [firm]}), records)
    assert (snapshot.counts["records"]["refused"], snapshot.rows("log")) == (0, 1)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_table_parted_by_other_marks_than_commas_is_told_so(tmp_path, mark):
    file = tmp_path / "subjects.csv"
    file.write_text(mark.join(["subject_id", "name"]) + "\n", encoding="utf-8")
    with pytest.raises(cs.InputError, match="commas between cells"):
        ingest(file)


def test_a_folder_without_parquet_is_called_so(tmp_path):
    with pytest.raises(cs.InputError, match=r"the folder holds no \.parquet file"):
        ingest(tmp_path)

"""Tables that nobody should send: a clear error, and nothing personal in it."""

import decimal
import unicodedata

import pandas as pd
import pyarrow as pa
import pytest

import creditscore as cs
from tests.records.records_helpers import FIRM, PERSON
from tests.tiers import thinned

MISTYPED = PERSON[:-1] + ("1" if PERSON[-1] != "1" else "2")
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


@pytest.mark.parametrize("number", [PERSON, MISTYPED, f"张三{MISTYPED}", "13812345678"])
@pytest.mark.parametrize("table", ["subjects", "records", "attributes"])
def test_a_column_named_by_the_number_of_a_person_is_a_row_in_place_of_the_header(number, table):
    tables = {
        "subjects": pa.table({"subject_id": ["a"]}),
        "records": pa.table({"record_id": ["r"], "subject_id": ["a"], "item": ["i"]}),
        "attributes": pa.table({"subject_id": ["a"], "name": ["n"], "value": ["v"]}),
    }
    tables[table] = tables[table].append_column(number, pa.array(["1"]))
    with pytest.raises(cs.InputError) as caught:
        cs.ingest(subject_ids="local", **tables)
    assert number[-15:] not in str(caught.value)
    assert "张三" not in str(caught.value)
    assert "above the rows" in str(caught.value)


@pytest.mark.parametrize(
    "number", thinned([PERSON, MISTYPED, "１１０１０５１９４９１２３１００２１", "110105491231002"], 2)
)
def test_no_name_or_message_shows_a_persons_number(number):
    """Names of attributes, the table that a feed declares, and the hint how a number is to be written."""
    rows = pa.table({"record_id": ["r"], "subject_id": [FIRM], "item": ["030110"], "booked_on": ["2022-03-01"]})
    rows = rows.append_column("amount", pa.array([number[:6] + "," + number[6:]]))
    subjects = pa.table({"subject_id": [FIRM]})
    attributes = pa.table({"subject_id": [FIRM, "x"], "name": ["taxed", number], "value": ["true", "1"]})
    feeds = pa.table({"domain": ["tax"], "from": ["2022-01-01"], "to": ["2022-12-31"], "source": ["s"]})
    feeds = feeds.append_column("table", pa.array([number])).append_column("rows", pa.array(["1"]))
    for lines in (attributes, attributes.set_column(0, "subject_id", pa.array([FIRM, FIRM]))):
        grading = cs.grade(rows, "tax", subjects=subjects, attributes=lines, feeds=feeds, period=2022, max_rejected=9)
        text = unicodedata.normalize("NFKC", str(grading.quarantine.to_pylist()) + str(grading.manifest))
        assert unicodedata.normalize("NFKC", number)[3:15] not in text


@pytest.mark.parametrize(
    "text", thinned(["2021年1月5日", "2021/1/5", "20210105", "2021-01-05", "2021-01-05 00:00:00"], 3)
)
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

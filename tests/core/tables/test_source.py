"""Reading tables: encodings, kinds of sources, and what is said when a table cannot be read."""

import random
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import InputError
from creditscore.records import ingest
from tests.records.records_helpers import reasons, table

SUBJECTS = "subject_id,name\nA,甲公司\nB,乙（集团）公司\n"
RECORDS = "record_id,subject_id,item,occurred_on,amount\n001,A,010101,2024-01-31,1.5\n002,B,9,2024/2/1,\n"


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_read_alike(tmp_path, encoding, newline):
    subjects = write(tmp_path / "s.csv", SUBJECTS.replace("\n", newline), encoding)
    records = write(tmp_path / "r.csv", RECORDS.replace("\n", newline), encoding)
    snapshot = ingest(subjects, str(records), subject_ids="local")
    assert [row["name"] for row in table(snapshot, "subjects")] == ["甲公司", "乙（集团）公司"]
    log = table(snapshot, "log")
    assert [(row["record_id"], row["amount"], row["row"]) for row in log] == [("001", 1_500_000, 2), ("002", None, 3)]
    assert snapshot.items == ("010101", "9")


def test_full_width_text_and_blanks_are_read_as_ascii(tmp_path):
    subjects = write(tmp_path / "s.csv", "subject_id,kind\n　ａ１ ,ＥＮＴＥＲＰＲＩＳＥ\n")
    records = write(
        tmp_path / "r.csv",
        "record_id,subject_id,item,occurred_on,quantity,document_no,size\n"
        "Ｒ１,a1,０１０１０１ ,２０２４年３月１日,１．５,税（２０２４）１号, ２０％\n",
    )
    snapshot = ingest(subjects, records, subject_ids="local")
    assert reasons(snapshot) == set()
    (row,) = table(snapshot, "log")
    assert (row["record_id"], row["occurred_day"], row["quantity"]) == ("R1", 19783, 1_500_000)
    assert (row["document_no"], row["a_size"]) == ("税（2024）1号", "20%")
    assert (snapshot.items, table(snapshot, "subjects")[0]["kind"]) == (("010101",), "enterprise")


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01",
        "2024/03/01",
        "2024/3/1",
        "2024-3-1",
        "20240301",
        "2024年3月1日",
        "2024年03月01日",
        "2024-03-01 00:00:00",
        "2024/3/1 0:00",
    ],
)
def test_every_way_to_write_a_day(tmp_path, text):
    records = write(tmp_path / "r.csv", f"record_id,subject_id,item,event_on\nr,A,1,{text}\n")
    snapshot = ingest(pa.table({"subject_id": ["A"]}), records, subject_ids="local")
    assert [row["event_day"] for row in table(snapshot, "log")] == [19783]


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("1", 1_000_000),
        ("0", 0),
        ("+2", 2_000_000),
        ("0.1", 100_000),
        (".5", 500_000),
        ("3.", 3_000_000),
        ("0.100000000", 100_000),
        ("8999999999999.999999", 8_999_999_999_999_999_999),
        ("0007", 7_000_000),
    ],
)
def test_numbers_are_exact(tmp_path, text, micro):
    records = write(tmp_path / "r.csv", f"record_id,subject_id,item,amount\nr,A,1,{text}\n")
    snapshot = ingest(pa.table({"subject_id": ["A"]}), records, subject_ids="local")
    assert [row["amount"] for row in table(snapshot, "log")] == [micro]


def test_floats_are_read_as_the_decimals_they_were_written_from():
    texts = ["0.1", "69.99", "1999999999.123457", "2000000001.123457", "123456789012.25", "4503599627370.5", "0.000001"]
    records = pd.DataFrame({"record_id": texts, "subject_id": "A", "item": "1", "amount": [float(t) for t in texts]})
    snapshot = ingest(pd.DataFrame({"subject_id": ["A"]}), records, subject_ids="local")
    results = {row["record_id"]: row["amount"] for row in table(snapshot, "log")}
    assert results == {
        text: int(whole + (part + "000000")[:6]) for text in texts for whole, _, part in [text.partition(".")]
    }


def test_narrow_decimals_are_read_without_overflow():
    amount = pa.array([Decimal("123456789012.345678")], pa.decimal128(18, 6))
    records = pa.table({"record_id": ["r"], "subject_id": ["A"], "item": ["1"], "amount": amount})
    snapshot = ingest(pa.table({"subject_id": ["A"]}), records, subject_ids="local")
    assert [row["amount"] for row in table(snapshot, "log")] == [123_456_789_012_345_678]


def test_floats_outside_the_range_of_an_amount_are_refused():
    amounts = [float("inf"), -0.5, 9e12]
    records = pd.DataFrame({"record_id": list("abc"), "subject_id": "A", "item": "1", "amount": amounts})
    snapshot = ingest(pd.DataFrame({"subject_id": ["A"]}), records, subject_ids="local")
    assert {line for _, line, reason, _ in reasons(snapshot) if reason == "bad_number"} == {1, 2, 3}


def test_floats_are_read_at_six_decimals_of_their_shortest_form():
    rng = random.Random(12)
    numbers = [0.1 + 0.2, 564312.4199999999, 1e-7, 5e-7, 1.0000005, 1.00000049, 1e-20, 0.0, 3.0]
    numbers += [rng.random() * 10 ** rng.randint(-8, 12) for _ in range(300)]
    names = [str(place) for place in range(len(numbers))]
    records = pa.table({"record_id": names, "subject_id": ["A"] * len(numbers), "item": names, "amount": numbers})
    snapshot = ingest(pa.table({"subject_id": ["A"]}), records, subject_ids="local")
    six = [Decimal(repr(number)).quantize(Decimal("0.000001"), ROUND_HALF_UP) for number in numbers]
    assert {row["record_id"]: row["amount"] for row in table(snapshot, "log")} == {
        name: int(number * 1_000_000) for name, number in zip(names, six, strict=True)
    }
    assert snapshot.inputs["records"]["rounded_columns"] == ["amount"]


def test_short_floats_are_read_at_six_decimals():
    amounts = pa.array([0.1, 1.25, 564312.44, 16777216, 1e-7], pa.float32())
    names = ["a", "b", "c", "d", "e"]
    records = pa.table({"record_id": names, "subject_id": ["A"] * 5, "item": names, "amount": amounts})
    snapshot = ingest(pa.table({"subject_id": ["A"]}), records, subject_ids="local")
    results = {row["record_id"]: row["amount"] for row in table(snapshot, "log")}
    assert results == {"a": 100_000, "b": 1_250_000, "c": 564_312_440_000, "d": 16_777_216_000_000, "e": 0}


def test_floats_among_attributes_are_read_at_six_decimals():
    records = pd.DataFrame({"record_id": ["r"], "subject_id": "A", "item": "1", "ratio": [0.1 + 0.2], "n": [2.5]})
    subjects = pd.DataFrame({"subject_id": ["A"], "rate": [0.7 + 0.1], "big": [1e20]})
    snapshot = ingest(subjects, records, subject_ids="local")
    assert [(row["a_ratio"], row["a_n"]) for row in table(snapshot, "log")] == [("0.3", "2.5")]
    assert {row["name"]: row["value"] for row in table(snapshot, "attributes")} == {"rate": "0.8", "big": "1e+20"}
    assert snapshot.inputs["records"]["rounded_columns"] == ["ratio"]


def test_all_sources_give_the_same_snapshot(tmp_path):
    con = duckdb.connect()
    subjects, records = write(tmp_path / "s.csv", SUBJECTS), write(tmp_path / "r.csv", RECORDS)
    frame = pd.read_csv(records, dtype={"record_id": str, "item": str, "occurred_on": str})
    frame["occurred_on"] = pd.to_datetime(frame["occurred_on"], format="mixed")
    names = pd.read_csv(subjects)
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(arrow, tmp_path / "r.parquet")
    (tmp_path / "parts").mkdir()
    pq.write_table(arrow.slice(1), tmp_path / "parts" / "a.parquet")
    pq.write_table(arrow.slice(0, 1), tmp_path / "parts" / "b.parquet")
    sources = [
        records,
        frame,
        frame.astype(object),
        arrow,
        tmp_path / "r.parquet",
        tmp_path / "parts",
        str(tmp_path / "parts" / "*.parquet"),
        con.sql(f"SELECT * FROM '{tmp_path}/r.parquet'"),
    ]
    hashes = {ingest(names, source, subject_ids="local").content_hash() for source in sources}
    assert len(hashes) == 1
    split = ingest(names, tmp_path / "parts", subject_ids="local")
    assert sorted(row["row"] for row in table(split, "log")) == [1, 2]


def test_a_relation_of_the_same_connection_may_have_the_name_of_a_result(tmp_path):
    con = duckdb.connect()
    con.execute("CREATE TABLE subjects AS SELECT 'A' AS subject_id")
    records = con.sql("SELECT 'r' AS record_id, 'A' AS subject_id, '1' AS item")
    snapshot = ingest(con.table("subjects"), records, con=con, subject_ids="local")
    assert snapshot.rows("log") == 1


def test_all_missing_columns_of_all_tables_are_named_at_once(tmp_path):
    records = write(tmp_path / "r.csv", "record_id,code\nr,1\n")
    listings = write(tmp_path / "l.csv", "id\nx\n")
    with pytest.raises(InputError) as caught:
        ingest(pd.DataFrame({"name": ["x"]}), records, listings=listings)
    text = str(caught.value)
    for words in (
        "subjects: missing column subject_id",
        "records: missing columns subject_id, item",
        "listings: missing columns listing_id, subject_id, list, entered_on",
        "record_id, code",
        "r.csv",
        "l.csv",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.csv", b"", "empty"),
        ("r.csv", b"\xef\xbb\xbf", "empty"),
        ("r.csv", b"\xff\xfe" + "record_id,x".encode("utf-16-le") + b"\x00", "UTF-16, and damaged"),
        ("r.csv", "record_id,x\nr,1\n".encode("utf-16-le"), "UTF-16 without its mark"),
        ("r.csv", "record_id,x\nr,1\n".encode("utf-16-be"), "UTF-16 without its mark"),
        ("r.csv", "编号\r\n一\r\n".encode("utf-16-le"), "UTF-16 without its mark"),
        ("r.csv", b"record_id,\xff\xff\x80", "neither UTF-8 nor UTF-16 nor GB18030"),
        ("r.csv", b"record_id,subject_id,item,item\n", "twice"),
        ("r.csv", b"record_id,subject_id,item\n1,2\n", "line 2"),
        ("r.csv", b"record_id,subject_id,item\n1,2,3\n1,2,3,4\n", "line 3"),
        ("r.xlsx", b"PK", "cannot read this kind"),
        ("r.parquet", b"no", "not a Parquet file"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        ingest(pa.table({"subject_id": ["A"]}), path, subject_ids="local")
    assert str(path) in str(caught.value)


def test_a_broken_line_is_not_quoted(tmp_path):
    path = write(tmp_path / "r.csv", "record_id,subject_id,item\n1,110101199003070011\n")
    with pytest.raises(InputError) as caught:
        ingest(pa.table({"subject_id": ["A"]}), path, subject_ids="local")
    assert "1101011990" not in str(caught.value)


def test_absent_files_and_objects_of_other_kinds(tmp_path):
    with pytest.raises(InputError, match="nothing to read"):
        ingest(tmp_path / "none.csv", tmp_path / "none.parquet")
    with pytest.raises(InputError, match="cannot read a list"):
        ingest(pa.table({"subject_id": ["A"]}), [1])
    with pytest.raises(InputError, match="no table of subjects"):
        ingest(None, tmp_path / "none.parquet")


def test_a_header_without_rows_is_a_table_without_rows(tmp_path):
    snapshot = ingest(write(tmp_path / "s.csv", "subject_id"), write(tmp_path / "r.csv", RECORDS.split("\n")[0]))
    assert (snapshot.rows("log"), snapshot.rows("subjects"), snapshot.items) == (0, 0, ())


def test_quoted_cells_and_names_in_other_case(tmp_path):
    subjects = write(tmp_path / "s.csv", 'Subject_ID, Name ,\nA,"a ""b"", c\nd",\n')
    snapshot = ingest(subjects, pa.table({"record_id": ["r"], "subject_id": ["A"], "item": [101]}), subject_ids="local")
    assert table(snapshot, "subjects")[0]["name"] == 'a "b", c\nd'
    assert snapshot.items == ("101",)


def test_dates_with_a_time_zone_are_refused():
    days = pd.to_datetime(["2024-01-01"]).tz_localize("Asia/Shanghai")
    records = pd.DataFrame({"record_id": ["r"], "subject_id": ["A"], "item": ["1"], "event_on": days})
    with pytest.raises(InputError, match="time zone"):
        ingest(pd.DataFrame({"subject_id": ["A"]}), records, subject_ids="local")


def test_typed_columns_of_every_kind():
    records = pa.table(
        {
            "record_id": pa.array(["a", "b"]).dictionary_encode(),
            "subject_id": ["A", "A"],
            "item": ["1", "1"],
            "event_no": pa.array([1, None], pa.float64()),
            "occurred_on": pa.array([19783, None], pa.date32()),
            "booked_on": pa.array([19783 * 86400_000_000 + 1, None], pa.timestamp("us")),
            "decided_on": pa.nulls(2),
            "quantity": pa.array([2, None], pa.int8()),
            "amount": pa.array([1.25, None], pa.float32()),
            "workers": pa.array([12.0, None], pa.float64()),
        }
    )
    snapshot = ingest(pa.table({"subject_id": ["A"]}), records, subject_ids="local")
    assert reasons(snapshot) == set()
    first, second = sorted(table(snapshot, "log"), key=lambda row: row["record_id"])
    assert (first["occurred_day"], first["booked_day"], first["quantity"]) == (19783, 19783, 2_000_000)
    assert (first["amount"], first["a_workers"], second["quantity"]) == (1_250_000, "12", 1_000_000)
    assert (second["amount"], second["known_day"]) == (None, None)

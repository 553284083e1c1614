"""What intake makes of good rows: subjects, attributes, side tables, the log, days of knowledge."""

from datetime import date

import pyarrow as pa
import pytest

from creditscore.core.errors import UsageError
from creditscore.records import ingest
from tests.records.records_helpers import FIRM, OTHER, code, table


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_subjects_are_ranked_and_their_kind_derived(take):
    starts = {
        "11": "government_body",
        "12": "institution",
        "52": "social_organisation",
        "92": "individual_business",
        "93": "cooperative",
        "54": "other_organisation",
    }
    rows = [{"subject_id": code(f"{start}440300MA5F000A1")} for start in starts]
    snapshot = take(rows, [], subject_ids="uscc")
    data_table = table(snapshot, "subjects")
    assert [row["sid"] for row in data_table] == list(range(len(rows)))
    assert [row["subject_id"] for row in data_table] == sorted(row["subject_id"] for row in rows)
    assert {row["subject_id"][:2]: row["kind"] for row in data_table} == starts


def test_local_subjects_have_no_derived_kind(take):
    assert table(take([{"subject_id": "91-x"}], []), "subjects")[0]["kind"] is None


def test_further_columns_of_subjects_are_attributes(take):
    snapshot = take(
        [{"subject_id": "A", "tax_type": "vat", "Listed": ""}, {"subject_id": "B", "tax_type": "", "Listed": "1"}],
        [],
        attributes=[
            {"subject_id": "B", "name": "x", "value": " 1 ", "valid_to": "2024-01-01", "recorded_on": "2024-02-01"}
        ],
    )
    rows = sorted((r["sid"], r["name"], r["value"], r["to_day"], r["known_day"]) for r in table(snapshot, "attributes"))
    assert rows == [(0, "tax_type", "vat", None, None), (1, "Listed", "1", None, None), (1, "x", "1", 19723, 19754)]


def test_columns_the_input_lacks_are_constants(take):
    snapshot = take([{"subject_id": "A"}], [{"record_id": "r", "subject_id": "A", "item": "i"}])
    (row,) = table(snapshot, "log")
    assert {name: value for name, value in row.items() if value is not None} == {
        "rk": 2,
        "sid": 0,
        "record_id": "r",
        "event_no": 1,
        "event": 0,
        "single": True,
        "item": 0,
        "quantity": 1_000_000,
        "row": 2,
    }


def test_log_has_the_types_of_the_contract(take):
    rows = [{"record_id": "r", "subject_id": "A", "item": "i", "event": "filed", "amount": "1", "share": "", "x": "y"}]
    snapshot = take([{"subject_id": "A"}], rows)
    schema = snapshot.con.sql("SELECT * FROM log").to_arrow_table().schema
    kinds = {
        "rk": pa.int64(),
        "sid": pa.int32(),
        "event_no": pa.int32(),
        "event": pa.uint8(),
        "domain": pa.int16(),
        "item": pa.int16(),
        "known_day": pa.int32(),
        "quantity": pa.int64(),
        "amount": pa.int64(),
        "share": pa.int32(),
        "a_x": pa.string(),
        "single": pa.bool_(),
        "row": pa.int64(),
    }
    assert {name: schema.field(name).type for name in kinds} == kinds


@pytest.mark.parametrize(
    ("cells", "known"),
    [
        ({"recorded_on": "2024-05-01", "occurred_on": "2024-01-01"}, "2024-05-01"),
        ({"occurred_on": "2024-01-01", "published_on": "2024-02-01", "decided_on": ""}, "2024-02-01"),
        ({"occurred_on": "2024-01-01", "corrected_on": "2024-06-01"}, "2024-01-01"),
        ({"corrected_on": "2024-06-01"}, "2024-06-01"),
        ({"event_on": ""}, None),
    ],
)
def test_known_day_is_recorded_or_the_newest_legal_date(take, cells, known):
    snapshot = take([{"subject_id": "A"}], [{"record_id": "r", "subject_id": "A", "item": "i", **cells}])
    assert [row["known_day"] for row in table(snapshot, "log")] == [known and day(known)]


def test_later_events_take_subject_and_item_from_the_filed_row(take):
    rows = [
        {"record_id": "r", "event_no": "2", "event": "amended", "amount": "5", "event_on": "2024-02-01"},
        {"record_id": "r", "event_no": "1", "subject_id": "A", "item": "i", "domain": "tax", "event_on": "2024-01-01"},
        {"record_id": "r", "event_no": "3", "event": "corrected", "corrected_on": "2024-03-01"},
    ]
    snapshot = take([{"subject_id": "A"}], rows)
    results = sorted(table(snapshot, "log"), key=lambda row: row["event_no"])
    assert [(row["rk"], row["sid"], row["single"], row["known_day"]) for row in results] == [
        (3, 0, False, day("2024-01-01")),
        (3, 0, False, day("2024-02-01")),
        (3, 0, False, day("2024-03-01")),
    ]
    assert [(row["item"], row["domain"], row["quantity"]) for row in results] == [
        (0, 0, 1_000_000),
        (None, None, None),
        (0, 0, None),
    ]


def test_newest_day_is_of_what_happened_not_of_what_is_planned(take):
    snapshot = take(
        [{"subject_id": "A", "registered_on": "2001-01-01"}],
        [{"record_id": "r", "subject_id": "A", "item": "i", "occurred_on": "2024-05-01"}],
        attributes=[{"subject_id": "A", "name": "x", "value": "1", "valid_to": "2099-12-31"}],
        listings=[
            {"listing_id": "l", "subject_id": "A", "list": "x", "entered_on": "2024-06-01", "term_end": "2027-06-01"}
        ],
    )
    assert snapshot.newest_date == date(2024, 6, 1)


def test_dictionary_holds_the_words_of_good_rows_in_order(take):
    rows = [
        {"record_id": f"r{k}", "subject_id": who, "item": item, "domain": domain}
        for k, (who, item, domain) in enumerate(
            [("A", "b", "tax"), ("A", "a", "env"), ("Z", "aa", "aaa"), ("A", "c", "")]
        )
    ]
    snapshot = take([{"subject_id": "A"}], rows)
    assert (snapshot.items, snapshot.domains) == (("a", "b", "c"), ("env", "tax"))
    results = {row["record_id"]: (row["item"], row["domain"]) for row in table(snapshot, "log")}
    assert results == {"r0": (1, 1), "r1": (0, 0), "r3": (2, None)}


def test_records_find_their_subject_in_any_spelling(take):
    rows = [
        {"record_id": f"r{k}", "subject_id": text, "item": "i"}
        for k, text in enumerate([FIRM, FIRM.lower(), f" {FIRM} ", "".join(chr(ord(c) + 0xFEE0) for c in FIRM)])
    ]
    snapshot = take([{"subject_id": FIRM}, {"subject_id": OTHER}], rows, subject_ids="uscc")
    assert len({row["sid"] for row in table(snapshot, "log")}) == 1
    assert snapshot.rows("log") == 4


def test_an_earlier_run_fits_as_history(take):
    row = {
        "subject_id": "A",
        "domain": "tax",
        "scheme": "tax",
        "version": "v",
        "period": "2023",
        "known_at": "2024-04-30",
        "state": "graded",
        "state_reason": "",
        "start": "100.000000",
        "score": "90.000000",
        "grade": "A",
        "route": "score",
        "margin": "0.000000",
        "evidence": "verified",
        "readings": "",
    }
    (data,) = table(take([{"subject_id": "A"}], [], history=[row]), "history")
    assert (data["year"], data["route"], data["status"], data["row"]) == (2023, "score", "final", 2)


def test_arguments_are_checked(tmp_path):
    with pytest.raises(UsageError, match="subject_ids"):
        ingest("s.csv", "r.csv", subject_ids="any")
    with pytest.raises(UsageError):
        ingest("s.csv", "r.csv", threads=0)


def test_an_engine_without_a_progress_bar_will_do():
    """In a notebook without ipywidgets DuckDB refuses to be told that it shall show none."""
    import duckdb

    from creditscore.records.intake import connect

    class Without:
        def __init__(self):
            self.con, self.asked = duckdb.connect(), []

        def execute(self, text, *more):
            self.asked.append(text)
            if "progress_bar" in text:
                raise duckdb.InvalidInputException("required package 'ipywidgets' is missing")
            return self.con.execute(text, *more)

    con = Without()
    assert connect(con, threads=1) is con
    assert any("progress_bar" in text for text in con.asked)
    assert con.execute("SELECT current_setting('threads')").fetchone() == (1,)

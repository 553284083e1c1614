"""The content hash: every cell counts, order and place do not."""

import copy
import random
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.records import digest, ingest
from creditscore.records.digest import combine_digests, feeds_digest, subject_digests
from creditscore.records.snapshot import CONTENT_TABLES, column_types
from tests.tiers import thinned

SUBJECTS = [
    {
        "subject_id": "A",
        "name": "甲",
        "kind": "enterprise",
        "registered_on": "2001-02-03",
        "region": "440300",
        "district": "d",
        "industry": "i",
        "size": "s",
        "ownership": "o",
        "tax_type": "vat",
    },
    {
        "subject_id": "B",
        "name": "乙",
        "kind": "institution",
        "registered_on": "2011-02-03",
        "region": "440301",
        "district": "e",
        "industry": "j",
        "size": "t",
        "ownership": "p",
        "tax_type": "cit",
    },
]
RECORDS = [
    {
        "record_id": "r1",
        "subject_id": "A",
        "item": "x",
        "event_no": "1",
        "event": "filed",
        "domain": "tax",
        "event_on": "2024-01-02",
        "recorded_on": "2024-06-01",
        "occurred_on": "2024-01-01",
        "decided_on": "2024-01-03",
        "booked_on": "2024-01-04",
        "published_on": "2024-01-05",
        "corrected_on": None,
        "quantity": "2",
        "amount": "3",
        "act_id": "a1",
        "source_subject_id": "Q",
        "source": "s",
        "document_no": "d",
        "basis": "b",
        "share": None,
        "color": "red",
    },
    {
        "record_id": "r1",
        "subject_id": "A",
        "item": "x",
        "event_no": "2",
        "event": "corrected",
        "domain": "tax",
        "event_on": "2024-02-02",
        "recorded_on": "2024-07-01",
        "occurred_on": "2024-02-01",
        "decided_on": "2024-02-03",
        "booked_on": "2024-02-04",
        "published_on": "2024-02-05",
        "corrected_on": "2024-02-06",
        "quantity": "4",
        "amount": "5",
        "act_id": "a1",
        "source_subject_id": "Q",
        "source": "s",
        "document_no": "d",
        "basis": "b",
        "share": "0.5",
        "color": "blue",
    },
    {
        "record_id": "r2",
        "subject_id": "B",
        "item": "y",
        "event_no": "1",
        "event": "filed",
        "domain": "env",
        "event_on": "2024-03-02",
        "recorded_on": "2024-08-01",
        "occurred_on": "2024-03-01",
        "decided_on": "2024-03-03",
        "booked_on": "2024-03-04",
        "published_on": "2024-03-05",
        "corrected_on": "2024-03-06",
        "quantity": "6",
        "amount": "7",
        "act_id": "a2",
        "source_subject_id": "R",
        "source": "t",
        "document_no": "e",
        "basis": "c",
        "share": None,
        "color": "red",
    },
]
SIDE = {
    "attributes": [
        {
            "subject_id": "A",
            "name": "n",
            "value": "v",
            "valid_from": "2024-01-01",
            "valid_to": "2024-12-31",
            "recorded_on": "2024-02-01",
        }
    ],
    "listings": [
        {
            "listing_id": "l",
            "subject_id": "A",
            "list": "x",
            "entered_on": "2024-01-01",
            "term_end": "2025-01-01",
            "exited_on": "2024-06-01",
            "exit_reason": "y",
            "basis": "b",
            "recorded_on": "2024-01-02",
        }
    ],
    "history": [
        {
            "subject_id": "A",
            "period": "2023",
            "grade": "A",
            "domain": "tax",
            "scheme": "tax",
            "state": "graded",
            "route": "score",
            "status": "final",
            "decided_on": "2024-04-01",
            "recorded_on": "2024-04-02",
        }
    ],
    "feeds": [
        {
            "domain": "tax",
            "from": "2024-01-01",
            "to": "2024-12-31",
            "source": "s",
            "district": "d",
            "region": "r",
            "subject_id": "A",
        }
    ],
}
ALL = {"subjects": SUBJECTS, "records": RECORDS, **SIDE}
OTHER_VALUE = {
    "route": "direct",
    "status": "announced",
    "kind": "cooperative",
    "event": "withdrawn",
    "event_no": "7",
    "state": "not_graded",
    "period": "2022",
    "quantity": "8.5",
    "amount": "0.000001",
    "share": "0.25",
    "subject_id": "B",
}
# Cells that only matter together with others: recorded_on fixes what is known, decided_on of history stands in for it.
SILENT = {("history", "decided_on"), ("records", "share")}
FIRST_NO = ("records", 0, "event_no")  # its later event would be an orphan


def arrow(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})


def hash_of(tables, **options):
    given_tables = {name: arrow(rows) for name, rows in tables.items()}
    subjects, records = given_tables.pop("subjects"), given_tables.pop("records")
    snapshot = ingest(subjects, records, subject_ids="local", **given_tables, **options)
    assert snapshot.rows("quarantine") == 0, snapshot.con.sql("FROM quarantine")
    return snapshot.content_hash()


@cache
def usual():
    return hash_of(ALL)


def cells():
    for name, rows in ALL.items():
        for place, row in enumerate(rows):
            for column, value in row.items():
                if value is not None and (name, column) not in SILENT and (name, place, column) != FIRST_NO:
                    yield name, place, column


@pytest.mark.parametrize(("name", "place", "column"), thinned(cells(), 9))
def test_each_cell_counts(name, place, column):
    tables = copy.deepcopy(ALL)
    row = tables[name][place]
    other = OTHER_VALUE.get(column)
    if column in ("subject_id", "event") and name in ("subjects", "records"):
        # Ids hang together: rename the subject everywhere, or move the event of the record.
        if name == "subjects":
            old = row["subject_id"]
            for rows in tables.values():
                for each in rows:
                    if each.get("subject_id") == old:
                        each["subject_id"] = "C"
        elif column == "event" and row["event_no"] == "2":
            row["event"] = "disputed"
        elif row["record_id"] == "r2":
            row["subject_id"] = "A"
        else:
            return
    elif column == "record_id":
        for each in tables[name]:
            if each["record_id"] == "r1":
                each["record_id"] = "r9"
        if row["record_id"] == "r2":
            row["record_id"] = "r8"
    elif other:
        row[column] = other
    elif column.endswith("_on") or column in ("from", "to", "valid_from", "valid_to", "term_end"):
        later = column in ("to", "valid_to", "term_end", "recorded_on", "exited_on")
        row[column] = ("2026" if later else "2000") + row[column][4:]
        if column == "corrected_on":
            row[column] = "2026-01-01"
    else:
        row[column] = row[column] + "1"
    assert hash_of(tables) != usual()


def test_the_share_of_a_correction_counts():
    tables = copy.deepcopy(ALL)
    tables["records"][1]["share"] = "0.25"
    assert hash_of(tables) != usual()


@pytest.mark.parametrize("column", ["document_no", "amount", "color", "published_on", "domain"])
def test_an_emptied_cell_counts(column):
    tables = copy.deepcopy(ALL)
    tables["records"][2][column] = None
    assert hash_of(tables) != usual()


@given(st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
@pytest.mark.slow
def test_order_of_rows_is_irrelevant(chance: random.Random):
    tables = {name: chance.sample(rows, len(rows)) for name, rows in ALL.items()}
    assert hash_of(tables) == usual()


@given(
    st.lists(
        st.tuples(*[st.one_of(st.none(), st.text("a:1;\x1fS", min_size=1, max_size=3))] * 3), min_size=2, max_size=2
    )
)
@settings(max_examples=12, deadline=None)
@pytest.mark.slow
def test_cells_do_not_run_into_each_other(rows):
    def of(cells):
        row = {
            "record_id": "r",
            "subject_id": "A",
            "item": "x",
            "color": cells[0],
            "document_no": cells[1],
            "basis": cells[2],
        }
        return hash_of({"subjects": SUBJECTS[:1], "records": [row]})

    stripped = [tuple(cell.strip(" ") or None if cell else None for cell in cells) for cells in rows]
    assert (of(rows[0]) == of(rows[1])) == (stripped[0] == stripped[1])


def test_threads_line_numbers_and_empty_columns_are_irrelevant():
    assert hash_of(ALL, threads=1) == hash_of(ALL, threads=2)
    bare = {"subjects": [{"subject_id": "A"}], "records": [{"record_id": "r", "subject_id": "A", "item": "x"}]}
    full = copy.deepcopy(bare)
    full["records"][0] |= {"quantity": "1", "event": "filed", "event_no": "1", "domain": "", "amount": "", "color": ""}
    assert hash_of(bare) == hash_of(full)


def test_refused_rows_do_not_count():
    records = [{"record_id": "r", "subject_id": "A", "item": "x"}]
    subjects = arrow([{"subject_id": "A"}])
    good = ingest(subjects, arrow(records), subject_ids="local")
    mixed = ingest(subjects, arrow([{"record_id": "q", "subject_id": "Z", "item": "a"}, *records]), subject_ids="local")
    assert mixed.rows("quarantine") == 1
    assert good.content_hash() == mixed.content_hash()


def test_swapped_cells_count():
    tables = copy.deepcopy(ALL)
    first, second = tables["records"][0], tables["records"][2]
    first["amount"], second["amount"] = second["amount"], first["amount"]
    assert hash_of(tables) != usual()


def taken(tables, **options):
    given_tables = {name: arrow(rows) for name, rows in tables.items()}
    subjects, records = given_tables.pop("subjects"), given_tables.pop("records")
    return ingest(subjects, records, subject_ids="local", intake_on="2026-11-30", **given_tables, **options)


def test_the_formats_stay_what_they_are():
    # a change here is another format: it needs another number, and the old one has to be computed still
    snapshot = taken(ALL)
    first = "sha256:ad8378bc09e1996c9c1272b2e8fe16e62e4602793a5f293cca0ad556cdd723cf"
    assert snapshot.content_hash() == "sha256-2:b107e5528ddd11d7151402655b0357dbdb0669c557cbb42cf116a5b33bf7c858"
    assert snapshot.in_format(first).content_hash() == first
    assert snapshot.has_hash(first)
    assert snapshot.has_hash(snapshot.content_hash())
    assert not snapshot.has_hash(first[:-1] + "0")
    assert not snapshot.has_hash(None)


def test_parts_hashed_apart_give_the_hash_of_the_whole():
    whole = taken(ALL)
    digests = {}
    for name in ("B", "A"):
        part = {
            table: [row for row in rows if row["subject_id"] == name]
            for table, rows in ALL.items()
            if any(row["subject_id"] == name for row in rows)
        }
        snapshot = taken(part)
        assert len(snapshot.items) == 1  # another dictionary of codes than that of the whole
        digests[name] = next(digests_of(snapshot))
    feeds = feeds_digest(whole.con, column_types(whole.con, "feeds"))
    assert combine_digests([digests[name] for name in sorted(digests)], feeds) == whole.content_hash()
    assert combine_digests([digests["B"], digests["A"]], feeds) != whole.content_hash()


def digests_of(snapshot):
    tables = {name: column_types(snapshot.con, name) for name in CONTENT_TABLES}
    return subject_digests(
        snapshot.con, tables, snapshot.log_columns, {"items": snapshot.items, "domains": snapshot.domains}
    )


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_how_many_rows_are_sorted_at_once_is_irrelevant(monkeypatch, at_once):
    monkeypatch.setattr(digest, "AT_ONCE", at_once)
    assert taken(ALL).content_hash() == usual()


def test_an_attribute_or_a_feed_of_another_subject_counts():
    tables = copy.deepcopy(ALL)
    tables["attributes"][0]["subject_id"] = "B"
    assert hash_of(tables) != usual()
    tables = copy.deepcopy(ALL)
    tables["feeds"][0]["subject_id"] = "B"
    assert hash_of(tables) != usual()

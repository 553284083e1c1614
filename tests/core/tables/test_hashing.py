"""SHA-256 over rows: any cell counts, their order does not, and a row that stands twice counts twice."""

import hashlib

import duckdb
import pyarrow as pa
import pytest

from creditscore.core.tables import hashing
from creditscore.core.tables.hashing import hash_groups, hash_rows, row_text

ROWS = [("a", 1), ("bb", None), (None, 3), ("甲", 4)]
COLUMNS = {"t": "VARCHAR", "n": "BIGINT"}


def hash_of(rows):
    con = duckdb.connect()
    con.register("rows", pa.table({"t": pa.array([t for t, _ in rows]), "n": pa.array([n for _, n in rows])}))
    return hash_rows(con, "rows", row_text(COLUMNS, list(COLUMNS), {}))


def test_order_does_not_count_and_number_does():
    assert hash_of(ROWS) == hash_of(ROWS[::-1])
    assert len({hash_of(ROWS), hash_of(ROWS[1:]), hash_of([*ROWS, ROWS[0]])}) == 3


@pytest.mark.parametrize("rows", [[("a1", None)], [("a", 1)], [("", 1)], [(None, 1)], [(None, None)], [("B1", None)]])
def test_texts_can_be_read_in_one_way_only(rows):
    others = [[("a1", None)], [("a", 1)], [("", 1)], [(None, 1)], [(None, None)], [("B1", None)]]
    assert [hash_of(other) for other in others].count(hash_of(rows)) == 1


@pytest.mark.parametrize("batch", [1, 2, 20_000])
def test_groups_are_hashed_alike_however_rows_come(monkeypatch, batch):
    monkeypatch.setattr(hashing, "BATCH", batch)
    con = duckdb.connect()
    query = "SELECT * FROM (VALUES (1, 'a'), (1, 'bc'), (2, ''), (5, '甲'), (5, 'd')) t(key, x)"
    wanted = [hashlib.sha256(text.encode()).digest() for text in ("abc", "", "甲d")]
    assert list(hash_groups(con, query)) == wanted
    assert list(hash_groups(con, f"SELECT * FROM ({query}) WHERE key > 9")) == []

"""SHA-256 over rows: any cell counts, their order does not, and a row that stands twice counts twice."""

import hashlib
import itertools
import random

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
    query = "SELECT * FROM (VALUES (1, 1, 'c'), (1, 1, 'ab'), (2, 0, ''), (5, 0, '甲'), (5, 1, 'd')) t(key, place, x)"
    wanted = [hashlib.sha256(text.encode()).digest() for text in ("abc", "", "甲d")]
    assert list(hash_groups(con, query)) == wanted
    assert list(hash_groups(con, f"SELECT * FROM ({query}) WHERE key > 9")) == []


@pytest.mark.parametrize("batch", [1, 3, 20_000])
@pytest.mark.parametrize("seed", range(4))
def test_rows_of_one_place_are_sorted_by_their_bytes(monkeypatch, batch, seed):
    monkeypatch.setattr(hashing, "BATCH", batch)
    chance = random.Random(seed)
    rows = [(chance.randrange(6), chance.randrange(3), chance.choice("abcdé甲") * 2) for _ in range(60)]
    con = duckdb.connect()
    con.execute("CREATE TABLE rows (key INTEGER, place INTEGER, x VARCHAR)")
    con.executemany("INSERT INTO rows VALUES (?, ?, ?)", chance.sample(rows, len(rows)))
    groups = itertools.groupby(sorted(rows, key=lambda row: (row[0], row[1], row[2].encode())), lambda row: row[0])
    wanted = [hashlib.sha256("".join(text for *_, text in group).encode()).digest() for _, group in groups]
    assert list(hash_groups(con, "SELECT key, place, x FROM rows ORDER BY key, place")) == wanted

"""The steps of a grading in one connection: tables written as text, views, rows that are kept, exact shares."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from creditscore.engines.duckdb import DuckDBEngine


@pytest.fixture
def engine() -> DuckDBEngine:
    return DuckDBEngine(duckdb.connect())


def test_a_table_holds_what_it_was_given(engine: DuckDBEngine) -> None:
    count = 1_001  # more than are written at once
    engine.table("t", {"k": ("BIGINT", list(range(count))), "name": ("VARCHAR", ["it's", None, *["x"] * (count - 2)])})
    engine.table("flags", {"on": ("BOOLEAN", [True, False, None])})
    assert engine.rows("SELECT count(*), sum(k) FROM t") == [(count, count * (count - 1) // 2)]
    assert engine.rows("SELECT name FROM t WHERE k < 3 ORDER BY k") == [("it's",), (None,), ("x",)]
    assert engine.rows('SELECT "on" FROM flags') == [(True,), (False,), (None,)]
    assert engine.columns("t") == ["k", "name"]


@pytest.mark.parametrize(
    ("value", "part", "whole", "share"),
    [(1, 1, 2, 1), (-1, 1, 2, 0), (1, 1, 3, 0), (2, 1, 3, 1), (9 * 10**18, 10**6, 10**6, 9 * 10**18)],
)
def test_a_share_is_exact_and_rounded_half_up(
    engine: DuckDBEngine, value: int, part: int, whole: int, share: int
) -> None:
    assert engine.rows(f"SELECT share_of({value}::BIGINT, {part}::BIGINT, {whole}::BIGINT)") == [(share,)]


@pytest.mark.parametrize("few_rows", [False, True])
def test_a_step_is_a_view_and_few_rows_are_kept(few_rows: bool) -> None:
    engine = DuckDBEngine(duckdb.connect(), few_rows)
    engine.table("t", {"k": ("BIGINT", [1])})
    engine.step("doubled", "SELECT 2 * k AS k FROM t")
    engine.append("t", "SELECT 5")
    assert sorted(engine.rows("SELECT k FROM doubled")) == ([(2,)] if few_rows else [(2,), (10,)])


def test_words_are_a_type_that_is_made_anew(engine: DuckDBEngine, tmp_path: Path) -> None:
    engine.words(["b", "a"])
    engine.materialise("item_word", "SELECT CAST('a' AS word) AS w")
    engine.words(["c"])
    assert engine.rows("SELECT enum_range(NULL::word)") == [(["c"],)]
    engine.materialise("one", "SELECT 1 AS k")
    engine.write("SELECT * FROM one", tmp_path / "one.parquet")
    engine.source("written", tmp_path / "one.parquet")
    engine.forget(["one", "never there"])
    assert engine.rows("SELECT k FROM written") == [(1,)]

"""Files beside the input tables are read whole or refused: no row left out, nothing guessed, no pipe waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.core.atomic import write_text
from creditscore.core.boundary import outside, run, translate
from creditscore.core.errors import CreditscoreError, InputError, StoreError
from creditscore.core.json_source import read_json
from creditscore.core.tables.columns import read_columns, read_whole
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import Table
from creditscore.core.yaml_source import read
from creditscore.grading.input_state.acceptance import read_acceptances
from creditscore.inspection.rows import read_text

A = "914403001922038216"
REFUSED = "table,record_id,by,why\n"


def rows_of(file: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in read_whole(file, "rows").to_pylist()]


@pytest.mark.parametrize("first", ["#1", "1"])
def test_a_row_that_looks_like_a_comment_is_a_row(tmp_path: Path, first: str) -> None:
    file = tmp_path / "accepted.csv"
    file.write_text(f"{REFUSED}records,{first},li,lost\n#2,2,li,lost; for good\n", encoding="utf-8")
    assert [row["record_id"] for row in read_acceptances(file)] == [first, "2"]


@pytest.mark.parametrize("row", ["#1,a", "#1,a,2020-01-01,x", "a,b"])
def test_rows_of_another_length_are_refused(tmp_path: Path, row: str) -> None:
    file = tmp_path / "listings.csv"
    file.write_text(f"subject_id,list,entered_on\n{row}\n2,b,2020-02-02\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a well-formed CSV file"):
        rows_of(file)


def test_a_table_of_a_model_with_rows_of_another_length_is_refused(tmp_path: Path) -> None:
    for cells in ("1,2,3", "1"):  # pandas would shift the first and fill the second
        (tmp_path / "rows.csv").write_text(f"a,b\n{cells}\n", encoding="utf-8")
        with pytest.raises(InputError, match="not a well-formed CSV file, line 2"):
            read_columns(tmp_path / "rows.csv", "rows")


def test_the_encodings_of_the_input_tables_hold_for_other_tables(tmp_path: Path) -> None:
    file = tmp_path / "listings.csv"
    file.write_bytes("subject_id,list\n1,失信\n".encode("gb18030"))
    assert rows_of(file) == [("1", "失信")]


def test_a_parquet_file_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    cells = [pa.array(["1"]), pa.array([A]), pa.array(["010101"]), pa.array(["2022-10-01"]), pa.array(["2021-10-01"])]
    for second in ("booked_on", "Booked_On"):
        names = ["record_id", "subject_id", "item", "booked_on", second]
        pq.write_table(pa.Table.from_arrays(cells, names=names), tmp_path / "r.parquet")
        with pytest.raises(InputError, match="column name given twice: booked_on"):
            cs.grade(subjects=pa.table({"subject_id": [A]}), records=tmp_path / "r.parquet", scheme="tax", period=2022)


def test_a_name_inside_a_column_is_no_second_column(tmp_path: Path) -> None:
    nested = pa.array([{"item": "x", "inner": {"item": 1}, "many": [{"item": 2}]}])
    table = {"record_id": ["1"], "subject_id": [A], "further": nested, "item": ["010101"], "booked_on": ["2022-10-01"]}
    pq.write_table(pa.table(table), tmp_path / "r.parquet")
    cs.grade(subjects=pa.table({"subject_id": [A]}), records=tmp_path / "r.parquet", scheme="tax", period=2022)


PIPES: dict[str, Callable[[Path], object]] = {
    "records.csv": lambda pipe: cs.grade(subjects=pipe, records=pipe, scheme="tax", period=2022),
    "records.parquet": lambda pipe: cs.grade(subjects=pipe, records=pipe, scheme="tax", period=2022),
    "accepted.csv": read_acceptances,
    "a.db": cs.Store,
    "data.json": read_json,
    "page.html": lambda pipe: write_text(pipe, "x"),
    "frame.csv": lambda pipe: read_text(pipe.parent, pipe.name),
}


@pytest.mark.parametrize("name", PIPES)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="a pipe") as refused:
        PIPES[name](tmp_path / name)
    assert refused.value.allowed
    assert refused.value.next


def test_a_pipe_in_place_of_rules_is_a_fault_of_the_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "roles.yaml")
    assert "a pipe" in read(tmp_path / "roles.yaml").faults[0].message


@pytest.mark.parametrize("content", [b"subject_id\n1\n", b"{}", b"x" * 9000])
def test_a_file_that_is_no_store_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(StoreError, match="no store") as refused:
        cs.Store(tmp_path / "s.csv")
    assert "DuckDB" not in str(refused.value)
    assert (tmp_path / "s.csv").read_bytes() == content


def test_no_character_of_the_input_acts_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise InputError("there are: \x1b[31mred\x00\u202e", where="a\x9b2J", next="rename\nthem")

    assert run(fail) == 3
    assert capsys.readouterr().err == "error: there are: ?[31mred?\n  where: a?2J\n  next: rename\nthem\n"


def test_an_error_of_the_engine_is_told_without_its_kind() -> None:
    for what in ("SELECT * FROM read_parquet('/none.parquet')", "SELECT CAST('x' AS INTEGER)"):
        with pytest.raises(duckdb.Error) as raised:
            duckdb.sql(what).fetchall()
        assert "Error:" not in str(translate(raised.value)).partition("\n")[0]


def test_an_interrupt_is_none_of_the_file() -> None:
    with pytest.raises(KeyboardInterrupt), outside("the table", "a.csv"):
        raise RuntimeError("Query interrupted")


def test_no_memory_while_a_csv_file_is_read_is_none_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("record_id,subject_id,item\n" + f"1,{A},{'x' * 400}\n" * 100_000, encoding="utf-8")
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '6MB'; SET temp_directory = ''; SET threads = 1")
        with pytest.raises(CreditscoreError, match="memory is not enough"):
            load_table(con, tmp_path / "r.csv", Table("rows", (), ("item",)))

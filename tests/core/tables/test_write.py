"""Tables are written in one way: whole or not at all, the same rows as the same bytes, whatever form they have."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import UsageError
from creditscore.core.tables.columns import read_columns
from creditscore.core.tables.write import Query, as_queries, csv_text, write_table, write_tables
from tests.limits import small_files

ROWS = [
    {"subject_id": "A", "points": 1.5, "word": "=甲"},
    {"subject_id": "B", "points": None, "word": 'x, "y"'},
    {"subject_id": "C", "points": -3.0, "word": None},
]
COLUMNS = list(ROWS[0])


@pytest.fixture
def forms() -> Iterator[dict[str, Any]]:
    table = pa.Table.from_pylist(ROWS)
    with duckdb.connect() as con:
        con.register("rows", table)
        yield {"query": Query(con, "SELECT * FROM rows"), "arrow": table, "pandas": table.to_pandas()}


@pytest.mark.parametrize("form", ["query", "arrow", "pandas"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_written_is_read_again_and_has_the_same_bytes(
    tmp_path: Path, forms: dict[str, Any], form: str, kind: str
) -> None:
    files = [write_table(forms[form], tmp_path / name / f"t.{kind}") for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert read_columns(files[0], "rows").to_pylist() == ROWS
    assert [file.name for file in files[0].parent.iterdir()] == [f"t.{kind}"]


@pytest.mark.parametrize("form", ["query", "arrow", "pandas"])
def test_csv_for_people_is_the_same_from_every_form(tmp_path: Path, forms: dict[str, Any], form: str) -> None:
    text = write_table(forms[form], tmp_path / "t.csv", people=True).read_bytes().decode("utf-8-sig")
    assert list(csv.reader(text.splitlines())) == [
        COLUMNS,
        ["A", "1.5", "'=甲"],
        ["B", "", 'x, "y"'],
        ["C", "-3.0", ""],
    ]


def test_the_packing_is_what_is_asked_for(tmp_path: Path, forms: dict[str, Any]) -> None:
    coded = pa.table({"word": pa.array(["a", "a"]).dictionary_encode()})
    plain = pq.read_table(write_table(coded, tmp_path / "plain.parquet", codec="zstd", arrow_types=False))
    assert plain.schema.types == [pa.string()]
    assert pq.read_table(write_table(coded, tmp_path / "coded.parquet")).schema.types == coded.schema.types
    for form, codec in (("query", "ZSTD"), ("arrow", "SNAPPY"), ("pandas", "SNAPPY")):
        file = pq.ParquetFile(write_table(forms[form], tmp_path / f"{form}.parquet"))
        assert file.metadata.row_group(0).column(0).compression == codec


def test_tables_of_a_folder_replace_those_of_before(tmp_path: Path) -> None:
    tables = {"a": pa.table({"x": [1]}), "b": pa.table({"x": ["1"]})}
    files = write_tables(tmp_path / "new", tables, csv=True)
    assert [file.name for file in files] == ["a.parquet", "a.csv", "b.parquet", "b.csv"]
    assert files[3].read_text(encoding="utf-8") == '"x"\n"1"\n'
    with as_queries(tables) as queries:
        write_tables(tmp_path / "new", queries, csv="people")
    assert files[3].read_bytes() == b"\xef\xbb\xbfx\n1\n"
    write_tables(tmp_path / "new", tables)
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == ["a.parquet", "b.parquet"]


def test_a_table_that_fails_leaves_all_of_a_folder_as_it_was(tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in write_tables(tmp_path, {"a": pa.table({"x": [1]})}, csv=True)}
    with duckdb.connect() as con, pytest.raises(duckdb.ConversionException):
        write_tables(tmp_path, {"a": pa.table({"x": [2]}), "b": Query(con, "SELECT CAST('x' AS INTEGER)")}, csv=True)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("form", ["query", "arrow", "pandas"])
@pytest.mark.parametrize("people", [False, True])
@pytest.mark.parametrize("limit", [0, 10])
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, forms: dict[str, Any], form: str, people: bool, limit: int
) -> None:
    for kind in ("csv",) if people else ("csv", "parquet"):
        with small_files(limit), pytest.raises(UsageError, match=r"cannot be written: .*[Ff]ile too large") as raised:
            write_table(forms[form], tmp_path / f"t.{kind}", people=people)
        assert raised.value.where == str(tmp_path / f"t.{kind}")
    assert not list(tmp_path.iterdir())


def test_names_of_another_kind_are_refused(tmp_path: Path) -> None:
    for name in ("t.json", "t"):
        with pytest.raises(UsageError, match="a table of kind"):
            write_table(pd.DataFrame(ROWS), tmp_path / name)
    with pytest.raises(UsageError, match=r"CSV for people in a \.parquet file"):
        write_table(pd.DataFrame(ROWS), tmp_path / "t.parquet", people=True)
    assert not list(tmp_path.iterdir())


def test_rows_as_text() -> None:
    assert csv_text(COLUMNS, ROWS) == 'subject_id,points,word\nA,1.5,=甲\nB,,"x, ""y"""\nC,-3.0,\n'
    assert csv_text(["word"], ROWS[:1], people=True) == "\ufeffword\n'=甲\n"

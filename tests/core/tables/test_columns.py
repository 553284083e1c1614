"""Tables of any columns: their words decide the kinds, alike in every form; text stays text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from creditscore.core.errors import InputError
from creditscore.core.tables.columns import read_columns, read_whole, settle

ROWS: list[dict[str, Any]] = [
    {"id": "007", "code": "010203", "region": "220100", "late": 3, "share": 0.1, "whole": 2.0, "on": None},
    {"id": "A-1", "code": "NA", "region": "220200", "late": 0, "share": None, "whole": 4.0, "on": None},
    {"id": "b", "code": "", "region": "220300", "late": 12, "share": 1e-9, "whole": -1.0, "on": None},
]
SETTLED = [
    {"id": "007", "code": "010203", "region": 220100, "late": 3, "share": 0.1, "whole": 2, "on": None},
    {"id": "A-1", "code": "NA", "region": 220200, "late": 0, "share": None, "whole": 4, "on": None},
    {"id": "b", "code": None, "region": 220300, "late": 12, "share": 1e-9, "whole": -1, "on": None},
]


def forms(folder: Path) -> dict[str, Any]:
    frame = pd.DataFrame(ROWS)
    for name, encoding in (("utf-8", "utf-8"), ("mark", "utf-8-sig"), ("utf-16", "utf-16"), ("gb18030", "gb18030")):
        frame.to_csv(folder / f"{name}.csv", index=False, encoding=encoding)
    frame.to_parquet(folder / "t.parquet", index=False)
    return {
        **{file.name: file for file in sorted(folder.iterdir())},
        "pandas": frame,
        "polars": pl.DataFrame(ROWS),
        "lazy": pl.LazyFrame(ROWS),
        "arrow": pa.Table.from_pylist(ROWS),
        "reader": pa.Table.from_pylist(ROWS).to_reader(),
        "batch": pa.RecordBatch.from_pylist(ROWS),
        "relation": duckdb.read_parquet(str(folder / "t.parquet")),
        "rows": ROWS,
        "columns": pl.DataFrame(ROWS).to_dict(as_series=False),
    }


def test_every_form_gives_the_same_columns(tmp_path: Path) -> None:
    for name, data in forms(tmp_path).items():
        table = read_columns(data, "rows")
        assert table.to_pylist() == SETTLED, name
        assert [str(kind) for kind in table.schema.types] == [
            "string",
            "string",
            "int64",
            "int64",
            "double",
            "int64",
            "double",
        ], name


def test_who_says_that_a_column_is_text_is_believed_in_every_form(tmp_path: Path) -> None:
    for name, data in forms(tmp_path).items():
        assert read_columns(data, "rows", {"region": "text"})["region"].to_pylist() == ["220100", "220200", "220300"], (
            name
        )


@pytest.mark.parametrize(
    ("words", "settled"),
    [
        (["1", "2.50", " 3 "], [1.0, 2.5, 3.0]),
        (["+1", "-2", "0"], [1, -2, 0]),
        (["1e-3", ".5", "7."], [0.001, 0.5, 7.0]),
        (["inf", "1", None], [float("inf"), 1.0, None]),
        (["1", "", "  "], [1.0, None, None]),
        (["", None], [None, None]),
        (["true", "False", ""], [True, False, None]),
        (["010203", "110105"], ["010203", "110105"]),
        (["1", "NA"], ["1", "NA"]),
        (["1", "nan"], ["1", "nan"]),
        (["1,000", "2"], ["1,000", "2"]),
        (["914403001922038216", "1"], ["914403001922038216", "1"]),
        (["2021-03-01", "2021-03-02"], ["2021-03-01", "2021-03-02"]),
        ([" a ", "b"], [" a ", "b"]),
    ],
)
def test_what_a_column_is(words: list[str | None], settled: list[Any]) -> None:
    assert settle(pa.chunked_array([pa.array(words, pa.string())]), "x").to_pylist() == settled


def test_a_cell_that_is_no_number_is_refused_where_the_column_is_numbers() -> None:
    assert read_columns({"x": ["007", "1.5"]}, "rows", {"x": "number"})["x"].to_pylist() == [7.0, 1.5]
    with pytest.raises(InputError, match="column 'x' is numbers, and 'NA' is none; so are 1 more") as refused:
        read_columns({"x": ["1", "NA", "3 %"]}, "rows", {"x": "number"})
    assert refused.value.where == "rows, row 2 (the first row is 1)"
    assert refused.value.allowed
    assert refused.value.next


def test_columns_of_numbers_are_not_made_text() -> None:
    assert read_columns({"x": [7, 8]}, "rows", {"x": "text"})["x"].to_pylist() == [7, 8]  # a zero may have been lost


def test_names_of_columns(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(",a , Ｂ\n0,1,2\n", encoding="utf-8")
    assert read_whole(file, "rows").column_names == ["a", "Ｂ"]
    file.write_text("a,b,A\n0,1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="column name given twice: a"):
        read_whole(file, "rows")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("t.csv", b"", "no header line"),
        ("t.csv", b"a,b\n", "no rows"),
        ("t.parquet", b"nothing", "not a Parquet file"),
        ("t.csv", b"a\n\xff\xfe\xff", "neither UTF-8"),
        ("t.csv", b"a,b,a\n1,2,3\n", "given twice: a"),
        ("t.xlsx", b"x", "cannot read this kind of file"),
        ("none.csv", None, "nothing to read"),
    ],
)
def test_what_is_no_table(tmp_path: Path, name: str, content: bytes | None, what: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=what):
        read_columns(tmp_path / name, "rows")


def test_what_is_no_table_in_memory() -> None:
    with pytest.raises(InputError, match="cannot read a int") as refused:
        read_columns(3, "rows")
    assert "Polars" in str(refused.value.allowed)

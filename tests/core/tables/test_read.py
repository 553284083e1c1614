"""Small tables: in every form the same rows, by the kinds of their columns."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from creditscore.core.errors import InputError
from creditscore.core.tables.read import load_table, read_rows
from creditscore.core.tables.table import Table
from tests.forms import every_form

ROWS = [
    {"id": "007", "name": "甲公司", "on": date(2024, 2, 1), "visits": 2, "rate": 0.0125},
    {"id": "NA", "name": None, "on": None, "visits": None, "rate": 3.5},
]
VISITS = Table("visits", ("id",), ("name", "on", "visits", "rate", "note"))


def test_every_form_gives_the_same_rows(tmp_path: Path) -> None:
    for name, form in every_form(ROWS, tmp_path, "t").items():
        assert read_rows(form(), VISITS) == [
            {"id": "007", "name": "甲公司", "on": "2024-02-01", "visits": "2", "rate": "0.0125", "note": ""},
            {"id": "NA", "name": "", "on": "", "visits": "", "rate": "3.5", "note": ""},
        ], name


def test_every_form_makes_the_same_table(tmp_path: Path) -> None:
    table = Table("visits", ("id",), ("name", "on", "note"), kinds={"id": "code", "on": "day"}, filled=("id",))
    for name, form in every_form(ROWS, tmp_path, "t").items():
        with duckdb.connect() as con:
            load_table(con, form(), table)
            rows = con.execute("SELECT * FROM visits").fetchall()
        assert rows == [("007", "甲公司", date(2024, 2, 1), None), ("NA", None, None, None)], name


def test_no_table_is_an_empty_one() -> None:
    with duckdb.connect() as con:
        load_table(con, None, VISITS)
        assert con.execute("SELECT count(*) FROM visits").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([{"name": "a"}], "missing column id"),
        ([{"id": "a", "on": "soon"}], r"'soon' in on is not a day \(row 1\)"),
        ([{"id": "a"}, {"id": " "}], "1 rows lack id"),
        (3, "cannot read a int"),
    ],
)
def test_what_is_refused(rows: Any, what: str) -> None:
    table = Table("visits", ("id",), ("on",), kinds={"on": "day"}, filled=("id",))
    with duckdb.connect() as con, pytest.raises(InputError, match=what) as refused:
        load_table(con, rows, table)
    assert refused.value.allowed or refused.value.next

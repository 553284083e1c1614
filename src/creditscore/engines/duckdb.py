"""The steps of a grading as tables and views of a DuckDB connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from creditscore.core.tables.table import literal, quote
from creditscore.core.tables.write import Query, write_table


class DuckDBEngine:
    """Runs the named SELECTs of grading in one DuckDB connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection, few_rows: bool = False) -> None:
        """`few_rows`: so few that the rows of every step are kept."""
        self.con = con
        self.few_rows = few_rows
        # v · p / w in integers, rounded half up; every engine brings this one function
        self.con.execute(
            "CREATE OR REPLACE TEMP MACRO share_of(v, p, w) AS "
            "CAST((2 * CAST(v AS HUGEINT) * p + w) // (2 * CAST(w AS HUGEINT)) AS BIGINT)"
        )

    def table(self, name: str, columns: dict[str, tuple[str, list[Any]]]) -> None:
        spec = ", ".join(f'"{column}" {kind}' for column, (kind, _) in columns.items())
        self.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" ({spec})')
        rows = list(zip(*(values for _, values in columns.values()), strict=True))
        for first in range(0, len(rows), 1000):  # written as text: importing Arrow costs more than these few rows
            values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows[first : first + 1000])
            self.con.execute(f'INSERT INTO "{name}" VALUES {values}')

    def source(self, name: str, path: Path) -> None:
        rows = f"SELECT * FROM read_parquet({literal(str(path))})"
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS {rows}")

    def view(self, name: str, sql: str) -> None:
        self.con.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {sql}')

    def words(self, texts: list[str]) -> None:
        """The type `word`, whose values are these texts; what used an earlier one is dropped."""
        for name in ("ledger_sorted", "item_word", "item_cap", "group_cap"):
            self.con.execute(f"DROP TABLE IF EXISTS {name}")
        for name in ("result_ledger", "ledger_coded", "displaced", "displaced_before"):
            self.con.execute(f"DROP VIEW IF EXISTS {name}")
        listed = ", ".join(map(literal, texts))
        self.con.execute(f"DROP TYPE IF EXISTS word; CREATE TEMP TYPE word AS ENUM ({listed})")

    def materialise(self, name: str, sql: str) -> None:
        """A view whose rows are kept, because several others read it."""
        self.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql}')

    def step(self, name: str, sql: str) -> None:
        """A step on the way to what is asked. A view is bound anew in each that reads it; few rows are better kept."""
        (self.materialise if self.few_rows else self.view)(name, sql)

    def append(self, name: str, sql: str) -> None:
        """More rows for a relation that is kept."""
        self.con.execute(f'INSERT INTO "{name}" {sql}')

    def forget(self, names: list[str]) -> None:
        """Let go of kept rows."""
        for name in names:
            self.con.execute(f'DROP TABLE IF EXISTS "{name}"')

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def columns(self, name: str) -> list[str]:
        return [column[0] for column in self.con.execute(f'SELECT * FROM "{name}" LIMIT 0').description or []]

    def write(self, sql: str, path: Path) -> None:
        write_table(Query(self.con, sql), path, level=1)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int) else literal(str(value))

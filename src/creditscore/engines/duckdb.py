"""DuckDB behind the seam."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb


class DuckDBEngine:
    """Runs the named SELECTs of grading in one DuckDB connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        # v · p / w in integers, rounded half up; every engine brings this one function
        self.con.execute(
            "CREATE OR REPLACE TEMP MACRO share_of(v, p, w) AS "
            "CAST((2 * CAST(v AS HUGEINT) * p + w) // (2 * CAST(w AS HUGEINT)) AS BIGINT)"
        )

    def table(self, name: str, columns: dict[str, tuple[str, list[Any]]]) -> None:
        spec = ", ".join(f'"{column}" {kind}' for column, (kind, _) in columns.items())
        self.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" ({spec})')
        rows = list(zip(*(values for _, values in columns.values()), strict=True))
        if not rows:
            return
        import pyarrow as pa

        arrow = pa.table({column: pa.array(values, _arrow(pa, kind)) for column, (kind, values) in columns.items()})
        self.con.register("_incoming", arrow)
        self.con.execute(f'INSERT INTO "{name}" SELECT * FROM _incoming')
        self.con.unregister("_incoming")

    def source(self, name: str, path: Path) -> None:
        shown = str(path).replace("'", "''")
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW \"{name}\" AS SELECT * FROM read_parquet('{shown}')")

    def view(self, name: str, sql: str) -> None:
        self.con.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {sql}')

    def words(self, texts: list[str]) -> None:
        """The type `word`, whose values are these texts; what used an earlier one is dropped."""
        for name in ("ledger_sorted", "item_word", "item_cap", "group_cap"):
            self.con.execute(f"DROP TABLE IF EXISTS {name}")
        for name in ("result_ledger", "ledger_coded", "displaced", "displaced_before"):
            self.con.execute(f"DROP VIEW IF EXISTS {name}")
        listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
        self.con.execute(f"DROP TYPE IF EXISTS word; CREATE TYPE word AS ENUM ({listed})")

    def materialise(self, name: str, sql: str) -> None:
        """A view whose rows are kept, because several others read it."""
        self.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql}')

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def write(self, sql: str, path: Path) -> None:
        shown = str(path).replace("'", "''")
        self.con.execute(f"COPY ({sql}) TO '{shown}' (FORMAT parquet, COMPRESSION zstd)")

    def write_csv(self, sql: str, path: Path) -> None:
        shown = str(path).replace("'", "''")
        self.con.execute(f"COPY ({sql}) TO '{shown}' (FORMAT csv, HEADER)")


def _arrow(pa: Any, kind: str) -> Any:
    kinds = {
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "SMALLINT": pa.int16(),
        "VARCHAR": pa.string(),
        "BOOLEAN": pa.bool_(),
    }
    return kinds[kind]

"""Tables that a report reads beside its folder: from a file or from memory, all cells as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.tables.source import file_rows, quote

if TYPE_CHECKING:
    import duckdb


def given(
    con: duckdb.DuckDBPyConnection, name: str, source: Any, needed: Sequence[str], optional: Sequence[str] = ()
) -> None:
    """Make the table `name` with the columns `needed` and `optional`, as text; a column that is not there is null.

    `source`: a Parquet or CSV file, an Arrow table or a data frame; None makes an empty table. InputError names the
    file and what it lacks.
    """
    columns = (*needed, *optional)
    if source is None:
        con.execute(f"CREATE OR REPLACE TABLE {name} ({', '.join(f'{quote(one)} VARCHAR' for one in columns)})")
        return
    where, rows = _rows(con, name, source)
    held = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    missing = [one for one in needed if one not in held]
    if missing:
        raise InputError(
            f"the table of {name} has no column {', '.join(missing)}", where=where, allowed=", ".join(columns),
            next="name the columns as docs/contract.md does",
        )  # fmt: skip
    chosen = ", ".join(
        f"nullif(trim(CAST({quote(one)} AS VARCHAR)), '') AS {quote(one)}" if one in held else f"NULL::VARCHAR AS {one}"
        for one in columns
    )
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {chosen} FROM {rows}")


def _rows(con: duckdb.DuckDBPyConnection, name: str, source: Any) -> tuple[str, str]:
    """Where the rows come from, for people, and as SQL."""
    if not isinstance(source, str | Path):
        con.register(f"given_{name}", source)
        return f"{name} in memory", f"given_{name}"
    file = Path(source)
    return str(file), f"({file_rows(con, name, file)})"


def bad_days(con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], where: str = "") -> None:
    """InputError where a cell of `columns` is filled and no day (YYYY-MM-DD)."""
    for column in columns:
        found = con.execute(
            f"SELECT {column} FROM {name} WHERE {column} IS NOT NULL AND try_cast({column} AS DATE) IS NULL LIMIT 1"
        ).fetchall()
        if found:
            raise InputError(
                f"{name}: {found[0][0]!r} in {column} is not a day", where=where or None, allowed="YYYY-MM-DD"
            )

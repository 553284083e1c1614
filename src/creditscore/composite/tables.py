"""The tables that a composite takes beside the gradings: entries of lists, and who is to be scored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.errors import InputError

if TYPE_CHECKING:
    import duckdb

LISTINGS = ("subject_id", "list", "entered_on")
DATES = ("entered_on", "term_end", "exited_on", "recorded_on")


def open_table(
    con: duckdb.DuckDBPyConnection, name: str, given: Any, needed: Sequence[str], more: Sequence[str]
) -> str:
    """A view `name` over a file, pandas or Arrow table or DuckDB relation, its columns as text; returns the name."""
    import duckdb

    try:
        rows = _rows(con, name, given)
        there = [column[0] for column in con.execute(f"SELECT * FROM {rows} LIMIT 0").description or []]
    except (duckdb.Error, OSError) as error:
        raise InputError(f"the table cannot be read: {str(error).splitlines()[0]}", where=name) from error
    lacking = [column for column in needed if column not in there]
    if lacking:
        raise InputError(f"column {lacking[0]!r} is missing", where=name, allowed=list(needed))
    columns = [
        f'NULLIF(TRIM(CAST("{column}" AS VARCHAR)), \'\') AS "{column}"'
        if column in there
        else f'CAST(NULL AS VARCHAR) AS "{column}"'
        for column in (*needed, *more)
    ]
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {', '.join(columns)} FROM {rows}")
    empty = con.execute(f"SELECT count(*) FROM {name} WHERE {' OR '.join(f'{c} IS NULL' for c in needed)}").fetchall()
    if empty[0][0]:
        raise InputError(
            f"{empty[0][0]} rows lack {' or '.join(needed)}", where=name, next="fill them, or leave the rows out"
        )
    return name


def _rows(con: duckdb.DuckDBPyConnection, name: str, given: Any) -> str:
    if isinstance(given, str | Path):
        file = Path(given)
        if not file.is_file():
            raise InputError("there is no such table", where=str(file), allowed="a CSV or Parquet file")
        shown = "'" + str(file).replace("'", "''") + "'"
        if file.suffix.lower() == ".parquet":
            return f"read_parquet({shown})"
        return f"read_csv({shown}, all_varchar = true, header = true)"
    if hasattr(given, "to_arrow_table"):
        given = given.to_arrow_table()
    con.register(f"given_{name}", given)
    return f"given_{name}"


def open_listings(con: duckdb.DuckDBPyConnection, given: Any) -> str:
    """Entries of lists with their dates as DATE; InputError where a date is none or an entry ends before it begins."""
    open_table(con, "entries", given, LISTINGS, [name for name in DATES if name not in LISTINGS])
    cast = ", ".join(f"TRY_CAST({name} AS DATE) AS {name}" for name in DATES)
    wrong = " OR ".join(f"({name} IS NOT NULL AND TRY_CAST({name} AS DATE) IS NULL)" for name in DATES)
    bad = con.execute(f"SELECT list, entered_on FROM entries WHERE {wrong} ORDER BY ALL LIMIT 1").fetchall()
    if bad:
        raise InputError(f"an entry of {bad[0][0]} has a date that is none", where="listings", allowed="YYYY-MM-DD")
    con.execute(f"CREATE OR REPLACE TEMP TABLE listings AS SELECT subject_id, list, {cast} FROM entries")
    bad = con.execute("SELECT list FROM listings WHERE exited_on < entered_on ORDER BY ALL LIMIT 1").fetchall()
    if bad:
        raise InputError(f"an entry of {bad[0][0]} ends before it begins", where="listings", next="correct its dates")
    return "listings"

"""Small tables beside the records: their rows in memory, or as a table of a connection, each cell by its kind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside
from creditscore.core.errors import InputError
from creditscore.core.identity import redact
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source, forget, open_sources
from creditscore.core.tables.table import Table, quote

if TYPE_CHECKING:
    import duckdb

Row = dict[str, str]


def read_rows(data: Any, table: Table) -> list[Row]:
    """Read the rows of a table, every cell as text without blanks around it.

    Parameters
    ----------
    data : a path (.csv, .parquet, a folder or pattern of .parquet), a pandas or Polars data frame, an Arrow table or
        reader, a DuckDB relation, or a list of mappings.
    table : which columns are read; any other is left out.

    Returns
    -------
    list of dict
        The rows in their order, with every column of `table`; an empty cell, or one whose column is not there, is "".

    Raises
    ------
    InputError
        The table cannot be read, or lacks a required column.

    Examples
    --------
    >>> read_rows([{"subject_id": "A", "visits": 2.0}], Table("visits", ("subject_id",), ("visits", "note")))
    [{'subject_id': 'A', 'visits': '2', 'note': ''}]
    """
    import duckdb

    con = duckdb.connect()
    try:
        with _opened(con, data, table) as source:
            there = [name for name in table.columns if source.has(name)]
            cells = ", ".join(f"trim({_text(source, name)}, {cell_sql.BLANKS})" for name in there)
            rows = con.execute(f"SELECT {cells} FROM {source.view} ORDER BY line").fetchall()
    finally:
        con.close()
    empty = dict.fromkeys(table.columns, "")
    return [empty | {name: cell or "" for name, cell in zip(there, row, strict=True)} for row in rows]


def load_table(con: duckdb.DuckDBPyConnection, data: Any, table: Table) -> None:
    """Make the table `table.name` of a connection, with every column of `table`.

    A cell of the kind `text` or `code` is cleaned as docs/contract.md says, one of the kind `day` is a DATE; an empty
    cell is null, and so is one whose column is not there.

    Parameters
    ----------
    con : where the table is made; one of its name is replaced.
    data : as for `read_rows`; None makes an empty table.
    table : the columns, their kinds, and which may not be empty (`filled`).

    Raises
    ------
    InputError
        The table cannot be read or lacks a required column, a day is none, or a cell that is needed is empty.

    Examples
    --------
    >>> import duckdb
    >>> con = duckdb.connect()
    >>> load_table(con, [{"list": "a", "on": "2024/2/1"}], Table("entries", ("list",), ("on",), kinds={"on": "day"}))
    >>> con.execute("SELECT * FROM entries").fetchall()
    [('a', datetime.date(2024, 2, 1))]
    """
    name = quote(table.name)
    if data is None:
        columns = (
            f"{quote(column)} {'DATE' if _kind(table, column) == 'day' else 'VARCHAR'}" for column in table.columns
        )
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({', '.join(columns)})")
        return
    with _opened(con, data, table) as source:
        cells = ", ".join(f"{_cell(source, column)} AS {quote(column)}" for column in table.columns)
        _refuse_bad_days(con, source)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {cells} FROM {source.view} ORDER BY line")
    needed = " OR ".join(f"{quote(name)} IS NULL" for name in table.filled)
    empty = con.execute(f"SELECT count(*) FROM {name} WHERE {needed or 'false'}").fetchall()[0][0]
    if empty:
        raise InputError("core.rows_lack", empty=empty, listed=" or ".join(table.filled), where=table.name)


@contextmanager
def _opened(con: duckdb.DuckDBPyConnection, data: Any, table: Table) -> Iterator[Source]:
    """The table as a view, as long as it is needed; what the engine says of a damaged file becomes an InputError."""
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        sources = open_sources(con, {table.name: data}, Path(folder), {table.name: table})
        source = sources[table.name]
        try:
            with outside(f"the table of {table.name}", source.origin, "give a Parquet or CSV file", "Parquet or CSV"):
                yield source
        finally:
            forget(con, sources)


def _kind(table: Table, column: str) -> str:
    return table.kinds.get(column, "text")


def _text(source: Source, column: str) -> str:
    """SQL of a cell as text, as it stands."""
    return cell_sql.raw_text(column, source.types[column], all_decimals=True)


def _cell(source: Source, column: str) -> str:
    """SQL of a cell by its kind."""
    kind = _kind(source.table, column)
    if not source.has(column):
        return f"CAST(NULL AS {'DATE' if kind == 'day' else 'VARCHAR'})"
    if kind == "day":
        return f"DATE '1970-01-01' + {_day(source, column)}"
    clean = cell_sql.code_of if kind == "code" else cell_sql.text_of
    return clean(_text(source, column), source.types[column])


def _day(source: Source, column: str) -> str:
    kind = source.types[column]
    return cell_sql.day(cell_sql.day_cell(column, kind), kind)


def _refuse_bad_days(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    for column in source.table.columns:
        if _kind(source.table, column) != "day" or not source.has(column):
            continue
        rows = con.execute(
            f"SELECT line, {_text(source, column)} FROM {source.view}"
            f" WHERE {_day(source, column)} = {cell_sql.BAD_DAY} ORDER BY line LIMIT 1"
        ).fetchall()
        if rows:
            raise InputError(
                "core.not_day_row",
                name=source.table.name,
                rows=redact(str(rows[0][1])),
                column=column,
                rows_2=rows[0][0],
                where=source.origin,
            )

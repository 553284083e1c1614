"""Tables in memory: pandas, Polars, Arrow, DuckDB relations and rows as mappings, all as Arrow tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.identity import redact
from creditscore.core.tables.table import LINE, Opened, Table, quote, refuse_twice

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ALLOWED = "a path, a pandas or Polars data frame, an Arrow table, a DuckDB relation, or a list of mappings"


def open_memory(con: duckdb.DuckDBPyConnection, table: Table, data: Any) -> Opened:
    """Register a table in memory; InputError where a column cannot be read."""
    import numpy as np
    import pyarrow as pa

    arrow, origin, columns = to_arrow(data, table.name, _is_read(table) if table.aliases else None)
    refuse_twice(table.name, arrow.column_names, origin)
    arrow = arrow.append_column(LINE, pa.array(np.arange(1, arrow.num_rows + 1)))
    odd = [field.name for field in arrow.schema if _unreadable(field.type)]
    if odd:
        raise InputError("core.columns_type_cannot_read", name=table.name, listed=redact(", ".join(odd)), where=origin)
    con.register(f"given_{table.name}", arrow)
    return f"SELECT * FROM given_{table.name}", origin, columns if table.aliases else None


def to_arrow(data: Any, name: str, is_read: Callable[[str], bool] | None = None) -> tuple[pa.Table, str, list[str]]:
    """Turn a table in memory into an Arrow table.

    Parameters
    ----------
    data : a pandas or Polars data frame (lazy ones are collected), anything of Arrow (tables, record batches, readers),
        a DuckDB relation, a mapping of columns, or a sequence of mappings, one per row.
    name : what messages call the table.
    is_read : says of a column by name whether it is read; others are left out before anything is converted.

    Returns
    -------
    The table, the kind of its source for people, and the names of all columns of the source.

    Raises
    ------
    InputError
        The object is no table, or a mapping whose columns are not all of one length.

    Examples
    --------
    >>> to_arrow([{"subject_id": "A", "n": 1}, {"subject_id": "B"}], "rows")[0].to_pylist()
    [{'subject_id': 'A', 'n': 1}, {'subject_id': 'B', 'n': None}]
    """
    import pyarrow as pa

    home = type(data).__module__.partition(".")[0]
    if home == "polars" and hasattr(data, "collect"):
        data = data.collect()
    if isinstance(data, Sequence) and not isinstance(data, str | bytes) and all(isinstance(r, Mapping) for r in data):
        columns = list(dict.fromkeys(str(column) for row in data for column in row))
        read = [column for column in columns if is_read is None or is_read(column)]
        rows = [{str(column): cell for column, cell in row.items()} for row in data]
        return pa.table({column: _array([row.get(column) for row in rows]) for column in read}), "rows", columns
    if isinstance(data, Mapping):
        given = {str(column): cells for column, cells in data.items()}
        cells = {column: list(given[column]) for column in given if is_read is None or is_read(column)}
        refuse_uneven(name, cells)
        return pa.table({column: _array(cells[column]) for column in cells}), "rows", list(given)
    if home == "pandas" and hasattr(data, "columns"):
        columns = [str(column) for column in data.columns]
        places = [place for place, column in enumerate(columns) if is_read is None or is_read(column)]
        return _from_pandas(data.iloc[:, places]), "pandas", columns
    if home in ("duckdb", "_duckdb") and hasattr(data, "to_arrow_table"):
        columns = list(data.columns)
        if is_read is not None:
            data = data.project(", ".join(quote(column) for column in columns if is_read(column)) or "1 AS nothing")
        return data.to_arrow_table(), "duckdb", columns
    if isinstance(data, pa.Table) or hasattr(data, "__arrow_c_stream__"):
        table = data if isinstance(data, pa.Table) else pa.table(data)
        columns = list(table.column_names)
        if is_read is not None:
            table = table.select([place for place, column in enumerate(columns) if is_read(column)])
        return table, "polars" if home == "polars" else "arrow", columns
    raise InputError("core.cannot_read_3", name=name, name_2=type(data).__name__)


def refuse_uneven(name: str, columns: Mapping[str, Sized]) -> None:
    """Raise InputError where the columns of a mapping are not all of one length.

    Parameters
    ----------
    name : what messages call the table.
    columns : the cells of each column.

    Raises
    ------
    InputError
        With the length of every column.

    Examples
    --------
    >>> refuse_uneven("records", {"record_id": ["r1", "r2"], "amount": (1, 2)})
    """
    lengths = {column: len(cells) for column, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            "core.columns_different_length",
            name=name,
            listed=redact(", ".join((f"{key} {n}" for key, n in lengths.items()))),
        )


def _is_read(table: Table) -> Callable[[str], bool]:
    return lambda name: table.column_of(name) is not None


def _unreadable(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        return bool(kind.bit_width > 128 or kind.scale < 0)
    return bool(pa.types.is_float16(kind) or (pa.types.is_nested(kind) and not pa.types.is_dictionary(kind)))


def _array(cells: list[Any]) -> Any:
    """The cells of a column; of several kinds they become text."""
    import pyarrow as pa

    try:
        return pa.array(cells, from_pandas=True)
    except (pa.lib.ArrowException, OverflowError):
        return pa.array([None if cell is None or cell != cell else str(cell) for cell in cells], pa.string())


def _from_pandas(frame: Any) -> Any:
    """The frame as an Arrow table; a column of mixed Python objects becomes text."""
    import pyarrow as pa

    arrays, names = [], []
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        try:
            if getattr(column.dtype, "tz", None) is not None:  # pandas warns when it has to drop the zone itself
                array = pa.array(column.dt.tz_convert(None).to_numpy(), pa.timestamp("us", "UTC"), from_pandas=True)
            else:
                array = pa.Array.from_pandas(column)
        except (pa.lib.ArrowException, OverflowError):
            array = pa.Array.from_pandas(column.map(str, na_action="ignore"), type=pa.string())
        arrays.append(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))
        names.append(str(name))
    return pa.Table.from_arrays(arrays, names=names)

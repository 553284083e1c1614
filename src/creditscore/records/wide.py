"""Wide tables: many further columns, cleaned a few at a time, so that the cost is linear in their number.

The engine looks for common parts among all expressions of a SELECT, which takes the square of their number. Here each
SELECT has few, and the cleaned columns stand side by side in an Arrow table, which the pass over the input reads as it
is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from creditscore.records import parse
from creditscore.records.source import Source, quote

if TYPE_CHECKING:
    import duckdb

WIDE = 64  # further columns up to which one SELECT cleans them all, and how many one of a wide table cleans


def cleaned(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    """The source with its further columns cleaned beforehand, where there are many; otherwise as it is."""
    further = source.further
    if len(further) <= WIDE:
        return source
    import pyarrow as pa

    table = con.sql(f"SELECT line FROM {source.view} ORDER BY line").to_arrow_table()
    columns = {"line": table.column("line")}
    for names in _chunks(further):
        cells = ", ".join(f"{parse.text(name, source.types[name])} AS {quote(name)}" for name in names)
        part = con.sql(f"SELECT {cells} FROM {source.view} ORDER BY line").to_arrow_table()
        columns |= {name: part.column(name) for name in names}
    con.register(f"given_{source.table.name}_wide", pa.table(columns))
    own = ", ".join(f"n.{quote(name)}" for name in source.types if name not in set(further))
    view = f"{source.view}_wide"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT n.line, {own}, w.* EXCLUDE (line)"
        f" FROM {source.view} n JOIN given_{source.table.name}_wide w ON w.line = n.line"
    )
    types = {name: "VARCHAR" if name in columns else kind for name, kind in source.types.items()}
    return replace(source, view=view, types=types, cleaned=frozenset(further))


def forget_wide(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Let go of what `cleaned` made."""
    if source.cleaned:
        con.execute(f"DROP VIEW IF EXISTS {source.view}")
        con.unregister(f"given_{source.table.name}_wide")


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), WIDE):
        yield names[start : start + WIDE]

"""Wide tables: many further columns, cleaned as lists, so that the cost is linear in their number and small.

Preparing the expression that cleans a cell takes some milliseconds, and the engine looks for common parts among all
expressions of a SELECT. Here the cells of all further columns of one type stand in a list, and one expression cleans
every element of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import quote

if TYPE_CHECKING:
    import duckdb

WIDE = 64  # further columns up to which the pass over the input cleans them itself


def cleaned(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    """The source with its further columns cleaned beforehand, where there are many; otherwise as it is."""
    further = frozenset(source.further)
    if len(further) <= WIDE:
        return source
    by_kind: dict[str, list[str]] = {}
    for name in source.further:
        by_kind.setdefault(source.types[name], []).append(name)
    lists, cells = [], []
    for number, (kind, names) in enumerate(by_kind.items()):
        raw = ", ".join(cell_sql.raw_text(name, kind) for name in names)
        lists.append(f"list_transform([{raw}], lambda x: {cell_sql.text_of('x', kind)}) AS cells_{number}")
        cells += [f"cells_{number}[{place}] AS {quote(name)}" for place, name in enumerate(names, 1)]
    own = [quote(name) for name in source.types if name not in further]
    table = f"{source.view}_wide"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {', '.join(['line', *own, *cells])}"
        f" FROM (SELECT {', '.join(['line', *own, *lists])} FROM {source.view})"
    )
    types = {name: "VARCHAR" if name in further else kind for name, kind in source.types.items()}
    return replace(source, view=table, types=types, cleaned=further)


def forget_wide(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Let go of what `cleaned` made."""
    if source.cleaned:
        con.execute(f"DROP TABLE IF EXISTS {source.view}")

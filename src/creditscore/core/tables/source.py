"""Where rows come from: files, data frames, Arrow tables and DuckDB relations, all as one kind of view.

A `Source` is a temporary view `src_<table>` with the input's columns under their contract names and `line`,
the place of the row in the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.i18n import Phrase
from creditscore.core.identity import redact, redact_cell
from creditscore.core.tables.files import open_path
from creditscore.core.tables.memory import open_memory
from creditscore.core.tables.table import LINE, Opened, Table, column_sql, quote, refuse_twice

if TYPE_CHECKING:
    import duckdb

MOST_LISTED = 500  # characters of the names in a message

__all__ = ["Source", "forget", "open_relation", "open_sources", "refuse_persons"]


@dataclass(frozen=True)
class Source:
    """An opened input table. `types` maps each column name to its DuckDB type; `origin` is for people.

    `spelled` says what the input calls each column of a table with aliases; `unread` lists the input's columns that
    are not read.
    `sure_days` are the columns of type DATE in which every date can be: their cells need no test each.
    `cleaned` are the columns of text that were cleaned beforehand.
    """

    table: Table
    view: str
    types: Mapping[str, str]
    origin: str
    rows: int
    spelled: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    sure_days: frozenset[str] = frozenset()
    cleaned: frozenset[str] = frozenset()

    def has(self, column: str) -> bool:
        return column in self.types

    @property
    def further(self) -> tuple[str, ...]:
        """Columns beyond the contract, sorted; empty unless the table gives them a meaning."""
        extra = sorted(set(self.types) - set(self.table.columns))
        return tuple(extra) if self.table.further else ()


def open_sources(
    con: duckdb.DuckDBPyConnection, given: Mapping[str, Any], folder: Path, tables: Mapping[str, Table]
) -> dict[str, Source]:
    """Open every table that is given; one InputError names all that is wrong with any of them."""
    opened: dict[str, Source] = {}
    wrong: list[InputError] = []
    for name, data in given.items():
        if data is None:
            continue
        try:
            opened[name] = _open(con, tables[name], data, folder)
        except InputError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise InputError(
            "\n".join(error.what + (f" ({error.where})" if error.where else "") for error in wrong),
            allowed="; ".join(dict.fromkeys(error.allowed for error in wrong if error.allowed)) or None,
            next="; ".join(dict.fromkeys(error.next for error in wrong if error.next)) or None,
        )
    return opened


def forget(con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source]) -> None:
    """Let go of the input: views, copies and registered objects."""
    for name, source in sources.items():
        con.execute(f"DROP VIEW IF EXISTS {source.view}; DROP TABLE IF EXISTS raw_{name}")
        con.unregister(f"given_{name}")


def refuse_persons(table: str, columns: Iterable[str], origin: str) -> None:
    """InputError where a column bears the number of a person: the first row stands in the place of the header."""
    for place, name in enumerate(columns, 1):
        if redact(name) != name:
            raise InputError(
                "core.name_column_holds_number_person", table=table, place=place, name=redact_cell(name), where=origin
            )


def open_relation(con: duckdb.DuckDBPyConnection, table: Table, data: Any, folder: Path) -> Opened:
    """Open a table of any kind: the SQL of its rows with their place as `LINE`, and what people call it."""
    if isinstance(data, str | Path):
        return open_path(con, table, str(data), folder)
    return open_memory(con, table, data)


def _open(con: duckdb.DuckDBPyConnection, table: Table, data: Any, folder: Path) -> Source:
    relation, origin, columns = open_relation(con, table, data, folder)
    described = con.execute(f"DESCRIBE {relation}").fetchall()
    types = {name: str(kind) for name, kind, *_ in described if name != LINE}
    refuse_persons(table.name, columns or types, origin)
    names = _contract_names(table, columns or list(types), origin)
    missing = [name for name in table.required if name not in names.values()]
    if missing:
        there = ", ".join(columns or types)
        listed = there if len(there) <= MOST_LISTED else f"{there[:MOST_LISTED]} …"

        def shown(wanted: Sequence[str]) -> str:
            return ", ".join(table.labels.get(name, name) for name in wanted)

        raise InputError(
            "core.missing_column",
            name=table.name,
            count=Phrase("fragments", "missing_columns", (len(missing),)),
            shown=shown(missing),
            value=redact(listed) or Phrase("fragments", "none"),
            shown_2=shown(table.required),
            where=origin,
            next="save the file with commas between cells" if _other_marks(there) else "rename or add the columns",
        )
    view = f"src_{table.name}"
    chosen = ", ".join(f"{column_sql(table, old)} AS {quote(new)}" for old, new in names.items())
    con.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {quote(LINE)} AS line, {chosen} FROM ({relation})")
    rows = con.execute(f"SELECT count(*) FROM ({relation})").fetchall()[0][0]
    kinds = {new: "VARCHAR" if new in table.presence else types[old] for old, new in names.items()}
    return Source(
        table,
        view,
        kinds,
        origin,
        rows,
        spelled={new: old.strip() for old, new in names.items()} if table.aliases else {},
        unread=tuple(sorted(clean for name in columns or types if name not in names and (clean := name.strip()))),
        sure_days=_sure_days(con, view, kinds),
    )


def _sure_days(con: duckdb.DuckDBPyConnection, view: str, kinds: Mapping[str, str]) -> frozenset[str]:
    """Parquet answers this from its statistics, without reading a row."""
    dates = [name for name, kind in kinds.items() if kind == "DATE"]
    if not dates:
        return frozenset()
    inside = ", ".join(
        f"coalesce(min({quote(name)}) >= DATE '1900-01-01' AND max({quote(name)}) <= DATE '2100-12-31', true)"
        for name in dates
    )
    row = con.execute(f"SELECT {inside} FROM {view}").fetchall()[0]
    return frozenset(name for name, sure in zip(dates, row, strict=True) if sure)


def _contract_names(table: Table, columns: list[str], origin: str) -> dict[str, str]:
    """Input name → contract name; blank names are dropped, names that collide are refused."""
    names = {column: new for column in columns if (new := table.column_of(column)) is not None}
    refuse_twice(table.name, list(names.values()), origin)
    if table.further and "line" in {new.lower() for new in names.values()}:
        raise InputError("core.column_name_line_reserved", name=table.name, where=origin)
    return names


def _other_marks(header: str) -> bool:
    """Whether one name holds what looks like a whole header, parted by other marks than commas."""
    return "," not in header and any(mark in header for mark in ";\t|")

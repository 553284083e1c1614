"""The rows of one organisation in a kept run, and the hash by which a run's Merkle tree holds them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from creditscore.composite.result_columns import SCORES
from creditscore.core.boundary import outside
from creditscore.core.tables.table import literal, quote
from creditscore.grading.result_columns import GRADES, LATER, LEDGER
from creditscore.store.merkle import compute_root, hash_leaf

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from creditscore.store.archive.files import Archive

TABLES: Mapping[str, Mapping[str, str]] = {"grades": GRADES, "ledger": LEDGER}
KINDS: Mapping[str, Mapping[str, Mapping[str, str]]] = {"grading": TABLES, "composite": SCORES}
Row = Mapping[str, str | None]
ESCAPED = re.compile(r"((?<!\\)(?:\\\\)*\\u00)([01][a-f])")  # as DuckDB writes control characters


@dataclass(frozen=True)
class ArchivedRows:
    """The rows of one organisation in one run, a tuple for each table, every cell as text, in their order."""

    tables: ClassVar[Mapping[str, Mapping[str, str]]]

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over every cell and the order of the rows; of later columns what they say."""
        lines = [
            f"{table}{write_cells(columns, row)}"
            for table, columns in self.tables.items()
            for row in getattr(self, table)
        ]
        text = "\n".join(lines)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Rows(ArchivedRows):
    """The rows of one organisation in one graded run."""

    grades: tuple[Row, ...] = ()
    ledger: tuple[Row, ...] = ()
    tables: ClassVar[Mapping[str, Mapping[str, str]]] = TABLES

    @property
    def grade(self) -> str:
        """`B`, or the state where there is no grade."""
        first = self.grades[0] if self.grades else {}
        return first.get("grade") or first.get("state") or "absent"

    @property
    def score(self) -> str:
        """The score as text; empty where there is none."""
        return (self.grades[0].get("score") if self.grades else None) or ""

    @property
    def route(self) -> str:
        """By what the grade was reached; empty where there is none."""
        return (self.grades[0].get("route") if self.grades else None) or ""

    def rules(self) -> frozenset[str]:
        """Return the rules that decided."""
        return frozenset(row["rule"] or "" for row in self.ledger if row["step"] == "decide")

    def uses(self, record_id: str) -> bool:
        """Whether a record stands in the ledger."""
        return any(row["record_id"] == record_id for row in self.ledger)

    def weighs(self, record_id: str) -> bool:
        """Whether a record is taken as one that stands: in a ledger, a withdrawn one says that it is."""
        own = (row for row in self.ledger if row["record_id"] == record_id and row["step"] == "record")
        return any((row["reason"] or "").partition(":")[0] != "withdrawn" for row in own)

    @property
    def face(self) -> dict[str, str]:
        """What the log says of them: grade or state, score, route."""
        return {"grade": self.grade, "score": self.score, "route": self.route}


@dataclass(frozen=True)
class Scored(ArchivedRows):
    """The rows of one organisation in one composite."""

    composite: tuple[Row, ...] = ()
    contributions: tuple[Row, ...] = ()
    shared_acts: tuple[Row, ...] = ()
    regraded: tuple[Row, ...] = ()
    tables: ClassVar[Mapping[str, Mapping[str, str]]] = SCORES

    @property
    def face(self) -> dict[str, str]:
        """What the log says of them: the state, or why there is no score; score; grade."""
        row = self.composite[0] if self.composite else {}
        state = row.get("state_reason") or row.get("state") or "absent"
        return {"state": state, "score": row.get("score") or "", "grade": row.get("grade") or ""}


def write_cells(columns: Iterable[str], row: Row) -> str:
    """Write a row as JSON: its cells in the order of their columns; of later columns those that say something."""
    names = sorted(columns)
    cells: list[Any] = [row[name] for name in names if name not in LATER]
    cells += [{name: row[name]} for name in names if name in LATER and row[name] is not None]
    text = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
    return ESCAPED.sub(lambda match: match[1] + match[2].upper(), text) if "\\u00" in text else text


def as_text(value: Any) -> str | None:
    """Write a cell of a result as text: points with six decimals, days as YYYY-MM-DD."""
    if isinstance(value, Decimal):
        return f"{value:.6f}"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def group_rows(kind: str, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Group the rows of a run by organisation.

    Parameters
    ----------
    kind
        `grading` or `composite`.
    tables
        Its tables; those of a grading or of a composite, in the order of their rows.

    Returns
    -------
    dict of str to Rows or Scored
        By organisation, in the order in which they come.
    """
    own_tables = KINDS[kind]
    grouped: dict[str, dict[str, list[Row]]] = {}
    for table, columns in own_tables.items():
        if table not in tables:
            continue
        there = [name for name in columns if name in tables[table].column_names]
        absent: dict[str, str | None] = {name: None for name in columns if name not in there}
        for row in tables[table].select(there).to_pylist():
            texts = {**{name: as_text(value) for name, value in row.items()}, **absent}
            own = grouped.setdefault(row["subject_id"], {name: [] for name in own_tables})
            own[table].append({name: texts[name] for name in columns})
    make = Rows if kind == "grading" else Scored
    return {subject: make(**{name: tuple(rows) for name, rows in own.items()}) for subject, own in grouped.items()}


def add_place(table: pa.Table) -> pa.Table:
    """Return a table with a column `place`, the order of its rows."""
    import pyarrow as pa

    return table.append_column("place", pa.array(range(table.num_rows), pa.int64()))


def hash_leaf_of(subject_id: str, rows_hash: str) -> bytes:
    """Return the leaf of an organisation in the Merkle tree of a run."""
    return hash_leaf(f"{subject_id}\n{rows_hash}".encode())


def select_file(path: str, columns: Mapping[str, str], only: str = "") -> str:
    """Return a query of the rows of a Parquet file in the columns that are kept, with `place`, their order in it.

    Parameters
    ----------
    path
        Of the file.
    columns
        With their types; one that came later and is not there is NULL.
    only
        A condition, ` WHERE …`; empty for all rows.
    """
    import pyarrow.parquet as pq

    rows = f"read_parquet({literal(path)}, file_row_number = true)"
    return f"(SELECT {_cast(columns, pq.read_schema(path).names)}, file_row_number AS place FROM {rows}{only})"


def _cast(columns: Mapping[str, str], there: Collection[str]) -> str:
    """The columns with their types; one that came later and is not there is NULL."""
    return ", ".join(
        f"CAST({quote(column) if column in there or column not in LATER else 'NULL'} AS {kind}) AS {quote(column)}"
        for column, kind in columns.items()
    )


def compute_rows_root(con: duckdb.DuckDBPyConnection, sources: Mapping[str, str]) -> str:
    """Return the Merkle root over all organisations of a run in hexadecimal digits; `sources` as in `hash_subjects`."""
    return compute_root(hash_leaf_of(subject, rows_hash) for subject, rows_hash in hash_subjects(con, sources)).hex()


def find_rows_fault(archive: Archive, values: Mapping[str, Any]) -> str | None:
    """Say what a kept run says of its rows and its files do not; None where they agree.

    Parameters
    ----------
    archive
        Where the files lie; each is there and is what its name says.
    values
        What the event says: `kind`, `files`, `rows` and `root`.
    """
    import duckdb

    sources, counts = dict[str, str](), dict[str, int]()
    with duckdb.connect() as con, outside("the rows of a run", archive.place):
        own_tables = KINDS[values["kind"]]
        for table, name in sorted(values["files"].items(), key=lambda file: [*own_tables].index(file[0])):
            columns = own_tables[table]
            if archive.is_local:
                sources[table] = select_file(archive.require(name), columns)
            else:
                rows = archive.read(name)
                con.register(f"archived_{table}", add_place(rows))
                sources[table] = f"(SELECT {_cast(columns, rows.column_names)}, place FROM archived_{table})"
            counts[table] = con.sql(f"SELECT count(*) FROM {sources[table]}").fetchall()[0][0]
        if counts != values["rows"]:
            return f"its files have {counts} rows, it says {values['rows']}"
        if compute_rows_root(con, sources) != values["root"]:
            return "its root is not that of the rows in its files"
    return None


def hash_subjects(con: duckdb.DuckDBPyConnection, sources: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the hash of the rows of every organisation, in the order of their ids: `ArchivedRows.hash` for millions.

    Parameters
    ----------
    con
        A connection of DuckDB.
    sources
        For each table a query in brackets with its columns and `place`, the order of its rows.
    """
    parts = []
    for number, (table, source) in enumerate(sources.items()):
        columns = sorted(
            next(own[table] for own in KINDS.values() if table in own), key=lambda name: (name in LATER, name)
        )
        cells = ", ".join(_cell_sql(name) for name in columns)
        line = f"'{table}[' || concat_ws(',', {cells}) || ']'"
        parts.append(f"SELECT subject_id, {number} AS part, place, {line} AS line FROM {source}")
    query = (
        "SELECT subject_id, sha256(string_agg(line, chr(10) ORDER BY part, place))"
        f" FROM ({' UNION ALL '.join(parts)}) GROUP BY subject_id ORDER BY subject_id"
    )
    result = con.execute(query)
    while rows := result.fetchmany(50_000):
        yield from rows


def _cell_sql(name: str) -> str:
    """A cell as JSON; NULL, which is left out, for a later column that says nothing."""
    text = f"to_json(CAST({quote(name)} AS VARCHAR))::VARCHAR"
    return f"'{{\"{name}\":' || {text} || '}}'" if name in LATER else f"coalesce({text}, 'null')"

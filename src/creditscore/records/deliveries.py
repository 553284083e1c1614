"""Deliveries that feeds declare: how many rows of a table came, and the hash of its file; what differs is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.identity import canonical_code, redact, redact_cell
from creditscore.core.tables import cell_sql
from creditscore.core.tables.files import files_of
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import quote
from creditscore.records.faults import bit_of
from creditscore.records.schema import ONE, REASONS, TABLES
from creditscore.records.stage import Stage

if TYPE_CHECKING:
    import duckdb


DECLARABLE = tuple(name for name in TABLES if name != "feeds")


@dataclass
class Delivered:
    """What arrived, before any row is refused: rows of the records by domain and source, of the other tables in all.

    `hashes`: of the files of each table. `declared` and `differs` count the feeds that declare something, and those of
    which it is not so; `differing`: the tables but records that are not what was declared.
    """

    rows: Mapping[tuple[str, str], int]
    tables: Mapping[str, int]
    hashes: Mapping[str, frozenset[str]]
    declared: int = 0
    differs: int = 0
    differing: set[str] = field(default_factory=set)

    @property
    def state(self) -> str:
        return "differs" if self.differs else "declared" if self.declared else "undeclared"


def count_delivered(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], given: Mapping[str, Any]
) -> Delivered:
    """Count what arrived, where a feed could declare it; files are only read where a hash is declared."""
    feeds, records = sources["feeds"], sources["records"]
    counted = []
    if feeds.has("rows"):
        cells = [
            cell_sql.code(name, records.types[name]) if records.has(name) else "CAST(NULL AS VARCHAR)"
            for name in ("domain", "source")
        ]
        counted = con.execute(
            f"SELECT d, s, count(*) FROM (SELECT {cells[0]} AS d, {cells[1]} AS s FROM {records.view}) GROUP BY ALL"
        ).fetchall()
    hashes = {
        name: frozenset(_hash_of(Path(file)) for file in files_of(str(table)))
        for name, table in given.items()
        if feeds.has("sha256") and isinstance(table, str | Path) and (name == "records" or feeds.has("table"))
    }
    of_records = {(domain or "", source or ""): rows for domain, source, rows in counted}
    return Delivered(of_records, {name: source.rows for name, source in sources.items()}, hashes)


def check_deliveries(con: duckdb.DuckDBPyConnection, stage: Stage, delivered: Delivered) -> dict[int, str]:
    """Set the fault of the staged feeds whose delivery differs; returns the message by line."""
    declaring = ("table", "rows", "sha256")
    has = [name for name in declaring if stage.source.has(name)]
    if not has:
        return {}
    staged = {"table": "of_table", "rows": "declared_rows", "sha256": "declared_sha256"}
    shown = ", ".join(quote(staged[name]) if name in has else "NULL" for name in declaring)
    feeds = con.execute(f"SELECT line, domain, source, {shown} FROM stage_side").fetchall()
    messages: dict[int, str] = {}
    for line, domain, source, table, rows, sha256 in feeds:
        delivered.declared += rows is not None or sha256 is not None
        name = table or "records"
        fault = _difference(delivered, name, domain or "", source or "", rows, sha256)
        if fault is not None:
            column, message = fault
            messages[line] = f"{REASONS['bad_delivery']}: {message}"
            delivered.differing |= {redact(name)} - {"records"}
            _mark(con, stage, column, line)
    delivered.differs = len(messages)
    return messages


def _difference(
    delivered: Delivered, table: str, domain: str, source: str, rows: int | None, sha256: str | None
) -> tuple[str, str] | None:
    """The column of a feed that is not so, and why; `rows` in millionths."""
    if table not in DECLARABLE:
        return "table", f"there is no table {redact_cell(table)!r}; there are {', '.join(DECLARABLE)}"
    if table == "records":
        counted = delivered.rows.get((domain, canonical_code(source)), 0)
    else:
        counted = delivered.tables.get(table, 0)
    if rows is not None and rows != counted * ONE:
        declared = f"{rows / ONE:f}".rstrip("0").rstrip(".")
        of = "" if table == "records" else f" of {table}"
        return "rows", f"{declared} rows{of} declared, {counted} counted"
    hashes = delivered.hashes.get(table, frozenset())
    if sha256 is not None and sha256.removeprefix("sha256:") not in hashes:
        there = f"{len(hashes)} files of {table}, none with this hash"
        return "sha256", there if hashes else f"the {table} are no file"
    return None


def _mark(con: duckdb.DuckDBPyConnection, stage: Stage, column: str, line: int) -> None:
    bit = bit_of(stage.faults, "bad_delivery", column)
    con.execute(f"UPDATE stage_side SET mask = mask | {bit} WHERE line = {line}")


def _hash_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

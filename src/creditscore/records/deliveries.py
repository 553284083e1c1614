"""Deliveries that a feed declares: how many rows it brought, and the hash of its file; what differs is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.records import parse
from creditscore.records.faults import bit_of
from creditscore.records.identity import canonical_code
from creditscore.records.source import Source, files_of, quote
from creditscore.records.stage import Stage
from creditscore.records.tables import ONE, REASONS

if TYPE_CHECKING:
    import duckdb


@dataclass
class Delivered:
    """What arrived: rows of the records by domain and source, before any is refused, and hashes of their files.

    `declared` and `differs` count the feeds that declare something, and those of which it is not so.
    """

    rows: Mapping[tuple[str, str], int]
    hashes: frozenset[str]
    declared: int = 0
    differs: int = 0

    @property
    def state(self) -> str:
        return "differs" if self.differs else "declared" if self.declared else "undeclared"


def count_delivered(con: duckdb.DuckDBPyConnection, feeds: Source, records: Source, given: Any) -> Delivered:
    """Count what arrived, where a feed could declare it; files are only read where a hash is declared."""
    counted = []
    if feeds.has("rows"):
        cells = [
            parse.code(name, records.types[name]) if records.has(name) else "CAST(NULL AS VARCHAR)"
            for name in ("domain", "source")
        ]
        counted = con.execute(
            f"SELECT d, s, count(*) FROM (SELECT {cells[0]} AS d, {cells[1]} AS s FROM {records.view}) GROUP BY ALL"
        ).fetchall()
    hashes: frozenset[str] = frozenset()
    if feeds.has("sha256") and isinstance(given, str | Path):
        hashes = frozenset(_hash_of(Path(file)) for file in files_of(str(given)))
    return Delivered({(domain or "", source or ""): rows for domain, source, rows in counted}, hashes)


def check_deliveries(con: duckdb.DuckDBPyConnection, stage: Stage, delivered: Delivered) -> dict[int, str]:
    """Set the fault of the staged feeds whose delivery differs; returns the message by line."""
    has = [name for name in ("rows", "sha256") if stage.source.has(name)]
    if not has:
        return {}
    shown = ", ".join(quote(f"declared_{name}") if name in has else "NULL" for name in ("rows", "sha256"))
    feeds = con.execute(f"SELECT line, domain, source, {shown} FROM stage_side").fetchall()
    messages: dict[int, str] = {}
    for line, domain, source, rows, sha256 in feeds:
        delivered.declared += rows is not None or sha256 is not None
        counted = delivered.rows.get((domain or "", canonical_code(source or "")), 0)
        if rows is not None and rows != counted * ONE:
            declared = f"{rows / ONE:f}".rstrip("0").rstrip(".")
            messages[line] = f"{REASONS['bad_delivery']}: {declared} rows declared, {counted} counted"
            _mark(con, stage, "rows", line)
        elif sha256 is not None and sha256.removeprefix("sha256:") not in delivered.hashes:
            there = f"{len(delivered.hashes)} files of records, none with this hash"
            messages[line] = f"{REASONS['bad_delivery']}: {there if delivered.hashes else 'the records are no file'}"
            _mark(con, stage, "sha256", line)
    delivered.differs = len(messages)
    return messages


def _mark(con: duckdb.DuckDBPyConnection, stage: Stage, column: str, line: int) -> None:
    bit = bit_of(stage.faults, "bad_delivery", column)
    con.execute(f"UPDATE stage_side SET mask = mask | {bit} WHERE line = {line}")


def _hash_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

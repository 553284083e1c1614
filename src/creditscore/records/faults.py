"""Faults found in one pass as bits of a mask, and their listing in the quarantine afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creditscore.core.identity import GAPS, RESIDENT_LIKE, is_resident, redact, redact_cell
from creditscore.core.tables.cell_sql import raw_text
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import literal, quote
from creditscore.records.parse import hint
from creditscore.records.schema import QUARANTINE, REASONS

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with a row: a reason code, the column it shows in, and the SQL test."""

    reason: str
    column: str
    test: str = "false"
    detail: str = ""

    @property
    def message(self) -> str:
        return REASONS[self.reason] + (f" ({self.detail})" if self.detail else "")


def mask(faults: Sequence[Fault]) -> str:
    """SQL for the fault mask of a row: bit k is set where fault k's test is true."""
    tests = [(1 << bit, fault.test) for bit, fault in enumerate(faults) if fault.test != "false"]
    if not tests:
        return "CAST(0 AS BIGINT)"
    # Nearly every row is clean: one disjunction passes it, and the sum is made for the others alone.
    any_fault = " OR ".join(f"({test})" for _, test in tests)
    bits = " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in tests)
    return f"CAST(CASE WHEN {any_fault} THEN {bits} ELSE 0 END AS BIGINT)"


def bit_of(faults: Sequence[Fault], reason: str, column: str, detail: str = "") -> int:
    """The mask bit of a fault, as a number with that one bit set."""
    for bit, fault in enumerate(faults):
        if (fault.reason, fault.column, fault.detail) == (reason, column, detail):
            return 1 << bit
    raise LookupError((reason, column))


def create_quarantine(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"CREATE OR REPLACE TABLE quarantine ({QUARANTINE})")


def list_faults(con: duckdb.DuckDBPyConnection, table: str, source: Source, faults: Sequence[Fault]) -> int:
    """Write the faults of `table` (columns line, mask) to the quarantine; returns the number of refused rows.

    Nothing but one count happens for a table without faults. Values are shown as the input has them, with
    resident identity numbers redacted in every column.
    """
    refused: int = con.execute(f"SELECT count(*) FROM {table} WHERE mask <> 0").fetchall()[0][0]
    if not refused:
        return 0

    def shown(column: str) -> str:
        return raw_text(column, source.types[column]) if source.has(column) else "CAST(NULL AS VARCHAR)"

    key = source.table.key
    used = {"subject_id", key, "event_no", "item"} | {fault.column for fault in faults}
    columns = ", ".join(f"{shown(column)} AS {quote(column)}" for column in sorted(used) if column)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE refused AS SELECT b.line, b.mask, {columns}"
        f" FROM {source.view} s JOIN (SELECT line, mask FROM {table} WHERE mask <> 0) b ON s.line = b.line"
    )
    for bit, fault in enumerate(faults):
        value_sql = quote(fault.column) if fault.column else "NULL"
        con.execute(
            f"INSERT INTO quarantine SELECT {literal(source.table.name)}, line, subject_id, {key},"
            f" TRY_CAST(event_no AS INTEGER), item, '{fault.reason}',"
            f" {literal(source.spelled.get(fault.column, fault.column))}, {value_sql},"
            f" {literal(fault.message)} || {hint(fault.reason, value_sql)} FROM refused WHERE (mask & {1 << bit}) <> 0"
        )
    con.execute("DROP TABLE refused")
    return refused


def redact_quarantine(con: duckdb.DuckDBPyConnection, table: str = "quarantine") -> None:
    """Cut resident identity numbers down to three digits in every text column of a quarantine."""
    if not con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]:
        return
    redact_columns(con, table, ("subject_id", "record_id", "item", "value"), redact_cell)
    redact_columns(con, table, ("message",))  # it may say how a number is to be written


def redact_columns(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], how: Callable[[str], str] = redact
) -> int:
    """Redact these text columns of `table`; returns how many different texts held a personal number."""
    changed = 0
    for column in columns:
        rows = con.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE length({column}) >= 11"
            f" AND (strlen({column}) <> length({column}) OR regexp_matches({column}, '[0-9][-0-9 ]{{9}}'))"
        ).fetchall()
        hidden = [(text, how(text)) for (text,) in rows]
        hidden = [(text, short) for text, short in hidden if text != short]
        for start in range(0, len(hidden), 100_000):
            _replace(con, table, column, hidden[start : start + 100_000])
        changed += len(hidden)
    return changed


def _replace(con: duckdb.DuckDBPyConnection, table: str, column: str, pairs: list[tuple[str, str]]) -> None:
    put_pairs(con, "redacted", pairs)
    con.execute(f"UPDATE {table} SET {column} = r.b FROM redacted r WHERE {table}.{column} = r.a")
    drop_pairs(con, "redacted")


def put_pairs(con: duckdb.DuckDBPyConnection, name: str, pairs: Sequence[tuple[str | None, str | None]]) -> None:
    """A temporary view `name(a, b)` of text pairs."""
    import pyarrow as pa

    arrow = pa.table(
        {"a": pa.array([a for a, _ in pairs], pa.string()), "b": pa.array([b for _, b in pairs], pa.string())}
    )
    con.register(f"{name}_pairs", arrow)
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT a, b FROM {name}_pairs")


def drop_pairs(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Forget pairs with what they hold: they may be the numbers of persons."""
    for name in names:
        con.execute(f"DROP VIEW IF EXISTS {name}")
        con.unregister(f"{name}_pairs")


def settle_residents(con: duckdb.DuckDBPyConnection, table: str, column: str, bit: int) -> None:
    """Take the bit from rows of `table` whose `column` only looked like a resident identity number."""
    rows = con.execute(f"SELECT DISTINCT {column} FROM {table} WHERE (mask & {bit}) <> 0").fetchall()
    chance = [(text, None) for (text,) in rows if not is_resident(text)]
    if chance:
        put_pairs(con, "chance", chance)
        con.execute(
            f"UPDATE {table} SET mask = mask - {bit} WHERE (mask & {bit}) <> 0 AND {column} IN (SELECT a FROM chance)"
        )
        drop_pairs(con, "chance")


def looks_resident(x: str) -> str:
    """SQL: a cheap suspicion that text `x` holds a resident identity number."""
    return f"(strlen({x}) >= 15 AND regexp_matches(translate({x}, '{GAPS}', ''), '{RESIDENT_LIKE}'))"

"""A canonical hash of a snapshot: every cell of every good row, and nothing about their order.

Each row becomes an unambiguous text of its cells that are not absent (tag, length, content), each text a
128-bit MD5 number, and a table the sum of these numbers modulo 2^128; SHA-256 binds the tables together. The
sum does not depend on order, threads or file format; it detects change, and is no proof against an author who
builds collisions on purpose.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from creditscore.records.source import literal, quote
from creditscore.records.tables import ONE

if TYPE_CHECKING:
    import duckdb

NOT_CONTENT = {"row", "line", "rk", "single"}
# What stands for an absent cell, so that leaving a column out and leaving it empty are the same.
DEFAULTS = {"event_no": "1", "event": "0", "quantity": str(ONE)}


def row_text(types: Mapping[str, str]) -> str:
    """SQL: the text of a row. Columns that are NULL, or at their default, add nothing to it."""
    parts = []
    for name, kind in sorted(types.items()):
        if name in NOT_CONTENT:
            continue
        cell = quote(name)
        if name in DEFAULTS and "item" in types:
            cell = f"nullif({cell}, {DEFAULTS[name]})"
        tag = literal(f"{len(name)}{name}=")
        # A number ends where the next tag's semicolon stands; text says its length first.
        parts.append(f"{tag} || {cell} || ';'" if kind != "VARCHAR" else f"{tag} || strlen({cell}) || ':' || {cell}")
    return f"concat({', '.join(parts)})"


def table_sum(con: duckdb.DuckDBPyConnection, table: str, types: Mapping[str, str]) -> tuple[int, str]:
    """(number of rows, sum of their MD5 numbers modulo 2^128 in hex)."""
    rows, low, high = con.execute(
        "SELECT count(*), coalesce(sum(CAST(h & 18446744073709551615 AS HUGEINT)), 0),"
        " coalesce(sum(CAST(h >> 64 AS HUGEINT)), 0)"
        f" FROM (SELECT md5_number({row_text(types)}) AS h FROM {table})"
    ).fetchall()[0]
    return rows, f"{((int(high) << 64) + int(low)) % (1 << 128):032x}"


def content_hash(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, Mapping[str, str]], words: Mapping[str, Sequence[str]]
) -> str:
    """`sha256:…` over the sums of all tables and the dictionaries of codes."""
    sums = {name: table_sum(con, name, types) for name, types in sorted(tables.items())}
    text = json.dumps({"words": {k: list(v) for k, v in words.items()}, "tables": sums}, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

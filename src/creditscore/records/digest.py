"""A canonical hash of a snapshot: every cell of every good row, and nothing about their order.

Each row becomes an unambiguous text of its cells that are not absent (tag, length, content), each text a
128-bit MD5 number, and a table the sum of these numbers modulo 2^128; SHA-256 binds the tables together. The
sum does not depend on order, threads or file format; it detects change, and is no proof against an author who
builds collisions on purpose.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from creditscore.core.tables.source import literal, quote
from creditscore.records.schema import FIRST_DAY, LAST_DAY, LOG_COLUMNS, ONE

if TYPE_CHECKING:
    import duckdb

NOT_CONTENT = {"row", "line", "rk", "single"}
DAYS = LAST_DAY - FIRST_DAY + 1
FIRST_SIGN = 0x10000  # characters from here on stand for days and codes, those below for tags and text
# What an absent column stands for, so that leaving a column out and leaving it empty are the same.
LOG_CELLS = {
    "event_no": "nullif(event_no, 1)",
    "event": "nullif(event, 0)",
    "quantity": f"nullif(coalesce(quantity, -1), {ONE})",
}


def row_text(columns: Mapping[str, str], present: Collection[str], cells: Mapping[str, str]) -> str:
    """SQL: the text of a row. A cell that is NULL adds nothing to it.

    A day or a code is one character, from a range of its own for each column: that is much faster to make and
    to hash than digits. A number is a letter and digits; text is a letter, its length in bytes and itself. So
    the text can be read back in one way only. `columns` fixes letters and ranges, `present` picks.
    """
    parts, sign = [], FIRST_SIGN
    for letter, (name, kind) in enumerate(columns.items(), start=ord("A")):
        cell = cells.get(name, quote(name))
        if kind == "INTEGER" and name.endswith("_day"):
            part = f"chr({cell} + {sign - FIRST_DAY})"
            sign += DAYS
        elif kind == "SMALLINT":
            part = f"chr({cell} + {sign})"
            sign += 1 << 15
        elif kind == "VARCHAR":
            part = f"'{chr(letter)}' || strlen({cell}), ':' || {cell}"
        else:
            part = f"'{chr(letter)}' || {cell}"
        if name in present and name not in NOT_CONTENT:
            parts.append(part)
    for name in sorted(set(present) - set(columns) - NOT_CONTENT):
        tag = literal(f"@{len(name.encode())}:{name}")
        parts.append(f"{tag} || strlen({quote(name)}), ':' || {quote(name)}")
    return f"concat('', {', '.join(parts)})"


def table_sum(con: duckdb.DuckDBPyConnection, table: str, text: str) -> tuple[int, str]:
    """(number of rows, sum of their MD5 numbers modulo 2^128 in hex)."""
    rows, low, high = con.execute(
        "SELECT count(*), coalesce(sum(CAST(h & 18446744073709551615 AS HUGEINT)), 0),"
        " coalesce(sum(CAST(h >> 64 AS HUGEINT)), 0)"
        f" FROM (SELECT md5_number({text}) AS h FROM {table})"
    ).fetchall()[0]
    return rows, f"{((int(high) << 64) + int(low)) % (1 << 128):032x}"


def content_hash(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Mapping[str, str]],
    log_columns: Collection[str],
    words: Mapping[str, Sequence[str]],
) -> str:
    """`sha256:…` over the sums of `tables` (name → column → type) and the dictionaries of codes.

    Of the log, only `log_columns` are looked at; the others are constants.
    """
    sums = {}
    for name, types in sorted(tables.items()):
        if name == "log":
            fixed = {column: kind for column, (kind, _) in LOG_COLUMNS.items()}
            text = row_text(fixed, [*log_columns, *(set(types) - set(fixed))], LOG_CELLS)
        else:
            text = row_text(types, list(types), {})
        sums[name] = table_sum(con, name, text)
    dumps = json.dumps({"words": {k: list(v) for k, v in words.items()}, "tables": sums}, sort_keys=True)
    return "sha256:" + hashlib.sha256(dumps.encode()).hexdigest()

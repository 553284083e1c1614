"""The content hash of a snapshot: every cell of every good row by subject and words, and nothing about their order.

Format 2, in which hashes begin with `sha256-2:`. Each row becomes an unambiguous text (`core.tables.hashing`) with the
words of items, domains and events in place of codes, and without numbers of rows; absent cells add nothing. The
texts of one subject stand in a fixed order: its own row, attributes, listings, history, then its records by the first
day that they state, and by their bytes where that leaves them alike; SHA-256 over them is the subject's digest. SHA-256
over all digests in the order of the subjects' ids (by their UTF-8), with that of the feeds at the end, is the hash. It
does not depend on order, threads, file format, or on how a table is cut: parts of a population can be hashed apart and
their digests merged. To find two contents of one hash takes a collision of SHA-256: 128 bits.

Format 1 (`sha256:`) was SHA-256 over sums of MD5 numbers of rows, in any order, with the dictionaries of codes. It is
still computed where a snapshot or run of an earlier version is compared; sums can be forged, so no new snapshot has
it. (The hashes of rows that a store keeps are such sums still.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from creditscore.core.days import FIRST
from creditscore.core.tables.hashing import hash_groups, hash_rows, row_text
from creditscore.core.tables.table import literal, quote
from creditscore.records.schema import EVENTS, FIRST_OF_DAYS, LOG_COLUMNS, ONE

if TYPE_CHECKING:
    import duckdb

Words = Mapping[str, Sequence[str]]
Tables = Mapping[str, Mapping[str, str]]

CURRENT = 2  # the format of new hashes
NOT_CONTENT = {"row", "line", "rk", "single"}
# What an absent column stands for, so that leaving a column out and leaving it empty are the same.
LOG_CELLS = {
    "event_no": "nullif(event_no, 1)",
    "event": "nullif(event, 0)",
    "quantity": f"nullif(coalesce(quantity, -1), {ONE})",
}
SIDE = {"subjects": "S", "attributes": "A", "listings": "L", "history": "H"}  # the first letter of their rows
RECORD = "R"
BEFORE_DAYS = FIRST - len(SIDE)  # rows of these tables stand before all records
AT_ONCE = 4_000_000  # rows that are sorted at once, so that memory does not grow with the population


def format_of(content: str) -> int:
    """The format of a content hash, from how it begins."""
    return 1 if content.startswith("sha256:") else CURRENT


def content_hash(con: duckdb.DuckDBPyConnection, tables: Tables, log_columns: Collection[str], words: Words) -> str:
    """`sha256-2:…` over the rows of `tables` (name → column → type), with the words of their codes.

    Of the log, only `log_columns` are looked at; the others are constants.
    """
    digests = subject_digests(con, tables, log_columns, words)
    return combine_digests(digests, feeds_digest(con, tables["feeds"]))


def combine_digests(digests: Iterable[bytes], feeds: str) -> str:
    """The content hash of the digests of all subjects, in the order of their ids, and of the digest of the feeds."""
    total = hashlib.sha256(b"creditscore content 2\n")
    for digest in digests:
        total.update(digest)
    total.update(bytes.fromhex(feeds))
    return "sha256-2:" + total.hexdigest()


def subject_digests(
    con: duckdb.DuckDBPyConnection, tables: Tables, log_columns: Collection[str], words: Words
) -> Iterator[bytes]:
    """SHA-256 of each subject's rows, in the order of the subjects' ids; the feeds are not among them."""
    subjects, rows = con.execute("SELECT (SELECT count(*) FROM subjects), (SELECT count(*) FROM log)").fetchall()[0]
    parts = [_side(name, tables[name]) for name in SIDE] + [_records(tables["log"], log_columns, words)]
    width = max(1, subjects // (1 + rows // AT_ONCE))
    for first in range(0, subjects, width):
        chosen = " UNION ALL ".join(f"{part} WHERE sid BETWEEN {first} AND {first + width - 1}" for part in parts)
        yield from hash_groups(con, f"SELECT sid, place, x FROM ({chosen}) ORDER BY sid, place")


def feeds_digest(con: duckdb.DuckDBPyConnection, types: Mapping[str, str]) -> str:
    """SHA-256 of the feeds, which belong to no subject; one that is narrowed to a subject names it."""
    columns = {name: kind for name, kind in types.items() if name not in NOT_CONTENT | {"sid"}} | {"subject": "VARCHAR"}
    source = "(SELECT f.*, s.subject_id AS subject FROM feeds f LEFT JOIN subjects s ON s.sid = f.sid)"
    return hash_rows(con, source, row_text(columns, list(columns), {}))


def _side(name: str, types: Mapping[str, str]) -> str:
    """SQL: sid, place in the order of a subject's rows, and the text of each row of one of the smaller tables."""
    columns = {column: kind for column, kind in types.items() if column not in NOT_CONTENT | {"sid"}}
    place = BEFORE_DAYS + list(SIDE).index(name)
    text = row_text(columns, list(columns), {})
    return f"SELECT sid, {place} AS place, concat(chr(10), '{SIDE[name]}', {text}) AS x FROM {quote(name)}"


def _records(types: Mapping[str, str], log_columns: Collection[str], words: Words) -> str:
    """SQL: the same of the log, in the order of the first day that a row states."""
    coded = {"domain": words["domains"], "item": words["items"], "event": (None, *EVENTS[1:])}
    columns = {name: kind for name, (kind, _) in LOG_COLUMNS.items() if name not in NOT_CONTENT | {"sid"}}
    further = set(types) - set(LOG_COLUMNS)
    tagged = {name: _words(name, coded[name], list(columns).index(name)) for name in coded}
    text = row_text(columns, {*log_columns, *further} - NOT_CONTENT - {"sid"}, LOG_CELLS, tagged)
    days = [name for name in FIRST_OF_DAYS if name in log_columns]
    place = f"coalesce({', '.join(days)}, 0)" if days else "0"
    return f"SELECT sid, {place} AS place, concat(chr(10), '{RECORD}', {text}) AS x FROM log"


def _words(column: str, words: Sequence[str | None], number: int) -> str:
    """SQL: the cell of a code, its place among `words`, as `row_text` has it for text; without words, nothing."""
    cells = (word and literal(f"{chr(ord('A') + number)}{len(word.encode())}:{word}") for word in words)
    return f"(CAST([{', '.join(cell or 'NULL' for cell in cells)}] AS VARCHAR[]))[{quote(column)} + 1]"


def first_content_hash(
    con: duckdb.DuckDBPyConnection, tables: Tables, log_columns: Collection[str], words: Words
) -> str:
    """`sha256:…` as the first format has it."""
    sums = {}
    for name, types in sorted(tables.items()):
        if name == "log":
            fixed = {column: kind for column, (kind, _) in LOG_COLUMNS.items()}
            present = {*log_columns, *(set(types) - set(fixed))} - NOT_CONTENT
            text = row_text(fixed, present, LOG_CELLS)
        else:
            text = row_text(types, set(types) - NOT_CONTENT, {})
        sums[name] = table_sum(con, name, text)
    content = json.dumps({"words": {k: list(v) for k, v in words.items()}, "tables": sums}, sort_keys=True)
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def table_sum(con: duckdb.DuckDBPyConnection, table: str, text: str) -> tuple[int, str]:
    """(number of rows, sum of their MD5 numbers modulo 2^128 in hex): what the first format compares."""
    rows, low, high = con.execute(
        "SELECT count(*), coalesce(sum(CAST(h & 18446744073709551615 AS HUGEINT)), 0),"
        " coalesce(sum(CAST(h >> 64 AS HUGEINT)), 0)"
        f" FROM (SELECT md5_number({text}) AS h FROM {table})"
    ).fetchall()[0]
    return rows, f"{((int(high) << 64) + int(low)) % (1 << 128):032x}"

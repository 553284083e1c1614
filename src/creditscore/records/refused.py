"""Refused rows, whole, beside the quarantine: whom each of them names, and what its cells say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from creditscore.core.identity import canonical_code, is_mangled
from creditscore.core.tables import cell_sql
from creditscore.core.tables.hashing import hash_rows
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import literal, quote
from creditscore.records.digest import CURRENT, table_sum
from creditscore.records.faults import Fault, drop_pairs, put_pairs
from creditscore.records.schema import ONE

if TYPE_CHECKING:
    import duckdb

# A row refused for one of these says nothing that may be used, so that it costs nobody a mark.
WITHOUT_READING = ("natural_person", "no_legal_basis", "not_in_catalogue", "sensitive", "irrelevant")
UNATTRIBUTED = "unattributed_rows"  # the mark of a run with rows that name nobody
REFUSED_ROWS = '"table" VARCHAR, line BIGINT, sid INTEGER, cells VARCHAR, faults VARCHAR'
TABLES = ("attributes", "listings", "history", "records")
FAULT, PART = "\n", "\t"  # what stands between the faults of a row, and between the parts of a fault
_NUMBERS = ("quantity", "amount", "share")
_POWER = re.compile(r"([0-9])(?:[.]([0-9]+))?[eE][+]?([0-9]{2,3})")


def create_refused(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table `refused_rows`."""
    con.execute(f"CREATE OR REPLACE TABLE refused_rows ({REFUSED_ROWS})")


def keep_refused(con: duckdb.DuckDBPyConnection, table: str, source: Source, faults: Sequence[Fault]) -> None:
    """Copy the refused rows of `table` (columns line, sid, mask) with all their cells to `refused_rows`.

    Rows that may not be used at all are left out. `faults` of a row: reason, column and detail of each.
    """
    unusable = sum(1 << bit for bit, fault in enumerate(faults) if fault.reason in WITHOUT_READING)
    cells = ", ".join(f"{literal(column)}, {_cell(column, kind)}" for column, kind in source.types.items())
    named = ", ".join(
        f"CASE WHEN (b.mask & {1 << bit}) <> 0"
        f" THEN {literal(PART.join((fault.reason, fault.column, fault.detail)))} END"
        for bit, fault in enumerate(faults)
    )
    chosen = f"FROM {table} WHERE mask <> 0 AND (mask & {unusable}) = 0"
    con.execute(
        f"INSERT INTO refused_rows SELECT {literal(source.table.name)}, b.line, b.sid, c.cells,"
        f" concat_ws({literal(FAULT)}, {named}) FROM (SELECT line, sid, mask {chosen}) b JOIN (SELECT line,"
        f" CAST(json_merge_patch('{{}}', json_object({cells})) AS VARCHAR) AS cells FROM {source.view}"
        f" WHERE line IN (SELECT line {chosen})) c ON c.line = b.line"
    )


def _cell(column: str, kind: str) -> str:
    """The cell as text; a number of the contract with the six decimals at which it is read."""
    text = cell_sql.raw_text(column, kind)
    if column not in _NUMBERS or kind not in ("DOUBLE", "FLOAT"):
        return text
    millionths = cell_sql.number(quote(column), kind)
    whole, rest = f"CAST(({millionths}) // {ONE} AS VARCHAR)", f"lpad(CAST(({millionths}) % {ONE} AS VARCHAR), 6, '0')"
    return f"CASE WHEN ({millionths}) >= 0 THEN {whole} || '.' || {rest} ELSE {text} END"


def take_from_quarantine(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `refused_rows` of a snapshot that did not keep them: whose they are is known, and nothing of their cells."""
    unusable = ", ".join(map(literal, WITHOUT_READING))
    con.execute(
        'INSERT INTO refused_rows SELECT q."table", q.line, any_value(s.sid),'
        " CAST(json_object('subject_id', any_value(q.subject_id), 'record_id', any_value(q.record_id)) AS VARCHAR),"
        f" {literal(PART.join(('unread', '', '')))} FROM quarantine q JOIN subjects s ON s.subject_id = q.subject_id"
        f' WHERE q."table" IN ({", ".join(map(literal, TABLES))}) GROUP BY q."table", q.line'
        f" HAVING NOT bool_or(q.reason IN ({unusable}))"
    )


def copy_refused(
    source: duckdb.DuckDBPyConnection, table: str, quarantine: str, target: duckdb.DuckDBPyConnection
) -> None:
    """Give the subjects of `target` the refused rows that name them, and those that name nobody, with their faults.

    Their lines are written below zero, apart from the lines of what `target` itself was given.
    """
    subjects = dict(target.execute("SELECT subject_id, sid FROM subjects").fetchall())
    put_pairs(source, "wanted", [(subject_id, "") for subject_id in subjects])
    rows = source.execute(
        f'SELECT r."table", -abs(r.line), s.subject_id, r.cells, r.faults FROM {table} r'
        " LEFT JOIN subjects s ON s.sid = r.sid WHERE r.sid IS NULL OR s.subject_id IN (SELECT a FROM wanted)"
    ).fetchall()
    drop_pairs(source, "wanted")
    if rows:
        named = [(name, line, subjects.get(subject), cells, faults) for name, line, subject, cells, faults in rows]
        target.executemany("INSERT INTO refused_rows VALUES (?, ?, ?, ?, ?)", named)
        put_pairs(source, "wanted", sorted({(name, str(-line)) for name, line, *_ in rows}))
        faults_of = source.execute(
            f"SELECT q.* REPLACE (-abs(q.line) AS line) FROM {quarantine} q"
            ' JOIN wanted w ON w.a = q."table" AND CAST(w.b AS BIGINT) = abs(q.line)'
        ).fetchall()
        drop_pairs(source, "wanted")
        if faults_of:
            target.executemany(f"INSERT INTO quarantine VALUES ({', '.join('?' * len(faults_of[0]))})", faults_of)


def refused_hash(con: duckdb.DuckDBPyConnection, table: str = "refused_rows", hash_format: int = CURRENT) -> str:
    """`sha256-2:…` of the refused rows and of whom they name, whatever their order; empty where there is none."""
    text = "concat_ws(chr(0), r.\"table\", coalesce(s.subject_id, ''), r.cells, r.faults)"
    source = f"{table} r LEFT JOIN subjects s ON s.sid = r.sid"
    if not con.execute(f"SELECT EXISTS (FROM {table})").fetchall()[0][0]:
        return ""
    if hash_format == CURRENT:
        return "sha256-2:" + hash_rows(con, source, text)
    rows, total = table_sum(con, source, text)
    return "sha256:" + hashlib.sha256(f"{rows} {total}".encode()).hexdigest()


def attribute_rows(con: duckdb.DuckDBPyConnection, uscc: bool) -> None:
    """Say of each refused row without a subject whose it could be: one row per subject whose id is near.

    A row that stays without `sid` names nobody in particular and could be anybody's. Rows that name somebody who is
    not graded are dropped: a valid credit code or, with local ids, an id unlike every subject's; likewise the id of a
    refused subject.
    """
    open_rows = "FROM refused_rows WHERE sid IS NULL"
    if not con.execute(f"SELECT count(*) {open_rows}").fetchall()[0][0]:
        return
    con.execute(  # a later event may leave the subject to the filed row of its record
        "UPDATE refused_rows SET sid = f.sid FROM (SELECT cells ->> 'record_id' AS record, min(sid) AS sid"
        " FROM refused_rows WHERE sid IS NOT NULL AND \"table\" = 'records' GROUP BY record"
        " HAVING min(sid) = max(sid)) f WHERE refused_rows.sid IS NULL AND refused_rows.\"table\" = 'records'"
        " AND nullif(trim(refused_rows.cells ->> 'subject_id'), '') IS NULL"
        " AND refused_rows.cells ->> 'record_id' = f.record"
    )
    raw_ids = [raw for (raw,) in con.execute(f"SELECT DISTINCT cells ->> 'subject_id' {open_rows}").fetchall() if raw]
    gone = {
        raw
        for (raw,) in con.execute("SELECT DISTINCT subject_id FROM quarantine WHERE \"table\" = 'subjects'").fetchall()
    }
    pairs = [(raw, canonical_code(raw).upper() if uscc else canonical_code(raw)) for raw in raw_ids]
    put_pairs(con, "strangers", pairs)
    con.execute(f"CREATE OR REPLACE TEMP TABLE near AS {_near_sql()}")
    near = {raw for (raw,) in con.execute("SELECT DISTINCT raw FROM near").fetchall()}
    for raw, sids in _spoilt(con, [(raw, text) for raw, text in pairs if raw not in near and is_mangled(text)]):
        con.executemany("INSERT INTO near VALUES (?, ?)", [(raw, sid) for sid in sids])
        near.add(raw)
    others = [(raw, "") for raw, text in pairs if _is_somebody_else(raw, text, raw in near, gone, uscc)]
    put_pairs(con, "others", others)
    con.execute("DELETE FROM refused_rows WHERE sid IS NULL AND cells ->> 'subject_id' IN (SELECT a FROM others)")
    con.execute(
        'INSERT INTO refused_rows SELECT r."table", r.line, n.sid, r.cells, r.faults FROM refused_rows r'
        " JOIN near n ON r.sid IS NULL AND n.raw = r.cells ->> 'subject_id'"
    )
    con.execute("DELETE FROM refused_rows WHERE sid IS NULL AND cells ->> 'subject_id' IN (SELECT raw FROM near)")
    con.execute("DROP TABLE near")
    drop_pairs(con, "strangers", "others")


def _near_sql() -> str:
    """(raw, sid) of ids that one slip of a finger, or zeros cut in front, make of each other.

    Two texts that one change makes of each other share what is left of them without one letter, so that only such
    pairs are compared.
    """

    def shortened(table: str, key: str, text: str) -> str:
        dropped = f"substr({text}, 1, i - 1) || substr({text}, i + 1)"
        return (
            f"SELECT {key}, {text} AS text, {text} AS part FROM {table} UNION ALL SELECT {key}, {text}, {dropped}"
            f" FROM (SELECT {key}, {text}, unnest(range(1, length({text}) + 1)) AS i FROM {table})"
        )

    return (
        f"SELECT DISTINCT r.a AS raw, s.sid FROM ({shortened('strangers', 'a', 'b')}) r"
        f" JOIN ({shortened('subjects', 'sid', 'subject_id')}) s ON r.part = s.part"
        " WHERE damerau_levenshtein(r.text, s.text) <= 1 OR lower(r.text) = lower(s.text)"
        " UNION SELECT r.a, s.sid FROM strangers r JOIN subjects s ON ltrim(r.b, '0') = ltrim(s.subject_id, '0')"
        " WHERE ltrim(r.b, '0') <> ''"
    )


def _spoilt(con: duckdb.DuckDBPyConnection, ids: list[tuple[str, str]]) -> list[tuple[str, list[int]]]:
    """The subjects whose ids a spreadsheet turns into these numbers, as far as the digits that are left tell."""
    matches = []
    for raw, text in ids:
        power = _POWER.fullmatch(text)
        if power:
            digits = power[1] + (power[2] or "")
            begin, length = digits[:-1] if len(digits) > 1 else "", int(power[3]) + 1
            where = f"length(subject_id) = {length} AND starts_with(subject_id, '{begin}')"
        else:
            where = f"ltrim(subject_id, '0') = '{text.partition('.')[0].lstrip('0')}'"
        rows = con.execute(
            f"SELECT sid FROM subjects WHERE regexp_full_match(subject_id, '[0-9]+') AND {where}"
        ).fetchall()
        if rows:
            matches.append((raw, [sid for (sid,) in rows]))
    return matches


def _is_somebody_else(raw: str, text: str, is_near: bool, gone: set[str], uscc: bool) -> bool:
    if raw in gone or text in gone:
        return True
    if not uscc:
        return not is_near and not is_mangled(text)
    from stdnum.cn import uscc as code

    return bool(code.is_valid(text))

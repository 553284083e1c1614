"""Rows of a published table: persons are dropped, faulty rows refused with a reason, the others made one shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from creditscore.core.days import iso
from creditscore.core.identity import RESIDENT_LIKE, look_at_id
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import literal
from creditscore.records.faults import (
    bit_of,
    drop_pairs,
    list_faults,
    looks_resident,
    put_pairs,
    redact_columns,
    settle_residents,
)
from creditscore.records.publicity.fields import UNITS
from creditscore.records.publicity.kinds import SPECIAL, measures_of
from creditscore.records.schema import PERSONS
from creditscore.records.stage import Stage, drop_repeats

if TYPE_CHECKING:
    import duckdb

TEXTS = ("name", "document_no", "about", "licence", "basis", "authority", "licence_no", "status", "kinds")
OPEN_ENDED = "2099-12-31"  # stands for "no end" in an end of effect (recalled)
# Micro-CNY per millionth of the unit, as (multiply, divide), and the amounts that int64 holds.
SCALES = {"wan": (10_000, 1, 900_000_000), "yuan": (1, 1, 9_000_000_000_000), "fen": (1, 100, 9_000_000_000_000)}
# An identity number that was masked for publication, or has a slip in it. No valid credit code looks like these.
_MASKED = re.compile(r".*[*].*|[0-9]{3,14}X{3,}[0-9X]{0,4}")
_RESIDENT = re.compile(RESIDENT_LIKE)
_BRACKETS = ("[]【】()（）［］〖〗", "〔〕〔〕〔〕〔〕〔〕〔〕")


class Look(NamedTuple):
    """A code as it stands, its canonical form, and the reason why it is no organisation's."""

    raw: str
    text: str
    reason: str | None


def take_rows(
    con: duckdb.DuckDBPyConnection, source: Source, unit: str, recorded_day: int | None
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Add the good rows of a table to `pub_rows` and `pub_measures`; returns counts, dropped by reason, oddities."""
    stage = Stage(source)
    values = _values(stage, unit, recorded_day)
    con.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {stage.select(values)}")
    codes = con.execute("SELECT DISTINCT subject_id FROM staged WHERE subject_id IS NOT NULL").fetchall()
    looks = [Look(code, *look_at_id(code, uscc_only=True)) for (code,) in codes]
    dropped = _drop_persons(con, looks)
    _check_codes(con, stage, [look for look in looks if not _is_person(look)])
    del codes, looks
    settle_residents(con, "staged", "document_no", bit_of(stage.faults, "natural_person", "document_no"))
    redacted = redact_columns(con, "staged", TEXTS)
    repeated = drop_repeats(con, "staged", [column for column in values if column not in _ONLY_FOR_PERSONS])
    _split(con, source.table.name)
    _mark_conflicts(con, bit_of(stage.faults, "conflicting_key", "document_no", _CONFLICT))
    refused = list_faults(con, "staged", source, stage.faults)
    con.execute("DELETE FROM staged WHERE mask <> 0; DELETE FROM measures WHERE line NOT IN (SELECT line FROM staged)")
    bad_ends = _settle_ends(con)
    table_sql = literal(source.table.name)
    con.execute(f'INSERT INTO pub_rows BY NAME SELECT {table_sql} AS "table", * EXCLUDE (mask) FROM staged')
    con.execute(f'INSERT INTO pub_measures BY NAME SELECT {table_sql} AS "table", * FROM measures')
    con.execute("DROP TABLE staged; DROP TABLE measures")
    counts = {"rows": source.rows, "repeated": repeated, "dropped": sum(dropped.values()), "refused": refused}
    return counts, dropped, {"texts_redacted": redacted, "end_dates_unread": bad_ends}


def create_rows(con: duckdb.DuckDBPyConnection) -> None:
    """The empty tables of what is taken."""
    text_columns = ", ".join(f"{name} VARCHAR" for name in ("category", "subject_id", *TEXTS, "act"))
    days = ", ".join(f"{name} INTEGER" for name in _DAYS)
    con.execute(
        f'CREATE OR REPLACE TABLE pub_rows ("table" VARCHAR, line BIGINT, {text_columns}, {days},'
        " amount BIGINT, confiscated BIGINT)"
    )
    con.execute(
        'CREATE OR REPLACE TABLE pub_measures ("table" VARCHAR, line BIGINT, subject_id VARCHAR, act VARCHAR,'
        " number INTEGER, kind VARCHAR, word VARCHAR)"
    )


_DAYS = ("decided_day", "published_day", "effective_from_day", "effective_until_day", "published_until_day")


def _values(stage: Stage, unit: str, recorded_day: int | None) -> dict[str, str]:
    text_sql = {name: stage.text(name) for name in TEXTS}
    code = stage.code("subject_id")
    blanks = f"regexp_replace({text_sql['document_no']}, '\\s', '', 'g')"
    decided, published = stage.day("decided_on", required=True), stage.day("published_on")
    ends = {name: stage.day_as_read(name) for name in ("effective_from", "effective_until", "published_until")}
    values = {
        "category": f"lower({stage.code('category')})",
        "subject_id": code,
        **text_sql,
        "act": f"translate({blanks}, '{_BRACKETS[0]}', '{_BRACKETS[1]}')",
        "decided_day": decided,
        "published_day": published,
        **{f"{name}_day": sql for name, sql in ends.items()},
        **{name: _amount(stage, name, unit) for name in ("amount", "confiscated")},
        "other_code": " OR ".join([f"{stage.text(f'code_{n}')} IS NOT NULL" for n in range(2, 7)]),
        "document": f"{stage.text('personal_document')} IS NOT NULL",
    }
    for reason in ("mangled_id", "bad_uscc"):
        stage.fault(reason, "subject_id")
    stage.fault("empty_id", "subject_id", f"{code} IS NULL")
    stage.fault("empty_id", "document_no", f"{text_sql['document_no']} IS NULL")
    stage.fault("natural_person", "document_no", looks_resident(text_sql["document_no"]))
    stage.fault("conflicting_key", "document_no", detail=_CONFLICT)
    if recorded_day is not None:
        text = f"recorded on {iso(recorded_day)}"
        stage.fault("occurred_after_recorded", "decided_on", f"{decided} > {recorded_day}", text)
    return values


_ONLY_FOR_PERSONS = ("other_code", "document")
_CONFLICT = "one decision number, but another date, another authority or the same measure again"


def _amount(stage: Stage, column: str, unit: str) -> str:
    """Micro-CNY of a cell in the declared unit, exactly."""
    times, over, below = SCALES[unit]
    scaled = stage.number(column, below, f"read in {UNITS[unit]}, below {below:,}")
    if over == 1:
        return f"{scaled} * {times}"
    stage.fault("bad_number", column, f"{scaled} % {over} <> 0", "finer than a millionth of a yuan")
    return f"{scaled} // {over}"


def _drop_persons(con: duckdb.DuckDBPyConnection, looks: list[Look]) -> dict[str, int]:
    """Delete the rows of natural persons before anything else looks at them; returns counts by reason."""
    put_pairs(con, "persons", [(look.raw, None) for look in looks if _is_person(look)])
    words = ", ".join(literal(word) for word in PERSONS)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE gone AS SELECT line, CASE WHEN category IN ({words}) THEN 'category'"
        " WHEN subject_id IN (SELECT a FROM persons) THEN 'identity_number'"
        " WHEN subject_id IS NULL AND document AND NOT other_code THEN 'personal_document' END AS reason FROM staged"
    )
    counts = con.execute("SELECT reason, count(*) FROM gone WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1").fetchall()
    con.execute("DELETE FROM staged WHERE line IN (SELECT line FROM gone WHERE reason IS NOT NULL)")
    con.execute("; ".join(f"ALTER TABLE staged DROP COLUMN {name}" for name in _ONLY_FOR_PERSONS))
    con.execute("DROP TABLE gone")
    drop_pairs(con, "persons")
    return dict(counts)


def _is_person(look: Look) -> bool:
    if look.reason != "bad_uscc":
        return look.reason == "natural_person"
    compact = look.text.replace(" ", "").replace("-", "")
    return bool(_MASKED.fullmatch(compact)) or (compact[0] != "9" and bool(_RESIDENT.fullmatch(compact)))


def _check_codes(con: duckdb.DuckDBPyConnection, stage: Stage, looks: list[Look]) -> None:
    """Canonical credit codes, and the fault of those that are none."""
    for reason in ("mangled_id", "bad_uscc"):
        bit = bit_of(stage.faults, reason, "subject_id")
        put_pairs(con, "looks", [(look.raw, None) for look in looks if look.reason == reason])
        con.execute(f"UPDATE staged SET mask = mask | {bit} WHERE subject_id IN (SELECT a FROM looks)")
    put_pairs(con, "looks", [(look.raw, look.text) for look in looks if look.raw != look.text])
    con.execute("UPDATE staged SET subject_id = l.b FROM looks l WHERE staged.subject_id = l.a")
    drop_pairs(con, "looks")


def _split(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """`measures`: one row per measure of each good row."""
    import pyarrow as pa

    cells = [cell for (cell,) in con.execute("SELECT DISTINCT kinds FROM staged WHERE mask = 0").fetchall()]
    split = [
        (cell, measure.number, measure.kind, measure.word) for cell in cells for measure in measures_of(table, cell)
    ]
    names = (("cell", pa.string()), ("number", pa.int32()), ("kind", pa.string()), ("word", pa.string()))
    columns = list(zip(*split, strict=True)) or [()] * 4
    arrays = {name: pa.array(values, kind) for (name, kind), values in zip(names, columns, strict=True)}
    con.register("split_cells", pa.table(arrays))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE measures AS SELECT s.line, s.subject_id, s.act, c.number, c.kind, c.word"
        " FROM staged s JOIN split_cells c ON s.kinds IS NOT DISTINCT FROM c.cell WHERE s.mask = 0"
    )
    con.unregister("split_cells")


def _mark_conflicts(con: duckdb.DuckDBPyConnection, bit: int) -> None:
    """Refuse every row of a decision whose rows contradict each other.

    Several rows may name different measures of one decision; the same measure twice could be a copy or a second one,
    and nobody can tell.
    """
    special = ", ".join(literal(kind) for kind in SPECIAL)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE clash AS SELECT subject_id, act FROM staged WHERE mask = 0"
        " GROUP BY subject_id, act HAVING count(*) > 1"
        " AND (count(DISTINCT decided_day) > 1 OR count(DISTINCT coalesce(authority, '')) > 1)"
        " UNION SELECT subject_id, act FROM measures"
        f" GROUP BY subject_id, act, number, CASE WHEN kind IN ({special}) THEN word END HAVING count(*) > 1"
    )
    con.execute(
        f"UPDATE staged SET mask = mask | {bit} FROM clash c"
        " WHERE staged.mask = 0 AND staged.subject_id = c.subject_id AND staged.act = c.act"
    )
    con.execute("DROP TABLE clash")


def _settle_ends(con: duckdb.DuckDBPyConnection) -> int:
    """Ends that mean "no end" and ends that cannot be read become absent; returns the number of the latter."""
    unread = 0
    for column in _DAYS[2:]:
        unread += con.execute(f"SELECT count(*) FROM staged WHERE {column} = {cell_sql.BAD_DAY}").fetchall()[0][0]
        con.execute(f"UPDATE staged SET {column} = NULL WHERE {column} = {cell_sql.BAD_DAY}")
    con.execute(
        "UPDATE staged SET effective_until_day = NULL WHERE effective_until_day ="
        f" datediff('day', DATE '1970-01-01', DATE '{OPEN_ENDED}')"
    )
    return int(unread)

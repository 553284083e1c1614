"""Who is graded: the table of subjects, its ids checked, its further columns as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from creditscore.core.identity import MANGLED_LIKE, look_at_id
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import literal, quote
from creditscore.records.faults import bit_of, drop_pairs, list_faults, put_pairs
from creditscore.records.schema import KIND_OF_PREFIX, KINDS, PERSONS
from creditscore.records.stage import Stage, drop_repeats

if TYPE_CHECKING:
    import duckdb

SubjectIds = Literal["uscc", "local"]
FURTHER = "extra_"
COLUMNS = "sid, subject_id, name, kind, registered_day, region, district, industry, size, ownership"


def take_subjects(
    con: duckdb.DuckDBPyConnection, source: Source, ids: SubjectIds, latest: int | None = None
) -> dict[str, int]:
    """Build `subjects` (sid = rank of subject_id) and the first rows of `attributes`; returns row counts.

    `latest`: the day of intake.
    """
    stage = Stage(source, latest)
    kind = f"lower({stage.code('kind')})"
    values = {
        "subject_id": stage.code("subject_id"),
        "name": stage.text("name"),
        "kind": kind,
        "registered_day": stage.day("registered_on"),
        **{column: stage.text(column) for column in ("region", "district", "industry", "size", "ownership")},
        **{FURTHER + column: stage.text(column) for column in source.further},
    }
    persons = ", ".join(literal(word) for word in PERSONS)
    kinds = ", ".join(literal(word) for word in KINDS)
    for reason in ("natural_person", "mangled_id", "bad_uscc", "duplicate_subject"):
        stage.fault(reason, "subject_id")
    stage.fault("empty_id", "subject_id", f"{values['subject_id']} IS NULL")
    stage.fault("natural_person", "kind", f"{kind} IN ({persons})")
    stage.fault("unknown_kind", "kind", f"{kind} NOT IN ({persons}, {kinds})")
    con.execute(f"CREATE OR REPLACE TEMP TABLE stage_subjects AS {stage.select(values)}")
    _check_ids(con, stage, ids)
    repeated = _mark_duplicates(con, stage, list(values))
    refused = list_faults(con, "stage_subjects", source, stage.faults)
    known = "kind"
    if ids == "uscc":
        cases = " ".join(f"WHEN '{start}' THEN '{word}'" for start, word in KIND_OF_PREFIX.items())
        known = f"coalesce(kind, CASE subject_id[1:2] {cases} ELSE 'other_organisation' END)"
    con.execute(
        "CREATE OR REPLACE TABLE subjects AS SELECT"
        f" CAST(row_number() OVER (ORDER BY subject_id) - 1 AS INTEGER) AS sid, subject_id, name, {known} AS kind,"
        " registered_day, region, district, industry, size, ownership FROM stage_subjects WHERE mask = 0"
        " ORDER BY subject_id"
    )
    _further_attributes(con, source)
    con.execute("DROP TABLE stage_subjects")
    return {"rows": source.rows, "refused": refused, "repeated": repeated}


def _mark_duplicates(con: duckdb.DuckDBPyConnection, stage: Stage, columns: list[str]) -> int:
    """Drop exact repeats and mark every row of a subject given with different content; returns the repeats."""
    total, different = con.execute(
        "SELECT count(*), count(DISTINCT hash(subject_id)) FROM stage_subjects WHERE subject_id IS NOT NULL"
    ).fetchall()[0]
    if total == different:
        return 0
    repeated = drop_repeats(con, "stage_subjects", columns)
    bit = bit_of(stage.faults, "duplicate_subject", "subject_id")
    con.execute(
        f"UPDATE stage_subjects SET mask = mask | {bit} WHERE subject_id IN (SELECT subject_id"
        f" FROM (SELECT DISTINCT {', '.join(map(quote, columns))} FROM stage_subjects)"
        " GROUP BY subject_id HAVING count(*) > 1)"
    )
    return repeated


def _check_ids(con: duckdb.DuckDBPyConnection, stage: Stage, ids: SubjectIds) -> None:
    """Bring ids into canonical form and set the mask bits of those that are no organisation's id."""
    doubtful = "subject_id IS NOT NULL"  # every credit code is checked; local ids only where they look odd
    if ids == "local":
        doubtful = (
            "strlen(subject_id) <> length(subject_id)"
            f" OR regexp_matches(subject_id, '{MANGLED_LIKE}')"
            " OR (strlen(subject_id) >= 15 AND regexp_matches(subject_id, '[0-9][-0-9 ]{13}'))"
        )
    rows = con.execute(f"SELECT DISTINCT subject_id FROM stage_subjects WHERE {doubtful}").fetchall()
    looks = [(raw, *look_at_id(raw, ids == "uscc", upper=ids == "uscc")) for (raw,) in rows]
    for reason in ("natural_person", "mangled_id", "bad_uscc", "empty_id"):
        hit = [(raw, None) for raw, _, why in looks if why == reason]
        if hit:
            bit = bit_of(stage.faults, reason, "subject_id")
            put_pairs(con, "looks", hit)
            con.execute(f"UPDATE stage_subjects SET mask = mask | {bit} WHERE subject_id IN (SELECT a FROM looks)")
    changed = [(raw, text) for raw, text, why in looks if why is None and raw != text]
    if changed:
        put_pairs(con, "looks", changed)
        con.execute("UPDATE stage_subjects SET subject_id = l.b FROM looks l WHERE stage_subjects.subject_id = l.a")
    drop_pairs(con, "looks")


def _further_attributes(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    con.execute(
        "CREATE OR REPLACE TABLE attributes (sid INTEGER, name VARCHAR, value VARCHAR, from_day INTEGER,"
        " to_day INTEGER, known_day INTEGER)"
    )
    if not source.further:
        return
    columns = ", ".join(quote(FURTHER + column) for column in source.further)
    con.execute(
        f"INSERT INTO attributes SELECT s.sid, substr(u.name, {len(FURTHER) + 1}), u.value, NULL, NULL, NULL"
        f" FROM (UNPIVOT (SELECT subject_id, {columns} FROM stage_subjects WHERE mask = 0) ON {columns}"
        " INTO NAME name VALUE value) u JOIN subjects s ON s.subject_id = u.subject_id"
    )

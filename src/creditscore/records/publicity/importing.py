"""Import of published penalties and licences: read, drop persons, refuse what is faulty, map the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from creditscore.core.days import iso, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact
from creditscore.core.quantities import to_micro
from creditscore.core.tables.source import Source, forget, open_sources
from creditscore.core.version import __version__
from creditscore.records.faults import create_quarantine, redact_quarantine
from creditscore.records.intake import connect
from creditscore.records.publicity import assemble, fields
from creditscore.records.publicity.deadlines import report_deadlines
from creditscore.records.publicity.imported import Imported
from creditscore.records.publicity.mapping import Mapping, Row, load_mapping
from creditscore.records.publicity.notices import notices_of
from creditscore.records.publicity.rows import create_rows, take_rows

if TYPE_CHECKING:
    import duckdb

Unit = Literal["wan", "yuan", "fen"]
FINE_LIMIT = 20_000_000  # CNY: the top of the fines for accidents in 安全生产法, article 114; above it, a warning


def import_penalties(
    table: Any, mapping: str | Path | Mapping | None = None, *, schemes: Sequence[str] = (), **options: Any
) -> Imported:
    """Published penalties as subjects and records; the options are those of `import_publicity`."""
    return import_publicity(table, None, mapping, schemes=schemes, **options)


def import_licences(
    table: Any, mapping: str | Path | Mapping | None = None, *, schemes: Sequence[str] = (), **options: Any
) -> Imported:
    """Published licences as subjects, and as records where the mapping has rows for them."""
    return import_publicity(None, table, mapping, schemes=schemes, **options)


def import_publicity(
    penalties: Any = None,
    licences: Any = None,
    mapping: str | Path | Mapping | None = None,
    *,
    schemes: Sequence[str] = (),
    domain: str | None = None,
    unit: Unit = "wan",
    fine_limit: int | str = FINE_LIMIT,
    recorded_on: date | str | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> Imported:
    """Import tables of the national double publicity format (docs/double_publicity.md).

    A table is of any kind that `ingest` takes: a file, pandas, Polars, Arrow, a DuckDB relation, a list of mappings.
    `schemes` picks the rows of the mapping (`environment/shandong`), one scheme per domain; `unit` is the unit of
    the amounts. Faulty rows raise nothing and stand in `faults`; rows of natural persons are counted and forgotten.
    """
    if unit not in fields.UNITS:
        raise UsageError(
            "records.unit", unit=unit, allowed=", ".join((f"{name} = {word}" for name, word in fields.UNITS.items()))
        )
    given = {"penalties": penalties, "licences": licences}
    if penalties is None and licences is None:
        raise InputError("records.no_table_import")
    loaded = load_mapping(mapping)
    rows = loaded.chosen(tuple(schemes), domain)
    recorded_day = _day(recorded_on)
    limit = _limit(fine_limit)
    con = connect(None, threads, memory_limit)
    create_quarantine(con)
    create_rows(con)
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        sources = open_sources(con, given, Path(folder), fields.TABLES)
        counts, dropped, odd = {}, {}, {}
        for name, source in sources.items():
            fields.check_unit(source, unit)
            counts[name], dropped[name], odd[name] = take_rows(con, source, unit, recorded_day)
        redact_quarantine(con)
        forget(con, sources)
    counted = assemble.make_subjects(con) | assemble.carry_amounts(con)
    assemble.map_measures(con, rows)
    folded = assemble.make_records(con, rows, recorded_day)
    assemble.make_unmapped(con)
    _fates(con, counts)
    deadlines = report_deadlines(con, loaded)
    for extra in odd.values():
        counted = {key: counted.get(key, 0) + extra.get(key, 0) for key in counted | extra}
    manifest = {
        "format": "creditscore-publicity",
        "creditscore": __version__,
        "inputs": {name: {"from": source.origin, "rows": source.rows} for name, source in sources.items()},
        "parameters": {
            "schemes": sorted(schemes),
            "domain": domain,
            "unit": unit,
            "fine_limit": str(fine_limit),
            "recorded_on": iso(recorded_day) or None,
        },
        "counts": counts,
        "measures": _measures(con, folded),
        "subjects": _subjects(con),
        "dropped": dropped,
        "rejected": _rejected(con),
        "columns": {name: _columns(source) for name, source in sources.items()},
        "mapping": {"file": loaded.file, "sha256": loaded.digest, "rows": _used(con, rows)},
        "deadlines": {
            rule.id: {"working_days": rule.working_days, "evidence": rule.evidence} for rule in loaded.deadlines
        },
        "publication": deadlines,
        "warnings": notices_of(con, counted, deadlines, limit, unit),
    }
    con.execute("DROP TABLE mapped; DROP TABLE pub_measures; DROP TABLE pub_rows")
    return Imported(con, manifest)


def _day(value: date | str | None) -> int | None:
    try:
        return None if value is None else to_day(value if isinstance(value, date) else date.fromisoformat(value))
    except ValueError:
        raise UsageError("records.recorded", value=value, allowed="YYYY-MM-DD") from None


def _limit(value: int | str) -> int:
    try:
        limit = to_micro(value)
    except ValueError:
        limit = 0
    if limit <= 0:
        raise UsageError("records.fine_limit", value=value)
    return limit


def _fates(con: duckdb.DuckDBPyConnection, counts: dict[str, dict[str, int]]) -> None:
    """Add what became of the good rows: imported where one of its measures was mapped, else unmapped."""
    fates = con.execute(
        'SELECT "table", count(*) FILTER (hit), count(*) FILTER (NOT hit), count(*) FILTER (hit AND miss) FROM (SELECT'
        ' "table", line, bool_or(place IS NOT NULL) AS hit, bool_or(place IS NULL) AS miss FROM mapped'
        ' GROUP BY "table", line) GROUP BY 1'
    ).fetchall()
    counts_by_table = {name: numbers for name, *numbers in fates}
    for name, count in counts.items():
        imported, unmapped, partly = counts_by_table.get(name, (0, 0, 0))
        count |= {"imported": imported, "unmapped": unmapped, "partly_unmapped": partly}


def _measures(con: duckdb.DuckDBPyConnection, folded: int) -> dict[str, int]:
    total, unmapped = con.execute("SELECT count(*), count(*) FILTER (place IS NULL) FROM mapped").fetchall()[0]
    records = con.execute("SELECT count(*) FROM pub_records").fetchall()[0][0]
    return {"in": total, "records": records, "folded_into_act": folded, "unmapped": unmapped}


def _subjects(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    total, bare = con.execute(
        "SELECT count(*), count(*) FILTER (subject_id NOT IN (SELECT subject_id FROM pub_records)) FROM pub_subjects"
    ).fetchall()[0]
    return {"rows": total, "without_record": bare}


def _rejected(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(con.execute("SELECT reason, count(*) FROM quarantine GROUP BY 1 ORDER BY 1").fetchall())


def _columns(source: Source) -> dict[str, Any]:
    out = {key: [redact(name) for name in names] for key, names in fields.unread(source).items()}
    only = fields.presence_only(source)
    read = sorted(set(source.spelled.values()) - set(only))
    return {
        "read": read,
        "only_whether_filled": only,
        "never_loaded_personal": out["person"],
        "not_needed": out["idle"],
        "kept_out": out["extra"],
    }


def _used(con: duckdb.DuckDBPyConnection, rows: tuple[Row, ...]) -> dict[str, Any]:
    """The mapping's rows that gave records: for which scheme, how sure, how many."""
    counts = dict(con.execute("SELECT mapping_row, count(*) FROM pub_records GROUP BY 1").fetchall())
    return {
        row.id: {"for": row.family, "item": row.item, "evidence": row.evidence, "records": counts[row.id]}
        for row in rows
        if row.id in counts
    }

"""Intake: read the tables, refuse what is wrong with a reason, keep the rest as a snapshot."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import address_space, guarded, require_memory
from creditscore.core.clock import today
from creditscore.core.days import day_of, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source, forget, open_sources
from creditscore.core.tables.table import quote
from creditscore.records.auxiliary_tables import create_side, take_side
from creditscore.records.deliveries import count_delivered
from creditscore.records.excluded import refuse_columns
from creditscore.records.faults import create_quarantine, redact_quarantine
from creditscore.records.log import show_log, take_records
from creditscore.records.refused import attribute_rows, create_refused
from creditscore.records.schema import TABLES
from creditscore.records.snapshot import Snapshot, column_types
from creditscore.records.subjects import SubjectIds, take_subjects
from creditscore.records.wide import cleaned, forget_wide

if TYPE_CHECKING:
    import duckdb

# Ends that are planned (valid_to, term_end) and the spans of feeds say nothing about when the data were known.
PLANNED = {("attributes", "to_day"), ("listings", "term_end_day"), ("feeds", "from_day"), ("feeds", "to_day")}


def quiet(con: duckdb.DuckDBPyConnection) -> None:
    """No progress bar of the engine: ours is shown by the command line."""
    import duckdb

    # in a notebook without ipywidgets the engine has no bar, and refuses even to be told so
    with contextlib.suppress(duckdb.Error):
        con.execute("SET enable_progress_bar = false")


def connect(
    con: duckdb.DuckDBPyConnection | None = None, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with the given limits; in memory unless one is given."""
    import duckdb

    require_memory()
    con = con or duckdb.connect()
    quiet(con)
    try:
        for name, value in _fitted(threads, memory_limit).items():
            con.execute(f"SET {name} = '{value}'")
        if threads is not None:
            con.execute(f"SET threads = {int(threads)}")
        if memory_limit is not None:
            con.execute("SET memory_limit = $limit", {"limit": memory_limit})
            con.execute("SET temp_directory = $folder", {"folder": tempfile.gettempdir()})
    except (duckdb.Error, TypeError, ValueError) as error:
        raise UsageError(str(error).splitlines()[0], allowed="threads >= 1, memory_limit like '4GB'") from error
    return con


def _fitted(threads: int | None, memory: str | None) -> dict[str, str]:
    """What the engine may use where the process itself is limited (`ulimit -v`): it knows of the machine alone."""
    limit = address_space()
    if limit is None:
        return {}
    fitted = {} if memory is not None else {"memory_limit": f"{limit // 2 >> 20}MB"}
    return fitted if threads is not None else fitted | {"threads": str(max(1, min(os.cpu_count() or 1, limit >> 29)))}


@guarded("the input tables")
def ingest(
    subjects: Any,
    records: Any,
    *,
    attributes: Any = None,
    listings: Any = None,
    history: Any = None,
    feeds: Any = None,
    con: duckdb.DuckDBPyConnection | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    subject_ids: SubjectIds = "uscc",
    intake_on: date | str | None = None,
) -> Snapshot:
    """Read and validate the input tables (docs/contract.md) into DuckDB tables of good rows and a quarantine.

    Parameters
    ----------
    subjects, records, attributes, listings, history, feeds
        Tables: a path (CSV in UTF-8, UTF-16 with its mark or GB18030, Parquet, a folder or pattern of Parquet files),
        pandas, Polars (lazy frames too), Arrow, a DuckDB relation or a list of mappings.
    con, threads, memory_limit
        The connection to use, else what a new one may use.
    subject_ids
        `uscc`, or `local`: that drops the check of credit codes, never that of persons.
    intake_on
        The day of intake (today where it is not given): a row dated after it is refused.

    Returns
    -------
    Snapshot
        What `grade` and `grade_all` take; faulty rows raise nothing and stand in `quarantine`.

    Raises
    ------
    InputError
        Where a table cannot be read or lacks columns, all of them named at once.

    Examples
    --------
    >>> snapshot = ingest("subjects.csv", "records.csv", feeds="feeds.csv")  # doctest: +SKIP
    """
    if subject_ids not in ("uscc", "local"):
        raise UsageError("records.subject_ids", subject_ids=subject_ids, allowed="uscc, local")
    given = {
        "subjects": subjects,
        "records": records,
        "attributes": attributes,
        "listings": listings,
        "history": history,
        "feeds": feeds,
    }
    absent = [name for name in ("subjects", "records") if given[name] is None]
    if absent:
        raise InputError("records.no_table", listed=" and ".join(absent))
    latest = to_day(day_of(intake_on, "intake_on") or today())
    con = connect(con, threads, memory_limit)
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        sources = {
            name: cleaned(con, source) for name, source in open_sources(con, given, Path(folder), TABLES).items()
        }
        return _take(con, sources, subject_ids, latest, given)


def _take(
    con: duckdb.DuckDBPyConnection,
    sources: dict[str, Source],
    subject_ids: SubjectIds,
    latest: int,
    given: Mapping[str, Any],
) -> Snapshot:
    for name in ("subjects", "records"):
        refuse_columns(name, sources[name].further, sources[name].origin)
    create_quarantine(con)
    create_side(con)
    create_refused(con)
    counts = {"subjects": take_subjects(con, sources["subjects"], subject_ids, latest)}
    counts["records"], facts = take_records(con, sources["records"], subject_ids == "uscc", latest)
    further = sources["records"].further
    show_log(con, "log_rows", facts["columns"], further, "line")
    delivered = None
    if "feeds" in sources:
        delivered = count_delivered(con, sources, given)
    for name in ("attributes", "listings", "history", "feeds"):
        if name in sources:
            counts[name] = take_side(con, sources[name], subject_ids == "uscc", latest, delivered)
    attribute_rows(con, subject_ids == "uscc")
    redact_quarantine(con)
    inputs = {name: _describe_input(con, source) for name, source in sources.items()}
    for name, lost in _refused_attributes(con, sources, counts).items():
        inputs[name]["refused_attributes"] = lost
    if delivered is not None:
        inputs["feeds"]["delivery"] = delivered.state
        inputs["feeds"] |= {"differing_tables": sorted(delivered.differing)} if delivered.differing else {}
    for source in sources.values():
        forget_wide(con, source)
    forget(con, sources)
    return Snapshot(
        con=con,
        domains=facts["domains"],
        items=facts["items"],
        attribute_columns=further,
        newest_day=_newest_day(con, facts["columns"]),
        intake_day=latest,
        counts=counts,
        inputs=inputs,
        subject_ids=subject_ids,
        log_columns=tuple(facts["columns"]),
    )


def _describe_input(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, Any]:
    """Where a table came from, its rows and columns, and those of floats with more decimals than are read."""
    about: dict[str, Any] = {"from": source.origin, "rows": source.rows}
    about["columns"] = sorted(name for name in source.types if name in source.table.columns)
    about |= {"further": list(source.further)} if source.further else {}
    about |= {"unread": list(source.unread)} if source.unread else {}
    floats = [name for name, kind in source.types.items() if kind in cell_sql.FLOATS]
    if floats:
        tests = ", ".join(f"bool_or({cell_sql.is_rounded(name)})" for name in floats)
        rounded = con.execute(f"SELECT {tests} FROM {source.view}").fetchall()[0]
        names = [source.spelled.get(name, name) for name, is_rounded in zip(floats, rounded, strict=True) if is_rounded]
        about |= {"rounded_columns": sorted(names)} if names else {}
    return about


def _refused_attributes(
    con: duckdb.DuckDBPyConnection, sources: dict[str, Source], counts: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    """By table, attributes that were supplied in refused rows alone: they are not absent, their rows are refused."""
    known = {name for (name,) in con.execute("SELECT DISTINCT name FROM attributes").fetchall()}
    lost: dict[str, list[str]] = {}
    for table, source in sources.items():
        if table == "subjects" and counts[table]["refused"]:
            names = [name for name in source.further if name not in known]
            filled = ", ".join(f"count({quote(name)})" for name in names) or "0"
            numbers = con.execute(f"SELECT {filled} FROM {source.view}").fetchall()[0]
            lost[table] = [name for name, number in zip(names, numbers, strict=False) if number]
        elif table == "attributes" and counts[table]["refused"]:
            given = cell_sql.raw_text("name", source.types["name"])
            rows = con.execute(f"SELECT DISTINCT {given} FROM {source.view}").fetchall()
            lost[table] = sorted({redact(name) for (name,) in rows if name} - known)
    return {table: names for table, names in lost.items() if names}


def _newest_day(con: duckdb.DuckDBPyConnection, log_columns: list[str]) -> int:
    """The newest date of anything that happened or was recorded; 1970-01-01 where there is none."""
    newest: list[int | None] = [0]
    dated = {name: list(column_types(con, name)) for name in ("subjects", "attributes", "listings", "history", "feeds")}
    dated["log"] = log_columns
    for table, columns in dated.items():
        days = [name for name in columns if name.endswith("_day") and (table, name) not in PLANNED]
        if days:
            newest_sql = ", ".join(f"max({column})" for column in days)
            newest += con.execute(f"SELECT {newest_sql} FROM {table}").fetchall()[0]
    known = [day for day in newest[1:] if day is not None]
    return max(known) if known else 0

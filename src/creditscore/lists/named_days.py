"""Days that a list's rule counts from, read from the records: a deadline, a decision, an end of a restriction."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from creditscore.core.days import from_day
from creditscore.core.errors import InputError
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import open_sources
from creditscore.core.tables.table import Table
from creditscore.lists.entries import Day
from creditscore.schemes.lists import ListRule

OWN = ("noticed_on", "objected_on", "entered_on", "published_on", "term_end")  # days that the case itself sets
ENDS = ("_until", "_end")  # of several days with such a name the last one counts, of others the first
RECORDS = Table("records", ("record_id",), (), further=True)


def names_of(rule: ListRule) -> list[str]:
    """The days that a list's rule counts from and the case does not set itself."""
    names = {step.since for step in rule.steps} | {term.or_until for term in rule.terms if term.or_until}
    return sorted(name for name in names if name not in OWN)


def named_days(records: Any, ids: Iterable[str], names: Iterable[str]) -> dict[str, dict[str, int]]:
    """For each record its days by name, as far as the table has them; InputError for a cell that is no day.

    `records` is a table as intake takes it of any kind, or None for none. Where a record has
    several events the newest day counts.
    """
    import duckdb

    wanted, asked = sorted(set(ids)), list(names)
    if records is None or not wanted or not asked:
        return {}
    con = duckdb.connect()
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:  # for a copy in UTF-8
        source = open_sources(con, {"records": records}, Path(folder), {"records": RECORDS})["records"]
    there = [name for name in asked if source.has(name)]
    if not there:
        return {}
    record = cell_sql.code("record_id", source.types["record_id"])
    days = [f"max({cell_sql.day(cell_sql.day_cell(name, source.types[name]), source.types[name])})" for name in there]
    bad = [f"min({cell_sql.day(cell_sql.day_cell(name, source.types[name]), source.types[name])})" for name in there]
    con.execute("CREATE TEMP TABLE wanted_ids (id VARCHAR)")
    con.executemany("INSERT INTO wanted_ids VALUES (?)", [[record_id] for record_id in wanted])
    rows = con.execute(
        f"SELECT {record} AS id, {', '.join([*days, *bad])} FROM {source.view}"
        f" WHERE {record} IN (SELECT id FROM wanted_ids) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    days_by_record: dict[str, dict[str, int]] = {}
    for who, *values in rows:
        for name, newest, least in zip(there, values[: len(there)], values[len(there) :], strict=True):
            if least == cell_sql.BAD_DAY:
                raise InputError("lists.record_not_day", name=name, who=who, where=source.origin, allowed="YYYY-MM-DD")
            if newest is not None:
                days_by_record.setdefault(who, {})[name] = newest
    con.close()
    return days_by_record


def of_records(row: Mapping[str, Mapping[str, int]], records: Iterable[str]) -> dict[str, Day]:
    """The days of a proposal: of several records the first deadline, and the last end of a restriction."""
    days: dict[str, list[int]] = {}
    for record in records:
        for name, value in row.get(record, {}).items():
            days.setdefault(name, []).append(value)
    return {name: from_day((max if name.endswith(ENDS) else min)(values)) for name, values in days.items()}

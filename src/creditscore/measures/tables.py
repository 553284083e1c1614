"""The tables a match reads: business events, listings, subjects. Faulty rows are refused with a reason."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from creditscore.core.identity import look_at_id, redact
from creditscore.core.tables.source import Source, open_sources
from creditscore.core.tables.table import Table, literal
from creditscore.measures.model import EventKind
from creditscore.records.auxiliary_tables import create_side, take_side
from creditscore.records.faults import (
    bit_of,
    create_quarantine,
    list_faults,
    looks_resident,
    redact_quarantine,
    settle_residents,
)
from creditscore.records.intake import connect
from creditscore.records.refused import create_refused
from creditscore.records.schema import TABLES
from creditscore.records.stage import Stage, drop_repeats
from creditscore.records.subjects import take_subjects

if TYPE_CHECKING:
    import duckdb

EVENTS = Table("events", ("event_id", "kind", "department", "on", "subject_ids"), (), key="event_id")
PARTS = re.compile(r"[;,，；、\s\[\]'\"]+")  # between ids in one cell; a list of Parquet comes as [a, b]


@dataclass(frozen=True)
class BusinessEvent:
    """Somebody is to be licensed, bought from, funded … `on` counts days since 1970-01-01; ids are as they came."""

    event_id: str
    kind: str
    department: str
    on: int
    subject_ids: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """An entry on a list; days since 1970-01-01. `term_end` is its last day, `exited_on` the first day off the list."""

    listing_id: str
    subject_id: str
    list: str
    entered_on: int
    term_end: int | None = None
    exited_on: int | None = None
    exit_reason: str = ""
    recorded_on: int | None = None

    def valid_on(self, day: int) -> bool:
        """Whether the entry stands on a day, as schemes read listings."""
        return (
            self.entered_on <= day
            and (self.exited_on is None or day < self.exited_on)
            and (self.term_end is None or day <= self.term_end)
        )

    def known_on(self, day: int) -> bool:
        return self.recorded_on is None or self.recorded_on <= day


@dataclass(frozen=True)
class Intake:
    """What was read. `subjects` (id → kind) is None where no table was given; `refused` holds rows of a quarantine."""

    events: tuple[BusinessEvent, ...] = ()
    listings: Mapping[str, tuple[Listing, ...]] = field(default_factory=dict)
    subjects: Mapping[str, str] | None = None
    refused: tuple[dict[str, Any], ...] = ()


def by_subject(listings: Iterable[Listing]) -> dict[str, tuple[Listing, ...]]:
    """Entries by subject, each in order of entry and id."""
    entries_by_subject: dict[str, list[Listing]] = {}
    for listing in sorted(listings, key=lambda listing: (listing.subject_id, listing.entered_on, listing.listing_id)):
        entries_by_subject.setdefault(listing.subject_id, []).append(listing)
    return {subject: tuple(rows) for subject, rows in entries_by_subject.items()}


def read_intake(*, events: Any = None, listings: Any = None, subjects: Any = None) -> Intake:
    """Read the tables that a match of joint measures needs: business events, listings and subjects.

    Each table is of any kind that `ingest` takes (a file, pandas, Polars, Arrow, a DuckDB relation, a list of
    mappings); None where it is not given. Faulty rows are refused with a reason and do not stop the reading.

    Parameters
    ----------
    events
        Business events with `event_id`, `kind`, `department`, `on`, `subject_ids` (several ids parted by `;`).
    listings
        Entries on lists, as docs/contract.md describes them.
    subjects
        The organisations that exist, as docs/contract.md describes them.

    Returns
    -------
    Intake
        Events by day and id; entries by subject; the kind of each subject by id (None where no table of subjects was
        given); and the refused rows, each with reason, column, value and message.

    Raises
    ------
    InputError
        Where a table cannot be read or a column is missing; it names the missing columns.

    Examples
    --------
    >>> intake = read_intake(events="events.csv", listings="listings.csv")  # doctest: +SKIP
    >>> len(intake.events), len(intake.refused)  # doctest: +SKIP
    (12, 0)
    """
    con = connect()
    given = {"events": events, "listings": listings, "subjects": subjects}
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        sources = open_sources(con, given, Path(folder), {**TABLES, "events": EVENTS})
        create_quarantine(con)
        known = None
        if "subjects" in sources:
            take_subjects(con, sources["subjects"], "uscc")
            known = dict(con.execute("SELECT subject_id, kind FROM subjects").fetchall())
        business_events = _events(con, sources["events"]) if "events" in sources else ()
        entries = _listings(con, sources["listings"]) if "listings" in sources else {}
        redact_quarantine(con)
        names = ("table", "line", "subject_id", "record_id", "reason", "column", "value", "message")
        chosen = ", ".join(f'"{name}"' for name in names)
        rows = con.execute(f'SELECT {chosen} FROM quarantine ORDER BY "table", line, reason, "column"').fetchall()
    refused = tuple(dict(zip(names, row, strict=True)) for row in rows)
    return Intake(business_events, entries, known, refused)


def _events(con: duckdb.DuckDBPyConnection, source: Source) -> tuple[BusinessEvent, ...]:
    stage = Stage(source)
    values = {
        "event_id": stage.code("event_id"),
        "kind": f"lower({stage.code('kind')})",
        "department": f"lower({stage.code('department')})",
        "on_day": stage.day("on", required=True),
        "subject_ids": stage.code("subject_ids"),
    }
    kinds = get_args(EventKind)
    listed = ", ".join(map(literal, kinds))
    for column in ("event_id", "department", "subject_ids"):
        stage.fault("empty_id", column, f"{values[column]} IS NULL")
    for column in ("event_id", "department"):
        stage.fault("natural_person", column, looks_resident(values[column]))
    kind = values["kind"]
    stage.fault("unknown_code", "kind", f"{kind} IS NULL OR {kind} NOT IN ({listed})", f"allowed: {', '.join(kinds)}")
    stage.fault("conflicting_key", "event_id")
    con.execute(f"CREATE OR REPLACE TEMP TABLE stage_events AS {stage.select(values)}")
    for column in ("event_id", "department"):
        settle_residents(con, "stage_events", column, bit_of(stage.faults, "natural_person", column))
    drop_repeats(con, "stage_events", list(values))
    bit = 1 << next(k for k, fault in enumerate(stage.faults) if fault.reason == "conflicting_key")
    con.execute(
        f"UPDATE stage_events SET mask = mask | {bit} WHERE event_id IN"
        " (SELECT event_id FROM stage_events GROUP BY event_id HAVING count(*) > 1)"
    )
    list_faults(con, "stage_events", source, stage.faults)
    rows = con.execute(
        "SELECT event_id, kind, department, on_day, subject_ids FROM stage_events WHERE mask = 0"
        " ORDER BY on_day, event_id"
    ).fetchall()
    return tuple(BusinessEvent(key, kind, by, on, _ids(cell)) for key, kind, by, on, cell in rows)


def _ids(cell: str) -> tuple[str, ...]:
    """The ids of a cell, each once, sorted: their order means nothing."""
    return tuple(sorted({part for part in PARTS.split(cell) if part}))


def _listings(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, tuple[Listing, ...]]:
    """Entries whose subject is a valid credit code; whether that subject exists is another table's question."""
    stage = Stage(source)
    cell = stage.code("subject_id")
    rows = con.execute(f"SELECT DISTINCT subject_id FROM ({stage.select({'subject_id': cell})})").fetchall()
    looks = (look_at_id(raw, uscc_only=True) for (raw,) in rows if raw)
    good = sorted({text for text, reason in looks if reason is None})
    con.execute("CREATE OR REPLACE TABLE subjects (sid INTEGER, subject_id VARCHAR)")
    if good:
        con.executemany("INSERT INTO subjects VALUES (?, ?)", list(enumerate(good)))
    create_side(con)
    create_refused(con)
    take_side(con, source, upper=True)
    con.execute(
        "UPDATE quarantine SET reason = 'bad_uscc', message = 'not a valid unified social credit code (GB 32100-2015)'"
        " WHERE reason = 'unknown_subject' AND \"table\" = 'listings'"
    )
    listing_rows = con.execute(
        "SELECT t.listing_id, s.subject_id, t.list, t.entered_day, t.term_end_day, t.exited_day,"
        " coalesce(t.exit_reason, ''), t.known_day FROM listings t JOIN subjects s USING (sid)"
    ).fetchall()
    return by_subject(
        replace(listing, exit_reason=redact(listing.exit_reason)) for listing in (Listing(*row) for row in listing_rows)
    )

"""Tables of entries on lists: listings for grading and composites, exits for what hangs on them, and every event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.canonical import write_canonical
from creditscore.core.tables.write import Csv, write_tables
from creditscore.lists.beside import make_id
from creditscore.lists.entries import Day, read_cases
from creditscore.schemes.model import MARKS
from creditscore.store.fold import Stream
from creditscore.store.log import Event
from creditscore.store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

BEGINNING, LEAVING = ("decided", "imported", "revoked"), ("exited", "expired")
PAPERS = ("organ", "document", "evidence")
LISTINGS = (
    "listing_id",
    "subject_id",
    "list",
    "entered_on",
    "term_end",
    "exited_on",
    "exit_reason",
    "basis",
    "recorded_on",
)
EXITS = (
    "listing_id",
    "subject_id",
    "list",
    "lifted_from",
    "exit",
    "exit_reason",
    "withdraw_by",
    "withdrawn_on",
    "organ",
    "document",
    "basis",
    "evidence",
    "recorded_on",
)
EVENTS = ("case_id", "no", "kind", "on", "recorded_on", "by", *PAPERS, "basis", "mark", "args", "data")
DATES = ("entered_on", "term_end", "exited_on", "recorded_on", "lifted_from", "withdraw_by", "withdrawn_on", "on")


def tabulate_listings(store: Store, known_at: Day | None = None) -> pa.Table:
    """Tabulate every entry, as known on a day, for grading and composites.

    `creditscore grade --listings` takes the table as it is.

    Parameters
    ----------
    store
        The open store.
    known_at
        Leaves out what was recorded after this day; None for everything.

    Returns
    -------
    pyarrow.Table
        One row for each entry, sorted by id, entries that ended included. `term_end` is the last day of the term,
        `exited_on` the first day without the entry; `basis` names the articles, the organ and the document;
        `recorded_on` is when the entry became known. Days are dates, and empty where they are not known.

    Raises
    ------
    UsageError
        Where `known_at` is not a day.

    Examples
    --------
    >>> tabulate_listings(store).num_rows  # doctest: +SKIP
    0
    """
    rows = []
    for case in _read_entries(store, known_at):
        event = next(event for event in case.events if event.name in BEGINNING)
        papers = read_papers(case, event)
        parts = (describe_basis(case, event)[0], papers["organ"], papers["document"])
        rows.append(
            {
                **_head(case),
                "entered_on": case.fields["entered_on"],
                "term_end": case.fields.get("term_end"),
                "exited_on": case.fields.get("exited_on"),
                "exit_reason": case.fields.get("exit_reason"),
                "basis": "; ".join(part for part in parts if part),
                "recorded_on": event.known_on,
            }
        )
    return _make_table(LISTINGS, rows)


def tabulate_exits(store: Store, known_at: Day | None = None) -> pa.Table:
    """Tabulate every exit, as known on a day.

    Parameters
    ----------
    store, known_at
        As in `tabulate_listings`.

    Returns
    -------
    pyarrow.Table
        One row for each exit, sorted by id. From `lifted_from` on the entry no longer holds, and what hangs on it is
        lifted; for an annulled entry `withdraw_by` is the last day to take back its publication. Days are dates.

    Raises
    ------
    UsageError
        Where `known_at` is not a day.

    Examples
    --------
    >>> tabulate_exits(store).num_rows  # doctest: +SKIP
    0
    """
    rows = []
    for case in _read_entries(store, known_at):
        event = next((event for event in reversed(case.events) if event.name in LEAVING), None)
        if event is None:
            continue
        own = {name: case.fields.get(name) for name in ("exit", "exit_reason", "withdraw_by", "withdrawn_on")}
        more = {"basis": describe_basis(case, event)[0], "recorded_on": event.known_on}
        rows.append({**_head(case), "lifted_from": case.fields["exited_on"], **own, **read_papers(case, event), **more})
    return _make_table(EXITS, rows)


def tabulate_events(store: Store, known_at: Day | None = None) -> pa.Table:
    """Tabulate every act on entries as it was written, in order.

    Parameters
    ----------
    store, known_at
        As in `tabulate_listings`.

    Returns
    -------
    pyarrow.Table
        One row for each act. `no` is the number of the step in its case, from 1; `args` what was given and `data` what
        followed from it, as JSON texts; `on` and `recorded_on` are dates.

    Raises
    ------
    UsageError
        Where `known_at` is not a day.

    Examples
    --------
    >>> tabulate_events(store).num_rows  # doctest: +SKIP
    0
    """
    people = store.people()
    rows: list[tuple[int, dict[str, Any]]] = []
    for case in read_cases(store, known_at=known_at):
        written = Stream(case.name)  # as it was written: no correction replaces anything
        for number, event in case.acts().items():
            payload = event.payload or {}
            basis, mark = describe_basis(written, event)
            row = {"case_id": make_id(case), "no": number, "kind": event.name, "on": event.on_day}
            row |= {"recorded_on": event.known_on, "by": people.name_of(event.actor), "basis": basis, "mark": mark}
            given = {name: value for name, value in payload.get("given", {}).items() if name not in PAPERS}
            follows = {name: payload[name] for name in ("set", "replaced") if name in payload}
            row |= read_papers(written, event) | {"args": write_canonical(given), "data": write_canonical(follows)}
            rows.append((event.seq, row))
    return _make_table(EVENTS, [row for _, row in sorted(rows, key=lambda pair: pair[0])])


TABLES = {"listings": tabulate_listings, "list_exits": tabulate_exits, "list_events": tabulate_events}


def write_entries(
    store: Store,
    out: Path | str,
    known_at: Day | None = None,
    csv: Csv = False,
    more: Mapping[str, pa.Table] | None = None,
) -> dict[str, int]:
    """Write the three tables as Parquet (and CSV) to a folder, in place of earlier ones; return their rows.

    Parameters
    ----------
    store, known_at
        As in `tabulate_listings`.
    out
        The folder.
    csv
        Whether CSV is written too, and for whom.
    more
        Further tables beside them.

    Returns
    -------
    dict of str to int
        For each table its number of rows.
    """
    tables = {name: tabulate(store, known_at) for name, tabulate in TABLES.items()} | dict(more or {})
    write_tables(out, tables, csv)
    return {name: table.num_rows for name, table in tables.items()}


def read_papers(case: Stream, event: Event) -> dict[str, str]:
    """Return the organ, the document and the evidence of a step as it stands; empty where nothing was given."""
    given = case.payload_of(event).get("given", {})
    return {name: given.get(name) or "" for name in PAPERS}


def describe_basis(case: Stream, event: Event) -> tuple[str, str]:
    """Return the articles on which a step rests as one text (`RSBL45 7; JLSHXYTL 25`), and their weakest mark."""
    rested: Sequence[Mapping[str, Any]] = case.payload_of(event).get("basis", ())
    places = dict.fromkeys(place for rule in rested for place in rule["cite"])
    marks = [rule["mark"] for rule in rested if rule["mark"] is not None]
    return "; ".join(places), max(marks, key=MARKS.index, default="")


def _read_entries(store: Store, known_at: Day | None) -> list[Stream]:
    """The cases that led to an entry."""
    return [case for case in read_cases(store, known_at=known_at) if case.fields.get("entered_on")]


def _head(case: Stream) -> dict[str, Any]:
    return {"listing_id": make_id(case), "subject_id": case.subject, "list": case.fields["list"]}


def _make_table(columns: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {name: pa.date32() if name in DATES else pa.int64() if name == "no" else pa.string() for name in columns}
    plain = [{name: _read_date(row[name]) if name in DATES else row[name] for name in kinds} for row in rows]
    return pa.Table.from_pylist(plain, schema=pa.schema(list(kinds.items())))


def _read_date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None

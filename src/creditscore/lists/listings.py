"""Tables that the lists write: listings for grading and composite, exits for what hangs on them, and all events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.days import from_day
from creditscore.core.tables.write import Csv, write_tables
from creditscore.lists.case import ListCase
from creditscore.lists.events import COLUMNS, Day
from creditscore.lists.register import Book

if TYPE_CHECKING:
    import pyarrow as pa

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
DATES = ("entered_on", "term_end", "exited_on", "recorded_on", "lifted_from", "withdraw_by", "withdrawn_on", "on")


def listings(book: Book, known_at: Day | None = None) -> pa.Table:
    """Tabulate every entry, as known on a day, for grading and composites.

    `creditscore grade --listings` takes the table as it is.

    Parameters
    ----------
    book
        The book.
    known_at
        Leaves out what was recorded after this day, a date or `YYYY-MM-DD`; None for everything.

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
    >>> listings(Book()).num_rows
    0
    """
    rows = [_listing(case) for case in entries(book.known(known_at))]
    return _table(LISTINGS, rows)


def list_exits(book: Book, known_at: Day | None = None) -> pa.Table:
    """Tabulate every exit, as known on a day.

    Parameters
    ----------
    book
        The book.
    known_at
        Leaves out what was recorded after this day, a date or `YYYY-MM-DD`; None for everything.

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
    >>> list_exits(Book()).num_rows
    0
    """
    rows = []
    for case in entries(book.known(known_at)):
        list_event = next((event for event in reversed(case.events) if event.kind == "exited"), None)
        if case.exited_on is None or list_event is None:
            continue
        rows.append(
            {
                "listing_id": case.case_id,
                "subject_id": case.subject_id,
                "list": case.list,
                "lifted_from": case.exited_on,
                "exit": case.exit,
                "exit_reason": case.exit_reason,
                "withdraw_by": case.withdraw_by,
                "withdrawn_on": case.withdrawn_on,
                "organ": list_event.organ,
                "document": list_event.document,
                "basis": list_event.basis,
                "evidence": list_event.evidence,
                "recorded_on": list_event.recorded_on,
            }
        )
    return _table(EXITS, rows)


def list_events(book: Book, known_at: Day | None = None) -> pa.Table:
    """Tabulate every event as it was written, in order.

    Parameters
    ----------
    book
        The book.
    known_at
        Leaves out what was recorded after this day, a date or `YYYY-MM-DD`; None for everything.

    Returns
    -------
    pyarrow.Table
        One row for each event with the fields of `Event`; `on` and `recorded_on` are dates, `args` and `data` JSON
        texts.

    Raises
    ------
    UsageError
        Where `known_at` is not a day.

    Examples
    --------
    >>> list_events(Book()).num_rows
    0
    """
    return _table(COLUMNS, [event.row() for event in book.known(known_at).events])


def entries(book: Book) -> list[ListCase]:
    """The cases that led to an entry, sorted by id."""
    list_cases = [case for case in book.cases.values() if case.entered_on is not None]
    return sorted(list_cases, key=lambda list_case: list_case.case_id)


def _listing(case: ListCase) -> dict[str, Any]:
    list_event = next(event for event in case.events if event.kind in ("decided", "imported", "revoked"))
    return {
        "listing_id": case.case_id,
        "subject_id": case.subject_id,
        "list": case.list,
        "entered_on": case.entered_on,
        "term_end": case.term_end,
        "exited_on": case.exited_on,
        "exit_reason": case.exit_reason or None,
        "basis": "; ".join(part for part in (list_event.basis, list_event.organ, list_event.document) if part),
        "recorded_on": list_event.recorded_on,
    }


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {name: pa.date32() if name in DATES else pa.int64() if name == "no" else pa.string() for name in columns}
    plain = [{name: _day(row[name]) if name in DATES else row[name] for name in columns} for row in rows]
    return pa.Table.from_pylist(plain, schema=pa.schema(list(kinds.items())))


def _day(value: Any) -> Any:
    return from_day(value) if isinstance(value, int) else value


TABLES = {"listings": listings, "list_exits": list_exits, "list_events": list_events}


def write_listings(
    book: Book,
    out: Path | str,
    known_at: Day | None = None,
    csv: Csv = False,
    more: Mapping[str, pa.Table] | None = None,
) -> dict[str, int]:
    """Write the three tables as Parquet (and CSV) to a folder, in place of earlier ones; returns their rows.

    `more`: further tables beside them.
    """
    tables = {name: make(book, known_at) for name, make in TABLES.items()} | dict(more or {})
    write_tables(out, tables, csv)
    return {name: table.num_rows for name, table in tables.items()}

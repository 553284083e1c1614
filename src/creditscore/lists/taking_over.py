"""Entries that another office has decided, taken over from a table: here they only run and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from creditscore.core.errors import NotAllowed, UsageError
from creditscore.core.identity import look_at_id
from creditscore.core.tables.read import Row, read_rows
from creditscore.core.tables.table import Table
from creditscore.lists.entries import Day, require_day
from creditscore.lists.rules import version_of_today
from creditscore.lists.workflow import name_entry
from creditscore.store.store import Store

PAPERS = ("organ", "document", "evidence")
DAYS = ("entered_on", "published_on", "term_end")
ENTRIES = Table(
    "entries",
    ("subject_id", "list", "scheme", "on", "organ", "document"),
    (*DAYS, "term", "triggers", "records", "dates", "evidence"),
    key="document",
)
SEVERAL = ("triggers", "records", "dates")  # parted by ;


@dataclass(frozen=True)
class TakenOver:
    """Report what `take_over_entries` did.

    Parameters
    ----------
    cases
        The new cases, in the order of the rows.
    repeated
        Those that the store had already.
    refused
        (row, error) of each entry that was refused; rows count from 1.
    """

    cases: tuple[str, ...]
    repeated: tuple[str, ...]
    refused: tuple[tuple[int, UsageError], ...]


def take_over_entries(
    store: Store, entries: Any, *, by: str = "", known_on: Day | None = None, office: str = "", most_refused: int = 0
) -> TakenOver:
    """Take over the entries of a table that another office has decided, each by an act of its own.

    Every row is worked out before the first is written; where more are refused than may be, none is. The same table
    again adds nothing.

    Parameters
    ----------
    store
        The open store.
    entries
        A table of any kind that `ingest` takes, with `subject_id`, `list`, `scheme` (with its version), `on` (the day
        of that office's decision), `organ` and `document`, and perhaps `entered_on`, `published_on`, `term`,
        `term_end`, `triggers`, `records`, `dates` (NAME=DAY) and `evidence`; several of a cell are parted by `;`.
    by, known_on, office
        As in `Store.act`.
    most_refused
        How many rows may be refused.

    Returns
    -------
    TakenOver
        What became of each row.

    Raises
    ------
    InputError
        Where the table cannot be read or lacks a column.
    NotAllowed
        Where whoever acts may not.

    Examples
    --------
    >>> take_over_entries(store, "court.csv", by="chen.jie").cases  # doctest: +SKIP
    ('listing/judgment_defaulter-0d5f27ab3c11',)
    """
    common: dict[str, Any] = {"by": by, "known_on": known_on, "office": office}
    there = {row["stream"] for row in store.rows("listing")}
    refused: list[tuple[int, UsageError]] = []
    wanted: list[tuple[int, str, dict[str, Any]]] = []
    for number, name, given in _read_entries(entries, refused):
        try:
            if name not in there:
                store.preview("listing", "take_over", **common, **given)
        except NotAllowed:
            raise
        except UsageError as error:
            refused.append((number, error))
        else:
            wanted.append((number, name, given))
    if len(refused) > most_refused:
        return TakenOver((), (), _in_order(refused))
    cases, repeated = [], []
    for number, name, given in wanted:
        if name in there:
            repeated.append(name)
            continue
        try:
            cases.append(store.act("listing", "take_over", **common, **given).name)
        except NotAllowed:
            raise
        except UsageError as error:  # by a row before it
            refused.append((number, error))
        there.add(name)
    return TakenOver(tuple(cases), tuple(repeated), _in_order(refused))


def _in_order(refused: list[tuple[int, UsageError]]) -> tuple[tuple[int, UsageError], ...]:
    return tuple(sorted(refused, key=lambda pair: pair[0]))


def _read_entries(entries: Any, refused: list[tuple[int, UsageError]]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The rows of a table with the cases that they make; those that cannot be read are noted."""
    for number, row in enumerate(read_rows(entries, ENTRIES), 1):
        try:
            given = _read_row(row)
            yield number, _name_case(given), given
        except UsageError as error:
            refused.append((number, error))


def _read_row(row: Row) -> dict[str, Any]:
    """What the act is given."""
    given: dict[str, Any] = {"subject": row["subject_id"], "on": require_day(row["on"], "on")}
    given |= {name: row[name] for name in ("list", "scheme", "term", *PAPERS) if row[name]}
    given |= {name: require_day(row[name], name) for name in DAYS if row[name]}
    several = {name: [part.strip() for part in row[name].split(";") if part.strip()] for name in SEVERAL}
    given |= {name: several[name] for name in ("triggers", "records") if several[name]}
    pairs = [part.partition("=") for part in several["dates"]]
    if pairs:
        given["dates"] = {name.strip(): require_day(day.strip(), name.strip()) for name, _, day in pairs}
    return given


def _name_case(given: dict[str, Any]) -> str:
    """The case that an entry makes."""
    subject, _ = look_at_id(given["subject"], uscc_only=False)
    content = [version_of_today(given.get("scheme", "")).name]
    lists = (sorted(given.get("triggers", ())), sorted({*given.get("records", ())}))
    return f"listing/{name_entry(given.get('list', ''), subject, given['on'], *content, *lists)}"

"""The book in a store: events read in order, and new ones written inside an act of the log, or not at all."""

from __future__ import annotations

from creditscore.core.errors import StoreBusy, UsageError
from creditscore.lists.events import COLUMNS, Event
from creditscore.lists.register import Book, book_of
from creditscore.store import Database, Log

# Who may take which step, where roles are enforced.
ROLE_OF = {
    "proposed": "grader",
    "imported": "approver",
    "noticed": "grader",
    "published": "grader",
    "objected": "reviewer",
    "checked": "reviewer",
    "barred": "reviewer",
    "applied": "reviewer",
    "unpublished": "grader",
    "corrected": "reviewer",
    "extended": "approver",
    "decided": "approver",
    "prolonged": "approver",
    "refused": "approver",
    "exited": "approver",
    "revoked": "approver",
}
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)


def load(store: Database) -> Book:
    """Read the whole book of a store.

    Nothing is compared with the log: `creditscore.lists.replay.replay` says whether the book is what the log holds.

    Parameters
    ----------
    store
        An open store.

    Returns
    -------
    Book
        Every step in the order in which it was written; empty where the store has none.

    Examples
    --------
    >>> with Database("credit.store") as store:  # doctest: +SKIP
    ...     book = load(store)
    """
    rows = store.rows(f"SELECT {NAMES} FROM list_events ORDER BY place")
    return book_of(Event.of(dict(zip(COLUMNS, row, strict=True))) for row in rows)


def save(log: Log, before: Book, after: Book) -> int:
    """Write what one book has more than another, in one act of the log, or not at all.

    The act is named after the step (`list.decided`); its subject is the case, or the number of cases where there are
    several. Exits by `expire` count as a grader's routine.

    Parameters
    ----------
    log
        The log of the store.
    before
        The book as it was read with `load`.
    after
        The book that continues it, with steps of one kind by one person.

    Returns
    -------
    int
        How many events were written; 0 where `after` has none more.

    Raises
    ------
    UsageError
        Where `after` does not continue `before`, or its new steps are of several kinds or by several people.
    NotAllowed
        Where the person does not have the role that the step needs.
    StoreBusy
        Where somebody else wrote since `before` was read.

    Examples
    --------
    >>> before = load(store)  # doctest: +SKIP
    >>> save(log, before, publish(before, case_id, on="2024-05-22", by="li.na"))  # doctest: +SKIP
    1
    """
    count = len(before.events)
    new = after.events[count:]
    if after.events[:count] != before.events:
        raise UsageError(
            "the book to be saved does not continue the one that was read", next="read it again and repeat the step"
        )
    if not new:
        return 0
    kinds = {event.kind for event in new}
    people = {event.by for event in new}
    if len(kinds) > 1 or len(people) > 1:
        raise UsageError(
            "several kinds of steps, or several people, in one act", allowed="one kind of step by one person at a time"
        )
    first = new[0]
    routine = first.kind == "exited" and all("by_itself" in event.args for event in new)
    role = "grader" if routine else ROLE_OF[first.kind]
    cases = sorted({event.case_id for event in new})
    named = cases[0] if len(cases) == 1 else f"{len(cases)} cases"
    rows = [event.row() for event in new]
    payload = [{**row, "on": row["on"].isoformat(), "recorded_on": row["recorded_on"].isoformat()} for row in rows]
    with log.act(first.by, role, f"list.{first.kind}", named, payload) as act:
        stored = act.con.execute("SELECT count(*) FROM list_events").fetchall()[0][0]
        if stored != count:
            raise StoreBusy(
                f"the store holds {stored} events, {count} were read", next="read it again and repeat the step"
            )
        marks = ", ".join("?" * (len(COLUMNS) + 2))
        act.con.executemany(
            f"INSERT INTO list_events (place, entry, {NAMES}) VALUES ({marks})",
            [[count + k, act.entry.seq, *(row[name] for name in COLUMNS)] for k, row in enumerate(rows)],
        )
    return len(new)

"""What is to be done next, by which day: hearings that end, checks, decisions, publications, exits, withdrawals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from creditscore.lists.case import ListCase
from creditscore.lists.events import Day, day
from creditscore.lists.exit_route import Note, expires_on
from creditscore.lists.exits import elsewhere
from creditscore.lists.procedure import decision_step, steps_since
from creditscore.lists.register import Book
from creditscore.lists.rules import cited, list_rule, procedure
from creditscore.lists.terms import last_day_of_step, later, provisional
from creditscore.schemes.lists import ListRule, ListStep, Span
from creditscore.schemes.model import Rule


@dataclass(frozen=True)
class Due:
    """Describe one thing that is to be done about a case.

    Parameters
    ----------
    by
        Its last day as days since 1970-01-01; None where nobody published one, or it is not known yet.
    what
        notice, hearing_ends, check, decide, publish, expire, look_at (a person must look before it expires),
        decide_exit, withdraw (take back a publication) or leave_red.
    case_id
        The case.
    subject_id
        The organisation.
    list
        The list.
    state
        The state of the case, as in `ListCase`.
    basis
        The articles that ask for it, as text; empty where none is cited.
    mark
        The weakest evidence mark of these articles.
    note
        What else must be known, as a code with its values; None where there is nothing.
    provisional
        Whether `by` was counted in working days of which the public holidays are not known yet.
    overdue
        Whether `by` lies before the day that was asked about.
    """

    by: int | None
    what: str
    case_id: str
    subject_id: str
    list: str
    state: str
    basis: str
    mark: str
    note: Note | None
    provisional: bool
    overdue: bool


def due(book: Book, on: Day, until: Day | None = None) -> list[Due]:
    """List everything that is to be done on a day, as it was known then.

    Parameters
    ----------
    book
        The book.
    on
        The day, a date or `YYYY-MM-DD`; steps recorded later do not count.
    until
        Leaves out what is due after this day or has no last day; None for everything.

    Returns
    -------
    list of Due
        By last day, what has none at the end.

    Raises
    ------
    UsageError
        Where `on` or `until` is not a day.

    Examples
    --------
    >>> due(Book(), "2024-05-06")
    []
    """
    today = day(on, "on")
    last = None if until is None else day(until, "until")
    known = book.known(on)
    dues = [due_step for case in known.cases.values() for due_step in _of(known, case, today)]
    chosen = [due_step for due_step in dues if last is None or (due_step.by is not None and due_step.by <= last)]
    return sorted(
        chosen,
        key=lambda due_step: (
            due_step.by is None,
            due_step.by or 0,
            due_step.list,
            due_step.case_id,
            due_step.what,
        ),
    )


def _of(book: Book, case: ListCase, today: int) -> Iterator[Due]:
    rule = list_rule(case.scheme, case.list)
    if case.open:
        yield from _undecided(case, rule, today)
    if case.state == "listed":
        yield from _running(book, case, rule, today)
    if case.withdraw_by is not None and case.withdrawn_on is None:
        yield _due(case, "withdraw", case.withdraw_by, [procedure().withdrawal], today)


def _undecided(case: ListCase, rule: ListRule, today: int) -> Iterator[Due]:
    if case.state == "proposed" and rule.kind in procedure().needs_notice.kinds:
        yield _due(case, "notice", None, [procedure().needs_notice], today)
    if case.heard_until is not None and case.heard_until >= today:
        yield _due(case, "hearing_ends", case.heard_until, steps_since(rule, "noticed_on"), today)
    if case.state == "objected" and case.objected_on is not None:
        checks = steps_since(rule, "objected_on")
        if checks:
            yield from (_step(case, "check", check, case.objected_on, today) for check in checks)
        else:
            yield _due(case, "check", None, [rule], today)
    limit = decision_step(rule)
    since = None if limit is None else case.step_day(limit.since)
    if limit is not None and case.decide_by is not None:
        yield _due(case, "decide", case.decide_by, [limit], today, span=limit.within)
    elif limit is not None and since is not None:
        yield _step(case, "decide", limit, since, today)
    else:
        note = Note("not_known", (limit.since,)) if limit is not None else None
        yield _due(case, "decide", None, [limit or rule], today, note)


def _running(book: Book, case: ListCase, rule: ListRule, today: int) -> Iterator[Due]:
    if case.published_on is None:
        for step in rule.steps:
            since = case.step_day(step.since)
            if step.id.startswith("publish") and since is not None:
                yield _step(case, "publish", step, since, today)
        if case.end == "waiting" and not any(step.id.startswith("publish") for step in rule.steps):
            yield _due(case, "publish", None, [rule], today, Note("from_publication"))
    expires = expires_on(case)
    if expires is not None:
        free, way, why = expires
        barred = way is not None and way.unless and any(x.open for x in book.beside(case))
        reason = why or (Note("may_bar") if barred else None)
        if way is not None and way.decided_within is not None:
            yield _due(
                case,
                "look_at" if reason else "expire",
                later(free - 1, way.decided_within),
                [way],
                today,
                reason,
                span=way.decided_within,
            )
        else:
            yield _due(case, "look_at" if reason else "expire", free, [way or rule], today, reason)
    if case.applied:
        note = Note("way", (case.applied["exit"],))
        yield _due(case, "decide_exit", case.applied.get("decide_by"), [rule], today, note)
    if case.kind == "red" and case.holds(today):
        others = elsewhere(book, case, today)
        if others:
            ways = [general_exit for general_exit in procedure().exits if general_exit.id == "listed_elsewhere"]
            yield _due(case, "leave_red", None, ways, today, Note("beside", tuple(other.list for other in others)))


def _step(case: ListCase, what: str, step: ListStep, since: int, today: int, note: Note | None = None) -> Due:
    return _due(case, what, last_day_of_step(step, since), [step], today, note, span=step.within)


def _due(
    case: ListCase,
    what: str,
    by: int | None,
    rules: Sequence[Rule],
    today: int,
    note: Note | None = None,
    span: Span | None = None,
) -> Due:
    guessed = by is not None and (case.provisional if what == "hearing_ends" else provisional(span, by))
    late = by is not None and by < today
    return Due(by, what, case.case_id, case.subject_id, case.list, case.state, *cited(rules), note, guessed, late)

"""What entries on lists answer: which hold on a day, rest on a record, are due or over; all read from the log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from creditscore.core.clock import check_day_has_come
from creditscore.core.days import day_of, iso, read_day
from creditscore.core.errors import UsageError
from creditscore.lists import rules, terms
from creditscore.lists.beside import MANAGED, OPEN
from creditscore.lists.clocks import find_decision_step, find_step_day, holds
from creditscore.schemes.lists import ListRule, Span
from creditscore.schemes.model import Rule
from creditscore.store.fold import Stream, fold
from creditscore.store.log import read_streams
from creditscore.store.store import Store

Day = date | str


@dataclass(frozen=True)
class Note:
    """Say what else must be known of a step that is due.

    Parameters
    ----------
    code
        One of the section `notes` of words.yaml.
    values
        Names of days, ways, needs, lists or cases.
    """

    code: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Due:
    """Describe one thing that is to be done about a case.

    Parameters
    ----------
    by
        Its last day; None where nobody published one, or it is not known yet.
    what
        notice, hearing_ends, check, decide, publish, expire, look_at (a person must look before it expires),
        decide_exit, withdraw (take back a publication) or leave_red.
    case, subject, list, state
        The case, its organisation, list and state.
    basis, mark
        The articles that ask for it, as text, and their weakest mark of evidence.
    note
        What else must be known; None where there is nothing.
    provisional
        Whether `by` was counted in working days of which the public holidays are not known yet.
    overdue
        Whether `by` lies before the day that was asked about.
    """

    by: str | None
    what: str
    case: str
    subject: str
    list: str
    state: str
    basis: str
    mark: str
    note: Note | None
    provisional: bool
    overdue: bool


@dataclass(frozen=True)
class Expired:
    """Report what `expire_entries` did.

    Parameters
    ----------
    left
        The cases whose entries ended.
    waiting
        The cases that a person must look at first, each with the reason.
    """

    left: tuple[str, ...]
    waiting: Mapping[str, Note]


def read_cases(
    store: Store, *, subject: str | None = None, list_: str | None = None, known_at: Day | None = None
) -> list[Stream]:
    """Read the cases of an organisation, of a list, or all, as they were known on a day.

    Parameters
    ----------
    store
        The open store.
    subject
        The organisation; None for all.
    list_
        The list; None for all.
    known_at
        Leaves out what was recorded after this day; None for everything.

    Returns
    -------
    list of Stream
        Sorted by name, without those that were erased.

    Raises
    ------
    UsageError
        Where `known_at` is not a day.
    StoreDiffers
        For an event that was edited.

    Examples
    --------
    >>> [case.state for case in read_cases(store, subject="91350100M000100Y43")]  # doctest: +SKIP
    ['listed']
    """
    until = require_day(known_at, "known_at") if known_at is not None else None
    wanted = {name: value for name, value in (("subject", subject), ("list", list_)) if value is not None}
    names = [row["stream"] for row in store.rows("listing", **wanted)]
    with store.reading() as connection:
        events = read_streams(connection, names)
    known = {name: [event for event in events[name] if until is None or event.known_on <= until] for name in names}
    cases = [fold(name, own) for name, own in sorted(known.items()) if own]
    return [case for case in cases if not case.is_erased]


def list_in_force(
    store: Store, on: Day, *, subject: str | None = None, list_: str | None = None, known_at: Day | None = None
) -> list[Stream]:
    """List the entries that hold on a day: `read_cases` of which the entry has begun and has not ended."""
    day = require_day(on, "on")
    return [
        case for case in read_cases(store, subject=subject, list_=list_, known_at=known_at) if holds(case.fields, day)
    ]


def list_resting_on(
    store: Store, records: Iterable[tuple[str, str]], *, known_at: Day | None = None
) -> dict[str, list[tuple[str, str]]]:
    """List the entries, open or standing, that rest on records which somebody disputes.

    Parameters
    ----------
    store
        The open store.
    records
        Organisation and record, each a pair.
    known_at
        As in `read_cases`.

    Returns
    -------
    dict of str to list of tuple
        For each case the pairs on which it rests, in the order in which they were given.
    """
    by_subject: dict[str, list[str]] = {}
    for subject, record in records:
        by_subject.setdefault(subject, []).append(record)
    resting: dict[str, list[tuple[str, str]]] = {}
    for subject, disputed in by_subject.items():
        for case in read_cases(store, subject=subject, known_at=known_at):
            own = [(subject, record) for record in disputed if record in (case.fields.get("records") or ())]
            if own and case.state in (*OPEN, "listed"):
                resting[case.name] = own
    return resting


# --- what is due


def list_due(store: Store, on: Day, until: Day | None = None) -> list[Due]:
    """List everything that is to be done about entries on a day, as it was known then, with the law that asks for it.

    Parameters
    ----------
    store
        The open store.
    on
        The day; steps recorded later do not count.
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
    >>> list_due(store, "2024-05-06")  # doctest: +SKIP
    []
    """
    today, last = require_day(on, "on"), None if until is None else require_day(until, "until")
    cases = read_cases(store, known_at=today)
    by_subject: dict[str, list[Stream]] = {}
    for case in cases:
        by_subject.setdefault(case.subject, []).append(case)
    dues = [due for case in cases for due in _list_due_of(case, by_subject[case.subject], today)]
    chosen = [due for due in dues if last is None or (due.by is not None and due.by <= last)]
    return sorted(chosen, key=lambda due: (due.by is None, due.by or "", due.list, due.case, due.what))


def _list_due_of(case: Stream, own: Sequence[Stream], today: str) -> Iterator[Due]:
    """Put the tasks of a case into words of the law; `own`: all cases of its organisation."""
    fields = case.fields
    rule = rules.list_rule(fields["scheme"], fields["list"])
    until = fields.get("heard_until")
    if case.state in OPEN and until and until >= today:
        steps = [step for step in rule.steps if step.since == "noticed_on"]
        yield _make_due(case, "hearing_ends", until, steps, today, provisional=bool(fields.get("provisional")))
    for what, _ in case.open_tasks():
        yield from TASKS[what](case, rule, own, today) if what in TASKS else ()


def _of_notice(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    yield _make_due(case, "notice", None, [rules.procedure().needs_notice], today)


def _of_check(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    steps = [step for step in rule.steps if step.since == "objected_on"]
    for step in steps:
        by = iso(terms.last_day_of_step(step, read_day(case.fields["objected_on"])))
        yield _make_due(case, "check", by, [step], today, span=step.within)
    if not steps:
        yield _make_due(case, "check", None, [rule], today)


def _of_decision(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    limit, by = find_decision_step(rule), case.fields.get("decide_by")
    note = Note("not_known", (limit.since,)) if limit is not None and not by else None
    yield _make_due(case, "decide", by, [limit or rule], today, note, span=limit.within if limit else None)


def _of_publication(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    steps = [step for step in rule.steps if step.id.startswith("publish")]
    for step in steps:
        since = find_step_day(case.fields, step.since)
        if since is not None:
            by = iso(terms.last_day_of_step(step, since))
            yield _make_due(case, "publish", by, [step], today, span=step.within)
    if case.fields["end"] == "waiting" and not steps:
        yield _make_due(case, "publish", None, [rule], today, Note("from_publication"))


def _of_expiry(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    over = case.fields["over"]
    way = next((way for way in rule.exits if way.id == over["way"]), None)
    reason = Note("needs", tuple(over["needs"])) if over["needs"] else None
    if reason is None and over["may_be_barred"] and _list_open_beside(case, own):
        reason = Note("may_bar")
    span = way.decided_within if way else None
    yield _make_due(case, "look_at" if reason else "expire", over["by"], [way or rule], today, reason, span=span)


def _of_application(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    applied = case.fields["applied"]
    yield _make_due(case, "decide_exit", applied["decide_by"], [rule], today, Note("way", (applied["exit"],)))


def _of_withdrawal(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    yield _make_due(case, "withdraw", case.fields["withdraw_by"], [rules.procedure().withdrawal], today)


def _of_red_list(case: Stream, rule: ListRule, own: Sequence[Stream], today: str) -> Iterator[Due]:
    managed = [other for other in own if other.fields.get("kind") in MANAGED and holds(other.fields, today)]
    if managed and holds(case.fields, today):
        ways = [way for way in rules.procedure().exits if way.id == "listed_elsewhere"]
        oldest = sorted(managed, key=lambda other: (other.day_of(other.events[0]), other.name))
        note = Note("beside", tuple(other.fields["list"] for other in oldest))
        yield _make_due(case, "leave_red", None, ways, today, note)


TASKS = {
    "notice": _of_notice,
    "check": _of_check,
    "decide": _of_decision,
    "publish": _of_publication,
    "expire": _of_expiry,
    "look_at": _of_expiry,
    "decide_exit": _of_application,
    "withdraw": _of_withdrawal,
    "leave_red": _of_red_list,
}


def _make_due(
    case: Stream,
    what: str,
    by: str | None,
    asking: Sequence[Rule],
    today: str,
    note: Note | None = None,
    *,
    span: Span | None = None,
    provisional: bool = False,
) -> Due:
    guessed = provisional or (by is not None and terms.provisional(span, read_day(by)))
    late = by is not None and by < today
    list_, (basis, mark) = case.fields["list"], rules.cited(asking)
    return Due(by, what, case.name, case.subject, list_, case.state, basis, mark, note, guessed, late)


def _list_open_beside(case: Stream, own: Iterable[Stream]) -> list[str]:
    """The open cases of the same organisation and list."""
    beside = [other for other in own if other.fields["list"] == case.fields["list"] and other.name != case.name]
    return [other.name for other in beside if other.state in OPEN]


# --- ends by themselves


def expire_entries(store: Store, on: Day, *, by: str = "", known_on: Day | None = None, office: str = "") -> Expired:
    """End every entry whose term is over on a day, each by an act of its own; done again it does nothing more.

    Each exit is dated the first day without the entry. A way out by expiry that needs proof, or that an open case
    about the same subject and list may bar, waits for a person.

    Parameters
    ----------
    store
        The open store.
    on
        The day.
    by
        Who acts, as in `Store.act`.
    known_on
        The day from which the exits are known; None for `on`.
    office
        For which office.

    Returns
    -------
    Expired
        Which cases left or wait.

    Raises
    ------
    UsageError
        Where `on` or `known_on` is not a day or has not come, or an exit would be recorded before another step of its
        subject and list; what was ended before stays so.

    Examples
    --------
    >>> expire_entries(store, "2024-05-06", by="li.na").left  # doctest: +SKIP
    ()
    """
    today = require_day(on, "on")
    known = today if known_on is None else require_day(known_on, "known_on")
    check_day_has_come(read_day(today), "on")
    left, waiting = [], {}
    for row in store.rows("listing", state="listed"):
        if not row["over"] or json.loads(row["over"])["on"] > today:
            continue
        name, subject = row["stream"], row["subject"]
        own = read_cases(store, subject=subject)
        case = next(case for case in own if case.name == name)
        over = case.fields.get("over")
        if case.state != "listed" or not over or over["on"] > today:
            continue
        if over["needs"]:
            waiting[name] = Note("needs", tuple(over["needs"]))
        elif over["may_be_barred"] and (barring := _list_open_beside(case, own)):
            waiting[name] = Note("bars", tuple(barring))
        else:
            day = max(over["on"], case.newest_day())
            store.act("listing", "expire", name, by=by, on=day, known_on=max(known, day), office=office)
            left.append(name)
    return Expired(tuple(left), waiting)


def require_day(value: Day | None, name: str) -> str:
    day = day_of(value, name)
    if day is None:
        raise UsageError("lists.no_day_given", name=name, allowed="YYYY-MM-DD")
    return day.isoformat()

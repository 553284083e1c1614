"""While an entry runs: a longer term, a new ground that starts the clock again, an application to leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from creditscore.core.days import from_day, iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase, given_days
from creditscore.lists.events import Day, Event, StepFields, day
from creditscore.lists.exit_route import exit_route, require_running
from creditscore.lists.register import Book, step
from creditscore.lists.rules import exits_for, list_rule
from creditscore.lists.terms import extended, last_day
from creditscore.schemes.lists import ListExit, ListTerm
from creditscore.schemes.model import Rule


def prolong(
    book: Book,
    case_id: str,
    *,
    term: str,
    reason: str,
    dates: Mapping[str, Day] | None = None,
    **step_fields: Unpack[StepFields],
) -> Book:
    """Apply a longer term to a running entry: something was not corrected, or there is a new act.

    A term never becomes shorter, and the same lack of correction lengthens it once.

    Parameters
    ----------
    book
        The book.
    case_id
        A case whose entry is running on the day `on`.
    term
        The id of a longer term of the list's rule.
    reason
        What was not corrected, or what happened; not empty.
    dates
        Days that the term counts from and the case does not set itself; None for no others.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `organ` and
        `document` are required here.

    Returns
    -------
    Book
        The book with this step; the case has the new `term_end`, or runs until an exit where the term says so.

    Raises
    ------
    UsageError
        Where the entry does not run on that day, `term` lengthens no entry of this list or did so already, the term
        would end earlier than now, a day it counts from is not known, or reason, organ or document is missing. Also
        where there is no such case, `on` or `recorded_on` is no day, lies in the future or before an earlier step,
        `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book = prolong(book, case_id, term="uncorrected", reason="未改正", on="2026-05-20", by="chen.jie",
    ...                organ="区人社局", document="〔2026〕3号")  # doctest: +SKIP
    """
    args = {"term": term, "reason": reason, "dates": given_days(dates)}
    return step(book, book.case(case_id), "prolonged", args, step_fields, prolonged)


def bar(book: Book, case_id: str, *, ground: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that something happened that bars a way out; the time without it begins anew.

    Parameters
    ----------
    book
        The book.
    case_id
        A case whose entry is running on the day `on`.
    ground
        What happened: a key of `unless` of a way out of the list's rule.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `evidence` or
        `document` is required here.

    Returns
    -------
    Book
        The book with this step.

    Raises
    ------
    UsageError
        Where the entry does not run on that day, `ground` bars no way out of it, or neither evidence nor a document
        shows it. Also where there is no such case, `on` or `recorded_on` is no day, lies in the future or before an
        earlier step, `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book = bar(book, case_id, ground="new_arrears", on="2025-03-03", by="zhang.min",
    ...            evidence="卷宗3号")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "barred", {"ground": ground}, step_fields, barred)


def apply_for(book: Book, case_id: str, *, exit: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that the subject applied for a way out; the time to decide on it begins, where the rule has one.

    The application is decided on with `leave` or `refuse`.

    Parameters
    ----------
    book
        The book.
    case_id
        A case whose entry is running on the day `on`, without an open application.
    exit
        The id of the way out.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later).

    Returns
    -------
    Book
        The book with this step; `applied` of the case holds the application, with `decide_by` where the rule has a
        time.

    Raises
    ------
    UsageError
        Where the entry does not run on that day, an application is open already, or there is no such way out. Also
        where there is no such case, `on` or `recorded_on` is no day, lies in the future or before an earlier step,
        `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book = apply_for(book, case_id, exit="early", on="2025-06-02", by="zhang.min")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "applied", {"exit": exit}, step_fields, applied)


def refuse(book: Book, case_id: str, *, reason: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that an application to leave was refused; the entry goes on.

    Parameters
    ----------
    book
        The book.
    case_id
        A case with an open application.
    reason
        Which condition is not met; not empty.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later).

    Returns
    -------
    Book
        The book with this step.

    Raises
    ------
    UsageError
        Where no application is open, or `reason` is empty. Also where there is no such case, `on` or `recorded_on` is
        no day, lies in the future or before an earlier step, `recorded_on` lies before `on`, `by` is empty, or a text
        holds a resident identity number.

    Examples
    --------
    >>> book = refuse(book, case_id, reason="条件不足", on="2025-06-10", by="chen.jie")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "refused", {"reason": reason}, step_fields, refused)


def prolonged(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """A term never becomes shorter, and the same lack of correction lengthens it once."""
    require_running(case, event)
    where = f"case {case.case_id}"
    rule = list_rule(case.scheme, case.list)
    longer = [term for term in rule.terms if term.extends or term.applies_to in ("uncorrected", "repeated")]
    term = next((list_term for list_term in longer if list_term.id == event.args.get("term")), None)
    if term is None:
        allowed = ", ".join(list_term.id for list_term in longer) or "the rule of this list lengthens no running entry"
        raise UsageError(f"{event.args.get('term', '')!r} lengthens no entry here", where=where, allowed=allowed)
    if not event.args.get("reason"):
        raise UsageError(
            "no reason for the longer term", where=where, next="say what was not corrected, or what happened"
        )
    if not event.document or not event.organ:
        raise UsageError("a longer term needs the office and its document", where=where, next="give organ and document")
    if term.applies_to == "uncorrected" and term.id in (case.term, *case.more_terms):
        raise UsageError(
            f"the term was lengthened by {term.id!r} already", where=where, allowed="once for one lack of correction"
        )
    changes: dict[str, Any] = {"more_terms": [*case.more_terms, term.id]}
    if term.until_exit:
        return changes | {"restarted_on": event.on}, [term]
    end = _longer(case, term, event)
    if case.term_end is not None and end < case.term_end:
        raise UsageError(
            f"the term would end on {iso(end)}, earlier than now", where=where, allowed=f"after {iso(case.term_end)}"
        )
    return changes | {"term_end": end, "end": "known"}, [term]


def _longer(case: ListCase, term: ListTerm, event: Event) -> int:
    dates = {name: day(argument, name) for name, argument in event.args.get("dates", {}).items()}
    if term.extends:
        if case.term_end is None:
            raise UsageError(
                "the running term has no known end to lengthen",
                where=f"case {case.case_id}",
                next="correct the decision first: give the last day of the term",
            )
        return extended(term, case.term_end)
    since = {**dates, **case.named(), "decided_on": event.on}.get(term.since)
    if since is None:
        raise UsageError(f"{term.since} is not known", where=f"case {case.case_id}", next=f"give dates: {term.since}")
    return last_day(term, since, dates.get("restriction_until", case.dates.get("restriction_until")))


def barred(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    require_running(case, event)
    ways = [
        way
        for way in exits_for(list_rule(case.scheme, case.list), case.triggers)
        if event.args.get("ground") in way.unless
    ]
    if not ways:
        known = {key for way in list_rule(case.scheme, case.list).exits for key in way.unless}
        allowed = ", ".join(sorted(known)) or "no way out of this list is barred by anything"
        raise UsageError(
            f"{event.args.get('ground', '')!r} bars no way out here", where=f"case {case.case_id}", allowed=allowed
        )
    if not event.evidence and not event.document:
        raise UsageError("nothing shows the ground", where=f"case {case.case_id}", next="give evidence or a document")
    return {"bars": {**case.bars, event.args["ground"]: event.on}}, list(ways)


def applied(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    from creditscore.lists.terms import later

    require_running(case, event)
    if case.applied:
        raise UsageError(
            f"an application of {from_day(case.applied['on'])} is open",
            where=f"case {case.case_id}",
            next="decide on it first (`exit` or `refuse`)",
        )
    way = exit_route(case, event.args["exit"])
    asked: dict[str, Any] = {"exit": way.id, "on": event.on}
    if isinstance(way, ListExit) and way.decided_within is not None:
        asked["decide_by"] = later(event.on, way.decided_within)
    return {"applied": asked}, [way]


def refused(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    if not case.applied:
        raise UsageError("no application is open", where=f"case {case.case_id}", next="record it with `apply`")
    if not event.args.get("reason"):
        raise UsageError(
            "the refusal gives no reason", where=f"case {case.case_id}", next="say which condition is not met"
        )
    return {"applied": {}}, [list_rule(case.scheme, case.list)]

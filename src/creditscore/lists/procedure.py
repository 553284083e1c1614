"""From proposal to entry: notice, hearing, objection and its check, decision by a person, publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from creditscore.core.days import iso, to_day
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase, given_days
from creditscore.lists.decide import decided
from creditscore.lists.events import Day, Event, StepFields, day
from creditscore.lists.register import Book, step
from creditscore.lists.rules import cited, list_rule, procedure
from creditscore.lists.terms import last_day, last_day_of_step, provisional
from creditscore.schemes.lists import ListRule, ListStep
from creditscore.schemes.model import Rule


def steps_since(rule: ListRule, since: str) -> list[ListStep]:
    """The steps of a list that are counted from a named day."""
    return [list_step for list_step in rule.steps if list_step.since == since]


def decision_step(rule: ListRule) -> ListStep | None:
    """The time limit for the decision, where the list has one."""
    return next((list_step for list_step in rule.steps if list_step.id.startswith("decision")), None)


def notice(
    book: Book,
    case_id: str,
    *,
    contents: Mapping[str, str],
    heard_until: Day | None = None,
    **step_fields: Unpack[StepFields],
) -> Book:
    """Announce an intended entry; the window to be heard begins.

    The window ends by the list's own rule, in working days after the notice. Where no rule was published the notice
    itself must say until when (`heard_until`), and where one was, it may only say a later day.

    Parameters
    ----------
    book
        The book.
    case_id
        A case that is proposed.
    contents
        What the law demands that a notice states, each part not empty: `facts`, `basis`, `measures`, `exits`,
        `remedies`. `draft` proposes facts, basis and exits.
    heard_until
        The last day of the window, a date or `YYYY-MM-DD`; None for the day that the rule gives.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later).

    Returns
    -------
    Book
        The book with this step; the case has `noticed_on` and `heard_until`.

    Raises
    ------
    UsageError
        Where the case is not proposed, a part of the notice is missing or unknown, no rule says how long the window is
        and `heard_until` is None, or `heard_until` is earlier than allowed. Also where there is no such case, `on` or
        `recorded_on` is no day, lies in the future or before an earlier step, `recorded_on` lies before `on`, `by` is
        empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book = notice(book, case_id, contents={"facts": "…", "basis": "…", "measures": "…", "exits": "…",
    ...               "remedies": "…"}, on="2024-05-07", by="li.na")  # doctest: +SKIP
    """
    args = {
        "contents": dict(contents),
        "heard_until": None if heard_until is None else iso(day(heard_until, "heard_until")),
    }
    return step(book, book.case(case_id), "noticed", args, step_fields, noticed)


def objected_to(book: Book, case_id: str, *, content: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that an objection to an intended entry was received.

    An objection after the end of the window is kept and changes nothing; one in time must be checked before anybody
    decides on the entry.

    Parameters
    ----------
    book
        The book.
    case_id
        A case that is noticed, objected or checked.
    content
        What the objection says, in a few words; not empty.
    **step_fields
        The common parts of a step, as in `notice`: `on` and `by` are required.

    Returns
    -------
    Book
        The book with this step.

    Raises
    ------
    UsageError
        Where the case is in another state, or `content` is empty. Also where there is no such case, or a common part is
        wrong, as in `notice`.

    Examples
    --------
    >>> book = objected_to(book, case_id, content="已付清", on="2024-05-09", by="zhang.min")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "objected", {"content": content}, step_fields, objected)


def check(book: Book, case_id: str, *, upheld: bool, answer: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that an objection was checked.

    Parameters
    ----------
    book
        The book.
    case_id
        A case whose objection is not yet checked.
    upheld
        True where the objection is right: no entry can follow. Once upheld, a case stays so.
    answer
        The answer that was given; not empty.
    **step_fields
        The common parts of a step, as in `notice`: `on` and `by` are required.

    Returns
    -------
    Book
        The book with this step.

    Raises
    ------
    UsageError
        Where no objection waits for a check, or `answer` is empty. Also where there is no such case, or a common part
        is wrong, as in `notice`.

    Examples
    --------
    >>> book = check(book, case_id, upheld=False, answer="属实", on="2024-05-13", by="zhang.min")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "checked", {"upheld": bool(upheld), "answer": answer}, step_fields, checked)


def extend(book: Book, case_id: str, *, reason: str, **step_fields: Unpack[StepFields]) -> Book:
    """Prolong the time for the decision, once, where the list's rule allows it.

    Parameters
    ----------
    book
        The book.
    case_id
        A case that is not yet decided.
    reason
        Why more time is needed; not empty.
    **step_fields
        The common parts of a step, as in `notice`: `on` (up to the last day for the decision) and `by` are required.

    Returns
    -------
    Book
        The book with this step; the case has `decide_by`, the new last day.

    Raises
    ------
    UsageError
        Where the rule allows no prolongation, the time was prolonged already or is over, the day from which it counts
        is not known, the case is decided, or `reason` is empty. Also where there is no such case, or a common part is
        wrong, as in `notice`.

    Examples
    --------
    >>> book = extend(book, case_id, reason="情况复杂", on="2024-05-20", by="chen.jie")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "extended", {"reason": reason}, step_fields, extended_time)


def decide(
    book: Book,
    case_id: str,
    *,
    enter: bool,
    reason: str,
    entered_on: Day | None = None,
    published_on: Day | None = None,
    term: str = "",
    term_end: Day | None = None,
    dates: Mapping[str, Day] | None = None,
    **step_fields: Unpack[StepFields],
) -> Book:
    """Decide on a case: enter the subject on the list, or decline.

    To enter is refused without the notice that a list demands, before the window to be heard has ended, while an
    objection in time is unanswered, and after one that was upheld. Either decision is refused to whoever proposed or
    announced the entry, where a second person is demanded.

    Parameters
    ----------
    book
        The book.
    case_id
        A case that is not yet decided.
    enter
        True to enter the subject, False to decline.
    reason
        On what grounds; not empty.
    entered_on
        The first day of the entry, not before `on`; None for `on`.
    published_on
        The day of publication, not before the entry; None where it is not yet published (see `publish`).
    term
        The id of the term; needed only where several terms of the rule fit.
    term_end
        The last day that the office set, where the rule leaves it to the office or no rule is known; None for the end
        that follows from the rule.
    dates
        Days that the term counts from and the case does not set itself; None for no others.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `organ` and
        `document` are required for an entry.

    Returns
    -------
    Book
        The book with this step; the case is listed or declined.

    Raises
    ------
    UsageError
        Where the entry cannot be decided yet or any more, `reason` is empty, an entry has no organ or document, `term`
        fits no term or is needed, a day of the entry contradicts the rule, or the subject is already on this list. Also
        where there is no such case, `on` or `recorded_on` is no day, lies in the future or before an earlier step,
        `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.
    NotAllowed
        Where whoever proposed or announced the entry decides on it.

    Examples
    --------
    >>> book = decide(book, case_id, enter=True, reason="事实清楚", on="2024-05-20", by="chen.jie",
    ...               organ="区人社局", document="〔2024〕1号")  # doctest: +SKIP
    """
    given = {"entered_on": entered_on, "published_on": published_on, "term_end": term_end}
    args: dict[str, Any] = {
        name: iso(day(named_day, name)) for name, named_day in given.items() if named_day is not None
    }
    args |= {"enter": bool(enter), "reason": reason, "term": term}
    args["dates"] = given_days(dates, ("decided_on",))
    return step(book, book.case(case_id), "decided", args, step_fields, decided)


def publish(book: Book, case_id: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that an entry was published; a term that counts from publication now has its end.

    Parameters
    ----------
    book
        The book.
    case_id
        A case that is listed and not yet published.
    **step_fields
        The common parts of a step, as in `notice`: `on` and `by` are required.
        `on` is not before the entry.

    Returns
    -------
    Book
        The book with this step.

    Raises
    ------
    UsageError
        Where there is no entry, it was published already, or `on` lies before it. Also where there is no such case, or
        a common part is wrong, as in `notice`.

    Examples
    --------
    >>> book = publish(book, case_id, on="2024-05-22", by="li.na")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "published", {}, step_fields, published)


def noticed(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """The window of a notice: by rule, or as the notice sets it."""
    need(case, event, ("proposed",))
    rule, common = list_rule(case.scheme, case.list), procedure()
    contents = event.args.get("contents", {})
    missing = [name for name in common.notice.contents if not contents.get(name, "").strip()]
    unknown = sorted(set(contents) - set(common.notice.contents))
    if missing or unknown:
        labels = ", ".join(f"{name} ({common.notice.contents[name].zh})" for name in missing)
        what = f"the notice does not state: {labels}" if missing else f"a notice has no part {', '.join(unknown)}"
        raise UsageError(
            what,
            where=f"case {case.case_id}",
            allowed=common.notice.contents,
            next="state every part; `draft` proposes facts, basis and exits",
        )
    given = day(event.args["heard_until"], "heard_until") if "heard_until" in event.args else None
    steps = steps_since(rule, "noticed_on")
    if not steps and given is None:
        raise UsageError(
            f"how long {case.list} leaves to be heard was not published",
            where=f"case {case.case_id}",
            allowed="a day after the notice",
            next="say in the notice until when the subject may object (heard_until), as the office sets it",
        )
    ends = [last_day_of_step(list_step, event.on) for list_step in steps]
    least = max(ends, default=event.on + 1)
    until = least if given is None else given
    if until < least:
        raise UsageError(
            f"the window to be heard would end on {iso(until)}",
            where=f"case {case.case_id}",
            allowed=f"{iso(least)} or later" + (f" ({cited(steps)[0]})" if steps else ""),
        )
    guessed = any(provisional(list_step.within, end) for list_step, end in zip(steps, ends, strict=True))
    changes = {
        "state": "noticed",
        "noticed_on": event.on,
        "heard_until": until,
        "provisional": case.provisional or guessed,
    }
    # before the text on notices was in force this package asks for the same
    asked: Rule = common.notice if event.on >= to_day(common.notice.from_) else common.needs_notice
    return changes, [asked, *steps]


def objected(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """In time it must be checked before anybody decides; late it is only kept."""
    need(case, event, ("noticed", "objected", "checked"))
    if not event.args.get("content"):
        raise UsageError("the objection says nothing", next="give its content in a few words")
    assert case.heard_until is not None
    steps = steps_since(list_rule(case.scheme, case.list), "noticed_on")
    if event.on > case.heard_until:
        return {}, list(steps)
    return {"state": "objected", "objected_on": event.on}, list(steps)


def checked(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    need(case, event, ("objected",))
    if not event.args.get("answer"):
        raise UsageError("the check gives no answer", next="say what was found")
    steps = steps_since(list_rule(case.scheme, case.list), "objected_on")
    return {"state": "checked", "checked_on": event.on, "upheld": case.upheld or event.args["upheld"]}, list(steps)


def extended_time(book: Book, case: ListCase, list_event: Event) -> tuple[dict[str, Any], list[Rule]]:
    need(case, list_event, ("proposed", "noticed", "objected", "checked"))
    limit = decision_step(list_rule(case.scheme, case.list))
    since = None if limit is None else case.step_day(limit.since)
    if limit is None or limit.extended_by is None:
        raise UsageError(
            f"the rule of {case.list} does not prolong the time for the decision",
            where=f"case {case.case_id}",
            next="decide within the time that the rule gives; `creditscore lists due` names the day",
        )
    if since is None:
        raise UsageError(
            f"{limit.since} is not known, so the time for the decision is not", next=f"correct the case: {limit.since}"
        )
    if not list_event.args.get("reason"):
        raise UsageError("no reason for the longer time", next="give the reason")
    if any(event.kind == "extended" for event in case.events):
        raise UsageError("the time was prolonged already", where=f"case {case.case_id}", allowed="once")
    end = last_day_of_step(limit, since)
    if list_event.on > end:
        raise UsageError(f"the time for the decision ended on {iso(end)}", allowed=f"a prolongation up to {iso(end)}")
    longer = last_day_of_step(limit, since, prolonged=True)
    return {"decide_by": longer, "provisional": case.provisional or provisional(limit.within, longer)}, [limit]


def published(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    need(case, event, ("listed",))
    if case.published_on is not None:
        raise UsageError(f"published already on {iso(case.published_on)}", where=f"case {case.case_id}", allowed="once")
    if case.entered_on is None or event.on < case.entered_on:
        raise UsageError(f"published on {iso(event.on)}, before the entry", allowed=f"from {iso(case.entered_on)} on")
    rule = list_rule(case.scheme, case.list)
    changes: dict[str, Any] = {"published_on": event.on}
    term = next((term for term in rule.terms if term.id == case.term), None)
    if term is not None and term.since == "published_on" and term.span is not None and case.end == "waiting":
        changes |= {"term_end": last_day(term, event.on, case.dates.get("restriction_until")), "end": "known"}
    return changes, [list_step for list_step in rule.steps if list_step.since == "decided_on"] or [rule]


def need(case: ListCase, event: Event, states: tuple[str, ...]) -> None:
    """UsageError unless the case is in one of these states."""
    if case.state not in states:
        raise UsageError(
            f"the case is {case.state}; {event.kind} cannot follow",
            where=f"case {case.case_id}",
            allowed=f"a case that is {' or '.join(states)}",
            next="`creditscore lists show` tells what happened",
        )

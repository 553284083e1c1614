"""An entry that another office has decided: kept here, where it only runs and ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Unpack

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase, given_days
from creditscore.lists.decide import entry
from creditscore.lists.events import Day, Event, StepFields, case_id_of, day, opened, subject
from creditscore.lists.register import Book, step
from creditscore.lists.rules import list_rule, version_of_today
from creditscore.schemes.model import Rule


def take_over(
    book: Book,
    subject_id: str,
    key: str,
    scheme: str,
    *,
    records: Iterable[str] = (),
    triggers: Iterable[str] = (),
    published_on: Day | None = None,
    term: str = "",
    term_end: Day | None = None,
    entered_on: Day | None = None,
    dates: Mapping[str, Day] | None = None,
    **step_fields: Unpack[StepFields],
) -> tuple[Book, str]:
    """Keep an entry that another office has decided.

    The hearing was that office's; here the entry only runs and ends.

    Parameters
    ----------
    book
        The book.
    subject_id
        The id of the organisation.
    key
        The list, as its scheme names it.
    scheme
        A version of the library, such as `court/judgment_defaulter@2017`.
    records
        Ids of the records that the entry rests on.
    triggers
        The deciding rules under which it was entered, among the triggers of the list.
    published_on
        The day of publication, not before the entry; None where none is known.
    term
        The id of the term; needed only where several terms of the rule fit.
    term_end
        The last day that the office set, where the rule leaves it to the office or no rule is known; None for the end
        that follows from the rule.
    entered_on
        The first day of the entry; None for `on`.
    dates
        Days that the term counts from and the case does not set itself; None for no others.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `on` is the day of
        that office's decision; `organ` and `document` are required here.

    Returns
    -------
    tuple of Book and str
        The book with the new case, and its id.

    Raises
    ------
    UsageError
        Where the scheme, list or a trigger does not exist, the subject is no organisation, the entry is kept already or
        the subject already on this list, organ or document is missing, or a day of the entry contradicts the rule. Also
        where `on` or `recorded_on` is no day, lies in the future or before an earlier step, `recorded_on` lies before
        `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book, case_id = take_over(book, "91350100M000100Y43", key, "court/judgment_defaulter@2017",
    ...                           on="2024-03-01", by="chen.jie", organ="区法院",
    ...                           document="〔2024〕执1号")  # doctest: +SKIP
    """
    version = version_of_today(scheme)
    rule = list_rule(version.name, key)
    wrong = sorted(set(triggers) - set(rule.triggers))
    if wrong:
        raise UsageError(f"{', '.join(wrong)} is no trigger of {key}", allowed=rule.triggers or "none")
    who = subject(subject_id)
    given = {"entered_on": entered_on, "published_on": published_on, "term_end": term_end}
    args: dict[str, Any] = {
        name: iso(day(named_day, name)) for name, named_day in given.items() if named_day is not None
    }
    args |= {
        "subject": who,
        "list": key,
        "scheme": version.name,
        "triggers": sorted(triggers),
        "records": sorted(records),
        "term": term,
        "dates": given_days(dates, ("decided_on",)),
    }
    case_id = case_id_of(key, who, [args[name] for name in ("scheme", "triggers", "records")], step_fields)
    if case_id in book.cases:
        raise UsageError(
            f"this entry is kept already: {case_id}",
            next=f"`creditscore lists show {case_id}` shows it; correct it where it is wrong",
        )
    return step(book, ListCase(case_id, who, key), "imported", args, step_fields, taken_over), case_id


def taken_over(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    rule = list_rule(event.args["scheme"], event.args["list"])
    if not event.document or not event.organ:
        raise UsageError("an entry of another organ needs its name and its document", next="give organ and document")
    same = opened(event, rule.kind)
    dates = {name: day(argument, name) for name, argument in event.args.get("dates", {}).items()}
    known = replace(
        case, triggers=tuple(same["triggers"]), records=tuple(same["records"]), kind=rule.kind, scheme=same["scheme"]
    )
    entered, term = entry(book, known, rule, event, dates)
    return {**same, "decided_on": event.on, **entered}, [rule, *([term] if term else [])]

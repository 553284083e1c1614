"""The days of a list: ends of terms, windows in working days, first days of a way out. Days are integers."""

from __future__ import annotations

from creditscore.core.calendars import add_working_days, is_provisional
from creditscore.core.days import add_months
from creditscore.schemes.lists import ListExit, ListStep, ListTerm, Span


def later(day: int, span: Span) -> int:
    """`day` plus a span: the same day of a later month or its last day, the n-th day, or the n-th working day after it.

    later(2024-02-29, one year)  # 2025-02-28
    later(2024-08-31, six months)  # 2025-02-28
    """
    if span.workdays is not None:
        return add_working_days(day, span.workdays)
    if span.days is not None:
        return day + span.days
    months = span.months if span.months is not None else 12 * (span.years or 0)
    return add_months(day, months)


def last_day(term: ListTerm, since: int, restriction: int | None = None) -> int:
    """The last day of a term that has a span: the day before `later`, or that day where the edge is inclusive.

    `restriction`: the last day of a longer restriction, which prolongs a term that says `or_until`.
    """
    assert term.span is not None
    end = later(since, term.span) - (term.edge == "exclusive")
    return max(end, restriction) if term.or_until and restriction is not None else end


def extended(term: ListTerm, end: int) -> int:
    """The last day of a running term that ended on `end` once `term` is added to it."""
    assert term.span is not None
    return later(end, term.span) if term.edge == "inclusive" else later(end + 1, term.span) - 1


def first_day_out(way: ListExit, since: int) -> int:
    """The first day on which a way out with `after` is open."""
    assert way.after is not None
    return later(since, way.after) + (way.edge == "inclusive")


def last_day_of_step(step: ListStep, since: int, prolonged: bool = False) -> int:
    """The last day of a step counted from `since`; `prolonged` adds what `extended_by` allows."""
    end = later(since, step.within)
    return later(end, step.extended_by) if prolonged and step.extended_by is not None else end


def provisional(span: Span | None, end: int) -> bool:
    """Whether a day counted in working days lies where public holidays are not yet known."""
    return span is not None and span.workdays is not None and is_provisional(end)

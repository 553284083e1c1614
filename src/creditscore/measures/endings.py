"""When a measure ends: with its entry, by its longest period, with its basis, or by annulment; the earliest counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from creditscore.core.calendars import add_working_days
from creditscore.core.days import add_months, to_day
from creditscore.measures.codes import ENDINGS
from creditscore.measures.model import FourLists, Period
from creditscore.measures.tables import Listing
from creditscore.schemes.laws import Law, span_of
from creditscore.schemes.lists import Span

REPAIRS = ("repaired", "repair", "early", "corrected", "修复")
ANNULMENTS = ("annulled", "撤销")


@dataclass(frozen=True)
class Ending:
    """`on` is the first day on which the measure no longer stands; `cause` is a key of `codes.ENDINGS`."""

    on: int
    cause: str


def after(start: int, span: Span) -> int:
    """The day a span after `start`: from the first day without the measure on."""
    if span.workdays is not None:
        return add_working_days(start, span.workdays)
    if span.days is not None:
        return start + span.days
    return add_months(start, (span.months or 0) + 12 * (span.years or 0))


def period_end(period: Period, entered_on: int, executed_on: int | None) -> int | None:
    """The first day after the longest period; None where it has none, or has not begun."""
    start = entered_on if period.since == "entered_on" else executed_on
    return None if period.span is None or start is None else after(start, period.span)


def entry_ending(entry: Listing | None, day: int) -> Ending | None:
    """When the entry was off its list. An entry that does not stand in the table ends everything on `day`."""
    if entry is None:
        return Ending(day, "entry_missing")
    endings = []
    if entry.exited_on is not None:
        reason = entry.exit_reason.strip().lower()
        cause = "annulled" if reason in ANNULMENTS else "repaired" if reason in REPAIRS else "exited"
        endings.append(Ending(entry.exited_on, cause))
    if entry.term_end is not None:
        endings.append(Ending(entry.term_end + 1, "term_over"))
    return first(endings)


def basis_ending(laws: Iterable[str], law_by_id: Mapping[str, Law]) -> Ending | None:
    """The day from which every text of the basis is repealed for sure; None while one stands."""
    ends = []
    for name in laws:
        span = span_of(law_by_id[name].repealed) if name in law_by_id else None
        if span is None:
            return None
        ends.append(to_day(span[1]))
    return Ending(max(ends), "basis_gone") if ends else None


def barred_from(lists: FourLists, entries: Iterable[Listing], since: int, barring: Sequence[str]) -> Ending | None:
    """The first day from `since` on which a black or watch entry stands; rewards end there."""
    days = [
        max(entry.entered_on, since)
        for entry in entries
        if lists.kinds.get(entry.list) in barring and entry.valid_on(max(entry.entered_on, since))
    ]
    return Ending(min(days), "on_black_or_watch_list") if days else None


def first(endings: Iterable[Ending | None]) -> Ending | None:
    """The earliest; of one day the cause that stands first in `codes.ENDINGS`."""
    order = list(ENDINGS)
    known_endings = [ending for ending in endings if ending is not None]
    return min(known_endings, key=lambda ending: (ending.on, order.index(ending.cause)), default=None)

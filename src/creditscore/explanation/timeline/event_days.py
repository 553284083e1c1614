"""What a plan can tell apart on a day, and from it the days on which a grade can change while knowledge stays.

A plan depends on the day through its windows, own cycles, elapsed months, comparisons with the day and the rules in
force. `changes` looks at every day of a stretch and keeps those on which one of these differs from the day before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from typing import Any

from creditscore.core.days import from_day, full_months, to_day, year_end, year_start
from creditscore.grading.bind_days import bound_days, window_days
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.schemes.model import Applies, Scheme
from creditscore.schemes.validity import holds
from creditscore.schemes.walk import rules

SINCE = ("months_since", "days_since")


def dates_of(plan: Plan, subject: Subject) -> list[int]:
    """Every day that stands in what the subject brings, and those that follow from them."""
    days: set[int] = set()
    for row in subject.records:
        days |= {value for name, value in row.items() if name.endswith(("_day", "_on")) and isinstance(value, int)}
        days |= {day for day, _ in row["corrections"]}
        for name, attribute in plan.scheme.record_attributes.items():
            if attribute.type == "date" and row.get(name) is not None:
                days.add(row[name])
    for derived in plan.derived:
        days |= {derived.reach(day) for day in list(days)}
    for name, declared_attribute in plan.scheme.attributes.items():
        if declared_attribute.type == "date" and subject.attributes.get(name) is not None:
            days.add(subject.attributes[name])
    for entry in subject.listings:
        days |= {entry[name] for name in ("entered_day", "term_end_day", "exited_day") if entry[name] is not None}
    registered = subject.columns.get("registered_day")
    return sorted(days | ({int(registered)} if registered is not None else set()))


def changes(scheme: Scheme, days: list[int], first: int, last: int) -> Iterator[int]:
    """The days after `first`, up to `last`, on which a plan of the scheme, bound to the day, reads something else.

    `days`: of the subject, as `dates_of` gives them.
    """
    reader = Reader(scheme, days)
    before = reader.seen(from_day(first), first)
    for day in range(first + 1, last + 1):
        now = reader.seen(from_day(day), day)
        if now != before:
            yield day
        before = now


def fed_days(scheme: Scheme, feeds: list[int], first: int, last: int) -> Iterator[int]:
    """The days after `first` on which declared feeds may begin or cease to cover the default window. `feeds`: ends."""
    window, ends, before = scheme.windows[scheme.admit.window], sorted(set(feeds)), None
    for day in range(first, last + 1) if ends else ():
        low = window_days(window, from_day(day).year, day)[0]
        now = _places(ends, low), _places(ends, day)
        if before not in (None, now):
            yield day
        before = now


class Reader:
    """What a plan of a scheme, bound to a moment, can tell apart of a subject: where this is equal, so is the grade.

    `days`: of the subject, as `dates_of` gives them. Everything that binding takes from the moment is here: the year,
    the rules in force, edges of windows, cycles, elapsed time, and the day with which a date is compared.
    """

    def __init__(self, scheme: Scheme, days: list[int]) -> None:
        self.scheme, self.days = scheme, days
        self.applied = [rule.applies for _, rule in rules(scheme) if rule.applies is not None]
        bounds = [bound for applies in self.applied for bound in (applies.from_, applies.to)]
        self.bounds = sorted({to_day(bound) for bound in bounds if isinstance(bound, date)})
        self.months = sorted({w.cycle.months for w in scheme.windows.values() if w.cycle})
        self.since = {(fact.take, fact.at) for fact in scheme.facts.values() if fact.take in SINCE}
        known = [day for applies in self.applied for day in _known(applies)]
        self.edges = sorted({*self.bounds, *(bound + 1 for bound in self.bounds), *known})
        self.in_force: dict[tuple[int, ...], tuple[bool, ...]] = {}

    def seen(self, at: int | date, known: int) -> tuple[Any, ...]:
        """What can be told apart for a year or a day `at`, by what is known on the day `known`.

        The law as known then, or as a day that is held fixed says: both are covered.
        """
        year, as_of = (at, year_end(at)) if isinstance(at, int) else (at.year, to_day(at))
        moments = {"as_of": as_of, "known_at": known, "period_start": year_start(year)}
        parts: list[Any] = [year, self._in_force(at, known)]
        # a record that nobody corrected takes the variant of its item that is in force today
        parts += [_places(self.bounds, day) for day in dict.fromkeys((as_of, known))]
        parts += [_places(self.days, day) for day in dict.fromkeys((as_of, known))]
        for window in self.scheme.windows.values():
            low, high = bound_days(window, self.scheme.period, year, as_of, known)
            parts += [_places(self.days, low), _places(self.days, high)]
            if window.after_days:
                parts.append(_places(self.days, high + window.after_days))
        for months in self.months:
            parts.append(tuple(full_months(day, as_of) // months for day in self.days if day <= as_of))
        for take, name in sorted(self.since):
            day = moments[name]
            if take == "days_since":
                parts.append(day)
            else:
                parts.append(tuple(full_months(named_day, day + 1) for named_day in self.days if named_day <= day))
        return tuple(parts)

    def _in_force(self, at: int | date, known: int) -> tuple[bool, ...]:
        """The rules that hold; the same between two edges of a year."""
        place = (at, 0) if isinstance(at, int) else (at.year, bisect_right(self.edges, to_day(at)))
        key = (*place, bisect_right(self.edges, known))
        if key not in self.in_force:
            laws = (None, from_day(known))
            self.in_force[key] = tuple(holds(applies, at, law) for applies in self.applied for law in laws)
        return self.in_force[key]


def _known(applies: Applies) -> Iterator[int]:
    """The days from which what is known of a law is another."""
    if applies.known_from is not None:
        yield to_day(applies.known_from)
    if applies.known_to is not None:
        yield to_day(applies.known_to) + 1


def _places(days: list[int], edge: int) -> tuple[int, int]:
    """How many of the days lie before an edge, and how many on it or before: what comparisons with it can tell."""
    return bisect_left(days, edge), bisect_right(days, edge)


__all__ = ["Reader", "changes", "dates_of", "fed_days"]

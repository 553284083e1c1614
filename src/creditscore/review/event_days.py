"""The days on which a grade can change while knowledge stays: those on which anything that a plan reads changes.

A plan depends on the day through its windows, own cycles, elapsed months, comparisons with the day and the rules in
force. `changes` looks at every day of a stretch and keeps those on which one of these differs from the day before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from typing import Any

from creditscore.days import from_day, full_months, to_day
from creditscore.grading.bind_days import window_days
from creditscore.grading.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.schemes.force import holds
from creditscore.schemes.model import Scheme
from creditscore.schemes.walk import rules


def dates_of(plan: Plan, subject: Subject) -> list[int]:
    """Every day that stands in what the subject brings, and those that follow from them."""
    found: set[int] = set()
    for row in subject.records:
        found |= {value for name, value in row.items() if name.endswith(("_day", "_on")) and isinstance(value, int)}
        found |= {day for day, _ in row["corrections"]}
        for name, attribute in plan.scheme.record_attributes.items():
            if attribute.type == "date" and row.get(name) is not None:
                found.add(row[name])
    for derived in plan.derived:
        found |= {derived.reach(day) for day in list(found)}
    for name, one in plan.scheme.attributes.items():
        if one.type == "date" and subject.attributes.get(name) is not None:
            found.add(subject.attributes[name])
    for entry in subject.listings:
        found |= {entry[name] for name in ("entered_day", "term_end_day", "exited_day") if entry[name] is not None}
    registered = subject.columns.get("registered_day")
    return sorted(found | ({int(registered)} if registered is not None else set()))


def changes(scheme: Scheme, days: list[int], first: int, last: int) -> Iterator[int]:
    """The days after `first`, up to `last`, on which a plan of the scheme, bound to the day, reads something else.

    `days`: of the subject, as `dates_of` gives them.
    """
    reader = _Reader(scheme, days)
    before = reader.seen(first)
    for day in range(first + 1, last + 1):
        now = reader.seen(day)
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


class _Reader:
    """What a plan can tell apart on a day."""

    def __init__(self, scheme: Scheme, days: list[int]) -> None:
        self.scheme, self.days = scheme, days
        self.applied = [rule.applies for _, rule in rules(scheme) if rule.applies is not None]
        bounds = [bound for one in self.applied for bound in (one.from_, one.to)]
        self.bounds = sorted({to_day(bound) for bound in bounds if isinstance(bound, date)})
        taken = {fact.take for fact in scheme.facts.values()}
        self.months = sorted({w.cycle.months for w in scheme.windows.values() if w.cycle})
        self.elapsed, self.daily = "months_since" in taken, "days_since" in taken

    def seen(self, day: int) -> tuple[Any, ...]:
        at = from_day(day)
        parts: list[Any] = [at.year, *(holds(one, at, law) for one in self.applied for law in (None, at))]
        # a record that nobody corrected takes the variant of its item that is in force today
        parts += [_places(self.bounds, day), _places(self.days, day)]
        for window in self.scheme.windows.values():
            low, high = window_days(window, at.year, day)
            parts += [_places(self.days, low), _places(self.days, min(high, day))]
            if window.after_days:
                parts.append(_places(self.days, high + window.after_days))
        for months in self.months:
            parts.append(tuple(full_months(one, day) // months for one in self.days if one <= day))
        if self.elapsed:
            parts.append(tuple(full_months(one, day + 1) for one in self.days if one <= day))
        if self.daily:
            parts.append(day)
        return tuple(parts)


def _places(days: list[int], edge: int) -> tuple[int, int]:
    """How many of the days lie before an edge, and how many on it or before: what comparisons with it can tell."""
    return bisect_left(days, edge), bisect_right(days, edge)


__all__ = ["changes", "dates_of", "fed_days"]

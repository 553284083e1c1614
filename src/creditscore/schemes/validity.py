"""When a rule is in force: for a period, by what was known of the law, and the stretches between two changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from creditscore.schemes.model import Applies, Rule, Scheme


@dataclass(frozen=True)
class Epoch:
    """A stretch in which the same rules are in force, shown by its first period; `law`: replayed as known that day."""

    at: int | date
    law: date | None
    rules: frozenset[int]  # ids (of Python) of the rules that hold

    def has(self, rule: Rule) -> bool:
        return id(rule) in self.rules

    def __str__(self) -> str:
        return f"{self.at}" + (f" as known on {self.law}" if self.law else "")


def holds(applies: Applies | None, at: int | date, law: date | None = None) -> bool:
    """Whether a rule is in force for the period and by what was known of the law."""
    if applies is None:
        return True
    if law is not None:
        if applies.known_from is not None and law < applies.known_from:
            return False
        if applies.known_to is not None and law > applies.known_to:
            return False
    elif applies.known_to is not None:
        return False
    if applies.by != "period":
        return True
    low, high = first(applies.from_, at), last(applies.to, at)
    return (low is None or low <= at) and (high is None or at <= high)  # type: ignore[operator]


def first(bound: int | date | None, at: int | date) -> int | date | None:
    """A lower bound in the terms of `at`: a year begins on 1 January, a day belongs to its year."""
    if isinstance(bound, date):
        return bound if isinstance(at, date) else bound.year
    return date(bound, 1, 1) if bound is not None and isinstance(at, date) else bound


def last(bound: int | date | None, at: int | date) -> int | date | None:
    """An upper bound, included: a year ends on 31 December."""
    if isinstance(bound, date):
        return bound if isinstance(at, date) else bound.year
    return date(bound, 12, 31) if bound is not None and isinstance(at, date) else bound


def after(bound: int | date) -> int | date:
    return bound + timedelta(days=1) if isinstance(bound, date) else bound + 1


def within(scheme: Scheme, at: int | date) -> bool:
    """Whether the version governs a period; False where bound and period are of different kinds."""
    begin, end = scheme.effective_from, scheme.effective_to
    if isinstance(begin, int) != isinstance(at, int):
        return False
    if end is not None and isinstance(end, int) == isinstance(at, int) and at >= end:  # type: ignore[operator]
        return False
    return begin <= at  # type: ignore[operator]


def epochs(scheme: Scheme, rules: list[Rule]) -> list[Epoch]:
    """One epoch for each set of rules that can be in force together under this version."""
    begin = scheme.effective_from
    times, days = {begin}, set()
    for rule in rules:
        applies = rule.applies
        if applies is None:
            continue
        if applies.by == "period":
            low, high = first(applies.from_, begin), last(applies.to, begin)
            times |= {bound for bound in (low, None if high is None else after(high)) if bound is not None}
        for known in (applies.known_from, None if applies.known_to is None else applies.known_to + timedelta(days=1)):
            days |= {known, known - timedelta(days=1)} if known else set()
    laws: list[date | None] = [None, *sorted(day for day in days if not scheme.known_from or day >= scheme.known_from)]
    return list(_distinct(scheme, rules, sorted(times, key=str), laws))


def _distinct(scheme: Scheme, rules: list[Rule], times: list[int | date], laws: list[date | None]) -> Iterator[Epoch]:
    seen = set()
    for law in laws:
        for at in times:
            if within(scheme, at):
                held = frozenset(id(rule) for rule in rules if holds(rule.applies, at, law))
                if held not in seen:
                    seen.add(held)
                    yield Epoch(at, law, held)

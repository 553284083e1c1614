"""Working days in China: public holidays and adjusted workdays from the `chinesecalendar` package.

Beyond the years that package covers, weekends alone are known and a date is provisional.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from creditscore.core.days import from_day, to_day, year_end, year_start

THURSDAY = 3  # the weekday of day 0, where Monday is 0


@dataclass(frozen=True)
class Calendar:
    """What is known of some whole years: first and last day, and the days that are not as their weekday says."""

    first: int
    last: int
    turned: frozenset[int]


_given: ContextVar[Calendar | None] = ContextVar("given", default=None)


@contextmanager
def calendar_given(calendar: Calendar) -> Iterator[None]:
    """Let working days be those of a calendar for a while, whatever the installed package knows."""
    before = _given.set(calendar)
    try:
        yield
    finally:
        _given.reset(before)


@lru_cache(maxsize=1)
def installed() -> Calendar:
    """The calendar of the installed package."""
    first, last = _installed_span()
    days = range(first, last + 1)
    return Calendar(first, last, frozenset(day for day in days if _installed(day) != _weekday(day)))


def days_turned(until: int) -> tuple[int, list[int]]:
    """The last day up to `until` with known holidays, and the days until then that are not as their weekday says."""
    given = _given.get()
    calendar = installed() if given is None else given
    last = min(calendar.last, until)
    return last, sorted(day for day in calendar.turned if day <= last)


def coverage() -> tuple[int, int]:
    """First and last day (integers) with known holidays; whole years only."""
    given = _given.get()
    return _installed_span() if given is None else (given.first, given.last)


@lru_cache(maxsize=1)
def _installed_span() -> tuple[int, int]:
    from chinese_calendar import constants

    years = [day.year for day in constants.holidays]
    return year_start(min(years)), year_end(max(years))


def is_provisional(day: int) -> bool:
    first, last = coverage()
    return not first <= day <= last


def is_working_day(day: int) -> bool:
    given = _given.get()
    if given is None:
        return _installed(day)
    return _weekday(day) != (day in given.turned)


@lru_cache(maxsize=100_000)
def _installed(day: int) -> bool:
    from chinese_calendar import is_workday

    first, last = _installed_span()
    return bool(is_workday(from_day(day))) if first <= day <= last else _weekday(day)


def _weekday(day: int) -> bool:
    return (day + THURSDAY) % 7 < 5


def next_working_day(day: int) -> int:
    """`day` itself when it is a working day, else the first working day after it."""
    while not is_working_day(day):
        day += 1
    return day


def add_working_days(day: int, n: int) -> int:
    """The n-th working day after `day`."""
    return _add_working_days(_given.get(), day, n)


@lru_cache(maxsize=10_000)
def _add_working_days(calendar: Calendar | None, day: int, n: int) -> int:
    while n > 0:
        day += 1
        n -= is_working_day(day)
    return day


__all__ = [
    "Calendar",
    "add_working_days",
    "calendar_given",
    "coverage",
    "installed",
    "is_provisional",
    "is_working_day",
    "next_working_day",
    "to_day",
]

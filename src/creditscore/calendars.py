"""Working days in China: public holidays and adjusted workdays from the `chinesecalendar` package.

Beyond the years that package covers, weekends alone are known and a date is provisional.
"""

from __future__ import annotations

from functools import lru_cache

from creditscore.days import from_day, to_day, year_end, year_start


@lru_cache(maxsize=1)
def coverage() -> tuple[int, int]:
    """First and last day (integers) with known holidays; whole years only."""
    from chinese_calendar import constants

    years = [day.year for day in constants.holidays]
    return year_start(min(years)), year_end(max(years))


def is_provisional(day: int) -> bool:
    first, last = coverage()
    return not first <= day <= last


@lru_cache(maxsize=100_000)
def is_working_day(day: int) -> bool:
    from chinese_calendar import is_workday

    if is_provisional(day):
        return from_day(day).weekday() < 5
    return bool(is_workday(from_day(day)))


def next_working_day(day: int) -> int:
    """`day` itself when it is a working day, else the first working day after it."""
    while not is_working_day(day):
        day += 1
    return day


def add_working_days(day: int, n: int) -> int:
    """The n-th working day after `day`."""
    while n > 0:
        day += 1
        n -= is_working_day(day)
    return day


__all__ = ["add_working_days", "coverage", "is_provisional", "is_working_day", "next_working_day", "to_day"]

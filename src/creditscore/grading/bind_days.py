"""The days a scheme speaks of: windows, own cycles, dates that follow from dates, last days of repair windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from creditscore.core.calendars import add_working_days, next_working_day
from creditscore.core.days import FIRST, LAST, add_months, from_day, full_months, year_end, year_start
from creditscore.schemes.model import RecordAttribute, RepairRule, Window

FAR = 10**6  # a day beyond every date


def window_days(window: Window, year: int, until: int) -> tuple[int, int]:
    """First and last day of the clock that count, for an evaluation year and the day `until`."""
    if window.ever or window.cycle:
        return -FAR, until
    if window.years is not None:
        return year_start(year + window.years[0]), year_end(year + window.years[1])
    if window.months is not None or window.days is not None:
        edge = add_months(until, -window.months) if window.months is not None else until - (window.days or 0)
        return edge if window.edge == "inclusive" else edge + 1, until
    life = window.valid or {}
    months, days = life.get("months", 0) + 12 * life.get("years", 0), life.get("days", 0)

    def alive(day: int) -> bool:
        end = add_months(day + window.after_days, months) + days
        return until <= end if window.edge == "inclusive" else until < end

    # the end of a record's life never moves back when its clock moves on, so the living days are an interval
    low, high = FIRST, until - window.after_days + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if alive(middle) else (middle + 1, high)
    return low, until - window.after_days


def bound_days(window: Window, kind: str, year: int, as_of: int, known_at: int) -> tuple[int, int]:
    """`window_days` as a plan holds them; `kind`: the scheme is graded by `year` or by `day`."""
    until = known_at if window.until == "known_at" else as_of
    low, high = window_days(window, year, until)
    # a calendar year that is running ends, for now, on the day of grading
    return low, min(high, until) if kind == "day" else high


def cycle(until: int, months: int) -> Callable[[int], int]:
    """The first day of the cycle that runs on `until`, for cycles that began on a day before it."""
    return lambda began: add_months(began, full_months(began, until) // months * months)


def reach(rule: RecordAttribute) -> Callable[[int], int]:
    """From the date that is given to the one that follows from it."""
    if rule.workdays is not None:
        return lru_cache(maxsize=50_000)(lambda day: add_working_days(day, rule.workdays or 0))
    if rule.months is not None:
        return lambda day: add_months(day, rule.months or 0)
    return lambda day: day + (rule.days or 0)


def last_days(rule: RepairRule) -> Callable[[int], tuple[int, ...]]:
    """From the clock day of a record to the last day of each repair window."""

    @lru_cache(maxsize=50_000)
    def last_days(day: int) -> tuple[int, ...]:
        result = []
        for window in rule.windows:
            if window.later:
                last = FAR
            elif window.end_of_year is not None:
                last = year_end(from_day(day).year + window.end_of_year)
            elif window.months is not None:
                last = add_months(day, window.months)
            else:
                last = day + (window.days or 0)
            result.append(next_working_day(last) if window.roll == "next_working_day" and last < LAST else last)
        return tuple(result)

    return last_days

"""Days as integers (days since 1970-01-01) and the date arithmetic that rules use."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

from creditscore.core.errors import InputError, UsageError

EPOCH = date(1970, 1, 1)
FIRST = (date(1900, 1, 1) - EPOCH).days
LAST = (date(2100, 12, 31) - EPOCH).days


def to_day(value: date) -> int:
    return (value - EPOCH).days


def read_day(text: str) -> int:
    """The number of a day that is written as YYYY-MM-DD.

    >>> read_day("1970-01-31")
    30
    """
    return to_day(date.fromisoformat(text))


def from_day(day: int) -> date:
    """The date of a day number; InputError where it is none, which only data that was damaged can hold."""
    try:
        return EPOCH + timedelta(days=day)
    except OverflowError as error:
        raise InputError("core.day_number_no_date_data_damaged", day=day) from error


def iso(day: int | None) -> str:
    return "" if day is None else from_day(day).isoformat()


def day_of(value: date | str | None, name: str) -> date | None:
    """The day that a caller gives as a date or as YYYY-MM-DD; UsageError for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise UsageError("core.not_day", name=name, value=value, allowed="YYYY-MM-DD") from error


def add_months(day: int, months: int) -> int:
    """The same day of the month `months` later, or the month's last day (29 February + 1 year = 28 February)."""
    start = from_day(day)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return to_day(date(year, month + 1, min(start.day, last)))


def year_start(year: int) -> int:
    return to_day(date(year, 1, 1))


def year_end(year: int) -> int:
    return to_day(date(year, 12, 31))


def full_months(start: int, end: int) -> int:
    """Whole months from `start` to `end`; 0 when `end` is before `start`."""
    if end < start:
        return 0
    a, b = from_day(start), from_day(end)
    months = (b.year - a.year) * 12 + b.month - a.month
    return months if add_months(start, months) <= end else months - 1

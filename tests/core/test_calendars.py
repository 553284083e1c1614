"""Working days: holidays and adjusted workdays that are known, weekends alone beyond, and a calendar that is given."""

from __future__ import annotations

from datetime import date

import pytest

from creditscore.core.calendars import (
    Calendar,
    add_working_days,
    calendar_given,
    coverage,
    days_turned,
    installed,
    is_provisional,
    is_working_day,
    next_working_day,
)
from creditscore.core.days import iso, to_day


def day_of(text: str) -> int:
    return to_day(date.fromisoformat(text))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2023-01-19", True),
        ("2023-01-23", False),  # a Monday of the Spring Festival
        ("2023-01-28", True),  # a Saturday that is worked for it
        ("2023-02-04", False),
        ("2099-10-01", True),  # a Thursday of a year whose holidays nobody knows
        ("2099-10-03", False),
    ],
)
def test_holidays_and_adjusted_workdays(day: str, works: bool) -> None:
    assert is_working_day(day_of(day)) is works


def test_the_next_working_day_and_the_nth() -> None:
    friday = day_of("2023-01-20")
    assert iso(next_working_day(friday)) == "2023-01-20"
    assert iso(next_working_day(friday + 1)) == "2023-01-28"
    assert iso(add_working_days(friday, 0)) == "2023-01-20"
    assert iso(add_working_days(friday, 3)) == "2023-01-30"


def test_beyond_the_known_years_a_day_is_provisional() -> None:
    first, last = coverage()
    assert iso(first).endswith("-01-01")
    assert iso(last).endswith("-12-31")
    assert [is_provisional(day) for day in (first - 1, first, last, last + 1)] == [True, False, False, True]


def test_a_calendar_that_is_given_stands_in_place_of_the_installed_one() -> None:
    monday = day_of("2023-05-08")
    with calendar_given(Calendar(monday - 7, monday + 6, frozenset({monday}))):
        assert not is_working_day(monday)
        assert coverage() == (monday - 7, monday + 6)
        assert days_turned(monday - 1) == (monday - 1, [])
        assert days_turned(monday + 90) == (monday + 6, [monday])
    assert is_working_day(monday)
    assert days_turned(installed().last) == (installed().last, sorted(installed().turned))

"""The one clock: times are UTC, days of acts are those of the office (Asia/Shanghai, or `CREDITSCORE_TZ`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from creditscore.core.days import from_day
from creditscore.core.errors import UsageError

VARIABLE = "CREDITSCORE_TZ"
SHANGHAI = "Asia/Shanghai"


def _system() -> datetime:
    return datetime.now(UTC)


_clock: Callable[[], datetime] = _system


def now() -> datetime:
    """The time, in UTC."""
    return _clock().astimezone(UTC)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Inside, it is that moment, with a time zone; for tests and for playing a day again."""
    global _clock
    if moment.tzinfo is None:
        raise UsageError("core.no_time_zone", moment=moment)
    before, _clock = _clock, lambda: moment
    try:
        yield
    finally:
        _clock = before


def office_zone() -> tzinfo:
    """The time zone of the office; UsageError where `CREDITSCORE_TZ` names none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = os.environ.get(VARIABLE, "").strip() or SHANGHAI
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if name == SHANGHAI:  # a machine without a time zone database: China has had no summer time since 1991
            return timezone(timedelta(hours=8), SHANGHAI)
        raise UsageError("core.no_time_zone_3", name=name, variable=VARIABLE, shanghai=SHANGHAI) from error


def office_day(moment: datetime | str) -> date:
    """The day of the office at a moment with a time zone; as text it is UTC, `2026-12-01T17:00:00Z`."""
    given = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return given.astimezone(office_zone()).date()


def today() -> date:
    """The day of the office now."""
    return office_day(now())


def check_day_has_come(on: date | int, name: str = "on") -> None:
    """Raise UsageError for a day after today: what is entered as done has been done."""
    day, latest = (from_day(on) if isinstance(on, int) else on), today()
    if day > latest:
        raise UsageError(
            "core.not_come", name=name, day=day, latest=latest, office_zone=office_zone(), variable=VARIABLE
        )


def moment(at: datetime | str | None) -> str:
    """`at` as UTC text to the second (absent: now); UsageError without a time zone. The one clock of the log."""
    given = at
    if given is None:
        given = now()
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError as error:
            raise UsageError("core.not_time", at=at, allowed="2026-01-31T08:00:00Z") from error
    if given.tzinfo is None:
        raise UsageError("core.no_time_zone_2", at=at, allowed="2026-01-31T08:00:00Z, 2026-01-31T16:00:00+08:00")
    return given.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

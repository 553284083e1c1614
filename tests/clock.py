"""The clock of tests: acts on days to come are entered when those days have come."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time

from creditscore.core.clock import clock_at

NOON = time(4, tzinfo=UTC)  # in Shanghai


def at_day(day: date | str) -> AbstractContextManager[None]:
    """The clock stands at noon of that day, or at this moment where the day is past."""
    given = date.fromisoformat(day) if isinstance(day, str) else day
    return clock_at(max(datetime.combine(given, NOON), datetime.now(UTC)))

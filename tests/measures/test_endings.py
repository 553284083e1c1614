"""When a measure ends."""

from __future__ import annotations

from creditscore.measures.endings import after, entry_ending
from creditscore.schemes.lists import Span
from tests.measures.helpers import day


def test_spans_end_on_their_day() -> None:
    assert after(day("2024-02-29"), Span(years=1)) == day("2025-02-28")
    assert after(day("2024-01-31"), Span(months=1)) == day("2024-02-29")
    assert after(day("2024-03-01"), Span(days=10)) == day("2024-03-11")
    assert after(day("2024-03-01"), Span(workdays=1)) == day("2024-03-04")
    assert entry_ending(None, 7).on == 7  # type: ignore[union-attr]

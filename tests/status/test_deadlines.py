"""Days until when something is to be done, by the calendar."""

from __future__ import annotations

from creditscore.status.deadlines import working


def test_days_are_counted_by_the_calendar_and_beyond_it_are_provisional() -> None:
    assert str(working(19480, 3)) == "2023-05-06"  # 3 May is a working day again, and so is Saturday the 6th
    far = working(30000, 3)
    assert far.provisional
    assert "(provisional)" in str(far)
    assert not working(30000, 0).provisional

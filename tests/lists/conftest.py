"""Entries of tests run for years: their steps are entered when those days have come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clock import at_day


@pytest.fixture(autouse=True)
def when_all_days_have_come() -> Iterator[None]:
    with at_day("2091-01-01"):
        yield

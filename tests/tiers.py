"""Three tiers of tests: `make test` leaves out what is slow or long, CI what is long; `make test-long` runs that.

Of a long series the quick tiers run every so many, so that each of them sees the whole breadth. What was measured to
cost much by itself (`measured_tiers.json`, written by `scripts/set_tiers.py`) is slow or long too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

MEASURED = Path(__file__).with_name("measured_tiers.json")


def mark_measured(items: Iterable[pytest.Item]) -> None:
    """Mark as slow or long what was measured to cost much."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    for item in items:
        for tier in ("slow", "long"):
            if item.nodeid in measured[tier]:
                item.add_marker(tier)


def thinned(values: Iterable[Any], every: int, in_ci: int = 1) -> list[Any]:
    """Parameters of which each but the first of `every` is slow, and each but the first of `in_ci` long.

    A tuple is several arguments. `every` is a multiple of `in_ci`, so that what the quickest tier runs runs in all.
    """
    if every % in_ci:
        raise ValueError(f"{every} is no multiple of {in_ci}")
    return [_marked(value, number, every, in_ci) for number, value in enumerate(values)]


def _marked(value: Any, number: int, every: int, in_ci: int) -> Any:
    if number % every == 0:
        return value
    mark = pytest.mark.slow if number % in_ci == 0 else pytest.mark.long
    return pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=mark)

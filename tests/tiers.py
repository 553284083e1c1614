"""Three tiers of tests: `make test` leaves out what is slow or long, CI what is long; `make test-long` runs that.

Of a long series the quick tiers run every so many, so that each of them sees the whole breadth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


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

"""Which tests `make test` leaves to `make test-all`: those marked slow, and of long series all but a few."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def thinned(values: Iterable[Any], every: int) -> list[Any]:
    """Parameters of which each but the first of `every` is marked slow; a tuple is several arguments."""
    return [
        value
        if number % every == 0
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.slow)
        for number, value in enumerate(values)
    ]

"""Conditions and outcomes over names between bounds: what they leave is never less than what single values give."""

from __future__ import annotations

from itertools import product

import pytest

from creditscore.core.quantities import MICRO
from creditscore.grading.input_state.bounds import OPEN, Span, holds_always
from creditscore.schemes.expressions import parse, to_python

CONDITIONS = [
    "n >= 2",
    "not n >= 2",
    "n < 2 and flag",
    "n * 2 > m or flag",
    "n - m > 1",
    "n == 2",
    "flag",
    "not (flag and n > 1)",
    "flag or not flag",
]
NUMBERS = [number * MICRO for number in range(4)]


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_that_holds_always_holds_for_each_value(text: str) -> None:
    node = parse(text)
    test = to_python(node)
    for low, high, m, flag in product(NUMBERS, NUMBERS, NUMBERS, (True, False, None)):
        if low > high:
            continue
        env = {"n": Span(low, high) if low < high else low, "m": m, "flag": Span(False, True) if flag is None else flag}
        flags = (True, False) if flag is None else (flag,)
        values = {bool(test({"n": n, "m": m, "flag": flag})) for n in NUMBERS if low <= n <= high for flag in flags}
        verdict = holds_always(node, env)
        assert verdict is None or values == {verdict}
        assert holds_always(node, env | {"n": OPEN}) in (None, verdict) or len(values) == 1


def test_a_condition_of_one_name_is_decided_by_its_ends() -> None:
    assert holds_always(parse("n >= 2"), {"n": Span(2 * MICRO, 9 * MICRO)}) is True
    assert holds_always(parse("n >= 2"), {"n": Span(0, MICRO)}) is False
    assert holds_always(parse("n >= 2"), {"n": Span(0, 9 * MICRO)}) is None
    assert holds_always(parse("n >= 2"), {"n": OPEN}) is None
    assert holds_always(None, {}) is True

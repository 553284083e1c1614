"""Allocation: exact, in proportion, nobody at 0."""

from __future__ import annotations

import doctest
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.inspection import allocate as module
from creditscore.inspection.allocate import allocate, class_total, collapse

SIZES = st.dictionaries(
    st.text("abc", min_size=1, max_size=3).map(lambda text: (text,)), st.integers(1, 200), min_size=1, max_size=12
)


@given(SIZES, st.fractions(Fraction(1, 100), 3), st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_every_stratum_is_drawn_and_the_sum_is_exact(
    sizes: dict[tuple[str, ...], int], rate: Fraction, minimum: int
) -> None:
    total, _ = class_total(sum(sizes.values()), rate, Fraction(0), None)
    least = min(minimum, total)
    joined = collapse(sizes, total, least)
    assert joined.keys() == sizes.keys()
    drawn = {into: sum(sizes[pair] for pair, to in joined.items() if to == into) for into in joined.values()}
    results = allocate(drawn, total, least)
    assert sum(results.values()) == total
    cap = -(-rate // 1)
    for key, visits in results.items():
        assert min(least, drawn[key]) <= visits <= max(cap, 1) * drawn[key]


@given(SIZES, st.integers(1, 300))
@settings(max_examples=100, deadline=None)
def test_without_a_binding_minimum_each_is_within_one_of_its_share(
    sizes: dict[tuple[str, ...], int], total: int
) -> None:
    results = allocate(sizes, total, 0)
    whole = sum(sizes.values())
    for key, size in sizes.items():
        assert abs(results[key] - Fraction(total * size, whole)) < 1
    assert sum(results.values()) == total


def test_largest_remainder_by_hand() -> None:
    # quotas 4.878, 2.927, 0.195: c gets its minimum, then 7 over 80: 4.375 and 2.625
    assert allocate({("a",): 50, ("b",): 30, ("c",): 2}, 8) == {("a",): 4, ("b",): 3, ("c",): 1}
    # equal remainders: the stratum that sorts first
    assert allocate({("b",): 10, ("a",): 10}, 5) == {("a",): 3, ("b",): 2}


def test_small_strata_are_joined_until_all_are_drawn() -> None:
    joined = collapse({("a",): 50, ("b",): 3, ("c",): 2, ("d",): 1}, 2, 1)
    assert joined[("a",)] == ("a",)
    assert {joined[pair] for pair in (("b",), ("c",), ("d",))} == {("(others)",)}


def test_the_total_keeps_its_bounds() -> None:
    low, high = Fraction(21, 100), Fraction(3, 5)
    assert class_total(10, Fraction(2, 5), low, high) == (4, False)
    assert class_total(7, Fraction(21, 100), low, high) == (2, False)  # 1.47 rounds to 1, which is below 21 %
    assert class_total(3, Fraction(1, 20), Fraction(0), Fraction(1, 20)) == (1, True)
    assert class_total(50, Fraction(1, 20), Fraction(0), Fraction(1, 20)) == (2, False)  # 2.5 would be 3, above 5 %
    assert class_total(0, Fraction(1, 2), Fraction(0), None) == (0, False)
    assert class_total(5, Fraction(0), Fraction(0), None) == (0, False)


def test_the_examples_run() -> None:
    assert doctest.testmod(module).failed == 0

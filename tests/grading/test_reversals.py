"""Pairs counted one by one, and by the fast count: the same numbers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from creditscore.grading.reversals import mid_ranks, reversals

SCORES = st.lists(st.tuples(st.integers(-4, 4), st.integers(-(10**12), 10**12) | st.integers(0, 3)), max_size=40)


@given(SCORES)
def test_every_pair_is_counted_once(rows: list[tuple[int, int]]) -> None:
    reversal_rows = reversals([a for a, _ in rows], [b for _, b in rows])
    signs = [(np.sign(a - c), np.sign(b - d)) for (a, b), (c, d) in combinations(rows, 2)]
    assert reversal_rows.kept == sum(x * y > 0 for x, y in signs)
    assert reversal_rows.reversed == sum(x * y < 0 for x, y in signs)
    assert reversal_rows.tied_before == sum(x == 0 != y for x, y in signs)
    assert reversal_rows.tied_after == sum(y == 0 != x for x, y in signs)
    assert reversal_rows.tied_both == sum(x == 0 == y for x, y in signs)
    assert reversal_rows.pairs == len(signs)


def test_tau_is_the_one_of_statistics() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 30, 500), rng.integers(0, 30, 500)
    assert reversals(a, b).tau == pytest.approx(kendalltau(a, b).statistic, abs=1e-9)
    assert reversals([1, 1], [2, 3]).tau is None
    assert reversals([1, 2], [2, 3]).tau == 1


def test_many_pairs_are_counted_exactly() -> None:
    n = 200_000
    assert reversals(np.arange(n), np.arange(n)[::-1]).reversed == n * (n - 1) // 2


def test_equal_scores_share_a_rank() -> None:
    assert mid_ranks([90, 80, 80, 70]).tolist() == [1, 2.5, 2.5, 4]


def test_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        reversals([1, 2], [1])

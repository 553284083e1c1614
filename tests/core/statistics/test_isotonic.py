"""Isotonic blocks: rising rates inside (0, 1), by hand and against scikit-learn's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from creditscore.core.statistics.isotonic import Blocks, isotonic_blocks, isotonic_rates

ROWS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40)


def test_blocks_by_hand() -> None:
    # rates 0/2, 1/2, 0/1, 1/1: the second and the third fall and are pooled to 1/3
    blocks = isotonic_blocks(np.array([1.0, 1, 2, 2, 3, 4]), np.array([0.0, 0, 0, 1, 0, 1]), np.ones(6))
    assert blocks.cuts == pytest.approx([1.5, 3.5])
    assert blocks.rows == pytest.approx([2, 3, 1])
    assert blocks.events == pytest.approx([0, 1, 1])
    assert blocks.rate == pytest.approx([(0 + 1 / 3) / 3, (1 + 1 / 3) / 4, (1 + 1 / 3) / 2])
    assert blocks.find(np.array([1.4, 1.5, 9.0])).tolist() == [0, 1, 2]
    low, high = blocks.interval(0.95)
    assert np.isneginf(low[0])
    assert np.isposinf(high[2])
    assert (low < blocks.log_odds).all()
    assert (blocks.log_odds < high).all()
    again = Blocks.from_dict(json.loads(json.dumps(blocks.to_dict())))
    assert again.to_dict() == blocks.to_dict()


@given(ROWS)
def test_rates_of_blocks_rise_inside_0_and_1(rows: list[tuple[int, bool]]) -> None:
    x, t = np.array(sorted(rows), dtype=np.float64).T
    blocks = isotonic_blocks(x, t, np.ones(len(x)))
    assert (np.diff(blocks.rate) > 0).all()
    assert blocks.rows.sum() == pytest.approx(len(x))
    assert blocks.events.sum() == pytest.approx(t.sum())
    if 0 < t.sum() < len(x):
        assert 0 < blocks.rate.min() <= blocks.rate.max() < 1


@given(ROWS)
def test_rates_of_rows_are_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    p, y = np.array(rows, dtype=np.float64).T
    assert isotonic_rates(y, p, np.ones(len(y))) == pytest.approx(IsotonicRegression().fit(p, y).predict(p))

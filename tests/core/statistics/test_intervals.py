"""Intervals of rates and ratios, tails, and weighted counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, chi2, norm

from creditscore.core.statistics.intervals import (
    chi_tail,
    effective_counts,
    jeffreys,
    normal_quantile,
    normal_tail,
    ratio_of_rates,
    two_sided,
)

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_an_interval_of_a_rate() -> None:
    low, high = jeffreys([0, 10, 5], [10, 10, 0 + 10], 0.95)
    assert (low[0], high[1]) == (0.0, 1.0)
    assert high[0] == pytest.approx(beta.ppf(0.975, 0.5, 10.5))
    assert (low[2], high[2]) == pytest.approx(beta.ppf([0.025, 0.975], 5.5, 5.5))


def test_a_ratio_of_two_rates() -> None:
    assert ratio_of_rates(10, 100, 5, 100)[0] == pytest.approx(2)
    ratio, below, above = ratio_of_rates(0, 100, 5, 100)
    assert 0 < below < ratio < 1 < above
    assert np.isnan(ratio_of_rates(0, 0, 5, 100)[0])


def test_tails_are_scipys() -> None:
    assert normal_quantile(0.95) == pytest.approx(norm.ppf(0.975))
    assert normal_tail([-1.0, 2.0]) == pytest.approx(norm.sf([-1.0, 2.0]))
    assert two_sided(-1.5) == pytest.approx(2 * norm.sf(1.5))
    assert chi_tail(3.0, 4) == pytest.approx(chi2.sf(3.0, 4))
    assert np.isnan(chi_tail(3.0, 0))


@given(COUNTS, st.floats(0.1, 50))
def test_equal_weights_change_no_count(counts: tuple[int, int], w: float) -> None:
    k, n = counts
    effective = effective_counts(k * w, n * w, n * w * w)
    assert np.allclose(effective, (k, n))

"""Tails against scipy's, and against counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from creditscore.records.tails import binomial_upper, hypergeometric_upper, negative_binomial, no_arrival


@given(st.integers(0, 400), st.floats(0.05, 300), st.floats(1, 20))
def test_negative_binomial(count: int, mean: float, times: float) -> None:
    low, high = negative_binomial(count, mean, mean * times)
    if times - 1 < 1e-9:
        law = stats.poisson(mean)
    else:
        r = mean / (times - 1)
        law = stats.nbinom(r, r / (r + mean))
    assert low == pytest.approx(law.cdf(count), abs=1e-7)
    assert high == pytest.approx(law.sf(count - 1), abs=1e-7)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1))
def test_binomial(count: int, more: int, share: float) -> None:
    assert binomial_upper(count, count + more, share) == pytest.approx(
        stats.binom(count + more, share).sf(count - 1), abs=1e-9
    )


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_hypergeometric(hits: int, misses: int, others: int, other_misses: int) -> None:
    table = [[hits, misses], [others, other_misses]]
    found = hypergeometric_upper(hits, hits + misses, others, others + other_misses)
    assert found == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, abs=1e-9)


def test_zero() -> None:
    assert no_arrival(0.5, 10) == pytest.approx(stats.poisson(5).pmf(0))
    with pytest.raises(ValueError, match="a mean above 0"):
        negative_binomial(1, 0, 1)
    with pytest.raises(ValueError, match="no binomial count"):
        binomial_upper(3, 2, 0.5)

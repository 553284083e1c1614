"""Tails against scipy's and against exact fractions, by relative error, far out as well as near."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from creditscore.core.statistics.tails import binomial_upper, hypergeometric_upper, negative_binomial, no_arrival

CLOSE = 1e-9  # relative


def law_of(mean: float, times: float) -> object:
    """scipy's law of a count with this mean and a variance of so many times it."""
    if times == 1:
        return stats.poisson(mean)
    r = mean / (times - 1)
    return stats.nbinom(r, 1 / times)


@given(st.integers(0, 400), st.floats(0.05, 300), st.one_of(st.just(1.0), st.floats(1.001, 50)))
def test_negative_binomial(count: int, mean: float, times: float) -> None:
    low, high = negative_binomial(count, mean, mean * times)
    law = law_of(mean, times)
    assert low == pytest.approx(law.cdf(count), rel=1e-8, abs=1e-290)
    assert high == pytest.approx(law.sf(count - 1), rel=1e-8, abs=1e-290)


@pytest.mark.parametrize("mean", [0.01, 0.5, 3.0, 40.0, 900.0])
@pytest.mark.parametrize("times", [1.0, 1.01, 1.5, 4.0, 30.0, 1000.0])
def test_negative_binomial_far_out(mean: float, times: float) -> None:
    law = law_of(mean, times)
    deviation = (mean * times) ** 0.5
    for count in {0, 1, 2, *(max(0, round(mean + step * deviation)) for step in (-5, -2, 0, 1, 3, 8, 20, 40))}:
        low, high = negative_binomial(count, mean, mean * times)
        assert low == pytest.approx(law.cdf(count), rel=CLOSE, abs=1e-290)
        assert high == pytest.approx(law.sf(count - 1), rel=CLOSE, abs=1e-290)


def test_negative_binomial_upper_tail_does_not_cancel() -> None:
    """One minus the lower tail said some 1e-15 here; and a variance next to the mean is a Poisson count."""
    _, high = negative_binomial(250, 40, 60)
    assert high == pytest.approx(float(stats.nbinom(80, 2 / 3).sf(249)), rel=CLOSE)
    assert high < 1e-55
    for spread in (1e-6, 1e-10, 1e-14):
        low, high = negative_binomial(90, 30.0, 30.0 * (1 + spread))
        assert high == pytest.approx(float(stats.poisson(30).sf(89)), rel=1e-3 if spread == 1e-6 else 1e-6)
        assert low == pytest.approx(1.0)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1))
def test_binomial(count: int, more: int, share: float) -> None:
    law = stats.binom(count + more, share)
    assert binomial_upper(count, count + more, share) == pytest.approx(law.sf(count - 1), rel=CLOSE, abs=1e-290)


@pytest.mark.parametrize("share", [1e-18, 1e-6, 0.03, 0.5, 0.97])
@pytest.mark.parametrize("trials", [5, 200, 5000])
def test_binomial_far_out(trials: int, share: float) -> None:
    law = stats.binom(trials, share)
    for count in {1, 2, trials // 10, trials // 3, trials // 2, trials - 1, trials}:
        assert binomial_upper(count, trials, share) == pytest.approx(law.sf(count - 1), rel=CLOSE, abs=1e-290)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_hypergeometric(hits: int, misses: int, others: int, other_misses: int) -> None:
    table = [[hits, misses], [others, other_misses]]
    tail = hypergeometric_upper(hits, hits + misses, others, others + other_misses)
    assert tail == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, rel=CLOSE)


@pytest.mark.parametrize(
    ("hits", "drawn", "others", "other_drawn"),
    [(60, 100, 5, 100), (90, 100, 0, 500), (3, 1000, 400, 1000), (250, 300, 40, 5000), (1, 1, 0, 10_000)],
)
def test_hypergeometric_far_out(hits: int, drawn: int, others: int, other_drawn: int) -> None:
    """Against exact fractions: down to 1e-270."""
    every, all_hits = drawn + other_drawn, hits + others
    ways = sum(comb(drawn, k) * comb(other_drawn, all_hits - k) for k in range(hits, min(drawn, all_hits) + 1))
    exact = float(Fraction(ways, comb(every, all_hits)))
    assert hypergeometric_upper(hits, drawn, others, other_drawn) == pytest.approx(exact, rel=CLOSE)


@pytest.mark.parametrize("rate", [1e-9, 0.5, 60.0])
def test_no_arrival(rate: float) -> None:
    assert no_arrival(rate, 10) == pytest.approx(float(stats.poisson(rate * 10).pmf(0)), rel=CLOSE)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="a mean above 0"):
        negative_binomial(1, 0, 1)
    with pytest.raises(ValueError, match="no binomial count"):
        binomial_upper(3, 2, 0.5)

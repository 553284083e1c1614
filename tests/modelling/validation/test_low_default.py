"""Small numbers: intervals and estimates against published figures and their own definitions."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.modelling.validation import low_default
from creditscore.modelling.validation.low_default import (
    bayes_rate,
    distinct_p_value,
    jeffreys_interval,
    most_prudent_rates,
)

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_examples_in_the_docs_hold() -> None:
    assert doctest.testmod(low_default).failed == 0


@pytest.mark.parametrize(
    ("confidence", "bounds"),
    # Pluto and Tasche, no default in 100 A, 400 B and 300 C, independent case, in per cent
    [
        (0.50, (0.09, 0.10, 0.23)),
        (0.75, (0.17, 0.20, 0.46)),
        (0.90, (0.29, 0.33, 0.76)),
        (0.95, (0.37, 0.43, 0.99)),
        (0.99, (0.57, 0.66, 1.52)),
        (0.999, (0.86, 0.98, 2.28)),
    ],
)
def test_most_prudent_rates_are_the_published_ones(confidence: float, bounds: tuple[float, ...]) -> None:
    prudent_rates = most_prudent_rates([0, 0, 0], [100, 400, 300], confidence)
    assert np.round(prudent_rates * 100, 2).tolist() == list(bounds)


@given(st.lists(COUNTS, min_size=1, max_size=6), st.floats(0.01, 0.99))
def test_most_prudent_rates_ascend_above_zero_and_solve_the_binomial(counts: list[tuple[int, int]], g: float) -> None:
    k, n = np.array(counts).T
    prudent_rates = most_prudent_rates(k, n, g)
    assert (prudent_rates > 0).all()
    assert (np.diff(prudent_rates) >= 0).all()
    if k[0:].sum() < n.sum():  # the best grade's bound comes first, so nothing has lifted it
        assert binom.cdf(k.sum(), n.sum(), prudent_rates[0]) == pytest.approx(1 - g, abs=1e-9)


@given(COUNTS, st.floats(0.05, 0.999))
def test_interval_and_estimates_hold_the_rate_and_are_never_zero(counts: tuple[int, int], level: float) -> None:
    k, n = counts
    low, high = jeffreys_interval(k, n, level)
    assert 0 <= low < high <= 1
    assert (low == 0) == (k == 0)
    assert (high == 1) == (k == n)
    jeffreys, uniform, conservative = (float(bayes_rate(k, n, p)) for p in ("jeffreys", "uniform", "conservative"))
    assert 0 < jeffreys < 1
    assert uniform == (k + 1) / (n + 2)
    assert uniform < conservative == (k + 1) / (n + 1) <= 1


def test_interval_without_trials_says_nothing_is_known() -> None:
    assert [float(end) for end in jeffreys_interval(0, 0)] == [0, 1]
    assert most_prudent_rates([0, 0], [10, 0])[1] == 1


def test_interval_covers_as_often_as_it_says_on_average() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(size=20_000)
    low, high = jeffreys_interval(rng.binomial(50, p), 50, 0.9)
    assert np.mean((low <= p) & (p <= high)) == pytest.approx(0.9, abs=0.01)


@given(COUNTS, COUNTS)
def test_two_groups_are_told_apart_in_one_direction_only(a: tuple[int, int], b: tuple[int, int]) -> None:
    there, back = float(distinct_p_value(*a, *b)), float(distinct_p_value(*b, *a))
    assert 0 <= there <= 1
    if there < 1 and back < 1:
        assert there + back == pytest.approx(1)
        assert (there < 0.5) == (b[0] / b[1] > a[0] / a[1])


def test_nothing_counted_is_nothing_told_apart() -> None:
    assert distinct_p_value(0, 0, 5, 10) == 1
    assert distinct_p_value(0, 10, 0, 20) == 1


@pytest.mark.parametrize("bad", [(2, 1), (-1, 5), (np.nan, 5), (1, np.inf)])
def test_impossible_counts_are_refused(bad: tuple[float, float]) -> None:
    for function in (jeffreys_interval, bayes_rate, lambda k, n: most_prudent_rates([k], [n])):
        with pytest.raises(CreditscoreError, match="cannot be"):
            function(*bad)


def test_levels_and_priors_have_names_and_limits() -> None:
    with pytest.raises(UsageError, match="level"):
        jeffreys_interval(1, 2, 95)
    with pytest.raises(UsageError, match="confidence"):
        most_prudent_rates([1], [2], 1.0)
    with pytest.raises(UsageError, match="prior"):
        bayes_rate(1, 2, "haldane")  # type: ignore[arg-type]

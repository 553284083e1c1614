"""Quantiles of the beta distribution against scipy's, from counts of nearly nothing to millions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv

from creditscore.core.statistics.beta import beta_quantile


@given(
    st.floats(0, 1e7),
    st.one_of(st.floats(0, 1), st.floats(0, 1e-5)),
    st.sampled_from([0.0005, 0.025, 0.05, 0.5, 0.9, 0.975, 0.9995]),
)
def test_is_scipys(count: float, share: float, probability: float) -> None:
    a, b = count * share + 0.5, count - count * share + 0.5
    assert beta_quantile(a, b, probability) == pytest.approx(betaincinv(a, b, probability), rel=5e-12)


@pytest.mark.parametrize("shapes", [(0.5, 0.5), (0.5, 1e6), (1e6, 0.5), (3.0, 3.0), (1.0, 1.0)])
def test_far_out(shapes: tuple[float, float]) -> None:
    for probability in (1e-12, 1e-6, 1 - 1e-6):
        assert beta_quantile(*shapes, probability) == pytest.approx(betaincinv(*shapes, probability), rel=1e-9)
    assert beta_quantile(*shapes, 0) == 0
    assert beta_quantile(*shapes, 1) == 1


@pytest.mark.parametrize("wrong", [(0, 1, 0.5), (1, -1, 0.5), (1, 1, 1.5), (float("nan"), 1, 0.5)])
def test_no_quantile(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        beta_quantile(*wrong)

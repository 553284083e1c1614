"""Calibration figures against hand-computed values, scikit-learn and the identities they must fulfil."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.calibration_tests import (
    brier,
    calibration_error,
    calibration_line,
    hosmer_lemeshow,
    reliability,
    spiegelhalter,
)
from creditscore.modelling.validation.metrics.clusters import observed_to_expected
from tests.tiers import thinned


def data(n: int = 3000, seed: int = 5, shift: float = 0.0, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(-2, 1, n)
    return (rng.random(n) < 1 / (1 + np.exp(-shift - slope * z))).astype(int), 1 / (1 + np.exp(-z))


def test_reliability_counts_every_row_once() -> None:
    y, p = data()
    table = reliability(y, p)
    assert len(table) == 10
    assert table["count"].to_list() == [300] * 10
    assert table["events"].sum() == y.sum()
    assert (table["low"][1:].to_numpy() > table["high"][:-1].to_numpy()).all()
    first = p <= table["high"][0]
    assert table["mean_p"][0] == pytest.approx(p[first].mean())
    assert table["rate"][0] == pytest.approx(y[first].mean())
    k = int(y[first].sum())
    assert table["rate_low"][0] == pytest.approx(beta.ppf(0.025, k + 0.5, 300 - k + 0.5))
    assert table["rate_high"][0] == pytest.approx(beta.ppf(0.975, k + 0.5, 300 - k + 0.5))
    assert table["agrees"].sum() >= 8


def test_reliability_of_equal_predictions_and_fixed_edges() -> None:
    table = reliability([0, 1, 0, 1], [0.2, 0.2, 0.2, 0.6], bins=10)
    assert table["count"].to_list() == [3, 1]
    fixed = reliability([0, 1], [0.2, 0.6], edges=[0.1, 0.3])
    assert fixed["count"].to_list() == [0, 1, 1]
    assert np.isnan(fixed["rate"][0])


def test_line_is_a_logistic_regression() -> None:
    y, p = data(shift=-1.2, slope=0.7)
    line = calibration_line(y, p)
    z = np.log(p / (1 - p))
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=500).fit(z[:, None], y)
    assert (line.intercept, line.slope) == pytest.approx((fitted.intercept_[0], fitted.coef_[0, 0]), abs=1e-5)
    assert line.slope_low < 0.7 < line.slope_high < 1
    assert line.intercept_only < -0.5
    assert line.p_value < 1e-6
    moved = 1 / (1 + np.exp(-line.intercept_only - z))
    assert moved.sum() == pytest.approx(y.sum())  # the score equation of the intercept
    good = calibration_line(*data())
    assert good.slope_low < 1 < good.slope_high
    assert good.p_value > 0.01


def test_line_at_the_ends() -> None:
    apart = calibration_line([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert not apart.converged
    clipped = calibration_line([0, 1, 0, 1, 1, 0], [0.0, 1.0, 0.5, 0.4, 0.7, 0.9])
    assert clipped.clipped == 2
    other_calibration_line = calibration_line([0, 1, 0, 0], [0.5] * 4)
    assert other_calibration_line.intercept_only == pytest.approx(np.log(1 / 3))
    with pytest.raises(InputError, match="one class"):
        calibration_line([0, 0], [0.1, 0.2])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(0.1, 5)), min_size=1, max_size=40),
    st.integers(1, 12),
)
def test_brier_adds_up(rows: list[tuple[bool, float, float]], bins: int) -> None:
    y, p, weight = (np.array(pair, dtype=float) for pair in zip(*rows, strict=True))
    brier_score = brier(y, p, weight, bins=bins)
    assert brier_score.score == pytest.approx(brier_score_loss(y, p, sample_weight=weight, labels=[0, 1]), abs=1e-12)
    murphy = (
        brier_score.reliability
        - brier_score.resolution
        + brier_score.uncertainty
        + brier_score.within_variance
        - brier_score.within_covariance
    )
    assert murphy == pytest.approx(brier_score.score, abs=1e-12)
    assert brier_score.miscalibration - brier_score.discrimination + brier_score.uncertainty == pytest.approx(
        brier_score.score, abs=1e-12
    )
    assert min(brier_score.reliability, brier_score.resolution, brier_score.within_variance) >= 0
    assert brier_score.miscalibration >= -1e-12
    assert brier_score.discrimination >= -1e-12


def test_brier_of_whole_bins_needs_no_inner_parts() -> None:
    brier_score = brier([0, 1, 0, 1, 1, 1], [0.2, 0.2, 0.2, 0.7, 0.7, 0.7])
    assert (brier_score.within_variance, brier_score.within_covariance) == pytest.approx((0, 0))
    assert brier_score.reliability == pytest.approx(0.5 * (1 / 3 - 0.2) ** 2 + 0.5 * 0.3**2)
    assert brier_score.uncertainty == pytest.approx(4 / 6 * 2 / 6)


def test_spiegelhalter_by_hand() -> None:
    y, p = np.array([0, 1, 1]), np.array([0.2, 0.6, 0.9])
    top = -0.2 * 0.6 + 0.4 * -0.2 + 0.1 * -0.8
    bottom = (0.36 * 0.16 + 0.04 * 0.24 + 0.64 * 0.09) ** 0.5
    assert spiegelhalter(y, p).statistic == pytest.approx(top / bottom)
    assert np.isnan(spiegelhalter([0, 1], [0.5, 0.5]).statistic)
    many = [spiegelhalter(*data(500, seed)).p_value for seed in range(100)]
    assert 1 <= sum(number < 0.1 for number in many) <= 22
    assert spiegelhalter(*data(shift=1)).p_value < 1e-6


def test_hosmer_lemeshow_by_hand() -> None:
    y, p = data()
    table = reliability(y, p)
    expected = table["count"] * table["mean_p"]
    value = float((((table["events"] - expected) ** 2) / (expected * (1 - table["mean_p"]))).sum())
    test_result = hosmer_lemeshow(y, p)
    assert test_result.statistic == pytest.approx(value)
    assert test_result.p_value == pytest.approx(chi2.sf(value, 10))
    assert hosmer_lemeshow(y, p, fitted=True).df == 8
    assert hosmer_lemeshow(*data(shift=0.5)).p_value < 1e-6


def test_calibration_error_by_hand() -> None:
    results = calibration_error([0, 1, 0, 1], [0.2, 0.2, 0.2, 0.6])
    assert results["ece"] == pytest.approx(0.75 * (1 / 3 - 0.2) + 0.25 * 0.4)
    assert results["mce"] == pytest.approx(0.4)


def test_weights_scale_nothing() -> None:
    y, p = data(500)
    weight = np.random.default_rng(0).random(500) + 0.1
    other_calibration_line, two = calibration_line(y, p, weight), calibration_line(y, p, weight * 100)
    assert (other_calibration_line.slope_low, other_calibration_line.intercept_only_high) == pytest.approx(
        (two.slope_low, two.intercept_only_high)
    )
    assert hosmer_lemeshow(y, p, weight).statistic == pytest.approx(hosmer_lemeshow(y, p, weight * 9).statistic)
    assert spiegelhalter(y, p, weight).statistic == pytest.approx(spiegelhalter(y, p, weight * 9).statistic)
    whole = spiegelhalter(np.r_[y, 0], np.r_[p, 0.3], np.r_[np.ones(500), 0])
    assert whole.statistic == pytest.approx(spiegelhalter(y, p).statistic)


def test_observed_to_expected() -> None:
    oe, oe_low, oe_high = observed_to_expected(np.array([1.0, 0, 0, 0]), np.full(4, 0.5), np.ones(4))
    assert oe == 0.5
    assert oe_low < 0.5 < oe_high


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="outside 0 to 1"):
        brier([0, 1], [0.5, 1.5])
    with pytest.raises(InputError, match="0 bins"):
        reliability([0, 1], [0.5, 0.6], bins=0)


@pytest.mark.parametrize("rows", thinned([300, 3000], 2))
def test_chance_alone_seldom_passes_its_bound(rows: int) -> None:
    rng = np.random.default_rng(rows)
    beyond = inside = 0
    for _ in range(300):
        p = rng.beta(1, 8, rows)
        y = rng.random(rows) < p
        results = calibration_error(y, p)
        beyond += results["ece"] > results["ece_noise"]
        score = brier(y, p)
        inside += score.score_low <= np.mean(p * (1 - p)) <= score.score_high
    assert 3 <= beyond <= 30  # 15 of 300 expected
    assert inside >= 270  # 285 expected
    shifted = calibration_error(rng.random(rows) < np.minimum(2 * p, 1), p)
    assert shifted["ece"] > shifted["ece_noise"]

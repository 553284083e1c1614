"""Calibrators: right on known curves, ordered, inside (0, 1), saved exactly, clear about what they cannot do."""

import doctest
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from creditscore.core.errors import CreditscoreError, TableError, UsageError
from creditscore.modelling.models import calibration
from creditscore.modelling.models.calibration import Calibrator

METHODS = ("platt", "beta", "isotonic", "anchor")


def sample(rows: int, slope: float = 1.0, level: float = 0.0, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(-2, 1.3, rows)
    p = expit(slope * x + level)
    return x, (rng.random(rows) < p).astype(int), p


def test_example_in_the_docs_holds() -> None:
    assert doctest.testmod(calibration).failed == 0


@pytest.mark.parametrize(("method", "error"), [("platt", 0.004), ("beta", 0.004), ("isotonic", 0.012)])
def test_bold_log_odds_are_mended(method: Any, error: float) -> None:
    x, y, p = sample(20_000, slope=0.6, level=-0.5)
    result = Calibrator(method).fit(x, y).predict(x)
    assert np.abs(result - p).mean() < error < np.abs(expit(x) - p).mean()
    assert result.mean() == pytest.approx(y.mean(), rel=0.01)


def test_beta_mends_one_sided_boldness_that_platt_cannot() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, 2, 20_000)
    p = expit(1.5 * -np.logaddexp(0, -x) + 0.4 * np.logaddexp(0, x))
    y = rng.random(len(x)) < p
    error = {m: np.abs(Calibrator(m).fit(x, y).predict(x) - p).mean() for m in ("platt", "beta")}
    assert error["beta"] < error["platt"] / 2
    curve = Calibrator("beta").fit(x, y).curve_
    assert curve.coef == pytest.approx((1.5, 0.4), abs=0.1)


def test_platt_is_logistic_regression_on_platts_targets() -> None:
    x, y, _ = sample(500, slope=0.7)
    w = np.random.default_rng(3).uniform(0.5, 2, 500)
    target = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        np.r_[x, x][:, None], np.r_[np.ones(500), np.zeros(500)], np.r_[w * target, w * (1 - target)]
    )
    curve = Calibrator().fit(x, y, w).curve_
    assert curve.coef[0] == pytest.approx(peer.coef_[0, 0], abs=1e-4)
    assert curve.intercept == pytest.approx(peer.intercept_[0], abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_stated_central_tendency_is_the_mean(method: Any) -> None:
    x, y, _ = sample(2000)
    result = Calibrator(method, central_tendency=0.013).fit(x, y).predict(x)
    assert result.mean() == pytest.approx(0.013, rel=1e-9)


def test_an_anchor_moves_the_level_and_keeps_the_odds_ratios() -> None:
    x, y, _ = sample(2000, level=1)
    for anchor in (Calibrator("anchor").fit(x, y), Calibrator("anchor", 0.4).fit(x)):
        assert np.ptp(logit(anchor.predict(x)) - x) < 1e-9
    assert Calibrator("anchor").fit(x, y).predict(x).mean() == pytest.approx(y.mean(), abs=1e-9)
    with pytest.raises(UsageError, match="no interval"):
        Calibrator("anchor", 0.4).fit(x).interval(x)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 60), st.booleans())
def test_ordered_inside_and_saved_exactly(method: Any, seed: int, rows: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(0, 3, rows), 1)
    y = (rng.random(rows) < expit(x)).astype(int)
    w = rng.integers(0, 4, rows).astype(float) if weighted else None
    try:
        fitted = Calibrator(method, None if seed % 2 else 0.2).fit(x, y, w)
    except TableError:
        return
    grid = np.r_[-1e308, -800, np.linspace(-20, 20, 101), 800, 1e308]
    p = fitted.predict(grid)
    low, high = fitted.interval(grid, 0.9)
    assert (np.diff(p) >= 0).all()
    assert ((p > 0) & (p < 1)).all()
    assert ((low >= 0) & (low <= p) & (p <= high) & (high <= 1)).all()
    again = Calibrator.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.to_dict() == fitted.to_dict()
    assert np.array_equal(again.predict(grid), p)
    assert np.array_equal(again.interval(grid, 0.9), (low, high))
    shuffled = rng.permutation(rows)
    other = Calibrator(method, fitted.central_tendency).fit(
        x[shuffled], y[shuffled], None if w is None else w[shuffled]
    )
    assert other.to_dict() == fitted.to_dict()


@pytest.mark.parametrize("method", METHODS)
def test_weights_multiplied_change_nothing_and_zero_leaves_out(method: Any) -> None:
    x, y, _ = sample(400)
    w = np.random.default_rng(0).integers(0, 3, 400).astype(float)
    base = Calibrator(method).fit(x, y, w)
    scaled = Calibrator(method).fit(x, y, 10 * w)
    calibrator = Calibrator(method).fit(x[w > 0], y[w > 0], w[w > 0])
    for other in (scaled, calibrator):
        assert np.allclose(other.predict(x), base.predict(x), rtol=1e-9)
        assert np.allclose(other.interval(x), base.interval(x), rtol=1e-8)


@pytest.mark.parametrize(("method", "least"), [("platt", 0.9), ("beta", 0.9), ("isotonic", 0.8), ("anchor", 0.9)])
def test_intervals_cover_the_true_curve(method: Any, least: float) -> None:
    grid = np.array([-3.5, -2.5, -1.5, -0.5])
    hits = []
    for seed in range(60):
        x, y, _ = sample(400, seed=seed)
        low, high = Calibrator(method).fit(x, y).interval(grid)
        hits.append((low <= expit(grid)) & (expit(grid) <= high))
    assert least <= np.mean(hits) <= 0.995


def test_more_outcomes_make_narrower_intervals() -> None:
    widths = {}
    for rows in (200, 20_000):
        x, y, _ = sample(rows)
        low, high = Calibrator().fit(x, y).interval([-2.0])
        widths[rows] = float(high[0] - low[0])
    assert widths[20_000] < widths[200] / 5


def test_isotonic_without_events_at_one_end_is_not_zero_there() -> None:
    x = np.arange(1000.0)
    y = (x >= 900).astype(int)
    fitted = Calibrator("isotonic").fit(x, y)
    assert fitted.predict([0.0, 999.0]) == pytest.approx([0.1 / 901, 100.1 / 101])
    low, high = fitted.interval([0.0])
    assert low[0] == 0 < high[0] < 0.01


def test_separated_classes_keep_a_finite_slope() -> None:
    x = np.r_[np.linspace(-5, -1, 20), np.linspace(1, 5, 20)]
    p = Calibrator("platt").fit(x, x > 0).predict(x)
    assert p[0] < 0.05 < 0.95 < p[-1] < 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("x", "y", "word"),
    [
        ([0.0, 1, 2, 3, 4], [0, 0, 0, 0, 0], "no adverse event"),
        ([0.0, 1, 2, 3, 4], [1, 1, 1, 1, 1], "only adverse events"),
        ([0.0, np.nan, 2, 3, 4], [0, 1, 0, 1, 1], "missing or infinite"),
        ([0.0, np.inf, 2, 3, 4], [0, 1, 0, 1, 1], "infinite"),
        ([0.0, 1, 2, 3, 4], [0, 1, 2, 1, 1], "y holds 2"),
        ([0.0, 1, 2, 3, 4], [0, np.nan, 1, 1, 1], "y has 1 missing"),
        ([0.0, 1, 2, 3, 4], [0, 1, 1], "y has 3 values for 5 rows"),
        (["high", "low"], [0, 1], "no numbers"),
        ([], [], "no rows"),
        ([[0.0, 1], [1, 2]], [0, 1], "one column"),
    ],
)
def test_what_cannot_be_calibrated_is_said(method: Any, x: Any, y: Any, word: str) -> None:
    with pytest.raises(TableError) as caught:
        Calibrator(method).fit(x, y)
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        ([1, 1, -1, 1], "negative"),
        ([0, 0, 0, 0], "zero"),
        ([1, 1], "sample_weight has 2 values for 4 rows"),
        ([0, 1, 0, 1], "only adverse"),
    ],
)
def test_weights_that_cannot_be_used(weights: Any, word: str) -> None:
    with pytest.raises(TableError, match=word):
        Calibrator().fit([0.0, 1, 2, 3], [0, 1, 0, 1], weights)


@pytest.mark.parametrize("method", ["platt", "beta"])
def test_too_little_to_fit_a_curve(method: Any) -> None:
    with pytest.raises(TableError, match="too few"):
        Calibrator(method).fit([0.0, 1], [0, 1])
    with pytest.raises(TableError, match="same in every row"):
        Calibrator(method).fit([1.0] * 6, [0, 1] * 3)
    with pytest.raises(TableError, match="does not become more frequent"):
        Calibrator(method).fit(np.arange(10.0), np.arange(10) < 5)


def test_isotonic_on_the_wrong_order_is_one_block() -> None:
    fitted = Calibrator("isotonic").fit(np.arange(10.0), np.arange(10) < 5)
    assert fitted.predict([0.0, 9.0]).tolist() == [0.5, 0.5]


def test_misuse_is_said() -> None:
    with pytest.raises(UsageError, match="not fitted"):
        Calibrator().predict([0.0])
    with pytest.raises(UsageError, match="venn"):
        Calibrator("venn").fit([0.0], [1])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="central_tendency"):
        Calibrator(central_tendency=1.0).fit([0.0], [1])
    with pytest.raises(UsageError, match="no outcomes"):
        Calibrator("platt", 0.1).fit([0.0])
    fitted = Calibrator().fit(*sample(50)[:2])
    with pytest.raises(UsageError, match="level"):
        fitted.interval([0.0], 95)
    with pytest.raises(CreditscoreError, match="not a saved calibrator"):
        Calibrator.from_dict({"kind": "master_scale"})
    with pytest.raises(CreditscoreError, match="format 9"):
        Calibrator.from_dict({**fitted.to_dict(), "format": 9})


@pytest.mark.parametrize("variance", [[[1.0, 0.0], [0.0]], [[1.0]], "ab", [[1.0, "x"], [0.0, 1.0]]])
def test_a_saved_curve_whose_variance_fits_nothing_is_refused(variance: object) -> None:
    x, y, _ = sample(300)
    saved = Calibrator("platt").fit(x, y).to_dict()
    saved["curve"]["variance"] = variance
    with pytest.raises(ValueError, match=r"variance|inhomogeneous|float"):
        Calibrator.from_dict(saved)

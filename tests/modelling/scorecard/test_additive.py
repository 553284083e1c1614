"""The additive fit: optimum, constraints, agreement with a plain logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from creditscore.modelling.scorecard.additive import Block, fit_additive
from creditscore.modelling.scorecard.constrained_lsq import solve_signed
from creditscore.modelling.scorecard.cross_table import cross_table


def rows(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    codes = np.stack([random.integers(0, 8, n), random.integers(0, 5, n), random.integers(0, 3, n)]).astype(np.uint8)
    eta = -1 + 0.3 * codes[0] + np.array([0.5, -0.5, 0, 0.2, 0])[codes[1]]
    return codes, (random.random(n) < 1 / (1 + np.exp(-eta))).astype(float)


CODES, EVENT = rows()
ONES = np.ones(len(EVENT))


def test_cross_table_counts_pairs() -> None:
    table = cross_table(CODES, [8, 5, 3], ONES)
    hot = np.concatenate([np.eye(k)[c] for k, c in zip([8, 5, 3], CODES, strict=True)], axis=1)
    np.testing.assert_allclose(table, hot.T @ hot)


def test_without_penalty_it_is_a_logistic_regression() -> None:
    blocks = [Block(8, 0), Block(0, 5), Block(3, 0)]
    fit = fit_additive(CODES, blocks, EVENT, ONES, penalties=np.full(6, 1e-6), tolerance=1e-9)
    eta = fit.intercept + sum(e[c] for e, c in zip(fit.effects, CODES, strict=True))
    hot = np.concatenate([np.eye(k)[c][:, 1:] for k, c in zip([8, 5, 3], CODES, strict=True)], axis=1)
    model = LogisticRegression(C=1e9, max_iter=5000, tol=1e-10).fit(hot, EVENT)
    np.testing.assert_allclose(eta, model.decision_function(hot), atol=1e-3)
    assert fit.converged


def test_effects_have_mean_zero_and_noise_is_flat() -> None:
    fit = fit_additive(CODES, [Block(8, 0), Block(0, 5), Block(3, 0)], EVENT, ONES)
    for effect, code in zip(fit.effects, CODES, strict=True):
        assert effect[code].mean() == pytest.approx(0, abs=1e-9)
    assert abs(fit.effects[2]).max() < 0.1 < abs(fit.effects[0]).max()
    assert fit.freedom[2] < fit.freedom[0]


def test_signs_hold_and_cost_little_where_they_are_true() -> None:
    free = fit_additive(CODES, [Block(8, 0), Block(0, 5), Block(3, 0)], EVENT, ONES)
    up = fit_additive(
        CODES, [Block(8, 0, (1,) * 7), Block(0, 5), Block(3, 0)], EVENT, ONES, penalties=np.array(free.penalties)
    )
    assert (np.diff(up.effects[0]) >= -1e-9).all()
    assert abs(up.effects[0] - free.effects[0]).max() < 0.1
    down = fit_additive(CODES, [Block(8, 0, (-1,) * 7), Block(0, 5), Block(3, 0)], EVENT, ONES)
    assert abs(down.effects[0]).max() < 1e-6


def test_separated_data_stay_finite() -> None:
    event = (CODES[0] > 3).astype(float)
    fit = fit_additive(CODES, [Block(8, 0), Block(0, 5), Block(3, 0)], event, ONES)
    assert all(np.isfinite(e).all() for e in fit.effects)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_signed_least_squares_meets_the_conditions_of_an_optimum(seed: int, size: int) -> None:
    random = np.random.default_rng(seed)
    root = random.normal(size=(size + 2, size))
    a, b = root.T @ root + 0.1 * np.eye(size), random.normal(size=size)
    sign = random.integers(-1, 2, size).astype(np.int8)
    x = solve_signed(a, b, sign, np.linalg.solve(a, b))
    slope = a @ x - b
    assert (sign * x >= -1e-9).all()
    assert abs(slope[sign == 0]).max(initial=0) < 1e-7
    assert (sign * slope >= -1e-7)[sign != 0].all()
    assert abs(x * slope).max() < 1e-7

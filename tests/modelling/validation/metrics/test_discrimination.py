"""Discrimination against pairs counted by hand, scikit-learn, and a textbook DeLong."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.discrimination import (
    auc_against_initial,
    auc_interval,
    compare_auc,
    curves,
    discrimination,
    discrimination_by,
)


def data(n: int = 400, seed: int = 3, digits: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(-1, 1, n).round(digits)
    return (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int), z


def delong(y: np.ndarray, risk: np.ndarray) -> tuple[float, float]:
    """AUC and variance straight from the paper: a kernel over all pairs."""
    bad, good = risk[y == 1], risk[y == 0]
    kernel = (bad[:, None] > good[None, :]) + 0.5 * (bad[:, None] == good[None, :])
    v10, v01 = kernel.mean(axis=1), kernel.mean(axis=0)
    return kernel.mean(), v10.var(ddof=1) / len(bad) + v01.var(ddof=1) / len(good)


def test_auc_and_interval_are_delongs() -> None:
    y, risk = data()
    auc, se, low, high = auc_interval(y, risk)
    expected, variance = delong(y, risk)
    assert auc == pytest.approx(expected, abs=1e-12)
    assert auc == pytest.approx(roc_auc_score(y, risk), abs=1e-12)
    assert se**2 == pytest.approx(variance, rel=1e-10)
    assert (low, high) == pytest.approx((auc - 1.959964 * se, auc + 1.959964 * se), abs=1e-6)


def test_ks_is_the_largest_gap_of_two_samples() -> None:
    y, risk = data()
    discrimination_test = discrimination(y, risk, bootstraps=100)
    assert discrimination_test.ks == pytest.approx(ks_2samp(risk[y == 1], risk[y == 0]).statistic, abs=1e-12)
    assert discrimination_test.ks_low <= discrimination_test.ks <= discrimination_test.ks_high
    assert discrimination_test.accuracy_ratio == pytest.approx(2 * discrimination_test.auc - 1)
    assert (discrimination_test.count, discrimination_test.events) == (400, int(y.sum()))


def test_weights_are_importance_weights() -> None:
    y, risk = data()
    weight = np.random.default_rng(0).integers(1, 4, len(y))
    auc, se, *_ = auc_interval(y, risk, weight)
    assert auc == pytest.approx(roc_auc_score(y, risk, sample_weight=weight), abs=1e-12)
    assert auc == pytest.approx(roc_auc_score(np.repeat(y, weight), np.repeat(risk, weight)), abs=1e-12)
    assert auc_interval(y, risk, weight * 7.5)[1] == pytest.approx(se, rel=1e-10)
    assert auc_interval(y, risk, np.full(len(y), 3.0)) == pytest.approx(auc_interval(y, risk), rel=1e-10)
    remaining = weight > 1
    zeroed = auc_interval(y, risk, np.where(remaining, 1, 0))
    assert zeroed == pytest.approx(auc_interval(y[remaining], risk[remaining]), rel=1e-10)


def test_rows_of_weight_nothing_are_not_there() -> None:
    random = np.random.default_rng(2)
    risk = random.normal(size=300)
    y = (random.random(300) < 1 / (1 + np.exp(-risk))).astype(int)
    groups, cohort = np.arange(300) // 3, np.arange(300) % 2
    weight = np.where(np.arange(300) % 4 == 0, 0.0, random.integers(1, 4, 300).astype(float))
    remaining = weight > 0
    for by in (None, groups):
        inside = None if by is None else by[remaining]
        whole = discrimination(y, risk, weight, groups=by, bootstraps=20)
        assert whole == discrimination(y[remaining], risk[remaining], weight[remaining], groups=inside, bootstraps=20)
        whole_gap = compare_auc(y, risk, -risk, weight, groups=by)
        assert whole_gap == compare_auc(
            y[remaining], risk[remaining], -risk[remaining], weight[remaining], groups=inside
        )
    table = discrimination_by(y, risk, cohort, weight)
    assert table.equals(discrimination_by(y[remaining], risk[remaining], cohort[remaining], weight[remaining]))


def test_rows_of_one_organisation_are_not_more_evidence() -> None:
    y, risk = data(200)
    once = auc_interval(y, risk)
    names = np.tile(np.arange(200), 3)
    naive = auc_interval(np.tile(y, 3), np.tile(risk, 3))
    grouped = auc_interval(np.tile(y, 3), np.tile(risk, 3), groups=names)
    assert naive[1] < 0.65 * once[1]
    assert grouped[1] == pytest.approx(once[1], rel=0.02)
    wide = discrimination(np.tile(y, 3), np.tile(risk, 3), groups=names, interval="bootstrap", bootstraps=300)
    assert wide.auc_high - wide.auc_low == pytest.approx(once[3] - once[2], rel=0.25)
    assert wide.method == "bootstrap, groups"


def test_intervals_cover_as_often_as_they_say() -> None:
    true, inside = 0.5 + 0.5 * 0.5204998778, 0  # P(N(1, 1) > N(0, 1)) = Φ(1/√2)
    for seed in range(200):
        y = np.repeat([1, 0], [40, 120])
        _, _, low, high = auc_interval(y, np.random.default_rng(seed).normal(y, 1))
        inside += low <= true <= high
    assert 180 <= inside <= 199


def test_wholly_apart_is_not_certain() -> None:
    auc, se, low, high = auc_interval([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6])
    assert (auc, se, high) == (1.0, 0.0, 1.0)
    assert low == pytest.approx(0.025 ** (1 / 3))
    assert auc_interval([1, 1, 0, 0], [1, 2, 3, 4])[:1] == (0.0,)


def test_bootstrap_of_many_scores_agrees_with_delong() -> None:
    y, risk = data(20_000, digits=9)
    discrimination_test = discrimination(y, risk, interval="bootstrap", bootstraps=300)
    reach = auc_interval(y, risk)
    assert discrimination_test.auc_low == pytest.approx(reach[2], abs=0.002)
    assert discrimination_test.auc_high == pytest.approx(reach[3], abs=0.002)


def test_cohorts_stand_apart_and_one_class_is_said() -> None:
    y, risk = data()
    cohort = np.where(np.arange(400) < 200, "2019", "2020").astype(object)
    cohort[(np.arange(400) < 50) & (y == 1)] = None  # events only
    table = discrimination_by(y, risk, cohort)
    assert list(table["cohort"][:2]) == ["2019", "2020"]
    assert table["cohort"].isna()[2]
    assert list(table["state"]) == ["measured", "measured", "one_class"]
    which = cohort == "2020"
    assert table["auc"][1] == pytest.approx(roc_auc_score(y[which], risk[which]))
    assert table["ks"][1] == pytest.approx(ks_2samp(risk[which & (y == 1)], risk[which & (y == 0)]).statistic)
    assert np.isnan(table["auc"][2])
    assert table["count"].sum() == 400


def test_two_models_on_the_same_rows() -> None:
    y, risk = data()
    other = risk + np.random.default_rng(1).normal(0, 1, len(y))
    auc_difference = compare_auc(y, risk, other)
    assert auc_difference.auc_first == pytest.approx(roc_auc_score(y, risk))
    assert auc_difference.auc_second == pytest.approx(roc_auc_score(y, other))
    both = []
    for pair in (risk, other):
        bad, good = pair[y == 1], pair[y == 0]
        kernel = (bad[:, None] > good[None, :]) + 0.5 * (bad[:, None] == good[None, :])
        both.append((kernel.mean(axis=1), kernel.mean(axis=0)))
    gap10, gap01 = both[1][0] - both[0][0], both[1][1] - both[0][1]
    variance = gap10.var(ddof=1) / len(gap10) + gap01.var(ddof=1) / len(gap01)
    assert auc_difference.se**2 == pytest.approx(variance, rel=1e-9)
    assert compare_auc(y, risk, risk * 2).p_value == 1.0
    assert auc_against_initial(0.70, 0.01, 0.75) == pytest.approx(2.8665e-7, rel=1e-3)
    assert auc_against_initial(0.75, 0.01, 0.75) == pytest.approx(0.5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 3)), min_size=2, max_size=30))
def test_auc_is_the_share_of_ordered_pairs(rows: list[tuple[bool, int, int]]) -> None:
    y, risk, weight = (np.array(pair) for pair in zip(*rows, strict=True))
    if y.all() or not y.any():
        with pytest.raises(InputError, match="one class"):
            auc_interval(y, risk, weight)
        return
    pairs = [
        (weight[i] * weight[j], float(risk[i] > risk[j]) + 0.5 * float(risk[i] == risk[j]))
        for i, j in product(np.flatnonzero(y), np.flatnonzero(~y))
    ]
    expected = sum(w * v for w, v in pairs) / sum(w for w, _ in pairs)
    assert auc_interval(y, risk, weight)[0] == pytest.approx(expected, abs=1e-12)
    order = np.random.default_rng(0).permutation(len(y))
    again = discrimination(y[order], risk[order], weight[order], bootstraps=0)
    assert again.auc == pytest.approx(expected, abs=1e-12)
    assert discrimination(y, -risk, weight, bootstraps=0).auc == pytest.approx(1 - expected, abs=1e-12)


def test_curves_run_from_nothing_to_everything() -> None:
    y, risk = data(5000, digits=9)
    table = curves(y, risk)
    assert len(table) <= 101
    assert table.iloc[0].to_list() == [0, 0, 0]
    assert table.iloc[-1].to_list() == [1, 1, 1]
    area = np.trapezoid(table["events_found"], table["others_found"])
    assert area == pytest.approx(roc_auc_score(y, risk), abs=0.001)


@pytest.mark.parametrize(
    ("y", "risk", "weight", "message"),
    [
        ([0, 2], [1, 2], None, "y holds 2"),
        ([0, None], [1, 2], None, "missing"),
        ([0, 1], [1, np.inf], None, "infinite"),
        ([0, 1], [1], None, "1 values"),
        ([0, 1], ["a", "b"], None, "no numbers"),
        ([0, 1], [1, 2], [1, -1], "negative"),
        ([0, 1], [1, 2], [0, 0], "all zero"),
        ([0, 1], [1, 2], [1, 0], "one class"),
        ([], [], None, "no outcomes"),
        ([0, 1], [[1, 1], [2, 2]], None, "shape"),
    ],
)
def test_bad_input_is_named(y: list, risk: list, weight: list | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        discrimination(y, risk, weight)

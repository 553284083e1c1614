"""The calibration alarm: speaks where ranks and inputs are quiet, keeps still by chance, and is mended by outcomes."""

import json

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError
from creditscore.modelling.validation.drift import Recalibration, Thresholds, calibration_alarm, recalibrate
from creditscore.modelling.validation.metrics.discrimination import auc_interval
from creditscore.modelling.validation.metrics.stability import csi, psi
from tests.paths import SHARED

POLISH = SHARED / "data" / "polish_bankruptcy" / "year5.parquet"


def world(n: int, seed: int, shift: float = 0.0, slope: float = 1.0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Inputs, what the model says of them, and what happens; the model is right where shift is 0 and slope 1."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    z = -2.2 + x.to_numpy() @ [0.9, -0.6, 0.4]
    y = (rng.random(n) < 1 / (1 + np.exp(-shift - slope * z))).astype(int)
    return x, 1 / (1 + np.exp(-z)), y


def test_ranks_and_inputs_are_quiet_and_the_alarm_speaks() -> None:
    x, p, y = world(4000, 1)
    later, p_later, y_later = world(4000, 2, shift=-1.9)  # a shorter horizon: same firms, far fewer events
    assert csi(x, later)[0]["csi"].max() < 0.05
    assert psi(p, p_later).psi < 0.05
    assert auc_interval(y_later, p_later)[0] > auc_interval(y, p)[0] - 0.03
    assert calibration_alarm(y, p).state == "quiet"
    alarm = calibration_alarm(y_later, p_later)
    assert alarm.state == "alarm"
    assert alarm.periods["oe"][0] < 0.3
    assert "observed/expected 0.2" in alarm.reasons[0]


@pytest.mark.parametrize("method", ["intercept", "platt"])
def test_new_outcomes_mend_it(method: str) -> None:
    _, p, y = world(4000, 2, shift=-1.9)
    fresh = world(4000, 3, shift=-1.9)
    mended = recalibrate(y, p, method=method, holdout=(fresh[2], fresh[1]))
    table = mended.table.set_index("rows")
    for before, after in (("before", "after"), ("holdout_before", "holdout_after")):
        assert table.loc[before, "oe"] < 0.3
        assert table.loc[after, "oe"] == pytest.approx(1, abs=0.15)
        for figure in ("brier", "log_loss", "ece"):
            assert table.loc[after, figure] < table.loc[before, figure]
    assert table.loc["holdout_after", "auc"] == pytest.approx(table.loc["holdout_before", "auc"])
    assert calibration_alarm(fresh[2], mended.apply(fresh[1])).state == "quiet"
    assert (np.argsort(mended.apply(p)) == np.argsort(p)).all()
    again = Recalibration.from_dict(json.loads(json.dumps(mended.to_dict())))
    assert (again.apply(p) == mended.apply(p)).all()
    assert again == mended


def test_a_true_case_thinned_to_a_fifth() -> None:
    if not POLISH.exists():
        pytest.skip("the Polish companies are not beside the checkout")
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    table = pd.read_parquet(POLISH)
    x, y = table.filter(like="Attr").astype(float), table["bankrupt"].to_numpy()
    rng = np.random.default_rng(1)
    train = rng.random(len(y)) < 0.5
    model = make_pipeline(
        SimpleImputer(strategy="median"),
        QuantileTransformer(n_quantiles=200, output_distribution="normal"),
        LogisticRegression(C=0.05, max_iter=2000),
    ).fit(x[train], y[train])
    p = model.predict_proba(x)[:, 1]
    remaining = ~train & ((y == 0) | (rng.random(len(y)) < 0.2))
    assert calibration_alarm(y[~train], p[~train]).state == "quiet"
    assert psi(p[train], p[remaining]).psi < 0.1
    assert csi(x[train], x[remaining])[0]["csi"].max() < 0.1
    alarm = calibration_alarm(y[remaining], p[remaining])
    assert alarm.state == "alarm"
    mended = recalibrate(y[remaining], p[remaining]).table.set_index("rows")
    assert mended.loc["before", "oe"] < 0.4
    assert mended.loc["after", "oe"] == pytest.approx(1, abs=0.05)
    assert mended.loc["after", "brier"] < 0.8 * mended.loc["before", "brier"]


def test_looking_often_raises_no_false_alarm() -> None:
    raised = 0
    for seed in range(60):
        _, p, y = world(600, seed)
        alarm = calibration_alarm(y, p, period=np.repeat(np.arange(6), 100))
        raised += alarm.first_alarm is not None
        assert len(alarm.periods) == 7
    assert raised <= 2


def test_the_period_of_the_change_is_named() -> None:
    _, p, y = world(3000, 5)
    _, p_2, y_2 = world(3000, 6, shift=1.6)
    period = np.r_[np.repeat([2018, 2019, 2020], 1000), np.repeat([2021, 2022, 2023], 1000)]
    alarm = calibration_alarm(np.r_[y, y_2], np.r_[p, p_2], period)
    assert alarm.state == "alarm"
    assert alarm.first_alarm == 2021
    states = alarm.periods.set_index("period")["state"]
    assert states.loc[[2018, 2019, 2020]].to_list() == ["quiet"] * 3
    assert set(states.loc[[2021, 2022, 2023]]) == {"alarm"}
    assert alarm.periods["log_e"][2] < 0 < alarm.periods["log_e"][3]


def test_predictions_too_far_apart_are_seen_with_the_sum_right() -> None:
    _, p, y = world(8000, 7, shift=-1.25, slope=0.4)
    alarm = calibration_alarm(y, p)
    assert alarm.state in ("alarm", "watch")
    assert alarm.periods["slope_high"][0] < 0.6
    platt = recalibrate(y, p, method="platt").table.set_index("rows")
    assert platt.loc["after", "slope"] == pytest.approx(1, abs=0.1)


def test_a_trifle_in_many_rows_stays_quiet() -> None:
    _, p, y = world(200_000, 8, shift=0.08)
    alarm = calibration_alarm(y, p)
    assert alarm.periods["spiegelhalter_p"][0] < 1e-6
    assert alarm.state == "quiet"


def test_too_few_is_not_quiet() -> None:
    assert calibration_alarm([0] * 20, [0.01] * 20).state == "too_few"
    silent = calibration_alarm([0] * 400, [0.1] * 400)  # 40 expected, none came
    assert silent.state == "alarm"
    assert np.isnan(silent.periods["slope"][0])


def test_rows_in_another_order_say_the_same() -> None:
    _, p, y = world(900, 9, shift=0.5)
    period = np.repeat(["a", "b", "c"], 300)
    order = np.random.default_rng(0).permutation(900)
    other_calibration_alarm, two = calibration_alarm(y, p, period), calibration_alarm(y[order], p[order], period[order])
    pd.testing.assert_frame_equal(other_calibration_alarm.periods, two.periods, rtol=1e-9)
    assert other_calibration_alarm.state == two.state


def test_thresholds_are_ours_and_can_be_set() -> None:
    _, p, y = world(4000, 2, shift=-0.18)
    assert Thresholds().evidence == "project_default"
    strict = Thresholds(oe_watch=1.03, oe_alarm=1.05)
    assert calibration_alarm(y, p, thresholds=strict).state == "alarm"
    assert calibration_alarm(y, p).state == "quiet"


def test_what_cannot_be_mended_is_said() -> None:
    _, p, y = world(2000, 1)
    with pytest.raises(InputError, match="ranks round"):
        recalibrate(1 - y, p, method="platt")
    with pytest.raises(InputError, match="fewer than two"):
        recalibrate([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.4])
    with pytest.raises(InputError, match="wholly apart"):
        recalibrate([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.8, 0.9], method="platt")
    with pytest.raises(InputError, match="no recalibration"):
        recalibrate(y, p, method="magic")
    with pytest.raises(InputError, match="no recalibration"):
        Recalibration.from_dict({"kind": "other"})

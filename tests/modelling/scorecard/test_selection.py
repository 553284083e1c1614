"""Variable selection says of each column why it stayed or left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from creditscore.core.errors import UsageError
from creditscore.modelling import ScorecardClassifier, VariableSelector, select_variables


@parametrize_with_checks([VariableSelector(), VariableSelector(steps=("iv",))])
def test_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def table(n: int = 6000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    z = random.normal(size=(n, 4))
    period = np.repeat(["2018", "2019", "2020"], n // 3)
    turning = np.where(period == "2020", -1, 1) * z[:, 3]
    y = (random.random(n) < 1 / (1 + np.exp(1.5 - z[:, 0] - 0.7 * z[:, 1] - 0.8 * turning))).astype(int)
    frame = pd.DataFrame(
        {
            "a": z[:, 0],
            "b": z[:, 1],
            "copy": z[:, 0] + 0.1 * random.normal(size=n),
            "sum": z[:, 0] + z[:, 1] + 0.3 * random.normal(size=n),
            "noise": z[:, 2],
            "turning": z[:, 3],
            "leak": y + 0.01 * z[:, 2],
            "one": 1,
        }
    )
    return frame, y, period


X, Y, PERIOD = table()


def test_each_column_leaves_for_its_own_reason() -> None:
    report = select_variables(X.drop(columns="leak"), Y, periods=PERIOD, max_vif=3).set_index("variable")
    assert report.loc["one", "why"] == "it has one value only"
    assert report.loc["noise", "left_at"] == "iv"
    assert "below 0.02" in report.loc["noise", "why"]
    assert report.loc["turning", "left_at"] == "stability"
    assert "in 2020" in report.loc["turning", "why"]
    assert {report.loc["a", "left_at"], report.loc["copy", "left_at"]} >= {"correlation"}
    assert (report["why"].eq("") == report["kept"]).all()
    assert 1 <= report["kept"].sum() <= 3
    slopes = report.loc[report["kept"], "slope"]
    assert (slopes < 0).all()


def test_a_column_that_knows_the_outcome_is_named() -> None:
    report = select_variables(X, Y, steps=("iv",)).set_index("variable")
    assert "does it know the outcome" in report.loc["leak", "note"]


def test_columns_kept_by_request_stay_and_say_so() -> None:
    report = select_variables(X.drop(columns="leak"), Y, keep=["noise"]).set_index("variable")
    assert report.loc["noise", "kept"]
    assert report.loc["noise", "note"].startswith("kept by request")
    with pytest.raises(UsageError, match="not there"):
        select_variables(X, Y, keep=["nobody"])
    with pytest.raises(UsageError, match="unknown step"):
        select_variables(X, Y, steps=["luck"])


def test_it_is_a_step_of_a_pipeline() -> None:
    pipe = make_pipeline(VariableSelector(), ScorecardClassifier()).fit(X.drop(columns="leak"), Y)
    assert set(pipe[-1].feature_names_in_) == set(pipe[0].kept_)
    assert pipe.predict_proba(X.drop(columns="leak")).shape == (len(X), 2)

"""Top reasons under other backgrounds: firm ones are called firm, a coin's toss is not."""

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import UsageError
from creditscore.modelling.models.boosting import MonotoneBoosting
from creditscore.modelling.models.explain import make_explainer
from creditscore.modelling.scorecard.classifier import ScorecardClassifier
from creditscore.modelling.validation.reason_stability import reason_stability


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.integers(0, 4, (2000, 4)), columns=["strong", "twin", "other_twin", "quiet"])
    log_odds = 1.2 * X["strong"] + 0.35 * X["twin"] + 0.35 * X["other_twin"] - 3.5
    return X, (rng.random(2000) < 1 / (1 + np.exp(-log_odds))).astype(int)


@pytest.mark.parametrize("kind", ["card", "trees"])
def test_a_strong_reason_stands_and_twins_change_places(data: tuple[pd.DataFrame, np.ndarray], kind: str) -> None:
    X, y = data
    model = ScorecardClassifier(smoothing=1.0).fit(X, y) if kind == "card" else MonotoneBoosting(max_iter=25).fit(X, y)
    explainer = make_explainer(model, X, keep=30)
    asked = pd.DataFrame({"strong": [3, 3], "twin": [3, 3], "other_twin": [3, 3], "quiet": [1, 1]})
    stability = reason_stability(model, asked, explainer, k=2, draws=40)
    first = stability.table[stability.table["rank"] == 1]
    assert first["column"].tolist() == ["strong", "strong"]
    assert first["kept"].tolist() == [1.0, 1.0]
    assert first["stable"].all()
    assert ((first["low"] <= first["points"] + 3) & (first["low"] <= first["high"])).all()
    second = stability.of(0)[stability.of(0)["rank"] == 2]
    assert second["column"].iloc[0] in ("twin", "other_twin")
    if kind == "card":
        assert not second["stable"].iloc[0]  # two alike: a coin's toss, and labelled so
    many = reason_stability(model, X.iloc[:150], explainer, k=2, draws=40).table
    assert 0 < (~many["stable"]).mean() < 0.6
    assert ((many["kept"] >= 0.9) == many["stable"]).all()
    again = reason_stability(model, asked, explainer, k=2, draws=40)
    pd.testing.assert_frame_equal(again.table, stability.table, check_exact=True)


def test_only_costs_are_reasons(data: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = data
    model = ScorecardClassifier(smoothing=1.0).fit(X, y)
    best = pd.DataFrame({"strong": [0], "twin": [0], "other_twin": [0], "quiet": [1]})
    table = reason_stability(model, best, make_explainer(model, X), draws=5).table
    assert (table["points"] < 0).all()
    assert "strong" not in set(table["column"])


def test_wrong_requests(data: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = data
    model = MonotoneBoosting(max_iter=3).fit(X, y)
    with pytest.raises(UsageError, match="draws"):
        reason_stability(model, X, make_explainer(model, X), draws=1)
    along = make_explainer(model, X, algorithm="shap_tree_path_dependent")
    with pytest.raises(UsageError, match="no weights"):
        reason_stability(model, X.iloc[:2], along)

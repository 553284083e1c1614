"""Explanations: exact, against all of a declared background, or refused."""

import json
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.models import explain as module
from creditscore.modelling.models.boosting import MonotoneBoosting
from creditscore.modelling.models.explain import AdditivityError, Explainer, Points, explain, make_explainer
from creditscore.modelling.models.ordinal import OrdinalGrader
from creditscore.modelling.scorecard.classifier import ScorecardClassifier


def rows(count: int = 600, seed: int = 1) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(count, 4)).round(3), columns=list("abcd"))
    X.loc[rng.random(count) < 0.1, "b"] = np.nan
    log_odds = X["a"] + X["b"].fillna(1) * X["c"] - 1
    return X, (rng.random(count) < 1 / (1 + np.exp(-log_odds))).astype(int)


@pytest.fixture(scope="module")
def trees() -> tuple[Any, pd.DataFrame]:
    X, y = rows()
    return MonotoneBoosting({"a": "up"}, max_iter=12, max_leaf_nodes=12).fit(X, y), X


@pytest.fixture(scope="module")
def card() -> tuple[Any, pd.DataFrame]:
    X, y = rows(1500)
    X["sector"] = np.where(X["d"] > 0, "trade", "works")
    return ScorecardClassifier(smoothing=1.0).fit(X, y), X


def test_a_scorecards_shares_are_shaps(card: Any) -> None:
    import shap

    model, X = card
    model_explanation = explain(model, X.iloc[:40], make_explainer(model, X))
    # what shap is shown: the points of each column, which the model adds up
    points = model.contributions(X).to_numpy(dtype=float)
    masker = shap.maskers.Independent(points, max_samples=len(points))  # not the silent hundred
    ones = np.ones(points.shape[1])
    theirs = shap.LinearExplainer((ones, float(model.card_.base)), masker)
    assert np.abs(theirs.shap_values(points[:40]) - model_explanation.shares.to_numpy()).max() < 1e-9
    assert theirs.expected_value == pytest.approx(model_explanation.base, abs=1e-9)
    few = shap.LinearExplainer((ones, 0.0), shap.maskers.Independent(points, max_samples=100))
    assert (
        np.abs(few.shap_values(points[:40]) - model_explanation.shares.to_numpy()).max() > 0.01
    )  # why all rows are declared


def test_shares_of_trees_are_those_of_all_orders(trees: Any) -> None:
    model, X = trees
    explainer = make_explainer(model, X, keep=30, points=Points(0.0, 1.0, np.log(2)))  # points are minus log-odds
    result = explain(model, X.iloc[:3], explainer).shares.to_numpy()
    background = explainer.background()
    orders = list(permutations(range(4)))
    slow = np.zeros((3, 4))
    for row in range(3):
        for order in orders:
            mixed = background.copy()
            before = model.decision_function(mixed).mean()
            for column in order:
                mixed.iloc[:, column] = X.iloc[row, column]
                after = model.decision_function(mixed).mean()
                slow[row, column] -= (after - before) / len(orders)
                before = after
    assert np.abs(result - slow).max() < 1e-12


def test_shaps_trees_agree_where_shap_adds_up() -> None:
    X, y = rows()
    shallow = MonotoneBoosting(max_iter=20, max_leaf_nodes=3).fit(X, y)
    own = make_explainer(shallow, X, keep=50)
    theirs = make_explainer(shallow, X, keep=50, algorithm="shap_tree_interventional")
    assert theirs.sha256 == own.sha256
    first = explain(shallow, X.iloc[:50], own).shares
    second = module.tree_points(shallow, X.iloc[:50], theirs)[0]
    assert np.abs(first.to_numpy() - second.to_numpy()).max() < 1e-5  # shap adds these in single precision
    along = explain(shallow, X.iloc[:50], make_explainer(shallow, X, algorithm="shap_tree_path_dependent"))
    assert along.gap < 1e-9


def test_what_does_not_add_up_is_refused() -> None:
    """shap 0.51's interventional values miss the log-odds of deeper trees by far; the gate sees it."""
    X, y = rows()
    deep = MonotoneBoosting(max_iter=20, max_leaf_nodes=15, min_samples_leaf=5).fit(X, y)
    with pytest.raises(AdditivityError, match="miss the points"):
        explain(deep, X, make_explainer(deep, X, keep=50, algorithm="shap_tree_interventional"))
    assert explain(deep, X, make_explainer(deep, X, keep=50)).gap < 1e-9


def test_another_models_explainer_is_refused(card: Any, trees: Any) -> None:
    model, X = card
    other = ScorecardClassifier(smoothing=1.0, base_score=500).fit(X, (X["a"] > 0.3).astype(int))
    with pytest.raises(AdditivityError):
        explain(other, X, make_explainer(model, X))


def test_an_explainer_without_the_mean_of_a_column_is_refused(card: Any) -> None:
    model, X = card
    explainer = make_explainer(model, X)
    spoilt = replace(explainer, means={name: mean for name, mean in explainer.means.items() if name != "a"})
    with pytest.raises(InputError, match="no mean points of a"):
        explain(model, X, spoilt)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kept", {"a": 1.5}),
        ("kept", {"a": [1], "b": [1, 2]}),
        ("kept", None),
        ("means", {"a": "1"}),
        ("means", {"a": None}),
        ("base", "1"),
        ("base", True),
        ("rows", 1.5),
        ("points", []),
        ("sha256", 3),
    ],
)
def test_a_spoilt_saved_explainer_is_refused(card: Any, name: str, value: Any) -> None:
    saved = make_explainer(*card).to_dict()
    assert Explainer.from_dict(saved).to_dict() == saved
    with pytest.raises(InputError, match=f"a saved explainer does not say .*{name}"):
        Explainer.from_dict({**saved, name: value})
    with pytest.raises(InputError, match=f"does not say {name}"):
        Explainer.from_dict({key: part for key, part in saved.items() if key != name})


def test_text_missing_and_unseen_values_have_shares(card: Any) -> None:
    X, y = rows()
    X["sector"] = pd.Series(np.where(X["d"] > 0, "trade", "works"), dtype=object)
    X.loc[::7, "sector"] = None
    model = MonotoneBoosting(max_iter=15).fit(X, y)
    asked = X.iloc[:5].copy()
    asked.loc[0, "sector"] = "never seen"
    asked.loc[1, ["a", "b"]] = np.nan
    assert explain(model, asked, make_explainer(model, X, keep=40)).gap < 1e-9
    with pytest.raises(UsageError, match="text columns"):
        explain(model, asked, make_explainer(model, X, keep=40, algorithm="shap_tree_interventional"))


def test_an_ordinal_models_shares_add_up() -> None:
    X, _ = rows()
    grade = np.where(X["a"] > 0.8, "C", np.where(X["a"] + X["c"] > 0, "B", "A"))
    model = OrdinalGrader(["A", "B", "C"]).fit(X, grade)
    model_explanation = explain(model, X, make_explainer(model, X, event_from="B"))
    assert model_explanation.gap < 1e-9
    p_event = 1 - model.predict_grades(X)["A"].to_numpy()
    back = 1 / (1 + 50 * np.exp((model_explanation.score - 600) * np.log(2) / 20))
    assert np.allclose(back, p_event)
    with pytest.raises(UsageError, match="event_from"):
        make_explainer(model, X, event_from="A")


@pytest.mark.parametrize("kind", ["card", "trees"])
def test_an_explainer_is_json_and_pinned(request: pytest.FixtureRequest, kind: str) -> None:
    model, X = request.getfixturevalue(kind)
    explainer = make_explainer(model, X, keep=25)
    again = Explainer.from_dict(json.loads(json.dumps(explainer.to_dict())))
    assert again == explainer
    pd.testing.assert_frame_equal(
        explain(model, X, again).shares, explain(model, X, explainer).shares, check_exact=True
    )
    turned = make_explainer(model, X.iloc[::-1], keep=25)
    assert (turned.sha256, turned.kept) == (explainer.sha256, explainer.kept)  # the rows count, not their order
    assert turned.base == pytest.approx(explainer.base)
    assert explainer.rows == (len(X) if kind == "card" else 25)
    assert {"creditscore", "shap"} <= set(explainer.versions)
    if kind == "trees":
        assert make_explainer(model, X, keep=25, seed=1).sha256 != explainer.sha256


def test_wrong_requests(card: Any, trees: Any) -> None:
    model, X = card
    with pytest.raises(UsageError, match="algorithm 'tree_interventional'"):
        make_explainer(model, X, algorithm="tree_interventional")
    with pytest.raises(UsageError, match="without rows"):
        make_explainer(model, X.iloc[:0])
    with pytest.raises(UsageError, match="cannot be explained"):
        make_explainer(object(), X)


def test_ranked_shares(card: Any) -> None:
    model, X = card
    model_explanation = explain(model, X, make_explainer(model, X))
    ranked = model_explanation.ranked(0)
    assert [abs(p) for _, p in ranked] == sorted((abs(p) for _, p in ranked), reverse=True)
    assert model_explanation.base + sum(p for _, p in ranked) == pytest.approx(model_explanation.score[0])
    assert all(p < 0 for _, p in model_explanation.ranked(0, worst=2))

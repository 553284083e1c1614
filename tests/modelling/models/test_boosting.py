"""Monotone boosting: the exported lists predict what scikit-learn predicts, saved or not, for every kind of column."""

import doctest
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from creditscore.core.errors import CreditscoreError, TableError, UsageError
from creditscore.modelling.features.frames import read_matrix
from creditscore.modelling.models import boosting
from creditscore.modelling.models.boosting import MonotoneBoosting
from tests.modelling.tables import indicators, outcomes

SMALL: dict[str, Any] = {"max_iter": 25}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of small fits wait for each other longer than they work."""
    with threadpool_limits(1):
        yield


def again(model: MonotoneBoosting) -> MonotoneBoosting:
    return MonotoneBoosting.from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))


def test_example_in_the_docs_holds() -> None:
    assert doctest.testmod(boosting).failed == 0


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 64), st.integers(1, 30))
def test_the_lists_predict_what_scikit_learn_predicts(seed: int, leaves: int, least: int) -> None:
    frame, risk = indicators(600, seed)
    w = np.random.default_rng(seed).integers(0, 3, 600).astype(float)
    model = MonotoneBoosting({"days": "up"}, max_leaf_nodes=leaves, min_samples_leaf=least, max_iter=15)
    model.fit(frame, outcomes(risk), w)
    other, _ = indicators(400, seed + 1)
    other.loc[:20, "ratio"] = np.nan  # missing where training had none
    other.loc[30:50, "sector"] = "mining"  # a level that training had not
    other["ratio"] *= 100
    matrix, _ = read_matrix(model, other, model.levels_)
    ours, theirs = model.predict_proba(other), model.model_.predict_proba(matrix)
    assert np.abs(ours - theirs).max() < 1e-12
    assert np.abs(model.decision_function(other) - model.model_.decision_function(matrix)).max() < 1e-12
    saved = again(model)
    assert np.array_equal(saved.predict_proba(other), ours)
    assert saved.to_dict() == model.to_dict()
    limits = np.unique([t for tree in model.trees_ for t in tree.threshold if t is not None and abs(t) < 1e300])
    edges = pd.DataFrame({**dict.fromkeys(frame, np.nan), "ratio": np.r_[limits, np.nextafter(limits, np.inf)]})
    edges["sector"] = edges["region"] = None
    matrix, _ = read_matrix(model, edges, model.levels_)
    assert np.abs(model.predict_proba(edges) - model.model_.predict_proba(matrix)).max() < 1e-12


def test_a_wrapped_fit_is_scikit_learns_own_fit() -> None:
    frame, risk = indicators()
    X, y = frame[["days", "ratio"]], outcomes(risk)
    ours = MonotoneBoosting({"days": "up"}, max_leaf_nodes=31, l2_regularization=0, learning_rate=0.1, **SMALL).fit(
        X, y
    )
    theirs = HistGradientBoostingClassifier(max_iter=25, monotonic_cst={"days": 1}, random_state=0).fit(X, y)
    assert np.abs(ours.predict_proba(X) - theirs.predict_proba(X)).max() < 1e-12


@pytest.mark.parametrize(("direction", "sign"), [("up", 1), ("down", -1)])
def test_directions_hold_everywhere(direction: str, sign: int) -> None:
    frame, risk = indicators()
    model = again(MonotoneBoosting({"ratio": direction, "days": "up"}, **SMALL).fit(frame, outcomes(risk)))
    rows = frame.sample(20, random_state=0)
    grid = np.linspace(-5, 5, 60)
    for _, row in rows.iterrows():
        moved = pd.DataFrame([row] * len(grid)).assign(ratio=grid).astype({"days": float})
        assert (np.diff(model.predict_proba(moved)[:, 1]) * sign >= -1e-15).all()


def test_it_learns_and_names_make_no_difference() -> None:
    frame, risk = indicators()
    y = outcomes(risk)
    model = MonotoneBoosting({"days": "up"}).fit(frame, y)
    fresh, fresh_risk = indicators(3000, seed=9)
    assert roc_auc_score(outcomes(fresh_risk), model.predict_proba(fresh)[:, 1]) > 0.75
    p = model.predict_proba(frame)
    assert np.array_equal(model.predict_proba(pa.Table.from_pandas(frame)), p)
    assert np.array_equal(model.predict_proba({name: frame[name] for name in frame}), p)
    numbers = frame[["days", "ratio"]]
    array = MonotoneBoosting({0: "up"}, **SMALL).fit(numbers.to_numpy(), y)
    named = MonotoneBoosting({"days": "up"}, **SMALL).fit(numbers, y)
    assert np.array_equal(array.predict_proba(numbers.to_numpy()), named.predict_proba(numbers))
    assert again(array).get_params()["monotone"] == {0: "up"}
    assert again(named).get_params()["monotone"] == {"days": "up"}


@pytest.mark.slow
def test_threads_and_row_order_change_nothing() -> None:
    frame, risk = indicators(5000)
    result = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            result.append(MonotoneBoosting(**SMALL).fit(frame, outcomes(risk)).to_dict())
    assert result[0] == result[1]
    other = frame.assign(y=outcomes(risk)).sample(frac=1, random_state=0)
    assert MonotoneBoosting(**SMALL).fit(other[list(frame)], other["y"]).to_dict() == result[0]


def test_classes_keep_their_words() -> None:
    frame, risk = indicators(300)
    y = np.where(outcomes(risk) == 1, "failed", "Alive")
    model = again(MonotoneBoosting(**SMALL).fit(frame, y))
    assert model.classes_.tolist() == ["Alive", "failed"]
    assert set(model.predict(frame)) == {"Alive", "failed"}


def test_ten_rows_and_duplicate_columns_give_a_model() -> None:
    X = pd.DataFrame({"a": np.arange(10.0), "b": np.arange(10.0)})
    model = MonotoneBoosting(**SMALL).fit(X, [0] * 5 + [1] * 5)
    assert model.predict_proba(X)[:, 1] == pytest.approx([0.5] * 10)  # no leaf of 20 rows can be cut


def test_many_levels_keep_the_most_frequent() -> None:
    rng = np.random.default_rng(0)
    words = np.r_[["bad"] * 500, [f"w{i}" for i in range(100_000)]]
    X = pd.DataFrame({"word": words, "x": rng.normal(size=len(words))})
    y = np.where(words == "bad", rng.random(len(words)) < 0.9, rng.random(len(words)) < 0.1).astype(int)
    model = MonotoneBoosting(max_iter=10).fit(X, y)
    assert len(model.levels_[0]) == 254
    p = model.predict_proba(pd.DataFrame({"word": ["bad", "w99999", "never seen", None], "x": 0.0}))[:, 1]
    assert p[0] > p[1] == p[2] == p[3]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ratio": np.inf}, "infinity"),
        ({"ratio": pd.Timestamp("2018-01-01")}, "dates"),
        ({"sector": "2018-01-01"}, "dates"),
        ({"ratio": 1j}, "Complex"),
    ],
)
def test_columns_that_cannot_be_read_are_named(change: dict[str, Any], word: str) -> None:
    frame, risk = indicators(100)
    y = outcomes(risk)
    with pytest.raises(TableError, match=word) as caught:
        MonotoneBoosting(**SMALL).fit(frame.assign(**change), y)
    assert next(iter(change)) in str(caught.value)


def test_what_cannot_be_fitted_is_said() -> None:
    frame, risk = indicators(100)
    y = outcomes(risk)
    for column, direction, word in [
        ("nil", "up", "no column"),
        ("sector", "up", "text"),
        ("days", "sideways", "direction"),
    ]:
        with pytest.raises(UsageError, match=word):
            MonotoneBoosting({column: direction}).fit(frame, y)
    with pytest.raises(UsageError, match="max_leaf_nodes"):
        MonotoneBoosting(max_leaf_nodes=65).fit(frame, y)
    with pytest.raises(TableError, match="one class"):
        MonotoneBoosting().fit(frame, np.ones(100))
    with pytest.raises(TableError, match="one class"):
        MonotoneBoosting().fit(frame, y, (y == 1).astype(float))
    with pytest.raises(TableError, match="columns with one name"):
        MonotoneBoosting().fit(pd.concat([frame, frame[["days"]]], axis=1), y)
    model = MonotoneBoosting(**SMALL).fit(frame, y)
    with pytest.raises(TableError, match="'days' is text"):
        model.predict(frame.assign(days="long"))
    with pytest.raises(TableError, match="'sector' is numbers"):
        model.predict(frame.assign(sector=1.0))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.drop(columns="days"))
    with pytest.raises(CreditscoreError, match="monotone_boosting"):
        MonotoneBoosting.from_dict({"kind": "calibrator"})

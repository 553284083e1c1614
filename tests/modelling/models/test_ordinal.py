"""Ordinal grades: ordered probabilities, additive contributions, exact saving, quality against nominal regression."""

import doctest
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from threadpoolctl import threadpool_limits

from creditscore.core.errors import CreditscoreError, TableError, UsageError
from creditscore.modelling.models import ordinal
from creditscore.modelling.models.ordinal import OrdinalGrader
from tests.modelling.tables import NAMES, indicators
from tests.paths import SHARED

GRADES = ["A", "B", "M", "C", "D"]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads of small fits wait for each other longer than they work."""
    with threadpool_limits(1):
        yield


def graded(rows: int = 1500, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    frame, risk = indicators(rows, seed)
    noise = np.random.default_rng(seed + 100).logistic(size=rows)
    return frame, np.array(GRADES)[np.digitize(risk + noise, [-2.5, 0, 1.5, 3])]


@pytest.fixture(scope="module")
def fitted() -> OrdinalGrader:
    return OrdinalGrader(GRADES, {"days": "up", "ratio": "down"}).fit(*graded())


def again(model: OrdinalGrader) -> OrdinalGrader:
    return OrdinalGrader.from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))


def test_example_in_the_docs_holds() -> None:
    assert doctest.testmod(ordinal).failed == 0


def test_the_curves_that_made_the_grades_are_found() -> None:
    x = np.linspace(-3, 3, 8000)
    rng = np.random.default_rng(0)
    grade = np.digitize(2 * x + rng.logistic(size=8000), [-2, 0.5, 3])
    model = OrdinalGrader(ridge=1e-3, smoothness=1.0).fit({"x": x}, grade)
    assert model.thresholds_ == pytest.approx([-2, 0.5, 3], abs=0.25)
    assert np.polyfit(x, model.latent({"x": x}), 1)[0] == pytest.approx(2, abs=0.1)


def test_probabilities_are_ordered_and_in_two_orders(fitted: OrdinalGrader) -> None:
    frame, _ = graded(500, seed=3)
    cumulative = fitted.predict_cumulative(frame)
    assert (np.diff(cumulative, axis=1) > 0).all()
    assert (cumulative[:, -1] == 1).all()
    by_grade = fitted.predict_grades(frame)
    assert by_grade.columns.tolist() == fitted.grades_.tolist() == GRADES
    assert fitted.classes_.tolist() == sorted(GRADES)
    assert np.array_equal(by_grade[fitted.classes_.tolist()].to_numpy(), fitted.predict_proba(frame))
    assert (fitted.predict(frame) == by_grade.idxmax(axis=1)).all()
    median = pd.Series(fitted.predict_median(frame)).map(GRADES.index).to_numpy()
    assert (cumulative[np.arange(500), median] >= 0.5).all()


def test_probabilities_are_calibrated_on_fresh_rows(fitted: OrdinalGrader) -> None:
    frame, y = graded(6000, seed=5)
    cumulative = fitted.predict_cumulative(frame)
    for k in range(4):
        hit = np.isin(y, GRADES[: k + 1])
        for tenth in np.array_split(np.argsort(cumulative[:, k]), 10):
            assert cumulative[tenth, k].mean() == pytest.approx(hit[tenth].mean(), abs=0.07)


def test_contributions_add_up_to_the_latent_score(fitted: OrdinalGrader) -> None:
    frame, _ = graded()
    parts = fitted.contributions(frame)
    assert tuple(parts) == NAMES
    assert np.abs(parts.sum(axis=1) - fitted.latent(frame)).max() < 1e-12
    assert parts.mean().abs().max() < 1e-9
    assert (parts[["empty", "constant"]] == 0).all(axis=None)
    assert parts["days"].std() > 5 * parts["noise"].std()


def test_directions_hold(fitted: OrdinalGrader) -> None:
    frame, _ = graded()
    row = frame.iloc[:1]
    for name, sign in (("days", 1), ("ratio", -1)):
        grid = pd.concat([row] * 80, ignore_index=True).assign(**{name: np.linspace(-50, 300, 80)})
        assert (np.diff(fitted.contributions(grid)[name]) * sign >= 0).all()
    wrong = OrdinalGrader(GRADES, {"ratio": "up"}).fit(*graded())
    assert wrong.contributions(frame)["ratio"].abs().max() < 0.1


def test_saved_exactly(fitted: OrdinalGrader) -> None:
    frame, _ = graded(400, seed=8)
    frame.loc[:9, "ratio"] = np.nan
    frame.loc[:9, "sector"] = "mining"
    copy = again(fitted)
    assert copy.to_dict() == fitted.to_dict()
    assert np.array_equal(copy.predict_proba(frame), fitted.predict_proba(frame))
    assert copy.contributions(frame).equals(fitted.contributions(frame))
    assert copy.get_params() == fitted.get_params()
    array = OrdinalGrader(monotone={0: "up"}).fit(np.arange(30.0)[:, None], np.arange(30) // 10)
    assert np.array_equal(again(array).predict([[3.0]]), array.predict([[3.0]]))


def test_missing_has_a_stated_effect(fitted: OrdinalGrader) -> None:
    frame, y = graded()
    gone = fitted.contributions(frame.assign(ratio=np.nan, sector="mining"))
    assert (gone["ratio"] == 0).all()  # training had none missing: the average
    assert (gone["sector"] == 0).all()
    informative = frame.assign(days=frame["days"].mask(np.isin(y, ["C", "D"])))
    model = OrdinalGrader(GRADES).fit(informative, y)
    assert model.contributions(informative.assign(days=np.nan))["days"].iloc[0] > 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 5))
def test_weights_are_rows_and_row_order_is_nothing(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 2)).round(1)
    y = np.r_[np.arange(count), rng.integers(0, count, 80 - count)]
    w = np.r_[np.ones(count), rng.integers(0, 3, 80 - count)].astype(int)
    weighted = OrdinalGrader().fit(x, y, w)
    repeated = np.repeat(np.arange(80), w)
    ordinal_grader, other = (OrdinalGrader().fit(x[rows], y[rows]) for rows in (repeated, rng.permutation(repeated)))
    assert np.allclose(ordinal_grader.predict_proba(x), weighted.predict_proba(x), atol=1e-6)
    assert ordinal_grader.to_dict() == other.to_dict()


def test_two_grades_are_a_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 3000)
    y = (rng.random(3000) < expit(1.5 * x)).astype(int)
    peer = LogisticRegression(C=np.inf).fit(x[:, None], y).predict_proba(x[:, None])
    ours = OrdinalGrader(knots=1, smoothness=0, ridge=1e-6).fit(x[:, None], y).predict_proba(x[:, None])
    assert np.abs(ours - peer).max() < 2e-3


def measures(P: Any, code: Any) -> tuple[float, float, float]:
    """Mean log-loss over the cumulative questions, quadratic kappa, and mean calibration error in tenths."""
    cumulative = np.clip(np.cumsum(P, axis=1)[:, :-1], 1e-12, 1 - 1e-12)
    truth = code[:, None] <= np.arange(P.shape[1] - 1)
    loss = -np.where(truth, np.log(cumulative), np.log(1 - cumulative)).mean()
    error = np.mean(
        [
            sum(abs((cumulative[part, k] - truth[part, k]).sum()) for part in np.array_split(order, 10)) / len(code)
            for k in range(P.shape[1] - 1)
            for order in [np.argsort(cumulative[:, k], kind="stable")]
        ]
    )
    return float(loss), float(cohen_kappa_score(code, P.argmax(axis=1), weights="quadratic")), float(error)


def against_nominal(X: Any, code: Any, groups: Any) -> Any:
    """(loss, kappa, calibration error) of the ordinal model and of multinomial regression on normal scores."""
    results: dict[str, list[Any]] = {"ordinal": [], "nominal": []}
    for train, test in GroupKFold(3, shuffle=True, random_state=42).split(X, code, groups):
        nominal = make_pipeline(
            QuantileTransformer(output_distribution="normal", n_quantiles=min(500, len(train))),
            LogisticRegression(max_iter=1000),
        )
        for name, model in (("ordinal", OrdinalGrader()), ("nominal", nominal)):
            model.fit(X.iloc[train], code[train])
            results[name].append(measures(model.predict_proba(X.iloc[test]), code[test]))
    return {name: np.mean(rows, axis=0) for name, rows in results.items()}


def test_better_than_nominal_regression_on_company_ratings() -> None:
    file = SHARED / "data" / "corporate_ratings" / "ratings_2010_2016.parquet"
    if not file.exists():
        pytest.skip("the published data are not beside this checkout (../shared/data)")
    table = pd.read_parquet(file)
    letter = table["Rating"].str.replace("[+-]", "", regex=True).replace({"AAA": "AA", "CCC": "C", "CC": "C", "D": "C"})
    code = letter.map({name: k for k, name in enumerate(["AA", "A", "BBB", "BB", "B", "C"])}).to_numpy()
    result = against_nominal(table.select_dtypes("float"), code, table["CIK"])
    (loss, kappa, error), (peer_loss, peer_kappa, peer_error) = result["ordinal"], result["nominal"]
    assert loss < peer_loss - 0.01
    assert kappa > peer_kappa + 0.02
    assert error < peer_error


def test_better_than_nominal_regression_on_made_up_companies() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(150), 8)
    X = pd.DataFrame(rng.standard_t(3, (150, 6))[groups] + 0.1 * rng.normal(size=(1200, 6))).add_prefix("r")
    risk = (np.tanh(X["r0"]) * 3 + X["r1"].abs() + rng.logistic(size=150)[groups]).to_numpy()
    result = against_nominal(X, np.digitize(risk, [-2, -0.5, 1, 2.5, 4]), groups)
    assert result["ordinal"][0] < result["nominal"][0]
    assert result["ordinal"][1] > result["nominal"][1]


def test_what_cannot_be_fitted_is_said() -> None:
    frame, y = graded(200)
    for grades in (["A", "B"], [*GRADES, "E"], [*GRADES, "A"]):
        with pytest.raises(TableError, match="grades are"):
            OrdinalGrader(grades).fit(frame, y)
    with pytest.raises(TableError, match="one class"):
        OrdinalGrader().fit(frame, ["A"] * 200)
    with pytest.raises(TableError, match="no row with a positive weight"):
        OrdinalGrader(GRADES).fit(frame, y, (y != "D").astype(float))
    with pytest.raises(UsageError, match="ridge"):
        OrdinalGrader(ridge=0).fit(frame, y)
    with pytest.raises(UsageError, match="no column"):
        OrdinalGrader(monotone={"nil": "up"}).fit(frame, y)
    with pytest.raises(TableError, match="infinity"):
        OrdinalGrader().fit(frame.assign(ratio=np.inf), y)
    with pytest.raises(ValueError, match="NaN"):
        OrdinalGrader().fit(frame, pd.Series(y).mask(y == "A"))
    with pytest.raises(CreditscoreError, match="ordinal_grader"):
        OrdinalGrader.from_dict({"kind": "calibrator"})


def test_odd_tables_still_give_probabilities() -> None:
    y = np.repeat([0, 1, 2], 4)
    tables: list[Any] = [
        {"only": np.full(12, np.nan)},
        {"same": np.ones(12)},
        {"a": np.arange(12.0), "b": np.arange(12.0)},
        {"huge": np.linspace(-1e300, 1e300, 12)},
        {"separated": np.repeat([0.0, 1.0, 2.0], 4)},
        {"flag": y == 2},
        {"word": [f"w{i}" for i in range(12)]},
    ]
    for table in tables:
        model = OrdinalGrader().fit(table, y)
        P = model.predict_proba(table)
        assert np.isfinite(P).all()
        assert P.sum(axis=1) == pytest.approx(np.ones(12))
        assert P.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.05)
        assert np.array_equal(again(model).predict_proba(table), P)

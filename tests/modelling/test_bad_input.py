"""Bad input: a clear error, or a handling that is stated and holds."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest

from creditscore.core.errors import CreditscoreError, TableError, UsageError
from creditscore.modelling import Binner, MonotoneBoosting, OrdinalGrader, ScorecardClassifier, VariableSelector
from tests.modelling.data import firms

X, Y = firms(600)
MAKE = {"card": ScorecardClassifier, "woe": lambda **k: ScorecardClassifier(method="woe", **k), "binner": Binner}
N = len(X)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.date_range("2020-01-01", periods=N), "dates or durations"),
        ([f"2020-{i % 12 + 1:02d}-01" for i in range(N)], "dates as text"),
        ([f"{i % 28 + 1:02d}/01/2020" for i in range(N)], "dates as text"),
        ([datetime.date(2020, 1, 1)] * N, "dates or durations"),
        (pd.Series([1, "1"] * (N // 2), dtype=object), "mixes kinds"),
        (np.arange(N) + 1j, "Complex"),
        ([f"id{i}" for i in range(N)], "another text in each row"),
    ],
)
def test_columns_that_no_card_can_use_are_refused(name: str, column: Any, words: str) -> None:
    with pytest.raises(TableError, match=words):
        MAKE[name]().fit(X.assign(bad=column), Y)


@pytest.mark.parametrize("name", [*MAKE, "selector"])
def test_outcomes_that_teach_nothing_are_refused(name: str) -> None:
    make: Any = {**MAKE, "selector": VariableSelector}[name]
    cases: list[tuple[Any, str]] = [
        (np.zeros(N), "one class only"),
        (np.arange(N) % 3, "Only binary"),
        (np.where(np.arange(N) == 5, np.nan, Y), "NaN"),
        (Y[:-1], "inconsistent"),
        (None, "requires y"),
    ]
    for y, words in cases:
        with pytest.raises(TableError, match=words):
            make().fit(X, y)
    with pytest.raises(TableError, match="one class has no weight"):
        make().fit(X, Y, sample_weight=Y.astype(float))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        make().fit(X, Y, sample_weight=-np.ones(N))


def test_text_outcomes_say_which_is_adverse() -> None:
    words = np.where(Y == 1, "bad", "good")
    with pytest.raises(TableError, match="which of 'bad' and 'good' is the adverse event"):
        ScorecardClassifier().fit(X, words)
    card = ScorecardClassifier(event="bad").fit(X, words)
    plain = ScorecardClassifier().fit(X, Y)
    assert card.classes_.tolist() == ["good", "bad"]
    assert card.score_points(X).tolist() == plain.score_points(X).tolist()
    assert (card.predict(X) == "bad").tolist() == (plain.predict(X) == 1).tolist()
    with pytest.raises(UsageError, match="does not occur"):
        ScorecardClassifier(event="ugly").fit(X, words)


def test_columns_of_one_name_are_refused() -> None:
    twice = pd.concat([X, X[["late"]]], axis=1)
    with pytest.raises(TableError, match="columns with one name: late"):
        ScorecardClassifier().fit(twice, Y)


def test_empty_and_tiny_tables() -> None:
    with pytest.raises(TableError, match="0 sample"):
        ScorecardClassifier().fit(X.iloc[:0], [])
    with pytest.raises(TableError, match="0 feature"):
        ScorecardClassifier().fit(X[[]], Y)
    card = ScorecardClassifier().fit(pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]}), [0, 0, 1, 1])
    assert card.score_points(pd.DataFrame({"a": [np.nan]})).dtype == np.int64
    two = ScorecardClassifier().fit(pd.DataFrame({"a": [1.0, 2.0]}), [0, 1])
    assert np.isfinite(two.predict_proba(pd.DataFrame({"a": [1.5]}))).all()


@pytest.mark.parametrize("method", ["additive", "woe"])
def test_constant_and_empty_columns_leave_with_a_reason(method: str) -> None:
    table = X.assign(one=1.0, none=np.nan, void=pd.Series([None] * N, dtype=object), word="same")
    card = ScorecardClassifier(method=method).fit(table, Y)
    for column, why in {"one": "constant", "none": "all missing", "void": "all missing", "word": "constant"}.items():
        assert card.left_[column] == why
        assert column not in card.variables_
    plain = ScorecardClassifier(method=method).fit(X, Y)
    assert card.score_points(table).tolist() == plain.score_points(X).tolist()


def test_nothing_to_learn_from_gives_the_base_alone() -> None:
    card = ScorecardClassifier().fit(pd.DataFrame({"a": [1.0] * 100}), [0, 1] * 50)
    assert card.variables_ == []
    assert card.predict_proba(pd.DataFrame({"a": [7.0]}))[0, 1] == pytest.approx(0.5, abs=0.02)
    assert card.reasons(pd.DataFrame({"a": [7.0]})).empty


def test_infinities_lie_beyond_every_cut_of_bins() -> None:
    binner = Binner(output="codes", max_bins=5).fit(X[["ratio"]], Y)
    codes = binner.transform(pd.DataFrame({"ratio": [-np.inf, np.inf, -1e308, 1e308]}))[:, 0]
    last = binner.bins_[0].ordinary - 1
    assert codes.tolist() == [0, last, 0, last]


@pytest.mark.parametrize("method", ["additive", "woe"])
@pytest.mark.parametrize("kind", ["float64", "float32", "object", "Float64", "array"])
def test_a_card_refuses_infinities(method: str, kind: str) -> None:
    def shaped(table: pd.DataFrame) -> Any:
        return table.to_numpy() if kind == "array" else table.astype(kind)

    table = pd.DataFrame({"late": np.arange(400) % 7, "ratio": np.arange(400) % 9}).astype("float64")
    y = (np.arange(400) % 7 + np.arange(400) % 9 > 7).astype(int)
    card = ScorecardClassifier(method=method).fit(shaped(table), y)
    odd = table.copy()
    odd.loc[4, "ratio"] = -np.inf
    calls = [
        lambda X: ScorecardClassifier(method=method).fit(X, y),
        lambda X: ScorecardClassifier(method=method, evidence=None, forced=["x1"] if kind == "array" else []).fit(X, y),
        *(getattr(card, name) for name in ("predict", "predict_proba", "score_points", "contributions", "reasons")),
    ]
    for call in calls:
        with pytest.raises(TableError, match="holds infinity in 1 of 400 rows") as refused:
            call(shaped(odd))
        assert "row 5" in str(refused.value)
        assert "missing" in str(refused.value)


def test_many_categories_keep_the_frequent_and_pool_the_rest() -> None:
    random = np.random.default_rng(0)
    n = 120_000
    code = np.where(random.random(n) < 0.3, 0, random.integers(1, 100_001, n))
    table = pd.DataFrame({"c": pd.array([f"k{i}" for i in code], dtype="str")})
    y = (random.random(n) < np.where(code == 0, 0.3, 0.1)).astype(int)
    card = ScorecardClassifier().fit(table, y)
    rows = card.table_[card.table_["variable"] == "c"]
    assert rows["bin"].tolist() == ["k0", "missing", "other"]
    assert rows["count"].sum() == n
    assert card.score_points(pd.DataFrame({"c": ["never"]})) == card.score_points(pd.DataFrame({"c": ["k99"]}))


def test_many_columns_are_taken_by_information(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditscore.modelling.scorecard.classifier.MOST_COLUMNS", 5)
    random = np.random.default_rng(0)
    wide = pd.DataFrame(random.normal(size=(300, 30)), columns=[f"v{i}" for i in range(30)])
    y = (wide["v7"] + 0.3 * random.normal(size=300) > 0).astype(int)
    card = ScorecardClassifier().fit(wide, y)
    assert "v7" in card.variables_
    assert sum("5 columns with most information" in why for why in card.left_.values()) == 25


def test_polars_scores_alike() -> None:
    card = ScorecardClassifier().fit(X, Y)
    assert card.card_.score(polars.from_pandas(X)).tolist() == card.score_points(X).tolist()


def test_text_that_is_numbers_stays_text() -> None:
    table = pd.DataFrame({"code": pd.array(["1", "2"] * 100, dtype="str")})
    y = [0, 1] * 90 + [1, 0] * 10
    card = ScorecardClassifier().fit(table, y)
    assert set(card.table_["kind"].iloc[1:]) == {"category"}
    with pytest.raises(TableError, match="holds numbers"):
        card.score_points(pd.DataFrame({"code": [1, 2]}))
    numbers = ScorecardClassifier().fit(table.astype(float), y)
    with pytest.raises(TableError, match="holds text"):
        numbers.score_points(table)
    missing = pd.DataFrame({"code": [np.nan, np.nan]})
    assert card.score_points(missing).tolist() == card.score_points(missing.astype(object)).tolist()


def test_unseen_and_missing_follow_their_policies() -> None:
    seen = X[X["kind"].notna() & X["late"].notna()]
    y = Y[seen.index]
    probe = seen.iloc[[0]].assign(kind="never", late=np.nan)
    for policy in ("own", "neutral"):  # the fit saw none of them: own is neutral
        parts = (
            ScorecardClassifier(missing=policy, unseen=policy, forced=["kind"])
            .fit(seen, y)
            .contributions(probe)
            .iloc[0]
        )
        assert parts["late"] == 0
        assert parts["kind"] == 0
    card = ScorecardClassifier(missing="worst", unseen="worst", forced=["kind"]).fit(seen, y)
    for name in ("late", "kind"):
        own = card.table_[(card.table_["variable"] == name) & (card.table_["count"] > 0)]
        assert card.contributions(probe).iloc[0][name] == own["points"].min()
    refusing = ScorecardClassifier(unseen="error", forced=["kind"]).fit(seen, y)
    with pytest.raises(TableError, match="row 1: the card refuses 'other' of 'kind'"):
        refusing.score_points(pd.concat([seen.iloc[[3]], probe]))


@pytest.mark.parametrize(
    "settings",
    [
        {"trend": "up"},
        {"trend": {"nobody": "increasing"}},
        {"missing": "guess"},
        {"specials": {"nobody": [1]}},
        {"cuts": {"late": [3, 2]}},
        {"cuts": {"late": [1, np.inf]}},
        {"cuts": {"late": ["a"]}},
        {"cuts": {"kind": ["trade"]}},
        {"cuts": {"kind": [["trade"], ["trade", "inn"]]}},
        {"specials": {"late": [np.nan]}},
        {"max_bins": 1},
        {"min_bin_size": 0.9},
    ],
)
@pytest.mark.parametrize("name", ["card", "binner"])
def test_settings_that_cannot_hold_are_refused(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        MAKE[name](**settings).fit(X, Y)


@pytest.mark.parametrize(
    "settings", [{"pdo": 0}, {"base_odds": -1}, {"smoothing": 0}, {"method": "magic"}, {"smoothing": "much"}]
)
def test_settings_of_the_card_that_cannot_hold_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ScorecardClassifier(**settings).fit(X, Y)


def test_every_kind_of_table_scores_alike() -> None:
    card = ScorecardClassifier().fit(X, Y)
    score = card.score_points(X).tolist()
    arrow = pa.Table.from_pandas(X, preserve_index=False)
    assert card.card_.score(arrow).tolist() == score
    assert card.score_points(arrow).tolist() == score
    assert card.card_.score({name: X[name].to_numpy(dtype=object, na_value=None) for name in X}).tolist() == score
    assert card.card_.score(X[list(X)[::-1]].assign(more=1)).tolist() == score
    odd = X.assign(
        kind=X["kind"].astype("category"), exports=X["exports"].astype("boolean"), late=X["late"].astype("Int64")
    )
    assert card.score_points(odd).tolist() == score
    dictionary = arrow.set_column(3, "kind", arrow["kind"].combine_chunks().dictionary_encode())
    assert card.card_.score(dictionary).tolist() == score
    assert card.card_.score(arrow.slice(0, 0)).tolist() == []
    with pytest.raises(TableError, match="column 'late' is missing"):
        card.card_.score(X.drop(columns="late"))
    matrix = X[["late", "margin"]]
    bare = ScorecardClassifier().fit(matrix.to_numpy(), Y)
    assert (
        bare.score_points(matrix.to_numpy()).tolist()
        == ScorecardClassifier().fit(matrix, Y).score_points(matrix).tolist()
    )
    assert bare.variables_ == ["x0", "x1"]


def test_errors_say_what_where_and_what_next() -> None:
    with pytest.raises(CreditscoreError) as caught:
        ScorecardClassifier().fit(X.assign(day=pd.Timestamp("2020-01-01")), Y)
    assert "column 'day'" in str(caught.value)
    assert "next:" in str(caught.value)


ESTIMATORS = {**MAKE, "selector": VariableSelector, "boosting": MonotoneBoosting, "ordinal": OrdinalGrader}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_weights_that_are_no_numbers_of_rows_are_refused(name: str) -> None:
    table = X[["late", "margin"]]
    for weight in (np.full(N, 1 / N), np.full(N, 1e200), np.full(N, 1e-9)):
        with pytest.raises(TableError, match="a weight of 1 is one row"):
            ESTIMATORS[name]().fit(table, Y, sample_weight=weight)
    wide = 10.0 ** np.random.default_rng(0).integers(-8, 9, N)
    ESTIMATORS[name]().fit(table, Y, sample_weight=wide)


@pytest.mark.parametrize("name", [*MAKE, "selector"])
def test_missing_outcomes_of_any_kind_are_named(name: str) -> None:
    words = np.where(Y == 1, "late", "in time").astype(object)
    for gap in (None, np.nan, pd.NA):
        with pytest.raises(TableError, match="contains NaN"):
            ESTIMATORS[name]().fit(X, np.r_[np.array([gap], dtype=object), words[1:]])


@pytest.mark.parametrize(
    "texts",
    [
        [f"2020-{i % 12 + 1:02d}-01" for i in range(N - 1)] + ["unknown"],
        [f"2020{i % 12 + 1:02d}{i % 28 + 1:02d}" for i in range(N)],
        [f"2020年{i % 12 + 1}月{i % 28 + 1}日" for i in range(N)],
    ],
)
def test_dates_are_seen_in_any_usual_form(texts: list[str]) -> None:
    with pytest.raises(TableError, match="dates as text"):
        ScorecardClassifier().fit(X.assign(day=texts), Y)
    codes = [f"{i % 30 + 10_990_000}" for i in range(N)]  # eight digits that are no days
    ScorecardClassifier().fit(X.assign(code=codes), Y)

"""Cards and their peers behind one shape: `fit(table, y, groups)` gives a function from a table to probabilities.

Peers run at their documented defaults. Each adapter imports its library when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

Predict = Callable[[pd.DataFrame], np.ndarray]


def split(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    numbers = [c for c in table if table[c].dtype.kind in "fiub"]
    return numbers, [c for c in table if c not in numbers]


def ours(**settings: Any) -> Callable[[pd.DataFrame, np.ndarray, np.ndarray | None], Predict]:
    def fit(table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None) -> Predict:
        from creditscore.modelling import ScorecardClassifier

        card = ScorecardClassifier(**settings).fit(table, y, groups=groups)
        predict = lambda new: card.predict_proba(new)[:, 1]  # noqa: E731
        predict.card = card  # type: ignore[attr-defined]
        return predict

    return fit


def optbinning(table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None) -> Predict:
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    numbers, texts = split(table)
    table = table.astype(dict.fromkeys(texts, object))
    process = BinningProcess(numbers + texts, categorical_variables=texts or None)
    card = Scorecard(binning_process=process, estimator=LogisticRegression(max_iter=2000)).fit(
        table[numbers + texts], y
    )
    return lambda new: card.predict_proba(new[numbers + texts].astype(dict.fromkeys(texts, object)))[:, 1]


def toad(table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None) -> Predict:
    import toad as package
    from sklearn.linear_model import LogisticRegression

    _, texts = split(table)
    table = table.astype(dict.fromkeys(texts, object))
    combiner = package.transform.Combiner()
    combiner.fit(table, y, method="dt", min_samples=0.05)
    woe = package.transform.WOETransformer()
    model = LogisticRegression(max_iter=2000).fit(woe.fit_transform(combiner.transform(table), y), y)
    as_text = dict.fromkeys(texts, object)
    return lambda new: model.predict_proba(woe.transform(combiner.transform(new.astype(as_text))))[:, 1]


def pipeline(table: pd.DataFrame, numbers_step: Any, texts_step: Any, model: Any, y: np.ndarray) -> Predict:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    numbers, texts = split(table)
    columns = ColumnTransformer([("numbers", numbers_step, numbers), ("texts", texts_step, texts)])
    fitted = make_pipeline(columns, model).fit(table, y)
    return lambda new: fitted.predict_proba(new)[:, 1]


def kbins(table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None) -> Predict:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), KBinsDiscretizer(10, encode="onehot"))
    return pipeline(table, numbers, OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=2000), y)


def boosting(table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None) -> Predict:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.preprocessing import OrdinalEncoder

    model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.05, max_leaf_nodes=15, random_state=0)
    return pipeline(
        table, "passthrough", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), model, y
    )


def ebm(table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None) -> Predict:
    from interpret.glassbox import ExplainableBoostingClassifier

    model = ExplainableBoostingClassifier(interactions=0, n_jobs=1, random_state=0).fit(table, y)
    return lambda new: model.predict_proba(new)[:, 1]


# readable: a card of bins and points (or of indicator slopes), one addition per column
READABLE = {
    "creditscore, auto shapes": ours(),
    "creditscore, monotone": ours(trend="monotone"),
    "creditscore, any shape": ours(trend="none"),
    "creditscore, auto, not rounded": ours(round_points=False),
    "creditscore, one slope per WoE": ours(method="woe"),
    "optbinning": optbinning,
    "toad": toad,
    "scikit-learn, 10 bins + logistic": kbins,
}
OTHERS = {"scikit-learn, boosting": boosting, "interpret, EBM without interactions": ebm}

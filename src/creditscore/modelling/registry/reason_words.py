"""Reasons in words: for each row the columns that cost most points against the background, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.i18n import Lang, lang_of, phrase
from creditscore.modelling.scorecard.reasons import find_told

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.modelling.registry.grading_model import GradingModel

__all__ = ["REASONS", "reason_columns", "value_words"]

REASONS = 4


def reason_columns(model: GradingModel, frame: pd.DataFrame, count: int, lang: str = "en") -> dict[str, Any]:
    """reason_1 (words), reason_1_points, … : costliest first, missing where nothing more costs points.

    Of a model that carries evidence only what can be told from zero is a reason, and where a row has none `reason_1` is
    a sentence that says so, without points.
    """
    import pandas as pd

    shares = model.explain(frame).shares
    told_from_zero = find_told(model.estimator, frame, list(shares.columns), model.explainer.means)
    matrix = np.where(told_from_zero, shares.to_numpy(), 0.0)
    order = np.argsort(matrix, axis=1, kind="stable")[:, :count]  # ties in the order of the columns
    cost = np.take_along_axis(matrix, order, axis=1)
    words = {place: value_words(model, frame, str(name), lang) for place, name in enumerate(shares.columns)}
    columns: dict[str, Any] = {}
    judged = getattr(getattr(model.estimator, "card_", None), "evidence", None) is not None
    none_told = phrase("models", "no_reason", lang_of(lang)) if judged else None
    for rank in range(count):
        text = np.full(len(frame), none_told if rank == 0 else None, dtype=object)
        points = np.full(len(frame), np.nan)
        if rank < order.shape[1]:
            is_reason = cost[:, rank] < 0
            points[is_reason] = np.round(cost[is_reason, rank], 1)
            for place, (code, labels) in words.items():
                here = is_reason & (order[:, rank] == place)
                text[here] = labels[code[here]]
        columns[f"reason_{rank + 1}"] = pd.array(text, dtype="str")
        columns[f"reason_{rank + 1}_points"] = points
    return columns


def value_words(
    model: GradingModel, frame: pd.DataFrame, column: str, lang: str = "en"
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """(code of each row, words of each code): what the column is called and what the row has there."""
    import pandas as pd

    from creditscore.modelling.features.columns_of import look
    from creditscore.modelling.scorecard.bins import blocks

    card = getattr(model.estimator, "card_", None)
    if card is not None:
        variable = next(variable for variable in card.variables if variable.name == column)
        codes = np.empty(len(frame), dtype=np.intp)
        for rows, result in blocks(variable.bins, look(frame[[column]]).read(column)):
            codes[rows] = result
        label = model.label(column, lang)
        if label == column and variable.rows[0].reason:
            label = variable.rows[0].reason
        return codes, np.array([f"{label}: {row.bin}" for row in variable.rows], dtype=object)
    codes, uniques = pd.factorize(frame[column], use_na_sentinel=False)
    label = model.label(column, lang)
    return codes, np.array([f"{label}: {_shown(value, lang_of(lang))}" for value in uniques], dtype=object)


def _shown(value: Any, lang: Lang) -> str:
    import pandas as pd

    if pd.isna(value):
        return phrase("fragments", "missing", lang)
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)

"""Sensitivity: each variable moved a little, and each one left out; how far do predictions, grades and ranks move?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.modelling.validation.metrics.calibration_tests import brier
from creditscore.modelling.validation.metrics.discrimination import auc_interval
from creditscore.modelling.validation.metrics.inputs import Floats, frame

if TYPE_CHECKING:
    import pandas as pd

ROWS = 5000  # sensitivities are measured on at most so many rows, drawn evenly
STEP = 0.5  # of the spread between the quartiles (of the standard deviation where that is 0)

Predict = Callable[["pd.DataFrame"], Floats]
Grade = Callable[[Floats], Any]


def shifts(predict: Predict, X: pd.DataFrame, grade: Grade | None = None, step: float = STEP) -> pd.DataFrame:
    """Each numeric variable moved down and up by `step` quartile spreads, the others as they are.

    Columns: variable, shift (in the variable's unit), mean_change, mean_abs_change, largest_change of the
    probability, and grade_changed, the share of rows in another grade (NaN without grades). Variables that do not
    vary are left out.
    """
    base = predict(X)
    grades = None if grade is None else np.asarray(grade(base))
    rows = []
    for name in X.columns:
        if X[name].dtype.kind not in "iuf":
            continue
        values = X[name].astype(float)
        known = values[np.isfinite(values)]
        size = step * float(known.quantile(0.75) - known.quantile(0.25)) or step * float(known.std())
        if not size or np.isnan(size):
            continue
        for shift in (-size, size):
            moved = predict(X.assign(**{name: values + shift})) - base
            changed = float("nan")
            if grade is not None:
                changed = float(np.mean(np.asarray(grade(base + moved)) != grades))
            rows.append(
                {"variable": str(name), "shift": shift, "mean_change": float(np.mean(moved))}
                | {"mean_abs_change": float(np.mean(np.abs(moved)))}
                | {"largest_change": float(np.max(np.abs(moved))), "grade_changed": changed}
            )
    columns = ["variable", "shift", "mean_change", "mean_abs_change", "largest_change", "grade_changed"]
    return frame(rows, columns)


def left_out(predict: Predict, X: pd.DataFrame, y: Floats, weight: Floats, grade: Grade | None = None) -> pd.DataFrame:
    """Each variable missing in every row, the others as they are.

    `how`: `missing` where the model takes a missing value, else `typical` (the median, or the commonest level).
    Columns: variable, how, auc_change, brier_change, mean_abs_change, grade_changed; largest loss of AUC first.
    """
    base = predict(X)
    both = bool(0 < np.sum(weight * y) < np.sum(weight))
    auc = auc_interval(y, base, weight)[0] if both else float("nan")
    score = brier(y, base, weight).score
    grades = None if grade is None else np.asarray(grade(base))
    rows = []
    for name in X.columns:
        how, moved = _without(predict, X, name)
        changed = float("nan") if grade is None else float(np.mean(np.asarray(grade(moved)) != grades))
        rows.append(
            {"variable": str(name), "how": how}
            | {"auc_change": auc_interval(y, moved, weight)[0] - auc if both else float("nan")}
            | {"brier_change": brier(y, moved, weight).score - score}
            | {"mean_abs_change": float(np.mean(np.abs(moved - base))), "grade_changed": changed}
        )
    columns = ["variable", "how", "auc_change", "brier_change", "mean_abs_change", "grade_changed"]
    return frame(rows, columns).sort_values(["auc_change", "variable"], ignore_index=True)


def _without(predict: Predict, X: pd.DataFrame, name: Any) -> tuple[str, Floats]:
    values = X[name]
    gone = values.astype(float) * np.nan if values.dtype.kind in "iufb" else values.where(values.isna(), None)
    try:
        moved = predict(X.assign(**{name: gone}))
        if np.isfinite(moved).all():
            return "missing", moved
    except Exception:  # an estimator may refuse a missing value in whatever way it likes
        pass
    known = values.dropna()
    typical = known.median() if values.dtype.kind in "iuf" else sorted(known.mode(), key=str)[0] if len(known) else None
    return "typical", predict(X.assign(**{name: typical}))

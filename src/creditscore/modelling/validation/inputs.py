"""What is validated: predictions and data of any kind, put into one order that does not depend on how rows came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.modelling.features.draws import row_hashes
from creditscore.modelling.features.fingerprint import content_hash
from creditscore.modelling.features.frames import as_frame
from creditscore.modelling.validation.metrics.inputs import Floats, outcomes, probabilities, weights

if TYPE_CHECKING:
    import pandas as pd

MANY_DAYS = 24  # cohorts of single days beyond this are too small to say anything


@dataclass(frozen=True)
class Subject:
    """Rows with outcome and prediction, in canonical order; what else is known of each stands in `extra`."""

    y: Floats
    p: Floats
    weight: Floats
    X: pd.DataFrame | None
    extra: dict[str, Any]
    predict: Callable[[pd.DataFrame], Floats] | None
    rows: int
    without_outcome: int
    without_prediction: int
    data_hash: str
    prediction_hash: str


def make_frame(X: Any) -> pd.DataFrame | None:
    """Make a data frame of a table or matrix, its columns named by texts, its rows counted from 0; None stays None."""
    if X is None:
        return None
    frame = as_frame(X).reset_index(drop=True)
    frame.columns = frame.columns.map(str)
    return frame


def digest(table: pd.DataFrame) -> str:
    """The content hash of a table as bare hex: any cell changes it, the order of the rows does not."""
    return content_hash({str(name): table[name] for name in table.columns}).removeprefix("sha256:")


def event_probability(given: Any) -> Floats:
    """The event's column of predict_proba's answer, or the probabilities as they are."""
    array = np.asarray(given.to_numpy() if hasattr(given, "to_numpy") else given, dtype=np.float64)
    if array.ndim == 2 and array.shape[1] == 2:
        array = array[:, 1]
    if array.ndim != 1:
        raise InputError("modelling.predictions_shape", shape=array.shape, where="predictions")
    return array


def predictor(model: Any, matrix: bool) -> Callable[[pd.DataFrame], Floats]:
    """Probabilities of the event from a frame; the model gets a matrix where it was fitted on one."""
    classes = getattr(model, "classes_", None)
    if classes is not None and len(classes) != 2:
        raise InputError("modelling.model_classes", classes_count=len(classes), where="model")

    def predict(X: pd.DataFrame) -> Floats:
        return event_probability(model.predict_proba(X.to_numpy() if matrix else X))

    return predict


def prepared(
    model: Any, data: Any, y: Any = None, sample_weight: Any = None, extra: dict[str, Any] | None = None
) -> Subject:
    """Rows in canonical order with their predictions; rows without outcome or prediction are counted and left out.

    `data`: a table of inputs, or an object with X, y, weight (and observed_on, groups, inspected), or None beside plain
    predictions.
    """
    import pandas as pd

    held = data if hasattr(data, "X") and hasattr(data, "y") else None
    matrix = isinstance(held.X if held is not None else data, np.ndarray)
    X = make_frame(held.X if held is not None else data)
    if y is None and held is not None:
        y = held.y
    if y is None:
        raise InputError("modelling.outcomes_missing", where="y")
    if sample_weight is None and held is not None:
        sample_weight = getattr(held, "weight", None)
    try:
        y = pd.to_numeric(pd.Series(np.asarray(y))).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError("modelling.outcomes_no_numbers", where="y") from error
    rows = len(y)
    more = {name: _whole(name, value, rows) for name, value in (extra or {}).items() if value is not None}
    for name in ("observed_on", "groups", "inspected"):
        if name not in more and held is not None and getattr(held, name, None) is not None:
            more[name] = _whole(name, getattr(held, name), rows)
    if "observed_on" in more:
        more["observed_on"] = cohorts(more["observed_on"])
    if X is not None and len(X) != rows:
        raise InputError("modelling.rows_inputs_outcomes", x_count=len(X), rows=rows, where="data")
    predict = predictor(model, matrix) if hasattr(model, "predict_proba") else None
    if predict is not None and X is None:
        raise InputError("modelling.model_no_inputs_predict", where="data")
    given = None if predict is not None else event_probability(model)
    if given is not None and len(given) != rows:
        raise InputError("modelling.predictions_outcomes", given_count=len(given), rows=rows, where="predictions")
    weight = weights(sample_weight, rows)
    # one order for all that follows: sums and draws come out the same however the rows came in
    key = pd.DataFrame({"y": y, "weight": weight} | {f"with {name}": more[name] for name in sorted(more)})
    if X is not None:
        key = pd.concat([key, X.add_prefix("X ")], axis=1)
    hashes = row_hashes(key)
    first = hashes if given is None else row_hashes(pd.DataFrame({"data": hashes.astype(str), "p": given}))
    order = np.argsort(first, kind="stable")
    y, weight, X = y[order], weight[order], None if X is None else X.iloc[order].reset_index(drop=True)
    more = {name: column.iloc[order].reset_index(drop=True) for name, column in more.items()}
    p = given[order] if given is not None else predict(X) if predict is not None and X is not None else y
    known, predicted = ~np.isnan(y), np.isfinite(p)
    used = known & predicted
    if not used.any():
        raise InputError("modelling.no_row_both_outcome_prediction", where="y")
    return Subject(
        y=outcomes(y[used]),
        p=probabilities(p[used]),
        weight=weights(weight[used], int(used.sum())),
        X=None if X is None else X[used].reset_index(drop=True),
        extra={name: column[used].reset_index(drop=True) for name, column in more.items()},
        predict=predict,
        rows=rows,
        without_outcome=int(np.sum(~known)),
        without_prediction=int(np.sum(known & ~predicted)),
        data_hash=digest(key),
        prediction_hash=digest(pd.DataFrame({"data": hashes[order].astype(str), "p": np.round(p, 12)})),
    )


def cohorts(observed: pd.Series[Any]) -> pd.Series[Any]:
    """Days become ISO dates, and years where there are more than 24 of them; anything else stays as it is."""
    import pandas as pd

    days = observed
    if not pd.api.types.is_datetime64_any_dtype(observed):
        observed_texts = observed.dropna().astype(str)
        if not len(observed_texts) or not observed_texts.str.fullmatch(r"\d{4}-\d{2}-\d{2}").all():
            return observed
        days = pd.to_datetime(observed.astype("object"), errors="coerce")
    days = pd.Series(days)
    named: pd.Series[Any] = days.dt.strftime("%Y" if days.nunique() > MANY_DAYS else "%Y-%m-%d")
    return named


def _whole(name: str, values: Any, rows: int) -> pd.Series[Any]:
    import pandas as pd

    series = pd.Series(values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values))
    if len(series) != rows:
        raise InputError("modelling.values_outcomes", name=name, series_count=len(series), rows=rows, where=name)
    return series

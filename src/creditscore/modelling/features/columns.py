"""What estimators share: scikit-learn's checks of X, y and weights, on tables that are read by `frame`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns_of import Source, look

Floats = NDArray[np.float64]


def table_of(estimator: Any, table: Any, reset: bool = False, finite: bool = False) -> Source:
    """The table with the names of the fit; sets or checks `n_features_in_` and `feature_names_in_`. `finite`:
    infinities are refused as columns are read.
    """
    if type(table) is dict:
        import pandas as pd

        table = pd.DataFrame(table)
    if not reset and not hasattr(table, "columns") and not hasattr(table, "column_names"):
        source = look(table)
        if len(source.names) != estimator.n_features_in_:
            raise TableError(
                "modelling.x_features_but_expecting_features_input",
                names_count=len(source.names),
                name=type(estimator).__name__,
                n_features_in=estimator.n_features_in_,
            )
        validate_data(estimator, table, reset=False, skip_check_array=True)
        return replace(look(table, estimator.names_), finite=finite)
    source = replace(look(table), finite=finite)
    if not isinstance(table, np.ndarray) and not hasattr(table, "shape"):
        table = np.asarray(table)
    validate_data(estimator, table, reset=reset, skip_check_array=True)
    if reset:
        estimator.names_ = list(source.names)
        if source.rows < 1:
            raise TableError("modelling.found_array_sample_s_shape_while", names_count=len(source.names))
    return source


LEAST, MOST = 0.01, 1e15  # of weights: their mean, and their sum

# Second in the order of the alphabet, and hardly what anybody wants to predict as the adverse event.
WELCOME = {"good", "healthy", "no", "none", "ok", "paid", "performing", "repaid", "solvent", "好", "守信", "正常"}


def binary_target(estimator: Any, y: Any, rows: int) -> tuple[NDArray[Any], Floats]:
    """(classes, 1.0 where y is the second of them). The second class is the adverse event: the later in order, or the
    estimator's `event`; an order by alphabet that would predict good outcomes is refused.
    """
    if y is None:
        raise TableError("modelling.requires_y_passed_but_target_y", name=type(estimator).__name__)
    y = column_or_1d(y, warn=True)
    if holes(y):
        raise TableError("modelling.input_y_contains_nan_infinity")
    if len(y) != rows:
        raise TableError("modelling.found_input_variables_inconsistent_numbers_samples", rows=rows, y_count=len(y))
    check_classification_targets(y)
    if type_of_target(y, input_name="y") != "binary" and len(np.unique(y)) > 2:
        raise TableError(
            "modelling.only_binary_classification_supported_type_target",
            type_of_target=type_of_target(y, input_name="y"),
        )
    classes, coded = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise TableError("modelling.y_holds_class_only_n_samples", classes=str(classes[0]), rows=rows)
    event = getattr(estimator, "event", None)
    if event is None and isinstance(classes[1], str) and classes[1].strip().lower() in WELCOME:
        raise TableError("modelling.adverse_event", classes=str(classes[0]), classes_2=str(classes[1]))
    if event is not None:
        if event not in classes:
            raise UsageError("modelling.event_not_occur_y", event=event, allowed=map(str, classes))
        if event == classes[0]:
            classes, coded = classes[::-1].copy(), 1 - coded
    return classes, coded.astype(np.float64)


def holes(y: NDArray[Any]) -> bool:
    """Whether an outcome is missing or infinite."""
    if y.dtype.kind == "f":
        return not bool(np.isfinite(y).all())
    import pandas as pd

    return y.dtype.kind == "O" and bool(pd.isna(y).any())


def weights(estimator: Any, sample_weight: Any, rows: int, y: Floats | None = None) -> Floats:
    """One weight per row, not negative, both classes with some; a weight of 2 counts as two rows."""
    if sample_weight is None:
        return np.ones(rows)
    weight: Floats = _check_sample_weight(
        sample_weight, np.empty((rows, 1)), dtype=np.float64, ensure_non_negative=True
    )
    total, used = float(weight.sum()), int((weight > 0).sum())
    if used and not LEAST * used <= total <= MOST:
        raise TableError(
            "modelling.weights_add_up_over_rows_weight",
            total=total,
            used=used,
            least=LEAST,
            most=MOST,
            where="sample_weight",
        )
    if y is not None and not (float(weight @ y) > 0 and float(weight @ (1 - y)) > 0):
        raise TableError("modelling.class_no_weight")
    return weight


def per_variable(value: Any, name: str, default: Any = None) -> Any:
    """A setting that is one for all columns, or a dict by column with the rest at `default`."""
    if isinstance(value, Mapping):
        return value.get(name, value.get("*", default))
    return default if value is None else value


def specials_of(value: Any, name: str) -> tuple[tuple[float | str, ...], ...]:
    """Special values of a column, each a bin; a list inside the list is one bin of several values.

    A list holds for all columns (a number in it for columns of numbers, a text for categories), a dict for those it
    names.
    """
    result = per_variable(value, name, ())
    if isinstance(result, str | bytes) or not np.iterable(result):
        result = (result,)
    return tuple(tuple(v) if isinstance(v, list | tuple | set) else (v,) for v in result)


def check_names(value: Any, names: list[str], parameter: str) -> None:
    """Columns named in a dict of settings must exist."""
    if isinstance(value, Mapping):
        unknown = [str(k) for k in value if k not in names and k != "*"]
        if unknown:
            raise UsageError(
                "modelling.names_columns_not", parameter=parameter, listed=", ".join(unknown[:5]), allowed=names[:20]
            )

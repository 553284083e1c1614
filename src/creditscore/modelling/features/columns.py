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
                f"X has {len(source.names)} features, but {type(estimator).__name__} is expecting "
                f"{estimator.n_features_in_} features as input",
                next="give the columns of the fit in their order, or a table with their names",
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
            raise TableError(
                f"Found array with 0 sample(s) (shape=(0, {len(source.names)})) while a minimum of 1 is required.",
                next="give rows to fit on; a filter before may have left none",
            )
    return source


LEAST, MOST = 0.01, 1e15  # of weights: their mean, and their sum

# Second in the order of the alphabet, and hardly what anybody wants to predict as the adverse event.
WELCOME = {"good", "healthy", "no", "none", "ok", "paid", "performing", "repaid", "solvent", "好", "守信", "正常"}


def binary_target(estimator: Any, y: Any, rows: int) -> tuple[NDArray[Any], Floats]:
    """(classes, 1.0 where y is the second of them). The second class is the adverse event: the later in order, or the
    estimator's `event`; an order by alphabet that would predict good outcomes is refused.
    """
    if y is None:
        raise TableError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None",
            next="give one 0 or 1 per row; 1 is the adverse event",
        )
    y = column_or_1d(y, warn=True)
    if holes(y):
        raise TableError("Input y contains NaN or infinity", next="leave out rows whose outcome is not known")
    if len(y) != rows:
        raise TableError(
            f"Found input variables with inconsistent numbers of samples: [{rows}, {len(y)}]",
            allowed=f"one outcome for each of the {rows} rows",
        )
    check_classification_targets(y)
    if type_of_target(y, input_name="y") != "binary" and len(np.unique(y)) > 2:
        raise TableError(
            f"Only binary classification is supported. The type of the target is {type_of_target(y, input_name='y')}.",
            allowed="two values; for grades in an order take OrdinalGrader",
        )
    classes, coded = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise TableError(
            f"y holds one class only ({str(classes[0])!r}), n_samples={rows}",
            allowed="both outcomes",
            next="widen the outcome window or the population",
        )
    event = getattr(estimator, "event", None)
    if event is None and isinstance(classes[1], str) and classes[1].strip().lower() in WELCOME:
        raise TableError(
            f"which of {str(classes[0])!r} and {str(classes[1])!r} is the adverse event?",
            allowed="y of 0 and 1, where 1 is the event",
            next=f"code y so, or give event={str(classes[0])!r} where the estimator takes it",
        )
    if event is not None:
        if event not in classes:
            raise UsageError(f"event {event!r} does not occur in y", allowed=map(str, classes))
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
            f"weights add up to {total:.6g} over {used} rows: a weight of 1 is one row, of 2 two rows",
            where="sample_weight",
            allowed=f"a mean of {LEAST} or more over the rows that have one, and a sum of at most {MOST:g}",
            next="divide the weights by their mean, unless they say how many rows each stands for",
        )
    if y is not None and not (float(weight @ y) > 0 and float(weight @ (1 - y)) > 0):
        raise TableError("one class has no weight", allowed="both outcomes with some weight")
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
                f"{parameter} names columns that are not there: {', '.join(unknown[:5])}", allowed=names[:20]
            )

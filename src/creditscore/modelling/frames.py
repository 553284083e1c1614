"""Tables of indicators as numbers: one reading for fitting and predicting, with levels for text and clear refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_consistent_length, column_or_1d, validate_data

from creditscore.errors import UsageError
from creditscore.modelling.inputs import Floats, ModelInputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Levels", "as_table", "column_names", "directions_of", "labels_of", "read_matrix", "settled"]

Levels = dict[int, tuple[str, ...]]
MOST_LEVELS = 254
DIRECTIONS = {"up": 1, "down": -1, 1: 1, -1: -1}
DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}")


def as_table(X: Any) -> Any:
    """Arrow tables, polars frames and dicts of columns as pandas frames; anything else as it is."""
    import pandas as pd

    if type(X) is dict:
        return pd.DataFrame(X)
    return X.to_pandas() if hasattr(X, "to_pandas") else X


def read_matrix(estimator: Any, X: Any, levels: Levels | None = None) -> tuple[Floats, Levels]:
    """X as numbers, shape (n, columns), missing as NaN, and the levels of its text columns by position.

    levels: None when fitting (they are learned and the estimator's names are set), else those learned then. A text or
    categorical column becomes the position of its level among the learned ones; a level not learned is missing. Of more
    than 254 levels the most frequent are learned (ties by name); the rest are missing. Arrays hold numbers only.

    Raises ModelInputError for infinities, dates (as such or as text), two columns of one name, and columns whose kind
    is not the learned one; scikit-learn's ValueError for wrong shapes and names.
    """
    import pandas as pd

    fitting = levels is None
    X = as_table(X)
    if not isinstance(X, pd.DataFrame):
        found = validate_data(estimator, X, reset=fitting, dtype=np.float64, ensure_all_finite="allow-nan")
        if levels:
            raise ModelInputError(
                "an array has no text columns, the model learned some", next="give a table with names"
            )
        return np.asfortranarray(found), {}
    twice = X.columns[X.columns.duplicated()]
    if len(twice):
        raise ModelInputError(f"two columns are called {twice[0]!r}", allowed="each name once")
    validate_data(estimator, X, reset=fitting, skip_check_array=True)
    if not len(X) or not X.shape[1]:
        raise ModelInputError(
            f"Found array with {len(X)} sample(s) and {X.shape[1]} feature(s); a minimum of 1 is required"
        )
    matrix = np.empty(X.shape, dtype=np.float64, order="F")
    learned: Levels = {}
    for position, name in enumerate(X.columns):
        column = X.iloc[:, position]
        text = _is_text(column)
        if not fitting and column.notna().any() and text != (levels is not None and position in levels):
            raise ModelInputError(
                f"column {name!r} is {'text' if text else 'numbers'}; it was not when the model learned it"
            )
        if text or (levels is not None and position in levels):
            known = _levels_of(column) if levels is None else levels.get(position, ())
            learned[position] = known
            matrix[:, position] = _codes(column, known)
        else:
            matrix[:, position] = _numbers(column)
    return matrix, learned


def column_names(estimator: Any) -> tuple[str, ...]:
    """Names the estimator learned, else x0, x1, …"""
    names = getattr(estimator, "feature_names_in_", None)
    return tuple(f"x{i}" for i in range(estimator.n_features_in_)) if names is None else tuple(map(str, names))


def directions_of(monotone: Mapping[Any, Any] | None, names: tuple[str, ...], text: set[int]) -> dict[str, int]:
    """{name: 1 or -1} from {name or position: "up" or "down"}; a column not there, or of text, is an error."""
    found = {}
    for column, direction in (monotone or {}).items():
        if direction not in DIRECTIONS:
            raise UsageError(f"direction of {column!r} is {direction!r}", where="monotone", allowed="up, down")
        position = column if isinstance(column, int) else names.index(column) if column in names else -1
        if not 0 <= position < len(names):
            raise UsageError(f"there is no column {column!r}", where="monotone", allowed=names[:20])
        if position in text:
            raise UsageError(f"column {column!r} holds text, which has no direction", where="monotone")
        found[names[position]] = DIRECTIONS[direction]
    return found


def labels_of(estimator: Any, y: Any, rows: int) -> NDArray[Any]:
    """Labels, shape (rows,): none missing, none infinite, not a quantity; scikit-learn's messages."""
    if y is None:
        name = type(estimator).__name__
        raise ModelInputError(f"This {name} estimator requires y to be passed, but the target y is None.")
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    check_consistent_length(y, np.empty(rows))
    check_classification_targets(y)
    return np.asarray(y)


def settled(matrix: Floats, code: NDArray[np.int64], weight: Floats) -> NDArray[np.intp]:
    """One order of the rows for any order they come in: sums of floats depend on it, a model must not."""
    return np.lexsort((weight, code, *matrix.T))


def _is_text(column: pd.Series[Any]) -> bool:
    import pandas as pd
    from pandas.api import types

    kind = column.dtype
    if types.is_datetime64_any_dtype(kind) or types.is_timedelta64_dtype(kind):
        raise _dates(column)
    if isinstance(kind, pd.CategoricalDtype) or types.is_string_dtype(kind):
        text = not types.is_object_dtype(kind) or not _all_numbers(column)
    else:
        text = types.is_object_dtype(kind) and not _all_numbers(column)
    if text:
        seen = column.dropna().unique()[:50]
        if len(seen) and all(DATE.match(str(value)) for value in seen):
            raise _dates(column)
    return text


def _all_numbers(column: pd.Series[Any]) -> bool:
    return all(isinstance(value, int | float | Decimal | np.number | np.bool_) for value in column.dropna())


def _dates(column: pd.Series[Any]) -> ModelInputError:
    return ModelInputError(
        f"column {column.name!r} holds dates",
        allowed="numbers or text",
        next="give an age in days at the observation date",
    )


def _numbers(column: pd.Series[Any]) -> Floats:
    if column.dtype.kind == "c":
        raise ModelInputError(f"Complex data not supported: column {column.name!r}")
    found = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(found).any():
        raise ModelInputError(
            f"column {column.name!r} holds infinity in {int(np.isinf(found).sum())} rows",
            allowed="finite numbers, or missing",
            next="leave a ratio with no denominator missing",
        )
    return np.asarray(found, dtype=np.float64)


def _levels_of(column: pd.Series[Any]) -> tuple[str, ...]:
    counts = column.dropna().astype(str).value_counts()
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(sorted(str(level) for level, count in ranked[:MOST_LEVELS] if count))


def _codes(column: pd.Series[Any], levels: tuple[str, ...]) -> Floats:
    import pandas as pd

    words = column.astype(object).where(column.notna(), None).map(_word)
    codes = pd.Index(levels, dtype=object).get_indexer(pd.Index(words, dtype=object))
    return np.where(codes < 0, np.nan, codes.astype(np.float64))


def _word(value: Any) -> str | None:
    return None if value is None else str(value)

"""What every measure takes: outcomes, predictions and weights, checked once and turned into plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import InputError, TableError, UsageError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLIP = 1e-9  # a probability nearer to 0 or 1 than this has no usable log-odds


def column(name: str, values: Any, length: int | None = None) -> Floats:
    """`values` as one column of finite numbers, shape (n,), float64; a table of one column is taken as its column.

    Raises TableError for text, several columns, another number of rows than `length`, missing values and infinities.
    """
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TableError("modelling.holds_values_no_numbers", name=name, where=name) from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise TableError("modelling.shape", name=name, shape=array.shape, where=name)
    if length is not None and len(array) != length:
        raise TableError("modelling.values_rows", name=name, array_count=len(array), length=length, where=name)
    odd = ~np.isfinite(array)
    if odd.any():
        raise TableError(
            "modelling.missing_infinite_values_rows",
            name=name,
            sum=int(odd.sum()),
            array_count=len(array),
            argmax=int(np.argmax(odd)),
        )
    return array


def outcomes(y: Any, length: int | None = None) -> Floats:
    """The outcomes, shape (n,): 1.0 = the adverse event, 0.0 = not; at least one row."""
    array = column("y", y, length)
    if not len(array):
        raise TableError("modelling.no_outcomes", where="y")
    odd = np.unique(array[(array != 0) & (array != 1)])
    if len(odd):
        odd_values = ", ".join(f"{value:g}" for value in odd[:5])
        raise TableError("modelling.y_holds_2", odd_values=odd_values, where="y")
    return array


def weights(sample_weight: Any, length: int) -> Floats:
    """One weight per row, shape (length,): ones where none are given; 0 takes a row out; not negative, not all zero."""
    if sample_weight is None:
        return np.ones(length)
    array = column("sample_weight", sample_weight, length)
    if (array < 0).any() or not array.any():
        raise TableError("modelling.weights_negative_all_zero", where="sample_weight")
    return array


def probabilities(p: Any, length: int | None = None, name: str = "p") -> Floats:
    """Probabilities of the event, in [0, 1]."""
    array = column(name, p, length)
    if len(array) and (array.min() < 0 or array.max() > 1):
        raise TableError("modelling.lies_outside", name=name, where=name, allowed="probabilities")
    return array


def log_odds(p: Floats) -> Floats:
    """log(p / (1 - p)), with p kept `CLIP` away from 0 and 1."""
    inside = np.clip(p, CLIP, 1 - CLIP)
    result: Floats = np.log(inside) - np.log1p(-inside)
    return result


def expit(z: Floats) -> Floats:
    """1 / (1 + exp(-z)) without overflow."""
    from scipy.special import expit as logistic

    return np.asarray(logistic(z), dtype=np.float64)


def codes(name: str, labels: Any, length: int) -> tuple[Ints, list[Any]]:
    """Labels as codes: numbers by size, texts by alphabet, ordered categories in their order; `None` is last."""
    import pandas as pd

    ordered = getattr(labels, "dtype", None)
    if isinstance(ordered, pd.CategoricalDtype) and ordered.ordered and len(labels) == length:
        held = pd.Categorical(labels).remove_unused_categories()
        found_codes = np.asarray(held.codes, dtype=np.int64)
        named = [plain(category) for category in held.categories]
        gone = found_codes < 0
        return np.where(gone, len(named), found_codes), [*named, None] if gone.any() else named
    series = pd.Series(labels.to_numpy() if hasattr(labels, "to_numpy") else labels, dtype=object)
    if len(series) != length:
        raise InputError("modelling.values_outcomes_2", name=name, series_count=len(series), length=length, where=name)
    coded, column_values = pd.factorize(series, use_na_sentinel=True)
    order = sorted(range(len(column_values)), key=lambda k: (_rank(column_values[k]), str(column_values[k])))
    place = np.empty(len(column_values) + 1, dtype=np.int64)
    for new, old in enumerate(order):
        place[old] = new
    place[-1] = len(column_values)  # the sentinel -1
    names: list[Any] = [plain(column_values[old]) for old in order]
    if (coded == -1).any():
        names.append(None)
    return place[coded], names


def _rank(value: Any) -> tuple[int, float]:
    """Numbers by size before texts."""
    is_number = isinstance(value, int | float | np.number)
    return (0, float(value)) if is_number else (1, 0.0)


def plain(value: Any) -> Any:
    """A value of a table as JSON knows it."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def tally(which: Ints, weight: Floats, size: int) -> Floats:
    """Weight of each code, as float64."""
    return np.bincount(which, weight, size).astype(np.float64)


def level_of(level: float) -> float:
    if not 0.5 <= level < 1:
        raise UsageError("modelling.no_level_confidence", level=level)
    return level


def effective(weight: Floats) -> float:
    """Kish's effective number of rows, (Σw)² / Σw²; the number of rows where all weigh the same."""
    squares = float(np.sum(weight * weight))
    return float(np.sum(weight)) ** 2 / squares if squares else 0.0


def frame(rows: list[dict[str, Any]], columns: list[str] | None = None) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)

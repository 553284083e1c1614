"""Tables of any kind as data frames, and those of indicators as one matrix of numbers: text as the place of its level,
missing as NaN, infinities refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_consistent_length, column_or_1d

from creditscore.core.errors import InputError, TableError, UsageError
from creditscore.core.i18n import Phrase
from creditscore.core.tables.columns import EXACT, read_columns, settle
from creditscore.core.tables.memory import refuse_uneven, to_arrow
from creditscore.modelling.features.columns import Floats, table_of
from creditscore.modelling.features.columns_of import Column, refuse_dates
from creditscore.modelling.models.inputs import refuse_infinity

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Levels",
    "as_frame",
    "column_names",
    "directions_of",
    "labels_of",
    "read_frame",
    "read_matrix",
    "settle_frame",
    "settle_inputs",
    "settled",
]

Levels = dict[int, tuple[str, ...]]
MOST_LEVELS = 254
DIRECTIONS = {"up": 1, "down": -1, 1: 1, -1: -1}


def _as_table(X: Any) -> Any:
    """A table in memory (Polars, Arrow, DuckDB, mappings) as a pandas frame; pandas and arrays as they are."""
    import pandas as pd

    if isinstance(X, Mapping):
        try:
            return pd.DataFrame(dict(X))
        except ValueError:  # of columns that do not fit together, or of scalars alone
            refuse_uneven("table", {str(name): cells for name, cells in X.items() if hasattr(cells, "__len__")})
            return X
    home = type(X).__module__.partition(".")[0]
    rows = isinstance(X, Sequence) and not isinstance(X, str) and all(isinstance(row, Mapping) for row in X)
    if home == "pandas" or not (rows or home in ("polars", "pyarrow", "duckdb", "_duckdb")):
        return X
    return to_arrow(X, "table")[0].to_pandas()


def as_frame(X: Any, where: str = "data") -> pd.DataFrame:
    """Make a data frame of a table in memory, its cells and the index of pandas as they are.

    Parameters
    ----------
    X : a pandas or Polars data frame, an Arrow table or reader, a DuckDB relation, a list of mappings, a mapping of
        columns, or a matrix (its columns are x0, x1, …).
    where : what messages call it.

    Returns
    -------
    The frame; it may have no rows.

    Raises
    ------
    InputError
        It is no table of rows and columns, or a column stands twice.

    Examples
    --------
    >>> as_frame(np.zeros((2, 2))).columns.tolist()
    ['x0', 'x1']
    """
    import pandas as pd

    table = _as_table(X)
    if not isinstance(table, pd.DataFrame):
        matrix = _as_matrix(table, where)
        table = pd.DataFrame(matrix, columns=[f"x{k}" for k in range(matrix.shape[1])])
    names = table.columns.map(str)
    if names.has_duplicates:
        twice = names[names.duplicated()][0]
        raise InputError("modelling.column_stands_twice", twice=twice, where=where)
    return table


def _as_matrix(table: Any, where: str) -> NDArray[Any]:
    try:
        matrix = np.asarray(table)
    except ValueError:  # rows of different length
        matrix = np.empty(0)
    if matrix.ndim != 2:
        raise InputError(
            "modelling.dimensions_no_table_rows_columns", name=type(table).__name__, ndim=matrix.ndim, where=where
        )
    return matrix


def read_frame(data: Any, kinds: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read a table for a model: from any file or object, the same columns for the same words.

    Parameters
    ----------
    data : a path (.csv, .parquet), a pandas or Polars data frame, an Arrow table or reader, a DuckDB relation, a list
        of mappings, a mapping of columns, or a matrix (its columns are x0, x1, …).
    kinds : the kinds of columns that are known, `text` or `number`; of the others the words decide
        (`creditscore.core.tables.columns`).

    Returns
    -------
    A frame of int64, float64, bool and text; the index of a pandas frame is kept.

    Raises
    ------
    InputError
        The table cannot be read or has no rows, a column stands twice, or a cell of a column that is said to be numbers
        is none.

    Examples
    --------
    >>> read_frame([{"code": "0102", "late": "3"}]).dtypes.astype(str).tolist()
    ['str', 'int64']
    """
    import pandas as pd

    if isinstance(data, str | Path):
        table = read_columns(data, "table", kinds)
        return pd.DataFrame({name: _series(table.column(name)) for name in table.column_names})
    frame = as_frame(data, "table")
    if frame.empty:
        lacking = Phrase("fragments", "columns" if len(frame) else "rows")
        raise InputError("modelling.table_no", lacking=lacking, where="table")
    return settle_frame(frame, kinds)


def settle_frame(frame: pd.DataFrame, kinds: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Give each column of a frame in memory its kind, as `read_frame` does; mixed objects stay as they are."""
    columns = {}
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        settled_column = _settle_series(column, str(name), (kinds or {}).get(str(name)))
        if settled_column is not column:
            columns[name] = settled_column
    if columns:
        frame = frame.copy(deep=False)
        for name, column in columns.items():
            frame[name] = column
    return frame


def settle_inputs(frame: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Columns that are text where a model has numbers become numbers, and blank texts missing."""
    import pandas as pd

    texts = [
        name for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype) or frame[name].dtype == object
    ]
    if not texts:
        return frame
    settled_texts = settle_frame(frame[texts], kinds)
    return frame.assign(**{name: settled_texts[name] for name in texts})


def _settle_series(column: pd.Series[Any], name: str, kind: str | None) -> pd.Series[Any]:
    import pandas as pd
    import pyarrow as pa

    if isinstance(column.dtype, np.dtype):
        if column.dtype.kind == "b" or not len(column):
            return column
        if column.dtype.kind in "iu" and max(abs(int(column.min())), abs(int(column.max()))) <= EXACT:
            return column
        if column.dtype == np.float64:
            values = column.to_numpy()
            if not np.isfinite(values).all() or (values != np.floor(values)).any() or np.abs(values).max() > EXACT:
                return column
            return column.astype(np.int64)
        if column.dtype.kind in "mc":
            return column
    if isinstance(column.dtype, pd.CategoricalDtype) and not all(isinstance(c, str) for c in column.cat.categories):
        return column
    try:
        cells = pa.chunked_array([pa.array(column, from_pandas=True)])
    except (pa.lib.ArrowException, OverflowError, ValueError):
        return column
    return _series(settle(cells, name, kind), column.index)


def _series(cells: Any, index: Any = None) -> pd.Series[Any]:
    """An Arrow column as pandas; flags of which some are missing keep their kind."""
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_boolean(cells.type) and cells.null_count:
        return pd.Series(pd.array(cells.to_pylist(), dtype="boolean"), index=index)
    series: pd.Series[Any] = cells.to_pandas()
    return series if index is None else series.set_axis(index)


def column_names(estimator: Any) -> tuple[str, ...]:
    """Names of the columns of the fit; x0, x1, … for an array."""
    return tuple(estimator.names_)


def read_matrix(estimator: Any, X: Any, levels: Levels | None = None) -> tuple[Floats, Levels]:
    """X as numbers, shape (n, columns), missing as NaN, and the levels of its text columns by position.

    levels: None when fitting (they are learned and the estimator's names are set), else those learned then. A text or
    categorical column becomes the position of its level among the learned ones; a level not learned is missing. Of more
    than 254 levels the most frequent are learned (ties by name); the rest are missing.

    Raises TableError for infinities, and for columns whose kind is not the learned one, beside what `frame` refuses
    (dates as such or as text, two columns of one name, mixed kinds).
    """
    source = table_of(estimator, X, reset=levels is None)
    matrix = np.empty((source.rows, len(source.names)), dtype=np.float64, order="F")
    learned: Levels = {}
    for position, name in enumerate(estimator.names_):
        column = source.read(name)
        if column.values is not None:
            matrix[:, position] = _finite(column)
            if levels is None or position not in levels:
                continue
            if not np.isnan(matrix[:, position]).all():
                raise TableError("modelling.column_numbers_text_when_model_learned", name=name)
            learned[position] = levels[position]
            continue
        if levels is None:
            refuse_dates(column)
            learned[position] = _frequent(column)
        elif position in levels:
            learned[position] = levels[position]
        else:
            raise TableError("modelling.column_text_numbers_when_model_learned", name=name)
        matrix[:, position] = _places(column, learned[position])
    return matrix, learned


def _finite(column: Column) -> Floats:
    result = np.asarray(column.values, dtype=np.float64)
    refuse_infinity(column.name, result)
    return result


def _frequent(column: Column) -> tuple[str, ...]:
    codes = np.asarray(column.codes)
    counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
    ranked = sorted(zip(column.levels, counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return tuple(sorted(level for level, count in ranked[:MOST_LEVELS] if count))


def _places(column: Column, levels: tuple[str, ...]) -> Floats:
    place = {level: float(k) for k, level in enumerate(levels)}
    known = np.array([*(place.get(level, np.nan) for level in column.levels), np.nan])  # the last: missing, code -1
    return np.asarray(known[np.asarray(column.codes)])


def directions_of(monotone: Mapping[Any, Any] | None, names: tuple[str, ...], text: set[int]) -> dict[str, int]:
    """{name: 1 or -1} from {name or position: "up" or "down"}; a column not there, or of text, is an error."""
    directions = {}
    for column, direction in (monotone or {}).items():
        if direction not in DIRECTIONS:
            raise UsageError(
                "modelling.direction", column=column, direction=direction, where="monotone", allowed="up, down"
            )
        position = column if isinstance(column, int) else names.index(column) if column in names else -1
        if not 0 <= position < len(names):
            raise UsageError("modelling.no_column_2", column=column, where="monotone", allowed=names[:20])
        if position in text:
            raise UsageError("modelling.column_holds_text_no_direction", column=column, where="monotone")
        directions[names[position]] = DIRECTIONS[direction]
    return directions


def labels_of(estimator: Any, y: Any, rows: int) -> NDArray[Any]:
    """Labels, shape (rows,): none missing, none infinite, not a quantity; scikit-learn's messages."""
    if y is None:
        name = type(estimator).__name__
        raise TableError("modelling.estimator_requires_y_passed_but_target", name=name)
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    check_consistent_length(y, np.empty(rows))
    check_classification_targets(y)
    return np.asarray(y)


def settled(matrix: Floats, code: NDArray[np.int64], weight: Floats) -> NDArray[np.intp]:
    """One order of the rows for any order they come in: sums of floats depend on it, a model must not."""
    return np.lexsort((weight, code, *matrix.T))

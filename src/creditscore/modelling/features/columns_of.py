"""Tables as numpy columns: what a model is fitted to and what it scores is read by this one path.

A column is numbers (bool, integers, floats, decimals) or categories (text, categoricals). Text that looks like numbers
stays text. Missing is NaN, None, NA or null. Infinities are numbers beyond every cut, or refused where only finite ones
are asked for. Dates are refused: a model needs to be told what about a date counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError
from creditscore.modelling.models.inputs import refuse_infinity

DATE = re.compile(
    r"\s*\d{4}([-/.年])\d{1,2}\1?(月)?\d{1,2}日?([ T]\d{1,2}:\d{2}.*)?\s*|\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\s*"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
)
DATED = 0.8  # share of the levels from which on a column of texts holds dates, whatever the others say
REAL = "real numbers, bool, text, categoricals"
NEXT_DATE = "make a number of it, such as days before the day of observation, and leave the date out"


@dataclass(frozen=True)
class Column:
    """One column: `values` for numbers (any real dtype), or `codes` into sorted `levels` (-1: missing) for
    categories.
    """

    name: str
    values: NDArray[Any] | None = None
    codes: NDArray[np.int32] | None = None
    levels: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return "number" if self.values is not None else "category"

    def __len__(self) -> int:
        part = self.values if self.values is not None else self.codes
        return 0 if part is None else len(part)


@dataclass(frozen=True)
class Source:
    """A table that was looked at but not read: names, number of rows, and its raw columns. `finite`: infinities in a
    column that is read are refused.
    """

    names: tuple[str, ...]
    rows: int
    raw: tuple[Any, ...]
    finite: bool = False

    def read(self, name: str) -> Column:
        """The column of that name; an error says which are there."""
        if name not in self.names:
            raise TableError("modelling.column_missing", name=name, allowed=self.names[:20])
        column = read_column(self.raw[self.names.index(name)], name)
        if self.finite and column.values is not None and column.values.dtype.kind == "f":
            refuse_infinity(name, column.values)
        return column


def look(table: Any, names: Sequence[str] | None = None) -> Source:
    """Names and raw columns of a pandas, polars or Arrow table, a dict of arrays, or a two-dimensional array.

    Columns of an array are called x0, x1, … or `names`. Errors: duplicate names, no column, one dimension, sparse or
    complex.
    """
    module = type(table).__module__.split(".")[0]
    if module == "polars":
        table, module = (table.collect() if hasattr(table, "collect") else table).to_arrow(), "pyarrow"
    if module == "pyarrow":
        column_names, rows = [str(c) for c in table.column_names], int(table.num_rows)
        raw = tuple(table.column(i) for i in range(len(column_names)))
    elif module == "pandas":
        if table.ndim != 2:
            raise TableError("modelling.expected_d_array_got_pandas_series")
        column_names, rows = [str(c) for c in table.columns], len(table)
        raw = tuple(table.iloc[:, i] for i in range(len(column_names)))
    elif type(table) is dict:
        column_names = [str(c) for c in table]
        raw = tuple(v if hasattr(v, "dtype") or hasattr(v, "type") else np.asarray(v) for v in table.values())
        rows = len(raw[0]) if raw else 0
        if any(len(r) != rows for r in raw):
            raise TableError("modelling.columns_different_lengths")
    else:
        array = as_array(table)
        rows, width = array.shape
        column_names = [str(n) for n in names] if names is not None else [f"x{i}" for i in range(width)]
        if len(column_names) != width:
            raise TableError(
                "modelling.x_features_but_model_expecting_features", width=width, column_names_count=len(column_names)
            )
        raw = tuple(array[:, i] for i in range(width))
    twice = (
        sorted({n for n in column_names if column_names.count(n) > 1})
        if len(set(column_names)) < len(column_names)
        else []
    )
    if twice:
        raise TableError("modelling.columns_name", listed=", ".join(twice[:5]))
    if not column_names:
        raise TableError("modelling.found_array_feature_s_shape_while", rows=rows)
    return Source(tuple(column_names), rows, raw)


def as_array(table: Any) -> NDArray[Any]:
    if hasattr(table, "toarray") or type(table).__module__.startswith("scipy.sparse"):
        raise TypeError(
            "Sparse data was passed, but dense data is required. Use '.toarray()' to convert to a dense array."
        )
    array = np.asarray(table)
    if array.ndim != 2:
        raise TableError("modelling.expected_d_array_got_d_array", ndim=array.ndim)
    if array.dtype.kind == "c":
        raise TableError("modelling.complex_data_not_supported")
    return array


def read_column(raw: Any, name: str) -> Column:
    """One raw column as numbers or categories; see the module's text for what is refused."""
    if type(raw).__module__.split(".")[0] == "pyarrow":
        return read_arrow(raw, name)
    dtype = getattr(raw, "dtype", None)
    if type(raw).__module__.split(".")[0] == "pandas" and not isinstance(dtype, np.dtype):
        return read_extension(raw, name)
    array = np.asarray(raw)
    kind = array.dtype.kind
    if kind in "biuf":
        return Column(name, values=array)
    if kind in "US":
        return encode_text(array.astype(str).astype(object), name)
    if kind == "O":
        return read_objects(array, name)
    if kind in "mM":
        raise TableError("modelling.column_holds_dates_durations", name=name)
    raise TableError(
        "Complex data not supported" if kind == "c" else f"column {name!r} has the type {array.dtype}",
        name,
        allowed=REAL,
    )


def read_extension(raw: Any, name: str) -> Column:
    """A pandas column of an extension type."""
    import pandas as pd

    dtype = raw.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = [written(c) for c in dtype.categories]
        order = (
            np.argsort(np.array(categories, dtype=object), kind="stable") if categories else np.zeros(0, dtype=np.intp)
        )
        place = np.empty(len(categories) + 1, dtype=np.int32)
        place[order], place[-1] = np.arange(len(categories)), -1
        levels = tuple(categories[i] for i in order)
        if len(set(levels)) < len(levels):
            raise TableError("modelling.column_two_categories_written_alike", name=name)
        return Column(name, codes=place[raw.cat.codes.to_numpy()], levels=levels)
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
        return Column(name, values=raw.to_numpy(dtype=np.float64, na_value=np.nan))
    if isinstance(dtype, pd.StringDtype):
        import pyarrow as pa

        return read_arrow(pa.array(raw, type=pa.large_string(), from_pandas=True), name)
    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow as pa

        return read_arrow(pa.array(raw, from_pandas=True), name)
    raise TableError("modelling.column_type", name=name, dtype=dtype, allowed="numbers, bool, text, categoricals")


def written(level: Any) -> str:
    """A category as text, truths as SQL writes them."""
    return str(level).lower() if isinstance(level, bool | np.bool_) else str(level)


def read_arrow(raw: Any, name: str) -> Column:
    """An Arrow column: numbers without a copy where there is no null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = raw.type
    if pa.types.is_null(kind):
        return Column(name, values=np.full(len(raw), np.nan))
    if (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    ):
        if pa.types.is_boolean(kind):
            raw = pc.cast(raw, pa.int8())
        if raw.null_count or pa.types.is_decimal(kind):
            raw = pc.fill_null(pc.cast(raw, pa.float64(), safe=False), float("nan"))
        return Column(name, values=raw.to_numpy())
    categorical = pa.types.is_dictionary(kind)
    if categorical:
        raw = pc.cast(raw, kind.value_type)
        kind = raw.type
    if not (categorical or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        dated = pa.types.is_temporal(kind)
        raise TableError(
            "modelling.column_type_2", name=name, kind=kind, next=NEXT_DATE if dated else "make numbers or text of it"
        )
    coded = pc.dictionary_encode(raw)
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
        coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    levels = np.array([written(level) for level in coded.dictionary.to_pylist()], dtype=object)
    order = np.argsort(levels, kind="stable") if len(levels) else np.zeros(0, dtype=np.intp)
    place = np.empty(len(levels) + 1, dtype=np.int32)
    place[order], place[-1] = np.arange(len(levels)), -1
    indices = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    return Column(name, codes=place[indices], levels=tuple(levels[order]))


def read_objects(array: NDArray[Any], name: str) -> Column:
    """Python objects: all numbers, or all text, or nothing but missing."""
    import pandas as pd

    kind = pd.api.types.infer_dtype(array, skipna=True)
    if kind in {"integer", "floating", "mixed-integer-float", "decimal", "boolean"}:
        values = pd.to_numeric(pd.Series(array, dtype=object).where(~pd.isna(array), None), errors="raise")
        return Column(name, values=values.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "string":
        return encode_text(array, name)
    if kind == "empty":
        return Column(name, values=np.full(len(array), np.nan))
    if kind in {"date", "datetime", "datetime64", "timedelta", "timedelta64", "time", "period"}:
        raise TableError("modelling.column_holds_dates_durations", name=name)
    if kind == "complex":
        raise TableError("modelling.complex_data_not_supported", where=name)
    raise TableError("modelling.column_mixes_kinds_would_two_things", name=name, kind=kind)


def encode_text(array: NDArray[Any], name: str) -> Column:
    import pyarrow as pa

    return read_arrow(pa.array(array, type=pa.large_string(), from_pandas=True), name)


def refuse_dates(column: Column) -> None:
    """Texts that are dates, all or nearly all, would become categories that no future row has."""
    levels = [level for level in column.levels if level.strip()]
    texts = levels[:: max(1, len(levels) // 100)]
    dates = [level for level in texts if DATE.fullmatch(level)]
    if dates and len(dates) >= DATED * len(texts):
        raise TableError("modelling.column_holds_dates_text_such", name=column.name, dates=dates[0])

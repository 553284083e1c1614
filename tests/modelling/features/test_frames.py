"""Kinds of columns, as both estimators of grades read them: numbers, text, or a refusal that names the column."""

import datetime
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from creditscore.core.errors import InputError, TableError
from creditscore.modelling.features.frames import as_frame, read_frame
from creditscore.modelling.models.boosting import MonotoneBoosting
from creditscore.modelling.models.ordinal import OrdinalGrader

ROWS = 120
Y = np.tile([0, 1, 1], ROWS // 3)
HALVES = np.arange(ROWS) % 2

AS_NUMBERS: dict[str, Any] = {
    "nullable float": pd.array([None, 1.5] * 60, dtype="Float64"),
    "nullable integer": pd.array([1, None] * 60, dtype="Int64"),
    "nullable boolean": pd.array([True, None, False] * 40, dtype="boolean"),
    "boolean": HALVES == 1,
    "unsigned": HALVES.astype(np.uint8),
    "arrow integer": pd.array(HALVES.tolist(), dtype="int64[pyarrow]"),
    "decimal": [Decimal("1.5"), None] * 60,
    "objects": np.array([1, None] * 60, dtype=object),
    "nothing": [None] * ROWS,
    "denormal": HALVES * 1e-320,
    "sparse": pd.arrays.SparseArray(HALVES.astype(float)),
}
AS_TEXT: dict[str, Any] = {
    "words": ["u", "v"] * 60,
    "empty word": ["", "x"] * 60,
    "arrow words": pd.array(["u", "v"] * 60, dtype="string[pyarrow]"),
    "category of numbers": pd.Categorical(HALVES),
}
REFUSED: dict[str, tuple[Any, str]] = {
    "timestamps": (pd.date_range("2018-01-01", periods=ROWS), "dates"),
    "spans": (pd.to_timedelta(range(ROWS), unit="D"), "dates"),
    "dates": ([datetime.date(2018, 1, 1)] * ROWS, "dates"),
    "dates as text": (["2018-01-01", "2019/2/3"] * 60, "dates"),
    "Chinese dates as text": (["2018年1月1日"] * ROWS, "dates"),
    "numbers and words": ([1, "x", None] * 40, "mixes kinds"),
    "infinity": (np.r_[np.inf, np.ones(ROWS - 1)], "infinity"),
    "complex": (np.ones(ROWS) * 1j, "Complex"),
}


def models() -> list[Any]:
    return [MonotoneBoosting(max_iter=3), OrdinalGrader()]


@pytest.mark.parametrize("kind", [*AS_NUMBERS, *AS_TEXT])
def test_columns_are_read_the_same_when_fitting_and_after_saving(kind: str) -> None:
    X = pd.DataFrame({"a": AS_NUMBERS[kind] if kind in AS_NUMBERS else AS_TEXT[kind]})
    with threadpool_limits(1):
        for model in models():
            P = model.fit(X, Y).predict_proba(X)
            assert np.isfinite(P).all()
            assert (0 in model.levels_) == (kind in AS_TEXT)
            saved = type(model).from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))
            assert np.array_equal(saved.predict_proba(X), P)


@pytest.mark.parametrize("kind", REFUSED)
def test_columns_without_a_reading_are_named(kind: str) -> None:
    values, word = REFUSED[kind]
    for model in models():
        with pytest.raises(TableError, match=word) as caught:
            model.fit(pd.DataFrame({"odd column": values}), Y)
        assert "odd column" in str(caught.value)


def test_tables_without_rows_or_columns() -> None:
    for model in models():
        for empty in (pd.DataFrame({"a": []}), pd.DataFrame(index=range(3))):
            with pytest.raises(ValueError, match="minimum of 1 is required"):
                model.fit(empty, Y[: len(empty)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([1, 2, 3], "a list with 1 dimensions is no table"),
        (np.arange(3), "a ndarray with 1 dim"),
        (pd.Series([1, 2]), "a Series with 1"),
        (np.zeros((2, 2, 2)), "a ndarray with 3 dimensions"),
        ([[1, 2], [3]], "no table"),
        (5, "a int with 0 dimensions"),
        (None, "a NoneType with 0"),
        ({"a": 1}, "no table"),
        ({"a": [1, 2], "b": [1]}, "columns of different length: a 2, b 1"),
        ([], "no rows"),
        ({}, "no rows"),
        ([{}], "no rows"),
        (pd.DataFrame({"a": []}), "no rows"),
        (np.zeros((0, 2)), "no rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' stands twice"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "'1' stands twice"),
    ],
)
def test_what_is_no_table_is_refused_with_the_way_out(data: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_frame(data)
    assert caught.value.where
    assert caught.value.next


def test_every_kind_of_table_is_a_frame() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[7, 9])
    assert as_frame(frame) is frame
    assert as_frame(frame.iloc[:0]).empty
    for table in (frame.to_dict("records"), frame.to_dict("list")):
        pd.testing.assert_frame_equal(as_frame(table), frame.reset_index(drop=True))
    assert as_frame([[1, 2]]).columns.tolist() == ["x0", "x1"]

"""The canonical hash: any cell changes it, the order of rows does not."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.modelling.features import ModelData

CELLS = st.one_of(st.none(), st.floats(allow_nan=False), st.integers(-5, 5).map(float))
WORDS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=3))


def data(rows):
    frame = pd.DataFrame({"n": [a for a, _, _ in rows], "w": pd.Series([b for _, b, _ in rows], dtype="str")})
    frame["n"] = frame["n"].astype(float)
    return ModelData(frame, pd.Series([c for *_, c in rows], name="y"))


ROWS = st.lists(st.tuples(CELLS, WORDS, st.integers(0, 1)), min_size=1, max_size=8)


@given(ROWS, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_is_irrelevant(rows, random):
    turned = random.sample(rows, len(rows))
    assert data(rows).content_hash() == data(turned).content_hash()


@given(ROWS, st.integers(0, 7), CELLS, WORDS, st.integers(0, 1))
@settings(max_examples=100, deadline=None)
def test_any_other_cell_is_another_hash(rows, place, number, word, label):
    place %= len(rows)
    changed = [*rows[:place], (number, word, label), *rows[place + 1 :]]
    before, after = (
        sorted(map(repr, ((0.0 if a == 0 else a, b, c) for a, b, c in value))) for value in (rows, changed)
    )
    assert (data(rows).content_hash() == data(changed).content_hash()) == (before == after)


def test_kinds_that_hold_the_same_values_are_the_same():
    numbers = [
        pd.Series([1, 0, 1]),
        pd.Series([1.0, -0.0, 1.0]),
        pd.Series([True, False, True]),
        pd.Series([1, 0, 1], dtype="Int8"),
        pd.Series([1, 0, 1], dtype="float32"),
    ]
    assert len({ModelData(pd.DataFrame({"a": number}), None).content_hash() for number in numbers}) == 1
    words = [pd.Series(["x", None, "y"], dtype=kind) for kind in ("str", "object", "category")]
    assert len({ModelData(pd.DataFrame({"a": word}), None).content_hash() for word in words}) == 1


def test_what_differs_differs():
    frames = [
        pd.DataFrame({"a": [1.0, 2.0]}),
        pd.DataFrame({"b": [1.0, 2.0]}),
        pd.DataFrame({"a": [1.0, 2.0, 2.0]}),
        pd.DataFrame({"a": [1.0, np.nan]}),
        pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, 0.0]}),
        pd.DataFrame({"b": [0.0, 0.0], "a": [1.0, 2.0]}),
        pd.DataFrame({"a": ["1.0", "2.0"]}),
        pd.DataFrame({"a": [None, None]}, dtype="str"),
        pd.DataFrame({"a": ["", ""]}),
        pd.DataFrame({"a": [2**60, 2**60 + 1]}),
        pd.DataFrame({"a": [2**60, 2**60 + 2]}),
        pd.DataFrame({"a": pd.to_datetime(["2024-01-01", "2024-01-02"])}),
        pd.DataFrame({"a": ["ab", "c"], "b": ["", ""]}),
        pd.DataFrame({"a": ["a", "c"], "b": ["b", ""]}),
    ]
    assert len({ModelData(frame, None).content_hash() for frame in frames}) == len(frames)
    y = pd.Series([0, 1])
    parts = [
        {},
        {"weight": pd.Series([1.0, 2.0])},
        {"groups": pd.Series([1.0, 2.0])},
        {"inspected": pd.Series([True, False])},
    ]
    assert len({ModelData(frames[0], y, **part).content_hash() for part in parts}) == 4


def test_many_rows_are_hashed_in_pieces():
    frame = pd.DataFrame({"a": np.arange(120_001.0), "b": np.arange(120_001) % 7})
    first = ModelData(frame, None).content_hash()
    assert first == ModelData(frame.iloc[::-1].reset_index(drop=True), None).content_hash()
    frame.loc[119_999, "b"] = 99
    assert first != ModelData(frame, None).content_hash()

"""`ModelData.from_frame`: a plain table, its parts taken out, what cannot be refused."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from creditscore.core.errors import InputError, LeakageError, UsageError
from creditscore.modelling.features import ModelData

FRAME = pd.DataFrame(
    {
        "firm": ["A", "A", "B", "C"],
        "day": ["2021-12-31", "2022-12-31", "2021-12-31", "2022-12-31"],
        "debt": [1.0, 2.0, np.nan, 4.0],
        "sector": ["x", None, "y", "x"],
        "seen": [1, 0, 1, None],
        "w": [1, 2, 1, 1],
        "booked": ["2021-06-01", "2022-06-01", "2021-12-31", "2022-01-01"],
        "bad": ["yes", "no", "no", "no"],
    }
)
PARTS = {"y": "bad", "event": "yes", "groups": "firm", "observed_on": "day", "inspected": "seen", "weight": "w"}


def test_parts_are_no_features():
    data = ModelData.from_frame(FRAME, **PARTS, drop=["booked"], name="firms")
    assert list(data.X.columns) == ["debt", "sector"] == data.about["features"]
    assert data.y.tolist() == [1, 0, 0, 0]
    assert data.weight.tolist() == [1.0, 2.0, 1.0, 1.0]
    assert data.groups.tolist() == ["A", "A", "B", "C"]
    assert data.inspected.tolist() == [True, False, True, pd.NA]
    assert str(data.observed_on.dtype) == "datetime64[s]"
    assert (len(data), data.about["rows"], data.about["events"]) == (4, 4, 1)
    assert "mean of y 0.2500" in repr(data)


def test_other_tables_and_values_beside_them_are_the_same():
    few = FRAME[["debt", "sector", "bad"]]
    plain = ModelData.from_frame(few, "bad", event="yes")
    for given in (pa.Table.from_pandas(few), few.to_dict("list")):
        assert ModelData.from_frame(given, "bad", event="yes").content_hash() == plain.content_hash()
    beside = ModelData.from_frame(FRAME[["debt", "sector"]], np.array([1, 0, 0, 0]))
    assert beside.content_hash() == plain.content_hash()


def test_what_was_known_later_is_refused():
    good = ModelData.from_frame(FRAME, **PARTS, known_on="booked")
    assert good.about["known_on"] == "checked"
    assert "booked" not in good.X
    late = FRAME.assign(booked=["2021-06-01", "2023-01-01", "2021-12-31", "2022-01-01"])
    with pytest.raises(LeakageError, match="1 rows became known after") as exception_info:
        ModelData.from_frame(late, **PARTS, known_on="booked")
    assert "row 1: known on 2023-01-01, observed on 2022-12-31" in str(exception_info.value)
    with pytest.raises(LeakageError, match="'debt'"):
        ModelData.from_frame(late, **PARTS, known_on={"debt": "booked"})
    with pytest.raises(UsageError, match="without observed_on"):
        ModelData.from_frame(late, "bad", event="yes", known_on="booked")


def test_a_feature_that_is_the_outcome_is_named():
    frame = pd.DataFrame({"x": np.arange(400) % 7, "y": np.arange(400) % 2})
    assert ModelData.from_frame(frame, "y").about["suspicious"] == []
    leak = frame.assign(copy=frame["y"] * 2.5, paid=np.where(frame["y"] == 1, np.nan, 3.0))
    result = ModelData.from_frame(leak, "y").about["suspicious"]
    assert [row["column"] for row in result] == ["copy", "paid"]


def test_rows_can_be_taken():
    data = ModelData.from_frame(FRAME, **PARTS, drop=["booked"])
    part = data.take([2, 0])
    assert part.groups.tolist() == ["B", "A"]
    assert part.X["debt"].tolist()[1] == 1.0
    assert (part.about["rows"], part.about["events"], part.about["taken_from"]) == (2, 1, 4)
    assert data.take([3, 1, 0, 2]).content_hash() == data.content_hash()
    with pytest.raises(UsageError, match="places"):
        data.take([True, False, True, False])


def test_grades_as_target():
    data = ModelData.from_frame(FRAME.assign(grade=list("ABCD"))[["debt", "grade"]], "grade", target="grade")
    assert data.y.tolist() == list("ABCD")
    assert "of grades" in repr(data)


@pytest.mark.parametrize(
    ("frame", "asked", "error", "message"),
    [
        (FRAME, {"y": "worse"}, UsageError, "no column 'worse'"),
        (FRAME, {"y": "bad"}, InputError, "y holds"),
        (FRAME, {"y": "bad", "event": "maybe"}, InputError, "no row has the event"),
        (FRAME, {"y": "seen"}, InputError, "y is missing in 1 rows"),
        (FRAME, {"y": [0, 1]}, InputError, "y has 2 rows"),
        (FRAME, {"weight": [1, 0, 1, 1]}, InputError, "above 0"),
        (FRAME, {"weight": [1, np.inf, 1, 1]}, InputError, "above 0"),
        (FRAME, {"inspected": "firm"}, InputError, "neither true, false"),
        (FRAME, {"observed_on": [None, "2021-01-01", "2021-01-01", "2021-01-01"]}, InputError, "without a day"),
        (FRAME[["bad"]], {"y": "bad", "event": "yes"}, InputError, "0 features"),
        (FRAME.iloc[:0], {}, InputError, "0 rows"),
        (pd.concat([FRAME, FRAME[["debt"]]], axis=1), {}, InputError, "'debt' stands twice"),
        ("file.csv", {}, InputError, "a str with 0 dimensions is no table"),
    ],
)
def test_what_cannot_be_is_refused(frame, asked, error, message):
    with pytest.raises(error, match=message):
        ModelData.from_frame(frame, **asked)

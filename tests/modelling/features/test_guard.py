"""The guard: later knowledge is refused, columns that know the outcome are named."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError, LeakageError, UsageError
from creditscore.modelling.features import guard

X = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})


TWO = ["2022-12-31", "2023-12-31"]


@pytest.mark.parametrize(
    "cut",
    [
        "2022-12-31",
        date(2022, 12, 31),
        pd.Timestamp("2022-12-31 23:59"),
        TWO,
        pd.Series(pd.to_datetime(TWO)),
        np.array(TWO, "datetime64[D]"),
        [date(2022, 12, 31), date(2023, 12, 31)],
    ],
)
def test_the_day_itself_is_early_enough_and_the_next_one_is_not(cut):
    assert guard(X, known_on=["2022-12-31", "2022-12-31"], observed_on=cut) == []
    with pytest.raises(LeakageError, match="after the day of observation"):
        guard(X, known_on=["2023-01-01", "2022-12-31"], observed_on=cut)


def test_columns_may_have_days_of_their_own():
    guard(X, known_on={"a": "2022-01-01"}, observed_on="2022-12-31")
    with pytest.raises(LeakageError, match="'b': 2 rows"):
        guard(X, known_on={"a": "2022-01-01", "b": "2023-01-01"}, observed_on="2022-12-31")
    with pytest.raises(UsageError, match="names c"):
        guard(X, known_on={"c": "2022-01-01"}, observed_on="2022-12-31")


def test_what_nobody_dated_is_refused():
    with pytest.raises(LeakageError, match="nobody says when 1 rows"):
        guard(X, known_on=["2022-01-01", None], observed_on="2022-12-31")
    with pytest.raises(InputError, match="observed_on is missing"):
        guard(X, known_on="2022-01-01", observed_on=["2022-01-01", None])
    for wrong in (["2022-01-01"] * 3, ["soon", "later"]):
        with pytest.raises(InputError, match="known_on"):
            guard(X, known_on=wrong, observed_on="2022-12-31")
    with pytest.raises(UsageError, match="without observed_on"):
        guard(X, known_on="2022-01-01")


def test_separators_are_named_whatever_their_shape():
    rng = np.random.default_rng(0)
    y = (np.arange(1000) % 5 == 0).astype(int)
    table = pd.DataFrame(
        {
            "noise": rng.normal(size=1000),
            "word": np.where(y == 1, "bad", rng.choice(["good", "fine"], 1000)),
            "tails": np.where(y == 1, rng.choice([-9.0, 9.0], 1000), rng.normal(size=1000)),
            "gone": np.where(y == 1, np.nan, rng.normal(size=1000)),
            "names": [f"firm {k}" for k in range(1000)],
            "constant": 1.0,
            "empty": np.nan,
            "good": y * 1.5 + rng.normal(size=1000),
            "when": pd.to_datetime(np.where(y == 1, "2024-05-05", "2023-01-01")),
        }
    )
    rows = guard(table, y=y)
    assert sorted(row["column"] for row in rows) == ["gone", "tails", "when", "word"]
    assert next(row for row in rows if row["column"] == "gone")["reason"].startswith("missing")
    assert {row["column"] for row in guard(table, y=y, most_auc=0.75)} >= {"good", "tails"}
    assert guard(table, y=np.zeros(1000, int)) == []


def test_labels_that_cannot_be():
    with pytest.raises(InputError, match="0 and 1"):
        guard(X, y=[1, 2])
    with pytest.raises(InputError, match="3 rows"):
        guard(X, y=[1, 0, 1])

"""Splits: later days, other companies, every period; the same whatever the order of rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.features import (
    GroupSplit,
    ModelData,
    PeriodSplit,
    TimeSplit,
    by_group,
    out_of_time,
    stratified_by_period,
)

DAYS = ["2020-12-31", "2021-12-31", "2022-12-31", "2023-12-31"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n = 1200
    firm = rng.integers(0, 300, n)
    x = rng.normal(size=n)
    frame = pd.DataFrame({"x": x, "firm": [f"F{k}" for k in firm], "day": rng.choice(DAYS, n)})
    return ModelData.from_frame(frame, (x + rng.normal(size=n) > 1).astype(int), groups="firm", observed_on="day")


def days(data, places):
    return set(data.observed_on.iloc[places].dt.strftime("%Y-%m-%d"))


def test_out_of_time_tests_on_later_days(data):
    train, test = out_of_time(data)
    assert (days(data, train), days(data, test)) == (set(DAYS[:3]), {DAYS[3]})
    train, test = out_of_time(data, "2022-01-01")
    assert (days(data, train), days(data, test)) == (set(DAYS[:2]), set(DAYS[2:]))
    assert len(train) + len(test) == len(data)
    for wrong in ("2019-01-01", "2025-01-01"):
        with pytest.raises(UsageError, match="rows to train on"):
            out_of_time(data, wrong)


def test_labels_not_known_on_the_day_of_the_test_are_purged(data):
    # the second one's outcome ends after the test begins
    ends = ["2021-12-31", "2024-01-31", "2023-06-30", "2024-12-31"]
    dates = [{"observed_on": day, "outcome_to": end} for day, end in zip(DAYS, ends, strict=True)]
    dated = ModelData(data.X, data.y, groups=data.groups, observed_on=data.observed_on, about={"dates": dates})
    train, test = out_of_time(dated)
    assert (days(data, train), days(data, test)) == ({DAYS[0], DAYS[2]}, {DAYS[3]})
    assert days(data, out_of_time(dated, purge=False)[0]) == set(DAYS[:3])


def test_no_company_stands_on_both_sides(data):
    train, test = by_group(data, 0.25)
    groups = data.groups.to_numpy()
    assert not set(groups[train]) & set(groups[test])
    assert len(set(groups[test])) == round(0.25 * len(set(groups)))
    assert sorted([*train, *test]) == list(range(len(data)))
    again = data.take(np.arange(len(data))[::-1])
    assert set(again.groups.iloc[by_group(again, 0.25)[1]]) == set(groups[test])
    assert set(groups[by_group(data, 0.25, seed=1)[1]]) != set(groups[test])
    for wrong in (0, 1, 1.5):
        with pytest.raises(UsageError, match="test_share"):
            by_group(data, wrong)
    with pytest.raises(UsageError, match="no groups"):
        by_group(ModelData(data.X, data.y))
    with pytest.raises(InputError, match="one group"):
        by_group(ModelData(data.X, data.y, groups=pd.Series(["A"] * len(data))))


def test_every_fold_has_its_share_of_every_period_and_class_and_whole_groups(data):
    folds = stratified_by_period(data, 5)
    groups = data.groups.to_numpy()
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(data)))
    strata = data.observed_on.astype(str) + data.y.astype(str)
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
        share = strata.iloc[test].value_counts() / strata.value_counts()
        assert share.between(0.05, 0.4).all()
    free = ModelData(data.X, data.y, observed_on=data.observed_on)
    for _, test in stratified_by_period(free, 5):
        share = strata.iloc[test].value_counts() / strata.value_counts()
        assert share.between(0.17, 0.23).all()


def test_folds_do_not_depend_on_the_order_of_rows(data):
    turn = np.random.default_rng(1).permutation(len(data))
    turned = data.take(turn)
    for part, other in zip(stratified_by_period(data, 4), stratified_by_period(turned, 4), strict=True):
        assert set(part[1]) == set(turn[other[1]])
    for part, other in zip(
        GroupSplit(4).split(data.X, groups=data.groups),
        GroupSplit(4).split(turned.X, groups=turned.groups),
        strict=True,
    ):
        assert set(part[1]) == set(turn[other[1]])


def test_time_splits_train_on_what_was_known(data):
    splitter = TimeSplit(data.observed_on, 2)
    folds = list(splitter.split(data.X))
    assert [days(data, test) for _, test in folds] == [{DAYS[2]}, {DAYS[3]}]
    assert [days(data, train) for train, _ in folds] == [set(DAYS[:2]), set(DAYS[:3])]
    later = TimeSplit(data.observed_on, 3, outcome_months=18)
    assert [days(data, train) for train, _ in later.split(data.X)] == [{DAYS[0]}, set(DAYS[:2])]
    assert later.get_n_splits() == 2
    with pytest.raises(UsageError, match="no day"):
        TimeSplit(data.observed_on, outcome_months=60).get_n_splits()
    with pytest.raises(InputError, match="rows"):
        list(splitter.split(data.X.iloc[:5]))


@pytest.mark.parametrize("kind", ["group", "period", "time"])
def test_scikit_learn_takes_them(data, kind):
    results = {
        "group": GroupSplit(3),
        "period": PeriodSplit(data.observed_on, 3),
        "time": TimeSplit(data.observed_on, 2),
    }
    splitter = results[kind]
    scores = cross_val_score(LogisticRegression(), data.X, data.y, groups=data.groups, cv=splitter, scoring="roc_auc")
    assert len(scores) == splitter.get_n_splits()
    assert (scores > 0.7).all()


def test_folds_that_cannot_be(data):
    with pytest.raises(UsageError, match="n_splits"):
        stratified_by_period(data, 1)
    with pytest.raises(UsageError, match="n_splits"):
        TimeSplit(data.observed_on, 0).get_n_splits()
    with pytest.raises(InputError, match="2 groups cannot make 3 folds"):
        list(GroupSplit(3).split([[1]] * 4, groups=["A", "A", "B", "B"]))
    with pytest.raises(InputError, match="missing in 1 rows"):
        list(GroupSplit(2).split([[1]] * 3, groups=["A", None, "B"]))
    with pytest.raises(UsageError, match="no days of observation"):
        out_of_time(ModelData(data.X, data.y))

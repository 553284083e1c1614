"""Splits that do not deceive: later days, other companies, every period in every fold. As places and as splitters.

Who falls where depends on the names (a hash with the seed), or without names on what a row holds; never on the order
of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from creditscore.core.days import add_months
from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.features.data import ModelData
from creditscore.modelling.features.draws import Units, row_hashes
from creditscore.modelling.features.guard import days_of
from creditscore.modelling.features.recipe import one_date

Places = tuple[np.ndarray, np.ndarray]


def out_of_time(data: ModelData, test_from: date | str | None = None, *, purge: bool = True) -> Places:
    """Split rows by time: train on earlier days, test on later ones.

    Parameters
    ----------
    data
        Data with days of observation.
    test_from
        First day of the test, a date or YYYY-MM-DD; None: the last day of the data.
    purge
        Whether to leave out of training the rows whose outcome window, by `about["dates"]`, had not ended on the first
        day of the test: their y was not known then.

    Returns
    -------
    tuple of arrays
        Places (from 0) of the rows to train on, and of those to test on.

    Raises
    ------
    UsageError
        Without days of observation, for what is no date, or where one side would be empty.

    Examples
    --------
    >>> train, test = out_of_time(data, "2023-12-31")  # doctest: +SKIP
    """
    days = _days(data)
    first = days.max() if test_from is None else np.datetime64(one_date(test_from, "test_from"), "D")
    test, train = days >= first, days < first
    ends = {np.datetime64(day["observed_on"], "D"): day.get("outcome_to") for day in data.about.get("dates", ())}
    if purge:
        for day, end in ends.items():
            if end is not None and np.datetime64(end, "D") > first:
                train &= days != day
    if not test.any() or not train.any():
        known = ", ".join(map(str, np.unique(days)[:12]))
        raise UsageError(
            "modelling.rows_train_test", sum=int(train.sum()), sum_2=int(test.sum()), first=first, known=known
        )
    return np.flatnonzero(train), np.flatnonzero(test)


def by_group(data: ModelData, test_share: float = 0.3, *, seed: int = 0) -> Places:
    """Split rows by group: no group is both in training and in the test.

    Groups with an event and groups without one are drawn alike, where the data have outcomes.

    Parameters
    ----------
    data
        Data with groups.
    test_share
        Share of the groups in the test, in (0, 1), to the nearest whole group.
    seed
        Seed of the draw.

    Returns
    -------
    tuple of arrays
        Places (from 0) of the rows to train on, and of those to test on.

    Raises
    ------
    UsageError
        For a share outside (0, 1), or data without groups.
    InputError
        For one group only, or rows without a group.

    Examples
    --------
    >>> train, test = by_group(data, 0.25)  # doctest: +SKIP
    >>> fit_on = data.take(train)  # doctest: +SKIP
    """
    if not 0 < test_share < 1:
        raise UsageError("modelling.test_share", test_share=test_share)
    import pandas as pd

    names, codes = _groups(data.groups)
    if len(names) < 2:
        raise InputError("modelling.group_cannot_split")
    classes = np.zeros(len(codes), np.int64) if data.y is None else _codes(data.y, len(codes), "y")
    units = Units.of(np.zeros(len(codes), np.uint64), pd.Series(names[codes]))
    test = units.draw(classes, min(max(test_share, 0.6 / len(names)), 1 - 0.6 / len(names)), seed)
    return np.flatnonzero(~test), np.flatnonzero(test)


def stratified_by_period(data: ModelData, n_splits: int = 5, *, seed: int = 0) -> list[Places]:
    """Divide rows into folds in which every period and class has its share, and no group is split.

    Each row is tested once.

    Parameters
    ----------
    data
        Data with days of observation (the periods); without groups single rows are dealt out, without y there are no
        classes.
    n_splits
        Number of folds, 2 or more, at most as many as there are groups (or rows).
    seed
        Seed of the order in which groups or rows are dealt out.

    Returns
    -------
    list of tuples of arrays
        Per fold the places (from 0) of the rows to train on, and of those to test on.

    Raises
    ------
    UsageError
        Without days of observation, or for fewer than 2 folds.
    InputError
        For fewer groups (or rows) than folds, and rows without a group where there are groups.

    Examples
    --------
    >>> for train, test in stratified_by_period(data, 5):  # doctest: +SKIP
    ...     model.fit(data.X.iloc[train], data.y.iloc[train])
    """
    splitter = PeriodSplit(_days(data), n_splits, seed=seed)
    return list(splitter.split(data.X, data.y, data.groups))


class TimeSplit:
    """scikit-learn splitter: for each of the last `n_splits` days, test on it and train on earlier ones.

    `observed_on` has one day per row of the X that is split later. With `outcome_months` (gap + horizon), days whose
    outcome was not known on the day of the test are left out of training; folds without any training row are skipped.
    """

    def __init__(self, observed_on: Any, n_splits: int = 3, *, outcome_months: int = 0) -> None:
        self.observed_on, self.n_splits, self.outcome_months = observed_on, n_splits, outcome_months

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Places]:
        days = _as_days(self.observed_on, _rows(X))
        for day in self._test_days(days):
            train = np.asarray([_later(value, self.outcome_months) <= day and value < day for value in np.unique(days)])
            place = np.searchsorted(np.unique(days), days)
            yield np.flatnonzero(train[place]), np.flatnonzero(days == day)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        return len(self._test_days(_as_days(self.observed_on, None)))

    def _test_days(self, days: np.ndarray) -> list[np.datetime64]:
        if self.n_splits < 1:
            raise UsageError("modelling.n_splits_2", n_splits=self.n_splits)
        known = np.unique(days)
        split_day = [day for day in known[1:] if _later(known[0], self.outcome_months) <= day][-self.n_splits :]
        if not split_day:
            raise UsageError(
                "modelling.no_day_another_before_whose_outcome", outcome_months=self.outcome_months, where="TimeSplit"
            )
        return split_day


class GroupSplit:
    """scikit-learn splitter: `n_splits` folds of whole groups; `groups` is given to `split`, as cross_validate does."""

    def __init__(self, n_splits: int = 5, *, seed: int = 0) -> None:
        self.n_splits, self.seed = n_splits, seed

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Places]:
        names, codes = _groups(groups, _rows(X))
        _enough(len(names), self.n_splits)
        fold = np.empty(len(names), np.int64)
        fold[_shuffled(names, self.seed)] = np.arange(len(names)) % self.n_splits
        yield from _folds(fold[codes], self.n_splits)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        return self.n_splits


class PeriodSplit:
    """scikit-learn splitter: folds in which every period and class has its share.

    Groups, where given, stay whole: those with the same periods and classes are dealt out in turn, the next kind of
    group beginning where the last one ended. Without groups, the rows of each period and class are dealt out in an
    order that their content gives, rows that are alike in turn too.
    """

    def __init__(self, periods: Any, n_splits: int = 5, *, seed: int = 0) -> None:
        self.periods, self.n_splits, self.seed = periods, n_splits, seed

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Places]:
        rows = _rows(X)
        periods = _codes(self.periods, rows, "periods")
        classes = np.zeros(rows, np.int64) if y is None else _codes(y, rows, "y")
        stratum = periods * (classes.max(initial=0) + 1) + classes
        if groups is None:
            _enough(rows, self.n_splits)
            yield from _folds(Units.of(_contents(X)).deal(stratum, self.n_splits, self.seed), self.n_splits)
            return
        names, codes = _groups(groups, rows)
        _enough(len(names), self.n_splits)
        place = np.empty(len(names), np.int64)
        place[_shuffled(names, self.seed)] = np.arange(len(names))
        # groups alike: the same strata, each as often; then by hash
        kinds = _kinds(codes, stratum, len(names))
        fold = np.empty(len(names), np.int64)
        fold[np.lexsort((place, kinds))] = np.arange(len(names)) % self.n_splits
        yield from _folds(fold[codes], self.n_splits)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        return self.n_splits


def _kinds(codes: np.ndarray, stratum: np.ndarray, count: int) -> np.ndarray:
    """A number per group: the rank of its sorted list of strata among all such lists."""
    order = np.lexsort((stratum, codes))
    bounds = np.searchsorted(codes[order], np.arange(count + 1))
    sorted_strata = stratum[order]
    lists = [sorted_strata[a:b].tobytes() for a, b in pairwise(bounds)]
    rank = {text: k for k, text in enumerate(sorted(set(lists)))}
    return np.asarray([rank[text] for text in lists], np.int64)


def _contents(X: Any) -> np.ndarray:
    """A hash per row of a table, a matrix or one column."""
    import pandas as pd

    table = X.to_pandas() if hasattr(X, "to_pandas") else pd.DataFrame(X)
    return np.asarray(row_hashes(table))


def _folds(fold: np.ndarray, n_splits: int) -> Iterator[Places]:
    for k in range(n_splits):
        yield np.flatnonzero(fold != k), np.flatnonzero(fold == k)


def _enough(groups: int, n_splits: int) -> None:
    if n_splits < 2:
        raise UsageError("modelling.n_splits", n_splits=n_splits)
    if groups < n_splits:
        raise InputError("modelling.groups_cannot_make_folds", groups=groups, n_splits=n_splits)


def _shuffled(names: np.ndarray, seed: int) -> np.ndarray:
    """The places of the names in the order of their hashes."""
    key = str(int(seed)).encode()
    hashes = [hashlib.blake2b(str(name).encode(), digest_size=16, key=key).digest() for name in names]
    return np.asarray(sorted(range(len(names)), key=hashes.__getitem__), np.int64)


def _groups(groups: Any, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(the names, sorted; the place of each row's name)."""
    if groups is None:
        raise UsageError("modelling.data_no_groups")
    codes, names = _factorize(groups, rows, "groups")
    return names, codes


def _codes(values: Any, rows: int, name: str) -> np.ndarray:
    return _factorize(values, rows, name)[0]


def _factorize(values: Any, rows: int | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    import pandas as pd

    series = pd.Series(np.asarray(values))
    if rows is not None and len(series) != rows:
        raise InputError("modelling.rows_3", name=name, series_count=len(series), rows=rows)
    if series.isna().any():
        raise InputError("modelling.missing_rows", name=name, sum=int(series.isna().sum()))
    codes, names = pd.factorize(series, sort=True)
    return np.asarray(codes, np.int64), np.asarray(names)


def _rows(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _days(data: ModelData) -> np.ndarray:
    if data.observed_on is None:
        raise UsageError("modelling.data_no_days_observation")
    return _as_days(data.observed_on, len(data))


def _as_days(values: Any, rows: int | None) -> np.ndarray:
    return days_of(values, len(values) if rows is None else rows, "observed_on")


def _later(day: np.datetime64, months: int) -> np.datetime64:
    return np.datetime64(add_months(int(day.astype("int64")), months), "D")

"""The guard against leakage: what was not known on the day of observation is refused, what knows too much is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError, LeakageError, UsageError

if TYPE_CHECKING:
    import pandas as pd

TOO_WELL = 0.99  # an area under the curve above which one column alone is suspicious
MOST_ROWS = 100_000  # rows looked at for `separation`, evenly spaced
MOST_BINS = 50


def guard(
    X: pd.DataFrame,
    *,
    known_on: Any | Mapping[str, Any] = None,
    observed_on: Any = None,
    y: Any = None,
    most_auc: float = TOO_WELL,
) -> list[dict[str, Any]]:
    """Refuse features known after the day of observation, and list those that separate the outcome too well.

    A value known on the day of observation itself is early enough.

    Parameters
    ----------
    X
        The features.
    known_on
        When they became known: one day for all, a day per row, or a mapping from columns to either; None: not checked.
    observed_on
        The day of observation, one for all or one per row; needed with `known_on`.
    y
        Outcomes 0/1, one per row; None: separation is not measured.
    most_auc
        Area under the curve at which one column alone is suspicious.

    Returns
    -------
    list of dict
        With `y` the suspicious columns, worst first: column, auc (of its values), missing_auc (of being missing alone),
        reason; else empty.

    Raises
    ------
    LeakageError
        Where a row became known later, or nobody says when, naming the column, the number of rows and the first of
        them.
    UsageError
        For `known_on` without `observed_on`, or with a column that is not there.
    InputError
        For days that are no dates or missing in `observed_on`, other numbers of rows, or y other than 0 and 1.

    Examples
    --------
    >>> guard(df[["debt"]], known_on=df["booked_on"], observed_on="2024-12-31")  # doctest: +SKIP
    []
    """
    if known_on is not None:
        if observed_on is None:
            raise UsageError("modelling.known_without_observed")
        cut = days_of(observed_on, len(X), "observed_on")
        if np.isnat(cut).any():
            raise InputError("modelling.observed_missing_rows", sum=int(np.isnat(cut).sum()))
        given = known_on if isinstance(known_on, Mapping) else {None: known_on}
        absent = [str(name) for name in given if name is not None and name not in X.columns]
        if absent:
            raise UsageError("modelling.known_names", listed=", ".join(absent), allowed=map(str, X.columns[:40]))
        for name, days in given.items():
            _refuse_later(days_of(days, len(X), "known_on"), cut, "the features" if name is None else f"{name!r}")
    return [] if y is None else separation(X, y, most_auc)


def days_of(given: Any, rows: int, name: str) -> np.ndarray:
    """One day per row (datetime64[D]), of one day or a column. A time within a day belongs to that day."""
    import pandas as pd

    is_single = isinstance(given, str | date | np.datetime64)
    try:
        days = pd.to_datetime(pd.Series([given] if is_single else np.asarray(given)), format="ISO8601")
        values = days.to_numpy().astype("datetime64[D]")
    except (TypeError, ValueError) as error:
        raise InputError("modelling.not_made_dates", name=name, allowed="2024-12-31") from error
    if is_single:
        values = np.repeat(values, rows)
    if len(values) != rows:
        raise InputError("modelling.rows_2", name=name, values_count=len(values), rows=rows)
    return np.asarray(values)


def _refuse_later(known: np.ndarray, cut: np.ndarray, what: str) -> None:
    unknown = np.isnat(known)
    if unknown.any():
        raise LeakageError(
            "modelling.nobody_says_when_rows_became_known",
            what_value=what,
            sum=int(unknown.sum()),
            flatnonzero=int(np.flatnonzero(unknown)[0]),
        )
    late = known > cut
    if late.any():
        first = int(np.flatnonzero(late)[0])
        raise LeakageError(
            "modelling.rows_became_known_after_day_observation",
            what_value=what,
            sum=int(late.sum()),
            first=first,
            known=known[first],
            cut=cut[first],
        )


def separation(X: pd.DataFrame, y: Any, most_auc: float = TOO_WELL) -> list[dict[str, Any]]:
    """Columns that alone separate y (0/1) almost perfectly: {column, auc, missing_auc, reason}, worst first.

    `auc` is the area under the curve of the event rate by value: equal-count bins of a number (at most 50, with 20
    rows each or more), the values of a text (rare ones together), missing apart; `missing_auc` that of being missing
    alone. Either one at `most_auc` or above is suspicious: such a column usually holds the outcome itself.
    """
    labels = np.asarray(y)
    if len(labels) != len(X):
        raise InputError("modelling.y_rows", labels_count=len(labels), x_count=len(X))
    if not set(np.unique(labels).tolist()) <= {0, 1}:
        raise InputError("modelling.y_not_made")
    step = -(-len(X) // MOST_ROWS) if len(X) else 1
    labels = labels[::step].astype(np.int64)
    if len(np.unique(labels)) < 2:
        return []
    result = []
    for place, name in enumerate(X.columns):
        column = X.iloc[::step, place]
        missing = column.isna().to_numpy()
        alone = _auc(missing.astype(np.int64), labels)
        auc = _auc(_bins(column, missing), labels)
        if max(auc, alone) >= most_auc:
            reason = "missing or not says the outcome" if alone >= most_auc else "its values say the outcome"
            result.append({"column": str(name), "auc": round(auc, 6), "missing_auc": round(alone, 6), "reason": reason})
    return sorted(result, key=lambda row: (-max(row["auc"], row["missing_auc"]), row["column"]))


def _bins(column: pd.Series, missing: np.ndarray) -> np.ndarray:
    """A small code per row: the bin of its value, 0 where missing."""
    import pandas as pd

    count = int((~missing).sum())
    codes = np.zeros(len(column), np.int64)
    if not count:
        return codes
    present = column[~missing]
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        values = present.to_numpy().astype(np.float64)
        wanted = max(2, min(MOST_BINS, count // 20))
        edges = np.unique(np.quantile(values, np.arange(1, wanted) / wanted, method="lower"))
        codes[~missing] = 1 + np.searchsorted(edges, values, side="left")
        return codes
    places, _ = pd.factorize(present.astype(str), sort=True)
    rare = np.bincount(places)[places] < max(2, min(20, count // 10))
    codes[~missing] = np.where(rare, 1, places + 2)
    return codes


def _auc(codes: np.ndarray, labels: np.ndarray) -> float:
    """The area under the curve when bins are ordered by their event rate; ties count half."""
    counts = np.bincount(codes)
    events = np.bincount(codes, weights=labels)[counts > 0]
    others = counts[counts > 0] - events
    order = np.argsort(events / (events + others), kind="stable")
    events, others = events[order], others[order]
    below = np.cumsum(others) - others
    return float((events * (below + others / 2)).sum() / (events.sum() * others.sum()))

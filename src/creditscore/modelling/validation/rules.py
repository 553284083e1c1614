"""Rules beside models: do the statutory points predict later breaches, item by item, and which say the opposite?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import chi_tail, jeffreys, normal_quantile, ratio_of_rates, two_sided
from creditscore.modelling.validation.metrics.calibration_tests import bins_of, fit_line
from creditscore.modelling.validation.metrics.discrimination import auc_interval
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    Ints,
    column,
    effective,
    expit,
    frame,
    log_odds,
    outcomes,
    tally,
    weights,
)

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.grading.result import Grading

LEAST = 5  # organisations with and without the item, and events among all, below which no sign is judged
FALSE = 0.1  # project_default: the share of items with a sign that may have it by chance
REDUNDANT, INFLATED = 0.7, 5.0  # project_default: a correlation, and a variance inflation, worth a look
UNSEEN = ("withdrawn", "exempt")  # such records say nothing against the organisation


@dataclass(frozen=True)
class Statutory:
    """A grading as models look at it.

    `subjects`: one row per graded organisation (subject_id, score, grade, decided: the
    rules that led to the grade, in order). `items`: one row per organisation and item
    (subject_id, item, points with the sign that was added to the score, records). `grades`: best first.
    """

    subjects: pd.DataFrame = field(repr=False)
    items: pd.DataFrame = field(repr=False)
    grades: tuple[Any, ...]
    higher_is_better: bool
    not_graded: int


def from_grading(grading: Grading) -> Statutory:
    """Extract the grades and the ledger of a finished grading as tables, to compare them with a model.

    Parameters
    ----------
    grading
        A grading of one scheme and one period.

    Returns
    -------
    Statutory
        Graded organisations with score and grade, their items with points, the grades best first, and how many were not
        graded.

    Raises
    ------
    InputError
        Where an organisation is graded twice.

    Examples
    --------
    >>> report = rules_beside(from_grading(grading), outcome)  # doctest: +SKIP
    """
    return statutory(
        grading.grades.to_pandas(),
        grading.ledger.to_pandas(),
        grading.plan.grades,
        higher_is_better=not grading.plan.lower_is_better,
    )


def statutory(
    grades: pd.DataFrame, ledger: pd.DataFrame, order: Sequence[Any], *, higher_is_better: bool = True
) -> Statutory:
    """From the tables `grades` and `ledger` of docs/contract.md. Points become floats here: nothing here is graded.

    A record that was withdrawn or exempt does not count as the item; one that counts 0 (noted, displaced) does.
    Conditions of the scheme that gave points are items under the name of their rule.
    """
    for name, table, needed in (
        ("grades", grades, {"subject_id", "score", "grade"}),
        ("ledger", ledger, {"subject_id", "step", "item", "effective"}),
    ):
        missing = needed - set(table.columns)
        if missing:
            raise InputError(
                "modelling.lacks", name=name, listed=", ".join(sorted(missing)), where=name, allowed=sorted(needed)
            )
    graded = grades[grades["state"] == "graded"] if "state" in grades else grades
    if graded["subject_id"].duplicated().any():
        raise InputError("modelling.organisation_graded_twice", where="grades")
    subjects = graded[["subject_id", "score", "grade"]].copy()
    subjects["score"] = subjects["score"].astype(float)
    decided = ledger[ledger["step"] == "decide"]
    deciding_rules: dict[Any, str] = {}
    if "rule" in decided:
        for key, rule in zip(decided["subject_id"], decided["rule"], strict=True):
            deciding_rules[key] = f"{deciding_rules[key]}; {rule}" if key in deciding_rules else str(rule)
    subjects["decided"] = [deciding_rules.get(key, "") for key in subjects["subject_id"]]
    rows = ledger[
        ledger["step"].isin(["record", "condition"]) & ledger["subject_id"].isin(subjects["subject_id"])
    ].copy()
    if "reason" in rows:
        rows = rows[~rows["reason"].fillna("").str.split(":").str[0].isin(UNSEEN)]
    named = rows["item"].fillna("").astype(str)
    rows["item"] = named.where(named != "", rows["rule"].astype(str) if "rule" in rows else named)
    rows["points"] = rows["effective"].astype(float).fillna(0.0)
    items = rows.groupby(["subject_id", "item"], as_index=False).agg(
        points=("points", "sum"), records=("points", "size")
    )
    subjects = subjects.sort_values("subject_id", ignore_index=True)
    return Statutory(subjects, items, tuple(order), higher_is_better, len(grades) - len(graded))


@dataclass(frozen=True)
class Points:
    """How well the points order organisations, and how straight their line against the log-odds is.

    `auc` of the points with its interval; `slope`: log-odds per point (negative where points protect); `doubling`:
    points that double the odds; `straight_p`: p-value that the log-odds follow one straight line over the bins.
    """

    count: int
    events: int
    auc: float
    auc_low: float
    auc_high: float
    slope: float
    slope_low: float
    slope_high: float
    doubling: float
    straight_p: float
    table: pd.DataFrame = field(repr=False)


def points_against_log_odds(
    score: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    higher_is_better: bool = True,
    bins: int = 10,
    level: float = 0.95,
) -> Points:
    """Bins of the points, worst last, each with its rate and log-odds and their intervals.

    Columns of `table`: bin, low, high (points), count, events, rate, rate_low, rate_high (Jeffreys), log_odds =
    log((k + ½) / (n − k + ½)), log_odds_low, log_odds_high, fitted (the straight line), against (better points than the
    bin before and yet the higher rate).
    """
    y = outcomes(y)
    score, weight = column("score", score, len(y)), weights(sample_weight, len(y))
    if not 0 < np.sum(weight * y) < np.sum(weight):
        raise InputError("modelling.only_class_points_cannot_judged", where="y")
    risk = -score if higher_is_better else score
    auc, _, low, high = auc_interval(y, risk, weight, level)
    spread = float(np.std(risk)) or 1.0
    centre = float(np.mean(risk))
    scaled = weight * (effective(weight) / float(np.sum(weight)))
    theta, covariance, _ = fit_line(y, (risk - centre) / spread, scaled)
    sign = -1.0 if higher_is_better else 1.0
    slope = sign * float(theta[1]) / spread
    reach = normal_quantile(level) * float(max(0.0, covariance[1, 1])) ** 0.5 / spread
    which, _ = bins_of(risk, weight, bins)
    rows, deviance, before = [], 0.0, None
    for k in range(int(which.max()) + 1):
        inside = which == k
        w = weight[inside]
        n = effective(w)
        rate = float(np.sum(w * y[inside]) / np.sum(w))
        ends = jeffreys(rate * n, n, level)
        fitted_log_odds = theta[0] + theta[1] * (risk[inside] - centre) / spread
        mean = float(np.sum(w * expit(fitted_log_odds)) / np.sum(w))
        deviance += n * (rate - mean) ** 2 / max(mean * (1 - mean), 1e-12)
        rows.append(
            {"bin": k + 1, "low": float(score[inside].min()), "high": float(score[inside].max())}
            | {"count": int(inside.sum()), "events": int(np.sum(y[inside])), "rate": rate}
            | {"rate_low": float(ends[0]), "rate_high": float(ends[1])}
            | {"log_odds": float(np.log((rate * n + 0.5) / (n - rate * n + 0.5)))}
            | {"log_odds_low": float(log_odds(ends[0])), "log_odds_high": float(log_odds(ends[1]))}
            | {"fitted": float(log_odds(np.asarray(mean))), "against": before is not None and rate < before}
        )
        before = rate
    return Points(
        count=len(y),
        events=int(np.sum(y)),
        auc=auc,
        auc_low=low,
        auc_high=high,
        slope=slope,
        slope_low=slope - reach,
        slope_high=slope + reach,
        doubling=float(np.log(2) / abs(slope)) if slope else float("inf"),
        straight_p=chi_tail(deviance, len(rows) - 2),
        table=frame(rows),
    )


@dataclass(frozen=True)
class Coded:
    """Items as a sparse table: a row per organisation, a column per item, in sorted order."""

    names: list[str]
    row: Ints
    item: Ints
    points: Floats
    size: int


def coded(rules: Statutory) -> Coded:
    import pandas as pd

    place = pd.Index(rules.subjects["subject_id"])
    names = sorted(set(rules.items["item"]))
    return Coded(
        names=names,
        row=place.get_indexer(pd.Index(rules.items["subject_id"])).astype(np.int64),
        item=pd.Index(names).get_indexer(pd.Index(rules.items["item"])).astype(np.int64),
        points=rules.items["points"].to_numpy(dtype=np.float64),
        size=len(place),
    )


def item_lift(rules: Statutory, y: Any, sample_weight: Any = None, *, level: float = 0.95) -> pd.DataFrame:
    """Each item: how often do organisations with it have the event later, beside those without it?

    `y`: the outcome of each row of `rules.subjects`. Columns: item, count, events, mean_cost (points taken from an
    organisation that has the item; negative: given), rate, rate_without, lift with lift_low and lift_high (ratio of the
    rates, Katz), p_value (two-sided, of the difference), q_value (Benjamini-Hochberg over all items), adjusted
    (log-odds of having the item beside all other items, ridge 1) with adjusted_se, sign: `as_expected` (costs
    points, and the interval of the lift lies above 1; or gives points and lies below), `wrong` (lies on the other
    side), `unscored` (no points, and yet it lies off 1), `unclear` (or q above 0.1), `too_few` (fewer than 5 with,
    without, or events).
    """
    y = outcomes(y)
    weight = weights(sample_weight, len(y))
    of = coded(rules)
    if len(y) != of.size:
        raise InputError("modelling.outcomes_graded_organisations", y_count=len(y), size=of.size, where="y")
    side = -1.0 if rules.higher_is_better else 1.0
    whole, hits = effective(weight), float(np.sum(y))
    beside, errors = _beside(of, y, weight)
    rows: list[dict[str, Any]] = []
    total, bad = float(np.sum(weight)), float(np.sum(weight * y))
    size, scale = len(of.names), whole / total
    held, struck = tally(of.item, weight[of.row], size), tally(of.item, (weight * y)[of.row], size)
    rows_of, events = tally(of.item, np.ones(len(of.item)), size), tally(of.item, y[of.row], size)
    costs = side * tally(of.item, of.points, size) / rows_of + 0.0
    for k, name in enumerate(of.names):
        with_w, with_bad, cost = float(held[k]), float(struck[k]), float(costs[k])
        counts = with_bad * scale, with_w * scale, (bad - with_bad) * scale, (total - with_w) * scale
        lift, low, high = ratio_of_rates(*counts, level)
        few = min(rows_of[k], of.size - rows_of[k], hits) < LEAST
        rows.append(
            {"item": name, "count": int(rows_of[k]), "events": int(events[k]), "mean_cost": cost}
            | {"rate": with_bad / with_w if with_w else float("nan")}
            | {"rate_without": (bad - with_bad) / (total - with_w) if total > with_w else float("nan")}
            | {"lift": lift, "lift_low": low, "lift_high": high, "p_value": _difference(*counts)}
            | {"adjusted": float(beside[k]), "adjusted_se": float(errors[k])}
            | {"sign": "too_few" if few else "", "cost": cost}
        )
    adjusted = benjamini([row["p_value"] for row in rows])
    for row, q in zip(rows, adjusted, strict=True):
        cost = row.pop("cost")
        row["sign"] = row["sign"] or ("unclear" if q > FALSE else _sign(cost, row["lift_low"], row["lift_high"]))
    columns = [
        "item",
        "count",
        "events",
        "mean_cost",
        "rate",
        "rate_without",
        "lift",
        "lift_low",
        "lift_high",
        "p_value",
        "q_value",
        "adjusted",
        "adjusted_se",
        "sign",
    ]
    return frame([row | {"q_value": float(q)} for row, q in zip(rows, adjusted, strict=True)], columns)


def _sign(cost: float, low: float, high: float) -> str:
    if not (low > 1 or high < 1):  # NaN is unclear too
        return "unclear"
    if cost == 0:
        return "unscored"
    return "as_expected" if (low > 1) == (cost > 0) else "wrong"


def _difference(k: float, n: float, k_0: float, n_0: float) -> float:
    if min(n, n_0) <= 0:
        return float("nan")
    pooled = (k + k_0) / (n + n_0)
    spread = (pooled * (1 - pooled) * (1 / n + 1 / n_0)) ** 0.5
    return float(two_sided((k / n - k_0 / n_0) / spread)) if spread else 1.0


def benjamini(p_values: Any) -> Floats:
    """Benjamini and Hochberg's adjusted p-values (1995, JRSS B 57); NaN stays NaN."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(-p[tested], kind="stable")]
    ranks = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum.accumulate(np.minimum(1.0, p[order] * len(order) / ranks))
    return adjusted


def _beside(of: Coded, y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Log-odds of each item beside the others: logistic regression on presence with a ridge of 1, by Newton's steps."""
    from scipy.sparse import csr_matrix, hstack

    many = len(of.names)
    if not many or not 0 < np.sum(weight * y) < np.sum(weight):
        return np.full(many, np.nan), np.full(many, np.nan)
    present = csr_matrix((np.ones(len(of.row)), (of.row, of.item)), shape=(of.size, many))
    X = hstack([csr_matrix(np.ones((of.size, 1))), present]).tocsr()
    scaled = weight / float(np.mean(weight))
    ridge = np.r_[0.0, np.ones(many)]
    theta = np.zeros(many + 1)
    theta[0] = float(log_odds(np.asarray(np.sum(weight * y) / np.sum(weight))))
    hess = np.eye(many + 1)
    for _ in range(50):
        p = expit(X @ theta)
        hess = (X.T @ X.multiply((scaled * p * (1 - p))[:, None])).toarray() + np.diag(ridge)
        step = np.linalg.solve(hess, X.T @ (scaled * (y - p)) - ridge * theta)
        theta = theta + step * min(1.0, 2.0 / max(1e-12, float(np.max(np.abs(step)))))
        if float(np.max(np.abs(step))) < 1e-9:
            break
    return theta[1:], np.sqrt(np.diag(np.linalg.inv(hess)))[1:]


def wrong_signs(lifts: pd.DataFrame) -> pd.DataFrame:
    """Items that speak against their points: alone (`wrong`), or only beside the others (`beside`), surest first.

    `beside`: the adjusted log-odds lie two standard errors on the other side of 0 than the points.
    """
    table = lifts.copy()
    z = table["adjusted"] / table["adjusted_se"]
    turned = (z * np.sign(table["mean_cost"]) < -2) & (table["sign"] != "too_few")
    table["how"] = np.where(table["sign"] == "wrong", "wrong", np.where(turned, "beside", ""))
    table = table[table["how"] != ""]
    return table.sort_values(["how", "p_value", "item"], ascending=[False, True, True], ignore_index=True)


def redundancy(rules: Statutory, *, threshold: float = REDUNDANT) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which items say the same? Pairs whose points correlate by `threshold` or more, and each item's variance
    inflation.

    Pairs: first, second, correlation (Pearson, of the points), together (organisations with both), overlap (both over
    either). Items: item, vif = diagonal of the inverse correlation matrix (infinite where an item is a sum of others),
    inflated (vif ≥ 5). Items whose points never vary are left out. Source: Belsley, Kuh, Welsch 1980.
    """
    from scipy.sparse import csr_matrix

    of = coded(rules)
    shape = (of.size, len(of.names))
    points = csr_matrix((of.points, (of.row, of.item)), shape=shape)
    present = csr_matrix((np.ones(len(of.row)), (of.row, of.item)), shape=shape)
    mean = np.asarray(points.mean(axis=0)).ravel()
    cov = (points.T @ points).toarray() / max(1, of.size) - np.outer(mean, mean)
    varies = np.flatnonzero(np.diag(cov) > 1e-12)
    spread = np.sqrt(np.diag(cov)[varies])
    corr = cov[np.ix_(varies, varies)] / np.outer(spread, spread)
    both = (present.T @ present).toarray()
    pairs = []
    for a in range(len(varies)):
        for b in range(a + 1, len(varies)):
            if abs(corr[a, b]) >= threshold:
                i, j = varies[a], varies[b]
                pairs.append(
                    {"first": of.names[i], "second": of.names[j], "correlation": float(corr[a, b])}
                    | {
                        "together": int(both[i, j]),
                        "overlap": float(both[i, j] / (both[i, i] + both[j, j] - both[i, j])),
                    }
                )
    table = frame(pairs, ["first", "second", "correlation", "together", "overlap"])
    table = table.sort_values("correlation", key=lambda c: -c.abs(), kind="stable", ignore_index=True)
    values, vectors = np.linalg.eigh(corr) if len(varies) else (np.zeros(0), np.zeros((0, 0)))
    # an eigenvalue of 0: some items are a sum of others, and theirs is infinite
    weak = values < 1e-10
    vif = (vectors**2) @ np.where(weak, 0.0, 1 / np.where(weak, 1.0, values))
    vif = np.where((vectors[:, weak] ** 2).sum(axis=1) > 1e-8, np.inf, vif) if len(varies) else vif
    inflation = [
        {"item": of.names[i], "vif": float(value), "inflated": bool(value >= INFLATED)}
        for i, value in zip(varies, vif, strict=True)
    ]
    items = frame(inflation, ["item", "vif", "inflated"])
    return table, items.sort_values(["vif", "item"], ascending=[False, True], ignore_index=True)

"""Per grade: binomial and Jeffreys tests with lights; are grades distinct, and is each one alike?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import jeffreys, normal_tail, two_sided
from creditscore.modelling.validation.metrics.clusters import Clusters, rows_worth
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    Ints,
    codes,
    frame,
    outcomes,
    plain,
    probabilities,
    weights,
)

if TYPE_CHECKING:
    import pandas as pd

YELLOW, RED = 0.05, 0.01  # project_default: p-values below which a light turns


def light(p_value: float, yellow: float = YELLOW, red: float = RED) -> str:
    if np.isnan(p_value):
        return "none"
    return "red" if p_value < red else "yellow" if p_value < yellow else "green"


def holm(p_values: Any) -> Floats:
    """Holm's adjusted p-values: as many tests as there are values, NaN left out (Holm 1979)."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    factor = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factor)) if len(order) else adjusted[order]
    return adjusted


def coded_grades(grade: Any, length: int, order: Sequence[Any] | None) -> tuple[Ints, list[Any]]:
    """Grades as codes, best first: in `order`, or numbers by size and texts by alphabet. A missing grade is refused."""
    result, names = codes("grade", grade, length)
    if None in names:
        raise InputError("modelling.row_no_grade", where="grade")
    if order is None:
        return result, names
    wanted = [plain(value) for value in order]
    unknown = [name for name in names if name not in wanted]
    if unknown:
        raise InputError("modelling.grade_not_order", unknown=unknown[0], where="grade", allowed=map(str, wanted))
    if len(set(wanted)) < len(wanted):
        raise InputError("modelling.grade_stands_twice_order", where="order")
    return np.array([wanted.index(name) for name in names], dtype=np.int64)[result], wanted


def grade_tests(
    y: Any,
    p: Any,
    grade: Any,
    sample_weight: Any = None,
    *,
    order: Sequence[Any] | None = None,
    pd_by_grade: dict[Any, float] | None = None,
    level: float = 0.95,
    clusters: Clusters | None = None,
) -> pd.DataFrame:
    """One row per grade, best first, and `portfolio` last: did more events occur than the grade's probability allows?

    Columns: grade, count, events, share, pd (mean of p, or the master scale's `pd_by_grade`), rate, rate_low,
    rate_high (Jeffreys), binomial_p = P(X ≥ events | n, pd), jeffreys_p = P(rate ≤ pd) under Beta(k + ½, n − k + ½),
    over_p = P(rate ≥ pd) under the same (small: the probability is too high), holm_p (Jeffreys over all grades), light
    (of jeffreys_p: red < 0.01, yellow < 0.05) and light_over. Weighted rows count with their effective number,
    and `clusters` lowers it where several rows belong to one organisation. Events of different organisations count as
    independent; correlated ones turn lights too early.
    Source: ECB 2019, Instructions, PD back-testing (Jeffreys); Basel Committee WP 14 (2005), ch. IV (binomial, lights).
    """
    from scipy.special import bdtrc, betainc

    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    code, names = coded_grades(grade, len(y), order)
    whole = float(np.sum(weight))
    rows: list[dict[str, Any]] = []
    for k in [*range(len(names)), -1]:
        which = np.flatnonzero((code == k) & (weight > 0)) if k >= 0 else np.flatnonzero(weight > 0)
        w, total = weight[which], float(np.sum(weight[which]))
        name = names[k] if k >= 0 else "portfolio"
        row: dict[str, Any] = {"grade": name, "count": len(which), "events": int(np.sum(y[which]))}
        if not len(which):
            given = None if pd_by_grade is None else pd_by_grade.get(name)
            blank = dict.fromkeys(("rate", "rate_low", "rate_high", "binomial_p", "jeffreys_p", "over_p"), float("nan"))
            rows.append(row | {"share": 0.0, "pd": float("nan") if given is None else float(given)} | blank)
            continue
        rate, mean = float(np.sum(w * y[which])) / total, float(np.sum(w * p[which])) / total
        if pd_by_grade is not None:
            if k < 0:
                mean = sum(row["share"] * row["pd"] for row in rows if row["count"])
            elif name not in pd_by_grade:
                raise InputError("modelling.grade_no_probability", name=name, where="pd_by_grade")
            else:
                mean = float(pd_by_grade[name])
        n = rows_worth(w, clusters.of(which) if clusters else None)
        events = rate * n
        low, high = jeffreys(events, n, level)
        below = float(betainc(events + 0.5, n - events + 0.5, mean))
        hits = round(events)
        binomial = 1.0 if hits == 0 else float(bdtrc(hits - 1, round(n), min(1.0, max(0.0, mean))))
        rows.append(
            row
            | {"share": total / whole, "pd": mean, "rate": rate, "rate_low": float(low), "rate_high": float(high)}
            | {"binomial_p": binomial, "jeffreys_p": below, "over_p": 1 - below}
        )
    adjusted = [*holm([row["jeffreys_p"] for row in rows[:-1]]), rows[-1]["jeffreys_p"]]
    return frame(
        [
            row | {"holm_p": float(more), "light": light(row["jeffreys_p"]), "light_over": light(row["over_p"])}
            for row, more in zip(rows, adjusted, strict=True)
        ]
    )


def heterogeneity(
    y: Any,
    grade: Any,
    sample_weight: Any = None,
    *,
    order: Sequence[Any] | None = None,
    clusters: Clusters | None = None,
) -> pd.DataFrame:
    """Neighbouring grades: is the worse one's rate higher, and by more than chance?

    One row per pair: better, worse, rate_better, rate_worse, difference, z (pooled), p_value (one-sided, small:
    distinct), exact_p (Fisher, where a cell expects fewer than 5), inverted (the worse grade has the lower rate),
    distinct (p below 0.05). A grade without rows is passed over, so that the grades next to it are compared.
    """
    from scipy.stats import fisher_exact

    y = outcomes(y)
    weight = weights(sample_weight, len(y))
    code, names = coded_grades(grade, len(y), order)
    held = []
    for k, name in enumerate(names):
        which = (code == k) & (weight > 0)
        if which.any():
            n = rows_worth(weight[which], clusters.of(which) if clusters else None)
            held.append((name, n, n * float(np.sum(weight[which] * y[which])) / float(np.sum(weight[which]))))
    rows = []
    for (better, n_1, k_1), (worse, n_2, k_2) in pairwise(held):
        pooled = (k_1 + k_2) / (n_1 + n_2)
        spread = (pooled * (1 - pooled) * (1 / n_1 + 1 / n_2)) ** 0.5
        gap = k_2 / n_2 - k_1 / n_1
        z = gap / spread if spread else 0.0
        p_value, exact = float(normal_tail(z)), float("nan")
        if min(n_1, n_2) * min(pooled, 1 - pooled) < 5:
            cells = [[round(k_2), round(n_2) - round(k_2)], [round(k_1), round(n_1) - round(k_1)]]
            exact = p_value = float(fisher_exact(cells, alternative="greater")[1])
        rows.append(
            {"better": better, "worse": worse, "rate_better": k_1 / n_1, "rate_worse": k_2 / n_2, "difference": gap}
            | {"z": z, "p_value": p_value, "exact_p": exact, "inverted": gap < 0, "distinct": p_value < YELLOW}
        )
    return frame(
        rows,
        [
            "better",
            "worse",
            "rate_better",
            "rate_worse",
            "difference",
            "z",
            "p_value",
            "exact_p",
            "inverted",
            "distinct",
        ],
    )


def homogeneity(
    y: Any,
    p: Any,
    grade: Any,
    sample_weight: Any = None,
    *,
    order: Sequence[Any] | None = None,
    clusters: Clusters | None = None,
) -> pd.DataFrame:
    """Within each grade: do the rows with the higher prediction have another rate than those with the lower one?

    Each grade is parted at the median of p (equal values stay together). Columns: grade, count_low, count_high,
    rate_low, rate_high, z, p_value (two-sided), holm_p, alike (holm_p ≥ 0.05), state (`tested`, or `one_value` where
    p does not vary).
    """
    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    code, names = coded_grades(grade, len(y), order)
    rows: list[dict[str, Any]] = []
    for k, name in enumerate(names):
        which = np.flatnonzero((code == k) & (weight > 0))
        halves = _halves(p[which])
        row: dict[str, Any] = {"grade": name, "count_low": 0, "count_high": 0, "rate_low": np.nan, "rate_high": np.nan}
        row |= {"z": np.nan, "p_value": np.nan, "state": "one_value"}
        if halves is not None:
            parts = []
            for half in (~halves, halves):
                w = weight[which][half]
                n = rows_worth(w, clusters.of(which[half]) if clusters else None)
                parts.append((n, float(np.sum(w * y[which][half]) / np.sum(w)), int(half.sum())))
            (n_1, r_1, c_1), (n_2, r_2, c_2) = parts
            pooled = (n_1 * r_1 + n_2 * r_2) / (n_1 + n_2)
            spread = (pooled * (1 - pooled) * (1 / n_1 + 1 / n_2)) ** 0.5
            z = (r_2 - r_1) / spread if spread else 0.0
            row = {"grade": name, "count_low": c_1, "count_high": c_2, "rate_low": r_1, "rate_high": r_2, "z": z}
            row |= {"p_value": float(two_sided(z)), "state": "tested"}
        rows.append(row)
    adjusted = holm([row["p_value"] for row in rows])
    return frame([row | {"holm_p": float(q), "alike": not q < YELLOW} for row, q in zip(rows, adjusted, strict=True)])


def _halves(p: Floats) -> Any:
    """True for the upper half; None where it cannot be parted."""
    if len(p) < 2 or p.min() == p.max():
        return None
    upper = p > np.median(p)
    return upper if upper.any() else p >= np.median(p)

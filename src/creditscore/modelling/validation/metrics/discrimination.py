"""Discrimination: AUC with DeLong's interval, accuracy ratio, Kolmogorov-Smirnov, bootstrap intervals, by cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import normal_quantile, normal_tail, two_sided
from creditscore.modelling.validation.metrics.clusters import members
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    Ints,
    codes,
    column,
    effective,
    frame,
    level_of,
    outcomes,
    tally,
    weights,
)

if TYPE_CHECKING:
    import pandas as pd

CELLS = 2000  # the bootstrap works on cells of equal scores; more distinct scores are joined to this many


@dataclass(frozen=True)
class Discrimination:
    """AUC in [0, 1], accuracy ratio = 2 AUC − 1, KS in [0, 1], each with its interval; `method` names the interval."""

    count: int
    events: int
    auc: float
    auc_se: float
    auc_low: float
    auc_high: float
    accuracy_ratio: float
    accuracy_ratio_low: float
    accuracy_ratio_high: float
    ks: float
    ks_low: float
    ks_high: float
    level: float
    method: str
    bootstraps: int


@dataclass(frozen=True)
class Ranked:
    """Rows in order of risk, equal scores together: cumulative weight of events and others before each group."""

    inverse: Ints  # the group of each row
    events: Floats  # weight of events in each group of equal scores, least risk first
    others: Floats
    y: Floats
    weight: Floats


def ranked(y: Any, risk: Any, sample_weight: Any = None) -> Ranked:
    """Sort once; O(n log n). Rows of weight 0 are left out. InputError where only one class is there."""
    y, risk, weight, _ = _taken(y, risk, sample_weight)
    order = np.argsort(risk, kind="stable")
    ordered = risk[order]
    fresh = np.empty(len(y), dtype=bool)
    fresh[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    group = np.cumsum(fresh) - 1
    inverse = np.empty(len(y), dtype=np.int64)
    inverse[order] = group
    size = int(group[-1]) + 1
    events = tally(inverse, weight * y, size)
    others = tally(inverse, weight * (1 - y), size)
    if not events.any() or not others.any():
        raise InputError("modelling.only_class_nothing_discriminate", where="y")
    return Ranked(inverse, events, others, y, weight)


def _taken(y: Any, risk: Any, sample_weight: Any, groups: Any = None) -> tuple[Floats, Floats, Floats, Ints | None]:
    """Outcomes, risk, weights and clusters of the rows that have a weight."""
    y = outcomes(y)
    risk, weight = column("risk", risk, len(y)), weights(sample_weight, len(y))
    clusters = None if groups is None else members(groups, len(y))
    used = weight > 0
    if used.all():
        return y, risk, weight, clusters
    return (
        y[used],
        risk[used],
        weight[used],
        None if clusters is None else np.unique(clusters[used], return_inverse=True)[1],
    )


def _auc(events: Floats, others: Floats) -> float:
    below = np.cumsum(others) - others / 2
    return float(np.sum(events * below) / (np.sum(events) * np.sum(others)))


def _ks(events: Floats, others: Floats) -> float:
    gap = np.cumsum(others) / np.sum(others) - np.cumsum(events) / np.sum(events)
    return float(np.max(np.abs(gap)))


def influence(of: Ranked) -> tuple[float, Floats]:
    """AUC and what each row adds to its error: weight × (placement − AUC) / weight of its class.

    The placement of an event is the share of others below it (ties half), of another row the share of events above.
    """
    total_e, total_o = float(np.sum(of.events)), float(np.sum(of.others))
    below = (np.cumsum(of.others) - of.others / 2) / total_o
    above = 1 - (np.cumsum(of.events) - of.events / 2) / total_e
    auc = float(np.sum(of.events * below)) / total_e
    event = of.y == 1
    influences = np.where(event, below[of.inverse] - auc, above[of.inverse] - auc)
    return auc, of.weight * influences / np.where(event, total_e, total_o)


def _variance(parts: list[Floats], y: Floats, weight: Floats, groups: Ints | None) -> Floats:
    """Covariance matrix of AUCs from their influences: DeLong's, or with clusters Obuchowski's."""
    if groups is not None:
        sums = np.stack([np.bincount(groups, weights=part) for part in parts])
        many = sums.shape[1]
        return np.asarray(sums @ sums.T * (many / max(1, many - 1)))
    covariance = np.zeros((len(parts), len(parts)))
    for which in (y == 1, y == 0):
        rows = np.stack([part[which] for part in parts])
        n = effective(weight[which])
        covariance += rows @ rows.T * (n / (n - 1) if n > 1 else 1.0)
    return covariance


def auc_interval(
    y: Any, risk: Any, sample_weight: Any = None, level: float = 0.95, groups: Any = None
) -> tuple[float, float, float, float]:
    """AUC, its standard error and DeLong's interval, cut to [0, 1].

    AUC = P(risk of an event > risk of another) + ½ P(equal). Variance: DeLong, DeLong, Clarke-Pearson 1988
    (Biometrics 44, 837-845), computed from ranks in O(n log n) (Sun, Xu 2014); with `groups` (several rows of one
    organisation) the influences are summed per group first (Obuchowski 1997, Biometrics 53, 567-578). Weights are
    importance weights: multiplying all of them changes nothing. Where events and others are wholly apart the error is 0
    and says too little: the far bound is then (α/2)^(1/m), m the smaller class, from m pairs without a common row.
    """
    *rows, clusters = _taken(y, risk, sample_weight, groups)
    of = ranked(*rows)
    return with_interval(of, level_of(level), clusters)


def with_interval(of: Ranked, level: float, clusters: Ints | None) -> tuple[float, float, float, float]:
    """AUC, standard error, low and high of rows that are already ranked."""
    auc, parts = influence(of)
    se = float(_variance([parts], of.y, of.weight, clusters)[0, 0]) ** 0.5
    low, high = auc - normal_quantile(level) * se, auc + normal_quantile(level) * se
    if auc in (0.0, 1.0):
        fewer = int(min(np.sum(of.y), np.sum(1 - of.y)))
        bound = ((1 - level) / 2) ** (1 / fewer)
        low, high = (bound, 1.0) if auc == 1 else (0.0, 1 - bound)
    return auc, se, max(0.0, low), min(1.0, high)


def discrimination(
    y: Any,
    risk: Any,
    sample_weight: Any = None,
    *,
    level: float = 0.95,
    groups: Any = None,
    interval: str = "delong",
    bootstraps: int = 200,
    seed: int = 20180101,
) -> Discrimination:
    """AUC, accuracy ratio and KS with intervals.

    `risk`: higher means more likely to have the event (a probability, log-odds, or points × −1). The intervals of AUC
    and accuracy ratio are DeLong's (`interval="delong"`) or the bootstrap's (`"bootstrap"`); that of KS is always the
    bootstrap's: percentiles over `bootstraps` draws of rows, or of whole `groups`, about the value of the data. KS of a
    sample lies above the truth, and so does its interval a little. Scores with more than 2,000 distinct values are
    joined to that many cells of equal size inside the bootstrap only.

    >>> found = discrimination([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], bootstraps=50)
    >>> found.auc, found.ks
    (0.75, 0.5)
    """
    if interval not in ("delong", "bootstrap"):
        raise InputError("modelling.no_interval", interval=interval, where="interval", allowed=("delong", "bootstrap"))
    *rows, clusters = _taken(y, risk, sample_weight, groups)
    of = ranked(*rows)
    auc, se, low, high = with_interval(of, level_of(level), clusters)
    ks = _ks(of.events, of.others)
    ks_low = ks_high = float("nan")
    if bootstraps:
        drawn = _bootstrap(of, clusters, bootstraps, seed)
        tails = [(1 - level) / 2, (1 + level) / 2]
        ks_low, ks_high = (float(value) for value in np.quantile(drawn[1], tails))
        ks_low, ks_high = min(ks_low, ks), max(ks_high, ks)
        if interval == "bootstrap":
            low, high = (float(value) for value in np.quantile(drawn[0], tails))
    return Discrimination(
        count=len(of.y),
        events=int(np.sum(of.y)),
        auc=auc,
        auc_se=se,
        auc_low=low,
        auc_high=high,
        accuracy_ratio=2 * auc - 1,
        accuracy_ratio_low=2 * low - 1,
        accuracy_ratio_high=2 * high - 1,
        ks=ks,
        ks_low=ks_low,
        ks_high=ks_high,
        level=level,
        method=interval if clusters is None else f"{interval}, groups",
        bootstraps=bootstraps,
    )


def _bootstrap(of: Ranked, clusters: Ints | None, draws: int, seed: int) -> tuple[Floats, Floats]:
    """AUC and KS of rows drawn again: multinomial within each class, or whole clusters; on cells of equal scores."""
    rng = np.random.default_rng(seed)
    size = len(of.events)
    if size > CELLS:
        # equal numbers of events and of others per cell, so that neither tail is coarse
        both = np.cumsum(of.events) / np.sum(of.events) + np.cumsum(of.others) / np.sum(of.others)
        cell = np.minimum((both / 2 * CELLS).astype(np.int64), CELLS - 1)[of.inverse]
        size = CELLS
    else:
        cell = of.inverse
    exact = _auc(of.events, of.others), _ks(of.events, of.others)
    event = of.y == 1
    counted = clusters is None and bool(np.all(of.weight == of.weight[0]))
    if counted:
        counts = [np.bincount(cell[which], minlength=size) for which in (event, ~event)]
    joined = _curves(tally(cell, of.weight * of.y, size), tally(cell, of.weight * (1 - of.y), size))
    result = np.empty((2, draws))
    for k in range(draws):
        if counted:
            bad, good = (rng.multinomial(int(count.sum()), count / count.sum()).astype(float) for count in counts)
        else:
            times = _times(rng, event, clusters, len(of.y)) * of.weight
            bad, good = tally(cell, times * of.y, size), tally(cell, times * (1 - of.y), size)
        result[:, k] = _curves(bad, good)
    # what joining scores to cells changed in the data's own value is taken back
    shift = np.array([[exact[0] - joined[0]], [exact[1] - joined[1]]])
    result = np.clip(result + shift, 0.0, 1.0)
    return result[0], result[1]


def _times(rng: np.random.Generator, event: Any, clusters: Ints | None, length: int) -> Floats:
    """How often each row is drawn."""
    if clusters is not None:
        many = int(clusters.max()) + 1
        return np.bincount(rng.integers(0, many, many), minlength=many)[clusters].astype(float)
    times = np.zeros(length)
    for which in (np.flatnonzero(event), np.flatnonzero(~event)):
        times[which] = np.bincount(rng.integers(0, len(which), len(which)), minlength=len(which))
    return times


def _curves(bad: Floats, good: Floats) -> tuple[float, float]:
    if not bad.any() or not good.any():  # a draw of clusters may miss a class
        return 0.5, 0.0
    return _auc(bad, good), _ks(bad, good)


def discrimination_by(
    y: Any, risk: Any, cohort: Any, sample_weight: Any = None, *, level: float = 0.95, groups: Any = None
) -> pd.DataFrame:
    """One row per cohort (a year, a district …): counts, rate, AUC with DeLong's interval, accuracy ratio, KS.

    A cohort with one class has NaN and says so in `state` (`one_class`); the others are `measured`.
    """
    y, risk, weight = outcomes(y), column("risk", risk), weights(sample_weight, len(y))
    code, names = codes("cohort", cohort, len(y))
    code = code[weight > 0]
    y, risk, weight, clusters = _taken(y, risk, weight, groups)
    rows: list[dict[str, Any]] = []
    for k, name in enumerate(names):
        which = np.flatnonzero(code == k)
        w = weight[which]
        total = float(np.sum(w))
        row: dict[str, Any] = {
            "cohort": name,
            "count": len(which),
            "events": int(np.sum(y[which])),
            "rate": float(np.sum(w * y[which])) / total if total else float("nan"),
        }
        both = total > 0 and 0 < float(np.sum(w * y[which])) < total
        if both:
            of = ranked(y[which], risk[which], w)
            inner = None if clusters is None else np.unique(clusters[which], return_inverse=True)[1]
            auc, se, low, high = with_interval(of, level_of(level), inner)
            ks = _ks(of.events, of.others)
        else:
            auc = se = low = high = ks = float("nan")
        row |= {"auc": auc, "auc_se": se, "auc_low": low, "auc_high": high, "accuracy_ratio": 2 * auc - 1, "ks": ks}
        rows.append(row | {"state": "measured" if both else "one_class"})
    return frame(rows)


@dataclass(frozen=True)
class AucDifference:
    """AUC of the second less AUC of the first, on the same rows; `p_value` is two-sided."""

    auc_first: float
    auc_second: float
    difference: float
    se: float
    low: float
    high: float
    p_value: float


def compare_auc(
    y: Any, first: Any, second: Any, sample_weight: Any = None, *, level: float = 0.95, groups: Any = None
) -> AucDifference:
    """DeLong's test of two risks on the same rows (their errors are correlated, which the test uses)."""
    ranked_first, ranked_second = ranked(y, first, sample_weight), ranked(y, second, sample_weight)
    clusters = _taken(y, first, sample_weight, groups)[3]
    (auc_1, part_1), (auc_2, part_2) = influence(ranked_first), influence(ranked_second)
    matrix = _variance([part_1, part_2], ranked_first.y, ranked_first.weight, clusters)
    se = max(0.0, float(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1])) ** 0.5
    gap, z = auc_2 - auc_1, normal_quantile(level_of(level))
    p_value = float(two_sided(gap / se)) if se > 1e-12 else (1.0 if abs(gap) < 1e-12 else 0.0)
    return AucDifference(auc_1, auc_2, gap, se, gap - z * se, gap + z * se, p_value)


def auc_against_initial(auc: float, auc_se: float, initial: float) -> float:
    """One-sided p-value that the AUC has not fallen below its value at first validation: P(Z > (initial − AUC) / se).

    Source: ECB, Instructions for reporting the validation results of internal models (2019), PD, discriminatory power.
    """
    if auc_se <= 0:
        return 1.0 if auc >= initial else 0.0
    return float(normal_tail((initial - auc) / auc_se))


def curves(y: Any, risk: Any, sample_weight: Any = None, points: int = 101) -> pd.DataFrame:
    """ROC and CAP as a table of at most `points` rows: shares of rows, events and others found, most risky first."""
    of = ranked(y, risk, sample_weight)
    events = np.concatenate([[0.0], np.cumsum(of.events[::-1])]) / np.sum(of.events)
    others = np.concatenate([[0.0], np.cumsum(of.others[::-1])]) / np.sum(of.others)
    share = np.concatenate([[0.0], np.cumsum((of.events + of.others)[::-1])]) / np.sum(of.weight)
    at = np.arange(len(share))
    if len(share) > points:
        at = np.unique(np.searchsorted(share, np.linspace(0, 1, points)).clip(0, len(share) - 1))
    return frame(
        [{"share": float(share[k]), "events_found": float(events[k]), "others_found": float(others[k])} for k in at]
    )

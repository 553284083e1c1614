"""Calibration: reliability, slope and intercept, Brier score and its parts, Spiegelhalter, Hosmer-Lemeshow, ECE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import chi_tail, jeffreys, normal_quantile, two_sided
from creditscore.core.statistics.isotonic import isotonic_rates
from creditscore.modelling.validation.metrics.clusters import Clusters, design, rows_worth
from creditscore.modelling.validation.metrics.inputs import (
    CLIP,
    Floats,
    Ints,
    column,
    expit,
    frame,
    log_odds,
    outcomes,
    probabilities,
    weights,
)

if TYPE_CHECKING:
    import pandas as pd


def _taken(
    y: Any, p: Any, sample_weight: Any, clusters: Clusters | None = None
) -> tuple[Floats, Floats, Floats, Clusters | None]:
    """Outcomes, probabilities, weights and clusters; rows of weight 0 are left out, they say nothing."""
    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    used = weight > 0
    if used.all():
        return y, p, weight, clusters
    return y[used], p[used], weight[used], clusters.of(used) if clusters else None


def bins_of(p: Floats, weight: Floats, bins: int) -> tuple[Ints, Floats]:
    """About equal weight per bin, equal probabilities never parted: bin of each row, and the inner edges (p ≤ edge)."""
    if bins < 1:
        raise InputError("modelling.bins_2", bins=bins, where="bins")
    order = np.argsort(p, kind="stable")
    reached = np.cumsum(weight[order])
    at = np.searchsorted(reached, reached[-1] * np.arange(1, bins) / bins * (1 - 1e-12))
    edges = np.unique(p[order][np.minimum(at, len(p) - 1)])
    edges = edges[edges < p.max()]
    return np.searchsorted(edges, p, side="left").astype(np.int64), edges


def reliability(
    y: Any,
    p: Any,
    sample_weight: Any = None,
    *,
    bins: int = 10,
    edges: Any = None,
    level: float = 0.95,
    clusters: Clusters | None = None,
) -> pd.DataFrame:
    """Observed rate beside mean prediction, per bin of the prediction.

    Columns: bin, low, high (range of p in the bin), count, events, weight, mean_p, rate, rate_low, rate_high
    (Jeffreys), gap = rate − mean_p, agrees (mean_p inside the interval). Bins hold about equal weight, or are
    `edges` (p ≤ edge). An empty bin of fixed edges stays, with NaN.
    """
    y, p, weight, clusters = _taken(y, p, sample_weight, clusters)
    if edges is None:
        which, inner = bins_of(p, weight, bins)
    else:
        inner = np.unique(column("edges", edges))
        which = np.searchsorted(inner, p, side="left").astype(np.int64)
    rows = []
    for k in range(len(inner) + 1):
        inside = np.flatnonzero(which == k)
        row: dict[str, Any] = {"bin": k + 1, "count": len(inside), "events": int(np.sum(y[inside]))}
        w, total = weight[inside], float(np.sum(weight[inside]))
        if len(inside):
            rate, mean = float(np.sum(w * y[inside])) / total, float(np.sum(w * p[inside])) / total
            n = rows_worth(w, clusters.of(inside) if clusters else None)
            low, high = (float(jeffrey) for jeffrey in jeffreys(rate * n, n, level))
            ends = float(p[inside].min()), float(p[inside].max())
        else:
            rate = mean = low = high = float("nan")
            ends = float("nan"), float("nan")
        rows.append(
            row
            | {"low": ends[0], "high": ends[1], "weight": total, "mean_p": mean, "rate": rate}
            | {"rate_low": low, "rate_high": high, "gap": rate - mean, "agrees": bool(low <= mean <= high)}
        )
    return frame(rows)


@dataclass(frozen=True)
class CalibrationLine:
    """logit P(y = 1) = intercept + slope × logit p, fitted to the outcomes; a calibrated model has 0 and 1.

    `intercept_only` is the intercept with the slope held at 1 ("calibration in the large": its exponential is the
    factor on the odds). `p_value`: both at once (likelihood ratio, χ²(2)). `converged` is False where the outcomes are
    wholly apart and no finite slope fits best. `clipped`: probabilities nearer to 0 or 1 than 1e-9, moved there.
    """

    intercept: float
    intercept_low: float
    intercept_high: float
    slope: float
    slope_low: float
    slope_high: float
    intercept_only: float
    intercept_only_low: float
    intercept_only_high: float
    p_value: float
    converged: bool
    clipped: int


def _loss(y: Floats, z: Floats, weight: Floats) -> float:
    return float(np.sum(weight * (np.logaddexp(0.0, z) - y * z)))


def fit_line(y: Floats, z: Floats, weight: Floats, free: bool = True) -> tuple[Floats, Floats, bool]:
    """Newton steps (halved where they overshoot) for intercept and slope, or the intercept alone beside slope 1.

    Returns (intercept, slope), their covariance, and whether it converged.
    """
    theta = np.array([0.0, 1.0])
    inverse = np.zeros((2, 2))
    loss = _loss(y, z, weight)
    for _ in range(100):
        p = expit(theta[0] + theta[1] * z)
        error, curve = weight * (y - p), weight * p * (1 - p)
        slope = np.array([np.sum(error), np.sum(error * z)])
        hess = np.array([[np.sum(curve), np.sum(curve * z)], [np.sum(curve * z), np.sum(curve * z * z)]])
        if not free:
            slope, hess = slope[:1], hess[:1, :1]
        # a single value of z leaves the slope undetermined: the least ridge keeps it at 1
        hess = hess + np.eye(len(slope)) * (1e-12 * float(np.trace(hess)) + 1e-300)
        step = np.linalg.solve(hess, slope)
        size = 1.0
        for _ in range(40):
            new = theta.copy()
            new[: len(step)] += size * step
            after = _loss(y, new[0] + new[1] * z, weight)
            if after <= loss + 1e-12 * abs(loss):
                break
            size /= 2
        theta, moved, loss = new, float(np.max(np.abs(size * step))), after
        result = np.linalg.inv(hess)
        inverse[: len(step), : len(step)] = result
        if moved < 1e-10:
            return theta, inverse, True
        if np.max(np.abs(theta)) > 50:
            return theta, inverse, False
    return theta, inverse, False


def calibration_line(
    y: Any, p: Any, sample_weight: Any = None, *, level: float = 0.95, clusters: Clusters | None = None
) -> CalibrationLine:
    """Slope and intercept of the outcomes on the predicted log-odds, with Wald intervals.

    Source: Cox 1958 (Biometrika 45, 562-565); Steyerberg 2019, Clinical Prediction Models, ch. 15. Weights are scaled
    to their effective number, so that multiplying all of them changes nothing.
    """
    y, p, weight, clusters = _taken(y, p, sample_weight, clusters)
    if not 0 < np.sum(y) < len(y):
        raise InputError("modelling.only_class_no_line_fitted", where="y")
    weight = weight * (rows_worth(weight, clusters) / float(np.sum(weight)))
    z = log_odds(p)
    both, spread, converged = fit_line(y, z, weight)
    alone, alone_spread, _ = fit_line(y, z, weight, free=False)
    reach = normal_quantile(level) * np.sqrt(np.maximum(0.0, np.diag(spread)))
    alone_reach = normal_quantile(level) * float(max(0.0, alone_spread[0, 0])) ** 0.5
    drop = 2 * (_loss(y, z, weight) - _loss(y, both[0] + both[1] * z, weight))
    return CalibrationLine(
        intercept=float(both[0]),
        intercept_low=float(both[0] - reach[0]),
        intercept_high=float(both[0] + reach[0]),
        slope=float(both[1]),
        slope_low=float(both[1] - reach[1]),
        slope_high=float(both[1] + reach[1]),
        intercept_only=float(alone[0]),
        intercept_only_low=float(alone[0]) - alone_reach,
        intercept_only_high=float(alone[0]) + alone_reach,
        p_value=chi_tail(max(0.0, drop), 2),
        converged=converged,
        clipped=int(np.count_nonzero((p < CLIP) | (p > 1 - CLIP))),
    )


@dataclass(frozen=True)
class Brier:
    """Brier score and its parts; both sums hold exactly:

    score = reliability − resolution + uncertainty + within_variance − within_covariance (bins), and
    score = miscalibration − discrimination + uncertainty (no bins).
    `skill` = 1 − score / uncertainty. `score_low`, `score_high`: normal interval of the mean over rows, 95 %.
    """

    score: float
    score_low: float
    score_high: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float
    miscalibration: float
    discrimination: float
    skill: float
    bins: int


def brier(y: Any, p: Any, sample_weight: Any = None, *, bins: int = 10, clusters: Clusters | None = None) -> Brier:
    """Brier score, Murphy's decomposition over bins with its two within-bin parts, and the one without bins.

    Reliability Σ w_k (p̄_k − ȳ_k)², resolution Σ w_k (ȳ_k − ȳ)², uncertainty ȳ(1 − ȳ) (Murphy 1973); where bins join
    different predictions the sum needs Σ w (p − p̄_k)² and 2 Σ w (y − ȳ_k)(p − p̄_k) (Stephenson, Coelho, Jolliffe
    2008, Weather and Forecasting 23). Without bins: scores of the prediction, of its isotonic recalibration, and of the
    base rate (Dimitriadis, Gneiting, Jordan 2021, PNAS 118).
    """
    y, p, weight, clusters = _taken(y, p, sample_weight, clusters)
    share = weight / float(np.sum(weight))
    which, _ = bins_of(p, weight, bins)
    held = np.bincount(which, share)
    mean_p, mean_y = np.bincount(which, share * p) / held, np.bincount(which, share * y) / held
    base = float(np.sum(share * y))
    score = float(np.sum(share * (p - y) ** 2))
    variance = float(np.sum(share**2 * ((p - y) ** 2 - score) ** 2)) * design(weight, clusters)
    reach = normal_quantile(0.95) * variance**0.5
    recalibrated = float(np.sum(share * (isotonic_rates(y, p, share) - y) ** 2))
    uncertainty = base * (1 - base)
    return Brier(
        score=score,
        score_low=max(0.0, score - reach),
        score_high=min(1.0, score + reach),
        reliability=float(np.sum(held * (mean_p - mean_y) ** 2)),
        resolution=float(np.sum(held * (mean_y - base) ** 2)),
        uncertainty=uncertainty,
        within_variance=float(np.sum(share * (p - mean_p[which]) ** 2)),
        within_covariance=float(2 * np.sum(share * (y - mean_y[which]) * (p - mean_p[which]))),
        miscalibration=score - recalibrated,
        discrimination=uncertainty - recalibrated,
        skill=1 - score / uncertainty if uncertainty else float("nan"),
        bins=len(held),
    )


@dataclass(frozen=True)
class TestResult:
    """A statistic, its degrees of freedom (0 for a normal one) and its p-value under perfect calibration."""

    __test__ = False  # no case for pytest

    name: str
    statistic: float
    df: int
    p_value: float


def spiegelhalter(y: Any, p: Any, sample_weight: Any = None, *, clusters: Clusters | None = None) -> TestResult:
    """z = Σ w (y − p)(1 − 2p) / √Σ w² (1 − 2p)² p (1 − p); two-sided.

    Source: Spiegelhalter 1986, Statistics in Medicine 5, 421-433. NaN where every prediction is 0, ½ or 1.
    """
    y, p, weight, clusters = _taken(y, p, sample_weight, clusters)
    spread = (float(np.sum((weight * (1 - 2 * p)) ** 2 * p * (1 - p))) * design(weight, clusters)) ** 0.5
    z = float(np.sum(weight * (y - p) * (1 - 2 * p))) / spread if spread else float("nan")
    return TestResult("spiegelhalter", z, 0, float(two_sided(z)))


def hosmer_lemeshow(
    y: Any,
    p: Any,
    sample_weight: Any = None,
    *,
    bins: int = 10,
    fitted: bool = False,
    clusters: Clusters | None = None,
) -> TestResult:
    """Σ n_k (ȳ_k − p̄_k)² / (p̄_k (1 − p̄_k)) over bins of equal size.

    χ² with as many degrees of freedom as bins on data that the model has not seen, two fewer on its own training data
    (`fitted=True`). Bins count with their effective number of rows. Source: Hosmer, Lemeshow, Sturdivant 2013, ch. 5.
    """
    table = reliability(y, p, sample_weight, bins=bins)
    y, p, weight, clusters = _taken(y, p, sample_weight, clusters)
    which, _ = bins_of(p, weight, bins)
    n = np.bincount(which, weight) ** 2 / np.bincount(which, weight * weight) / _designs(which, weight, clusters)
    mean, rate = table["mean_p"].to_numpy(), table["rate"].to_numpy()
    spread = np.clip(mean * (1 - mean), CLIP, None)
    statistic = float(np.sum(n * (rate - mean) ** 2 / spread))
    df = len(table) - (2 if fitted else 0)
    return TestResult("hosmer_lemeshow", statistic, df, chi_tail(statistic, df))


def _designs(which: Ints, weight: Floats, clusters: Clusters | None) -> Floats:
    """The design effect of each bin."""
    if clusters is None:
        return np.ones(int(which.max()) + 1)
    return np.array([clusters.of(which == k).design(weight[which == k]) for k in range(int(which.max()) + 1)])


def calibration_error(
    y: Any, p: Any, sample_weight: Any = None, *, bins: int = 10, clusters: Clusters | None = None
) -> dict[str, float]:
    """Measure how far predicted and observed rates lie apart over bins of equal size: expected and largest error.

    Even a perfect model has an expected error above 0 in a finite sample: compare it with `ece_noise`.

    Parameters
    ----------
    y
        Outcomes 0/1, shape (n,).
    p
        Predicted probabilities in [0, 1], shape (n,).
    sample_weight
        Weight of each row, 0 or more; None for 1 each.
    bins
        Number of bins of about equal weight, 1 or more; equal predictions stay together.
    clusters
        The organisation of each row and the correlation within one (`metrics.clusters.Clusters`), where some have
        several rows: `ece_noise` grows with them. None: every row is its own.

    Returns
    -------
    dict
        `ece`: expected calibration error; `mce`: largest gap of a bin; `ece_noise`: what 95 of 100 samples of a perfect
        model stay below by chance alone.

    Raises
    ------
    TableError
        For unusable outcomes, predictions or weights.
    InputError
        For fewer than one bin.

    Notes
    -----
    ece = Σ share_k |ȳ_k − p̄_k|, mce = max |ȳ_k − p̄_k|. Under perfect calibration each gap is about normal with
    variance σ_k² = Σ w² p (1 − p) / W_k², so the ece has mean Σ share_k σ_k √(2/π) and variance Σ share_k² σ_k² (1 −
    2/π).

    References
    ----------
    Naeini, Cooper, Hauskrecht 2015 (AAAI).

    Examples
    --------
    >>> errors = calibration_error([0, 1] * 50, [0.5] * 100)
    >>> errors["ece"], round(errors["ece_noise"], 3)
    (0.0, 0.089)
    """
    table = reliability(y, p, sample_weight, bins=bins)
    gap = np.abs(table["gap"].to_numpy())
    share = table["weight"].to_numpy() / float(table["weight"].sum())
    y, p, weight, clusters = _taken(y, p, sample_weight, clusters)
    which, _ = bins_of(p, weight, bins)
    # share_k σ_k, the weight of the bin cancels
    chance = np.bincount(which, weight**2 * p * (1 - p)) * _designs(which, weight, clusters)
    part = np.sqrt(chance) / float(np.sum(weight))
    noise = (2 / np.pi) ** 0.5 * float(np.sum(part))
    noise += normal_quantile(0.90) * ((1 - 2 / np.pi) * float(np.sum(part**2))) ** 0.5
    return {"ece": float(np.sum(share * gap)), "mce": float(np.max(gap)), "ece_noise": noise}

"""The calibration alarm: a model can keep its ranks and a quiet PSI and still predict several times what happens.

The alarm compares outcomes with predictions, per period and over all periods so far; `recalibrate` mends what it finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import normal_quantile
from creditscore.modelling.features.draws import Units, mixed
from creditscore.modelling.validation.metrics.calibration_tests import brier, calibration_error, fit_line, spiegelhalter
from creditscore.modelling.validation.metrics.clusters import Clusters, design, observed_to_expected, rows_worth
from creditscore.modelling.validation.metrics.discrimination import ranked, with_interval
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    codes,
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

# What the sequential test bets on: odds off by these factors, slopes off by these
FACTORS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
SLOPES = (0.5, 0.75, 1.0, 1.33)


@dataclass(frozen=True)
class Thresholds:
    """When the alarm speaks; every number is a project_default.

    A period is in `alarm` where the deviation is both certain and large: the whole interval of observed/expected lies
    beyond `oe_alarm` (or its inverse), or the slope's beyond `slope_alarm`. It is on `watch` where the interval
    excludes 1 and the ratio itself lies beyond `oe_watch`, or likewise the slope. `significance` is the level of the
    sequential test: the chance that a calibrated model ever raises it, over all periods together.
    """

    oe_watch: float = 1.25
    oe_alarm: float = 1.5
    slope_watch: float = 1.25
    slope_alarm: float = 2.0
    significance: float = 0.01
    level: float = 0.95
    least_events: float = 5.0  # of expected or observed: below it a period alone is `too_few`
    evidence: str = "project_default"


@dataclass(frozen=True)
class CalibrationAlarm:
    """`state` (quiet, watch, alarm, too_few), why, and the table of periods with the whole as its last row."""

    state: str
    reasons: tuple[str, ...]
    periods: pd.DataFrame
    thresholds: Thresholds
    first_alarm: Any = None  # the period in which the sequential test crossed its line


def calibration_alarm(
    y: Any,
    p: Any,
    period: Any = None,
    sample_weight: Any = None,
    *,
    thresholds: Thresholds | None = None,
    clusters: Clusters | None = None,
) -> CalibrationAlarm:
    """Compare outcomes with predictions, per period and over all periods so far, and raise an alarm where they part.

    One may look after every period, as often as one likes, without raising false alarms. Whatever the evidence, the
    alarm needs an observed/expected beyond `oe_watch` or a slope beyond `slope_watch`, so that a small deviation in a
    million rows stays quiet.

    Parameters
    ----------
    y
        Outcomes 0/1, shape (n,).
    p
        Predicted probabilities, shape (n,).
    period
        The period of each row; None: all rows are one period.
    sample_weight
        Weight of each row, 0 or more, scaled to mean 1 and then to their effective number; None for 1 each.
    thresholds
        When the alarm speaks; None for the defaults of Thresholds.
    clusters
        The organisation of each row and the correlation within one (`metrics.clusters.Clusters`), where some have
        several rows: intervals are widened and the logarithms of the bets divided by the design effect of all rows so
        far; the bound then holds as nearly as that is known. None: every row is its own.

    Returns
    -------
    CalibrationAlarm
        `state` (quiet, watch, alarm, too_few), the reasons, and `periods`: one row per period in sorted order, and
        `all` last, with the columns period, count, events, expected, rate, mean_p, oe, oe_low, oe_high (Jeffreys
        interval of the rate over the mean prediction), spiegelhalter_z, spiegelhalter_p, intercept (slope held at 1),
        slope, slope_low, slope_high, auc, log_e (natural logarithm of the evidence of all periods so far against
        calibration), state.

    Raises
    ------
    TableError
        For unusable outcomes, predictions or weights.
    InputError
        For periods of another length.

    Notes
    -----
    The sequential test: evidence = mean over the bets (factor on the odds, slope) of Π q^y (1 − q)^(1−y) / p^y (1 −
    p)^(1−y) with logit q = log factor + slope × logit p. If the model is calibrated the evidence is a martingale that
    starts at 1, so the chance that it ever exceeds 1/α is at most α (`significance` of the thresholds).

    References
    ----------
    Ville 1939; Shafer 2021, JRSS A 184.

    Examples
    --------
    >>> alarm = calibration_alarm(y, model.predict_proba(X)[:, 1], period=quarter)  # doctest: +SKIP
    >>> alarm.state, alarm.reasons  # doctest: +SKIP
    """
    limits = thresholds or Thresholds()
    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    used = weight > 0
    y, p, weight, clusters = y[used], p[used], weight[used], clusters.of(used) if clusters else None
    code, names = np.zeros(len(y), dtype=np.int64), ["all"]
    if period is not None:
        code, names = codes("period", np.asarray(period, dtype=object)[used], len(y))
    weight = weight * (rows_worth(weight) / float(np.sum(weight)))
    gained = _bets(y, p, weight, code, len(names))
    rows: list[dict[str, Any]] = []
    first = None
    alarm_level = -np.log(limits.significance)
    for k, name in enumerate(names):
        here, upto = code == k, code <= k
        so_far = _mean_exp(gained[:, : k + 1].sum(axis=1) / design(weight[upto], _of(clusters, upto)))
        row = {"period": name} | _measured(y[here], p[here], weight[here], limits, _of(clusters, here), len(names))
        if first is None and so_far > alarm_level and _large(y[upto], p[upto], weight[upto], limits):
            first = name
        rows.append(row | {"log_e": so_far})
    whole = {"period": "all"} | _measured(y, p, weight, limits, clusters) | {"log_e": rows[-1]["log_e"]}
    if len(names) > 1:
        rows.append(whole)
    reasons = _reasons(rows, whole, first)
    states = {str(row["state"]) for row in rows}
    state = str(whole["state"])
    if first is not None or "alarm" in states:
        state = "alarm"
    elif "watch" in states:
        state = "watch"
    return CalibrationAlarm(state, reasons, frame(rows), limits, first)


def _of(clusters: Clusters | None, which: Any) -> Clusters | None:
    return clusters.of(which) if clusters else None


def _bets(y: Floats, p: Floats, weight: Floats, code: Any, many: int) -> Floats:
    """Log likelihood ratio of each bet in each period."""
    z = log_odds(p)
    base = y * z - np.logaddexp(0.0, z)
    result = []
    for slope in SLOPES:
        for factor in FACTORS:
            moved = np.log(factor) + slope * z
            result.append(np.bincount(code, weight * (y * moved - np.logaddexp(0.0, moved) - base), many))
    return np.stack(result)


def _mean_exp(values: Floats) -> float:
    top = float(values.max())
    return top + float(np.log(np.mean(np.exp(values - top))))


def _measured(
    y: Floats, p: Floats, weight: Floats, limits: Thresholds, clusters: Clusters | None = None, looks: int = 1
) -> dict[str, Any]:
    """Figures of some rows; their state is judged with intervals widened for as many `looks` (Bonferroni)."""
    total = float(np.sum(weight))
    oe, low, high = observed_to_expected(y, p, weight, limits.level, clusters)
    sharp = spiegelhalter(y, p, weight, clusters=clusters)
    row: dict[str, Any] = {"count": len(y), "events": int(np.sum(y)), "expected": float(np.sum(weight * p))}
    row |= {"rate": float(np.sum(weight * y)) / total, "mean_p": float(np.sum(weight * p)) / total}
    row |= {"oe": oe, "oe_low": low, "oe_high": high}
    row |= {"spiegelhalter_z": sharp.statistic, "spiegelhalter_p": sharp.p_value}
    row |= dict.fromkeys(("intercept", "slope", "slope_low", "slope_high", "auc"), float("nan"))
    fewest = min(float(np.sum(weight * y)), float(np.sum(weight * (1 - y))))
    if fewest > 0:
        row["auc"] = with_interval(ranked(y, p, weight), limits.level, None)[0]
    if fewest >= limits.least_events and float(np.ptp(p)) > 0:
        z = log_odds(p)
        theta, spread, settled = fit_line(y, z, weight / design(weight, clusters))
        row["intercept"] = float(fit_line(y, z, weight, free=False)[0][0])
        if settled:
            reach = normal_quantile(limits.level) * float(max(0.0, spread[1, 1])) ** 0.5
            row |= {
                "slope": float(theta[1]),
                "slope_low": float(theta[1]) - reach,
                "slope_high": float(theta[1]) + reach,
            }
    sure = 1 - (1 - limits.level) / looks
    wide = dict(zip(("oe", "oe_low", "oe_high"), observed_to_expected(y, p, weight, sure, clusters), strict=True))
    more = (row["slope_high"] - row["slope"]) * (normal_quantile(sure) / normal_quantile(limits.level))
    wide |= {"slope_low": row["slope"] - more, "slope_high": row["slope"] + more}
    return row | {"state": _state(row | wide, limits)}


def _beyond(value: float, limit: float) -> bool:
    return value > limit or value < 1 / limit


def _state(row: Mapping[str, Any], limits: Thresholds) -> str:
    if max(row["expected"], row["events"]) < limits.least_events:
        return "too_few"
    apart = [("oe", limits.oe_watch, limits.oe_alarm), ("slope", limits.slope_watch, limits.slope_alarm)]
    state = "quiet"
    for name, watch, alarm in apart:
        value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
        if np.isnan(value):
            continue
        if low > alarm or high < 1 / alarm:
            return "alarm"
        if _beyond(value, watch) and not low <= 1 <= high:
            state = "watch"
    return state


def _large(y: Floats, p: Floats, weight: Floats, limits: Thresholds) -> bool:
    row = _measured(y, p, weight, limits)
    return _beyond(row["oe"], limits.oe_watch) or (
        not np.isnan(row["slope"]) and _beyond(max(row["slope"], 1e-9), limits.slope_watch)
    )


def _reasons(rows: list[dict[str, Any]], whole: Mapping[str, Any], first: Any) -> tuple[str, ...]:
    reasons = []
    if whole["state"] in ("alarm", "watch"):
        reasons.append(
            f"observed/expected {whole['oe']:.2f} ({whole['oe_low']:.2f} to {whole['oe_high']:.2f}), "
            f"slope {whole['slope']:.2f}: {whole['state']}"
        )
    if first is not None:
        reasons.append(f"the sequential test crossed its line in period {first}")
    if len(rows) > 1:
        reasons += [
            f"period {row['period']}: observed/expected {row['oe']:.2f}: {row['state']}"
            for row in rows[:-1]
            if row["state"] in ("alarm", "watch")
        ]
    return tuple(reasons)


@dataclass(frozen=True)
class Recalibration:
    """log-odds → intercept + slope × log-odds, fitted on new outcomes; `table` shows before and after.

    `table` has the rows before, after (in folds: each row judged by a line fitted without it) and, where given,
    holdout_before and holdout_after; columns rate, mean_p, oe, brier, log_loss, ece, slope, auc.
    """

    method: str  # intercept or platt
    intercept: float
    slope: float
    count: int
    events: int
    table: pd.DataFrame = field(repr=False, compare=False)

    def apply(self, p: Any) -> Floats:
        """Recalibrated probabilities."""
        return expit(self.intercept + self.slope * log_odds(probabilities(p)))

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "recalibration",
            "format": 1,
            "method": self.method,
            "intercept": self.intercept,
            "slope": self.slope,
            "count": self.count,
            "events": self.events,
            "table": self.table.to_dict("records"),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Recalibration:
        if given.get("kind") != "recalibration" or given.get("format") != 1:
            raise InputError("modelling.no_recalibration_2")
        names = ("method", "intercept", "slope", "count", "events")
        return cls(**{name: given[name] for name in names}, table=frame(list(given["table"])))


def recalibrate(
    y: Any,
    p: Any,
    sample_weight: Any = None,
    *,
    method: str = "intercept",
    holdout: tuple[Any, Any] | None = None,
    folds: int = 5,
    seed: int = 20180101,
) -> Recalibration:
    """Fit a shift or a line on the log-odds of new outcomes; ranks stay as they are.

    The shift is right where the horizon or the base rate has changed and little data is there; Platt's line also mends
    predictions that are too far apart or too near.

    Parameters
    ----------
    y
        New outcomes 0/1, shape (n,), at least two of each with a positive weight.
    p
        The model's probabilities for the same rows, shape (n,).
    sample_weight
        Weight of each row, 0 or more; None for 1 each.
    method
        `intercept` (a shift) or `platt` (a line).
    holdout
        (y, p) of other rows, on which before and after are shown as well; None: there are none.
    folds
        Folds in which `after` is measured, each row by a line fitted without it; at most as many as rows of the rarer
        class.
    seed
        Seed of the folds.

    Returns
    -------
    Recalibration
        log-odds → intercept + slope × log-odds, `apply(p)`, and a `table` of before and after.

    Raises
    ------
    InputError
        For an unknown method, fewer than two rows of one class, outcomes that are wholly apart, and a line that would
        turn the ranks round.
    TableError
        For unusable outcomes, predictions or weights.

    References
    ----------
    Platt 1999; Steyerberg 2019, ch. 15 and 20.

    Examples
    --------
    >>> shift = recalibrate(y_new, p_new)  # doctest: +SKIP
    >>> shift.apply(p_next)  # doctest: +SKIP
    """
    if method not in ("intercept", "platt"):
        raise InputError("modelling.no_recalibration", method=method, where="method", allowed=("intercept", "platt"))
    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    fewest = int(min(np.sum(y[weight > 0]), np.sum(1 - y[weight > 0])))
    if fewest < 2:
        raise InputError("modelling.fewer_two_rows_class_no_line", where="y")
    z = log_odds(p)
    theta = _line(y, z, weight, method)
    content = mixed(np.array(p).view(np.uint64), 1) ^ mixed(np.array(weight).view(np.uint64), 2)
    # every fold sees both classes, with a weight
    part = Units.of(content).deal(np.where(weight > 0, 1 + y, 0), min(folds, fewest), seed)
    after = np.empty(len(y))
    for k in range(min(folds, fewest)):
        inside = part != k
        fitted_line = _line(y[inside], z[inside], weight[inside], method)
        after[~inside] = expit(fitted_line[0] + fitted_line[1] * z[~inside])
    stages = [("before", y, p, weight), ("after", y, after, weight)]
    if holdout is not None:
        y_new = outcomes(holdout[0])
        p_new = probabilities(holdout[1], len(y_new), "holdout")
        weight_new = np.ones(len(y_new))
        moved = expit(theta[0] + theta[1] * log_odds(p_new))
        stages += [("holdout_before", y_new, p_new, weight_new), ("holdout_after", y_new, moved, weight_new)]
    table = frame([{"rows": name} | _figures(*given) for name, *given in stages])
    return Recalibration(method, float(theta[0]), float(theta[1]), len(y), int(np.sum(y)), table)


def _line(y: Floats, z: Floats, weight: Floats, method: str) -> Floats:
    theta, _, settled = fit_line(y, z, weight / float(np.mean(weight)), free=method == "platt")
    if not settled:
        raise InputError("modelling.outcomes_wholly_apart_no_finite_line", where="y")
    if theta[1] <= 0:
        raise InputError("modelling.recalibration_would_turn_ranks_round_model", where="p")
    return theta


def _figures(y: Floats, p: Floats, weight: Floats) -> dict[str, float]:
    total = float(np.sum(weight))
    rate, mean = float(np.sum(weight * y)) / total, float(np.sum(weight * p)) / total
    z = log_odds(column("p", p))
    both = 0 < rate < 1
    return {
        "rate": rate,
        "mean_p": mean,
        "oe": rate / mean if mean else float("nan"),
        "brier": brier(y, p, weight).score,
        "log_loss": float(np.sum(weight * (np.logaddexp(0.0, z) - y * z))) / total,
        "ece": calibration_error(y, p, weight)["ece"],
        "slope": float(fit_line(y, z, weight)[0][1]) if both else float("nan"),
        "auc": with_interval(ranked(y, p, weight), 0.95, None)[0] if both else float("nan"),
    }

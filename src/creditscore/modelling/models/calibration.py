"""`Calibrator`: from a model's log-odds to the probability of the event, with an interval for each probability."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np

from creditscore.core.errors import TableError, UsageError
from creditscore.core.statistics.isotonic import Blocks, isotonic_blocks
from creditscore.modelling.models.inputs import Floats, both_classes, saved_as
from creditscore.modelling.models.logistic import LogisticFit, fit_logistic
from creditscore.modelling.validation.metrics.inputs import column, outcomes, weights

__all__ = ["Calibrator"]

Method = Literal["platt", "isotonic", "beta", "anchor"]
METHODS = ("platt", "isotonic", "beta", "anchor")
EDGE = 1e-12  # probabilities stay inside (0, 1), however far the log-odds lie outside what was seen


class Calibrator:
    """Turn log-odds of the event into calibrated probabilities, never falling, strictly inside (0, 1).

    `platt` and `beta` refuse log-odds that rank the wrong way round; where only one part of `beta` would fall, that
    part is held at zero; `isotonic` then becomes one block at the overall rate.

    Parameters
    ----------
    method
        How the curve is fitted:

        - `platt`: a line on the log-odds, whose slope stays finite where the classes are separated;
        - `beta`: a curve with two slopes, for log-odds that are too bold on one side only;
        - `isotonic`: steps, none of which is 0 or 1; for about a thousand rows or more;
        - `anchor`: a shift of the log-odds; ranks and odds ratios stay, the level moves.
    central_tendency
        Mean probability, inside (0, 1), that the calibrated rows must have: a long-run rate, or the rate of the
        population where the sample was enriched. None: `anchor` takes the level of `y`, the other methods are not
        shifted.

    Attributes
    ----------
    curve_
        The fitted curve; None for an anchor fitted without outcomes.
    shift_
        What is added to the log-odds of the curve to reach `central_tendency`; 0 without it.
    rows_, events_
        Rows with a positive weight, and the events among them (None without outcomes).
    range_
        Least and greatest log-odds of the fit.

    Notes
    -----
    platt: p = σ(a x + b), a >= 0, fitted to Platt's smoothed targets. beta: p = σ(a ln s - b ln(1 - s) + c), s = σ(x),
    a, b >= 0, same targets. isotonic: pooled adjacent violators, then each block's rate drawn to the overall rate r by
    one row's worth, (events + r) / (rows + 1). anchor: p = σ(x + shift). With `central_tendency` the fitted curve is
    shifted in log-odds until the weighted mean over the rows of the fit is this rate.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, in Advances in Large Margin Classifiers. Kull,
    Silva Filho and Flach (2017), Beyond sigmoids, Electronic Journal of Statistics 11, 5052-5080.

    Examples
    --------
    >>> x = np.log([1 / 9, 1 / 9, 1 / 4, 1 / 4, 1, 1, 4, 4])
    >>> cal = Calibrator("platt").fit(x, [0, 0, 0, 1, 0, 1, 1, 1])
    >>> cal.predict([0.0]).round(3).tolist()
    [0.601]
    """

    def __init__(self, method: Method = "platt", central_tendency: float | None = None) -> None:
        self.method = method
        self.central_tendency = central_tendency

    def __repr__(self) -> str:
        return f"Calibrator({self.method!r}, central_tendency={self.central_tendency!r})"

    def fit(self, log_odds: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit on log-odds shape (n,) and outcomes 0/1. Use rows the model was not fitted on.

        Weights count as importance: all of them times ten changes nothing. `y` may be left out for `anchor` with a
        stated central tendency only. Raises TableError for NaN, infinities, one class, too few rows, and log-odds
        that do not vary or rank the wrong way round.
        """
        if self.method not in METHODS:
            raise UsageError("modelling.no_calibration_called", method=self.method, allowed=METHODS)
        if self.central_tendency is not None and not 0 < self.central_tendency < 1:
            raise UsageError("modelling.central_tendency", central_tendency=self.central_tendency)
        x = column("log-odds", log_odds)
        if not len(x):
            raise TableError("modelling.no_rows_calibrate", where="log-odds")
        w = weights(sample_weight, len(x))
        curve: LogisticFit | Blocks | None = None
        if y is None:
            if self.method != "anchor" or self.central_tendency is None:
                raise UsageError("modelling.no_outcomes_y")
            x, w, events = x[w > 0], w[w > 0], None
        else:
            t = outcomes(y, len(x))
            x, t, w = x[w > 0], t[w > 0], w[w > 0]
            both_classes(t, f"calibration by {self.method}")
            order = np.lexsort((w, t, x))  # sums of floats depend on order; the result must not
            x, t, w = x[order], t[order], w[order]
            curve = isotonic_blocks(x, t, w) if self.method == "isotonic" else self._smooth(x, t, w)
            events = float(t.sum())
        self.curve_ = curve
        self.shift_ = 0.0
        if self.central_tendency is not None:
            self.shift_ = _shift_to(self._raw(x), w, self.central_tendency)
        self.rows_, self.events_ = len(x), events
        self.range_ = (float(x.min()), float(x.max()))
        return self

    def _smooth(self, x: Floats, t: Floats, w: Floats) -> LogisticFit:
        if self.method == "anchor":
            return fit_logistic(np.empty((len(x), 0)), t, w, offset=x)
        needed = 3 if self.method == "platt" else 4
        if len(x) < needed:
            raise TableError("modelling.rows_too_few", x_count=len(x), method=self.method, needed=needed)
        if x.min() == x.max():
            raise TableError("modelling.log_odds_same_every_row")
        # Platt's targets: what one more row of each class, of unknown kind, would make of them
        ones = float(t.sum())
        target = np.where(t == 1, (ones + 1) / (ones + 2), 1 / (len(t) - ones + 2))
        logistic_fit = fit_logistic(_features(self.method, x), target, w)
        if not any(logistic_fit.coef):
            raise TableError("modelling.event_not_become_more_frequent_log")
        return logistic_fit

    def _raw(self, x: Floats) -> Floats:
        """Log-odds of the fitted curve, before the shift."""
        if self.curve_ is None:
            return x
        if isinstance(self.curve_, Blocks):
            return np.asarray(self.curve_.log_odds[self.curve_.find(x)])
        return self.curve_.predict(_features(self.method, x), offset=x if self.method == "anchor" else None)

    def predict(self, log_odds: Any) -> Floats:
        """Probabilities, shape (n,), in [1e-12, 1 - 1e-12]."""
        self._fitted()
        return _inside(self._raw(column("log-odds", log_odds)) + self.shift_)

    def interval(self, log_odds: Any, level: float = 0.95) -> tuple[Floats, Floats]:
        """Interval of each probability: (low, high), each shape (n,), low <= predict <= high.

        platt, beta, anchor: Wald in log-odds by the delta method, f'Vf with the model-based variance under weights,
        V = H⁻¹ (Σ w² p(1-p) ff') H⁻¹, H = Σ w p(1-p) ff'; a coefficient held at zero adds nothing. isotonic: Jeffreys
        on each block's effective counts. It says how well the curve is known from these outcomes: not how one subject
        may turn out, and not whether the population has changed. A stated central tendency is taken as known. Raises
        UsageError for an anchor fitted without outcomes: a stated rate has no sampling error to show.
        """
        from scipy.special import ndtri

        self._fitted()
        if not 0 < level < 1:
            raise UsageError("modelling.level", level=level)
        x = column("log-odds", log_odds)
        if self.curve_ is None:
            raise UsageError("modelling.anchor_fitted_without_outcomes_no_interval")
        middle = self._raw(x) + self.shift_
        if isinstance(self.curve_, Blocks):
            low, high = (ends[self.curve_.find(x)] + self.shift_ for ends in self.curve_.interval(level))
        else:
            half = ndtri((1 + level) / 2) * self.curve_.spread(_features(self.method, x))
            low, high = middle - half, middle + half
        # a short equal-tailed interval lies around the median and can miss the mean
        p = _inside(middle)
        return np.minimum(_inside(low, 0.0), p), np.maximum(_inside(high, 0.0), p)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` gives back a calibrator that predicts the same to the last bit."""
        self._fitted()
        return {
            "kind": "calibrator",
            "format": 1,
            "method": self.method,
            "central_tendency": self.central_tendency,
            "shift": self.shift_,
            "rows": self.rows_,
            "events": self.events_,
            "range": list(self.range_),
            "curve": None if self.curve_ is None else self.curve_.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The calibrator saved by `to_dict`."""
        data = saved_as(data, "calibrator")
        new = cls(data["method"], data["central_tendency"])
        kind = Blocks if data["method"] == "isotonic" else LogisticFit
        new.curve_ = None if data["curve"] is None else kind.from_dict(data["curve"])
        new.shift_, new.rows_, new.events_ = data["shift"], data["rows"], data["events"]
        new.range_ = (data["range"][0], data["range"][1])
        return new

    def _fitted(self) -> None:
        if not hasattr(self, "curve_"):
            raise UsageError("modelling.calibrator_not_fitted")


def _features(method: str, x: Floats) -> Floats:
    """The columns whose weighted sum is the calibrated log-odds, none of them falling in x: shape (n, 0 to 2)."""
    if method == "anchor":
        return np.empty((len(x), 0))
    x = np.clip(x, -1e9, 1e9)  # products and squares must not overflow
    if method == "platt":
        return x[:, None]
    return np.column_stack([-np.logaddexp(0, -x), np.logaddexp(0, x)])  # ln s and -ln(1 - s)


def _inside(log_odds: Floats, edge: float = EDGE) -> Floats:
    from scipy.special import expit

    return np.asarray(np.clip(expit(log_odds), edge, 1 - edge), dtype=np.float64)


def _shift_to(log_odds: Floats, w: Floats, target: float) -> float:
    """What to add to log-odds so that the weighted mean probability is `target`; there is exactly one such number."""
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    aim = float(logit(target))
    share = w / w.sum()

    def gap(shift: float) -> float:
        return float(share @ expit(log_odds + shift)) - target

    low, high = aim - float(log_odds.max()), aim - float(log_odds.min())
    if high - low < 1e-12:
        return low
    return float(brentq(gap, low - 1e-6, high + 1e-6, xtol=1e-14, rtol=8.9e-16))

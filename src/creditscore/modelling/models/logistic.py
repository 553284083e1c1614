"""Logistic regression in two or three parameters with coefficients that may not be negative, and its variance."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np

from creditscore.modelling.models.inputs import Floats

__all__ = ["LogisticFit", "fit_logistic", "probability_of"]


def probability_of(log_odds: Floats) -> Floats:
    """1 / (1 + exp(-log-odds)); 0 where the exponential overflows."""
    with np.errstate(over="ignore"):
        result: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return result


@dataclass(frozen=True)
class LogisticFit:
    """Intercept, coefficients (>= 0) and the variance matrix of (intercept, coefficients)."""

    intercept: float
    coef: tuple[float, ...]
    variance: tuple[tuple[float, ...], ...]

    def predict(self, features: Floats, offset: Floats | None = None) -> Floats:
        """Log-odds, shape (n,): intercept + features · coef + offset."""
        result = np.full(len(features), self.intercept)
        # column by column, so that a row's result does not depend on which rows stand beside it
        for column, value in enumerate(self.coef):
            result += value * features[:, column]
        return result if offset is None else result + offset

    def spread(self, features: Floats) -> Floats:
        """Standard error of the log-odds, shape (n,): sqrt(f' V f) with f = (1, features)."""
        design = np.column_stack([np.ones(len(features)), features])
        squared = np.einsum("ni,ij,nj->n", design, np.array(self.variance), design)
        return np.asarray(np.sqrt(np.maximum(squared, 0.0)), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {"intercept": self.intercept, "coef": list(self.coef), "variance": [list(r) for r in self.variance]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """What `to_dict` wrote; ValueError where its variance is no matrix of numbers that fits the coefficients."""
        size = len(data["coef"]) + 1
        if np.asarray([data["intercept"], *data["coef"]], dtype=np.float64).shape != (size,):
            raise ValueError("a coefficient of the logistic fit is no number")
        if np.asarray(data["variance"], dtype=np.float64).shape != (size, size):
            raise ValueError(f"the variance of the logistic fit is not of {size} rows and columns")
        return cls(data["intercept"], tuple(data["coef"]), tuple(tuple(row) for row in data["variance"]))


def fit_logistic(features: Floats, target: Floats, w: Floats, offset: Floats | None = None) -> LogisticFit:
    """The least weighted log-loss with coef >= 0, exactly: the best over all sets of coefficients held at zero.

    features (n, m) with m <= 2, target in [0, 1] with a mean strictly inside, w > 0. The problem is convex, so the
    constrained best is the best feasible one among the 2^m problems in which some coefficients are zero.
    """
    offset = np.zeros(len(target)) if offset is None else offset
    w = w / w.mean()
    m = features.shape[1]
    best: tuple[float, LogisticFit] | None = None
    for size in range(m, -1, -1):
        for columns in combinations(range(m), size):
            loss, logistic_fit = _free_fit(features, list(columns), target, w, offset)
            if min(logistic_fit.coef, default=0.0) >= 0 and (best is None or loss < best[0] - 1e-12 * abs(best[0])):
                best = (loss, logistic_fit)
    assert best is not None  # the set in which all are zero is always feasible
    return best[1]


def _free_fit(
    features: Floats, columns: list[int], target: Floats, w: Floats, offset: Floats
) -> tuple[float, LogisticFit]:
    """Loss and fit with the columns of `kept` free and the others at zero."""
    from scipy.optimize import minimize
    from scipy.special import expit

    used = features[:, columns]
    # centred and of unit spread inside, so that the optimiser sees a round valley
    centre = np.average(used, axis=0, weights=w) if columns else np.empty(0)
    scale = np.sqrt(np.average((used - centre) ** 2, axis=0, weights=w)) if columns else np.empty(0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([np.ones(len(target)), (used - centre) / scale])
    total = w.sum()

    def loss(b: Floats) -> float:
        eta = design @ b + offset
        return float(w @ (np.logaddexp(0, eta) - target * eta) / total)

    def gradient(b: Floats) -> Floats:
        return np.asarray(design.T @ (w * (expit(design @ b + offset) - target)) / total)

    def hessian(b: Floats) -> Floats:
        p = expit(design @ b + offset)
        return np.asarray((design.T * (w * p * (1 - p))) @ design / total)

    start = np.zeros(design.shape[1])
    b = minimize(loss, start, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-9}).x
    for _ in range(3):  # Newton's last steps, to the last digits
        b = b - np.linalg.lstsq(hessian(b), gradient(b), rcond=None)[0]
    p = expit(design @ b + offset)
    inverse = np.linalg.pinv(hessian(b) * total)
    middle = (design.T * (w * w * p * (1 - p))) @ design
    # back to the columns as they were given
    back = np.eye(len(b))
    back[1:, 1:] /= scale[:, None]
    back[0, 1:] = -centre / scale
    plain = back @ b
    variance = back @ inverse @ middle @ inverse @ back.T
    coef, full = np.zeros(features.shape[1]), np.zeros((features.shape[1] + 1,) * 2)
    coef[columns] = plain[1:]
    places = [0, *(column + 1 for column in columns)]
    full[np.ix_(places, places)] = variance
    fit = LogisticFit(float(plain[0]), tuple(coef.tolist()), tuple(tuple(row) for row in full.tolist()))
    return loss(b), fit

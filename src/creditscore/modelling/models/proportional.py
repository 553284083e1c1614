"""Proportional odds: thresholds and coefficients of a cumulative logit by penalised maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError
from creditscore.modelling.models.inputs import Floats

__all__ = ["Proportional", "cumulative", "fit_proportional"]

LEAST_GAP = 1e-6


@dataclass(frozen=True)
class Proportional:
    """Thresholds (grades - 1,) ascending, one coefficient per column of the design, and iterations used."""

    thresholds: Floats
    rises: Floats
    iterations: int


def cumulative(thresholds: Floats, latent: Floats) -> Floats:
    """P(grade <= k) = σ(θ_k - s), shape (n, grades): ascending in each row, the last 1."""
    from scipy.special import expit

    return np.column_stack([expit(thresholds[None, :] - latent[:, None]), np.ones(len(latent))])


def fit_proportional(
    design: Floats, code: NDArray[np.int64], weight: Floats, grades: int, penalty: Floats, signs: Floats
) -> Proportional:
    """Minimise -Σ w ln P(grade = code) + b' penalty b / 2, with sign(b) as wanted and thresholds ascending.

    The likelihood is log-concave in (thresholds, b) and both limits are linear, so the minimum is the only one
    (Pratt 1981, JASA 76, 103-106). L-BFGS-B finds it; Newton steps on what is free bring the last digits.
    """
    from scipy.optimize import minimize

    cuts = grades - 1
    share = np.cumsum(np.bincount(code, weight, minlength=grades))[:-1] / weight.sum()
    start = np.log(share) - np.log1p(-share)
    first = np.r_[start[0], np.maximum(np.diff(start), 10 * LEAST_GAP), np.zeros(design.shape[1])]
    low = np.r_[-np.inf, np.full(cuts - 1, LEAST_GAP), np.where(signs > 0, 0.0, -np.inf)]
    high = np.r_[np.full(cuts, np.inf), np.where(signs < 0, 0.0, np.inf)]
    problem = _Problem(design, code, weight, cuts, penalty)
    result = minimize(
        problem.value,
        first,
        jac=True,
        method="L-BFGS-B",
        bounds=np.column_stack([low, high]),
        options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-12, "gtol": 1e-5},
    )
    v = problem.polished(result.x, low, high)
    if not np.isfinite(v).all():
        raise TableError("modelling.ordinal_model_not_settle")
    return Proportional(np.cumsum(v[:cuts]), v[cuts:], max(int(result.nit), 1))


@dataclass(frozen=True)
class _Problem:
    """The loss in v = (first threshold, gaps, b): bounds on gaps keep thresholds ascending."""

    design: Floats
    code: NDArray[np.int64]
    weight: Floats
    cuts: int
    penalty: Floats

    def _parts(self, v: Floats) -> tuple[Floats, Floats, Floats]:
        """σ at each row's upper and lower threshold, and the probability of its grade."""
        from scipy.special import expit

        ends = np.r_[-np.inf, np.cumsum(v[: self.cuts]), np.inf]
        latent = self.design @ v[self.cuts :]
        up, low = ends[self.code + 1] - latent, ends[self.code] - latent
        upper, lower = expit(up), expit(low)
        # the difference of two numbers near 1 keeps no digits; mirrored at 0 it does
        p = np.where(low > 0, expit(-low) - expit(-up), upper - lower)
        return upper, lower, np.maximum(p, 1e-300)

    def value(self, v: Floats) -> tuple[float, Floats]:
        """Loss and gradient."""
        upper, lower, p = self._parts(v)
        b = v[self.cuts :]
        pull = self.penalty @ b
        loss = -float(self.weight @ np.log(p)) + 0.5 * float(b @ pull)
        up, low = self.weight * upper * (1 - upper) / p, self.weight * lower * (1 - lower) / p
        by_end = np.bincount(self.code, low, self.cuts + 1)[1:] - np.bincount(self.code, up, self.cuts + 1)[:-1]
        gaps = np.cumsum(by_end[::-1])[::-1]
        return loss, np.r_[gaps, self.design.T @ (up - low) + pull]

    def information(self, v: Floats) -> Floats:
        """Expected information (Fisher) plus the penalty: positive definite, close to the Hessian near the minimum."""
        from scipy.special import expit

        thresholds = np.cumsum(v[: self.cuts])
        latent = self.design @ v[self.cuts :]
        cum = expit(thresholds[None, :] - latent[:, None])
        slope = np.column_stack([np.zeros(len(latent)), cum * (1 - cum), np.zeros(len(latent))])
        p = np.maximum(np.diff(np.column_stack([np.zeros(len(latent)), cum, np.ones(len(latent))]), axis=1), 1e-300)
        size = len(v)
        total = np.zeros((size, size))
        for grade in range(self.cuts + 1):
            # derivative of P(grade): its two ends move with the thresholds, both against the latent score
            d_latent = slope[:, grade] - slope[:, grade + 1]
            ends = np.zeros((len(latent), self.cuts))
            if grade < self.cuts:
                ends[:, : grade + 1] += slope[:, grade + 1, None]
            if grade:
                ends[:, :grade] -= slope[:, grade, None]
            w = self.weight / p[:, grade]
            total[: self.cuts, : self.cuts] += (ends.T * w) @ ends
            cross = (ends.T * (w * d_latent)) @ self.design
            total[: self.cuts, self.cuts :] += cross
            total[self.cuts :, : self.cuts] += cross.T
            total[self.cuts :, self.cuts :] += (self.design.T * (w * d_latent**2)) @ self.design
        total[self.cuts :, self.cuts :] += self.penalty
        return total

    def polished(self, v: Floats, low: Floats, high: Floats) -> Floats:
        """Scoring steps on the parameters that are not held at a bound, as long as they lower the loss."""
        loss, slope = self.value(v)
        for _ in range(12):
            held = ((v <= low) & (slope > 0)) | ((v >= high) & (slope < 0))
            free = np.flatnonzero(~held)
            if np.abs(slope[free]).max(initial=0.0) < 1e-9 * (1 + abs(loss)) ** 0.5:
                break
            step = np.linalg.solve(self.information(v)[np.ix_(free, free)], slope[free])
            for size in (1.0, 0.5, 0.1, 0.01):
                tried = v.copy()
                tried[free] = np.clip(v[free] - size * step, low[free], high[free])
                tried_loss, tried_slope = self.value(tried)
                if (
                    tried_loss <= loss + 1e-12 * abs(loss)
                    and np.abs(tried_slope[free]).max() < np.abs(slope[free]).max()
                ):
                    v, loss, slope = tried, tried_loss, tried_slope
                    break
            else:
                break
        return v

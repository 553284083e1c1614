"""Forward and backward selection of a logistic regression on weights of evidence, with the reason of each step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.models.logistic import probability_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """Whether a column stayed, its slope at the end (NaN if it never entered), and why it left."""

    kept: bool
    slope: float
    why: str = ""


def chi2_tail(value: float) -> float:
    """P(χ² with one degree of freedom > value)."""
    return math.erfc(math.sqrt(max(value, 0.0) / 2))


def newton(z: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """(coefficients with the intercept first, their covariance, probabilities) of a logistic fit with a tiny ridge."""
    x = np.concatenate([np.ones((len(y), 1)), z], axis=1)
    beta = np.zeros(x.shape[1])
    rate = float(weight @ y) / float(weight.sum())
    beta[0] = math.log(rate / (1 - rate))
    ridge = 1e-6 * np.eye(x.shape[1])
    for _ in range(30):
        p = probability_of(x @ beta)
        information = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(information, x.T @ (weight * (y - p)) - ridge @ beta)
        step = step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta + step
        if float(np.abs(step).max()) < 1e-8:
            break
    p = probability_of(x @ beta)
    information = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge
    return beta, np.linalg.inv(information), p


def stepwise(z: Floats, y: Floats, weight: Floats, p_value: float, forced: list[int]) -> dict[int, Step]:
    """Columns of `z` (weights of evidence: higher is better, so slopes on the event must be negative) that stay.

    Enter: the column with the largest score statistic, while its p is below `p_value`. Leave: a slope above 0, then the
    largest Wald p above `p_value`. A column that left does not come back, so the search ends.
    """
    inside, out = list(forced), {}
    beta, covariance, p = newton(z[:, inside], y, weight)
    while True:
        waiting = [j for j in range(z.shape[1]) if j not in inside and j not in out]
        if waiting:
            score, direction = score_tests(z, inside, waiting, y, weight, p)
            best = int(np.argmax(score))
            if chi2_tail(float(score[best])) >= p_value:
                for j, s in zip(waiting, score, strict=True):
                    out[j] = Step(False, math.nan, f"adds nothing beside the others: p {chi2_tail(float(s)):.3f}")
                continue
            if direction[best] > 0:
                out[waiting[best]] = Step(False, math.nan, "beside the others its slope has the wrong sign")
                continue
            inside.append(waiting[best])
            beta, covariance, p = newton(z[:, inside], y, weight)
        leaving = None
        for place, j in enumerate(inside):
            if j in forced:
                continue
            slope = float(beta[place + 1])
            tail = chi2_tail(slope**2 / float(covariance[place + 1, place + 1]))
            if slope > 0:
                leaving = (2.0 + slope, j, Step(False, slope, "beside the others its slope has the wrong sign"))
                break
            if tail > p_value and (leaving is None or tail > leaving[0]):
                leaving = (tail, j, Step(False, slope, f"the others say what it says: p {tail:.3f}"))
        if leaving is not None:
            out[leaving[1]] = leaving[2]
            inside.remove(leaving[1])
            beta, covariance, p = newton(z[:, inside], y, weight)
        elif not waiting:
            break
    slopes = dict(zip(inside, beta[1:], strict=True))
    return {j: Step(True, float(slopes[j])) if j in slopes else out[j] for j in range(z.shape[1])}


def score_tests(
    z: Floats, inside: list[int], waiting: list[int], y: Floats, weight: Floats, p: Floats
) -> tuple[Floats, Floats]:
    """(score statistics, signs of the gradients) of columns that could enter a model with probabilities `p`."""
    w = weight * p * (1 - p)
    x = np.concatenate([np.ones((len(y), 1)), z[:, inside]], axis=1)
    new = z[:, waiting]
    gradient = new.T @ (weight * (y - p))
    cross = (x * w[:, None]).T @ new
    known = (x * w[:, None]).T @ x + 1e-9 * np.eye(x.shape[1])
    own = np.einsum("ij,i,ij->j", new, w, new)
    spread = own - np.einsum("ij,ij->j", cross, np.linalg.solve(known, cross))
    return np.where(spread > 1e-9 * np.maximum(own, 1e-300), gradient**2 / np.maximum(spread, 1e-300), 0.0), np.sign(
        gradient
    )

"""P-values of a block of penalised coefficients: is there any effect at all, a slow trend or a turn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

__all__ = ["combine_cauchy", "compute_p", "compute_tail"]

DULL = 0.9  # p above this says no more than this
TURNS = 4.0  # degrees of freedom of the test against turns
SILENT = 1e-6  # a coefficient whose score varies less than this has no rows behind it


def compute_tail(q: float, weights: Floats) -> float:
    """P(Σ weight · χ²₁ > q) by saddlepoint. Kuonen (Biometrika 86, 1999, 929-935)."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    weights = weights[weights > 1e-10 * max(float(weights.max(initial=0.0)), 1e-300)]
    if not weights.size or q <= 0:
        return 1.0
    q, weights = q / float(weights.max()), weights / float(weights.max())
    mean = float(weights.sum())
    if abs(q / mean - 1) < 1e-4:  # at the mean the formula is 0/0: its neighbours on both sides
        return (compute_tail(mean * 1.001, weights) + compute_tail(mean * 0.999, weights)) / 2

    def slope(t: float) -> float:
        return float((weights / (1 - 2 * t * weights)).sum()) - q

    t = float(brentq(slope, -0.5 * weights.size / q - 1.0, 0.5 - 1e-13, xtol=1e-13))
    cumulant = -0.5 * float(np.log1p(-2 * t * weights).sum())
    w = math.copysign(math.sqrt(max(2 * (t * q - cumulant), 1e-300)), t)
    v = t * math.sqrt(2 * float((weights**2 / (1 - 2 * t * weights) ** 2).sum()))
    return float(ndtr(-(w + math.log(v / w) / w)))


def combine_cauchy(p: Sequence[float]) -> float:
    """One p-value of several that may depend on each other. Liu and Xie (JASA 115, 2020, 393-402); a p near 1 is cut to
    `DULL`, or it would hide a small one beside it.
    """
    if len(p) == 1:
        return p[0]
    bounded = np.clip(p, 1e-300, DULL)
    t = float(np.mean(np.where(bounded < 1e-8, 1 / (np.pi * bounded), np.tan(np.pi * (0.5 - bounded)))))
    return 1 / (math.pi * t) if t > 1e8 else 0.5 - math.atan(t) / math.pi


def compute_p(score: Floats, variance: Floats, part: NDArray[np.intp]) -> float:
    """P-value that a column has no effect. `score`: of its coefficients were it left out, `variance`: of that score.

    Two tests of a variance component (Lin, Biometrika 84, 1997, 309-326; Zhang and Lin, Biostatistics 4, 2003, 57-74):
    u'u is best against slow trends, u'(S + λ)⁻¹u against turns, with λ such that it has `TURNS` degrees of freedom,
    whatever the outcomes are; for steps between ordered bins (`part` 0) and for free bins (1) apart, then combined.
    """
    from scipy.linalg import eigh

    result = []
    for kind in (0, 1):
        own = np.flatnonzero(part == kind)
        own = own[np.diag(variance)[own] > SILENT]
        if own.size:
            values, axes = eigh(variance[np.ix_(own, own)])
            alive = values > 1e-10 * values.max()  # a direction without variance says nothing
            values, squares = values[alive], (axes.T @ score[own])[alive] ** 2
            result.append(compute_tail(float(squares.sum()), values))
            if values.size > 1:
                shrunk = values + find_penalty(values, min(TURNS, 0.7 * values.size))
                turns = compute_tail(float((squares / shrunk).sum()), values / shrunk)
                result[-1] = combine_cauchy([result[-1], turns])
    return combine_cauchy(result) if result else 1.0


def find_penalty(values: Floats, freedom: float) -> float:
    """λ for which Σ value / (value + λ) is `freedom`, by bisection; 0 where there are no more values than that."""
    values = values[values > 1e-10 * float(values.max())]
    if values.size <= freedom:
        return 0.0
    low, high = math.log(1e-12 * float(values.max())), math.log(values.size * float(values.max()) / freedom)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if float((values / (values + math.exp(middle))).sum()) > freedom else (low, middle)
    return math.exp(low)

"""Least squares with signs: a quadratic made smallest where some coefficients may not be negative, or not positive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def solve_signed(a: Floats, b: Floats, sign: NDArray[np.int8], start: Floats) -> Floats:
    """argmin ½x'ax - b'x with sign·x ≥ 0 where sign is not 0; `a` positive definite. Exact, by exchange of active
    sets.
    """
    from scipy.linalg import cho_factor, cho_solve

    bound = sign != 0
    s = sign.astype(float)
    free = ~bound | (s * start > 0)
    best, tries = a.shape[0] + 1, 3
    scale = 1e-10 * (1.0 + float(np.abs(b).max(initial=0.0)))
    x = np.zeros_like(b)
    for _ in range(50 + 2 * a.shape[0]):
        index = np.flatnonzero(free)
        x = np.zeros_like(b)
        if index.size:
            x[index] = cho_solve(cho_factor(a[np.ix_(index, index)], lower=True, check_finite=False), b[index])
        slack = a @ x - b
        wrong = bound & np.where(free, s * x < -1e-12, s * slack < -scale)
        count = int(wrong.sum())
        if not count:
            break
        if count < best:
            best, tries = count, 3
        elif tries:
            tries -= 1
        else:
            keep = np.flatnonzero(wrong)[-1]
            wrong = np.zeros_like(wrong)
            wrong[keep] = True
        free ^= wrong
    return x

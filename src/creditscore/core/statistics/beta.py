"""Quantiles of the beta distribution, which intervals of rates are made of."""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p, pi, sqrt

EPSILON = 2.0**-53
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)


def beta_quantile(a: float, b: float, probability: float) -> float:
    """Compute x with P(X ≤ x) = probability for X ~ Beta(a, b).

    Newton's steps inside a bracket, on the side where x is at most ½.

    Parameters
    ----------
    a, b : float
        Shapes, above 0.
    probability : float
        In [0, 1].

    Raises
    ------
    ValueError
        Where an argument lies outside its range.

    Examples
    --------
    >>> round(beta_quantile(5.5, 95.5, 0.025), 4)
    0.0189
    """
    if not (0 < a < inf and 0 < b < inf and 0 <= probability <= 1):
        raise ValueError(f"Beta({a}, {b}) has no quantile at {probability}")
    if probability in (0, 1):
        return float(probability)
    if probability <= _tails(a, b, 0.5)[0]:
        return _solve(a, b, probability, 1 - probability)
    return 1 - _solve(b, a, 1 - probability, probability)


def _solve(a: float, b: float, below: float, above: float) -> float:
    low, high, x = 0.0, 0.5, min(a / (a + b), 0.25)
    for _ in range(1100):  # halving alone reaches the smallest double in so many steps
        lower, upper, scale = _tails(a, b, x)
        gap = lower - below if below <= above else above - upper
        low, high = (low, x) if gap > 0 else (x, high)
        nearer = x - gap * x * (1 - x) / scale if scale > 0 else -1.0
        if not low < nearer < high and gap:
            nearer = (low + high) / 2
        if abs(nearer - x) <= 2 * EPSILON * x:
            return nearer
        x = nearer
    return x


def _tails(a: float, b: float, x: float) -> tuple[float, float, float]:
    """(P(X ≤ x), P(X > x), x^a (1 − x)^b / B(a, b)); the smaller tail is computed, the other is the rest.

    Source: Didonato and Morris 1992, ACM TOMS 18, 360-373, equations 9 and 10.
    """
    mean, y = a / (a + b), 1 - x
    gap = x - mean
    part = a * _log(x / mean, gap / mean) + b * _log(y / (1 - mean), -gap / (1 - mean))
    scale = sqrt(a / (a + b) * b / (2 * pi)) * exp(part - _stirling(a) - _stirling(b) + _stirling(a + b))
    if x < mean:
        lower = scale / _fraction(a, b, x, y)
        return lower, 1 - lower, scale
    upper = scale / _fraction(b, a, y, x)
    return 1 - upper, upper, scale


def _log(ratio: float, excess: float) -> float:
    """ln(ratio), from excess = ratio − 1 where that is known better."""
    return log1p(excess) if abs(excess) < 0.5 else log(ratio)


def _stirling(z: float) -> float:
    """ln Γ(z) − ((z − ½) ln z − z + ½ ln 2π)."""
    if z < 10:
        return lgamma(z) - ((z - 0.5) * log(z) - z + 0.5 * log(2 * pi))
    return sum(term / z ** (2 * k + 1) for k, term in enumerate(STIRLING))


def _fraction(a: float, b: float, x: float, y: float) -> float:
    """The continued fraction by Lentz's method as modified by Thompson and Barnett (1986); y = 1 − x."""
    value = c = a * (a * y - b * x + 1) / (a + 1)
    d, m, step = 0.0, 0, 0.0
    while abs(step - 1) > 1e-15:
        m += 1
        width = a + 2 * m - 1
        numerator = (a + m - 1) * (a + b + m - 1) * m * (b - m) * x * x / (width * width)
        summand = m + m * (b - m) * x / width + (a + m) * (a * y - b * x + 1 + m * (1 + y)) / (width + 2)
        d = 1 / (summand + numerator * d)
        c = summand + numerator / c
        step = c * d
        value *= step
    return value

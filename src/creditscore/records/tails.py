"""Tails of counts, summed term by term: Poisson, negative binomial, binomial and hypergeometric."""

from __future__ import annotations

from math import exp, lgamma, log


def no_arrival(rate: float, time: float) -> float:
    """P(N = 0) of a Poisson count with `rate` per unit over `time`: e^(−rate × time)."""
    return exp(-rate * time)


def negative_binomial(count: int, mean: float, variance: float) -> tuple[float, float]:
    """(P(N ≤ count), P(N ≥ count)) of a count with this mean and variance ≥ mean; Poisson where they are equal.

    With r = mean² / (variance − mean) and p = r / (r + mean): P(N = k) = Γ(k + r) / (k! Γ(r)) p^r (1 − p)^k.
    """
    if mean <= 0 or variance < mean:
        raise ValueError(f"a mean above 0 and a variance not below it are needed, not {mean} and {variance}")
    spread = variance - mean
    below = 0.0
    last = 0.0
    for k in range(count + 1):
        if spread < 1e-12 * mean:
            term = exp(k * log(mean) - mean - lgamma(k + 1))
        else:
            r = mean * mean / spread
            term = exp(lgamma(k + r) - lgamma(k + 1) - lgamma(r) + r * log(r / (r + mean)) + k * log(mean / (r + mean)))
        below += term
        last = term
    return min(1.0, below), max(0.0, min(1.0, 1.0 - below + last))


def binomial_upper(count: int, trials: int, share: float) -> float:
    """P(N ≥ count) of a binomial count."""
    if not 0 <= count <= trials or not 0 <= share <= 1:
        raise ValueError(f"{count} of {trials} with share {share} is no binomial count")
    if count == 0 or share == 1:
        return 1.0
    if share == 0:
        return 0.0
    terms = (
        lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) + k * log(share) + (trials - k) * log(1 - share)
        for k in range(count, trials + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))


def hypergeometric_upper(hits: int, drawn: int, others: int, other_drawn: int) -> float:
    """P(at least `hits` of `drawn`), hits and `others` of `other_drawn` falling at random: one-sided Fisher."""
    all_hits = hits + others
    ways = _log_ways(drawn + other_drawn, all_hits)
    some = range(hits, min(drawn, all_hits) + 1)
    terms = (exp(_log_ways(drawn, k) + _log_ways(other_drawn, all_hits - k) - ways) for k in some)
    return 1.0 if hits <= max(0, all_hits - other_drawn) else min(1.0, sum(terms))


def _log_ways(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)

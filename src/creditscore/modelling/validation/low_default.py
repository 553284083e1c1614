"""Rates from few events: intervals, estimates and tests that never call a risk zero because nobody has failed yet.

Counts may be weighted: bring them to an effective size with `effective_counts` first, so that weights that are all
multiplied by ten do not make anybody ten times as sure.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from creditscore.core.errors import TableError, UsageError
from creditscore.core.statistics.intervals import jeffreys
from creditscore.modelling.models.inputs import Floats

__all__ = ["bayes_rate", "distinct_p_value", "jeffreys_interval", "most_prudent_rates"]

Prior = Literal["jeffreys", "uniform", "conservative"]
# Beta(a, b) before any data. The conservative one, density 1/(1 - p), is Tasche's: its posterior quantiles are the
# upper confidence bounds of Clopper and Pearson.
PRIORS: dict[str, tuple[float, float]] = {"jeffreys": (0.5, 0.5), "uniform": (1.0, 1.0), "conservative": (1.0, 0.0)}


def jeffreys_interval(events: Any, trials: Any, level: float = 0.95) -> tuple[Floats, Floats]:
    """Compute the equal-tailed credible interval of a rate under Jeffreys' prior.

    Parameters
    ----------
    events
        Number of events, 0 or more; numbers or arrays that broadcast, which need not be whole.
    trials
        Number of trials, at least `events`. Without any trial the interval is 0 to 1.
    level
        Probability inside the interval, in (0, 1).

    Returns
    -------
    tuple of arrays
        (low, high), each in [0, 1]; low is 0 where there is no event and high is 1 where all are events.

    Raises
    ------
    TableError
        For counts that cannot be: negative, not finite, or more events than trials.
    UsageError
        For a level outside (0, 1).

    Notes
    -----
    low, high = quantiles (1 - level)/2 and (1 + level)/2 of Beta(events + 1/2, trials - events + 1/2), from the prior
    Beta(1/2, 1/2).

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16, 101-133.

    Examples
    --------
    >>> low, high = jeffreys_interval(0, 100)
    >>> float(low), round(float(high), 4)
    (0.0, 0.0247)
    """
    k, n = _counts(events, trials)
    _inside(level, "level")
    return jeffreys(k, n, level)


def bayes_rate(events: Any, trials: Any, prior: Prior = "jeffreys") -> Floats:
    """Posterior mean of a rate in the independent case: (events + a) / (trials + a + b). Never zero.

    prior   a, b        use
    jeffreys 1/2, 1/2   the default
    uniform  1, 1       Tasche's neutral estimator, (k + 1) / (n + 2)
    conservative 1, 0   Tasche's conservative estimator, (k + 1) / (n + 1); it is 1 where all trials were events

    Source: Tasche (2013), Bayesian estimation of probabilities of default for low default portfolios, Journal of Risk
    Management in Financial Institutions 6, 302-326.

    >>> float(bayes_rate(0, 99))
    0.005
    """
    if prior not in PRIORS:
        raise UsageError("modelling.no_prior_called", prior=prior, allowed=PRIORS)
    k, n = _counts(events, trials)
    a, b = PRIORS[prior]
    return np.asarray((k + a) / (n + a + b), dtype=np.float64)


def most_prudent_rates(events: Any, trials: Any, confidence: float = 0.75) -> Floats:
    """Bound the event rates of ordered grades from above by the principle of most prudent estimation.

    A grade is taken to be as risky as itself and all worse grades together, since they are no better than it. Where a
    bound would fall from one grade to the next worse, it stays at the higher one.

    Parameters
    ----------
    events
        Events of each grade, best first, shape (grades,).
    trials
        Rows of each grade, shape (grades,), at least as many as events.
    confidence
        Confidence of each bound, in (0, 1).

    Returns
    -------
    array
        Shape (grades,), ascending; never zero, and 1 where everything counted was an event, or nothing was counted.

    Raises
    ------
    TableError
        For counts that cannot be: negative, not finite, or more events than trials.
    UsageError
        For counts not of shape (grades,), or a confidence outside (0, 1).

    Notes
    -----
    bound = quantile `confidence` of Beta(k + 1, n - k), k and n counted over this grade and the worse ones (the
    independent case).

    References
    ----------
    Pluto and Tasche (2005), Thinking positively, Risk 18(8), 72-78; Estimating probabilities of default for low default
    portfolios, in Engelmann and Rauhmeier (eds.), The Basel II Risk Parameters, 2006.

    Examples
    --------
    >>> most_prudent_rates([0, 0, 0], [100, 400, 300], confidence=0.5).round(4).tolist()
    [0.0009, 0.001, 0.0023]
    """
    from scipy.stats import beta

    k, n = _counts(events, trials)
    if k.ndim != 1:
        raise UsageError("modelling.events_trials_counts_per_grade")
    _inside(confidence, "confidence")
    k, n = np.cumsum(k[::-1])[::-1], np.cumsum(n[::-1])[::-1]
    k = np.minimum(k, n)  # sums of weights may differ in the last bit
    bounds = np.where(k < n, beta.ppf(confidence, k + 1, np.where(k < n, n - k, 1.0)), 1.0)
    return np.asarray(np.maximum.accumulate(bounds), dtype=np.float64)


def distinct_p_value(events: Any, trials: Any, worse_events: Any, worse_trials: Any) -> Floats:
    """One-sided p-value against "the worse group is not riskier": the score test of two proportions with pooled rate.

    z = (r2 - r1) / sqrt(r (1 - r) (1/n1 + 1/n2)), r = (k1 + k2) / (n1 + n2); p = P(Z >= z). Where nothing can be told
    apart (no trials on one side, no events or only events on both) p is 1. An approximation: with fewer than about
    five expected events a side, ask for a smaller p.

    Arrays that broadcast; returns p-values in [0, 1].

    >>> round(float(distinct_p_value(2, 100, 12, 100)), 4)
    0.0028
    """
    from scipy.special import ndtr

    return np.asarray(ndtr(-distinct_z(*_counts(events, trials), *_counts(worse_events, worse_trials))))


def distinct_z(k1: Floats, n1: Floats, k2: Floats, n2: Floats) -> Floats:
    """The z of `distinct_p_value` on checked counts; minus infinity where nothing can be told apart."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (k1 + k2) / (n1 + n2)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        z = (k2 / n2 - k1 / n1) / spread
    return np.where((n1 > 0) & (n2 > 0) & (spread > 0), z, -np.inf)


def _counts(events: Any, trials: Any) -> tuple[Floats, Floats]:
    k, n = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    wrong = ~(np.isfinite(k) & np.isfinite(n) & (k >= 0) & (k <= n * (1 + 1e-12)))
    if wrong.any():
        spot = np.flatnonzero(wrong.ravel())[0]
        raise TableError("modelling.events_trials_cannot", ravel=k.ravel()[spot], ravel_2=n.ravel()[spot])
    return np.minimum(k, n), n.copy()


def _inside(value: float, name: str) -> None:
    if not 0 < value < 1:
        raise UsageError("modelling.is_4", name=name, value=value)

"""Several rows of one organisation: how alike they are, and how many independent rows they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from creditscore.core.statistics.intervals import jeffreys
from creditscore.core.statistics.isotonic import isotonic_rates
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    Ints,
    codes,
    effective,
    outcomes,
    probabilities,
    weights,
)


@dataclass(frozen=True)
class Clusters:
    """`code`: the organisation of each row; `rho`: the correlation of two rows of one organisation, 0 to 1."""

    code: Ints
    rho: float

    def of(self, which: Any) -> Clusters:
        """The same for some of the rows (a mask or positions)."""
        return Clusters(self.code[which], self.rho)

    def design(self, weight: Floats) -> float:
        """Design effect of a weighted sum over these rows: 1 + (m − 1) ρ, m = Σ (Σ w of an organisation)² / Σ w².

        With equal weights m is the size of the organisation that a row lies in, on average. Source: Kish 1965,
        Survey Sampling, ch. 5; as a divisor of test statistics Rao, Scott 1992, Biometrics 48, 577-585.
        """
        squares = float(np.sum(weight * weight))
        if not squares:
            return 1.0
        sums = np.bincount(np.unique(self.code, return_inverse=True)[1], weight)
        return 1.0 + max(0.0, float(np.sum(sums * sums)) / squares - 1.0) * self.rho


def rows_worth(weight: Floats, clusters: Clusters | None = None) -> float:
    """How many independent rows these are worth: Kish's effective number, over the design effect of clusters."""
    return effective(weight) / (clusters.design(weight) if clusters else 1.0)


def design(weight: Floats, clusters: Clusters | None) -> float:
    """The design effect, 1 without clusters."""
    return clusters.design(weight) if clusters else 1.0


def members(groups: Any, length: int) -> Ints:
    """The organisation of each row as a number; a row that names none stands alone."""
    code, names = codes("groups", groups, length)
    if names and names[-1] is None:
        alone = np.flatnonzero(code == len(names) - 1)
        code[alone] = len(names) + np.arange(len(alone))
    return code


def clustered(y: Any, p: Any, groups: Any, sample_weight: Any = None) -> Clusters | None:
    """How alike the outcomes of one organisation are beyond what is predicted; None where none has two rows.

    ρ = Σ r_i r_j over all pairs of rows of one organisation, over the number of such pairs; r is the Pearson residual
    from the isotonic recalibration of p, so that a model that is wrong everywhere is not taken for likeness. Below 0
    it counts as 0. Weights only leave rows of weight 0 out.
    """
    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    code = members(groups, len(y))
    used = weight > 0
    size = np.bincount(code[used])
    pairs = float(np.sum(size * (size - 1.0)))
    if not pairs:
        return None
    fitted = isotonic_rates(y[used], p[used], weight[used])
    spread = fitted * (1 - fitted)
    residual = np.divide(y[used] - fitted, np.sqrt(spread), out=np.zeros(len(spread)), where=spread > 1e-12)
    sums = np.bincount(code[used], residual)
    rho = (float(np.sum(sums * sums)) - float(np.sum(residual * residual))) / pairs
    return Clusters(code, min(1.0, max(0.0, rho)))


def observed_to_expected(
    y: Floats, p: Floats, weight: Floats, level: float = 0.95, clusters: Clusters | None = None
) -> tuple[float, float, float]:
    """Σwy / Σwp with an interval: the Jeffreys interval of the observed rate over the mean prediction.

    The observed rate is taken as binomial at the effective number of rows (fewer where several belong to one
    organisation), which is a little wide where the predictions differ much. (NaN, NaN, NaN) where nothing is expected
    and nothing was observed.
    """
    total = float(np.sum(weight))
    rate, mean = float(np.sum(weight * y)) / total, float(np.sum(weight * p)) / total
    if mean <= 0:
        return (float("nan"),) * 3 if rate == 0 else (float("inf"), float("nan"), float("inf"))
    n = rows_worth(weight, clusters)
    low, high = jeffreys(rate * n, n, level)
    return rate / mean, float(low) / mean, float(high) / mean

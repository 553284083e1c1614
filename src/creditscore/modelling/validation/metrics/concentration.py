"""Concentration: how much of the portfolio lies in few grades, and whether that has grown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import normal_quantile, normal_tail
from creditscore.modelling.validation.metrics.inputs import column


@dataclass(frozen=True)
class Concentration:
    """Herfindahl's index of the shares of the grades.

    `index` = Σ s² in [1/K, 1], with an interval (multinomial sampling); `normalised` = (index − 1/K) / (1 − 1/K) in
    [0, 1]; `log_index` = 1 + ln((CV² + 1) / K) / ln K in [0, 1], CV the coefficient of variation of the shares.
    Against the initial shares (NaN where none are given): `p_value`, one-sided, small where concentration has grown
    by the ECB's statistic; `p_value_sampling`, the same from the sampling error of both indices.
    """

    grades: int
    count: float
    index: float
    index_low: float
    index_high: float
    normalised: float
    log_index: float
    largest_share: float
    initial_index: float
    p_value: float
    p_value_sampling: float


def concentration(counts: Any, initial: Any = None, *, level: float = 0.95) -> Concentration:
    """Herfindahl's index of grade counts (or weights), and its test against the initial counts.

    ECB statistic: 1 − Φ(√(K − 1) (CV − CV₀) / √(CV² (0.5 + CV²))), CV = √(K Σ (s − 1/K)²). Source: ECB 2019,
    Instructions for reporting the validation results of internal models, concentration in rating grades (formula
    recalled). It knows nothing of the number of rows; `p_value_sampling` does: the variance of Σ s² is
    4 (Σ s³ − (Σ s²)²) / n.

    >>> round(concentration([50, 30, 20]).index, 4)
    0.38
    """
    held = _shares("counts", counts)
    size = len(held)
    index, spread = _index(held, float(np.sum(column("counts", counts))))
    cv = (size * float(np.sum((held - 1 / size) ** 2))) ** 0.5
    first, p_value, p_sampling = (float("nan"),) * 3
    if initial is not None:
        before = _shares("initial", initial)
        if len(before) != size:
            raise InputError("modelling.grades_first_now", before_count=len(before), size=size, where="initial")
        cv_0 = (size * float(np.sum((before - 1 / size) ** 2))) ** 0.5
        first, spread_0 = _index(before, float(np.sum(column("initial", initial))))
        scale = (cv**2 * (0.5 + cv**2)) ** 0.5
        p_value = float(normal_tail((size - 1) ** 0.5 * (cv - cv_0) / scale)) if scale else 1.0
        both = (spread + spread_0) ** 0.5
        p_sampling = float(normal_tail((index - first) / both)) if both else (0.0 if index > first else 1.0)
    reach = normal_quantile(level) * spread**0.5
    return Concentration(
        grades=size,
        count=float(np.sum(column("counts", counts))),
        index=index,
        index_low=max(1 / size, index - reach),
        index_high=min(1.0, index + reach),
        normalised=(index - 1 / size) / (1 - 1 / size) if size > 1 else 1.0,
        log_index=1 + float(np.log((cv**2 + 1) / size) / np.log(size)) if size > 1 else 1.0,
        largest_share=float(held.max()),
        initial_index=first,
        p_value=p_value,
        p_value_sampling=p_sampling,
    )


def _shares(name: str, counts: Any) -> Any:
    held = column(name, counts)
    if not len(held) or (held < 0).any() or not held.any():
        raise InputError("modelling.counts_grades_negative_all_zero", where=name)
    return held / float(np.sum(held))


def _index(shares: Any, count: float) -> tuple[float, float]:
    """Σ s² and its sampling variance."""
    index = float(np.sum(shares**2))
    return index, max(0.0, 4 * (float(np.sum(shares**3)) - index**2) / count)

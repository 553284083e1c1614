"""Weights that give a sample the event rate of its population, and the words that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import UsageError
from creditscore.core.i18n import label_of
from creditscore.modelling.models.inputs import Floats, both_classes
from creditscore.modelling.validation.metrics.inputs import outcomes, weights

if TYPE_CHECKING:
    from creditscore.modelling.registry.grading_model import GradingModel

__all__ = ["describe_weighting", "population_weights", "rate_of_population"]


def population_weights(y: Any, weight: Any, rate: float) -> Floats:
    """Correct a sample for its prior shift: weights under which the event is as frequent as in the population.

    y       outcomes 0/1, shape (n,); `weight`: of the rows, or None
    rate    share of events in the population, inside (0, 1)

    Events are multiplied by rate / r and the others by (1 − rate) / (1 − r), r the weighted share of events in the
    sample: within each outcome nothing changes, and the sum of the weights stays. Right where rows were sampled by
    their outcome and by nothing else. Elkan (2001), The foundations of cost-sensitive learning, IJCAI 17, 973-978.

    >>> population_weights([1, 1, 0, 0], None, 0.1).tolist()
    [0.2, 0.2, 1.8, 1.8]
    """
    check_rate(rate)
    y = outcomes(y)
    given = weights(weight, len(y))
    both_classes(y[given > 0], "the correction to the rate of a population")
    share = float(given @ y) / float(given.sum())
    return np.asarray(given * np.where(y == 1, rate / share, (1 - rate) / (1 - share)))


def check_rate(rate: Any, where: str = "population_rate") -> None:
    """UsageError unless it is a share inside (0, 1)."""
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.number) or not 0 < rate < 1:
        raise UsageError("modelling.rate", rate=rate, where=where)


def rate_of_population(model: GradingModel, asked: float | None, own: bool) -> float | None:
    """The event rate to weight rows to, or None to take them as they are.

    `asked`: a rate, 0 for rows as they are, None for the model's `central_tendency` on the table of its fit (`own`):
    other rows are what they are until somebody says that they are a sample.
    """
    if asked is None:
        return model.population_rate if own else None
    if asked == 0:
        return None
    check_rate(asked)
    return float(asked)


def describe_weighting(rate: float, sample_rate: float) -> dict[str, str]:
    """What was done to the rows, zh and en."""
    return label_of("models", "weighting", f"{rate:.2%}", f"{sample_rate:.2%}").model_dump()

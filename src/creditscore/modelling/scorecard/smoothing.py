"""How smooth: a common factor on the penalties, chosen on whole groups that were left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.features.draws import Units
from creditscore.modelling.scorecard.additive import Block, fit_additive
from creditscore.modelling.scorecard.cross_table import deviance

Floats = NDArray[np.float64]

FOLDS = 4


@dataclass(frozen=True)
class Smoothing:
    """`factor` on the penalties, and what was tried: (factor, deviance per row on groups left out)."""

    factor: float = 1.0
    tried: tuple[tuple[float, float], ...] = ()


def folds(event: Floats, groups: NDArray[np.generic], number: int = FOLDS) -> NDArray[np.int64]:
    """Fold of each row: whole groups share one, and each fold has its share of the groups with an event."""
    import pandas as pd

    names = pd.Series(np.asarray(groups).astype(str))
    return Units.of(np.zeros(len(names), dtype=np.uint64), names).deal(event, number, 0)


def choose_smoothing(
    codes: NDArray[np.uint8],
    blocks: list[Block],
    event: Floats,
    weight: Floats,
    penalties: Floats,
    start: Floats,
    groups: NDArray[np.generic],
) -> Smoothing:
    """The factor on the penalties with the least deviance on groups left out: factors of three up or down from 1 while
    it gets better.
    """
    fold = folds(event, groups)
    parts = []
    for fold_number in range(FOLDS):
        inside = fold != fold_number
        if not inside.all() and 0 < float(weight[inside] @ event[inside]) < float(weight[inside].sum()):
            parts.append((inside, ~inside))
    if not parts:
        return Smoothing()
    starts = [start] * len(parts)
    curvatures: list[Any] = [None] * len(parts)
    tried: dict[float, float] = {}

    def loss(factor: float) -> float:
        total = mass = 0.0
        for i, (inside, outside) in enumerate(parts):
            fit = fit_additive(
                codes[:, inside],
                blocks,
                event[inside],
                weight[inside],
                penalties=penalties * factor,
                start=starts[i],
                curvature=curvatures[i],
                tolerance=1e-3,
            )
            starts[i], curvatures[i] = fit.coefficients, fit.curvature
            eta = np.full(int(outside.sum()), fit.intercept)
            for effect, code in zip(fit.effects, codes[:, outside], strict=True):
                eta += effect.take(code)
            total += deviance(eta, event[outside], weight[outside])
            mass += float(weight[outside].sum())
        tried[factor] = total / mass
        return total / mass

    factor, best = 1.0, loss(1.0)
    for step in (3.0, 1 / 3.0):
        while 0.03 < factor * step < 3000 and loss(factor * step) < best:
            factor *= step
            best = tried[factor]
        if factor != 1.0:
            break
    return Smoothing(factor, tuple(tried.items()))

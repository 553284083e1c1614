"""Effects per bin on the log-odds of the event: the additive fit with its shapes, or one slope per weight of
evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.additive import Block, fit_additive
from creditscore.modelling.binning import by_policy, woe_of
from creditscore.modelling.bins import Bins, tally
from creditscore.modelling.cross_table import Rows
from creditscore.modelling.logistic import probability_of
from creditscore.modelling.shapes import choose
from creditscore.modelling.smoothing import Smoothing, choose_smoothing

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

SHARED = 2500.0  # events per degree of freedom with which the common penalty is believed, between 1 and 10 of them


@dataclass(frozen=True)
class Effects:
    """What a fit says of each column: its bins with their trend, and an effect per bin with mean 0 over the rows."""

    bins: tuple[Bins, ...]
    intercept: float
    effects: tuple[Floats, ...]
    converged: bool = True
    freedom: dict[str, float] = field(default_factory=dict)
    smoothing: Smoothing = field(default_factory=Smoothing)
    slopes: dict[str, float] = field(default_factory=dict)


def additive_effects(
    bins: list[Bins],
    codes: Codes,
    event: Floats,
    weight: Floats,
    trend: Callable[[str], str],
    smoothing: Any = "auto",
    groups: NDArray[Any] | None = None,
) -> Effects:
    """Penalties by restricted likelihood without shapes; then shapes, the factor on the penalties, and the fit
    itself.
    """
    blocks = [Block(b.ordinary, b.total - b.ordinary) if b.kind == "number" else Block(0, b.total) for b in bins]
    fewer = min(float(weight @ event), float(weight.sum()) - float(weight @ event))
    prior = float(np.clip(SHARED / max(fewer, 1e-9), 1.0, 10.0))
    first = fit_additive(codes, blocks, event, weight, prior=prior, tolerance=1e-2)
    eta = Rows(codes, [b.bins for b in blocks], event, weight).predictor(
        first.intercept, np.concatenate(first.effects) if first.effects else np.zeros(0)
    )
    p = probability_of(eta)
    curvature = weight * p * (1 - p)
    shaped = list(bins)
    for j, b in enumerate(bins):
        if b.kind == "number":
            heavy = tally(codes[j], curvature, b.total)[: b.ordinary]
            name, signs = choose(first.effects[j][: b.ordinary], heavy, trend(b.name))
            shaped[j], blocks[j] = replace(b, trend=name), replace(blocks[j], signs=signs)
    penalties = np.array(first.penalties)
    factor = Smoothing(1.0 if smoothing == "auto" else float(smoothing))
    if smoothing == "auto" and bins and groups is not None:
        factor = choose_smoothing(codes, blocks, event, weight, penalties, first.coefficients, groups)
    fit = fit_additive(
        codes,
        blocks,
        event,
        weight,
        penalties=penalties * factor.factor,
        start=first.coefficients,
        curvature=first.curvature,
    )
    freedom = {b.name: f for b, f in zip(bins, first.freedom, strict=True)}
    return Effects(tuple(shaped), fit.intercept, fit.effects, fit.converged, freedom, factor)


def woe_effects(
    bins: list[Bins], codes: Codes, event: Floats, weight: Floats, policies: Callable[[str], tuple[str, str]]
) -> Effects:
    """A logistic regression with one slope per column on its weights of evidence."""
    from sklearn.linear_model import LogisticRegression

    if not bins:
        rate = float(weight @ event) / float(weight.sum())
        return Effects((), float(np.log(rate / (1 - rate))), ())
    woes = []
    for b, code in zip(bins, codes, strict=True):
        counts, events = tally(code, weight, b.total), tally(code, weight * event, b.total)
        woes.append(by_policy(woe_of(counts, events), counts, b, *policies(b.name)))
    matrix = np.stack([w.take(c) for w, c in zip(woes, codes, strict=True)], axis=1)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(matrix, event, sample_weight=weight)
    slopes = [float(s) for s in model.coef_[0]]
    means = [float(m) for m in np.average(matrix, axis=0, weights=weight)]
    intercept = float(model.intercept_[0]) + sum(s * m for s, m in zip(slopes, means, strict=True))
    effects = tuple(s * (w - m) for s, w, m in zip(slopes, woes, means, strict=True))
    return Effects(tuple(bins), intercept, effects, slopes={b.name: s for b, s in zip(bins, slopes, strict=True)})

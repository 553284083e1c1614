"""From effects to rows of a card: scaling, rounding, neutral and worst values, neighbours with equal points joined."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.binning import by_policy, woe_of
from creditscore.modelling.bins import Bins
from creditscore.modelling.table import BASE, Row, rows_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """`base_score` points at odds `base_odds` good to bad; `pdo` points double them."""

    base_score: float
    base_odds: float
    pdo: float
    whole: bool

    @property
    def factor(self) -> float:
        """Points per unit of log-odds."""
        return self.pdo / math.log(2.0)

    def points(self, effects: Floats) -> Floats:
        """Points of effects on the log-odds of the event, rounded (half to even) in a card of whole points."""
        points = -self.factor * effects
        return np.round(points) + 0.0 if self.whole else points

    def base(self, intercept: float) -> Row:
        points = float(self.points(np.array([intercept + math.log(self.base_odds)]))[0]) + self.base_score
        return Row(BASE, "", 0.0, 0.0, 0.0, float(round(points)) if self.whole else points, role="base")


def equal(a: float, b: float) -> bool:
    return abs(a - b) < 1e-9


def joined(bins: Bins, points: Floats, counts: Floats, events: Floats) -> tuple[Bins, Floats, Floats, Floats]:
    """Ordinary bins of equal points made one: neighbours of a number, any of a category."""
    k = bins.ordinary
    if k < 2:
        return bins, points, counts, events
    if bins.kind == "number":
        starts = [0, *[i for i in range(1, k) if not equal(points[i], points[i - 1])]]
        merged, first = bins.merged(starts), starts
        own = [np.add.reduceat(v[:k], starts) for v in (counts, events)]
    else:
        order = sorted(range(k), key=lambda i: (-points[i], bins.groups[i]))
        cut = [0, *[n for n in range(1, k) if not equal(points[order[n]], points[order[n - 1]])], k]
        stretches = [order[a:b] for a, b in itertools.pairwise(cut)]
        merged = replace(bins, groups=tuple(tuple(sorted(sum((bins.groups[i] for i in s), ()))) for s in stretches))
        first = [s[0] for s in stretches]
        own = [np.array([v[s].sum() for s in stretches]) for v in (counts, events)]
    tails = [v[k:] for v in (points, counts, events)]
    whole = [np.concatenate([o, tail]) for o, tail in zip([points[first], *own], tails, strict=True)]
    return merged, whole[0], whole[1], whole[2]


def variable_rows(
    bins: Bins,
    effects: Floats,
    counts: Floats,
    events: Floats,
    scaling: Scaling,
    *,
    missing: str,
    unseen: str,
    by_hand: bool,
    reason: str,
    basis: str,
) -> list[Row] | None:
    """Rows of one variable; None where no row of the table has points. `missing`, `unseen`: own, neutral, worst or
    error.

    Points are centred: 0 is the mean of the population of the fit, which is what neutral means.
    """
    points = scaling.points(effects)
    policies = ["neutral" if p == "error" else p for p in (missing, unseen)]
    points = by_policy(points, counts, bins, *policies)
    points = np.round(points) + 0.0 if scaling.whole else points
    if not np.any(np.abs(points[counts > 0]) > 1e-9):
        return None
    if not by_hand:
        bins, points, counts, events = joined(bins, points, counts, events)
    shown: list[float | None] = [float(p) for p in points]
    for code, policy in ((bins.missing, missing), (bins.missing + 1, unseen)):
        if policy == "error" and code < bins.total:
            shown[code] = None
    return rows_of(bins, counts, events, woe_of(counts, events), shown, reason, basis)

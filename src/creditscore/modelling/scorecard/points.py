"""From effects to rows of a card: scaling, rounding, neutral and worst values, neighbours with equal points joined."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.scorecard.binning import by_policy, woe_of
from creditscore.modelling.scorecard.bins import Bins
from creditscore.modelling.scorecard.findings import shorten
from creditscore.modelling.scorecard.table import BASE, Row, rows_of

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


def joined(bins: Bins, points: Floats) -> tuple[Bins, list[list[int]]]:
    """Ordinary bins of equal points made one (neighbours of a number, any of a category), and which old codes each code
    now stands for.
    """
    k = bins.ordinary
    rest = [[code] for code in range(k, bins.total)]
    order = list(range(k)) if bins.kind == "number" else sorted(range(k), key=lambda i: (-points[i], bins.groups[i]))
    starts = [0, *[n for n in range(1, k) if not equal(points[order[n]], points[order[n - 1]])]]
    stretches = [order[a:b] for a, b in itertools.pairwise([*starts, k])] if k else []
    if bins.kind == "number":
        return bins.merged(starts), [*stretches, *rest]
    groups = tuple(tuple(sorted(sum((bins.groups[i] for i in codes), ()))) for codes in stretches)
    return replace(bins, groups=groups), [*stretches, *rest]


def errors_of(
    covariance: Floats, counts: Floats, points: Floats, stretches: list[list[int]], bins: Bins, policies: list[str]
) -> list[float | None]:
    """Standard error of each bin's effect after `stretches` were joined; None where the points are no estimate.

    The points of a policy are none, but for `worst`, which are those of the worst bin that has rows.
    """
    errors: list[float | None] = []
    for codes in stretches:
        own = counts[codes]
        if own.sum() <= 0:
            errors.append(None)
            continue
        share = own / own.sum()
        errors.append(float(np.sqrt(max(float(share @ covariance[np.ix_(codes, codes)] @ share), 0.0))))
    seen = [place for place, codes in enumerate(stretches) if max(codes) < bins.missing and counts[codes].sum() > 0]
    worst = min(seen, key=lambda place: points[stretches[place][0]], default=None)
    for code, policy in ((bins.missing, policies[0]), (bins.missing + 1, policies[1])):
        if code < bins.total and policy != "own":
            place = code - bins.total
            errors[place] = errors[worst] if policy == "worst" and worst is not None else None
    return errors


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
    covariance: Floats | None = None,
) -> list[Row] | None:
    """Rows of one variable; None where no row of the table has points. `missing`, `unseen`: own, neutral, worst or
    error. `covariance`: of the effects of the bins.

    Points are centred: 0 is the mean of the population of the fit, which is what neutral means.
    """
    points = scaling.points(effects)
    policies = ["neutral" if p == "error" else p for p in (missing, unseen)]
    points = by_policy(points, counts, bins, *policies)
    points = np.round(points) + 0.0 if scaling.whole else points
    if not np.any(np.abs(points[counts > 0]) > 1e-9):
        return None
    original, stretches = bins, [[code] for code in range(bins.total)]
    if not by_hand and bins.ordinary > 1:
        bins, stretches = joined(bins, points)
    errors: list[float | None] = [None] * len(stretches)
    if covariance is not None:
        errors_of_points = errors_of(covariance, counts, points, stretches, original, policies)
        errors = [None if error is None else shorten(scaling.factor * error) for error in errors_of_points]
    counts, events = (np.array([values[codes].sum() for codes in stretches]) for values in (counts, events))
    points = np.array([points[codes[0]] for codes in stretches])
    shown_points: list[float | None] = [float(p) for p in points]
    for code, policy in ((bins.missing, missing), (bins.missing + 1, unseen)):
        if policy == "error" and code < bins.total:
            shown_points[code] = None
    return rows_of(bins, counts, events, woe_of(counts, events), shown_points, reason, basis, errors)

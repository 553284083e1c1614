"""Which columns of an additive fit can be told from zero, read off its quadratic without another pass over the rows.

With H the curvature of the log-likelihood and Λ the penalties, column j has the block V of (H + Λ)⁻¹ and coefficients
θ. S = V⁻¹ - Λⱼ is the variance of its score given the others, u = V⁻¹θ its score were it left out: both are free of its
own penalty. Where rows belong together S is the sum over clusters of score times score'.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.models.logistic import probability_of
from creditscore.modelling.scorecard.additive import Block, Design, likelier, penalised
from creditscore.modelling.scorecard.cross_table import Rows, cross_table
from creditscore.modelling.scorecard.score_tests import compute_p

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

__all__ = ["Quadratic", "Standing", "cluster_scores", "eliminate", "measure", "restrict", "sharpen", "thin"]

FALSE_SHARE = 5.0  # times the greatest p: the share of chance accepted among what stays
ANYTHING = 0.02  # chance with which a table of noise may keep anything at all
CLUSTERS = 1 << 11  # clusters summed at a time
NEAR = 0.05  # degrees of freedom by which a column's own penalty may still move it
OWN = 1e-6  # degrees of freedom with which the common penalty is believed where each column has its own


@dataclass(frozen=True)
class Quadratic:
    """The likelihood around a fit: curvature `h`, linear part `b` (the intercept first), penalties, the solution
    `theta` and its posterior covariance `v`.

    `predictor`: the log-odds where it was taken. `scores`: Σ over clusters of score times score', where rows belong
    together.
    """

    design: Design
    h: Floats
    b: Floats
    penalties: Floats
    theta: Floats
    v: Floats
    predictor: Floats
    scores: Floats | None = None

    def at(self, j: int) -> NDArray[np.intp]:
        """Places of the coefficients of column j."""
        return 1 + np.arange(self.design.ends[j], self.design.ends[j + 1])

    def parts(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """0 for steps between ordered bins, 1 for free bins."""
        part: NDArray[np.intp] = self.design.group[places - 1] % 2
        return part

    def of(self, columns: Sequence[int]) -> NDArray[np.intp]:
        """Places of the intercept and of the coefficients of these columns."""
        return np.concatenate([np.zeros(1, dtype=np.intp), *[self.at(j) for j in columns]])

    def covariance(self, j: int, counts: Floats) -> Floats:
        """Covariance of the effects of the bins of column j, their mean over the rows being 0."""
        i, m = self.at(j), self.design.matrices[j]
        own = self.v[np.ix_(i, i)]
        if self.scores is not None:
            lam = np.concatenate([[0.0], self.penalties[self.design.group]])
            own = self.v[i] @ (self.scores + np.diag(lam)) @ self.v[:, i]
        centred = m - (counts @ m) / max(float(counts.sum()), 1e-300)
        result: Floats = centred @ own @ centred.T
        return result


def measure(
    codes: Codes,
    blocks: list[Block],
    event: Floats,
    weight: Floats,
    coefficients: Floats,
    penalties: Sequence[float],
    predictor: Floats | None = None,
) -> Quadratic:
    """The quadratic at a fit: one pass over the rows. `predictor`: log-odds of a fit that has other coefficients; then
    the covariance alone has a meaning.
    """
    rows = Rows(codes, [b.bins for b in blocks], event, weight)
    counts = rows.sums(weight)
    design = Design(blocks, [counts[a:b] for a, b in itertools.pairwise(rows.ends)])
    x = coefficients
    eta = rows.predictor(float(x[0]), design.effects(x[1:])) if predictor is None else predictor
    p = probability_of(eta)
    w, residual = weight * p * (1 - p), weight * (event - p)
    table = cross_table(codes, rows.bins, w)
    h = np.empty((len(x), len(x)))
    h[1:, 1:] = design.hessian(table)
    h[0, 1:] = h[1:, 0] = design.gradient(np.diag(table).copy())
    h[0, 0] = w.sum()
    b = h @ x + np.concatenate([[residual.sum()], design.gradient(rows.sums(residual))])
    return solve(design, h, b, np.asarray(penalties, dtype=np.float64), eta)


def restrict(q: Quadratic, columns: Sequence[int], weights: Sequence[Floats], penalties: Floats) -> Quadratic:
    """The quadratic of some of its columns under other penalties; `weights`: counts of their bins."""
    i = q.of(columns)
    design = Design([q.design.blocks[j] for j in columns], list(weights))
    quadratic = solve(design, q.h[np.ix_(i, i)], q.b[i], penalties, q.predictor)
    return quadratic if q.scores is None else replace(quadratic, scores=q.scores[np.ix_(i, i)])


def solve(design: Design, h: Floats, b: Floats, penalties: Floats, predictor: Floats) -> Quadratic:
    """Solution and posterior covariance of a quadratic under its penalties."""
    from scipy.linalg import cho_factor, cho_solve

    v = cho_solve(cho_factor(penalised(h, design, penalties), lower=True, check_finite=False), np.eye(len(b)))
    theta = v @ b
    return Quadratic(design, h, b, penalties, theta, v, predictor)


def sharpen(q: Quadratic, most: int = 20) -> Quadratic:
    """The same quadratic with each column's own penalty by restricted likelihood, not drawn to the common one: noise
    must not smooth away what real columns say, or their correlates look real.
    """
    penalties = np.asarray(q.penalties, dtype=np.float64)
    in_group = np.bincount(q.design.group, minlength=q.design.groups).astype(np.float64)
    before = in_group
    for _ in range(most if q.design.groups else 0):
        penalties, freedom = likelier(q.h, q.b, q.design, penalties, in_group, OWN)
        if float(np.abs(freedom - before).max()) < NEAR:
            break
        before = freedom
    return solve(q.design, q.h, q.b, penalties, q.predictor)


def cluster_scores(q: Quadratic, codes: Codes, event: Floats, weight: Floats, groups: NDArray[Any]) -> Quadratic:
    """The quadratic with the scores of clusters summed, so that tests and errors allow for rows that belong together.

    Σ over clusters of score times score' at its predictor, with G / (G - 1) for G clusters.
    """
    _, place = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    clusters = int(place.max()) + 1
    residual = weight * (event - probability_of(q.predictor))
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(0, clusters + CLUSTERS, CLUSTERS))
    total = np.zeros_like(q.h)
    for k, (a, b) in enumerate(itertools.pairwise(starts)):
        mine = order[a:b]
        if not mine.size:
            continue
        local, own = place[mine] - k * CLUSTERS, residual[mine]
        size = min(CLUSTERS, clusters - k * CLUSTERS)
        sums: list[Floats] = [np.bincount(local, own, size).astype(np.float64)[:, None]]
        for m, code in zip(q.design.matrices, codes, strict=True):
            bins = len(m)
            sums.append(np.bincount(local * bins + code[mine], own, size * bins).reshape(size, bins) @ m)
        score = np.concatenate(sums, axis=1)
        total += score.T @ score
    return replace(q, scores=total * (clusters / max(clusters - 1, 1)))


def thin(
    q: Quadratic, codes: Codes, blocks: list[Block], event: Floats, weight: Floats, groups: NDArray[Any]
) -> tuple[Quadratic, Quadratic]:
    """The quadratic with scores of clusters, and the same thinned out for judging.

    Rows that belong together count as the fewer that they are worth, or noise takes up so many degrees of freedom that
    what is left of the scores says nothing. What they are worth is seen first where no column has an effect, then at
    the fit which that gives.
    """
    mean = float(weight @ event) / float(weight.sum())
    quadratic = replace(q, predictor=np.full(len(event), np.log(mean / (1 - mean))))
    rows = Rows(codes, [b.bins for b in blocks], event, weight)
    for _ in range(2):
        quadratic = cluster_scores(quadratic, codes, event, weight, groups)
        worth = design_effect(quadratic)
        judged = sharpen(solve(q.design, q.h / worth, q.b / worth, q.penalties, q.predictor))
        eta = rows.predictor(float(judged.theta[0]), q.design.effects(judged.theta[1:]))
        quadratic = replace(quadratic, predictor=eta)
    quadratic = cluster_scores(quadratic, codes, event, weight, groups)
    assert quadratic.scores is not None
    return replace(q, scores=quadratic.scores), replace(judged, scores=quadratic.scores / worth**2)


def design_effect(q: Quadratic) -> float:
    """How many rows count as one, at most: the variance of the scores of clusters over that of rows, by column."""
    assert q.scores is not None
    summed, rowwise = np.diag(q.scores), np.diag(q.h)
    ratios = [float(summed[q.at(j)].sum() / max(rowwise[q.at(j)].sum(), 1e-300)) for j in range(len(q.design.blocks))]
    return max([1.0, *ratios])


@dataclass(frozen=True)
class Standing:
    """What the elimination found of a column: whether it stays, p as it left or stayed, the gain in deviance, its
    effective degrees of freedom, in which place it left (0: it stayed), the share of its information that no other
    column has, and coefficients with covariance as it did.
    """

    stays: bool
    p: float
    gain: float
    freedom: float
    left_as: int
    apart: float
    theta: Floats
    covariance: Floats


def eliminate(q: Quadratic, most: float, columns: int, forced: Sequence[int] = ()) -> list[Standing]:
    """Columns leave one by one, the one with the largest p first, while that is above `most`, or above
    `FALSE_SHARE` · most · k / `columns` with k left (Benjamini and Hochberg from below), or no p is below
    `ANYTHING` / `columns` (Bonferroni): then there may be no effect at all.

    The others are solved anew after each by a Schur complement. A p is computed afresh before its column goes, and all
    are before the end. `columns`: how many were looked at, at least those of the fit. `forced` ones stay.
    """
    total = len(q.design.blocks)
    left, bound = set(range(total)), set(forced)
    theta, v = q.theta.copy(), q.v.copy()
    lam = np.concatenate([[0.0], q.penalties[q.design.group]]) if total else np.zeros(1)
    standing: dict[int, Standing] = {}
    p: dict[int, float] = {}

    def look(j: int) -> float:
        i = q.at(j)
        own = v[np.ix_(i, i)]
        inverse: Any = np.linalg.inv(own)
        variance = inverse - np.diag(lam[i])
        if q.scores is not None:
            half = inverse @ v[i]
            variance = half @ q.scores @ half.T
        return compute_p(inverse @ theta[i], variance, q.parts(i))

    def stand(j: int, stays: bool, place: int) -> Standing:
        i = q.at(j)
        own = v[np.ix_(i, i)]
        freedom = float(len(i) - lam[i] @ np.diag(own))
        gain = float(theta[i] @ np.linalg.solve(own, theta[i]))
        apart = float((np.linalg.inv(own).trace() - lam[i].sum()) / max(q.h[np.ix_(i, i)].trace(), 1e-300))
        return Standing(stays, p[j], gain, freedom, place, min(apart, 1.0), theta[i].copy(), own.copy())

    p = {j: look(j) for j in left}
    fresh = set(left)
    free = max(columns - len(bound), 1)
    while left - bound:
        worst = max(left - bound, key=lambda j: (p[j], j))
        if worst not in fresh:
            p[worst] = look(worst)
            fresh.add(worst)
            continue
        if p[worst] <= min(most, FALSE_SHARE * most * len(left - bound) / free):
            stale = left - fresh
            if not stale and min(p[j] for j in left - bound) <= ANYTHING / free:
                break
            if stale:
                p |= {j: look(j) for j in stale}
                fresh |= stale
                continue
        standing[worst] = stand(worst, False, len(standing) + 1)
        left.remove(worst)
        fresh = set()
        i = q.at(worst)
        half = np.linalg.solve(v[np.ix_(i, i)], np.column_stack([theta[i], v[i]]))
        theta -= v[:, i] @ half[:, 0]
        v -= v[:, i] @ half[:, 1:]
        v[i], v[:, i] = 0.0, 0.0
    p |= {j: look(j) for j in left - fresh}
    return [standing[j] if j in standing else stand(j, True, 0) for j in range(total)]

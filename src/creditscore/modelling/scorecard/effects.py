"""Effects per bin on the log-odds of the event: the additive fit with its shapes, or one slope per weight of
evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.models.logistic import probability_of
from creditscore.modelling.scorecard.additive import Curvature, fit_additive
from creditscore.modelling.scorecard.binning import by_policy, woe_of
from creditscore.modelling.scorecard.bins import Bins, tally
from creditscore.modelling.scorecard.coding import Coded
from creditscore.modelling.scorecard.cross_table import Rows
from creditscore.modelling.scorecard.evidence import Quadratic, cluster_scores, measure, restrict
from creditscore.modelling.scorecard.findings import ColumnEvidence
from creditscore.modelling.scorecard.screening import (
    EVIDENCE,
    Rule,
    Screened,
    block_of,
    find_told,
    is_negligible,
    screen,
    spread_of,
)
from creditscore.modelling.scorecard.shapes import choose
from creditscore.modelling.scorecard.smoothing import Smoothing, choose_smoothing

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

SHARED = 2500.0  # events per degree of freedom with which the common penalty is believed, between 1 and 10 of them
SLIGHT = 0.1  # precision with which the log-odds of a merged bin are held to zero where its error is sought


@dataclass(frozen=True)
class Effects:
    """What a fit says of each column that stays: its bins with their trend, and an effect per bin with mean 0 over the
    rows, `codes` of the rows, and the covariance of the effects. `evidence` is of all columns, spreads in log-odds.
    """

    bins: tuple[Bins, ...]
    intercept: float
    effects: tuple[Floats, ...]
    codes: Codes
    covariances: tuple[Floats, ...] = ()
    evidence: tuple[ColumnEvidence, ...] = ()
    converged: bool = True
    freedom: dict[str, float] = field(default_factory=dict)
    smoothing: Smoothing = field(default_factory=Smoothing)
    slopes: dict[str, float] = field(default_factory=dict)


def shared_prior(event: Floats, weight: Floats) -> float:
    """Degrees of freedom with which the common penalty is believed: more where events are few."""
    fewer = min(float(weight @ event), float(weight.sum()) - float(weight @ event))
    return float(np.clip(SHARED / max(fewer, 1e-9), 1.0, 10.0))


def additive_effects(
    bins: list[Bins],
    codes: Codes,
    event: Floats,
    weight: Floats,
    trend: Callable[[str], str],
    smoothing: Any = "auto",
    groups: NDArray[Any] | None = None,
    rule: Rule | None = None,
) -> Effects:
    """Penalties by restricted likelihood without shapes, from which columns without evidence leave; then penalties and
    shapes of those that stay, the factor on the penalties, and the fit itself.
    """
    rule = rule or Rule(None)
    blocks = [block_of(b) for b in bins]
    prior = shared_prior(event, weight)
    first = fit_additive(codes, blocks, event, weight, prior=prior, tolerance=1e-2)
    screened = screen(bins, codes, event, weight, first, rule, groups)
    whole, q = (tuple(bins), codes), screened.quadratic
    if len(screened.stays) < len(bins):
        i = q.of(screened.stays)
        curvature = Curvature(q.design, q.h[np.ix_(i, i)], q.predictor)
        bins, blocks = [bins[j] for j in screened.stays], [blocks[j] for j in screened.stays]
        codes = codes[screened.stays]
        first = fit_additive(
            codes,
            blocks,
            event,
            weight,
            prior=prior,
            tolerance=1e-2,
            start=first.coefficients[i],
            curvature=curvature,
        )
    eta = Rows(codes, [b.bins for b in blocks], event, weight).predictor(
        first.intercept, np.concatenate(first.effects) if first.effects else np.zeros(0)
    )
    p = probability_of(eta)
    curvature_of_rows = weight * p * (1 - p)
    shaped = list(bins)
    for j, b in enumerate(bins):
        if b.kind == "number":
            heavy = tally(codes[j], curvature_of_rows, b.total)[: b.ordinary]
            name, signs = choose(first.effects[j][: b.ordinary], heavy, trend(b.name))
            shaped[j], blocks[j] = replace(b, trend=name), replace(blocks[j], signs=signs)
    penalties = np.array(first.penalties)
    factor = Smoothing(1.0 if smoothing == "auto" else float(smoothing))
    if smoothing == "auto" and bins and groups is not None:
        factor = choose_smoothing(codes, blocks, event, weight, penalties, first.coefficients, groups)
    penalties = penalties * factor.factor
    fit = fit_additive(
        codes,
        blocks,
        event,
        weight,
        penalties=penalties,
        start=first.coefficients,
        curvature=first.curvature,
    )
    counts = [tally(code, weight, b.total) for code, b in zip(codes, bins, strict=True)]
    own = restrict(q, screened.stays, counts, penalties)
    effects = Effects(
        tuple(shaped),
        fit.intercept,
        fit.effects,
        codes,
        tuple(own.covariance(j, count) for j, count in enumerate(counts)),
        converged=fit.converged,
        freedom={b.name: f for b, f in zip(bins, first.freedom, strict=True)},
        smoothing=factor,
    )
    return conclude(effects, whole, weight, screened, rule)


def conclude(
    effects: Effects, whole: tuple[tuple[Bins, ...], Codes], weight: Floats, screened: Screened, rule: Rule
) -> Effects:
    """The effects without negligible columns, and the evidence of every column that was judged."""
    place = {b.name: j for j, b in enumerate(effects.bins)}
    tellable = find_told(screened.standing, max(rule.columns, len(whole[0])))
    evidence, slight = [], set()
    for j, (b, code, standing) in enumerate(zip(*whole, screened.standing, strict=True)):
        k = place.get(b.name)
        if k is None:
            counts = tally(code, weight, b.total)
            effect, covariance = effect_at_leaving(screened.quadratic, j, standing.theta, standing.covariance, counts)
            why = "no_evidence"
        else:
            counts = tally(effects.codes[k], weight, effects.bins[k].total)
            effect, covariance = effects.effects[k], effects.covariances[k]
            if b.name in rule.forced:
                why = "evidence" if standing.p <= (EVIDENCE if rule.level is None else rule.level) else "forced"
            elif rule.level is not None and is_negligible(effect, counts, standing.apart):
                why = "negligible"
                slight.add(k)
            else:
                why = "evidence" if standing.stays else "reported"
        inside = k is not None and k not in slight
        evidence.append(
            ColumnEvidence(
                b.name,
                inside,
                inside and j in tellable,
                why,
                standing.p,
                standing.gain,
                standing.freedom,
                *spread_of(effect, covariance, counts),
                left_as=standing.left_as,
            )
        )
    stays = [k for k in range(len(effects.bins)) if k not in slight]
    return replace(
        effects,
        bins=tuple(effects.bins[k] for k in stays),
        effects=tuple(effects.effects[k] for k in stays),
        codes=effects.codes[stays],
        covariances=tuple(effects.covariances[k] for k in stays),
        evidence=tuple(evidence),
    )


def effect_at_leaving(q: Quadratic, j: int, theta: Floats, covariance: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """(effects of the bins of a column as it left, their covariance), the mean over the rows being 0."""
    matrix = q.design.matrices[j]
    matrix = matrix - (counts @ matrix) / max(float(counts.sum()), 1e-300)
    return matrix @ theta, matrix @ covariance @ matrix.T


def woe_effects(
    coded: Coded,
    event: Floats,
    weight: Floats,
    policies: Callable[[str], tuple[str, str]],
    groups: NDArray[Any] | None = None,
    rule: Rule | None = None,
) -> Effects:
    """A logistic regression with one slope per column on its weights of evidence.

    Columns are judged on their bins before these were merged by outcome: weights of evidence have seen the outcome, and
    a test on them would find it again.
    """
    from sklearn.linear_model import LogisticRegression

    rule = rule or Rule(None)
    prior = shared_prior(event, weight)
    judged = (tuple(coded.fine), coded.codes)
    first = fit_additive(coded.codes, list(map(block_of, coded.fine)), event, weight, prior=prior, tolerance=1e-2)
    screened = screen(coded.fine, coded.codes, event, weight, first, rule, groups)
    bins, codes = [coded.merged[j] for j in screened.stays], coded.merged_codes[screened.stays]
    if not bins:
        rate = float(weight @ event) / float(weight.sum())
        empty = Effects((), float(np.log(rate / (1 - rate))), (), codes)
        return conclude(empty, judged, weight, screened, rule)
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
    fitted_effects = Effects(
        tuple(bins),
        intercept,
        effects,
        codes,
        covariances_at(model.decision_function(matrix), bins, codes, event, weight, groups),
        slopes={b.name: s for b, s in zip(bins, slopes, strict=True)},
    )
    return conclude(fitted_effects, judged, weight, screened, rule)


def covariances_at(
    predictor: Floats, bins: list[Bins], codes: Codes, event: Floats, weight: Floats, groups: NDArray[Any] | None
) -> tuple[Floats, ...]:
    """Covariance of the effects of each column's bins, each bin free, at the log-odds of some fit."""
    blocks = [block_of(b) for b in bins]
    size = 1 + sum(max(b.ordered - 1, 0) + b.free for b in blocks)
    q = measure(codes, blocks, event, weight, np.zeros(size), [SLIGHT] * (2 * len(blocks)), predictor)
    if groups is not None:
        q = cluster_scores(q, codes, event, weight, groups)
    return tuple(q.covariance(j, tally(codes[j], weight, b.total)) for j, b in enumerate(bins))

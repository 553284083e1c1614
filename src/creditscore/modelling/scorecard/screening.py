"""Noise leaves: columns of a first fit that cannot be told from zero, and what is known of those that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.scorecard.additive import AdditiveFit, Block
from creditscore.modelling.scorecard.bins import Bins
from creditscore.modelling.scorecard.evidence import Quadratic, Standing, eliminate, measure, sharpen, thin

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

__all__ = ["EVIDENCE", "FLOOR", "Rule", "Screened", "block_of", "find_told", "is_negligible", "screen", "spread_of"]

EVIDENCE = 0.03  # greatest p with which a column stays, unless asked otherwise
TOLD = 0.005  # the share of chance accepted among columns whose bins are told as reasons
FLOOR = float(np.log(2.0) / 20)  # log-odds; one point where 20 points double the odds: less in spread is negligible
FAR = 5.0  # floors by which one bin may lie off zero in a negligible column


@dataclass(frozen=True)
class Rule:
    """By what columns are judged: `level` (the greatest p; None: only report), `forced` columns, and how many `columns`
    were looked at.
    """

    level: float | None
    forced: tuple[str, ...] = ()
    columns: int = 0


@dataclass(frozen=True)
class Screened:
    """Places of the columns that stay, what was found of each, and the quadratic it was read off."""

    stays: list[int]
    standing: list[Standing]
    quadratic: Quadratic


def block_of(bins: Bins) -> Block:
    """How the bins of a column enter the additive fit."""
    return Block(bins.ordinary, bins.total - bins.ordinary) if bins.kind == "number" else Block(0, bins.total)


def screen(
    bins: Sequence[Bins],
    codes: Codes,
    event: Floats,
    weight: Floats,
    first: AdditiveFit,
    rule: Rule,
    groups: NDArray[Any] | None,
) -> Screened:
    """Judge the columns of a first fit; where nothing may leave the verdicts are the same and all columns stay."""
    blocks = [block_of(b) for b in bins]
    q = measure(codes, blocks, event, weight, first.coefficients, first.penalties)
    if groups is None:
        judged = sharpen(q)
    else:
        q, judged = thin(q, codes, blocks, event, weight, groups)
    forced = [j for j, b in enumerate(bins) if b.name in rule.forced]
    level = EVIDENCE if rule.level is None else rule.level
    standing = eliminate(judged, level, max(rule.columns, len(bins)), forced)
    stays = [j for j, column in enumerate(standing) if column.stays or rule.level is None]
    return Screened(stays, standing, q)


def find_told(standing: Sequence[Standing], columns: int) -> set[int]:
    """Columns that may be told: of those that stay, as many of least p as keep the share of chance at `TOLD`."""
    order = sorted((column.p, j) for j, column in enumerate(standing) if column.stays)
    most = max((k for k, (p, _) in enumerate(order, start=1) if p <= TOLD * k / max(columns, 1)), default=0)
    return {j for _, j in order[:most]}


def spread_of(effect: Floats, covariance: Floats, counts: Floats) -> tuple[float, float, float]:
    """(standard deviation of an effect over the rows, and an interval of 95 % by its linear part)."""
    share = counts / max(float(counts.sum()), 1e-300)
    spread = float(np.sqrt(share @ effect**2))
    if spread < 1e-12:
        return 0.0, 0.0, 0.0
    slope = share * effect / spread
    error = float(np.sqrt(max(float(slope @ covariance @ slope), 0.0)))
    return spread, max(spread - 1.96 * error, 0.0), spread + 1.96 * error


def is_negligible(effect: Floats, counts: Floats, apart: float) -> bool:
    """Whether an effect spreads by less than a point, and no bin lies far off. In a column of which others hold all but
    a share `apart` shows what their bins leave over, so that the bound is up to two points.
    """
    floor = FLOOR / min(max(apart, 0.5), 1.0)
    share = counts / max(float(counts.sum()), 1e-300)
    return bool(np.sqrt(share @ effect**2) < floor and np.abs(effect[counts > 0]).max(initial=0.0) < FAR * FLOOR)

"""A trial with known truth: targeted visits and a random arm in a made-up district, and how often intervals are right.

The population is fixed; every replication draws again. The plain reading takes all visited firms alike: those chosen
by risk and by complaint with those drawn. The corrected one takes the random arm with its probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from creditscore.core.errors import UsageError
from creditscore.core.statistics.intervals import jeffreys
from creditscore.modelling.validation.metrics.clusters import observed_to_expected
from creditscore.modelling.validation.metrics.discrimination import auc_interval
from creditscore.modelling.validation.metrics.inputs import Floats, Ints
from creditscore.modelling.validation.random_audit import evaluate_random_arm

if TYPE_CHECKING:
    import pandas as pd

RATIOS = (0.05, 0.10, 0.20, 0.60)  # of the classes A to D
FIGURES = ("rate", "auc", "observed_to_expected")


@dataclass(frozen=True)
class District:
    """Firms of a made-up district: y (is there something to find), the model's p, class 0 to 3, and its strata."""

    y: Floats
    p: Floats
    stratum: Ints
    drawn: Ints
    size: Ints

    @property
    def truth(self) -> dict[str, float]:
        """Rate, AUC and observed to expected over all firms, visited or not."""
        auc, *_ = auc_interval(self.y, self.p)
        return {
            "rate": float(self.y.mean()),
            "auc": auc,
            "observed_to_expected": float(self.y.sum() / self.p.sum()),
        }


def make_district(firms: int = 4000, seed: int = 7) -> District:
    """The model sees one of two causes of risk, and is fitted to firms that complaints brought: it is too high."""
    if firms < 400:
        raise UsageError("modelling.firms", firms=firms)
    rng = np.random.default_rng(seed)
    seen, hidden = rng.normal(size=(2, firms))
    y = (rng.random(firms) < 1 / (1 + np.exp(2.0 - seen - 0.8 * hidden))).astype(np.float64)
    p = 1 / (1 + np.exp(1.5 - 0.9 * seen))
    class_ = np.searchsorted(np.quantile(p, (0.5, 0.8, 0.95)), p).astype(np.int64)
    stratum = class_ * 3 + rng.integers(0, 3, firms)  # three places
    size = np.bincount(stratum, minlength=12)
    drawn = np.maximum(1, np.round(size * np.repeat(RATIOS, 3))).astype(np.int64)
    return District(y, p, stratum.astype(np.int64), drawn, size)


def visits(district: District, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """(places drawn at random, places visited for any reason: also the riskiest, and those complained of)."""
    order = rng.permutation(len(district.y))
    order = order[np.argsort(district.stratum[order], kind="stable")]
    first = np.concatenate([[0], np.cumsum(district.size)[:-1]])
    rank = np.arange(len(order)) - first[district.stratum[order]]
    drawn = np.sort(order[rank < district.drawn[district.stratum[order]]])
    riskiest = np.argsort(-district.p, kind="stable")[: len(order) // 20]
    complained = np.flatnonzero(rng.random(len(order)) < np.where(district.y == 1, 0.15, 0.01))
    return drawn, np.unique(np.concatenate([drawn, riskiest, complained]))


def run_trial(replications: int = 400, seed: int = 7, firms: int = 4000, level: float = 0.95) -> pd.DataFrame:
    """How often the interval holds the truth: `figure, reading, truth, mean, coverage, width`, coverage in [0, 1].

    Deterministic for a seed. The plain reading's coverage is far below `level`, the corrected one's near it.
    """
    import pandas as pd

    if replications < 2:
        raise UsageError("modelling.replications", replications=replications)
    district = make_district(firms, seed)
    truth, rng = district.truth, np.random.default_rng(seed + 1)
    chance = district.drawn / district.size
    sizes = dict(enumerate(district.size.tolist()))
    estimates: dict[tuple[str, str], list[tuple[float, float, float]]] = {
        (figure, reading): [] for figure in FIGURES for reading in ("plain", "corrected")
    }
    for _ in range(replications):
        drawn, visited = visits(district, rng)
        y, p = district.y[visited], district.p[visited]
        low, high = jeffreys(y.sum(), len(y), level)
        estimates["rate", "plain"].append((float(y.mean()), float(low), float(high)))
        auc, _, auc_low, auc_high = auc_interval(y, p, level=level)
        estimates["auc", "plain"].append((auc, auc_low, auc_high))
        estimates["observed_to_expected", "plain"].append(observed_to_expected(y, p, np.ones(len(y)), level))
        stratum = district.stratum[drawn]
        arm = evaluate_random_arm(
            district.y[drawn], district.p[drawn], chance[stratum], strata=stratum, sizes=sizes, level=level
        )
        for figure in FIGURES:
            estimate = getattr(arm, figure)
            if estimate is not None:
                estimates[figure, "corrected"].append((estimate.value, estimate.low, estimate.high))
    rows = []
    for (figure, reading), values in estimates.items():
        array = np.array(values)
        inside = (array[:, 1] <= truth[figure]) & (truth[figure] <= array[:, 2])
        rows.append(
            {
                "figure": figure,
                "reading": reading,
                "truth": truth[figure],
                "mean": float(array[:, 0].mean()),
                "coverage": float(inside.mean()),
                "width": float(np.mean(array[:, 2] - array[:, 1])),
                "replications": len(array),
            }
        )
    return pd.DataFrame(rows)

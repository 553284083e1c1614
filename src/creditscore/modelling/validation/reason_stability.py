"""Are the top reasons the same under other backgrounds: drawn again from the background, with the shares recomputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import UsageError
from creditscore.modelling.models.explain import Explainer, explain, shares_under
from creditscore.modelling.scorecard.reasons import find_told

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STABLE", "Stability", "reason_stability"]

STABLE = 0.9  # project_default: a reason that keeps its place among the first k in fewer draws is called unstable


@dataclass(frozen=True)
class Stability:
    """`table`: one row per explained row and reason (row, rank, column, points, low, high, kept, stable).

    `kept`: share of the drawn backgrounds under which the column is among the first k reasons; `low` and `high`: 5 %
    and 95 % quantiles of its points over them; `stable`: kept >= 0.9.
    """

    table: pd.DataFrame
    draws: int
    background_rows: int
    seed: int

    def of(self, row: int) -> pd.DataFrame:
        """The reasons of one row."""
        return self.table[self.table["row"] == row]


def reason_stability(
    model: Any, X: Any, explainer: Explainer, *, k: int = 4, draws: int = 50, seed: int = 0
) -> Stability:
    """Draw the kept background rows again, `draws` times with replacement, and rank the reasons under each draw.

    Only what costs points is a reason, and of a model that carries evidence only what can be told from zero. For an
    additive model the kept rows are a sample of its background; its pinned means are those of all rows.
    """
    import pandas as pd

    if k < 1 or draws < 2:
        raise UsageError("modelling.k_draws", k=k, draws=draws)
    rows = len(explainer.background())
    pinned = explain(model, X, explainer)
    columns = [str(name) for name in pinned.shares.columns]
    shares = pinned.shares.to_numpy()
    tellable = find_told(model, X, columns, explainer.means) if explainer.algorithm == "additive" else True
    first = _first(np.where(tellable, shares, 0.0), k)
    generator = np.random.default_rng(seed)
    weights = np.stack([np.bincount(generator.integers(0, rows, rows), minlength=rows) for _ in range(draws)])
    drawn = shares_under(model, X, explainer, weights.astype(np.float64))
    times_first = np.sum([_first(np.where(tellable, again, 0.0), k) for again in drawn], axis=0)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    result = []
    for row in range(len(shares)):
        ranked = [at for at in np.argsort(shares[row], kind="stable") if first[row, at]]
        for rank, at in enumerate(ranked, start=1):
            share = float(times_first[row, at]) / draws
            result.append(
                {"row": row, "rank": rank, "column": columns[at], "points": float(shares[row, at])}
                | {"low": float(low[row, at]), "high": float(high[row, at]), "kept": share, "stable": share >= STABLE}
            )
    names = ["row", "rank", "column", "points", "low", "high", "kept", "stable"]
    return Stability(pd.DataFrame(result, columns=names), draws, rows, seed)


def _first(shares: Any, k: int) -> Any:
    """Which columns of each row are among the k that cost most points."""
    order = np.argsort(shares, axis=1, kind="stable")[:, :k]
    mark = np.zeros(shares.shape, dtype=bool)
    np.put_along_axis(mark, order, True, axis=1)
    return mark & (shares < 0)

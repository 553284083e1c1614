"""Migration between grades: the matrix, how far organisations move, whether nearer cells hold more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.grade_tests import coded_grades
from creditscore.modelling.validation.metrics.inputs import Floats, frame, tally, weights

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Migration:
    """Who moved from which grade to which.

    `cells`: one row per (before, after): count, share of the row, and for cells off the diagonal z and p_value of the
    test against the neighbour nearer to the diagonal. `upper` and `lower`: matrix-weighted bandwidths towards worse and
    better grades, 0 (no move farther than needed to count) to 1 (every move as far as possible); NaN where nobody
    moved. `stayed`, `worse`, `better`: shares of all.
    """

    grades: tuple[Any, ...]
    cells: pd.DataFrame
    upper: float
    lower: float
    stayed: float
    worse: float
    better: float


def migration(before: Any, after: Any, order: Sequence[Any], sample_weight: Any = None) -> Migration:
    """The migration matrix of the same organisations at two dates; `order` lists the grades, best first.

    Bandwidths: upper = Σ_{i<j} |i − j| N_i p_ij / Σ_i max(|i − K|, |i − 1|) N_i Σ_{j>i} p_ij, lower alike below the
    diagonal. Test of a cell: z = (p_near − p_far) / √((p_near(1 − p_near) + p_far(1 − p_far) + 2 p_near p_far) / N_i),
    where near is the neighbour one step closer to the diagonal; p_value = Φ(z), small where the farther cell holds
    more. Source: ECB 2019, Instructions for reporting the validation results of internal models, section 2.5.5.
    """
    from scipy.special import ndtr

    length = len(before)
    if not length:
        raise InputError("modelling.nobody_grade_both_dates", where="before")
    start, names = coded_grades(before, length, order)
    end, _ = coded_grades(after, length, order)
    size = len(names)
    weight = weights(sample_weight, length)
    counts = tally(start * size + end, weight, size * size).reshape(size, size)
    totals = counts.sum(axis=1)
    share = np.divide(counts, totals[:, None], out=np.full_like(counts, np.nan), where=totals[:, None] > 0)
    rows = []
    for i in range(size):
        for j in range(size):
            z = _cell(share, totals, i, j)
            rows.append(
                {"before": names[i], "after": names[j], "count": float(counts[i, j]), "share": float(share[i, j])}
                | {"z": z, "p_value": float(ndtr(z))}
            )
    step = np.arange(size)
    far = np.abs(step[:, None] - step[None, :]).astype(float)
    most = np.maximum(step, size - 1 - step).astype(float)[:, None]
    up = step[None, :] > step[:, None]
    total = float(counts.sum())
    return Migration(
        grades=tuple(names),
        cells=frame(rows),
        upper=_bandwidth(counts, far, most, up),
        lower=_bandwidth(counts, far, most, up.T),
        stayed=float(np.trace(counts)) / total,
        worse=float(counts[up].sum()) / total,
        better=float(counts[up.T].sum()) / total,
    )


def _bandwidth(counts: Floats, far: Any, most: Any, side: Any) -> float:
    moved = counts * side
    norm = float(np.sum(most * moved))
    return float(np.sum(far * moved)) / norm if norm else float("nan")


def _cell(share: Floats, totals: Floats, i: int, j: int) -> float:
    """z of cell (i, j) against its neighbour towards the diagonal; NaN on the diagonal and in empty rows."""
    if i == j or not totals[i]:
        return float("nan")
    near, far = float(share[i, j - 1 if j > i else j + 1]), float(share[i, j])
    spread = ((near * (1 - near) + far * (1 - far) + 2 * near * far) / float(totals[i])) ** 0.5
    if spread:
        return float((near - far) / spread)
    return float("nan") if near == far else float("inf" if near > far else "-inf")

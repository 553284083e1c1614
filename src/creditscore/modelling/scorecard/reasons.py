"""Ranked reasons: where a subject has fewer points than a stated baseline, the largest shortfall first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import UsageError
from creditscore.core.i18n import label_of
from creditscore.modelling.features.columns_of import Source, look
from creditscore.modelling.scorecard.bins import assign
from creditscore.modelling.scorecard.findings import CERTAIN
from creditscore.modelling.scorecard.table import CardTable, Variable, check_refused

if TYPE_CHECKING:
    import pandas as pd

BASELINES = ("mean", "best")
CHUNK = 1 << 13
SCALE = 1_000_000  # shortfalls are ranked as whole millionths of a point
COLUMNS = ("row", "rank", "variable", "bin", "points", "baseline", "shortfall", "reason", "basis")


def baseline_points(card: CardTable, baseline: str | Mapping[str, float]) -> dict[str, float]:
    """Points that each variable is compared with: `mean` of the population in the table (its counts times its
    points), the `best` bin that had rows, or a mapping that names every variable.
    """
    if isinstance(baseline, Mapping):
        absent = [v.name for v in card.variables if v.name not in baseline]
        if absent:
            raise UsageError("modelling.baseline_no_points", listed=", ".join(absent[:5]))
        return {v.name: float(baseline[v.name]) for v in card.variables}
    if baseline == "mean":
        return {v.name: v.mean for v in card.variables}
    if baseline == "best":
        out = {}
        for v in card.variables:
            known = [row.points for row in v.rows if row.points is not None]
            seen = [row.points for row in v.rows if row.points is not None and row.count > 0]
            out[v.name] = float(max(seen or known))
        return out
    raise UsageError(
        "modelling.unknown_baseline", baseline=baseline, allowed=[*BASELINES, "a mapping from variable to points"]
    )


def find_tellable(card: CardTable, variable: Variable, against: float, error: float = 0.0) -> NDArray[np.bool_]:
    """Which bins of a variable (by code) may be told as a reason against `against` points, themselves known to `error`:
    the shortfall exceeds what chance could make of it, and the column has an effect at all.

    In a card without evidence every shortfall may be told. Errors are added: that holds whatever their correlation.
    """
    points = np.array([math.nan if row.points is None else row.points for row in variable.rows])
    short = against - np.nan_to_num(points)
    certain: NDArray[np.bool_] = short > 0
    if card.evidence is None:
        return certain
    if variable.name not in card.evidence.told:
        return np.zeros(len(short), dtype=bool)
    errors = np.array([math.inf if row.error is None else row.error for row in variable.rows])
    certain &= short > CERTAIN * (errors + error)
    return certain


def baseline_error(card: CardTable, variable: Variable, baseline: str | Mapping[str, float], against: float) -> float:
    """How well the baseline of a variable is known: the points of its best bin have an error, others none."""
    if baseline != "best" or card.evidence is None:
        return 0.0
    errors = [row.error for row in variable.rows if row.points == against and row.count > 0]
    return max((error for error in errors if error is not None), default=0.0)


def find_told(model: Any, table: Any, columns: Sequence[str], means: Mapping[str, float]) -> NDArray[np.bool_]:
    """(rows, columns) whether what a row has in a column may be told as a reason against these mean points; everywhere
    true for a model that carries no evidence.
    """
    card = getattr(model, "card_", None)
    source = table if isinstance(table, Source) else look(table)
    ones = np.ones((source.rows, len(columns)), dtype=bool)
    if card is None or card.evidence is None:
        return ones
    variables = {v.name: v for v in card.variables}
    for j, name in enumerate(columns):
        v = variables[name]
        ones[:, j] = find_tellable(card, v, means[name])[assign(v.bins, source.read(name))]
    return ones


def rank_reasons(card: CardTable, table: Any, k: int = 4, baseline: str | Mapping[str, float] = "mean") -> pd.DataFrame:
    """Rank the reasons for each row's score: where it has fewer points than a baseline, the largest shortfall first.

    Only a shortfall that exceeds what chance could make of it is a reason, and only in a column that has an effect; in
    a card without evidence every shortfall is one. A row without any reason has no line.

    Parameters
    ----------
    card
        The card that scores.
    table
        A table with the card's columns, found by name; others are ignored.
    k
        Greatest number of reasons per row, 1 or more.
    baseline
        What points are compared with: `mean`, the mean of the population in the card (its counts times its points);
        `best`, the best bin that had rows; or a mapping from every variable to points.

    Returns
    -------
    DataFrame
        One line per reason: row (position from 0), rank (1 is the largest shortfall), variable, bin, points, baseline,
        shortfall (baseline - points, above 0), reason, basis. Equal shortfalls stand in the order of the card.
        `attrs["baseline"]` holds the baselines, `attrs["without"]` the sentence for a row without a reason, by
        language.

    Raises
    ------
    UsageError
        For k below 1, an unknown baseline, or a mapping that lacks a variable.
    TableError
        For a value that the card refuses.

    Examples
    --------
    >>> rank_reasons(model.card_, firms, k=3, baseline="best")  # doctest: +SKIP
    """
    import pandas as pd

    if k < 1:
        raise UsageError("modelling.k", k=k)
    source = table if isinstance(table, Source) else look(table)
    variables = card.variables
    base = baseline_points(card, baseline)
    width = len(variables)
    codes = np.empty((width, source.rows), dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(v.points) for v in variables])]).astype(np.intp)
    keys: list[NDArray[np.int64]] = []
    for j, v in enumerate(variables):
        codes[j] = assign(v.bins, source.read(v.name))
        refused = np.isnan(v.points.astype(float))
        check_refused(v, codes[j], slice(0, source.rows), refused)
        short = np.round((base[v.name] - np.nan_to_num(v.points.astype(float))) * SCALE).astype(np.int64)
        tellable = find_tellable(card, v, base[v.name], baseline_error(card, v, baseline, base[v.name]))
        keys.append(np.where(tellable & (short > 0), short * 1024 + (1023 - j), 0))
    most = min(k, width)
    top = np.zeros((most, source.rows), dtype=np.int64)
    for start in range(0, source.rows, CHUNK):
        part = slice(start, start + CHUNK)
        best = top[:, part]
        for j in range(width):
            x = keys[j].take(codes[j, part])
            for rank in range(most):  # insertion into the k largest so far: two passes of max and min per rank
                greater = np.maximum(best[rank], x)
                np.minimum(best[rank], x, out=x)
                best[rank] = greater
    ranks, rows = np.nonzero(top)
    order = np.lexsort((ranks, rows)) if most > 1 else np.arange(len(rows))
    ranks, rows = ranks[order], rows[order]
    which = 1023 - top[ranks, rows] % 1024
    row_of_points = offsets[which] + codes[which, rows]
    flat = [row for v in variables for row in v.rows]

    def text(values: list[str]) -> Any:
        levels = list(dict.fromkeys(values))
        place = np.array([levels.index(v) for v in values], dtype=np.int32)
        return pd.Categorical.from_codes(
            place[row_of_points] if flat else row_of_points.astype(np.int32), categories=pd.Index(levels)
        )

    points = np.concatenate([np.nan_to_num(v.points.astype(float)) for v in variables] or [np.zeros(0)])
    against = np.repeat([base[v.name] for v in variables], [len(v.points) for v in variables])
    own = points[row_of_points]
    frame = pd.DataFrame(
        {
            "row": rows,
            "rank": ranks + 1,
            "variable": text([row.variable for row in flat]),
            "bin": text([row.bin for row in flat]),
            "points": own.astype(np.int64) if card.whole else own,
            "baseline": against[row_of_points],
            "shortfall": against[row_of_points] - own,
            "reason": text([row.reason for row in flat]),
            "basis": text([row.basis for row in flat]),
        },
        columns=list(COLUMNS),
    )
    frame.attrs["baseline"] = base
    frame.attrs["without"] = label_of("models", "no_reason").model_dump()
    return frame

"""Fairness across size, ownership, district and age: rates, errors and calibration per group, small cells withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import jeffreys, normal_quantile, ratio_of_rates
from creditscore.modelling.validation.metrics.clusters import Clusters, observed_to_expected, rows_worth
from creditscore.modelling.validation.metrics.discrimination import ranked, with_interval
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    codes,
    frame,
    outcomes,
    plain,
    probabilities,
    weights,
)

if TYPE_CHECKING:
    import pandas as pd

MIN_COUNT, MIN_EVENTS = 30, 5  # project_default: below the first a group is withheld, below the second its error rates

COLUMNS = (
    "attribute",
    "group",
    "state",
    "count",
    "events",
    "rate",
    "rate_low",
    "rate_high",
    "mean_p",
    "mean_p_low",
    "mean_p_high",
    "oe",
    "oe_low",
    "oe_high",
    "calibrated",
    "flagged_rate",
    "flagged_low",
    "flagged_high",
    "tpr",
    "tpr_low",
    "tpr_high",
    "fpr",
    "fpr_low",
    "fpr_high",
    "auc",
    "auc_low",
    "auc_high",
    "impact",
    "impact_low",
    "impact_high",
)


def bands(values: Any, edges: Sequence[float], unit: str = "") -> pd.Categorical[Any]:
    """Numbers as groups of half-open spans: below the first edge, from one edge to the next, from the last on."""
    import pandas as pd

    numbers = np.asarray(values, dtype=np.float64)
    cut = sorted(edges)
    names = [f"< {cut[0]:g}{unit}"]
    names += [f"{low:g}–{high:g}{unit}" for low, high in pairwise(cut)]
    names.append(f"≥ {cut[-1]:g}{unit}")
    result = np.where(np.isnan(numbers), -1, np.searchsorted(cut, numbers, side="right"))
    return pd.Categorical.from_codes(result.tolist(), categories=pd.Index(names), ordered=True)


def fairness(
    y: Any,
    p: Any,
    groups: pd.DataFrame | Mapping[str, Any],
    threshold: float,
    sample_weight: Any = None,
    *,
    edges: Mapping[str, Sequence[float]] | None = None,
    reference: Mapping[str, Any] | None = None,
    level: float = 0.95,
    min_count: int = MIN_COUNT,
    min_events: int = MIN_EVENTS,
    clusters: Clusters | None = None,
) -> pd.DataFrame:
    """One row per attribute and group.

    An organisation is flagged where p ≥ `threshold`. Columns, each with _low and _high: rate (Jeffreys), mean_p
    (normal), oe = observed / expected (calibration within the group; `calibrated`: 1 inside the interval at a level
    widened for the number of groups shown, because of twenty sound groups one misses by chance), flagged_rate, tpr =
    flagged among events, fpr = flagged among others (Jeffreys), auc (DeLong), impact = share not flagged over that
    of the reference group (adverse impact ratio; Katz). The reference is the largest group unless `reference` names
    one. A numeric attribute of more than 10 values is cut at `edges[name]`, else at its quartiles. Missing values
    are the group `null`.

    Small cells: a group of fewer than `min_count` rows is withheld whole (`state` small). The total less what is
    shown gives the sum of the withheld ones away, so the next smallest are withheld too (`secondary`) until there are
    two of them and `min_count` rows in them. Error rates and AUC are blank where fewer than `min_events` events or
    others stand behind them.
    Source: EEOC Uniform Guidelines 29 CFR 1607.4 D (four-fifths rule), used here as a convention only.
    """
    y = outcomes(y)
    p, weight = probabilities(p, len(y)), weights(sample_weight, len(y))
    rows: list[dict[str, Any]] = []
    held = []
    for name in groups if isinstance(groups, Mapping) else groups.columns:
        code, names = codes(str(name), grouped(str(name), groups[name], (edges or {}).get(str(name))), len(y))
        counts = np.bincount(code[weight > 0], minlength=len(names))
        held.append((name, code, names, counts, withheld(counts, min_count)))
    sure = 1 - (1 - level) / max(1, sum(state.count("shown") for *_, state in held))
    for name, code, names, counts, state in held:
        shown_groups = [k for k in range(len(names)) if state[k] == "shown"]
        base = max(shown_groups, key=lambda k: (counts[k], -k)) if shown_groups else -1
        wanted = (reference or {}).get(str(name))
        if wanted is not None:
            if plain(wanted) not in names:
                raise InputError(
                    "modelling.no_group", wanted=wanted, name=name, where=str(name), allowed=map(str, names)
                )
            base = names.index(plain(wanted))
        free = _free(p, weight, code == base, threshold, clusters) if base in shown_groups else None
        for k, group in enumerate(names):
            row: dict[str, Any] = {"attribute": str(name), "group": group, "state": state[k]}
            if state[k] == "shown":
                which = np.flatnonzero((code == k) & (weight > 0))
                inner = clusters.of(which) if clusters else None
                row |= _measures(y[which], p[which], weight[which], threshold, free, level, min_events, inner)
                _, low, high = observed_to_expected(y[which], p[which], weight[which], sure, inner)
                row["calibrated"] = low <= 1 <= high
            rows.append(row)
    return frame(rows, list(COLUMNS))


def grouped(name: str, values: Any, edges: Sequence[float] | None) -> Any:
    """The groups of an attribute: its values, or spans of a number with many of them."""
    import pandas as pd

    series = pd.Series(values.to_numpy() if hasattr(values, "to_numpy") else values)
    if series.dtype.kind not in "iuf" or (edges is None and series.nunique() <= 10):
        return series
    if edges is None:
        edges = sorted({float(number) for number in series.quantile([0.25, 0.5, 0.75])})
    return bands(series, edges)


def withheld(counts: Any, min_count: int) -> list[str]:
    """`shown`, `small` or `secondary` for each group."""
    state = ["small" if count < min_count else "shown" for count in counts]
    while "small" in state and "shown" in state:
        hidden = [int(count) for count, group_state in zip(counts, state, strict=True) if group_state != "shown"]
        if len(hidden) > 1 and sum(hidden) >= min_count:
            break
        state[
            min((k for k, group_state in enumerate(state) if group_state == "shown"), key=lambda k: (counts[k], k))
        ] = "secondary"
    return state


def _free(p: Floats, weight: Floats, which: Any, threshold: float, clusters: Clusters | None) -> tuple[float, float]:
    """Effective number of rows not flagged, and of all."""
    w = weight[which]
    n = rows_worth(w, clusters.of(which) if clusters else None)
    return n * float(np.sum(w[p[which] < threshold])) / float(np.sum(w)), n


def _measures(
    y: Floats,
    p: Floats,
    w: Floats,
    threshold: float,
    free: Any,
    level: float,
    min_events: int,
    clusters: Clusters | None,
) -> dict[str, Any]:
    total, n = float(np.sum(w)), rows_worth(w, clusters)
    flagged = (p >= threshold).astype(float)
    mean = float(np.sum(w * p)) / total
    reach = normal_quantile(level) * (float(np.sum(w * (p - mean) ** 2)) / total / n) ** 0.5
    oe, oe_low, oe_high = observed_to_expected(y, p, w, level, clusters)
    row: dict[str, Any] = {"count": len(y), "events": int(np.sum(y))}
    row |= {"mean_p": mean, "mean_p_low": max(0.0, mean - reach), "mean_p_high": min(1.0, mean + reach)}
    row |= {"oe": oe, "oe_low": oe_low, "oe_high": oe_high}
    row |= _rate("rate", y, w, level, 0, clusters) | _rate("flagged", flagged, w, level, 0, clusters)
    row["flagged_rate"] = row.pop("flagged")
    for name, rows in (("tpr", y == 1), ("fpr", y == 0)):
        row |= _rate(name, flagged[rows], w[rows], level, min_events, clusters.of(rows) if clusters else None)
    if min(np.sum(y), np.sum(1 - y)) >= max(1, min_events):
        row["auc"], _, row["auc_low"], row["auc_high"] = with_interval(ranked(y, p, w), level, None)
    if free is not None:
        row["impact"], row["impact_low"], row["impact_high"] = ratio_of_rates(
            n * (1 - row["flagged_rate"]), n, free[0], free[1], level
        )
    return row


def _rate(name: str, hit: Floats, w: Floats, level: float, least: int, clusters: Clusters | None) -> dict[str, float]:
    if len(hit) < max(1, least):
        return {}
    n, rate = rows_worth(w, clusters), float(np.sum(w * hit)) / float(np.sum(w))
    low, high = jeffreys(rate * n, n, level)
    return {name: rate, f"{name}_low": float(low), f"{name}_high": float(high)}

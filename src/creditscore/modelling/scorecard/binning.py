"""`Binner`: columns to bins with a trend, as a scikit-learn transformer."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import ClassifierTags
from sklearn.utils.validation import check_is_fitted

from creditscore.core.errors import UsageError
from creditscore.modelling.features.columns import (
    binary_target,
    check_names,
    per_variable,
    specials_of,
    table_of,
    weights,
)
from creditscore.modelling.features.columns_of import Column
from creditscore.modelling.models.inputs import saved_as
from creditscore.modelling.scorecard.bins import Bins, assign, tally
from creditscore.modelling.scorecard.prebinning import fine_bins, specials_in
from creditscore.modelling.scorecard.shapes import check_trend, choose, projected, segments
from creditscore.modelling.scorecard.table import CardTable, Row, rows_of

Floats = NDArray[np.float64]

FINE = 40  # quantile bins before merging
GAIN = 0.1  # log-likelihood that a further bin must add; trend and size already guard against chance
POLICIES = ("own", "neutral", "worst")
OUTPUTS = ("woe", "codes", "labels")


def woe_of(counts: Floats, events: Floats) -> Floats:
    """ln(odds good to bad in the bin / odds overall), each bin with one more row at the overall rate: never infinite.

    Higher is better; a bin without rows has 0.
    """
    total, bad = float(counts.sum()), float(events.sum())
    rate = bad / total
    out: Floats = np.log((counts - events + 1 - rate) / (events + rate)) - math.log((1 - rate) / rate)
    out[counts <= 0] = 0.0
    return out


def by_policy(values: Floats, counts: Floats, bins: Bins, missing: str, unseen: str) -> Floats:
    """Values of the bins with those of missing and of unseen levels as the policy says; without rows `own` is neutral.

    Neutral is the mean over all rows, worst the lowest value of an ordinary or special bin that has rows.
    """
    out = values.copy()
    seen = counts[: bins.missing] > 0
    worst = float(values[: bins.missing][seen].min()) if seen.any() else 0.0
    neutral = float(counts @ values) / float(counts.sum())
    for code, policy in ((bins.missing, missing), (bins.missing + 1, unseen)):
        if code < bins.total:
            if policy == "worst":
                out[code] = worst
            elif policy == "neutral" or counts[code] <= 0:
                out[code] = neutral
    return out


def merge(bins: Bins, counts: Floats, events: Floats, trend: str, most: int, least: float, gain: float = GAIN) -> Bins:
    """Ordinary bins merged along the trend: at most `most`, each of at least `least` rows."""
    k = bins.ordinary
    if bins.kind == "category":
        rate = (events[:k] + events.sum() / counts.sum()) / (counts[:k] + 1)
        order = sorted(range(k), key=lambda i: (rate[i], bins.groups[i]))
        starts = segments(events[:k][order], counts[:k][order], most, least, gain)
        ends = [*starts[1:], k]
        groups = (
            tuple(sorted(sum((bins.groups[i] for i in order[a:b]), ()))) for a, b in zip(starts, ends, strict=True)
        )
        return replace(bins, groups=tuple(g for g in groups if g))
    total, bad = counts[:k], events[:k]
    if k < 2:
        return bins
    rate = (bad + 1e-9 * events.sum() / counts.sum()) / (total + 1e-9)
    spread = max(float(events.sum() / counts.sum()) * (1 - float(events.sum() / counts.sum())), 1e-12)
    name, signs = choose(rate, total / spread, trend)
    pooled = projected(rate, total, signs)
    first = [0, *[i for i in range(1, k) if trend == "none" or pooled[i] != pooled[i - 1]]]
    pool = np.add.reduceat(bad, first), np.add.reduceat(total, first)
    starts = [first[s] for s in segments(*pool, most, least, gain)]
    return replace(bins.merged(starts), trend=name)


class Binner(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Bin columns: numbers by cuts along a trend, categories merged by event rate, missing and special values apart.

    A scikit-learn transformer. Cuts are exact: a bin holds `low <= x < high`, and fit, table and transform assign
    through one function, so counts in `table_` are the counts of `transform`. Infinities lie beyond every cut. A
    constant column has one bin.

    Parameters
    ----------
    trend
        "auto", "monotone", "increasing", "decreasing", "peak", "valley" or "none", or a dict by column ("*": the rest):
        the event rate along the value. "auto" takes the better of rising and falling unless a turn earns its place.
    max_bins
        Most ordinary bins of a column, 2 to 200.
    min_bin_size
        Least share of the weight in a bin, from 0 to below 0.5.
    output
        "woe" (ln of the odds good to bad against all, higher is better), "codes" or "labels".
    missing, unseen
        "own" (a bin with its own weight of evidence), "neutral" or "worst"; one, or a dict by column. Unseen levels are
        those that no bin names; their "own" is the rate of the rare levels at the fit.
    specials
        Values with bins of their own: a list for all columns, or a dict by column. [[-9, -8], -7] makes two bins.
    cuts
        Dict by column of cuts (or of lists of levels) that stand as given and are not merged.

    Attributes
    ----------
    bins_
        The Bins of each column.
    table_
        DataFrame, a row per bin: variable, bin, count, events, rate, woe, iv and its ends.
    trends_
        The trend of each column.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"late": [0, 0, 0, 1, 2, 2, 3, 3] * 5})
    >>> Binner(min_bin_size=0.1).fit(X, [0, 0, 0, 0, 1, 0, 1, 1] * 5).bins_[0].cuts
    (2.0, 3.0)
    """

    def __init__(
        self,
        trend: Any = "auto",
        max_bins: int = 8,
        min_bin_size: float = 0.05,
        output: str = "woe",
        missing: Any = "own",
        unseen: Any = "neutral",
        specials: Any = None,
        cuts: Any = None,
    ) -> None:
        self.trend = trend
        self.max_bins = max_bins
        self.min_bin_size = min_bin_size
        self.output = output
        self.missing = missing
        self.unseen = unseen
        self.specials = specials
        self.cuts = cuts

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Binner:
        """Fit the bins to columns (as of `ScorecardClassifier`), an outcome of two classes and weights of rows."""
        source = table_of(self, X, reset=True)
        self._check()
        _, event = binary_target(self, y, source.rows)
        weight = weights(self, sample_weight, source.rows, event)
        for parameter in ("trend", "missing", "unseen", "cuts"):
            check_names(getattr(self, parameter), self.names_, parameter)
        check_names(self.specials if isinstance(self.specials, dict) else None, self.names_, "specials")
        self.bins_: list[Bins] = []
        self.counts_: list[Floats] = []
        self.events_: list[Floats] = []
        for name in self.names_:
            column = source.read(name)
            bins = self._bins(column, weight, event)
            codes = assign(bins, column)
            self.bins_.append(bins)
            self.counts_.append(tally(codes, weight, bins.total))
            self.events_.append(tally(codes, weight * event, bins.total))
        self._finish()
        return self

    def _check(self) -> None:
        if not (isinstance(self.max_bins, int | np.integer) and 2 <= self.max_bins <= 200):
            raise UsageError("modelling.max_bins", max_bins=self.max_bins)
        if not 0 <= self.min_bin_size < 0.5:
            raise UsageError("modelling.min_bin_size", min_bin_size=self.min_bin_size)
        if self.output not in OUTPUTS:
            raise UsageError("modelling.unknown_output", output=self.output, allowed=OUTPUTS)

    def _bins(self, column: Column, weight: Floats, event: Floats) -> Bins:
        name = column.name
        by_hand = per_variable(self.cuts, name) if self.cuts else None
        asked = specials_in(column, specials_of(self.specials, name), isinstance(self.specials, dict))
        used = weight > 0
        if not used.all():
            column, weight, event = keep_rows(column, used), weight[used], event[used]
        least = self.min_bin_size * float(weight.sum())
        fine = fine_bins(column, weight, FINE, min(least, 0.01 * float(weight.sum())), asked, by_hand)
        if by_hand is not None:
            return fine
        codes = assign(fine, column)
        counts, events = tally(codes, weight, fine.total), tally(codes, weight * event, fine.total)
        return merge(
            fine, counts, events, check_trend(per_variable(self.trend, name, "auto"), name), self.max_bins, least
        )

    def _finish(self) -> None:
        self.trends_ = {bins.name: bins.trend for bins in self.bins_}
        self.woe_ = []
        for bins, counts, events in zip(self.bins_, self.counts_, self.events_, strict=True):
            policy = [per_variable(p, bins.name, d) for p, d in ((self.missing, "own"), (self.unseen, "neutral"))]
            for p in policy:
                if p not in POLICIES:
                    raise UsageError("modelling.unknown_policy", p=p, where=bins.name, allowed=POLICIES)
            self.woe_.append(by_policy(woe_of(counts, events), counts, bins, *policy))

    def transform(self, X: Any) -> Any:
        """Weights of evidence (float64), codes (int64) or labels (text) of the bins, one column per column of X."""
        check_is_fitted(self)
        source = table_of(self, X)
        out = np.empty(
            (source.rows, len(self.bins_)), dtype={"woe": np.float64, "codes": np.int64}.get(self.output, object)
        )
        for j, bins in enumerate(self.bins_):
            codes = assign(bins, source.read(bins.name))
            if self.output == "codes":
                out[:, j] = codes
            else:
                values = self.woe_[j] if self.output == "woe" else np.array(bins.labels(), dtype=object)
                out[:, j] = values.take(codes)
        return out

    @property
    def table_(self) -> Any:
        """One row per bin: variable, bin, count, events, rate, woe, iv (its part of the information value), and its
        ends.
        """
        check_is_fitted(self)
        rows: list[Row] = [Row("(base)", "", 0.0, 0.0, 0.0, 0.0, role="base")]
        for bins, counts, events, woe in zip(self.bins_, self.counts_, self.events_, self.woe_, strict=True):
            rows += rows_of(bins, counts, events, woe, [0.0] * bins.total)
        frame = CardTable(tuple(rows)).to_pandas().drop(columns=["points", "reason", "basis", "error"]).iloc[1:]
        parts = [information(c, e) for c, e in zip(self.counts_, self.events_, strict=True)]
        frame.insert(6, "iv", np.concatenate(parts) if parts else [])
        return frame.reset_index(drop=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON of the fitted bins; `from_dict` transforms alike."""
        check_is_fitted(self)
        return {
            "kind": "binner",
            "format": 1,
            "parameters": self.get_params(deep=False),
            "named": hasattr(self, "feature_names_in_"),
            "names": self.names_,
            "bins": [
                {
                    "name": b.name,
                    "kind": b.kind,
                    "cuts": list(b.cuts),
                    "groups": [list(g) for g in b.groups],
                    "specials": [list(g) for g in b.specials],
                    "trend": b.trend,
                    "counts": list(map(float, c)),
                    "events": list(map(float, e)),
                }
                for b, c, e in zip(self.bins_, self.counts_, self.events_, strict=True)
            ],
        }

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Binner:
        saved_as(d, "binner")
        self = cls(**d["parameters"])
        self.names_ = list(d["names"])
        self.n_features_in_ = len(self.names_)
        if d["named"]:
            self.feature_names_in_ = np.array(self.names_, dtype=object)
        self.bins_ = [
            Bins(
                b["name"],
                b["kind"],
                tuple(b["cuts"]),
                tuple(tuple(g) for g in b["groups"]),
                tuple(tuple(g) for g in b["specials"]),
                b["trend"],
            )
            for b in d["bins"]
        ]
        self.counts_ = [np.array(b["counts"]) for b in d["bins"]]
        self.events_ = [np.array(b["events"]) for b in d["bins"]]
        self._finish()
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags


def keep_rows(column: Column, used: NDArray[np.bool_]) -> Column:
    """The column without rows of weight zero."""
    return replace(
        column,
        values=None if column.values is None else column.values[used],
        codes=None if column.codes is None else column.codes[used],
    )


def information(counts: Floats, events: Floats) -> Floats:
    """Parts of the information value: (share of good - share of bad) · ln of their ratio; 0 where a bin has no rows."""
    good, bad = counts - events, events
    if not (good.sum() > 0 and bad.sum() > 0):
        return np.zeros(len(counts))
    share = good / max(float(good.sum()), 1e-300) - bad / max(float(bad.sum()), 1e-300)
    out: Floats = np.where(counts > 0, share * woe_of(counts, events), 0.0)
    return out

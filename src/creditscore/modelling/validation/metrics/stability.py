"""Stability: PSI of a score and CSI of inputs over bins that are fixed once, each bin's part shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.inputs import Floats, Ints, frame, plain, tally, weights

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 50  # categories beyond the commonest 50 of the reference share one bin
HALF = 0.5  # an empty cell counts as half a row, so that its logarithm exists


@dataclass(frozen=True)
class FixedBins:
    """Bins of one column, fixed on a reference: numbers by inner edges (value ≤ edge), texts by levels.

    Infinities lie in the outermost bins. The last two bins are always `missing` and, for texts, `other` (unseen or rare
    levels).
    """

    name: str
    kind: str  # numeric or categorical
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        if self.kind == "categorical":
            return (*self.levels, "other", "missing")
        ends = ["−∞", *(f"{edge:.6g}" for edge in self.edges), "∞"]
        closing = ["]"] * len(self.edges) + [")"]
        spans = (f"({low}, {high}{end}" for low, high, end in zip(ends, ends[1:], closing, strict=False))
        return (*spans, "missing")

    def assign(self, values: Any) -> Ints:
        """The bin of each value."""
        import pandas as pd

        series = pd.Series(values)
        gone = series.isna().to_numpy()
        if self.kind == "numeric":
            numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            if (np.isnan(numbers) & ~gone).any():
                raise InputError("modelling.holds_texts_where_bins_numeric", name=self.name, where=self.name)
            result = np.searchsorted(np.asarray(self.edges), numbers, side="left")
            return np.where(gone, len(self.edges) + 1, result).astype(np.int64)
        place = pd.Series(range(len(self.levels)), index=pd.Index(self.levels, dtype=object), dtype=float)
        level_texts = (
            series.astype(object).where(~gone, None).map(lambda value: None if value is None else str(plain(value)))
        )
        coded = level_texts.map(place).to_numpy(dtype=np.float64, na_value=np.nan)
        coded = np.where(np.isnan(coded), len(self.levels), coded)
        return np.where(gone, len(self.levels) + 1, coded).astype(np.int64)

    def count(self, values: Any, sample_weight: Any = None) -> Floats:
        """Weight in each bin."""
        result = self.assign(values)
        weight = weights(sample_weight, len(result)) if len(result) else np.zeros(0)
        return tally(result, weight, len(self.labels))

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "fixed_bins",
            "format": 1,
            "name": self.name,
            "of": self.kind,
            "edges": [repr(edge) for edge in self.edges],
            "levels": list(self.levels),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> FixedBins:
        edges = tuple(float(edge) for edge in given["edges"])
        return cls(str(given["name"]), str(given["of"]), edges, tuple(map(str, given["levels"])))


def fix_bins(name: str, values: Any, sample_weight: Any = None, *, bins: int = 10) -> FixedBins:
    """Bins of the reference: about equal weight for numbers, one per level for texts and truths.

    Few distinct numbers (at most `bins`) have a bin each. InputError where every value is missing.
    """
    import pandas as pd

    series = pd.Series(values)
    if series.isna().all():
        raise InputError("modelling.every_value_missing", name=name, where=name)
    weight = weights(sample_weight, len(series))
    is_known = series.notna().to_numpy()
    known = series[is_known]
    if known.dtype.kind in "iuf":
        numbers, held = known.to_numpy(dtype=np.float64), weight[is_known]
        distinct = np.unique(numbers)
        if len(distinct) <= bins:
            return FixedBins(
                name, "numeric", edges=tuple(float(value) for value in distinct[:-1] if np.isfinite(value))
            )
        order = np.argsort(numbers, kind="stable")
        reached = np.cumsum(held[order])
        at = np.searchsorted(reached, reached[-1] * np.arange(1, bins) / bins * (1 - 1e-12))
        edges = np.unique(numbers[order][np.minimum(at, len(numbers) - 1)])
        inner = (float(edge) for edge in edges if edge < numbers.max() and np.isfinite(edge))
        return FixedBins(name, "numeric", edges=tuple(inner))
    level_texts = known.astype(object).map(lambda value: str(plain(value)))
    held_by = level_texts.to_frame("level").assign(weight=weight[is_known]).groupby("level")["weight"].sum()
    commonest = sorted(held_by.index, key=lambda level: (-held_by[level], level))[:MOST_LEVELS]
    return FixedBins(name, "categorical", levels=tuple(sorted(commonest)))


def psi_table(labels: Any, expected: Any, actual: Any) -> pd.DataFrame:
    """Per bin: expected and actual weight and share, and its part (a − e) ln(a / e); PSI is the sum of the parts.

    An empty cell beside a filled one counts as half a row; a bin that is empty on both sides has part 0.
    Source: Siddiqi 2017, Intelligent Credit Scoring, ch. 15.
    """
    expected, actual = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    for name, value in (("expected", expected), ("actual", actual)):
        if not value.any():
            raise InputError("modelling.no_row_lies_any_bin", where=name)
    shares = []
    for value, other in ((expected, actual), (actual, expected)):
        shares.append(np.where((value == 0) & (other > 0), HALF, value) / float(np.sum(value)))
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(shares[0] > 0, (shares[1] - shares[0]) * np.log(shares[1] / shares[0]), 0.0)
    rows = zip(labels, expected, expected / expected.sum(), actual, actual / actual.sum(), part, strict=True)
    names = ("bin", "expected", "expected_share", "actual", "actual_share", "part")
    return frame([dict(zip(names, (plain(value) for value in row), strict=True)) for row in rows], list(names))


@dataclass(frozen=True)
class Stability:
    """PSI of one column with its parts; `noise` is what 95 of 100 samples of these sizes stay below by chance alone."""

    name: str
    psi: float
    noise: float
    table: pd.DataFrame


def noise(expected: Any, actual: Any) -> float:
    """The 95 % quantile of PSI where nothing changed: (1/n + 1/m) × χ²₀.₉₅(bins in use − 1).

    Source: Yurdakul, Naranjo 2020, Journal of Risk Model Validation 14(4).
    """
    from scipy.special import chdtri

    expected, actual = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    used = int(np.count_nonzero(expected + actual))
    if used < 2:
        return 0.0
    return float((1 / expected.sum() + 1 / actual.sum()) * chdtri(used - 1, 0.05))


def psi(
    reference: Any,
    current: Any,
    bins: FixedBins | int = 10,
    *,
    name: str = "score",
    reference_weight: Any = None,
    sample_weight: Any = None,
) -> Stability:
    """Population stability index of one column: Σ (a − e) ln(a / e) over bins fixed on the reference.

    `bins`: fixed earlier, or how many to fix now on `reference`. A missing value has its own bin, an unseen level the
    bin `other`.

    >>> round(psi([1, 2, 3, 4], [1, 2, 3, 4], 4).psi, 6)
    0.0
    """
    fixed = fix_bins(name, reference, reference_weight, bins=bins) if isinstance(bins, int) else bins
    return against(Counted(fixed, fixed.count(reference, reference_weight)), current, sample_weight)


@dataclass(frozen=True)
class Counted:
    """One column of the reference: its bins and the weight in each. All that PSI needs of it."""

    bins: FixedBins
    expected: Floats


def against(held: Counted, current: Any, sample_weight: Any = None) -> Stability:
    """PSI of a column now against what was counted once."""
    actual = held.bins.count(current, sample_weight)
    table = psi_table(held.bins.labels, held.expected, actual)
    return Stability(held.bins.name, float(table["part"].sum()), noise(held.expected, actual), table)


@dataclass(frozen=True)
class Profile:
    """What a model keeps of its reference instead of the rows: bins and counts of each input and of the prediction."""

    columns: tuple[Counted, ...]
    void: tuple[str, ...] = ()  # inputs whose every value was missing
    prediction: Counted | None = None

    def to_dict(self) -> dict[str, Any]:
        def both(counted: Counted) -> dict[str, Any]:
            return {"bins": counted.bins.to_dict(), "expected": [float(count) for count in counted.expected]}

        return {
            "kind": "profile",
            "format": 1,
            "columns": [both(column) for column in self.columns],
            "void": list(self.void),
            "prediction": None if self.prediction is None else both(self.prediction),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Profile:
        if given.get("kind") != "profile" or given.get("format") != 1:
            raise InputError("modelling.no_profile_reference")

        def counted(row: Mapping[str, Any]) -> Counted:
            return Counted(FixedBins.from_dict(row["bins"]), np.asarray(row["expected"], dtype=np.float64))

        predicted = given["prediction"]
        return cls(
            tuple(counted(column) for column in given["columns"]),
            tuple(given["void"]),
            None if predicted is None else counted(predicted),
        )


def profile_of(
    table: pd.DataFrame | None,
    p: Any = None,
    sample_weight: Any = None,
    bins: Mapping[str, FixedBins] | int = 10,
) -> Profile:
    """Fix bins on the reference (or take those given by name) and count it."""
    columns, void = [], []
    for name in () if table is None else table.columns:
        if table is None or table[name].isna().all():
            void.append(str(name))
            continue
        given = bins if isinstance(bins, int) else bins.get(str(name), 10)
        fixed = fix_bins(str(name), table[name], sample_weight, bins=given) if isinstance(given, int) else given
        columns.append(Counted(fixed, fixed.count(table[name], sample_weight)))
    predicted = None
    if p is not None:
        fixed = fix_bins("p", p, sample_weight, bins=bins if isinstance(bins, int) else 10)
        predicted = Counted(fixed, fixed.count(p, sample_weight))
    return Profile(tuple(columns), tuple(void), predicted)


def csi(
    reference: pd.DataFrame | Profile,
    current: pd.DataFrame,
    bins: Mapping[str, FixedBins] | int = 10,
    *,
    reference_weight: Any = None,
    sample_weight: Any = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Characteristic stability of every column: a table of totals (largest first) and one of all bins.

    `reference`: its rows, or what a model kept of them. Totals: variable, csi, noise, missing_expected,
    missing_actual, state (`measured`, `all_missing` in the reference or now, `not_supplied` now). Bins: variable and
    the columns of `psi_table`.
    """
    import pandas as pd

    held = reference if isinstance(reference, Profile) else profile_of(reference, None, reference_weight, bins)
    named = {str(name): name for name in current.columns}
    blank = {"csi": float("nan"), "noise": float("nan")}
    totals: list[dict[str, Any]] = []
    parts: list[pd.DataFrame] = []
    for name in held.void:
        gone = float(current[named[name]].isna().mean()) if name in named else float("nan")
        state = "all_missing" if name in named else "not_supplied"
        totals.append({"variable": name, **blank, "missing_expected": 1.0, "missing_actual": gone, "state": state})
    for column in held.columns:
        name = column.bins.name
        row: dict[str, Any] = {"variable": name, **blank, "missing_actual": float("nan"), "state": "not_supplied"}
        row["missing_expected"] = float(column.expected[-1] / column.expected.sum())
        if name in named:
            values = current[named[name]]
            stability = against(column, values, sample_weight)
            row |= {"csi": stability.psi, "noise": stability.noise, "missing_actual": float(values.isna().mean())}
            row["state"] = "all_missing" if values.isna().all() else "measured"
            parts.append(stability.table.assign(variable=name))
        totals.append(row)
    columns = ["variable", "csi", "noise", "missing_expected", "missing_actual", "state"]
    table = frame(totals, columns).sort_values(["csi", "variable"], ascending=[False, True], ignore_index=True)
    empty = frame([], ["bin", "expected", "expected_share", "actual", "actual_share", "part", "variable"])
    return table, pd.concat(parts, ignore_index=True) if parts else empty

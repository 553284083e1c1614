"""Which columns to keep, and for each that goes the step at which it left and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import ClassifierTags
from sklearn.utils.validation import check_is_fitted

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns import binary_target, table_of, weights
from creditscore.modelling.scorecard.binning import Binner, information
from creditscore.modelling.scorecard.bins import assign, tally
from creditscore.modelling.scorecard.stepwise import Step, stepwise

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

STEPS = ("iv", "stability", "correlation", "vif", "stepwise")
COLUMNS = ("variable", "kept", "left_at", "why", "iv", "iv_low", "stability", "vif", "slope", "note")
SUSPICIOUS = 1.0  # information value beyond which a column may know the outcome


class VariableSelector(TransformerMixin, BaseEstimator):
    """Select columns step by step, and say of each in `report_` why it stayed or left.

    A scikit-learn transformer; `transform` returns the columns kept, as a DataFrame for a DataFrame. A column whose
    rows all lie in one bin leaves before the first step (`constant`), unless `keep` names it.

    Parameters
    ----------
    steps
        Which steps, in which order:

        - `iv`: information value of the bins at least `min_iv`;
        - `stability`: the same in 9 of 10 bootstrap draws of the bins' counts; and, where `fit` is given `periods`, the
          event rates of the bins keep their order: weighted correlation with the whole at least `min_stability` in each
          period;
        - `correlation`: between weights of evidence at most `max_correlation`; the column with less information leaves;
        - `vif`: variance inflation factor at most `max_vif`;
        - `stepwise`: forward by score test and backward by Wald test at `p_value`; a slope of the wrong sign leaves.
    min_iv
        Least information value.
    max_correlation
        Greatest absolute correlation of two columns' weights of evidence.
    max_vif
        Greatest variance inflation factor.
    p_value
        Level of the tests of `stepwise`.
    min_stability
        Least correlation of a period's log-odds per bin with those of the whole, at most 1.
    keep
        Columns that never leave; the report notes where they would have.
    binner
        The Binner whose settings make the bins that are judged; None for its defaults.
    seed
        Seed of the bootstrap draws.

    Attributes
    ----------
    report_
        One row per column: variable, kept, left_at, why, iv, iv_low, stability, vif, slope, note.
    kept_
        Names of the columns kept, in the order of the table.
    binner_
        The fitted Binner.
    """

    def __init__(
        self,
        steps: Sequence[str] = STEPS,
        min_iv: float = 0.02,
        max_correlation: float = 0.8,
        max_vif: float = 5.0,
        p_value: float = 0.05,
        min_stability: float = 0.5,
        keep: Sequence[str] = (),
        binner: Any = None,
        seed: int = 0,
    ) -> None:
        self.steps = steps
        self.min_iv = min_iv
        self.max_correlation = max_correlation
        self.max_vif = max_vif
        self.p_value = p_value
        self.min_stability = min_stability
        self.keep = keep
        self.binner = binner
        self.seed = seed

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, periods: Any = None) -> VariableSelector:
        source = table_of(self, X, reset=True)
        unknown = [step for step in self.steps if step not in STEPS]
        if unknown:
            raise UsageError("modelling.unknown_step", unknown=unknown[0], allowed=STEPS)
        absent = [name for name in self.keep if name not in self.names_]
        if absent:
            raise UsageError("modelling.keep_names_columns_not", listed=", ".join(absent), allowed=self.names_[:20])
        _, event = binary_target(self, y, source.rows)
        weight = weights(self, sample_weight, source.rows, event)
        if periods is not None and len(periods) != source.rows:
            raise TableError("modelling.periods_rows", periods_count=len(periods), rows=source.rows)
        binner = Binner() if self.binner is None else self.binner
        self.binner_ = Binner(**binner.get_params(deep=False)).fit(X, y, sample_weight)
        self._codes = [assign(b, source.read(b.name)) for b in self.binner_.bins_]
        self._facts: dict[str, dict[str, Any]] = {name: {"note": ""} for name in self.names_}
        self._alive = list(range(len(self.names_)))
        self._gone: dict[int, tuple[str, str]] = {}
        self._iv = [
            float(information(c, e).sum()) for c, e in zip(self.binner_.counts_, self.binner_.events_, strict=True)
        ]
        for j, name in enumerate(self.names_):
            self._facts[name]["iv"] = self._iv[j]
            if (self.binner_.counts_[j] > 0).sum() < 2:
                self._leave(j, "constant", "it has one value only")
            elif self._iv[j] > SUSPICIOUS:
                self._facts[name]["note"] = f"information value above {SUSPICIOUS:g}: does it know the outcome?"
        for step in self.steps:
            chosen = {"iv": self._iv_step}.get(step) or getattr(self, "_" + step)
            chosen(event, weight, periods)
        self.report_ = self._report()
        self.kept_ = [self.names_[j] for j in self._alive]
        del self._codes, self._facts, self._alive, self._gone, self._iv
        return self

    def _leave(self, j: int, step: str, why: str) -> bool:
        if self.names_[j] in self.keep:
            self._facts[self.names_[j]]["note"] = f"kept by request: {why}"
            return False
        self._alive.remove(j)
        self._gone[j] = (step, why)
        return True

    def _order(self) -> list[int]:
        """Columns still there, most information first; the order of the table breaks ties."""
        return sorted(self._alive, key=lambda j: (-self._iv[j], j))

    def _woe(self, which: list[int]) -> Floats:
        return np.stack([self.binner_.woe_[j].take(self._codes[j]) for j in which], axis=1)

    def _iv_step(self, event: Floats, weight: Floats, periods: Any) -> None:
        for j in list(self._alive):
            if self._iv[j] < self.min_iv:
                self._leave(j, "iv", f"information value {self._iv[j]:.4f} is below {self.min_iv:g}")

    def _stability(self, event: Floats, weight: Floats, periods: Any) -> None:
        random = np.random.default_rng(self.seed)
        for j in list(self._alive):
            counts, events = self.binner_.counts_[j], self.binner_.events_[j]
            cells = np.concatenate([counts - events, events])
            draws = random.multinomial(max(round(float(cells.sum())), 1), cells / cells.sum(), size=50)
            half = len(counts)
            ivs = [float(information(d[:half] + d[half:].astype(float), d[half:].astype(float)).sum()) for d in draws]
            low = float(np.quantile(ivs, 0.1))
            self._facts[self.names_[j]]["iv_low"] = low
            if low < self.min_iv:
                self._leave(j, "stability", f"information value falls to {low:.4f} in one of ten bootstrap draws")
                continue
            if periods is not None:
                period, correlation = self._by_period(j, event, weight, np.asarray(periods))
                self._facts[self.names_[j]]["stability"] = correlation
                if correlation < self.min_stability:
                    why = f"event rates of its bins keep their order badly in {period}: correlation {correlation:.2f}"
                    self._leave(j, "stability", why)

    def _by_period(self, j: int, event: Floats, weight: Floats, periods: NDArray[Any]) -> tuple[str, float]:
        """(worst period, correlation of log-odds per bin there with those of the whole, weighted by rows)."""
        size = self.binner_.bins_[j].total
        whole = self.binner_.woe_[j]
        worst = ("", 1.0)
        for period in np.unique(periods.astype(str)):
            mine = periods.astype(str) == period
            counts = tally(self._codes[j][mine], weight[mine], size)
            events = tally(self._codes[j][mine], weight[mine] * event[mine], size)
            if not 0 < events.sum() < counts.sum():
                continue
            rate = events.sum() / counts.sum()
            own = np.log((counts - events + 10 * (1 - rate)) / (events + 10 * rate))
            a, b = own - np.average(own, weights=counts), whole - np.average(whole, weights=counts)
            spread = math.sqrt(float(counts @ a**2) * float(counts @ b**2))
            result = float(counts @ (a * b)) / spread if spread > 0 else 0.0
            if result < worst[1]:
                worst = (period, result)
        return worst

    def _correlation(self, event: Floats, weight: Floats, periods: Any) -> None:
        order = self._order()
        if len(order) < 2:
            return
        matrix = correlations(self._woe(order), weight)
        columns_kept: list[int] = []
        for a in range(len(order)):
            near = [b for b in columns_kept if abs(matrix[a, b]) > self.max_correlation]
            if near:
                b = max(near, key=lambda i: abs(matrix[a, i]))
                why = f"correlation {matrix[a, b]:.2f} with {self.names_[order[b]]!r}, which has more information"
                if self._leave(order[a], "correlation", why):
                    continue
            columns_kept.append(a)

    def _vif(self, event: Floats, weight: Floats, periods: Any) -> None:
        order = self._order()
        matrix = correlations(self._woe(order), weight) if order else np.zeros((0, 0))
        fixed = [self.names_[j] in self.keep for j in order]
        while len(order) > 1:
            vif = np.diag(np.linalg.inv(matrix + 1e-9 * np.eye(len(order))))
            for j, value in zip(order, vif, strict=True):
                self._facts[self.names_[j]]["vif"] = float(value)
            free = [i for i in range(len(order)) if not fixed[i]]
            worst = max(free, key=lambda i: vif[i], default=None)
            if worst is None or vif[worst] <= self.max_vif:
                return
            self._leave(order[worst], "vif", f"variance inflation {vif[worst]:.1f} is above {self.max_vif:g}")
            stay = [i for i in range(len(order)) if i != worst]
            matrix, order, fixed = matrix[np.ix_(stay, stay)], [order[i] for i in stay], [fixed[i] for i in stay]

    def _stepwise(self, event: Floats, weight: Floats, periods: Any) -> None:
        order = self._order()
        if not order:
            return
        forced = [i for i, j in enumerate(order) if self.names_[j] in self.keep]
        steps: dict[int, Step] = stepwise(self._woe(order), event, weight, self.p_value, forced)
        for i, j in enumerate(order):
            self._facts[self.names_[j]]["slope"] = steps[i].slope
            if not steps[i].kept:
                self._leave(j, "stepwise", steps[i].why)

    def _report(self) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for j, name in enumerate(self.names_):
            step, why = self._gone.get(j, ("", ""))
            rows.append(
                {"variable": name, "kept": j not in self._gone, "left_at": step, "why": why, **self._facts[name]}
            )
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        check_is_fitted(self)
        return np.array(self.kept_, dtype=object)

    def transform(self, X: Any) -> Any:
        """The columns kept, in the order of the table."""
        check_is_fitted(self)
        source = table_of(self, X)
        if hasattr(X, "iloc"):
            return X.iloc[:, [source.names.index(name) for name in self.kept_]]
        columns = [source.raw[source.names.index(name)] for name in self.kept_]
        return np.stack([np.asarray(c) for c in columns], axis=1) if columns else np.empty((source.rows, 0))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags


def correlations(matrix: Floats, weight: Floats) -> Floats:
    """Weighted correlations of the columns; 0 with a column that does not vary."""
    centred = matrix - np.average(matrix, axis=0, weights=weight)
    covariance = (centred * weight[:, None]).T @ centred
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    out: Floats = covariance / spread[:, None] / spread[None, :]
    np.fill_diagonal(out, 1.0)
    return out


def select_variables(X: Any, y: Any, sample_weight: Any = None, periods: Any = None, **settings: Any) -> pd.DataFrame:
    """Report which columns a `VariableSelector` keeps, and for each other the step at which it left and why.

    Parameters
    ----------
    X
        Table of candidate columns.
    y
        Outcome per row, two values; the second in order is the adverse event.
    sample_weight
        Weight per row, 0 or more (2 counts as two rows); None for 1 each.
    periods
        Period of each row, for the step `stability`; None: stability over periods is not asked.
    **settings
        Parameters of VariableSelector.

    Returns
    -------
    DataFrame
        One row per column: variable, kept, left_at, why, iv, iv_low, stability, vif, slope, note.

    Raises
    ------
    UsageError
        For an unknown step, or `keep` with a column that is not there.
    TableError
        For unusable outcomes or weights, or periods of another length.

    Examples
    --------
    >>> report = select_variables(X, y, min_iv=0.05)  # doctest: +SKIP
    >>> report.loc[~report["kept"], ["variable", "left_at", "why"]]  # doctest: +SKIP
    """
    return VariableSelector(**settings).fit(X, y, sample_weight, periods).report_

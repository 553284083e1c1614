"""`ScorecardClassifier`: a points card as a scikit-learn classifier."""

from __future__ import annotations

import datetime
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns import binary_target, check_names, per_variable, table_of, weights
from creditscore.modelling.models.inputs import saved_as
from creditscore.modelling.models.logistic import probability_of
from creditscore.modelling.models.threads import one_thread
from creditscore.modelling.scorecard.bins import tally
from creditscore.modelling.scorecard.coding import code_columns
from creditscore.modelling.scorecard.effects import Effects, additive_effects, woe_effects
from creditscore.modelling.scorecard.excel import write_excel
from creditscore.modelling.scorecard.findings import gather_evidence
from creditscore.modelling.scorecard.overrides import edit_points
from creditscore.modelling.scorecard.points import Scaling, variable_rows
from creditscore.modelling.scorecard.reasons import rank_reasons
from creditscore.modelling.scorecard.screening import EVIDENCE, Rule
from creditscore.modelling.scorecard.shapes import check_trend
from creditscore.modelling.scorecard.smoothing import Smoothing
from creditscore.modelling.scorecard.sql import card_sql
from creditscore.modelling.scorecard.table import NOTICE, CardTable, Row

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

METHODS = ("additive", "woe")
MOST_COLUMNS = 150  # columns that one fit takes: its work grows with their square
POLICIES = ("own", "neutral", "worst", "error")


class ScorecardClassifier(ClassifierMixin, BaseEstimator):
    """Fit a points card: one addition per variable, whole points, one table that is the model.

    A scikit-learn classifier. `predict_proba` is that of the score shown, so rounding is part of the model.

    Parameters
    ----------
    method
        "additive" (points per bin, smoothed by a penalty) or "woe" (the classical one slope per weight of evidence).
    trend
        "auto", "monotone", "increasing", "decreasing", "peak", "valley" or "none", or a dict by column ("*": the rest):
        the event's log-odds along the value, held exactly.
    max_bins
        Most ordinary bins of a column, 2 to 200. None: 20 for additive (fewer in small data and for more than 100
        columns; equal neighbours are joined), 8 for woe.
    min_bin_size
        Least share of the weight in a bin, from 0 to below 0.5. None: 0.002 for additive, 0.05 for woe.
    smoothing
        A factor above 0 on the penalties that restricted likelihood chooses; "auto" is 1, or, where `fit` is given
        `groups`, the factor that predicts best on whole groups left out.
    base_score, base_odds, pdo
        The score at the odds `base_odds` good to bad; more points are better, and `pdo` of them double the odds. Points
        are centred on the population of the fit: 0 is its mean.
    round_points
        Whole points (int64); False keeps float64.
    missing, unseen
        "own" (points of their own where the fit saw such rows, else neutral), "neutral" (0 points), "worst" or "error"
        (such a row is refused); one, or a dict by column. Unseen also stands for levels too rare for a bin.
    specials, cuts
        Values with bins of their own and cuts by hand, as of `Binner`. Cuts by hand are not joined.
    texts, bases
        Dicts by column: the words told to a subject, and the basis of the indicator; columns of the table.
    event
        The label of y that is the adverse event; None: the second in order (1 of 0 and 1). It is `classes_[1]`.
    evidence
        The greatest p with which a column stays, tested beside the others; with many columns less (at most five times
        that share of what stays is chance), and none where nothing has p below 0.02 over the columns. The rest leave,
        and so do columns that spread by less than a point at a `pdo` of 20. None: nothing leaves, `evidence_` only
        reports. Rows of one group count as one cluster.
    forced
        Columns that stay whatever their evidence. They give no reasons where it is lacking.

    Attributes
    ----------
    card_
        The CardTable from which score, reasons, SQL, JSON and workbook are derived.
    table_
        The same as a DataFrame, a row per bin.
    variables_
        Names of the columns that the card uses.
    left_
        Column to why it is not in the card.
    evidence_
        DataFrame: p, gain, degrees of freedom and spread of each column.
    notes_
        What a reader must know, such as few events per column.
    trends_
        The trend of each variable of the card.
    freedom_, smoothing_
        Effective degrees of freedom, and the factor on the penalties.
    classes_, n_features_in_
        As scikit-learn has them.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"late": [0, 0, 0, 1, 2, 2, 3, 3] * 50})
    >>> card = ScorecardClassifier().fit(X, [0, 0, 0, 0, 1, 0, 1, 1] * 50)
    >>> bool((card.score_points(X)[:3] > card.score_points(X)[6]).all())
    True
    """

    def __init__(
        self,
        method: str = "additive",
        trend: Any = "auto",
        max_bins: int | None = None,
        min_bin_size: float | None = None,
        smoothing: Any = "auto",
        base_score: float = 600.0,
        base_odds: float = 50.0,
        pdo: float = 20.0,
        round_points: bool = True,
        missing: Any = "own",
        unseen: Any = "neutral",
        specials: Any = None,
        cuts: Any = None,
        texts: Any = None,
        bases: Any = None,
        event: Any = None,
        evidence: float | None = EVIDENCE,
        forced: Any = (),
    ) -> None:
        self.method = method
        self.trend = trend
        self.max_bins = max_bins
        self.min_bin_size = min_bin_size
        self.smoothing = smoothing
        self.base_score = base_score
        self.base_odds = base_odds
        self.pdo = pdo
        self.round_points = round_points
        self.missing = missing
        self.unseen = unseen
        self.specials = specials
        self.cuts = cuts
        self.texts = texts
        self.bases = bases
        self.event = event
        self.evidence = evidence
        self.forced = forced

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, groups: Any = None) -> ScorecardClassifier:
        """Fit the card.

        Parameters
        ----------
        X
            Columns with names: pandas, Polars (lazy frames too), Arrow or a dict of arrays; or a matrix, whose columns
            are x0, x1 …
        y
            The outcome of each row, two classes.
        sample_weight
            Counts of rows: 2 is a row that stands for two.
        groups
            Rows that belong together (a company over years), so that neither smoothing nor evidence is fooled by them;
            a group for each row where weights are no counts.

        Returns
        -------
        ScorecardClassifier
            Itself.

        Raises
        ------
        TableError, UsageError
            For a table or a parameter that cannot be used.
        """
        source = table_of(self, X, reset=True, finite=True)
        self._check()
        self.classes_, event = binary_target(self, y, source.rows)
        weight = weights(self, sample_weight, source.rows, event)
        if groups is not None and len(groups) != source.rows:
            raise TableError("modelling.groups_rows", groups_count=len(groups), rows=source.rows)
        group = None if groups is None else np.asarray(groups)
        used = weight > 0
        if not used.all():
            event, weight = event[used], weight[used]
            group = None if group is None else group[used]
        coded = code_columns(self, source, used, weight, event, MOST_COLUMNS)
        self.left_: dict[str, str] = dict(coded.left)
        rule = Rule(None if self.evidence is None else float(self.evidence), tuple(self.forced), coded.looked_at)
        together = group  # clusters of one row each are rows, unless rows weigh differently
        if group is not None and np.ptp(weight) == 0 and len(np.unique(group.astype(str))) == len(event):
            together = None
        with one_thread():
            if self.method == "additive":
                fitted = additive_effects(
                    coded.fine, coded.codes, event, weight, self._trend, self.smoothing, together, rule
                )
            else:
                fitted = woe_effects(coded, event, weight, self._policies, together, rule)
        self.freedom_, self.smoothing_, self.converged_ = fitted.freedom, fitted.smoothing, fitted.converged
        self.slopes_ = fitted.slopes
        self._make_card(fitted, event, weight, rule, together)
        return self

    def _check(self) -> None:
        if self.method not in METHODS:
            raise UsageError("modelling.unknown_method", method=self.method, allowed=METHODS)
        for parameter in ("base_odds", "pdo"):
            if not 0 < getattr(self, parameter) < math.inf:
                raise UsageError("modelling.is_2", parameter=parameter, getattr=getattr(self, parameter))
        if self.max_bins is not None and not 2 <= self.max_bins <= 200:
            raise UsageError("modelling.max_bins_2", max_bins=self.max_bins)
        if self.min_bin_size is not None and not 0 <= self.min_bin_size < 0.5:
            raise UsageError("modelling.min_bin_size_2", min_bin_size=self.min_bin_size)
        if self.smoothing != "auto" and not (isinstance(self.smoothing, int | float) and self.smoothing > 0):
            raise UsageError("modelling.smoothing", smoothing=self.smoothing)
        number = isinstance(self.evidence, int | float) and not isinstance(self.evidence, bool)
        if self.evidence is not None and not (number and 0 < float(self.evidence) < 1):
            raise UsageError("modelling.evidence", evidence=self.evidence)
        if isinstance(self.forced, str) or not np.iterable(self.forced):
            raise UsageError("modelling.forced", forced=self.forced)
        check_names(dict.fromkeys(self.forced), [*self.names_], "forced")
        for parameter in ("trend", "missing", "unseen", "cuts", "texts", "bases"):
            check_names(getattr(self, parameter), self.names_, parameter)
        check_names(self.specials if isinstance(self.specials, dict) else None, self.names_, "specials")
        for parameter in ("missing", "unseen"):
            for name in self.names_:
                policy = per_variable(getattr(self, parameter), name, "own")
                if policy not in POLICIES:
                    raise UsageError(
                        "modelling.unknown_policy_2", policy=policy, parameter=parameter, name=name, allowed=POLICIES
                    )

    def _trend(self, name: str) -> str:
        return check_trend(per_variable(self.trend, name, "auto"), name)

    def _policies(self, name: str) -> tuple[str, str]:
        """Policies for missing and unseen in the fit, where `error` counts like neutral."""
        policies = [per_variable(p, name, "own") for p in (self.missing, self.unseen)]
        return (
            "neutral" if policies[0] == "error" else policies[0],
            "neutral" if policies[1] == "error" else policies[1],
        )

    def _hand(self, name: str) -> Any:
        return per_variable(self.cuts, name) if self.cuts else None

    def _make_card(self, fitted: Effects, event: Floats, weight: Floats, rule: Rule, groups: Any) -> None:
        scaling = Scaling(float(self.base_score), float(self.base_odds), float(self.pdo), bool(self.round_points))
        rows: list[Row] = [scaling.base(fitted.intercept)]
        column_evidences = {column.variable: column.scaled(scaling.factor) for column in fitted.evidence}
        for b, effect, code, covariance in zip(
            fitted.bins, fitted.effects, fitted.codes, fitted.covariances, strict=True
        ):
            rows_of_variable = variable_rows(
                b,
                effect,
                tally(code, weight, b.total),
                tally(code, weight * event, b.total),
                scaling,
                missing=per_variable(self.missing, b.name, "own"),
                unseen=per_variable(self.unseen, b.name, "own"),
                by_hand=self._hand(b.name) is not None,
                reason=str(per_variable(self.texts, b.name, b.name)) if self.texts else b.name,
                basis=str(per_variable(self.bases, b.name, "")) if self.bases else "",
                covariance=covariance,
            )
            if rows_of_variable is None:
                column_evidences[b.name] = replace(column_evidences[b.name], stays=False, told=False, why="no_points")
            else:
                rows += rows_of_variable
        self.left_ |= {name: column.words for name, column in column_evidences.items() if not column.stays}
        evidence = gather_evidence(column_evidences.values(), rule.level, event, weight, rule.columns, groups)
        card = CardTable(tuple(rows), scaling.base_score, scaling.base_odds, scaling.pdo, scaling.whole)
        self.card_ = replace(card, evidence=evidence)

    @property
    def evidence_(self) -> pd.DataFrame:
        """What the fit found out about each column, the least p first; see `ColumnEvidence`."""
        check_is_fitted(self)
        if self.card_.evidence is None:
            raise UsageError("modelling.card_carries_no_evidence_fitted_earlier")
        return self.card_.evidence.to_pandas()

    @property
    def notes_(self) -> tuple[str, ...]:
        """What a reader of the card must know."""
        check_is_fitted(self)
        return () if self.card_.evidence is None else self.card_.evidence.notes

    @property
    def table_(self) -> pd.DataFrame:
        """The card as a DataFrame, after every edit."""
        check_is_fitted(self)
        return self.card_.to_pandas()

    @property
    def variables_(self) -> list[str]:
        """Names of the columns that the card uses."""
        check_is_fitted(self)
        return [v.name for v in self.card_.variables]

    @property
    def trends_(self) -> dict[str, str]:
        """Trend of each variable of the card."""
        check_is_fitted(self)
        return {v.name: v.bins.trend for v in self.card_.variables}

    def score_points(self, X: Any) -> NDArray[Any]:
        """Points per row, higher is better: int64, float64 where `round_points` is False."""
        check_is_fitted(self)
        return self.card_.score(table_of(self, X, finite=True))

    def decision_function(self, X: Any) -> Floats:
        """Log-odds of the event, as the score says."""
        check_is_fitted(self)
        return self.card_.log_odds(self.score_points(X))

    def predict_proba(self, X: Any) -> Floats:
        """(rows, 2): probability of no event, of the event."""
        p = probability_of(self.decision_function(X))
        return np.stack([1.0 - p, p], axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class whose probability is at least a half (of the event: above a half)."""
        check_is_fitted(self)
        labels: NDArray[Any] = self.classes_[(self.decision_function(X) > 0).astype(int)]
        return labels

    def contributions(self, X: Any) -> pd.DataFrame:
        """Points per row and variable; they and the base add up to the score exactly."""
        check_is_fitted(self)
        frame = self.card_.contributions(table_of(self, X, finite=True))
        if hasattr(X, "index") and hasattr(X, "columns"):
            frame.index = X.index
        return frame

    def reasons(self, X: Any, k: int = 4, baseline: Any = "mean") -> pd.DataFrame:
        """Up to `k` reasons per row, the largest shortfall of points against the baseline first; see `rank_reasons`.

        `baseline`: "mean" (of the population of the fit), "best" (the best bin of each variable), or points by
        variable.
        """
        check_is_fitted(self)
        return rank_reasons(self.card_, table_of(self, X, finite=True), k, baseline)

    def edit(
        self,
        variable: str,
        bin: str,
        *,
        points: float | None,
        reason: str,
        author: str,
        on: str | datetime.date | None = None,
        X: Any = None,
        y: Any = None,
    ) -> ScorecardClassifier:
        """Change the points of one bin; the card's trail keeps who, when, why, and the AUC before and after on `X`,
        `y`.
        """
        from sklearn.metrics import roc_auc_score

        check_is_fitted(self)
        args: dict[str, Any] = {"points": points, "reason": reason, "author": author, "on": on}
        card = edit_points(self.card_, variable, bin, **args)
        if X is not None and y is not None:
            source = table_of(self, X, finite=True)
            before, after = self.card_.score(source), card.score(source)
            bad = np.asarray(y) == self.classes_[1]
            effect = {
                "auc_before": float(roc_auc_score(bad, -before)),
                "auc_after": float(roc_auc_score(bad, -after)),
                "rows_moved": int((before != after).sum()),
            }
            card = edit_points(self.card_, variable, bin, **args, effect=effect)
        self.card_ = card
        return self

    def to_sql(self, table: str, dialect: str = "duckdb", keep: list[str] | None = None, parts: bool = False) -> str:
        """A SELECT that scores `table` as `score_points` does; see `card_sql`."""
        check_is_fitted(self)
        return card_sql(self.card_, table, dialect, keep, parts)

    def to_excel(self, path: str | Path) -> Path:
        """The card as a workbook (needs the extra `excel`)."""
        check_is_fitted(self)
        return write_excel(self.card_, path)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: the card and what is needed to score with it; `from_dict` scores alike."""
        check_is_fitted(self)
        classes = [c.item() if isinstance(c, np.generic) else c for c in self.classes_]
        return {
            "kind": "scorecard",
            "format": 1,
            "notice": NOTICE,
            "parameters": self._parameters(),
            "names": self.names_,
            "named": hasattr(self, "feature_names_in_"),
            "classes": classes,
            "left": dict(self.left_),
            "freedom": dict(self.freedom_),
            "smoothing": {**asdict(self.smoothing_), "tried": [list(t) for t in self.smoothing_.tried]},
            "card": self.card_.to_dict(),
        }

    def _parameters(self) -> dict[str, Any]:
        """Parameters as JSON. Where no column could leave they are written as before there was a choice, so that a card
        of an earlier version keeps its hash.
        """
        given: dict[str, Any] = self.get_params(deep=False)
        if self.evidence is None:
            del given["evidence"]
        if not len(self.forced):
            del given["forced"]
        else:
            given["forced"] = [str(name) for name in self.forced]
        return given

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> ScorecardClassifier:
        saved_as(d, "scorecard")
        self = cls(**{"evidence": None, **d["parameters"]})
        self.names_ = list(d["names"])
        self.n_features_in_ = len(self.names_)
        if d["named"]:
            self.feature_names_in_ = np.array(self.names_, dtype=object)
        self.classes_ = np.array(d["classes"])
        self.left_, self.freedom_ = dict(d["left"]), dict(d["freedom"])
        smoothing = d["smoothing"]
        self.smoothing_ = Smoothing(smoothing["factor"], tuple((f, v) for f, v in smoothing["tried"]))
        self.card_ = CardTable.from_dict(d["card"])
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.classifier_tags.multi_class = False
        return tags

"""`OrdinalGrader`: ordered grades from one additive latent score, with probabilities that keep their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns import weights
from creditscore.modelling.features.frames import column_names, directions_of, labels_of, read_matrix, settled
from creditscore.modelling.models.inputs import Floats, saved_as
from creditscore.modelling.models.proportional import cumulative, fit_proportional
from creditscore.modelling.scorecard.curves import Curve, curve_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OrdinalGrader"]


class OrdinalGrader(ClassifierMixin, BaseEstimator):
    """Grade by a cumulative logit model (proportional odds) with one smooth curve per column.

    Missing adds a number of its own; where training had none missing, it adds 0, the average. A level that was not
    learned counts as missing. Infinities and dates are refused. The grade is a model's, hence advisory.

    Parameters
    ----------
    grades
        Labels best first, all of which must occur in y; None: the sorted labels of y.
    monotone
        {column: "up" | "down"}: the column's curve never falls (rises); up means worse as the column rises. None: no
        curve is constrained.
    knots
        Pieces per column at most, 1 or more.
    smoothness
        Weight, 0 or more, of Σ (rise of a piece - rise of the next)²: towards a straight line in ranks.
    ridge
        Weight, above 0, of Σ rise²: towards no effect.

    Attributes
    ----------
    classes_
        Labels sorted as scikit-learn's tools expect; so are the columns of `predict_proba`.
    grades_
        Labels best first; so are the columns of `predict_grades` and `predict_cumulative`.
    thresholds_
        θ, ascending, one fewer than there are grades.
    curves_
        The fitted curve of each column.

    Notes
    -----
    P(grade <= k | x) = σ(θ_k - s(x)), θ ascending, s(x) = Σ_j f_j(x_j): a higher latent score is worse. The slope is
    shared, so the cumulative probabilities never cross. f_j of numbers is piecewise linear between weighted quantiles
    of the column, flat outside; of text, a number per level.

    References
    ----------
    McCullagh (1980), Regression models for ordinal data, Journal of the Royal Statistical Society B 42, 109-142.

    Examples
    --------
    >>> X = {"days": np.arange(300.0)}
    >>> model = OrdinalGrader(["good", "fair", "bad"]).fit(X, np.repeat(["good", "fair", "bad"], 100))
    >>> model.predict({"days": [10.0, 150.0, 290.0]}).tolist()
    ['good', 'fair', 'bad']
    """

    def __init__(
        self,
        grades: Sequence[Any] | None = None,
        monotone: Mapping[Any, str] | None = None,
        *,
        knots: int = 8,
        smoothness: float = 300.0,
        ridge: float = 3.0,
    ) -> None:
        self.grades = grades
        self.monotone = monotone
        self.knots = knots
        self.smoothness = smoothness
        self.ridge = ridge

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Maximise the penalised likelihood. X (n, columns), y (n,) labels, weights (n,): a weight of 2 is two rows."""
        if not (
            isinstance(self.knots, int | np.integer) and self.knots >= 1 and self.smoothness >= 0 and self.ridge > 0
        ):
            raise UsageError(
                "modelling.knots_smoothness_ridge", knots=self.knots, smoothness=self.smoothness, ridge=self.ridge
            )
        matrix, self.levels_ = read_matrix(self, X)
        self.classes_, self.grades_, code = _graded(self, y, len(matrix))
        weight = weights(self, sample_weight, len(matrix))
        if len(np.unique(code[weight > 0])) < len(self.grades_):
            raise TableError("modelling.class_no_row_positive_weight")
        names = column_names(self)
        directions = directions_of(self.monotone, names, set(self.levels_))
        order = settled(matrix, code, weight)
        order = order[weight[order] > 0]
        matrix, code, weight = matrix[order], code[order], weight[order]
        curves = [
            curve_of(matrix[:, at], weight, self.knots, self.levels_.get(at), directions.get(name, 0))
            for at, name in enumerate(names)
        ]
        design = np.hstack([curve.design(matrix[:, at]) for at, curve in enumerate(curves)])
        centre = np.average(design, axis=0, weights=weight)
        proportional = fit_proportional(
            design - centre,
            code,
            weight,
            len(self.grades_),
            _block_diagonal([curve.penalty(self.smoothness, self.ridge) for curve in curves]),
            np.concatenate([curve.signs() for curve in curves]),
        )
        ends = np.cumsum([curve.size for curve in curves])[:-1]
        parts = zip(curves, np.split(proportional.rises, ends), np.split(centre, ends), strict=True)
        self.curves_ = tuple(curve.with_rises(rises, middle) for curve, rises, middle in parts)
        self.thresholds_ = proportional.thresholds
        self.n_iter_ = proportional.iterations
        return self

    def contributions(self, X: Any) -> pd.DataFrame:
        """What each column adds to the latent score, one column per indicator; mean 0 over the training rows."""
        import pandas as pd

        check_is_fitted(self, "curves_")
        matrix, _ = read_matrix(self, X, self.levels_)
        return pd.DataFrame(
            {name: curve.value(matrix[:, at]) for (at, name), curve in zip(self._columns(), self.curves_, strict=True)},
            index=getattr(X, "index", None),
        )

    def latent(self, X: Any) -> Floats:
        """Latent score, shape (n,): the sum of the contributions; higher is worse."""
        check_is_fitted(self, "curves_")
        matrix, _ = read_matrix(self, X, self.levels_)
        total = np.zeros(len(matrix))
        for at, curve in enumerate(self.curves_):
            total += curve.value(matrix[:, at])
        return total

    def predict_cumulative(self, X: Any) -> Floats:
        """P(grade <= k), shape (n, grades), best first; ascending in each row, the last is 1."""
        latent = self.latent(X)
        return cumulative(self.thresholds_, latent)

    def predict_grades(self, X: Any) -> pd.DataFrame:
        """Probability of each grade, columns best first."""
        import pandas as pd

        P = np.diff(self.predict_cumulative(X), axis=1, prepend=0.0)
        return pd.DataFrame(P, columns=self.grades_.tolist(), index=getattr(X, "index", None))

    def predict_proba(self, X: Any) -> Floats:
        """Probability of each class, shape (n, classes), in the order of `classes_`."""
        P = np.diff(self.predict_cumulative(X), axis=1, prepend=0.0)
        return np.asarray(P[:, [self.grades_.tolist().index(label) for label in self.classes_.tolist()]])

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest grade, shape (n,); of two equally likely ones the first of `classes_`."""
        check_is_fitted(self, "curves_")
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def predict_median(self, X: Any) -> NDArray[Any]:
        """The best grade with P(grade <= k) >= 1/2, shape (n,): least loss where a miss by two grades costs twice."""
        check_is_fitted(self, "curves_")
        return np.asarray(self.grades_[(self.predict_cumulative(X) < 0.5).sum(axis=1)])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: grades, thresholds and one curve per column. `from_dict` predicts the same bits."""
        check_is_fitted(self, "curves_")
        return {
            "kind": "ordinal_grader",
            "format": 1,
            "parameters": {name: getattr(self, name) for name in ("knots", "smoothness", "ridge")},
            "grades": self.grades_.tolist(),
            "thresholds": self.thresholds_.tolist(),
            "columns": [name for _, name in self._columns()],
            "named": hasattr(self, "feature_names_in_"),
            "curves": [curve.to_dict() for curve in self.curves_],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The model saved by `to_dict`."""
        data = saved_as(data, "ordinal_grader")
        curves = tuple(Curve.from_dict(curve) for curve in data["curves"])
        words = {1: "up", -1: "down"}
        monotone = {
            name if data["named"] else at: words[curve.direction]
            for at, (name, curve) in enumerate(zip(data["columns"], curves, strict=True))
            if curve.direction
        }
        new = cls(data["grades"], monotone or None, **data["parameters"])
        new.grades_ = np.array(data["grades"])
        new.classes_ = np.sort(new.grades_)
        new.thresholds_ = np.array(data["thresholds"], dtype=np.float64)
        new.names_ = list(data["columns"])
        new.n_features_in_ = len(new.names_)
        if data["named"]:
            new.feature_names_in_ = np.array(data["columns"], dtype=object)
        new.curves_ = curves
        new.levels_ = {at: curve.levels for at, curve in enumerate(curves) if curve.levels is not None}
        return new

    def _columns(self) -> list[tuple[int, str]]:
        return list(enumerate(column_names(self)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.classifier_tags.poor_score = True  # the checks' classes lie in no order along any one score
        return tags


def _graded(estimator: OrdinalGrader, y: Any, rows: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Sorted classes, grades best first, and the number of the grade of each row."""
    y = labels_of(estimator, y, rows)
    classes, code = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise TableError("modelling.y_holds_class_only_2", classes=str(classes[0]))
    if estimator.grades is None:
        return classes, classes, code.astype(np.int64)
    wanted = list(estimator.grades)
    if len(set(wanted)) < len(wanted) or set(wanted) != set(classes.tolist()):
        raise TableError("modelling.grades_y_holds", wanted=wanted, tolist=classes.tolist())
    place = np.array([wanted.index(label) for label in classes.tolist()])
    return classes, classes[np.argsort(place)], place[code].astype(np.int64)


def _block_diagonal(blocks: list[Floats]) -> Floats:
    from scipy.linalg import block_diag

    return np.asarray(block_diag(*blocks), dtype=np.float64)

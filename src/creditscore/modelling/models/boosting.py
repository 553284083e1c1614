"""`MonotoneBoosting`: scikit-learn's boosted trees, directions by name, kept as readable JSON and scored from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.features.columns import weights
from creditscore.modelling.features.frames import column_names, directions_of, labels_of, read_matrix, settled
from creditscore.modelling.models.inputs import Floats, saved_as
from creditscore.modelling.models.trees import MOST_LEAVES, Forest, Tree, read_trees

__all__ = ["MonotoneBoosting"]


class MonotoneBoosting(ClassifierMixin, BaseEstimator):
    """Fit boosted trees to a two-class outcome, with monotone effects where asked; the event is `classes_[1]`.

    The event is 1 where y holds 0 and 1. X holds numbers (missing as NaN; missing goes where it fitted best in
    training, and to the larger side where nothing was missing) and text or categorical columns (a level not learned
    counts as missing). Infinities and dates are refused.

    After `fit` all predictions come from the exported trees `trees_`, the same lists that `to_dict` writes, and equal
    scikit-learn's to 1e-12. Rows in any order give the same model, since they are sorted first, and so does any number
    of threads, as far as scikit-learn goes: it adds up histograms column by column, each in the order of the rows.

    Parameters
    ----------
    monotone
        {column: "up" | "down"}: the probability of the event never falls (rises) as the column rises, all else equal.
        Columns by name; by position (int) for arrays. A text column has no direction. None: no effect is constrained.
    max_iter
        Number of trees; there is no early stopping.
    learning_rate
        Factor on what each tree adds.
    max_leaf_nodes
        Greatest number of leaves of a tree, 2 to 64.
    min_samples_leaf
        Least rows in a leaf.
    l2_regularization
        Ridge on the values of the leaves.
    random_state
        Seed; this and the five above are those of scikit-learn's HistGradientBoostingClassifier, which grows the trees.

    Attributes
    ----------
    classes_
        The two labels of y, the event last.
    trees_, baseline_
        The exported trees, and the log-odds that they add to.
    model_
        scikit-learn's object, for tools that want it; a model read back has none.

    Examples
    --------
    >>> X = {"days": np.arange(200.0)}
    >>> model = MonotoneBoosting({"days": "up"}, max_iter=5).fit(X, np.arange(200) > 120)
    >>> bool((np.diff(model.predict_proba(X)[:, 1]) >= 0).all())
    True
    """

    def __init__(
        self,
        monotone: Mapping[Any, str] | None = None,
        *,
        max_iter: int = 200,
        learning_rate: float = 0.05,
        max_leaf_nodes: int = 15,
        min_samples_leaf: int = 20,
        l2_regularization: float = 1.0,
        random_state: int = 0,
    ) -> None:
        self.monotone = monotone
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Grow the trees. X (n, columns), y (n,) of two classes, weights (n,) of 0 or more."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        if not 2 <= self.max_leaf_nodes <= MOST_LEAVES:
            raise UsageError("modelling.max_leaf_nodes", max_leaf_nodes=self.max_leaf_nodes, most_leaves=MOST_LEAVES)
        matrix, levels = read_matrix(self, X)
        self.classes_, code = _two_classes(self, y, len(matrix))
        if sample_weight is not None:
            sample_weight = weights(self, sample_weight, len(matrix))
            weighted = sample_weight > 0
            if len(np.unique(code[weighted])) < 2:
                raise TableError("modelling.rows_positive_weight_hold_class_only")
        names, count = column_names(self), matrix.shape[1]
        self.directions_ = directions_of(self.monotone, names, set(levels))
        text = np.array([bool(levels.get(position)) for position in range(count)])
        grown = matrix.copy(order="F")
        grown[:, np.isnan(matrix).all(axis=0)] = (
            0.0  # scikit-learn cannot bin a column of nothing; a constant never splits
        )
        order = settled(matrix, code, np.ones(len(matrix)) if sample_weight is None else sample_weight)
        model = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            monotonic_cst=[self.directions_.get(name, 0) for name in names],
            categorical_features=text if text.any() else None,
            early_stopping=False,
            random_state=self.random_state,
        ).fit(grown[order], code[order], None if sample_weight is None else sample_weight[order])
        self.model_ = model
        self.levels_ = levels
        # scikit-learn moves text columns to the front
        columns = [*np.flatnonzero(text).tolist(), *np.flatnonzero(~text).tolist()]
        self.baseline_, self.trees_ = read_trees(model, columns)
        self.n_iter_ = len(self.trees_)
        self._ready()
        return self

    def decision_function(self, X: Any) -> Floats:
        """Log-odds of the event, shape (n,)."""
        check_is_fitted(self, "trees_")
        matrix, _ = read_matrix(self, X, self.levels_)
        return self._forest.log_odds(matrix)

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of the two classes, shape (n, 2)."""
        from scipy.special import expit

        event = expit(self.decision_function(X))
        return np.column_stack([1 - event, event])

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier class, shape (n,)."""
        check_is_fitted(self, "trees_")
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: parameters, classes, columns, levels, baseline and trees. `from_dict` predicts the same bits."""
        check_is_fitted(self, "trees_")
        parameters = {k: v for k, v in self.get_params().items() if k != "monotone"}
        return {
            "kind": "monotone_boosting",
            "format": 1,
            "parameters": parameters,
            "classes": self.classes_.tolist(),
            "columns": list(column_names(self)),
            "named": hasattr(self, "feature_names_in_"),
            "directions": self.directions_,
            "levels": {str(position): list(level) for position, level in self.levels_.items()},
            "baseline": self.baseline_,
            "trees": [tree.to_dict() for tree in self.trees_],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The model saved by `to_dict`, without scikit-learn's object."""
        data = saved_as(data, "monotone_boosting")
        words = {1: "up", -1: "down"}
        places = {name: name if data["named"] else at for at, name in enumerate(data["columns"])}
        monotone = {places[name]: words[sign] for name, sign in data["directions"].items()}
        new = cls(monotone or None, **data["parameters"])
        new.classes_ = np.array(data["classes"])
        new.names_ = list(data["columns"])
        new.n_features_in_ = len(new.names_)
        if data["named"]:
            new.feature_names_in_ = np.array(data["columns"], dtype=object)
        new.directions_ = dict(data["directions"])
        new.levels_ = {int(position): tuple(level) for position, level in data["levels"].items()}
        new.baseline_, new.trees_ = data["baseline"], tuple(Tree(**tree) for tree in data["trees"])
        new.n_iter_ = len(new.trees_)
        new._ready()
        return new

    def _ready(self) -> None:
        sizes = {position: len(level) for position, level in self.levels_.items()}
        self._forest = Forest.of(self.baseline_, self.trees_, sizes)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.classifier_tags.multi_class = False
        return tags


def _two_classes(estimator: Any, y: Any, rows: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Sorted classes and the code of each row; two classes, no more and no fewer."""
    y = labels_of(estimator, y, rows)
    classes, code = np.unique(y, return_inverse=True)
    if len(classes) > 2:
        raise TableError(
            "modelling.only_binary_classification_supported_type_target_2", type_of_target=type_of_target(y)
        )
    if len(classes) < 2:
        raise TableError("modelling.y_holds_class_only", classes=str(classes[0]))
    return classes, code.astype(np.int64)

"""Exact Shapley values of boosted trees against a whole background, from the exported trees alone.

The game is the interventional one: a set of columns takes the values of the row, the rest those of a background row. A
leaf asks something of a few columns only, so a row is, for that leaf, the set of columns that fulfil it; background
rows with the same set count together, and every background row counts (Štrumbelj and Kononenko 2014, Knowledge and
Information Systems 41, 647-665; the closed form per leaf as in Laberge and Pequignot 2022, arXiv:2209.15123).
"""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.extras import require
from creditscore.modelling.features.frames import read_matrix
from creditscore.modelling.models.inputs import Floats
from creditscore.modelling.models.trees import Forest, Tree

__all__ = ["shap_tree_values", "tree_values", "tree_values_under"]


def tree_values(model: Any, X: Any, background: Any) -> tuple[Floats, float]:
    """Shares of the log-odds and their base: (n, columns) and the mean log-odds of the background.

    `model`: a fitted MonotoneBoosting. base + the sum of a row's shares is its log-odds, to rounding.
    """
    values, base = tree_values_under(model, X, background, np.ones((1, len(background))))
    return values[0], float(base[0])


def tree_values_under(model: Any, X: Any, background: Any, weights: Floats) -> tuple[Floats, Floats]:
    """The same under several weightings of the background rows, (draws, rows): (draws, n, columns) and (draws,)."""
    sizes = {position: len(level) for position, level in model.levels_.items()}
    forest = Forest.of(model.baseline_, model.trees_, sizes)
    rows, _ = read_matrix(model, X, model.levels_)
    back, _ = read_matrix(model, background, model.levels_)
    weights = np.asarray(weights, dtype=np.float64)
    weights = weights / weights.sum(axis=1, keepdims=True)
    used = sorted({feature for tree in model.trees_ for feature in tree.feature if feature >= 0})
    coded = {f: (forest._code(f, rows[:, f]), forest._code(f, back[:, f])) for f in used}
    values = np.zeros((len(weights), *rows.shape))
    base = np.full(len(weights), model.baseline_)
    for tree in model.trees_:
        for leaf, path in _paths(tree):
            value = tree.value[leaf]
            if not path:
                base += value
                continue
            columns = list(path)
            fits = [_fitting(tests, forest, f) for f, tests in path.items()]
            mine, theirs = (
                _sets([fit[coded[f][side]] for f, fit in zip(columns, fits, strict=True)]) for side in (0, 1)
            )
            sets, place = np.unique(mine, return_inverse=True)
            others, at = np.unique(theirs, return_inverse=True)
            mass = np.stack([np.bincount(at, weight, minlength=len(others)) for weight in weights])
            base += value * mass[:, others == (1 << len(columns)) - 1].sum(axis=1)
            shares = np.tensordot(mass, _leaf_shares(sets, others, len(columns)), axes=(1, 1))
            values[:, :, columns] += value * shares[:, place]
    return values, base


def _sets(passed: list[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """The columns whose tests each row passes, as bits."""
    sets = np.zeros(len(passed[0]), dtype=np.int64)
    for bit, values in enumerate(passed):
        sets |= values.astype(np.int64) << bit
    return sets


def _leaf_shares(sets: NDArray[np.int64], others: NDArray[np.int64], count: int) -> Floats:
    """Shapley values of one leaf worth 1: (sets of rows, sets of background rows, columns of the leaf)."""
    only, lacking = sets[:, None] & ~others[None, :], ~sets[:, None] & others[None, :]
    reached = (sets[:, None] | others[None, :]) == (1 << count) - 1
    a, b = np.bitwise_count(only), np.bitwise_count(lacking)
    gain, loss = _weights(count)
    up, down = gain[a, b] * reached, loss[a, b] * reached
    return np.stack([up * (only >> k & 1) - down * (lacking >> k & 1) for k in range(count)], axis=2)


@cache
def _weights(count: int) -> tuple[Floats, Floats]:
    """(a-1)! b! / (a+b)! for the columns that the row brings, a! (b-1)! / (a+b)! for those it takes away."""
    gain, loss = np.zeros((count + 1, count + 1)), np.zeros((count + 1, count + 1))
    for a in range(count + 1):
        for b in range(count + 1 - a):
            if a:
                gain[a, b] = factorial(a - 1) * factorial(b) / factorial(a + b)
            if b:
                loss[a, b] = factorial(a) * factorial(b - 1) / factorial(a + b)
    return gain, loss


Tests = list[tuple[float | None, list[int] | None, bool, bool]]  # threshold, levels, missing left, goes left


def _paths(tree: Tree) -> list[tuple[int, dict[int, Tests]]]:
    """(leaf, what it asks of each column)."""
    paths: list[tuple[int, dict[int, Tests]]] = []
    stack: list[tuple[int, dict[int, Tests]]] = [(0, {})]
    while stack:
        node, path = stack.pop()
        feature = tree.feature[node]
        if feature < 0:
            paths.append((node, path))
            continue
        for child, left in ((tree.left[node], True), (tree.right[node], False)):
            test = (tree.threshold[node], tree.levels[node], tree.missing_left[node], left)
            stack.append((child, {**path, feature: [*path.get(feature, []), test]}))
    return paths


def _fitting(tests: Tests, forest: Forest, feature: int) -> NDArray[np.bool_]:
    """Which codes of the column pass all tests; the last code is missing."""
    size = forest.sizes[feature]
    passed = np.ones(size + 1, dtype=bool)
    for threshold, levels, missing_left, left in tests:
        goes_left = np.zeros(size + 1, dtype=bool)
        if threshold is not None:
            goes_left[: int(np.searchsorted(forest.thresholds[feature], threshold)) + 1] = True
        elif levels is not None:
            goes_left[[level for level in levels if level < size]] = True
        goes_left[size] = missing_left
        passed &= goes_left if left else ~goes_left
    return passed


def shap_tree_values(model: Any, X: Any, background: Any = None) -> tuple[Floats, float]:
    """The same from shap's TreeExplainer in log-odds: interventional with every row of `background`, without one along
    the paths of training rows. For trees without text columns: shap's format has no tests of levels.
    """
    require("shap")
    import shap

    from creditscore.core.errors import UsageError

    if any(levels is not None for tree in model.trees_ for levels in tree.levels):
        raise UsageError("modelling.shap_s_tree_format_no_tests")
    rows, _ = read_matrix(model, X, model.levels_)
    data = None
    if background is not None:
        back, _ = read_matrix(model, background, model.levels_)
        data = shap.maskers.Independent(back, max_samples=len(back))  # never shap's silent hundred
    trees = {"trees": [_shap_tree(tree) for tree in model.trees_], "base_offset": model.baseline_}
    kind = "tree_path_dependent" if data is None else "interventional"
    explainer = shap.TreeExplainer(trees, data=data, feature_perturbation=kind)
    result = np.asarray(explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
    base = np.asarray(explainer.expected_value, dtype=np.float64).ravel()
    return result.reshape(rows.shape), float(base[0])


def _shap_tree(tree: Tree) -> dict[str, Any]:
    leaf = np.array(tree.feature) < 0
    left, right = (np.where(leaf, -1, side) for side in (tree.left, tree.right))
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(leaf, -1, np.where(tree.missing_left, left, right)),
        "features": np.where(leaf, -1, tree.feature),
        "thresholds": np.array([-1.0 if t is None else t for t in tree.threshold]),
        "values": np.array(tree.value)[:, None],
        "node_sample_weight": np.array(tree.count, dtype=np.float64),
    }

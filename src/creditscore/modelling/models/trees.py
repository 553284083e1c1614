"""Boosted trees as plain lists: read from scikit-learn's, and scored from the lists alone.

Scoring follows QuickScorer (Lucchese and others 2015, SIGIR): the leaves of a tree are bits of one integer, left to
right; each test that fails clears the leaves on its left; the lowest bit that is left is the leaf of the row. All tests
on one column of one tree are one lookup, because a column is coded once by its position among all thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.models.inputs import Floats

__all__ = ["MOST_LEAVES", "Forest", "Tree", "read_trees"]

MOST_LEAVES = 64
CHUNK = 16384
ALL = np.uint64(2**64 - 1)


@dataclass(frozen=True)
class Tree:
    """Nodes of one tree in parallel lists; node 0 is the root.

    feature (-1 at a leaf), threshold (x <= threshold goes left; null at leaves and level tests), levels (positions of
    the levels that go left; null elsewhere), missing_left, left and right (node numbers, 0 at leaves), value (log-odds
    added at a leaf; what a node would say elsewhere), count (training rows).
    """

    feature: list[int]
    threshold: list[float | None]
    levels: list[list[int] | None]
    missing_left: list[bool]
    left: list[int]
    right: list[int]
    value: list[float]
    count: list[int]

    def to_dict(self) -> dict[str, list[Any]]:
        """The lists by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def leaves(self) -> list[int]:
        """Node numbers of the leaves, left to right."""
        leaves, stack = [], [0]
        while stack:
            node = stack.pop()
            if self.feature[node] < 0:
                leaves.append(node)
            else:
                stack += [self.right[node], self.left[node]]
        return leaves


def read_trees(model: Any, columns: list[int]) -> tuple[float, tuple[Tree, ...]]:
    """Baseline and trees of a fitted two-class HistGradientBoostingClassifier; its column i is our `columns[i]`."""
    trees = []
    for (predictor,) in model._predictors:
        nodes, bits = predictor.nodes, predictor.raw_left_cat_bitsets
        inner = nodes["is_leaf"] == 0
        by_level = inner & (nodes["is_categorical"] == 1)
        levels: list[list[int] | None] = [None] * len(nodes)
        for node in np.flatnonzero(by_level).tolist():
            words = bits[nodes["bitset_idx"][node]]
            levels[node] = [code for code in range(256) if words[code // 32] >> np.uint32(code % 32) & np.uint32(1)]
        # a split of missing against all others has an infinite threshold; no value is above the greatest float
        limit = np.minimum(nodes["num_threshold"], np.finfo(np.float64).max)
        numeric = inner & ~by_level
        trees.append(
            Tree(
                [columns[f] if i else -1 for f, i in zip(nodes["feature_idx"].tolist(), inner.tolist(), strict=True)],
                [t if n else None for t, n in zip(limit.tolist(), numeric.tolist(), strict=True)],
                levels,
                (nodes["missing_go_to_left"] == 1).tolist(),
                nodes["left"].tolist(),
                nodes["right"].tolist(),
                nodes["value"].tolist(),
                nodes["count"].tolist(),
            )
        )
    return float(model._baseline_prediction.ravel()[0]), tuple(trees)


@dataclass(frozen=True)
class Forest:
    """Trees made ready for scoring: thresholds per column, and per tree a lookup of surviving leaves per column."""

    baseline: float
    thresholds: dict[int, Floats]
    sizes: dict[int, int]
    lookups: tuple[tuple[tuple[int, NDArray[np.uint64]], ...], ...]
    values: tuple[Floats, ...]

    @classmethod
    def of(cls, baseline: float, trees: tuple[Tree, ...], levels: dict[int, int]) -> Self:
        """From trees and the number of levels of each text column."""
        seen: dict[int, set[float]] = {}
        for tree in trees:
            for feature, limit in zip(tree.feature, tree.threshold, strict=True):
                if limit is not None:
                    seen.setdefault(feature, set()).add(limit)
        thresholds = {feature: np.array(sorted(limits)) for feature, limits in seen.items()}
        sizes = {**{f: len(t) + 1 for f, t in thresholds.items()}, **levels}
        lookups = tuple(_lookup(tree, thresholds, sizes) for tree in trees)
        values = tuple(np.array([tree.value[leaf] for leaf in tree.leaves()]) for tree in trees)
        return cls(baseline, thresholds, sizes, lookups, values)

    def log_odds(self, matrix: Floats) -> Floats:
        """Baseline plus one leaf per tree, added in the order of the trees; shape (n,)."""
        used = sorted({feature for lookup in self.lookups for feature, _ in lookup})
        log_odds = np.full(len(matrix), self.baseline)
        for start in range(0, len(matrix), CHUNK):
            part = matrix[start : start + CHUNK]
            codes = {feature: self._code(feature, part[:, feature]) for feature in used}
            total = log_odds[start : start + CHUNK]
            for lookup, values in zip(self.lookups, self.values, strict=True):
                if not lookup:
                    total += values[0]
                    continue
                left = lookup[0][1][codes[lookup[0][0]]]
                for feature, table in lookup[1:]:
                    left &= table[codes[feature]]
                lowest = left & (~left + np.uint64(1))
                total += values[np.frexp(lowest.astype(np.float64))[1] - 1]
        return log_odds

    def _code(self, feature: int, column: Floats) -> NDArray[np.intp]:
        size = self.sizes[feature]
        missing = np.isnan(column)
        if feature in self.thresholds:
            return np.where(missing, size, np.searchsorted(self.thresholds[feature], column, side="left"))
        return np.where(missing, size, column).astype(np.intp)


def _lookup(
    tree: Tree, thresholds: dict[int, Floats], sizes: dict[int, int]
) -> tuple[tuple[int, NDArray[np.uint64]], ...]:
    """For each column the tree tests: code of the value -> leaves that its tests leave; the last code is missing."""
    bit = {leaf: leaf_number for leaf_number, leaf in enumerate(tree.leaves())}

    def below(node: int) -> int:
        if node in bit:
            return 1 << bit[node]
        return below(tree.left[node]) | below(tree.right[node])

    tables: dict[int, NDArray[np.uint64]] = {}
    for node, feature in enumerate(tree.feature):
        if feature < 0:
            continue
        size = sizes[feature]
        table = tables.setdefault(feature, np.full(size + 1, ALL))
        goes_left = np.zeros(size + 1, dtype=bool)
        limit, levels = tree.threshold[node], tree.levels[node]
        if limit is not None:
            goes_left[: int(np.searchsorted(thresholds[feature], limit)) + 1] = True
        elif levels is not None:
            goes_left[[level for level in levels if level < size]] = True
        goes_left[size] = tree.missing_left[node]
        table[~goes_left] &= np.uint64(~below(tree.left[node]) & (2**64 - 1))
    return tuple(sorted(tables.items()))

"""The function itself: values of domains and ceilings in, a score out, in integers.

Everything is in parts of a point: a score u means u / Σ weights points, so that nothing is rounded before the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.composite.config import TOP, CompositeConfig

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GroupPart:
    """A group: its domains (a run of places) and the limits of its mean value."""

    start: int
    stop: int
    at_least: int
    at_most: int

    @property
    def limited(self) -> bool:
        return self.at_least > 0 or self.at_most < TOP


@dataclass(frozen=True)
class Function:
    """A composite as numbers: `weights` and `reference` have one entry per domain; `edges` are the least scores of
    the grades, worst first.
    """

    weights: Ints
    reference: Ints
    parts: tuple[GroupPart, ...]
    edges: Ints
    weakest: bool = False

    @property
    def total(self) -> int:
        return int(self.weights.sum())

    def with_weights(self, weights: Any) -> Function:
        """The same with other weights; whole numbers of any sum above 0."""
        return replace(self, weights=np.asarray(weights, dtype=np.int64))


def function_of(config: CompositeConfig) -> Function:
    """A composite as numbers."""
    domains = config.domains
    parts, start = [], 0
    for group in config.groups:
        stop = start + len(group.domains)
        parts.append(GroupPart(start, stop, group.at_least, group.at_most))
        start = stop
    return Function(
        np.array([domain.weight for domain in domains], dtype=np.int64),
        np.array([config.stands_at(domain) for domain in domains], dtype=np.int64),
        tuple(parts),
        np.array([grade.at_least for grade in reversed(config.grades)], dtype=np.int64),
        config.rule == "weakest_link",
    )


def raw(f: Function, values: Ints, ceilings: Ints) -> Ints:
    """Score × Σ weights of each row. values (rows, domains) in 0..1000; ceilings (rows,) in points, 1000 for none.

    weighted: Σ over groups of min(max(Σ w·value, at_least·W), at_most·W), W the group's weight; weakest link: the least
    value of a domain with weight. Then the ceiling.
    """
    if f.weakest:
        total = values[:, f.weights > 0].min(axis=1) * f.total
    else:
        total = np.zeros(len(values), dtype=np.int64)
        for part in f.parts:
            total += held(part, f, values[:, part.start : part.stop] @ f.weights[part.start : part.stop])
    return np.asarray(np.minimum(total, ceilings * f.total))


def held(part: GroupPart, f: Function, sums: Ints) -> Ints:
    """Sums of weight × value of a group, inside its limits."""
    weight = int(f.weights[part.start : part.stop].sum())
    return np.asarray(np.clip(sums, part.at_least * weight, part.at_most * weight)) if part.limited else sums


def points(f: Function, weighted: Ints) -> Ints:
    """Whole points, rounded half up."""
    return np.asarray((2 * weighted + f.total) // (2 * f.total))


def reference_score(f: Function) -> int:
    """The score of which nothing is known."""
    return int(points(f, raw(f, f.reference[None, :], np.array([TOP], dtype=np.int64)))[0])


def places(f: Function, scores: Ints) -> Ints:
    """The place of each score's grade, 0 for the best."""
    return np.asarray(len(f.edges) - np.searchsorted(f.edges, scores, side="right"))

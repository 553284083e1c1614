"""One column's curve in an additive score: pieces between quantiles, a number per level, a number for missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from creditscore.modelling.models.inputs import Floats

__all__ = ["Curve", "curve_of"]


@dataclass(frozen=True)
class Curve:
    """f(x) = Σ rises · design(x) - offset.

    Numbers: piece i rises from 0 to 1 between knots[i] and knots[i + 1]; one more column is 1 where x is missing (and
    the pieces 0). Text (`levels` not None): one column per level, one for missing. `missing`: whether training had any.
    """

    knots: tuple[float, ...]
    levels: tuple[str, ...] | None
    missing: bool
    direction: int
    rises: tuple[float, ...] = ()
    offset: float = 0.0

    @property
    def pieces(self) -> int:
        """Columns for values that are not missing."""
        return max(len(self.knots) - 1, 0) if self.levels is None else len(self.levels)

    @property
    def size(self) -> int:
        """Columns of the design."""
        return self.pieces + self.missing

    def design(self, x: Floats) -> Floats:
        """Shape (n, size)."""
        empty = np.isnan(x)
        columns = np.zeros((len(x), self.size))
        if self.levels is not None:
            columns[:, : self.pieces] = x[:, None] == np.arange(self.pieces)
        elif self.pieces:
            low, high = np.array(self.knots[:-1]), np.array(self.knots[1:])
            inside = np.clip(np.where(empty, 0.0, x)[:, None], low, high)
            columns[:, : self.pieces] = (inside - low) / (high - low)
            columns[empty, : self.pieces] = 0.0
        if self.missing:
            columns[:, -1] = empty
        return columns

    def penalty(self, smoothness: float, ridge: float) -> Floats:
        """Matrix of the quadratic penalty on `rises`."""
        result = ridge * np.eye(self.size)
        if self.levels is None and self.pieces > 1:
            step = np.diff(np.eye(self.pieces), axis=0)
            result[: self.pieces, : self.pieces] += smoothness * step.T @ step
        return result

    def signs(self) -> Floats:
        """Sign that each rise must have, 0 for any."""
        signs = np.zeros(self.size)
        signs[: self.pieces] = self.direction
        return signs

    def with_rises(self, rises: Floats, centre: Floats) -> Curve:
        """The fitted curve, its mean over the training rows taken off."""
        return replace(self, rises=tuple(rises.tolist()), offset=float(rises @ centre))

    def value(self, x: Floats) -> Floats:
        """f(x), shape (n,); 0 where x is missing, or a level not learned, and training had none of it."""
        design = self.design(x)
        result = np.full(len(x), -self.offset)
        for column, rise in enumerate(self.rises):
            result += rise * design[:, column]
        return result if self.missing else np.where(np.isnan(x), 0.0, result)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {name: list(part) if isinstance(part, tuple) else part for name, part in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """What `to_dict` wrote."""
        parts: dict[str, Any] = {name: tuple(part) if isinstance(part, list) else part for name, part in data.items()}
        return cls(**parts)


def curve_of(x: Floats, weight: Floats, pieces: int, levels: tuple[str, ...] | None, direction: int) -> Curve:
    """The pieces of a column: knots at weighted quantiles of the values that are there; none where they are all alike.

    A quantile is the least value with at least that share of the weight at or below it: a weight of 2 is two rows.
    """
    empty = np.isnan(x)
    if levels is not None:
        return Curve((), levels, bool(empty.any()), 0)
    there = x[~empty]
    if not len(there):
        return Curve((), None, bool(empty.any()), direction)
    values, place = np.unique(there, return_inverse=True)
    share = np.cumsum(np.bincount(place, weight[~empty]))
    wanted = np.linspace(0, 1, pieces + 1) * share[-1]
    at = np.searchsorted(share, wanted * (1 - 1e-12))
    knots = np.unique(values[np.minimum(at, len(values) - 1)])
    return Curve(tuple(knots.tolist()) if len(knots) > 1 else (), None, bool(empty.any()), direction)

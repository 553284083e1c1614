"""How smooth: a common factor on the penalties, chosen on rows (or whole groups) that were left out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.additive import Block, fit_additive
from creditscore.modelling.cross_table import deviance

Floats = NDArray[np.float64]

FOLDS = 4


@dataclass(frozen=True)
class Smoothing:
    """`factor` on the penalties, and what was tried: (factor, deviance per row on rows left out)."""

    factor: float = 1.0
    tried: tuple[tuple[float, float], ...] = ()


def folds(
    codes: NDArray[np.uint8], event: Floats, groups: NDArray[np.generic] | None, number: int = FOLDS
) -> NDArray[np.intp]:
    """Fold of each row from what the row says, not from where it stands: equal rows and whole groups share a fold.

    Groups are dealt out by hash; rows in the order of a hash of their codes, events apart, so that every fold has
    both classes.
    """
    if groups is not None:
        names, place = np.unique(np.asarray(groups).astype(str), return_inverse=True)
        order = np.argsort([zlib.crc32(name.encode()) for name in names], kind="stable")
        fold = np.empty(len(names), dtype=np.intp)
        fold[order] = np.arange(len(names)) % number
        return fold[place]
    key = np.zeros(codes.shape[1], dtype=np.uint64)
    for row in codes:
        key = (key ^ row.astype(np.uint64)) * np.uint64(0x100000001B3)
        key ^= key >> np.uint64(29)
    fold = np.empty(len(key), dtype=np.intp)
    for value in (0.0, 1.0):
        mine = np.flatnonzero(event == value)
        _, place = np.unique(key[mine], return_inverse=True)
        fold[mine] = place % number
    return fold


def choose_smoothing(
    codes: NDArray[np.uint8],
    blocks: list[Block],
    event: Floats,
    weight: Floats,
    penalties: Floats,
    start: Floats,
    groups: NDArray[np.generic] | None = None,
) -> Smoothing:
    """The factor on the penalties with the least deviance on rows left out: factors of three up or down from 1 while it
    gets better.
    """
    fold = folds(codes, event, groups)
    parts = []
    for number in range(FOLDS):
        inside = fold != number
        if not inside.all() and 0 < float(weight[inside] @ event[inside]) < float(weight[inside].sum()):
            parts.append((inside, ~inside))
    if not parts:
        return Smoothing()
    starts = [start] * len(parts)
    curvatures: list[Any] = [None] * len(parts)
    tried: dict[float, float] = {}

    def loss(factor: float) -> float:
        total = mass = 0.0
        for i, (inside, outside) in enumerate(parts):
            fit = fit_additive(
                codes[:, inside],
                blocks,
                event[inside],
                weight[inside],
                penalties=penalties * factor,
                start=starts[i],
                curvature=curvatures[i],
                tolerance=1e-3,
            )
            starts[i], curvatures[i] = fit.coefficients, fit.curvature
            eta = np.full(int(outside.sum()), fit.intercept)
            for effect, code in zip(fit.effects, codes[:, outside], strict=True):
                eta += effect.take(code)
            total += deviance(eta, event[outside], weight[outside])
            mass += float(weight[outside].sum())
        tried[factor] = total / mass
        return total / mass

    factor, best = 1.0, loss(1.0)
    for step in (3.0, 1 / 3.0):
        while 0.03 < factor * step < 3000 and loss(factor * step) < best:
            factor *= step
            best = tried[factor]
        if factor != 1.0:
            break
    return Smoothing(factor, tuple(tried.items()))

"""Sums over coded rows: the only part of the additive fit whose work grows with their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHUNK = 1 << 14  # rows per block: codes, weights and keys of one block stay in the cache


def cross_table(codes: NDArray[np.uint8], bins: list[int], weight: Floats) -> Floats:
    """Weighted counts of each pair of bins of each pair of columns, (bins, bins), symmetric; one pass over the rows."""
    ends = np.concatenate([[0], np.cumsum(np.array(bins, dtype=np.intp))])
    out = np.zeros((ends[-1], ends[-1]))
    columns, n = codes.shape
    for start in range(0, n, CHUNK):
        part = codes[:, start : start + CHUNK].astype(np.intp)
        w = weight[start : start + CHUNK]
        for i in range(columns):
            first = {size: part[i] * size for size in set(bins[i:])}
            for j in range(i, columns):
                size = bins[i] * bins[j]
                pair = np.bincount(first[bins[j]] + part[j], w, size).reshape(bins[i], bins[j])
                out[ends[i] : ends[i + 1], ends[j] : ends[j + 1]] += pair
    lower = np.tril_indices(ends[-1], -1)
    out[lower] = out.T[lower]
    return out


class Rows:
    """The coded rows and their weights; linear predictor, likelihood and sums per bin in blocks of rows."""

    def __init__(self, codes: NDArray[np.uint8], bins: list[int], y: Floats, weight: Floats) -> None:
        self.codes, self.bins, self.y, self.weight = codes, bins, y, weight
        self.ends = np.concatenate([[0], np.cumsum(np.array(bins, dtype=np.intp))])

    def predictor(self, intercept: float, effects: Floats) -> Floats:
        eta = np.full(self.y.shape, intercept)
        for start in range(0, len(eta), CHUNK):
            part = eta[start : start + CHUNK]
            for j in range(len(self.bins)):
                part += effects[self.ends[j] : self.ends[j + 1]].take(self.codes[j, start : start + CHUNK])
        return eta

    def sums(self, values: Floats) -> Floats:
        """Σ of `values` in each bin."""
        out = np.zeros(self.ends[-1])
        for start in range(0, len(values), CHUNK):
            v = values[start : start + CHUNK]
            for j, k in enumerate(self.bins):
                out[self.ends[j] : self.ends[j + 1]] += np.bincount(self.codes[j, start : start + CHUNK], v, k)
        return out


def deviance(eta: Floats, y: Floats, weight: Floats) -> float:
    """-2 log-likelihood."""
    return float(2.0 * (weight @ (np.logaddexp(0.0, eta) - y * eta)))

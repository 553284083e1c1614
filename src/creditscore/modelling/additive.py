"""Points per bin: a penalised additive logistic model on coded columns, its shapes constrained where asked.

log-odds of the event = a + Σⱼ fⱼ(bin of column j). On the ordered bins of a column fⱼ is a sum of increments from
bin to bin, each with a ridge λⱼ (a first-difference penalty); levels, special values and missing have a ridge of
their own. A column whose increments are drawn to zero leaves the model: the penalty's null space is the constant.

The sums over the rows are cross-tables of codes, so the rest of the work does not grow with their number: λⱼ by the
Fellner-Schall update for restricted likelihood (Wood and Fasiolo, Biometrics 2017) on the quadratic at hand, the
signs of increments by block principal pivoting (Júdice and Pires 1994), which is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHUNK = 1 << 15  # rows per block: codes, weights and keys of one block stay in the cache
LAMBDA_RANGE = (1e-2, 1e7)
PRIOR = 10.0  # degrees of freedom with which the common λ is believed


@dataclass(frozen=True)
class Block:
    """One column in the fit: `ordered` bins first, then `free` ones (levels, special values, missing, other).

    `signs`: for each of the `ordered` - 1 increments of the log-odds 1 (may not fall), -1 (may not rise) or 0.
    """

    ordered: int
    free: int
    signs: tuple[int, ...] | None = None

    @property
    def bins(self) -> int:
        return self.ordered + self.free


@dataclass(frozen=True)
class AdditiveFit:
    """`effects[j][k]`: log-odds of the event that bin k of column j adds; each column's mean over the rows is 0."""

    intercept: float
    effects: tuple[Floats, ...]
    freedom: tuple[float, ...]  # effective degrees of freedom of each column
    penalties: tuple[float, ...]  # λ of each column's increments, then of its free bins
    coefficients: Floats  # intercept and coefficients, where another fit can start
    iterations: int
    converged: bool


class Design:
    """Bins to coefficients: `matrix[j]` maps the coefficients of column j to its bins."""

    def __init__(self, blocks: list[Block], weights: list[Floats]) -> None:
        self.blocks = blocks
        self.matrices: list[Floats] = []
        group: list[int] = []
        sign: list[int] = []
        groups = 0
        for block, weight in zip(blocks, weights, strict=True):
            steps = max(block.ordered - 1, 0)
            matrix = np.zeros((block.bins, steps + block.free))
            inside = weight[: block.ordered]
            if steps:
                step = np.tri(block.ordered, steps, -1)
                matrix[: block.ordered, :steps] = step - (inside @ step) / max(float(inside.sum()), 1e-300)
            matrix[block.ordered :, steps:] = np.eye(block.free)
            self.matrices.append(matrix)
            group += [groups] * steps + [groups + 1] * block.free
            groups += 2
            sign += list(block.signs or (0,) * steps) + [0] * block.free
        self.group = np.array(group, dtype=np.intp)
        self.sign = np.array(sign, dtype=np.int8)
        self.groups = groups
        sizes = np.array([m.shape[1] for m in self.matrices], dtype=np.intp)
        self.ends = np.concatenate([[0], np.cumsum(sizes)])
        bins = np.array([b.bins for b in blocks], dtype=np.intp)
        self.bin_ends = np.concatenate([[0], np.cumsum(bins)])

    def effects(self, theta: Floats) -> Floats:
        """Effects of all bins of all columns, one after the other."""
        parts = [m @ theta[a:b] for m, a, b in zip(self.matrices, self.ends, self.ends[1:], strict=False)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def gradient(self, per_bin: Floats) -> Floats:
        ends = self.bin_ends
        parts = [m.T @ per_bin[a:b] for m, a, b in zip(self.matrices, ends, ends[1:], strict=False)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def hessian(self, table: Floats) -> Floats:
        ends, bins = self.ends, self.bin_ends
        half = np.empty((table.shape[0], ends[-1]))
        for j, m in enumerate(self.matrices):
            half[:, ends[j] : ends[j + 1]] = table[:, bins[j] : bins[j + 1]] @ m
        out = np.empty((ends[-1], ends[-1]))
        for j, m in enumerate(self.matrices):
            out[ends[j] : ends[j + 1]] = m.T @ half[bins[j] : bins[j + 1]]
        return out


def cross_table(codes: NDArray[np.uint8], bins: list[int], weight: Floats) -> Floats:
    """Weighted counts of each pair of bins of each pair of columns, (bins, bins), symmetric; one pass over the rows."""
    ends = np.concatenate([[0], np.cumsum(np.array(bins, dtype=np.intp))])
    out = np.zeros((ends[-1], ends[-1]))
    columns, n = codes.shape
    for start in range(0, n, CHUNK):
        part = codes[:, start : start + CHUNK].astype(np.intp)
        w = weight[start : start + CHUNK]
        for i in range(columns):
            own = np.bincount(part[i], w, bins[i])
            out[np.arange(ends[i], ends[i + 1]), np.arange(ends[i], ends[i + 1])] += own
            for j in range(i + 1, columns):
                key = part[i] * bins[j]
                key += part[j]
                pair = np.bincount(key, w, bins[i] * bins[j]).reshape(bins[i], bins[j])
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


def solve_signed(a: Floats, b: Floats, sign: NDArray[np.int8], start: Floats) -> Floats:
    """argmin ½x'ax - b'x with sign·x ≥ 0 where sign is not 0; `a` positive definite. Exact, by exchange of active
    sets.
    """
    from scipy.linalg import cho_factor, cho_solve

    bound = sign != 0
    s = sign.astype(float)
    free = ~bound | (s * start > 0)
    best, tries = a.shape[0] + 1, 3
    scale = 1e-10 * (1.0 + float(np.abs(b).max(initial=0.0)))
    x = np.zeros_like(b)
    for _ in range(50 + 2 * a.shape[0]):
        index = np.flatnonzero(free)
        x = np.zeros_like(b)
        if index.size:
            x[index] = cho_solve(cho_factor(a[np.ix_(index, index)], lower=True, check_finite=False), b[index])
        slack = a @ x - b
        wrong = bound & np.where(free, s * x < -1e-12, s * slack < -scale)
        count = int(wrong.sum())
        if not count:
            break
        if count < best:
            best, tries = count, 3
        elif tries:
            tries -= 1
        else:
            keep = np.flatnonzero(wrong)[-1]
            wrong = np.zeros_like(wrong)
            wrong[keep] = True
        free ^= wrong
    return x


def common(freedom: Floats, square: Floats) -> Floats:
    """λ if all columns had one: apart for increments and for free bins."""
    out = np.empty_like(freedom)
    for part in (0, 1):
        out[part::2] = freedom[part::2].sum() / max(float(square[part::2].sum()), 1e-12)
    return out


def fit_additive(
    codes: NDArray[np.uint8],
    blocks: list[Block],
    y: Floats,
    weight: Floats,
    *,
    penalties: Floats | None = None,
    smoothing: float = 1.0,
    max_iterations: int = 40,
    tolerance: float = 1e-6,
    start: Floats | None = None,
) -> AdditiveFit:
    """Fit effects per bin. `codes`: (columns, rows). λ are chosen unless `penalties` (one per group) are given.

    `smoothing` multiplies the λ that restricted likelihood chooses. Constraints hold exactly at every step.
    """
    from scipy.linalg import cho_factor, cho_solve
    from scipy.linalg.lapack import dtrtri

    bins = [b.bins for b in blocks]
    rows = Rows(codes, bins, y, weight)
    counts = rows.sums(weight)
    design = Design(blocks, [counts[a:b] for a, b in zip(rows.ends, rows.ends[1:], strict=False)])
    size = int(design.ends[-1])
    total = float(weight.sum())
    mean = float(weight @ y) / total
    intercept, theta = float(np.log(mean / (1 - mean))), np.zeros(size)
    if start is not None:
        against = design.sign * start[1:] < 0  # a start outside the constraints has nothing to compare a step with
        intercept, theta = float(start[0]), np.where(against, 0.0, start[1:])
    chosen = penalties is None
    lam = np.full(design.groups, 30.0) if penalties is None else np.asarray(penalties, dtype=float)
    in_group = np.bincount(design.group, minlength=design.groups).astype(np.float64)
    signed = bool(design.sign.any())
    sign = np.concatenate([[0], design.sign]).astype(np.int8)
    freedom = in_group.copy()

    h = np.zeros((size + 1, size + 1))
    eta = rows.predictor(intercept, design.effects(theta))
    current = deviance(eta, y, weight)
    moved, fresh, converged, iteration = np.inf, np.inf, False, 0
    for iteration in range(1, max_iterations + 1):
        p = 1.0 / (1.0 + np.exp(-eta))
        residual = weight * (y - p)
        if moved > 0.02 * fresh or iteration <= 2:  # a fresh quadratic while the steps are large
            w = weight * p * (1 - p)
            table = cross_table(codes, bins, w)
            edge = design.gradient(np.diag(table).copy())
            h[1:, 1:] = design.hessian(table)
            h[0, 1:] = h[1:, 0] = edge
            h[0, 0] = w.sum()
            fresh = moved if np.isfinite(moved) else 1e300
        x = np.concatenate([[intercept], theta])
        b = h @ x + np.concatenate([[residual.sum()], design.gradient(rows.sums(residual))])
        for _ in range(2 if chosen and iteration <= 8 else 1):
            ridge = np.concatenate([[0.0], lam[design.group]])
            a = h + np.diag(ridge + 1e-9 * total * 1e-3)
            factor = cho_factor(a, lower=True, check_finite=False)
            new = cho_solve(factor, b)
            if chosen and iteration <= 8:
                inverse, _info = dtrtri(factor[0], lower=1)
                variance = np.einsum("ij,ij->j", np.tril(inverse), np.tril(inverse))[1:]
                spread = np.bincount(design.group, variance, design.groups)
                freedom = np.clip(in_group - lam * spread, 1e-8, None)
                square = np.bincount(design.group, new[1:] ** 2, design.groups).astype(np.float64)
                pooled = common(freedom, square)
                update = (freedom + PRIOR) / (square + PRIOR / np.maximum(pooled, 1e-12))
                update = np.clip(update, *LAMBDA_RANGE) * smoothing
                still = np.abs(np.log(update / lam)).max(initial=0.0) < 0.05
                lam = update
                if still:
                    break
        if signed:
            new = solve_signed(a, b, sign, new)
        step = new - x
        objective = current + float(lam[design.group] @ theta**2)
        for _half in range(12):
            trial = x + step
            eta = rows.predictor(float(trial[0]), design.effects(trial[1:]))
            dev = deviance(eta, y, weight)
            if dev + float(lam[design.group] @ trial[1:] ** 2) <= objective * (1 + 1e-9) + 1e-9:
                break
            step = step / 2
        intercept, theta, current = float(trial[0]), trial[1:], dev
        moved = float(np.abs(design.effects(step[1:])).max(initial=abs(step[0])))
        if moved < tolerance * 10:
            converged = True
            break
    effects = design.effects(theta)
    coefficients = np.concatenate([[intercept], theta])
    out = []
    for _j, (a0, b0) in enumerate(zip(rows.ends, rows.ends[1:], strict=False)):
        effect = effects[a0:b0]
        centre = float(counts[a0:b0] @ effect) / total
        intercept += centre
        out.append(effect - centre)
    per_column = [float(freedom[2 * j] + freedom[2 * j + 1]) for j in range(len(blocks))]
    return AdditiveFit(
        intercept, tuple(out), tuple(per_column), tuple(map(float, lam)), coefficients, iteration, converged
    )

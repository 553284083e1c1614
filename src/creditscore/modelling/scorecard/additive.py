"""Points per bin: a penalised additive logistic model on coded columns, its shapes constrained where asked.

log-odds of the event = a + Σⱼ fⱼ(bin of column j). On the ordered bins of a column fⱼ is a sum of increments from
bin to bin, each with a ridge λⱼ (a first-difference penalty); levels, special values and missing have a ridge of
their own. A column whose increments are drawn to zero leaves the model: the penalty's null space is the constant.

The sums over the rows are cross-tables of codes, so the rest of the work does not grow with their number: λⱼ by the
Fellner-Schall update for restricted likelihood (Wood and Fasiolo, Biometrics 2017) on the quadratic at hand, the
signs of increments by block principal pivoting (Júdice and Pires 1994), which is exact.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.modelling.models.logistic import probability_of
from creditscore.modelling.scorecard.constrained_lsq import solve_signed
from creditscore.modelling.scorecard.cross_table import Rows, cross_table, deviance

Floats = NDArray[np.float64]

FEW = 10.0  # how much more free bins believe the common λ than increments do: a column has few of them
NEAR = 0.5  # root mean square of log-odds by which the predictor may leave its quadratic
STALE = 6  # steps for which one quadratic serves at most
CHOOSING = 12  # steps in which λ are chosen
INNER = 3  # updates of λ on one quadratic
MOST_STEPS = 60
LAMBDA_RANGE = (1e-2, 1e7)
PRIOR = 2.0  # degrees of freedom with which the λ common to all columns is believed


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
    """Hold the result of `fit_additive`: what each bin of each column adds to the log-odds of the event.

    Parameters
    ----------
    intercept
        Log-odds of the event where every column adds 0.
    effects
        One array per column: `effects[j][k]` is the log-odds that bin k of column j adds. The weighted mean over the
        rows is 0 in each column.
    freedom
        Effective degrees of freedom of each column.
    penalties
        Ridge penalties λ, two per column: of the increments between ordered bins, then of the free bins.
    coefficients
        Intercept and coefficients before centring, from which another fit can start (`start` of `fit_additive`).
    iterations
        Newton steps taken.
    converged
        False where the steps ran out before no effect moved any more.
    curvature
        The last quadratic, for another fit to the same rows; not compared and not shown.
    """

    intercept: float
    effects: tuple[Floats, ...]
    freedom: tuple[float, ...]  # effective degrees of freedom of each column
    penalties: tuple[float, ...]  # λ of each column's increments, then of its free bins
    coefficients: Floats  # intercept and coefficients, where another fit can start
    iterations: int
    converged: bool
    curvature: Any = field(default=None, repr=False, compare=False)


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


def common(freedom: Floats, square: Floats) -> Floats:
    """λ if all columns had one: apart for increments and for free bins."""
    out = np.empty_like(freedom)
    for part in (0, 1):
        out[part::2] = freedom[part::2].sum() / max(float(square[part::2].sum()), 1e-12)
    return out


@dataclass
class Curvature:
    """The quadratic at some linear predictor, kept while the predictor stays near: gradients are always exact."""

    design: Design
    hessian: Floats | None = None
    predictor: Floats | None = None
    age: int = 0

    def at(self, rows: Rows, eta: Floats, p: Floats) -> Floats:
        self.age += 1
        if self.hessian is not None and self.predictor is not None and self.age <= STALE:
            drift = float(rows.weight @ (eta - self.predictor) ** 2) / float(rows.weight.sum())
            if drift < NEAR**2:
                return self.hessian
        w = rows.weight * p * (1 - p)
        table = cross_table(rows.codes, rows.bins, w)
        size = int(self.design.ends[-1])
        h = np.empty((size + 1, size + 1))
        h[1:, 1:] = self.design.hessian(table)
        h[0, 1:] = h[1:, 0] = self.design.gradient(np.diag(table).copy())
        h[0, 0] = w.sum()
        self.hessian, self.predictor, self.age = h, eta.copy(), 0
        return h


def likelier(
    h: Floats, b: Floats, design: Design, lam: Floats, in_group: Floats, prior: float
) -> tuple[Floats, Floats]:
    """One Fellner-Schall step: (λ of each group, effective degrees of freedom of each group) at the quadratic h, b."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.linalg.lapack import dtrtri

    factor = cho_factor(penalised(h, design, lam), lower=True, check_finite=False)
    theta = cho_solve(factor, b)[1:]
    inverse, _info = dtrtri(factor[0], lower=1)
    inverse = np.tril(inverse)
    variance = np.einsum("ij,ij->j", inverse, inverse)[1:]
    spread = np.bincount(design.group, variance, design.groups)
    freedom = np.clip(in_group - lam * spread, 1e-8, None)
    square = np.bincount(design.group, theta**2, design.groups).astype(np.float64)
    believed = np.where(np.arange(design.groups) % 2 == 0, prior, FEW * prior)
    update = (freedom + believed) / (square + believed / np.maximum(common(freedom, square), 1e-12))
    return np.clip(update, *LAMBDA_RANGE), freedom


def penalised(h: Floats, design: Design, lam: Floats) -> Floats:
    a = h.copy()
    a.flat[:: h.shape[0] + 1] += np.concatenate([[0.0], lam[design.group]]) + 1e-12 * h[0, 0]
    return a


def fit_additive(
    codes: NDArray[np.uint8],
    blocks: list[Block],
    y: Floats,
    weight: Floats,
    *,
    penalties: Floats | None = None,
    prior: float = PRIOR,
    tolerance: float = 1e-5,
    start: Floats | None = None,
    curvature: Curvature | None = None,
) -> AdditiveFit:
    """Fit a penalised additive logistic model on binned columns.

    Newton steps with halving on the penalised deviance; the constraints on signs hold exactly at every step. The fit
    stops when no effect moves by `tolerance`, or after 60 steps (`converged` is then False).

    Parameters
    ----------
    codes
        Bin of each value, shape (columns, rows).
    blocks
        One description per column: how many ordered and free bins, and the signs of the increments.
    y
        Outcomes 0/1, shape (rows,), both of them present.
    weight
        Weight of each row, 0 or more, shape (rows,).
    penalties
        Two λ per column, of increments and of free bins; None: they are chosen from the data, each column's own λ drawn
        to a common one.
    prior
        Degrees of freedom with which the common λ is believed; used only where λ are chosen.
    tolerance
        Greatest move of an effect, in log-odds, at which the fit counts as settled.
    start
        Coefficients of an earlier fit to the same rows, which save passes; None: start from the event rate.
    curvature
        Quadratic of an earlier fit to the same rows, which saves passes; None: none is known.

    Returns
    -------
    AdditiveFit
        Intercept, effects per bin, degrees of freedom and penalties.

    Notes
    -----
    log-odds = a + Σⱼ fⱼ(bin of column j), where fⱼ is a sum of increments over the ordered bins, each with a ridge λⱼ,
    and free bins have a ridge of their own. λ are updated by the Fellner-Schall method for restricted likelihood, signs
    are kept by block principal pivoting.

    References
    ----------
    Wood and Fasiolo (2017), Biometrics. Júdice and Pires (1994).

    Examples
    --------
    >>> fit = fit_additive(codes, [Block(ordered=5, free=1)], y, np.ones(len(y)))  # doctest: +SKIP
    >>> fit.effects[0]  # doctest: +SKIP
    """
    from scipy.linalg import cho_factor, cho_solve

    bins = [b.bins for b in blocks]
    rows = Rows(codes, bins, y, weight)
    counts = rows.sums(weight)
    design = Design(blocks, [counts[a:b] for a, b in itertools.pairwise(rows.ends)])
    curvature = Curvature(design) if curvature is None else replace(curvature, design=design)
    size = int(design.ends[-1])
    total = float(weight.sum())
    mean = float(weight @ y) / total
    intercept, theta = float(np.log(mean / (1 - mean))), np.zeros(size)
    if start is not None:
        against = design.sign * start[1:] < 0  # a start outside the constraints has nothing to compare a step with
        intercept, theta = float(start[0]), np.where(against, 0.0, start[1:])
    chosen = penalties is None
    lam = np.full(design.groups, 30.0) if penalties is None else np.asarray(penalties, dtype=np.float64)
    in_group = np.bincount(design.group, minlength=design.groups).astype(np.float64)
    freedom = in_group.copy()
    sign = np.concatenate([[0], design.sign]).astype(np.int8)

    eta = rows.predictor(intercept, design.effects(theta))
    current = deviance(eta, y, weight)
    converged, iteration = False, 0
    for iteration in range(1, MOST_STEPS + 1):
        p = probability_of(eta)
        residual = weight * (y - p)
        h = curvature.at(rows, eta, p)
        x = np.concatenate([[intercept], theta])
        b = h @ x + np.concatenate([[residual.sum()], design.gradient(rows.sums(residual))])
        settled = True
        for _ in range(INNER if chosen and iteration <= CHOOSING else 0):
            before = lam
            lam, freedom = likelier(h, b, design, lam, in_group, prior)
            settled = float(np.abs(np.log(lam / before)).max(initial=0.0)) < 0.05
            if settled:
                break
        a = penalised(h, design, lam)
        new = cho_solve(cho_factor(a, lower=True, check_finite=False), b)
        if sign.any():
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
        if moved < tolerance and settled:
            converged = True
            break
    effects = design.effects(theta)
    coefficients = np.concatenate([[intercept], theta])
    out = []
    for a0, b0 in itertools.pairwise(rows.ends):
        centre = float(counts[a0:b0] @ effects[a0:b0]) / total
        intercept += centre
        out.append(effects[a0:b0] - centre)
    per_column = tuple(float(freedom[2 * j] + freedom[2 * j + 1]) for j in range(len(blocks)))
    return AdditiveFit(
        intercept, tuple(out), per_column, tuple(map(float, lam)), coefficients, iteration, converged, curvature
    )

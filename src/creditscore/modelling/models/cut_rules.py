"""What grades must fulfil and how good they are: rules and objectives over counts, for any way of cutting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import UsageError
from creditscore.core.statistics.intervals import effective_counts
from creditscore.modelling.models.inputs import Floats
from creditscore.modelling.validation.low_default import distinct_z

__all__ = ["OBJECTIVES", "CutRules", "Objective", "Sums", "gains", "neighbours_fit", "span_fits"]

Bools = NDArray[np.bool_]
Objective = Literal["likelihood", "iv", "discrimination"]
OBJECTIVES = ("likelihood", "iv", "discrimination")
SLACK = 1e-9  # sums of weights differ in their last bits; a share of exactly 8 % is 8 %


@dataclass(frozen=True)
class CutRules:
    """State the rules that grades must keep; a rule left at its default asks nothing, except `monotone`.

    Parameters
    ----------
    monotone
        Whether the event rate must not fall from one grade to the next worse.
    min_share
        Least share of the rows (by weight) in each grade, in (0, 1].
    max_share
        Greatest share of the rows (by weight) in each grade, in (0, 1].
    min_events
        Least events in each grade (effective events under weights), 0 or more.
    distinct
        Greatest one-sided p-value between neighbouring grades, in (0, 1], such as 0.05 (see `distinct_p_value` of
        `validation.low_default`).
    stable
        Whether in each period every grade must have rows and the event rates keep their order; needs `periods`.
    shares
        Wanted share of each grade, best first, adding to 1; each is kept within `tolerance`.
    tolerance
        Greatest difference from a wanted share, 0 or more.

    Examples
    --------
    >>> rules = CutRules(min_share=0.05, min_events=10)
    >>> rules.asked()
    ('monotone', 'min_share', 'min_events')
    """

    monotone: bool = True
    min_share: float | None = None
    max_share: float | None = None
    min_events: float | None = None
    distinct: float | None = None
    stable: bool = False
    shares: Sequence[float] | None = None
    tolerance: float = 0.01

    def asked(self) -> tuple[str, ...]:
        """Names of the rules that ask for something."""
        return tuple(
            f.name for f in fields(self) if f.name != "tolerance" and getattr(self, f.name) not in (None, False)
        )

    def without(self, names: Sequence[str]) -> CutRules:
        """The same rules less these."""
        nothing: dict[str, Any] = {name: False if name in ("monotone", "stable") else None for name in names}
        return replace(self, **nothing)

    def check(self, grades: int, periods: bool) -> None:
        """Refuse rules that say something impossible in themselves."""
        for name in ("min_share", "max_share", "distinct"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise UsageError("modelling.is", name=name, value=value, where="CutRules")
        if self.min_events is not None and self.min_events < 0:
            raise UsageError("modelling.min_events", min_events=self.min_events, where="CutRules")
        if self.stable and not periods:
            raise UsageError("modelling.stable_needs_period_each_row", where="CutRules")
        if self.shares is None:
            return
        if len(self.shares) != grades:
            raise UsageError("modelling.shares_grades", shares_count=len(self.shares), grades=grades, where="CutRules")
        if abs(sum(self.shares) - 1) > 1e-6 or min(self.shares) < 0 or not self.tolerance >= 0:
            raise UsageError(
                "modelling.shares_add_tolerance",
                shares=list(self.shares),
                sum=sum(self.shares),
                tolerance=self.tolerance,
                where="CutRules",
            )


@dataclass(frozen=True)
class Sums:
    """Weight, squared weight and events of groups of rows (any shape); by period with one axis in front."""

    weight: Floats
    squares: Floats
    events: Floats
    weight_by: Floats
    events_by: Floats

    def upto(self, at: Any) -> Sums:
        """The entries at an index of the last axis: prefix sums at boundaries."""
        return Sums(*(getattr(self, f.name)[..., at] for f in fields(self)))

    def less(self, other: Sums) -> Sums:
        """Differences, part by part: prefix sums become spans; arrays broadcast."""
        return Sums(*(np.maximum(getattr(self, f.name) - getattr(other, f.name), 0.0) for f in fields(self)))

    def effective(self) -> tuple[Floats, Floats]:
        """Events and rows of equal information, see `effective_counts`."""
        return effective_counts(np.minimum(self.events, self.weight), self.weight, self.squares)

    def rate(self) -> Floats:
        """Event rate of each group; 0 where it is empty."""
        return np.divide(self.events, self.weight, out=np.zeros_like(self.weight), where=self.weight > 0)


def span_fits(rules: CutRules, sums: Sums, total: float, grade: Any) -> Bools:
    """Which groups may be a grade by themselves. `grade`: number of the grade, or an array of numbers."""
    share = sums.weight / total
    ok = np.ones(share.shape, dtype=bool)
    if rules.min_share is not None:
        ok = ok & (share >= rules.min_share - SLACK)
    if rules.max_share is not None:
        ok = ok & (share <= rules.max_share + SLACK)
    if rules.min_events is not None:
        ok = ok & (sums.effective()[0] >= rules.min_events - SLACK)
    if rules.shares is not None:
        ok = ok & (np.abs(share - np.asarray(rules.shares, dtype=np.float64)[grade]) <= rules.tolerance + SLACK)
    if rules.stable:
        ok = ok & (sums.weight_by > 0).all(axis=0)
    return np.asarray(ok)


def neighbours_fit(rules: CutRules, better: Sums, worse: Sums) -> Bools:
    """Which pairs of groups may be neighbouring grades; the two sides broadcast."""
    ok = np.ones(np.broadcast_shapes(better.weight.shape, worse.weight.shape), dtype=bool)
    if rules.monotone:
        ok &= _not_falling(better.events, better.weight, worse.events, worse.weight)
    if rules.stable:
        for k1, w1, k2, w2 in zip(better.events_by, better.weight_by, worse.events_by, worse.weight_by, strict=True):
            ok &= _not_falling(k1, w1, k2, w2)
    if rules.distinct is not None:
        from scipy.special import ndtri

        ok &= distinct_z(*better.effective(), *worse.effective()) >= -ndtri(rules.distinct)
    return ok


def _not_falling(k1: Floats, w1: Floats, k2: Floats, w2: Floats) -> Bools:
    return np.asarray(k1 * w2 <= k2 * w1 + 1e-12 * w1 * w2)


def gains(objective: str, sums: Sums, better_weight: Floats, better_events: Floats, whole: Sums, grades: int) -> Floats:
    """What each group adds to the objective, as a grade; larger is better, and the parts add up to the whole.

    likelihood      Σ e ln r + (n - e) ln(1 - r): binomial log-likelihood of the outcomes at the grades' rates, <= 0
    iv              Σ (g/G - e/E) ln((g/G) / (e/E)): information value, each count plus 1/2 so that none is infinite
    discrimination  Σ e (non-events in better grades + g/2) / (E G): area under the ROC curve of the grades, in [0, 1]

    better_weight, better_events: sums over all better rows; whole: sums over all rows.
    """
    from scipy.special import xlogy

    e, g = sums.events, sums.weight - sums.events
    if objective == "likelihood":
        r = sums.rate()
        return np.asarray(xlogy(e, r) + xlogy(g, 1 - r))
    all_e, all_g = float(whole.events), float(whole.weight - whole.events)
    if objective == "iv":
        bad = (e + 0.5) / (all_e + 0.5 * grades)
        good = (g + 0.5) / (all_g + 0.5 * grades)
        return np.asarray((good - bad) * np.log(good / bad))
    return np.asarray(e * ((better_weight - better_events) + g / 2) / (all_e * all_g))

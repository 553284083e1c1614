"""Cut-offs between grades: the best ones under rules, found exactly, and any others measured beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.models.cut_rules import (
    OBJECTIVES,
    CutRules,
    Objective,
    Sums,
    gains,
    neighbours_fit,
    span_fits,
)
from creditscore.modelling.models.inputs import Floats, both_classes
from creditscore.modelling.validation.low_default import distinct_p_value
from creditscore.modelling.validation.metrics.inputs import column, outcomes, weights

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CutSolution", "NoCuts", "compare_cuts", "optimise_cuts"]


class NoCuts(TableError):
    """No cut-offs keep all the rules. `conflict`: a smallest set of rules that cannot be kept together."""

    conflict: tuple[str, ...] = ()


@dataclass(frozen=True)
class CutSolution:
    """The best cut-offs: grade k holds cuts[k-1] <= p < cuts[k].

    `value` of the objective; `candidates` boundaries were considered, all there are if `every_boundary`: then no
    other cut-offs under these rules are better, else none among the candidates.
    """

    cuts: tuple[float, ...]
    objective: str
    value: float
    candidates: int
    every_boundary: bool
    rules: CutRules


@dataclass(frozen=True)
class _Rows:
    """Rows in one fixed order: by p, then outcome, weight and period, so that no sum depends on how they came."""

    p: Floats
    y: Floats
    w: Floats
    period: Any
    periods: int


def optimise_cuts(
    p: Any,
    y: Any,
    grades: int,
    rules: CutRules | None = None,
    *,
    objective: Objective = "likelihood",
    sample_weight: Any = None,
    periods: Any = None,
    candidates: int | Sequence[float] = 300,
) -> CutSolution:
    """Find the cut-offs of exactly `grades` grades that are best among all that keep the rules.

    Parameters
    ----------
    p
        Probability, or any number that is higher for riskier rows, shape (n,).
    y
        Outcomes 0/1, shape (n,), both of them present.
    grades
        How many grades, 2 or more.
    rules
        What the grades must keep; None for the defaults of CutRules.
    objective
        What is made greatest: `likelihood`, `iv` (information value) or `discrimination` (area under the ROC curve).
    sample_weight
        Weight of each row, 0 or more; None for 1 each.
    periods
        A label per row, shape (n,), for the rule `stable`; None: there are no periods.
    candidates
        Where a cut may lie: a sequence of cut-offs, or how many boundaries between different values of p at most;
        beyond that number, boundaries at equal shares of the weight (and at the wanted shares, if the rules name some).

    Returns
    -------
    CutSolution
        The cut-offs (grade k holds cuts[k-1] <= p < cuts[k]), the value of the objective, and whether every boundary
        between different values of p was a candidate.

    Raises
    ------
    NoCuts
        Where no cut-offs keep the rules, with the smallest set of rules in conflict; and where p has fewer different
        values than grades.
    TableError
        For unusable data, or outcomes of one class only.
    UsageError
        For fewer than two grades, an unknown objective, or rules that cannot be.

    Notes
    -----
    With e events and g others in a grade of rate r = e / (e + g), E events and G others in all: likelihood Σ e ln r + g
    ln(1 - r); iv Σ (g/G - e/E) ln((g/G) / (e/E)), each count plus 1/2; discrimination Σ e (others in better grades +
    g/2) / (E G).

    Dynamic programming over (last grade's start, its end): every rule concerns one grade or two neighbours and every
    objective is a sum over grades, so the best of all choices among the candidates is found, in O(grades ×
    candidates³).

    Examples
    --------
    >>> p = np.repeat([0.01, 0.02, 0.10, 0.30], 100)
    >>> y = np.concatenate([np.arange(100) < k for k in (1, 2, 10, 30)]).astype(int)
    >>> optimise_cuts(p, y, 3).cuts
    (0.1, 0.3)
    """
    rules = rules or CutRules()
    if not isinstance(grades, int | np.integer) or grades < 2:
        raise UsageError("modelling.grades", grades=grades)
    if objective not in OBJECTIVES:
        raise UsageError("modelling.no_objective_called", objective=objective, allowed=OBJECTIVES)
    rules.check(int(grades), periods is not None)
    rows = _rows(p, y, sample_weight, periods)
    both_classes(rows.y, "finding cut-offs")
    cuts, every = _boundaries(rows, candidates, rules.shares)
    if len(cuts) < grades - 1:
        raise NoCuts(
            f"p has {len(cuts) + 1} values that can be told apart, too few for {grades} grades",
            allowed=f"{grades} different values or more",
            next="ask for fewer grades, or a finer p",
        )
    inner = np.searchsorted(rows.p, cuts, side="left")
    prefix = _prefix(rows).upto(np.r_[0, inner, len(rows.p)])
    best = _search(prefix, int(grades), rules, objective)
    if best is None:
        raise _conflict(prefix, int(grades), rules, objective, every)
    value, places = best
    return CutSolution(tuple(float(cuts[at - 1]) for at in places), objective, value, len(cuts), every, rules)


def compare_cuts(
    p: Any,
    y: Any,
    cuts: Mapping[str, Sequence[float]],
    rules: CutRules | None = None,
    *,
    sample_weight: Any = None,
    periods: Any = None,
) -> pd.DataFrame:
    """Compare several sets of cut-offs, such as optimised and hand-set ones, on the same rows.

    Parameters
    ----------
    p
        Probability, or any number that is higher for riskier rows, shape (n,).
    y
        Outcomes 0/1, shape (n,), both of them present.
    cuts
        Name of each set → its cut-offs, ascending.
    rules
        Rules whose keeping is shown; None for the defaults of CutRules.
    sample_weight
        Weight of each row, 0 or more; None for 1 each.
    periods
        A label per row, for the rule `stable`; None: stability is not measured.

    Returns
    -------
    DataFrame
        One row per set: `cuts` (its name), `grades`, the three objectives `likelihood`, `iv`, `discrimination` (see
        `optimise_cuts`); `least_share`, `greatest_share`, `herfindahl` (Σ share², 1 = all in one grade),
        `least_events`, `monotone`, `largest_p_value` between neighbours, `stable` (None without periods), and `broken`:
        the names of the rules that the set breaks.

    Raises
    ------
    TableError
        For unusable data, outcomes of one class only, or cut-offs that do not ascend.
    UsageError
        For rules that cannot be, such as `stable` without periods.

    Examples
    --------
    >>> p = np.repeat([0.01, 0.02, 0.10, 0.30], 100)
    >>> y = np.concatenate([np.arange(100) < k for k in (1, 2, 10, 30)]).astype(int)
    >>> compare_cuts(p, y, {"by hand": [0.05], "finer": [0.02, 0.1]})["grades"].tolist()
    [2, 3]
    """
    import pandas as pd

    rules = rules or CutRules()
    rows = _rows(p, y, sample_weight, periods)
    both_classes(rows.y, "comparing cut-offs")
    prefix = _prefix(rows)
    table = []
    for name, given in cuts.items():
        edges = _ascending(given, f"cut-offs {name!r}")
        rules.without(() if rules.shares is None or len(rules.shares) == len(edges) + 1 else ("shares",)).check(
            len(edges) + 1, periods is not None
        )
        at = np.r_[0, np.searchsorted(rows.p, edges, side="left"), len(rows.p)]
        table.append({"cuts": name, **_measures(prefix.upto(at), rules, periods is not None)})
    return pd.DataFrame(table)


def _measures(prefix: Sums, rules: CutRules, by_period: bool) -> dict[str, Any]:
    count = prefix.weight.shape[-1] - 1
    start, spans, whole = prefix.upto(slice(0, count)), _spans(prefix, slice(0, count), slice(1, None)), prefix.upto(-1)
    share = spans.weight / whole.weight
    effective, sizes = spans.effective()
    p_values = distinct_p_value(effective[:-1], sizes[:-1], effective[1:], sizes[1:])
    return {
        "grades": count,
        **{o: float(gains(o, spans, start.weight, start.events, whole, count).sum()) for o in OBJECTIVES},
        "least_share": float(share.min()),
        "greatest_share": float(share.max()),
        "herfindahl": float(share @ share),
        "least_events": float(effective.min()),
        "monotone": _kept(CutRules(), spans, float(whole.weight)),
        "largest_p_value": float(p_values.max()) if count > 1 else None,
        "stable": _kept(CutRules(monotone=False, stable=True), spans, float(whole.weight)) if by_period else None,
        "broken": tuple(
            name
            for name in rules.asked()
            if not _kept(rules.without([other for other in rules.asked() if other != name]), spans, float(whole.weight))
        ),
    }


def _kept(rules: CutRules, spans: Sums, total: float) -> bool:
    count = len(spans.weight)
    if rules.shares is not None and len(rules.shares) != count:
        return False
    fits = span_fits(rules, spans, total, np.arange(count))
    return bool(fits.all() and neighbours_fit(rules, spans.upto(slice(0, -1)), spans.upto(slice(1, None))).all())


def _rows(p: Any, y: Any, sample_weight: Any, periods: Any) -> _Rows:
    x = column("p", p)
    t, w = outcomes(y, len(x)), weights(sample_weight, len(x))
    codes = np.zeros(len(x), dtype=np.int64)
    if periods is not None:
        labels = np.asarray(periods)
        if labels.shape != x.shape:
            raise TableError("modelling.periods_shape", shape=labels.shape, x_count=len(x))
        _, codes = np.unique(labels[w > 0], return_inverse=True)
    else:
        codes = codes[w > 0]
    x, t, w = x[w > 0], t[w > 0], w[w > 0]
    order = np.lexsort((codes, w, t, x))
    return _Rows(x[order], t[order], w[order], codes[order], int(codes.max()) + 1)


def _prefix(rows: _Rows) -> Sums:
    """Sums over the first i rows, i = 0 … n."""
    here = rows.period == np.arange(rows.periods)[:, None]

    def running(part: Floats) -> Floats:
        zero = np.zeros((*part.shape[:-1], 1))
        return np.concatenate([zero, np.cumsum(part, axis=-1)], axis=-1)

    w, e = rows.w, rows.w * rows.y
    return Sums(running(w), running(w * w), running(e), running(here * w), running(here * e))


def _boundaries(rows: _Rows, candidates: int | Sequence[float], shares: Sequence[float] | None) -> tuple[Floats, bool]:
    """Cut-offs that may be chosen, ascending, each with rows on both sides; and whether these are all that differ."""
    values, first = np.unique(rows.p, return_index=True)
    if not isinstance(candidates, int | np.integer):
        given = _ascending(candidates, "candidates")
        places = np.searchsorted(rows.p, given, side="left")
        keep = (places > 0) & (places < len(rows.p)) & np.r_[True, np.diff(places) > 0]
        return given[keep], False
    if candidates < 1:
        raise UsageError("modelling.candidates", candidates=candidates)
    inner = np.arange(1, len(values))
    every = len(inner) <= candidates
    if not every:
        weight = np.cumsum(rows.w)
        reached = weight[first[1:] - 1] / weight[-1]
        wanted = np.r_[np.arange(1, candidates + 1) / (candidates + 1), np.cumsum(shares or [])]
        above = np.clip(np.searchsorted(reached, wanted), 1, len(reached) - 1)
        closer = wanted - reached[above - 1] < reached[above] - wanted
        inner = np.unique(np.where(closer, above - 1, above)) + 1
    return np.array([_plain_number(values[i - 1], values[i]) for i in inner]), every


def _plain_number(low: float, high: float) -> float:
    """The decimal with the fewest places in (low, high], so that cut-offs read well; else `high`."""
    for places in range(16):
        short = round(float(np.ceil(high * 10.0**places) - 1) / 10.0**places, places)
        for result in (round(float(high), places), short):
            if low < result <= high:
                return result
    return float(high)


def _ascending(values: Sequence[float], name: str) -> Floats:
    result = column(name, values)
    if (np.diff(result) <= 0).any():
        raise TableError("modelling.not_ascend", name=name, tolist=result.tolist()[:8])
    return result


def _spans(prefix: Sums, start: Any, end: Any) -> Sums:
    return prefix.upto(end).less(prefix.upto(start))


def _search(prefix: Sums, grades: int, rules: CutRules, objective: Objective) -> tuple[float, list[int]] | None:
    """Value and inner boundaries of the best cut, or None where no cut keeps the rules.

    best[k, i, j]: the greatest gain of k + 1 grades over the rows before boundary j, the last from boundary i to j.
    """
    m = prefix.weight.shape[-1]
    whole, total = prefix.upto(-1), float(prefix.weight[-1])
    best = np.full((grades, m, m), -np.inf)
    came = np.zeros((grades, m, m), dtype=np.int32)
    for i in range(m - 1):
        ahead = slice(i + 1, m)
        span = _spans(prefix, slice(i, i + 1), ahead)
        fits = span.weight > 0
        gain = gains(objective, span, prefix.weight[i], prefix.events[i], whole, grades)
        if i == 0:
            best[0, 0, ahead] = np.where(fits & span_fits(rules, span, total, 0), gain, -np.inf)
            continue
        before = Sums(*(part[..., None] for part in vars(_spans(prefix, slice(0, i), slice(i, i + 1))).values()))
        after = Sums(*(part[..., None, :] for part in vars(span).values()))
        pairs = neighbours_fit(rules, before, after)
        for k in range(1, min(grades, i + 1)):
            reached = best[k - 1, :i, i]
            if not np.isfinite(reached).any():
                continue
            choice = np.where(pairs, reached[:, None], -np.inf)
            from_ = choice.argmax(axis=0)
            value = choice[from_, np.arange(m - 1 - i)] + gain
            best[k, i, ahead] = np.where(fits & span_fits(rules, span, total, k), value, -np.inf)
            came[k, i, ahead] = from_
    last = best[grades - 1, :, m - 1]
    i = int(last.argmax())
    if not np.isfinite(last[i]):
        return None
    places, j = [i], m - 1
    for k in range(grades - 1, 1, -1):
        i, j = int(came[k, i, j]), i
        places.append(i)
    return float(last.max()), places[::-1]


def _conflict(prefix: Sums, grades: int, rules: CutRules, objective: Objective, every: bool) -> NoCuts:
    """Leave rules out one by one as long as there is still no solution: what remains cannot be kept together."""

    def possible(tried: CutRules, count: int = grades) -> bool:
        return _search(prefix, count, tried, objective) is not None

    left: list[str] = []
    for name in rules.asked():
        if not possible(rules.without([*left, name])):
            left.append(name)
    conflict = tuple(name for name in rules.asked() if name not in left)
    alone = [name for name in rules.asked() if possible(rules.without([name]))]
    advice = [f"without {name} there are cut-offs" for name in alone]
    if rules.shares is None:
        fewer = next((count for count in range(grades - 1, 1, -1) if possible(rules, count)), None)
        advice += [f"with {fewer} grades there are cut-offs"] if fewer else []
    if not every:
        advice.append("with more or other candidates there may be some")
    error = NoCuts(
        f"no {grades} grades keep these rules together: {', '.join(conflict)}",
        allowed="rules that some cut-offs keep",
        next="; ".join(advice) or "loosen two or more of the rules",
    )
    error.conflict = conflict
    return error

"""The random arm: what a model is worth on all organisations, judged from those that were drawn at random.

Visits chosen by risk or complaint say little of firms nobody visited. A random draw gives every firm a known chance
π = n/N of its stratum; weighting by 1/π makes those drawn stand for all. Intervals are of the design: the
organisations are fixed, only the draw is random (Särndal, Swensson, Wretman 1992, chapters 3 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.discrimination import influence, ranked
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    Ints,
    codes,
    column,
    level_of,
    outcomes,
    probabilities,
)

if TYPE_CHECKING:
    import pandas as pd


FEW = 300  # results; between the trial that held its level (461) and the one that did not (139)
FEW_SAID = "{} results: the interval of the AUC is too narrow (in a trial with 139 one of 95 % held the truth in 88 %)"


@dataclass(frozen=True)
class Estimate:
    """A figure of all organisations of the frame, its standard error over draws, and its interval."""

    value: float
    se: float
    low: float
    high: float
    count: int
    level: float
    method: str


@dataclass(frozen=True)
class RandomArm:
    """`rate_total` needs the size of the frame; the others rest on weights alone. `bins`: observed by predicted."""

    rate: Estimate
    rate_total: Estimate
    auc: Estimate | None
    observed_to_expected: Estimate
    gap: Estimate
    bins: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Design:
    """Rows of a stratified draw: weights, the stratum of each row, and the share of each stratum that was seen."""

    weight: Floats
    stratum: Ints
    share: Floats
    size: float
    df: int
    notes: tuple[str, ...]

    def variance(self, part: Floats) -> float:
        """Σ over strata of (1 − fₕ) nₕ/(nₕ − 1) Σ (z − z̄ₕ)², for a total Σ z of the rows."""
        count = np.bincount(self.stratum).astype(np.float64)
        mean = np.bincount(self.stratum, weights=part) / count
        squares = np.bincount(self.stratum, weights=(part - mean[self.stratum]) ** 2)
        return float(np.sum((1 - self.share) * squares * count / np.maximum(count - 1, 1)))

    def quantile(self, level: float) -> float:
        """Student's t with as many degrees of freedom as rows less strata."""
        from scipy.special import stdtrit

        return float(stdtrit(self.df, 0.5 + level / 2))


CARRIED_OUT = {"clean": 0, "corrected_on_site": 1, "breach": 1}


def arm_of_results(results: pd.DataFrame) -> pd.DataFrame:
    """Take the random arm out of a table that `supervise import` wrote.

    Only random visits that were carried out count, and of each organisation and department the first.

    Parameters
    ----------
    results
        The table, with subject_id, department, inspected_on, arm, result, probability and stratum.

    Returns
    -------
    DataFrame
        One row per organisation and department, sorted: subject_id, department, y (1 a breach or what was corrected on
        site, 0 clean), probability (of being drawn), stratum.

    Raises
    ------
    InputError
        Where a column or the probability of a random visit is missing.

    Examples
    --------
    >>> arm = arm_of_results(pd.read_csv("results.csv", dtype={"probability": str}))  # doctest: +SKIP
    """
    needed = ("subject_id", "department", "inspected_on", "arm", "result", "probability", "stratum")
    gone = [name for name in needed if name not in results.columns]
    if gone:
        raise InputError("modelling.results_no_column", gone=gone[0], allowed=", ".join(needed))
    rows = results[(results["arm"] == "random") & results["result"].isin(list(CARRIED_OUT))]
    rows = rows.sort_values(["subject_id", "department", "inspected_on"]).drop_duplicates(["subject_id", "department"])
    table = rows[["subject_id", "department"]].assign(
        y=rows["result"].map(CARRIED_OUT), probability=rows["probability"], stratum=rows["stratum"]
    )
    if table["probability"].isna().any() or (table["probability"] == "").any():
        raise InputError("modelling.random_visit_no_probability")
    return table.reset_index(drop=True)


def evaluate_random_arm(
    y: Any,
    p: Any,
    probability: Any,
    *,
    strata: Any = None,
    sizes: Mapping[Any, int] | None = None,
    bins: int = 5,
    level: float = 0.95,
) -> RandomArm:
    """Estimate what a model is worth on all organisations of the frame, from the results of those drawn at random.

    Give only the random arm, and only visits that were carried out.

    Parameters
    ----------
    y
        1 = something was found, 0 = clean, shape (n,), two rows or more.
    p
        The model's probabilities in [0, 1], shape (n,).
    probability
        Chance of having been drawn, in (0, 1], shape (n,), as numbers, fractions or text (`3/40`), as `supervise
        import` writes them; the same within a stratum.
    strata
        The stratum of each row; None: rows of equal probability.
    sizes
        Organisations in each stratum: those without a result (not found, refused) are taken to be like the others of
        their stratum. None: a row weighs one over its probability.
    bins
        Groups of about equal weight along the prediction.
    level
        Confidence of the intervals, 0.5 to below 1.

    Returns
    -------
    RandomArm
        rate, rate_total, auc (None where only one outcome was seen), observed_to_expected and gap, each with standard
        error and interval; `bins`, observed by predicted; `notes`.

    Raises
    ------
    InputError
        For probabilities outside (0, 1] or different within a stratum, fewer than two rows, and sizes that are missing
        or smaller than the number of results.
    TableError
        For unusable outcomes or predictions, or lengths that differ.
    UsageError
        For a level outside its range.

    Notes
    -----
    rate: Σwy/Σw (Hájek 1971). rate_total: Σ y/π over the size of the frame (Horvitz, Thompson 1952). auc: of the
    weighted rows. observed_to_expected: Σwy/Σwp. gap: Σw(y − p)/Σw. Standard errors by linearisation within strata with
    the finite population correction: the organisations are fixed, only the draw is random.

    References
    ----------
    Särndal, Swensson, Wretman (1992), chapters 3 and 5. Hájek (1971). Horvitz and Thompson (1952).

    Examples
    --------
    >>> arm = evaluate_random_arm([1, 0, 0, 1], [0.6, 0.2, 0.1, 0.5], ["1/10", "1/10", "1/2", "1/2"])
    >>> round(arm.rate.value, 4), round(arm.rate_total.value, 4)
    (0.5, 0.5)
    """
    level = level_of(level)
    y = outcomes(y)
    p = probabilities(p, len(y))
    design = design_of(probability, len(y), strata, sizes)
    total = float(np.sum(design.weight))
    rate = float(design.weight @ y) / total
    part = design.weight * (y - rate) / total
    spread = np.sqrt(design.variance(part))
    expected = float(design.weight @ p)
    ratio = float(design.weight @ y) / expected if expected > 0 else float("nan")
    gap = float(design.weight @ (y - p)) / total
    overall = float(design.weight @ y) / design.size
    auc = _auc(y, p, design, level)
    few = auc is not None and auc.se > 0 and len(y) < FEW
    return RandomArm(
        rate=_rate("Hájek", rate, spread, design, level),
        rate_total=_rate(
            "Horvitz-Thompson", overall, np.sqrt(design.variance(design.weight * y / design.size)), design, level
        ),
        auc=auc,
        observed_to_expected=_ratio(ratio, design.variance(design.weight * (y - ratio * p) / expected), design, level),
        gap=_plain("Hájek", gap, design.variance(design.weight * (y - p - gap) / total), design, level),
        bins=_bins(y, p, design, bins, level),
        notes=(*design.notes, *((FEW_SAID.format(len(y)),) if few else ())),
    )


def design_of(probability: Any, length: int, strata: Any, sizes: Mapping[Any, int] | None) -> Design:
    """Weights and strata, checked. Strata in which one row was seen are pooled for the variance, and it is said."""
    chance = _chances(probability, length)
    if length < 2:
        raise InputError("modelling.rows_random_arm", length=length)
    labels = np.round(chance, 12) if strata is None else strata
    stratum, names = codes("strata", labels, length)
    count = np.bincount(stratum).astype(np.float64)
    spread = np.bincount(stratum, weights=chance) / count
    if np.any(np.abs(chance - spread[stratum]) > 1e-9):
        raise InputError("modelling.probabilities_differ_inside_stratum", where="strata")
    notes = []
    if sizes is None:
        weight, share = 1 / chance, spread
        size = float(np.sum(weight))
    else:
        missing = [name for name in names if name not in sizes]
        if missing:
            raise InputError("modelling.no_size_stratum", missing=missing[0], where="sizes")
        held = np.array([sizes[name] for name in names], dtype=np.float64)
        if np.any(held < count):
            raise InputError("modelling.more_results_organisations_stratum", where="sizes")
        weight, share, size = (held / count)[stratum], count / held, float(sum(sizes.values()))
        unseen = size - float(np.sum(held))
        if unseen > 0:
            notes.append(f"{unseen:.0f} organisations in strata without a result: nothing is known of them")
            size -= unseen
        silent = float(np.sum(np.maximum(spread * held - count, 0)))
        if round(silent):
            notes.append(f"about {silent:.0f} drawn without a result: taken to be like the others of their stratum")
    row_share = share[stratum]
    single = count[stratum] == 1
    if single.any():
        notes.append(f"{int(single.sum())} strata with one result are pooled for the variance")
        # one alone varies with the largest of the others
        together = len(count) if single.sum() > 1 else int(np.argmax(count))
        _, stratum = np.unique(np.where(single, together, stratum), return_inverse=True)
    share = np.bincount(stratum, weights=row_share) / np.bincount(stratum)
    df = length - int(stratum.max()) - 1
    return Design(weight, stratum.astype(np.int64), np.clip(share, 0, 1), size, max(df, 1), tuple(notes))


def _chances(probability: Any, length: int) -> Floats:
    values = probability.to_numpy() if hasattr(probability, "to_numpy") else list(probability)
    try:
        plain = [float(Fraction(value)) if isinstance(value, str) else float(value) for value in values]
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            "modelling.probability_missing_no_number", where="probability", allowed="3/40, 0.075"
        ) from error
    chance = column("probability", plain, length)
    if np.any((chance <= 0) | (chance > 1)):
        raise InputError("modelling.probability_lies_outside", where="probability")
    return chance


def _plain(method: str, value: float, variance: float, design: Design, level: float) -> Estimate:
    se = float(np.sqrt(variance))
    wide = design.quantile(level) * se
    return Estimate(value, se, value - wide, value + wide, len(design.weight), level, method)


def _rate(method: str, value: float, se: Any, design: Design, level: float) -> Estimate:
    """Clopper and Pearson's interval at the effective number of rows (Korn, Graubard 1998), so that few events are
    no certainty; where nothing varied, the number of rows itself.
    """
    from scipy.special import betaincinv, stdtrit

    rows = len(design.weight)
    inside = min(max(value, 0.0), 1.0)
    effective_visits = float(rows)
    if se > 0 and 0 < inside < 1:
        effective_visits = inside * (1 - inside) / float(se) ** 2
        effective_visits *= float(stdtrit(max(rows - 1, 1), 0.5 + level / 2) / design.quantile(level)) ** 2
    tail, events = (1 - level) / 2, inside * effective_visits
    low = 0.0 if events <= 0 else float(betaincinv(events, effective_visits - events + 1, tail))
    high = (
        1.0
        if events >= effective_visits
        else float(betaincinv(events + 1, max(effective_visits - events, 1e-9), 1 - tail))
    )
    return Estimate(value, float(se), low, high, rows, level, method)


def _ratio(value: float, variance: float, design: Design, level: float) -> Estimate:
    """On the logarithm; without an event there is no lower bound but 0 and no upper one."""
    se = float(np.sqrt(variance))
    if not value > 0:
        return Estimate(value, se, 0.0, float("nan"), len(design.weight), level, "ratio")
    wide = float(np.exp(design.quantile(level) * se / value))
    return Estimate(value, se, value / wide, value * wide, len(design.weight), level, "ratio, logarithm")


def _auc(y: Floats, p: Floats, design: Design, level: float) -> Estimate | None:
    """Weighted AUC; what each row adds to its error is linearised within strata; interval on the log-odds."""
    if not 0 < float(np.sum(y)) < len(y):
        return None
    auc, part = influence(ranked(y, p, design.weight))
    se = float(np.sqrt(design.variance(part)))
    inside = min(max(auc, 1e-6), 1 - 1e-6)
    wide = design.quantile(level) * se / (inside * (1 - inside))
    logit = float(np.log(inside / (1 - inside)))
    low, high = (float(1 / (1 + np.exp(-(logit + side * wide)))) for side in (-1, 1))
    return Estimate(auc, se, low, high, len(y), level, "inverse probability, log-odds")


def _bins(y: Floats, p: Floats, design: Design, bins: int, level: float) -> pd.DataFrame:
    """Observed and predicted by groups of equal weight along the prediction; `low`, `high` are of the observed."""
    import pandas as pd

    order = np.argsort(p, kind="stable")
    before = np.cumsum(design.weight[order]) - design.weight[order] / 2
    group = np.empty(len(p), dtype=np.int64)
    group[order] = np.minimum((before / before[-1] * bins).astype(np.int64), bins - 1)
    _, equal = np.unique(p, return_inverse=True)  # equal predictions share a group: the first one's
    first = np.full(len(p), bins, dtype=np.int64)
    np.minimum.at(first, equal, group)
    group = first[equal]
    rows: list[dict[str, object]] = []
    for value in np.unique(group):
        here = group == value
        weight = design.weight * here
        total = float(np.sum(weight))
        rate, mean = float(weight @ y) / total, float(weight @ p) / total
        estimate = _rate(
            "Hájek", rate, np.sqrt(design.variance(weight * (y - rate) / total)), _narrowed(design, here), level
        )
        rows.append(
            {
                "bin": len(rows) + 1,
                "visits": int(here.sum()),
                "share": total / float(np.sum(design.weight)),
                "predicted": mean,
                "observed": rate,
                "low": estimate.low,
                "high": estimate.high,
                "inside": estimate.low <= mean <= estimate.high,
            }
        )
    return pd.DataFrame(rows)


def _narrowed(design: Design, here: Any) -> Design:
    """The design of a part of the rows, for its number of rows and degrees of freedom."""
    rows = int(here.sum())
    df = max(rows - len(np.unique(design.stratum[here])), 1)
    return Design(design.weight[here], design.stratum[here], design.share, design.size, df, ())

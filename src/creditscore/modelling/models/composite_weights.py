"""Weights of a composite fitted to later outcomes: none negative, by constrained likelihood, kept as a configuration.

The log-odds of the event are a + Σ b_d · (reference_d − value_d) / 1000 with every b_d ≥ 0: a domain may predict
nothing, but its good grade never counts as bad. Weights are b_d / Σ b, in whole points of 1000. They are a
statistical finding about one population, say so (`derived`), and set no statutory grade.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from creditscore.composite.config import TOP, CompositeConfig
from creditscore.composite.load import load_composite
from creditscore.composite.result import Composite
from creditscore.core.atomic import whole_file
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.clock import check_day_has_come
from creditscore.core.errors import SchemeError, TableError, UsageError
from creditscore.core.i18n import label_of
from creditscore.modelling.models.inputs import Floats, both_classes
from creditscore.modelling.models.threads import one_thread
from creditscore.modelling.scorecard.constrained_lsq import solve_signed

__all__ = ["FittedWeights", "fit_weights", "known_outcomes", "write_fitted"]

RIDGE = 1e-3  # on coefficients, in units of one subject: domains that never move stay at zero, the rest do not notice
LEAST_EVENTS = 20
LEAST_GAIN = 3.84  # twice the gain in log-likelihood, the 95 % point of χ²(1): less is chance


@dataclass(frozen=True)
class FittedWeights:
    """Whole weights by domain (they add up to 1000), and from what they were fitted.

    coefficients   log-odds of the event per 1000 points of value below the reference, all ≥ 0
    log_loss       mean, of the fit; log_loss_base: of the overall rate alone; of the same rows, so a little hopeful
    data_sha256    of subjects, values and outcomes, in any order of rows
    """

    base: str
    weights: dict[str, int]
    coefficients: dict[str, float]
    intercept: float
    rows: int
    events: int
    log_loss: float
    log_loss_base: float
    data_sha256: str


def known_outcomes(composite: Composite, outcomes: Any) -> tuple[np.ndarray, Floats, Floats, Floats]:
    """(ids, scores, values (rows, domains), outcomes 0/1) of the scored subjects whose outcome is known, by id.

    outcomes: a table with `subject_id` and `event` (0/1); empty events are unknown and left out. TableError where an
    outcome is neither, a subject stands twice, or no scored subject has one.
    """
    import pandas as pd

    from creditscore.modelling.features.frames import read_frame

    if outcomes is None:
        raise TableError("modelling.no_outcomes_given", where="outcomes")
    given = read_frame(outcomes, {"subject_id": "text"})
    lacking = [name for name in ("subject_id", "event") if name not in given.columns]
    if lacking:
        raise TableError(
            "modelling.column_missing_2", lacking=lacking[0], where="outcomes", allowed="subject_id, event"
        )
    given = given[given["event"].notna()]
    event = pd.to_numeric(given["event"], errors="coerce")
    if not event.isin([0, 1]).all():
        raise TableError("modelling.outcome_neither_nor", where="event")
    if given["subject_id"].duplicated().any():
        raise TableError("modelling.subject_two_outcomes", where="outcomes")
    table = composite.composite.select(["subject_id", "state", "score"]).to_pandas()
    shares = composite.coded["contributions"]
    size = len(composite.config.domains)
    values = shares["value"].to_numpy().astype(np.float64).reshape(-1, size)
    inside = table[composite.composite.to_pandas()["state_reason"] != "individual_business"].reset_index(drop=True)
    known = dict(zip(given["subject_id"].astype(str), event.astype(float), strict=True))
    has_outcome = np.array(
        [state == "graded" and who in known for who, state in zip(inside["subject_id"], inside["state"], strict=True)],
        dtype=bool,
    )
    if not has_outcome.any():
        raise TableError("modelling.no_scored_subject_outcome", where="outcomes")
    ids = inside["subject_id"].to_numpy()[has_outcome]
    y = np.array([known[who] for who in ids])
    return ids, inside["score"].to_numpy(dtype=np.float64)[has_outcome], values[has_outcome], y


def fit_weights(composite: Composite, outcomes: Any) -> FittedWeights:
    """Fit the weights of a composite's domains to what happened later to the organisations it scored.

    Use outcomes after the day of the score. Hard rules and limits of groups stay as they are and are not part of the
    fit. The result does not depend on the order of the rows.

    Parameters
    ----------
    composite
        The scored composite.
    outcomes
        Table with `subject_id` and `event` (1 the adverse event, 0 none), one row per subject; empty events are unknown
        and left out, as are subjects without a score.

    Returns
    -------
    FittedWeights
        Whole weights by domain that add up to 1000, the coefficients, and from how many rows and events they come.

    Raises
    ------
    TableError
        For outcomes that cannot be used, for fewer than 20 events or 20 others, and where in no domain worse values are
        followed by clearly more events (twice the gain in log-likelihood below 3.84, the 95 % point of χ²(1)).

    Notes
    -----
    The log-odds of the event are a + Σ b_d · (reference_d − value_d) / 1000 with every b_d ≥ 0, by constrained
    likelihood; the weights are b_d / Σ b in whole points of 1000, by the largest remainder. They are a statistical
    finding about one population and set no statutory grade.

    Examples
    --------
    >>> fit_weights(composite, "outcomes.csv").weights  # doctest: +SKIP
    """
    config = composite.config
    ids, _, values, y = known_outcomes(composite, outcomes)
    both_classes(y, "fitting weights")
    events = int(y.sum())
    if min(events, len(y) - events) < LEAST_EVENTS:
        raise TableError(
            "modelling.events_among_too_few_weights", events=events, y_count=len(y), least_events=LEAST_EVENTS
        )
    reference = np.array([config.stands_at(domain) for domain in config.domains], dtype=np.float64)
    x = (reference - values) / TOP
    rows, place = np.unique(x, axis=0, return_inverse=True)  # in a fixed order, whatever the order of subjects
    count, hits = np.bincount(place).astype(np.float64), np.bincount(place, weights=y)
    with one_thread():
        intercept, coefficients, loss = _fit(rows, count, hits)
    rate = events / len(y)
    base = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    if not coefficients.sum() > 0 or 2 * len(y) * (base - loss) < LEAST_GAIN:
        raise TableError("modelling.no_domain_worse_grades_followed_clearly", where="outcomes")
    order = np.argsort(ids)
    hashed_rows = [[str(ids[k]), values[k].astype(int).tolist(), int(y[k])] for k in order]
    names = [domain.id for domain in config.domains]
    return FittedWeights(
        config.name,
        dict(zip(names, _whole(coefficients), strict=True)),
        {name: round(float(coefficient), 9) for name, coefficient in zip(names, coefficients, strict=True)},
        float(intercept),
        len(y),
        events,
        float(loss),
        float(base),
        hash_text(canonical(hashed_rows)),
    )


def _fit(x: Floats, count: Any, hits: Any) -> tuple[float, Floats, float]:
    """Intercept, coefficients ≥ 0 and mean log-loss: Newton steps, each an exact signed quadratic, halved at need."""
    from scipy.special import expit

    total = count.sum()
    design = np.column_stack([np.ones(len(x)), x])
    penalty = np.r_[0.0, np.full(x.shape[1], RIDGE)]
    sign = np.r_[0, np.ones(x.shape[1])].astype(np.int8)

    def loss(b: Floats) -> float:
        eta = design @ b
        return float(count @ np.logaddexp(0, eta) - hits @ eta + penalty @ (b * b) / 2)

    rate = hits.sum() / total
    b = np.r_[np.log(rate / (1 - rate)), np.zeros(x.shape[1])]
    now = loss(b)
    for _ in range(100):
        p = expit(design @ b)
        gradient = design.T @ (count * p - hits) + penalty * b
        hessian = (design.T * (count * p * (1 - p))) @ design + np.diag(penalty + 1e-9)
        new = solve_signed(hessian, hessian @ b - gradient, sign, b)
        step = new - b
        size = 1.0
        while loss(b + size * step) > now and size > 1e-6:
            size /= 2
        b = b + size * step
        b[1:] = np.maximum(b[1:], 0.0)
        before, now = now, loss(b)
        if before - now < 1e-10 * (1 + abs(now)):
            break
    return float(b[0]), b[1:], (now - float(penalty @ (b * b)) / 2) / float(total)


def _whole(coefficients: Floats) -> list[int]:
    """Weights out of 1000 by the largest remainder; ties in the order of the domains."""
    exact = coefficients / coefficients.sum() * TOP
    result = np.floor(exact).astype(int)
    order = np.argsort(result - exact, kind="stable")
    result[order[: TOP - int(result.sum())]] += 1
    return [int(value) for value in result]


def write_fitted(
    fitted: FittedWeights,
    file: str | Path,
    *,
    outcome: str,
    checked_on: date | str,
    base: CompositeConfig | None = None,
) -> Path:
    """Write fitted weights as a composite file that takes everything else from the composite that was fitted.

    The file can be loaded at once.

    Parameters
    ----------
    fitted
        The result of `fit_weights`.
    file
        The file, .yaml or .yml; its name without the ending is the composite's id. Folders are created, a file that is
        there is replaced.
    outcome
        What the event was, in words.
    checked_on
        Day on which the weights were checked, as a date or YYYY-MM-DD; not after today.
    base
        The composite that was fitted, where it is none of the library: it must lie as a file beside the new one, and
        `base` is read from there. None: it is looked up in the library.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UsageError
        For a name that does not end in .yaml or .yml, a day that has not come, or a base that the library does not
        have.
    SchemeError
        Where the composite as written cannot be loaded.

    Examples
    --------
    >>> fitted = fit_weights(composite, outcomes)  # doctest: +SKIP
    >>> write_fitted(fitted, "tax_fitted.yaml", outcome="penalised in 2020", checked_on="2026-11-25")  # doctest: +SKIP
    """
    import yaml

    place = Path(file)
    if place.suffix not in (".yaml", ".yml"):
        raise UsageError("modelling.no_yaml_file", name=place.name)
    known = load_composite(fitted.base) if base is None else base
    day = checked_on if isinstance(checked_on, date) else date.fromisoformat(checked_on)
    check_day_has_come(day, "checked_on")
    data: dict[str, Any] = {
        "composite": place.stem,
        "base": fitted.base if base is None else f"{known.composite}.yaml",
        "label": label_of("models", "weights_fitted", known.label).model_dump(),
        "effective_from": known.effective_from,
        **({} if known.effective_to is None else {"effective_to": known.effective_to}),
        "checked_on": day,
        "cite": [{"law": cite.law, **({"article": cite.article} if cite.article else {})} for cite in known.cite],
        "marks": {"weights": "derived"},
        "weights": fitted.weights,
        "fitted": {
            "method": "logistic, coefficients not negative",
            "outcome": outcome,
            "rows": fitted.rows,
            "events": fitted.events,
            "data_sha256": fitted.data_sha256,
            "log_loss": f"{fitted.log_loss:.6f}",
            "log_loss_base": f"{fitted.log_loss_base:.6f}",
        },
    }
    head = "# Weights fitted to later outcomes; everything else is that of the base. A finding about one population.\n"
    with whole_file(place) as part:
        part.write_text(head + yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
        try:
            load_composite(part)
        except SchemeError as error:
            faults = "; ".join(f"{fault.code}: {fault.message}" for fault in error.faults)
            raise UsageError(
                "modelling.fitted_weights_give_no_composite_used", faults=faults, where=str(place)
            ) from error
    return place

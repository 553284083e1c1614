"""The parts of a validation: each turns rows with outcome and prediction into tables, numbers and measures to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.i18n import label_of
from creditscore.core.model import Label
from creditscore.core.statistics.intervals import jeffreys
from creditscore.modelling.validation import sensitivity
from creditscore.modelling.validation.drift import calibration_alarm
from creditscore.modelling.validation.inputs import Subject
from creditscore.modelling.validation.metrics import calibration_tests, discrimination, grade_tests, stability
from creditscore.modelling.validation.metrics.clusters import Clusters, clustered, observed_to_expected, rows_worth
from creditscore.modelling.validation.metrics.concentration import concentration
from creditscore.modelling.validation.metrics.fairness import fairness
from creditscore.modelling.validation.metrics.inputs import Floats, frame, tally
from creditscore.modelling.validation.metrics.migration import migration

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 20  # events, below which a cohort's AUC is shown and not judged
LARGE = 1.25  # project_default: a rate this many times its probability is clearly off, certain or not


@dataclass(frozen=True)
class ReportPart:
    """Tables and numbers of a section, and the values that criteria judge (None or absent: not assessed)."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    measured: dict[str, float | None] = field(default_factory=dict)


def coverage(of: Subject) -> ReportPart:
    """Rows in, rows used, rows left out and why; and who was inspected."""
    total = float(np.sum(of.weight))
    rate = float(np.sum(of.weight * of.y)) / total
    alike = _alike(of)
    numbers = {
        "rows": of.rows,
        "used": len(of.y),
        "without_outcome": of.without_outcome,
        "without_prediction": of.without_prediction,
        "events": int(np.sum(of.y)),
        "weight": total,
        "rate": rate,
        "mean_p": float(np.sum(of.weight * of.p)) / total,
        "organisations": int(of.extra["groups"].nunique()) if "groups" in of.extra else None,
        "rho": alike.rho if alike else None,
        "rows_worth": rows_worth(of.weight, alike),
        "variables": None if of.X is None else of.X.shape[1],
    }
    tables = {}
    measured: dict[str, float | None] = {"events": float(np.sum(of.y)), "coverage": len(of.y) / of.rows}
    if "inspected" in of.extra:
        seen = of.extra["inspected"].map(_truth).to_numpy()
        rows = []
        for name, which in (("inspected", seen == 1), ("not_inspected", seen == 0), ("unknown", np.isnan(seen))):
            if not which.any():
                continue
            y, p, w = of.y[which], of.p[which], of.weight[which]
            oe, low, high = observed_to_expected(y, p, w, clusters=alike.of(which) if alike else None)
            row = {
                "group": name,
                "count": int(which.sum()),
                "share": float(np.sum(w)) / total,
                "events": int(np.sum(y)),
            }
            row |= {"rate": float(np.sum(w * y) / np.sum(w)), "mean_p": float(np.sum(w * p) / np.sum(w))}
            rows.append(row | {"oe": oe, "oe_low": low, "oe_high": high} | _auc(y, p, w))
        tables["labels"] = frame(rows)
        measured["inspected"] = float(np.sum(of.weight[seen == 1])) / total
    return ReportPart(tables, {"coverage": numbers}, measured)


def _truth(value: Any) -> float:
    if value in (True, 1, "true", "True", "yes"):
        return 1.0
    return 0.0 if value in (False, 0, "false", "False", "no") else float("nan")


def _auc(y: Floats, p: Floats, w: Floats) -> dict[str, float]:
    if not 0 < np.sum(w * y) < np.sum(w):
        return dict.fromkeys(("auc", "auc_low", "auc_high"), float("nan"))
    auc, _, low, high = discrimination.auc_interval(y, p, w)
    return {"auc": auc, "auc_low": low, "auc_high": high}


def _both(of: Subject) -> bool:
    return bool(0 < np.sum(of.weight * of.y) < np.sum(of.weight))


def discriminate(of: Subject, initial: float | None, bootstraps: int, seed: int) -> ReportPart:
    """AUC, accuracy ratio, KS; the ROC and CAP; by cohort; against the first validation."""
    if not _both(of):
        return ReportPart()
    groups = of.extra.get("groups")
    whole = discrimination.discrimination(of.y, of.p, of.weight, groups=groups, bootstraps=bootstraps, seed=seed)
    tables = {"curves": discrimination.curves(of.y, of.p, of.weight)}
    measured: dict[str, float | None] = {"auc_low": whole.auc_low}
    if "observed_on" in of.extra:
        table = discrimination.discrimination_by(of.y, of.p, of.extra["observed_on"], of.weight, groups=groups)
        tables["cohorts"] = table
        firm = table.loc[(table["events"] >= ENOUGH) & (table["state"] == "measured"), "auc"]
        measured["cohort_auc"] = float(firm.min()) if len(firm) else None
    numbers = asdict(whole)
    if initial is not None:
        numbers["initial_auc"] = float(initial)
        certain = discrimination.auc_against_initial(whole.auc, whole.auc_se, float(initial))
        numbers["auc_fall_p"] = certain
        measured["auc_fall"] = max(0.0, float(initial) - whole.auc) if certain < grade_tests.YELLOW else 0.0
    return ReportPart(tables, {"discrimination": numbers}, measured)


def _alike(of: Subject) -> Clusters | None:
    """Rows of one organisation, and how alike they are."""
    groups = of.extra.get("groups")
    return None if groups is None else clustered(of.y, of.p, groups, of.weight)


def calibrate(of: Subject, bins: int) -> ReportPart:
    """Reliability, slope and intercept, Brier score, tests, and the alarm by cohort."""
    given, alike = (of.y, of.p, of.weight), _alike(of)
    alarm = calibration_alarm(of.y, of.p, of.extra.get("observed_on"), of.weight, clusters=alike)
    error = calibration_tests.calibration_error(*given, bins=bins, clusters=alike)
    score = calibration_tests.brier(*given, bins=bins, clusters=alike)
    oe, low, high = observed_to_expected(*given, clusters=alike)
    tests = [
        calibration_tests.spiegelhalter(*given, clusters=alike),
        calibration_tests.hosmer_lemeshow(*given, bins=bins, clusters=alike),
    ]
    rate = float(np.sum(of.weight * of.y) / np.sum(of.weight))
    numbers: dict[str, dict[str, Any]] = {
        "brier": asdict(score),
        "calibration_error": error,
        "observed_to_expected": {"oe": oe, "oe_low": low, "oe_high": high},
        "alarm": {"state": alarm.state, "reasons": list(alarm.reasons), "first_alarm": alarm.first_alarm}
        | {"thresholds": asdict(alarm.thresholds)},
    }
    measured: dict[str, float | None] = {
        "alarm": {"quiet": 0.0, "watch": 1.0, "too_few": 1.0, "alarm": 2.0}[alarm.state],
        "ece_relative": (error["ece"] / rate if error["ece"] > error["ece_noise"] else 0.0) if rate else None,
        "spiegelhalter_p": tests[0].p_value,
        "hosmer_lemeshow_p": tests[1].p_value,
        "portfolio_p": float(
            grade_tests.grade_tests(*given[:2], np.zeros(len(of.y)), of.weight, clusters=alike)["jeffreys_p"].iloc[-1]
        ),
    }
    if _both(of):
        fitted_line = calibration_tests.calibration_line(*given, clusters=alike)
        numbers["calibration_line"] = asdict(fitted_line)
        measured["slope"] = fitted_line.slope if fitted_line.converged else None
    tables = {
        "reliability": calibration_tests.reliability(*given, bins=bins, clusters=alike),
        "calibration_tests": frame([asdict(test) for test in tests]),
        "periods": alarm.periods,
    }
    return ReportPart(tables, numbers, measured)


def grade(
    of: Subject, labels: Any, order: Sequence[Any] | None, pd_by_grade: dict[Any, float] | None, first: Any
) -> ReportPart:
    """Per grade: tests, heterogeneity, homogeneity, concentration; migration where earlier grades are known."""
    code, names = grade_tests.coded_grades(labels, len(of.y), order)
    labels = np.asarray(names, dtype=object)[code]
    alike = _alike(of)
    tests = grade_tests.grade_tests(of.y, of.p, labels, of.weight, order=names, pd_by_grade=pd_by_grade, clusters=alike)
    apart = grade_tests.heterogeneity(of.y, labels, of.weight, order=names, clusters=alike)
    before = None
    if isinstance(first, Mapping):
        before = np.array([float(first.get(name, 0.0)) for name in names])
    elif first is not None:
        first_code, _ = grade_tests.coded_grades(first, len(first), names)
        before = tally(first_code, np.ones(len(first_code)), len(names))
    held = concentration(tally(code, of.weight, len(names)), before)
    inner = tests.iloc[:-1]
    low = (inner["holm_p"] < grade_tests.RED) & (inner["rate"] > LARGE * inner["pd"])
    measured: dict[str, float | None] = {
        "grades_understated": float(low.sum()),
        "grades_inverted": float(apart["inverted"].sum()),
        "grades_inverted_surely": float((apart["p_value"] > 1 - grade_tests.RED).sum()),
        "grades_not_distinct": float((~apart["distinct"].astype(bool)).sum()),
        "herfindahl": held.normalised,
        "concentration_p": held.p_value if before is not None else None,
    }
    tables = {"grades": tests, "heterogeneity": apart}
    tables["homogeneity"] = grade_tests.homogeneity(of.y, of.p, labels, of.weight, order=names, clusters=alike)
    numbers = {"concentration": asdict(held)}
    if "previous" in of.extra:
        known = of.extra["previous"].notna().to_numpy()
        if known.any():
            moved = migration(of.extra["previous"][known].to_numpy(), labels[known], names, of.weight[known])
            tables["migration"] = moved.cells
            numbers["migration"] = {k: v for k, v in asdict(moved).items() if k != "cells"} | {
                "without": int((~known).sum())
            }
            measured["migration_cells"] = float((moved.cells["p_value"] < grade_tests.RED).sum())
    return ReportPart(tables, numbers, measured)


def stay(of: Subject, held: stability.Profile) -> ReportPart:
    """PSI of the prediction and CSI of the inputs against the reference."""
    tables: dict[str, pd.DataFrame] = {}
    numbers: dict[str, dict[str, Any]] = {}
    measured: dict[str, float | None] = {}
    if held.prediction is not None:
        stability_table = stability.against(held.prediction, of.p, of.weight)
        tables["psi"] = stability_table.table
        numbers["psi"] = {"psi": stability_table.psi, "noise": stability_table.noise}
        measured["psi"] = stability_table.psi if stability_table.psi > stability_table.noise else 0.0
    if held.columns and of.X is not None:
        totals, cells = stability.csi(held, of.X, sample_weight=of.weight)
        tables["csi"], tables["csi_bins"] = totals, cells
        beyond = totals.loc[totals["csi"] > totals["noise"], "csi"]
        if (totals["state"] == "measured").any():
            measured["csi"] = float(beyond.max()) if len(beyond) else 0.0
    return ReportPart(tables, numbers, measured)


def sense(of: Subject, graded: Any, seed: int) -> ReportPart:
    """One variable moved, one variable left out, on at most 5,000 rows."""
    if of.X is None or of.predict is None:
        return ReportPart()
    chosen = np.arange(len(of.y))
    if len(chosen) > sensitivity.ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(chosen), sensitivity.ROWS, replace=False))
    X = of.X.iloc[chosen].reset_index(drop=True)
    y, weight = of.y[chosen], of.weight[chosen]
    out = sensitivity.left_out(of.predict, X, y, weight, graded)
    measured: dict[str, float | None] = {}
    if _both(of) and len(out) and not np.isnan(out["auc_change"].iloc[0]):
        power = discrimination.auc_interval(y, of.p[chosen], weight)[0] - 0.5
        measured["dependence"] = float(max(0.0, -out["auc_change"].min()) / power) if power > 0 else None
    tables = {"shifts": sensitivity.shifts(of.predict, X, graded), "left_out": out}
    return ReportPart(tables, {"sensitivity": {"rows": len(chosen), "step": sensitivity.STEP}}, measured)


def fair(
    of: Subject, shielded: Mapping[str, Any], threshold: float | None, edges: Mapping[str, Sequence[float]] | None
) -> ReportPart:
    """Rates, errors, calibration and impact by group."""
    at = flag_threshold(of.y, of.p, of.weight) if threshold is None else threshold
    table = fairness(of.y, of.p, shielded, at, of.weight, edges=edges, clusters=_alike(of))
    shown_groups = table[table["state"] == "shown"]
    off = (shown_groups["calibrated"] == False) & ((shown_groups["oe"] > LARGE) | (shown_groups["oe"] < 1 / LARGE))  # noqa: E712
    flagged = float(np.sum(of.weight[of.p >= at]) / np.sum(of.weight))
    low, high = jeffreys(flagged * len(of.y), len(of.y))
    numbers = {"threshold": at, "flagged": flagged, "flagged_low": float(low), "flagged_high": float(high)}
    numbers |= {"withheld": int((table["state"] != "shown").sum()), "given": threshold is not None}
    measured: dict[str, float | None] = {
        "impact": float(shown_groups["impact"].min()) if len(shown_groups) else None,
        "groups_miscalibrated": float(off.sum()) if len(shown_groups) else None,
    }
    return ReportPart({"fairness": table}, {"fairness": numbers}, measured)


def flag_threshold(y: Floats, p: Floats, weight: Floats) -> float:
    """The probability from which as much weight is flagged as had the event."""
    order = np.argsort(-p, kind="stable")
    reached = np.cumsum(weight[order])
    at = int(np.searchsorted(reached, float(np.sum(weight * y))))
    return float(p[order][min(at, len(p) - 1)])


def own_limits(
    of: Subject, measured: Mapping[str, float | None], rules: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Limits that the figures themselves show, in both languages."""
    limits = [label_of("model_limits", "advisory")]
    if np.sum(of.y) < 100:
        limits.append(label_of("model_limits", "few_events", int(np.sum(of.y))))
    if "inspected" not in of.extra:
        limits.append(label_of("model_limits", "inspected_unknown"))
    elif (measured.get("inspected") or 0.0) < 1:
        limits.append(label_of("model_limits", "some_uninspected"))
    if of.without_outcome or of.without_prediction:
        limits.append(label_of("model_limits", "left_out", of.without_outcome, of.without_prediction))
    if "groups" not in of.extra:
        limits.append(label_of("model_limits", "rows_independent"))
    elif of.extra["groups"].duplicated().any():
        limits.append(label_of("model_limits", "several_rows"))
    if gone := [Label(**rule["label"]) for name, rule in rules.items() if measured.get(name) is None]:
        limits.append(label_of("model_limits", "not_assessed", gone))
    return [label.model_dump() for label in limits]

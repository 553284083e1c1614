"""`validate`: every figure of a validation report, computed once, as plain tables with a verdict and their hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.atomic import write_json
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import Lang, language
from creditscore.core.tables.frames import as_polars
from creditscore.core.version import __version__
from creditscore.modelling.validation import parts
from creditscore.modelling.validation.criteria import load_criteria, verdict
from creditscore.modelling.validation.inputs import Subject, event_probability, make_frame, prepared
from creditscore.modelling.validation.metrics.inputs import plain
from creditscore.modelling.validation.metrics.stability import Profile, profile_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from creditscore.modelling.validation.document import Figure
    from creditscore.present.svg import Picture

DIGITS = 12  # significant digits that leave the report: what follows depends on the machine
PROTECTED = ("size", "ownership", "district", "age")


@dataclass(frozen=True)
class Reference:
    """State the population on which a model was trained, or first validated, to compare today's rows with.

    Parameters
    ----------
    X
        Inputs of its rows; None where `profile` is given or inputs are not compared.
    p
        Probabilities of its rows; None: the model predicts them from `X`, where it can.
    grades
        Grades of its rows, or their counts by grade; None: they follow from `p` by the scale, where there is one.
    auc
        AUC as first validated; None: it is not compared.
    weight
        Weight of its rows; None for 1 each.
    profile
        What a model kept of its rows (`metrics.stability.profile_of`), in place of `X` and `p`; None: it is made from
        them.
    """

    X: Any = None
    p: Any = None
    grades: Any = None
    auc: float | None = None
    weight: Any = None
    profile: Profile | None = None


@dataclass(frozen=True, repr=False)
class ValidationReport:
    """Hold the result of a validation: a verdict and the plain tables behind it.

    Parameters
    ----------
    verdict
        pass, warn or fail.
    about
        What was validated: texts, hashes of data and predictions, commands, settings, versions.
    numbers
        Single figures by section.
    tables
        One DataFrame per figure of the page.
    criteria
        Each criterion with its judgement: why the verdict is what it is.
    figures
        What computed each table, its rows and the SHA-256 of its JSON, so that a second run shows whether it is the
        same.
    limits
        What the report cannot say, as texts or {zh, en}.
    """

    verdict: str
    about: Mapping[str, Any]
    numbers: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, pd.DataFrame]
    criteria: pd.DataFrame
    figures: pd.DataFrame
    limits: tuple[Any, ...] = field(default=())

    def __repr__(self) -> str:
        counts = self.criteria["outcome"].value_counts(sort=False)
        listed = ", ".join(f"{outcome} {number}" for outcome, number in counts.items()) or "no criteria"
        return f"<ValidationReport {self.verdict}: {listed}>"

    def _repr_html_(self) -> str:
        from creditscore.modelling.validation.document import report_document
        from creditscore.present.html import render_cell

        return render_cell(report_document(self.to_dict(), language()))

    def plot(self, figure: Figure = "curves", lang: Lang | None = None) -> Picture:
        """Draw a figure (SVG, which a notebook shows); empty where the outcomes were all alike.

        `curves`: ROC and CAP; `ks`: the shares of events and of others found, and their greatest distance;
        `calibration`: predictions beside observed rates. UsageError for any other.
        """
        from creditscore.modelling.validation.document import FIGURES, draw_figure

        if figure not in FIGURES:
            raise UsageError("modelling.no_such_figure", figure=figure, allowed=FIGURES)
        curves, bins = (records(self.tables[name]) if name in self.tables else [] for name in ("curves", "reliability"))
        ks = self.numbers["discrimination"]["ks"] if curves else 0.0
        return draw_figure(figure, curves, bins, ks, lang or language())

    def to_pandas(self) -> pd.DataFrame:
        """Give the criteria as a pandas DataFrame, one row each; `tables` has the other figures."""
        return self.criteria.copy()

    def to_polars(self) -> pl.DataFrame:
        """Give the criteria as a Polars DataFrame, one row each."""
        import pyarrow as pa

        return as_polars(pa.Table.from_pandas(self.criteria, preserve_index=False))

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; floats to 12 significant digits, what is not a number as null."""
        return {
            "kind": "validation_report",
            "format": 1,
            "verdict": self.verdict,
            "about": tidy(dict(self.about)),
            "numbers": tidy({name: dict(number) for name, number in self.numbers.items()}),
            "criteria": records(self.criteria),
            "tables": {name: records(table) for name, table in self.tables.items()},
            "figures": records(self.figures),
            "limits": tidy(list(self.limits)),
        }

    @property
    def sha256(self) -> str:
        """Of the whole report: the same for the same input in any order of rows."""
        return _sha(self.to_dict())

    def write(self, file: Path | str) -> Path:
        """The report as JSON."""
        return write_json(file, self.to_dict(), sort_keys=True)


def tidy(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): tidy(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(element) for element in value]
    value = plain(value)
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    return None if value in ("NaT", "<NA>") else value


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [tidy(row) for row in table.to_dict("records")]


def report_sha256(report: Mapping[str, Any]) -> str:
    """SHA-256 of a report as `to_dict()` gives it, or as it was read back from JSON."""
    return _sha(dict(report))


def _sha(value: Any) -> str:
    return hash_text(canonical(value))


def validate(
    model_or_predictions: Any,
    data: Any = None,
    y: Any = None,
    *,
    sample_weight: Any = None,
    grades: Any = None,
    scale: Any = None,
    grade_order: Sequence[Any] | None = None,
    pd_by_grade: dict[Any, float] | None = None,
    cohort: Any = None,
    groups: Any = None,
    inspected: Any = None,
    protected: Any = None,
    edges: Mapping[str, Sequence[float]] | None = None,
    threshold: float | None = None,
    reference: Reference | None = None,
    previous_grades: Any = None,
    explanations: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    limits: Sequence[Any] = (),
    commands: Sequence[str] = (),
    criteria: Mapping[str, Mapping[str, Any]] | None = None,
    bins: int = 10,
    bootstraps: int = 200,
    seed: int = 20180101,
) -> ValidationReport:
    """Validate a model, or bare predictions, on data with known outcomes.

    Parameters
    ----------
    model_or_predictions
        Anything with predict_proba (the event is the second column), or probabilities of the event.
    data, y, sample_weight
        The inputs (pandas, Polars, Arrow, a DuckDB relation, a list of mappings, a dict of arrays or a matrix), or an
        object with X, y, weight, observed_on, groups, inspected; needed for a model, optional for predictions. Rows
        without outcome or prediction are left out and counted.
    grades, scale, grade_order, pd_by_grade
        A grade per row, or a scale with labels(p) (or a callable p → labels); the grades from the best; what each
        promises.
    cohort, groups, inspected, previous_grades
        A period or other part of each row (default: observed_on); the organisation of each row, where it has several;
        whether it was ever looked at; grades of the same rows before, for migration.
    protected, edges, threshold
        Attributes for fairness (default: the columns size, ownership, district, age of the inputs); where numbers among
        them are cut; from which p a row counts as flagged (default: as many rows as had the event).
    reference
        What to compare with: inputs and predictions at the fit.
    explanations, about, limits, commands, criteria
        What the page should say and how it is judged: tables by title, texts (or {zh, en}), limits, how to do it again.
    bins, bootstraps, seed
        Of the calibration, of the intervals, of what is drawn.

    Returns
    -------
    ValidationReport
        `.verdict`, `.numbers` and `.tables`; `pages.validation` draws it.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(0.01, 0.4, 3000)
    >>> validate(p, y=rng.random(3000) < p, bootstraps=20).numbers["calibration_error"]["ece"] < 0.05
    True
    """
    more = {
        "observed_on": cohort,
        "groups": groups,
        "inspected": inspected,
        "grades": grades,
        "previous": previous_grades,
    }
    for name, column in _protected(protected, data).items():
        more[f"protected {name}"] = column
    subject = prepared(model_or_predictions, data, y, sample_weight, more)
    graded = _labels(scale)
    labels = subject.extra.get("grades")
    if labels is None and graded is not None:
        labels = graded(subject.p)
    order = grade_order if grade_order is not None else list(getattr(scale, "labels_", None) or []) or None
    first_X = None if reference is None else make_frame(reference.X)
    first_p = None if reference is None or reference.p is None else event_probability(reference.p)
    if first_p is None and first_X is not None and subject.predict is not None:
        first_p = subject.predict(first_X)
    tables: dict[str, pd.DataFrame] = {}
    numbers: dict[str, dict[str, Any]] = {}
    measured: dict[str, float | None] = {}
    function_of_table: dict[str, str] = {}

    def take(function: str, report_part: parts.ReportPart) -> None:
        for name, table in report_part.tables.items():
            tables[name], function_of_table[name] = table, function
        numbers.update(report_part.numbers)
        measured.update(report_part.measured)

    take("coverage", parts.coverage(subject))
    take("discrimination", parts.discriminate(subject, None if reference is None else reference.auc, bootstraps, seed))
    take("calibration", parts.calibrate(subject, bins))
    if labels is not None:
        first = None if reference is None else reference.grades
        if first is None and first_p is not None and graded is not None:
            first = graded(first_p)
        take("grades", parts.grade(subject, labels, order, pd_by_grade, first))
    if reference is not None:
        profile = reference.profile or profile_of(first_X, first_p, reference.weight, bins)
        take("stability", parts.stay(subject, profile))
    if subject.predict is not None:
        take("sensitivity", parts.sense(subject, graded, seed))
    shielded = {name[10:]: column for name, column in subject.extra.items() if name.startswith("protected ")}
    if shielded:
        take("fairness", parts.fair(subject, shielded, threshold, edges))
    for title, table in (explanations or {}).items():
        shown = make_frame(table)
        if shown is not None:
            tables[f"explanation: {title}"], function_of_table[f"explanation: {title}"] = shown, "given"
    rules = load_criteria() if criteria is None else criteria
    outcome, judged = verdict(measured, rules)
    return ValidationReport(
        verdict=outcome,
        about=_about(about, subject, commands, {"bins": bins, "bootstraps": bootstraps, "seed": seed}, data),
        numbers=numbers,
        tables=tables,
        criteria=judged,
        figures=_figures(tables, function_of_table),
        limits=(*limits, *parts.own_limits(subject, measured, rules)),
    )


def _protected(protected: Any, data: Any) -> dict[str, Any]:
    table = make_frame(protected)
    if table is not None:
        return {str(name): table[name] for name in table.columns}
    X = getattr(data, "X", data)
    columns = getattr(X, "columns", ())
    return {name: X[name] for name in PROTECTED if name in columns}


def _labels(scale: Any) -> Any:
    if scale is None:
        return None
    if callable(getattr(scale, "labels", None)):
        return scale.labels
    if callable(scale):
        return scale
    raise InputError("modelling.scale_gives_no_grades", where="scale")


def _about(
    about: Mapping[str, Any] | None, subject: Subject, commands: Sequence[str], settings: dict[str, Any], data: Any
) -> dict[str, Any]:
    from importlib.metadata import version

    own = data.content_hash() if callable(getattr(data, "content_hash", None)) else None
    libraries = ("numpy", "pandas", "scikit-learn", "scipy")
    return {
        **(about or {}),
        "data_sha256": subject.data_hash,
        "prediction_sha256": subject.prediction_hash,
        "data_content_hash": own,
        "commands": list(commands),
        "settings": settings,
        "versions": {"creditscore": __version__} | {name: version(name) for name in libraries},
        "advisory": True,
    }


def _figures(tables: Mapping[str, pd.DataFrame], row: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "figure": name,
            "made_by": f"creditscore.modelling.validation.validate.validate: {row[name]}",
            "rows": len(table),
        }
        | {"sha256": _sha(records(table))}
        for name, table in tables.items()
    ]
    return pd.DataFrame(rows)

"""A composite calibrated against outcomes: one bundle of rules, curve and scale, hashed and registered like a model.

The composite's grade is a rule and stays one. What is calibrated, and advisory, is the probability of the event behind
a score, and the class of a master scale that follows from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from creditscore.composite.config import TOP, CompositeConfig
from creditscore.composite.result import Composite
from creditscore.composite.score import Function, function_of, places, points, raw
from creditscore.core.errors import InputError, TableError
from creditscore.modelling.models.calibration import Calibrator
from creditscore.modelling.models.composite_weights import known_outcomes
from creditscore.modelling.models.inputs import Floats, saved_as
from creditscore.modelling.models.scale import MasterScale
from creditscore.modelling.registry.grading_model import content_hash, write_bundle

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.modelling.validation.validate import ValidationReport

__all__ = ["CompositeModel", "calibrate_composite"]

OUTPUTS = (
    ("score", "int"),
    ("grade", "str"),
    ("probability", "float"),
    ("probability_low", "float"),
    ("probability_high", "float"),
    ("risk_class", "str"),
    ("advisory", "bool"),
)
RULES = "hard_rules"
UNIT = 100.0  # points per unit of the log-odds that a calibrator sees; Platt's slope takes up the rest


@dataclass(frozen=True)
class CompositeModel:
    """A composite (`rules`), the curve from its score to the probability of an event, and a master scale.

    inputs of `predict`: one column per domain with its value (0–1000; empty: the reference), and `hard_rules`, the ids
    of the rules that hold, with semicolons.
    """

    name: str
    rules: Mapping[str, Any]
    calibrator: Calibrator
    scale: MasterScale
    about: Mapping[str, Any] = field(default_factory=dict)
    validation: Mapping[str, Any] | None = None

    @property
    def config(self) -> CompositeConfig:
        return CompositeConfig.model_validate_json(json.dumps(self.rules))

    @property
    def scheme(self) -> str:
        """What is calibrated: `composite/jilin_edz@2018-06-27`."""
        return f"composite/{self.config.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The domains, in the order of the composite."""
        return tuple(domain.id for domain in self.config.domains)

    @property
    def classes_(self) -> Any:
        """Two classes, the event last: what validation asks of a model."""
        return np.array([0, 1])

    def scores(self, X: pd.DataFrame, strict: bool = True) -> tuple[Function, Any]:
        """The function and the whole scores of rows of domain values.

        Not `strict`: values are rounded and held inside 0 to 1000; validation moves inputs a little on purpose.
        """
        import pandas as pd

        config, f = self.config, function_of(self.config)
        lacking = [name for name in self.columns if name not in X.columns]
        if lacking:
            raise InputError("modelling.column_missing_3", lacking=lacking[0], name=self.name, allowed=self.columns)
        values = np.empty((len(X), len(self.columns)), dtype=np.int64)
        for k, name in enumerate(self.columns):
            column = pd.to_numeric(X[name], errors="coerce").to_numpy(dtype=np.float64)
            wrong = X[name].notna().to_numpy() & ~((column >= 0) & (column <= TOP) & (column == np.floor(column)))
            if strict and wrong.any():
                raise TableError("modelling.value_none", name=name, argmax=int(np.argmax(wrong)))
            values[:, k] = np.where(np.isnan(column), f.reference[k], np.clip(np.rint(np.nan_to_num(column)), 0, TOP))
        tops = {rule.id: config.ceiling(rule.ceiling) for rule in config.hard_rules}
        column_values = X[RULES].fillna("").astype(str) if RULES in X.columns else pd.Series([""] * len(X))
        strange = {part for text in set(column_values) for part in text.split(";") if part} - set(tops)
        if strange:
            raise TableError(
                "modelling.no_hard_rule", strange=sorted(strange)[0], where="hard_rules", allowed=list(tops)
            )
        held = {text: min([tops[part] for part in text.split(";") if part], default=TOP) for text in set(column_values)}
        return f, points(f, raw(f, values, np.array([held[text] for text in column_values], dtype=np.int64)))

    def predict_proba(self, X: Any) -> Floats:
        """(rows, 2): calibrated probability of no event, of the event."""
        p = self.calibrator.predict(_log_odds(self.scores(X, strict=False)[1]))
        return np.stack([1 - p, p], axis=1)

    def labels(self, X: Any) -> Any:
        """The class of each row on the master scale; advisory."""
        return self.scale.labels(self.predict_proba(X)[:, 1])

    def predict(self, X: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
        """score and grade by the composite's rules; probability with its interval, class; advisory (always True)."""
        import pandas as pd

        f, score = self.scores(X)
        codes = np.array([grade.code for grade in self.config.grades])
        p = self.calibrator.predict(_log_odds(score))
        low, high = self.calibrator.interval(_log_odds(score), level)
        data = {"score": score, "grade": codes[places(f, score)], "probability": p, "probability_low": low}
        data |= {"probability_high": high, "risk_class": self.scale.labels(p)}
        return pd.DataFrame({**data, "advisory": np.ones(len(p), dtype=bool)}, index=X.index)

    def served_columns(self) -> list[tuple[str, bool]]:
        """Inputs, and whether MLflow insists on them."""
        return [*((name, True) for name in self.columns), (RULES, False)]

    def served_outputs(self) -> tuple[tuple[str, str], ...]:
        """Columns of `predict` and their types."""
        return OUTPUTS

    def served_params(self) -> dict[str, Any]:
        """No parameters."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` predicts the same bits."""
        return {
            "kind": "composite_model",
            "format": 1,
            "name": self.name,
            "rules": dict(self.rules),
            "calibrator": self.calibrator.to_dict(),
            "scale": self.scale.to_dict(),
            "about": dict(self.about),
            "validation": None if self.validation is None else dict(self.validation),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The bundle saved by `to_dict`; InputError when a stated content hash is not that of the content."""
        data = saved_as(data, "composite_model")
        self = cls(
            data["name"],
            data["rules"],
            Calibrator.from_dict(data["calibrator"]),
            MasterScale.from_dict(data["scale"]),
            data["about"],
            data["validation"],
        )
        stated = data.get("content_hash")
        if stated is not None and content_hash(data) != stated:
            raise InputError("modelling.composite_changed_after_saved", name=self.name, where="content_hash")
        return self

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of all but `validation`."""
        return content_hash(self.to_dict())

    def save(self, folder: str | Path) -> Path:
        """Write `model.json`."""
        return write_bundle(self.to_dict(), folder)


def calibrate_composite(
    composite: Composite,
    outcomes: Any,
    name: str,
    *,
    outcome: str,
    method: Any = "platt",
    classes: tuple[str, ...] = ("A", "B", "C", "D"),
    test: float = 0.3,
    seed: int = 0,
    validator: str | None = None,
) -> tuple[CompositeModel, ValidationReport]:
    """Calibrate a composite's scores on part of the outcomes and validate the result on the rest, drawn by subject ids.

    Parameters
    ----------
    composite
        The scored composite.
    outcomes
        Table with `subject_id` and `event` (1 the adverse event, 0 none), one row per subject; empty events are unknown
        and left out.
    name
        Name of the model.
    outcome
        What the event was, in words.
    method
        Method of the Calibrator: `platt`, `beta`, `isotonic` or `anchor`.
    classes
        Risk classes, best first; their cut-offs are found on the rows of the fit.
    test
        Share of the subjects kept for validation, in (0, 1).
    seed
        Seed of the draw.
    validator
        Who validated; None: nobody is named.

    Returns
    -------
    tuple
        (CompositeModel with the result of its validation, ValidationReport).

    Raises
    ------
    TableError
        For outcomes that cannot be used, a share outside (0, 1), or no cut-offs that keep the rules of the classes.
    InputError
        Where the test would hold far more or fewer rows or events than was asked.

    Examples
    --------
    >>> model, report = calibrate_composite(  # doctest: +SKIP
    ...     composite, "outcomes.csv", "tax risk", outcome="penalised in 2020"
    ... )
    >>> report.verdict  # doctest: +SKIP
    """
    import pandas as pd

    from creditscore.modelling.features.draws import Units, check_shares, count_sides
    from creditscore.modelling.registry.tables import table_hash
    from creditscore.modelling.validation.validate import Reference, validate

    if not 0 < test < 1:
        raise TableError("modelling.test", test=test)
    ids, score, values, y = known_outcomes(composite, outcomes)
    units = Units.of(np.zeros(len(ids), dtype=np.uint64), pd.Series(ids))
    held = units.draw(y, test, seed)
    sides = count_sides(units, held, y)
    check_shares(sides, test)
    calibrator = Calibrator(method).fit(_log_odds(score[~held]), y[~held])
    p = calibrator.predict(_log_odds(score))
    scale = MasterScale(classes).fit(p[~held], y[~held])
    config = composite.config
    rules = dict(
        zip(composite.composite["subject_id"].to_pylist(), composite.composite["hard_rules"].to_pylist(), strict=True)
    )
    X = pd.DataFrame(values, columns=[domain.id for domain in config.domains])
    X[RULES] = [rules[key] or "" for key in ids]
    table = X.assign(subject_id=ids, event=y)
    hashed = table_hash(table)
    manifest = composite.manifest
    about = {
        "composite": config.name,
        "run_id": manifest["run_id"],
        "as_of": manifest["as_of"],
        "outcome": outcome,
        "rows": len(y),
        "events": int(y.sum()),
        "test": test,
        "seed": seed,
        "method": method,
        "advisory": True,
        "inputs": manifest["inputs"],
        "data": {"sha256": hashed, **sides},
    }
    model = CompositeModel(name, manifest["rules"], calibrator, scale, about)
    fit, used = X[~held].reset_index(drop=True), X[held].reset_index(drop=True)
    report = validate(
        model,
        used,
        y[held],
        grades=model.labels(used),
        grade_order=list(classes),
        reference=Reference(X=fit, p=model.predict_proba(fit)[:, 1], grades=model.labels(fit)),
        about={
            "model": name,
            "model_hash": model.content_hash,
            "table_sha256": hashed,
            "scheme": model.scheme,
            "outcome_definition": outcome,
            "validator": validator or "",
            "advisory": True,
        },
    )
    data = {
        "verdict": report.verdict,
        "report_sha256": report.sha256,
        "model_hash": model.content_hash,
        "table_sha256": hashed,
        "data_sha256": report.about["data_sha256"],
        "validator": validator,
    }
    return replace(model, validation=data), report


def _log_odds(score: Any) -> Floats:
    """Lower is riskier: what the calibrator reads as log-odds before it learns their slope and level."""
    return np.asarray((TOP - np.asarray(score, dtype=np.float64)) / UNIT)

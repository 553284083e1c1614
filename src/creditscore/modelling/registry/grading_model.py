"""`GradingModel`: everything that one version of a model is, as one frozen object and one JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from creditscore.core.atomic import write_json
from creditscore.core.boundary import outside
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.errors import InputError
from creditscore.core.i18n import label_of
from creditscore.core.json_source import read_object
from creditscore.modelling.features.frames import as_frame, read_frame, settle_inputs
from creditscore.modelling.models.explain import (
    Explainer,
    ModelExplanation,
    event_log_odds,
    explain,
    score_of,
)
from creditscore.modelling.models.inputs import Floats, refuse_infinities, saved_as
from creditscore.modelling.registry.reason_words import REASONS, reason_columns

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.modelling.models.calibration import Calibrator
    from creditscore.modelling.models.scale import MasterScale

__all__ = ["ESTIMATORS", "FILE", "GradingModel", "estimator_from", "load_model"]

ESTIMATORS = {
    "scorecard": ("scorecard.classifier", "ScorecardClassifier"),
    "monotone_boosting": ("models.boosting", "MonotoneBoosting"),
    "ordinal_grader": ("models.ordinal", "OrdinalGrader"),
}
FILE = "model.json"


def estimator_from(data: dict[str, Any]) -> Any:
    """The estimator that a dict of its own `to_dict` holds."""
    from importlib import import_module

    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in ESTIMATORS:
        raise InputError("modelling.no_estimator_called_2", kind=kind, where="estimator", allowed=ESTIMATORS)
    module, name = ESTIMATORS[kind]
    return getattr(import_module(f"creditscore.modelling.{module}"), name).from_dict(data)


@dataclass(frozen=True)
class GradingModel:
    """Hold one version of a model, which gives probability, interval, points, grade and reasons. Advisory.

    `content_hash` names the model: it covers all but the validation, which names the model in turn.

    Parameters
    ----------
    name
        Name of the model.
    estimator
        A fitted ScorecardClassifier, MonotoneBoosting or OrdinalGrader.
    calibrator
        Log-odds → probability; None: the estimator's own probability stands, without an interval.
    scale
        Probability → grade; None: the estimator's own grades (OrdinalGrader only).
    explainer
        How points are explained, and against which background.
    about
        Purpose, use, outcome, periods, columns, data (with its hash), seeds, versions; plain JSON.
    scheme
        Version of a statutory scheme that the model mirrors; None for none.
    validation
        verdict, report_sha256, model_hash and data_sha256 of its validation, among others; None before there is one.
    """

    name: str
    estimator: Any
    calibrator: Calibrator | None
    scale: MasterScale | None
    explainer: Explainer
    about: Mapping[str, Any] = field(default_factory=dict)
    scheme: str | None = None
    validation: Mapping[str, Any] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs it needs, by name."""
        return tuple(str(name) for name in self.about["columns"])

    @property
    def kinds(self) -> dict[str, str]:
        """What each input is, `number` or `text`: how a table for it is read."""
        return {str(name): str(column.get("kind", "number")) for name, column in self.about["columns"].items()}

    @property
    def population_rate(self) -> float | None:
        """The event rate of the population that the probabilities are calibrated to, where one was stated."""
        return None if self.calibrator is None else self.calibrator.central_tendency

    @property
    def classes_(self) -> Any:
        """Two classes, the event last: what validation asks of a model."""
        return np.array([0, 1])

    def log_odds(self, X: Any) -> Floats:
        """Log-odds of the event as the estimator says, before calibration."""
        return event_log_odds(self.estimator, self.inputs(X), self.explainer.event_from)

    def predict_proba(self, X: Any) -> Floats:
        """(rows, 2): calibrated probability of no event, of the event."""
        p = self._probability(self.log_odds(X))
        return np.stack([1 - p, p], axis=1)

    def labels(self, X: Any) -> Any:
        """The grade of each row."""
        frame = self.inputs(X)
        if self.scale is None:
            return self.estimator.predict_median(frame).astype(str)
        return self.scale.labels(self._probability(event_log_odds(self.estimator, frame, self.explainer.event_from)))

    def explain(self, X: Any) -> ModelExplanation:
        """Shares in points of every row; see `modelling.explain`."""
        return explain(self.estimator, self.inputs(X), self.explainer)

    def predict(self, X: Any, reasons: int = REASONS, lang: str = "en", level: float = 0.95) -> pd.DataFrame:
        """One row per row of X, its index kept.

        probability, probability_low, probability_high (of the calibration curve; missing without a calibrator), score
        (whole points, higher is better), grade, reason_1 … (words; what costs most points against the background
        first) with reason_1_points …, advisory (always True). X: a table with at least `columns`, in any order.
        InputError names a column that is missing, and the column and row of an infinity.
        """
        import pandas as pd

        frame = self.inputs(X)
        log_odds = event_log_odds(self.estimator, frame, self.explainer.event_from)
        p = self._probability(log_odds)
        low = high = np.full(len(p), np.nan)
        if self.calibrator is not None and self.calibrator.curve_ is not None:
            low, high = self.calibrator.interval(log_odds, level)
        points = score_of(self.estimator, frame, self.explainer.points, log_odds)
        columns = {
            "probability": p,
            "probability_low": low,
            "probability_high": high,
            "score": np.rint(points).astype(np.int64),
            "grade": self.estimator.predict_median(frame).astype(str) if self.scale is None else self.scale.labels(p),
        }
        if reasons:
            columns |= reason_columns(self, frame, reasons, lang)
        return pd.DataFrame({**columns, "advisory": np.ones(len(p), dtype=bool)}, index=frame.index)

    def inputs(self, X: Any) -> pd.DataFrame:
        """The columns of the model from a table of any kind, in its order and of its kinds; infinities are refused."""
        where = f"inputs of model {self.name}"
        frame = read_frame(X, self.kinds) if isinstance(X, str | Path) else as_frame(X, where)
        lacking = [name for name in self.columns if name not in frame.columns]
        if lacking:
            raise InputError(
                f"column {lacking[0]!r} is missing" + (f", and {len(lacking) - 1} more" if len(lacking) > 1 else ""),
                where=where,
                allowed=self.columns[:20],
                next="give every column of the model; leave a value that is not known empty",
            )
        frame = settle_inputs(frame[list(self.columns)], self.kinds)
        refuse_infinities(frame)
        return frame

    def label(self, column: str, lang: str = "en") -> str:
        """What a column is called in words."""
        words = self.about["columns"].get(column, {})
        return str(words.get(lang) or words.get("en") or words.get("zh") or column)

    def served_columns(self) -> list[tuple[str, bool]]:
        """Inputs, and whether MLflow insists on them."""
        return [(name, True) for name in self.columns]

    def served_outputs(self) -> list[tuple[str, str]]:
        """Columns of `predict` and their types."""
        ranks = [
            (f"reason_{k}{end}", kind)
            for k in range(1, REASONS + 1)
            for end, kind in (("", "str"), ("_points", "float"))
        ]
        numbers = [(name, "float") for name in ("probability", "probability_low", "probability_high")]
        return [*numbers, ("score", "int"), ("grade", "str"), *ranks, ("advisory", "bool")]

    def served_params(self) -> dict[str, Any]:
        """Parameters of `predict` that MLflow passes on."""
        return {"reasons": REASONS, "lang": "en"}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` predicts the same bits."""
        return {
            "kind": "grading_model",
            "format": 1,
            "notice": label_of("models", "notice").model_dump(),
            "name": self.name,
            "estimator": self.estimator.to_dict(),
            "calibrator": None if self.calibrator is None else self.calibrator.to_dict(),
            "scale": None if self.scale is None else self.scale.to_dict(),
            "explainer": self.explainer.to_dict(),
            "about": dict(self.about),
            "scheme": self.scheme,
            "validation": None if self.validation is None else dict(self.validation),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The model saved by `to_dict`. InputError when a stated content hash is not that of the content."""
        from creditscore.modelling.models.calibration import Calibrator
        from creditscore.modelling.models.scale import MasterScale

        data = saved_as(data, "grading_model")
        self = cls(
            name=data["name"],
            estimator=estimator_from(data["estimator"]),
            calibrator=None if data["calibrator"] is None else Calibrator.from_dict(data["calibrator"]),
            scale=None if data["scale"] is None else MasterScale.from_dict(data["scale"]),
            explainer=Explainer.from_dict(data["explainer"]),
            about=data["about"],
            scheme=data["scheme"],
            validation=data["validation"],
        )
        fitted = getattr(self.estimator, "feature_names_in_", None)
        if fitted is not None and tuple(map(str, fitted)) != self.columns:
            raise InputError(
                "modelling.model_names_columns_not_those_estimator",
                name=self.name,
                where="about.columns",
                allowed=", ".join(map(str, fitted[:20])),
            )
        stated = data.get("content_hash")
        if stated is not None and content_hash(data) != stated:
            raise InputError(
                "modelling.model_changed_after_saved", name=self.name, where="content_hash", allowed=str(stated)
            )
        return self

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of all but `validation`."""
        return content_hash(self.to_dict())

    def with_validation(self, validation: Mapping[str, Any]) -> Self:
        """The same model with what its validation said."""
        return replace(self, validation=dict(validation))

    def save(self, folder: str | Path) -> Path:
        """Write `model.json` (JSON only, nothing to execute); the folder is made."""
        return write_bundle(self.to_dict(), folder)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The model of a folder or of its file; InputError when it is no model or was changed."""
        place = Path(folder)
        place = place / FILE if place.is_dir() else place
        if not place.is_file():
            raise InputError("modelling.no_model_here", file=FILE, where=str(folder))
        data = read_object(place, "the model")
        with outside("the model", place):
            self = cls.from_dict(data)
        stated_hash(data, place)
        return self

    def _probability(self, log_odds: Floats) -> Floats:
        if self.calibrator is not None:
            return self.calibrator.predict(log_odds)
        from scipy.special import expit

        return np.asarray(expit(log_odds), dtype=np.float64)


def content_hash(data: Mapping[str, Any]) -> str:
    """The hash that names a model, from its dict."""
    return hash_text(canonical({name: row for name, row in data.items() if name not in ("validation", "content_hash")}))


def stated_hash(data: Mapping[str, Any], file: Path) -> str:
    """The content hash that a file names; InputError where it names none, as every file that was ever written does."""
    stated = data.get("content_hash")
    if not isinstance(stated, str):
        raise InputError("modelling.model_not_name_content_hash_changed", file=file)
    return stated


def write_bundle(data: Mapping[str, Any], folder: str | Path) -> Path:
    """Write a model's dict with its content hash as `model.json`."""
    return write_json(Path(folder) / FILE, {**data, "content_hash": content_hash(data)})


def load_model(folder: str | Path) -> GradingModel:
    """Load a grading model from its folder or file; the same as `GradingModel.load`.

    Nothing in the file is executed: it is JSON.

    Parameters
    ----------
    folder
        The folder with `model.json`, or that file.

    Returns
    -------
    GradingModel
        The model; it predicts exactly, to the last bit, what it did when it was saved.

    Raises
    ------
    InputError
        Where there is no model, or it was changed after it was saved.

    Examples
    --------
    >>> model = load_model("models/breach")  # doctest: +SKIP
    >>> model.predict(firms)  # doctest: +SKIP
    """
    return GradingModel.load(folder)

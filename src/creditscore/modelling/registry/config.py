"""What a model is made from: one YAML file, or the same things as options; read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Phrase

__all__ = ["Split", "TrainConfig", "load_config"]

KINDS = ("scorecard", "boosting", "ordinal")
COLUMN_KINDS = ("number", "text")
CALIBRATORS = ("platt", "beta", "isotonic", "anchor", "none")


@dataclass(frozen=True)
class Split:
    """Which rows are kept for the test, and how rows are divided for calibration.

    by      random (organisations by `subject_id` where there is one, else rows), group (whole groups of `column`), time
            (rows of `column` on or after `test_from` are the test)
    test    share of the test, for random and group; a draw that misses it by far is refused
    folds   parts into which the other rows fall: the calibration sees predictions of models that did not see the row.
            None: 5 up to 50,000 rows, 2 beyond, where half of the rows fit as good a model
    """

    by: str = "random"
    column: str | None = None
    test: float = 0.25
    test_from: Any = None
    folds: int | None = None

    def __post_init__(self) -> None:
        if self.by not in ("random", "group", "time"):
            raise UsageError("modelling.split", by=self.by, where="split.by", allowed="random, group, time")
        if (self.by != "random") != (self.column is not None):
            raise UsageError(
                "modelling.split_column",
                by=self.by,
                value=Phrase("fragments", "without_column" if self.by != "random" else "with_column"),
                where="split.column",
            )
        if (self.by == "time") != (self.test_from is not None):
            raise UsageError("modelling.test_belongs_split_time_only", where="split.test_from")
        if not (0 < self.test < 1 and (self.folds is None or (isinstance(self.folds, int) and 2 <= self.folds <= 50))):
            raise UsageError("modelling.test_folds", test=self.test, folds=self.folds, where="split")


@dataclass(frozen=True)
class TrainConfig:
    """State everything that `train` needs beside the table.

    Raises UsageError for values that are not allowed, for `central_tendency` without a calibrator, and for an ordinal
    model without grades or `event_from`.

    Parameters
    ----------
    target
        Column of the outcome; for ordinal models the column of grades.
    name
        Name of the model.
    event
        Value of `target` that is the event.
    event_from
        For ordinal models the best grade that counts as the event; else None.
    columns
        The inputs: a list, or name → {zh, en, kind} with the words for a column and its kind, `number` or `text`, where
        the values shall not decide (codes such as 51, 52). None: all but target, weight, column of the split,
        `subject_id` and `exclude`.
    exclude
        Columns that are no inputs.
    weight
        Column of weights; None for none.
    estimator
        `scorecard`, `boosting` or `ordinal`.
    parameters
        Parameters of the estimator; for ordinal models with `grades`, best first.
    calibrator
        `platt`, `beta`, `isotonic`, `anchor` or `none`.
    central_tendency
        Event rate of the population, in (0, 1), where the table is a sample with another: calibration, grades and
        validation weight the rows to it. None: the rows are taken as they are.
    scale
        `grades`, best first, and either `cuts` or `rules` (see CutRules) and `objective`; empty for the defaults.
    split
        Which rows are kept for the test, and how rows are divided for calibration.
    seed
        Seed of all that is drawn.
    background
        Rows of the fit that the model carries along to explain its points.
    scheme
        Version of a statutory scheme that the model mirrors; None for none.
    about
        Purpose, use, outcome and the like, for cards and reports.
    data
        Of a reference model: the `file` of its table and how that is prepared (`prepare`), for `card --regenerate`;
        `train` takes the table that it is given as it is.
    """

    target: str
    name: str = "model"
    event: Any = 1
    event_from: str | None = None
    columns: Any = None
    exclude: tuple[str, ...] = ()
    weight: str | None = None
    estimator: str = "scorecard"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    calibrator: str = "platt"
    central_tendency: float | None = None
    scale: Mapping[str, Any] = field(default_factory=dict)
    split: Split = field(default_factory=Split)
    seed: int = 20180101
    background: int = 500
    scheme: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.estimator not in KINDS:
            raise UsageError(
                "modelling.no_estimator_called", estimator=self.estimator, where="estimator", allowed=KINDS
            )
        if self.calibrator not in CALIBRATORS:
            raise UsageError(
                "modelling.no_calibration_called_2", calibrator=self.calibrator, where="calibrator", allowed=CALIBRATORS
            )
        rate = self.central_tendency
        if rate is not None and not (isinstance(rate, int | float) and 0 < rate < 1):
            raise UsageError("modelling.central_tendency_2", rate=rate, where="central_tendency")
        if rate is not None and self.calibrator == "none":
            raise UsageError(
                "modelling.central_tendency_without_calibrator_would_used",
                where="central_tendency",
                allowed="platt, beta, isotonic, anchor",
            )
        unknown = set(self.scale) - {"grades", "cuts", "rules", "objective"}
        if unknown:
            raise UsageError(
                "modelling.unknown_key",
                unknown=sorted(unknown)[0],
                where="scale",
                allowed="grades, cuts, rules, objective",
            )
        strange = set(self.data) - {"file", "prepare"}
        if strange:
            raise UsageError(
                "modelling.unknown_key_2", strange=sorted(strange)[0], where="data", allowed="file, prepare"
            )
        if self.estimator == "ordinal" and (self.event_from is None or not self.parameters.get("grades")):
            raise UsageError("modelling.ordinal_model_needs_grades_best_counts")

    def labels(self) -> dict[str, dict[str, str]]:
        """What columns are called, where the configuration says so."""
        if not isinstance(self.columns, Mapping):
            return {}
        return {
            str(name): {lang: words for lang, words in (column or {}).items() if lang != "kind"}
            for name, column in self.columns.items()
        }

    def kinds(self) -> dict[str, str]:
        """What kind columns are, `text` or `number`: as the configuration says; names of organisations are text."""
        names = {"subject_id": "text"}
        if self.split.by == "group":
            names[str(self.split.column)] = "text"
        if not isinstance(self.columns, Mapping):
            return names
        kinds = {str(name): str(column["kind"]) for name, column in self.columns.items() if column and "kind" in column}
        for name, kind in kinds.items():
            if kind not in COLUMN_KINDS:
                raise UsageError("modelling.kind", kind=kind, name=name, allowed=COLUMN_KINDS)
        return names | kinds

    @classmethod
    def of(cls, data: Any, where: str = "configuration") -> Self:
        """From plain data; UsageError names the key that is wrong or missing."""
        if not isinstance(data, Mapping):
            raise UsageError("modelling.configuration_no_mapping", where=where, allowed=_keys(cls))
        unknown = [str(key) for key in data if key not in _keys(cls)]
        if unknown:
            raise UsageError("modelling.unknown_key", unknown=unknown[0], where=where, allowed=_keys(cls))
        if not data.get("target"):
            raise UsageError("modelling.target_missing", where=where)
        given = dict(data)
        split = given.pop("split", None)
        if split is not None:
            strange = [str(key) for key in split if key not in _keys(Split)]
            if strange:
                raise UsageError("modelling.unknown_key_3", strange=strange[0], where_value=where, allowed=_keys(Split))
            given["split"] = Split(**split)
        given["exclude"] = tuple(given.get("exclude") or ())
        return cls(**given)


def load_config(file: str | Path) -> dict[str, Any]:
    """The mapping of a YAML file; a key given twice or a file that is no mapping is a UsageError."""
    from creditscore.core.yaml_source import read

    place = Path(file)
    if not place.is_file():
        raise UsageError("modelling.no_such_configuration", where=str(place))
    source = read(place, place.name)
    if source.faults:
        raise UsageError(
            "the configuration cannot be read:\n  " + "\n  ".join(map(str, source.faults)),
            where=str(place),
            next="mend these lines; docs/models.md shows a whole file",
        )
    if not isinstance(source.data, dict):
        raise UsageError("modelling.configuration_no_mapping", where=str(place), allowed=_keys(TrainConfig))
    return {str(key): _plain(value) for key, value in source.data.items()}


def _plain(value: Any) -> Any:
    """Decimals as floats, dates as text: what estimators take and JSON keeps."""
    from datetime import date
    from decimal import Decimal

    if isinstance(value, Mapping):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _keys(cls: Any) -> list[str]:
    return [named_field.name for named_field in fields(cls)]

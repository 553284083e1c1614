"""`train`: a table and a configuration in, a `GradingModel` out, the same for any order of rows."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.features.draws import Units, check_shares, count_sides, row_hashes
from creditscore.modelling.features.frames import read_frame
from creditscore.modelling.models.explain import event_log_odds, make_explainer
from creditscore.modelling.models.inputs import Floats, refuse_infinities
from creditscore.modelling.models.threads import one_thread
from creditscore.modelling.registry.config import TrainConfig
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.population import population_weights
from creditscore.modelling.registry.tables import table_hash

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Prepared", "as_table", "column_of_units", "kept_whole", "outcome", "prepare", "train"]

TEST, FOLDS = 1, 2  # two draws from one seed
MANY = 50_000  # rows from which two folds do
GRADES = ("A", "B", "M", "C", "D")
SUBJECT = "subject_id"
ROWS_PER_TEXT = 3  # fewer rows per text than this, and a column names rows rather than kinds of rows


@dataclass(frozen=True)
class Prepared:
    """A table made ready: inputs, outcome (0/1), labels (ordinal models), weights, and which rows are the test.

    Rows stand in the order of their hashes, so nothing that follows depends on the order in the file; `place` is
    where each stood in it. `fold`: -1 for rows of the test. `sides`: rows, organisations and events of fit and test.
    """

    X: pd.DataFrame
    y: NDArray[np.int64]
    label: NDArray[Any] | None
    weight: Floats | None
    test: NDArray[np.bool_]
    fold: NDArray[np.int64]
    table: pd.DataFrame
    place: NDArray[np.int64]
    sides: dict[str, dict[str, int | None]]
    without_outcome: int


def train(table: Any, config: TrainConfig) -> GradingModel:
    """Train a grading model: fit, calibrate on predictions of models that did not see the row, cut into grades.

    1. The rows are divided (`config.split`, `modelling.draws`); 2. per fold the estimator is fitted without it and
    predicts it: these log-odds fit the calibrator, and the calibrated probabilities the master scale; 3. the estimator
    is fitted on all rows but the test. The test is left to validation. One thread: sums of floats depend on how
    threads share the work.

    Parameters
    ----------
    table
        A table of any kind (a file, pandas, Polars, Arrow, DuckDB, a list of mappings) or a ModelData.
    config
        All that is decided beforehand: target, estimator, split, calibration, grades.

    Returns
    -------
    GradingModel
        `.predict(table)` gives probability, score and grade per row, with reasons.

    Examples
    --------
    >>> model = train(firms, TrainConfig.of({"target": "breach", "name": "breach"}))  # doctest: +SKIP
    """
    with one_thread():
        return _train(table, config)


def _train(table: Any, config: TrainConfig) -> GradingModel:
    own = table.content_hash() if callable(getattr(table, "content_hash", None)) else None
    table = as_table(table, config)
    data = prepare(table, config)
    rows = ~data.test
    held = np.full(len(data.y), np.nan)
    for fold in np.unique(data.fold[rows]):
        out = data.fold == fold
        model = _fitted(config, data, rows & ~out)
        held[out] = event_log_odds(model, data.X[out], config.event_from)
    weight = None if data.weight is None else data.weight[rows]
    if config.central_tendency is not None:  # grades and references, too, are those of the population
        weight = population_weights(data.y[rows], weight, config.central_tendency)
    estimator = _fitted(config, data, rows)
    _check_effects(config, estimator)
    calibrator, p = _calibrated(config, held[rows], data.y[rows], weight)
    explainer = make_explainer(
        estimator,
        data.X[rows],
        event_from=config.event_from,
        keep=config.background,
        seed=config.seed,
        source="rows of the fit",
    )
    grading_model = GradingModel(
        name=config.name,
        estimator=estimator,
        calibrator=calibrator,
        scale=_scale(config, p, data.y[rows], weight),
        explainer=explainer,
        about=_about(table, config, data, own),
        scheme=config.scheme,
    )
    fit = grading_model.inputs(data.X[rows])
    return replace(grading_model, about={**grading_model.about, "reference": _reference(grading_model, fit, weight)})


def _reference(model: GradingModel, fit: pd.DataFrame, weight: Floats | None) -> dict[str, Any]:
    """What validation compares other rows with: bins and counts of inputs and predictions, and of grades."""
    from creditscore.modelling.validation.metrics.inputs import codes, tally
    from creditscore.modelling.validation.metrics.stability import profile_of

    code, names = codes("grade", model.labels(fit), len(fit))
    counts = tally(code, np.ones(len(fit)) if weight is None else weight, len(names))
    return {
        "profile": profile_of(fit, model.predict_proba(fit)[:, 1], weight).to_dict(),
        "grades": {str(name): float(count) for name, count in zip(names, counts, strict=True)},
    }


def as_table(data: Any, config: TrainConfig) -> pd.DataFrame:
    """A ModelData as one table with the columns that the configuration names; anything else as `read_frame` has it."""
    if not (hasattr(data, "X") and hasattr(data, "y")):
        return read_frame(data, config.kinds())
    if data.y is None:
        raise InputError("modelling.data_no_outcome", where="ModelData.y")
    parts = {config.target: data.y, config.weight: data.weight}
    if config.split.column is not None:
        parts[config.split.column] = data.groups if config.split.by == "group" else data.observed_on
    if config.split.by != "group" and SUBJECT not in data.X.columns:
        parts[SUBJECT] = data.groups
    table: pd.DataFrame = data.X.assign(
        **{name: part for name, part in parts.items() if name is not None and part is not None}
    )
    return table


def prepare(table: pd.DataFrame, config: TrainConfig) -> Prepared:
    """Read the columns that the configuration names; rows without outcome are left out and counted."""
    import pandas as pd

    # the identifier says who a row is about, never what it is like
    named = [config.target, config.weight, config.split.column, *config.exclude, SUBJECT]
    wanted = list(config.columns or ())
    for column in filter(None, [*named[:-1], *wanted]):
        if column not in table.columns:
            raise InputError(
                "modelling.no_column_2", column=column, where="table", allowed=[str(c) for c in table.columns][:30]
            )
    inputs = wanted or [str(c) for c in table.columns if c not in named]
    if config.target in inputs:
        raise UsageError("modelling.target_among_inputs", target=config.target, where="columns")
    if not inputs:
        raise InputError("modelling.no_column_left_input", where="table")
    refuse_infinities(table[inputs])
    known = table[config.target].notna().to_numpy()
    data_table = table[known]
    used = [*dict.fromkeys(filter(None, [*inputs, config.target, config.weight, config.split.column]))]
    hashes = row_hashes(data_table[used])
    order = np.lexsort((row_hashes(data_table[sorted(data_table.columns, key=str)]), hashes))
    data_table, hashes, place = (
        data_table.iloc[order].reset_index(drop=True),
        hashes[order],
        np.flatnonzero(known)[order],
    )
    y, label = outcome(data_table[config.target], config)
    X = data_table[inputs]
    _check_identifiers(X)
    kinds = {name: pd.api.types.is_bool_dtype(X[name]) for name in inputs}
    X = X.astype({name: "float64" for name, is_bool in kinds.items() if is_bool})
    drawn_by = column_of_units(data_table, config)
    units = Units.of(hashes, None if drawn_by is None else data_table[drawn_by])
    stratum = y if label is None else pd.Categorical(label, [str(grade) for grade in config.parameters["grades"]]).codes
    by_time = config.split.by == "time"
    test = _late(data_table, config) if by_time else units.draw(stratum, config.split.test, config.seed + TEST)
    for name, part in (("fit", ~test), ("test", test)):
        if len(np.unique(y[part])) < 2:
            raise InputError("modelling.rows_hold_outcome_only", name=name, where="split")
    sides = count_sides(units, test, y)
    if not by_time:
        check_shares(sides, config.split.test)
    fold = np.full(len(data_table), -1, dtype=np.int64)
    folds = config.split.folds or (5 if len(data_table) <= MANY else 2)
    fold[~test] = units.take(~test).deal(stratum[~test], folds, config.seed + FOLDS)
    weight = None if config.weight is None else _weights(data_table[config.weight])
    return Prepared(X, y, label, weight, test, fold, data_table, place, sides, int((~known).sum()))


def _check_identifiers(X: pd.DataFrame) -> None:
    for name in X.columns:
        known = X[name].dropna()
        if not _is_number(known) and len(known) > 20 and known.astype(str).nunique() > len(known) / ROWS_PER_TEXT:
            raise InputError("modelling.column_another_text_almost_each_row", name=name, where="columns")


def _weights(column: pd.Series[Any]) -> Floats:
    if not _is_number(column) or not (np.isfinite(column) & (column >= 0)).all():
        raise InputError("modelling.weights_not_all_numbers_finite", where=str(column.name))
    return column.to_numpy(dtype=np.float64)


def outcome(column: pd.Series[Any], config: TrainConfig) -> tuple[NDArray[np.int64], NDArray[Any] | None]:
    """1 where the column says the event, and the grades of an ordinal model."""
    if config.estimator == "ordinal":
        grades = [str(grade) for grade in config.parameters["grades"]]
        label = column.astype(str).to_numpy(dtype=object)
        strange = sorted(set(label) - set(grades))
        if strange:
            raise InputError(
                "modelling.grade_not_among_grades", strange=strange[0], where=config.target, allowed=grades
            )
        if config.event_from not in grades[1:]:
            raise UsageError("modelling.event_2", event_from=config.event_from, allowed=grades[1:])
        return np.array(
            [grades.index(value) >= grades.index(config.event_from) for value in label], dtype=np.int64
        ), label
    values = column.unique().tolist()
    event = config.event
    if event not in values and str(event) in map(str, values):
        event = next(value for value in values if str(value) == str(event))
    if event not in values or len(values) > 2:
        raise InputError(
            "modelling.outcome_holds", listed=", ".join(map(repr, values[:5])), event=config.event, where=config.target
        )
    return (column == event).to_numpy().astype(np.int64), None


def _late(table: pd.DataFrame, config: TrainConfig) -> NDArray[np.bool_]:
    """The rows from `test_from` on."""
    split = config.split
    day = table[split.column]
    if day.isna().any():
        raise InputError("modelling.rows_no", sum=int(day.isna().sum()), column=split.column, where="split.column")
    try:
        number = day.dtype.kind in "iuf"
        late = day >= float(split.test_from) if number else day.astype(str) >= str(split.test_from)
    except ValueError as error:
        raise UsageError("modelling.test_2", test_from=split.test_from, where="split.test_from") from error
    return np.asarray(late.to_numpy(), dtype=bool)


def column_of_units(table: pd.DataFrame, config: TrainConfig) -> str | None:
    """The column of the organisations that a draw keeps whole: of a split by group, else `subject_id` if there is one.

    A unique id is one too: it tells apart organisations of which everything else is alike.
    """
    if config.split.by == "group":
        return config.split.column
    return SUBJECT if SUBJECT in table.columns else None


def kept_whole(table: pd.DataFrame) -> str | None:
    """`subject_id` where one stands in several rows: what validation counts as one organisation."""
    return SUBJECT if SUBJECT in table.columns and bool(table[SUBJECT].duplicated().any()) else None


def _check_effects(config: TrainConfig, estimator: Any) -> None:
    """Refuse grades of a card that says the base rate alone, unless they were given and nothing is calibrated."""
    given = config.calibrator == "none" and config.scale.get("cuts") is not None
    if getattr(estimator, "variables_", None) == [] and not given:
        raise InputError(
            "modelling.no_column_effect_outcome_told_zero", listed=", ".join(map(str, list(estimator.left_)[:10]))
        )


def panel_of(config: TrainConfig, table: pd.DataFrame) -> str | None:
    """The column that says which rows belong together, where some do: they are no independent evidence."""
    return config.split.column if config.split.by == "group" else kept_whole(table)


def _fitted(config: TrainConfig, data: Prepared, rows: NDArray[np.bool_]) -> Any:
    weight = None if data.weight is None else data.weight[rows]
    X, parameters = data.X[rows], dict(config.parameters)
    panel = panel_of(config, data.table)
    kind: Any = None
    try:
        if config.estimator == "scorecard":
            from creditscore.modelling.scorecard.classifier import ScorecardClassifier as kind

            together: NDArray[Any] | None = None if panel is None else data.table[panel].astype(str).to_numpy()[rows]
            if together is None and weight is not None:
                together = np.arange(len(X))  # a row that weighs much is one observation all the same
            return kind(**parameters).fit(X, data.y[rows], sample_weight=weight, groups=together)
        if config.estimator == "boosting":
            from creditscore.modelling.models.boosting import MonotoneBoosting as kind

            parameters.setdefault("random_state", config.seed % 2**32)
            return kind(**parameters).fit(X, data.y[rows], sample_weight=weight)
        from creditscore.modelling.models.ordinal import OrdinalGrader as kind

        assert data.label is not None
        return kind(**parameters).fit(X, data.label[rows], sample_weight=weight)
    except TypeError as error:
        if "unexpected keyword" in str(error):
            raise UsageError(
                str(error).split(") ")[-1],
                where="parameters",
                allowed=kind._get_param_names(),
            ) from error
        raise


def _calibrated(config: TrainConfig, log_odds: Floats, y: Any, weight: Any) -> tuple[Any, Floats]:
    from scipy.special import expit

    from creditscore.modelling.models.calibration import Calibrator

    if config.calibrator == "none":
        return None, np.asarray(expit(log_odds))
    calibrator = Calibrator(config.calibrator, config.central_tendency)  # type: ignore[arg-type]
    calibrator.fit(log_odds, y, sample_weight=weight)
    return calibrator, calibrator.predict(log_odds)


def _scale(config: TrainConfig, p: Floats, y: Any, weight: Any) -> Any:
    """The master scale; by default A, B, M, C, D, each with a twentieth of the rows and rates that keep their order."""
    from creditscore.modelling.models.cut_rules import CutRules
    from creditscore.modelling.models.scale import MasterScale

    asked = config.scale
    if config.estimator == "ordinal" and not asked:
        return None
    cuts = asked.get("cuts")
    try:
        rules = None if cuts is not None else CutRules(**asked.get("rules", {"min_share": 0.05}))
    except TypeError as error:
        raise UsageError(
            str(error).split(") ")[-1], where="scale.rules", allowed=[field.name for field in fields(CutRules)]
        ) from error
    scale = MasterScale(tuple(asked.get("grades", GRADES)), cuts, rules, asked.get("objective", "likelihood"))
    return scale.fit(p, y, sample_weight=weight)


def _about(table: pd.DataFrame, config: TrainConfig, data: Prepared, own: str | None) -> dict[str, Any]:
    labels, text = config.labels(), {str(c) for c in data.X.columns if not _is_number(data.X[c])}
    return {
        **config.about,
        "advisory": True,
        "target": config.target,
        "event": config.event,
        "grades": config.parameters.get("grades"),
        "event_from": config.event_from,
        "estimator": config.estimator,
        "columns": {
            str(name): {"kind": "text" if name in text else "number", **labels.get(str(name), {})}
            for name in data.X.columns
        },
        "data": {
            "sha256": table_hash(table),
            "content_hash": own,
            "rows": len(table),
            "without_outcome": data.without_outcome,
            "kept_whole": column_of_units(data.table, config),
            "fit": data.sides["fit"],
            "test": {**data.sides["test"], "sha256": table_hash(data.table[data.test])},
        },
        "split": {name: getattr(config.split, name) for name in ("by", "column", "test", "test_from", "folds")},
        "weight": config.weight,
        "seed": config.seed,
        "versions": {name: version(name) for name in ("creditscore", "numpy", "pandas", "scikit-learn", "scipy")},
    }


def _is_number(column: pd.Series[Any]) -> bool:
    from pandas.api import types

    return bool(types.is_numeric_dtype(column.dtype))

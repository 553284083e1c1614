"""A model under validation, on the rows it was not fitted on or on new ones; and two models beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import label_of
from creditscore.modelling.registry.config import Split, TrainConfig
from creditscore.modelling.registry.describe import split_words
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.population import describe_weighting, population_weights, rate_of_population
from creditscore.modelling.registry.tables import table_hash
from creditscore.modelling.registry.train import SUBJECT, Prepared, as_table, kept_whole, outcome, prepare
from creditscore.modelling.validation.metrics.inputs import weights

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.modelling.validation.champion_challenger import Challenge
    from creditscore.modelling.validation.validate import ValidationReport

__all__ = ["compare_models", "config_of", "draw_again", "validate_model"]

PARTS = ("auto", "test", "all")
ROLES = ("groups", "cohort", "inspected", "protected", "previous")
KEPT = ("name", "purpose", "use", "outcome_definition", "horizon", "population", "source", "author", "title", "made_up")


def config_of(model: GradingModel) -> TrainConfig:
    """The part of the configuration that says how a table is read and divided."""
    about = model.about
    return TrainConfig(
        target=about["target"],
        name=model.name,
        event=about["event"],
        event_from=about["event_from"],
        columns={name: {"kind": kind} for name, kind in model.kinds.items()},
        weight=about["weight"],
        estimator=about["estimator"],
        parameters={"grades": about["grades"]} if about["grades"] else {},
        split=Split(**about["split"]),
        seed=about["seed"],
    )


def draw_again(model: GradingModel, table: pd.DataFrame) -> Prepared:
    """The table of the fit, divided as it was then; InputError where another version drew other rows."""
    ready = prepare(table, config_of(model))
    stated = model.about["data"]["test"].get("sha256")
    if table_hash(ready.table[ready.test]) != stated:
        raise InputError(
            f"the test rows of the model {model.name} cannot be drawn again: "
            + ("it was made by an earlier version" if stated is None else "other rows are drawn"),
            where="part",
            allowed="part all, or rows that were not in the table of the fit",
            next="train the model again, or validate it on new rows",
        )
    return ready


def validate_model(
    model: GradingModel,
    data: Any,
    *,
    part: str = "auto",
    validator: str | None = None,
    commands: tuple[str, ...] = (),
    bootstraps: int = 200,
    columns: Mapping[str, Any] | None = None,
    population_rate: float | None = None,
    **more: Any,
) -> tuple[ValidationReport, GradingModel]:
    """Validate a model on the rows it was not fitted on, or on new ones.

    What the inputs and predictions were at the fit comes from the model.

    Parameters
    ----------
    model
        The model.
    data
        Table of any kind (or ModelData) with the model's columns and its target; rows without outcome are left out.
    part
        `test` (the rows that were kept out of the fit; only for the table of the fit), `all`, or `auto`: test for that
        table, all for any other.
    validator
        Who validates; None: nobody is named.
    commands
        How to do it again, in words for the report.
    bootstraps
        Draws for the intervals.
    columns
        Which columns of the table say more of a row: groups, cohort, inspected, protected (one or several), previous;
        "" for none. Left out: groups is the column of a split by group, else `subject_id` where one stands in several
        rows; cohort the column of a split by time; inspected the column of that name; protected those of size,
        ownership, district, age that are there; previous none.
    population_rate
        Event rate, in (0, 1), to which rows are weighted; 0: as they are; None: the model's `central_tendency` for rows
        of the table of the fit, others as they are.
    **more
        Passed on to `modelling.validation.validate`.

    Returns
    -------
    tuple
        (ValidationReport, the model with the result of the report). Without `more` the model also keeps how the report
        was asked for, so that it can be made again.

    Raises
    ------
    UsageError
        For an unknown part, role in `columns` or rate.
    InputError
        For `test` with another table, test rows that cannot be drawn again, and columns that are not there.

    Examples
    --------
    >>> report, model = validate_model(model, "firms.csv", validator="Li Hua")  # doctest: +SKIP
    >>> report.verdict  # doctest: +SKIP
    """
    from creditscore.modelling.validation.validate import validate

    if part not in PARTS:
        raise UsageError("modelling.part", part=part, allowed=PARTS)
    config = config_of(model)
    table = as_table(data, config)
    hashed = table_hash(table)
    own = hashed == model.about["data"]["sha256"]
    if part == "test" and not own:
        raise InputError("modelling.not_table_fit_so_no_test", where="part")
    asked = columns_of(config, table, columns or {})
    first = None if own else (model.validation or {}).get("first_auc")
    if own and part != "all":
        ready = draw_again(model, table)
        used = ready.table[ready.test].reset_index(drop=True)
    else:
        used = table[table[_there(table, config.target)].notna()].reset_index(drop=True)
    X = model.inputs(used)
    y, _ = outcome(used[config.target], config)
    order = list(model.scale.grades) if model.scale is not None else [str(g) for g in model.estimator.grades_]
    shares = model.explain(X).shares
    data_table = _importance(model, shares)
    weight: Any = None if config.weight is None or config.weight not in used else used[config.weight]
    rate, weighting, limits = rate_of_population(model, population_rate, own), None, list(more.pop("limits", ()))
    if rate is not None:
        given = weights(weight, len(y))
        weighting = describe_weighting(rate, float(given @ y) / float(given.sum()))
        weight = population_weights(y, weight, rate)
        limits.append(label_of("model_limits", "stated_rate").model_dump())
    about = {name: model.about[name] for name in KEPT if name in model.about} | {
        "model": model.name,
        "target": f"{config.target} = {config.event if config.event_from is None else config.event_from}",
        "made_with": " + ".join([config.estimator, "" if model.calibrator is None else model.calibrator.method]).strip(
            " +"
        ),
        "labels": {name: words for name in model.columns if (words := _named(model, name))},
        "columns_used": {name: value for name, value in asked.items() if value},
        "model_hash": model.content_hash,
        "table_sha256": hashed,
        "part": label_of("models", "test_rows" if own and part != "all" else "all_rows").model_dump(),
        "split": split_words(model.about) if own and part != "all" else None,
        "weighting": weighting,
        "scheme": model.scheme,
        "validator": validator,
    }
    settings: dict[str, Any] = {
        "sample_weight": weight,
        "limits": limits,
        "protected": used[asked["protected"]] if asked["protected"] else None,
        "explanations": {"mean_share": data_table},
        "scale": model.scale,
    }
    for role, name in {
        "groups": "groups",
        "cohort": "cohort",
        "inspected": "inspected",
        "previous": "previous_grades",
    }.items():
        settings[name] = used[asked[role]] if asked[role] else None
    report = validate(
        model,
        X,
        y,
        grades=model.labels(X),
        grade_order=order,
        reference=_reference(model, first),
        about={name: value for name, value in about.items() if value is not None},
        commands=commands,
        bootstraps=bootstraps,
        **{**settings, **more},
    )
    validation = {
        "verdict": report.verdict,
        "report_sha256": report.sha256,
        "model_hash": model.content_hash,
        "table_sha256": hashed,
        "data_sha256": report.about["data_sha256"],
        "validator": validator,
        "first_auc": first or report.numbers.get("discrimination", {}).get("auc"),
        "settings": None
        if more
        else {
            "part": part,
            "validator": validator,
            "commands": list(commands),
            "bootstraps": bootstraps,
            "columns": dict(columns or {}),
            **({} if population_rate is None else {"population_rate": population_rate}),
        },
    }
    return report, model.with_validation(validation)


def compare_models(champion: GradingModel, challenger: GradingModel, data: Any, by: tuple[str, ...] = ()) -> Challenge:
    """Both on the same rows: measures, and who changes places at the same capacity, with both explanations.

    Rows of the fit of either model are left out where `data` is the table of that fit; there, too, the rest is weighted
    to the event rate of the population, where a model states one.
    """
    from creditscore.modelling.validation.champion_challenger import champion_challenger

    config = config_of(champion)
    table = as_table(data, config)
    seen = np.zeros(len(table), dtype=bool)
    hashed, rate = table_hash(table), None
    for model in (champion, challenger):
        if hashed == model.about["data"]["sha256"]:
            rate = rate or model.population_rate
            ready = draw_again(model, table)
            seen[ready.place[~ready.test]] = True
    used = ~seen & table[_there(table, config.target)].notna().to_numpy()
    table, row = table[used].reset_index(drop=True), np.flatnonzero(used)
    if not len(table):
        raise InputError("modelling.no_row_left_neither_model_fitted", where="data")
    y, _ = outcome(table[config.target], config)
    strange = [name for name in by if name not in table.columns]
    if strange:
        raise InputError(
            "modelling.no_column_3", strange=strange[0], where="by", allowed=[str(c) for c in table.columns][:30]
        )
    first, second = champion.predict(table), challenger.predict(table)
    challenge = champion_challenger(
        y,
        first["probability"],
        second["probability"],
        by={"grade": first["grade"].to_numpy(), **{name: table[name].astype(str) for name in by}},
        subject_id=table.index.to_numpy(),
        champion_explanations=_words(first),
        challenger_explanations=_words(second),
        sample_weight=None if rate is None else population_weights(y, None, rate),
    )
    # an organisation may have several rows: a case is told by its place (from 0) in the table that was given
    place = challenge.cases["subject_id"].to_numpy(dtype=np.int64)
    cases = challenge.cases.assign(subject_id=row[place]).rename(columns={"subject_id": "row"})
    if SUBJECT in table.columns:
        cases.insert(0, SUBJECT, table[SUBJECT].to_numpy()[place])
    return replace(challenge, cases=cases)


def _words(predicted: pd.DataFrame) -> dict[Any, str]:
    first_reasons = predicted["reason_1"].fillna("").to_numpy()
    points = predicted["reason_1_points"].to_numpy()
    return {
        k: f"{word} ({cost:+.0f})"
        for k, (word, cost) in enumerate(zip(first_reasons, points, strict=True))
        if cost == cost
    }


def _importance(model: GradingModel, shares: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    mean = shares.abs().mean()
    order = sorted(mean.index, key=lambda name: (-mean[name], name))
    return pd.DataFrame(
        {"variable": [str(n) for n in order]} | {"mean_abs_points": [round(float(mean[n]), 6) for n in order]}
    )


def _there(table: pd.DataFrame, name: str) -> str:
    if name not in table.columns:
        raise InputError(
            "modelling.no_column_4", name=name, where="table", allowed=[str(c) for c in table.columns][:30]
        )
    return name


def columns_of(config: TrainConfig, table: pd.DataFrame, given: Mapping[str, Any]) -> dict[str, Any]:
    """Which column says what of a row: what is given, else what the configuration and the table suggest."""
    from creditscore.modelling.validation.validate import PROTECTED

    strange = sorted(set(given) - set(ROLES))
    if strange:
        raise UsageError("modelling.no_column_asked", strange=strange[0], where="columns", allowed=ROLES)
    split = config.split
    columns: dict[str, Any] = {
        "groups": split.column if split.by == "group" else kept_whole(table),
        "cohort": split.column if split.by == "time" else None,
        "inspected": "inspected" if "inspected" in table.columns else None,
        "protected": [name for name in PROTECTED if name in table.columns],
        "previous": None,
    }
    for name, value in columns.items():
        if name not in given:
            there = [column for column in value if column in table.columns] if isinstance(value, list) else value
            columns[name] = there if isinstance(there, list) or there in table.columns else None
            continue
        chosen = [
            value for value in ([given[name]] if isinstance(given[name], str) else list(given[name] or [])) if value
        ]
        if len(chosen) > 1 and name != "protected":
            raise UsageError("modelling.columns", chosen_count=len(chosen), name=name, where="columns", allowed="one")
        for column in chosen:
            _there(table, column)
        columns[name] = chosen if name == "protected" else next(iter(chosen), None)
    return columns


def _reference(model: GradingModel, first: float | None) -> Any:
    """What the inputs, predictions and grades were at the fit, as the model keeps it."""
    from creditscore.modelling.validation.metrics.stability import Profile
    from creditscore.modelling.validation.validate import Reference

    reference = model.about.get("reference")
    if reference is None:
        return None
    return Reference(profile=Profile.from_dict(reference["profile"]), grades=reference["grades"], auc=first)


def _named(model: GradingModel, name: str) -> dict[str, str]:
    words = model.about["columns"].get(name, {})
    return {lang: str(words[lang]) for lang in ("en", "zh") if words.get(lang)}

"""A model under validation, on the rows it was not fitted on or on new ones; and two models beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.errors import InputError, UsageError
from creditscore.modelling.release.bundle import GradingModel
from creditscore.modelling.release.config import Split, TrainConfig
from creditscore.modelling.release.tables import table_hash
from creditscore.modelling.release.train import as_table, outcome, prepare

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.modelling.challenge import Challenge
    from creditscore.modelling.validation import ValidationReport

__all__ = ["compare_models", "config_of", "validate_model"]

PARTS = ("auto", "test", "all")
KEPT = ("name", "purpose", "use", "outcome_definition", "horizon", "population", "source", "author", "title", "made_up")
WHICH_ROWS = {
    "test": {"en": "test rows of the table of the fit", "zh": "拟合所用数据中留出的检验行"},
    "all": {"en": "all rows", "zh": "全部行"},
}


def config_of(model: GradingModel) -> TrainConfig:
    """The part of the configuration that says how a table is read and divided."""
    about = model.about
    return TrainConfig(
        target=about["target"],
        name=model.name,
        event=about["event"],
        event_from=about["event_from"],
        columns=list(model.columns),
        weight=about["weight"],
        estimator=about["estimator"],
        parameters={"grades": about["grades"]} if about["grades"] else {},
        split=Split(**about["split"]),
        seed=about["seed"],
    )


def validate_model(
    model: GradingModel,
    data: Any,
    *,
    part: str = "auto",
    validator: str | None = None,
    commands: tuple[str, ...] = (),
    bootstraps: int = 200,
    **more: Any,
) -> tuple[ValidationReport, GradingModel]:
    """The report, and the model with what the report said.

    `part`: test (the rows that were kept out of the fit; only for the table of the fit), all, or auto: test for that
    table, all for any other. `more` goes to `modelling.validation.validate`.
    """
    from creditscore.modelling.validation import Reference, validate

    if part not in PARTS:
        raise UsageError(f"part {part!r}", allowed=PARTS)
    config = config_of(model)
    table = as_table(data, config)
    hashed = table_hash(table)
    own = hashed == model.about["data"]["sha256"]
    if part == "test" and not own:
        raise InputError(
            "this is not the table of the fit, so it has no test rows of it", next="use part all", where="part"
        )
    reference = None
    if own:
        ready = prepare(table, config)
        used = ready.table if part == "all" else ready.table[ready.test].reset_index(drop=True)
        fit = model.inputs(ready.X[~ready.test].reset_index(drop=True))
        reference = Reference(X=fit, p=model.predict_proba(fit)[:, 1], grades=model.labels(fit))
    else:
        used = table[table[_there(table, config.target)].notna()].reset_index(drop=True)
    X = model.inputs(used)
    y, _ = outcome(used[config.target], config)
    order = list(model.scale.grades) if model.scale is not None else [str(g) for g in model.estimator.grades_]
    shares = model.explain(X).shares
    told = _importance(model, shares)
    about = {name: model.about[name] for name in KEPT if name in model.about} | {
        "model": model.name,
        "model_hash": model.content_hash,
        "table_sha256": hashed,
        "part": WHICH_ROWS["test" if own and part != "all" else "all"],
        "scheme": model.scheme,
        "validator": validator,
    }
    settings: dict[str, Any] = {
        "sample_weight": None if config.weight is None or config.weight not in used else used[config.weight],
        "cohort": used[config.split.column] if config.split.by == "time" and config.split.column in used else None,
        "protected": _protected(used),
        "explanations": {"mean share in points": told},
    }
    report = validate(
        model,
        X,
        y,
        grades=model.labels(X),
        grade_order=order,
        reference=reference,
        about={name: value for name, value in about.items() if value is not None},
        commands=commands,
        bootstraps=bootstraps,
        **{**settings, **more},
    )
    said = {
        "verdict": report.verdict,
        "report_sha256": report.sha256,
        "model_hash": model.content_hash,
        "table_sha256": hashed,
        "data_sha256": report.about["data_sha256"],
        "validator": validator,
    }
    return report, model.with_validation(said)


def compare_models(champion: GradingModel, challenger: GradingModel, data: Any, by: tuple[str, ...] = ()) -> Challenge:
    """Both on the same rows: measures, and who changes places at the same capacity, with both explanations.

    Rows of the fit of either model are left out where `data` is the table of that fit.
    """
    from creditscore.modelling.challenge import champion_challenger

    config = config_of(champion)
    table = as_table(data, config)
    seen = np.zeros(len(table), dtype=bool)
    hashed = table_hash(table)
    for model in (champion, challenger):
        if hashed == model.about["data"]["sha256"]:
            ready = prepare(table.assign(place=np.arange(len(table))), config_of(model))
            seen[ready.table["place"].to_numpy()[~ready.test]] = True
    table = table[~seen & table[_there(table, config.target)].notna().to_numpy()].reset_index(drop=True)
    if not len(table):
        raise InputError("no row is left that neither model was fitted on", where="data")
    y, _ = outcome(table[config.target], config)
    strange = [name for name in by if name not in table.columns]
    if strange:
        raise InputError(f"there is no column {strange[0]!r}", where="by", allowed=[str(c) for c in table.columns][:30])
    first, second = champion.predict(table), challenger.predict(table)
    return champion_challenger(
        y,
        first["probability"],
        second["probability"],
        by={"grade": first["grade"].to_numpy(), **{name: table[name].astype(str) for name in by}},
        subject_id=table.index.to_numpy(),
        champion_explanations=_words(first),
        challenger_explanations=_words(second),
    )


def _words(predicted: pd.DataFrame) -> dict[Any, str]:
    told = predicted["reason_1"].fillna("").to_numpy()
    points = predicted["reason_1_points"].to_numpy()
    return {k: f"{word} ({cost:+.0f})" for k, (word, cost) in enumerate(zip(told, points, strict=True)) if word}


def _importance(model: GradingModel, shares: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    mean = shares.abs().mean()
    order = sorted(mean.index, key=lambda name: (-mean[name], name))
    return pd.DataFrame(
        {"variable": [str(n) for n in order], "label": [model.label(str(n)) for n in order]}
        | {"mean_abs_points": [round(float(mean[n]), 6) for n in order]}
    )


def _there(table: pd.DataFrame, name: str) -> str:
    if name not in table.columns:
        raise InputError(f"there is no column {name!r}", where="table", allowed=[str(c) for c in table.columns][:30])
    return name


def _protected(table: pd.DataFrame) -> Any:
    from creditscore.modelling.validation import PROTECTED

    found = [name for name in PROTECTED if name in table.columns]
    return table[found] if found else None

"""`creditscore model`: train, validate, compare, predict, card; and the commands of versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.model_versions import (
    Models,
    Uri,
    approve_command,
    as_of_command,
    catch_up_command,
    folder_of,
    list_command,
    open_models,
    propose_command,
    register_command,
    undo_command,
)
from creditscore.cli.office import LangOption, open_store
from creditscore.cli.output import give, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.settings import STORE
from creditscore.cli.tables import CsvPeople
from creditscore.core.errors import UsageError
from creditscore.core.model import Label

if TYPE_CHECKING:
    from creditscore.modelling.registry.tracking import ModelStore

model_app = App()

Table = Annotated[Path, typer.Argument(metavar="TABLE", show_default=False)]
Folder = Annotated[Path, typer.Argument(metavar="MODEL", show_default=False)]
CALLED = {"group": "groups"}  # what an option of `validate` is called in a report


@model_app.command("train")
def train_command(
    table: Table,
    out: Annotated[Path, typer.Option()],
    config: Path | None = None,
    target: str | None = None,
    event: str | None = None,
    name: str | None = None,
    columns: str | None = None,
    exclude: str | None = None,
    estimator: str | None = None,
    calibrator: str | None = None,
    weight: str | None = None,
    group: str | None = None,
    time: str | None = None,
    test_from: str | None = None,
    test: float | None = None,
    seed: int | None = None,
) -> None:
    from creditscore.modelling.registry.config import TrainConfig, load_config
    from creditscore.modelling.registry.describe import describe_model
    from creditscore.modelling.registry.train import train
    from creditscore.present.document import Facts

    given: dict[str, Any] = {} if config is None else load_config(config)
    options = {
        "target": target,
        "event": event,
        "name": name,
        "columns": _names(columns),
        "exclude": _names(exclude),
        "estimator": estimator,
        "calibrator": calibrator,
        "weight": weight,
        "seed": seed,
    }
    given |= {key: value for key, value in options.items() if value is not None}
    split = {"test": test, "test_from": test_from, "column": group or time}
    split |= {"by": "group" if group else "time" if time else None}
    asked = {key: value for key, value in split.items() if value is not None}
    if group and time:
        raise UsageError("cli.two_splits")
    if asked:
        given["split"] = {**(given.get("split") or {}), **asked}
    chosen = TrainConfig.of(given, str(config or "options"))
    with working("training", chosen.name):
        model = train(table, chosen)
        model.save(out)
    facts = describe_model(model)
    as_it_is = told("table_as_it_is") if chosen.data.get("prepare", "none") != "none" else None
    give(facts, Facts(list(facts.items())), as_it_is, written=[out])


@model_app.command("validate")
def validate_command(
    model: Folder,
    table: Table,
    out: Path | None = None,
    part: str = "auto",
    by: Annotated[str | None, typer.Option("--by")] = None,
    group: str | None = None,
    cohort: str | None = None,
    inspected: str | None = None,
    protected: str | None = None,
    previous: str | None = None,
    population_rate: Annotated[
        float | None,
        typer.Option(),
    ] = None,
) -> None:
    import shlex

    from creditscore.modelling.registry.grading_model import load_model
    from creditscore.modelling.registry.validating import validate_model
    from creditscore.pages.validation import write_validation

    place = out or folder_of(model)
    given = {"group": group, "cohort": cohort, "inspected": inspected, "previous": previous}
    columns: dict[str, Any] = {CALLED.get(name, name): value for name, value in given.items() if value is not None}
    if protected is not None:
        columns["protected"] = list(_names(protected) or ())
    chosen_options = {"part": None if part == "auto" else part, "by": by, "protected": protected, **given}
    chosen_options["population-rate"] = None if population_rate is None else f"{population_rate:g}"
    options = [word for name, value in chosen_options.items() if value is not None for word in (f"--{name}", value)]
    command = shlex.join(["creditscore", "model", "validate", str(model), str(table), *options])
    with working("validating", model):
        loaded = load_model(model)
        report, judged = validate_model(
            loaded,
            table,
            part=part,
            validator=by,
            commands=(command,),
            columns=columns,
            population_rate=population_rate,
        )
        files = write_validation(report, place)
        judged.save(folder_of(model))
    ranks, coverage = report.numbers["discrimination"], report.numbers["coverage"]
    numbers = {
        "verdict": report.verdict,
        "auc": ranks["auc"],
        "brier": report.numbers["brier"]["score"],
        "rows": coverage["used"],
        "events": coverage["events"],
    }
    failed: list[dict[Any, Any]] = [
        row for row in report.criteria.to_dict("records") if row["outcome"] in ("warn", "fail")
    ]
    give(
        {**numbers, "criteria": failed},
        f"{report.verdict}: AUC {numbers['auc']:.3f}  Brier {numbers['brier']:.4f}",
        told("rows_and_events", coverage["used"], coverage["events"]),
        *(Label(**report.about[name]) for name in ("split", "weighting") if name in report.about),
        *(told("criterion", row["outcome"], _label_of(row), f"{row['value']:.4g}") for row in failed),
        written=[place, *files],
    )


def _label_of(row: dict[Any, Any]) -> Label:
    return Label(zh=row["label_zh"], en=row["label_en"])


@model_app.command("compare")
def compare_command(
    champion: Folder,
    challenger: Annotated[Path, typer.Argument(metavar="OTHER")],
    table: Table,
    segments: str | None = None,
    out: Path | None = None,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.core.tables.write import write_table
    from creditscore.modelling.registry.grading_model import load_model
    from creditscore.modelling.registry.validating import compare_models

    if csv_people and out is None:
        raise UsageError("cli.csv_people_needs_folder", where="--csv-people")
    with working("comparing"):
        challenge = compare_models(load_model(champion), load_model(challenger), table, _names(segments) or ())
    measures: list[dict[Any, Any]] = challenge.measures.to_dict("records")
    swaps: list[dict[Any, Any]] = [row for row in challenge.swaps.to_dict("records") if row["by"] == "all"]
    numbers = ("champion", "challenger", "difference")
    shown = [
        {**row, **{name: f"{row[name]:.4f}" for name in numbers}, "better": str(row["better"])} for row in measures
    ]
    sets = [{**row, "set": str(row["set"]).replace("_", " "), "rate": f"{row['rate']:.3f}"} for row in swaps]
    if out is not None:
        for name in ("measures", "swaps", "cases"):
            write_table(getattr(challenge, name), out / f"{name}.csv", people=csv_people)
    give(
        {"measures": measures, "auc_p": challenge.auc_p, "swaps": swaps},
        tabulate(shown, "measure", *numbers, "better"),
        told("equal_aucs", f"{challenge.auc_p:.3g}"),
        tabulate(sets, "set", "count", "events", "rate"),
        written=[] if out is None else [out],
    )


@model_app.command("predict")
def predict_command(
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    table: Table,
    out: Annotated[Path, typer.Option()],
    keep: str | None = None,
    reasons: Annotated[int, typer.Option(min=0)] = 4,
    lang: LangOption = "zh",
    csv_people: CsvPeople = False,
    store: Annotated[str, typer.Option("--store", envvar=STORE)] = "",
    models: Models = None,
    tracking_uri: Uri = None,
) -> None:
    import pandas as pd

    from creditscore.core.tables.write import write_table
    from creditscore.modelling.features.frames import read_frame
    from creditscore.modelling.registry.grading_model import load_model

    place = Path(model)
    loaded = load_model(place) if place.exists() else _load_version(model, store, open_models(models, tracking_uri))
    rows = read_frame(table, getattr(loaded, "kinds", None))
    results = _names(keep) or ()
    strange = [name for name in results if name not in rows.columns]
    if strange:
        raise UsageError("cli.no_column", strange=strange[0], where="--keep", allowed=list(map(str, rows.columns))[:30])
    with working("predicting"):
        data_table = loaded.predict(rows, reasons=reasons, lang=lang)
        write_table(pd.concat([rows[list(results)], data_table], axis=1), out, people=csv_people)
    counts = {str(grade): int(count) for grade, count in data_table["grade"].value_counts().sort_index().items()}
    graded = [{"grade": grade, "rows": count} for grade, count in counts.items()]
    give({"grades": counts, "advisory": True}, tabulate(graded, "grade", "rows"), told("advisory"), written=[out])


@model_app.command("card")
def card_command(
    model: Annotated[Path | None, typer.Argument(metavar="[MODEL]")] = None,
    out: Path | None = None,
    regenerate: Path | None = None,
    data: Path | None = None,
    check: Annotated[bool, typer.Option("--check")] = False,
) -> None:
    from creditscore.modelling.registry.card import write_card
    from creditscore.modelling.registry.grading_model import load_model
    from creditscore.modelling.registry.references import regenerate_all

    if (model is None) == (regenerate is None):
        raise UsageError("cli.model_or_references")
    if model is not None:
        files = write_card(load_model(model), out or folder_of(model))
        give({}, written=files)
        return
    assert regenerate is not None
    with working("reference_models"):
        done = regenerate_all(regenerate, data, check=check)
    give(
        [{"place": str(place), "state": state} for place, state in done],
        *(f"{place}: {state}" for place, state in done),
    )


for command_name, command in (
    ("register", register_command),
    ("propose", propose_command),
    ("approve", approve_command),
    ("undo", undo_command),
    ("catch-up", catch_up_command),
    ("list", list_command),
    ("as-of", as_of_command),
):
    model_app.command(command_name)(command)


def _load_version(text: str, address: str, models: ModelStore) -> Any:
    """The model of NAME, NAME@ALIAS or NAME/VERSION, checked against the log."""
    from creditscore.modelling.registry.releases import load

    name, _, alias = text.partition("@")
    name, _, version = name.partition("/")
    if not address:
        raise UsageError("cli.no_model_folder", text=text, where="MODEL")
    if version and not version.isdecimal():
        raise UsageError("cli.no_version", version=version, where="MODEL", allowed="NAME/1")
    with open_store(address) as store:
        return load(store, models, name, int(version) if version else None, alias=alias or "champion")


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())

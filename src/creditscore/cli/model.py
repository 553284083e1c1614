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
    say_facts,
    undo_command,
)
from creditscore.cli.office import LangOption, open_store
from creditscore.cli.progress import working
from creditscore.cli.settings import STORE
from creditscore.cli.tables import CsvPeople
from creditscore.core.errors import UsageError

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
        raise UsageError("a split by group and by time at once", allowed="--group or --time")
    if asked:
        given["split"] = {**(given.get("split") or {}), **asked}
    chosen = TrainConfig.of(given, str(config or "options"))
    with working(f"training {chosen.name}"):
        model = train(table, chosen)
        model.save(out)
    say_facts(describe_model(model))
    if chosen.data.get("prepare", "none") != "none":
        typer.echo("note: the table was taken as it is, not prepared as `data` says")
    typer.echo(f"written to {out}")


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

    from creditscore.cli.tables import say_line
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
    with working(f"validating {model}"):
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
    ranks = report.numbers["discrimination"]
    say_line(
        f"{report.verdict}: AUC {ranks['auc']:.3f}  Brier {report.numbers['brier']['score']:.4f}"
        f"  rows {report.numbers['coverage']['used']}  events {report.numbers['coverage']['events']}"
    )
    for name in ("split", "weighting"):
        if name in report.about:
            say_line(report.about[name]["en"])
    for row in report.criteria.to_dict("records"):
        if row["outcome"] in ("warn", "fail"):
            say_line(f"{row['outcome']}  {row['label_en']}: {row['value']:.4g}")
    typer.echo(f"written to {place}: {', '.join(file.name for file in files)}")


@model_app.command("compare")
def compare_command(
    champion: Folder,
    challenger: Annotated[Path, typer.Argument(metavar="OTHER")],
    table: Table,
    segments: str | None = None,
    out: Path | None = None,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.cli.tables import show
    from creditscore.core.tables.write import write_table
    from creditscore.modelling.registry.grading_model import load_model
    from creditscore.modelling.registry.validating import compare_models

    if csv_people and out is None:
        raise UsageError("--csv-people writes no file without a folder", where="--csv-people", next="give --out FOLDER")
    with working("comparing"):
        challenge = compare_models(load_model(champion), load_model(challenger), table, _names(segments) or ())
    show(
        ("measure", "champion", "challenger", "difference", "better"),
        [
            (
                str(row["measure"]),
                *(f"{row[name]:.4f}" for name in ("champion", "challenger", "difference")),
                str(row["better"]),
            )
            for row in challenge.measures.to_dict("records")
        ],
    )
    typer.echo(f"p-value that the AUCs are equal: {challenge.auc_p:.3g}")
    show(
        ("set", "rows", "events", "rate"),
        [
            (str(row["set"]).replace("_", " "), str(row["count"]), str(row["events"]), f"{row['rate']:.3f}")
            for row in challenge.swaps.to_dict("records")
            if row["by"] == "all"
        ],
    )
    if out is not None:
        for name in ("measures", "swaps", "cases"):
            write_table(getattr(challenge, name), out / f"{name}.csv", people=csv_people)
        typer.echo(f"written to {out}")


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
        raise UsageError(
            f"there is no column {strange[0]!r}", where="--keep", allowed=list(map(str, rows.columns))[:30]
        )
    with working("predicting"):
        data_table = loaded.predict(rows, reasons=reasons, lang=lang)
        write_table(pd.concat([rows[list(results)], data_table], axis=1), out, people=csv_people)
    for grade, count in data_table["grade"].value_counts().sort_index().items():
        typer.echo(f"{grade}  {count}")
    typer.echo(f"advisory: no statutory grade; written to {out}")


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
        raise UsageError("give a model or reference models", allowed="MODEL, or --regenerate models/")
    if model is not None:
        files = write_card(load_model(model), out or folder_of(model))
        typer.echo(f"written to {files[0].parent}: {', '.join(file.name for file in files)}")
        return
    assert regenerate is not None
    with working("reference models"):
        done = regenerate_all(regenerate, data, check=check)
    for place, state in done:
        typer.echo(f"{place}: {state}")


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
        raise UsageError(
            f"{text!r} is no folder, and which version it is stands in the log of a store",
            where="MODEL",
            allowed="the folder of a model, or --store with NAME, NAME@alias or NAME/version",
            next="check the folder, or give --store",
        )
    if version and not version.isdecimal():
        raise UsageError(f"{version!r} is no version", where="MODEL", allowed="NAME/1", next="see `model list`")
    with open_store(address) as store:
        return load(store, models, name, int(version) if version else None, alias=alias or "champion")


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())

"""`creditscore model`: train, validate, compare, register, promote, list, as-of, predict, card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import RolesFile, say_held_in
from creditscore.cli.progress import working
from creditscore.errors import StoreError, UsageError
from creditscore.json_source import read_object

if TYPE_CHECKING:
    from creditscore.modelling.release.tracking import ModelStore

model_app = typer.Typer(
    name="model",
    help="Grading models beside the rules: train, validate, release. What they say is advisory.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Table = Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or Parquet file.", show_default=False)]
Folder = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a model.", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name in the registry.", show_default=False)]
Store = Annotated[
    Path | None, typer.Option(help="Folder of the registry (else CREDITSCORE_MODELS, else ./creditscore-models).")
]
Uri = Annotated[
    str | None, typer.Option("--tracking-uri", help="MLflow's address (else MLFLOW_TRACKING_URI, else the store's).")
]
By = Annotated[str, typer.Option("--by", help="Who does it, as the log will name them.")]
At = Annotated[str | None, typer.Option(help="Moment with a time zone (default: now).")]


@model_app.command("train")
def train_command(
    table: Table,
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    config: Annotated[Path | None, typer.Option(help="YAML file; options given here come before it.")] = None,
    target: Annotated[str | None, typer.Option(help="Column of the outcome.")] = None,
    event: Annotated[str | None, typer.Option(help="Value of the target that is the event (default 1).")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model.")] = None,
    columns: Annotated[str | None, typer.Option(help="Inputs, with commas (default: all the rest).")] = None,
    exclude: Annotated[str | None, typer.Option(help="Columns that are no inputs, with commas.")] = None,
    estimator: Annotated[str | None, typer.Option(help="scorecard (default), boosting or ordinal.")] = None,
    calibrator: Annotated[str | None, typer.Option(help="platt (default), beta, isotonic, anchor or none.")] = None,
    weight: Annotated[str | None, typer.Option(help="Column of weights.")] = None,
    group: Annotated[str | None, typer.Option(help="Column whose groups stay on one side of the split.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of days; rows from --test-from on are the test.")] = None,
    test_from: Annotated[str | None, typer.Option(help="First day (or number) of the test.")] = None,
    test: Annotated[float | None, typer.Option(help="Share of the test rows (default 0.25).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every draw.")] = None,
) -> None:
    """Fit, calibrate and cut grades; a quarter of the rows is kept for `model validate`."""
    from creditscore.modelling.release.config import TrainConfig, load_config
    from creditscore.modelling.release.describe import facts
    from creditscore.modelling.release.tables import read_table
    from creditscore.modelling.release.train import train

    given: dict[str, Any] = {} if config is None else load_config(config)
    options = {
        "target": target, "event": event, "name": name, "columns": _names(columns), "exclude": _names(exclude),
        "estimator": estimator, "calibrator": calibrator, "weight": weight, "seed": seed,
    }  # fmt: skip
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
        model = train(read_table(table), chosen)
        model.save(out)
    _facts(facts(model))
    if chosen.data.get("prepare", "none") != "none":
        typer.echo("note: the table was taken as it is, not prepared as `data` says")
    typer.echo(f"written to {out}")


@model_app.command("validate")
def validate_command(
    model: Folder,
    table: Table,
    out: Annotated[Path | None, typer.Option(help="Folder for the report (default: the model's).")] = None,
    part: Annotated[str, typer.Option(help="auto, test (rows kept out of the fit) or all.")] = "auto",
    by: Annotated[str | None, typer.Option("--by", help="Who validates.")] = None,
    groups: Annotated[str | None, typer.Option(help="Column of the organisation, where it has several rows.")] = None,
    cohort: Annotated[str | None, typer.Option(help="Column of the period of a row.")] = None,
    inspected: Annotated[str | None, typer.Option(help="Column: was it ever inspected.")] = None,
    protected: Annotated[str | None, typer.Option(help="Columns to compare for fairness, with commas.")] = None,
    previous: Annotated[str | None, typer.Option(help="Column of the grade before, for migration.")] = None,
) -> None:
    """Write the validation report (HTML zh/en and JSON) and note its verdict in the model.

    Columns called inspected, size, ownership, district and age are used where they are there; so is subject_id, where
    one stands in several rows. An empty name leaves one out.
    """
    import shlex

    from creditscore.modelling.release.bundle import load_model
    from creditscore.modelling.release.tables import read_table
    from creditscore.modelling.release.validating import validate_model
    from creditscore.reports.validation import write_validation

    place = out or _folder(model)
    given = {"groups": groups, "cohort": cohort, "inspected": inspected, "previous": previous}
    columns: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if protected is not None:
        columns["protected"] = list(_names(protected) or ())
    told = {"part": None if part == "auto" else part, "by": by, "protected": protected, **given}
    options = [word for name, value in told.items() if value is not None for word in (f"--{name}", value)]
    command = shlex.join(["creditscore", "model", "validate", str(model), str(table), *options])
    with working(f"validating {model}"):
        loaded = load_model(model)
        report, judged = validate_model(
            loaded, read_table(table), part=part, validator=by, commands=(command,), columns=columns
        )
        files = write_validation(report, place)
        judged.save(_folder(model))
    ranks = report.numbers["discrimination"]
    typer.echo(
        f"{report.verdict}: AUC {ranks['auc']:.3f}  Brier {report.numbers['brier']['score']:.4f}"
        f"  rows {report.numbers['coverage']['used']}  events {report.numbers['coverage']['events']}"
    )
    for row in report.criteria.to_dict("records"):
        if row["outcome"] in ("warn", "fail"):
            typer.echo(f"{row['outcome']}  {row['label_en']}: {row['value']:.4g}")
    typer.echo(f"written to {place}: {', '.join(file.name for file in files)}")


@model_app.command("compare")
def compare_command(
    champion: Folder,
    challenger: Annotated[Path, typer.Argument(metavar="OTHER", help="Folder of the other model.")],
    table: Table,
    by: Annotated[str | None, typer.Option(help="Columns for which to show the swap set, with commas.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for measures, swaps and cases as CSV.")] = None,
) -> None:
    """Two models on the same rows: which is better, and who changes places."""
    from creditscore.cli.tables import show
    from creditscore.modelling.release.bundle import load_model
    from creditscore.modelling.release.tables import read_table, write_table
    from creditscore.modelling.release.validating import compare_models

    with working("comparing"):
        found = compare_models(load_model(champion), load_model(challenger), read_table(table), _names(by) or ())
    show(
        ("measure", "champion", "challenger", "difference", "better"),
        [
            (
                str(row["measure"]),
                *(f"{row[name]:.4f}" for name in ("champion", "challenger", "difference")),
                str(row["better"]),
            )
            for row in found.measures.to_dict("records")
        ],
    )
    typer.echo(f"p-value that the AUCs are equal: {found.auc_p:.3g}")
    show(
        ("set", "rows", "events", "rate"),
        [
            (str(row["set"]).replace("_", " "), str(row["count"]), str(row["events"]), f"{row['rate']:.3f}")
            for row in found.swaps.to_dict("records")
            if row["by"] == "all"
        ],
    )
    if out is not None:
        for name in ("measures", "swaps", "cases"):
            write_table(getattr(found, name), out / f"{name}.csv")
        typer.echo(f"written to {out}")


@model_app.command("register")
def register_command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Folder of a model, or with --scheme a scheme.")],
    name: Name,
    by: By,
    scheme: Annotated[bool, typer.Option("--scheme", help="MODEL is a statutory scheme: tax@2014 or a file.")] = False,
    report: Annotated[Path | None, typer.Option(help="validation.json (default: the one in the folder).")] = None,
    store: Store = None,
    tracking_uri: Uri = None,
    roles: RolesFile = None,
    at: At = None,
) -> None:
    """Make a version in the registry: code plus JSON, with its report and hashes."""

    from creditscore.modelling.release.registry import register
    from creditscore.modelling.release.served import load_bundle
    from creditscore.modelling.release.statutory import statutory_model

    made: Any
    said = None
    if scheme:
        made = statutory_model(model)
    else:
        made = load_bundle(model)
        file = report or _folder(Path(model)) / "validation.json"
        if file.is_file():
            said = read_object(file, "the report")
        elif report is not None:
            raise UsageError("there is no such report", where=str(report))
    with working(f"registering {name}"):
        place = _store(store, tracking_uri, roles)
        found = register(made, name, actor=by, store=place, report=said, at=at)
    say_held_in(place)
    typer.echo(f"{found.name} version {found.version}  {found.verdict or found.scheme or 'not validated'}")
    _facts({"content": found.content_hash, "data": found.data_hash or "none"})


@model_app.command("promote")
def promote_command(
    name: Name,
    version: Annotated[str, typer.Argument(metavar="VERSION", show_default=False)],
    by: By,
    approved_by: Annotated[str, typer.Option(help="The second person, who approves.")],
    alias: Annotated[str, typer.Option(help="champion or challenger.")] = "champion",
    data: Annotated[
        Path | None,
        typer.Option(help="Table on which the model was validated (it is validated again), or scheme file."),
    ] = None,
    data_hash: Annotated[
        str | None, typer.Option(help="Its hash, in place of the table; then nothing is made again.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; needed where the validation warns.")] = "",
    store: Store = None,
    tracking_uri: Uri = None,
    roles: RolesFile = None,
    at: At = None,
) -> None:
    """Give a version an alias: validation passed, data hash right, a second person approves; logged first."""
    from creditscore.modelling.release.registry import promote
    from creditscore.modelling.release.statutory import statutory_model
    from creditscore.modelling.release.tables import read_table

    table = None
    if data is not None and data.suffix in (".yaml", ".yml"):
        data_hash = statutory_model(str(data)).content_hash
    elif data is not None:
        table = read_table(data)
    with working(f"promoting {name} {version}"):
        place = _store(store, tracking_uri, roles)
        entry = promote(
            name, version, alias, actor=by, approver=approved_by, store=place,
            table=table, data_hash=data_hash, reason=reason, at=at,
        )  # fmt: skip
    say_held_in(place)
    typer.echo(f"{name} version {version} is {alias} from {entry.at}  (entry {entry.seq} of the log)")


@model_app.command("list")
def list_command(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    store: Store = None,
    tracking_uri: Uri = None,
) -> None:
    """Every version, with its aliases; and where aliases and log disagree (exit code 3)."""
    from creditscore.cli.tables import show
    from creditscore.errors import InputError
    from creditscore.modelling.release.history import differences
    from creditscore.modelling.release.registry import list_versions

    place = _store(store, tracking_uri)
    rows = [
        (one.name, one.version, ", ".join(one.aliases), one.verdict or one.scheme or "-", one.registered_at[:10],
         one.registered_by, one.content_hash[:8])
        for one in list_versions(place, name)
    ]  # fmt: skip
    show(("name", "version", "alias", "verdict", "on", "by", "content"), rows)
    found = differences(place)
    if found:
        raise InputError("the registry is not what the log says:\n  " + "\n  ".join(found), where=str(place.folder))


@model_app.command("as-of")
def as_of_command(
    name: Name,
    day: Annotated[str, typer.Argument(metavar="DATE", help="Day in China, or moment with a time zone.")],
    alias: Annotated[str, typer.Option(help="champion or challenger.")] = "champion",
    store: Store = None,
    tracking_uri: Uri = None,
) -> None:
    """Which version was champion on a day, from the log; a note where MLflow says otherwise today."""
    from creditscore.modelling.release.history import as_of, differences

    place = _store(store, tracking_uri)
    found = as_of(name, day, alias=alias, store=place)
    if place.uri.startswith("sqlite:"):  # a server that does not answer must not keep the log from answering
        try:
            notes = differences(place, name)
        except StoreError as error:
            notes = [error.what]
        for note in notes:
            typer.echo(f"note: today the registry is not what the log says: {note}", err=True)
    if found is None:
        typer.echo(f"{name} had no {alias} on {day}")
        return
    data = found.data
    typer.echo(f"{name} version {data['version']} was {alias} on {day}")
    _facts(
        {"since": found.at, "proposed by": data["proposed_by"], "approved by": data["approved_by"]}
        | {"content": data["content_hash"], "data": data["data_hash"], "report": data["report_sha256"] or "none"}
    )


@model_app.command("predict")
def predict_command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Folder of a model, NAME, NAME@alias or NAME/version.")],
    table: Table,
    out: Annotated[Path, typer.Option(help="File for the result: .csv or .parquet.")],
    keep: Annotated[str | None, typer.Option(help="Columns of the table to keep in front, with commas.")] = None,
    reasons: Annotated[int, typer.Option(min=0, help="How many reasons per row.")] = 4,
    lang: Annotated[str, typer.Option(help="Language of column names in reasons: en or zh.")] = "en",
    store: Store = None,
    tracking_uri: Uri = None,
) -> None:
    """Probability with interval, points, grade and reasons of every row, labelled advisory."""
    import pandas as pd

    from creditscore.modelling.release.bundle import load_model
    from creditscore.modelling.release.registry import load
    from creditscore.modelling.release.tables import read_table, write_table

    place = Path(model)
    if place.exists():
        loaded = load_model(place)
    else:
        name, _, alias = model.partition("@")
        name, _, version = name.partition("/")
        loaded = load(name, version or None, alias=alias or None, store=_store(store, tracking_uri))
    rows = read_table(table)
    kept = _names(keep) or ()
    strange = [one for one in kept if one not in rows.columns]
    if strange:
        raise UsageError(
            f"there is no column {strange[0]!r}", where="--keep", allowed=list(map(str, rows.columns))[:30]
        )
    with working("predicting"):
        found = loaded.predict(rows, reasons=reasons, lang=lang)
        write_table(pd.concat([rows[list(kept)], found], axis=1), out)
    for grade, count in found["grade"].value_counts().sort_index().items():
        typer.echo(f"{grade}  {count}")
    typer.echo(f"advisory: no statutory grade; written to {out}")


@model_app.command("card")
def card_command(
    model: Annotated[Path | None, typer.Argument(metavar="[MODEL]", help="Folder of a model.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for card.json, card.md and card.html.")] = None,
    regenerate: Annotated[
        Path | None, typer.Option(help="Folder of reference models: train each again from its config.yaml.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the reference data (default: ../shared/data).")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the cards that are there; write nothing.")
    ] = False,
) -> None:
    """Write the card of a model, or make the cards of the reference models again."""
    from creditscore.modelling.release.bundle import load_model
    from creditscore.modelling.release.card import write_card
    from creditscore.modelling.release.references import regenerate_all

    if (model is None) == (regenerate is None):
        raise UsageError("give a model or reference models", allowed="MODEL, or --regenerate models/")
    if model is not None:
        files = write_card(load_model(model), out or _folder(model))
        typer.echo(f"written to {files[0].parent}: {', '.join(file.name for file in files)}")
        return
    assert regenerate is not None
    with working("reference models"):
        done = regenerate_all(regenerate, data, check=check)
    for place, state in done:
        typer.echo(f"{place}: {state}")


def _store(folder: Path | None, uri: str | None, roles: Path | None = None) -> ModelStore:
    from creditscore.modelling.release.tracking import ModelStore

    return ModelStore.at(folder, uri, roles)


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(one.strip() for one in text.split(",") if one.strip())


def _folder(model: Path) -> Path:
    return model if model.is_dir() else model.parent


def _facts(facts: dict[str, str]) -> None:
    from creditscore.cli.tables import say_line

    wide = max(map(len, facts))
    for name, value in facts.items():
        say_line(f"{name:<{wide}}  {value}")

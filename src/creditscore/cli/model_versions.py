"""`creditscore model register`, `promote`, `list`, `as-of`: versions of models, and who made them champion when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import RolesFile, say_held_in
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, StoreError, UsageError

if TYPE_CHECKING:
    from creditscore.modelling.registry.tracking import ModelStore

REPORT = "give the validation.json that `creditscore model validate` wrote"
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name in the registry.", show_default=False)]
Store = Annotated[
    Path | None, typer.Option(help="Folder of the registry (else CREDITSCORE_MODELS, else ./creditscore-models).")
]
Uri = Annotated[
    str | None, typer.Option("--tracking-uri", help="MLflow's address (else MLFLOW_TRACKING_URI, else the store's).")
]
By = Annotated[str, typer.Option("--by", help="Who does it, as the log will name them.")]
At = Annotated[str | None, typer.Option(help="Moment with a time zone (default: now).")]


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
    from creditscore.core.json_source import read_object
    from creditscore.modelling.registry.pyfunc import load_bundle
    from creditscore.modelling.registry.statutory import statutory_model
    from creditscore.modelling.registry.versions import register

    result: Any
    validation = None
    if scheme:
        result = statutory_model(model)
    else:
        result = load_bundle(model)
        file = report or folder_of(Path(model)) / "validation.json"
        if file.is_file():
            validation = read_object(file, "the report", next=REPORT)
        elif report is not None:
            raise UsageError("there is no such report", where=str(report), next=REPORT)
    with working(f"registering {name}"):
        place = open_store(store, tracking_uri, roles)
        registered = register(result, name, actor=by, store=place, report=validation, at=at)
    say_held_in(place)
    typer.echo(
        f"{registered.name} version {registered.version}  {registered.verdict or registered.scheme or 'not validated'}"
    )
    say_facts({"content": registered.content_hash, "data": registered.data_hash or "none"})


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
    from creditscore.modelling.registry.statutory import statutory_model
    from creditscore.modelling.registry.versions import promote

    table = None
    if data is not None and data.suffix in (".yaml", ".yml"):
        data_hash = statutory_model(str(data)).content_hash
    elif data is not None:
        table = data
    with working(f"promoting {name} {version}"):
        place = open_store(store, tracking_uri, roles)
        entry = promote(
            name,
            version,
            alias,
            actor=by,
            approver=approved_by,
            store=place,
            table=table,
            data_hash=data_hash,
            reason=reason,
            at=at,
        )
    say_held_in(place)
    typer.echo(f"{name} version {version} is {alias} from {entry.at}  (entry {entry.seq} of the log)")


def list_command(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    store: Store = None,
    tracking_uri: Uri = None,
) -> None:
    """Every version, with its aliases; and where aliases and log disagree (exit code 5)."""
    from creditscore.cli.tables import show
    from creditscore.modelling.registry.history import differences
    from creditscore.modelling.registry.versions import list_versions

    place = open_store(store, tracking_uri)
    rows = [
        (
            version.name,
            version.version,
            ", ".join(version.aliases),
            version.verdict or version.scheme or "-",
            version.registered_at[:10],
            version.registered_by,
            version.content_hash[:8],
        )
        for version in list_versions(place, name)
    ]
    show(("name", "version", "alias", "verdict", "on", "by", "content"), rows)
    difference_rows = differences(place)
    if difference_rows:
        what = "\n  ".join(["the registry is not what the log says:", *difference_rows])
        raise DifferenceError(
            what,
            where=str(place.folder),
            next="predict with none of these versions; bring the folder back from a copy, and ask who changed it",
        )


def as_of_command(
    name: Name,
    day: Annotated[str, typer.Argument(metavar="DATE", help="Day in China, or moment with a time zone.")],
    alias: Annotated[str, typer.Option(help="champion or challenger.")] = "champion",
    store: Store = None,
    tracking_uri: Uri = None,
) -> None:
    """Which version was champion on a day, from the log; a note where MLflow says otherwise today."""
    from creditscore.modelling.registry.history import as_of, differences

    place = open_store(store, tracking_uri)
    entry = as_of(name, day, alias=alias, store=place)
    if place.uri.startswith("sqlite:"):  # a server that does not answer must not keep the log from answering
        try:
            notes = differences(place, name)
        except StoreError as error:
            notes = [error.what]
        for note in notes:
            typer.echo(f"note: today the registry is not what the log says: {note}", err=True)
    if entry is None:
        typer.echo(f"{name} had no {alias} on {day}")
        return
    data = entry.data
    typer.echo(f"{name} version {data['version']} was {alias} on {day}")
    say_facts(
        {"since": entry.at, "proposed by": data["proposed_by"], "approved by": data["approved_by"]}
        | {"content": data["content_hash"], "data": data["data_hash"], "report": data["report_sha256"] or "none"}
    )


def open_store(folder: Path | None, uri: str | None, roles: Path | None = None) -> ModelStore:
    """The registry of a folder or of MLflow's address."""
    from creditscore.modelling.registry.tracking import ModelStore

    return ModelStore.at(folder, uri, roles)


def folder_of(model: Path) -> Path:
    """The folder of a model that is named by it or by its file."""
    return model if model.is_dir() else model.parent


def say_facts(facts: dict[str, str]) -> None:
    """Print names and values in two columns."""
    from creditscore.cli.tables import say_line

    wide = max(map(len, facts))
    for name, value in facts.items():
        say_line(f"{name:<{wide}}  {value}")

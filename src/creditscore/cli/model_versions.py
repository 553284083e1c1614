"""`creditscore model register`, `propose`, `approve`, `undo`, `catch-up`, `list`, `as-of`: versions on the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.office import By, KeyFile, On, OnDay, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, StoreError, UsageError

if TYPE_CHECKING:
    from creditscore.modelling.registry.tracking import ModelStore
    from creditscore.store.store import Store

REPORT = "give the validation.json that `creditscore model validate` wrote"
Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
Promotion = Annotated[str, typer.Argument(metavar="PROMOTION", show_default=False)]
Models = Annotated[
    Path | None,
    typer.Option(),
]
Uri = Annotated[str | None, typer.Option("--tracking-uri")]


def register_command(
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    name: Name,
    store: StoreAddress,
    by: By = "",
    on: OnDay = None,
    scheme: Annotated[bool, typer.Option("--scheme")] = False,
    report: Path | None = None,
    models: Models = None,
    tracking_uri: Uri = None,
    key: KeyFile = None,
) -> None:
    from creditscore.core.json_source import read_object
    from creditscore.modelling.registry.pyfunc import load_bundle
    from creditscore.modelling.registry.releases import register
    from creditscore.modelling.registry.statutory import statutory_model

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
    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened:
        with working(f"registering {name}"):
            version = register(opened, place, result, name, by=by, on=_day(on), report=validation).fields
        verdict = version.get("verdict") or version.get("scheme") or "not validated"
        typer.echo(f"{name} version {version['number']}  {verdict}")
        say_facts({"content": version["content_hash"], "data": version.get("data_hash") or "none"})
        _say_open(opened)


def propose_command(
    name: Name,
    version: Annotated[int, typer.Argument(metavar="VERSION", show_default=False)],
    store: StoreAddress,
    by: By = "",
    on: OnDay = None,
    alias: str = "champion",
    data: Annotated[
        Path | None,
        typer.Option(),
    ] = None,
    data_hash: str | None = None,
    reason: str = "",
    models: Models = None,
    tracking_uri: Uri = None,
    key: KeyFile = None,
) -> None:
    from creditscore.cli.tables import say_line
    from creditscore.modelling.registry.releases import propose
    from creditscore.modelling.registry.statutory import statutory_model

    table = None
    if data is not None and data.suffix in (".yaml", ".yml"):
        data_hash = statutory_model(str(data)).content_hash
    elif data is not None:
        table = data
    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened, working(f"proposing {name} {version}"):
        case = propose(
            opened,
            place,
            name,
            version,
            alias,
            by=by,
            on=_day(on),
            table=table,
            data_hash=data_hash,
            reason=reason,
        )
    _, _, own = case.name.partition("/")
    say_line(f"{own}: {name} version {version} is proposed as {alias}")
    say_line(f"another person approves it: `creditscore model approve {own}`")


def approve_command(
    promotion: Promotion,
    store: StoreAddress,
    by: By = "",
    on: OnDay = None,
    models: Models = None,
    tracking_uri: Uri = None,
    key: KeyFile = None,
) -> None:
    from creditscore.modelling.registry.releases import approve

    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened:
        with working(f"promoting {promotion}"):
            fields = approve(opened, place, _name_case(promotion), by=by, on=_day(on)).fields
        typer.echo(f"{fields['model']} version {fields['number']} is {fields['alias']} from {fields['promoted_on']}")
        _say_open(opened)


def undo_command(
    promotion: Promotion,
    store: StoreAddress,
    reason: Annotated[str, typer.Option(show_default=False)],
    by: By = "",
    on: OnDay = None,
    models: Models = None,
    tracking_uri: Uri = None,
    key: KeyFile = None,
) -> None:
    from creditscore.modelling.registry.releases import read_alias, undo

    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened:
        with working(f"undoing {promotion}"):
            fields = undo(opened, place, _name_case(promotion), by=by, on=_day(on), reason=reason).fields
        holder = read_alias(opened, fields["model"], fields["alias"]).fields.get("holder")
        now = f"version {holder['number']}" if holder else "no version"
        typer.echo(f"{fields['model']}: {now} is {fields['alias']} from {fields['ended_on']}")
        _say_open(opened)


def catch_up_command(
    store: StoreAddress, by: By = "", models: Models = None, tracking_uri: Uri = None, key: KeyFile = None
) -> None:
    from creditscore.modelling.registry.releases import catch_up

    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened:
        with working("bringing MLflow up to the log"):
            catch_up(opened, place, by=by)
        if not _say_open(opened):
            typer.echo("MLflow is what the log says")


def list_command(
    store: StoreAddress,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    models: Models = None,
    tracking_uri: Uri = None,
) -> None:
    from creditscore.cli.tables import show
    from creditscore.modelling.registry.releases import list_differences, list_versions

    place = open_models(models, tracking_uri)
    with open_store(store) as opened:
        versions = list_versions(opened, place, name)
        differences = list_differences(opened, place, name)
    rows = [
        (
            version.name,
            version.version,
            ", ".join(version.aliases),
            version.verdict or version.scheme or "-",
            version.registered_on,
            version.registered_by,
            version.content_hash[:8],
        )
        for version in versions
    ]
    show(("name", "version", "alias", "verdict", "on", "by", "content"), rows)
    if differences:
        raise DifferenceError(
            "\n  ".join(["MLflow is not what the log says:", *differences]),
            where=place.uri,
            next="`creditscore model catch-up`, where it could not be reached; else ask who changed it past the log",
        )


def as_of_command(
    name: Name,
    store: StoreAddress,
    on: On,
    alias: str = "champion",
    models: Models = None,
    tracking_uri: Uri = None,
) -> None:
    from creditscore.cli.tables import say_aside
    from creditscore.modelling.registry.releases import find_holder, list_differences

    place = open_models(models, tracking_uri)
    with open_store(store) as opened:
        holder = find_holder(opened, name, on, alias=alias)
        if place.uri.startswith("sqlite:"):  # a server that does not answer must not keep the log from answering
            try:
                notes = list_differences(opened, place, name)
            except StoreError as error:
                notes = [error.what]
            for note in notes:
                say_aside(f"note: today MLflow is not what the log says: {note}")
        if holder is None:
            typer.echo(f"{name} had no {alias} on {on}")
            return
        case, people = opened.read(holder["promotion"]), opened.people()
        actors = {event.name: people.name_of(event.actor) for event in case.events}
    typer.echo(f"{name} version {holder['number']} was {alias} on {on}")
    fields = case.fields
    say_facts(
        {"promotion": case.name, "promoted on": fields["promoted_on"]}
        | {"proposed by": actors["proposed"], "approved by": actors["promoted"]}
        | {"content": fields["content_hash"], "data": fields.get("data_hash") or "none"}
        | {"report": fields.get("report_sha256") or "none"}
    )


def open_models(folder: Path | None, uri: str | None) -> ModelStore:
    """Where MLflow keeps versions: a folder, or its address."""
    from creditscore.modelling.registry.tracking import ModelStore

    return ModelStore.at(folder, uri)


def folder_of(model: Path) -> Path:
    """The folder of a model that is named by it or by its file."""
    return model if model.is_dir() else model.parent


def say_facts(facts: dict[str, str]) -> None:
    """Print names and values in two columns."""
    from creditscore.cli.tables import say_line

    wide = max(map(len, facts))
    for name, value in facts.items():
        say_line(f"{name:<{wide}}  {value}")


def _say_open(store: Store) -> bool:
    """Say aside what MLflow was asked for and has not done yet, and whether there is anything."""
    from creditscore.cli.tables import say_aside
    from creditscore.modelling.registry.workflow import ALIAS_EFFECT, VERSION_EFFECT
    from creditscore.store.effects import list_open_effects

    rows = [row for row in list_open_effects(store) if row["what"] in (VERSION_EFFECT, ALIAS_EFFECT)]
    for row in rows:
        say_aside(f"MLflow has not followed yet, {row['to']}: {row['failed'] or 'not tried'}")
    if rows:
        say_aside("`creditscore model catch-up` tries again")
    return bool(rows)


def _name_case(promotion: str) -> str:
    return promotion if promotion.startswith("promotion/") else f"promotion/{promotion}"


def _day(on: str | None) -> str:
    from creditscore.core.clock import today

    return on or today().isoformat()

"""`creditscore model register`, `propose`, `approve`, `undo`, `catch-up`, `list`, `as-of`: versions on the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.office import By, KeyFile, On, OnDay, StoreAddress, open_store
from creditscore.cli.output import give, say_aside, tabulate, told
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, StoreError, UsageError
from creditscore.core.i18n import Phrase

if TYPE_CHECKING:
    from creditscore.modelling.registry.tracking import ModelStore
    from creditscore.present.document import Facts
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
            raise UsageError("cli.no_such_report", where=str(report))
    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened:
        with working("registering", name):
            version = register(opened, place, result, name, by=by, on=_day(on), report=validation).fields
        verdict = version.get("verdict") or version.get("scheme")
        facts = {"content": version["content_hash"], "data": version.get("data_hash")}
        give(
            {"model": name, "version": version["number"], "verdict": verdict, **facts},
            told("model_version", name, version["number"], verdict or told("not_validated")),
            _make_facts(facts),
        )
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
    from creditscore.modelling.registry.releases import propose
    from creditscore.modelling.registry.statutory import statutory_model

    table = None
    if data is not None and data.suffix in (".yaml", ".yml"):
        data_hash = statutory_model(str(data)).content_hash
    elif data is not None:
        table = data
    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened, working("proposing", name, version):
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
    proposal = {"promotion": own, "model": name, "version": version, "alias": alias}
    give(proposal, told("proposed", own, name, version, alias), told("another_approves", own))


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
        with working("promoting", promotion):
            fields = approve(opened, place, _name_case(promotion), by=by, on=_day(on)).fields
        data = {name: fields[name] for name in ("model", "number", "alias", "promoted_on")}
        give(data, told("promoted", *data.values()))
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
        with working("undoing", promotion):
            fields = undo(opened, place, _name_case(promotion), by=by, on=_day(on), reason=reason).fields
        holder = read_alias(opened, fields["model"], fields["alias"]).fields.get("holder")
        number = holder["number"] if holder else None
        now = told("version", number) if holder else told("no_version")
        data = {"model": fields["model"], "number": number, "alias": fields["alias"], "on": fields["ended_on"]}
        give(data, told("undone", fields["model"], now, fields["alias"], fields["ended_on"]))
        _say_open(opened)


def catch_up_command(
    store: StoreAddress, by: By = "", models: Models = None, tracking_uri: Uri = None, key: KeyFile = None
) -> None:
    from creditscore.modelling.registry.releases import catch_up

    place = open_models(models, tracking_uri)
    with open_store(store, key) as opened:
        with working("mlflow"):
            catch_up(opened, place, by=by)
        is_open = _say_open(opened)
    give({"follows": not is_open}, None if is_open else told("mlflow_follows"))


def list_command(
    store: StoreAddress,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    models: Models = None,
    tracking_uri: Uri = None,
) -> None:
    from creditscore.modelling.registry.releases import list_differences, list_versions

    place = open_models(models, tracking_uri)
    with open_store(store) as opened:
        versions = list_versions(opened, place, name)
        differences = list_differences(opened, place, name)
    rows = [
        {
            "name": version.name,
            "version": str(version.version),
            "alias": ", ".join(version.aliases) or None,
            "verdict": version.verdict or version.scheme or None,
            "on": version.registered_on,
            "by": version.registered_by,
            "content": version.content_hash[:8],
        }
        for version in versions
    ]
    give(rows, tabulate(rows, "name", "version", "alias", "verdict", "on", "by", "content"))
    if differences:
        raise DifferenceError("cli.mlflow_differs", differences="\n  ".join(["", *differences]), where=place.uri)


def as_of_command(
    name: Name,
    store: StoreAddress,
    on: On,
    alias: str = "champion",
    models: Models = None,
    tracking_uri: Uri = None,
) -> None:
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
                say_aside(told("mlflow_differs", note))
        if holder is None:
            give({"model": name, "alias": alias, "on": on, "version": None}, told("had_no_version", name, alias, on))
            return
        case, people = opened.read(holder["promotion"]), opened.people()
        actors = {event.name: people.name_of(event.actor) for event in case.events}
    fields = case.fields
    facts = {
        "promotion": case.name,
        "promoted_on": fields["promoted_on"],
        "proposed_by": actors["proposed"],
        "approved_by": actors["promoted"],
        "content": fields["content_hash"],
        "data": fields.get("data_hash"),
        "report": fields.get("report_sha256"),
    }
    data = {"model": name, "alias": alias, "on": on, "version": holder["number"], **facts}
    give(data, told("was_version", name, holder["number"], alias, on), _make_facts(facts))


def open_models(folder: Path | None, uri: str | None) -> ModelStore:
    """Where MLflow keeps versions: a folder, or its address."""
    from creditscore.modelling.registry.tracking import ModelStore

    return ModelStore.at(folder, uri)


def folder_of(model: Path) -> Path:
    """The folder of a model that is named by it or by its file."""
    return model if model.is_dir() else model.parent


def _make_facts(facts: dict[str, Any]) -> Facts:
    """Names, as the catalogue calls them, and values; what there is none of is said so."""
    from creditscore.present.document import Facts

    return Facts([(Phrase("heads", name), value or told("none")) for name, value in facts.items()])


def _say_open(store: Store) -> bool:
    """Say aside what MLflow was asked for and has not done yet, and whether there is anything."""
    from creditscore.modelling.registry.workflow import ALIAS_EFFECT, VERSION_EFFECT
    from creditscore.store.effects import list_open_effects

    rows = [row for row in list_open_effects(store) if row["what"] in (VERSION_EFFECT, ALIAS_EFFECT)]
    for row in rows:
        say_aside(told("mlflow_behind", row["to"], row["failed"] or told("not_tried")))
    if rows:
        say_aside(told("catch_up_tries_again"))
    return bool(rows)


def _name_case(promotion: str) -> str:
    return promotion if promotion.startswith("promotion/") else f"promotion/{promotion}"


def _day(on: str | None) -> str:
    from creditscore.core.clock import today

    return on or today().isoformat()

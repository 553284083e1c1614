"""`creditscore rules`: the families of files that hold rules, what is in them, and their JSON Schema for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.tables import show
from creditscore.core.errors import UsageError
from creditscore.core.model_keys import list_few

if TYPE_CHECKING:
    from creditscore.core.catalogue import Family

rules_app = App()
FamilyName = Annotated[str, typer.Argument(metavar="FAMILY")]
# modules that declare families
DECLARED = (
    "schemes.laws",
    "schemes.load",
    "composite.load",
    "schemes.profiles",
    "schemes.coverage",
    "schemes.measures",
    "measures.load",
    "inspection.programme",
    "lists.rules",
    "status.rules",
    "repair.rules",
    "schemes.remedies",
    "schemes.publication",
    "store.declarations",
    "office.retention",
    "office.personal_data",
    "records.publicity.mapping",
    "records.excluded",
)


def load_families() -> dict[str, Family[Any]]:
    """Load every family by its name."""
    from creditscore.core.catalogue import Family

    families: list[Family[Any]] = []
    for name in DECLARED:
        for value in vars(import_module(f"creditscore.{name}")).values():
            parts = list(value.values()) if isinstance(value, Mapping) else [value]
            families += [part for part in parts if isinstance(part, Family)]
    return {family.name: family for family in families}


@rules_app.command("list")
def list_command(
    family: Annotated[str | None, typer.Argument(metavar="[FAMILY]")] = None,
) -> None:
    if family is None:
        rows = [(name, f"configs/{family.place}", str(len(family.names()))) for name, family in load_families().items()]
        show(("family", "place", "files"), rows)
        return
    chosen = _family(family)
    show(("name", "file"), [(name, file.shown) for name, file in zip(chosen.names(), chosen.list_files(), strict=True)])


@rules_app.command("show")
def show_command(
    family: FamilyName,
    name: Annotated[str | None, typer.Argument(metavar="[NAME|FILE]")] = None,
) -> None:
    chosen = _family(family)
    names = chosen.names()
    if name is None and len(names) != 1:
        raise UsageError(f"{family} has several files", allowed=list_few(names), next="name one of them")
    typer.echo(chosen.pick(name or names[0]).model_dump_json(by_alias=True, exclude_defaults=True, indent=1))


@rules_app.command("schema")
def schema_command(family: FamilyName) -> None:
    typer.echo(json.dumps(_family(family).describe_file(), ensure_ascii=False, indent=1))


def _family(name: str) -> Family[Any]:
    families = load_families()
    if name not in families:
        raise UsageError(f"there is no family {name!r}", allowed=families, next="`creditscore rules list` shows all")
    return families[name]

"""`creditscore rules`: the families of files that hold rules, what is in them, and their JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.output import give, print_json, tabulate
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
        families = [
            {"family": name, "place": f"configs/{own.place}", "files": len(own.names())}
            for name, own in load_families().items()
        ]
        give(families, tabulate(families, "family", "place", "files"))
        return
    chosen = _family(family)
    files = [
        {"name": name, "file": str(file.shown)} for name, file in zip(chosen.names(), chosen.list_files(), strict=True)
    ]
    give(files, tabulate(files, "name", "file"))


@rules_app.command("show")
def show_command(
    family: FamilyName,
    name: Annotated[str | None, typer.Argument(metavar="[NAME|FILE]")] = None,
) -> None:
    chosen = _family(family)
    names = chosen.names()
    if name is None and len(names) != 1:
        raise UsageError("cli.several_files", family=family, allowed=list_few(names))
    print_json(chosen.pick(name or names[0]).model_dump(mode="json", by_alias=True, exclude_defaults=True))


@rules_app.command("schema")
def schema_command(family: FamilyName) -> None:
    print_json(_family(family).describe_file())


def _family(name: str) -> Family[Any]:
    families = load_families()
    if name not in families:
        raise UsageError("cli.no_family", name=name, allowed=families)
    return families[name]

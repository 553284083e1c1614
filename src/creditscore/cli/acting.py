"""What commands that act have in common: who acts on which day in which store, under which roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.errors import UsageError

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme
    from creditscore.store import Log

Store = Annotated[Path, typer.Option(help="The store, one file.")]
RolesFile = Annotated[Path | None, typer.Option(help="File of roles; when given, it is enforced.")]
By = Annotated[str, typer.Option("--by", help="Who does it, as the log will name them.")]
On = Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD.")]
Lang = Annotated[str, typer.Option(help="zh or en.")]
Schemes = Annotated[
    list[Path] | None, typer.Option("--scheme", help="YAML file of a scheme outside the library; may be repeated.")
]


@contextmanager
def open_log(store: Path, roles: Path | None = None, read_only: bool = False, made_by: str = "") -> Iterator[Log]:
    """The log of a store. `made_by`: the command that makes a store, where this one does not."""
    from creditscore.store import Database, Log, load_roles

    if made_by and not store.is_file():
        raise UsageError("there is no store here", where=str(store), next=f"`{made_by}` makes it")
    people = None if roles is None else load_roles(roles)
    with Database(store, read_only=read_only) as opened:
        yield Log(opened, roles=people)


def own_schemes(files: list[Path] | None) -> dict[str, Scheme]:
    """Schemes outside the library, by id."""
    from creditscore.schemes import registry

    return {one.scheme: one for one in (registry.pick(str(path)) for path in files or [])}


def lang_given(lang: str) -> None:
    if lang not in ("zh", "en"):
        raise UsageError(f"{lang!r} is not a language of this package", allowed="zh, en")


def day_given(text: str, name: str = "--on") -> int:
    """A day as days since 1970-01-01."""
    from creditscore.days import to_day

    return to_day(date_given(text, name))


def date_given(text: str, name: str = "--on") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name}: {text!r} is not a day", allowed="YYYY-MM-DD") from error

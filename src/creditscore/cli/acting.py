"""What commands that act have in common: who acts on which day in which store, under which roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.core.errors import UsageError
from creditscore.core.tables.write import Csv

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme
    from creditscore.store import Log

Store = Annotated[Path, typer.Option(help="The store, one file.")]
RolesFile = Annotated[Path | None, typer.Option(help="File of roles; the first one that is given stands in the store.")]
By = Annotated[str, typer.Option("--by", help="Who does it, as the log will name them.")]
On = Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD.")]
Lang = Annotated[str, typer.Option(help="zh or en.")]
Marks = Annotated[
    str | None, typer.Option("--store", help="A store: what rests on records that an open case contests is marked.")
]
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
        log = Log(opened, roles=people)
        stood, newest = log.roles_stand, -1 if read_only else log.newest
        yield log
        if not read_only and log.newest > newest:  # something was done
            say_held(log, stood)


def say_held_at(store: Path) -> None:
    """`say_held` after an act that opened and closed the store itself."""
    from creditscore.store import Database, Log

    with Database(store, read_only=True) as opened:
        say_held(Log(opened), stood=True)


def say_held(log: Log, stood: bool) -> None:
    """On the error stream: that nobody is held to a role in a store that was written to, or is from now on."""
    from creditscore.cli.tables import say_aside

    if log.roles is None:
        sets = f"creditscore store roles {log.store.path.name} FILE"
        say_aside(f"nobody is held to a role in this store: `{sets}` sets who may do what")
    elif log.roles_stand and not stood:
        say_aside(f"from now on: {log.roles.origin}")


def own_schemes(files: list[Path] | None) -> dict[str, Scheme]:
    """Schemes outside the library, by id."""
    from creditscore.schemes import registry

    return {scheme.scheme: scheme for scheme in (registry.pick(str(path)) for path in files or [])}


def lang_given(lang: str) -> None:
    if lang not in ("zh", "en"):
        raise UsageError(f"{lang!r} is not a language of this package", allowed="zh, en")


def day_given(text: str, name: str = "--on") -> int:
    """A day as days since 1970-01-01."""
    from creditscore.core.days import to_day

    return to_day(date_given(text, name))


def date_given(text: str, name: str = "--on") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name}: {text!r} is not a day", allowed="YYYY-MM-DD") from error


def put_disputes(out: Path, table: Any, csv: Csv) -> None:
    """Write `disputes` beside results, or take away an earlier one where there is no table."""
    from creditscore.core.tables.write import write_tables

    if table is not None:
        write_tables(out, {"disputes": table}, csv)
        return
    for kind in ("parquet", "csv"):
        (out / f"disputes.{kind}").unlink(missing_ok=True)

"""What commands have in common: days, languages, schemes of one's own, marks of what is contested."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.core.errors import UsageError
from creditscore.core.tables.write import Csv

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme

On = Annotated[str, typer.Option("--on")]
Marks = Annotated[str | None, typer.Option("--store")]


def list_scheme_names(begun: str) -> list[str]:
    """List the schemes whose names begin so, for completion in a shell."""
    from creditscore.schemes.registry import entries

    return sorted({entry.scheme for entry in entries() if entry.scheme.startswith(begun)})


OneScheme = Annotated[str | None, typer.Option("--scheme", autocompletion=list_scheme_names)]
Schemes = Annotated[list[Path] | None, typer.Option("--scheme")]


def own_schemes(files: list[Path] | None) -> dict[str, Scheme]:
    """Schemes outside the library, by id."""
    from creditscore.schemes import registry

    return {scheme.scheme: scheme for scheme in (registry.pick(str(path)) for path in files or [])}


def day_given(text: str, name: str = "--on") -> int:
    """A day as days since 1970-01-01."""
    from creditscore.core.days import to_day

    return to_day(date_given(text, name))


def date_given(text: str, name: str = "--on") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("cli.not_day", name=name, text=text, allowed="YYYY-MM-DD") from error


def put_disputes(out: Path, table: Any, csv: Csv) -> None:
    """Write `disputes` beside results, or take away an earlier one where there is no table."""
    from creditscore.core.tables.write import write_tables

    if table is not None:
        write_tables(out, {"disputes": table}, csv)
        return
    for kind in ("parquet", "csv"):
        (out / f"disputes.{kind}").unlink(missing_ok=True)

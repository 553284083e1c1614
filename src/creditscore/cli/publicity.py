"""`creditscore records import-publicity`: published penalties and licences in, subjects and records out."""

from __future__ import annotations

import textwrap
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.progress import working
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv
from creditscore.core.errors import TooManyRejected, UsageError

if TYPE_CHECKING:
    from creditscore.records.publicity import Imported

WIDTH = 80
SHOWN = 5  # unmapped measures on the terminal; the file has all
_COLUMNS = {
    "never_loaded_personal": "columns of persons, never loaded",
    "only_whether_filled": "columns of which only whether they are filled was read",
    "kept_out": "unknown columns, kept out",
}
File = Annotated[Path | None, typer.Option()]


class Unit(StrEnum):
    wan = "wan"
    yuan = "yuan"
    fen = "fen"


def import_publicity_command(
    out: Annotated[Path, typer.Option()],
    penalties: File = None,
    licences: File = None,
    schemes: Annotated[
        list[str] | None,
        typer.Option("--for"),
    ] = None,
    domain: str | None = None,
    mapping: Path | None = None,
    unit: Unit = Unit.wan,
    fine_limit: str = "20000000",
    recorded_on: str | None = None,
    max_rejected: Annotated[int, typer.Option(min=0)] = 0,
    memory_limit: str | None = None,
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.records.publicity import import_publicity

    form = chosen_csv(csv, csv_people)
    if penalties is None and licences is None:
        raise UsageError(
            "the tables are missing",
            allowed="--penalties FILE, --licences FILE, or both",
            next="see `creditscore records import-publicity --help`",
        )
    with working("reading and mapping"):
        imported = import_publicity(
            penalties,
            licences,
            mapping,
            schemes=schemes or (),
            domain=domain,
            unit=unit.value,
            fine_limit=fine_limit,
            recorded_on=recorded_on,
            memory_limit=memory_limit,
        )
        accepted = imported.refused <= max_rejected
        imported.write(out, csv=form, accepted=accepted)
    _report(imported)
    if not accepted:
        raise TooManyRejected(
            f"{imported.refused} rows were refused, {max_rejected} allowed; no subjects and records were written",
            where=str(out / "quarantine.parquet"),
            next="mend the rows listed there, or accept them with --max-rejected",
        )
    typer.echo(f"written to {out}")


def _report(imported: Imported) -> None:
    from creditscore.cli.tables import show

    manifest = imported.manifest
    parts = ("rows", "imported", "repeated", "dropped", "unmapped", "refused")
    heads = ("table", "rows in", "= imported", "+ repeated", "+ persons", "+ unmapped", "+ refused")
    show(heads, [(name, *(str(count[part]) for part in parts)) for name, count in imported.counts.items()])
    measures, subjects = manifest["measures"], manifest["subjects"]
    _say(
        f"measures: {measures['in']} in = {measures['records']} records + {measures['folded_into_act']} folded into"
        f" their act + {measures['unmapped']} unmapped"
    )
    _say(f"subjects: {subjects['rows']}, of these {subjects['without_record']} without a record")
    if used := manifest["mapping"]["rows"]:
        rows = [(row["for"], row["item"], str(row["records"]), row["evidence"]) for row in used.values()]
        show(("scheme", "item", "records", "evidence of the mapping"), rows)
    if measures["unmapped"]:
        left = imported.unmapped.slice(0, SHOWN).to_pylist()
        rows = [
            (row["word"] or "(none)", row["authority"] or "", row["about"] or "", str(row["measures"])) for row in left
        ]
        show(("unmapped (unmapped.csv)", "authority", "about", "measures"), rows)
    for name, reasons in imported.dropped.items():
        for reason, count in reasons.items():
            _say(f"dropped  {name}, natural person by {reason.replace('_', ' ')}: {count}")
    for reason, count in manifest["rejected"].items():
        _say(f"refused  {reason}: {count}")
    for name, columns in manifest["columns"].items():
        for key, text in _COLUMNS.items():
            if columns[key]:
                _say(f"{name}: {text}: {', '.join(columns[key])}")
    for warning in manifest["warnings"]:
        _say(f"warning: {warning['text']}: {warning['count']}")


def _say(text: str) -> None:
    """One line of text, folded to the width of a terminal; later lines are indented."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=min(WIDTH, Console().width))
    for place, line in enumerate(Text(text).wrap(console, console.width - 2)):
        typer.echo(textwrap.indent(line.plain.rstrip(), "  " * (place > 0)))

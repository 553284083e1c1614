"""`creditscore records import-publicity`: published penalties and licences in, subjects and records out."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.output import give, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv
from creditscore.core.errors import TooManyRejected, UsageError

if TYPE_CHECKING:
    from creditscore.records.publicity import Imported

SHOWN = 5  # unmapped measures on the terminal; the file has all
_COLUMNS = ("never_loaded_personal", "only_whether_filled", "kept_out")
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
        raise UsageError("cli.publicity_missing")
    with working("reading"):
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
    give({**imported.manifest, "counts": imported.counts}, *_tell(imported), written=[out] if accepted else [])
    if not accepted:
        raise TooManyRejected(
            "cli.no_records_written",
            refused=imported.refused,
            max_rejected=max_rejected,
            where=str(out / "quarantine.parquet"),
        )


def _tell(imported: Imported) -> Iterator[Any]:
    manifest = imported.manifest
    parts = ("rows", "imported", "repeated", "dropped", "unmapped", "refused")
    counted = [{"table": name, **{part: count[part] for part in parts}} for name, count in imported.counts.items()]
    yield tabulate(counted, "table", "rows", "imported", "repeated", "dropped", "unmapped", "refused")
    measures, subjects = manifest["measures"], manifest["subjects"]
    yield told("measures_mapped", *(measures[name] for name in ("in", "records", "folded_into_act", "unmapped")))
    yield told("subjects_mapped", subjects["rows"], subjects["without_record"])
    if used := manifest["mapping"]["rows"]:
        rows = [{**row, "scheme": row["for"]} for row in used.values()]
        yield tabulate(rows, "scheme", "item", "records", "evidence")
    if measures["unmapped"]:
        left = [
            {name: row[name] or None for name in ("word", "authority", "about", "measures")}
            for row in imported.unmapped.slice(0, SHOWN).to_pylist()
        ]
        yield tabulate(left, "word", "authority", "about", "measures", title=told("unmapped"))
    for name, reasons in imported.dropped.items():
        for reason, count in reasons.items():
            yield told("dropped", name, reason.replace("_", " "), count)
    for reason, count in manifest["rejected"].items():
        yield told("refused", reason, count)
    for name, columns in manifest["columns"].items():
        for code in _COLUMNS:
            if columns[code]:
                yield told(f"columns_{code}", name, list(columns[code]))
    for warning in manifest["warnings"]:
        yield told("warning", warning["text"], warning["count"])

"""`creditscore scheme impact` and `composite impact`: who moves, why, and which notices a change calls for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.tables import CsvPeople, show
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from creditscore.pages.impact import Impact
    from creditscore.records.snapshot import Snapshot

Table = Annotated[Path | None, typer.Option(help="Parquet or CSV file, in place of --snapshot.")]
Subject = Annotated[
    list[str] | None, typer.Option(help="A page with this subject's two ledgers side by side; may be repeated.")
]
On = Annotated[
    str | None, typer.Option(help="Day of the notices, YYYY-MM-DD; the last days of remedies follow from it.")
]


def impact_command(
    old: Annotated[str, typer.Argument(help="The earlier version: id@version or a YAML file.")],
    new: Annotated[str, typer.Argument(help="The later version.")],
    out: Annotated[Path, typer.Option(help="Folder for pages and tables.")],
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot written by `records snapshot`.")] = None,
    subjects: Table = None,
    records: Table = None,
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    period: Annotated[str | None, typer.Option(help="The evaluation year.")] = None,
    as_of: Annotated[str | None, typer.Option(help="The day, YYYY-MM-DD.")] = None,
    on: On = None,
    subject: Subject = None,
    csv_people: CsvPeople = False,
) -> None:
    """Effects when one version takes the place of another: flows, reversed ranks, notices; zh and en, with tables."""
    from creditscore.cli.progress import working
    from creditscore.pages.impact_of import scheme_impact, write_impact
    from creditscore.schemes import registry

    first, second = registry.pick(old), registry.pick(new)
    tables = {"attributes": attributes, "listings": listings, "history": history, "feeds": feeds}
    with working("grading under both versions"):
        source = _snapshot(snapshot, subjects, records, tables, second.subject_id)
        impact = scheme_impact(first, second, source, period, as_of, on=day(on))
        write_impact(out, impact, subject or (), csv_people)
    report(impact[0], out)


def _snapshot(
    snapshot: Path | None, subjects: Path | None, records: Path | None, tables: dict[str, Any], ids: Any
) -> Snapshot:
    from creditscore.records import ingest
    from creditscore.records.snapshot_files import read_snapshot

    if snapshot is not None:
        if subjects or records or any(tables.values()):
            raise UsageError("a snapshot already holds the tables", next="give --snapshot alone, or the tables")
        return read_snapshot(snapshot)
    if subjects is None or records is None:
        raise UsageError("the tables are missing", allowed="--snapshot DIR, or --subjects FILE --records FILE")
    return ingest(subjects=subjects, records=records, **tables, subject_ids=ids)


def day(text: str | None) -> date | None:
    """A day given as YYYY-MM-DD; UsageError where it is none."""
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day", allowed="YYYY-MM-DD") from error


def report(impact: Impact, out: Path) -> None:
    """What changed in a few lines."""
    data = impact.data
    typer.echo(f"{data['a']['name']} → {data['b']['name']}: {data['moved']} of {data['subjects']} subjects move")
    show(("direction", "subjects"), [(row["direction"], str(row["subjects"])) for row in data["directions"]])
    ranks = data["ranks"]
    if ranks is not None:
        tau = "" if ranks["tau"] is None else f", Kendall's tau-b {ranks['tau']:.4f}"
        typer.echo(f"pairs of scores: {ranks['pairs']}, reversed {ranks['reversed']}{tau}")
    typer.echo(f"notices to send: {data['notices']['count']} drafts")
    typer.echo(f"written to {out}")


def composite_impact_command(
    old: Annotated[Path, typer.Argument(metavar="A_DIR", help="Folder of the composites as they are.")],
    new: Annotated[Path, typer.Argument(metavar="B_DIR", help="Folder of the composites as they would be.")],
    out: Annotated[Path, typer.Option(help="Folder for pages and tables.")],
    subjects: Annotated[Path | None, typer.Option(help="Table of subjects: name, industry, size, district.")] = None,
    on: On = None,
    subject: Subject = None,
    csv_people: CsvPeople = False,
) -> None:
    """Effects when one composite takes the place of another: flows, reversed ranks, notices; zh and en, with tables."""
    from creditscore.pages.impact_composite import composite_impact, read_about
    from creditscore.pages.impact_of import write_impact

    impact = composite_impact(old, new, about=read_about(subjects) if subjects else None, on=day(on))
    write_impact(out, impact, subject or (), csv_people)
    report(impact[0], out)

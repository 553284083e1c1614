"""`creditscore scheme impact` and `composite impact`: who moves, why, and which notices a change calls for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.output import give_document
from creditscore.cli.tables import CsvPeople
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from creditscore.pages.impact import Impact
    from creditscore.records.snapshot import Snapshot

Table = Annotated[Path | None, typer.Option()]
Subject = Annotated[list[str] | None, typer.Option()]
On = Annotated[str | None, typer.Option()]


def impact_command(
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    out: Annotated[Path, typer.Option()],
    snapshot: Path | None = None,
    subjects: Table = None,
    records: Table = None,
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    period: str | None = None,
    as_of: str | None = None,
    on: On = None,
    subject: Subject = None,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.cli.progress import working
    from creditscore.pages.impact_of import scheme_impact, write_impact
    from creditscore.schemes import registry

    first, second = registry.pick(old), registry.pick(new)
    tables = {"attributes": attributes, "listings": listings, "history": history, "feeds": feeds}
    with working("both_versions"):
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
            raise UsageError("cli.snapshot_already_holds_tables")
        return read_snapshot(snapshot)
    if subjects is None or records is None:
        raise UsageError("cli.tables_missing")
    return ingest(subjects=subjects, records=records, **tables, subject_ids=ids)


def day(text: str | None) -> date | None:
    """A day given as YYYY-MM-DD; UsageError where it is none."""
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("cli.not_day_of", text=text, allowed="YYYY-MM-DD") from error


def report(impact: Impact, out: Path) -> None:
    """What changed, without single organisations, drafts and rules."""
    from creditscore.core.i18n import language
    from creditscore.pages.impact_page import impact_document

    give_document(impact_document(impact.data, language()), written=[out], first=3)


def composite_impact_command(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
    out: Annotated[Path, typer.Option()],
    subjects: Path | None = None,
    on: On = None,
    subject: Subject = None,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.pages.impact_composite import composite_impact, read_about
    from creditscore.pages.impact_of import write_impact

    impact = composite_impact(old, new, about=read_about(subjects) if subjects else None, on=day(on))
    write_impact(out, impact, subject or (), csv_people)
    report(impact[0], out)

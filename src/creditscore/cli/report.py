"""`creditscore report`: what may be public, the district at a glance, and supervision as it was planned and done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.impact import day
from creditscore.cli.output import give, give_document, tabulate, told
from creditscore.cli.tables import CsvPeople

report_app = App()


@report_app.command("public")
def public_command(
    folder: Annotated[Path, typer.Argument(metavar="GRADING")],
    out: Annotated[Path, typer.Option()],
    scheme: str | None = None,
    subjects: Path | None = None,
    history: Path | None = None,
    decided_by: str = "",
    decided_on: str | None = None,
    listings: Path | None = None,
    on: str | None = None,
    items: Annotated[bool, typer.Option("--items")] = False,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.evidence.publication.page import write_public
    from creditscore.evidence.publication.public import publish

    public = publish(
        folder,
        schemes=[name.strip() for name in (scheme or "").split(",") if name.strip()],
        subjects=subjects,
        history=history,
        decided_by=decided_by,
        decided_on=day(decided_on),
        listings=listings,
        on=day(on),
        items=items,
    )
    write_public(out, public, csv_people)
    counts = {"grades": public.grades.num_rows, "entries": public.lists.num_rows}
    withheld = [{"withheld_because": reason, "rows": count} for reason, count in public.withheld.items()]
    give(
        {**counts, "withheld": dict(public.withheld)},
        told("published", *counts.values()),
        tabulate(withheld, "withheld_because", "rows"),
        written=[out],
    )


@report_app.command("dashboard")
def dashboard_command(
    folder: Annotated[Path, typer.Argument(metavar="GRADING")],
    out: Annotated[Path, typer.Option()],
    snapshot: Annotated[Path, typer.Option()],
    on: Annotated[str, typer.Option()],
    profile: str | None = None,
    days: Annotated[int, typer.Option(min=1)] = 30,
) -> None:
    from creditscore.core.i18n import language
    from creditscore.pages.district import district
    from creditscore.pages.district_page import district_document, write_district
    from creditscore.records.snapshot_files import read_snapshot

    chosen = day(on)
    assert chosen is not None
    data = district(folder, read_snapshot(snapshot), chosen, profile=profile, days=days)
    files = write_district(data, out)
    give_document(district_document(data, language(), str(out.with_suffix(""))), written=files[:3])


@report_app.command("supervision")
def supervision_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN")],
    out: Annotated[Path, typer.Option()],
    results: Path | None = None,
    listings: Path | None = None,
    measures: Path | None = None,
    on: str | None = None,
) -> None:
    from creditscore.core.errors import UsageError
    from creditscore.core.i18n import language
    from creditscore.pages.supervision import supervision
    from creditscore.pages.supervision_page import supervision_document, write_supervision

    if listings is not None and on is None:
        raise UsageError("cli.listings_need_day")
    data = supervision(plan, results=results, listings=listings, measures=measures, on=day(on))
    write_supervision(data, out)
    give_document(supervision_document(data, language()), written=[out], first=2)

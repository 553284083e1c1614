"""`creditscore report`: what may be public, the district at a glance, and supervision as it was planned and done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.impact import day
from creditscore.cli.tables import CsvPeople, show

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
    typer.echo(f"published by name: {public.grades.num_rows} grades, {public.lists.num_rows} entries of lists")
    show(("withheld because", "rows"), [(reason, str(count)) for reason, count in public.withheld.items()])
    typer.echo(f"written to {out}")


@report_app.command("dashboard")
def dashboard_command(
    folder: Annotated[Path, typer.Argument(metavar="GRADING")],
    out: Annotated[Path, typer.Option()],
    snapshot: Annotated[Path, typer.Option()],
    on: Annotated[str, typer.Option()],
    profile: str | None = None,
    days: Annotated[int, typer.Option(min=1)] = 30,
) -> None:
    from creditscore.pages.district import district
    from creditscore.pages.district_page import loud, write_district
    from creditscore.records.snapshot_files import read_snapshot

    chosen = day(on)
    assert chosen is not None
    data = district(folder, read_snapshot(snapshot), chosen, profile=profile, days=days)
    files = write_district(data, out)
    typer.echo(
        f"{data['organisations']} organisations, {len(data['shares'])} gradings, {len(data['ending'])} entries end soon"
    )
    feeds = [row for row in data["feeds"] if loud(row)]
    usual = ["" if row["expected"] is None else f"{row['expected']:.1f}" for row in feeds]
    show(
        ("feed", "state", "now", "usual", "last row"),
        [
            (row["feed"], row["state"], str(row["observed"]), mean, row["last_recorded"])
            for row, mean in zip(feeds, usual, strict=True)
        ],
    )
    for file in files:
        typer.echo(f"written to {file}")


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
    from creditscore.pages.supervision import supervision
    from creditscore.pages.supervision_page import write_supervision

    if listings is not None and on is None:
        raise UsageError("entries of lists run on a day", allowed="--listings FILE --on DAY")
    data = supervision(plan, results=results, listings=listings, measures=measures, on=day(on))
    write_supervision(data, out)
    rows = [
        (row["programme"], row["class"], str(row["units"]), str(row["visits"]), str(row["done"]), str(row["findings"]))
        for row in data["classes"]
    ]
    show(("programme", "class", "units", "planned", "done", "findings"), rows)
    typer.echo(f"written to {out}")

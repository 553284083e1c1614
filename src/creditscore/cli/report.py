"""`creditscore report`: what may be public, the district at a glance, and supervision as it was planned and done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.impact import day
from creditscore.cli.tables import CsvPeople, show

report_app = typer.Typer(help="Reports: public export, district dashboard, supervision.", no_args_is_help=True)


@report_app.command("public")
def public_command(
    folder: Annotated[Path, typer.Argument(metavar="GRADINGS", help="Folder of gradings or composites.")],
    out: Annotated[Path, typer.Option(help="Folder for what may be public.")],
    scheme: Annotated[str | None, typer.Option(help="Publish these schemes only, with commas.")] = None,
    subjects: Annotated[Path | None, typer.Option(help="Table of subjects, for names.")] = None,
    history: Annotated[Path | None, typer.Option(help="The decisions: status announced or final.")] = None,
    decided_by: Annotated[str, typer.Option(help="The office that decided all grades as computed.")] = "",
    decided_on: Annotated[str | None, typer.Option(help="The day of that decision, YYYY-MM-DD.")] = None,
    listings: Annotated[Path | None, typer.Option(help="Entries of lists; needs --on.")] = None,
    on: Annotated[str | None, typer.Option(help="Entries of lists running on this day, YYYY-MM-DD.")] = None,
    items: Annotated[bool, typer.Option("--items", help="Which items counted, for published grades.")] = False,
    csv_people: CsvPeople = False,
) -> None:
    """Write only what may be public: the use of each scheme is enforced, persons and undecided grades stay out."""
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
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with gradings in folders of their own.")],
    out: Annotated[Path, typer.Option(help="The page, FILE.html; .en.html and .json are written beside it.")],
    snapshot: Annotated[Path, typer.Option(help="The snapshot that was graded: records, subjects, listings, feeds.")],
    on: Annotated[str, typer.Option(help="Day on which lists run and feeds are looked at, YYYY-MM-DD.")],
    profile: Annotated[str | None, typer.Option(help="The district's profile, for the departments.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Length of a feed's window in days.")] = 30,
) -> None:
    """Draw a district at a glance: grades by domain and year, sectors, lists, what ends soon, health of the feeds."""
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
    plan: Annotated[Path, typer.Argument(metavar="PLAN_DIR", help="Folder that `creditscore supervise plan` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the pages and their JSON.")],
    results: Annotated[Path | None, typer.Option(help="Results as `supervise import` gave them back.")] = None,
    listings: Annotated[Path | None, typer.Option(help="Entries of lists; counted on the day --on.")] = None,
    measures: Annotated[Path | None, typer.Option(help="Joint measures, as exported.")] = None,
    on: Annotated[str | None, typer.Option(help="Day for which lists are counted, YYYY-MM-DD.")] = None,
) -> None:
    """Draw supervision as planned and done: inspections by class, yields with intervals, lists, measures."""
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

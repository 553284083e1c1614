"""`creditscore report`: what may be public, the district at a glance, and supervision as it was planned and done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.impact import day
from creditscore.cli.tables import show

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
) -> None:
    """Write only what may be public: the use of each scheme is enforced, persons and undecided grades stay out."""
    from creditscore.reports.public import publish
    from creditscore.reports.public_page import write_public

    one = publish(
        folder, schemes=[name.strip() for name in (scheme or "").split(",") if name.strip()], subjects=subjects,
        history=history, decided_by=decided_by, decided_on=day(decided_on), listings=listings, on=day(on), items=items,
    )  # fmt: skip
    write_public(out, one)
    typer.echo(f"published by name: {one.grades.num_rows} grades, {one.lists.num_rows} entries of lists")
    show(("withheld because", "rows"), [(reason, str(count)) for reason, count in one.withheld.items()])
    typer.echo(f"written to {out}")

"""`creditscore timeline`: every change of one subject's grade with its causes, on the terminal or as pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.progress import working
from creditscore.core.errors import UsageError


def timeline_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the subject.")],
    snapshot: Annotated[Path, typer.Option(help="A snapshot written by `records snapshot`.")],
    scheme: Annotated[str, typer.Option(help="Scheme id, id@version or YAML file.")],
    begin: Annotated[
        str | None, typer.Option("--from", help="First evaluation year, or first day for a scheme of days.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last evaluation year or day.")] = None,
    known_at: Annotated[
        str | None, typer.Option(help="Hold records and law as known on this day; else each day as known on it.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the words: zh or en.")] = "zh",
    out: Annotated[
        Path | None, typer.Option(help="Folder for timeline.html, timeline.en.html and timeline.json.")
    ] = None,
) -> None:
    """Every change of a grade over days or years, attributed to record, rules, clock, correction, repair, knowledge."""
    from creditscore.cli.explain import _width
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.timeline.text import render
    from creditscore.explanation.timeline.timeline import timeline
    from creditscore.records.snapshot_files import read_snapshot

    chosen = lang_of(lang)
    held = None if known_at is None else _moment(known_at, "--known-at")
    if isinstance(held, int):
        raise UsageError(f"--known-at: {known_at!r} is not a day", allowed="YYYY-MM-DD", next="give a day")
    span = {"first": begin and _moment(begin, "--from"), "last": end and _moment(end, "--to")}
    with working(f"grading {subject} over time"):
        source = read_snapshot(snapshot)
        subject_timeline = timeline(
            source, subject, scheme, first=span["first"] or None, last=span["last"] or None, known_at=held
        )
    typer.echo(render(subject_timeline, chosen, _width()), nl=False)
    if out is not None:
        from creditscore.pages.timeline import write_timeline

        for file in write_timeline(subject_timeline, out):
            typer.echo(f"written to {file}")


def _moment(given: str, option: str) -> date | int:
    """A year or a day."""
    try:
        return int(given) if given.isdigit() and len(given) == 4 else date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(
            f"{option}: {given!r} is neither a year nor a day", allowed="2023 or 2023-06-30", next=f"correct {option}"
        ) from error

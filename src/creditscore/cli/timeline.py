"""`creditscore timeline`: every change of one subject's grade with its causes, on the terminal or as pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.kept_runs import AsKept
from creditscore.cli.office import LangOption, open_store
from creditscore.cli.progress import working
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.records import Snapshot


def timeline_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    snapshot: Path | None = None,
    scheme: str = "",
    run: Annotated[str, typer.Option("--run")] = "",
    store: Annotated[str | None, typer.Option("--store")] = None,
    as_kept: AsKept = False,
    begin: Annotated[str | None, typer.Option("--from")] = None,
    end: Annotated[str | None, typer.Option("--to")] = None,
    known_at: str | None = None,
    lang: LangOption = "zh",
    out: Path | None = None,
) -> None:
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.timeline.document import timeline_document
    from creditscore.explanation.timeline.timeline import timeline
    from creditscore.present.html import write_pages
    from creditscore.present.terminal import print_document

    chosen = lang_of(lang)
    held = None if known_at is None else _moment(known_at, "--known-at")
    if isinstance(held, int):
        raise UsageError(f"--known-at: {known_at!r} is not a day", allowed="YYYY-MM-DD", next="give a day")
    span = {"first": begin and _moment(begin, "--from"), "last": end and _moment(end, "--to")}
    with working(f"grading {subject} over time"):
        source, name = _find_source(subject, snapshot, scheme, run, store, as_kept)
        subject_timeline = timeline(
            source, subject, name, first=span["first"] or None, last=span["last"] or None, known_at=held
        )
    print_document(timeline_document(subject_timeline, chosen))
    if out is not None:
        for file in write_pages(lambda page_lang: timeline_document(subject_timeline, page_lang), out, "timeline"):
            typer.echo(f"written to {file}")


def _find_source(
    subject: str, snapshot: Path | None, scheme: str, run: str, store: str | None, as_kept: bool
) -> tuple[Snapshot, str]:
    """What is graded over time, and under which scheme."""
    from creditscore.records.snapshot_files import read_snapshot

    if run and store:
        from creditscore.cascade.inputs import as_table, fitting
        from creditscore.cascade.record_streams import read_record_events
        from creditscore.core.identity import canonical_id
        from creditscore.records.subset import subset
        from creditscore.store.archive.runs import find_run, snapshot_of

        with open_store(store) as opened:
            kept_run = find_run(opened, run)
            with opened.reading() as connection:
                events = [] if as_kept else read_record_events(connection, [canonical_id(subject)])
        source = snapshot_of(kept_run, snapshot)
        added = fitting(source, events)
        own = subset(source, [canonical_id(subject)], events=as_table(added)) if added else source
        return own, scheme or kept_run.scheme
    if run or store or as_kept or snapshot is None or not scheme:
        raise UsageError(
            "neither a snapshot and a scheme nor a kept run was given",
            allowed="--snapshot DIR --scheme ID, or --run RUN --store STORE",
            next="see `creditscore timeline --help`",
        )
    return read_snapshot(snapshot), scheme


def _moment(given: str, option: str) -> date | int:
    """A year or a day."""
    try:
        return int(given) if given.isdigit() and len(given) == 4 else date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(
            f"{option}: {given!r} is neither a year nor a day", allowed="2023 or 2023-06-30", next=f"correct {option}"
        ) from error

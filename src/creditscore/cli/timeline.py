"""`creditscore timeline`: every change of one subject's grade with its causes, on the terminal or as pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.kept_runs import AsKept
from creditscore.cli.office import LangOption, open_store
from creditscore.cli.output import give_document
from creditscore.cli.progress import working
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    chosen = lang_of(lang)
    held = None if known_at is None else _moment(known_at, "--known-at")
    if isinstance(held, int):
        raise UsageError("cli.known_not_day", known_at=known_at, allowed="YYYY-MM-DD")
    span = {"first": begin and _moment(begin, "--from"), "last": end and _moment(end, "--to")}
    with working("over_time", subject):
        source, name = _find_source(subject, snapshot, scheme, run, store, as_kept)
        subject_timeline = timeline(
            source, subject, name, first=span["first"] or None, last=span["last"] or None, known_at=held
        )
    files: Sequence[Path] = ()
    if out is not None:
        files = write_pages(lambda page_lang: timeline_document(subject_timeline, page_lang), out, "timeline")
    give_document(timeline_document(subject_timeline, chosen), written=files)


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
        raise UsageError("cli.no_snapshot_nor_run")
    return read_snapshot(snapshot), scheme


def _moment(given: str, option: str) -> date | int:
    """A year or a day."""
    try:
        return int(given) if given.isdigit() and len(given) == 4 else date.fromisoformat(given)
    except ValueError as error:
        raise UsageError("cli.not_year_or_day", option=option, given=given) from error

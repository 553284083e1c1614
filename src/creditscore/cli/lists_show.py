"""`creditscore lists show`, `due`, `export`: what is known and what is to be done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.lists_shared import (
    Kept,
    Lang,
    On,
    iso_day,
    read_book,
)
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv

if TYPE_CHECKING:
    from creditscore.lists import Book


def show_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the organisation, or of a case of it.")],
    store: Kept,
    lang: Lang = "zh",
    known_at: Annotated[str | None, typer.Option(help="As known on a day.")] = None,
) -> None:
    """One subject's entries, each step with day, person, paper, effect and basis."""
    from creditscore.cli.tables import say_indented, say_line
    from creditscore.lists.entry_history import lang_of, life, word

    book = read_book(store)
    disputed = _disputed(store, book, known_at)
    subject = book.cases[subject].subject_id if subject in book.cases else subject
    lives = life(book, subject, lang, known_at)
    language = lang_of(lang)
    if not lives:
        typer.echo(word("texts", "nothing", language))
    for live in lives:
        say_line(f"{live.list}  [{live.kind}]  {live.state}  {live.end}".rstrip())
        say_indented(live.case_id, 2)
        if live.grounds:
            say_indented(word("texts", "grounds", language, ("；" if language == "zh" else "; ").join(live.grounds)), 2)
        if live.records:
            say_indented(word("texts", "records", language, ", ".join(live.records)), 2)
        if live.case_id in disputed:
            say_indented(f"*** {word('texts', 'disputed', language, disputed[live.case_id])} ***", 2)
        for step in live.steps:
            recorded = f" ({word('texts', 'recorded', language, step.recorded)})" if step.recorded else ""
            who = " ".join(part for part in (step.by, step.paper) if part)
            say_indented(f"{step.number}. {step.day}  {step.what}{recorded}  {who}", 2)
            for line in step.lines:
                say_indented(line, 5)
        typer.echo("")


def due_command(
    store: Kept,
    on: On,
    until: Annotated[str | None, typer.Option(help="Only what is due by then.")] = None,
    lang: Lang = "zh",
) -> None:
    """Open steps by the day on which they are due."""
    from creditscore.cli.tables import say_indented, say_line
    from creditscore.core.days import day_in_words
    from creditscore.lists import due
    from creditscore.lists.entry_history import lang_of, note_in_words, with_mark, word
    from creditscore.lists.rules import list_rule

    language = lang_of(lang)
    book = read_book(store)
    steps = due(book, on, until)
    if not steps:
        typer.echo(word("texts", "no_due", language))
    for step in steps:
        marks = [word("texts", name, language) for name in ("overdue", "provisional") if getattr(step, name)]
        notes = [] if step.note is None else [note_in_words(step.note, book.cases[step.case_id], language)]
        what = [word("due", step.what, language), *marks, *notes, with_mark(step.basis, step.mark, language)]
        say_line(f"{day_in_words(iso_day(step.by), language) or '-':10}  {step.case_id}  {step.subject_id}")
        say_indented(getattr(list_rule(book.cases[step.case_id].scheme, step.list).label, language), 12)
        say_indented("  ".join(part for part in what if part), 12)


def export_command(
    store: Kept,
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    known_at: Annotated[str | None, typer.Option(help="As known on a day.")] = None,
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
) -> None:
    """Write listings (for `creditscore grade --listings`), list_exits and list_events."""
    from creditscore.cli.acting import date_given, open_log
    from creditscore.lists.listings import write_listings
    from creditscore.objections.disputes import entry_disputes

    book, form = read_book(store, proved=True), chosen_csv(csv, csv_people)
    day = None if known_at is None else date_given(known_at, "--known-at")
    with open_log(store, read_only=True) as log:
        disputes = entry_disputes(log.store, book if day is None else book.known(day), day)
    for file, rows in write_listings(book, out, known_at, form, {"list_disputes": disputes}).items():
        typer.echo(f"{file}: {rows} rows")
    if disputes.num_rows:
        entries = len(set(disputes["listing_id"].to_pylist()))
        typer.echo(f"*** {entries} entries rest on records that an open case contests: list_disputes ***")
    typer.echo(f"written to {out}")


def _disputed(store: Path, book: Book, known_at: str | None) -> dict[str, str]:
    """Entry → the records of it that an open case contests, in words."""
    from creditscore.cli.acting import date_given, open_log
    from creditscore.objections.disputes import disputed_entries, disputes_in_words

    day = None if known_at is None else date_given(known_at, "--known-at")
    with open_log(store, read_only=True) as log:
        disputes_of_entry = disputed_entries(log.store, book if day is None else book.known(day), day)
    return {entry: disputes_in_words(disputes) for entry, disputes in disputes_of_entry.items()}

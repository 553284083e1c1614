"""`creditscore case`: what a log of events says of objections: the dossier, the letter, what is due."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from creditscore.cli.acting import Lang, On, Schemes, date_given, own_schemes
from creditscore.cli.case_desk import CaseDesk, open_desk
from creditscore.cli.office import By, KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks

case_app = typer.Typer(
    name="case",
    help="Objections: a case, its letter, what is due. `creditscore act objection` opens and decides.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case, C2023-0001.", show_default=False)]
Place = Annotated[Path | None, typer.Option("--snapshot", help="The snapshot of the run, where it has moved.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@case_app.command("show")
def show_command(
    case: CaseId,
    store: StoreAddress,
    on: Annotated[str | None, typer.Option("--on", help="The day of now (default: that of the last step).")] = None,
    snapshot: Place = None,
    scheme: Schemes = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """What is contested, the grade with and without each record, as known then and now, what was asked and decided."""
    from creditscore.cli.case_lines import show_dossier

    with open_desk(store, case, snapshot) as desk:
        day = desk.papers.case.events[-1].on if on is None else date_given(on)
        with working("grading with and without each record"):
            data = _compile(desk, day, scheme)
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        show_dossier(data, lang)


@case_app.command("letter")
def letter_command(
    case: CaseId,
    out: Annotated[Path, typer.Option(help="Folder for the letter.")],
    document_no: Annotated[str, typer.Option(help="Its number.")],
    office: Annotated[str, typer.Option(help="Who signs: the office, not a person.")],
    store: StoreAddress,
    on: On,
    by: By = "",
    review_body: Annotated[str, typer.Option(help="Who decides on an administrative review of the decision.")] = "",
    court: Annotated[str, typer.Option(help="The court of a suit against it.")] = "",
    remedy: Annotated[str, typer.Option(help="How the decision can be contested further, in your words.")] = "",
    docx: Annotated[bool, typer.Option("--docx", help="A Word file too, in each language.")] = False,
    template: Annotated[Path | None, typer.Option(help="Your Word file that has a paragraph {{letter}}.")] = None,
    snapshot: Place = None,
    scheme: Schemes = None,
    key: KeyFile = None,
    lang: Lang = "zh",
) -> None:
    """Write the letter in both languages, as text and as a page for A4; its hash stands in the log."""
    from creditscore.core.canonical import canonical, hash_text
    from creditscore.core.folders import whole
    from creditscore.core.i18n import LANGS, lang_of
    from creditscore.evidence.letter import LETTER, compose_letter, letter_text, write_letters

    day, chosen = date_given(on), lang_of(lang)
    with open_desk(store, case, snapshot, key) as desk:
        with working("writing the letter"):
            data = _compile(desk, day, scheme)
        given: dict[str, Any] = {"document_no": document_no, "on": day.isoformat(), "office": office}
        given |= {"remedy": remedy, "review_body": review_body, "court": court}
        letters = {language: compose_letter(data, language, **given) for language in LANGS}
        texts = {language: letter_text(letter) for language, letter in letters.items()}
        content = "sha256:" + hash_text(canonical(texts))
        with whole(out, LETTER) as folder:  # the letter is there before the log says that it was written
            files = write_letters(letters, folder, docx=docx, template=template)
            desk.store.act("objection", "letter", desk.name, by=by, on=day, document_no=document_no, content=content)
    typer.echo(texts[chosen], nl=False)
    for file in files:
        say_line(f"written to {out / file.name}")


@case_app.command("due")
def due_command(
    store: StoreAddress,
    on: On,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Cases by the day on which they are due: what is awaited, to be decided or overdue."""
    from creditscore.cli.case_lines import due_lines
    from creditscore.objections.cases import read_cases
    from creditscore.objections.due import due

    day = date_given(on)
    with open_store(store) as opened:
        dues = due(read_cases(opened, day), day)
    if as_json:
        typer.echo(json.dumps([due_step.plain() for due_step in dues], ensure_ascii=False, indent=1))
        return
    show_blocks(due_lines(dues, lang))
    say_line(f"{len(dues)} open, {sum(due_step.overdue for due_step in dues)} overdue on {day}")


@case_app.command("events")
def events_command(
    store: StoreAddress,
    out: Annotated[Path, typer.Option(help="Parquet or CSV file; put it beside the records to grade with it.")],
    known_at: Annotated[str | None, typer.Option(help="Only what was recorded until this day.")] = None,
) -> None:
    """Export the record events that were decided, as rows of the record log."""
    from creditscore.cascade.inputs import as_table
    from creditscore.cascade.record_streams import read_record_events
    from creditscore.core.tables.write import write_table

    day = None if known_at is None else date_given(known_at, "--known-at")
    with open_store(store) as opened, opened.reading() as connection:
        rows = as_table(read_record_events(connection, known_at=day))
    write_table(rows, out)
    say_line(f"{rows.num_rows} events written to {out}")


def _compile(desk: CaseDesk, day: date, scheme: list[Path] | None) -> dict[str, Any]:
    from creditscore.evidence.case_file import compile_case_file

    return compile_case_file(desk.papers, desk.snapshot, on=day, schemes=own_schemes(scheme))

"""`creditscore case`: what a log of events says of objections: the dossier, the letter, what is due."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.acting import On, Schemes, date_given
from creditscore.cli.application import App
from creditscore.cli.case_desk import compile_desk, open_desk
from creditscore.cli.letter import letter_command
from creditscore.cli.office import LangOption, StoreAddress, open_store
from creditscore.cli.output import give, told
from creditscore.cli.progress import working
from creditscore.core.i18n import lang_of

case_app = App()

CaseId = Annotated[str, typer.Argument(metavar="CASE", show_default=False)]
Place = Annotated[Path | None, typer.Option("--snapshot")]


@case_app.command("show")
def show_command(
    case: CaseId,
    store: StoreAddress,
    on: Annotated[str | None, typer.Option("--on")] = None,
    snapshot: Place = None,
    scheme: Schemes = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.cli.case_lines import tell_case_file

    with open_desk(store, case, snapshot) as desk:
        day = desk.papers.case.events[-1].on if on is None else date_given(on)
        with working("with_and_without"):
            data = compile_desk(desk, day, scheme)
    give(data, *tell_case_file(data, lang_of(lang)), lang=lang)


case_app.command("letter")(letter_command)


@case_app.command("due")
def due_command(
    store: StoreAddress,
    on: On,
    lang: LangOption = "zh",
) -> None:
    from creditscore.cli.case_lines import due_lines
    from creditscore.objections.cases import read_cases
    from creditscore.objections.due import due
    from creditscore.present.document import Listing

    day = date_given(on)
    with open_store(store) as opened:
        dues = due(read_cases(opened, day), day)
    overdue = sum(due_step.overdue for due_step in dues)
    items = list(due_lines(dues, lang))
    rows = [due_step.plain() for due_step in dues]
    give(rows, Listing(items) if items else None, told("open_overdue", len(dues), overdue, day), lang=lang)


@case_app.command("events")
def events_command(
    store: StoreAddress,
    out: Annotated[Path, typer.Option()],
    known_at: str | None = None,
) -> None:
    from creditscore.cascade.inputs import as_table
    from creditscore.cascade.record_streams import read_record_events
    from creditscore.core.tables.write import write_table

    day = None if known_at is None else date_given(known_at, "--known-at")
    with open_store(store) as opened, opened.reading() as connection:
        rows = as_table(read_record_events(connection, known_at=day))
    write_table(rows, out)
    give({"rows": rows.num_rows}, told("events", rows.num_rows), written=[out])

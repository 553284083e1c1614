"""`creditscore status`: the statuses of an organisation's grades, and all of them as a history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.kept_runs import KnownAt
from creditscore.cli.office import Json, LangOption, StoreAddress, open_store
from creditscore.cli.tables import say_line, show
from creditscore.core.days import day_of

status_app = App()


@status_app.command("show")
def show_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    store: StoreAddress,
    known_at: KnownAt = None,
    lang: LangOption = "zh",
    as_json: Json = False,
) -> None:
    from creditscore.core.i18n import phrase
    from creditscore.evidence.case_file import graded_in_words, pair
    from creditscore.evidence.papers import read_lives
    from creditscore.objections.disputes import list_disputed
    from creditscore.schemes.citing import cite_said

    day = day_of(known_at, "--known-at")
    with open_store(store) as opened:
        lives = read_lives(opened, subject, known_on=None if day is None else day.isoformat())
        disputes = list_disputed(opened, day, [subject])
    if as_json:
        rows = [
            {"period": life.period, "corrections": life.corrections, **vars(step)}
            for life in lives
            for step in life.steps
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    heads = ("", "", phrase("case", "grade", lang), "", phrase("case", "case", lang), phrase("case", "basis", lang))
    for life in lives:
        lines = [
            (
                step.on,
                pair("case_steps", step.step)[lang],
                graded_in_words(vars(step), None)[lang] if step.state else "",
                pair("grade_statuses", step.status)[lang],
                step.case_id,
                cite_said(step.basis, lang)
                + ("" if step.mark == "verified" else f" [{pair('case_marks', step.mark)[lang]}]"),
            )
            for step in life.steps
        ]
        show(heads, lines, f"{life.scheme}  {life.period}", fold=True)
        if life.corrections:
            say_line(phrase("case", "corrections", lang, str(life.corrections)))
    for dispute in disputes:
        say_line(f"*** {phrase('case', 'disputed', lang)}  {dispute.record_id}  {dispute.case_id}  {dispute.since} ***")
    if not lives:
        say_line(phrase("case", "no_states", lang))


@status_app.command("export")
def export_command(
    store: StoreAddress,
    out: Annotated[Path, typer.Option()],
    known_at: KnownAt = None,
) -> None:
    from creditscore.core.tables.write import write_table
    from creditscore.status.workflow import make_history

    day = day_of(known_at, "--known-at")
    with open_store(store) as opened:
        rows = make_history(opened, known_on=None if day is None else day.isoformat())
    write_table(rows, out)
    say_line(f"{rows.num_rows} statuses written to {out}")

"""`creditscore status`: the statuses of an organisation's grades, and all of them as a history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.kept_runs import KnownAt
from creditscore.cli.office import LangOption, StoreAddress, open_store
from creditscore.cli.output import give, tabulate, told
from creditscore.core.days import day_of

status_app = App()


@status_app.command("show")
def show_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    store: StoreAddress,
    known_at: KnownAt = None,
    lang: LangOption = "zh",
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
    rows = [
        {"period": life.period, "corrections": life.corrections, **vars(step)} for life in lives for step in life.steps
    ]
    parts: list[Any] = []
    for life in lives:
        cells = [
            {
                "day": step.on,
                "step": pair("case_steps", step.step)[lang],
                "grade": graded_in_words(vars(step), None)[lang] if step.state else None,
                "status": pair("grade_statuses", step.status)[lang],
                "case": step.case_id or None,
                "basis": cite_said(step.basis, lang)
                + ("" if step.mark == "verified" else f" [{pair('case_marks', step.mark)[lang]}]"),
            }
            for step in life.steps
        ]
        heads = ("day", "step", "grade", "status", "case", "basis")
        parts.append(tabulate(cells, *heads, title=f"{life.scheme}  {life.period}"))
        if life.corrections:
            parts.append(phrase("case", "corrections", lang, str(life.corrections)))
    for dispute in disputes:
        parts.append(
            f"*** {phrase('case', 'disputed', lang)}  {dispute.record_id}  {dispute.case_id}  {dispute.since} ***"
        )
    give(rows, *parts, None if lives else phrase("case", "no_states", lang), lang=lang)


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
    give({"rows": rows.num_rows}, told("statuses", rows.num_rows), written=[out])

"""`creditscore life`: the states of a grade from the preview to its end, and the steps that are open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.acting import By, Lang, On, RolesFile, Store, date_given, open_log
from creditscore.cli.tables import say_line, show, show_blocks
from creditscore.core.days import iso

life_app = typer.Typer(
    name="life",
    help="The life of a grade: provisional, announced, final, superseded.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@life_app.command("move")
def move_command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the kept run (or how it begins).")],
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP", help="preview, announce, finalise; review, reevaluation, supplement, repair, objection."
        ),
    ],
    store: Store,
    by: By,
    on: On,
    subject: Annotated[list[str] | None, typer.Option(help="Only this subject; repeatable.")] = None,
    all_but_open: Annotated[bool, typer.Option("--all-but-open", help="Leave those whose case is open.")] = False,
    reason: Annotated[str, typer.Option(help="Why a step comes late.")] = "",
    roles: RolesFile = None,
) -> None:
    """Take the grades of a run one step further, as far as the rule of their scheme allows it that day."""
    from creditscore.objections.disputes import held_subjects
    from creditscore.status.transitions import move
    from creditscore.store.legacy.archive.runs import kept_run

    day = date_given(on)
    with open_log(store, roles, made_by="creditscore keep") as log:
        archived_run = kept_run(log.store, run)
        held = held_subjects(log.store, archived_run)
        chosen = subject
        if all_but_open and held:
            rows = log.store.rows("SELECT subject_id FROM run_grades WHERE run_id = ?", [archived_run.run_id])
            chosen = sorted({value for (value,) in rows} - set(held))
        count = move(log, archived_run, step, by=by, on=day, subject_ids=chosen, reason=reason, held=held)
    say_line(f"{archived_run.pinned} {archived_run.period}: {count} grades, {step} on {day}")
    if all_but_open and held:
        say_line(f"left as they are, with an open case: {', '.join(held)}")


@life_app.command("show")
def show_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the subject.")],
    store: Store,
    known_at: Annotated[str | None, typer.Option(help="As known on this day.")] = None,
    lang: Lang = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """The states of a subject's grades, each with its day, its basis and its case; open disputes beside them."""
    from creditscore.core.i18n import lang_of
    from creditscore.evidence.case_file import pair, phrase
    from creditscore.objections.disputes import open_disputes
    from creditscore.schemes.citing import cite_said
    from creditscore.status.status import corrections, states

    chosen = lang_of(lang)
    day = None if known_at is None else date_given(known_at, "--known-at")
    with open_log(store, read_only=True, made_by="creditscore keep") as log:
        state_rows = states(log.store, subject, day)
        disputes = open_disputes(log.store, [subject], day)
        grades = dict.fromkeys((state.scheme, state.period) for state in state_rows)
        counts = {key: corrections(log.store, subject, *key) for key in grades}
    if as_json:
        typer.echo(json.dumps([vars(state) for state in state_rows], ensure_ascii=False, indent=1, default=str))
        return
    heads = ("", "", phrase("grade", chosen), "", phrase("case", chosen), phrase("basis", chosen))
    for key in grades:
        rows = [
            (
                state.decided_on.isoformat(),
                pair("steps", state.step)[chosen],
                state.grade or state.state,
                pair("statuses", state.status)[chosen],
                state.case_id,
                cite_said(state.basis, chosen)
                + ("" if state.mark == "verified" else f" [{pair('marks', state.mark)[chosen]}]"),
            )
            for state in state_rows
            if (state.scheme, state.period) == key
        ]
        show(heads, rows, f"{key[0]}  {key[1]}", fold=True)
        if counts[key]:
            say_line(phrase("corrections", chosen, str(counts[key])))
    for dispute in disputes:
        say_line(f"*** {phrase('disputed', chosen)}  {dispute.record_id}  {dispute.case_id}  {dispute.since} ***")
    if not state_rows:
        say_line(
            "no state of any grade of this subject is known" if chosen == "en" else "该主体没有已登记的评价结果状态"
        )


@life_app.command("due")
def due_command(store: Store, on: On, lang: Lang = "zh") -> None:
    """Steps that are open, by the day on which they are due: announcements, final grades, and open cases."""
    from creditscore.cli.case_lines import due_lines
    from creditscore.core.i18n import lang_of
    from creditscore.evidence.case_file import pair, phrase
    from creditscore.objections.case import cases
    from creditscore.objections.due import due
    from creditscore.schemes.citing import cite_said
    from creditscore.status.status import open_steps
    from creditscore.store.legacy.archive.runs import kept_runs

    chosen, day = lang_of(lang), date_given(on)
    with open_log(store, read_only=True, made_by="creditscore keep") as log:
        steps = open_steps(log.store, day, kept_runs(log.store))
        tasks = due(cases(log.store, day).values(), day)
    blocks = []
    for step in steps:
        until = iso(step.last) if step.last is not None else phrase("no_limit", chosen) if step.first is None else ""
        since = f"{iso(step.first)} –" if step.first is not None else ""
        basis = " ".join(
            part for part in (cite_said(step.basis, chosen), f"[{pair('marks', step.mark)[chosen]}]") if part
        )
        head = f"{since} {until}".strip() + f"  {pair('steps', step.step)[chosen]}  {step.subjects}"
        blocks.append((head, [f"{step.scheme}  {step.period}  {step.run_id}  {basis}"]))
    show_blocks([*blocks, *due_lines(tasks, lang)])
    say_line(f"{len(steps)} steps, {len(tasks)} tasks of cases")


@life_app.command("export")
def export_command(
    store: Store,
    out: Annotated[Path, typer.Option(help="Parquet or CSV file.")],
    known_at: Annotated[str | None, typer.Option(help="Only what was recorded until this day.")] = None,
) -> None:
    """Write all states as a history, which `creditscore grade --history` reads."""
    from creditscore.core.tables.write import write_table
    from creditscore.status.status import history

    with open_log(store, read_only=True, made_by="creditscore keep") as log:
        rows = history(log.store, None if known_at is None else date_given(known_at, "--known-at"))
    write_table(rows, out)
    say_line(f"{rows.num_rows} states written to {out}")

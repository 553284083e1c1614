"""`creditscore case`: an objection from its opening to the letter, and what is due."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import By, Lang, On, RolesFile, Schemes, date_given, open_log, own_schemes
from creditscore.cli.case_desk import CaseDesk, open_desk
from creditscore.cli.first_case import require_first
from creditscore.cli.log import is_first_store
from creditscore.cli.office import By as LoggedBy
from creditscore.cli.office import KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.objections.case import Ground

case_app = typer.Typer(
    name="case",
    help="Objections: open, ask, answer, decide, letter; a grade is contested record by record.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case, C2023-0001.", show_default=False)]
Place = Annotated[Path | None, typer.Option("--snapshot", help="The snapshot of the run, where it has moved.")]
Snapshots = Annotated[
    list[Path] | None, typer.Option("--snapshot", help="Snapshot that was moved since it was kept; may be repeated.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@case_app.command("open")
def open_command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the kept run (or how it begins).")],
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the subject.")],
    ground: Annotated[
        list[str], typer.Option(help="CODE:RECORD=STATEMENT, or CODE=STATEMENT for the grade as a whole; repeatable.")
    ],
    store: StoreAddress,
    by: By,
    on: On,
    procedure: Annotated[
        str, typer.Option(help="objection, review, reevaluation, supplement or repair.")
    ] = "objection",
    clock: Annotated[str, typer.Option(help="Whose days hold (default: those of the subject's region).")] = "",
    snapshot: Place = None,
    roles: RolesFile = None,
    lang: Lang = "zh",
) -> None:
    """Open a case on a grade: its records are marked as disputed at once, and its clocks begin."""
    from creditscore.cli.case_lines import said_case
    from creditscore.explanation.input_lines import state_labels
    from creditscore.objections.actions import open_case
    from creditscore.store.legacy.archive.runs import kept_grade, kept_run, snapshot_of

    require_first(store, "open")
    grounds = [_ground(name) for name in ground]
    with open_log(Path(store), roles, made_by="creditscore keep") as log:
        archived_run = kept_run(log.store, run)
        case = open_case(
            log,
            archived_run,
            snapshot_of(archived_run, snapshot),
            subject,
            grounds,
            by=by,
            on=date_given(on),
            procedure=procedure,
            clock=clock,
        )
        marks = state_labels(str(kept_grade(log.store, archived_run.run_id, subject)["input_state"] or ""))
    show_blocks([said_case(case, date_given(on), lang, marks)])


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


@case_app.command("ask")
def ask_command(
    case: CaseId,
    store: StoreAddress,
    by: By,
    on: On,
    department: Annotated[str, typer.Option(help="Whom.")],
    question: Annotated[str, typer.Option(help="What.")],
    due: Annotated[str | None, typer.Option(help="Until when (default: the days of the clock).")] = None,
    record: Annotated[list[str] | None, typer.Option(help="About which record; repeatable.")] = None,
    roles: RolesFile = None,
    lang: Lang = "zh",
) -> None:
    """Ask a department; the case is then due by the days that hold for data of another office."""
    from creditscore.cli.case_lines import said_case
    from creditscore.objections.actions import ask

    require_first(store, "ask")
    with open_log(Path(store), roles, made_by="creditscore keep") as log:
        opened_case = ask(
            log,
            case,
            department=department,
            text=question,
            by=by,
            on=date_given(on),
            due=None if due is None else date_given(due, "--due"),
            records=record or (),
        )
    show_blocks([said_case(opened_case, date_given(on), lang)])


@case_app.command("answer")
def answer_command(
    case: CaseId,
    number: Annotated[int, typer.Argument(metavar="QUESTION", help="Number of the question.")],
    store: StoreAddress,
    by: By,
    on: On,
    text: Annotated[str, typer.Option(help="What was answered.")],
    document_no: Annotated[str, typer.Option(help="Number of the document.")] = "",
    roles: RolesFile = None,
    lang: Lang = "zh",
) -> None:
    """Record what a department answered."""
    from creditscore.cli.case_lines import said_case
    from creditscore.objections.actions import answer

    require_first(store, "answer")
    with open_log(Path(store), roles, made_by="creditscore keep") as log:
        opened_case = answer(log, case, number, text=text, by=by, on=date_given(on), document_no=document_no)
    show_blocks([said_case(opened_case, date_given(on), lang)])


@case_app.command("decide")
def decide_command(
    case: CaseId,
    find: Annotated[
        list[str], typer.Option(help="RECORD=ACTION: uphold, correct, withdraw or repair; `grade` for the grade.")
    ],
    reason: Annotated[str, typer.Option(help="Why: the facts.")],
    store: StoreAddress,
    by: By,
    on: On,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="RECORD.COLUMN=VALUE that a correction puts right; repeatable.")
    ] = None,
    article: Annotated[list[str] | None, typer.Option(help="LAW ARTICLE; repeatable.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would follow; nothing is written.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal whether what follows is meant.")] = False,
    snapshot: Snapshots = None,
    scheme: Schemes = None,
    roles: RolesFile = None,
    lang: Lang = "zh",
) -> None:
    """Decide every contested record, and let all that rests on it follow in the same act. Never by who kept a run.

    Shown before it is done: the grade, every other grade, entry and measure that changes, and who is to be told.
    """
    from creditscore.cascade import text as lines
    from creditscore.cascade.preview import bench
    from creditscore.cli.case_lines import said_case, said_grade
    from creditscore.core.i18n import lang_of
    from creditscore.objections.decision import decide, weigh
    from creditscore.objections.ruling import Ruling
    from creditscore.records.snapshot_files import read_snapshot

    require_first(store, "decide")
    language, day = lang_of(lang), date_given(on)
    ruling = Ruling(dict(map(_finding, find)), reason, tuple(article or ()), _changes(set_ or []))
    opened = [read_snapshot(path) for path in snapshot or []]
    with open_log(Path(store), roles, read_only=preview, made_by="creditscore keep") as log:
        desk = bench(log.store, opened, own_schemes(scheme))
        with working("grading again, with all that rests on it"):
            weighed = weigh(log, desk, case, ruling, by=by, on=day)
        say_line(said_grade(weighed.data, lang))
        if weighed.cascade is not None:
            show_blocks(lines.blocks(weighed.cascade, language), lines.word("words", "follows", language))
        if preview:
            say_line(lines.word("words", "unwritten", language))
            return
        if not yes and sys.stdin.isatty() and sys.stdout.isatty():
            typer.confirm(lines.word("words", "meant", language), abort=True)
        opened_case = decide(log, desk, weighed)
    show_blocks([said_case(opened_case, day, lang)])


@case_app.command("letter")
def letter_command(
    case: CaseId,
    out: Annotated[Path, typer.Option(help="Folder for the letter.")],
    document_no: Annotated[str, typer.Option(help="Its number.")],
    office: Annotated[str, typer.Option(help="Who signs: the office, not a person.")],
    store: StoreAddress,
    on: On,
    by: LoggedBy = "",
    remedy: Annotated[str, typer.Option(help="How the decision can be contested further, in your words.")] = "",
    snapshot: Place = None,
    scheme: Schemes = None,
    roles: RolesFile = None,
    key: KeyFile = None,
    lang: Lang = "zh",
) -> None:
    """Write the letter in both languages, as text and as a page for A4; its hash stands in the log."""
    from creditscore.core.canonical import canonical, hash_text
    from creditscore.core.folders import whole
    from creditscore.core.i18n import LANGS, lang_of
    from creditscore.evidence.letter import LETTER, compose_letter, write_letters

    day, chosen = date_given(on), lang_of(lang)
    with open_desk(store, case, snapshot, key=key, roles=roles, writes=True) as desk:
        with working("writing the letter"):
            data = _compile(desk, day, scheme)
        letters = {
            language: compose_letter(
                data, language, document_no=document_no, on=day.isoformat(), office=office, remedy=remedy
            )
            for language in LANGS
        }
        content = "sha256:" + hash_text(canonical({language: str(text) for language, text in letters.items()}))
        with whole(out, LETTER) as folder:  # the letter is there before the log says that it was written
            files = write_letters(letters, data, folder)
            desk.note_letter(document_no, content, by, day)
    typer.echo(str(letters[chosen]), nl=False)
    for file in files:
        say_line(f"written to {out / file.name}")


@case_app.command("due")
def due_command(
    store: StoreAddress,
    on: On,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Cases by the day on which they are due: what is awaited, to be decided or overdue, and who is to be told."""
    from creditscore.cli.case_lines import due_lines
    from creditscore.cli.first_case import list_first_due
    from creditscore.objections.cases import read_cases
    from creditscore.objections.due import due

    day = date_given(on)
    if is_first_store(store):
        dues = list_first_due(Path(store), day)
    else:
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
    from creditscore.cli.first_case import read_first_events
    from creditscore.core.tables.write import write_table

    day = None if known_at is None else date_given(known_at, "--known-at")
    if is_first_store(store):
        rows = read_first_events(Path(store), day)
    else:
        with open_store(store) as opened, opened.reading() as connection:
            rows = as_table(read_record_events(connection, known_at=day))
    write_table(rows, out)
    say_line(f"{rows.num_rows} events written to {out}")


def _compile(desk: CaseDesk, day: date, scheme: list[Path] | None) -> dict[str, Any]:
    from creditscore.evidence.case_file import compile_case_file

    return compile_case_file(desk.papers, desk.snapshot, on=day, schemes=own_schemes(scheme))


def _ground(text: str) -> Ground:
    from creditscore.objections.case import WHOLE, Ground

    named, _, statement = text.partition("=")
    code, _, record = named.partition(":")
    return Ground(code.strip(), record.strip() or WHOLE, statement.strip())


def _finding(text: str) -> tuple[str, str]:
    record, equals, action = text.rpartition("=")
    if not equals:
        raise UsageError(f"{text!r} is no finding", allowed="RECORD=uphold|correct|withdraw|repair")
    return record.strip(), action.strip()


def _changes(assignments: list[str]) -> dict[str, dict[str, str]]:
    changes: dict[str, dict[str, str]] = {}
    for text in assignments:
        place, equals, value = text.partition("=")
        record, dot, column = place.rpartition(".")
        if not (equals and dot and record):
            raise UsageError(f"{text!r} puts nothing right", allowed="RECORD.COLUMN=VALUE")
        changes.setdefault(record.strip(), {})[column.strip()] = value.strip()
    return changes

"""`creditscore cascade`: what follows when a record changes; previewed, applied, undone, and what is to be done."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import By, Lang, On, RolesFile, Schemes, Store, day_given, open_log, own_schemes
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from creditscore.cascade.inputs import RecordEvent
    from creditscore.cascade.preview import Bench, Cascade
    from creditscore.store import Log

cascade_app = typer.Typer(
    name="cascade",
    help="Withdrawing, correcting or repairing a record, with everything that rests on it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Record = Annotated[str, typer.Option(help="Id of the record.")]
Kind = Annotated[str, typer.Option("--event", help="withdrawn, corrected, repaired or reinstated.")]
Share = Annotated[str | None, typer.Option(help="Corrected share, from 0 to 1 (default: all that is left).")]
Recorded = Annotated[str | None, typer.Option(help="Day on which it became known (default: that of --on).")]
Snapshots = Annotated[
    list[Path] | None, typer.Option("--snapshot", help="Snapshot that was moved since it was kept; may be repeated.")
]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.")]
Number = Annotated[str, typer.Option("--document-no", help="Number of the decision.")]
Json = Annotated[bool, typer.Option("--json", help="For machines: rows before and after, tasks, what rests on what.")]
Composites = Annotated[
    list[str] | None, typer.Option("--composite", help="Composite whose score is followed too: jilin_edz; repeatable.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the same as a page in both languages, and JSON.")]
Seq = Annotated[int, typer.Argument(metavar="CASCADE", help="Its entry in the log.", show_default=False)]


@cascade_app.command("preview")
def preview_command(
    record: Record,
    event: Kind,
    on: On,
    store: Annotated[str, typer.Option("--store", help="A store of one file, or the log of an office.")],
    subject: Annotated[str, typer.Option("--subject", help="Whose record, where several have one of that id.")] = "",
    share: Share = None,
    recorded_on: Recorded = None,
    snapshot: Snapshots = None,
    scheme: Schemes = None,
    composite: Composites = None,
    out: Out = None,
    lang: Lang = "zh",
    as_json: Json = False,
) -> None:
    """What would follow, run by run and entry by entry; nothing is written."""
    from creditscore.cascade.preview import preview
    from creditscore.cli.log import is_first_store

    if not is_first_store(store):
        _preview_on_log(store, record, subject, _days(event, on, share, recorded_on), snapshot or [], lang, as_json)
        return
    with _bench(Path(store), snapshot, scheme, composite, read_only=True) as (_, bench):
        cascade = preview(bench, _event(bench, record, event, on, share, recorded_on))
    _show(cascade, lang, as_json, out, scheme, preview=True)


@cascade_app.command("apply")
def apply_command(
    record: Record,
    event: Kind,
    on: On,
    store: Store,
    by: By,
    reason: Reason,
    share: Share = None,
    recorded_on: Recorded = None,
    document_no: Number = "",
    snapshot: Snapshots = None,
    scheme: Schemes = None,
    composite: Composites = None,
    roles: RolesFile = None,
    out: Out = None,
    lang: Lang = "zh",
    as_json: Json = False,
) -> None:
    """Append the event and carry it through every kept run; entries and measures become tasks for a person."""
    from creditscore.cascade.apply import apply

    with _bench(store, snapshot, scheme, composite, roles) as (log, bench):
        what = _event(bench, record, event, on, share, recorded_on)
        cascade = apply(log, bench, what, by=by, reason=reason, document_no=document_no)
    _show(cascade, lang, as_json, out, scheme)


@cascade_app.command("settle")
def settle_command(
    store: Store,
    by: By,
    on: On,
    reason: Reason,
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECT]…", help="None: all of which something was decided.")
    ] = None,
    document_no: Number = "",
    snapshot: Snapshots = None,
    scheme: Schemes = None,
    composite: Composites = None,
    roles: RolesFile = None,
    out: Out = None,
    lang: Lang = "zh",
    as_json: Json = False,
) -> None:
    """Draw what follows from events and annulments that were decided elsewhere; done twice it does nothing more."""
    from creditscore.cascade.apply import settle
    from creditscore.cascade.check import touched
    from creditscore.core.days import from_day

    with _bench(store, snapshot, scheme, composite, roles) as (log, bench):
        ids = subjects or touched(log, bench)
        day = from_day(day_given(on))
        cascade = settle(log, bench, ids, by=by, on=day, reason=reason, document_no=document_no)
    _show(cascade, lang, as_json, out, scheme)


@cascade_app.command("undo")
def undo_command(
    cascade: Seq,
    store: Store,
    by: By,
    on: On,
    reason: Reason,
    document_no: Number = "",
    snapshot: Snapshots = None,
    scheme: Schemes = None,
    composite: Composites = None,
    roles: RolesFile = None,
    out: Out = None,
    lang: Lang = "zh",
    as_json: Json = False,
) -> None:
    """Take back what a cascade decided, as a mistake; every row and hash is as it was before."""
    from creditscore.cascade.apply import undo
    from creditscore.core.days import from_day

    with _bench(store, snapshot, scheme, composite, roles) as (log, bench):
        day = from_day(day_given(on))
        cascade_result = undo(log, bench, cascade, by=by, on=day, reason=reason, document_no=document_no)
    _show(cascade_result, lang, as_json, out, scheme)


@cascade_app.command("told")
def told_command(
    cascade: Seq,
    task: Annotated[int, typer.Argument(metavar="TASK", help="Its number in `cascade show`.", show_default=False)],
    store: Store,
    by: By,
    on: On,
    document_no: Number,
    roles: RolesFile = None,
) -> None:
    """The subject or department of a task was told, with the number of the letter."""
    from creditscore.cascade.apply import mark_told
    from creditscore.core.days import from_day

    with open_log(store, roles, made_by="creditscore keep") as log:
        mark_told(log, cascade, task, by=by, on=from_day(day_given(on)), document_no=document_no)
    typer.echo(f"{cascade}/{task}: told")


@cascade_app.command("show")
def show_command(
    store: Store,
    cascade: Annotated[int | None, typer.Argument(metavar="[CASCADE]", help="None: all.", show_default=False)] = None,
    scheme: Schemes = None,
    out: Out = None,
    lang: Lang = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """The cascades of a store, with their tasks and which of them are open; of one, what it changed too."""
    from creditscore.cascade import text as lines
    from creditscore.cascade.apply import act_of, acts, stored_tasks, told_tasks
    from creditscore.cascade.history import past
    from creditscore.core.errors import UsageError
    from creditscore.core.i18n import lang_of

    language = lang_of(lang)
    if out is not None and cascade is None:
        raise UsageError("a page shows one cascade", next="name it: creditscore cascade show CASCADE --out DIR")
    with open_log(store, read_only=True, made_by="creditscore keep") as log:
        listed = acts(log) if cascade is None else [act_of(log, cascade)]
        tasks, done = stored_tasks(log), told_tasks(log)
        cascade_result = None if cascade is None else past(log, cascade)
    if cascade_result is not None:
        _page(cascade_result, out, scheme)
    if as_json:
        more = (
            {}
            if cascade_result is None
            else {name: lines.as_data(cascade_result)[name] for name in ("events", "changes", "scores")}
        )
        data = [
            {
                **vars(cascade_act),
                **more,
                "on": cascade_act.on.isoformat(),
                "tasks": [
                    {**vars(task), "nr": nr, "told": (seq, nr) in done}
                    for task, seq, nr in tasks
                    if seq == cascade_act.seq
                ],
            }
            for cascade_act in listed
        ]
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    for cascade_act in listed:
        show_blocks([lines.act(cascade_act)])
        if cascade_result is not None:
            show_blocks(lines.moves(cascade_result, language), indent=4)
        for task, seq, nr in tasks:
            if seq == cascade_act.seq:
                is_done = (seq, nr) in done if task.task == "tell" else None
                head, under = lines.task(task, language, is_done)
                under += [f"{lines.word('words', 'with', language)}: creditscore cascade told {seq} {nr}"] * (
                    is_done is False
                )
                show_blocks([(f"{nr}  {head}", under)], indent=4)
    say_line(f"{len(listed)} cascades")


@contextmanager
def _bench(
    store: Path,
    snapshots: list[Path] | None,
    schemes: list[Path] | None,
    composites: list[str] | None,
    roles: Path | None = None,
    read_only: bool = False,
) -> Iterator[tuple[Log, Bench]]:
    from creditscore.cascade.preview import bench
    from creditscore.records.snapshot_files import read_snapshot

    opened = [read_snapshot(path) for path in snapshots or []]
    with open_log(store, roles, read_only, made_by="creditscore keep") as log, working("deriving"):
        yield log, bench(log.store, opened, own_schemes(schemes), composites or [])


def _event(bench: Bench, record: str, kind: str, on: str, share: str | None, recorded_on: str | None) -> RecordEvent:
    from creditscore.cascade.inputs import RecordEvent
    from creditscore.cascade.preview import subject_of

    return RecordEvent(subject_of(bench, record), record, **_days(kind, on, share, recorded_on))


def _days(kind: str, on: str, share: str | None, recorded_on: str | None) -> dict[str, Any]:
    """What is supposed of a record, as a record event has it."""
    from creditscore.core.days import from_day
    from creditscore.core.errors import UsageError

    day = from_day(day_given(on))
    known = day if recorded_on is None else from_day(day_given(recorded_on, "--recorded-on"))
    if known < day:
        raise UsageError(f"recorded on {known}, before it happened on {day}", allowed=f"{day} or later")
    if share is not None and kind != "corrected":
        raise UsageError("only a correction has a share", next="leave --share away")
    if kind not in ("withdrawn", "corrected", "repaired", "reinstated"):
        raise UsageError(
            f"{kind!r} is no event that a cascade follows",
            where="--event",
            allowed="withdrawn, corrected, repaired, reinstated",
        )
    further: dict[str, Any] = {"corrected_on": day, "share": share} if kind == "corrected" else {}
    return {"event": kind, "event_on": day, "recorded_on": known, **further}


def _preview_on_log(
    address: str,
    record: str,
    subject: str,
    supposed: dict[str, Any],
    snapshots: list[Path],
    lang: Any,
    as_json: bool,
) -> None:
    from creditscore.cascade.inputs import RecordEvent
    from creditscore.cli.plan_lines import list_consequences
    from creditscore.office import open_office
    from creditscore.office.consequences import find_consequences, find_subject
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.store.archive.runs import snapshot_of

    moved = [read_snapshot(path) for path in snapshots]

    def find(run: Any) -> Any:
        return next((own for own in moved if own.has_hash(run.snapshot)), None) or snapshot_of(run)

    with open_office(address, create=False, snapshots=moved) as store, working("deriving"):
        whose = subject or find_subject(store, record, find)
        consequences = find_consequences(store, RecordEvent(whose, record, **supposed), find)
        blocks = list(list_consequences(store, consequences, lang))
    if as_json:
        rows: Any = {
            "redrawn": [
                {"run": change.run.run_id, "scheme": change.run.pinned, "period": change.run.period}
                | {side: getattr(change, side).face for side in ("before", "after")}
                for change in consequences.redrawn
            ],
            "doubts": [{"case": entry.name, **doubt} for entry, doubt in consequences.doubts],
        }
        typer.echo(json.dumps({"subject_id": whose, "record_id": record, **rows}, ensure_ascii=False, indent=1))
        return
    show_blocks(blocks)
    count = len(consequences.redrawn) + len(consequences.doubts)
    say_line(f"{whose}: nothing is written; {count} would change")


def _show(
    cascade: Cascade, lang: str, as_json: bool, out: Path | None, schemes: list[Path] | None, preview: bool = False
) -> None:
    from creditscore.cascade import text as lines
    from creditscore.core.i18n import lang_of

    language = lang_of(lang)
    _page(cascade, out, schemes)
    if as_json:
        typer.echo(json.dumps(lines.as_data(cascade), ensure_ascii=False, indent=1))
        return
    show_blocks(lines.blocks(cascade, language))
    if cascade.empty:
        say_line(lines.word("words", "nothing", language))
    elif preview:
        say_line(lines.word("words", "unwritten", language))
    else:
        say_line(f"cascade {cascade.seq}: {len(cascade.changes)} / {cascade.runs} runs, {len(cascade.tasks)} tasks")


def _page(cascade: Cascade, out: Path | None, schemes: list[Path] | None) -> None:
    if out is not None:
        from creditscore.pages.cascade import write_cascade

        files = write_cascade(cascade, out, schemes=own_schemes(schemes))
        typer.echo(f"written to {out}: {', '.join(file.name for file in files)}", err=True)

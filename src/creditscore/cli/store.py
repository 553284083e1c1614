"""`creditscore store`: an office's log: made, looked at, checked, proved, copied, erased from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import day_given
from creditscore.cli.office import By, Json, KeyFile, LangOption, OnDay, open_store, read_key
from creditscore.cli.progress import working
from creditscore.cli.tables import say_aside, say_line, show, show_blocks
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.store.verification import Verification

store_app = typer.Typer(
    name="store",
    help="The store, a log of events: made, checked, proved, copied, kept only as long as rules say.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Address = Annotated[
    str, typer.Argument(metavar="STORE", help="A path, sqlite:///PATH or postgresql+psycopg://…", show_default=False)
]
Stream = Annotated[str, typer.Argument(metavar="NAME", help="A case or another stream: objection/C2026-0001.")]
HeldFile = Annotated[list[Path] | None, typer.Option("--held", help="A file with notes that somebody kept.")]


@store_app.command("create")
def create_command(
    store: Address,
    mode: Annotated[str, typer.Option(help="open, keys or accounts: who signs an act.")] = "open",
    key: KeyFile = None,
    approver: Annotated[str, typer.Option(help="Name of the first approver, where acts are signed.")] = "",
) -> None:
    """Make a store: one log on SQLite or PostgreSQL that many share."""
    from creditscore.office import Store
    from creditscore.store.beginning import MODES, Beginning, begin_signed

    if mode not in MODES:
        raise UsageError(f"there is no mode {mode!r}", allowed=MODES, next="choose one of these")
    if mode == "open" and (key is not None or approver):
        raise UsageError(
            "in mode open nobody signs",
            allowed="no --key and no --approver",
            next="give --mode keys or --mode accounts",
        )
    if mode != "open" and (key is None or not approver.strip()):
        raise UsageError(
            f"a store of mode {mode} begins with a key and an approver",
            allowed="--key FILE --approver NAME",
            next="`creditscore key new FILE` makes a key",
        )
    signer = read_key(key) if mode != "open" else None
    beginning = begin_signed(mode, signer, approver) if signer else Beginning()
    with Store(store, key=signer, beginning=beginning, say=say_aside) as opened:
        say_line(f"{opened.database.shown}: log {opened.head().log_id}, mode {opened.mode}")


@store_app.command("verify")
def verify_command(
    store: Address,
    held: HeldFile = None,
    since: Annotated[int, typer.Option(min=0, help="Events before this number are anchored.")] = 0,
    as_json: Json = False,
) -> int:
    """Check the whole store; exit code 5 at a fault, 7 where events are not anchored, 8 where names are unproven."""
    from creditscore.store.verify import verify

    with open_store(store) as opened, working("checking"):
        result = verify(opened, anchors=read_notes(held or []), since=since)
    show_verification(result, as_json)
    return int(result.exit_code)


def show_verification(result: Verification, as_json: bool) -> None:
    """Say what a check found, and what no check of this mode can find."""
    if as_json:
        data = {
            "mode": result.mode,
            "events": result.size,
            "anchored": result.anchored,
            "faults": [vars(fault) for fault in result.faults],
            "notes": result.notes,
            "not_found": result.limits,
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    if result.faults:
        rows = [(fault.sort, fault.where, fault.what) for fault in result.faults[:50]]
        show(("sort", "where", "fault"), rows, fold=True)
    for note in result.notes:
        say_line(f"note: {note}")
    say_line(f"{result.size} events, {result.anchored} of them anchored, {len(result.faults)} faults")
    say_line(result.limits)


def read_notes(files: list[Path]) -> list[str]:
    """The notes in files: of one note each, or as witnesses write them."""
    from creditscore.core.boundary import outside
    from creditscore.store.notes import read_note
    from creditscore.store.witnesses import FileWitness

    notes: list[str] = []
    for file in files:
        with outside("the note", file, "give the file of a witness, or what `store checkpoint --out` wrote"):
            text = file.read_text(encoding="utf-8")
        of_witness = FileWitness(str(file), say_aside).read() if "\nend " in text else []
        if not of_witness:
            read_note(text, unsigned=True)
        notes += of_witness or [text]
    return notes


@store_app.command("checkpoint")
def checkpoint_command(
    store: Address,
    out: Annotated[Path | None, typer.Option(help="File for it; keep it elsewhere.")] = None,
    key: KeyFile = None,
) -> None:
    """Fix where the log ends as a note, signed where the store has keys: nothing before can be changed unseen then."""
    from creditscore.core.atomic import write_text

    with open_store(store, key) as opened:
        note = opened.checkpoint()
    if out is not None:
        write_text(out, note)
    typer.echo(note, nl=False)


@store_app.command("show")
def show_command(store: Address, name: Stream, lang: LangOption = "zh", as_json: Json = False) -> None:
    """A case or another stream: every step as it stands, who took it, and what is to be done."""
    from creditscore.cli.act import show_case

    with open_store(store) as opened:
        case, people = opened.read(name), opened.people()
        if as_json:
            show_case(opened, case, as_json=True)
            return
        blocks = []
        numbers = {event.version: number for number, event in case.acts().items()}
        for event in case.events:
            payload = case.payload_of(event)
            values = {**(payload.get("given") or {}), **(payload.get("set") or {})}
            known = f", known {event.known_on}" if event.known_on != case.day_of(event) else ""
            who = people.name_of(event.actor) + (f" ({event.role})" if event.role else "")
            lines = [f"{field}: {_in_words(value)}" for field, value in values.items()]
            for part, rows in (payload.get("parts") or {}).items():
                lines += [f"{part} {', '.join(f'{cell} {_in_words(row[cell])}' for cell in row)}" for row in rows]
            lines += ["erased"] if event.payload is None else []
            blocks.append(
                (f"{numbers.get(event.version, '-')} {event.name}  {case.day_of(event)}{known}  {who}", lines)
            )
        show_blocks(blocks)
        show_case(opened, case, lang)


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@store_app.command("backup")
def backup_command(
    store: Address,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where it goes; nothing may be there.")],
    archive: Annotated[bool, typer.Option("--archive/--no-archive", help="With the files of kept runs.")] = True,
) -> None:
    """Copy a store while others go on writing: its log and the files of its kept runs."""
    from creditscore.store.backup import back_up

    with open_store(store) as opened, working("copying"):
        manifest = back_up(opened, folder, with_archive=archive)
    say_line(f"{folder}: {manifest['size']} events, {manifest['archive_files']} files")


@store_app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `store backup` wrote.")],
    store: Address,
    held: HeldFile = None,
    as_json: Json = False,
) -> int:
    """Make a store again from a backup, on either database, and check all of it."""
    from creditscore.office.opening import make_registry
    from creditscore.store.backup import restore

    anchors = read_notes(held or [])
    with working("restoring"):
        result = restore(folder, store, make_registry(store), anchors=anchors)
    show_verification(result, as_json)
    return int(result.exit_code)


@store_app.command("prove")
def prove_command(
    store: Address,
    event: Annotated[int, typer.Argument(metavar="EVENT", min=0, max=2**62, help="Number of an event in the log.")],
    out: Annotated[Path, typer.Option(help="File of the proof, JSON.", show_default=False)],
    held: Annotated[Path | None, typer.Option(help="The note under which it is proved; none: the newest head.")] = None,
    key: KeyFile = None,
) -> None:
    """Prove to somebody without the store that an act is in its log, without showing others."""
    from creditscore.core.atomic import write_json
    from creditscore.store.proofs import prove_act

    notes = read_notes([held] if held else [])
    with open_store(store, key) as opened:
        proof = prove_act(opened, event, checkpoint=notes[-1] if notes else "")
    write_json(out, proof)
    say_line(f"{out}: {len(proof['events'])} events")


@store_app.command("check-proof")
def check_proof_command(
    proof: Annotated[Path, typer.Argument(metavar="FILE", help="What `store prove` wrote.")],
    held: Annotated[Path | None, typer.Option(help="A note of the log that is held elsewhere.")] = None,
    public: Annotated[str, typer.Option(help="The public key of who acted, known from elsewhere.")] = "",
) -> None:
    """Check a proof without the store (exit code 5 where it does not hold)."""
    from creditscore.core.json_source import read_json
    from creditscore.store.keys import require_public
    from creditscore.store.proofs import check_act

    notes = read_notes([held] if held else [])
    half = require_public(public) if public else ""
    events = check_act(read_json(proof, "the proof"), checkpoint=notes[-1] if notes else "", public=half)
    for event in events:
        say_line(f"event {event.seq}: {event.kind} {event.stream}, {event.on_day}, written {event.at}")
    if not notes:
        say_aside("its own note is taken at its word: --held compares it with one that was kept elsewhere")


@store_app.command("erase")
def erase_command(
    store: Address,
    name: Stream,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    article: Annotated[str, typer.Option(help="Under which law: its id and article.")] = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    """Erase what a case says (an approver): hashes, the reason and that it was there remain."""
    from creditscore.store.erasure import erase_stream

    with open_store(store, key) as opened:
        case = erase_stream(opened, name, reason=reason, article=article, by=by, on=on)
    say_line(f"{case.name}: {len(case.events)} events say nothing more")


@store_app.command("witness")
def witness_command(
    store: Address,
    address: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="file:PATH or a database.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Tell it no more.")] = False,
    reason: Annotated[str, typer.Option(help="Why it is removed.")] = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    """Who is told each new head of the log; with an address name another (an approver)."""
    from creditscore.store.anchors import hide_credentials
    from creditscore.store.witnesses import add_witness, remove_witness

    if (remove and not address) or (reason and not remove):
        raise UsageError("--remove needs an address, and --reason --remove", next="say which witness is removed")
    with open_store(store, key) as opened:
        if address and remove:
            remove_witness(opened, address, reason=reason, by=by, on=on)
        elif address:
            add_witness(opened, address, by=by, on=on)
        witnesses = opened.witnesses()
    for witness in witnesses:
        say_line(hide_credentials(witness))
    say_line(f"{len(witnesses)} witnesses")


@store_app.command("retention")
def retention_command(
    store: Address,
    on: Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD.")],
    delete: Annotated[bool, typer.Option("--delete", help="Erase what is due (an approver); else list it.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules of the office; else those that ship.")] = None,
    by: By = "",
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
    """What is kept and may be erased by that day, by rule; events, hashes and reasons remain."""
    from creditscore.core.days import from_day
    from creditscore.office.retention import erase_due, list_due, list_matters

    day = from_day(day_given(on))
    with open_store(store, key) as opened:
        matters = list_matters(opened, rules)
        due = list(erase_due(opened, day, by=by, rules=rules)) if delete else list_due(matters, day)
    if as_json:
        rows = [{**vars(matter), "since": str(matter.since), "due_on": str(matter.due_on)} for matter in due]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if due:
        names = ("of", "rule", "evidence", "due on")
        show(names, [(matter.name, matter.rule, matter.evidence, str(matter.due_on)) for matter in due], fold=True)
    say_line(f"{len(due)} of {len(matters)} {'erased' if delete else 'may be erased'} on {day}")

"""`creditscore store`: an office's log: made, looked at, checked, proved, copied, erased from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import day_given
from creditscore.cli.application import App
from creditscore.cli.office import By, Json, KeyFile, LangOption, OnDay, StoreAddress, open_store, read_key
from creditscore.cli.progress import working
from creditscore.cli.tables import say_aside, say_line, show, show_blocks
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.store.verification import Verification

store_app = App()
Stream = Annotated[str, typer.Argument(metavar="NAME")]
HeldFile = Annotated[list[Path] | None, typer.Option("--held")]


@store_app.command("create")
def create_command(
    store: StoreAddress,
    mode: str = "open",
    key: KeyFile = None,
    approver: str = "",
) -> None:
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
    store: StoreAddress,
    held: HeldFile = None,
    since: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
) -> int:
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
    store: StoreAddress,
    out: Path | None = None,
    key: KeyFile = None,
) -> None:
    from creditscore.core.atomic import write_text

    with open_store(store, key) as opened:
        note = opened.checkpoint()
    if out is not None:
        write_text(out, note)
    typer.echo(note, nl=False)


@store_app.command("show")
def show_command(name: Stream, store: StoreAddress, lang: LangOption = "zh", as_json: Json = False) -> None:
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
    store: StoreAddress,
    out: Annotated[Path, typer.Option()],
    archive: Annotated[bool, typer.Option("--archive/--no-archive")] = True,
) -> None:
    from creditscore.store.backup import back_up

    with open_store(store) as opened, working("copying"):
        manifest = back_up(opened, out, with_archive=archive)
    say_line(f"{out}: {manifest['size']} events, {manifest['archive_files']} files")


@store_app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    store: StoreAddress,
    held: HeldFile = None,
    as_json: Json = False,
) -> int:
    from creditscore.office.opening import make_registry
    from creditscore.store.backup import restore

    anchors = read_notes(held or [])
    with working("restoring"):
        result = restore(folder, store, make_registry(store), anchors=anchors)
    show_verification(result, as_json)
    return int(result.exit_code)


@store_app.command("prove")
def prove_command(
    event: Annotated[int, typer.Argument(metavar="EVENT", min=0, max=2**62)],
    store: StoreAddress,
    out: Annotated[Path, typer.Option(show_default=False)],
    held: Path | None = None,
    key: KeyFile = None,
) -> None:
    from creditscore.core.atomic import write_json
    from creditscore.store.proofs import prove_act

    notes = read_notes([held] if held else [])
    with open_store(store, key) as opened:
        proof = prove_act(opened, event, checkpoint=notes[-1] if notes else "")
    write_json(out, proof)
    say_line(f"{out}: {len(proof['events'])} events")


@store_app.command("check-proof")
def check_proof_command(
    proof: Annotated[Path, typer.Argument(metavar="FILE")],
    held: Path | None = None,
    public: str = "",
) -> None:
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
    name: Stream,
    store: StoreAddress,
    reason: Annotated[str, typer.Option(show_default=False)],
    article: str = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    from creditscore.store.erasure import erase_stream

    with open_store(store, key) as opened:
        case = erase_stream(opened, name, reason=reason, article=article, by=by, on=on)
    say_line(f"{case.name}: {len(case.events)} events say nothing more")


@store_app.command("witness")
def witness_command(
    store: StoreAddress,
    address: Annotated[str, typer.Argument(metavar="[WITNESS]")] = "",
    remove: Annotated[bool, typer.Option("--remove")] = False,
    reason: str = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
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
    store: StoreAddress,
    on: Annotated[str, typer.Option("--on")],
    delete: Annotated[bool, typer.Option("--delete")] = False,
    rules: Annotated[Path | None, typer.Option("--rules")] = None,
    by: By = "",
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
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

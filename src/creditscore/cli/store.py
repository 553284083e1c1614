"""`creditscore store`: an office's log: made, looked at, checked, proved, copied, erased from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import day_given
from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, LangOption, OnDay, StoreAddress, open_store, read_key
from creditscore.cli.output import give, say_aside, tabulate, told, wants_json
from creditscore.cli.progress import working
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.store.verification import Verification

store_app = App()
Stream = Annotated[str, typer.Argument(metavar="NAME")]
MOST_FAULTS = 50  # that are shown
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
        raise UsageError("cli.no_mode", mode=mode, allowed=MODES)
    if mode == "open" and (key is not None or approver):
        raise UsageError("cli.open_signs_nothing")
    if mode != "open" and (key is None or not approver.strip()):
        raise UsageError("cli.mode_needs_key", mode=mode)
    signer = read_key(key) if mode != "open" else None
    beginning = begin_signed(mode, signer, approver) if signer else Beginning()
    with Store(store, key=signer, beginning=beginning, say=say_aside) as opened:
        shown, log, mode = opened.database.shown, opened.head().log_id, opened.mode
    give({"store": shown, "log": log, "mode": mode}, told("store_made", shown, log, mode))


@store_app.command("verify")
def verify_command(
    store: StoreAddress,
    held: HeldFile = None,
    since: Annotated[int, typer.Option(min=0)] = 0,
) -> int:
    from creditscore.store.verify import verify

    with open_store(store) as opened, working("checking"):
        result = verify(opened, anchors=read_notes(held or []), since=since)
    show_verification(result)
    return int(result.exit_code)


def show_verification(result: Verification) -> None:
    """Say what a check found, and what no check of this mode can find."""
    faults = [vars(fault) for fault in result.faults]
    data = {
        "mode": result.mode,
        "events": result.size,
        "anchored": result.anchored,
        "faults": faults,
        "notes": result.notes,
        "not_found": result.limits,
    }
    shown = [{"sort": row["sort"], "where": row["where"], "fault": row["what"]} for row in faults[:MOST_FAULTS]]
    give(
        data,
        tabulate(shown, "sort", "where", "fault") if shown else None,
        *(told("note", note) for note in result.notes),
        told("verified", result.size, result.anchored, len(faults)),
        result.limits,
    )


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
    if wants_json():
        give({"note": note}, written=[] if out is None else [out])
    else:
        typer.echo(note, nl=False)


@store_app.command("show")
def show_command(name: Stream, store: StoreAddress, lang: LangOption = "zh") -> None:
    from creditscore.cli.act import tell_case
    from creditscore.present.document import Listing

    with open_store(store) as opened:
        case, people = opened.read(name), opened.people()
        items = []
        numbers = {event.version: number for number, event in case.acts().items()}
        for event in case.events:
            payload = case.payload_of(event)
            values = {**(payload.get("given") or {}), **(payload.get("set") or {})}
            known = told("known_on", event.known_on) if event.known_on != case.day_of(event) else ""
            who = people.name_of(event.actor) + (f" ({event.role})" if event.role else "")
            lines: list[Any] = [f"{field}: {_in_words(value)}" for field, value in values.items()]
            for part, rows in (payload.get("parts") or {}).items():
                lines += [f"{part} {', '.join(f'{cell} {_in_words(row[cell])}' for cell in row)}" for row in rows]
            lines += [told("erased")] if event.payload is None else []
            number = str(numbers.get(event.version, "-"))
            items.append((told("step", number, event.name, case.day_of(event), known, who), lines))
        give(case.view(), Listing(items), *tell_case(opened, case, lang), lang=lang)


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
    counts = {"events": manifest["size"], "files": manifest["archive_files"]}
    give(counts, told("backed_up", *counts.values()), written=[out])


@store_app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    store: StoreAddress,
    held: HeldFile = None,
) -> int:
    from creditscore.office.opening import make_registry
    from creditscore.store.backup import restore

    anchors = read_notes(held or [])
    with working("restoring"):
        result = restore(folder, store, make_registry(store), anchors=anchors)
    show_verification(result)
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
    count = len(proof["events"])
    give({"events": count}, told("proved_events", count), written=[out])


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
    rows = [{name: getattr(event, name) for name in ("seq", "kind", "stream", "on_day", "at")} for event in events]
    give(rows, *(told("proved_event", *row.values()) for row in rows))
    if not notes:
        say_aside(told("note_at_its_word"))


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
    give({"stream": case.name, "events": len(case.events)}, told("stream_erased", case.name, len(case.events)))


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
        raise UsageError("cli.remove_needs_witness")
    with open_store(store, key) as opened:
        if address and remove:
            remove_witness(opened, address, reason=reason, by=by, on=on)
        elif address:
            add_witness(opened, address, by=by, on=on)
        witnesses = opened.witnesses()
    shown = [hide_credentials(witness) for witness in witnesses]
    give(shown, *shown, told("witnesses", len(shown)))


@store_app.command("retention")
def retention_command(
    store: StoreAddress,
    on: Annotated[str, typer.Option("--on")],
    delete: Annotated[bool, typer.Option("--delete")] = False,
    rules: Annotated[Path | None, typer.Option("--rules")] = None,
    by: By = "",
    key: KeyFile = None,
) -> None:
    from creditscore.core.days import from_day
    from creditscore.office.retention import erase_due, list_due, list_matters

    day = from_day(day_given(on))
    with open_store(store, key) as opened:
        matters = list_matters(opened, rules)
        due = list(erase_due(opened, day, by=by, rules=rules)) if delete else list_due(matters, day)
    rows = [{**vars(matter), "since": str(matter.since), "due_on": str(matter.due_on)} for matter in due]
    names = ("name", "rule", "evidence", "due_on")
    code = "matters_erased" if delete else "matters_due"
    give(rows, tabulate(rows, *names) if rows else None, told(code, len(due), len(matters), day))

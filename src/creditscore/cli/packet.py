"""`creditscore packet`: everything about one grade in one folder, and the check that nothing in it was changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.case_desk import CaseDesk, find_case_of_packet, open_desk
from creditscore.cli.office import KeyFile
from creditscore.cli.output import give, say_aside, told
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, UsageError, WordingDiffers
from creditscore.core.i18n import Phrase
from creditscore.core.json_source import read_object

packet_app = App()

CaseStore = Annotated[str | None, typer.Option()]
RegisteredIn = Annotated[str | None, typer.Option()]


@packet_app.command("build")
def build_command(
    out: Annotated[Path, typer.Option()],
    case: Annotated[str | None, typer.Argument(metavar="CASE")] = None,
    store: CaseStore = None,
    by: Annotated[str | None, typer.Option("--by")] = None,
    key: KeyFile = None,
    on: Annotated[str | None, typer.Option("--on")] = None,
    grading: Path | None = None,
    snapshot: Path | None = None,
    subject: str | None = None,
    scheme: Annotated[
        str | None,
        typer.Option(),
    ] = None,
    model_part: Path | None = None,
    registered_in: RegisteredIn = None,
    disputed: list[str] | None = None,
) -> None:
    from creditscore.evidence.packet.gather import Added, run_in_folder
    from creditscore.evidence.packet.results import build_packet
    from creditscore.records.snapshot_files import read_snapshot

    file = Path(scheme) if scheme and scheme.endswith((".yaml", ".yml")) else None
    model = _model(model_part, registered_in or store)
    if case is not None:
        if store is None or grading or subject or disputed:
            raise UsageError("cli.case_has_its_run")
        with open_desk(store, case, snapshot, key) as desk:
            packet, day = _build_of_case(desk, on, file, model)
            if by is not None or key is not None:
                desk.store.act("objection", "packet", desk.name, by=by or "", on=day, digest=packet["digest"])
        _written(packet, out)
        return
    if grading is None or snapshot is None or subject is None or store or by or key or on:
        raise UsageError("cli.no_case_nor_subject")
    with working("gathering", subject):
        run = run_in_folder(grading, subject, _id_of(file) if file else scheme or "")
        added = Added(model=model, disputed=disputed or ())
        packet = build_packet(run, read_snapshot(snapshot), file=file, added=added)
    _written(packet, out)


def _build_of_case(
    desk: CaseDesk, on: str | None, file: Path | None, model: dict[str, Any] | None
) -> tuple[dict[str, Any], date]:
    """The packet of a case as it stands on a day."""
    from creditscore.cli.acting import date_given, own_schemes
    from creditscore.core.clock import check_day_has_come
    from creditscore.evidence.packet.of_case import added_by_case, run_of_case
    from creditscore.evidence.packet.results import build_packet

    case = desk.papers.case
    day = case.events[-1].on if on is None else date_given(on)
    check_day_has_come(day)
    own = own_schemes([file] if file else None)
    with working("gathering", case.case_id):
        run = run_of_case(desk.papers, desk.snapshot, own)
        added = added_by_case(desk.papers, desk.snapshot, day, own, model, desk.prove())
        return build_packet(run, desk.snapshot, file=file, added=added), day


def _tell_proof(packet: dict[str, Any], held: Path | None) -> Phrase | None:
    """Say under which head of the log the case was proved, and hold it against a note from elsewhere."""
    from creditscore.cli.store import read_notes
    from creditscore.evidence.packet.proof import describe_proof, require_proof

    notes = read_notes([held] if held else [])
    if notes:
        require_proof(packet, notes[-1])
    proof = describe_proof(packet["inputs"].get("proof", []))
    events = [value.split() for name, value in proof if name == "event"]
    values = dict(proof)
    if not events:
        return None
    if not notes:
        say_aside(told("proof_at_its_word"))
    step = next(event for event in events if event[1].startswith("objection."))
    return told("proved", step[0], step[1], values["log"], values["log_size"])


def _id_of(file: Path) -> str:
    from creditscore.schemes import registry

    return registry.pick(str(file)).scheme


@packet_app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(metavar="PACKET")],
    store: str | None = None,
    held: Path | None = None,
    registered_in: RegisteredIn = None,
) -> None:
    from creditscore.core.version import __version__
    from creditscore.evidence.packet.files import verify_packet
    from creditscore.evidence.packet.verify import version_of

    with working("computing_again", folder):
        changed_lines = verify_packet(folder)
    lines = []
    for line in changed_lines:
        lines += [told("changed_line", line.file, line.line, line.place), told("stands", line.stands)]
        lines += [told("computed", line.expected)] if line.expected else []
    changes = [vars(line) for line in changed_lines]
    where = ", ".join(f"{folder / changed_line.file}:{changed_line.line}" for changed_line in changed_lines[:3])
    if not all(changed_line.words for changed_line in changed_lines):
        give({"changed": changes}, *lines)
        raise DifferenceError("cli.packet_changed", where=where, count=len(changed_lines))
    packet = read_object(folder / "packet.json", needed={"digest": str})
    digest, model = packet["digest"], packet["inputs"]["model"]
    if model:
        _bind({**model[0], "shares": model[1:]}, registered_in or store)
    proof = _tell_proof(packet, held)
    case = None if store is None else find_case_of_packet(store, digest)
    give(
        {"digest": digest, "case": case, "changed": changes},
        *lines,
        told("packet_verifies" if changed_lines else "packet_same"),
        digest,
        proof,
        None if case is None else told("log_speaks", case),
    )
    if changed_lines:
        made, now = version_of(packet), __version__
        raise WordingDiffers("cli.packet_other_words", where=where, count=len(changed_lines), made=made, now=now)


def _written(packet: dict[str, Any], out: Path) -> None:
    from creditscore.evidence.packet.files import write_packet

    files = write_packet(packet, out)
    give({"digest": packet["digest"]}, str(packet["digest"]), written=files)


def _model(file: Path | None, address: str | None) -> dict[str, Any] | None:
    if file is None:
        return None
    part = read_object(file, "the model part", next="give the JSON of `ModelPart.to_dict`")
    _bind(part, address)
    return part


def _bind(part: dict[str, Any], address: str | None) -> None:
    """UsageError or DifferenceError unless a registered, validated version of a model says just this."""
    from creditscore.cli.office import open_store
    from creditscore.modelling.registry.bound import bound_version

    if address is None:
        raise UsageError("cli.model_part_needs_store")
    with open_store(address) as store, working("model_part"):
        version = bound_version(part, store)
    say_aside(told("model_part_as", version.name, version.version, version.verdict))

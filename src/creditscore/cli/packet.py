"""`creditscore packet`: everything about one grade in one folder, and the check that nothing in it was changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from creditscore.cli.acting import RolesFile
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, UsageError
from creditscore.core.json_source import read_object

packet_app = typer.Typer(
    help="Packets: a grade with all that it rests on, for paper and for a check.", no_args_is_help=True
)

Models = Annotated[
    Path | None,
    typer.Option(help="Registry of models, for a model part (else CREDITSCORE_MODELS, else ./creditscore-models)."),
]


@packet_app.callback()
def _packet() -> None:
    """Packets: a grade with all that it rests on, for paper and for a check."""


@packet_app.command("build")
def build_command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for packet.json and packet.html.")],
    case: Annotated[str | None, typer.Argument(metavar="CASE", help="Id of a case in the store.")] = None,
    store: Annotated[Path | None, typer.Option(help="The store of the case, one file.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who builds it: its digest then stands in the log.")] = None,
    roles: RolesFile = None,
    on: Annotated[
        str | None, typer.Option("--on", help="The day of now for a case (default: that of its last step).")
    ] = None,
    grading: Annotated[
        Path | None, typer.Option(help="Without a case: folder that `creditscore grade --out` wrote.")
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="The snapshot that was graded (with a case: where it has moved).")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Without a case: id of the subject.")] = None,
    scheme: Annotated[
        str | None,
        typer.Option(help="One scheme where the folder holds several, or the YAML file of one outside the library."),
    ] = None,
    model_part: Annotated[
        Path | None, typer.Option(help="JSON of a model part (docs/models.md); shown as advisory, never as the grade.")
    ] = None,
    models: Models = None,
    disputed: Annotated[
        list[str] | None, typer.Option(help="Without a case: id of a record in dispute; may be repeated.")
    ] = None,
) -> None:
    """Write the packet of a case, or of one subject of a grading: JSON, and one page for paper in both languages."""
    from creditscore.evidence.packet.gather import Added, run_in_folder
    from creditscore.evidence.packet.results import build_packet
    from creditscore.records.snapshot_files import read_snapshot

    file = Path(scheme) if scheme and scheme.endswith((".yaml", ".yml")) else None
    model = _model(model_part, models)
    if case is not None:
        if store is None or grading or subject or disputed:
            raise UsageError(
                "a case stands in a store, with its run, its subject and its contested records",
                allowed="packet build CASE --store FILE -o DIR [--snapshot DIR] [--by PERSON]",
                next="give --store and leave --grading, --subject and --disputed away",
            )
        _of_case(case, store, by, roles, on, snapshot, file, model, out)
        return
    if grading is None or snapshot is None or subject is None or store or by or on:
        raise UsageError(
            "neither a case nor a subject of a grading was given",
            allowed="CASE --store FILE, or --grading DIR --snapshot DIR --subject ID",
            next="see `creditscore packet build --help`",
        )
    with working(f"gathering all about {subject}"):
        run = run_in_folder(grading, subject, _id_of(file) if file else scheme or "")
        added = Added(model=model, disputed=disputed or ())
        packet = build_packet(run, read_snapshot(snapshot), file=file, added=added)
    _written(packet, out)


def _of_case(
    case_id: str,
    store: Path,
    by: str | None,
    roles: Path | None,
    on: str | None,
    snapshot: Path | None,
    file: Path | None,
    model: dict[str, Any] | None,
    out: Path,
) -> None:
    from creditscore.cli.acting import date_given, open_log, own_schemes
    from creditscore.core.clock import check_day_has_come
    from creditscore.evidence.packet.of_case import added_by_case, log_packet, run_of_case
    from creditscore.evidence.packet.results import build_packet
    from creditscore.objections.case import case_of
    from creditscore.objections.disputes import case_run
    from creditscore.store.legacy.archive.runs import snapshot_of

    with open_log(store, roles, read_only=by is None, made_by="creditscore keep") as log:
        case = case_of(log.store, case_id)
        source = snapshot_of(case_run(log.store, case), snapshot)
        day = case.events[-1].on if on is None else date_given(on)
        check_day_has_come(day)
        own = own_schemes([file] if file else None)
        with working(f"gathering all about {case_id}"):
            run = run_of_case(log.store, case, source, own)
            added = added_by_case(log.store, case, source, day, own, model)
            packet = build_packet(run, source, file=file, added=added)
        if by is not None:
            log_packet(log, case, by, packet["digest"])
    _written(packet, out)


def _id_of(file: Path) -> str:
    from creditscore.schemes import registry

    return registry.pick(str(file)).scheme


@packet_app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `creditscore packet build` wrote.")],
    store: Annotated[
        Path | None, typer.Option(help="The store whose log must speak of this packet (built with --by).")
    ] = None,
    models: Models = None,
) -> None:
    """Compute everything again from the folder alone; exit code 5 with the lines that were changed.

    A model part is made again too, by the registered version that it names.
    """
    from creditscore.evidence.packet.files import verify_packet

    with working(f"computing {folder} again"):
        changed_lines = verify_packet(folder)
    if not changed_lines:
        packet = read_object(folder / "packet.json", needed={"digest": str})
        digest, model = packet["digest"], packet["inputs"]["model"]
        if model:
            _bind({**model[0], "shares": model[1:]}, models)
        typer.echo(f"packet.json, packet.html: computed again, nothing differs\n{digest}")
        if store is not None:
            from creditscore.cli.acting import open_log
            from creditscore.evidence.packet.of_case import check_logged

            with open_log(store, read_only=True, made_by="creditscore keep") as log:
                typer.echo(f"the log speaks of it: case {check_logged(log, digest)}")
        return
    for changed_line in changed_lines:
        typer.echo(
            f"{changed_line.file}, line {changed_line.line}: {changed_line.place}\n  stands    {changed_line.stands}"
        )
        if changed_line.expected:
            typer.echo(f"  computed  {changed_line.expected}")
    several = len(changed_lines) > 1
    raise DifferenceError(
        f"{len(changed_lines)} line{'s' if several else ''} of the packet {'are' if several else 'is'} not as written",
        where=", ".join(f"{folder / changed_line.file}:{changed_line.line}" for changed_line in changed_lines[:3]),
        next="ask for the packet again from whoever built it; its digest says which one it is",
    )


def _written(packet: dict[str, Any], out: Path) -> None:
    from creditscore.evidence.packet.files import write_packet

    for file in write_packet(packet, out):
        typer.echo(f"written to {file}")
    typer.echo(packet["digest"])


def _model(file: Path | None, models: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    part = read_object(file, "the model part", next="give the JSON of `ModelPart.to_dict`")
    _bind(part, models)
    return part


def _bind(part: dict[str, Any], models: Path | None) -> None:
    """UsageError or DifferenceError unless a registered, validated version of a model says just this."""
    from creditscore.modelling.registry.bound import bound_version
    from creditscore.modelling.registry.tracking import ModelStore

    with working("making the model part again"):
        version = bound_version(part, ModelStore.at(models))
    typer.echo(f"model part: as {version.name} {version.version} says ({version.verdict})")

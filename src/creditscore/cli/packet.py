"""`creditscore packet`: everything about one grade in one folder, and the check that nothing in it was changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from creditscore.cli.progress import working
from creditscore.errors import InputError, UsageError

packet_app = typer.Typer(
    help="Packets: a grade with all that it rests on, for paper and for a check.", no_args_is_help=True
)


@packet_app.callback()
def _packet() -> None:
    """Packets: a grade with all that it rests on, for paper and for a check."""


@packet_app.command("build")
def build_command(
    grading: Annotated[Path, typer.Option(help="Folder that `creditscore grade --out` wrote.")],
    snapshot: Annotated[Path, typer.Option(help="The snapshot that was graded.")],
    subject: Annotated[str, typer.Option(help="Id of the subject.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for packet.json and packet.html.")],
    scheme: Annotated[
        str | None,
        typer.Option(help="One scheme where the folder holds several, or the YAML file of one outside the library."),
    ] = None,
    model_part: Annotated[
        Path | None, typer.Option(help="JSON of a model part (docs/models.md); shown as advisory, never as the grade.")
    ] = None,
    disputed: Annotated[list[str] | None, typer.Option(help="Id of a record in dispute; may be repeated.")] = None,
) -> None:
    """Write the packet of one subject: JSON, and one page for paper in both languages."""
    from creditscore.records.store import read_snapshot
    from creditscore.review.packet.gather import Added
    from creditscore.review.packet.results import build

    name, file = (None, Path(scheme)) if scheme and scheme.endswith((".yaml", ".yml")) else (scheme, None)
    if file is not None:
        from creditscore.schemes import registry

        name = registry.pick(str(file)).scheme
    added = Added(model=_model(model_part), disputed=disputed or ())
    with working(f"gathering all about {subject}"):
        packet = build(grading, read_snapshot(snapshot), subject, name or "", file=file, added=added)
    _written(packet, out)


@packet_app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `creditscore packet build` wrote.")],
) -> None:
    """Compute everything again from the folder alone; exit code 3 with the lines that were changed."""
    from creditscore.reports.packet_files import verify_packet

    with working(f"computing {folder} again"):
        found = verify_packet(folder)
    if not found:
        digest = json.loads((folder / "packet.json").read_text(encoding="utf-8"))["digest"]
        typer.echo(f"packet.json, packet.html: computed again, nothing differs\n{digest}")
        return
    for one in found:
        typer.echo(f"{one.file}, line {one.line}: {one.place}\n  stands    {one.stands}")
        if one.expected:
            typer.echo(f"  computed  {one.expected}")
    several = len(found) > 1
    raise InputError(
        f"{len(found)} line{'s' if several else ''} of the packet {'are' if several else 'is'} not as written",
        where=", ".join(f"{folder / one.file}:{one.line}" for one in found[:3]),
        next="ask for the packet again from whoever built it; its digest says which one it is",
    )


def _written(packet: dict[str, Any], out: Path) -> None:
    from creditscore.reports.packet_files import write_packet

    for file in write_packet(packet, out):
        typer.echo(f"written to {file}")
    typer.echo(packet["digest"])


def _model(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the model part cannot be read: {error}", where=str(file)) from error
    if not isinstance(found, dict):
        raise UsageError("this is no model part", where=str(file), allowed="the JSON of `ModelPart.to_dict`")
    return found

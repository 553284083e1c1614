"""`creditscore composite`: gradings in, one score and grade per organisation out; explained, compared, fitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from creditscore.cli.progress import working

if TYPE_CHECKING:
    from creditscore.composite.result import Composite

Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `creditscore composite --out` wrote.")]


class _ScoreFirst(TyperGroup):
    """What is no command names gradings: `creditscore composite DIR --config ID` scores them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["score", *args]
        return super().resolve_command(ctx, args)


composite_app = typer.Typer(
    cls=_ScoreFirst,
    help="One score from 0 to 1000 and one grade per organisation, from the grades of several domains. "
    "`creditscore composite GRADINGS --config ID --out DIR` scores (`creditscore composite score --help`).",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@composite_app.command("score")
def score_command(
    gradings: Annotated[
        list[Path], typer.Argument(metavar="GRADINGS...", help="Folders that `creditscore grade --out` wrote.")
    ],
    config: Annotated[str, typer.Option(help="Composite id, id@version or YAML file; see `composite list`.")],
    out: Out,
    listings: Annotated[Path | None, typer.Option(help="Entries of lists: Parquet or CSV.")] = None,
    subjects: Annotated[Path | None, typer.Option(help="Who is scored: Parquet or CSV.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Day of the score (YYYY-MM-DD).")] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="The snapshot that was graded: tells which acts several domains count.")
    ] = None,
    acts: Annotated[
        str, typer.Option(help="once: an act weighs in one domain; unchecked: grades as they are.")
    ] = "once",
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV beside Parquet.")] = False,
) -> None:
    """Score organisations, with the exact share of every domain."""
    from creditscore.composite.combine import combine
    from creditscore.records.store import read_snapshot

    with working(f"scoring under {config}"):
        found = combine(
            list(gradings),
            config,
            subjects=subjects,
            listings=listings,
            as_of=as_of,
            snapshot=None if snapshot is None else read_snapshot(snapshot),
            acts=acts,  # type: ignore[arg-type]
        )
        found.write(out, csv=csv)
    _report(found)
    typer.echo(f"written to {out}")


def _report(found: Composite) -> None:
    from creditscore.cli.tables import say_line, show

    manifest = found.manifest
    counts = manifest["counts"]
    say_line(f"{manifest['config']}@{manifest['config_version']}  as of {manifest['as_of']}  run {manifest['run_id']}")
    total = counts["subjects"] or 1
    rows = [*counts["grades"].items()]
    rows += [(name, count) for name, count in counts["states"].items() if name != "graded"]
    show(
        ("grade or state", "subjects", "share"),
        [(name, str(count), f"{100 * count / total:.1f} %") for name, count in rows],
    )
    say_line(f"known nothing of: {manifest['reference']} points")
    if counts["fragile"]:
        say_line(f"fragile (another grade under weights changed by a tenth): {counts['fragile']}")
    if counts["shared_acts"]:
        say_line(f"acts that several domains would count, kept in one: {counts['shared_acts']}")
    if counts["refused"]:
        say_line(f"refused  natural_person: {counts['refused']}")
    for note in manifest["notes"]:
        say_line(f"note: {note}")


@composite_app.command("list")
def list_command() -> None:
    """The composites of the library."""
    from creditscore.cli.tables import show
    from creditscore.composite.load import composites, load_composite

    rows = []
    for name, files in composites().items():
        for file in files:
            one = load_composite(f"{name}@{file.stem}")
            end = "" if one.effective_to is None else one.effective_to.isoformat()
            grades = " ".join(grade.code for grade in one.grades)
            rows.append((one.composite, one.version, end, one.rule, str(len(one.domains)), grades, one.marks.weights))
    show(("composite", "from", "to", "rule", "domains", "grades", "weights"), rows)

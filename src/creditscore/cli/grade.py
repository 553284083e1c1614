"""`creditscore grade`: tables or a snapshot in, grades, ledger, quarantine and manifest out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.progress import working
from creditscore.errors import TooManyRejected, UsageError

if TYPE_CHECKING:
    from creditscore.grading.result import Grading

Table = Annotated[Path | None, typer.Option(help="Parquet or CSV file, or a folder of Parquet files.")]


def grade_command(
    scheme: Annotated[str, typer.Option(help="Scheme id, id@version, or a YAML file; see `creditscore scheme list`.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    period: Annotated[str | None, typer.Option(help="Evaluation year, for schemes graded by year.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Day (YYYY-MM-DD), for schemes graded on a day.")] = None,
    subjects: Table = None,
    records: Table = None,
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="A snapshot written by `records snapshot`, in place of the tables.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(help="Replay what was known on this day, of records and of the law.")
    ] = None,
    max_rejected: Annotated[
        int, typer.Option(min=0, help="Refused rows to accept before failing with exit code 3.")
    ] = 0,
    memory_limit: Annotated[
        str | None,
        typer.Option(help="Memory for the engine, such as 1500MB; what is beyond spills to a folder."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV beside Parquet.")] = False,
) -> None:
    """Grade every subject under a scheme, with an exact ledger of every point."""
    from creditscore.grading.grade import grade
    from creditscore.records.store import read_snapshot

    source: Any
    tables: dict[str, Any]
    if snapshot is not None:
        if subjects or records or attributes or listings or history or feeds:
            raise UsageError("a snapshot already holds the tables", next="give --snapshot alone, or the tables")
        source, tables = read_snapshot(snapshot, memory_limit=memory_limit), {}
    else:
        if subjects is None or records is None:
            raise UsageError(
                "the tables are missing",
                allowed="--subjects FILE --records FILE, or --snapshot DIR",
                next="see `creditscore grade --help`",
            )
        source = records
        tables = {
            "subjects": subjects,
            "attributes": attributes,
            "listings": listings,
            "history": history,
            "feeds": feeds,
            "memory_limit": memory_limit,
        }
    refused: TooManyRejected | None = None
    with working(f"grading under {scheme}"):
        try:
            tables |= {"as_of": as_of, "known_at": known_at, "max_rejected": max_rejected}
            grading = grade(source, scheme, period, **tables)
        except TooManyRejected as error:
            grading, refused = error.grading, error  # type: ignore[attr-defined]
        grading.write(out, csv=csv)
    _report(grading, out)
    if refused is not None:
        raise refused


def _report(grading: Grading, out: Path) -> None:
    from creditscore.cli.tables import show

    manifest = grading.manifest
    rows = manifest["counts"]["records"]
    typer.echo(
        f"{manifest['scheme']}  period {manifest['period']}  known at {manifest['known_at']}  run {manifest['run_id']}"
    )
    elsewhere = [name for name in ("other_domain", "other_scheme") if rows[name]]
    parts = ("used", "not_yet_known", "out_of_window", "refused", *elsewhere)
    shown = " + ".join(f"{rows[part]} {part.replace('_', ' ')}" for part in parts)
    typer.echo(f"records: {rows['in']} in = {shown}")
    for reason, count in manifest["reasons"].items():
        typer.echo(f"refused  {reason}: {count}")
    total = sum(manifest["counts"]["states"].values()) or 1
    others = [(state, count) for state, count in manifest["counts"]["states"].items() if state != "graded"]
    grades = [(grade, count) for grade, count in manifest["counts"]["grades"].items()]
    show(
        ("grade or state", "subjects", "share"),
        [(name, str(count), f"{100 * count / total:.1f} %") for name, count in grades + others],
    )
    for note in manifest["notes"]:
        typer.echo(f"note: {note}")
    typer.echo(f"written to {out}")

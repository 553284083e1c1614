"""`creditscore records`: intake without grading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.grade import Table
from creditscore.cli.progress import working
from creditscore.cli.publicity import import_publicity_command
from creditscore.core.errors import TooManyRejected

records_app = App()


records_app.command("import-publicity")(import_publicity_command)


@records_app.command("snapshot")
def snapshot_command(
    subjects: Annotated[Path, typer.Option()],
    records: Annotated[Path, typer.Option()],
    out: Annotated[Path, typer.Option()],
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    local_ids: Annotated[bool, typer.Option("--local-ids")] = False,
    made_up: Annotated[bool, typer.Option("--made-up")] = False,
    intake_on: Annotated[
        str | None,
        typer.Option(),
    ] = None,
    max_rejected: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    from creditscore.records import ingest
    from creditscore.records.snapshot_files import write_snapshot

    with working("reading and checking"):
        snapshot = ingest(
            subjects,
            records,
            attributes=attributes,
            listings=listings,
            history=history,
            feeds=feeds,
            subject_ids="local" if local_ids else "uscc",
            intake_on=intake_on,
        )
        refused = sum(int(counts["refused"]) for counts in snapshot.counts.values())
        failed = f"{refused} rows were refused, {max_rejected} allowed" if refused > max_rejected else None
        manifest = write_snapshot(replace(snapshot, made_up=made_up), out, failed=failed)
    for table, counts in snapshot.counts.items():
        typer.echo(f"{table}: {counts['rows']} in, {counts['refused']} refused, {counts['repeated']} repeated")
    if failed:
        raise TooManyRejected(
            f"{failed}; no snapshot was written",
            where=str(out / "quarantine.parquet"),
            next="mend the rows listed there, or accept them with --max-rejected",
        )
    typer.echo(f"{manifest['content_hash']}\nwritten to {out}")

"""`creditscore records`: intake without grading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.grade import Table
from creditscore.cli.output import give, tabulate
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

    with working("reading"):
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
    rows = [{"table": table, **counts} for table, counts in snapshot.counts.items()]
    shown = tabulate(rows, "table", "rows", "refused", "repeated")
    if failed:
        give({"tables": rows}, shown)
        where = str(out / "quarantine.parquet")
        raise TooManyRejected("cli.no_snapshot_written", refused=refused, max_rejected=max_rejected, where=where)
    give(
        {"tables": rows, "content_hash": manifest["content_hash"]}, shown, str(manifest["content_hash"]), written=[out]
    )

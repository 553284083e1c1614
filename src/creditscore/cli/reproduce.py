"""`creditscore reproduce`: a written grading computed again, the same bytes or the first difference and its cause."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, UsageError

if TYPE_CHECKING:
    from creditscore.records import Snapshot
    from creditscore.schemes.model import Scheme

Table = Annotated[Path | None, typer.Option()]


def reproduce_command(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    snapshot: Path | None = None,
    subjects: Table = None,
    records: Table = None,
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    scheme: list[Path] | None = None,
    memory_limit: str | None = None,
) -> None:
    from creditscore.grading.reproduce import reproduce
    from creditscore.schemes import registry

    tables = {
        "subjects": subjects,
        "records": records,
        "attributes": attributes,
        "listings": listings,
        "history": history,
        "feeds": feeds,
    }
    with working(f"computing {run} again"):
        own = {own_scheme.scheme: own_scheme for own_scheme in (registry.pick(str(path)) for path in scheme or [])}
        source = _source(snapshot, tables, run, own, memory_limit)
        reproduction = reproduce(run, source, own)
    words_of_result = {
        "bytes": "the same bytes",
        "rows": "the same rows, in a file of other bytes",
        "differs": "differs",
    }
    for table, how in reproduction.files.items():
        typer.echo(f"{table}.parquet: {words_of_result[how]}")
    if reproduction.ok:
        typer.echo(f"run {reproduction.run_id}: computed again, nothing differs")
        return
    for cause in reproduction.causes:
        of = f"{cause.of}: " if cause.of else ""
        typer.echo(f"cause: {of}{cause.what}\n  written   {cause.written}\n  computed  {cause.computed}")
    first = reproduction.first
    if first is None:
        raise DifferenceError(
            f"run {reproduction.run_id} has the same rows, but not the same manifest",
            where=str(run),
            next="the causes above name the parts that differ; take the manifest from the place where the run was made",
        )
    place = f"{first.table}.parquet, row {first.row}" if first.row else f"{first.table}.parquet"
    typer.echo(f"first difference: {place}: {first.kind}{': ' if first.key else ''}{first.key}")
    if first.column:
        typer.echo(f"  column    {first.column}")
    typer.echo(f"  written   {first.written or '(no such row)'}\n  computed  {first.computed or '(no such row)'}")
    raise DifferenceError(
        f"run {reproduction.run_id} cannot be computed again as it was written",
        where=f"{run} ({place})",
        next="use the input, the scheme and the version named above, or grade again",
    )


def _source(
    snapshot: Path | None, tables: dict[str, Path | None], run: Path, own: dict[str, Scheme], memory_limit: str | None
) -> Snapshot:
    from creditscore.grading.manifest import read_manifest
    from creditscore.grading.reproduce import stated_runs
    from creditscore.records import ingest
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.schemes import registry

    given = [name for name, path in tables.items() if path is not None]
    if snapshot is not None:
        if given:
            raise UsageError("a snapshot already holds the tables", next="give --snapshot alone, or the tables")
        return read_snapshot(snapshot, memory_limit=memory_limit, verify=True)
    if not {"subjects", "records"} <= set(given):
        named = read_manifest(run).get("inputs", {})
        raise UsageError(
            "what was graded is missing",
            allowed="--snapshot DIR, or the tables: --subjects FILE --records FILE …",
            next=f"the run read {', '.join(sorted(named))}"
            if isinstance(named, dict) and named
            else "see `creditscore reproduce --help`",
        )
    runs = stated_runs(run)
    first = next(iter(runs))
    ids = (own.get(first) or registry.versions(first)[0]).subject_id
    intake_arguments: dict[str, Any] = {name: path for name, path in tables.items() if name != "records"}
    intake_arguments["intake_on"] = runs[first].get("intake_on")
    return ingest(records=tables["records"], **intake_arguments, memory_limit=memory_limit, subject_ids=ids)

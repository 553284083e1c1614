"""`creditscore reproduce`: a grading computed again, the same bytes or the first difference and its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import Schemes, own_schemes
from creditscore.cli.kept_runs import StoreOfRun, is_kept
from creditscore.cli.office import open_store
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, UsageError

if TYPE_CHECKING:
    from creditscore.grading.reproduce import Reproduction
    from creditscore.office import Store
    from creditscore.records import Snapshot
    from creditscore.schemes.model import Scheme
    from creditscore.store.archive.runs import KeptRun

Table = Annotated[Path | None, typer.Option()]
MOST_LISTED = 10  # organisations that stand differently today
WORDS_OF_RESULT = {
    "bytes": "the same bytes",
    "rows": "the same rows, in a file of other bytes",
    "differs": "differs",
}


def reproduce_command(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    store: StoreOfRun = None,
    snapshot: Path | None = None,
    subjects: Table = None,
    records: Table = None,
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    scheme: Schemes = None,
    memory_limit: str | None = None,
) -> None:
    """Compute a grading again from its manifest and its input.

    A kept run is computed again as it was kept; what was decided since is no difference, and is listed.
    """
    tables = {
        "subjects": subjects,
        "records": records,
        "attributes": attributes,
        "listings": listings,
        "history": history,
        "feeds": feeds,
    }
    own = own_schemes(scheme)
    if is_kept(run, store):
        from creditscore.store.archive.reproduce import reproduce_run
        from creditscore.store.archive.runs import find_run

        with open_store(str(store)) as opened, working(f"computing {run} again"):
            kept_run = find_run(opened, str(run))
            source = _read_source(snapshot, tables, kept_run.manifest, str(run), own, memory_limit)
            reproduction = reproduce_run(opened, kept_run, source, own, memory_limit=memory_limit)
            notes = list(_list_drawn(opened, kept_run))
        _show(reproduction, run, "kept", notes)
        return
    from creditscore.grading.manifest import read_manifest
    from creditscore.grading.reproduce import reproduce

    with working(f"computing {run} again"):
        manifest = read_manifest(run)
        source = _read_source(snapshot, tables, manifest, str(run / "manifest.json"), own, memory_limit)
        if source is None:
            raise _missing_input(manifest)
        reproduction = reproduce(run, source, own)
    _show(reproduction, run, "written")


def _show(reproduction: Reproduction, run: Path, how: str, notes: list[str] | None = None) -> None:
    """Print what came of it; DifferenceError where anything differs. `how`: whether it was written or kept."""
    for table, result in reproduction.files.items():
        typer.echo(f"{table}.parquet: {WORDS_OF_RESULT[result]}")
    if reproduction.ok:
        typer.echo(f"run {reproduction.run_id}: computed again, nothing differs")
    for cause in reproduction.causes:
        of = f"{cause.of}: " if cause.of else ""
        typer.echo(f"cause: {of}{cause.what}\n  {how:<8}  {cause.written}\n  computed  {cause.computed}")
    first = reproduction.first
    place = (
        "" if first is None else f"{first.table}.parquet, row {first.row}" if first.row else f"{first.table}.parquet"
    )
    if first is not None:
        typer.echo(f"first difference: {place}: {first.kind}{': ' if first.key else ''}{first.key}")
        if first.column:
            typer.echo(f"  column    {first.column}")
        typer.echo(f"  {how:<8}  {first.written or '(no such row)'}\n  computed  {first.computed or '(no such row)'}")
    for note in notes or ():
        typer.echo(note)
    if reproduction.ok:
        return
    if first is None:
        raise DifferenceError(
            f"run {reproduction.run_id} has the same rows, but not the same manifest",
            where=str(run),
            next="the causes above name the parts that differ; take the manifest from the place where the run was made",
        )
    raise DifferenceError(
        f"run {reproduction.run_id} cannot be computed again as it was {how}",
        where=f"{run} ({place})",
        next="use the input, the scheme and the version named above, or grade again",
    )


def _list_drawn(store: Store, run: KeptRun) -> Iterator[str]:
    """Say which organisations stand differently today, since a decision drew their grades anew."""
    from creditscore.store.archive.standing import find_drawn, rows_as_kept

    drawn = find_drawn(store, run)
    if not drawn:
        return
    several = len(drawn) > 1
    yield (
        f"{len(drawn)} organisation{'s stand' if several else ' stands'} differently today, drawn anew by decisions"
        " since the run was kept; that is no difference:"
    )
    listed = sorted(drawn)[:MOST_LISTED]
    rows = rows_as_kept(store.archive, run, listed)
    for subject in listed:
        fields = drawn[subject].fields
        sides = [
            " ".join(filter(None, (face["grade"], face["score"]))) for face in (rows[subject].face, fields["after"])
        ]
        yield f"  {subject}  {' → '.join(sides)}  {fields['because']}"
    if len(drawn) > MOST_LISTED:
        yield f"  and {len(drawn) - MOST_LISTED} more: `creditscore cascade show --store STORE`"


def _read_source(
    snapshot: Path | None,
    tables: Mapping[str, Path | None],
    manifest: Mapping[str, Any],
    where: str,
    own: Mapping[str, Scheme],
    memory_limit: str | None,
) -> Snapshot | None:
    """The snapshot or the tables that were given; None where nothing was."""
    from creditscore.grading.reproduce import stated_runs
    from creditscore.records import ingest
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.schemes import registry

    given = [name for name, path in tables.items() if path is not None]
    if snapshot is not None:
        if given:
            raise UsageError("a snapshot already holds the tables", next="give --snapshot alone, or the tables")
        return read_snapshot(snapshot, memory_limit=memory_limit, verify=True)
    if not given:
        return None
    if not {"subjects", "records"} <= set(given):
        raise _missing_input(manifest)
    runs = stated_runs(manifest, where)
    first = next(iter(runs))
    ids = (own.get(first) or registry.versions(first)[0]).subject_id
    intake_arguments: dict[str, Any] = {name: path for name, path in tables.items() if name != "records"}
    intake_arguments["intake_on"] = runs[first].get("intake_on")
    return ingest(records=tables["records"], **intake_arguments, memory_limit=memory_limit, subject_ids=ids)


def _missing_input(manifest: Mapping[str, Any]) -> UsageError:
    named = manifest.get("inputs", {})
    return UsageError(
        "what was graded is missing",
        allowed="--snapshot DIR, or the tables: --subjects FILE --records FILE …",
        next=f"the run read {', '.join(sorted(named))}"
        if isinstance(named, dict) and named
        else "see `creditscore reproduce --help`",
    )

"""`creditscore reproduce`: a grading computed again, the same bytes or the first difference and its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import Schemes, own_schemes
from creditscore.cli.kept_runs import StoreOfRun, is_kept
from creditscore.cli.office import open_store
from creditscore.cli.output import give, tabulate, told
from creditscore.cli.progress import working
from creditscore.core.errors import DifferenceError, UsageError
from creditscore.core.i18n import language, phrase

if TYPE_CHECKING:
    from creditscore.grading.reproduce import Reproduction
    from creditscore.office import Store
    from creditscore.records import Snapshot
    from creditscore.schemes.model import Scheme
    from creditscore.store.archive.runs import KeptRun

Table = Annotated[Path | None, typer.Option()]
MOST_LISTED = 10  # organisations that stand differently today


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

        with open_store(str(store)) as opened, working("computing_again", run):
            kept_run = find_run(opened, str(run))
            source = _read_source(snapshot, tables, kept_run.manifest, str(run), own, memory_limit)
            reproduction = reproduce_run(opened, kept_run, source, own, memory_limit=memory_limit)
            drawn = _list_drawn(opened, kept_run)
        _show(reproduction, run, "kept", drawn)
        return
    from creditscore.grading.manifest import read_manifest
    from creditscore.grading.reproduce import reproduce

    with working("computing_again", run):
        manifest = read_manifest(run)
        source = _read_source(snapshot, tables, manifest, str(run / "manifest.json"), own, memory_limit)
        if source is None:
            raise _missing_input(manifest)
        reproduction = reproduce(run, source, own)
    _show(reproduction, run, "was_written")


def _show(reproduction: Reproduction, run: Path, how: str, drawn: list[dict[str, str]] | None = None) -> None:
    """Say what came of it; DifferenceError where anything differs. `how`: whether it was written or kept."""
    lines = [told("file_result", table, told(f"same_{result}")) for table, result in reproduction.files.items()]
    if reproduction.ok:
        lines.append(told("run_same", reproduction.run_id))
    for cause in reproduction.causes:
        of = f"{cause.of}: " if cause.of else ""
        lines += [
            told("cause", f"{of}{cause.what}"),
            told(how, cause.written),
            told("computed", cause.computed),
        ]
    first = reproduction.first
    place = ""
    if first is not None:
        place = f"{first.table}.parquet" + (f", {phrase('cli', 'row', language(), first.row)}" if first.row else "")
        lines.append(told("first_difference", place, first.kind, first.key))
        if first.column:
            lines.append(told("column", first.column))
        no_row = told("no_such_row")
        lines += [
            told(how, first.written or no_row),
            told("computed", first.computed or no_row),
        ]
    data = {
        "run_id": reproduction.run_id,
        "ok": reproduction.ok,
        "files": dict(reproduction.files),
        "causes": list(reproduction.causes),
        "first": first,
        "drawn": drawn or [],
    }
    give(data, *lines, *_tell_drawn(drawn or []))
    if reproduction.ok:
        return
    if first is None:
        raise DifferenceError("cli.manifest_differs", run_id=reproduction.run_id, where=str(run))
    raise DifferenceError("cli.run_cannot_computed_again", run_id=reproduction.run_id, run=run, place=place)


def _list_drawn(store: Store, run: KeptRun) -> list[dict[str, str]]:
    """List the organisations that stand differently today, since a decision drew their grades anew."""
    from creditscore.store.archive.standing import find_drawn, rows_as_kept

    drawn = find_drawn(store, run)
    listed = sorted(drawn)
    rows = rows_as_kept(store.archive, run, listed) if listed else {}
    result = []
    for subject in listed:
        fields = drawn[subject].fields
        sides = [
            " ".join(filter(None, (face["grade"], face["score"]))) for face in (rows[subject].face, fields["after"])
        ]
        result.append({"subject": subject, "was": sides[0], "is": sides[1], "because": fields["because"]})
    return result


def _tell_drawn(drawn: list[dict[str, str]]) -> Iterator[Any]:
    """Say which organisations stand differently today."""
    if drawn:
        yield told("drawn_since", len(drawn))
        yield tabulate(drawn[:MOST_LISTED], "subject", "was", "is", "because")
    if len(drawn) > MOST_LISTED:
        yield told("more_drawn", len(drawn) - MOST_LISTED)


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
            raise UsageError("cli.snapshot_already_holds_tables")
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
    if isinstance(named, dict) and named:
        return UsageError("cli.graded_missing", tables=sorted(named))
    return UsageError("cli.graded_unknown")

"""Kept runs: a written grading as files of the archive, and one event that names them by their hashes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import guarded, outside
from creditscore.core.clock import check_day_has_come, today
from creditscore.core.errors import DifferenceError, InputError, UsageError
from creditscore.core.tables.table import literal, quote
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.grading.manifest import read_manifest
from creditscore.grading.reproduce import find_skipped, reproduce
from creditscore.records.snapshot_files import read_snapshot
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.store.archive.rows import KINDS, TABLES, compute_rows_root, select_file
from creditscore.store.declarations import StreamType
from creditscore.store.fold import Stream, fold
from creditscore.store.log import NewEvent, read_streams

if TYPE_CHECKING:
    import pyarrow as pa

    from creditscore.records import Snapshot
    from creditscore.store.archive.files import Archive
    from creditscore.store.store import Store

RUN = StreamType(
    "run",
    fields={
        "kind": "text",
        "scheme": "text",
        "version": "text",
        "period": "text",
        "known_at": "day",
        "snapshot": "text",
        "snapshot_path": "text",
        "manifest": "text",
        "files": "words",
        "rows": "data",
        "root": "text",
        "checked": "yes_no",
        "inputs": "texts",
        "beside": "words",
    },
    events={"run.kept": ("grader",)},
)
ROLE = "grader"


@dataclass(frozen=True)
class KeptRun:
    """A run that a store keeps.

    Parameters
    ----------
    run_id
        Its id, 16 hexadecimal digits.
    kind
        `grading` or `composite`.
    scheme, version
        The id of the scheme or composite without version, and the version.
    period, known_at
        The evaluation year or day, and the day of knowledge, `YYYY-MM-DD`; of a composite the day that it is as of.
    manifest
        Its manifest, without the times it took.
    snapshot, snapshot_path
        The hash of the snapshot that was graded, and where it lay; empty for a composite.
    files, rows
        For each table the SHA-256 of its file in the archive, and how many rows it has.
    root
        The Merkle root over its organisations, 64 hexadecimal digits.
    inputs
        The runs that a composite combines.
    beside
        For each table that a composite was given (`listings`, `subjects`) the SHA-256 of its file.
    kept_by, kept_at_seq
        Who kept it (an id), and the event of the log.
    """

    run_id: str
    kind: str
    scheme: str
    version: str
    period: str
    known_at: str
    manifest: Mapping[str, Any]
    snapshot: str
    snapshot_path: str
    files: Mapping[str, str]
    rows: Mapping[str, int]
    root: str
    inputs: tuple[str, ...]
    beside: Mapping[str, str]
    kept_by: str
    kept_at_seq: int

    @property
    def pinned(self) -> str:
        """`tax@2025-07-01`: the scheme or composite with its version."""
        return f"{self.scheme}@{self.version}"

    @cached_property
    def replayed(self) -> bool:
        """Whether the run was graded with a day of knowledge of its own, for records and law."""
        return bool(self.manifest.get("law_known_at", "latest") != "latest")


def read_run(stream: Stream) -> KeptRun:
    """Make a kept run of its stream; UsageError where it was never kept or its retention has ended."""
    run_id = stream.name.removeprefix("run/")
    if stream.version < 0:
        raise UsageError("store.no_run_kept", run_id=run_id)
    if stream.is_erased:
        raise UsageError("store.run_held_erased_when_retention_ended", run_id=run_id, where=stream.name)
    values, keeping = stream.fields, stream.events[0]
    return KeptRun(
        run_id=run_id,
        kind=values["kind"],
        scheme=values["scheme"],
        version=values["version"],
        period=values["period"],
        known_at=values["known_at"],
        manifest=json.loads(values["manifest"]),
        snapshot=values.get("snapshot") or "",
        snapshot_path=values.get("snapshot_path") or "",
        files=values["files"],
        rows=values["rows"],
        root=values["root"],
        inputs=tuple(values.get("inputs") or ()),
        beside=values.get("beside") or {},
        kept_by=keeping.actor,
        kept_at_seq=keeping.seq,
    )


def list_runs(store: Store, *, kind: str | None = None) -> list[KeptRun]:
    """List the kept runs that are still held, in the order in which they were kept; of one kind, or of both."""
    rows = [row for row in store.rows("run") if kind in (None, row["kind"])]
    with store.reading() as connection:
        streams = [fold(name, own) for name, own in read_streams(connection, [row["stream"] for row in rows]).items()]
    runs = [read_run(stream) for stream in streams if not stream.is_erased]
    return sorted(runs, key=lambda run: run.kept_at_seq)


def find_run(store: Store, run_id: str) -> KeptRun:
    """Find the run of that id, or of its first characters, where they name one; UsageError for none or several."""
    names = [row["stream"] for row in store.rows("run") if run_id and row["stream"].startswith(f"run/{run_id}")]
    if len(names) != 1:
        raise UsageError(
            "store.with",
            value="several runs begin" if names else "no kept run begins",
            run_id=run_id,
            where=store.database.shown,
            allowed=", ".join(name.removeprefix("run/") for name in names) or "a run of this store",
        )
    return read_run(store.read(names[0]))


@guarded("keeping the grading")
def keep_grading(
    store: Store,
    grading_dir: Path | str,
    snapshot_dir: Path | str,
    *,
    by: str = "",
    on: date | str | None = None,
    schemes: Mapping[str, Scheme] | None = None,
    check: bool = True,
) -> list[KeptRun]:
    """Keep the runs of a written grading: their rows as files of the archive, and one act that names them.

    Parameters
    ----------
    store
        An open store with an archive.
    grading_dir
        The folder of the written grading, with a ledger.
    snapshot_dir
        The folder of the snapshot that was graded.
    by, on
        Who keeps them (a grader), and when; today where it is not given.
    schemes
        Schemes outside the library, by id without version; None: only the library is used.
    check
        Whether every run is computed again from the snapshot and must give the same rows.

    Returns
    -------
    list of KeptRun
        The runs of the folder as the store has them, also those that were kept before.

    Raises
    ------
    NotAllowed
        Where `by` is no grader.
    InputError
        Where the snapshot differs from what was graded, a file is missing or damaged, or what a run held was erased
        when its retention ended.
    DifferenceError
        Where a run is not reproduced as it was written, or was kept before with other rows.
    """
    folder, place = Path(grading_dir), Path(snapshot_dir).resolve()
    whole = read_manifest(folder)
    runs = _list_manifests(whole)
    snapshot = read_snapshot(place, verify=True)
    _require_fit(runs, snapshot, place)
    if check:
        _compute_again(folder, snapshot, schemes)
    new = []
    for name, run in runs.items():
        prepared = _prepare_run(store, folder, name, run, place, "schemes" in whole, check)
        if not is_kept(store, prepared, folder):
            new.append(prepared)
    if new:
        store.record(lambda people: new, by=by, on=on or today(), role=ROLE)
    wanted = [f"run/{run['run_id']}" for run in runs.values()]
    return [read_run(store.read(name)) for name in wanted]


def _list_manifests(whole: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The manifest of each run of a folder, with what the folder says of all: made-up data, and who graded together."""
    if "schemes" not in whole:
        return {str(whole["scheme"]).partition("@")[0]: dict(whole)}
    runs: dict[str, dict[str, Any]] = whole["schemes"]
    synthetic = {"made_up": True} if whole.get("made_up") else {}
    skipped = [scheme.name for scheme in find_skipped(runs, whole.get("skipped", {}))]
    names = {name: str(run["scheme"]) for name, run in runs.items()}
    return {
        name: {**run, **synthetic, "graded_with": [*(names[other] for other in names if other != name), *skipped]}
        for name, run in runs.items()
    }


def _require_fit(runs: Mapping[str, Mapping[str, Any]], snapshot: Snapshot, place: Path) -> None:
    for name, run in runs.items():
        if not snapshot.has_hash(run.get("snapshot_hash")):
            raise InputError(
                "store.snapshot_not_graded_under",
                name=name,
                place=place,
                content_hash=snapshot.in_format(str(run.get("snapshot_hash"))).content_hash(),
                allowed=str(run.get("snapshot_hash")),
            )
        check_day_has_come(date.fromisoformat(str(run["known_at"])), f"known_at of the run under {name}")


def _prepare_run(
    store: Store, folder: Path, name: str, run: Mapping[str, Any], place: Path, is_several: bool, check: bool
) -> NewEvent:
    """Write the files of a run to the archive, and make the event that names them."""
    sources = {table: select_rows(folder, table, name if is_several else "") for table in TABLES}
    files, counts, root = store_tables(store.archive, "grading", sources)
    scheme, _, version = str(run["scheme"]).partition("@")
    values = {
        "kind": "grading",
        "scheme": scheme,
        "version": version,
        "period": str(run["period"]),
        "known_at": str(run["known_at"]),
        "snapshot": str(run["snapshot_hash"]),
        "snapshot_path": str(place),
        "manifest": write_manifest(run),
        "files": files,
        "rows": counts,
        "root": root,
        "checked": check,
    }
    return NewEvent(f"run/{run['run_id']}", "run.kept", {"set": values}, "kept", expected=-1)


def write_manifest(manifest: Mapping[str, Any]) -> str:
    """Write what of a manifest is kept, as JSON in its own order: all but the times that the run took."""
    return json.dumps({key: value for key, value in manifest.items() if key != "timings"}, ensure_ascii=False)


def store_tables(
    archive: Archive, kind: str, sources: Mapping[str, str], registered: Mapping[str, pa.Table] | None = None
) -> tuple[dict[str, str], dict[str, int], str]:
    """Write the tables of a run to an archive, sorted by organisation.

    Parameters
    ----------
    archive
        Where they go.
    kind
        `grading` or `composite`.
    sources
        For each table a query in brackets with its columns and `place`, the order of its rows.
    registered
        Arrow tables by the names under which the queries read them.

    Returns
    -------
    files, rows, root
        For each table the SHA-256 of its file and the number of its rows; the Merkle root over all organisations.
    """
    import duckdb

    files, counts = {}, {}
    with duckdb.connect() as con, outside("the rows of a run", kind, "grade again with --out"):
        for name, table in (registered or {}).items():
            con.register(name, table)
        for table, source in sources.items():
            listed = ", ".join(quote(name) for name in KINDS[kind][table])
            rows = con.sql(f"SELECT {listed} FROM {source} ORDER BY subject_id, place").to_arrow_table()
            files[table], counts[table] = archive.put(rows), rows.num_rows
        return files, counts, compute_rows_root(con, sources)


def select_rows(folder: Path, table: str, scheme: str = "") -> str:
    """Return a query of the rows of a written grading in the columns that are kept; of one scheme, or of all."""
    path = folder / f"{table}.parquet"
    if not path.is_file():
        raise InputError("store.not_found", name=path.name, where=str(folder))
    with outside("the grading", path, "grade again with --out"):
        return select_file(str(path), TABLES[table], f" WHERE scheme = {literal(scheme)}" if scheme else "")


def is_kept(store: Store, new: NewEvent, place: Path | str) -> bool:
    """Whether a run or a composite is kept already, with the same rows.

    Raises
    ------
    InputError
        Where what it held was erased.
    DifferenceError
        Where it is kept with other rows.
    """
    if not store.rows("run", stream=new.stream):
        return False
    there = store.read(new.stream)
    if there.is_erased:
        raise InputError("store.kept_before_held_erased_when_retention", stream=new.stream, where=str(place))
    if there.fields["root"] != new.payload["set"]["root"]:
        raise DifferenceError("store.kept_already_other_rows", stream=new.stream, where=str(place))
    return True


def _compute_again(folder: Path, snapshot: Snapshot, schemes: Mapping[str, Scheme] | None) -> None:
    again = reproduce(folder, snapshot, dict(schemes or {}))
    if not again.ok:
        raise DifferenceError(
            "store.run_not_come_out_snapshot_written",
            run_id=again.run_id,
            what_value=again.causes[0].what,
            where=str(folder),
        )


def snapshot_of(
    run: KeptRun, place: Path | str | None = None, *, verify: bool = False, memory_limit: str | None = None
) -> Snapshot:
    """Read the snapshot of a run, from where it lay or from `place`; InputError where it is gone or another one.

    `verify` and `memory_limit` as in `read_snapshot`.
    """
    if place is None and not Path(run.snapshot_path).is_dir():
        raise InputError(
            "store.snapshot_of_run_gone", run_id=run.run_id, where=run.snapshot_path, snapshot=run.snapshot
        )
    snapshot = read_snapshot(place or run.snapshot_path, verify=verify, memory_limit=memory_limit)
    if not snapshot.has_hash(run.snapshot):
        raise InputError(
            "store.snapshot_not_run",
            run_id=run.run_id,
            value=place or run.snapshot_path,
            content_hash=snapshot.in_format(run.snapshot).content_hash(),
            allowed=run.snapshot,
        )
    return as_graded(snapshot, run.manifest)


def make_finder(snapshots: Iterable[Snapshot] = ()) -> Callable[[KeptRun], Snapshot]:
    """Return what opens the snapshot of a kept run: one of those given where it fits, else from where it lay."""
    given = tuple(snapshots)

    def find_snapshot(run: KeptRun) -> Snapshot:
        fitting = (snapshot for snapshot in given if snapshot.has_hash(run.snapshot))
        return next(fitting, None) or snapshot_of(run)

    return find_snapshot


def grade_arguments(run: KeptRun, schemes: Mapping[str, Scheme] | None) -> dict[str, Any]:
    """Return the scheme and the period of a run, as `grade` takes them."""
    scheme: str | Scheme = (schemes or {}).get(run.scheme, run.scheme)
    kind = scheme.period if isinstance(scheme, Scheme) else registry.versions(run.scheme)[0].period
    if kind == "year":
        return {"scheme": scheme, "period": run.period}
    return {"scheme": scheme, "as_of": run.manifest["as_of"]}

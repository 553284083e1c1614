"""Kept runs: a written grading copied into the store whole, with the hashes that its log entry states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import guarded, outside
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.clock import check_day_has_come
from creditscore.core.errors import DifferenceError, InputError, StoreError, UsageError
from creditscore.core.identity import is_resident
from creditscore.core.tables.table import literal, quote
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.grading.manifest import read_manifest
from creditscore.grading.reproduce import reproduce
from creditscore.grading.result_columns import LATER
from creditscore.records.snapshot_files import read_snapshot
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.tables import TABLES, stored_hash, table_hash

if TYPE_CHECKING:
    import duckdb

    from creditscore.records import Snapshot

COLUMNS = (
    "run_id",
    "scheme",
    "version",
    "period",
    "known_at",
    "manifest",
    "grades_hash",
    "ledger_hash",
    "snapshot_hash",
    "snapshot_path",
    "kept_by",
    "kept_at_seq",
)
ROLE = "grader"


@dataclass(frozen=True)
class KeptRun:
    """A run that the store keeps. Hashes are `sha256:…` over every cell of its rows.

    Parameters
    ----------
    run_id
        Its id, 16 hexadecimal digits.
    scheme, version
        The id of the scheme without version, and the version that graded.
    period
        The evaluation year or day, as text.
    known_at
        The day of knowledge, `YYYY-MM-DD`.
    manifest
        The manifest of the run, without the times it took.
    grades_hash, ledger_hash, snapshot_hash
        The hashes of its grades, its ledger and the snapshot that was graded.
    snapshot_path
        Where the snapshot lay when the run was kept.
    kept_by
        The account of the person who kept it.
    kept_at_seq
        The entry of the log.

    Attributes
    ----------
    pinned
        The scheme with its version, `tax@2025-07-01`.
    replayed
        Whether it was graded with a day of knowledge of its own, for records and law.
    """

    run_id: str
    scheme: str
    version: str
    period: str
    known_at: str
    manifest: Mapping[str, Any]
    grades_hash: str
    ledger_hash: str
    snapshot_hash: str
    snapshot_path: str
    kept_by: str
    kept_at_seq: int

    @property
    def pinned(self) -> str:
        """`tax@2025-07-01`: the scheme with its version."""
        return str(self.manifest["scheme"])

    @property
    def replayed(self) -> bool:
        """Whether the run was graded with a day of knowledge of its own, for records and law."""
        return bool(self.manifest["law_known_at"] != "latest")


@guarded("keeping the grading")
def keep(
    store: Database,
    log: Log,
    grading_dir: Path | str,
    snapshot_dir: Path | str,
    *,
    by: str,
    schemes: Mapping[str, Scheme] | None = None,
    check: bool = True,
) -> list[KeptRun]:
    """Keep the runs of a written grading: copy their rows into the store, all or none.

    The act `grading.keep` is written to the log before the rows are copied. A run that the store already has with the
    same content is left as it is.

    Parameters
    ----------
    store
        An open store.
    log
        The log of that store.
    grading_dir
        The folder of the written grading, with a ledger.
    snapshot_dir
        The folder of the snapshot that was graded.
    by
        The account of the person who keeps them, with the role of grader where the store has roles.
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
    UsageError
        Where `by` is empty or an identity number, or a run is as known after today.
    NotAllowed
        Where `by` is no grader.
    InputError
        Where the snapshot differs from what was graded, a file is missing or damaged, or the rows of a run were deleted
        when their retention ended.
    DifferenceError
        Where a run is not reproduced as it was written, or was kept before with other rows.

    Examples
    --------
    >>> [run.pinned for run in keep(store, log, "out", "snapshot", by="li.na")]  # doctest: +SKIP
    ['tax@2014']
    """
    folder, place = Path(grading_dir), Path(snapshot_dir).resolve()
    named(by)
    whole = read_manifest(folder)
    runs: dict[str, dict[str, Any]] = whole.get("schemes") or {str(whole["scheme"]).partition("@")[0]: whole}
    made_up = {"made_up": True} if whole.get("made_up") else {}
    runs = {name: {**run, **made_up} for name, run in runs.items()}
    snapshot = read_snapshot(place, verify=True)
    for name, run in runs.items():
        if not snapshot.has_hash(run.get("snapshot_hash")):
            raise InputError(
                f"the snapshot is not the one that was graded under {name}",
                where=f"{place}: {snapshot.in_format(str(run.get('snapshot_hash'))).content_hash()}",
                allowed=str(run.get("snapshot_hash")),
                next="give the snapshot from which this folder was graded",
            )
    for name, run in runs.items():
        check_day_has_come(date.fromisoformat(str(run["known_at"])), f"known_at of the run under {name}")
    if check:
        _computed_again(folder, snapshot, schemes)
    hashes = {name: _hashes(folder, name, "schemes" in whole) for name in runs}
    known = {run.run_id: run for run in kept_runs(store)}
    over = sorted(expired_runs(log) & {str(run["run_id"]) for run in runs.values()})
    if over:
        raise InputError(
            f"run {over[0]} was kept before, and its rows were deleted when their retention ended",
            where=str(folder),
            allowed="its entry in the log and its hashes remain",
            next="grade again as known today, and keep that",
        )
    new = [name for name in runs if not _repeated(known.get(str(runs[name]["run_id"])), hashes[name], folder)]
    payload = [
        {
            "run_id": runs[name]["run_id"],
            "scheme": runs[name]["scheme"],
            "period": str(runs[name]["period"]),
            "known_at": str(runs[name]["known_at"]),
            "snapshot_hash": runs[name]["snapshot_hash"],
            "checked": check,
            "manifest_hash": hash_text(canonical(_manifest(runs[name]))),
            **{f"{table}_hash": hashes[name][table] for table in TABLES},
            **({"accepted": runs[name]["accepted"]} if runs[name].get("accepted") else {}),
        }
        for name in new
    ]
    if new:
        with log.act(by, ROLE, "grading.keep", ", ".join(row["run_id"] for row in payload), payload) as act:
            for name in new:
                _copy(act.con, folder, name, runs[name], hashes[name], "schemes" in whole)
                row = _row(name, runs[name], hashes[name], place, by, act.entry.seq)
                act.con.execute(f"INSERT INTO run_runs VALUES ({', '.join('?' * len(row))})", row)
    wanted = {str(run["run_id"]) for run in runs.values()}
    return [run for run in kept_runs(store) if run.run_id in wanted]


def named(by: str) -> None:
    """UsageError where who keeps something is not named by an account."""
    if not by.strip() or is_resident(by):
        raise UsageError("nobody is named", allowed="an account, and no identity number", next="give --by PERSON")


def kept_runs(store: Database) -> list[KeptRun]:
    """All runs in the order in which they were kept."""
    listed = ", ".join(quote(name) for name in COLUMNS)
    rows = store.rows(f"SELECT {listed} FROM run_runs ORDER BY kept_at_seq, run_id")
    return [KeptRun(**_read(dict(zip(COLUMNS, row, strict=True)))) for row in rows]


def kept_run(store: Database, run_id: str) -> KeptRun:
    """The run of that id (or of its first characters, where they name one); UsageError for none or several."""
    runs = kept_runs(store)
    archived_runs = [run for run in runs if run_id and run.run_id.startswith(run_id)]
    if len(archived_runs) != 1:
        raise UsageError(
            f"{'several runs begin' if archived_runs else 'no kept run begins'} with {run_id!r}",
            where=str(store.path),
            allowed=", ".join(run.run_id for run in archived_runs or runs) or "nothing is kept yet",
            next="`creditscore runs --store F` lists them",
        )
    return archived_runs[0]


def kept_rows(store: Database, run_id: str, table: str, subject_id: str) -> list[dict[str, Any]]:
    """The rows of one subject of a kept run; `table` is grades or ledger, in the order of the run."""
    names = TABLES[table]
    listed = ", ".join(quote(name) for name in names)
    rows = store.rows(
        f"SELECT {listed} FROM run_{table} WHERE run_id = ? AND subject_id = ? ORDER BY place", [run_id, subject_id]
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def kept_grade(store: Database, run_id: str, subject_id: str) -> dict[str, Any]:
    """The grade of one subject in a kept run; UsageError where there is none, or none any more."""
    rows = kept_rows(store, run_id, "grades", subject_id)
    if not rows:
        still_held(store, run_id)
        raise UsageError(f"run {run_id} did not grade {subject_id!r}", next="check the id, or name another run")
    return rows[0]


def still_held(store: Database, run_id: str) -> None:
    """UsageError where the rows of a run were deleted because their retention had ended."""
    if not store.rows("SELECT 1 FROM run_grades WHERE run_id = ? LIMIT 1", [run_id]):
        raise UsageError(
            f"the rows of run {run_id} were deleted when their retention ended",
            where=str(store.path),
            allowed="its entry in the log and its hashes remain",
            next="name a run whose rows are still held",
        )


def changed_runs(store: Database, log: Log) -> list[tuple[str, str]]:
    """(run id, what) for each run whose rows are no more what its log entry says; empty when all is as it was kept."""
    changed_run_rows: list[tuple[str, str]] = []
    acts = log.entries(action="grading.keep")
    done = {entry.refers_to for entry in acts if entry.phase == "done"}
    rows = {
        str(row["run_id"]): (entry, row)
        for entry in acts
        if entry.seq in done and isinstance(entry.data, list)
        for row in entry.data
    }
    over = expired_runs(log)
    runs = kept_runs(store)
    gone = rows.keys() - {run.run_id for run in runs} - over
    changed_run_rows += [(run_id, "the run is gone") for run_id in sorted(gone)]
    for run in runs:
        if run.run_id in over:
            continue
        if run.run_id not in rows:
            changed_run_rows.append((run.run_id, "no entry of the log speaks of it"))
            continue
        entry, pair = rows[run.run_id]
        stands = {
            **{
                name: getattr(run, name)
                for name in ("grades_hash", "ledger_hash", "snapshot_hash", "period", "known_at")
            },
            "scheme": f"{run.scheme}@{run.version}",
            "manifest_hash": hash_text(canonical(dict(run.manifest))),
        }
        changed_run_rows += [(run.run_id, name) for name, value in stands.items() if pair.get(name, value) != value]
        if (run.kept_by, run.kept_at_seq) != (entry.actor.strip(), entry.seq):
            changed_run_rows.append((run.run_id, "kept_by"))
        for table in TABLES:
            if stored_hash(store.con, table, run.run_id) != pair[f"{table}_hash"]:
                changed_run_rows.append((run.run_id, f"{table} rows"))
    ids = {run.run_id for run in runs}
    for table in TABLES:
        stray = store.rows(f"SELECT DISTINCT run_id FROM run_{table}")
        changed_run_rows += [(value, f"{table} rows of no kept run") for (value,) in stray if value not in ids]
    return changed_run_rows


def expired_runs(log: Log) -> set[str]:
    """Runs whose retention has ended: their rows were deleted, the entry and its hashes remain."""
    entries = log.entries(action="grading.keep")
    return {run for entry in entries if entry.payload is None for run in entry.subject.split(", ")}


def snapshot_of(run: KeptRun, place: Path | str | None = None) -> Snapshot:
    """The snapshot of a run, from where it lay or from `place`; InputError where it is gone or another one."""
    snapshot = read_snapshot(place or run.snapshot_path)
    if not snapshot.has_hash(run.snapshot_hash):
        raise InputError(
            f"the snapshot is not the one of run {run.run_id}",
            where=f"{place or run.snapshot_path}: {snapshot.in_format(run.snapshot_hash).content_hash()}",
            allowed=run.snapshot_hash,
            next="give --snapshot DIR with the snapshot that was graded",
        )
    return as_graded(snapshot, run.manifest)


def _computed_again(folder: Path, snapshot: Snapshot, schemes: Mapping[str, Scheme] | None) -> None:
    again = reproduce(folder, snapshot, dict(schemes or {}))
    if again.ok:
        return
    cause = again.causes[0]
    raise DifferenceError(
        f"run {again.run_id} does not come out of its snapshot as it was written ({cause.what})",
        where=str(folder),
        next="`creditscore reproduce` names the first difference; grade again and keep that",
    )


def _repeated(archived_run: KeptRun | None, hashes: Mapping[str, str], folder: Path) -> bool:
    if archived_run is None:
        return False
    if (archived_run.grades_hash, archived_run.ledger_hash) != (hashes["grades"], hashes["ledger"]):
        raise DifferenceError(
            f"run {archived_run.run_id} is kept already, with other rows",
            where=str(folder),
            next="one of the two was changed after it was graded; `creditscore reproduce` says which",
        )
    return True


def _source(con: duckdb.DuckDBPyConnection, folder: Path, table: str, name: str, several: bool) -> str:
    path = folder / f"{table}.parquet"
    if not path.is_file():
        raise InputError(f"{path.name} not found", where=str(folder), next="grade again with --out, with a ledger")
    only = f" WHERE scheme = {literal(name)}" if several else ""
    rows = f"read_parquet({literal(str(path))}, file_row_number = true)"
    there = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    cells = ", ".join(
        f"CAST({quote(name) if name in there or name not in LATER else 'NULL'} AS {kind}) AS {quote(name)}"
        for name, kind in TABLES[table].items()
    )
    return f"(SELECT {cells}, file_row_number AS place FROM {rows}{only})"


def _hashes(folder: Path, name: str, several: bool) -> dict[str, str]:
    import duckdb

    with duckdb.connect() as con, outside("the grading", folder, "grade again with --out"):
        return {
            table: table_hash(con, _source(con, folder, table, name, several), columns)
            for table, columns in TABLES.items()
        }


def _copy(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    name: str,
    run: Mapping[str, Any],
    hashes: Mapping[str, str],
    several: bool,
) -> None:
    """The rows of one run, and the proof that what stands in the store is what its log entry states."""
    for table, columns in TABLES.items():
        listed = ", ".join(quote(column) for column in columns)
        con.execute(
            f"INSERT INTO run_{table} (run_id, place, {listed}) SELECT ?, row_number() OVER (ORDER BY place) - 1,"
            f" {listed} FROM {_source(con, folder, table, name, several)} ORDER BY place",
            [str(run["run_id"])],
        )
        if stored_hash(con, table, str(run["run_id"])) != hashes[table]:
            raise StoreError(f"the {table} changed while they were kept", where=str(folder), next="keep it again")


def _manifest(run: Mapping[str, Any]) -> dict[str, Any]:
    """What of a manifest is kept: all but the times that the run took."""
    return {key: value for key, value in run.items() if key != "timings"}


def _row(name: str, run: Mapping[str, Any], hashes: Mapping[str, str], place: Path, by: str, seq: int) -> list[Any]:
    version = str(run["scheme"]).partition("@")[2]
    return [
        str(run["run_id"]),
        name,
        version,
        str(run["period"]),
        str(run["known_at"]),
        canonical(_manifest(run)),
        hashes["grades"],
        hashes["ledger"],
        run["snapshot_hash"],
        str(place),
        by.strip(),
        seq,
    ]


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "known_at": row["known_at"].isoformat(), "manifest": json.loads(row["manifest"])}


def grade_arguments(run: KeptRun, schemes: Mapping[str, Scheme] | None) -> dict[str, Any]:
    """Scheme and period of a run, as `grade` takes them."""
    scheme: str | Scheme = (schemes or {}).get(run.scheme, run.scheme)
    kind = scheme.period if isinstance(scheme, Scheme) else registry.versions(run.scheme)[0].period
    if kind == "year":
        return {"scheme": scheme, "period": run.period}
    return {"scheme": scheme, "as_of": run.manifest["as_of"]}

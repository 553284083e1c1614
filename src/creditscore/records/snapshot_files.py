"""A snapshot on disk: one Parquet file per table, the log sorted by subject, and snapshot.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from creditscore.core.boundary import guarded, outside
from creditscore.core.days import read_day
from creditscore.core.errors import InputError
from creditscore.core.folders import whole
from creditscore.core.json_source import read_object
from creditscore.core.tables.table import literal, quote
from creditscore.records.auxiliary_tables import COLUMNS as SIDE_TABLES
from creditscore.records.digest import format_of
from creditscore.records.intake import connect
from creditscore.records.log import show_log
from creditscore.records.refused import REFUSED_ROWS, create_refused, take_from_quarantine
from creditscore.records.schema import ATTRIBUTE_PREFIX, FIRST_OF_DAYS, QUARANTINE
from creditscore.records.snapshot import Snapshot
from creditscore.records.subjects import COLUMNS as SUBJECTS
from creditscore.records.subjects import SubjectIds

if TYPE_CHECKING:
    import duckdb

FORMAT = "creditscore-snapshot"
VERSION = 1
MANIFEST = "snapshot.json"
ORDER = {
    "subjects": "sid",
    "attributes": "ALL",
    "listings": "ALL",
    "history": "ALL",
    "feeds": "ALL",
    "quarantine": "ALL",
    "refused_rows": "ALL",
}
LATER = {"refused_rows"}  # earlier versions wrote no such file
EVENTS = "events.parquet"
AGAIN = "write the snapshot again from its input"
NEEDED: dict[str, type] = {  # what snapshot.json says, and as what
    "log_columns": list,
    "attribute_columns": list,
    "domains": list,
    "items": list,
    "newest_day": int,
    "counts": dict,
    "rows": dict,
    "inputs": dict,
    "subject_ids": str,
    "content_hash": str,
}
TABLES = {"subjects": SUBJECTS, **SIDE_TABLES, "quarantine": QUARANTINE, "refused_rows": REFUSED_ROWS}


@guarded("writing the snapshot")
def write_snapshot(snapshot: Snapshot, out_dir: str | Path, failed: str | None = None) -> dict[str, Any]:
    """Write a snapshot to a folder: one Parquet file per table and `snapshot.json`, all or nothing.

    `rk` is numbered anew in the order of the file: subject, day, record, event.

    Parameters
    ----------
    snapshot
        What `ingest` or `read_snapshot` returned.
    out_dir
        A new or empty folder, or one with an earlier snapshot, which is replaced as a whole.
    failed
        Why this is no usable snapshot: only the quarantine is written then, and a manifest with that reason. None:
        write the snapshot.

    Returns
    -------
    dict
        The manifest, as `snapshot.json` holds it.

    Raises
    ------
    UsageError
        Where the folder holds something else, or cannot be written.

    Examples
    --------
    >>> write_snapshot(ingest("subjects.csv", "records.csv"), "snapshot")["rows"]["subjects"]  # doctest: +SKIP
    2
    """
    with whole(out_dir, MANIFEST) as work:
        if failed:
            _copy(snapshot.con, f"SELECT * FROM {snapshot.quarantine} ORDER BY ALL", work / "quarantine.parquet")
            manifest = {"format": FORMAT, "format_version": VERSION, "failed": failed}
            (work / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            return manifest
        columns = _write_log(snapshot, work / "log.parquet")
        for table, order in ORDER.items():
            _copy(snapshot.con, f"SELECT * FROM {table} ORDER BY {order}", work / f"{table}.parquet")
        manifest = {
            "format": FORMAT,
            "format_version": VERSION,
            "content_hash": snapshot.content_hash(),
            "subject_ids": snapshot.subject_ids,
            "newest_day": snapshot.newest_day,
            "newest_date": snapshot.newest_date.isoformat(),
            "intake_on": snapshot.intake_on.isoformat(),
            "items": list(snapshot.items),
            "domains": list(snapshot.domains),
            "attribute_columns": list(snapshot.attribute_columns),
            "log_columns": columns,
            "counts": {name: dict(counts) for name, counts in snapshot.counts.items()},
            "rows": {table: snapshot.rows(table) for table in ("log", *ORDER)},
            "inputs": {name: dict(facts) for name, facts in snapshot.inputs.items()},
            **({"made_up": True} if snapshot.made_up else {}),
        }
        (work / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return manifest


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")


def _write_log(snapshot: Snapshot, path: Path) -> list[str]:
    """Sort and write the log; returns the columns written. Columns that are constants are left out.

    Records of several events get a file of their own: folding reads only them as events.
    """
    con = snapshot.con
    columns = [name for name in snapshot.log_columns if name != "rk"]
    names = ", ".join(quote(name) for name in columns + [ATTRIBUTE_PREFIX + a for a in snapshot.attribute_columns])
    days = [name for name in FIRST_OF_DAYS if name in columns]
    day = f" coalesce({', '.join(days)}, 0)," if days else ""  # a constant would be read as the number of a column
    no = ", event_no" if "event_no" in columns else ""
    several = "single" in columns
    key = ", rk AS old_rk" if several else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE sorted AS SELECT {names}{key}, row FROM {snapshot.log}"
        f" ORDER BY sid,{day} record_id{no}"
    )
    rk, joins = "s.rowid", ""
    if several:
        joins = " LEFT JOIN first_place f ON NOT s.single AND f.old_rk = s.old_rk"
        con.execute(
            "CREATE OR REPLACE TEMP TABLE first_place AS SELECT old_rk, min(rowid) AS rk FROM sorted"
            " WHERE NOT single GROUP BY old_rk"
        )
        rk = "coalesce(f.rk, s.rowid)"
    order = " ORDER BY s.rowid" if several else ""
    parts = ((path, " WHERE s.single"), (path.with_name(EVENTS), " WHERE NOT s.single")) if several else ((path, ""),)
    for file, which in parts:
        _copy(con, f"SELECT {rk} AS rk, {names}, row FROM sorted s{joins}{which}{order}", file)
    con.execute("DROP TABLE sorted; DROP TABLE IF EXISTS first_place")
    return ["rk", *columns]


@guarded("the snapshot")
def read_snapshot(
    folder: str | Path,
    con: duckdb.DuckDBPyConnection | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    verify: bool = False,
) -> Snapshot:
    """Open a written snapshot as views over its files; rows are read when they are needed.

    Parameters
    ----------
    folder
        What `write_snapshot` or `creditscore records snapshot --out` wrote.
    con
        The DuckDB connection to use; None: a new one.
    threads, memory_limit
        What the engine may use: a number from 1, and a size such as `4GB`; None: its own choice.
    verify
        Whether to compute the content hash and the numbers of rows again and compare them with the manifest.

    Returns
    -------
    Snapshot
        What `grade` and `grade_all` take.

    Raises
    ------
    InputError
        Where the folder holds no snapshot, a damaged or failed one, one of another format version or, with `verify`,
        one of other content than its manifest states.
    UsageError
        For `threads` or `memory_limit` that the engine does not take.

    Examples
    --------
    >>> read_snapshot("snapshot", verify=True).rows("subjects")  # doctest: +SKIP
    2
    """
    folder = Path(folder).resolve()
    manifest = _read_manifest(folder)
    con = connect(con, threads, memory_limit)
    with outside("the snapshot", folder, AGAIN):  # columns that its files do not have, or files that are none
        return _opened(folder, manifest, con, verify)


def _opened(folder: Path, manifest: dict[str, Any], con: duckdb.DuckDBPyConnection, verify: bool) -> Snapshot:
    needed = [f"{table}.parquet" for table in ("log", *ORDER) if table in manifest["rows"] or table not in LATER]
    needed += [EVENTS] if "single" in manifest["log_columns"] else []
    for file in (folder / name for name in needed):
        if not file.is_file():
            raise InputError("records.file_snapshot_missing", where=str(file))
    for table in (name for name in ("log", *ORDER) if f"{name}.parquet" in needed):
        file = folder / f"{table}.parquet"
        name = "log_rows" if table == "log" else table
        rows = f"SELECT * FROM read_parquet({literal(str(file))})"
        if table == "log" and "single" in manifest["log_columns"]:
            several = literal(str(folder / EVENTS))
            rows = (
                f"SELECT * REPLACE (true AS single) FROM read_parquet({literal(str(file))})"
                f" UNION ALL SELECT * REPLACE (false AS single) FROM read_parquet({several})"
            )
        con.execute(f"CREATE OR REPLACE VIEW {name} AS {rows}")
        _check_columns(con, table, file)
    if "refused_rows.parquet" not in needed:
        create_refused(con)
        take_from_quarantine(con)
    attributes = tuple(manifest["attribute_columns"])
    show_log(con, "log_rows", manifest["log_columns"], attributes, "row")
    snapshot = Snapshot(
        con=con,
        domains=tuple(manifest["domains"]),
        items=tuple(manifest["items"]),
        attribute_columns=attributes,
        newest_day=manifest["newest_day"],
        counts=manifest["counts"],
        inputs=manifest["inputs"],
        subject_ids=manifest["subject_ids"],
        log_columns=tuple(manifest["log_columns"]),
        in_order=True,
        made_up=bool(manifest.get("made_up", False)),
        intake_day=_intake_day(folder, manifest),
        known_hashes={format_of(manifest["content_hash"]): manifest["content_hash"]},
    )
    _check_counts(snapshot, folder)
    if verify and snapshot.computed_hash(format_of(manifest["content_hash"])) != manifest["content_hash"]:
        raise InputError("records.files_snapshot_not_match_hash", where=str(folder))
    if verify and manifest["rows"] != {table: snapshot.rows(table) for table in manifest["rows"]}:
        raise InputError("records.counts_other_rows_files", manifest=MANIFEST, where=str(folder))
    return snapshot


def _check_columns(con: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    """InputError when a file lacks a column: damaged, or written by something else."""
    needed = [column.split()[0].strip('"') for column in TABLES[table].split(", ")] if table in TABLES else []
    there = {row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()} if needed else set()
    lacking = [name for name in needed if name not in there]
    if lacking:
        raise InputError("records.file_snapshot_lacks", listed=", ".join(lacking), where=str(file))


def _check_counts(snapshot: Snapshot, folder: Path) -> None:
    """InputError when the rows that were read in are not those of the file, the refused and the repeated ones."""
    for table, file in (("subjects", "subjects"), ("records", "log")):
        counted = snapshot.counts.get(table, {})
        rows = snapshot.rows(file) + counted.get("refused", 0) + counted.get("repeated", 0)
        if counted.get("rows", 0) != rows:
            raise InputError(
                "records.counts_rows_files_counts_refused_repeated",
                manifest=MANIFEST,
                counted=counted.get("rows", 0),
                table=table,
                rows=rows,
                where=str(folder),
            )


def _intake_day(folder: Path, manifest: dict[str, Any]) -> int | None:
    """The day of intake; None in a snapshot of an earlier version, which does not say it."""
    if "intake_on" not in manifest:
        return None
    try:
        return read_day(manifest["intake_on"])
    except (TypeError, ValueError) as error:
        raise InputError("records.not_say_intake", manifest=MANIFEST, where=str(folder)) from error


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).is_file():
        raise InputError("records.no_snapshot_here", manifest=MANIFEST, where=str(folder))
    manifest = read_object(folder / MANIFEST, next=AGAIN)
    if manifest.get("format") != FORMAT or manifest.get("format_version") != VERSION:
        raise InputError(
            "records.snapshot_format",
            manifest=manifest.get("format"),
            manifest_2=manifest.get("format_version"),
            format=FORMAT,
            version=VERSION,
            where=str(folder),
        )
    if "failed" in manifest:
        raise InputError(
            "records.no_snapshot_written_here", failed=manifest["failed"], where=str(folder / "quarantine.parquet")
        )
    wrong = [name for name, kind in NEEDED.items() if not isinstance(manifest.get(name), kind)]
    if "subject_ids" not in wrong and manifest["subject_ids"] not in get_args(SubjectIds):
        wrong.append("subject_ids")
    texts = ("log_columns", "attribute_columns", "domains", "items")
    wrong += [
        name for name in texts if name not in wrong and not all(isinstance(value, str) for value in manifest[name])
    ]
    tables = ("counts", "inputs")
    wrong += [
        name
        for name in tables
        if name not in wrong and not all(isinstance(value, dict) for value in manifest[name].values())
    ]
    numbers = [] if "counts" in wrong else [n for counted in manifest["counts"].values() for n in counted.values()]
    wrong += [] if all(type(n) is int for n in numbers) else ["counts"]
    if wrong:
        raise InputError("records.not_say", manifest=MANIFEST, listed=", ".join(wrong), where=str(folder))
    return manifest

"""A store copied into a folder beside running writers, and made again on either database, proved by `verify`."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from creditscore.core.atomic import write_json
from creditscore.core.boundary import described
from creditscore.core.clock import now
from creditscore.core.errors import InputError, StoreError, UsageError
from creditscore.core.folders import whole
from creditscore.store.archive.files import Archive
from creditscore.store.context import Registry
from creditscore.store.database import Database
from creditscore.store.formats import NEWEST, bring_up_to_date, require_known
from creditscore.store.keys import Key
from creditscore.store.log import Log
from creditscore.store.store import Store
from creditscore.store.tables import event, head
from creditscore.store.verification import Verification
from creditscore.store.verify import verify

MANIFEST, EVENTS, FILES = "backup.json", "events.jsonl.gz", "archive"
FORMAT = 1
ROWS = 5000


def back_up(store: Store, folder: str | os.PathLike[str], *, with_archive: bool = True) -> dict[str, Any]:
    """Copy a store into a new folder; writers go on meanwhile.

    Parameters
    ----------
    store
        The open store.
    folder
        Where it goes; nothing may be there.
    with_archive
        Whether the files of its archive go with it.

    Returns
    -------
    dict
        What the manifest says: the log, how far it goes, its head as a note, the hash of the file of events, how many
        files of the archive.
    """
    if (Path(folder) / MANIFEST).exists():
        raise UsageError("store.backup_lies_already", where=str(folder))
    with (
        whole(Path(folder), MANIFEST) as place,
        store.reading() as connection,
        Log.read_rows(connection) as rows,
    ):
        newest = store.log.read_head(connection)
        line = dict(connection.execute(sa.select(head)).mappings().one())
        with gzip.open(place / EVENTS, "wt", encoding="utf-8", newline="\n", compresslevel=3) as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        count = _copy_archive(store.archive, Archive(place / FILES)) if with_archive and _has_archive(store) else 0
        manifest = {
            "format": FORMAT,
            "schema": NEWEST,
            "made_at": now().isoformat(timespec="seconds"),
            "log": newest.log_id,
            "size": newest.size,
            "head": line,
            "events_sha256": _hash_file(place / EVENTS),
            "archive_files": count,
        }
        write_json(place / MANIFEST, manifest)
    return manifest


def restore(
    folder: str | os.PathLike[str],
    address: str | os.PathLike[str],
    registry: Registry | None = None,
    *,
    archive: str | os.PathLike[str] | None = None,
    key: Key | None = None,
    witnesses: tuple[str, ...] = (),
    anchors: Iterable[str] = (),
) -> Verification:
    """Make a store again from a folder that `back_up` wrote, on either database, and check all of it.

    Parameters
    ----------
    folder
        The backup.
    address
        Where the store goes; nothing may be there.
    registry
        The workflows that run on it.
    archive
        Where its files go; as in `Store`.
    key, witnesses
        As in `Store`.
    anchors
        As in `verify`.

    Returns
    -------
    Verification
        What the check found. Faults of the sort `anchor` say that a witness has seen another log, or more of it: then
        the backup is older than what was lost.

    Raises
    ------
    InputError
        For a folder that is no backup, or a file in it that is not what it was.
    StoreError
        Where something lies at the address.
    """
    place = Path(folder)
    manifest = _read_manifest(place)
    database = Database(address)
    try:
        _require_empty(database)
        bring_up_to_date(database)
        with database.write() as connection:
            rows: list[dict[str, Any]] = []
            for row in _read_rows(place / EVENTS):
                rows.append(row)
                if len(rows) == ROWS:
                    connection.execute(event.insert(), rows)
                    rows = []
            if rows:
                connection.execute(event.insert(), rows)
            connection.execute(head.insert(), manifest["head"])
    finally:
        database.close()
    with Store(address, registry, key=key, create=False, archive=archive, witnesses=witnesses) as store:
        if (place / FILES).is_dir():
            _copy_archive(Archive(place / FILES), store.archive)
        return verify(store, anchors=anchors)


def _has_archive(store: Store) -> bool:
    """Whether an archive is named or lies beside the file; asking for it makes none."""
    try:
        return bool(store.archive.names())
    except UsageError:  # none is named
        return False


def _copy_archive(source: Archive, target: Archive) -> int:
    names = source.names()
    for name in names:
        if not target.has(name):
            target.put_bytes(source.read_bytes(name))
    return len(names)


def _read_manifest(place: Path) -> dict[str, Any]:
    """Read what a backup says of itself, and check that its events are those that were written."""
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        known, digest = manifest["format"] == FORMAT and manifest["schema"] == NEWEST, manifest["events_sha256"]
        is_same = _hash_file(place / EVENTS) == digest
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("store.no_whole_backup", described=described(error), where=str(place)) from error
    if not known or not is_same:
        raise InputError(
            "the events of the backup are not those that were written" if known else "the backup has another format",
            where=str(place),
            allowed=f"format {FORMAT}, unchanged",
            next="take another backup" if known else "use the version of creditscore that wrote it, or a newer one",
        )
    return dict(manifest)


def _read_rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield json.loads(line)


def _require_empty(database: Database) -> None:
    require_known(database)
    is_there = database.recognise() == "database"
    if is_there:
        with database.read() as connection:
            tables = {*sa.inspect(connection).get_table_names()}
            is_there = bool(tables)
            if {event.name, head.name} <= tables:  # a restore that was broken off has left no event
                is_there = connection.execute(sa.select(event.c.seq).limit(1)).first() is not None
    if is_there:
        raise StoreError("store.something_lies_already", where=database.shown)


def _hash_file(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

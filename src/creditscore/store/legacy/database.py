"""The store: one DuckDB file, one writer at a time, and nothing acknowledged is lost when a process dies."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import described, guarded, require_plain, translate
from creditscore.core.errors import CreditscoreError, StoreBusy, StoreError, UsageError
from creditscore.core.tables.table import literal, quote
from creditscore.store.legacy.migrations import MIGRATIONS

if TYPE_CHECKING:
    import duckdb

MAGIC_PLACE, MAGIC_WORD = slice(8, 12), b"DUCK"  # how a file of the engine begins, behind its checksum
FORMAT = "creditscore-store"
OPEN: dict[Path, int] = {}  # files that this process holds open: the number of readers, or WRITER
WRITER = -1
GUARD = threading.Lock()


class Database:
    """An open store, one DuckDB file with one writer at a time; use it as a context manager.

    Opening brings an older format up to date. A transaction that has returned is on disk: a process killed at any later
    moment loses nothing of it, and of an unfinished one nothing remains.

    Parameters
    ----------
    path
        The file; it is created where it does not exist, unless `read_only`.
    read_only
        Open for reading only. An older format is then refused and not brought up to date.

    Raises
    ------
    StoreBusy
        Where the file is open for writing elsewhere, or open at all where this one would write.
    StoreError
        Where the file is damaged, is no store, was written by a newer version, cannot be written, or does not exist and
        is opened for reading only.
    UsageError
        Where `path` is a folder, its folder does not exist, or the disk is full or the memory too small.

    Examples
    --------
    >>> with Database("credit.store") as store:  # doctest: +SKIP
    ...     with store.transaction() as con:
    ...         con.execute("INSERT INTO …")
    """

    @guarded("the store")
    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = Path(path).resolve(), read_only
        if self.path.is_dir():
            raise UsageError("a store is a file, and this is a folder", where=str(self.path), next="name the file")
        if read_only and not self.path.is_file():
            raise StoreError("there is no store here", where=str(self.path), next="open it for writing to create it")
        if not self.path.parent.is_dir():
            raise UsageError(
                "the folder of the store does not exist", where=str(self.path.parent), next="make it first"
            )
        self._lock, self._depth = threading.RLock(), 0
        self._con: duckdb.DuckDBPyConnection | None = None
        with GUARD:
            readers = OPEN.get(self.path, 0)
            if readers == WRITER or (readers and not read_only):
                raise _busy(self.path, "this process has it open already")
            self._con = _connect(self.path, read_only)
            OPEN[self.path] = readers + 1 if read_only else WRITER
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The connection, for reading; write inside `transaction`."""
        if self._con is None:
            raise StoreError("the store is closed", where=str(self.path), next="open it again")
        return self._con

    @property
    def in_transaction(self) -> bool:
        """Whether the calling thread is inside `transaction`."""
        with self._lock:
            return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing. An inner transaction is part of the outer one; threads take turns.

        StoreError where the disk refuses what is to be written (no place left, no permission): nothing of it is kept.
        """
        import duckdb

        if self.read_only:
            raise UsageError("the store is open for reading only", where=str(self.path), next="open it for writing")
        with self._lock:
            con = self.con
            if self._depth == 0:
                con.execute("BEGIN TRANSACTION")
            self._depth += 1
            try:
                yield con
            except BaseException as error:
                self._depth -= 1
                if self._depth == 0:
                    with suppress(duckdb.Error):  # the engine ends a transaction itself where the disk has failed
                        con.execute("ROLLBACK")
                    if isinstance(error, duckdb.IOException | duckdb.FatalException):
                        raise _unwritten(self.path, error) from error
                raise
            self._depth -= 1
            if self._depth == 0:
                try:
                    con.execute("COMMIT")
                except duckdb.Error as error:
                    raise _unwritten(self.path, error) from error

    def rows(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """The rows of a SELECT; StoreError when the file turns out to be damaged."""
        import duckdb

        with self._lock:
            try:
                return self.con.execute(sql, values).fetchall()
            except duckdb.Error as error:
                # a block whose checksum is wrong raises the bare class; a table that is gone, that of the catalogue
                bare = (duckdb.Error, duckdb.IOException, duckdb.FatalException, duckdb.InternalException)
                if type(error) in (*bare, duckdb.CatalogException):
                    raise _damaged(self.path, error) from error
                raise

    def compact(self) -> None:
        """Write the file anew with what it holds, so that of deleted rows nothing is left between its pages.

        Killed at any moment, the store is the old file or the new one; both hold the same rows.
        """
        import duckdb

        with self._lock:
            if self.in_transaction:
                raise UsageError("a transaction is open", next="compact after it")
            fresh = self.path.with_name(f".{self.path.name}.fresh")
            try:
                for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):  # of one that was killed
                    left.unlink(missing_ok=True)
                (name,) = self.con.execute("SELECT current_database()").fetchall()[0]
                self.con.execute(f"ATTACH {literal(str(fresh))} AS fresh")
                try:
                    self.con.execute(f"COPY FROM DATABASE {quote(str(name))} TO fresh")
                finally:
                    self.con.execute("DETACH fresh")
                self.con.execute("CHECKPOINT")  # nothing is left to fold into the old file when it is closed
                with fresh.open("rb+") as file:
                    os.fsync(file.fileno())
                shutil.copymode(self.path, fresh)
                fresh.replace(self.path)
            except (duckdb.Error, OSError) as error:
                fresh.unlink(missing_ok=True)
                raise _unwritten(self.path, error) from error
            self.con.close()
            self._con = None
            self._con = _connect(self.path, read_only=False)

    def close(self) -> None:
        """Fold the write-ahead file into the store and let go of it; harmless when done twice."""
        with self._lock:
            if self._con is not None:
                self._con.close()
                self._con = None
                with GUARD:
                    left = OPEN.pop(self.path) - 1
                    if left > 0:
                        OPEN[self.path] = left

    def __enter__(self) -> Database:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _prepare(self) -> None:
        """Check the format; run the migrations that this file has not seen."""
        tables = {name for (name,) in self.rows("SELECT table_name FROM information_schema.tables")}
        if "store_format" not in tables:
            if tables or self.read_only:
                raise StoreError("a DuckDB file, but no store", where=str(self.path), next="choose another file")
            seen = 0
        else:
            rows = self.rows("SELECT format, version FROM store_format ORDER BY version")
            if not rows or {value for value, _ in rows} != {FORMAT}:
                raise StoreError("not a store of this package", where=str(self.path), allowed=FORMAT)
            if [number for _, number in rows] != list(range(1, len(rows) + 1)):
                raise StoreError("the table of formats has gaps", where=str(self.path), next="restore a copy")
            seen = len(rows)
        if seen > len(MIGRATIONS):
            raise StoreError(
                f"the store has format {seen}",
                where=str(self.path),
                allowed=f"up to {len(MIGRATIONS)}",
                next="use a newer version of creditscore",
            )
        if seen < len(MIGRATIONS) and not self.read_only:
            with self.transaction() as con:
                for number in range(seen, len(MIGRATIONS)):
                    con.execute(MIGRATIONS[number])
                    con.execute("INSERT INTO store_format VALUES (?, ?)", [FORMAT, number + 1])
        elif seen < len(MIGRATIONS):
            raise StoreError(f"the store has format {seen}", where=str(self.path), next="open it once for writing")


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    require_plain(path)
    is_new = not path.exists()
    _require_store(path)
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        if is_new:  # nothing of a store that could not be made
            path.unlink(missing_ok=True)
            raise _unwritten(path, error) from error
        if "lock" in str(error).lower():
            raise _busy(path, described(error)) from error
        if not read_only and "permission denied" in str(error).lower():
            raise _unwritten(path, error) from error
        raise _damaged(path, error) from error
    except duckdb.Error as error:
        raise _damaged(path, error) from error


def _require_store(path: Path) -> None:
    """StoreError where a file that is there is none of the engine; of a CSV file it would make a store in memory."""
    try:
        with path.open("rb") as file:
            head = file.read(MAGIC_PLACE.stop)
    except OSError:  # not there, or the engine says why it cannot be opened
        return
    if head and head[MAGIC_PLACE] != MAGIC_WORD:
        raise StoreError(
            "the store cannot be read: the file is no store, or its beginning is damaged",
            where=str(path),
            allowed="a file that a command with --store made",
            next="check the path; of a damaged store restore a copy, then compare it with the newest checkpoint",
        )


def _busy(path: Path, detail: str) -> StoreBusy:
    return StoreBusy(
        "somebody else writes to the store",
        where=f"{path} ({detail})",
        allowed="one writer at a time, and no reader beside it",
        next="wait until the other command has ended, and try again",
    )


def _unwritten(path: Path, error: Exception) -> CreditscoreError:
    """What a write that failed comes to: of a full disk or too little memory a usage error, as everywhere."""
    of_machine = isinstance(translate(error), UsageError)
    return (UsageError if of_machine else StoreError)(
        "the store cannot be written, and nothing of this was kept",
        where=f"{path} ({described(error)})",
        allowed="a file and a folder that may be written, with room on the disk",
        next="put that right and try again",
    )


def _damaged(path: Path, error: Exception) -> StoreError:
    return StoreError(
        "the store cannot be read",
        where=f"{path} ({described(error)})",
        next=(
            f"{path.name}.wal belongs to another copy: move it aside where only the store was restored, or restore both"
            if "WAL" in str(error) and "does not match the database file" in str(error)
            else "restore a copy, then compare it with the newest checkpoint"
        ),
    )

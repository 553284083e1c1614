"""One database of events: SQLite in a file or PostgreSQL by its address; one writer at a time, readers never wait."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from creditscore.core.boundary import described, guarded, require_plain
from creditscore.core.errors import CreditscoreError, StoreBusy, StoreError, UsageError

try:
    import fcntl
except ImportError:  # no file locks on this system: SQLite's own waiting has to do
    fcntl = None  # type: ignore[assignment]

WAIT = 30.0  # seconds a writer waits for the others
QUIET = 2.0  # seconds after which waiting is said
DRIVERS = {"sqlite": "sqlite", "postgresql+psycopg": "postgresql"}
FORMS = "a path, sqlite:///PATH, or postgresql+psycopg://USER@HOST/DATABASE"
MAGIC_SQLITE, MAGIC_FIRST_STORE = b"SQLite format 3\0", b"DUCK"
# What an error is about: by the SQLSTATE of PostgreSQL, by the primary result code of SQLite
SORTS: dict[str | int, str] = {
    **dict.fromkeys(("55P03", sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), "busy"),
    **dict.fromkeys(("53100", sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR), "full"),
    **dict.fromkeys(
        ("42501", "25006", sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN), "denied"
    ),
    **dict.fromkeys((sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT), "damaged"),
}


def parse_address(address: str | os.PathLike[str]) -> sa.URL:
    """Return the address of a database; a bare path is SQLite.

    Parameters
    ----------
    address
        A path, `sqlite:///PATH` or `postgresql+psycopg://USER@HOST/DATABASE`. A password is better left to the
        environment (`PGPASSWORD`, `~/.pgpass`).

    Returns
    -------
    sqlalchemy.URL
        Its form for SQLAlchemy; a password in it is not shown.

    Raises
    ------
    UsageError
        For an address of another kind, a database in memory, or a folder.

    Examples
    --------
    >>> str(parse_address("credit.db"))
    'sqlite:///credit.db'
    """
    text = os.fspath(address)
    if "://" not in text:
        require_plain(text)
        text = f"sqlite:///{text}"
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        raise UsageError("store.no_address_store") from error
    if url.drivername not in DRIVERS:
        raise UsageError("store.store_cannot_lie", drivername=url.drivername)
    if DRIVERS[url.drivername] == "sqlite":
        if not url.database or url.database == ":memory:" or url.query:
            raise UsageError("store.store_needs_file_own", where=text)
        if Path(url.database).is_dir():
            raise UsageError("store.store_folder", where=url.database)
    elif not url.database:
        raise UsageError("store.address_names_no_database", where=show_address(url))
    return url


def show_address(url: sa.URL) -> str:
    """Return an address without its password."""
    return url.database or "" if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def find_sort(error: Exception) -> str:
    """Say what an error of a driver is about, whatever language the server speaks.

    Returns
    -------
    str
        `busy`, `full`, `denied` or `damaged`; empty for all others.
    """
    own = getattr(error, "orig", None)
    code = getattr(own, "sqlstate", None) or getattr(own, "sqlite_errorcode", 0) & 0xFF
    return SORTS.get(code, "")


def _take_at_once(line: int, lock: int) -> bool:
    """Take both locks if nobody has them, and let the first go again."""
    with suppress(BlockingIOError):
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            fcntl.flock(line, fcntl.LOCK_UN)
        return True
    return False


def _wait_for_turn(line: int, lock: int, has_turn: threading.Event) -> None:
    """Wait for both locks, under handles of its own."""
    try:
        fcntl.flock(line, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(line, fcntl.LOCK_UN)
        has_turn.set()  # the lock is let go where the last handle is closed: that of who waited, in time or not
    finally:
        os.close(line)
        os.close(lock)


class Database:
    """Connections to one database, for reading and for the one writer.

    Parameters
    ----------
    address
        As `parse_address` takes it.
    wait
        Seconds that a writer waits for the others before it gives up.
    say_waiting
        Called once with a sentence when a writer has waited for two seconds.

    Examples
    --------
    >>> with Database("credit.db").write() as connection:  # doctest: +SKIP
    ...     connection.execute(...)
    """

    def __init__(
        self,
        address: str | os.PathLike[str],
        *,
        wait: float = WAIT,
        say_waiting: Callable[[str], None] | None = None,
    ) -> None:
        self.url = parse_address(address)
        self.is_sqlite = DRIVERS[self.url.drivername] == "sqlite"
        self.shown = show_address(self.url)
        self.wait, self.say_waiting = wait, say_waiting or (lambda sentence: None)
        self._writer = self._engine("IMMEDIATE")
        self._reader = self._engine("DEFERRED")

    @property
    def path(self) -> Path | None:
        """The file; None for PostgreSQL."""
        return Path(str(self.url.database)) if self.is_sqlite else None

    def _engine(self, begin: str) -> sa.Engine:
        if not self.is_sqlite:
            isolation = "READ COMMITTED" if begin == "IMMEDIATE" else "REPEATABLE READ"
            try:
                return sa.create_engine(self.url, isolation_level=isolation, pool_pre_ping=True)
            except ImportError as error:
                from creditscore.core.extras import explain_missing

                raise (explain_missing(error) or error) from error
        engine = sa.create_engine(
            self.url,
            connect_args={"timeout": self.wait, "isolation_level": None, "check_same_thread": False},
        )
        sa.event.listen(engine, "connect", self._prepare)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(f"BEGIN {begin}"))
        return engine

    def _prepare(self, connection: Any, _record: Any) -> None:
        """Set what SQLite needs to lose nothing: a write-ahead log and a flush at each commit."""
        pragmas = (f"busy_timeout={int(self.wait * 1000)}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def recognise(self) -> str:
        """Say what lies at the address: `nothing`, `database`, `first store` (of version 0.1) or `something else`."""
        if self.path is None:
            return "database"
        try:
            with self.path.open("rb") as file:
                start = file.read(16)
        except FileNotFoundError:
            return "nothing"
        except OSError as error:
            looped = error.errno == errno.ELOOP
            raise StoreError(
                "the store is a link that leads back to itself" if looped else "the store cannot be read",
                where=self.shown,
                allowed="a file that you may read and write",
                next="name the file itself" if looped else str(error.strerror or error),
            ) from error
        if not start:
            return "nothing"
        if start[8:12] == MAGIC_FIRST_STORE:
            return "first store"
        return "database" if start == MAGIC_SQLITE else "something else"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database until it is left."""
        with self._translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give the connection of the one writer; its changes are on disk once it is left without an error.

        Raises
        ------
        StoreBusy
            Where another writer did not end in time.
        StoreError
            Where the database cannot be written.
        """
        with self._translated(), self._lock(), self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(self.wait * 1000)}ms'")
            yield connection

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Wait in line behind two files: SQLite itself lets one writer starve.

        Who has the first file is next, and waits for the second, which is that of who writes: nobody passes those who
        wait, and the system lets them in in their order.
        """
        if not self.is_sqlite or fcntl is None:
            yield
            return
        with ExitStack() as opened:
            line, lock = (self._open_lock(opened, name) for name in ("line", "lock"))
            began = time.monotonic()
            if not _take_at_once(line, lock):
                self._wait_in_line(line, lock, began)
            yield

    def _open_lock(self, opened: ExitStack, name: str) -> int:
        place = f"{self.path}.{name}"
        try:
            handle = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        except PermissionError:  # somebody else's file: reading is enough for a lock
            handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        opened.callback(os.close, handle)
        return handle

    def _wait_in_line(self, line: int, lock: int, began: float) -> None:
        """Wait in another thread, which can be given up when the time is over: the system's wait has no end."""
        has_turn = threading.Event()
        own = os.dup(line), os.dup(lock), has_turn
        threading.Thread(target=_wait_for_turn, args=own, daemon=True).start()
        if has_turn.wait(min(QUIET, self.wait)):
            return
        self.say_waiting(f"somebody else writes to {self.shown}: waiting for up to {self.wait:.0f} seconds")
        if not has_turn.wait(max(0.0, self.wait - (time.monotonic() - began))):
            raise self._busy()

    def hold(self, connection: sa.Connection, statement: sa.Executable) -> None:
        """Execute a statement that takes a lock of PostgreSQL, and say so where it takes long."""
        if not self.is_sqlite:
            try:
                with connection.begin_nested():
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(1000 * min(QUIET, self.wait))}ms'")
                    connection.execute(statement)
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(1000 * self.wait)}ms'")
                return
            except exc.OperationalError as error:
                if find_sort(error) != "busy" or self.wait <= QUIET:
                    raise
            self.say_waiting(f"somebody else writes to {self.shown}: waiting for up to {self.wait:.0f} seconds")
        connection.execute(statement)

    def _busy(self) -> StoreBusy:
        return StoreBusy("store.somebody_else_writes_store_not_end", wait=self.wait, where=self.shown)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn errors of drivers and of the system into those of the tree, without the address's password."""
        with guarded("the store"):
            try:
                yield
            except exc.DBAPIError as error:
                raise self._explain(error) from error

    def _explain(self, error: exc.DBAPIError) -> CreditscoreError:
        text = described(error.orig) if isinstance(error.orig, Exception) else str(error.orig)
        sort, nothing = find_sort(error), "nothing of this was written"
        if sort == "busy":
            return self._busy()
        if sort == "full":
            return UsageError("store.disk_store_full", nothing=nothing, where=self.shown)
        if sort == "damaged":
            return StoreError("store.store_no_database_damaged", where=self.shown)
        if sort == "denied":
            return StoreError("store.store_cannot_opened_written", text=text[:200], where=self.shown)
        if isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated:
            return StoreError("store.database_not_answer", text=text[:200], where=self.shown)
        return StoreError("store.database_refuses", nothing=nothing, text=text[:200], where=self.shown)

    def close(self) -> None:
        """End all connections."""
        self._writer.dispose()
        self._reader.dispose()

"""A witness in another database: notes in a table to which rows are only added."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import described
from creditscore.core.errors import CreditscoreError, StoreBusy, StoreError, UsageError
from creditscore.core.extras import explain_missing
from creditscore.store.anchors import KINDS, SHOWN, WAIT, check_file_place, hide_credentials, require_note
from creditscore.store.database import find_sort

if TYPE_CHECKING:
    import sqlalchemy as sa

DRIVERS = ("sqlite", "postgresql+psycopg")
TABLE = "CREATE TABLE IF NOT EXISTS anchor (seq {serial}, note TEXT NOT NULL)"
# Rows are added and nothing else
APPEND_ONLY = {
    "sqlite": [
        "CREATE TRIGGER IF NOT EXISTS anchor_no_{act} BEFORE {act} ON anchor"
        " BEGIN SELECT RAISE(ABORT, 'anchors are only added'); END"
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION anchor_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'anchors are only added'; END$$",
        "CREATE OR REPLACE TRIGGER anchor_no_{act} BEFORE {act} ON anchor"
        " FOR EACH STATEMENT EXECUTE FUNCTION anchor_refuse()",
    ],
}
SERIAL = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
PG_LOCK = 0x616E63686F72  # of those who write anchors to one database


class DatabaseWitness:
    """Notes in the table `anchor` of a database, to which rows can only be added.

    Parameters
    ----------
    address
        Of SQLite or PostgreSQL, as SQLAlchemy writes it.
    """

    def __init__(self, address: str) -> None:
        import sqlalchemy as sa

        self.shown = hide_credentials(address)
        try:
            self.url = sa.make_url(address)
        except (sa.exc.ArgumentError, ValueError) as error:
            raise UsageError("store.no_address_database", where=self.shown, allowed=KINDS) from error
        if self.url.drivername not in DRIVERS:
            raise UsageError(
                "store.witness_cannot_lie", drivername=self.url.drivername, where=self.shown, allowed=KINDS
            )
        self.is_sqlite = self.url.drivername == "sqlite"
        if not self.url.database or (self.is_sqlite and (self.url.database == ":memory:" or self.url.query)):
            raise UsageError("store.address_names_no_database_2", where=self.shown, allowed=KINDS)
        with self._failing():
            self.engine = self._make_engine()

    def write(self, note: str) -> None:
        """Add a note; the database has it on its disk when this returns. Raises as `Witness.write` says."""
        import sqlalchemy as sa

        require_note(note)
        self._check_place()
        with self._failing(), self.engine.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{int(WAIT * 1000)}ms'"))
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({PG_LOCK})"))  # order of numbers and commits
            if not sa.inspect(connection).has_table("anchor"):
                self._make_table(connection)
            connection.execute(sa.text("INSERT INTO anchor (note) VALUES (:note)"), {"note": note})

    def read(self) -> list[str]:
        """Give all notes, oldest first. Raises as `Witness.read` says."""
        import sqlalchemy as sa

        self._check_place()
        if self.is_sqlite and not Path(str(self.url.database)).exists():
            return []  # connecting would make the file
        with self._failing(), self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("anchor"):
                return []
            return [str(note) for note in connection.execute(sa.text("SELECT note FROM anchor ORDER BY seq")).scalars()]

    def _make_engine(self) -> sa.Engine:
        import sqlalchemy as sa

        if not self.is_sqlite:
            return sa.create_engine(self.url, poolclass=sa.NullPool, connect_args={"connect_timeout": int(WAIT)})
        engine = sa.create_engine(
            self.url, poolclass=sa.NullPool, connect_args={"timeout": WAIT, "isolation_level": None}
        )
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=FULL"))
        return engine

    def _make_table(self, connection: sa.Connection) -> None:
        """Make the table and what keeps its rows from being changed."""
        kind = connection.dialect.name
        connection.exec_driver_sql(TABLE.format(serial=SERIAL[kind]))
        acts = ("UPDATE", "DELETE") if self.is_sqlite else ("UPDATE", "DELETE", "TRUNCATE")
        for act in acts:
            for statement in APPEND_ONLY[kind]:
                connection.exec_driver_sql(statement.format(act=act))

    def _check_place(self) -> None:
        if self.is_sqlite:
            check_file_place(Path(str(self.url.database)))

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Raise errors of the database as ours, without what is secret in its address."""
        import sqlalchemy as sa

        try:
            yield
        except CreditscoreError:
            raise
        except ImportError as error:
            missing = explain_missing(error)
            if missing is None:
                raise
            raise missing from error
        except (sa.exc.SQLAlchemyError, UnicodeError) as error:
            raise self._explain(error) from None  # its own words may hold the address

    def _explain(self, error: Any) -> StoreError:
        words = described(getattr(error, "orig", None) or error)
        if self.url.password:
            words = words.replace(str(self.url.password), "***")
        if find_sort(error) == "busy":
            return StoreBusy("store.somebody_else_writes_witness_not_end", wait=WAIT, where=self.shown)
        return StoreError("store.witness_cannot_read_written", words=words[:SHOWN], where=self.shown)

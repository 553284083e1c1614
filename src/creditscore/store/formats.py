"""Which format a database has, and how an older one is brought up to date."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import sqlalchemy as sa

from creditscore.core.errors import StoreError, UsageError
from creditscore.store.database import Database

NEWEST = "0001"
STEPS = ("0001",)
SQLITE_TRIGGERS = "SELECT name, sql, '' FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
POSTGRESQL_TRIGGERS = (
    "SELECT tgname, pg_get_triggerdef(t.oid, true), prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid"
    " WHERE tgrelid = 'event'::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
)
# Whatever else runs when a table is written or hides rows: triggers, and in PostgreSQL rules and row security
SQLITE_PLANTED = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL_PLANTED = (
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
    " WHERE NOT tgisinternal AND pg_table_is_visible(c.oid)"
    " UNION ALL SELECT c.relname, r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class"
    " WHERE c.relkind <> 'v' AND pg_table_is_visible(c.oid)"
    " UNION ALL SELECT relname, 'row security' FROM pg_class WHERE relrowsecurity AND pg_table_is_visible(oid)"
)
LOCK = 0x6372656469742E  # of PostgreSQL, for those who make the same store at once


def read_format(connection: sa.Connection, shown: str) -> str | None:
    """Return the number of the newest step that a database has seen; None for an empty database.

    Raises
    ------
    StoreError
        For somebody else's database, or one of a newer version of this package.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"alembic_version", "event", "head"} <= tables:
        raise StoreError("store.database_no_store_creditscore_holds", listed=", ".join(sorted(tables)[:5]), where=shown)
    formats = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if len(formats) != 1 or formats[0] not in STEPS:
        raise StoreError(
            "store.store_format_version_creditscore_not_know",
            listed=", ".join(map(str, formats)) or "–",
            newest=NEWEST,
            where=shown,
        )
    return str(formats[0])


def bring_up_to_date(database: Database) -> None:
    """Run the steps that a database lacks, all or none; an empty one becomes a store without events.

    Raises
    ------
    StoreError
        Where the address holds something else.
    """
    if database.recognise() != "nothing":
        with database.read() as connection:
            if read_format(connection, database.shown) == NEWEST:
                return
    with database.write() as connection:
        hold_creation(database, connection)
        if read_format(connection, database.shown) == NEWEST:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def hold_creation(database: Database, connection: sa.Connection) -> None:
    """Wait for others that make the same store; SQLite has its one writer."""
    if not database.is_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def require_known(database: Database) -> None:
    """Raise StoreError unless the address holds a store, or may become one."""
    path = database.path
    if path is not None and not path.parent.is_dir():
        raise UsageError("store.no_such_folder", where=str(path.parent))
    kind = database.recognise()
    if kind == "first store":
        raise StoreError("store.store_written_version_whose_format_not", where=database.shown)
    if kind == "something else":
        raise StoreError("store.file_no_store", where=database.shown)


def find_missing_keys(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[tuple[str, str]]:
    """Name the keys, unique constraints and indexes that some tables lack, each behind its table."""
    inspector = sa.inspect(connection)
    primary = {name: own["constrained_columns"] for (_, name), own in inspector.get_multi_pk_constraint().items()}
    named: dict[str, dict[str | None, list[str | None]]] = {name: {} for name in primary}
    for (_, name), uniques in inspector.get_multi_unique_constraints().items():
        named[name].update({own["name"]: [*own["column_names"]] for own in uniques})
    for (_, name), indexes in inspector.get_multi_indexes().items():
        named[name].update({own["name"]: own["column_names"] for own in indexes})
    missing = []
    for table in tables:
        if table.name not in primary:
            continue  # the table itself is missing: that is said elsewhere
        if primary[table.name] != [column.name for column in table.primary_key]:
            missing.append((table.name, "primary key"))
        wanted = {str(index.name): [column.name for column in index.columns] for index in table.indexes}
        for constraint in table.constraints:
            if isinstance(constraint, sa.UniqueConstraint):
                wanted[str(constraint.name)] = [column.name for column in constraint.columns]
        there = named[table.name]
        missing += [(table.name, name) for name, columns in wanted.items() if there.get(name) != columns]
    return sorted(missing)


def find_planted(connection: sa.Connection, tables: Collection[str]) -> list[tuple[str, str]]:
    """Name the triggers and rules on some tables that the store did not make, each behind its table."""
    from creditscore.store.migrations.versions.v0001_event_and_head import write_triggers

    is_sqlite = connection.dialect.name == "sqlite"
    own = {("event", statement.split()[2]) for statement in write_triggers(is_sqlite)}
    there = connection.exec_driver_sql(SQLITE_PLANTED if is_sqlite else POSTGRESQL_PLANTED)
    return sorted((table, name) for table, name in there if table in tables and (table, name) not in own)


def find_trigger_faults(connection: sa.Connection) -> list[str]:
    """Name the triggers that keep events from being changed and are not there, are off or do something else."""
    from creditscore.store.migrations.versions.v0001_event_and_head import write_triggers

    is_sqlite = connection.dialect.name == "sqlite"
    query = SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS
    there = {name: (_plain(text), _plain(body)) for name, text, body in connection.exec_driver_sql(query)}
    body, faults = "", []
    for statement in write_triggers(is_sqlite):
        if statement.startswith("CREATE FUNCTION"):
            body = statement.split("$$")[1]
            continue
        name = statement.split()[2]
        if name not in there:
            faults.append(f"{name} is gone")
        elif there[name] != (_plain(statement), _plain(body)):
            faults.append(f"{name} is another")
    return sorted(faults)


def _plain(text: str) -> str:
    """A statement without what a database writes otherwise: case, blanks, brackets, its schema, what goes unsaid."""
    return re.sub(r"[\s()]|\bpublic\.|\bfor each statement\b", "", text.lower())

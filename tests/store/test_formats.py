"""The steps that make a store make the tables that the code reads, on both databases, and run once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from creditscore.core.errors import StoreError
from creditscore.store import tables
from creditscore.store.database import Database
from creditscore.store.formats import NEWEST, STEPS, bring_up_to_date, read_format
from creditscore.store.migrations.versions import v0001_event_and_head


def test_the_steps_make_the_tables_that_the_code_reads(store_url: str) -> None:
    database = Database(store_url)
    for _ in range(2):
        bring_up_to_date(database)
    with database.read() as connection:
        assert read_format(connection, database.shown) == NEWEST == STEPS[-1] == v0001_event_and_head.revision
        inspector = sa.inspect(connection)
        for table in tables.metadata.sorted_tables:
            columns = {column["name"]: column for column in inspector.get_columns(table.name)}
            assert set(columns) == {column.name for column in table.c}
            for column in table.c:
                assert columns[column.name]["nullable"] == column.nullable
                assert isinstance(columns[column.name]["type"], sa.Integer) == isinstance(column.type, sa.Integer)
            names = {index["name"] for index in inspector.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= names
    database.close()


def test_rows_are_only_added(store_url: str) -> None:
    database = Database(store_url)
    bring_up_to_date(database)
    row = {column.name: 0 if isinstance(column.type, sa.Integer) else "x" for column in tables.event.c}
    with database.write() as connection:
        connection.execute(tables.event.insert(), row)
    changes = [tables.event.delete(), *(tables.event.update().values({name: row[name] * 2 or 1}) for name in row)]
    for change in changes:
        with pytest.raises(StoreError, match="refuses this"), database.write() as connection:
            connection.execute(change)
    with database.write() as connection:
        connection.execute(tables.event.update().values(payload=None))
    database.close()

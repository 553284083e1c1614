"""Projections: tables whose rows are a function of one stream, made from the log, compared with it, made again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from creditscore.core.canonical import hash_text, write_canonical
from creditscore.core.errors import StoreError
from creditscore.store.context import Registry
from creditscore.store.fold import Stream, fold
from creditscore.store.log import BATCH, Log, bound_streams, read_event
from creditscore.store.tables import BIG, NAME, event, head

FOLD_FORMAT = 2  # raised where the fold makes other rows of the same events
LATER = "9999-12-31"  # the last day of a task that has none
OWN = ("subject", "state", "flow", "version", "newest_seq")
Row = dict[str, Any]


class Projections:
    """The tables of a registry's workflows and streams, and the one table of tasks.

    Parameters
    ----------
    registry
        Whose fields and parts become columns.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.metadata = sa.MetaData()
        self.kinds = sorted({*registry.newest, *registry.type_of})
        for kind in self.kinds:
            fields, parts = registry.fields_of(kind)
            own = {"subject": "text", "state": "text", "flow": "text", "version": "number", "newest_seq": "number"}
            table = self._table(kind, {}, {**own, **fields})
            sa.Index(f"{kind}_subject", table.c.subject)
            for part, cells in parts.items():
                self._table(f"{kind}_{part}", {"number": "number"}, cells)
        keys = {"what": "text", "number": "number", "turn": "number"}
        texts = ("subject", "team", "person", "due_on", "last_day", "hold_until", "note", "opened_on", "done_on")
        task = self._table("task", keys, {**dict.fromkeys(texts, "text"), "opened_seq": "number", "done_seq": "number"})
        queue = task.c.last_day, task.c.stream, task.c.what, task.c.number
        is_open = task.c.done_seq.is_(None)
        sa.Index("task_open", *queue, sqlite_where=is_open, postgresql_where=is_open)
        sa.Index("task_team", task.c.team, *queue, sqlite_where=is_open, postgresql_where=is_open)
        self.format = sa.Table(
            "projection_format",
            self.metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("digest", sa.Text, nullable=False),
            sa.Column("tables", sa.Text, nullable=False),
        )
        self._digest = ""
        self._tables_of: dict[str, list[sa.Table]] = {}

    def _table(self, name: str, keys: Mapping[str, str], columns: Mapping[str, str]) -> sa.Table:
        return sa.Table(
            name,
            self.metadata,
            sa.Column("stream", NAME, primary_key=True),
            *(
                sa.Column(key, NAME if t == "text" else BIG, primary_key=True, autoincrement=False)
                for key, t in keys.items()
            ),
            *(sa.Column(column, BIG if t in ("number", "yes_no") else sa.Text) for column, t in columns.items()),
        )

    @property
    def tables(self) -> list[sa.Table]:
        """All tables that hold rows of streams."""
        return [table for table in self.metadata.sorted_tables if table is not self.format]

    @property
    def own_tables(self) -> list[sa.Table]:
        """All tables of a store."""
        return [*self.metadata.sorted_tables, event, head]

    @property
    def digest(self) -> str:
        """The hash of what the tables are; another one means that they are made again."""
        self._digest = self._digest or self._hash_tables()
        return self._digest

    def _hash_tables(self) -> str:
        columns = {table.name: [(column.name, str(column.type)) for column in table.c] for table in self.tables}
        return hash_text(
            write_canonical([FOLD_FORMAT, {name: [list(pair) for pair in own] for name, own in columns.items()}])
        )

    def is_current(self, connection: sa.Connection) -> bool:
        """Whether the tables of a database are those of this registry."""
        if not {column.name for column in self.format.c} <= _columns_of(connection, self.format.name):
            return False
        rows = connection.execute(sa.select(self.format)).mappings().all()
        return [dict(row) for row in rows] == [self._format_row()]

    def _format_row(self) -> Row:
        names = write_canonical(sorted(table.name for table in self.tables))
        return {"id": 1, "digest": self.digest, "tables": names}

    def require_current(self, connection: sa.Connection) -> None:
        """Raise StoreError where another version has made other tables since the store was opened."""
        if connection.execute(sa.select(self.format.c.digest)).scalars().all() != [self.digest]:
            raise StoreError("store.another_version_creditscore_other_workflows_opened")

    def create(self, connection: sa.Connection) -> None:
        """Make the tables, empty, where there are none."""
        self.metadata.create_all(connection)
        connection.execute(self.format.insert(), self._format_row())

    def tables_of(self, kind: str) -> list[sa.Table]:
        """Return the tables in which a stream of a kind has rows."""
        if kind not in self._tables_of:
            _, parts = self.registry.fields_of(kind)
            names = (kind, *(f"{kind}_{part}" for part in parts), "task")
            self._tables_of[kind] = [self.metadata.tables[name] for name in names]
        return self._tables_of[kind]

    def rows_of(self, stream: Stream) -> dict[str, list[Row]]:
        """Return the rows that a stream stands for, by table."""
        fields, parts = self.registry.fields_of(stream.kind)
        own = {name: getattr(stream, name) for name in OWN}
        rows = {stream.kind: [{"stream": stream.name, **own, **_cells(fields, stream.fields)}]}
        for part, cells in parts.items():
            numbered = sorted(stream.parts.get(part, {}).items())
            rows[f"{stream.kind}_{part}"] = [
                {"stream": stream.name, "number": number, **_cells(cells, row)} for number, row in numbered
            ]
        rows["task"] = [
            {
                "stream": stream.name,
                "what": what,
                "number": number,
                "turn": turn,
                "subject": stream.subject,
                **{column: values.get(column) for column in TASK_COLUMNS},
                "last_day": values.get("due_on") or LATER,
            }
            for (what, number), turns in sorted(stream.tasks.items())
            for turn, values in enumerate(turns, 1)
        ]
        return rows

    def apply(self, connection: sa.Connection, streams: Sequence[Stream]) -> None:
        """Make the rows of some streams what their events say; only what differs is written."""
        wanted: dict[str, dict[tuple[Any, ...], Row]] = {}
        named: dict[str, list[str]] = {}
        for stream in streams:
            for name, own_rows in self.rows_of(stream).items():
                table = self.metadata.tables[name]
                named.setdefault(name, []).append(stream.name)
                wanted.setdefault(name, {}).update({_key(table, row): row for row in own_rows})
        for name, rows in wanted.items():
            table, names = self.metadata.tables[name], named[name]
            there = self._read_rows(connection, table, names)
            gone = [key for key in there if there[key] != rows.get(key)]  # changed rows are written anew
            fresh = [row for key, row in rows.items() if there.get(key) != row]
            if gone:
                same = sa.and_(*(column == sa.bindparam(f"key_{column.name}") for column in table.primary_key))
                keys = [{f"key_{c.name}": v for c, v in zip(table.primary_key, key, strict=True)} for key in gone]
                connection.execute(table.delete().where(same), keys)
            if fresh:
                connection.execute(table.insert(), fresh)

    @staticmethod
    def _read_rows(connection: sa.Connection, table: sa.Table, streams: Sequence[str]) -> dict[tuple[Any, ...], Row]:
        rows: dict[tuple[Any, ...], Row] = {}
        for start in range(0, len(streams), BATCH):
            query = sa.select(table).where(table.c.stream.in_(streams[start : start + BATCH]))
            rows.update((_key(table, row), row) for row in map(dict, connection.execute(query).mappings()))
        return rows

    def rebuild(self, connection: sa.Connection, reading: sa.Connection) -> int:
        """Drop every projection and make it again from the log.

        Parameters
        ----------
        connection
            Of the writer.
        reading
            A connection that reads the log; on SQLite another one, so that rows can be written beside reading.

        Returns
        -------
        int
            How many streams there are.
        """
        if connection.dialect.name == "postgresql" and self.is_current(connection) and not self.find_shapes(connection):
            for table in self.tables:  # readers would wait for a table that is dropped
                connection.execute(table.delete())
        else:
            self._drop(connection)
            self.create(connection)
        waiting: dict[str, list[Row]] = {}
        count = 0
        for count, stream in enumerate(self.read_streams(reading), 1):
            for name, rows in self.rows_of(stream).items():
                waiting.setdefault(name, []).extend(rows)
            if count % 5000 == 0:
                self._flush(connection, waiting)
        self._flush(connection, waiting)
        return count

    def _drop(self, connection: sa.Connection) -> None:
        """Drop the tables of this registry and those that another one has made; nobody else's."""
        names = {*self.metadata.tables}
        if {"tables"} <= _columns_of(connection, self.format.name):
            for text in connection.execute(sa.select(self.format.c.tables)).scalars():
                names.update(_read_names(text))
        tables_there = sa.MetaData()
        tables_there.reflect(connection, only=lambda name, _: name in names - SYSTEM, resolve_fks=False)
        tables_there.drop_all(connection)

    def find_shapes(self, connection: sa.Connection) -> list[str]:
        """Name the tables that are not there, or have other columns than this version makes."""
        there = sa.inspect(connection).get_multi_columns()
        columns = {name: {column["name"] for column in own} for (_, name), own in there.items()}
        return [
            table.name for table in self.own_tables if columns.get(table.name) != {column.name for column in table.c}
        ]

    def find_strangers(self, connection: sa.Connection) -> list[str]:
        """Name the tables of the database that are neither the log's nor a projection."""
        return sorted({*sa.inspect(connection).get_table_names()} - {*self.metadata.tables} - SYSTEM)

    def _flush(self, connection: sa.Connection, waiting: dict[str, list[Row]]) -> None:
        """Write the rows that wait, past the library's look at each of them: they are of plain types."""
        for name, rows in waiting.items():
            if not rows:
                continue
            insert = self.metadata.tables[name].insert().compile(dialect=connection.dialect, column_keys=[*rows[0]])
            names = insert.positiontup
            connection.exec_driver_sql(
                str(insert), rows if names is None else [tuple(map(row.__getitem__, names)) for row in rows]
            )
            rows.clear()

    def read_streams(self, connection: sa.Connection) -> Iterator[Stream]:
        """Read every stream of a known kind, in the order of their names."""
        with Log.read_rows(connection, by="stream") as every:
            for name, rows in groupby(every, key=itemgetter("stream")):
                if name.partition("/")[0] in self.kinds:
                    yield fold(name, map(read_event, rows))
                else:
                    raise StoreError(
                        "store.log_streams_version_not_know",
                        partition=name.partition("/")[0],
                        where=name,
                        allowed=self.kinds,
                    )

    def compare(
        self, connection: sa.Connection, streams: Iterable[Stream], first: str = "", end: str | None = None
    ) -> Iterator[str]:
        """Give a fault for every row that is not what the events say.

        Parameters
        ----------
        connection
            Of a reader.
        streams
            All streams in the order of their names; rows of each table are read once, beside them.
        first, end
            Where they are those from one name on and before another.
        """
        with ExitStack() as opened:
            cursors = {table.name: _Cursor(connection, table, opened, first, end) for table in self.tables}
            yield from self._compare(cursors, streams)

    def _compare(self, cursors: Mapping[str, _Cursor], streams: Iterable[Stream]) -> Iterator[str]:
        for stream in streams:
            wanted = self.rows_of(stream)
            for table in self.tables_of(stream.kind):
                rows, forged = cursors[table.name].take(stream.name)
                yield from (f"{table.name}: forged row {key}" for key in forged)
                yield from _differences(table, rows, {_key(table, row): row for row in wanted[table.name]})
        for name, cursor in cursors.items():
            yield from (f"{name}: forged row {key}" for key in cursor.take(None)[1])


OPERATIONAL = ("session", "lease", "job")  # tables beside the log that are not part of the proof
SYSTEM = frozenset({event.name, head.name, "alembic_version", *OPERATIONAL})
TASK_COLUMNS = ("team", "person", "due_on", "hold_until", "note", "opened_on", "done_on", "opened_seq", "done_seq")


def _differences(table: sa.Table, rows: Mapping[Any, Row], wanted: Mapping[Any, Row]) -> Iterator[str]:
    if rows == wanted:
        return
    for key in sorted({*wanted, *rows}, key=str):
        if key not in wanted:
            yield f"{table.name}: forged row {key}"
        elif key not in rows:
            yield f"{table.name}: missing row {key}"
        elif wanted[key] != rows[key]:
            columns = [name for name in wanted[key] if wanted[key][name] != rows[key].get(name)]
            yield f"{table.name}: forged {', '.join(columns)} in row {key}"


class _Cursor:
    """A table read once, in the order of streams."""

    def __init__(
        self, connection: sa.Connection, table: sa.Table, opened: ExitStack, first: str, end: str | None
    ) -> None:
        self.table = table
        query = bound_streams(sa.select(table), table, first, end).order_by(*table.primary_key)
        result = opened.enter_context(connection.execute(query, execution_options={"yield_per": 5000}))
        self.names = tuple(result.keys())
        self.groups = groupby(result, key=itemgetter(self.names.index("stream")))
        self.waiting = self._next()

    def _next(self) -> tuple[str, dict[Any, Row]] | None:
        following = next(self.groups, None)
        if following is None:
            return None
        rows = (dict(zip(self.names, row, strict=True)) for row in following[1])
        return following[0], {_key(self.table, row): row for row in rows}

    def take(self, stream: str | None) -> tuple[dict[Any, Row], list[Any]]:
        """Give the rows of a stream, and the keys of rows before it that no stream stands for."""
        forged: list[Any] = []
        while self.waiting is not None and (stream is None or self.waiting[0] < stream):
            forged += self.waiting[1]
            self.waiting = self._next()
        if self.waiting is None or self.waiting[0] != stream:
            return {}, forged
        rows = self.waiting[1]
        self.waiting = self._next()
        return rows, forged


def _columns_of(connection: sa.Connection, name: str) -> set[str]:
    try:
        return {column["name"] for column in sa.inspect(connection).get_columns(name)}
    except sa.exc.NoSuchTableError:
        return set()


def _read_names(text: Any) -> set[str]:
    try:
        names = json.loads(text)
    except (ValueError, TypeError):
        return set()
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _cells(types: Mapping[str, str], values: Mapping[str, Any]) -> Row:
    return {name: _plain(values.get(name)) for name in types}


def _plain(value: Any) -> Any:
    """A value as a column holds it."""
    if isinstance(value, bool):
        return int(value)
    return write_canonical(value) if isinstance(value, list | dict | tuple) else value


@lru_cache(maxsize=1000)
def _key_names(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _key(table: sa.Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple([row[name] for name in _key_names(table)])

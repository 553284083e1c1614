"""What is read of an open store: streams, rows, persons, where the log ends, who is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from creditscore.core.errors import UsageError
from creditscore.store.database import Database
from creditscore.store.fold import Stream, fold, read_kind
from creditscore.store.keys import Key
from creditscore.store.log import Event, Head, Log, read_event, read_streams
from creditscore.store.notes import Checkpoint, name_log, sign_note
from creditscore.store.people import People
from creditscore.store.projections import Projections


class StoreReader:
    """What is read of a store; `Store` opens it, and acts."""

    database: Database
    log: Log
    projections: Projections
    key: Key | None
    own_witnesses: Sequence[str]
    _known_people: People | None = None

    def read_people(self, connection: sa.Connection) -> People:
        """Read all persons; what was read before counts until somebody adds to it."""
        self._known_people = People.read(connection, self._known_people)
        return self._known_people

    def people(self) -> People:
        """Return all persons with their keys and roles."""
        with self.database.read() as connection:
            return self.read_people(connection)

    def read(self, stream: str) -> Stream:
        """Return a stream as it stands, from the log; UsageError where there is none."""
        with self.database.read() as connection:
            folded = fold(stream, read_streams(connection, [stream])[stream])
        if folded.version < 0:
            raise UsageError("store.no_such", stream=stream, where=self.database.shown)
        return folded

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return rows of a projection, in the order of its keys; `wanted` says which values columns have."""
        own = self.projections.metadata.tables.get(table)
        if own is None:
            raise UsageError("store.no_table", table=table, allowed=[t.name for t in self.projections.tables])
        query = sa.select(own).where(*(own.c[name] == value for name, value in wanted.items()))
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(query.order_by(*own.primary_key)).mappings()]

    def events(self, *, since: int = 0) -> Iterator[Event]:
        """Return the events of the log from a number on, oldest first."""
        with self.database.read() as connection, Log.read_rows(connection, since=since) as rows:
            yield from map(read_event, rows)

    def head(self) -> Head:
        """Return where the log ends."""
        with self.database.read() as connection:
            return self.log.read_head(connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the store."""
        with self.database.read() as connection:
            yield connection

    # --- proof

    def checkpoint(self) -> str:
        """Return the newest head as a signed note (C2SP), unsigned in mode `open`: log, size, Merkle root."""
        newest = self.head()
        origin = name_log(newest.log_id)
        note = Checkpoint(origin, newest.size, newest.frontier.root()).text()
        return note if self.key is None else sign_note(note, origin, self.key.private)

    def witnesses(self) -> list[str]:
        """Return the addresses of the witnesses that are told every new head: given, and named by the log itself."""
        with self.database.read() as connection:
            named = [witness for witness in read_kind(connection, "witness.added") if witness.state == "added"]
        return [*dict.fromkeys([*self.own_witnesses, *(str(witness.fields["address"]) for witness in named)])]

"""The log: one chain of hashes over all streams, one head, an act of several events signed once, rows only added."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import exc

from creditscore.core.canonical import encode, hash_text, write_canonical
from creditscore.core.clock import now
from creditscore.core.errors import StoreDiffers, StoreError, UsageError
from creditscore.store.database import Database
from creditscore.store.merkle import Frontier, hash_leaf
from creditscore.store.tables import HASHED, event, head

BEFORE_FIRST = "0" * 64  # what the first event has for the hash before it
EVENT_FORMAT, ACT_FORMAT = "creditscore event 1\n", b"creditscore act 1\n"
MOST_BYTES = 4_000_000  # of one payload; files lie in the archive, and their hashes in the log
BATCH = 500
STREAM = re.compile(r"[a-z_]+/[^\x00-\x20\x7f\ud800-\udfff]{1,200}")
HASH = re.compile(r"[0-9a-f]{64}")
SALT_BYTES = 16


@dataclass(frozen=True)
class NewEvent:
    """An event to be appended.

    Parameters
    ----------
    stream
        What it happens to: `listing/…`, an opaque name.
    kind
        What happened: `listing.decided`.
    payload
        What was given and what follows from it; JSON without floats.
    state
        The state of the stream after it.
    subject
        The organisation it is about; may be empty.
    flow
        The declaration under which it was done, `listing/1`; empty for events that others emit.
    expected
        The version of the stream that was read, -1 for a new stream; None where the newest is taken, whatever it is.
    """

    stream: str
    kind: str
    payload: Mapping[str, Any]
    state: str = ""
    subject: str = ""
    flow: str = ""
    expected: int | None = None


@dataclass(frozen=True)
class Act:
    """Events of one person on one day that stand or fall together, signed once.

    Parameters
    ----------
    actor
        The opaque id of the person or account.
    role, office
        As what, and for which office.
    on_day, known_on
        The legal day, and the day on which the office knew of it (`2026-01-31`).
    events
        At least one; the first is what was done, the others follow from it.
    """

    actor: str
    role: str
    office: str
    on_day: str
    known_on: str
    events: Sequence[NewEvent]


class Event(NamedTuple):
    """An event as it stands in the log; `payload` is None where it was erased."""

    seq: int
    act: int
    stream: str
    version: int
    flow: str
    kind: str
    subject: str
    office: str
    actor: str
    role: str
    on_day: str
    known_on: str
    at: str
    state: str
    payload_hash: str
    key_id: str
    previous: str
    hash: str
    payload: Mapping[str, Any] | None
    signature: str | None

    @property
    def name(self) -> str:
        """What happened, without the kind of stream: `decided`."""
        return self.kind.partition(".")[2]


@dataclass(frozen=True)
class Head:
    """Where the log ends: its id (the hash of its first event), events so far, the newest hash, the Merkle frontier."""

    log_id: str
    size: int
    hash: str
    frontier: Frontier = field(repr=False)


hashed_of = itemgetter(*HASHED)


class Signer(Protocol):
    """What signs acts: a person's key or an application's."""

    @property
    def key_id(self) -> str:
        """What events call the key."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""


def hash_event(row: Mapping[str, Any]) -> str:
    """Return the hash of an event: SHA-256 over its hashed columns, among them the hash of its payload."""
    return hash_text(EVENT_FORMAT + encode(hashed_of(row)))


def message_of(event_hash: str) -> bytes:
    """Return what is signed for an act: the hash of its last event, which contains all before it."""
    return ACT_FORMAT + bytes.fromhex(event_hash)


def find_fault(row: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a row by itself: its hash or that of its payload; None where both fit."""
    try:
        if hash_event(row) != row["hash"]:
            return "its content does not match its hash"
        if row["payload"] is not None and hash_text(row["payload"]) != row["payload_hash"]:
            return "its payload does not match its hash"
    except (TypeError, ValueError, AttributeError):
        return "its columns hold what the log never writes"
    return None


def find_form_fault(event: Event, payload: str | None) -> str | None:
    """Say what in an event the log never writes so, whatever its hash; None where nothing is.

    Parameters
    ----------
    event
        As it was read.
    payload
        The text of its payload as it stands; a text that is not canonical may say one thing to one reader and another
        to the next.
    """
    try:
        if not _is_stream(event.stream) or not all(map(_is_line, (event.subject, event.office))):
            return "its stream, organisation or office has a name that cannot be one"
        if not (_is_day(event.on_day) and _is_day(event.known_on)):
            return f"{event.on_day!r} and {event.known_on!r} are not both days"
        if event.known_on < event.on_day:
            return f"known on {event.known_on}, before the day {event.on_day}"
        if payload is None:
            return None
        if write_canonical(event.payload) != payload:
            return "its payload is not written as the log writes it"
        if not re.fullmatch(f"[0-9a-f]{{{2 * SALT_BYTES}}}", (event.payload or {}).get("salt", "")):
            return "its payload has no salt: what it says might be guessed from its hash"
    except (TypeError, ValueError, AttributeError, RecursionError):
        return "it holds what the log never writes"
    return None


@lru_cache(maxsize=10_000)
def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_event(row: Mapping[str, Any]) -> Event:
    """Make an event of a row, whatever its hash; StoreDiffers where its payload is no JSON."""
    try:
        payload = None if row["payload"] is None else json.loads(row["payload"])
    except ValueError as error:
        raise StoreDiffers("store.payload_event_no_json", seq=row["seq"], where=row["stream"]) from error
    return Event(**{**row, "payload": payload})


class Log:
    """The log of one database.

    Parameters
    ----------
    database
        Where it lies; the tables must be there (`formats.bring_up_to_date`).
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give the connection of the one writer, behind the head: everything read in it is the newest."""
        with self.database.write() as connection:
            self.database.hold(connection, sa.select(head.c.size).with_for_update())
            yield connection

    def read_head(self, connection: sa.Connection) -> Head:
        """Read where the log ends; StoreError for a log without its first event or with more than one head."""
        rows = connection.execute(sa.select(head)).mappings().all()
        if len(rows) != 1:
            raise StoreError(
                "store.log_heads",
                rows_count=len(rows),
                where=self.database.shown,
                allowed="one",
                next="restore a backup" if rows else "create the store first",
            )
        row = rows[0]
        newest = connection.execute(sa.select(event.c.hash).where(event.c.seq == row["size"] - 1)).scalar()
        if not HASH.fullmatch(row["log_id"]) or newest != row["hash"]:
            raise StoreDiffers("store.head_not_where_log_ends_events", where=self.database.shown)
        return Head(row["log_id"], row["size"], row["hash"], Frontier.read(row["frontier"]))

    def append(self, connection: sa.Connection, act: Act, signer: Signer | None = None) -> list[Event]:
        """Append the events of an act inside the open transaction of `write`.

        Parameters
        ----------
        connection
            Of `write`.
        act
            What is written.
        signer
            Whose key signs; None in a log of mode `open`.

        Returns
        -------
        list of Event
            The events as they stand in the log once the transaction ends.

        Raises
        ------
        UsageError
            For a payload over the limit or with values that have no canonical text.
        StoreError
            Where a stream has another version than expected.
        """
        is_first = connection.execute(sa.select(head.c.id)).first() is None
        before = Head("", 0, BEFORE_FIRST, Frontier()) if is_first else self.read_head(connection)
        rows = list(self._rows(connection, act, before, signer))
        try:
            connection.execute(event.insert(), rows)
        except exc.IntegrityError as error:
            if "stream" not in str(error.orig):  # SQLite names the columns, PostgreSQL the constraint
                raise
            streams = ", ".join(dict.fromkeys(new.stream for new in act.events))
            raise StoreError("store.somebody_else_acted_meanwhile", where=streams) from error
        frontier = before.frontier.extend(hash_leaf(bytes.fromhex(row["hash"])) for row in rows)
        values = {"size": before.size + len(rows), "hash": rows[-1]["hash"], "frontier": frontier.text()}
        if is_first:
            connection.execute(head.insert(), {"id": 1, "log_id": rows[0]["hash"], **values})
        else:
            connection.execute(head.update().where(head.c.id == 1), values)
        return [read_event(row) for row in rows]

    def _rows(
        self, connection: sa.Connection, act: Act, before: Head, signer: Signer | None
    ) -> Iterator[dict[str, Any]]:
        moment = now().strftime("%Y-%m-%dT%H:%M:%SZ")
        if not _is_line(act.office):
            raise UsageError("store.no_office", office=act.office[:80])
        versions = self._newest_versions(connection, {new.stream for new in act.events if new.expected is None})
        seq, previous = before.size, before.hash
        for position, new in enumerate(act.events):
            _require_names(new)
            version = versions.get(new.stream, new.expected if new.expected is not None else -1) + 1
            versions[new.stream] = version
            payload = self._write_payload(new)
            row: dict[str, Any] = {
                "seq": seq,
                "act": before.size,
                "stream": new.stream,
                "version": version,
                "flow": new.flow,
                "kind": new.kind,
                "subject": new.subject,
                "office": act.office,
                "actor": act.actor,
                "role": act.role,
                "on_day": act.on_day,
                "known_on": act.known_on,
                "at": moment,
                "state": new.state,
                "payload_hash": hash_text(payload),
                "key_id": signer.key_id if signer else "",
                "previous": previous,
                "payload": payload,
                "signature": None,
            }
            previous = row["hash"] = hash_event(row)
            if signer and position == len(act.events) - 1:
                row["signature"] = signer.sign(message_of(previous)).hex()
            seq += 1
            yield row

    @staticmethod
    def _write_payload(new: NewEvent) -> str:
        """Write a payload with a salt, without which the few things it could say might be guessed from its hash."""
        try:
            text = write_canonical({**new.payload, "salt": secrets.token_hex(SALT_BYTES)})
            size = len(text.encode())
        except (ValueError, RecursionError) as error:
            raise UsageError("store.cannot_written_log", error=error, kind=new.kind, stream=new.stream) from error
        if size > MOST_BYTES:
            raise UsageError(
                "store.logged_too_large_bytes", size=size, kind=new.kind, stream=new.stream, most_bytes=MOST_BYTES
            )
        return text

    @staticmethod
    def _newest_versions(connection: sa.Connection, streams: Iterable[str]) -> dict[str, int]:
        names, newest = sorted(streams), dict[str, int]()
        for start in range(0, len(names), BATCH):
            query = (
                sa.select(event.c.stream, sa.func.max(event.c.version))
                .where(event.c.stream.in_(names[start : start + BATCH]))
                .group_by(event.c.stream)
            )
            newest.update((row[0], row[1]) for row in connection.execute(query))
        return newest

    @staticmethod
    @contextmanager
    def read_rows(
        connection: sa.Connection, *, by: str = "seq", since: int = 0, first: str = "", end: str | None = None
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """Give the rows of all events from a number on, in the order of the log (`seq`) or of streams (`stream`).

        `first`, `end`: of the streams from one name on and before another.
        """
        order = (event.c.seq,) if by == "seq" else (event.c.stream, event.c.version)
        query = bound_streams(sa.select(event).where(event.c.seq >= since), event, first, end).order_by(*order)
        with connection.execute(query, execution_options={"yield_per": 5000}) as result:
            names = tuple(result.keys())
            yield (dict(zip(names, row, strict=True)) for row in result)


def bound_streams(query: sa.Select[Any], table: sa.Table, first: str, end: str | None) -> sa.Select[Any]:
    """Narrow a query to the streams from one name on (empty: the first), and before another (None: to the last)."""
    query = query.where(table.c.stream >= first) if first else query
    return query if end is None else query.where(table.c.stream < end)


def read_streams(connection: sa.Connection, streams: Iterable[str]) -> dict[str, list[Event]]:
    """Read the events of some streams, each looked at before anything is built on it.

    Parameters
    ----------
    connection
        Any connection to the database.
    streams
        Their names.

    Returns
    -------
    dict of str to list of Event
        For each name its events, oldest first; an empty list where there is no such stream.

    Raises
    ------
    StoreDiffers
        For an event that was edited, and where one is missing between two others.
    """
    names = list(dict.fromkeys(streams))
    events: dict[str, list[Event]] = {name: [] for name in names}
    for start in range(0, len(names), BATCH):
        query = sa.select(event).where(event.c.stream.in_(names[start : start + BATCH]))
        for mapping in connection.execute(query.order_by(event.c.stream, event.c.version)).mappings():
            row = dict(mapping)
            fault = find_fault(row)
            own = events[row["stream"]]
            if fault is None and row["version"] != len(own):
                fault = f"version {len(own)} of its stream is missing"
            if fault is not None:
                raise _refuse_event(row, fault)
            own.append(read_event(row))
    _require_erased(connection, [event for own in events.values() for event in own if event.payload is None])
    return events


def list_files(event: Event) -> dict[str, str]:
    """Return the files of the archive that an event names, each with the table that it holds."""
    values = (event.payload or {}).get("set") or {}
    return {name: table for column in ("files", "beside") for table, name in (values.get(column) or {}).items()}


def _refuse_event(row: Mapping[str, Any], fault: str) -> StoreDiffers:
    return StoreDiffers("store.event_nothing_built", seq=row["seq"], fault=fault, where=row["stream"])


def _require_erased(connection: sa.Connection, empty: Sequence[Event]) -> None:
    """Raise StoreDiffers for an event whose payload is gone where no erasure names it."""
    if not empty:
        return
    erasures = read_streams(connection, {name_erasure(own.stream) for own in empty} - {own.stream for own in empty})
    for own in empty:
        named_erasures = [event.payload["set"] for event in erasures.get(name_erasure(own.stream), ()) if event.payload]
        if not any(values["of"] == own.stream and own.version in values["versions"] for values in named_erasures):
            raise _refuse_event({"seq": own.seq, "stream": own.stream}, "its payload is gone and no erasure names it")


def name_erasure(stream: str) -> str:
    """Return the stream that says what was erased of a stream."""
    return f"retention/{stream.replace('/', '.')}"


def _require_names(new: NewEvent) -> None:
    """Raise UsageError where a stream or an organisation has a name that cannot be one."""
    if not _is_stream(new.stream):
        raise UsageError("store.no_stream", stream=new.stream[:80], where=new.kind)
    if not _is_line(new.subject):
        raise UsageError("store.no_organisation", subject=new.subject[:80], where=new.stream)


def _is_stream(name: str) -> bool:
    """Whether a stream can have this name; signs that nobody sees would make two names of one."""
    return STREAM.fullmatch(name) is not None and name.isprintable()


def _is_line(text: str) -> bool:
    return text.isprintable() and len(text) <= 200


def read_newest_of(
    connection: sa.Connection, values: Iterable[str], column: sa.Column[Any] = event.c.subject
) -> dict[str, int]:
    """Return for each organisation, or kind of event, the number of its newest event, -1 where there is none."""
    newest = dict.fromkeys(values, -1)
    for value in newest:
        seq = connection.execute(sa.select(sa.func.max(event.c.seq)).where(column == value)).scalar()
        newest[value] = -1 if seq is None else seq
    return newest

"""Records in the log: what cases and cascades decided about a record is an event on the record's own stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from creditscore.cascade.inputs import RecordEvent
from creditscore.core.errors import InternalError
from creditscore.store.context import Context
from creditscore.store.declarations import StreamType
from creditscore.store.fold import Stream, fold
from creditscore.store.log import read_streams
from creditscore.store.tables import event as event_table

KINDS = ("disputed", "dispute_resolved", "withdrawn", "amended", "corrected", "repaired", "reinstated")
HOLDING = ("withdrawn", "repaired")  # until reinstated
DAYS = ("event_on", "recorded_on", "occurred_on", "decided_on", "booked_on", "published_on", "corrected_on")
RECORD = StreamType(
    "record",
    fields={"record": "text", "standing": "text", "disputed_by": "text"},
    parts={
        "events": {
            "event": "text",
            "event_no": "number",
            "recorded_on": "day",
            "columns": "words",
            "further": "words",
            "because": "text",
        }
    },
    events={f"record.{kind}": () for kind in KINDS},
)
NAMES = tuple(name.name for name in fields(RecordEvent) if name.name not in ("further", "case_id", "seq"))


def name_record(subject_id: str, record_id: str) -> str:
    """Return the stream of an organisation's record."""
    return f"record/{subject_id}/{record_id}"


def emit_record_event(context: Context, event: RecordEvent) -> None:
    """Write what an act decides about a record on the record's stream; the act must declare the kind.

    Parameters
    ----------
    context
        Of the act.
    event
        What is decided, numbered: its `event_no` follows the newest one of the record.
    """
    if event.event not in KINDS or event.event_no < 1:
        raise InternalError(
            "cascade.cannot_written", event=event.event, event_no=event.event_no, record_id=event.record_id
        )
    stream = context.read(name_record(event.subject_id, event.record_id))
    columns = {name: str(value) for name in NAMES if (value := getattr(event, name)) is not None and value != ""}
    waiting = sum(new.stream == stream.name for new in context.emitted)  # rows of the same act
    number = len(stream.parts.get("events", {})) + waiting + 1
    row = {
        "number": number,
        "event": event.event,
        "event_no": event.event_no,
        "recorded_on": event.recorded_on.isoformat(),
        "columns": columns,
        "because": context.stream,
    }
    if event.further:
        row["further"] = dict(event.further)
    values: dict[str, Any] = {"record": event.record_id}
    if event.event == "disputed":
        values["disputed_by"] = context.stream
    elif event.event == "dispute_resolved":
        values["disputed_by"] = None
    else:
        values["standing"] = _standing_after(str(stream.fields.get("standing") or ""), event.event)
    context.emit(stream.name, f"record.{event.event}", subject=event.subject_id, set=values, parts={"events": [row]})


def _standing_after(standing: str, kind: str) -> str | None:
    if kind in HOLDING:
        return kind
    if kind == "reinstated":
        return None
    return standing or None


def read_record_streams(connection: sa.Connection, subject_ids: Iterable[str] | None = None) -> list[Stream]:
    """Read the streams of records, of some organisations or of all, from the log itself."""
    query = sa.select(event_table.c.stream).where(event_table.c.version == 0, event_table.c.kind.like("record.%"))
    if subject_ids is not None:
        query = query.where(event_table.c.subject.in_(sorted(set(subject_ids))))
    names = connection.execute(query.order_by(event_table.c.seq)).scalars().all()
    return [fold(name, events) for name, events in read_streams(connection, names).items()]


def read_record_events(
    connection: sa.Connection,
    subject_ids: Iterable[str] | None = None,
    known_at: date | None = None,
) -> list[RecordEvent]:
    """Read what was decided about records, in the order in which it was decided.

    Parameters
    ----------
    connection
        Any connection to the store.
    subject_ids
        Of some organisations; None: of all.
    known_at
        Leaves out what was recorded after this day.

    Returns
    -------
    list of RecordEvent
        With the stream that decided each as `case_id`, and the number of its event in the log as `seq`.
    """
    latest = None if known_at is None else known_at.isoformat()
    decided: list[tuple[int, int, RecordEvent]] = []
    for stream in read_record_streams(connection, subject_ids):
        seqs = _seqs(stream)
        for number, row in stream.parts.get("events", {}).items():
            if latest is None or row["recorded_on"] <= latest:
                decided.append((seqs[number], number, _make_event(row, seqs[number])))
    return [event for _, _, event in sorted(decided, key=lambda item: item[:2])]


def _seqs(stream: Stream) -> dict[int, int]:
    """By which event of the log each row came to be."""
    seqs: dict[int, int] = {}
    for event in stream.events:
        for row in (event.payload or {}).get("parts", {}).get("events", ()):
            seqs.setdefault(row["number"], event.seq)
    return seqs


def _make_event(row: dict[str, Any], seq: int) -> RecordEvent:
    values: dict[str, Any] = dict(row["columns"])
    for name in DAYS:
        if name in values:
            values[name] = date.fromisoformat(values[name])
    values.setdefault("event_on", None)
    values["event_no"] = int(values.get("event_no", row["event_no"]))
    return RecordEvent(**values, further=row.get("further"), case_id=row.get("because", ""), seq=seq)

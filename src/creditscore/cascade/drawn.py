"""What acts drew anew, read from the log: grades and scores before and after, records, entries, and what is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from creditscore.cascade.follow_entries import DOUBTED
from creditscore.core.errors import UsageError
from creditscore.store.log import Event, read_streams
from creditscore.store.store import Store
from creditscore.store.tables import event as event_table

REDRAWN = "grade.redrawn"


@dataclass(frozen=True)
class Drawn:
    """An act from which something followed.

    Parameters
    ----------
    events
        All that it wrote, in its order; the first is the act itself.
    by
        Who acted, by name.
    """

    events: tuple[Event, ...]
    by: str

    @property
    def number(self) -> int:
        """Its number in the log."""
        return self.events[0].act

    @property
    def redrawn(self) -> list[Event]:
        """The grades and scores that it drew anew."""
        return [event for event in self.events if event.kind == REDRAWN]

    @property
    def doubts(self) -> list[Event]:
        """The entries on lists that it put in question, or no longer does."""
        return [event for event in self.events if event.kind == DOUBTED]

    @property
    def records(self) -> list[Event]:
        """What it decided about records."""
        return [event for event in self.events if event.kind.startswith("record.")]

    @property
    def tasks(self) -> list[tuple[Event, Mapping[str, Any]]]:
        """The tasks that it opened, each with the event that did."""
        return [
            (event, change)
            for event in self.events
            for change in (event.payload or {}).get("tasks", ())
            if change["change"] == "open"
        ]


def list_drawn(store: Store, stream: str = "") -> list[Drawn]:
    """Read the acts from which something followed, oldest first.

    Parameters
    ----------
    store
        The open store; nothing is written.
    stream
        Only the acts on this case; empty: all.

    Returns
    -------
    list of Drawn
        Acts that drew a grade or a score anew, or put an entry in question.

    Raises
    ------
    UsageError
        Where there is no such case.
    StoreDiffers
        Where an event was edited.
    """
    with store.reading() as connection:
        if stream and not read_streams(connection, [stream])[stream]:
            raise UsageError("cascade.no_case", stream=stream, where=store.database.shown)
        drawing = sa.select(event_table.c.act).where(event_table.c.kind.in_((REDRAWN, DOUBTED)))
        query = sa.select(event_table.c.act, event_table.c.stream).where(event_table.c.act.in_(drawing))
        streams_of: dict[int, list[str]] = {}
        for act, name in connection.execute(query.order_by(event_table.c.seq)):
            streams_of.setdefault(act, []).append(name)
        chosen = {act: names for act, names in streams_of.items() if not stream or names[0] == stream}
        streams = read_streams(connection, (name for names in chosen.values() for name in names))
        people = store.read_people(connection)
    drawn = []
    for act, names in chosen.items():
        own = [event for name in dict.fromkeys(names) for event in streams[name] if event.act == act]
        own.sort(key=lambda event: event.seq)
        drawn.append(Drawn(tuple(own), people.name_of(own[0].actor)))
    return drawn


def as_data(drawn: Drawn) -> dict[str, Any]:
    """Return what an act drew after itself as plain data, for JSON; what was erased has no values."""
    act = drawn.events[0]
    return {
        "act": drawn.number,
        "stream": act.stream,
        "what": act.kind,
        "on": act.on_day,
        "by": drawn.by,
        "records": [_describe_record(event) for event in drawn.records],
        "redrawn": [_describe_grade(event) for event in drawn.redrawn],
        "doubts": [{"case": event.stream, **(_values_of(event).get("doubt") or {})} for event in drawn.doubts],
        "tasks": [
            {"stream": event.stream, "what": task["what"], "note": task.get("note") or "", "due_on": task.get("due_on")}
            for event, task in drawn.tasks
        ],
    }


def _values_of(event: Event) -> Mapping[str, Any]:
    values: Mapping[str, Any] = (event.payload or {}).get("set") or {}
    return values


def _describe_record(event: Event) -> dict[str, Any]:
    record = _values_of(event).get("record") or event.stream.rpartition("/")[2]
    return {"subject_id": event.subject, "record_id": record, "event": event.name}


def _describe_grade(event: Event) -> dict[str, Any]:
    values = _values_of(event)
    sides = {name: values.get(name) for name in ("before", "after", "as_kept")}
    return {"run": event.stream.split("/")[1], "subject_id": event.subject, **sides}

"""What a stream is after its events. Each event carries what follows from it, so that no declaration is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from creditscore.store.log import Event, read_streams
from creditscore.store.tables import event as event_table

TaskKey = tuple[str, int]


@dataclass
class Stream:
    """A stream after some of its events.

    Parameters
    ----------
    name
        `listing/…`.
    version
        The version of its newest event; -1 where there is none.
    subject, flow, state
        As its newest event has them (the subject: the first that is named).
    fields, parts
        What is known of it; parts by name, their rows by number.
    tasks
        What is or was to be done, by name and number: turns, the newest last.
    events
        Its events as they stand now: corrected ones as corrected.
    """

    name: str
    version: int = -1
    subject: str = ""
    flow: str = ""
    state: str = ""
    newest_seq: int = -1
    is_erased: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    tasks: dict[TaskKey, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    corrected: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """With what its name begins: `listing`."""
        return self.name.partition("/")[0]

    def payload_of(self, event: Event) -> Mapping[str, Any]:
        """What an event says as it stands now, corrections among it; nothing where it was erased."""
        return self.corrected.get(event.version) or event.payload or {}

    def day_of(self, event: Event) -> str:
        """The legal day of an event as it stands now."""
        return str(self.corrected.get(event.version, {}).get("on_day", event.on_day))

    def newest_day(self) -> str:
        """The legal day of its newest act; a correction or an upgrade, which is made later, is none of them."""
        acts = [event for event in self.events if event.flow and event.name not in ("corrected", "upgraded")]
        return max(map(self.day_of, acts), default="")

    def acts(self) -> dict[int, Event]:
        """Its acts by their numbers, from 1, as they are shown and corrected; what others wrote on it has none."""
        return dict(enumerate((event for event in self.events if event.flow), 1))

    def steps(self) -> list[dict[str, Any]]:
        """What was done, for conditions: name, actor, day, what was given."""
        return [
            {
                "number": event.version,
                "name": event.name,
                "kind": event.kind,
                "actor": event.actor,
                "role": event.role,
                "day": self.day_of(event),
                "given": self.payload_of(event).get("given", {}),
            }
            for event in self.events
        ]

    def view(self) -> dict[str, Any]:
        """What conditions see of it as `case`."""
        parts = {name: list(rows.values()) for name, rows in self.parts.items()}
        own = {"stream": self.name, "version": self.version, "subject": self.subject, "state": self.state}
        return {**self.fields, **own, "parts": parts, "steps": self.steps()}

    def open_tasks(self) -> dict[TaskKey, dict[str, Any]]:
        """What is to be done now."""
        return {key: turns[-1] for key, turns in self.tasks.items() if turns[-1]["done_seq"] is None}


def fold(name: str, events: Iterable[Event]) -> Stream:
    """Return what a stream is after its events, given in their order."""
    stream = Stream(name)
    for event in events:
        apply_event(stream, event)
    return stream


def read_kind(connection: sa.Connection, kind: str) -> list[Stream]:
    """Read the streams that have an event of a kind, in the order of these events, from the log itself."""
    query = sa.select(event_table.c.stream).where(event_table.c.kind == kind).order_by(event_table.c.seq)
    return [fold(name, own) for name, own in read_streams(connection, connection.execute(query).scalars()).items()]


def apply_event(stream: Stream, event: Event) -> None:
    """Change a stream by its next event."""
    stream.events.append(event)
    if event.payload is not None and (replaced := event.payload.get("replaced")):
        stream.corrected.update({int(version): payload for version, payload in replaced.items()})
        _fold_again(stream)
    else:
        _take_effects(stream, event, event.payload or {})
    stream.version, stream.newest_seq = event.version, event.seq
    stream.subject = stream.subject or event.subject
    stream.flow = event.flow or stream.flow
    stream.state = event.state
    stream.is_erased = stream.is_erased or event.payload is None


def _fold_again(stream: Stream) -> None:
    stream.fields, stream.parts, stream.tasks = {}, {}, {}
    for event in stream.events:
        _take_effects(stream, event, stream.payload_of(event))


def _take_effects(stream: Stream, event: Event, payload: Mapping[str, Any]) -> None:
    stream.fields.update(payload.get("set", {}))
    for part, rows in payload.get("parts", {}).items():
        own = stream.parts.setdefault(part, {})
        for row in rows:
            own[row["number"]] = {**own.get(row["number"], {}), **row}
    for change in payload.get("tasks", ()):
        _change_task(stream, event, change)


def _change_task(stream: Stream, event: Event, change: Mapping[str, Any]) -> None:
    """Open a task, alter one that is open, or note by which event it was done."""
    turns = stream.tasks.setdefault((change["what"], change.get("number", 0)), [])
    if change["change"] == "done":
        if turns:
            turns[-1] = {**turns[-1], "done_seq": event.seq, "done_on": stream.day_of(event)}
        return
    values = {name: value for name, value in change.items() if name not in ("change", "what", "number")}
    if change["change"] == "alter" and not (turns and turns[-1]["done_seq"] is None):
        return  # a correction has left nothing to be done
    if turns and turns[-1]["done_seq"] is None:
        turns[-1] = {**turns[-1], **values}
    else:
        fresh = {"opened_seq": event.seq, "opened_on": stream.day_of(event), "done_seq": None, "done_on": None}
        turns.append({**fresh, **values})

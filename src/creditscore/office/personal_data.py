"""What an office's store holds of natural persons: the register of it, and all that it says of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from creditscore.core.catalogue import Family
from creditscore.core.errors import UsageError
from creditscore.core.model import Label, Model
from creditscore.core.references import Citing
from creditscore.schemes.model import Rule
from creditscore.schemes.references import LAWS
from creditscore.store.fold import fold
from creditscore.store.log import read_event, read_streams
from creditscore.store.people import Person
from creditscore.store.store import Store
from creditscore.store.tables import event as event_table

LEAST_SIGNS = 2  # of a name that texts are searched for


class Holding(Rule):
    """Something that is held of persons."""

    id: str
    label: Label
    persons: Label
    purpose: Label
    streams: list[str]
    fields: list[str]
    kept: Label


class Right(Rule):
    """What a person may ask, and the command that does it."""

    id: str
    label: Label
    how: str


class Register(Model):
    """configs/personal_data.yaml."""

    checked_on: date
    holdings: list[Holding]
    rights: list[Right]


REGISTER = Family(
    "personal_data",
    "register of personal data",
    Register,
    "personal_data.yaml",
    references=(LAWS,),
    citing=Citing(),
)


@dataclass(frozen=True)
class Mention:
    """A text of the log in which a name stands.

    Parameters
    ----------
    stream, seq, day
        Where: the stream, the number of the event, its legal day.
    field
        The path to the text in what the event says, such as `given.statement`.
    text
        The text.
    """

    stream: str
    seq: int
    day: str
    field: str
    text: str


def export_person(store: Store, name: str) -> dict[str, Any]:
    """Collect all that a store says of a person.

    Parameters
    ----------
    store
        The open store.
    name
        A name, or the id of a person of the log. A person who never acted is looked for in texts only.

    Returns
    -------
    dict
        `person` (id, name, what was written about it; None for who is no person of the log), `acts` (what it did,
        oldest first), `tasks` (open ones that it has), `mentions` (texts in which the name stands, as `Mention`).

    Raises
    ------
    UsageError
        For a name of less than two signs, which stands everywhere.
    """
    if len(name.strip()) < LEAST_SIGNS:
        raise UsageError("office.too_short_look", name=name)
    person = store.people().find(name)
    with store.reading() as connection:
        return {
            "person": None if person is None else _describe(connection, person),
            "acts": [] if person is None else _list_acts(connection, person),
            "tasks": [] if person is None else _list_tasks(store, person),
            "mentions": [asdict(mention) for mention in _find_mentions(connection, name.strip())],
        }


def _describe(connection: sa.Connection, person: Person) -> dict[str, Any]:
    stream = f"person/{person.id}"
    own = fold(stream, read_streams(connection, [stream])[stream])
    events = [
        {
            "seq": event.seq,
            "day": event.on_day,
            "kind": event.kind,
            "says": {key: value for key, value in (event.payload or {}).items() if key != "salt"},
        }
        for event in own.events
    ]
    return {"id": person.id, "name": person.name, "office": person.office, "events": events}


def _list_acts(connection: sa.Connection, person: Person) -> list[dict[str, Any]]:
    columns = event_table.c
    query = (
        sa.select(columns.seq, columns.on_day, columns.stream, columns.kind, columns.role)
        .where(columns.actor == person.id, columns.seq == columns.act)
        .order_by(columns.seq)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _list_tasks(store: Store, person: Person) -> list[dict[str, Any]]:
    names = ("stream", "what", "number", "due_on")
    rows = store.rows("task", person=person.id, done_seq=None)
    return [{name: row[name] for name in names} for row in rows]


def _find_mentions(connection: sa.Connection, name: str) -> Iterator[Mention]:
    columns = event_table.c
    query = sa.select(event_table).where(columns.payload.contains(name, autoescape=True)).order_by(columns.seq)
    for row in connection.execute(query).mappings():
        event = read_event(dict(row))
        for path, text in _walk_texts(event.payload, ()):
            if name in text and path != ("salt",):
                yield Mention(event.stream, event.seq, event.on_day, ".".join(path), text)


def _walk_texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk_texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _walk_texts(inner, (*path, str(number)))

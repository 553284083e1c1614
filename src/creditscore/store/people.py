"""Who acts: persons and accounts behind opaque ids, their names, keys and roles, each as it was at any event."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from creditscore.core.errors import NotAllowed, StoreDiffers, UsageError
from creditscore.store.declarations import ROLES, StreamType
from creditscore.store.log import Event, NewEvent, find_fault, read_event
from creditscore.store.names import check_name, fold_name
from creditscore.store.tables import event as event_table

PREFIX = "person/"
APPLICATION = "application"  # the role of a key that signs for accounts
GRANTED = (*ROLES, APPLICATION)
ANY = "*"
PERSON = StreamType(
    "person",
    fields={"name": "text", "office": "text", "left_on": "day"},
    parts={
        "keys": {"key_id": "text", "public": "text", "revoked_on": "day", "reason": "text"},
        "grants": {"role": "text", "office": "text", "domain": "text", "act": "text", "withdrawn_on": "day"},
    },
    events={
        "person.added": ("approver",),
        "person.renamed": ("approver",),
        "person.left": ("approver",),
        "person.key_added": ("approver",),
        "person.key_revoked": ("approver",),
        "person.role_granted": ("approver",),
        "person.role_withdrawn": ("approver",),
    },
)


@dataclass
class Span:
    """Something that holds from one event on until another; `until` is None while it holds."""

    value: Mapping[str, Any]
    since: int
    until: int | None = None

    def holds_at(self, seq: int | None) -> bool:
        """Whether it holds just before event `seq`; None: now."""
        if seq is None:
            return self.until is None
        return self.since < seq and (self.until is None or self.until >= seq)


@dataclass
class Person:
    """A person or an account."""

    id: str
    name: str = ""
    office: str = ""
    names: list[str] = field(default_factory=list)
    keys: dict[int, Span] = field(default_factory=dict)
    grants: dict[int, Span] = field(default_factory=dict)
    left: int | None = None

    def has_role(
        self, role: str, seq: int | None = None, *, office: str | None = "", domain: str | None = "", act: str = ""
    ) -> bool:
        """Whether the person may act in a role, for an office, in a domain, by an act, just before an event.

        An office or a domain of None is any.
        """
        if self.left is not None and (seq is None or seq > self.left):
            return False
        return any(
            span.value["role"] == role
            and span.holds_at(seq)
            and all(
                wanted is None or span.value.get(name) in (None, "", ANY, wanted)
                for name, wanted in (("office", office), ("domain", domain), ("act", act))
            )
            for span in self.grants.values()
        )

    def has_key(self, key_id: str, seq: int | None = None) -> bool:
        """Whether a key was the person's just before an event."""
        return any(span.value["key_id"] == key_id and span.holds_at(seq) for span in self.keys.values())


class People:
    """All persons of a log, as its events give them.

    Parameters
    ----------
    events
        The events of streams `person/…`, in the order of the log.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.persons: dict[str, Person] = {}
        self.public_keys: dict[str, str] = {}
        self.first_act: int | None = None
        for event in events:
            self.take(event)

    @classmethod
    def read(cls, connection: sa.Connection) -> People:
        """Read them from the log itself, each event looked at; StoreDiffers for one that was edited."""
        query = sa.select(event_table).where(event_table.c.kind.in_(PERSON.events)).order_by(event_table.c.seq)
        people = cls()
        for row in map(dict, connection.execute(query).mappings()):
            if fault := find_fault(row):
                raise StoreDiffers(
                    f"event {row['seq']}: {fault}; nobody's roles can be told",
                    where=row["stream"],
                    allowed="events as they were written",
                    next="run `creditscore store verify`, and restore a backup",
                )
            people.take(read_event(row))
        return people

    def take(self, event: Event) -> None:
        """Take the next event of a person."""
        person = self.persons.setdefault(event.stream.removeprefix(PREFIX), Person(event.stream.removeprefix(PREFIX)))
        payload = event.payload or {}
        values = payload.get("set", {})
        if "name" in values:
            person.name = values["name"]
            person.names.append(person.name)
        person.office = values.get("office", person.office)
        if event.kind == "person.left":
            person.left = event.seq
        for row in payload.get("parts", {}).get("keys", ()):
            self._take_row(person.keys, row, event.seq, "revoked_on")
            if "public" in row:
                self.public_keys[row["key_id"]] = row["public"]
        for row in payload.get("parts", {}).get("grants", ()):
            self._take_row(person.grants, row, event.seq, "withdrawn_on")

    @staticmethod
    def _take_row(spans: dict[int, Span], row: Mapping[str, Any], seq: int, ends: str) -> None:
        if row.get(ends):
            if row["number"] in spans and spans[row["number"]].until is None:
                spans[row["number"]].until = seq
        else:
            spans.setdefault(row["number"], Span(row, seq))

    def holds_roles(self, seq: int | None = None) -> bool:
        """Whether roles hold, now or just before an event: from the first approver on, for good."""
        return any(
            span.value["role"] == "approver" and (seq is None or span.since < seq)
            for person in self.persons.values()
            for span in person.grants.values()
        )

    def count_approvers(self) -> int:
        """Return how many persons may approve everything now."""
        return sum(person.has_role("approver") for person in self.persons.values())

    def find(self, name: str) -> Person | None:
        """Find a person by id or by name; names that look alike are one name."""
        if name in self.persons:
            return self.persons[name]
        folded = fold_name(name)
        return next((person for person in self.persons.values() if folded in map(fold_name, person.names)), None)

    def find_key(self, key_id: str) -> Person | None:
        """Find whose key this is now."""
        return next((person for person in self.persons.values() if person.has_key(key_id)), None)

    def name_of(self, person_id: str) -> str:
        """Return the name of a person; the id where it was erased or is not known."""
        person = self.persons.get(person_id)
        return person.name if person and person.name else person_id

    def require_new(self, name: str) -> None:
        """Raise UsageError where a name cannot be somebody's, or looks like the name of somebody there is."""
        check_name(name)
        other = self.find(name)
        if other is not None:
            raise UsageError(
                f"{name!r} is, or looks like, the name {other.name!r}",
                where=f"person {other.id}",
                allowed="a name that nobody has yet",
                next="use the person there is, or give a name that differs",
            )

    def require_role(self, person: Person, role: str, *, office: str = "", domain: str = "", act: str = "") -> None:
        """Raise NotAllowed where the person may not act in a role."""
        if not person.has_role(role, office=office, domain=domain, act=act):
            able = [
                other.name
                for other in self.persons.values()
                if other.has_role(role, office=office, domain=domain, act=act)
            ]
            raise NotAllowed(
                f"{person.name!r} is no {role}" + (f" for {act}" if act else ""),
                where=", ".join(filter(None, (office, domain))) or "roles of the store",
                allowed=able or f"nobody has the role {role} here",
                next="let somebody act who has the role, or let an approver grant it",
            )


def make_id() -> str:
    """Make an opaque id for a person."""
    return f"p{secrets.token_hex(6)}"


def add_person(person_id: str, name: str, office: str = "") -> NewEvent:
    """Make the event that adds a person."""
    return NewEvent(PREFIX + person_id, "person.added", {"set": {"name": name, "office": office or None}}, expected=-1)


def add_key(person: Person, public: str, key_id: str) -> NewEvent:
    """Make the event that gives a person a key."""
    row = {"number": len(person.keys) + 1, "key_id": key_id, "public": public}
    return NewEvent(PREFIX + person.id, "person.key_added", {"parts": {"keys": [row]}})


def grant_role(
    person: Person, role: str, *, office: str = ANY, domain: str = ANY, act: str = ANY, number: int | None = None
) -> NewEvent:
    """Make the event that grants a role; UsageError for a role that does not exist."""
    if role not in GRANTED:
        raise UsageError(f"there is no role {role!r}", allowed=GRANTED, next="grant one of these")
    row = {"number": number or len(person.grants) + 1, "role": role, "office": office, "domain": domain, "act": act}
    return NewEvent(PREFIX + person.id, "person.role_granted", {"parts": {"grants": [row]}})

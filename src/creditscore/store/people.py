"""Who acts: persons and accounts behind opaque ids, their names, keys and roles, each as it was at any event."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from creditscore.core.errors import NotAllowed, StoreDiffers, UsageError
from creditscore.store.declarations import ROLES, StreamType
from creditscore.store.keys import identify
from creditscore.store.log import Event, NewEvent, find_fault, read_event
from creditscore.store.names import check_name, fits_a_line, fold_name
from creditscore.store.tables import event as event_table

PREFIX = "person/"
ABOUT_RIGHTS = ("person.key_added", "person.key_revoked", "person.role_granted", "person.role_withdrawn")
APPLICATION = "application"  # the role of a key that signs for accounts
GRANTED = (*ROLES, APPLICATION)
ANY = "*"
PERSON = StreamType(
    "person",
    fields={"name": "text", "office": "text", "left_on": "day"},
    parts={
        "keys": {"key_id": "text", "public": "text", "revoked_on": "day", "reason": "text"},
        "grants": {
            "role": "text",
            "office": "text",
            "domain": "text",
            "act": "text",
            "withdrawn_on": "day",
            "reason": "text",
        },
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
        if self.has_left(seq):
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

    def has_left(self, seq: int | None = None) -> bool:
        """Whether the person had left before an event."""
        return self.left is not None and (seq is None or seq > self.left)

    def holds_key(self, key_id: str | None = None, seq: int | None = None) -> bool:
        """Whether a key, or any, was the person's just before an event."""
        if self.has_left(seq):
            return False
        return any(key_id in (None, span.value["key_id"]) and span.holds_at(seq) for span in self.keys.values())


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
        self.mark: tuple[int, str] | None = None  # number and hash of the newest event that changes any
        self.has_approver_since: int | None = None
        for event in events:
            self.take(event)

    @classmethod
    def read(cls, connection: sa.Connection, known: People | None = None) -> People:
        """Read them from the log itself, each event looked at.

        Parameters
        ----------
        connection
            Any connection to the database.
        known
            What was read before; it is given back where nothing was added or erased since.

        Raises
        ------
        StoreDiffers
            For an event that was edited, or whose payload is gone where it is about keys or roles.
        """
        changing = event_table.c.kind.in_((*PERSON.events, "retention.erased"))
        newest = sa.select(event_table.c.seq, event_table.c.hash).where(changing).order_by(event_table.c.seq.desc())
        mark = connection.execute(newest.limit(1)).first()
        if known is not None and mark is not None and known.mark == tuple(mark):
            return known
        query = sa.select(event_table).where(event_table.c.kind.in_(PERSON.events)).order_by(event_table.c.seq)
        people = cls()
        people.mark = None if mark is None else (mark.seq, mark.hash)
        for row in map(dict, connection.execute(query).mappings()):
            fault = find_fault(row)
            if fault is None and row["payload"] is None and row["kind"] in ABOUT_RIGHTS:
                fault = "its payload is gone"
            if fault is not None:
                raise StoreDiffers("store.event_nobody_s_roles_told", seq=row["seq"], fault=fault, where=row["stream"])
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
            if row.get("role") == "approver" and self.has_approver_since is None:
                self.has_approver_since = event.seq

    @staticmethod
    def _take_row(spans: dict[int, Span], row: Mapping[str, Any], seq: int, ends: str) -> None:
        if row.get(ends):
            if row["number"] in spans and spans[row["number"]].until is None:
                spans[row["number"]].until = seq
        else:
            spans.setdefault(row["number"], Span(row, seq))

    def holds_roles(self, seq: int | None = None) -> bool:
        """Whether roles hold, now or just before an event: from the first approver on, for good."""
        return self.has_approver_since is not None and (seq is None or self.has_approver_since < seq)

    def can_approve(self, mode: str) -> bool:
        """Whether somebody may approve everything now, under a key that signs where acts are signed."""
        approvers = [person for person in self.persons.values() if person.has_role("approver")]
        if mode == "keys":
            return any(person.holds_key() for person in approvers)
        return bool(approvers) and (mode == "open" or any(map(self.is_application, self.persons.values())))

    def require_approver(self, mode: str, where: str) -> None:
        """Raise UsageError where nobody is left who may approve everything."""
        if not self.can_approve(mode):
            raise UsageError("store.nobody_would_left_who_may_approve", where=where)

    @staticmethod
    def is_application(person: Person, key_id: str | None = None, seq: int | None = None) -> bool:
        """Whether an application could sign for accounts just before an event, under some key or under this one."""
        return person.holds_key(key_id, seq) and person.has_role(APPLICATION, seq, office=None, domain=None)

    def find(self, name: str) -> Person | None:
        """Find a person by id or by name; names that look alike are one name."""
        if name in self.persons:
            return self.persons[name]
        folded = fold_name(name)
        return next((person for person in self.persons.values() if folded in map(fold_name, person.names)), None)

    def with_newcomer(self, person: Person) -> People:
        """Return all persons and one who acts for the first time, whom the log does not hold yet."""
        there = copy(self)
        there.persons = {**self.persons, person.id: person}
        return there

    def find_key(self, key_id: str) -> Person | None:
        """Find whose key this is now."""
        return next((person for person in self.persons.values() if person.holds_key(key_id)), None)

    def name_of(self, person_id: str) -> str:
        """Return the name of a person; the id where it was erased or is not known."""
        person = self.persons.get(person_id)
        return person.name if person and person.name else person_id

    def find_misfit(self, event: NewEvent | Event) -> str | None:
        """Say why an event about a person cannot stand here, whoever writes it; its form was looked at before."""
        person = self.persons.get(event.stream.removeprefix(PREFIX))
        values, parts = (event.payload or {}).get("set", {}), (event.payload or {}).get("parts", {})
        if not event.stream.startswith(PREFIX):
            return "it stands on the stream of something else"
        if (person is None) != (event.kind == "person.added"):
            return "there is no such person" if person is None else "the person is there already"
        if "name" in values:
            try:
                check_name(values["name"])
            except UsageError as error:
                return error.what
            other = self.find(values["name"])
            if other is not None and other is not person:
                return f"{values['name']!r} is, or looks like, the name {other.name!r}"
            if not fits_a_line(values["name"]):
                return f"{values['name'][:40]!r} is too long for a name, or has a line break or control character"
        if person is None:
            return None
        if not person.name:
            return "what was known of the person was erased"
        if person.left is not None:
            return f"{person.name!r} has left"
        for spans, rows, ends in ((person.keys, "keys", "revoked_on"), (person.grants, "grants", "withdrawn_on")):
            for row in parts.get(rows, ()):
                span = spans.get(row["number"])
                if ends in row and (span is None or span.until is not None):
                    return f"{person.name!r} has no number {row['number']} among the {rows} that hold"
                if ends not in row and span is not None:
                    return f"the number {row['number']} among the {rows} of {person.name!r} is taken"
        for row in parts.get("keys", ()):
            if "public" in row and not _is_key_id(row["key_id"], row["public"]):
                return f"{row['key_id']!r} is not the id of its key"
            if "public" in row and row["key_id"] in self.public_keys:
                return f"the key {row['key_id']} is, or was, somebody's: a second person is another key"
        if strange := [row["role"] for row in parts.get("grants", ()) if row.get("role", GRANTED[0]) not in GRANTED]:
            return f"there is no role {strange[0]!r}"
        return None

    def find_excess(self, actor: str, event: NewEvent | Event, act: int | None = None) -> str | None:
        """Say why an approver's right does not reach what an event changes about a person.

        Parameters
        ----------
        actor
            The id of who writes it.
        event
            What is changed.
        act
            The number of its act; None: now.
        """
        approver = self.persons.get(actor)
        person = self.persons.get(event.stream.removeprefix(PREFIX), Person(""))
        rows = list((event.payload or {}).get("parts", {}).get("grants", ()))
        reached = [row for row in rows if "role" in row]
        if not reached:
            reached = [span.value for span in person.grants.values() if span.holds_at(act)]
        for row in reached:
            office, domain = row.get("office") or ANY, row.get("domain") or ANY
            if approver is None or not approver.has_role("approver", act, office=office, domain=domain, act=event.kind):
                name = approver.name if approver else actor
                return f"{name!r} is no approver for office {office}, domain {domain}, which this reaches"
        return None

    def require_new(self, name: str) -> None:
        """Raise UsageError where a name cannot be somebody's, or looks like the name of somebody there is."""
        check_name(name)
        other = self.find(name)
        if other is not None:
            raise UsageError("store.looks_like_name", name=name, name_2=other.name, id=other.id)

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


def _is_key_id(key_id: str, public: str) -> bool:
    try:
        return len(public) == 64 and public == public.lower() and identify(public) == key_id
    except ValueError:
        return False


def make_id() -> str:
    """Make an opaque id for a person."""
    return f"p{secrets.token_hex(6)}"


def add_person(person_id: str, name: str, office: str = "") -> NewEvent:
    """Make the event that adds a person."""
    return NewEvent(PREFIX + person_id, "person.added", {"set": {"name": name, "office": office or None}}, expected=-1)


def add_newcomer(
    people: People, name: str, roles: Sequence[str] = (), *, public: str = "", office: str = ""
) -> list[NewEvent]:
    """Make the events that add a person with roles and, where `public` is given, a key; UsageError for a taken name."""
    people.require_new(name)
    new = Person(make_id(), name)
    grants = [grant_role(new, role, number=number, office=office or ANY) for number, role in enumerate(roles, 1)]
    keys = [add_key(new, public, identify(public))] if public else []
    return [add_person(new.id, name, office), *keys, *grants]


def add_key(person: Person, public: str, key_id: str) -> NewEvent:
    """Make the event that gives a person a key."""
    row = {"number": len(person.keys) + 1, "key_id": key_id, "public": public}
    return NewEvent(PREFIX + person.id, "person.key_added", {"parts": {"keys": [row]}})


def revoke_key(person: Person, key_id: str, *, on: str, reason: str = "") -> NewEvent:
    """Make the event that ends a key: lost, replaced or no longer trusted; UsageError where it is not the person's."""
    numbers = [number for number, span in person.keys.items() if span.value["key_id"] == key_id and span.until is None]
    if not numbers:
        raise UsageError(
            "store.no_key",
            name=person.name,
            key_id=key_id,
            allowed=[span.value["key_id"] for span in person.keys.values() if span.until is None] or "no key is there",
        )
    row = {"number": numbers[0], "revoked_on": on, "reason": reason or None}
    return NewEvent(PREFIX + person.id, "person.key_revoked", {"parts": {"keys": [row]}})


def withdraw_role(person: Person, number: int, *, on: str, reason: str = "") -> NewEvent:
    """Make the event that ends a role; `number` is that of the grant."""
    row = {"number": number, "withdrawn_on": on, "reason": reason or None}
    return NewEvent(PREFIX + person.id, "person.role_withdrawn", {"parts": {"grants": [row]}})


def rename_person(person: Person, name: str) -> NewEvent:
    """Make the event that gives a person another name; the old one stays taken."""
    return NewEvent(PREFIX + person.id, "person.renamed", {"set": {"name": name}})


def let_person_leave(person: Person, *, on: str) -> NewEvent:
    """Make the event after which a person has no role and no key any more."""
    return NewEvent(PREFIX + person.id, "person.left", {"set": {"left_on": on}})


def grant_role(
    person: Person, role: str, *, office: str = ANY, domain: str = ANY, act: str = ANY, number: int | None = None
) -> NewEvent:
    """Make the event that grants a role; UsageError for a role that does not exist."""
    if role not in GRANTED:
        raise UsageError("store.no_role", role=role, allowed=GRANTED)
    row = {"number": number or len(person.grants) + 1, "role": role, "office": office, "domain": domain, "act": act}
    return NewEvent(PREFIX + person.id, "person.role_granted", {"parts": {"grants": [row]}})

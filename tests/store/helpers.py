"""A workflow without code, persons with keys, and a small store of both, for the tests of the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creditscore.store import people
from creditscore.store.context import Registry
from creditscore.store.creation import create_store
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.keys import Key
from creditscore.store.store import Store

FOLDER = Path(__file__).parent / "declarations"
FIRM = "91350100M000100Y43"


def make_registry() -> Registry:
    """Return a registry of the tests' own workflows."""
    return Registry(WORKFLOWS.load(FOLDER))


def add_person(store: Store, name: str, roles: tuple[str, ...], key: Key | None = None, by: str = "") -> people.Person:
    """Let an approver add a person with roles and a key."""
    person = people.Person(people.make_id(), name)

    def make(there: people.People) -> list[Any]:
        there.require_new(name)
        events = [people.add_person(person.id, name)]
        if key is not None:
            events.append(people.add_key(person, key.public, key.key_id))
        return [*events, *(people.grant_role(person, role, number=number) for number, role in enumerate(roles, 1))]

    store.change_people(make, by=by)
    return person


class Office:
    """A store in mode `keys` and the keys of its persons."""

    def __init__(self, address: str, registry: Registry | None = None) -> None:
        self.keys = {name: Key.generate() for name in ("chen.jie", "li.na", "zhang.min")}
        self.store = create_store(
            address, registry or make_registry(), mode="keys", key=self.keys["chen.jie"], approver="chen.jie"
        )
        add_person(self.store, "li.na", ("grader",), self.keys["li.na"])
        add_person(self.store, "zhang.min", ("reviewer",), self.keys["zhang.min"])

    def act(self, who: str, act: str, stream: str = "", *, on: str = "2026-03-02", **given: Any) -> Any:
        """Act on a promise under somebody's key."""
        self.store.key = self.keys[who]
        return self.store.act("promise", act, stream, on=on, **given)

    def promise(self, number: str = "7", until: str = "broken") -> str:
        """Take a promise up to a state."""
        stream = f"promise/{number}"
        steps: Mapping[str, Any] = {
            "given": ("li.na", "give", "", {"id": number, "subject": FIRM, "matter": "m", "missing": ["plan"]}),
            "accepted": ("zhang.min", "accept", stream, {}),
            "supplied": ("li.na", "supply", stream, {"number": 1, "name": "plan"}),
            "broken": ("zhang.min", "check", stream, {"kept": False, "result": "nothing was built"}),
            "settled": ("chen.jie", "settle", stream, {"reason": "told"}),
        }
        for state, (name, act, where, given) in steps.items():
            self.act(name, act, where, **given)
            if state == until:
                break
        return stream

"""A store with entries on lists as they are given, and whoever acts on measures in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.days import iso
from creditscore.measures.cases import Due, due, in_force
from creditscore.measures.model import FourLists
from creditscore.measures.tables import BusinessEvent, Intake, Listing
from creditscore.measures.workflow import Proposed, make_registry, propose, read_cases, read_listings
from creditscore.store.context import Registry
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.store import Store
from tests.measures.helpers import day, shipped

LISTING = WORKFLOWS.load(Path(__file__).parent / "declarations")


def register(lists: FourLists | None = None, laws: Any = None) -> Registry:
    own = make_registry(lists or shipped(), laws)
    return Registry([*own.workflows, *LISTING], own.types, own.code)


class Office:
    """A store with entries on lists, and whoever acts on measures in it."""

    def __init__(self, address: str, lists: FourLists | None = None, laws: Any = None) -> None:
        self.lists = lists or shipped()
        self.store = Store(address, register(lists, laws))

    def enter(self, listing: Listing) -> None:
        """Let an entry stand in the log as it is given: opened, or changed to it."""
        days = {"entered_on": listing.entered_on, "term_end": listing.term_end, "exited_on": listing.exited_on}
        fields = {name: iso(value) for name, value in days.items() if value is not None}
        fields |= {"list": listing.list} | ({"exit_reason": listing.exit_reason} if listing.exit_reason else {})
        name, by = f"listing/{listing.listing_id}", "zhou"
        if self.store.rows("listing", stream=name):
            self.store.act("listing", "change", name, by=by, on="2023-01-10", **fields)
            return
        known = iso(listing.recorded_on if listing.recorded_on is not None else listing.entered_on)
        given = {"id": listing.listing_id, "subject": listing.subject_id, **fields}
        on = min(iso(listing.entered_on), "2023-01-10")
        self.store.act("listing", "enter", by=by, on=on, known_on=max(known, on), **given)

    def match(self, *events: BusinessEvent, by: str = "li.na", **more: Any) -> Proposed:
        return propose(self.store, self.lists, Intake(events, {}, **more), by=by)

    def put(self, about: BusinessEvent, *entries: Listing) -> str:
        for listing in entries:
            self.enter(listing)
        return self.match(about).new[0]

    def act(self, act: str, key: str, on: str = "2024-03-02", by: str = "", **more: Any) -> str:
        person = by or ("chen.jie" if act in ("accept", "reject", "annul") else "li.na")
        return self.store.act("measure", act, f"measure/{key}", by=person, on=on, **more).state

    def carry(self, key: str, on: str = "2024-03-02", **more: Any) -> None:
        self.act("accept", key, on, **more)
        self.act("notify", key, on, document_no="N-1")
        self.act("execute", key, on)

    def state(self, key: str) -> str:
        return self.store.read(f"measure/{key}").state

    def entries(self) -> dict[str, tuple[Listing, ...]]:
        return dict(read_listings(self.store, {row["subject"] for row in self.store.rows("listing")}))

    def due(self, on: str) -> list[Due]:
        return due(read_cases(self.store).values(), self.lists, self.entries(), day(on))

    def in_force(self, key: str, on: str) -> bool:
        return in_force(read_cases(self.store)[key], self.lists, self.entries(), day(on))

"""A small store that holds every kind of stream, and what an insider with the database in hands can do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from creditscore.core.canonical import hash_text
from creditscore.core.errors import UsageError
from creditscore.core.yaml_source import unplaced
from creditscore.store import people
from creditscore.store.context import Context, Registry
from creditscore.store.creation import create_store
from creditscore.store.declarations import WORKFLOWS, StreamType, Workflow
from creditscore.store.effects import ask_effect, do_effects
from creditscore.store.erasure import erase_stream
from creditscore.store.keys import Key
from creditscore.store.log import BEFORE_FIRST, Act, NewEvent, hash_event
from creditscore.store.merkle import Frontier, hash_leaf
from creditscore.store.store import Store
from creditscore.store.tables import event, head
from creditscore.store.tasks import assign_task, hold_task, release_task
from creditscore.store.verification import Verification
from creditscore.store.verify import verify

FOLDER = Path(__file__).parent / "declarations"
FIRM, OTHER_FIRM = "91350100M000100Y43", "91350200M000200Y11"
DAY = "2026-03-02"
PEOPLE = {"chen.jie": "approver", "li.na": "grader", "zhang.min": "reviewer", "wang.fang": "approver"}
GIVEN = {"subject": FIRM, "matter": "roof", "missing": ["plan"]}

# A plain workflow that code has a part in: it withdraws a record and has a mail sent
ORDER = """
workflow: order
version: 1
title: {zh: 决定, en: order}
fields: {record: text, made_on: day, until: day, sent_on: day}
states: {made: {zh: 已作出, en: made}, closed: {zh: 已办结, en: closed}}
acts:
  make:
    title: {zh: 作出决定, en: make an order}
    event: made
    by: approver
    opens: true
    give: {id: text, subject: text, record: text}
    stream: "order/{given.id}"
    to: made
    code: tests.order
    emits: [record.withdrawn, effect.asked]
    set: {record: given.record, made_on: day}
  close:
    title: {zh: 办结, en: close}
    event: closed
    by: [reviewer, approver]
    from: made
    second_person: [{than: made}]
    refuse: [{when: "day < days(case.made_on, 1)", say: {zh: 太早, en: too early}}]
    to: closed
tasks:
  close: {title: {zh: 办结决定, en: close the order}, when: case.state == 'made', due: case.until, team: reviewer}
"""
RECORD = StreamType("record", fields={"withdrawn_on": "day", "by_case": "text"}, events={"record.withdrawn": ()})


def make_order(context: Context) -> None:
    """Withdraw the record that an order is about, and ask for a mail."""
    context.changes["until"] = context.day
    values = {"withdrawn_on": context.day, "by_case": context.stream}
    context.emit(context.given["record"], "record.withdrawn", set=values, state="withdrawn")
    ask_effect(context, "mail", "firm@example.org", {"words": "an order was made"})


def make_registry(newest: int = 2) -> Registry:
    """Return the tests' workflows: `promise` in one or two versions, and `order`, which has code."""
    first = next(iter(WORKFLOWS.load(FOLDER)))
    text = first.text.replace("version: 1", "version: 2").replace("working_days(day, 20)", "working_days(day, 10)")
    workflows = [first, Workflow.model_validate({**unplaced(ORDER), "text": ORDER})]
    if newest > 1:
        workflows.append(Workflow.model_validate({**unplaced(text), "text": text}))
    return Registry(workflows, [RECORD], {"tests.order": make_order})


@dataclass
class Town:
    """A store with all its people, their keys, and where its witness keeps anchors."""

    store: Store
    mode: str
    keys: dict[str, Key]
    notes: Path

    def as_person(self, name: str) -> str:
        """Act under somebody's key, or in somebody's name; return what `by` must be."""
        if self.mode == "keys":
            self.store.key = self.keys[name]
            return ""
        return name

    def act(
        self, who: str, act: str, stream: str = "", /, *, workflow: str = "promise", on: str = DAY, **given: Any
    ) -> Any:
        """Act on a case."""
        return self.store.act(workflow, act, stream, by=self.as_person(who), on=on, **given)

    def person(self, name: str) -> people.Person:
        """Return a person by name."""
        person = self.store.people().find(name)
        assert person is not None
        return person

    def change(self, name: str, make: Callable[[people.People], list[NewEvent]]) -> None:
        """Let somebody change persons, keys or roles."""
        self.store.change_people(make, by=self.as_person(name), on=DAY)

    def verify(self, **options: Any) -> Verification:
        """Check the store in one process."""
        return verify(self.store, processes=1, **options)


def make_town(address: str, mode: str, notes: Path, *, witness: bool = True) -> Town:
    """Make a store of a mode with people who have roles, and keys where these sign, and one witness."""
    keys = {name: Key.generate() for name in PEOPLE}
    if mode == "open":
        store = Store(address, make_registry(1))
        store.record(
            lambda there: [NewEvent("witness/0", "witness.added", {"set": {"address": str(notes)}}, "added")],
            by="chen.jie",
            role="approver",
            on=DAY,
        )
    else:
        store = create_store(address, make_registry(1), mode=mode, key=keys["chen.jie"], approver="chen.jie")
    town = Town(store, mode, keys, notes)
    if mode == "open":
        town.change("chen.jie", lambda there: [people.grant_role(there.find("chen.jie"), "approver")])  # type: ignore[arg-type]
    for name, role in PEOPLE.items():
        if name != "chen.jie":
            _add_person(town, name, role)
    if witness and mode != "open":
        values = {"address": f"file:{notes}"}
        new = NewEvent("witness/1", "witness.added", {"set": values}, "added", expected=-1)
        store.record(lambda there: [new], by=town.as_person("chen.jie"), role="approver", on=DAY)
    return town


def _add_person(town: Town, name: str, role: str) -> None:
    person = people.Person(people.make_id(), name)
    events = [people.add_person(person.id, name), people.grant_role(person, role)]
    if town.mode == "keys":
        events.insert(1, people.add_key(person, town.keys[name].public, town.keys[name].key_id))
    town.change("chen.jie", lambda there: events)


def fill_town(town: Town) -> None:
    """Let every kind of stream and act happen that the store itself has."""
    store = town.store
    for number in ("1", "2", "3", "4"):
        town.act("li.na", "give", id=number, **GIVEN)
    town.act("zhang.min", "accept", "promise/1")
    town.act("li.na", "supply", "promise/1", number=1, name="plan", on="2026-03-03")
    town.act("zhang.min", "correct", "promise/1", on="2026-03-04", number=1, to={"matter": "wall"}, reason="misread")
    town.act("zhang.min", "correct", "promise/1", on="2026-03-05", number=1, to={"matter": "door"}, reason="again")
    town.act("zhang.min", "check", "promise/1", on="2026-03-06", kept=False, result="nothing there")
    town.act("chen.jie", "settle", "promise/1", on="2026-03-06", reason="told")
    by = town.as_person("zhang.min")
    hold_task(store, "promise/2", "accept", until="2099-04-01", reason="away", by=by)
    release_task(store, "promise/2", "accept", by=by)
    assign_task(store, "promise/2", "accept", to="zhang.min", by=by)
    town.act("chen.jie", "make", workflow="order", id="1", subject=OTHER_FIRM, record="record/r1")
    town.act("wang.fang", "make", workflow="order", id="2", subject=OTHER_FIRM, record="record/r2", on="2026-03-03")
    town.act("zhang.min", "close", "order/1", workflow="order", on="2026-03-04")
    do_effects(store, {"mail": _send}, by=town.as_person("chen.jie"))
    town.act("li.na", "give", id="5", on="2026-03-04", **GIVEN)
    erase_stream(store, "promise/4", reason="its time is over", by=town.as_person("chen.jie"), on="2026-03-07")
    _change_rights(town)
    store.close()
    town.store = Store(store.database.url.render_as_string(hide_password=False), make_registry(2), key=store.key)
    town.act("chen.jie", "upgrade", "promise/3", on="2026-03-08", reason="the law changed")
    town.act("li.na", "give", id="6", on="2026-03-08", **GIVEN)
    town.act("zhang.min", "accept", "promise/6", on="2026-03-08")


def _send(effect: str, to: str, content: Mapping[str, Any]) -> str:
    if effect.startswith("effect/order.2"):
        raise UsageError("no post today", allowed="another day")
    return "sent"


def _change_rights(town: Town) -> None:
    zhang, wang = town.person("zhang.min"), town.person("wang.fang")
    town.change("chen.jie", lambda there: [people.rename_person(zhang, "zhang.xiaomin")])
    town.change("chen.jie", lambda there: [people.grant_role(wang, "grader", office="north", number=2)])
    town.change("chen.jie", lambda there: [people.withdraw_role(wang, 2, on=DAY, reason="moved")])
    if town.mode == "keys":
        town.keys["wang.old"], town.keys["wang.fang"] = town.keys["wang.fang"], Key.generate()
        fresh = people.add_key(wang, town.keys["wang.fang"].public, town.keys["wang.fang"].key_id)
        lost = people.revoke_key(wang, town.keys["wang.old"].key_id, on=DAY, reason="lost")
        town.change("chen.jie", lambda there: [fresh, lost])
    gone = people.Person(people.make_id(), "sun.qi")
    town.change("chen.jie", lambda there: [people.add_person(gone.id, gone.name)])
    town.change("chen.jie", lambda there: [people.let_person_leave(gone, on=DAY)])


class Insider:
    """Somebody with the database in hands: the triggers are gone, and every hash is computed again.

    Parameters
    ----------
    town
        Whose store it is.
    """

    def __init__(self, town: Town) -> None:
        self.town, self.engine = town, town.store.database._writer
        self.tables = sa.MetaData()
        with self.engine.connect() as connection:
            self.tables.reflect(connection)
        self.before = self.read_all()

    def read_all(self) -> dict[str, list[dict[str, Any]]]:
        """Read every row of every table."""
        with self.engine.connect() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in self.tables.sorted_tables
            }

    @contextmanager
    def unwatched(self) -> Iterator[sa.Connection]:
        """Give a connection on which no trigger works, as long as it lasts."""
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                yield connection
                return
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            triggers = connection.exec_driver_sql(query).all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            yield connection
            for _, sql in triggers:
                connection.exec_driver_sql(sql)

    def put_back(self) -> None:
        """Make every table what it was."""
        with self.unwatched() as connection:
            self._write(connection, self.before)

    def _write(self, connection: sa.Connection, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        for table in self.tables.sorted_tables:
            connection.execute(table.delete())
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])

    def rewrite(self, events: list[dict[str, Any]], *, rebuild: bool = True) -> None:
        """Write a log of these events: chain, head, frontier and projections fit, signatures are those there are."""
        previous, leaves = BEFORE_FIRST, []
        for row in events:
            if row["payload"] is not None:
                row["payload_hash"] = hash_text(row["payload"])
            row["previous"] = previous
            previous = row["hash"] = hash_event(row)
            leaves.append(hash_leaf(bytes.fromhex(previous)))
        line = {"id": 1, "log_id": events[0]["hash"], "size": len(events), "hash": previous}
        with self.unwatched() as connection:
            connection.execute(event.delete())
            connection.execute(event.insert(), events)
            connection.execute(head.delete())
            connection.execute(head.insert(), {**line, "frontier": Frontier().extend(leaves).text()})
        if rebuild:
            self.town.store.rebuild()

    def events(self) -> list[dict[str, Any]]:
        """Give the rows of the log, in its order."""
        return [dict(row) for row in sorted(self.before["event"], key=lambda row: row["seq"])]


def write_past_the_machine(town: Town, name: str, role: str, *events: NewEvent, on: str = "2026-03-09") -> None:
    """Append an act under a rightful key, with rows that fit, as no machine would."""
    store = town.store
    town.as_person(name)
    with store.log.write() as connection:
        actor = town.person(name).id
        store.log.append(connection, Act(actor, role, "", on, on, list(events)), store.key)
    store.rebuild()
    store.tell_witnesses()

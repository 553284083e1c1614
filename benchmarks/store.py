"""A store of a million events: CPU and wall seconds of verify, rebuild, the queue, an act, an act on 5,000 streams.

    python benchmarks/store.py --address /tmp/credit.db --events 1000000 > benchmarks/results/store_size.json

Aims: verify within two minutes, rebuild within half a minute, the 100 most urgent of 24,000 tasks within 10 ms, an act
within 10 ms.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from creditscore.core.yaml_source import unplaced
from creditscore.store import people
from creditscore.store.context import Context, Registry
from creditscore.store.creation import create_store
from creditscore.store.database import parse_address
from creditscore.store.declarations import WORKFLOWS, StreamType, Workflow
from creditscore.store.keys import Key
from creditscore.store.log import Act, Head, NewEvent
from creditscore.store.merkle import hash_leaf
from creditscore.store.store import Store
from creditscore.store.tables import event, head
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify

FOLDER = Path(__file__).parents[1] / "tests" / "store" / "declarations"
OPEN_TASKS, WIDE = 24_000, 5_000
SWEEP = """
workflow: sweep
version: 1
title: {zh: 批量, en: sweep}
fields: {made_on: day}
states: {made: {zh: 已作出, en: made}}
acts:
  make:
    {title: {zh: 作出, en: make}, event: made, by: approver, opens: true, give: {id: text},
     stream: "sweep/{given.id}", to: made, code: sweep, emits: record.withdrawn, set: {made_on: day}}
"""
RECORD = StreamType("record", fields={"withdrawn_on": "day"}, events={"record.withdrawn": ()})


def sweep(context: Context) -> None:
    """Withdraw 5,000 records."""
    for number in range(WIDE):
        context.emit(f"record/{number}", "record.withdrawn", set={"withdrawn_on": context.day}, state="withdrawn")


def make_registry() -> Registry:
    """Return the tests' promise, and a workflow with one wide act."""
    wide = Workflow.model_validate({**unplaced(SWEEP), "text": SWEEP})
    return Registry([*WORKFLOWS.load(FOLDER), wide], [RECORD], {"sweep": sweep})


def measure(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Run it once: what it gives, and the CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    value = run()
    return value, {"cpu": round(time.process_time() - cpu, 3), "wall": round(time.perf_counter() - wall, 3)}


class Town:
    """A store in mode `keys` with three people."""

    def __init__(self, address: str) -> None:
        self.keys = {name: Key.generate() for name in ("chen.jie", "li.na", "zhang.min")}
        self.store = create_store(address, make_registry(), mode="keys", key=self.keys["chen.jie"], approver="chen.jie")
        for name, role in (("li.na", "grader"), ("zhang.min", "reviewer")):
            person = people.Person(people.make_id(), name)
            key = people.add_key(person, self.keys[name].public, self.keys[name].key_id)
            new = [people.add_person(person.id, name), key, people.grant_role(person, role)]
            self.store.change_people(lambda there, new=new: new)  # type: ignore[misc]

    def act(self, who: str, act: str, stream: str = "", **given: Any) -> None:
        """Act on a promise."""
        self.store.key = self.keys[who]
        self.store.act("promise", act, stream, on="2026-03-02", **given)

    def take_case(self, number: str) -> None:
        """Take a promise from its start to its end."""
        stream = f"promise/{number}"
        self.act("li.na", "give", id=number, subject=f"9135{number}", matter="roof", missing=["plan"])
        self.act("zhang.min", "accept", stream)
        self.act("li.na", "supply", stream, number=1, name="plan")
        self.act("zhang.min", "check", stream, kept=False, result="nothing was built")
        self.act("chen.jie", "settle", stream, reason="told")

    def fill(self, events: int) -> None:
        """Write a case again and again, past the machine, until the log has so many events."""
        self.take_case("0")
        steps = self.store.read("promise/0").events
        with self.store.reading() as connection:
            before = self.store.log.read_head(connection)
        number = 0
        while before.size < events:
            with self.store.log.write() as connection:
                rows = []
                while len(rows) < 20_000 and before.size < events:
                    number += 1
                    for act, key in self._copy(steps, number):
                        own = list(self.store.log._rows(connection, act, before, key))
                        before = Head(before.log_id, before.size + 1, own[-1]["hash"], before.frontier)
                        rows += own
                connection.execute(event.insert(), rows)
                frontier = before.frontier.extend(hash_leaf(bytes.fromhex(row["hash"])) for row in rows)
                before = Head(before.log_id, before.size, before.hash, frontier)
                values = {"size": before.size, "hash": before.hash, "frontier": frontier.text()}
                connection.execute(sa.update(head).values(values))

    def _copy(self, steps: list[Any], number: int) -> Iterator[tuple[Act, Key]]:
        names = {key.key_id: key for key in self.keys.values()}
        for step in steps[: 4 if number <= OPEN_TASKS else 5]:
            payload = {name: value for name, value in step.payload.items() if name != "salt"}
            if step.version == 0:
                payload["given"] = {**payload["given"], "id": str(number), "subject": f"9135{number}"}
            new = NewEvent(
                f"promise/{number}", step.kind, payload, step.state, f"9135{number}", step.flow, step.version - 1
            )
            yield Act(step.actor, step.role, "", step.on_day, step.known_on, [new]), names[step.key_id]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=0)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {
        "database": parse_address(arguments.address).get_backend_name(),
        "python": platform.python_version(),
    }
    town = Town(arguments.address)
    _, figures["fill"] = measure(lambda: town.fill(arguments.events))
    figures["events"] = town.store.head().size
    streams, figures["rebuild"] = measure(town.store.rebuild)
    figures["streams"] = streams
    figures.update(measure_acts(town))
    result, figures["verify"] = measure(lambda: verify(town.store, processes=arguments.processes))
    figures["faults"] = [str(fault) for fault in result.faults[:5]]
    print(json.dumps(figures, indent=1))


def measure_acts(town: Town) -> dict[str, Any]:
    """Measure what an office does all day."""
    store: Store = town.store
    list_tasks(store)
    tasks, queue = measure(lambda: [list_tasks(store, team="grader") for _ in range(20)][-1])
    town.take_case("x")
    _, acts = measure(lambda: [town.take_case(f"x{number}") for number in range(20)])
    store.key = town.keys["chen.jie"]
    _, wide = measure(lambda: store.act("sweep", "make", on="2026-03-02", id="1"))
    _, again = measure(lambda: store.act("sweep", "make", on="2026-03-02", id="2"))
    return {
        "queue_ms": round(1000 * queue["wall"] / 20, 2),
        "tasks": len(tasks),
        "act_cpu_ms": round(1000 * acts["cpu"] / 100, 2),
        "act_wall_ms": round(1000 * acts["wall"] / 100, 2),
        "wide_act": wide,
        "wide_act_again": again,
    }


if __name__ == "__main__":
    main()

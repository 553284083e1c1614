"""Tasks: one queue over all workflows; who has one, until when it waits, what is done first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from creditscore.core.clock import today
from creditscore.core.days import day_of
from creditscore.core.errors import NotAllowed, UsageError
from creditscore.store.fold import Stream, fold
from creditscore.store.log import NewEvent, read_streams
from creditscore.store.people import People, Person
from creditscore.store.store import Store


@dataclass(frozen=True)
class Task:
    """Something that is to be done.

    Parameters
    ----------
    stream, what, number
        Which task of which case; the number is that of a row of a part, else 0.
    subject
        The organisation.
    team, person
        The role whose task it is, and the id of who has taken it; empty where nobody has.
    due_on
        The last day; empty where there is none.
    hold_until
        Until when it waits; empty where it does not.
    note
        What else is to be known.
    opened_on, done_on
        Since when it is open; when it was done, empty while it is not.
    """

    stream: str
    what: str
    number: int
    subject: str
    team: str
    person: str
    due_on: str
    hold_until: str
    note: str
    opened_on: str
    done_on: str


def list_tasks(
    store: Store,
    *,
    team: str | Sequence[str] | None = None,
    person: str | None = None,
    on: date | str | None = None,
    held: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> list[Task]:
    """List what is to be done, the most urgent first.

    Parameters
    ----------
    store
        The open store.
    team, person
        Only tasks of a role, of one of several, or that a person (an id) has taken.
    on
        The day on which held tasks are left out until theirs has come; today where it is not given.
    held
        Whether held ones are listed too.
    limit, offset
        How many, and how many before them are left out.

    Returns
    -------
    list of Task
        By last day, those without one last, then by case.
    """
    table = store.projections.metadata.tables["task"]
    day = (day_of(on, "on") or today()).isoformat()
    query = sa.select(table).where(table.c.done_seq.is_(None))
    if team:
        query = query.where(table.c.team.in_([team] if isinstance(team, str) else team))
    if person is not None:
        query = query.where(table.c.person == person)
    if not held:
        query = query.where(sa.func.coalesce(table.c.hold_until, "") <= day)
    query = query.order_by(table.c.last_day, table.c.stream, table.c.what, table.c.number).limit(limit).offset(offset)
    with store.reading() as connection:
        return [_read_task(row) for row in connection.execute(query).mappings()]


def _read_task(row: Any) -> Task:
    texts = {name: row[name] or "" for name in Task.__dataclass_fields__ if name != "number"}
    return Task(number=row["number"], **texts)


def assign_task(
    store: Store, stream: str, what: str, number: int = 0, *, to: str, by: str = "", office: str = ""
) -> Stream:
    """Give a task to a person, or take it back from one (`to=""`); whoever belongs to the team may."""
    return _change_task(store, stream, what, number, "task.assigned", {"person": to or None}, by, office)


def hold_task(
    store: Store,
    stream: str,
    what: str,
    number: int = 0,
    *,
    until: date | str,
    reason: str,
    by: str = "",
    office: str = "",
) -> Stream:
    """Let a task wait until a day; it comes back by itself."""
    day = day_of(until, "until")
    if day is not None and day <= today():
        raise UsageError("store.until_come", day=day, where=stream)
    if day is None or not reason.strip():
        raise UsageError("store.task_held_until_day_reason", where=stream, allowed="both")
    values = {"hold_until": day.isoformat()}
    return _change_task(store, stream, what, number, "task.held", values, by, office, reason=reason.strip())


def release_task(store: Store, stream: str, what: str, number: int = 0, *, by: str = "", office: str = "") -> Stream:
    """Let a held task wait no longer."""
    return _change_task(store, stream, what, number, "task.released", {"hold_until": None}, by, office)


def _change_task(
    store: Store,
    stream: str,
    what: str,
    number: int,
    kind: str,
    values: dict[str, Any],
    by: str,
    office: str,
    reason: str = "",
) -> Stream:
    def make(connection: sa.Connection, people: People) -> tuple[str, str, NewEvent]:
        case = fold(stream, read_streams(connection, [stream])[stream])
        task = case.open_tasks().get((what, number))
        if task is None:
            there = [f"{name} {row}" if row else name for name, row in case.open_tasks()]
            raise UsageError(
                "store.no_open_task", stream=stream, what_value=what, where=stream, allowed=there or "no task is open"
            )
        if kind == "task.released" and not task.get("hold_until"):
            raise UsageError("store.task_not_wait", what_value=what, where=stream)
        domain = store.machine.find_domain_of(case)
        change = {"change": "alter", "what": what, "number": number, **values}
        if values.get("person"):
            change["person"] = _find_taker(people, values["person"], task["team"], domain, stream).id
        payload: dict[str, Any] = {"tasks": [change]}
        if reason:
            payload["given"] = {"reason": reason}
        return task["team"], domain, NewEvent(stream, kind, payload, case.state, case.subject, "", case.version)

    return store.write_on(make, by=by, office=office)


def _find_taker(people: People, name: str, team: str, domain: str, stream: str) -> Person:
    """Find who is to have a task: somebody of its team, in the domain of the case."""
    person = people.find(name)
    if person is None:
        raise UsageError("store.nobody_here_2", name=name, where=stream)
    if person.has_left() or (people.holds_roles() and not person.has_role(team, office=None, domain=domain)):
        raise NotAllowed("store.no_here_left", name=person.name, team=team, where=stream)
    return person

"""The streams of a store taken again in parts, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.core.errors import CreditscoreError, InternalError
from creditscore.store.archive.files import Archive
from creditscore.store.context import Context, Registry
from creditscore.store.database import Database
from creditscore.store.declarations import StreamType, Workflow
from creditscore.store.people import People
from creditscore.store.projections import Projections
from creditscore.store.replay import MALFORMED, Replay
from creditscore.store.tables import event
from creditscore.store.verification import Fault

if TYPE_CHECKING:
    from creditscore.store.store import Store

LEAST_EVENTS = 20_000  # below, a process of its own costs more than it saves


@dataclass(frozen=True)
class Span:
    """Streams whose names follow one another.

    Parameters
    ----------
    first, end
        The first name, and the one before which it ends; None: to the last stream.
    """

    first: str = ""
    end: str | None = None


@dataclass(frozen=True)
class Task:
    """What a process needs to take the steps of a store again: only what can be sent to it.

    Parameters
    ----------
    address, archive
        Of the store, and where its files lie; None where no place is named.
    workflows, types, functions
        Of its registry; the functions by their names, as none is called.
    people, declared, mode, since
        As in `Replay`.
    """

    address: str
    archive: str | None
    workflows: Sequence[Workflow]
    types: Sequence[StreamType]
    functions: Sequence[str]
    people: People
    declared: Mapping[str, tuple[int, Workflow]]
    mode: str
    since: int


def make_task(
    store: Store, people: People, declared: Mapping[str, tuple[int, Workflow]], mode: str, since: int
) -> Task:
    """Return what a process needs to take the steps of a store again."""
    registry, url = store.registry, store.database.url.render_as_string(hide_password=False)
    try:
        archive = os.path.abspath(store.archive.place) if store.archive.is_local else store.archive.place
    except CreditscoreError:
        archive = None
    return Task(url, archive, registry.workflows, registry.types, [*registry.code], people, dict(declared), mode, since)


def plan_spans(connection: sa.Connection, parts: int) -> list[Span]:
    """Cut the streams of a log into parts with about as many streams each."""
    beginnings = sa.select(event.c.stream).where(event.c.version == 0).order_by(event.c.stream)
    count = connection.execute(sa.select(sa.func.count()).select_from(beginnings.subquery())).scalar_one()
    bounds = [
        connection.execute(beginnings.offset(count * part // parts).limit(1)).scalar_one() for part in range(1, parts)
    ]
    names = sorted({*bounds})
    return [Span(first, end) for first, end in zip(["", *names], [*names, None], strict=True)]


def check_span(task: Task, span: Span) -> list[Fault]:
    """Take the steps of some streams again, and compare their rows, on a connection of its own.

    It sees what was written when it began; who called it looks at faults again in the state that it reads itself.
    """
    registry = Registry(task.workflows, task.types, dict.fromkeys(task.functions, _refuse_call))
    database = Database(task.address)
    try:
        with database.read() as connection:
            replay = Replay(
                registry,
                None if task.archive is None else Archive(task.archive),
                connection,
                task.people,
                task.declared,
                task.mode,
                task.since,
            )
            return find_faults(replay, Projections(registry), span)
    except CreditscoreError as error:
        return [Fault("stream", error.where or "", error.what)]
    finally:
        database.close()


def find_faults(replay: Replay, projections: Projections, span: Span) -> list[Fault]:
    """Take the steps of some streams again, and compare their rows."""
    faults: list[Fault] = []
    replay.say = lambda sort, where, what: faults.append(Fault(sort, where, what))
    try:
        for difference in projections.compare(
            replay.connection, replay.walk(span.first, span.end), span.first, span.end
        ):
            faults.append(Fault("projection", difference.partition(":")[0], difference.partition(": ")[2]))
    except CreditscoreError as error:
        faults.append(Fault("stream", error.where or "", error.what))
    except (sa.exc.SQLAlchemyError, *MALFORMED) as error:
        faults.append(Fault("projection", "tables", f"they cannot be compared: {type(error).__name__}"))
    return faults


def _refuse_call(context: Context) -> Any:
    raise InternalError("store.check_calls_no_function_workflow", where=context.stream)

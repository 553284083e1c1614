"""`creditscore queue`: what is to be done in an office's store, and who does it."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, Json, KeyFile, OnDay, StoreAddress, open_store
from creditscore.cli.settings import load_settings
from creditscore.cli.tables import say_line, show

queue_app = App()
Role = Literal["analyst", "grader", "reviewer", "approver"]
Case = Annotated[str, typer.Argument(metavar="CASE", show_default=False)]
What = Annotated[str, typer.Argument(metavar="TASK", show_default=False)]
Number = Annotated[int, typer.Option()]


@queue_app.command("list")
def list_command(
    store: StoreAddress,
    role: Role | None = None,
    person: str | None = None,
    on: OnDay = None,
    on_hold: Annotated[bool, typer.Option("--on-hold")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000)] = 100,
    as_json: Json = False,
) -> None:
    from creditscore.core.errors import UsageError
    from creditscore.store.tasks import list_tasks

    with open_store(store) as opened:
        people = opened.people()
        taker = people.find(person) if person else None
        if person and taker is None:
            names = [known.name for known in people.persons.values()]
            raise UsageError(f"{person!r} is nobody here", allowed=names or "nobody is known here", next="name one")
        roles = role or load_settings().roles
        tasks = list_tasks(opened, team=roles, person=taker.id if taker else None, on=on, held=on_hold, limit=limit)
        named = [{**vars(task), "person": people.name_of(task.person) if task.person else ""} for task in tasks]
    if as_json:
        typer.echo(json.dumps(named, ensure_ascii=False, indent=1))
        return
    columns = ("due_on", "stream", "what", "number", "subject", "team", "person", "hold_until", "note")
    rows = [[str(task[name] or "") for name in columns] for task in named]
    if rows:
        show(("due", "case", "task", "no.", "subject", "team", "person", "held until", "note"), rows, fold=True)
    say_line(f"{len(rows)} tasks" + (", and perhaps more: --limit" if len(rows) == limit else ""))


@queue_app.command("assign")
def assign_command(
    case: Case,
    what: What,
    store: StoreAddress,
    to: Annotated[str, typer.Option(show_default=False)],
    number: Number = 0,
    by: By = "",
    key: KeyFile = None,
) -> None:
    from creditscore.store.tasks import assign_task

    with open_store(store, key) as opened:
        assign_task(opened, case, what, number, to="" if to == "-" else to, by=by)
    say_line(f"{case}, {what}: " + ("nobody's" if to == "-" else to))


@queue_app.command("hold")
def hold_command(
    case: Case,
    what: What,
    store: StoreAddress,
    until: Annotated[str, typer.Option(show_default=False)],
    reason: Annotated[str, typer.Option(show_default=False)],
    number: Number = 0,
    by: By = "",
    key: KeyFile = None,
) -> None:
    from creditscore.store.tasks import hold_task

    with open_store(store, key) as opened:
        hold_task(opened, case, what, number, until=until, reason=reason, by=by)
    say_line(f"{case}, {what}: waits until {until}")


@queue_app.command("release")
def release_command(
    case: Case, what: What, store: StoreAddress, number: Number = 0, by: By = "", key: KeyFile = None
) -> None:
    from creditscore.store.tasks import release_task

    with open_store(store, key) as opened:
        release_task(opened, case, what, number, by=by)
    say_line(f"{case}, {what}: waits no longer")

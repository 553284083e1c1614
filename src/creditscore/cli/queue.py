"""`creditscore queue`: what is to be done in an office's store, and who does it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, OnDay, StoreAddress, open_store
from creditscore.cli.output import give, tabulate, told
from creditscore.cli.person import find_person
from creditscore.cli.settings import load_settings
from creditscore.core.i18n import Phrase, language

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
) -> None:
    from creditscore.store.tasks import list_tasks

    with open_store(store) as opened:
        people = opened.people()
        taker = find_person(people, person) if person else None
        roles = role or load_settings().roles
        tasks = list_tasks(opened, team=roles, person=taker.id if taker else None, on=on, held=on_hold, limit=limit)
        named = [{**vars(task), "person": people.name_of(task.person) if task.person else ""} for task in tasks]
    columns = ("due_on", "stream", "what", "number", "subject", "team", "person", "hold_until", "note")
    shown = [name for name in columns if any(task[name] for task in named)]
    rows = tabulate([{name: task[name] or None for name in shown} for task in named], *shown)
    more = told("perhaps_more") if len(named) == limit else None
    give(named, rows if named else None, told("tasks", len(named)), more)


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
    _say_done(case, what, told("task_free") if to == "-" else told("task_of", to))


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
    _say_done(case, what, told("task_waits", until))


@queue_app.command("release")
def release_command(
    case: Case, what: What, store: StoreAddress, number: Number = 0, by: By = "", key: KeyFile = None
) -> None:
    from creditscore.store.tasks import release_task

    with open_store(store, key) as opened:
        release_task(opened, case, what, number, by=by)
    _say_done(case, what, told("task_waits_no_longer"))


def _say_done(case: str, what: str, state: Phrase) -> None:
    give({"case": case, "task": what, "state": state.say(language())}, told("task", case, what, state))

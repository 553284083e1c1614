"""`creditscore workflow`: the declared workflows, drawn; and `creditscore key`: keys that sign acts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, LangOption, OnDay, StoreAddress, ask_passphrase, open_store
from creditscore.cli.office import KeyFile as SigningKey
from creditscore.cli.tables import say_line, show
from creditscore.core.errors import UsageError

workflow_app = App()
key_app = App()
Declaration = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
KeyFile = Annotated[Path, typer.Argument(metavar="FILE")]


@workflow_app.command("list")
def list_command(lang: LangOption = "zh") -> None:
    from creditscore.store.declarations import WORKFLOWS

    rows = [
        (workflow.id, getattr(workflow.title, lang), str(len(workflow.states)), str(len(workflow.acts)))
        for workflow in WORKFLOWS.load()
    ]
    show(("workflow", "title", "states", "acts"), rows)


@workflow_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="NAME[/VERSION]")],
    lang: LangOption = "zh",
) -> None:
    from creditscore.store.declarations import WORKFLOWS, draw_workflow

    workflows = WORKFLOWS.load()
    fitting = [workflow for workflow in workflows if name in (workflow.id, workflow.workflow)]
    if not fitting:
        raise UsageError(
            f"there is no workflow {name!r}",
            allowed=[workflow.id for workflow in workflows],
            next="`creditscore workflow list` shows all",
        )
    for line in draw_workflow(max(fitting, key=lambda workflow: workflow.version), lang).splitlines():
        say_line(line)


@workflow_app.command("check")
def check_command(file: Declaration) -> None:
    from creditscore.store.declaring import read_workflow

    declared = read_workflow(file)
    say_line(f"{declared.id}: {len(declared.states)} states, {len(declared.acts)} acts, no fault")


@workflow_app.command("declare")
def declare_command(
    file: Declaration, store: StoreAddress, by: By = "", on: OnDay = None, key: SigningKey = None
) -> None:
    from creditscore.store.declaring import declare_workflow

    with open_store(store, key) as opened:
        declared = declare_workflow(opened, file, by=by, on=on)
    name = declared.workflow
    say_line(f"{declared.id} is declared: `CREDITSCORE_STORE={store} creditscore act {name} --help` shows its acts")


@key_app.command("new")
def new_command(file: KeyFile) -> None:
    from creditscore.store.keys import Key

    key = Key.generate()
    key.save(file, ask_passphrase(confirm=True))
    _print_key(key.key_id, key.public)


@key_app.command("show")
def show_key_command(file: KeyFile) -> None:
    from creditscore.store.keys import load_key

    key = load_key(file, ask_passphrase(confirm=False))
    _print_key(key.key_id, key.public)


def _print_key(key_id: str, public: str) -> None:
    typer.echo(f"key {key_id}\npublic {public}")

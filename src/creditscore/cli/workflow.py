"""`creditscore workflow`: the declared workflows, drawn; and `creditscore key`: keys that sign acts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, LangOption, OnDay, StoreAddress, ask_passphrase, open_store
from creditscore.cli.office import KeyFile as SigningKey
from creditscore.cli.output import give, tabulate, told
from creditscore.core.errors import UsageError

workflow_app = App()
key_app = App()
Declaration = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
KeyFile = Annotated[Path, typer.Argument(metavar="FILE")]


@workflow_app.command("list")
def list_command(lang: LangOption = "zh") -> None:
    from creditscore.store.declarations import WORKFLOWS

    rows = [
        {
            "workflow": workflow.id,
            "title": getattr(workflow.title, lang),
            "states": len(workflow.states),
            "acts": len(workflow.acts),
        }
        for workflow in WORKFLOWS.load()
    ]
    give(rows, tabulate(rows, "workflow", "title", "states", "acts"), lang=lang)


@workflow_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="NAME[/VERSION]")],
    lang: LangOption = "zh",
) -> None:
    from creditscore.store.declarations import WORKFLOWS, draw_workflow

    workflows = WORKFLOWS.load()
    fitting = [workflow for workflow in workflows if name in (workflow.id, workflow.workflow)]
    if not fitting:
        raise UsageError("cli.no_workflow", name=name, allowed=[workflow.id for workflow in workflows])
    newest = max(fitting, key=lambda workflow: workflow.version)
    give(newest.model_dump(mode="json", exclude_defaults=True), draw_workflow(newest, lang), lang=lang)


@workflow_app.command("check")
def check_command(file: Declaration) -> None:
    from creditscore.store.declaring import read_workflow

    declared = read_workflow(file)
    sizes = len(declared.states), len(declared.acts)
    give({"workflow": declared.id, "faults": []}, told("workflow_sound", declared.id, *sizes))


@workflow_app.command("declare")
def declare_command(
    file: Declaration, store: StoreAddress, by: By = "", on: OnDay = None, key: SigningKey = None
) -> None:
    from creditscore.store.declaring import declare_workflow

    with open_store(store, key) as opened:
        declared = declare_workflow(opened, file, by=by, on=on)
    give({"workflow": declared.id}, told("workflow_declared", declared.id, store, declared.workflow))


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
    give({"key_id": key_id, "public": public}, f"key {key_id}", f"public {public}")

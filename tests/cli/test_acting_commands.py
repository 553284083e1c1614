"""Every command that writes to a store names who acts, and obeys the file of roles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from creditscore.cli.main import app
from tests.paths import ROOT

CLI = ROOT / "src" / "creditscore"
NOBODY = "checkpoint_command"  # fixes what is there and changes nothing
ROLES = "roles: {analyst: [], grader: [li.na], reviewer: [zhang.min], approver: [chen.jie]}\n"


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        here = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, here)
        else:
            yield here, command


ALL = dict(commands(typer.main.get_command(app)))


def options(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


def acts(command: Any) -> bool:
    """Whether a command names a person, and opens a store."""
    by = next((parameter for parameter in command.params if "--by" in parameter.opts), None)
    stored = "--store" in options(command) or any("STORE" in (parameter.metavar or "") for parameter in command.params)
    return by is not None and (by.help or "").startswith("Who") and stored


@pytest.mark.parametrize("name", [name for name, command in ALL.items() if acts(command)])
def test_whoever_acts_is_held_to_the_roles(name: str) -> None:
    assert {"--roles", "--key"} & options(ALL[name])  # those of a log of events stand in it, and a key says who acts


def test_a_command_with_roles_or_a_key_says_who_acts() -> None:
    with_roles = {name for name, command in ALL.items() if "--roles" in options(command)}
    signed = {name for name, command in ALL.items() if {"--key", "--by"} <= options(command)}
    assert with_roles | signed == {name for name, command in ALL.items() if acts(command)}
    assert len(signed) >= 12


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
            yield node


@pytest.mark.slow
def test_a_log_for_writing_is_opened_with_roles_everywhere() -> None:
    bare = []
    for file in sorted(CLI.rglob("*.py")):
        if "store" in file.relative_to(CLI).parts[:1]:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for call in calls(tree, "Log"):
            if not any(keyword.arg == "roles" for keyword in call.keywords):
                inside = ast.unparse(call)
                around = file.read_text(encoding="utf-8").splitlines()[max(0, call.lineno - 4) : call.lineno]
                if not any("read_only=True" in line for line in around):
                    bare.append(f"{file.relative_to(CLI)}:{call.lineno}: {inside}")
    assert bare == []


def test_opened_for_writing_means_with_the_roles_that_were_given() -> None:
    loose = []
    for file in sorted((CLI / "cli").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            named = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
            for call in calls(function, "open_log"):
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
                reading = keywords.get("read_only", "False") == "True" or len(call.args) > 2
                if not reading and "roles" not in named and function.name != NOBODY:
                    loose.append(f"{file.name}: {function.name}")
    assert loose == []

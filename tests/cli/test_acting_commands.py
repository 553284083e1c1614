"""Every command that writes to a store names who acts, and obeys the file of roles."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import NotAllowed
from tests.cascade.listed import kept_wages
from tests.lists.players import A
from tests.paths import ROOT

CLI = ROOT / "src" / "creditscore"
NOBODY = "checkpoint_command"  # fixes what is there and changes nothing
SETS = "store roles"  # takes the file itself
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


@pytest.mark.parametrize("name", [name for name, command in ALL.items() if acts(command) and name != SETS])
def test_whoever_acts_is_held_to_the_roles(name: str) -> None:
    assert {"--roles", "--key"} & options(ALL[name])  # those of a log of events stand in it, and a key says who acts


def test_a_command_with_roles_or_a_key_says_who_acts() -> None:
    with_roles = {name for name, command in ALL.items() if "--roles" in options(command)}
    signed = {name for name, command in ALL.items() if {"--key", "--by"} <= options(command)}
    assert with_roles | signed | {SETS} == {name for name, command in ALL.items() if acts(command)}
    assert len(with_roles) >= 25
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


@pytest.mark.slow
def test_nothing_is_written_to_a_store_outside_an_act_of_its_log() -> None:
    loose = []
    for file in sorted(CLI.rglob("*.py")):
        if file.parent.name != "legacy" or file.name == "retention.py":
            tree = ast.parse(file.read_text(encoding="utf-8"))
            loose += [f"{file.relative_to(CLI)}: {ast.unparse(call)}" for call in calls(tree, "transaction")]
    # with `remove_payload`, which asks for the role
    assert loose == ["store/legacy/retention.py: log.store.transaction()"]


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def refused(*words: object) -> str:
    done = run(*words)
    assert isinstance(done.exception, NotAllowed), done.exception or done.output
    return str(done.exception)


@pytest.fixture(scope="module")
def wages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_wages(tmp_path_factory.mktemp("wages"))


@pytest.mark.slow
def test_the_first_roles_stand_in_the_store_and_hold_for_every_command(wages: Path, tmp_path: Path) -> None:
    store, file = Path(shutil.copy(wages, tmp_path / "s.store")), tmp_path / "roles.yaml"
    file.write_text(ROLES, encoding="utf-8")
    (remaining,) = json.loads(run("runs", "--store", store, "--json").stdout)
    day, at = ("--on", "2023-05-04"), ("--store", store)
    opening = ("case", "open", remaining["run_id"], A, "--ground", "annulled:r2", *at, *day)
    announce = ("life", "move", remaining["run_id"], "announce", *at, *day)
    assert "no roles stand" in run("store", "roles", store).stdout
    free = run(*announce, "--by", "x.y")
    assert free.exit_code == 0, free.exception
    assert "nobody is held to a role in this store" in free.stderr

    assert "is no reviewer" in refused(*opening, "--by", "x.y", "--roles", file)
    assert "no roles stand" in run("store", "roles", store).stdout  # who was refused has set nothing
    first = run(*opening, "--by", "zhang.min", "--roles", file)
    assert "from now on: roles of this store" in first.stderr
    for words in (
        ("case", "ask", "C2023-0001", "--department", "d", "--question", "q", "--due", "2023-05-08", *at, *day),
        ("keep", wages.parent / "other", "--snapshot", wages.parent / "snapshot", "--no-check", *at),
        ("lists", "take-over", A, "--list", "serious_arrears", "--scheme", "wage_arrears@2022-01-01", *at, *day),
        ("joint", "match", wages.parent / "events.csv", "--listings", wages.parent / "listings.csv", *at),
    ):
        assert run(*words, "--by", "x.y").exit_code != 0

    other = tmp_path / "other.yaml"
    other.write_text(ROLES.replace("zhang.min", "x.y"), encoding="utf-8")
    assert "not the roles of this store" in refused(*announce, "--by", "x.y", "--roles", other)
    assert "is no approver" in refused("store", "roles", store, other, "--by", "x.y")
    bare = tmp_path / "bare.yaml"
    bare.write_text(ROLES.replace("[chen.jie]", "[]"), encoding="utf-8")
    assert "name no approver" in str(run("store", "roles", store, bare, "--by", "chen.jie").exception)
    changed = run("store", "roles", store, other, "--by", "Chen.Jie")
    assert changed.exit_code == 0, changed.exception
    assert "reviewer: x.y" in changed.stdout
    assert "is no reviewer" in refused(*opening, "--by", "zhang.min")
    assert run("store", "verify", store).exit_code == 0

"""The contract of names holds what packages export, what commands take, and how a refused row may be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from typer.main import get_command

import creditscore as cs
from creditscore.cli.act import build_group
from creditscore.cli.main import app
from creditscore.grading.quarantine import MESSAGES
from creditscore.records.refused import WITHOUT_READING
from creditscore.records.schema import REASONS
from creditscore.store.declarations import WORKFLOWS
from tests.house.trees import ROOT, SRC

CONTRACT = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
EXPORTS = {
    package: set(re.findall(r"`(\w+)`", names))
    for package, names in re.findall(r"^\| `creditscore\.([\w.]+)` \| (.*) \|$", CONTRACT, flags=re.M)
}
COMMAND_LINES = CONTRACT.partition("\n## Commands\n")[2].partition("\n## ")[0].splitlines()
OF_EVERY = {"--help", "--json"}
FIRST_LEVEL = sorted(path.parent.name for path in SRC.glob("*/__init__.py"))


def iter_commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words (`lists`, `exit`), groups apart."""
    inner = getattr(command, "commands", {})
    for name, child in inner.items():
        yield from iter_commands(child, (*words, name))
    if words and not inner:
        yield words, command


def options_of(command: Any) -> list[list[str]]:
    """List the spellings of each option of a command but those of every command."""
    spellings = [[name for name in (*each.opts, *each.secondary_opts) if name[0] == "-"] for each in command.params]
    return [names for names in spellings if names and not OF_EVERY & {*names}]


def is_named(option: str, line: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", line) is not None


COMMANDS = dict(iter_commands(get_command(app)))


def test_the_front_door_is_in_the_contract() -> None:
    (line,) = [line for line in CONTRACT.splitlines() if line.startswith("`import creditscore` offers")]
    assert {name for name in cs.__all__ if not is_named(f"`{name}`", line)} == {"__version__"}


@pytest.mark.parametrize("package", sorted({*EXPORTS, *FIRST_LEVEL}))
def test_what_a_package_exports_is_in_the_contract(package: str) -> None:
    module = import_module(f"creditscore.{package}")
    assert EXPORTS.get(package, set()) == set(getattr(module, "__all__", ()))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_of_a_command_is_in_the_contract(words: tuple[str, ...]) -> None:
    noun = re.compile(rf"`(creditscore )?{words[0]}\b")
    lines = [line for line in COMMAND_LINES if noun.search(line) and is_named(words[-1], line)]
    text = "\n".join(lines)
    missing = [names for names in options_of(COMMANDS[words]) if not any(is_named(name, text) for name in names)]
    assert lines
    assert missing == []


def test_the_contract_names_no_option_that_no_command_has() -> None:
    acts = dict(act for workflow in WORKFLOWS.load() for act in iter_commands(get_command(build_group([workflow]))))
    known = {
        name
        for own in (get_command(app), *COMMANDS.values(), *acts.values())
        for names in options_of(own)
        for name in names
    }
    written = [command for command in COMMANDS.values() if not hasattr(command, "list_commands")]
    assert all(any("--json" in each.opts for each in command.params) for command in written)
    named = {name for line in COMMAND_LINES for name in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)}
    assert named - known == {"--json"}


def test_every_reason_of_the_quarantine_has_its_admissible_readings() -> None:
    section = CONTRACT.partition("## Admissible readings of a refused row")[2].partition("\n## ")[0]
    rows = [line.removeprefix("- ").partition(": ") for line in section.splitlines() if line.startswith("- ")]
    named = {code: readings for reasons, _, readings in rows for code in re.findall("`([a-z_]+)`", reasons)}
    missing = {*REASONS, *MESSAGES} - named.keys()
    assert not missing
    assert {code for code, readings in named.items() if readings.startswith("none")} == set(WITHOUT_READING)

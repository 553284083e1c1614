"""Every command that acts in a store names who does it, and takes the key that signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from creditscore.cli.main import app
from creditscore.cli.settings import PERSON


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
    return by is not None and (by.envvar == PERSON) and stored


ACTING = [name for name, command in ALL.items() if acts(command)]


@pytest.mark.parametrize("name", ACTING)
def test_whoever_acts_may_sign(name: str) -> None:
    assert "--key" in options(ALL[name])


def test_a_command_that_signs_says_who_acts() -> None:
    assert {name for name, command in ALL.items() if {"--key", "--by"} <= options(command)} == {
        *ACTING,
        "packet build",  # who is named there writes to the log: never by a setting
    }
    assert len(ACTING) >= 12

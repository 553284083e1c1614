"""An office that acts by commands alone: a workflow of its own, declared in its store."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from creditscore.cli.main import app

FIRM = "91350100M000100Y43"
DOCS = Path(__file__).parents[2] / "docs" / "workflows.md"


def call(*words: str, code: int = 0) -> str:
    """Call a command; its output, without what is said aside."""
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, standalone_mode=False)
    ended = result.return_value if isinstance(result.return_value, int) else result.exit_code
    assert ended == code, result.output
    return result.stdout


def write_promise(folder: Path) -> Path:
    """Write the workflow that the documentation shows whole."""
    written = re.search(r"```yaml\n(workflow: promise.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert written is not None
    file = folder / "promise.yaml"
    file.write_text(written[1], encoding="utf-8")
    return file


class Office:
    """A store made, fed and read by commands."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        call("store", "create", "--store", address)
        call("workflow", "declare", str(write_promise(folder)), "--store", address, "--by", "wang.fang")

    def act(self, act: str, *words: str, by: str = "li.na", on: str = "2026-03-02") -> str:
        """Act on a promise."""
        return call("act", "promise", act, *words, "--store", self.address, "--by", by, "--on", on)

    def give(self, number: str = "7") -> str:
        """Give a promise."""
        given = ("--id", number, "--subject", FIRM, "--matter", "opening", "--missing", "plan", "--missing", "lease")
        return self.act("give", *given)

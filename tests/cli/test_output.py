"""What commands print: words of the catalogue, lines of a terminal, and with `--json` one value and nothing else."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.schemes import registry
from tests.house.trees import SRC

SAYS = ("echo", "print", "prompt", "give", "say_aside", "Text")  # functions that bring a text before a person
WORDS = re.compile(r"[A-Za-z]{2,} +[A-Za-z]{2,}")
WITHOUT_STORE = (
    "scheme list",
    "scheme in-force --on 2024-05-01",
    "scheme show tax",
    "scheme check tax",
    "scheme diff tax@2014 tax@2025",
    "scheme coverage --markdown",
    "composite list",
    "composite check jilin_edz",
    "rules list",
    "rules list laws",
    "rules show profiles",
    "rules schema laws",
    "workflow list",
    "workflow show listing",
    "measures show",
    "measures check",
)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, [*words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def texts_in(node: ast.AST) -> Iterator[str]:
    """Yield the constant text of every string and f-string below a node; arguments of calls within are their own."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from texts_in(child)


def find_sentences(source: str) -> list[str]:
    """Find what is said in English: sentences given to a function that says them."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    said = [call for call in calls if ast.unparse(call.func).rpartition(".")[2] in SAYS]
    return [text for call in said for given in call.args for text in texts_in(given) if WORDS.search(text)]


def test_no_sentence_that_is_printed_stands_in_the_code() -> None:
    for file in (SRC / "cli").glob("*.py"):
        assert find_sentences(file.read_text(encoding="utf-8")) == [], file.name


@pytest.mark.parametrize("source", ["echo('two words')", "typer.echo(f'{a} two words')", "give({}, x, ['two words'])"])
def test_a_sentence_in_the_code_is_found(source: str) -> None:
    assert find_sentences(source)


@pytest.mark.parametrize("words", WITHOUT_STORE)
def test_json_is_one_value_and_nothing_else(words: str) -> None:
    assert json.loads(run(*words.split(), "--json"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_scheme_is_named_in_lines_of_a_terminal(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("scheme", "list", "--lang", lang).splitlines()
    assert max(map(cell_len, lines)) <= 80
    begins = {line.strip() for line in lines}
    assert {f"{entry.scheme}@{entry.version}" for entry in registry.entries()} <= begins  # none is broken


def call_module(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "creditscore", *words],
        env={**os.environ, "CREDITSCORE_LANG": "en", **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_module_is_the_command() -> None:
    done = call_module("workflow", "list", "--json")
    assert done.returncode == 0
    assert "listing/1" in {row["workflow"] for row in json.loads(done.stdout)}
    folded = call_module("nothing", "such", "as", "this", COLUMNS="40")
    assert folded.returncode == 2
    assert max(map(len, folded.stderr.splitlines())) <= 40


def test_a_shell_completes_names_of_schemes() -> None:
    asked = {"_CREDITSCORE_COMPLETE": "complete_bash", "COMP_WORDS": "creditscore scheme show ta", "COMP_CWORD": "3"}
    assert "tax" in call_module(**asked).stdout.split()

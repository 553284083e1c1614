"""One list of exit codes: errors carry it, the contract states it, and no command ends in a number of its own."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

from creditscore.core import errors
from creditscore.core.errors import CreditscoreError, ExitCode
from creditscore.core.messages import message_parts
from tests.paths import ROOT

PARTS = ("what", "where", "allowed", "next")


def test_the_contract_lists_every_exit_code_and_no_other() -> None:
    section = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8").split("## Exit codes")[1].split("\n## ")[0]
    listed = {
        int(code): words for code, words in re.findall(r"^\| (\d+) \| ([^:;(|]+?)(?: \(| \||[:;])", section, re.M)
    }
    assert listed == {code.value: code.words for code in ExitCode}


def test_no_error_ends_as_if_python_had_failed() -> None:
    assert 1 not in set(ExitCode)
    assert CreditscoreError.exit_code is ExitCode.OURS  # what nobody classified is our fault, not the reader's


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2),
        (errors.NotAllowed, 2),
        (errors.InputError, 3),
        (errors.StoreError, 3),
        (errors.TooManyRejected, 3),
        (errors.SchemeError, 4),
        (errors.NotInForce, 4),
        (errors.DifferenceError, 5),
        (errors.StoreDiffers, 5),
        (errors.InternalError, 6),
    ],
)
def test_each_kind_of_error_has_its_code(error: type[CreditscoreError], code: int) -> None:
    assert error.exit_code == code
    assert isinstance(error.exit_code, ExitCode)


def test_a_fault_of_ours_asks_to_be_reported_and_survives_another_process() -> None:
    fault = pickle.loads(pickle.dumps(errors.InternalError("two sums differ", where="a.py")))
    assert str(fault) == "two sums differ\n  where: a.py\n  next: please report this fault"


def test_commands_end_in_codes_of_the_list_only() -> None:
    """`typer.Exit(3)` or `exit_code = 3` would be a second list."""
    literal = re.compile(r"(?:typer\.Exit|sys\.exit|SystemExit)\(\s*\d|exit_code\s*=\s*\d")
    files = [*(ROOT / "src" / "creditscore").rglob("*.py")]
    assert len(files) > 200
    wrong = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if literal.search(line) and "sys.exit(0)" not in line  # a reader that closed the pipe is done
    ]
    assert wrong == []


def dead_ends(src: Path) -> list[str]:
    """Refusals that leave the reader alone: each states what would be right (`allowed`) or what to do (`next`), or its
    class has a usual next step.
    """
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(src.rglob("*.py"))}
    kinds = {name: value for name in errors.__all__ if isinstance(value := getattr(errors, name), type)}
    silent = {name for name, kind in kinds.items() if issubclass(kind, CreditscoreError) and not kind.usual_next}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name not in kinds:
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                silent |= {node.name} if bases & silent else set()
    complaints = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = {keyword.arg for keyword in node.keywords} | set(PARTS[: len(node.args)])
            if node.args and isinstance(code := getattr(node.args[0], "value", None), str):
                given |= message_parts(code)
            if name in silent and not given & {"allowed", "next", None}:
                complaints.append(f"{path.relative_to(src)}:{node.lineno}: {name} says neither allowed nor next")
    return complaints


@pytest.mark.slow
def test_every_refusal_says_what_is_allowed_or_what_to_do_next() -> None:
    assert dead_ends(ROOT / "src" / "creditscore") == []


@pytest.mark.parametrize(
    ("code", "dead"),
    [
        ('raise UsageError("no day", where="--on")', True),
        ('raise errors.InputError("no rows", "table")', True),
        ('class NoCuts(InputError): ...\nraise NoCuts("none")', True),
        ('raise UsageError("no day", where="--on", next="give one")', False),
        ('raise UsageError("no day", "--on", "a day of 2024")', False),
        ('raise UsageError("store.address_no_witness")', False),
        ('raise UsageError("store.address_names_no_database_2")', True),
        ('raise InternalError("two sums differ")', False),
        ('raise ValueError("no error of the tree")', False),
    ],
)
def test_a_dead_end_is_seen(tmp_path: Path, code: str, dead: bool) -> None:
    (tmp_path / "a.py").write_text(code + "\n")
    assert bool(dead_ends(tmp_path)) is dead

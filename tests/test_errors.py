"""One list of exit codes: errors carry it, the contract states it, and no command ends in a number of its own."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from creditscore import errors
from creditscore.errors import CreditscoreError, ExitCode

ROOT = Path(__file__).parents[1]


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
        (errors.UsageError, 2), (errors.NotAllowed, 2), (errors.InputError, 3), (errors.StoreError, 3),
        (errors.TooManyRejected, 3), (errors.SchemeError, 4), (errors.NotInForce, 4), (errors.DifferenceError, 5),
        (errors.StoreDiffers, 5), (errors.InternalError, 6),
    ],
)  # fmt: skip
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

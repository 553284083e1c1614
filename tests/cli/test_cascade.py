"""`creditscore cascade` and `creditscore store`: a withdrawn record from preview to letter, in the terminal."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import CreditscoreError
from tests.cascade.listed import entered_wages
from tests.lists.players import A

ROLES = "roles: {analyst: [], grader: [li.na], reviewer: [zhang.min], approver: [chen.jie]}\n"


def run(*args: object, columns: int = 100) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*map(str, args)], env={"COLUMNS": str(columns)})
    if isinstance(result.exception, CreditscoreError):
        return result.exception.exit_code, f"{result.output}{result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def wages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    return entered_wages(tmp_path_factory.mktemp("cli"))


@pytest.fixture
def store(wages: tuple[Path, str, str], tmp_path: Path) -> Path:
    (tmp_path / "roles.yaml").write_text(ROLES, encoding="utf-8")
    return Path(shutil.copy(wages[0], tmp_path / "s.store"))


def what(record: str, event: str, on: str, store: Path) -> list[Any]:
    return ["--record", record, "--event", event, "--on", on, "--store", store]


def who(store: Path, by: str = "zhang.min", reason: str = "another firm's matter") -> list[Any]:
    return ["--by", by, "--reason", reason, "--roles", store.parent / "roles.yaml"]


@pytest.mark.slow
def test_from_preview_to_undo(store: Path, wages: tuple[Path, str, str]) -> None:
    code, output = run("cascade", "preview", *what("r1", "withdrawn", "2023-06-01", store), columns=80)
    assert code == 0
    assert "预览：未作任何改动" in output
    assert "r1  撤销  2023-06-01" in output  # no code of the package in a Chinese page
    assert not any(code in output for code in ("withdrawn", "direct", "graded"))
    assert max(map(len, output.splitlines())) <= 80
    for record in ("r1", "r2"):
        results = what(record, "withdrawn", "2023-06-01", store)
        code, output = run("cascade", "apply", *results, *who(store), "--lang", "en")
        assert code == 0
    assert "trigger met direct → no trigger direct" in output
    assert f"annul the entry, withdraw it if published: {wages[1]}" in output
    assert "tell: housing and construction" in output
    code, output = run("cascade", "apply", *what("r2", "withdrawn", "2023-06-09", store), *who(store), "--lang", "en")
    assert (code, "nothing changes" in output) == (0, True)
    listed = json.loads(run("cascade", "show", "--store", store, "--json")[1])
    last = listed[-1]
    nr = next(task["nr"] for task in last["tasks"] if task["task"] == "tell")
    paper = ["--on", "2023-06-02", "--document-no", "N7", "--by", "zhang.min"]
    assert run("cascade", "told", last["seq"], nr, "--store", store, *paper)[0] == 0
    code, shown = run("cascade", "show", last["seq"], "--store", store, "--lang", "en", columns=80)
    assert "[done]" in shown
    assert shown.count("cascade told") == shown.count("[open]") > 0
    assert f"cascade told {last['seq']} {nr}\n" not in re.sub(" +\n", "\n", shown)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert all(line.startswith("    ") for line in shown.splitlines()[1:-1])
    code, output = run("store", "check", store, "--lang", "en")
    letters = sum(task["task"] == "tell" for act in listed for task in act["tasks"]) - 1
    assert (code, f"0 flaws, 2 tasks open, {letters} letters to be written" in output) == (0, True)
    for act in reversed(listed):
        undone = ["--store", store, "--on", "2023-07-01", *who(store)]
        assert run("cascade", "undo", act["seq"], *undone)[0] == 0
    assert "0 flaws, 0 tasks open" in run("store", "check", store)[1]
    assert run("runs", "--store", store, "--verify")[0] == 0


def test_for_machines_the_rows_before_and_after_and_the_graph(store: Path) -> None:
    code, output = run("cascade", "preview", *what("r2", "withdrawn", "2023-06-01", store), "--json")
    assert code == 0
    data = json.loads(output)
    assert data["seq"] is None
    (change,) = data["changes"]
    assert change["before"]["hash"] != change["after"]["hash"]
    assert {row["record_id"] for row in change["after"]["ledger"]} >= {"r1", "r2"}
    assert data["edges"][0].keys() == {"thing", "rests_on", "how"}


def test_what_cannot_be_done_is_said(store: Path) -> None:
    def refused(*args: object) -> str:
        code, output = run(*args)
        assert code == 2
        return output

    withdrawn = what("r1", "withdrawn", "2023-06-01", store)
    assert "is no reviewer" in refused("cascade", "apply", *withdrawn, *who(store, by="wang.fang"))
    assert "identity number" in refused("cascade", "apply", *withdrawn, *who(store, reason="11010519491231002X"))
    assert "no kept run knows" in refused("cascade", "preview", *what("r9", "withdrawn", "2023-06-01", store))
    assert "only a correction has a share" in refused("cascade", "preview", *withdrawn, "--share", "0.5")
    assert "before it happened" in refused("cascade", "preview", *withdrawn, "--recorded-on", "2023-05-01")
    assert "not a day" in refused("cascade", "preview", *what("r1", "withdrawn", "soon", store))
    assert "no store here" in refused("cascade", "preview", *what("r1", "withdrawn", "2023-06-01", store.parent / "no"))
    assert "no cascade" in refused("cascade", "undo", 0, "--store", store, "--on", "2023-07-01", *who(store))
    assert "no event that a cascade follows" in refused("cascade", "preview", *what("r1", "x", "2023-06-01", store))


def test_proof_and_checkpoints(store: Path, tmp_path: Path) -> None:
    code, line = run("store", "checkpoint", store, "--out", tmp_path / "held.txt")
    assert code == 0
    assert line.startswith("creditscore-log ")
    assert (tmp_path / "held.txt").read_text(encoding="utf-8") == line
    code, output = run("store", "verify", store, "--held", tmp_path / "held.txt", "--json")
    assert (code, json.loads(output)["faults"]) == (0, [])
    other = line.replace(line.split()[3], "0" * 64)
    (tmp_path / "held.txt").write_text(other, encoding="utf-8")
    code, output = run("store", "verify", store, "--held", tmp_path / "held.txt")
    assert code == 5
    assert "not that of the checkpoint" in output
    code, output = run("store", "verify", store, "--held", tmp_path / "none.txt")
    assert code == 3


def test_a_line_edited_in_the_log_is_found(store: Path) -> None:
    import duckdb

    with duckdb.connect(str(store)) as con:
        con.execute("UPDATE log_entries SET actor = 'wang.fang' WHERE seq = 3")
    for command in ("verify", "check"):
        code, output = run("store", command, store)
        assert code == 5
        assert "entry 3" in output


def test_a_record_of_the_subject_is_found_without_its_name(store: Path) -> None:
    code, output = run("cascade", "preview", *what("r1", "repaired", "2023-06-01", store), "--lang", "en")
    assert code == 0
    assert A in output
    assert "see whether a way out of the list is open" in output

"""`creditscore scheme`: check, diff, list, in-force and show, on a terminal of 80 and of 120 columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from creditscore.cli.main import app, main
from tests.schemes.library_helpers import LAW, RICH, write


def run(*args: str, columns: int = 120) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scheme", *args], env={"COLUMNS": str(columns)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    text = (
        RICH.replace("beside: [test/other]\n", "")
        .replace("window: life", "window: lives")
        .replace("down: 1", "down: 9")
    )
    return write(tmp_path, {"rich.yaml": text, "laws/L.yaml": LAW}) / "rich.yaml"


@pytest.mark.slow
def test_the_library_is_sound() -> None:
    code, output = run("check")
    assert code == 0
    assert "0 faults" in output


def test_faults_exit_with_4_and_name_their_place(broken: Path) -> None:
    code, output = run("check", str(broken))
    assert code == 4
    lines = broken.read_text(encoding="utf-8").splitlines()
    for fault, path, words in (
        ("E301", "items.base.window", "'lives' is not a window"),
        ("E123", "decide.4.down", "9 is not"),
    ):
        (line,) = [
            k for k, text in enumerate(lines, 1) if words.split()[0].strip("'") in text and path.split(".")[-1] in text
        ]
        assert f"{fault}  line {line}  {path}" in output
        assert words in output


def test_json_is_a_list_for_machines(broken: Path) -> None:
    code, output = run("check", str(broken), "--json")
    rows = json.loads(output)
    assert code == 4
    assert {row["code"] for row in rows if row["severity"] == "fault"} == {"E301", "E123"}
    assert {"code", "severity", "file", "line", "path", "message"} == set(rows[0])


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(
    "args",
    [
        ("check", "tax"),
        ("list", "--lang", "zh"),
        ("in-force", "--on", "2024-12-31"),
        ("show", "tax", "--lang", "zh"),
        ("show", "food_hygiene_uk"),
        ("diff", "tax@2014", "tax@2025", "--lang", "zh"),
    ],
)
@pytest.mark.slow
def test_output_fits_the_terminal(args: tuple[str, ...], columns: int) -> None:
    code, output = run(*args, columns=columns)
    assert code == 0
    assert max(cell_len(line.rstrip()) for line in output.splitlines()) <= columns


def test_show_says_windows_facts_readings_and_what_is_acknowledged() -> None:
    _, output = run("show", "tax@2014")
    for word in ("windows", "facts", "repair_2020", "readings: how doubts", "complete_three_years", "in force"):
        assert word in output


def test_show_of_a_stub_and_of_somebody_elses_decision(tmp_path: Path) -> None:
    head = RICH[: RICH.index("beside:")].replace("direction: higher_is_better\n", "")
    stub = head + "missing: [{zh: 记分标准, en: the table of points}]\n"
    other = head + "imported_decision: {by: {zh: 某局, en: an office}, life: {years: 5}}\n"
    write(tmp_path, {"stub.yaml": stub, "other.yaml": other, "laws/L.yaml": LAW})
    assert "the table of points" in run("show", str(tmp_path / "stub.yaml"))[1]
    output = run("show", str(tmp_path / "other.yaml"))[1]
    assert "an office, for 5 years" in output
    assert "decision only" in output


def test_diff_as_json() -> None:
    code, output = run("diff", "tax@2014", "tax@2025", "--json")
    data = json.loads(output)
    assert code == 0
    assert (data["a"], data["b"]) == ("tax@2014", "tax@2025")
    assert {"section", "name", "what", "aspect", "before", "after"} == set(data["changes"][0])
    (cited,) = (change for change in data["changes"] if (change["section"], change["name"]) == ("head", "cite"))
    assert cited["after"] == "R2025"


def test_an_error_shows_no_resident_number(capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("11010519491231002X", "110105 19491231 002x"):
        with pytest.raises(SystemExit):
            main(["scheme", "show", number])
        text = capsys.readouterr().err
        assert "there is no scheme '110*" in text
        assert "1949" not in text

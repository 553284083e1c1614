"""CSV for people opens in a spreadsheet as it reads, and no cell of it is a formula; that for machines is as it was."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from creditscore.cli.main import main
from creditscore.core.tables.csv_people import BOM, inert
from creditscore.core.tables.write import write_table

A = "914403001922038216"
CELLS = {
    "=1+1": "'=1+1",
    "+86 10": "'+86 10",
    "-cmd|' /C calc'!A0": "'-cmd|' /C calc'!A0",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "' =1",
    "\rx": "' x",
    "  =1": "'  =1",
    "＝1+1": "'＝1+1",
    "-3.5": "-3.5",
    "+12": "+12",
    "-3.5.1": "'-3.5.1",
    "a=b": "a=b",
    "甲\n乙": "甲 乙",
    "a\x00b\x07c\x1b[31m": "abc[31m",
    "\u202eabc\ufeff": "abc",
    "\u200b=1": "'=1",
    "\ufeff@SUM(A1)": "'@SUM(A1)",
    "\x00\x1b+1+1": "'+1+1",
    "\x0b=1": "'=1",
    "\u2028=1": "' =1",
    "\u3000=1": "'\u3000=1",
    "\u2060-3.5": "-3.5",
    "\u061ca": "a",
    'say "no", 甲': 'say "no", 甲',
    "": "",
}


def read_back(file: Path) -> list[list[str]]:
    content = file.read_bytes()
    assert content.startswith(BOM)
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


def test_cells_begin_no_formula_and_hold_no_control_character(tmp_path: Path) -> None:
    write_table(pa.table({"=name": list(CELLS)}), tmp_path / "t.csv", people=True)
    head, *rows = read_back(tmp_path / "t.csv")
    assert head == ["'=name"]
    assert [row[0] if row else "" for row in rows] == list(CELLS.values())
    assert [inert(cell) for cell in CELLS] == list(CELLS.values())


def test_numbers_dates_and_absent_cells_stay(tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([-3.5, None], pa.float64()),
            "k": pa.array([-7, 8]),
            "d": [date(2024, 1, 2), None],
            "code": pa.array(["-a", None]).dictionary_encode(),
            "t": [True, None],
        }
    )
    write_table(table, tmp_path / "t.csv", people=True)
    assert read_back(tmp_path / "t.csv")[1:] == [["-3.5", "-7", "2024-01-02", "'-a", "true"], ["", "8", "", "", ""]]
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


def test_grade_writes_the_form_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(f"subject_id,name\n{A},=HYPERLINK(1)\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text(
        f"record_id,subject_id,item,occurred_on\n=1+1,{A},010101,2022-03-16\n-5,{A},xx,2022-03-16\n", encoding="utf-8"
    )
    tables = ["--subjects", str(tmp_path / "s.csv"), "--records", str(tmp_path / "r.csv"), "--max-rejected", "1"]

    def ledger(*form: str) -> bytes:
        with pytest.raises(SystemExit) as ended:
            main(["grade", "--scheme", "tax", "--period", "2022", *tables, "--out", str(tmp_path / "out"), *form])
        assert not ended.value.code
        return (tmp_path / "out" / "ledger.csv").read_bytes()

    machine, people = ledger("--csv"), ledger("--csv-people")
    assert not machine.startswith(BOM)
    assert b",=1+1," in machine
    assert people.startswith(BOM)
    assert b",'=1+1," in people
    assert b",-1.000000," in people or b",-5.000000," in people or b",-10.000000," in people
    assert people[3:].replace(b",'=1+1,", b",=1+1,") == machine
    rows = duckdb.read_csv(str(tmp_path / "out" / "quarantine.csv"), all_varchar=True).fetchall()
    assert any("-5" in row for row in rows)


def test_one_form_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["grade", "--scheme", "tax", "--period", "2022", "--csv", "--csv-people", "--out", str(tmp_path / "o")])
    assert ended.value.code == 2
    assert "--csv and --csv-people write the same files" in capsys.readouterr().err

"""Numbers of persons, mistyped ones too, reach no explanation: terminal, page and its JSON, at every depth."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from creditscore.cli.main import main
from creditscore.core.i18n import LANGS
from creditscore.explanation.ledger import explain
from creditscore.explanation.reason_codes import paragraph
from creditscore.grading.grade import grade

FIRM = "914403001922038216"
NUMBERS = (
    "110105194912310021",
    "110105 19491231 0021",
    "110105-1949-1231-0021",
    "13812345678",
)  # mistyped; a telephone
RAW = re.compile(r"110105[- ]?1949|13812345678")


def test_no_explanation_shows_the_number_of_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "record_id,subject_id,item,domain,booked_on,document_no,basis,source\n"
    lines = [
        f"r{place} {number},{FIRM},{item},tax,2022-03-1{place},张三{number},{number},税务\n"
        for place, (number, item) in enumerate(zip(NUMBERS, ("030110", "010101", "010101", "010101"), strict=True))
    ]
    (tmp_path / "s.csv").write_text(f"subject_id,name\n{FIRM},张三{NUMBERS[1]}\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text(head + "".join(lines), encoding="utf-8")
    snapshot, grades, page = (str(tmp_path / name) for name in ("snapshot", "grades", "page.html"))
    tables = ["--subjects", str(tmp_path / "s.csv"), "--records", str(tmp_path / "r.csv")]
    command(capsys, "records", "snapshot", *tables, "--out", snapshot)
    command(capsys, "grade", "--scheme", "tax", "--period", "2022", "--snapshot", snapshot, "--out", grades)
    for depth in ("subject", "reviewer", "auditor"):
        shown = command(capsys, "explain", grades, FIRM, "--depth", depth, "--snapshot", snapshot, "--html", page)
        assert "138****" in shown or "110***" in shown
        assert not RAW.search(shown.replace("\n", "")), depth
        for file in tmp_path.glob("page*"):
            assert not RAW.search(file.read_text(encoding="utf-8")), (depth, file.name)


def command(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    shown = capsys.readouterr()
    assert not ended.value.code, shown.err
    return shown.out


def test_a_paragraph_shows_no_number_of_a_person_and_no_control_character() -> None:
    number, cell = NUMBERS[0], f"甲\x1b[31m{NUMBERS[0]}"
    columns = {name: pa.array([], pa.string()) for name in ("record_id", "subject_id", "item")}
    subjects = pa.Table.from_pylist([{"subject_id": FIRM, "name": cell}])
    record = {"record_id": f"r {number}", "subject_id": FIRM, "decided_on": "2020-01-01", "document_no": cell}
    entry = {"listing_id": cell, "subject_id": FIRM, "list": "wage_arrears", "entered_on": "2022-06-01", "basis": cell}
    by_record = grade(
        pa.Table.from_pylist([{"item": "order83_act", **record}]),
        "market/serious",
        as_of="2020-05-10",
        subjects=subjects,
    )
    listings = pa.Table.from_pylist([entry])
    by_entry = grade(pa.table(columns), "wage_arrears", as_of="2022-12-31", subjects=subjects, listings=listings)
    for grading in (by_record, by_entry):
        for lang in LANGS:
            shown = paragraph(explain(grading, FIRM), lang)
            assert "110***" in shown
            assert not RAW.search(shown)
            assert "\x1b" not in shown

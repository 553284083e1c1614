"""A run that failed leaves its quarantine, and nothing that anybody takes for a result."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.cli.main import main
from creditscore.composite.inputs import read_manifest as manifest_of_composite
from creditscore.core.errors import InputError
from creditscore.evidence.publication.public import publish
from creditscore.explanation.read import read
from creditscore.lists.graded import read as graded_for_lists
from creditscore.records import read_snapshot
from tests.tiers import thinned

A = "914403001922038216"
SUBJECTS = f"subject_id,name\n{A},甲公司\n"
RECORDS = f"record_id,subject_id,item,booked_on\n1,{A},030110,2022年4月\n"


class Place:
    """A folder with tables of which one row is refused, and calls of the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        (folder / "s.csv").write_text(SUBJECTS, encoding="utf-8")
        (folder / "r.csv").write_text(RECORDS, encoding="utf-8")
        self.tables = ["--subjects", folder / "s.csv", "--records", folder / "r.csv"]
        self.out = folder / "out"

    def call(self, *args: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(arg) for arg in args])
        shown = self.capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    def grade(self, *more: object, scheme: str = "tax") -> tuple[int, str]:
        return self.call("grade", "--scheme", scheme, "--period", "2022", *self.tables, "--out", self.out, *more)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


@pytest.mark.parametrize("scheme", thinned(["tax", "tax,labour/national"], 2))
def test_the_folder_holds_the_quarantine_and_why_it_failed(place: Place, scheme: str) -> None:
    assert place.grade("--max-rejected", "5", "--csv", scheme=scheme)[0] == 0
    assert place.call("explain", place.out, A)[0] == 0
    code, text = place.grade(scheme=scheme)
    assert code == 3
    assert "written to" not in text
    assert "quarantine.parquet" in text
    assert sorted(file.name for file in place.out.iterdir()) == ["manifest.json", "quarantine.parquet"]
    manifest = json.loads((place.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["failed"].startswith("1 row was refused, 0 allowed")
    assert pq.read_table(place.out / "quarantine.parquet").num_rows >= 1


def test_no_command_takes_it_for_a_result(place: Place) -> None:
    assert place.call("records", "snapshot", *place.tables, "--max-rejected", "9", "--out", place.folder / "s")[0] == 0
    assert place.grade()[0] == 3
    out, snapshot, store = place.out, place.folder / "s", place.folder / "x.db"
    by, on = ["--store", store, "--by", "wang"], ["--on", "2023-05-01"]
    plan = ["--year", "2024", "--subjects", place.folder / "s.csv"]
    assert place.call("store", "create", "--store", store)[0] == 0
    for args in (
        ["explain", out, A],
        ["report", "public", out, "--decided-by", "o", "--decided-on", "2023-05-01", "--out", place.folder / "p"],
        ["report", "dashboard", out, "--snapshot", snapshot, *on, "--out", place.folder / "d.html"],
        ["report", "dashboard", place.folder, "--snapshot", snapshot, *on, "--out", place.folder / "d.html"],
        ["composite", "score", out, "--config", "jilin_edz", "--acts", "unchecked", "--out", place.folder / "c"],
        ["archive", "add", out, "--snapshot", snapshot, *by],
        ["reproduce", out, "--snapshot", snapshot],
        ["decisive", "show", out, A, "--snapshot", snapshot],
        ["decisive", "population", out, "--snapshot", snapshot, "--out", place.folder / "d.parquet"],
        ["repair", "check", A, "--grading", out, "--snapshot", snapshot],
        ["packet", "build", "--grading", out, "--snapshot", snapshot, "--subject", A, "--out", place.folder / "k"],
        ["lists", "propose", out, "--records", place.folder / "r.csv", *by, *on],
        ["measures", "show", "--grading", out],
        ["supervise", "plan", "--programme", f"composite={out}", *plan, "--out", place.folder / "plan"],
    ):
        code, text = place.call(*args)
        assert (code, "the run failed and has no result" in text, "quarantine.parquet" in text) == (3, True, True), args


def test_no_function_takes_it_for_a_result(place: Place) -> None:
    assert place.grade()[0] == 3
    for reader in (
        lambda: read(place.out, A),
        lambda: manifest_of_composite(place.out),
        lambda: list(graded_for_lists(place.out)),
        lambda: publish(place.out),
    ):
        with pytest.raises(InputError, match="the run failed and has no result"):
            reader()


def test_python_callers_still_get_what_was_graded(place: Place) -> None:
    with pytest.raises(cs.TooManyRejected) as raised:
        cs.grade(place.folder / "r.csv", "tax", 2022, subjects=place.folder / "s.csv")
    assert raised.value.grading.grades.num_rows == 1


def test_a_run_that_was_not_written_to_its_end_is_no_result(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from creditscore.engines.duckdb import DuckDBEngine

    write = DuckDBEngine.write

    def stop(self: DuckDBEngine, sql: str, path: Path) -> None:
        if path.name == "quarantine.parquet":
            raise KeyboardInterrupt
        write(self, sql, path)

    monkeypatch.setattr(DuckDBEngine, "write", stop)
    code, text = place.grade("--max-rejected", "5")
    assert (code, text.splitlines()[-1]) == (130, "error: interrupted; what was begun is no result")
    monkeypatch.undo()
    code, text = place.call("explain", place.out, A)
    assert (code, "ended before its results were written" in " ".join(text.split())) == (3, True)


def test_a_snapshot_with_too_many_refused_rows_takes_the_place_of_an_earlier_one(place: Place) -> None:
    out = place.folder / "snapshot"
    assert place.call("records", "snapshot", *place.tables, "--max-rejected", "9", "--out", out)[0] == 0
    read_snapshot(out)
    assert place.call("records", "snapshot", *place.tables, "--out", out)[0] == 3
    assert sorted(file.name for file in out.iterdir()) == ["quarantine.parquet", "snapshot.json"]
    with pytest.raises(InputError, match="no snapshot was written here"):
        read_snapshot(out)

"""A written grading is computed again: the same bytes, or the first difference by table, row, column and cause."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from creditscore.cli.main import main
from creditscore.grading.grade import grade

A, B = "914403001922038216", "91350100M000100Y43"
SUBJECTS = f"subject_id,name,first_filed_on\n{A},甲公司,2010-01-01\n{B},乙公司,2012-05-01\n"
RECORDS = "record_id,subject_id,domain,item,occurred_on,tax_type\n" + "".join(
    f"r{k},{A if k % 2 else B},tax,010101,2022-0{k}-16,VAT\n" for k in range(1, 8)
)
FAULTY = f"bad,{A},tax,010101,2022-99-16,VAT\n"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "s.csv").write_text(SUBJECTS, encoding="utf-8")
    (tmp_path / "r.csv").write_text(RECORDS + FAULTY, encoding="utf-8")
    (tmp_path / "other.csv").write_text(RECORDS.replace("2022-03-16", "2022-03-17"), encoding="utf-8")

    def call(*args: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(tmp_path / argument) if argument.startswith("@") else argument for argument in args])
        shown = capsys.readouterr()
        return int(stopped.value.code or 0), shown.out + shown.err

    def here(*args: str) -> tuple[int, str]:
        return call(*(str(tmp_path / argument[1:]) if argument.startswith("@") else argument for argument in args))

    return here


def write_run(run: Run, *more: str, scheme: str = "tax") -> None:
    at = ("--as-of", "2022-12-31") if "," in scheme else ("--period", "2022")
    tables = ("--subjects", "@s.csv", "--records", "@r.csv", "--max-rejected", "9")
    code, text = run("grade", "--scheme", scheme, *at, *tables, *more, "--out", "@out")
    assert code == 0, text


def edit(path: Path, sql: str) -> None:
    """Rewrite a Parquet file with `sql` over its rows `t`, in their order."""
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{path}')")
    con.execute(sql)
    con.execute(f"COPY (SELECT * FROM t ORDER BY rowid) TO '{path}' (FORMAT parquet)")


def again(run: Run, records: str = "@r.csv") -> tuple[int, str]:
    return run("reproduce", "@out", "--subjects", "@s.csv", "--records", records)


@pytest.mark.parametrize("scheme", ["tax", "tax,labour/national,market/serious"])
@pytest.mark.parametrize("known", [(), ("--known-at", "2022-06-30", "--provisional")])
def test_the_same_bytes_from_the_same_tables(run: Run, scheme: str, known: tuple[str, ...]) -> None:
    write_run(run, *known, scheme=scheme)
    code, text = again(run)
    assert code == 0, text
    assert text.count("the same bytes") == 3
    assert "nothing differs" in text


def test_the_same_bytes_from_a_snapshot_moved_elsewhere(run: Run, tmp_path: Path) -> None:
    tables = ("--subjects", "@s.csv", "--records", "@r.csv")
    assert run("records", "snapshot", *tables, "--max-rejected", "9", "--out", "@snap")[0] == 0
    graded = run(
        "grade", "--scheme", "tax", "--period", "2022", "--snapshot", "@snap", "--max-rejected", "9", "--out", "@out"
    )
    assert graded[0] == 0
    shutil.move(tmp_path / "snap", tmp_path / "elsewhere")
    code, text = run("reproduce", "@out", "--snapshot", "@elsewhere")
    assert code == 0, text
    assert text.count("the same bytes") == 3


@pytest.mark.parametrize(
    ("table", "change", "column"),
    [
        ("grades", f"UPDATE t SET score = score + 1 WHERE subject_id = '{B}'", "score"),
        ("grades", f"UPDATE t SET grade = 'A', state = 'graded' WHERE subject_id = '{A}'", "state"),
        ("ledger", "UPDATE t SET effective = effective + 0.000001 WHERE record_id = 'r3'", "effective"),
        ("quarantine", "UPDATE t SET reason = 'bad_number'", "reason"),
    ],
)
def test_one_changed_cell_is_named(run: Run, tmp_path: Path, table: str, change: str, column: str) -> None:
    write_run(run)
    edit(tmp_path / "out" / f"{table}.parquet", change)
    code, text = again(run)
    assert code == 5
    assert f"{table}.parquet: differs" in text
    assert "changed after it was written" in text
    assert f"column    {column}" in text or (column == "reason" and "extra" in text)


def test_a_row_taken_out_and_a_row_put_in(run: Run, tmp_path: Path) -> None:
    write_run(run)
    edit(tmp_path / "out" / "ledger.parquet", "DELETE FROM t WHERE record_id = 'r3'")
    code, text = again(run)
    assert code == 5
    assert "missing: " in text
    assert " r3 " in text
    write_run(run)
    edit(
        tmp_path / "out" / "ledger.parquet",
        "INSERT INTO t SELECT * REPLACE ('r99' AS record_id) FROM t WHERE record_id = 'r3'",
    )
    code, text = again(run)
    assert code == 5
    assert "extra: " in text
    assert " r99 " in text


@pytest.mark.parametrize("table", ["grades", "ledger"])
def test_rows_twice_or_in_another_order_are_not_said_to_be_missing(run: Run, tmp_path: Path, table: str) -> None:
    write_run(run)
    path = tmp_path / "out" / f"{table}.parquet"
    con = duckdb.connect()
    con.execute(
        f"COPY (SELECT * FROM (FROM '{path}' LIMIT 1) UNION ALL FROM '{path}') TO '{path}.new' (FORMAT parquet)"
    )
    shutil.move(f"{path}.new", path)
    code, text = again(run)
    assert code == 5
    assert f"{table}.parquet, row 2: extra" in text
    write_run(run)
    edit(path, "CREATE TABLE u AS FROM t ORDER BY rowid DESC; DROP TABLE t; ALTER TABLE u RENAME TO t")
    code, text = again(run)
    assert code == 5
    assert f"{table}.parquet, row 1: order" in text
    assert "(no such row)" not in text


def test_columns_of_another_type_are_no_same_rows(run: Run, tmp_path: Path) -> None:
    write_run(run)
    edit(tmp_path / "out" / "ledger.parquet", "ALTER TABLE t ALTER COLUMN effective TYPE DOUBLE")
    code, text = again(run)
    assert code == 5
    assert "ledger.parquet: columns" in text
    assert "effective DOUBLE" in " ".join(text.split())


def test_a_ledger_that_is_gone_is_missed_and_one_that_was_never_made_is_not(run: Run, tmp_path: Path) -> None:
    write_run(run)
    (tmp_path / "out" / "ledger.parquet").unlink()
    code, text = again(run)
    assert code == 5
    assert "ledger.parquet: file" in text
    tables = {"subjects": tmp_path / "s.csv", "records": tmp_path / "r.csv"}
    grade(**tables, scheme="tax", period=2022, ledger=False, max_rejected=9).write(tmp_path / "out")
    assert not (tmp_path / "out" / "ledger.parquet").exists()
    code, text = again(run)
    assert code == 0, text


def test_a_missing_and_a_damaged_file(run: Run, tmp_path: Path) -> None:
    write_run(run)
    (tmp_path / "out" / "grades.parquet").unlink()
    code, text = again(run)
    assert code == 5
    assert "grades.parquet: file" in text
    assert "absent" in text
    write_run(run)
    (tmp_path / "out" / "ledger.parquet").write_bytes(b"PAR1 nothing PAR1")
    code, text = again(run)
    assert code == 5
    assert "ledger.parquet: file" in text


def test_another_input_is_the_cause(run: Run) -> None:
    write_run(run)
    code, text = again(run, "@other.csv")
    assert code == 5
    assert "cause: snapshot_hash" in text
    assert "first difference: grades.parquet" in text  # the row that was refused is gone, and left a grade open


@pytest.mark.slow
def test_every_part_of_the_manifest_is_compared_or_refused_and_names_of_files_are_not(run: Run, tmp_path: Path) -> None:
    write_run(run, "--known-at", "2022-06-30", "--provisional")
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    rows = {**manifest["inputs"], "records": {**manifest["inputs"]["records"], "rows": 9}}
    for change, shown_text in (
        ({"notes": []}, "cause: notes"),
        ({"inputs": rows}, "cause: inputs"),
        ({"rejected": True}, "cause: rejected\n  written   true"),
        ({"known_at": "2022-13-01"}, "known_at"),
        ({"period": None}, "period"),
        ({"period": "ever"}, "period is"),
        ({"schemes": [], "order": None}, "schemes"),
        ({"schemes": {"tax": 7}, "order": ["tax"]}, "manifest"),
        ({"schemes": {"tax": manifest}, "order": []}, "order"),
    ):
        path.write_text(json.dumps({**manifest, **change}), encoding="utf-8")
        code, text = again(run)
        wanted = 5 if shown_text.startswith("cause") else 3  # a manifest that cannot be read is no difference
        assert (code, shown_text in text) == (wanted, True), (change, text)
    shutil.copy(tmp_path / "r.csv", tmp_path / "same.csv")
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert again(run, "@same.csv")[0] == 0


def test_a_manifest_that_was_changed_does_not_fit_its_run(run: Run, tmp_path: Path) -> None:
    write_run(run)
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "creditscore": "0.0.1"}), encoding="utf-8")
    code, text = again(run)
    assert code == 5
    assert "cause: creditscore\n  written   0.0.1" in text
    assert "cause: run_id" not in text  # the id says nothing of the version
    path.write_text(json.dumps({**manifest, "rules_hash": "sha256-2:0"}), encoding="utf-8")
    code, text = again(run)
    assert code == 5
    assert "cause: run_id" in text
    path.write_text(json.dumps({**manifest, "counts": {}}), encoding="utf-8")
    code, text = again(run)
    assert code == 5
    assert "cause: counts" in text
    assert "same rows, but not the same manifest" in text
    path.write_text(json.dumps({key: manifest[key] for key in manifest if key != "known_at"}), encoding="utf-8")
    code, text = again(run)
    assert code == 3
    assert "known_at is missing" in text


def test_another_text_of_a_scheme_is_the_cause(run: Run, tmp_path: Path) -> None:
    from creditscore.core.config import config_root

    text = (config_root() / "schemes" / "examples" / "restaurants_san_francisco").glob("*.yaml")
    own = tmp_path / "own.yaml"
    own.write_text(next(iter(text)).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "sub.csv").write_text("subject_id\nx1\n", encoding="utf-8")
    (tmp_path / "rec.csv").write_text(
        "record_id,subject_id,item,occurred_on\nr1,x1,high,2016-05-01\n", encoding="utf-8"
    )
    tables = ("--subjects", "@sub.csv", "--records", "@rec.csv")
    code, shown_text = run(
        "grade", "--scheme", str(own), "--as-of", "2016-06-01", *tables, "--max-rejected", "9", "--out", "@out"
    )
    assert code == 0, shown_text
    code, shown_text = run("reproduce", "@out", *tables, "--scheme", str(own))
    assert code == 0, shown_text
    changed = own.read_text(encoding="utf-8").replace("below: 71", "below: 72").replace("at_least: 71", "at_least: 72")
    assert changed != own.read_text(encoding="utf-8")
    own.write_text(changed, encoding="utf-8")
    code, shown_text = run("reproduce", "@out", *tables, "--scheme", str(own))
    assert code == 5
    assert "cause: scheme_hash" in shown_text


def test_a_file_of_a_scheme_that_did_not_grade_is_refused(run: Run) -> None:
    from creditscore.core.config import config_root

    write_run(run)
    (other,) = (config_root() / "schemes" / "examples" / "food_hygiene_uk").glob("*.yaml")
    code, text = run("reproduce", "@out", "--subjects", "@s.csv", "--records", "@r.csv", "--scheme", str(other))
    assert code == 2
    assert "examples/food_hygiene_uk is not among the schemes of this run" in text


def test_without_its_input_nothing_is_computed(run: Run) -> None:
    write_run(run)
    code, text = run("reproduce", "@out")
    assert code == 2
    assert "--snapshot DIR" in text
    assert "the run read" in text
    code, text = run("reproduce", "@nowhere", "--subjects", "@s.csv", "--records", "@r.csv")
    assert code == 3
    assert "there is no folder" in text


def test_a_manifest_without_a_part_of_its_id_is_refused(run: Run, tmp_path: Path) -> None:
    write_run(run)
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name in ("rules_hash", "feeds", "input_marks", "working_days", "other_items"):
        path.write_text(json.dumps({key: value for key, value in manifest.items() if key != name}), encoding="utf-8")
        code, text = again(run)
        assert code == 3, name
        assert f"does not say {name}" in text
    path.write_text(
        json.dumps({key: value for key, value in manifest.items() if key != "blocked_grades"}), encoding="utf-8"
    )
    code, text = again(run)
    assert code == 5
    assert "blocked_grades" in text

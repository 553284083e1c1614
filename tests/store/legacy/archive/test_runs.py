"""Kept runs: what stands in the store is what was graded, and a change of either is found."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from creditscore.cascade.inputs import as_kept
from creditscore.cli.main import app
from creditscore.core.errors import DifferenceError, InputError, NotAllowed, StoreBusy, StoreError, UsageError
from creditscore.demo.district import district
from creditscore.records import ingest
from creditscore.records.snapshot_files import write_snapshot
from creditscore.store import Database, Log, Roles
from creditscore.store.legacy.archive.runs import changed_runs, keep, kept_rows, kept_run, kept_runs, snapshot_of
from tests.graded import BOTH, Graded

WRITER = """
import sys
from pathlib import Path
from creditscore.store.legacy.archive import runs as keeping
from creditscore.store import Database, Log
store, grading, snapshot, stop = sys.argv[1:]
copy = keeping._copy
def slow(con, folder, name, *rest):
    copy(con, folder, name, *rest)
    if stop in name:
        print("in the middle", flush=True)
        sys.stdin.read()
keeping._copy = slow
with Database(store) as opened:
    keeping.keep(opened, Log(opened), grading, snapshot, by="li.na", check=False)
    print("kept", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path):
    with Database(tmp_path / "s.store") as opened:
        yield opened


def test_a_kept_run_has_every_row_and_is_repeated_without_effect(graded: Graded, store: Database) -> None:
    log = Log(store)
    (run,) = keep(store, log, graded.grading, graded.snapshot, by="li.na")
    assert (run.scheme, run.period, run.known_at, run.kept_by) == ("tax", "2022", "2023-04-20", "li.na")
    assert run.replayed
    assert run.pinned == run.manifest["scheme"]
    for table in ("grades", "ledger"):
        written = pq.read_table(graded.grading / f"{table}.parquet").to_pylist()
        subjects = sorted({row["subject_id"] for row in written})
        rows = [row for subject in subjects for row in kept_rows(store, run.run_id, table, subject)]
        assert rows == written
    entries = [entry.phase for entry in log.entries(action="grading.keep")]
    assert entries == ["begun", "done"]
    assert keep(store, log, graded.grading, graded.snapshot, by="chen.jie") == [run]
    assert len(log.entries()) == 3
    assert changed_runs(store, log) == []
    assert kept_run(store, run.run_id[:6]) == run
    with pytest.raises(UsageError, match="no kept run begins"):
        kept_run(store, "zz")


def test_several_schemes_are_several_runs(graded: Graded, store: Database) -> None:
    archived_runs = keep(store, Log(store), graded.both, graded.snapshot, by="li.na")
    assert {run.scheme for run in archived_runs} == set(BOTH)
    assert not any(run.replayed for run in archived_runs)
    written = pq.read_table(graded.both / "grades.parquet").to_pylist()
    for run in archived_runs:
        rows = [row for row in written if row["scheme"] == run.scheme]
        assert kept_rows(store, run.run_id, "grades", rows[0]["subject_id"]) == rows[:1]
        ids = [rows[3]["subject_id"]]
        again = as_kept(run, snapshot_of(run), ids)
        assert again.grades.to_pylist() == kept_rows(store, run.run_id, "grades", ids[0])
        assert again.ledger.to_pylist() == kept_rows(store, run.run_id, "ledger", ids[0])


@pytest.mark.slow
def test_what_does_not_fit_is_refused_and_nothing_is_kept(graded: Graded, store: Database, tmp_path: Path) -> None:
    log = Log(store)
    changed = tmp_path / "changed"
    shutil.copytree(graded.grading, changed)
    table = pq.read_table(changed / "grades.parquet")
    grades = table["grade"].to_pylist()
    swap = next(k for k in range(len(grades)) if grades[k] != grades[k + 1])
    grades[swap], grades[swap + 1] = grades[swap + 1], grades[swap]  # the counts of the manifest stay as they are
    place = table.column_names.index("grade")
    pq.write_table(table.set_column(place, "grade", [grades]), changed / "grades.parquet")
    with pytest.raises(DifferenceError, match="does not come out of its snapshot as it was written"):
        keep(store, log, changed, graded.snapshot, by="li.na")
    with pytest.raises(UsageError, match="nobody is named"):
        keep(store, log, graded.grading, graded.snapshot, by=" ")
    with pytest.raises(UsageError, match="nobody is named"):
        keep(store, log, graded.grading, graded.snapshot, by="11010519491231002X")
    guarded = Log(store, roles=Roles({"grader": ("li.na",)}))
    with pytest.raises(NotAllowed):
        keep(store, guarded, graded.grading, graded.snapshot, by="wang.fang")
    (changed / "ledger.parquet").unlink()
    with pytest.raises(InputError, match="ledger"):
        keep(store, log, changed, graded.snapshot, by="li.na", check=False)
    assert kept_runs(store) == []
    assert store.rows("SELECT count(*) FROM run_grades") == [(0,)]
    keep(store, log, graded.grading, graded.snapshot, by="li.na")
    shutil.copy(graded.grading / "ledger.parquet", changed / "ledger.parquet")
    with pytest.raises(DifferenceError, match="kept already, with other rows"):
        keep(store, log, changed, graded.snapshot, by="li.na", check=False)


def test_another_snapshot_is_refused(graded: Graded, store: Database, tmp_path: Path) -> None:
    district_tables = district(subjects=20, seed=6)
    write_snapshot(ingest(subjects=district_tables.subjects, records=district_tables.records), tmp_path / "other")
    with pytest.raises(InputError, match="not the one that was graded"):
        keep(store, Log(store), graded.grading, tmp_path / "other", by="li.na")
    (run,) = keep(store, Log(store), graded.grading, graded.snapshot, by="li.na")
    with pytest.raises(InputError, match="not the one of run"):
        snapshot_of(run, tmp_path / "other")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE run_grades SET grade = 'A' WHERE place = 3",
        "DELETE FROM run_ledger WHERE place = 5",
        "UPDATE run_runs SET grades_hash = 'sha256:0'",
        "INSERT INTO run_grades (run_id, place, subject_id) VALUES ('x', 0, 'y')",
        "UPDATE run_ledger SET effective = effective + 1 WHERE place = 2",
        "UPDATE run_runs SET kept_by = 'chen.jie'",
        "UPDATE run_runs SET known_at = known_at + 1",
        "UPDATE run_runs SET manifest = replace(manifest, '2023-04-20', '2023-04-21')",
        "DELETE FROM run_runs; DELETE FROM run_grades; DELETE FROM run_ledger",
    ],
)
def test_rows_changed_in_the_store_are_found(graded: Graded, tmp_path: Path, sql: str) -> None:
    path = tmp_path / "s.store"
    with Database(path) as store:
        (run,) = keep(store, Log(store), graded.grading, graded.snapshot, by="li.na", check=False)
    with duckdb.connect(str(path)) as con:
        con.execute(sql if "place = 3" not in sql else sql.replace("'A'", "coalesce(grade, '') || 'x'"))
    done = CliRunner().invoke(app, ["runs", "--store", str(path), "--verify"])
    assert done.exit_code != 0
    assert "not what its log says" in str(done.exception)
    with Database(path) as store:
        assert changed_runs(store, Log(store))
    listed = CliRunner().invoke(app, ["runs", "--store", str(path)]).output
    assert (run.run_id in listed) == ("DELETE FROM run_runs" not in sql)


def test_a_table_of_the_log_that_is_gone_is_said(tmp_path: Path) -> None:
    path = tmp_path / "s.store"
    with Database(path) as store:
        Log(store)
    with duckdb.connect(str(path)) as con:
        con.execute("DROP TABLE log_entries")
    assert isinstance(CliRunner().invoke(app, ["store", "verify", str(path)]).exception, StoreError)


def test_a_killed_keeper_loses_nothing_acknowledged(graded: Graded, tmp_path: Path) -> None:
    path = tmp_path / "s.store"
    with Database(path) as store:
        (first,) = keep(store, Log(store), graded.grading, graded.snapshot, by="li.na", check=False)
    ids = []
    for stop, text in (("food", "in the middle"), ("nowhere", "kept")):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(graded.both), str(graded.snapshot), stop],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == f"{text}\n"
        with pytest.raises(StoreBusy, match="somebody else writes to the store"):
            Database(path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
        with Database(path) as store:
            log = Log(store)
            log.verify().require()
            ids.append([run.scheme for run in kept_runs(store)])
            assert changed_runs(store, log) == []
            assert kept_run(store, first.run_id) == first
            assert len(log.unfinished()) == 1  # the one that was killed before it was acknowledged
    assert [sorted(key) for key in ids] == [["tax"], ["food/risk", "tax", "tax"]]

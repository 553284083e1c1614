"""Kept runs and the state of their input: acceptances travel with a run, and runs of earlier versions stay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from creditscore.cascade.inputs import as_kept
from creditscore.grading.batch import grade_all
from creditscore.grading.grade import grade
from creditscore.grading.reproduce import reproduce
from creditscore.grading.result_columns import GRADES, LATER
from creditscore.records import Snapshot, ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store import Database, Log
from creditscore.store.legacy import database as store_database
from creditscore.store.legacy.archive.effective import Rows, archived_rows, as_rows
from creditscore.store.legacy.archive.runs import changed_runs, keep, kept_rows, snapshot_of
from creditscore.store.legacy.archive.tables import table_hash
from creditscore.store.legacy.migrations import MIGRATIONS

A, B = "914403001922038216", "91440115618712245T"
SUBJECTS = pd.DataFrame({"subject_id": [A, B], "kind": "enterprise", "registered_on": "2010-01-01"})
RECORDS = pd.DataFrame(
    [
        {"record_id": "1", "subject_id": A, "domain": "tax", "item": "030110", "booked_on": "2022年4月"},
        {"record_id": "2", "subject_id": B, "domain": "tax", "item": "010101", "booked_on": "2022-04-01"},
    ]
)
ACCEPTED = [{"table": "records", "record_id": "1", "by": "li.na", "why": "the bureau withdrew it"}]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("held") / "snapshot"
    write_snapshot(ingest(SUBJECTS, RECORDS), folder)
    return folder


def write_older(snapshot: Snapshot, folder: Path) -> Path:
    """A grading as an earlier version wrote it: no state of the input, no acceptances, no near ids."""
    grade(replace(snapshot, judges_refused=False), "tax", 2022, max_rejected=5).write(folder)
    for name, columns in (("grades", list(LATER)), ("quarantine", ["could_be"])):
        pq.write_table(pq.read_table(folder / f"{name}.parquet").drop_columns(columns), folder / f"{name}.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert not {"accepted", "accepted_rows", "blocked_grades", "refused_hash"} & manifest.keys()
    return folder


def test_an_accepted_row_stands_in_manifest_and_log_and_is_taken_again(held: Path, tmp_path: Path) -> None:
    run = grade(read_snapshot(held), "tax", 2022, accepted=ACCEPTED)
    assert [row["state"] for row in run.grades.to_pylist()] == ["graded", "graded"]
    folder = run.write(tmp_path / "g")
    assert reproduce(folder, read_snapshot(held)).ok
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        (kept_one,) = keep(store, log, folder, held, by="li.na")
        (entry, _) = log.entries(action="grading.keep")
        data: Any = entry.data
        assert data[0]["accepted"] == ACCEPTED
        snapshot = snapshot_of(kept_one)
        assert [dict(row) for row in snapshot.accepted] == ACCEPTED
        again = as_kept(kept_one, snapshot, [A])
        assert again.grades.to_pylist() == kept_rows(store, kept_one.run_id, "grades", A)
        assert "accepted_rows" in again.grades.to_pylist()[0]["input_state"].split(";")
        with store.transaction() as con:
            con.execute("UPDATE run_runs SET manifest = replace(manifest, 'the bureau withdrew it', 'no reason')")
        assert (kept_one.run_id, "manifest_hash") in changed_runs(store, log)


def test_several_schemes_are_reproduced_with_their_accepted_rows(held: Path, tmp_path: Path) -> None:
    runs = grade_all(read_snapshot(held), ["tax", "labour/national"], 2022, accepted=ACCEPTED)
    folder = runs.write(tmp_path / "g")
    assert reproduce(folder, read_snapshot(held)).ok


@pytest.mark.slow
def test_a_blocked_grade_is_kept_as_it_is(held: Path, tmp_path: Path) -> None:
    folder = grade(read_snapshot(held), "tax", 2022, max_rejected=5).write(tmp_path / "g")
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        (run,) = keep(store, log, folder, held, by="li.na")
        (row,) = kept_rows(store, run.run_id, "grades", A)
        assert (row["state"], row["state_reason"], row["grade_without"]) == ("not_computable", "refused_rows", "A")
        again = as_rows(as_kept(run, snapshot_of(run), [A]))
        assert again[A].hash == archived_rows(store, run.run_id, [A], Rows)[A].hash
        assert changed_runs(store, log) == []
        with store.transaction() as con:
            con.execute("UPDATE run_grades SET input_state = NULL, grade_without = NULL")
        assert (run.run_id, "grades rows") in changed_runs(store, log)


@pytest.mark.slow
def test_a_run_of_an_earlier_version_is_kept_reproduced_and_derived_as_it_was(held: Path, tmp_path: Path) -> None:
    folder = write_older(read_snapshot(held), tmp_path / "g")
    assert reproduce(folder, read_snapshot(held)).ok
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        (run,) = keep(store, log, folder, held, by="li.na")
        (row,) = kept_rows(store, run.run_id, "grades", A)
        assert (row["state"], row["grade"], row["input_state"]) == ("graded", "A", None)
        earlier = {name: kind for name, kind in GRADES.items() if name not in LATER}
        assert run.grades_hash == table_hash(store.con, "(SELECT * FROM run_grades)", earlier)
        again = as_rows(as_kept(run, snapshot_of(run), [A, B]))
        assert {who: rows.hash for who, rows in again.items()} == {
            who: rows.hash for who, rows in archived_rows(store, run.run_id, [A, B], Rows).items()
        }
        assert changed_runs(store, log) == []
        with store.transaction() as con:  # nobody makes it say more than it did
            con.execute("UPDATE run_grades SET input_state = 'whole'")
        assert (run.run_id, "grades rows") in changed_runs(store, log)


def test_a_changed_run_of_an_earlier_version_is_found(held: Path, tmp_path: Path) -> None:
    folder = write_older(read_snapshot(held), tmp_path / "g")
    table = pq.read_table(folder / "grades.parquet")
    pq.write_table(
        table.set_column(table.column_names.index("grade"), "grade", [["D", "A"]]), folder / "grades.parquet"
    )
    result = reproduce(folder, read_snapshot(held))
    assert not result.ok
    assert result.first is not None
    assert result.first.column == "grade"


def test_a_store_of_the_earlier_format_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(store_database, "MIGRATIONS", MIGRATIONS[:8])
        with Database(tmp_path / "s.store") as store, store.transaction() as con:
            con.execute("INSERT INTO run_grades (run_id, place, subject_id, grade) VALUES ('r', 0, 'S', 'A')")
            con.execute("INSERT INTO run_composite (run_id, place, subject_id, grade) VALUES ('c', 0, 'S', 'AA')")
    with Database(tmp_path / "s.store") as store:
        assert store.rows("SELECT grade, input_state, grade_without FROM run_grades") == [("A", None, None)]
        assert store.rows("SELECT grade, input_state FROM run_composite") == [("AA", None)]

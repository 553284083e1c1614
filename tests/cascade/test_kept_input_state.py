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
from creditscore.grading.result_columns import LATER
from creditscore.office import Store
from creditscore.records import Snapshot, ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.rows import Rows, group_rows
from creditscore.store.archive.runs import keep_grading, snapshot_of
from creditscore.store.archive.standing import rows_as_kept
from creditscore.store.verify import verify

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


def open_store(folder: Path) -> Store:
    return Store(folder / "credit.db", archive=folder / "archive")


def grade_as_kept(run: Any, subject_ids: list[str]) -> dict[str, Rows]:
    again = as_kept(run, snapshot_of(run), subject_ids)
    return group_rows("grading", {"grades": again.grades, "ledger": again.ledger})


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
    with open_store(tmp_path) as store:
        (run_kept,) = keep_grading(store, folder, held, by="li.na")
        assert run_kept.manifest["accepted"] == ACCEPTED
        snapshot = snapshot_of(run_kept)
        assert [dict(row) for row in snapshot.accepted] == ACCEPTED
        rows = grade_as_kept(run_kept, [A])[A]
        assert rows == rows_as_kept(store.archive, run_kept, [A])[A]
        assert "accepted_rows" in str(rows.grades[0]["input_state"]).split(";")
        assert verify(store).faults == []


def test_several_schemes_are_reproduced_with_their_accepted_rows(held: Path, tmp_path: Path) -> None:
    runs = grade_all(read_snapshot(held), ["tax", "labour/national"], 2022, accepted=ACCEPTED)
    folder = runs.write(tmp_path / "g")
    assert reproduce(folder, read_snapshot(held)).ok


@pytest.mark.slow
def test_a_blocked_grade_is_kept_as_it_is(held: Path, tmp_path: Path) -> None:
    folder = grade(read_snapshot(held), "tax", 2022, max_rejected=5).write(tmp_path / "g")
    with open_store(tmp_path) as store:
        (run,) = keep_grading(store, folder, held, by="li.na")
        rows = rows_as_kept(store.archive, run, [A])[A]
        row = rows.grades[0]
        assert (row["state"], row["state_reason"], row["grade_without"]) == ("not_computable", "refused_rows", "A")
        assert grade_as_kept(run, [A])[A].hash == rows.hash
        assert verify(store).faults == []


@pytest.mark.slow
def test_a_run_of_an_earlier_version_is_kept_reproduced_and_derived_as_it_was(held: Path, tmp_path: Path) -> None:
    folder = write_older(read_snapshot(held), tmp_path / "g")
    assert reproduce(folder, read_snapshot(held)).ok
    with open_store(tmp_path) as store:
        (run,) = keep_grading(store, folder, held, by="li.na")
        rows = rows_as_kept(store.archive, run, [A, B])
        row = rows[A].grades[0]
        assert (row["state"], row["grade"], row["input_state"]) == ("graded", "A", None)
        again = grade_as_kept(run, [A, B])
        assert {subject: own.hash for subject, own in again.items()} == {who: own.hash for who, own in rows.items()}
        assert verify(store).faults == []


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

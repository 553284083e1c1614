"""A written grading gives back its tables and manifest, and stands where the path of its folder may."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

import creditscore as cs
from creditscore.grading.written import read
from tests.graded import Graded


def test_what_was_written_is_read(tmp_path: Path) -> None:
    day = {"event_on": "2022-05-20", "occurred_on": "2022-05-20", "booked_on": "2022-05-20"}
    rows = [
        {"record_id": "r1", "subject_id": "91500000MAAAAAA263", "item": "010101", **day},
        {"record_id": "r2", "subject_id": "91500000MAAAAAA263", "item": "nothing", **day},
    ]
    subjects = pa.table({"subject_id": [rows[0]["subject_id"]], "registered_on": ["2012-06-01"]})
    grading = cs.grade(pa.Table.from_pylist(rows), "tax", 2022, subjects=subjects, max_rejected=1)
    written = read(grading.write(tmp_path / "out"))
    for name in ("grades", "ledger", "quarantine"):
        assert getattr(written, name).to_pylist() == getattr(grading, name).to_pylist() != []
    assert written.manifest["run_id"] == grading.manifest["run_id"]
    assert written.schemes == (grading.manifest["scheme"],)
    assert os.fspath(written) == str(tmp_path / "out")


def test_several_schemes_are_named(graded: Graded) -> None:
    assert {name.partition("@")[0] for name in read(graded.both).schemes} == {"tax", "food/risk"}


def test_a_folder_without_its_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cs.InputError):
        read(tmp_path)

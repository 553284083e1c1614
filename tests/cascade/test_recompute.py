"""Grades of kept runs after an event: only the runs that take in its record are computed again, with the same rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from creditscore.cascade import recompute as derived
from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.preview import bench
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import KeptRun, keep

FIRM, SCHEMES = "914403001922038216", ["tax", "labour/national"]
SUBJECTS = pd.DataFrame({"subject_id": [FIRM], "kind": "enterprise", "region": "220200", "registered_on": "2010-01-01"})
RECORDS = pd.DataFrame(
    [
        {"record_id": "t", "subject_id": FIRM, "domain": "tax", "item": "010101", "occurred_on": "2019-03-05"},
        {"record_id": "l", "subject_id": FIRM, "domain": "labour", "item": "case", "occurred_on": "2019-03-05"},
    ]
)


def archive_runs(folder: Path, records: pd.DataFrame) -> Path:
    write_snapshot(cs.ingest(SUBJECTS, records), folder / "snapshot")
    cs.grade_all(read_snapshot(folder / "snapshot"), SCHEMES, 2019, max_rejected=9).write(folder / "graded")
    with Database(folder / "credit.store") as store:
        keep(store, Log(store), folder / "graded", folder / "snapshot", by="li.na", check=False)
    return folder / "credit.store"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("domains", "again"), [(("tax", "labour"), {"tax"}), ((None, "labour"), {"tax", "labour/national"})]
)
def test_a_run_of_another_domain_stands_as_a_new_grading_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, domains: tuple[str | None, str], again: set[str]
) -> None:
    done: list[str] = []
    compute = derived.grade_again

    def counted(run: KeptRun, *rest: Any) -> Any:
        done.append(run.scheme)
        return compute(run, *rest)

    monkeypatch.setattr(derived, "grade_again", counted)
    withdrawn = RecordEvent(FIRM, "t", "withdrawn", date(2021, 5, 1), date(2021, 5, 1))
    with Database(archive_runs(tmp_path, RECORDS.assign(domain=domains)), read_only=True) as store:
        find = bench(store).find
        short = derived.derive(store, [FIRM], [withdrawn], find)
        assert set(done) == again
        monkeypatch.setattr(derived, "is_concerned", lambda *_: True)
        whole = derived.derive(store, [FIRM], [withdrawn], find)
        before = derived.derive(store, [FIRM], [], find)
    assert len(done) == len(again) + 2 * len(SCHEMES)
    assert short.rows == whole.rows
    assert sum(whole.rows[key] != before.rows[key] for key in whole.rows) == 1

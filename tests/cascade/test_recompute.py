"""Grades of kept runs after an event: only the runs that take in its record are computed again, with the same rows."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from creditscore.cascade import recompute as derived
from creditscore.cascade.follow import derive_rows
from creditscore.cascade.inputs import RecordEvent
from creditscore.office import Store
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.runs import KeptRun, keep_grading, list_runs, snapshot_of
from tests.lists.players import A, B

FIRM, SCHEMES = "914403001922038216", ["tax", "labour/national"]
SUBJECTS = pd.DataFrame({"subject_id": [FIRM], "kind": "enterprise", "region": "220200", "registered_on": "2010-01-01"})
RECORDS = pd.DataFrame(
    [
        {"record_id": "t", "subject_id": FIRM, "domain": "tax", "item": "010101", "occurred_on": "2019-03-05"},
        {"record_id": "l", "subject_id": FIRM, "domain": "labour", "item": "case", "occurred_on": "2019-03-05"},
    ]
)


def keep_runs(folder: Path, records: pd.DataFrame) -> Store:
    write_snapshot(cs.ingest(SUBJECTS, records), folder / "snapshot")
    cs.grade_all(read_snapshot(folder / "snapshot"), SCHEMES, 2019, max_rejected=9).write(folder / "graded")
    store = Store(folder / "credit.db", archive=folder / "archive")
    keep_grading(store, folder / "graded", folder / "snapshot", by="li.na", check=False)
    return store


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
    with keep_runs(tmp_path, RECORDS.assign(domain=domains)) as store:
        ask = partial(derive_rows, list_runs(store), store.archive, [FIRM], find=snapshot_of)
        short = ask(events=[withdrawn])
        assert set(done) == again
        monkeypatch.setattr(derived, "is_concerned", lambda *_: True)
        whole = ask(events=[withdrawn])
        before = ask(events=[])
    assert len(done) == len(again) + 2 * len(SCHEMES)
    assert short.rows == whole.rows
    assert sum(whole.rows[key] != before.rows[key] for key in whole.rows) == 1


def test_an_annulled_entry_is_no_longer_read_by_the_rules_that_look_at_lists(tmp_path: Path) -> None:
    listed = pd.DataFrame([{"listing_id": "L1", "subject_id": A, "list": "wage_arrears", "entered_on": "2023-02-01"}])
    days = {"event_on": "2023-01-05", "ordered_on": "2023-01-10", "deadline_on": "2023-01-20"}
    arrears = {"item": "arrears", "workers": 12, "months_owed": 4, "amount": 50000}
    rows = [{"record_id": "r1", "subject_id": A, **arrears}, {"record_id": "r2", "subject_id": B, **arrears}]
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    table = pd.DataFrame([{**days, **row} for row in rows])
    write_snapshot(cs.ingest(subjects, table, listings=listed), tmp_path / "snapshot")
    cs.grade(read_snapshot(tmp_path / "snapshot"), "wage_arrears", as_of="2023-03-01").write(tmp_path / "grading")
    with Store(tmp_path / "credit.db", archive=tmp_path / "archive") as store:
        (run,) = keep_grading(store, tmp_path / "grading", tmp_path / "snapshot", by="li.na", check=False)
        before = derive_rows([run], store.archive, [A, B], [], snapshot_of)
        after = derive_rows([run], store.archive, [A, B], [], snapshot_of, annulled=["L1"])
    assert before.rows[run.run_id, A].grade == "listed"
    assert before.rows == before.before
    assert after.rows[run.run_id, A].grade == "triggered"
    assert after.rows[run.run_id, B] == before.rows[run.run_id, B]

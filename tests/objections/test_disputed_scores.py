"""A score that rests on a disputed record has a second one: that of gradings which never counted it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from creditscore.composite.result import read_composite
from creditscore.objections.disputed_scores import mark_scores
from creditscore.office import Store
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.composites import keep_composite
from creditscore.store.archive.runs import keep_grading, list_runs
from tests.cascade.test_follow_scores import ENTRIES, FIRMS, score_as_if_never
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES, A, D

pytestmark = pytest.mark.slow

ON = "2026-11-02"  # after the day of the snapshot


@dataclass
class Town:
    """An office that keeps three schemes of one year and two composites of them: acts once, and unchecked."""

    store: Store
    folder: Path

    def contest(self, subject: str, record: str, ground: str = "not_my_record") -> None:
        for run in list_runs(self.store, kind="grading"):
            ledger = self.store.archive.read(run.files["ledger"], [subject]).to_pylist()
            if any(row["record_id"] == record for row in ledger):
                grounds = [{"ground": ground, "record_id": record, "statement": "不属于本单位"}]
                given: Any = {"subject": subject, "run": run.run_id, "grounds": grounds}
                self.store.act("objection", "open", by="wang.wei", on=ON, **given)
                return


def keep_town(store: Store, folder: Path, table: pd.DataFrame, subjects: pd.DataFrame) -> None:
    write_snapshot(ingest(subjects, table), folder / "snapshot")
    cs.grade_all(read_snapshot(folder / "snapshot"), SCHEMES, 2019).write(folder / "grading")
    keep_grading(store, folder / "grading", folder / "snapshot", by="li.na", check=False)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS])
    subjects = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})
    with Store(tmp_path / "credit.db", archive=tmp_path / "archive") as store:
        keep_town(store, tmp_path, table, subjects)
        beside: Any = {"listings": ENTRIES, "subjects": subjects}
        snapshot = read_snapshot(tmp_path / "snapshot")
        cs.combine(cs.grade_all(snapshot, SCHEMES, 2019), small()).write(tmp_path / "once")
        cs.combine(tmp_path / "grading", small(), acts="unchecked", **beside).write(tmp_path / "unchecked")
        keep_composite(store, tmp_path / "once", by="li.na")
        keep_composite(store, tmp_path / "unchecked", by="li.na", **beside)
        yield Town(store, tmp_path)


@pytest.mark.parametrize(("subject", "record"), [(A, "16l"), (D, "4De")])
def test_the_second_score_never_counted_the_record(town: Town, subject: str, record: str) -> None:
    town.contest(subject, record)
    for name, expected in zip(("once", "unchecked"), score_as_if_never(record), strict=True):
        (marked,) = mark_scores(town.store, read_composite(town.folder / name))
        assert [(dispute.case_id, dispute.record_id) for dispute in marked.disputes] == [("C2026-0001", record)]
        assert marked.without is not None
        face = expected[subject].face
        assert (str(marked.without.score), marked.without.grade) == (face["score"], face["grade"])
    # a composite that the store does not keep: given what it took, else no second score is guessed
    subjects = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})
    given: Any = {"listings": ENTRIES, "subjects": subjects}
    new = cs.combine(town.folder / "grading", small(), acts="unchecked", as_of="2020-03-31", **given)
    (marked,) = mark_scores(town.store, new, **given)
    assert marked.without is not None
    assert mark_scores(town.store, new)[0].without is None


def test_the_second_score_of_grades_as_they_are_leaves_nobody_out_whom_the_first_has(tmp_path: Path) -> None:
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS if row["subject_id"] == A])
    trader = pd.DataFrame({"subject_id": [A], "kind": "individual_business", "registered_on": "2010-01-01"})
    with Store(tmp_path / "credit.db", archive=tmp_path / "archive") as store:
        keep_town(store, tmp_path, table, trader)
        first = cs.combine(tmp_path / "grading", small(), acts="unchecked")  # grades do not tell the kind
        assert first.composite["state"].to_pylist() == ["graded"]
        Town(store, tmp_path).contest(A, "16e", "annulled")
        (marked,) = mark_scores(store, first)
    assert marked.without is not None
    assert marked.without.reason == "coverage"  # and not that it is an individual business

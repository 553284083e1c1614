"""What rests on records that an open case contests is marked, with a second result that leaves them out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from creditscore.objections.counterfactuals import merits
from creditscore.objections.disputes import list_disputed, marks, said_of
from creditscore.records.snapshot_files import read_snapshot
from creditscore.store.archive.standing import rows_as_kept
from tests.cascade.test_follow_entries import Desk
from tests.cli.promises import call
from tests.graded import Graded

MAY = "2023-05-04"


class Office(Desk):
    """A desk on which a case is opened, and decided later."""

    def open(self, *records: str, ground: str = "facts_wrong", **more: Any) -> str:
        grounds = [{"ground": ground, "record_id": record, "statement": "不属于本单位"} for record in records]
        given = {"subject": self.subject, "run": self.run.run_id, "grounds": grounds, **more}
        return str(self.store.act("objection", "open", by="wang.wei", on=MAY, **given).name)

    def rule(self, case: str, **findings: str) -> None:
        ruling = {"findings": findings, "reason": "查实", "articles": ["R2014B 010101"]}
        self.store.act("objection", "decide", case, by="zhang.min", on="2023-05-09", **ruling)


def run(*words: object) -> str:
    return call(*map(str, words))


@pytest.fixture
def office(store_url: str, tmp_path: Path, graded: Graded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "archive"))
    opened = Office(store_url, tmp_path / "archive", graded)
    yield opened
    opened.store.close()


def test_a_record_is_disputed_from_the_opening_to_the_decision(office: Office) -> None:
    first, second = office.records[:2]
    assert list_disputed(office.store) == []
    case = office.open(first, second)
    disputes = list_disputed(office.store)
    assert [(own.case_id, own.subject_id, own.record_id) for own in disputes] == [
        ("C2023-0001", office.subject, record) for record in (first, second)
    ]
    assert {(own.since, own.decide_by) for own in disputes} == {(date(2023, 5, 4), date(2023, 5, 8))}
    assert list_disputed(office.store, subject_ids=["another"]) == []
    assert list_disputed(office.store, date(2023, 5, 3)) == []
    office.rule(case, **{first: "uphold", second: "withdraw"})
    assert list_disputed(office.store) == []
    assert list_disputed(office.store, date(2023, 5, 8)) == disputes
    repair = office.open(first, ground="apply_repair", procedure="repair")
    assert office.store.read(repair).state == "open"
    assert list_disputed(office.store) == []  # nothing is disputed by it


def test_a_grade_has_a_second_one_without_its_disputed_records(office: Office, graded: Graded) -> None:
    records = office.records[:2]
    snapshot = read_snapshot(graded.snapshot)
    row = rows_as_kept(office.store.archive, office.run, [office.subject])[office.subject].grades[0]
    *_, both = merits(office.run, snapshot, office.subject, records, [], date(2023, 5, 4))
    assert marks(office.store, office.run.run_id) == []
    case = office.open(*records)
    (marked,) = marks(office.store, office.run.run_id, [office.subject])
    assert marked.without == both.then_without
    assert marked.without is not None
    assert str(marked.without.score) != str(row["score"])
    named = ", ".join(f"{record} (C2023-0001)" for record in records)
    assert said_of(marked) == f"*** 异议处理中：{named}；不计争议记录的结果：{marked.without} ***"
    assert said_of(marked, "en") == f"*** disputed: {named}; without: {marked.without} ***"
    (unknown,) = marks(office.store, "0" * 16)
    assert (unknown.subject_id, unknown.without) == (office.subject, None)
    office.rule(case, **dict.fromkeys(records, "uphold"))
    assert marks(office.store, office.run.run_id) == []


@pytest.mark.slow
def test_what_is_made_meanwhile_carries_the_mark(office: Office, graded: Graded, tmp_path: Path) -> None:
    records, store = office.records[:2], ("--store", office.store.database.url.render_as_string(hide_password=False))
    page, again, scored = tmp_path / "page.html", tmp_path / "again", tmp_path / "scored"
    named = f"{records[0]} (C2023-0001)"
    period = ("--scheme", "tax", "--period", "2022", "--max-rejected", "1000", "--snapshot", graded.snapshot)
    case = office.open(*records)
    explained = run("explain", graded.grading, office.subject, *store, "--html", page)
    assert f"! 异议处理中：{named}" in explained
    assert "异议处理中" in page.read_text(encoding="utf-8")
    assert "disputed" not in run("explain", graded.grading, office.subject, "--lang", "en")
    assert "2 disputed records" in run("grade", *period, "--known-at", "2023-04-20", *store, "--out", again)
    rows = pq.read_table(again / "disputes.parquet").to_pylist()
    (marked,) = marks(office.store, office.run.run_id)
    assert marked.without is not None
    assert {row["record_id"] for row in rows} == set(records)
    assert {row["grade_without"] for row in rows} == {marked.without.grade}
    score = ("composite", graded.both, "--config", "jilin_edz", "--snapshot", graded.snapshot, "--out", scored)
    assert "2 disputed records" in run(*score, *store)
    assert named in run("composite", "explain", scored, office.subject, *store)
    # and so does what is read from a folder that carries the table
    assert "disputed: " in run("explain", again, office.subject, "--lang", "en")
    assert named in run("composite", "explain", scored, office.subject, "--html", page)
    assert named in page.read_text(encoding="utf-8").split('<script type="application/json"')[0]
    office.rule(case, **dict.fromkeys(records, "withdraw"))
    done = run("grade", *period, *store, "--out", tmp_path / "after")
    assert "0 disputed records" in done
    assert "2 events that cases decided are not in this snapshot" in done
    assert "*** " not in run("explain", graded.grading, office.subject, *store)

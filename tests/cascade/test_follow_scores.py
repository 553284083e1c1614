"""A kept composite follows its grades in the act of a decision: as if the record had never counted, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import creditscore as cs
from creditscore.cascade.follow import follow_events
from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.record_streams import RECORD, emit_record_event, read_record_events
from creditscore.composite.result_columns import SCORES
from creditscore.core.errors import NotAllowed
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.composites import keep_composite
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import Scored, group_rows
from creditscore.store.archive.runs import keep_grading, list_runs, snapshot_of
from creditscore.store.archive.standing import history_of, rows_as_kept, rows_as_they_stand
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import Workflow
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES, A, B, C, D, E, F, G, graded

ON = date(2026, 11, 2)  # after the day of the snapshot
FIRMS = [A, B, C, D, E, F, G]
ENTRIES = pd.DataFrame(
    {"listing_id": ["L1", "L2"], "subject_id": [B, E], "list": "judgment_defaulter", "entered_on": "2019-06-01"}
)
RULING = """
workflow: ruling
version: 1
title: {zh: 裁定, en: ruling}
fields: {what: text}
states: {done: {zh: 已办, en: done}}
acts:
  rule:
    title: {zh: 裁定, en: rule}
    event: ruled
    by: reviewer
    opens: true
    give: {id: text, subject: text, record: text, event: text, number: number}
    may: {annulled: texts}
    stream: "ruling/{given.id}"
    to: done
    code: rule
    emits: [record.withdrawn, record.reinstated, grade.redrawn]
"""


@dataclass
class Town:
    """A store with three schemes of one year and two composites of them: acts once, and unchecked with entries."""

    store: Store

    def rule(self, subject: str, record: str, event: str = "withdrawn", number: int = 2, by: str = "zhang.min") -> str:
        given = {"id": f"{record}-{number}", "subject": subject, "record": record, "event": event, "number": number}
        return str(self.store.act("ruling", "rule", by=by, on=ON, **given).name)

    def composites(self) -> list[Any]:
        return list_runs(self.store, kind="composite")

    def standing(self) -> list[dict[str, Scored]]:
        return [rows_as_they_stand(self.store, composite, FIRMS) for composite in self.composites()]


def make_registry(archive: Archive) -> Registry:
    def rule(context: Context) -> None:
        given = context.given
        subject = context.subject = given["subject"]
        events = read_record_events(context.connection, [subject])
        if given["event"] != "none":
            events.append(RecordEvent(subject, given["record"], given["event"], ON, ON, given["number"]))
            emit_record_event(context, events[-1])
        follow_events(context, archive, snapshot_of, [subject], events, annulled=given.get("annulled") or ())

    declared = Workflow.model_validate({**yaml.safe_load(RULING), "text": RULING})
    return Registry([declared], [RECORD], {"rule": rule})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS])
    subjects = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})
    write_snapshot(ingest(subjects, table), folder / "snapshot")
    runs = cs.grade_all(read_snapshot(folder / "snapshot"), SCHEMES, 2019)
    runs.write(folder / "grading")
    cs.combine(runs, small()).write(folder / "once")
    beside = {"listings": ENTRIES, "subjects": subjects}
    cs.combine(folder / "grading", small(), acts="unchecked", **beside).write(folder / "unchecked")
    subjects.to_csv(folder / "subjects.csv", index=False)
    return folder


@pytest.fixture
def town(store_url: str, tmp_path: Path, folder: Path) -> Iterator[Town]:
    archive = Archive(tmp_path / "archive")
    with Store(store_url, make_registry(archive), archive=archive.place) as store:
        keep_grading(store, folder / "grading", folder / "snapshot", by="li.na", check=False)
        keep_composite(store, folder / "once", by="li.na")
        beside = {"listings": ENTRIES, "subjects": folder / "subjects.csv"}
        keep_composite(store, folder / "unchecked", by="wang.wei", **beside)
        yield Town(store)


def score_as_if_never(record: str) -> list[dict[str, Scored]]:
    """Both composites of gradings whose log has always held the withdrawal."""
    event = next({**row, "event": "withdrawn", "event_no": 2} for row in ROWS if row["record_id"] == record)
    runs = graded([*ROWS, event | {"event_on": "2019-12-01", "recorded_on": "2019-12-01"}])
    both = cs.combine(runs, small()), cs.combine(runs, small(), acts="unchecked", listings=ENTRIES)
    return [group_rows("composite", {name: getattr(scored, name) for name in SCORES}) for scored in both]


def faces(rows: dict[str, Scored]) -> dict[str, Any]:
    return {
        subject: (scored.face, [(row["domain"], row["value"], row["note"]) for row in scored.contributions])
        for subject, scored in rows.items()
    }


@pytest.mark.parametrize("record", ["16l", "16e", "43e", "4De"])
def test_scores_are_those_of_gradings_that_never_counted_the_record(town: Town, record: str) -> None:
    subject = next(row["subject_id"] for row in ROWS if row["record_id"] == record)
    kept_rows = [rows_as_kept(town.store.archive, composite, FIRMS) for composite in town.composites()]
    assert town.standing() == kept_rows
    ruling = town.rule(subject, record)
    for standing, expected in zip(town.standing(), score_as_if_never(record), strict=True):
        assert faces(standing) == faces(expected)
    moved = [history_of(town.store, composite.run_id, subject) for composite in town.composites()]
    for history, before, standing in zip(moved, kept_rows, town.standing(), strict=True):
        assert bool(history.events) == (before[subject] != standing[subject])
        if history.events:
            assert history.fields["because"] == ruling
            assert history.fields["after"] == standing[subject].face
    assert any(history.events for history in moved)
    assert verify(town.store).faults == []
    town.rule(subject, record, "reinstated", 3)
    assert town.standing() == kept_rows
    for composite in town.composites():
        assert history_of(town.store, composite.run_id, subject).fields.get("as_kept") in (True, None)


def test_who_kept_a_composite_does_not_change_it(town: Town) -> None:
    size = town.store.head().size
    for keeper in ("li.na", "wang.wei"):
        with pytest.raises(NotAllowed, match="second person"):
            town.rule(A, "16e", by=keeper)
    assert town.store.head().size == size


def test_an_annulled_entry_is_no_longer_read(town: Town) -> None:
    given = {"id": "1", "subject": B, "record": "5Tl", "event": "none", "number": 2, "annulled": ["L1"]}
    town.store.act("ruling", "rule", by="zhang.min", on=ON, **given)
    once, unchecked = town.composites()
    before = rows_as_kept(town.store.archive, unchecked, [B])[B]
    after = rows_as_they_stand(town.store, unchecked, [B])[B]
    assert before.composite[0]["hard_rules"] == "red;defaulter"
    assert after.composite[0]["hard_rules"] == "red"
    assert not history_of(town.store, once.run_id, B).events

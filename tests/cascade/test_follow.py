"""What follows on the log: every kept grade that rests on a record is drawn anew, as if it had never counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from creditscore.cascade.follow import derive_rows, find_following, follow_events
from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.record_streams import RECORD, emit_record_event, read_record_events
from creditscore.core.errors import NotAllowed
from creditscore.demo.district import district
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import keep_grading, list_runs, snapshot_of
from creditscore.store.archive.standing import history_of, rows_as_kept, rows_as_they_stand, tables_as_they_stand
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import Workflow
from creditscore.store.machine import Stale
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.cascade.chained import DIRECT, FIRM, KNOWN, Chained

ON = date(2026, 3, 2)
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
    give: {id: text, event: text, number: number}
    stream: "ruling/{given.id}"
    to: done
    code: rule
    emits: [record.withdrawn, record.reinstated, grade.redrawn]
"""


def make_registry(archive: Archive) -> Registry:
    def rule(context: Context) -> None:
        event = RecordEvent(FIRM, DIRECT, context.given["event"], ON, ON, context.given["number"])
        known = read_record_events(context.connection, [FIRM])
        emit_record_event(context, event)
        follow_events(context, archive, snapshot_of, [FIRM], [*known, event])

    declared = Workflow.model_validate({**yaml.safe_load(RULING), "text": RULING})
    return Registry([declared], [RECORD], {"rule": rule})


@pytest.fixture
def store(store_url: str, tmp_path: Path, two_years: Chained) -> Iterator[Store]:
    archive = Archive(tmp_path / "archive")
    with Store(store_url, make_registry(archive), archive=archive.place) as opened:
        folder = two_years.folder
        for year in KNOWN:
            keep_grading(opened, folder / f"grading-{year}", folder / f"snapshot-{year}", by="li.na", check=False)
        yield opened


def test_a_withdrawn_record_moves_both_years_and_reinstated_none(store: Store) -> None:
    runs = list_runs(store, kind="grading")
    assert [run.period for run in runs] == ["2021", "2022"]
    rows_of_keeping = [rows_as_kept(store.archive, run, [FIRM])[FIRM] for run in runs]
    assert [(rows.grade, rows.route) for rows in rows_of_keeping] == [("D", "direct"), ("D", "retained")]
    with pytest.raises(NotAllowed, match="second person"):
        store.act("ruling", "rule", by="li.na", on=ON, id="0", event="withdrawn", number=2)
    store.act("ruling", "rule", by="zhang.min", on=ON, id="1", event="withdrawn", number=2)
    for run, before in zip(runs, rows_of_keeping, strict=True):
        after = rows_as_they_stand(store, run, [FIRM])[FIRM]
        moved = history_of(store, run.run_id, FIRM).fields
        assert (after.grade, moved["because"]) == ("B", "ruling/1")
        assert (moved["before"], moved["after"]) == (before.face, after.face)
    store.act("ruling", "rule", by="zhang.min", on=ON, id="2", event="reinstated", number=3)
    for run, before in zip(runs, rows_of_keeping, strict=True):
        assert rows_as_they_stand(store, run, [FIRM])[FIRM] == before
        assert history_of(store, run.run_id, FIRM).fields["as_kept"] is True
    assert verify(store).faults == []


def test_what_stands_is_a_run_over_all_that_never_had_the_record(store: Store) -> None:
    run = list_runs(store, kind="grading")[0]
    store.act("ruling", "rule", by="zhang.min", on=ON, id="1", event="withdrawn", number=2)
    tables = district(subjects=150, seed=5).tables()
    whole = grade(ingest(**tables), "tax", 2021, known_at=run.known_at, max_rejected=10**6)
    stands = tables_as_they_stand(store, run)
    names = ["subject_id", "state", "score", "grade", "route", "margin", "evidence"]
    assert stands["grades"].select(names).to_pylist() == whole.grades.select(names).to_pylist()
    names = ["subject_id", "step", "record_id", "item", "nominal", "effective", "rule", "reason"]
    rows = stands["ledger"].select(names).to_pylist()
    assert [row["reason"] for row in rows if row["record_id"] == DIRECT] == ["withdrawn"]
    expected = sorted(whole.ledger.select(names).to_pylist(), key=lambda row: row["subject_id"])
    assert [row for row in rows if row["record_id"] != DIRECT] == expected


def test_one_grade_under_the_law_of_another_day_beside_a_chain_of_another_organisation(store: Store) -> None:
    runs = list_runs(store, kind="grading")
    ids = store.archive.read(runs[1].files["grades"])["subject_id"].to_pylist()
    other = next(subject for subject in ids if subject != FIRM)
    law = {(runs[1].run_id, other): date(2023, 6, 1)}
    withdrawn = [RecordEvent(FIRM, DIRECT, "withdrawn", ON, ON, 2)]
    both = derive_rows(runs, store.archive, [FIRM, other], withdrawn, snapshot_of, under_law=law)
    alone = derive_rows(runs, store.archive, [other], withdrawn, snapshot_of, under_law=law)
    assert both.laws == law
    assert both.rows[runs[1].run_id, other] == alone.rows[runs[1].run_id, other]
    assert both.again(runs[1].run_id, [other]).grades.to_pylist()[0]["subject_id"] == other
    assert [both.has_moved(run.run_id, FIRM) for run in runs] == [True, True]


def test_what_was_shown_is_stale_once_another_run_is_kept(store_url: str, tmp_path: Path, two_years: Chained) -> None:
    folder, archive = two_years.folder, Archive(tmp_path / "archive")
    with Store(store_url, make_registry(archive), archive=archive.place) as store:
        year, later = KNOWN
        keep_grading(store, folder / f"grading-{year}", folder / f"snapshot-{year}", by="li.na", check=False)
        given = {"id": "1", "event": "withdrawn", "number": 2}
        plan = store.preview("ruling", "rule", by="zhang.min", on=ON, **given)
        keep_grading(store, folder / f"grading-{later}", folder / f"snapshot-{later}", by="li.na", check=False)
        with pytest.raises(Stale, match=r"run\.kept"):
            store.confirm(plan, plan.digest)
        plan = store.preview("ruling", "rule", by="zhang.min", on=ON, **given)
        assert store.confirm(plan, plan.digest).state == "done"
        assert all(history_of(store, run.run_id, FIRM).events for run in list_runs(store))


def test_a_question_without_an_act_finds_what_the_act_then_draws(store: Store) -> None:
    runs = list_runs(store, kind="grading")
    withdrawn = RecordEvent(FIRM, DIRECT, "withdrawn", ON, ON, 2)
    with store.reading() as connection:
        known = read_record_events(connection, [FIRM])
        following = find_following(connection, store.archive, snapshot_of, (runs, []), [FIRM], [*known, withdrawn])
    assert [change.run.run_id for change in following] == [run.run_id for run in runs]
    assert not any(history_of(store, run.run_id, FIRM).events for run in runs)
    store.act("ruling", "rule", by="zhang.min", on=ON, id="1", event="withdrawn", number=2)
    for change in following:
        assert rows_as_they_stand(store, change.run, [FIRM])[FIRM] == change.after

"""What follows on the log: every kept grade that rests on a record is drawn anew, as in the store of one file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from creditscore.cascade.apply import apply
from creditscore.cascade.follow import find_following, follow_events
from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.preview import bench
from creditscore.cascade.record_streams import RECORD, emit_record_event, read_record_events
from creditscore.core.errors import NotAllowed
from creditscore.store import Database, Log
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import keep_grading, list_runs, snapshot_of
from creditscore.store.archive.standing import history_of, rows_as_kept, rows_as_they_stand
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import Workflow
from creditscore.store.legacy.archive.effective import standing
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
        folder = two_years.store.parent
        for year in KNOWN:
            keep_grading(opened, folder / f"grading-{year}", folder / f"snapshot-{year}", by="li.na", check=False)
        yield opened


def test_a_withdrawn_record_moves_both_years_and_reinstated_none(
    store: Store, two_years: Chained, tmp_path: Path
) -> None:
    runs = list_runs(store, kind="grading")
    assert [run.period for run in runs] == ["2021", "2022"]
    assert tuple(run.run_id for run in runs) == two_years.runs
    with pytest.raises(NotAllowed, match="second person"):
        store.act("ruling", "rule", by="li.na", on=ON, id="0", event="withdrawn", number=2)
    store.act("ruling", "rule", by="zhang.min", on=ON, id="1", event="withdrawn", number=2)
    with Database(two_years.copy(tmp_path)) as former:
        log = Log(former)
        apply(log, bench(former), RecordEvent(FIRM, DIRECT, "withdrawn", ON, ON), by="zhang.min", reason="another firm")
        for run in runs:
            own = rows_as_they_stand(store, run, [FIRM])[FIRM]
            expected = standing(former, run.run_id, [FIRM])[FIRM]
            assert (own.grades, own.ledger) == (expected.grades, expected.ledger)
    rows_of_keeping = {run.run_id: rows_as_kept(store.archive, run, [FIRM])[FIRM] for run in runs}
    assert rows_of_keeping[runs[0].run_id].grade == "D"
    moved = [history_of(store, run.run_id, FIRM).fields for run in runs]
    assert [fields["before"]["grade"] for fields in moved] == [rows_of_keeping[run.run_id].grade for run in runs]
    assert all(fields["before"] != fields["after"] and fields["because"] == "ruling/1" for fields in moved)
    store.act("ruling", "rule", by="zhang.min", on=ON, id="2", event="reinstated", number=3)
    for run in runs:
        assert rows_as_they_stand(store, run, [FIRM])[FIRM] == rows_of_keeping[run.run_id]
        assert history_of(store, run.run_id, FIRM).fields["as_kept"] is True
    assert verify(store).faults == []


def test_what_was_shown_is_stale_once_another_run_is_kept(store_url: str, tmp_path: Path, two_years: Chained) -> None:
    folder, archive = two_years.store.parent, Archive(tmp_path / "archive")
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


def test_a_question_without_an_act_finds_what_the_act_then_draws(store: Store, two_years: Chained) -> None:
    runs = list_runs(store, kind="grading")
    withdrawn = RecordEvent(FIRM, DIRECT, "withdrawn", ON, ON, 2)
    with store.reading() as connection:
        known = read_record_events(connection, [FIRM])
        following = find_following(connection, store.archive, snapshot_of, (runs, []), [FIRM], [*known, withdrawn])
    assert [change.run.run_id for change in following] == list(two_years.runs)
    assert not any(history_of(store, run.run_id, FIRM).events for run in runs)
    store.act("ruling", "rule", by="zhang.min", on=ON, id="1", event="withdrawn", number=2)
    for change in following:
        assert rows_as_they_stand(store, change.run, [FIRM])[FIRM] == change.after

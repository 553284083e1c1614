"""Events that cases decided are part of the input of a grading: as they are known on a day, and never twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from creditscore.cascade.inputs import RecordEvent, as_known, as_table, fitting
from creditscore.cascade.record_streams import read_record_events
from creditscore.demo.district import district
from creditscore.grading.grade import grade
from creditscore.records import Snapshot, ingest
from creditscore.store.archive.runs import snapshot_of
from creditscore.store.archive.standing import rows_as_kept
from tests.cascade.test_follow_entries import Desk
from tests.graded import Graded

DAY = date(2023, 5, 22)

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path, graded: Graded) -> Iterator[Desk]:
    opened = Desk(str(tmp_path / "credit.db"), tmp_path / "archive", graded)
    yield opened
    opened.store.close()


def ingest_with(events: Sequence[RecordEvent]) -> Snapshot:
    """The district taken in again, the decided events below its records."""
    made_up = district(subjects=150, seed=5)
    text = pa.table({name: made_up.records[name].cast(pa.string()) for name in made_up.records.column_names})
    joined = pa.concat_tables([text, as_table(events)], promote_options="default")
    tables = {name: getattr(made_up, name) for name in ("subjects", "attributes", "history", "feeds")}
    return ingest(records=joined, **tables)


def test_a_replay_of_any_day_takes_those_known_then_and_a_full_run_says_the_same(desk: Desk) -> None:
    desk.decide(desk.records[0], "withdraw", DAY.isoformat())
    with desk.store.reading() as connection:
        events = read_record_events(connection)
        assert read_record_events(connection, known_at=date(2023, 5, 21)) == []
        assert read_record_events(connection, ["nobody"]) == []
    assert [event.event for event in events] == ["disputed", "withdrawn", "dispute_resolved"]
    first = events[0].event_no
    assert [event.event_no for event in events] == [first, first + 1, first + 2]
    snapshot, row = snapshot_of(desk.run), rows_as_kept(desk.store.archive, desk.run, [desk.subject])[desk.subject]
    for on, is_changed in ((date(2023, 5, 21), False), (DAY, True)):
        (after,) = as_known(desk.run, snapshot, [desk.subject], events, on).grades.to_pylist()
        assert (str(after["score"]) != row.score) is is_changed
    whole = grade(ingest_with(events), "tax", 2022, known_at=DAY, max_rejected=10**6)
    assert after in whole.grades.to_pylist()


def test_events_that_a_later_snapshot_holds_are_not_counted_twice(desk: Desk) -> None:
    desk.decide(desk.records[0], "repair", DAY.isoformat())
    with desk.store.reading() as connection:
        events = read_record_events(connection)
    later, snapshot = ingest_with(events), snapshot_of(desk.run)
    assert fitting(later, events) == []
    both = [as_known(desk.run, source, [desk.subject], events, DAY).grades for source in (later, snapshot)]
    assert both[0].equals(both[1])
    assert fitting(snapshot, [RecordEvent(desk.subject, "of another log", "withdrawn", DAY, DAY)]) == []

"""Some subjects graded again have the rows of the whole run, also with events that were decided since."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from creditscore.cascade.regrade import regrade
from creditscore.core.errors import InputError, UsageError
from creditscore.demo.district import district
from creditscore.grading.grade import grade
from creditscore.records import Snapshot, ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot

SIDE = ("attributes", "history", "feeds")


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    district_tables = district(subjects=400, seed=5)
    return {name: getattr(district_tables, name) for name in ("subjects", "records", *SIDE)}


@pytest.fixture(scope="module")
def snapshot(tables: dict[str, pa.Table]) -> Snapshot:
    return ingest(**tables)


def rows_of(table: pa.Table, ids: list[str]) -> pa.Table:
    return table.filter(pc.is_in(table["subject_id"], pa.array(ids)))


def equal(whole: object, part: object, ids: list[str]) -> None:
    for name in ("grades", "ledger"):
        expected = rows_of(getattr(whole, name), ids)
        assert expected.num_rows > 0
        assert getattr(part, name).equals(expected)


@pytest.mark.parametrize("known", [None, date(2022, 9, 1)])
def test_some_subjects_have_the_rows_of_the_whole(snapshot: Snapshot, known: date | None) -> None:
    whole = grade(snapshot, "tax", 2022, known_at=known, provisional=True, max_rejected=10**6)
    ids = whole.grades["subject_id"].to_pylist()[3::17]
    equal(whole, regrade(snapshot, ids, "tax", 2022, known_on=known, replayed=known is not None), ids)


def test_from_a_snapshot_on_disk(snapshot: Snapshot, tmp_path: Path) -> None:
    write_snapshot(snapshot, tmp_path / "snap")
    stored = read_snapshot(tmp_path / "snap")
    whole = grade(stored, "tax", 2022, max_rejected=10**6)
    ids = whole.grades["subject_id"].to_pylist()[::29]
    equal(whole, regrade(stored, ids, "tax", 2022), ids)


@pytest.mark.slow
def test_events_decided_since_count_as_if_they_had_been_in_the_log(
    snapshot: Snapshot, tables: dict[str, pa.Table]
) -> None:
    first = grade(snapshot, "tax", 2022, max_rejected=10**6)
    rows = first.ledger.to_pylist()
    counted = [row for row in rows if row["step"] == "record" and row["reason"] == "counted"][:40]
    ids = sorted({row["subject_id"] for row in counted})
    chosen = [row["record_id"] for row in counted]
    numbers = dict.fromkeys(chosen, 1)
    for row in tables["records"].select(["record_id", "event_no"]).to_pylist():
        if row["record_id"] in numbers:
            numbers[row["record_id"]] = max(numbers[row["record_id"]], row["event_no"])
    day = date(2023, 6, 1)
    kinds = ("withdrawn", "repaired", "disputed", "corrected")
    decided = [
        {
            "record_id": record,
            "event_no": numbers[record] + 1,
            "event": kinds[k % 4],
            "subject_id": counted[k]["subject_id"],
            "event_on": day,
            "recorded_on": day,
        }
        for k, record in enumerate(chosen)
    ]
    events = pa.Table.from_pylist(decided).cast(
        pa.schema(
            [
                tables["records"].schema.field(name)
                if name in tables["records"].column_names
                else pa.field(name, pa.date32())
                for name in decided[0]
            ]
        )
    )
    known = date(2023, 6, 2)
    longer = {**tables, "records": pa.concat_tables([tables["records"], events], promote_options="default")}
    whole = grade(ingest(**longer), "tax", 2022, known_at=known, max_rejected=10**6)
    part = regrade(snapshot, ids, "tax", 2022, known_on=known, replayed=True, events=events)
    equal(whole, part, ids)
    assert not part.grades.equals(rows_of(first.grades, ids))
    unnumbered = regrade(
        snapshot, ids, "tax", 2022, known_on=known, replayed=True, events=events.drop_columns(["event_no"])
    )
    assert unnumbered.grades.equals(part.grades)


def test_what_does_not_fit_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="not in the snapshot"):
        regrade(snapshot, ["91500000MAAAAAA188"], "tax", 2022)
    ids = [snapshot.con.execute("SELECT subject_id FROM subjects ORDER BY 1 LIMIT 1").fetchall()[0][0]]
    orphan = pa.table({"record_id": ["none"], "event": ["withdrawn"], "event_on": ["2023-01-01"]})
    with pytest.raises(InputError, match="cannot be taken in again: orphan_event"):
        regrade(snapshot, ids, "tax", 2022, events=orphan)
    with pytest.raises(UsageError, match="cannot be given anew"):
        regrade(snapshot, ids, "tax", 2022, subjects=orphan)

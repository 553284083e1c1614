"""One small grading that shows most kinds of ledger rows."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from creditscore.grading.grade import grade
from creditscore.grading.result import Grading

MANY, NONE, DIRECT, SOLE = "91500000MAAAAAA263", "91500000MAAAAAA188", "91500000MAAAAAA34X", "92500000MAAAAAA45Y"


def filed(record: str, subject: str, item: str, day: str, **more: Any) -> dict[str, Any]:
    dates = dict.fromkeys(("event_on", "occurred_on", "booked_on", "recorded_on"), day)
    return {"record_id": record, "event_no": 1, "event": "filed", "subject_id": subject, "item": item, **dates, **more}


def later(record: str, number: int, event: str, day: str, **more: Any) -> dict[str, Any]:
    row = {"record_id": record, "event_no": number, "event": event, "subject_id": MANY}
    return {**row, "event_on": day, "recorded_on": day, **more}


def table(rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


@pytest.fixture(scope="session")
def small() -> Grading:
    subjects = [
        {"subject_id": MANY, "name": "多条记录", "registered_on": "2012-06-01"},
        {"subject_id": NONE, "name": "没有记录", "registered_on": "2012-06-01"},
        {"subject_id": DIRECT, "name": "直接判级", "registered_on": "2012-06-01"},
        {"subject_id": SOLE, "name": "个体工商户", "registered_on": "2012-06-01"},
    ]
    records = [
        filed("n1", MANY, "NR", "2021-05-01", decided_on="2021-05-01"),
        filed("r1", MANY, "010101", "2022-04-20", amount=500),
        filed("r2", MANY, "010103", "2022-07-18"),
        later("r2", 2, "corrected", "2022-08-01"),
        filed("r3", MANY, "010101", "2022-05-20", amount=5000),
        later("r3", 2, "withdrawn", "2022-06-01"),
        filed("r4", MANY, "010101", "2022-05-20", exemption="NI3"),
        filed("r5", MANY, "010101", "2022-09-20"),
        filed("r6", MANY, "010101", "2022-10-20"),
        filed("r7", MANY, "020101", "2022-10-20", amount=3000),
        later("r7", 2, "corrected", "2022-11-01", share="0.37"),
        filed("d1", DIRECT, "040103", "2022-03-01"),
    ]
    return grade(table(records), "tax", 2022, subjects=table(subjects))


@pytest.fixture
def folder(small: Grading, tmp_path: Path) -> Path:
    return small.write(tmp_path / "run")

"""A firm with every kind of record, graded once, and its packet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.evidence.packet.gather import Added, run_in_folder
from creditscore.evidence.packet.results import build_packet
from creditscore.grading.grade import grade
from creditscore.records import Snapshot, ingest
from tests.paths import TEST_SCHEMES

SCHEME = TEST_SCHEMES / "caps.yaml"
BASE = {
    "subject_id": "S1",
    "event_no": "1",
    "event": "filed",
    "quantity": "1",
    "amount": "100",
    "ratio": "0.02",
    "occurred_on": "2020-02-10",
    "recorded_on": "2020-02-15",
    "domain": "test",
}
EVENTS: list[dict[str, str]] = [
    {**BASE, "record_id": "R1", "item": "a1", "act_id": "act1", "document_no": "甲字1号"},
    {**BASE, "record_id": "R2", "item": "a2", "occurred_on": "2020-03-01", "recorded_on": "2020-03-02"},
    {"record_id": "R2", "event_no": "2", "event": "corrected", "event_on": "2020-03-05", "recorded_on": "2020-03-06"},
    {**BASE, "record_id": "R3", "item": "a1", "occurred_on": "2020-05-01", "recorded_on": "2020-05-02"},
    {"record_id": "R3", "event_no": "2", "event": "withdrawn", "event_on": "2020-06-01", "recorded_on": "2020-06-02"},
    {**BASE, "record_id": "R4", "item": "a1", "occurred_on": "2017-01-01", "recorded_on": "2017-01-02"},
    {**BASE, "record_id": "R5", "item": "a1", "occurred_on": "2020-07-01", "recorded_on": "2021-03-01"},
    {**BASE, "record_id": "R6", "item": "a1", "domain": "labour"},
    {**BASE, "record_id": "R7", "item": "nosuch"},
    {**BASE, "record_id": "X1", "item": "a1", "subject_id": "S2"},
]
MODEL: dict[str, Any] = {
    "kind": "model_part",
    "format": 1,
    "subject_id": "S1",
    "probability": 0.0123,
    "points": 604.0,
    "score": 604,
    "grade": "B",
    "base": 600.0,
    "advisory": True,
    "notice": {"zh": "仅供参考", "en": "advisory"},
    "model": {"name": "m", "content_hash": "sha256:0123456789abcdef"},
    "shares": [
        {"column": "age", "label": {"zh": "存续年限", "en": "age"}, "value": "7", "points": 5.5},
        {"column": "late", "label": {"zh": "迟报", "en": "late"}, "value": "2", "points": -1.5},
    ],
}


def taken_in(events: list[dict[str, str]]) -> Snapshot:
    subjects = pd.DataFrame(
        [
            {"subject_id": "S1", "name": "<i>甲厂</i>", "registered_on": "2015-01-01"},
            {"subject_id": "S2", "name": "乙厂"},
        ]
    ).fillna("")
    return ingest(subjects=subjects, records=pd.DataFrame(events).fillna(""), subject_ids="local")


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    return taken_in(EVENTS)


@pytest.fixture(scope="session")
def folder(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    accepted = [{"table": "records", "record_id": "R7", "by": "li.na", "why": "the item never existed"}]
    grading = grade(snapshot, str(SCHEME), 2020, known_at="2020-12-31", accepted=accepted)
    return grading.write(tmp_path_factory.mktemp("graded"))


@pytest.fixture(scope="session")
def packet(folder: Path, snapshot: Snapshot) -> dict[str, Any]:
    added = Added(model=MODEL, disputed=["R1"])
    return build_packet(run_in_folder(folder, "S1"), snapshot, file=SCHEME, added=added)

"""Two tax years kept in a store, the second with the grades of the first as its history."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from creditscore.cascade.inputs import RecordEvent
from creditscore.demo.district import declare_rows, district
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import keep, kept_runs

FIRM, DIRECT = "91220291MADM70XF1L", "R-direct"
KNOWN = {2021: "2022-04-20", 2022: "2023-04-20"}


@dataclass(frozen=True)
class Chained:
    """A store with both runs; `copy` gives a test its own."""

    store: Path
    runs: tuple[str, str]

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copy(self.store, folder / "copy.store"))


@pytest.fixture(scope="session")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Chained:
    return chained(tmp_path_factory.mktemp("chained"))


def chained(folder: Path, subjects: int = 150, seed: int = 5) -> Chained:
    district_tables = district(subjects=subjects, seed=seed)
    tables = {
        name: getattr(district_tables, name) for name in ("subjects", "records", "attributes", "history", "feeds")
    }
    tables["records"] = _with_direct(tables["records"])
    tables["feeds"] = declare_rows(tables["feeds"], tables["records"], {})
    store = folder / "made.store"
    with Database(store) as opened:
        log = Log(opened)
        for year, known in KNOWN.items():
            write_snapshot(ingest(**tables), folder / f"snapshot-{year}")
            snapshot = read_snapshot(folder / f"snapshot-{year}")
            run = grade(snapshot, "tax", year, known_at=known, max_rejected=10**6)
            run.write(folder / f"grading-{year}")
            keep(opened, log, folder / f"grading-{year}", folder / f"snapshot-{year}", by="li.na", check=False)
            tables["history"] = _history(tables["history"], run.grades, year, known)
        ids = {run.period: run.run_id for run in kept_runs(opened)}
    return Chained(store, (ids["2021"], ids["2022"]))


def _with_direct(records: pa.Table) -> pa.Table:
    """A record of 2021 that leads to a direct D, which the next year retains."""
    rows = [row for row in records.to_pylist() if row["item"] == "D14-03" and row["event"] == "filed"]
    day = date(2021, 6, 10)
    days = {name: day for name, value in rows[0].items() if isinstance(value, date)}
    extra = {**rows[0], **days, "record_id": DIRECT, "subject_id": FIRM, "event_no": 1}
    return pa.concat_tables([records, pa.Table.from_pylist([extra], schema=records.schema)])


def _history(history: pa.Table, grades: pa.Table, year: int, known: str) -> pa.Table:
    rows = [row for row in history.to_pylist() if row["period"] != str(year)]
    day = date.fromisoformat(known)
    shown = str(history.schema.field("recorded_on").type) == "string"
    for value in grades.to_pylist():
        when = known if shown else day
        rows.append(
            {
                "subject_id": value["subject_id"],
                "domain": "tax",
                "period": str(year),
                "grade": value["grade"],
                "route": value["route"],
                "state": value["state"],
                "decided_on": when,
                "recorded_on": when,
            }
        )
    names = [*history.column_names, *(name for name in ("state",) if name not in history.column_names)]
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def event(subject: str, record: str, kind: str, on: str = "2023-06-01", share: str | None = None) -> RecordEvent:
    day = date.fromisoformat(on)
    return RecordEvent(subject, record, kind, day, day, corrected_on=day if kind == "corrected" else None, share=share)

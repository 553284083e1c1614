"""Two tax years, the second with the grades of the first as its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from creditscore.demo.district import declare_rows, district
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot

FIRM, DIRECT = "91220291MADM70XF1L", "R-direct"
KNOWN = {2021: "2022-04-20", 2022: "2023-04-20"}


@dataclass(frozen=True)
class Chained:
    """A folder with a snapshot and a grading of each year."""

    folder: Path


@pytest.fixture(scope="session")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Chained:
    return chain_years(tmp_path_factory.mktemp("chained"))


def chain_years(folder: Path, subjects: int = 150, seed: int = 5) -> Chained:
    district_tables = district(subjects=subjects, seed=seed)
    tables = {
        name: getattr(district_tables, name) for name in ("subjects", "records", "attributes", "history", "feeds")
    }
    tables["records"] = _with_direct(tables["records"])
    tables["feeds"] = declare_rows(tables["feeds"], tables["records"], {})
    for year, known in KNOWN.items():
        write_snapshot(ingest(**tables), folder / f"snapshot-{year}")
        snapshot = read_snapshot(folder / f"snapshot-{year}")
        run = grade(snapshot, "tax", year, known_at=known, max_rejected=10**6)
        run.write(folder / f"grading-{year}")
        tables["history"] = _history(tables["history"], run.grades, year, known)
    return Chained(folder)


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

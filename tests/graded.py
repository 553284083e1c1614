"""A small district graded for tax, with its snapshot on disk: what cases are opened on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from creditscore.demo.district import district
from creditscore.grading.batch import grade_all
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot

BOTH = ["tax", "food/risk"]


@dataclass(frozen=True)
class Graded:
    """Folders of a snapshot, of its grading for tax 2022, and of one under two schemes at the end of 2022."""

    snapshot: Path
    grading: Path
    both: Path


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("graded")
    district_tables = district(subjects=150, seed=5)
    tables = {
        name: getattr(district_tables, name) for name in ("subjects", "records", "attributes", "history", "feeds")
    }
    write_snapshot(ingest(**tables), folder / "snapshot")
    run = grade(read_snapshot(folder / "snapshot"), "tax", 2022, known_at="2023-04-20", max_rejected=10**6)
    run.write(folder / "grading")
    both = grade_all(read_snapshot(folder / "snapshot"), BOTH, as_of="2022-12-31", max_rejected=10**6)
    both.write(folder / "both")
    return Graded(folder / "snapshot", folder / "grading", folder / "both")


@pytest.fixture(scope="session")
def early(graded: Graded, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The same district as it was known before its grades of 2022 are announced."""
    folder = tmp_path_factory.mktemp("early")
    run = grade(read_snapshot(graded.snapshot), "tax", 2022, known_at="2023-02-20", max_rejected=10**6)
    run.write(folder / "grading")
    return Graded(graded.snapshot, folder / "grading", graded.both)

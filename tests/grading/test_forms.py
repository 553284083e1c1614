"""One set of tables in every form: the same snapshot, grades, ledger, quarantine, composite, and accepted rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import creditscore as cs
from creditscore.demo.district import District, district
from creditscore.grading.input_state.acceptance import read_acceptances
from creditscore.inspection.classes import SUBJECTS
from creditscore.inspection.rows import read_rows
from creditscore.lists.named_days import named_days
from creditscore.measures.tables import read_intake
from creditscore.pages.impact_composite import read_about
from tests.forms import every_form

TABLES = ("subjects", "records", "attributes", "history", "feeds")
LINES = ("line",)  # of a file the header is a line too


@pytest.fixture(scope="module")
def tables() -> District:
    return district(subjects=60, seed=11)


@pytest.fixture(scope="module")
def forms(tables: District, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Callable[[], Any]]]:
    folder = tmp_path_factory.mktemp("forms")
    return {name: every_form(getattr(tables, name).to_pylist(), folder, name) for name in TABLES}


def results(snapshot: Any) -> dict[str, Any]:
    run = cs.grade(snapshot, "tax", 2022, max_rejected=10**6)
    quarantine = run.quarantine.drop_columns([name for name in LINES if name in run.quarantine.column_names])
    return {
        "grades": run.grades.to_pylist(),
        "ledger": run.ledger.to_pylist(),
        "quarantine": sorted(map(str, quarantine.to_pylist())),
    }


@pytest.mark.slow
def test_every_form_is_graded_alike(forms: dict[str, dict[str, Callable[[], Any]]]) -> None:
    snapshots = {kind: cs.ingest(**{name: forms[name][kind]() for name in TABLES}) for kind in forms["records"]}
    assert len({snapshot.content_hash() for snapshot in snapshots.values()}) == 1
    first = results(snapshots["utf-8"])
    assert first["ledger"]
    for kind in ("gb18030", "parquet", "pandas", "polars"):
        assert results(snapshots[kind]) == first, kind


@pytest.mark.slow
def test_every_form_of_the_tables_beside_the_records_is_read_alike(tmp_path: Path, tables: District) -> None:
    ids = [str(row) for row in tables.subjects["subject_id"].to_pylist()[:3]]
    accepted = [
        {"table": "records", "record_id": "007", "value": "Ａ  b", "by": "李", "why": "lost", "on": "2024-01-02"}
    ]
    events = [{"event_id": "e1", "kind": "licence", "department": "tax", "on": "2024-01-02", "subject_ids": ids[0]}]
    listings = [{"listing_id": "007", "subject_id": ids[0], "list": "a", "entered_on": "2024-01-02"}]
    records = [{"record_id": "007", "deadline_on": "2024-03-01"}]
    about = [{"subject_id": ids[0], "kind": "enterprise", "industry": "51", "district": "船营区"}]
    read: dict[str, list[Any]] = {}
    for name, rows, reader in (
        ("accepted", accepted, read_acceptances),
        ("events", events, lambda table: read_intake(events=table)),
        ("listings", listings, lambda table: read_intake(listings=table)),
        ("records", records, lambda table: named_days(table, ["007"], ["deadline_on"])),
        ("subjects", about, lambda table: read_rows(table, SUBJECTS)),
        ("about", about, lambda table: read_about(table).to_pylist()),
    ):
        for form in every_form(rows, tmp_path, name).values():
            read.setdefault(name, []).append(reader(form()))
        assert all(table == read[name][0] for table in read[name]), name
    assert read["accepted"][0] == accepted
    assert read["about"][0][0]["industry"] == "51"


@pytest.mark.slow
def test_every_form_of_grades_and_listings_gives_the_same_composite(tmp_path: Path, tables: District) -> None:
    run = cs.grade(cs.ingest(**{name: getattr(tables, name) for name in TABLES}), "tax", 2022, max_rejected=10**6)
    graded = [
        {name: None if cell is None else str(cell) for name, cell in row.items()} for row in run.grades.to_pylist()
    ]
    who = str(graded[0]["subject_id"])
    listings = [{"subject_id": who, "list": "wage_arrears", "entered_on": "2022-05-01", "exited_on": None}]
    subjects = [{"subject_id": row["subject_id"], "kind": "enterprise"} for row in graded]
    grades = every_form(graded, tmp_path, "grades")
    beside = {"listings": every_form(listings, tmp_path, "l"), "subjects": every_form(subjects, tmp_path, "s")}
    composites = []
    for kind, form in beside["listings"].items():
        source = grades[kind]() if kind in ("pandas", "polars", "lazy", "arrow", "reader", "relation", "rows") else run
        composite = cs.combine(
            [source],
            "jilin_edz",
            listings=form(),
            subjects=beside["subjects"][kind](),
            as_of="2022-12-31",
            acts="unchecked",
        )
        composites.append((composite.composite.to_pylist(), composite.contributions.to_pylist()))
    assert all(composite == composites[0] for composite in composites)

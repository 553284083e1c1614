"""Measures as tables: the same store, lists and day give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.measures.export import export_measures, tabulate_measures
from creditscore.measures.workflow import lift
from creditscore.store.verify import verify
from tests.measures.helpers import CUSTOMS, DISHONEST, day, entry, event, shipped
from tests.measures.offices import Office


def test_export_is_the_same_bytes_and_says_all(store_url: str, tmp_path: Path) -> None:
    office = Office(store_url)
    key = office.put(event(), entry())
    office.carry(key)
    other = office.put(replace(CUSTOMS, event_id="E5"), DISHONEST)
    tables = tabulate_measures(office.store, shipped(), day("2025-02-01"))
    rows = {row["proposal_id"]: row for row in tables["measures"].to_pylist()}
    assert (rows[key]["state"], rows[key]["in_force"], rows[key]["ended_by"]) == ("executed", True, "")
    assert "basis_department_rule" in rows[other]["flags"]
    assert tables["acts"]["act"].to_pylist() == ["proposed", "accepted", "notified", "executed", "proposed"]
    assert [(row["proposal_id"], row["task"]) for row in tables["due"].to_pylist()] == [
        (other, "decide"),
        (key, "feedback"),
    ]
    first = export_measures(office.store, shipped(), day("2025-02-01"), tmp_path / "a", csv=True)
    second = export_measures(office.store, shipped(), day("2025-02-01"), tmp_path / "b", csv=True)
    names = sorted(file.name for file in first.iterdir())
    assert {"measures.parquet", "acts.csv", "refusals.csv", "due.csv", "four_lists.json", "manifest.json"} <= set(names)
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
    assert "project_default" in (first / "manifest.json").read_text(encoding="utf-8")
    office.enter(entry(exited="2025-03-01", why="repaired"))
    lift(office.store, shipped(), by="li.na", on="2025-03-02")
    for on, state in (("2025-02-28", "executed"), ("2025-03-02", "lifted")):
        rows = tabulate_measures(office.store, shipped(), day(on))["measures"].to_pylist()
        (row,) = (row for row in rows if row["proposal_id"] == key)
        assert row["state"] == state
        assert row["in_force"] is (state == "executed")
    assert str(row["ended_on"]) == "2025-03-01"
    assert row["ended_by"] == "repaired"
    assert verify(office.store).faults == []
    office.store.close()


def test_no_other_files_are_written_over(tmp_path: Path) -> None:
    office = Office(str(tmp_path / "credit.db"))
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "diary.txt").write_text("x")
    with pytest.raises(UsageError, match="other files"):
        export_measures(office.store, shipped(), day("2025-02-01"), folder)
    office.store.close()

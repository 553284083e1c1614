"""Reading events and listings: what is faulty is refused with a reason, and nothing personal is kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import InputError
from creditscore.measures.tables import Listing, read_intake
from tests.measures.helpers import FIRM, OTHER, day

EVENTS = f"""event_id,kind,department,on,subject_ids
E1,procurement,finance,2024-03-01,{FIRM};{OTHER}
E2,Licence,market_regulation,2024年3月2日,"{OTHER}、{FIRM}"
"""
LISTINGS = f"""listing_id,subject_id,list,entered_on,term_end,exited_on,exit_reason,basis,recorded_on
L1,{FIRM},procurement_serious,2023-01-10,2026-01-09,,,,
L2,{FIRM.lower()},market_serious,2022-01-10,,2023-05-05,repaired,,2022-01-12
"""


def write(folder: Path, text: str, name: str = "t.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_events_and_entries_are_read(tmp_path: Path) -> None:
    intake = read_intake(events=write(tmp_path, EVENTS), listings=write(tmp_path, LISTINGS, "l.csv"))
    assert intake.refused == ()
    first, second = intake.events
    assert (first.event_id, first.on, first.subject_ids) == (
        "E1",
        day("2024-03-01"),
        (FIRM, OTHER)[::-1] if OTHER < FIRM else (FIRM, OTHER),
    )
    assert (second.kind, second.on, set(second.subject_ids)) == ("licence", day("2024-03-02"), {FIRM, OTHER})
    old, new = intake.listings[FIRM]
    assert (old.listing_id, old.exit_reason, old.recorded_on) == ("L2", "repaired", day("2022-01-12"))
    assert new == Listing(
        "L1", FIRM, "procurement_serious", day("2023-01-10"), day("2026-01-09"), None, "", day("2023-01-10")
    )


def test_parquet_with_a_column_of_lists_and_frames(tmp_path: Path) -> None:
    table = pa.table(
        {
            "event_id": ["E1"],
            "kind": ["bid"],
            "department": ["finance"],
            "on": ["2024-03-01"],
            "subject_ids": [[FIRM, OTHER]],
        }
    )
    pq.write_table(table, tmp_path / "e.parquet")
    (business_event,) = read_intake(events=tmp_path / "e.parquet").events
    assert set(business_event.subject_ids) == {FIRM, OTHER}
    frame = pd.DataFrame(
        {
            "event_id": ["E1"],
            "kind": ["bid"],
            "department": ["finance"],
            "on": [pd.Timestamp("2024-03-01")],
            "subject_ids": [FIRM],
        }
    )
    assert read_intake(events=frame).events[0].subject_ids == (FIRM,)


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        (f"E3,party,finance,2024-03-01,{FIRM}", "unknown_code", "kind"),
        (f"E3,bid,finance,2024-02-30,{FIRM}", "bad_date", "on"),
        (f"E3,bid,finance,,{FIRM}", "bad_date", "on"),
        (f",bid,finance,2024-03-01,{FIRM}", "empty_id", "event_id"),
        (f"E3,bid,,2024-03-01,{FIRM}", "empty_id", "department"),
        ("E3,bid,finance,2024-03-01,", "empty_id", "subject_ids"),
        (f"11010519491231002X,bid,finance,2024-03-01,{FIRM}", "natural_person", "event_id"),
        (f"E1,bid,finance,2024-03-01,{FIRM}", "conflicting_key", "event_id"),
    ],
)
def test_a_faulty_event_is_refused(tmp_path: Path, row: str, reason: str, column: str) -> None:
    intake = read_intake(events=write(tmp_path, EVENTS + row + "\n"))
    assert (reason, column) in {(row["reason"], row["column"]) for row in intake.refused}
    assert "11010519491231002X" not in str(intake.refused)
    assert len(intake.events) == (1 if reason == "conflicting_key" else 2)


def test_a_repeated_row_is_one_event(tmp_path: Path) -> None:
    intake = read_intake(events=write(tmp_path, EVENTS + EVENTS.splitlines()[1] + "\n"))
    assert (len(intake.events), intake.refused) == (2, ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("L3,9.14403E+17,x,2023-01-01,,,,,", "mangled_id"),
        ("L3,11010519491231002X,x,2023-01-01,,,,,", "natural_person"),
        ("L3,914403001922038217,x,2023-01-01,,,,,", "bad_uscc"),
        (f"L3,{FIRM},x,2023-01-01,,2022-01-01,,,", "bad_date"),
        (f"L1,{FIRM},x,2023-01-01,,,,,", "conflicting_key"),
        (f"L3,{FIRM},,2023-01-01,,,,,", "empty_id"),
    ],
)
def test_a_faulty_entry_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    intake = read_intake(listings=write(tmp_path, LISTINGS + row + "\n"))
    assert reason in {row["reason"] for row in intake.refused}
    assert "11010519491231002X" not in str(intake.refused)


def test_an_exit_reason_keeps_no_person(tmp_path: Path) -> None:
    text = LISTINGS.replace("repaired", "经11010519491231002X申请")
    assert read_intake(listings=write(tmp_path, text)).listings[FIRM][0].exit_reason == "经110***************申请"


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing columns department, subject_ids"):
        read_intake(events=write(tmp_path, "event_id,kind,on\nE1,bid,2024-01-01\n"))


def test_subjects_say_who_exists(tmp_path: Path) -> None:
    subjects = pd.DataFrame({"subject_id": [FIRM], "kind": ["enterprise"]})
    assert read_intake(subjects=subjects).subjects == {FIRM: "enterprise"}

"""A firm on the list of wage arrears in a store: graded and kept, proposed, entered, and one measure carried out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from creditscore import grade
from creditscore.core.days import to_day
from creditscore.lists import Book, decide, listings, notice, propose, save
from creditscore.measures import actions
from creditscore.measures.load import load_four_lists
from creditscore.measures.tables import BusinessEvent, Intake, read_intake
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import keep
from tests.lists.players import CONTENTS, PAPER, A, B

DAYS = {"event_on": "2023-01-05", "ordered_on": "2023-01-10", "deadline_on": "2023-01-20"}
RECORDS = [
    {"record_id": "r1", "subject_id": A, "item": "incident"},
    {"record_id": "r2", "subject_id": A, "item": "arrears", "workers": 12, "months_owed": 4, "amount": 50000},
    {
        "record_id": "r3",
        "subject_id": B,
        "item": "arrears",
        "workers": 2,
        "months_owed": 1,
        "amount": 100,
        "source_subject_id": A,
    },
]


def kept_wages(folder: Path, listed: pd.DataFrame | None = None) -> Path:
    """A store that keeps one run of the list's scheme; `listed`: entries that it read."""
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    table = pd.DataFrame([{**DAYS, **row} for row in RECORDS])
    write_snapshot(ingest(subjects, table, listings=listed), folder / "snapshot")
    grade(read_snapshot(folder / "snapshot"), "wage_arrears", as_of="2023-03-01").write(folder / "grading")
    table.to_csv(folder / "records.csv", index=False)
    with Database(folder / "wages.store") as store:
        keep(store, Log(store), folder / "grading", folder / "snapshot", by="li.na", check=False)
    return folder / "wages.store"


def entered_wages(folder: Path) -> tuple[Path, str, str]:
    """That store with an entry that stands and a measure that was carried out; their ids."""
    path = kept_wages(folder)
    with Database(path) as store:
        log, book = Log(store), Book()
        for step in (
            lambda book: propose(
                book, folder / "grading", records=str(folder / "records.csv"), on="2023-03-01", by="li.na"
            )[0],
            lambda book: notice(book, next(iter(book.cases)), contents=CONTENTS, on="2023-03-02", by="li.na", **PAPER),
            lambda book: decide(
                book, next(iter(book.cases)), enter=True, reason="…", on="2023-03-20", by="chen.jie", **PAPER
            ),
        ):
            after = step(book)
            save(log, book, after)
            book = after
        (case_id,) = book.cases
        entries = read_intake(listings=listings(book)).listings
        lists = load_four_lists()
        about = BusinessEvent("E1", "inspection_plan", "construction", to_day(date(2023, 4, 3)), (A,))
        proposed = actions.propose(log, lists, Intake((about,), entries), by="li.na")
        measure = proposed.new[0]
        on = to_day(date(2023, 4, 4))
        flags = ("condition", "force_unknown")
        actions.decide(log, lists, entries, measure, accept=True, by="chen.jie", on=on, reason="…", acknowledge=flags)
        actions.notify(log, lists, entries, measure, by="li.na", on=on + 1, document_no="N1")
        actions.execute(log, lists, entries, measure, by="li.na", on=on + 2)
    return path, case_id, measure

"""An entry that rests on a contested record is marked from the opening of the case to its decision."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from creditscore.objections.disputed_entries import list_disputed_entries, tabulate_disputes
from tests.objections.test_disputes import Office, office, run

__all__ = ["office"]


def test_an_entry_on_a_contested_record(office: Office) -> None:
    first, second = office.records[:2]
    entry = office.enter(first, second).partition("/")[2]
    other = office.enter("r9", scheme="procurement/serious", name="procurement_serious").partition("/")[2]
    assert list_disputed_entries(office.store) == {}
    case = office.open(first)
    ((name, (dispute,)),) = list_disputed_entries(office.store).items()
    assert (name, dispute.case_id, dispute.record_id) == (entry, "C2023-0001", first)
    assert list_disputed_entries(office.store, date(2023, 5, 3)) == {}
    (row,) = tabulate_disputes(list_disputed_entries(office.store)).to_pylist()
    assert (row["listing_id"], row["subject_id"], row["disputed_since"]) == (entry, office.subject, date(2023, 5, 4))
    assert other not in list_disputed_entries(office.store)
    office.rule(case, **{first: "uphold"})
    assert list_disputed_entries(office.store) == {}
    assert list(list_disputed_entries(office.store, date(2023, 5, 8))) == [entry]


def test_commands_mark_it(office: Office, tmp_path: Path) -> None:
    (first, *_), store = office.records, office.store.database.url.render_as_string(hide_password=False)
    entry = office.enter(first, scheme="procurement/serious", name="procurement_serious").partition("/")[2]
    (tmp_path / "events.csv").write_text(
        f"event_id,kind,department,on,subject_ids\nB,procurement,finance,2023-05-03,{office.subject}\n",
        encoding="utf-8",
    )
    run("measures", "match", tmp_path / "events.csv", "--by", "li.na", "--store", store)
    case = office.open(first)
    mark = f"{first} (C2023-0001) ***"
    assert f"*** 异议处理中：{mark}" in run("lists", "show", entry, "--store", store, "--lang", "zh")
    assert f"*** disputed: {mark}" in run("lists", "show", office.subject, "--store", store, "--lang", "en")
    assert "***" not in run("lists", "show", entry, "--store", store, "--known-at", "2023-05-03")
    assert f"*** disputed: {mark}" in run("measures", "due", "--on", "2023-05-05", "--store", store, "--lang", "en")
    assert "1 entries rest on records" in run("lists", "export", "--out", tmp_path / "out", "--store", store)
    (row,) = pq.read_table(tmp_path / "out" / "list_disputes.parquet").to_pylist()
    assert (row["listing_id"], row["record_id"], row["case_id"]) == (entry, first, "C2023-0001")
    office.rule(case, **{first: "uphold"})
    assert "***" not in run("lists", "show", entry, "--store", store)
    assert "***" not in run("measures", "due", "--on", "2023-05-10", "--store", store)

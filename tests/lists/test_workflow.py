"""Entries on lists as a declared workflow: every case on both databases, and the same answers as the register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from creditscore.core.errors import CreditscoreError
from creditscore.lists import Book, ListCase, due, list_exits, listings
from creditscore.lists.entries import list_due
from creditscore.lists.entry_history import life
from creditscore.lists.entry_tables import tabulate_events, tabulate_exits, tabulate_listings
from creditscore.lists.history import tell_entries
from creditscore.lists.listings import list_events
from creditscore.store.verify import verify
from tests.lists.offices import Office, as_known, as_texts, read_field
from tests.lists.players import play
from tests.lists.test_cases import KNOWN, cases, on_of

# A case of the store has its last day for the decision also where it was not prolonged
OWN_FIELDS = {named.name for named in fields(ListCase)} - {"case_id", "events", "decide_by"}


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any], office: Office) -> None:
    name, report = "", None
    for step in case["steps"]:
        (action,) = set(step) & KNOWN
        if "refused" in step:
            size = office.store.head().size
            with pytest.raises(CreditscoreError) as refused:
                office.play(name, action, step[action])
            assert step["refused"] in str(refused.value)
            assert refused.value.where
            assert refused.value.allowed
            assert refused.value.next
            assert office.store.head().size == size
            continue
        name, report = office.play(name, action, step[action])
        for field, wanted in step.get("expect", {}).items():
            if field in ("left", "waiting"):
                assert len(getattr(report, field)) == wanted
            else:
                assert read_field(office.store.read(name), field) == as_known(wanted, field), (step, field)
        tasks = {row["what"]: row["due_on"] for row in office.store.rows("task", stream=name, done_seq=None)}
        dues = list_due(office.store, as_texts(on_of(step[action])))
        own = {step_due.what: step_due.by for step_due in dues if step_due.case == name}
        for what, day in step.get("due", {}).items():
            assert own[what] == as_texts(day), (step, what)
            assert what == "hearing_ends" or tasks[what] == as_texts(day), (step, what)  # which is no task of anybody
    assert verify(office.store).faults == []


@pytest.mark.parametrize("case", list(cases()))
def test_the_same_answers_as_the_register(case: dict[str, Any], tmp_path: Any) -> None:
    office, book, name, case_id = Office(str(tmp_path / "credit.db")), Book(), "", ""
    for step in case["steps"]:
        (action,) = set(step) & KNOWN
        if "refused" in step:
            continue
        name, _ = office.play(name, action, step[action])
        book, case_id, _ = play(book, case_id, action, step[action])
        assert name == f"listing/{case_id}"
        require_same(office, book, as_texts(on_of(step[action])))


def require_same(office: Office, book: Book, on: str) -> None:
    """Every case, table and thing that is due is the same in a store and in a book of the same acts."""
    for case_id, old in book.cases.items():
        new = office.store.read(f"listing/{case_id}")
        for field in OWN_FIELDS:
            assert read_field(new, field) == as_known(getattr(old, field), field), field
    for known_at in (None, on):
        assert tabulate_listings(office.store, known_at).equals(listings(book, known_at))
        assert tabulate_exits(office.store, known_at).equals(list_exits(book, known_at))
        new_events, old_events = tabulate_events(office.store, known_at), list_events(book, known_at)
        same = [name for name in new_events.column_names if name not in ("args", "data", "kind")]
        assert new_events.select(same).equals(old_events.select(same))
    for subject in {old.subject_id for old in book.cases.values()}:
        for lang in ("zh", "en"):
            assert tell_entries(office.store, subject, lang, on) == life(book, subject, lang, on)
    new_dues = [
        (
            row.by,
            row.what,
            row.case.partition("/")[2],
            row.subject,
            row.list,
            row.state,
            row.basis,
            row.mark,
            row.note and (row.note.code, row.note.values),
            row.provisional,
            row.overdue,
        )
        for row in list_due(office.store, on)
    ]
    old_dues = [
        (
            as_known(row.by, "by"),
            row.what,
            row.case_id,
            row.subject_id,
            row.list,
            row.state,
            row.basis,
            row.mark,
            row.note and (row.note.code, row.note.values),
            row.provisional,
            row.overdue,
        )
        for row in due(book, on)
    ]
    assert new_dues == old_dues

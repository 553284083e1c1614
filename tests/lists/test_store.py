"""The book in a store: what was written comes back, every act is in the log first, roles are enforced."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import NotAllowed, StoreBusy, StoreError, UsageError
from creditscore.lists import Book, expire, load, save
from creditscore.lists.replay import replay
from creditscore.store import Database, Log, Roles
from tests.lists.players import entered, noticed, play


@pytest.fixture
def store(tmp_path: Path) -> Database:
    return Database(tmp_path / "lists.store")


def test_what_was_written_comes_back(store: Database) -> None:
    book, case_id = noticed(Book())
    noticed_book = book
    book, *_ = play(
        book, case_id, "decide", {"enter": True, "on": "2023-01-31", "dates": {"restriction_until": "2024-01-01"}}
    )
    log = Log(store)
    assert save(log, Book(), Book(book.events[:1])) == 1
    assert save(log, load(store), noticed_book) == 1
    assert save(log, load(store), book) == 1
    assert save(log, load(store), book) == 0
    assert load(store) == book
    actions = [(entry.action, entry.phase, entry.subject) for entry in log.entries()]
    assert ("list.decided", "begun", case_id) in actions
    assert actions[-1] == ("list.decided", "done", case_id)
    assert log.verify().ok
    entries = store.rows("SELECT e.action FROM list_events l JOIN log_entries e ON e.seq = l.entry ORDER BY l.place")
    assert [value for (value,) in entries] == ["list.proposed", "list.noticed", "list.decided"]
    store.close()


def test_roles_are_enforced(store: Database) -> None:
    people = Roles({"analyst": (), "grader": ("li.na",), "reviewer": (), "approver": ("chen.jie",)})
    log = Log(store, roles=people)
    book, case_id = noticed(Book())
    for count in (1, 2):
        save(log, load(store), Book(book.events[:count]))
    by_grader, *_ = play(book, case_id, "decide", {"enter": False, "on": "2023-01-31", "by": "wang.fang"})
    with pytest.raises(NotAllowed, match=r"wang\.fang"):
        save(log, book, by_grader)
    assert load(store) == book
    allowed, *_ = play(book, case_id, "decide", {"enter": True, "on": "2023-01-31"})
    save(log, book, allowed)
    gone, _ = expire(allowed, "2026-01-31", by="li.na")
    assert save(log, allowed, gone) == 1
    store.close()


def test_a_book_that_is_not_the_stores_is_refused(store: Database) -> None:
    log = Log(store)
    book, _ = entered(Book(), "market_serious", "market/serious@2021", "2022-03-15")
    other, _ = entered(Book(), "safety_serious", "safety/serious@2023", "2024-03-15")
    save(log, Book(), book)
    with pytest.raises(StoreBusy, match="1 events, 0 were read"):
        save(log, Book(), other)
    with pytest.raises(UsageError, match="does not continue"):
        save(log, book, other)
    assert load(store) == book
    assert [entry.phase for entry in log.entries(action="list.imported")] == ["begun", "done", "begun", "failed"]
    store.close()


def test_one_kind_of_step_by_one_person_in_one_act(store: Database) -> None:
    with pytest.raises(UsageError, match="several kinds of steps"):
        save(Log(store), Book(), noticed(Book())[0])
    store.close()


def test_a_store_of_an_earlier_format_is_brought_up_to_date(tmp_path: Path) -> None:
    import duckdb

    from creditscore.store.legacy.migrations import MIGRATIONS

    con = duckdb.connect(str(tmp_path / "old.store"))
    con.execute(MIGRATIONS[0])
    con.execute("INSERT INTO store_format VALUES ('creditscore-store', 1)")
    con.close()
    with Database(tmp_path / "old.store") as store:
        assert load(store) == Book()


@pytest.mark.parametrize(
    "edit",
    [
        "DELETE FROM list_events WHERE place = 2",
        "DELETE FROM list_events",
        "UPDATE list_events SET \"on\" = '2023-02-01' WHERE place = 2",
        "UPDATE list_events SET \"by\" = 'somebody' WHERE place = 1",
        "UPDATE list_events SET data = replace(data, '2023', '2022') WHERE place = 2",
        "UPDATE list_events SET entry = 1 WHERE place = 2",
        "UPDATE log_entries SET payload = replace(payload, 'li.na', 'x.x') WHERE payload LIKE '%list%' OR TRUE",
    ],
)
def test_an_edited_store_is_not_read(store: Database, edit: str) -> None:
    noticed_book, case_id = noticed(Book())
    book, *_ = play(noticed_book, case_id, "decide", {"enter": True, "on": "2023-01-31"})
    log = Log(store)
    for count in range(1, len(book.events) + 1):
        save(log, load(store), Book(book.events[:count]))
    assert load(store) == book
    replay(log)
    with store.transaction() as con:
        con.execute(edit)
    with pytest.raises(StoreError, match=r"of the log|differ"):
        replay(log)
    store.close()

"""A store that is checked in parts says what a check in one piece says."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from creditscore.store import verify as verify_module
from creditscore.store.spans import plan_spans
from creditscore.store.verify import verify
from tests.store.helpers import Office

FORGERIES = {
    "nothing": [],
    "a row edited": ["UPDATE promise SET matter = 'other' WHERE stream = 'promise/3'"],
    "a row deleted": ["DELETE FROM promise_papers WHERE stream = 'promise/1'"],
    "rows of nobody": [
        f"INSERT INTO promise (stream, state, flow, subject, version) VALUES ('{name}', 'given', 'promise/1', 'x', 0)"
        for name in ("a", "promise/2x", "zzz/1")
    ],
    "tasks edited at both ends": [
        "UPDATE task SET done_seq = 1 WHERE stream = 'promise/1' AND what = 'accept'",
        "UPDATE task SET team = 'grader' WHERE stream = 'promise/9'",
    ],
    "an event's state": ["DROP TRIGGER event_is_kept", "UPDATE event SET state = 'kept' WHERE stream = 'promise/5'"],
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(str(tmp_path_factory.mktemp("office") / "credit.db"))
    for number in range(1, 10):
        office.promise(str(number), until="settled" if number % 3 else "accepted")
    return office


@pytest.mark.parametrize("forgery", FORGERIES)
def test_faults_are_those_of_a_check_in_one_piece(
    office: Office, forgery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(office.store.database.url.database)) as connection:
        for statement in FORGERIES[forgery]:
            connection.execute(statement)
        connection.commit()
    whole = verify(office.store, processes=1)
    monkeypatch.setattr(verify_module, "LEAST_EVENTS", 1)
    parts = verify(office.store, processes=2)
    assert sorted(map(str, parts.faults)) == sorted(map(str, whole.faults))
    assert bool(whole.faults) == (forgery != "nothing")


def test_parts_hold_every_stream_once(office: Office) -> None:
    with office.store.reading() as connection:
        for parts in (1, 2, 3, 7, 500):
            spans = plan_spans(connection, parts)
            assert (spans[0].first, spans[-1].end) == ("", None)
            assert [span.end for span in spans[:-1]] == [span.first for span in spans[1:]]
            assert len(spans) <= parts

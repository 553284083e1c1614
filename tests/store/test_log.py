"""What the log never writes is found under whatever hash and signature: names, days, payloads in another text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.canonical import write_canonical
from creditscore.core.clock import clock_at
from creditscore.core.errors import UsageError
from creditscore.store import people
from creditscore.store.log import Act, Log, NewEvent
from tests.store.attacks import DAY, FIRM, GIVEN, Town, make_town, write_past_the_machine

ACCEPTED = {
    "set": {"supply_by": "2026-03-30", "check_by": "2026-05-02"},
    "tasks": [
        {"change": "open", "due_on": "2026-05-02", "note": None, "number": 0, "team": "reviewer", "what": "check"},
        {"change": "done", "number": 0, "what": "accept"},
    ],
}


def say_twice(text: str) -> str:
    """Say one thing to a reader that takes the last of two equal names, another to one that takes the first."""
    return text.replace('"set"', '"set":{"check_by":"2030-01-01"},"set"', 1)


def without_salt(text: str) -> str:
    return write_canonical({name: value for name, value in json.loads(text).items() if name != "salt"})


TEXTS: dict[str, Callable[[str], str]] = {
    "not written as the log writes it": say_twice,
    "not written as the log writes": lambda text: json.dumps(json.loads(text)),
    "has no salt": without_salt,
    "no salt": lambda text: write_canonical({**json.loads(text), "salt": "0"}),
    "what the log never writes": lambda text: text.replace('"number":0', '"number":0.0', 1),
}


@pytest.fixture
def town(store_url: str, tmp_path: Path) -> Any:
    """A store whose acts are signed, with one case."""
    town = make_town(store_url, "keys", tmp_path / "notes.txt")
    town.act("li.na", "give", id="1", **GIVEN)
    yield town
    town.store.close()


def accepted(payload: Any = ACCEPTED) -> NewEvent:
    return NewEvent("promise/1", "promise.accepted", payload, "accepted", FIRM, "promise/1")


def say_faults(town: Town) -> str:
    return "\n".join(fault.what for fault in town.verify().faults)


def test_a_sound_act_is_none(town: Town) -> None:
    write_past_the_machine(town, "zhang.min", "reviewer", accepted(), on=DAY)
    assert say_faults(town) == ""


@pytest.mark.parametrize("fault", TEXTS)
def test_a_payload_in_another_text_is_found(town: Town, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Log._write_payload
    monkeypatch.setattr(Log, "_write_payload", staticmethod(lambda new: TEXTS[fault](write(new))))
    write_past_the_machine(town, "zhang.min", "reviewer", accepted(), on=DAY)
    assert fault in say_faults(town)


def test_days_that_are_none_are_found(town: Town) -> None:
    grant = people.grant_role(town.person("li.na"), "reviewer", number=9)
    write_past_the_machine(town, "chen.jie", "approver", grant, on="2026-02-30")
    assert "are not both days" in say_faults(town)


@pytest.mark.parametrize(
    ("on", "known", "fault"),
    [
        ("2026-03-02", "2026-03-01", "before the day 2026-03-02"),
        ("2026-03-03", "2026-03-03", "before an earlier step of its case was"),
    ],
)
def test_what_was_known_too_early_is_found(town: Town, on: str, known: str, fault: str) -> None:
    by = town.as_person("li.na")
    town.store.act("promise", "give", id="2", by=by, on=DAY, known_on="2026-03-20", **GIVEN)
    town.as_person("zhang.min")
    new = NewEvent("promise/2", "promise.accepted", ACCEPTED, "accepted", FIRM, "promise/1")
    with town.store.log.write() as connection:
        act = Act(town.person("zhang.min").id, "reviewer", "", on, known, [new])
        town.store.log.append(connection, act, town.store.key)
    town.store.rebuild()
    assert fault in say_faults(town)


def test_names_with_signs_that_nobody_sees_are_none(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="can be no stream"):
        town.act("li.na", "give", id="1\u200b", **GIVEN)
    with pytest.raises(UsageError, match="can be no office"):
        town.store.act("promise", "give", by=town.as_person("li.na"), on=DAY, office="a\nb", id="3", **GIVEN)
    given = {"id": "1\u200b", **GIVEN}
    task = {"change": "open", "due_on": "2026-03-03", "note": None, "number": 0, "team": "reviewer", "what": "accept"}
    values = {"matter": "roof", "missing": ["plan"], "given_on": DAY}
    payload = {"given": given, "set": values, "tasks": [task]}
    monkeypatch.setattr("creditscore.store.log._require_names", lambda new: None)
    new = NewEvent("promise/1\u200b", "promise.given", payload, "given", FIRM, "promise/1")
    write_past_the_machine(town, "li.na", "grader", new, on=DAY)
    assert "a name that cannot be one" in say_faults(town)


def test_a_moment_to_come_is_said(town: Town) -> None:
    with clock_at(datetime(2099, 1, 2, tzinfo=UTC)):
        town.act("li.na", "give", id="2", **GIVEN)
    (note,) = [note for note in town.verify().notes if "a moment to come" in note]
    assert "2099-01-02T00:00:00Z" in note


def test_second_persons_are_looked_at_after_an_erasure_too(town: Town) -> None:
    from creditscore.store.erasure import erase_stream

    li = town.person("li.na")
    town.change("chen.jie", lambda there: [people.grant_role(li, "reviewer", number=9)])
    write_past_the_machine(town, "li.na", "reviewer", accepted(), on=DAY)
    erase_stream(town.store, "promise/1", reason="over", by=town.as_person("chen.jie"), on="2026-03-09")
    assert "one person where the declaration asks for two" in say_faults(town)

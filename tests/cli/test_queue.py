"""`creditscore queue`: what is to be done, taken, held and released."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from tests.cli.promises import Office, call


def test_tasks_are_listed_taken_held_and_released(tmp_path: Path) -> None:
    office = Office(str(tmp_path / "credit.db"), tmp_path)
    store = ("--store", office.address)
    office.give()
    office.give("8")
    office.act("accept", "8", by="zhang.min", on="2026-03-03")
    listed = call("queue", "list", *store)
    assert listed.index("promise/7") < listed.index("promise/8")  # due on 2026-03-03, and on 2026-05-03
    assert "2 tasks" in listed
    assert "1 task\nperhaps there are more" in call("queue", "list", *store, "--limit", "1")
    call("queue", "assign", "promise/8", "check", "--to", "zhang.min", "--by", "zhang.min", *store)
    mine = json.loads(call("queue", "list", *store, "--person", "zhang.min", "--json"))
    assert [(task["stream"], task["person"]) for task in mine] == [("promise/8", "zhang.min")]
    past = ("--until", "2020-01-01", "--reason", "r", "--by", "zhang.min")
    with pytest.raises(UsageError, match="has come"):
        call("queue", "hold", "promise/8", "check", *past, *store)
    until = ("--until", "2099-01-01", "--reason", "papers are awaited", "--by", "zhang.min")
    call("queue", "hold", "promise/8", "check", *until, *store)
    assert "promise/8" not in call("queue", "list", *store)
    assert "2099-01-01" in call("queue", "list", "--on-hold", *store)
    call("queue", "release", "promise/8", "check", "--by", "zhang.min", *store)
    call("queue", "assign", "promise/8", "check", "--to", "-", "--by", "zhang.min", *store)
    assert "promise/8" in call("queue", "list", "--role", "reviewer", *store)
    assert "0 tasks" in call("queue", "list", "--person", "zhang.min", *store)
    with pytest.raises(UsageError, match=r"'sun\.li' is nobody here"):
        call("queue", "list", "--person", "sun.li", *store)
    with pytest.raises(UsageError, match="no open task 'paint'"):
        call("queue", "release", "promise/8", "paint", "--by", "zhang.min", *store)

"""What an office holds of persons: a register with purposes and terms, and all that the log says of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.office.opening import make_registry
from creditscore.office.personal_data import REGISTER
from tests.cli.promises import FIRM, Office, call


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(str(tmp_path / "credit.db"), tmp_path)
    office.give()
    office.act("accept", "promise/7", by="zhang.min")
    office.act("check", "promise/7", "--no-kept", "--result", "drawn by 赵一鸣 100%", by="zhang.min")
    return office


def test_the_register_speaks_of_streams_that_there_are(tmp_path: Path) -> None:
    registry = make_registry(tmp_path / "credit.db")
    kinds = {*registry.newest, *registry.type_of, "person", "run", "grade"}
    for holding in REGISTER.load_only().holdings:
        assert set(holding.streams) <= kinds, holding.id


def test_the_register_is_shown_in_two_languages(office: Office) -> None:
    assert "异议理由" in call("person", "data", "--store", office.address, "--lang", "zh")
    shown = call("person", "data", "--store", office.address, "--lang", "en")
    assert "names, roles and public keys of officers" in shown
    assert "creditscore store erase" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    rows = json.loads(call("person", "data", "--store", office.address, "--json"))["holdings"]
    assert {cite["law"] for row in rows for cite in row["cite"]} == {"PIPL"}


def test_an_officer_gets_all_that_the_log_says_of_them(office: Office, tmp_path: Path) -> None:
    call("person", "rename", "li.na", "li.na.2", "--store", office.address, "--by", "wang.fang")
    call("person", "data", "li.na.2", "--store", office.address, "--out", str(tmp_path / "li.json"))
    held = json.loads((tmp_path / "li.json").read_text(encoding="utf-8"))
    assert [event["kind"] for event in held["person"]["events"]] == ["person.added", "person.renamed"]
    assert held["person"]["events"][0]["says"]["set"]["name"] == "li.na"
    assert [act["kind"] for act in held["acts"]] == ["promise.given"]
    shown = call("person", "data", "li.na.2", "--store", office.address)
    assert "1 acts, 0 open tasks" in shown


def test_somebody_who_never_acted_is_found_in_texts(office: Office) -> None:
    held = json.loads(call("person", "data", "赵一鸣 100%", "--store", office.address, "--json"))
    assert (held["person"], held["acts"]) == (None, [])
    assert [(mention["stream"], mention["field"]) for mention in held["mentions"]] == [
        ("promise/7", "given.result"),
        ("promise/7", "set.result"),
    ]
    assert "0 mentions" in call("person", "data", "赵一%", "--store", office.address)
    assert "1 mentions" in call("person", "data", FIRM, "--store", office.address)
    with pytest.raises(UsageError, match="too short"):
        call("person", "data", "赵", "--store", office.address)

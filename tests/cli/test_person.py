"""`creditscore person`: persons, keys and roles by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from creditscore.core.errors import NotAllowed, UsageError
from tests.cli.promises import Office, call, write_promise


def test_from_the_first_approver_on_roles_hold(tmp_path: Path) -> None:
    office = Office(str(tmp_path / "credit.db"), tmp_path)
    store = ("--store", office.address)
    assert "nobody is held to a role" in call("person", "list", *store)
    with pytest.raises(UsageError, match="looks like"):
        call("person", "add", "chen.jie", "--role", "approver", "--by", "chen.jie", *store)
    call("person", "grant", "chen.jie", "approver", "--by", "chen.jie", *store)
    with pytest.raises(NotAllowed, match=r"'li\.na' is nobody here"):
        office.give()
    by = ("--by", "chen.jie", *store)
    call("person", "add", "li.na", "--role", "grader", *by)
    office.give()
    with pytest.raises(UsageError, match="looks like"):
        call("person", "add", "LI.NA", *by)
    with pytest.raises(UsageError, match="line break or control character"):
        call("person", "add", "wang\nwei", *by)
    call("person", "grant", "li.na", "reviewer", "--domain", "tax", "--act", "objection.opened", *by)
    persons = {person["name"]: person for person in json.loads(call("person", "list", *store, "--json"))}
    assert [grant["role"] for grant in persons["li.na"]["roles"]] == ["grader", "reviewer"]
    assert "2 reviewer, domain tax, act objection.opened" in call("person", "list", *store)
    history = call("store", "show", "--store", office.address, f"person/{persons['li.na']['id']}")
    assert "role reviewer" in history
    call("person", "withdraw", "li.na", "1", "--reason", "other duties", *by)
    with pytest.raises(NotAllowed):
        office.give("8")
    call("person", "rename", "li.na", "li.nana", *by)
    call("person", "leave", "li.nana", *by)
    assert "has left" in call("person", "list", *store)
    with pytest.raises(UsageError, match=r"'nobody\.here' is nobody here"):
        call("person", "leave", "nobody.here", *by)


def test_persons_sign_with_their_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITSCORE_PASSPHRASE", "correct horse")
    address = str(tmp_path / "signed.db")
    keys = {name: str(tmp_path / f"{name}.key") for name in ("chen.jie", "li.na", "lost")}
    public = {name: call("key", "new", file).split("public ")[1].strip() for name, file in keys.items()}
    with pytest.raises(UsageError, match="begins with a key and an approver"):
        call("store", "create", "--store", address, "--mode", "keys")
    call("store", "create", "--store", address, "--mode", "keys", "--key", keys["chen.jie"], "--approver", "chen.jie")
    by = ("--store", address, "--key", keys["chen.jie"])
    call("person", "add", "li.na", "--role", "grader", "--public", public["lost"], *by)
    call("person", "add-key", "li.na", "--public", public["li.na"], *by)
    lost = next(
        own for own in json.loads(call("person", "list", "--store", address, "--json")) if own["name"] == "li.na"
    )
    call("person", "revoke-key", "li.na", "--id", lost["keys"][0]["key_id"], "--reason", "lost", *by)
    call("workflow", "declare", str(write_promise(tmp_path)), *by)
    give = ("act", "promise", "give", "--id", "1", "--subject", "91350100M000100Y43", "--matter", "m", "--missing", "p")
    call(*give, "--store", address, "--on", "2026-03-02", "--key", keys["li.na"])
    with pytest.raises(NotAllowed):
        call(*give, "--store", address, "--on", "2026-03-02", "--key", keys["lost"])
    with pytest.raises(NotAllowed):
        call(*give, "--store", address, "--on", "2026-03-02", "--by", "li.na")
    with pytest.raises(UsageError, match="no public half of a key"):
        call("person", "add-key", "li.na", "--public", "xyz", *by)
    assert "0 faults" in call("store", "verify", "--store", address, code=7)


def test_a_role_for_an_act_that_there_is_not_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(str(tmp_path / "credit.db"), tmp_path)
    store = ("--store", office.address, "--by", "chen.jie")
    with pytest.raises(UsageError, match="there is no act") as refused:
        call("person", "grant", "chen.jie", "approver", "--act", "objection.decide", *store)
    assert "objection.decided" in str(refused.value.allowed)
    call("person", "add", "li.na", *store)
    call("person", "grant", "li.na", "grader", "--act", "promise.given", "--domain", "税务", *store)
    persons = {own["name"]: own for own in json.loads(call("person", "list", "--store", office.address, "--json"))}
    (granted,) = persons["li.na"]["roles"]
    assert granted == {"number": 1, "role": "grader", "office": "*", "domain": "税务", "act": "promise.given"}

"""`creditscore store` on the log of events: made, anchored, checked, proved, copied, restored, erased from."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from creditscore.core.errors import DifferenceError, InputError, StoreError, UsageError
from tests.cli.promises import Office, call


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(str(tmp_path / "credit.db"), tmp_path)
    office.give()
    return office


def test_a_store_is_anchored_and_an_old_copy_is_found(office: Office, tmp_path: Path) -> None:
    notes = tmp_path / "elsewhere" / "notes.txt"
    notes.parent.mkdir()
    old = Path(office.address).read_bytes()
    assert "0 witnesses" in call("store", "witness", "--store", office.address)
    with pytest.raises(UsageError, match="a command is not named in the log"):
        call("store", "witness", "--store", office.address, "command:logger", "--by", "wang.fang")
    other = tmp_path / "mine.txt"
    other.write_text("my notes", encoding="utf-8")
    for wrong, why in (
        (office.address, "store's own"),
        (f"{office.address}-wal", "store's own"),
        (other, "holds no notes"),
    ):
        with pytest.raises(UsageError, match=why):
            call("store", "witness", "--store", office.address, str(wrong), "--by", "wang.fang")
    with pytest.raises(UsageError, match="--remove needs an address"):
        call("store", "witness", "--store", office.address, "--remove", "--by", "wang.fang")
    call("store", "witness", "--store", office.address, f"file:{notes}", "--by", "wang.fang")
    office.act("accept", "7", by="zhang.min", on="2026-03-03")
    held = ("--held", str(notes))
    assert "0 faults" in call("store", "verify", "--store", office.address, *held, code=8)
    Path(office.address).write_bytes(old)
    assert "0 faults" not in call("store", "verify", "--store", office.address, *held, code=5)


def test_an_edit_is_found(office: Office) -> None:
    with sqlite3.connect(office.address) as connection:
        connection.execute("UPDATE promise SET state = 'kept'")
    connection.close()
    checked = json.loads(call("store", "verify", "--store", office.address, "--json", code=5))
    assert ["promise/7" in fault["what"] for fault in checked["faults"]] == [True]
    assert checked["mode"] == "open"


def test_an_act_is_proved_to_somebody_without_the_store(office: Office, tmp_path: Path) -> None:
    note, proof = tmp_path / "note.txt", tmp_path / "proof.json"
    call("store", "checkpoint", "--store", office.address, "--out", str(note))
    newest = json.loads(call("store", "verify", "--store", office.address, "--json", code=7))["events"] - 1
    call("store", "prove", "--store", office.address, str(newest), "--out", str(proof), "--held", str(note))
    assert "promise.given promise/7" in call("store", "check-proof", str(proof), "--held", str(note))
    told = json.loads(proof.read_text(encoding="utf-8"))
    told["events"][0]["on_day"] = "2026-03-01"
    proof.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(DifferenceError, match="does not hold"):
        call("store", "check-proof", str(proof))
    with pytest.raises(UsageError, match="no public half of a key"):
        call("store", "check-proof", str(proof), "--public", "zz")
    proof.write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match="no JSON"):
        call("store", "check-proof", str(proof))
    with pytest.raises(InputError):
        call("store", "verify", "--store", office.address, "--held", str(tmp_path / "none.txt"))


def test_a_store_is_copied_and_made_again(office: Office, tmp_path: Path) -> None:
    folder, again = tmp_path / "backup", str(tmp_path / "again.db")
    call("store", "backup", "--store", office.address, "--out", str(folder))
    assert "0 faults" in call("store", "restore", str(folder), "--store", again, code=7)
    assert call("store", "show", "--store", again, "promise/7") == call(
        "store", "show", "--store", office.address, "promise/7"
    )
    with pytest.raises(StoreError):
        call("store", "restore", str(folder), "--store", again)
    with pytest.raises(UsageError, match="a backup lies there already"):
        call("store", "backup", "--store", office.address, "--out", str(folder))
    third = tmp_path / "third.db"
    with pytest.raises(InputError, match="the note cannot be read"):
        call("store", "restore", str(folder), "--store", str(third), "--held", str(tmp_path / "none.txt"))
    assert not third.exists()
    with pytest.raises(InputError):
        call("store", "restore", str(tmp_path), "--store", str(tmp_path / "third.db"))


def test_what_a_case_says_is_erased_for_a_reason(office: Office) -> None:
    call(
        "store", "erase", "--store", office.address, "promise/7", "--reason", "five years are over", "--by", "wang.fang"
    )
    assert "erased" in call("store", "show", "--store", office.address, "promise/7")
    assert "0 faults" in call("store", "verify", "--store", office.address, code=7)
    with pytest.raises(UsageError, match="nothing to erase"):
        call("store", "erase", "--store", office.address, "promise/8", "--reason", "r", "--by", "wang.fang")


def test_a_store_is_made_once_and_modes_are_three(office: Office, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is a store already"):
        call("store", "create", "--store", office.address)
    with pytest.raises(UsageError, match="in mode open nobody signs"):
        call("store", "create", "--store", str(tmp_path / "other.db"), "--approver", "li.na")
    with pytest.raises(UsageError, match="no mode 'secret'"):
        call("store", "create", "--store", str(tmp_path / "other.db"), "--mode", "secret")
    assert not (tmp_path / "other.db").exists()

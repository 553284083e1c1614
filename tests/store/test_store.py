"""A store of either database: acts, refusals, second persons, previews, corrections, tasks, erasures, roles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditscore.core.errors import CreditscoreError, ExitCode, NotAllowed, StoreError, UsageError
from creditscore.store.context import Refused
from creditscore.store.creation import create_store
from creditscore.store.erasure import erase_stream
from creditscore.store.keys import Key, load_key
from creditscore.store.log import NewEvent
from creditscore.store.machine import Stale
from creditscore.store.store import Store
from creditscore.store.tasks import assign_task, hold_task, list_tasks, release_task
from creditscore.store.verify import verify
from tests.store.helpers import FIRM, Office, add_person, make_registry

GIVE = {"id": "7", "subject": FIRM, "matter": "m", "missing": ["plan"]}


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store(store_url, make_registry()) as opened:
        yield opened


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


def test_a_case_from_start_to_end(store: Store) -> None:
    case = store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
    assert (case.name, case.state, case.subject) == ("promise/7", "given", FIRM)
    case = store.act("promise", "accept", "promise/7", by="zhang.min", on="2026-03-03")
    assert case.fields["supply_by"] == "2026-03-31"  # twenty working days
    store.act("promise", "supply", "promise/7", by="li.na", on="2026-03-04", number=1, name="plan")
    case = store.act("promise", "check", "promise/7", by="zhang.min", on="2026-03-05", kept=True, result="seen")
    assert case.state == "kept"
    (row,) = store.rows("promise")
    assert (row["state"], row["check_by"], row["version"]) == ("kept", "2026-05-03", 3)
    assert [row["name"] for row in store.rows("promise_papers")] == ["plan"]
    assert verify(store).faults == []


def test_what_is_refused_leaves_nothing(store: Store) -> None:
    store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
    size = store.head().size
    refused = {
        "a state": ("accept", {"by": "li.na"}, NotAllowed, "second person"),
        "an earlier day": ("accept", {"by": "zhang", "on": "2026-03-01"}, Refused, "before the step"),
        "a day to come": ("accept", {"by": "zhang", "on": "2099-01-01"}, UsageError, "has not come"),
        "no person": ("accept", {"by": " "}, UsageError, "nobody is said to act"),
        "another state": ("settle", {"by": "zhang", "reason": "x"}, Refused, "cannot follow"),
        "too little": ("check", {"by": "zhang"}, UsageError, "kept: Field required"),
        "too much": ("accept", {"by": "zhang", "colour": "red"}, UsageError, "colour"),
        "no such act": ("burn", {"by": "zhang"}, UsageError, "has no act"),
    }
    for words, (act, given, error, match) in refused.items():
        with pytest.raises(error, match=match) as raised:
            store.act("promise", act, "promise/7", **{"on": "2026-03-02", **given})
        assert raised.value.allowed or raised.value.next, words
    with pytest.raises(Refused, match="there already"):
        store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
    with pytest.raises(UsageError, match="there is no case"):
        store.act("promise", "accept", "promise/8", by="zhang", on="2026-03-02")
    assert store.head().size == size
    assert len(store.rows("person")) == 1


@pytest.mark.parametrize("name", ["Li.Na", " li na ", "lі.na", "ＬＩ．ＮＡ", "li‧na"])
def test_a_name_that_looks_alike_is_no_second_person(store: Store, name: str) -> None:
    store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
    with pytest.raises(NotAllowed, match="second person"):
        store.act("promise", "accept", "promise/7", by=name, on="2026-03-03")
    with pytest.raises(UsageError, match="looks like"):
        add_person(store, name, ("grader",), by="li.na")


def test_only_what_was_shown_is_confirmed(store: Store) -> None:
    store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
    plan = store.preview("promise", "accept", "promise/7", by="zhang.min", on="2026-03-03")
    assert store.read("promise/7").state == "given"
    with pytest.raises(Stale, match="not what was shown"):
        store.confirm(plan, "0" * 64)
    store.act("promise", "accept", "promise/7", by="wang.fang", on="2026-03-03")
    with pytest.raises(Stale, match="moved on"):
        store.confirm(plan, plan.digest)
    plan = store.preview("promise", "check", "promise/7", by="wang.fang", on="2026-03-03", kept=False, result="x")
    assert store.confirm(plan, plan.digest).state == "broken"


def test_a_correction_takes_later_steps_again(store: Store) -> None:
    store.act("promise", "give", by="li.na", on="2026-03-02", known_on="2026-03-04", **GIVE)
    store.act("promise", "accept", "promise/7", by="zhang.min", on="2026-03-04", known_on="2026-03-06")
    store.act("promise", "supply", "promise/7", by="li.na", on="2026-03-06", number=1, name="plan")
    correct = {"by": "zhang.min", "on": "2026-03-09", "reason": "the stamp says otherwise"}
    case = store.act("promise", "correct", "promise/7", number=2, to={"on": "2026-03-05"}, **correct)
    assert case.fields["check_by"] == "2026-05-05"
    assert case.state == "accepted"
    for to, match in (
        ({"subject": "x"}, "is about"),
        ({"on": "2026-03-05"}, "changes nothing"),
        ({"x": 1}, "does not fit"),
    ):
        with pytest.raises(UsageError, match=match):
            store.act("promise", "correct", "promise/7", number=2 if "on" in to else 1, to=to, **correct)
    with pytest.raises(UsageError, match="needs a reason"):
        store.act("promise", "correct", "promise/7", by="z", on="2026-03-09", number=2, to={"on": "2026-03-05"})
    assert verify(store).faults == []
    assert store.rebuild()
    assert verify(store).faults == []


def test_tasks_of_all_cases_in_one_queue(store: Store) -> None:
    for number, day in (("7", "2026-03-04"), ("8", "2026-03-02")):
        store.act("promise", "give", by="li.na", on=day, **{**GIVE, "id": number})
    assert [(task.stream, task.due_on) for task in list_tasks(store, team="reviewer")] == [
        ("promise/8", "2026-03-03"),
        ("promise/7", "2026-03-05"),
    ]
    assign_task(store, "promise/8", "accept", to="li.na", by="li.na")
    hold_task(store, "promise/7", "accept", until="2099-12-31", reason="away", by="li.na")
    (task,) = list_tasks(store, team="reviewer", on="2026-12-02")
    assert task.person == store.people().find("li.na").id  # type: ignore[union-attr]
    assert len(list_tasks(store, on="2099-12-31")) == 2
    assert len(list_tasks(store, held=True)) == 2
    release_task(store, "promise/7", "accept", by="li.na")
    store.act("promise", "accept", "promise/7", by="zhang.min", on="2026-03-04")
    assert [task.what for task in list_tasks(store, team="reviewer")] == ["accept", "check"]
    with pytest.raises(UsageError, match="no open task"):
        hold_task(store, "promise/7", "accept", until="2099-12-31", reason="away", by="li.na")
    assert verify(store).faults == []


def test_erasure_leaves_hashes_and_the_reason(office: Office) -> None:
    stream = office.promise()
    office.store.key = office.keys["zhang.min"]
    with pytest.raises(NotAllowed, match="no approver"):
        erase_stream(office.store, stream, reason="its time is over")
    office.store.key = office.keys["chen.jie"]
    remains = erase_stream(office.store, stream, reason="its time is over", article="R2014A 20")
    assert remains.is_erased
    assert remains.state == "broken"
    assert remains.fields == {}
    assert office.store.rows("promise")[0]["matter"] is None
    assert verify(office.store).faults == []
    office.store.rebuild()
    assert verify(office.store).faults == []
    with pytest.raises(UsageError, match="nothing to erase"):
        erase_stream(office.store, stream, reason="again")
    for stream in ("log/0", "workflow/promise.1"):
        with pytest.raises(UsageError, match="not erased"):
            erase_stream(office.store, stream, reason="x")


def test_an_erased_name_is_known_no_more(store: Store) -> None:
    store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
    person = store.people().find("li.na")
    assert person is not None
    erase_stream(store, f"person/{person.id}", reason="asked for", by="zhang.min")
    assert store.people().find("li.na") is None


def test_acts_are_signed_by_the_persons_own_key(office: Office, tmp_path: Path) -> None:
    office.promise(until="given")
    with pytest.raises(NotAllowed, match="no reviewer"):
        office.act("li.na", "accept", "promise/7")
    office.store.key = Key.generate()
    with pytest.raises(NotAllowed, match="nobody's here"):
        office.store.act("promise", "accept", "promise/7", on="2026-03-03")
    office.store.key = office.keys["zhang.min"]
    with pytest.raises(NotAllowed, match=r"not 'chen\.jie'"):
        office.store.act("promise", "accept", "promise/7", by="chen.jie", on="2026-03-03")
    office.store.key = None
    with pytest.raises(NotAllowed, match="signed"):
        office.store.act("promise", "accept", "promise/7", by="chen.jie", on="2026-03-03")
    result = verify(office.store)
    assert result.faults == []
    assert result.exit_code is ExitCode.NOT_ANCHORED
    file = office.keys["li.na"].save(tmp_path / "li.na.key", "correct horse")
    assert load_key(file, "correct horse").public == office.keys["li.na"].public
    with pytest.raises(UsageError, match="passphrase is wrong"):
        load_key(file, "wrong horse")
    with pytest.raises(UsageError, match="not written over"):
        Key.generate().save(file, "correct horse")


def test_a_witness_holds_the_newest_head(office: Office, tmp_path: Path) -> None:
    notes = tmp_path / "witness.txt"
    office.store.key = office.keys["chen.jie"]
    values = {"address": f"file:{notes}"}
    office.store.record(
        lambda there: [NewEvent("witness/1", "witness.added", {"set": values}, "added", expected=-1)], role="approver"
    )
    office.promise()
    result = verify(office.store)
    assert result.faults == []
    assert result.anchored == result.size
    assert result.exit_code is ExitCode.DONE


def test_an_application_signs_for_accounts(store_url: str) -> None:
    key = Key.generate()
    with create_store(store_url, make_registry(), mode="accounts", key=key, approver="chen.jie") as store:
        for name, role in (("li.na", "grader"), ("zhang.min", "reviewer")):
            add_person(store, name, (role,), by="chen.jie")
        store.act("promise", "give", by="li.na", on="2026-03-02", **GIVE)
        with pytest.raises(NotAllowed, match="is nobody here"):
            store.act("promise", "accept", "promise/7", by="nobody", on="2026-03-03")
        store.act("promise", "accept", "promise/7", by="zhang.min", on="2026-03-03")
        assert verify(store).faults == []
    with pytest.raises(StoreError, match="a store already"):
        create_store(store_url, make_registry(), mode="accounts", key=key, approver="chen.jie")


def test_a_store_of_somebody_else(tmp_path: Path) -> None:
    import sqlite3

    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    (tmp_path / "text.db").write_text("this is no database at all")
    (tmp_path / "first.db").write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 100)
    newer = tmp_path / "newer.db"
    Store(newer).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    wrong = {
        str(foreign): "no store of creditscore",
        str(tmp_path / "text.db"): "no store",
        str(tmp_path / "first.db"): "version 0.1",
        str(newer): "format 0999",
        str(tmp_path): "folder",
        str(tmp_path / "no" / "folder.db"): "no such folder",
        "sqlite://": "a file of its own",
        "mysql://x/y": "cannot lie in mysql",
        "postgresql+psycopg://nobody:secret@127.0.0.1:1/x": "does not answer",
    }
    for address, match in wrong.items():
        with pytest.raises(CreditscoreError, match=match) as raised:
            Store(address)
        assert "secret" not in str(raised.value)
        assert raised.value.allowed
    with pytest.raises(StoreError, match="there is no store"):
        Store(tmp_path / "absent.db", create=False)
    assert not (tmp_path / "absent.db").exists()

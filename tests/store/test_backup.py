"""A store copied beside writers and made again on the other database, proved; an older copy is said to be one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from creditscore.core.errors import ExitCode, InputError, StoreError, UsageError
from creditscore.store.backup import back_up, restore
from creditscore.store.store import Store
from tests.store.attacks import FIRM, fill_town, make_registry, make_town


def test_a_backup_is_the_store(store_url: str, tmp_path: Path) -> None:
    town = make_town(store_url, "keys", tmp_path / "notes.txt")
    fill_town(town)
    manifest = back_up(town.store, tmp_path / "backup")
    assert manifest["size"] == town.store.head().size
    result = restore(tmp_path / "backup", tmp_path / "again.db", make_registry())
    assert (result.faults, result.exit_code) == ([], ExitCode.DONE)
    with Store(tmp_path / "again.db", make_registry(), key=town.keys["zhang.min"]) as again:
        assert again.head() == town.store.head()
        for table in town.store.projections.tables:
            assert again.rows(table.name) == town.store.rows(table.name)
        again.act("promise", "accept", "promise/2", on="2026-03-09")
    with pytest.raises(StoreError, match="lies there already"):
        restore(tmp_path / "backup", tmp_path / "again.db", make_registry())
    town.store.close()


def test_a_backup_from_sqlite_is_restored_on_postgresql_and_back(store_url: str, tmp_path: Path) -> None:
    town = make_town(f"sqlite:///{tmp_path / 'first.db'}", "keys", tmp_path / "notes.txt")
    fill_town(town)
    back_up(town.store, tmp_path / "backup")
    assert restore(tmp_path / "backup", store_url, make_registry()).faults == []
    with Store(store_url, make_registry()) as store:
        back_up(store, tmp_path / "second")
    assert restore(tmp_path / "second", tmp_path / "third.db", make_registry()).faults == []
    town.store.close()


def test_an_older_backup_is_said_to_be_one(tmp_path: Path) -> None:
    town = make_town(f"sqlite:///{tmp_path / 'credit.db'}", "keys", tmp_path / "notes.txt")
    back_up(town.store, tmp_path / "backup")
    town.act("li.na", "give", id="1", subject=FIRM, matter="m", missing=["plan"])
    result = restore(tmp_path / "backup", tmp_path / "again.db", make_registry())
    assert {fault.sort for fault in result.faults} == {"anchor"}
    assert "old copy" in str(result.faults[0])
    town.store.close()


def test_the_archive_goes_with_it(tmp_path: Path) -> None:
    with Store(tmp_path / "credit.db", make_registry()) as store:
        name = store.archive.put_bytes(b"rows")
        assert back_up(store, tmp_path / "backup")["archive_files"] == 1
    assert restore(tmp_path / "backup", tmp_path / "again.db", make_registry()).faults == []
    with Store(tmp_path / "again.db", make_registry()) as store:
        assert store.archive.read_bytes(name) == b"rows"


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "credit.db", make_registry()) as store:
        back_up(store, tmp_path / "backup")
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "a").write_text("x")
        with pytest.raises(UsageError, match="something else"):
            back_up(store, tmp_path / "full")
    events = tmp_path / "backup" / "events.jsonl.gz"
    events.write_bytes(events.read_bytes()[:-9])
    with pytest.raises(InputError, match="not those that were written"):
        restore(tmp_path / "backup", tmp_path / "again.db", make_registry())
    with pytest.raises(InputError, match="no whole backup"):
        restore(tmp_path / "full", tmp_path / "again.db", make_registry())
    assert not (tmp_path / "again.db").exists()


def test_writers_go_on_meanwhile(tmp_path: Path) -> None:
    with Store(tmp_path / "credit.db", make_registry()) as store:
        faults: list[Exception] = []

        def write() -> None:
            try:
                for number in range(20):
                    given = {"id": str(number), "subject": FIRM, "matter": "m", "missing": ["x"]}
                    store.act("promise", "give", by="li.na", on="2026-03-02", **given)
            except Exception as error:
                faults.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        sizes = [back_up(store, tmp_path / f"backup{number}")["size"] for number in range(3)]
        writer.join()
        assert faults == []
    for number, size in enumerate(sizes):
        result = restore(tmp_path / f"backup{number}", tmp_path / f"again{number}.db", make_registry())
        assert (result.size, result.faults) == (size, [])

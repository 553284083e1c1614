"""The store file: who may write, what survives, what is refused."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import duckdb
import pytest

from creditscore.core.errors import StoreBusy, StoreError, UsageError
from creditscore.store import Database, Log
from creditscore.store.legacy.migrations import MIGRATIONS
from tests.limits import small_files

WRITER = """
import sys
from creditscore.store import Database, Log
with Database(sys.argv[1]) as store:
    log = Log(store, every=7)
    store.con.execute("CREATE TABLE IF NOT EXISTS effect (n BIGINT)")
    for n in range(100_000):
        with log.act("li", "analyst", "count", str(n), {"n": n, "pad": "x" * 2000}) as act:
            act.con.execute("INSERT INTO effect VALUES (?)", [n])
        print(n, flush=True)
"""
HOLDER = """
import sys
from creditscore.store import Database
with Database(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""


def start(code, path):
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("acknowledged", [1, 5, 40])
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path, acknowledged):
    path = tmp_path / "s.store"
    process = start(WRITER, path)
    seen = [int(process.stdout.readline()) for _ in range(acknowledged)]
    os.kill(process.pid, signal.SIGKILL)
    seen += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    assert process.wait() == -signal.SIGKILL
    process.stdin.close()
    process.stdout.close()
    with Database(path) as store:
        log = Log(store)
        ns = [n for (n,) in store.rows("SELECT n FROM effect ORDER BY n")]
        done = [int(entry.subject) for entry in log.entries(action="count") if entry.phase == "done"]
        assert ns[: len(seen)] == seen == list(range(len(seen)))
        assert ns == done  # an effect and its entry are there together or not at all
        assert len(log.unfinished()) <= 1
        log.verify().require()
        log.append("li", "analyst", "count", "after")
        log.verify().require()


def test_a_second_process_gets_a_clear_error_and_then_its_turn(tmp_path):
    path = tmp_path / "s.store"
    process = start(HOLDER, path)
    assert process.stdout.readline() == "open\n"
    for read_only in (False, True):
        with pytest.raises(StoreBusy, match="somebody else writes to the store") as exception_info:
            Database(path, read_only=read_only)
        assert "try again" in str(exception_info.value)
    process.communicate()
    assert process.returncode == 0
    with Database(path) as store:
        assert store.rows("SELECT count(*) FROM store_format") == [(len(MIGRATIONS),)]


def test_opening_twice_in_one_process_is_refused_and_reading_twice_is_not(tmp_path):
    path = tmp_path / "s.store"
    with Database(path), pytest.raises(StoreBusy):
        Database(path)
    with Database(path, read_only=True) as database, Database(path, read_only=True) as other:
        assert database.rows("SELECT 1") == other.rows("SELECT 1")
    with Database(path) as store:
        assert not store.read_only


def test_closing_one_of_two_readers_leaves_the_other_counted(tmp_path):
    path = tmp_path / "s.store"
    Database(path).close()
    database, other = Database(path, read_only=True), Database(path, read_only=True)
    database.close()
    with pytest.raises(StoreBusy):
        Database(path)
    other.close()
    other.close()
    Database(path).close()


def insert_and_fail(store):
    with store.transaction() as con:
        con.execute("INSERT INTO t VALUES (1)")
        with store.transaction() as inner:
            inner.execute("INSERT INTO t VALUES (2)")
        raise ZeroDivisionError


def test_a_transaction_is_all_or_nothing(tmp_path):
    with Database(tmp_path / "s.store") as store:
        with store.transaction() as con:
            con.execute("CREATE TABLE t (n INTEGER)")
        with pytest.raises(ZeroDivisionError):
            insert_and_fail(store)
        assert store.rows("SELECT count(*) FROM t") == [(0,)]
        with store.transaction() as con:
            con.execute("INSERT INTO t VALUES (3)")
        assert store.rows("SELECT n FROM t") == [(3,)]


def test_threads_take_turns(tmp_path):
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        threads = [
            threading.Thread(target=lambda: [log.append("li", "analyst", "count") for _ in range(10)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [entry.seq for entry in log.entries()] == list(range(41))
        log.verify().require()


def test_reading_only(tmp_path):
    path = tmp_path / "s.store"
    with pytest.raises(StoreError, match="no store here"):
        Database(path, read_only=True)
    with Database(path) as store:
        Log(store).append("li", "analyst", "count")
    with Database(path, read_only=True) as store:
        assert len(Log(store).entries()) == 2
        with pytest.raises(UsageError, match="reading only"), store.transaction():
            pass
    with pytest.raises(StoreError, match="closed"):
        store.rows("SELECT 1")


def test_places_that_cannot_hold_a_store(tmp_path):
    with pytest.raises(UsageError, match="a folder"):
        Database(tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        Database(tmp_path / "no" / "s.store")
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("CREATE TABLE t (n INTEGER)")
    with pytest.raises(StoreError, match="no store"):
        Database(other)
    text = tmp_path / "text.store"
    text.write_text("this is no database\n" * 1000)
    with pytest.raises(StoreError, match="cannot be read"):
        Database(text)


@pytest.mark.parametrize(("room", "rows"), [(20_000, 10), (2_000_000, 1_000_000)])
def test_a_full_disk_keeps_nothing_of_the_act_and_the_store_works_once_there_is_room(tmp_path, room, rows):
    fill = f"CREATE TABLE many AS SELECT random() AS x FROM range({rows})"
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        before = len(log.entries())
        with (
            small_files(room),
            pytest.raises(UsageError, match="cannot be written") as raised,
            log.act("li", "r", "x", "", "z" * 50_000),
        ):
            store.con.execute(fill)
        assert "room on the disk" in str(raised.value)
        with log.act("li", "r", "x") as act:
            act.con.execute(fill)
    with Database(tmp_path / "s.store") as store:
        entries = Log(store).entries()
        assert [entry.phase for entry in entries[before:]][-2:] == ["begun", "done"]
        assert Log(store).unfinished() == []
        assert Log(store).verify().ok


@pytest.mark.parametrize("mode", [0o444, 0o666])
def test_a_store_without_permission_to_write_is_no_damaged_store(mode):
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "s.store"
        with Database(path) as store:
            Log(store)
        path.chmod(mode)
        folder.chmod(0o555)
        was = os.geteuid()
        os.seteuid(was or 65534)  # for root every file may be written
        try:
            with pytest.raises(StoreError, match="cannot be written") as exception_info, Database(path) as store:
                Log(store).append("li", "r", "x")
            with Database(path, read_only=True) as store:
                assert len(Log(store).entries()) == 1
        finally:
            os.seteuid(was)
            folder.chmod(0o755)
    assert "Permission denied" in str(exception_info.value)


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "s.store"
    Database(path).close()
    with duckdb.connect(str(path)) as con:
        con.execute(f"INSERT INTO store_format VALUES ('creditscore-store', {len(MIGRATIONS) + 1})")
    with pytest.raises(StoreError, match="newer version"):
        Database(path)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE store_format SET format = 'other'")
    with pytest.raises(StoreError, match="not a store of this package"):
        Database(path)


def test_written_anew_it_holds_the_same_rows_and_nothing_that_was_deleted(tmp_path):
    path = tmp_path / "it's a.store"
    with Database(path) as store, store.transaction() as con:
        con.execute("CREATE TABLE said (n BIGINT PRIMARY KEY, words VARCHAR NOT NULL)")
        con.execute(
            "INSERT INTO said SELECT n, repeat('spoken in confidence ' || md5(n::VARCHAR), 90) FROM range(500) t(n)"
        )
    with Database(path) as store:
        (tmp_path / ".it's a.store.fresh").write_bytes(b"left by one that was killed")
        with store.transaction() as con:
            con.execute("DELETE FROM said WHERE n > 2")
            con.execute("UPDATE said SET words = 'kept'")
        store.compact()
        assert store.rows("SELECT * FROM said ORDER BY n") == [(0, "kept"), (1, "kept"), (2, "kept")]
        with pytest.raises(duckdb.ConstraintException), store.transaction() as con:
            con.execute("INSERT INTO said VALUES (1, 'twice')")
        with pytest.raises(UsageError, match="a transaction is open"), store.transaction():
            store.compact()
        with Log(store).act("li", "analyst", "count", "1", {}):
            pass
    assert b"spoken in confidence" not in path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [path.name]
    with Database(path, read_only=True) as store:
        assert Log(store).verify().ok
        assert [entry.action for entry in Log(store).entries()] == ["log.created", "count", "count"]


def test_a_write_ahead_file_of_another_copy_is_named(tmp_path: Path) -> None:
    path, wal = tmp_path / "s.store", tmp_path / "s.store.wal"
    for number in (1, 2):
        with Database(path) as store:
            with store.transaction() as con:
                con.execute(f"CREATE TABLE t{number} AS SELECT 1 AS x")
            if number == 1:
                shutil.copy(wal, tmp_path / "old")
    shutil.copy(tmp_path / "old", wal)  # as after a restored file, with the old one left beside it
    with pytest.raises(StoreError, match=r"s\.store\.wal belongs to another copy"):
        Database(path)
    wal.unlink()
    with Database(path) as store:
        assert store.rows("SELECT * FROM t2") == [(1,)]

"""Many processes on one store: kills, a full disk, lost connections, two who make it at once; nothing is half done."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from creditscore.core.errors import CreditscoreError, StoreBusy, StoreError
from creditscore.store.database import Database
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.store.attacks import FIRM, make_registry
from tests.store.crowd import prepare, run_crowd, start

GIVEN = {"subject": FIRM, "matter": "m", "missing": ["plan"]}
CREATE = """
import sys, time
from creditscore.store.keys import Key
from creditscore.store.creation import create_store
from creditscore.store.store import Store
from tests.store.attacks import make_registry
time.sleep(max(0, float(sys.argv[2]) - time.time()))
try:
    if sys.argv[3] == "open":
        Store(sys.argv[1], make_registry()).close()
    else:
        create_store(sys.argv[1], make_registry(), mode="keys", key=Key.generate(), approver="a").close()
    print("made")
except Exception as error:
    print(type(error).__name__, getattr(error, "what", error))
"""


@pytest.mark.slow
def test_a_crowd_loses_nothing(store_url: str, tmp_path: Path) -> None:
    prepare(store_url)
    figures = run_crowd(store_url, tmp_path, seconds=12, kills=5, writers=3, readers=1)
    assert figures["lost"] == 0
    assert figures["refused"] == []
    assert figures["faults"] == []
    assert figures["codes"] == [0]
    assert figures["acknowledged"] > 10
    assert figures["act_seconds"]["worst"] <= 10


@pytest.mark.long
def test_a_crowd_with_two_hundred_kills(
    store_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    prepare(store_url)
    figures = run_crowd(store_url, tmp_path, seconds=400, kills=200)
    record_property("figures", figures)
    assert (figures["lost"], figures["refused"], figures["faults"], figures["codes"]) == (0, [], [], [0])
    assert figures["killed"] == 200
    assert figures["act_seconds"]["p95"] <= 1
    assert figures["act_seconds"]["worst"] <= 10


@pytest.mark.long
def test_sixteen_commands_at_once_all_succeed(store_url: str, tmp_path: Path) -> None:
    prepare(store_url)
    jobs = [start("write", store_url, tmp_path, f"w{number}", 0.5) for number in range(16)]
    assert [job.wait() for job in jobs] == [0] * 16
    lines = [json.loads(line) for file in tmp_path.glob("*.notes") for line in file.read_text().splitlines()]
    assert {line[0] for line in lines} == {"done"}
    assert len({line[2].partition("-")[0] for line in lines}) == 16
    with Store(store_url, make_registry()) as store:
        assert verify(store).faults == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["open", "keys"])
def test_two_make_the_same_store(store_url: str, mode: str) -> None:
    begin = str(time.time() + 4)
    command = [sys.executable, "-c", CREATE, store_url, begin, mode]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*os.environ.get("PYTHONPATH", "").split(":"), "."])}
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    outputs = sorted(job.communicate()[0].strip() for job in jobs)
    wanted = ["made"] * 4 if mode == "open" else ["StoreError there is a store already"] * 3 + ["made"]
    assert outputs == wanted
    with Store(store_url, make_registry()) as store:
        assert verify(store).faults == []
        assert store.mode == mode


def test_a_writer_waits_and_says_so(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditscore.store.database.QUIET", 0.2)
    sentences: list[str] = []
    prepare(store_url)
    with Store(store_url, make_registry(), wait=1.0, say_waiting=sentences.append) as store:
        with closing(Database(store_url)) as other, other.write() as connection:
            connection.execute(sa.text("SELECT size FROM head" + ("" if store.database.is_sqlite else " FOR UPDATE")))
            began = time.monotonic()
            with pytest.raises(StoreBusy, match="nothing was written"):
                store.act("promise", "give", by="li.na", on="2026-03-02", id="w", **GIVEN)
            assert 0.5 < time.monotonic() - began < 8
            assert len(store.rows("promise")) == 3  # readers do not wait
        store.act("promise", "give", by="li.na", on="2026-03-02", id="w", **GIVEN)
    assert any("waiting for up to" in sentence for sentence in sentences)


def test_who_waits_is_served_in_order(tmp_path: Path) -> None:
    database = Database(tmp_path / "credit.db")
    Store(tmp_path / "credit.db", make_registry()).close()
    turns: list[int] = []

    def write(number: int) -> None:
        with closing(Database(tmp_path / "credit.db")) as other, other.write():
            turns.append(number)

    waiting = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    with database.write():
        for thread in waiting:
            thread.start()
            time.sleep(0.1)
    for thread in waiting:
        thread.join()
    database.close()
    assert turns == list(range(6))


def test_a_full_disk_is_said_and_nothing_is_half_done(tmp_path: Path) -> None:
    file = tmp_path / "credit.db"
    prepare(str(file))
    code = (
        "import resource, signal, sys\n"
        "from creditscore.store.store import Store\n"
        "from tests.store.attacks import make_registry\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "store = Store(sys.argv[1], make_registry())\n"
        "for number in range(500):\n"
        "    given = {'id': str(number), 'subject': 'x', 'matter': 'm' * 3000, 'missing': ['x']}\n"
        "    store.act('promise', 'give', by='li.na', on='2026-03-02', **given)\n"
        "    print(number, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*os.environ.get("PYTHONPATH", "").split(":"), "."])}
    job = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, env=environment)
    assert "the disk of the store is full" in job.stderr
    acknowledged = job.stdout.split()
    with Store(file, make_registry()) as store:
        assert verify(store).faults == []
        there = {row["stream"] for row in store.rows("promise")}
        assert {f"promise/{number}" for number in acknowledged} <= there
        store.act("promise", "give", by="li.na", on="2026-03-02", id="after", **GIVEN)


def _lose_connection(store: Store, address: str) -> None:
    with store.log.write() as connection:
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with sa.create_engine(address, poolclass=sa.NullPool).begin() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({process})")
        connection.execute(sa.text("UPDATE head SET size = 0"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the driver, of what was cut off
def test_a_lost_connection_leaves_nothing(postgres_url: str) -> None:
    prepare(postgres_url)
    with Store(postgres_url, make_registry()) as store:
        size = store.head().size
        with pytest.raises(StoreError, match="does not answer") as raised:
            _lose_connection(store, postgres_url)
        assert "whole or not at all" in str(raised.value)
        assert store.head().size == size
        store.act("promise", "give", by="li.na", on="2026-03-02", id="after", **GIVEN)
        assert verify(store).faults == []
    gc.collect()  # the driver warns of the connection that was cut off here, and not in another test


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    file = tmp_path / "credit.db"
    prepare(str(file))
    file.chmod(0o444)
    with pytest.raises(CreditscoreError, match="cannot be opened or written"), Store(file, make_registry()) as store:
        store.act("promise", "give", by="li.na", on="2026-03-02", id="after", **GIVEN)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"id": "a b"}, "can be no stream"),
        ({"id": "a\nb"}, "can be no stream"),
        ({"id": "x" * 300}, "can be no stream"),
        ({"subject": "9\x001"}, "can be no organisation"),
        ({"matter": "\ud800"}, "cannot be written|valid string|surrogates"),
        ({"matter": "m" * 5_000_000}, "too large"),
        ({"matter": 1.5}, "valid string"),
        ({"missing": [True]}, "valid string"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(store_url: str, given: dict[str, object], match: str) -> None:
    with Store(store_url, make_registry()) as store:
        with pytest.raises(CreditscoreError, match=match) as raised:
            store.act("promise", "give", by="li.na", on="2026-03-02", **{"id": "1", **GIVEN, **given})
        assert raised.value.allowed
        assert store.head().size == 1

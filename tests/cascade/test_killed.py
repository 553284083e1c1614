"""A process that dies in the middle of cascades: what it acknowledged is there, and the store holds together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from creditscore.cascade.apply import acts
from creditscore.cascade.check import check
from creditscore.cascade.inputs import decided
from creditscore.cascade.preview import bench
from creditscore.store import Database, Log
from tests.cascade.listed import kept_wages
from tests.tiers import thinned

WORKER = """
import sys
from datetime import date
from creditscore.cascade.apply import apply
from creditscore.cascade.preview import bench
from creditscore.cascade.inputs import RecordEvent
from creditscore.store import Database, Log
with Database(sys.argv[1]) as store:
    log, day = Log(store), date(2023, 6, 1)
    for n in range(100):
        kind = "reinstated" if n % 2 else "withdrawn"
        event = RecordEvent("914403001922038216", "r1", kind, day, day)
        made = apply(log, bench(store), event, by="zhang.min", reason="again and again")
        print(made.seq, flush=True)
"""


@pytest.mark.parametrize("acknowledged", thinned([1, 2], 2))
def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    store = kept_wages(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(store)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = [int(process.stdout.readline()) for _ in range(acknowledged)]
    os.kill(process.pid, signal.SIGKILL)
    seen += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    process.wait()
    process.stdout.close()
    with Database(store) as opened:
        log = Log(opened)
        assert [act.seq for act in acts(log)][: len(seen)] == seen
        assert len(decided(opened)) == len(acts(log))
        assert check(log, bench(opened)).flaws == ()
        assert len(log.unfinished()) <= 1

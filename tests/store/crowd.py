"""Writers, readers and kills on one store: what is acknowledged stays, nobody is refused, and how long it takes.

    python -m tests.store.crowd --address ADDRESS --folder FOLDER --kills 200 > benchmarks/results/store.json

Each writer is a process that takes cases from start to end and notes each act on disk once it is acknowledged.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from creditscore.core.errors import CreditscoreError, StoreBusy, UsageError
from creditscore.store.store import Store
from creditscore.store.tasks import assign_task, list_tasks
from creditscore.store.verify import verify
from tests.store.attacks import FIRM, OTHER_FIRM, make_registry

STEPS = ("give", "accept", "assign", "supply", "correct", "make", "check", "settle")


def write(address: str, folder: Path, name: str, seconds: float, limit: int = 0) -> None:
    """Take cases through all acts until the time is over; note what was acknowledged, and how long it took."""
    if limit:  # the disk is full beyond this
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    end = time.monotonic() + seconds
    notes = (folder / f"{name}.notes").open("a") if not limit else None
    with Store(address, make_registry()) as store:
        number = 0
        while not number or time.monotonic() < end:  # one at least, however long it took to begin
            number += 1
            case = f"{name}-{os.getpid()}-{number}"
            for step in STEPS:
                began = time.perf_counter()
                try:
                    version = _do(store, step, case)
                    outcome = "done"
                except CreditscoreError as error:
                    outcome, version = _sort_of(error), -1
                if notes is not None:
                    line = [outcome, step, case, version, round(time.perf_counter() - began, 4)]
                    notes.write(json.dumps(line) + "\n")
                    notes.flush()
                if outcome != "done":
                    break


def _sort_of(error: CreditscoreError) -> str:
    if isinstance(error, StoreBusy):
        return "busy"
    if isinstance(error, UsageError) and "full" in error.what:
        return "full"
    return f"error: {error.what}"


def _do(store: Store, step: str, case: str) -> int:
    stream = f"promise/{case}"
    if step == "give":
        given = {"id": case, "subject": FIRM, "matter": "m", "missing": ["plan"]}
        return store.act("promise", "give", by="li.na", on="2026-03-02", **given).version
    if step == "accept":
        return store.act("promise", "accept", stream, by="zhang.min", on="2026-03-02").version
    if step == "assign":
        return assign_task(store, stream, "check", to="zhang.min", by="zhang.min").version
    if step == "supply":
        return store.act("promise", "supply", stream, by="li.na", on="2026-03-03", number=1, name="plan").version
    if step == "correct":
        to = {"matter": "door"}
        return store.act(
            "promise", "correct", stream, by="zhang.min", on="2026-03-03", number=1, to=to, reason="misread"
        ).version
    if step == "make":  # all writers on the same record
        given = {"id": case, "subject": OTHER_FIRM, "record": "record/shared"}
        return store.act("order", "make", by="chen.jie", on="2026-03-03", **given).version
    if step == "check":
        return store.act(
            "promise", "check", stream, by="zhang.min", on="2026-03-04", kept=False, result="nothing"
        ).version
    return store.act("promise", "settle", stream, by="chen.jie", on="2026-03-04", reason="told").version


def read(address: str, folder: Path, name: str, seconds: float) -> None:
    """Look at the queue until the time is over, and note how long each look took."""
    end, times = time.monotonic() + seconds, []
    with Store(address, make_registry()) as store:
        while time.monotonic() < end:
            began = time.perf_counter()
            list_tasks(store, team="reviewer")
            times.append(time.perf_counter() - began)
            time.sleep(0.02)
    (folder / f"{name}.times").write_text(json.dumps(times))


def start(role: str, address: str, folder: Path, name: str, seconds: float, limit: int = 0) -> subprocess.Popen[bytes]:
    """Start a process of the crowd."""
    arguments = ["--role", role, "--address", address, "--folder", str(folder), "--name", name]
    more = ["--seconds", str(seconds), "--limit", str(limit)]
    return subprocess.Popen([sys.executable, "-m", "tests.store.crowd", *arguments, *more])


def run_crowd(
    address: str, folder: Path, *, seconds: float, kills: int, writers: int = 6, readers: int = 2, seed: int = 0
) -> dict[str, Any]:
    """Let writers and readers at a store, kill some and fill the disk of one, and count what came of it."""
    dice = random.Random(seed)
    began = time.monotonic()
    end, step = began + seconds, seconds / (kills + 1)
    jobs = {f"w{n}": start("write", address, folder, f"w{n}", seconds) for n in range(writers)}
    others = [start("read", address, folder, f"r{n}", seconds) for n in range(readers)]
    killed = 0
    while time.monotonic() < end:
        next_kill = began + (killed + 1) * step if killed < kills else end
        time.sleep(max(0.05, min(next_kill, end) - time.monotonic()))
        if killed < kills:
            name = dice.choice(sorted(jobs))
            jobs[name].kill()
            jobs[name].wait()
            killed += 1
            jobs[name] = start("write", address, folder, name, max(0.5, end - time.monotonic()))
            if killed % 5 == 0 and address.startswith("sqlite"):  # one more, whose disk is full
                others.append(start("write", address, folder, "full", 1.0, limit=_size_of(address) + 40_000))
    codes = [job.wait() for job in [*jobs.values(), *others]]
    return {**count(address, folder), "killed": killed, "codes": sorted({*codes})}


def _size_of(address: str) -> int:
    return Path(address.removeprefix("sqlite:///")).stat().st_size


def count(address: str, folder: Path) -> dict[str, Any]:
    """Count what was acknowledged, lost and refused, and measure; check the store."""
    lines = [
        json.loads(line)
        for file in folder.glob("*.notes")
        for line in file.read_text().splitlines()
        if line[-1:] == "]"
    ]
    done = [line for line in lines if line[0] == "done"]
    times = sorted(line[4] for line in done)
    reads = sorted(value for file in folder.glob("*.times") for value in json.loads(file.read_text()))
    with Store(address, make_registry()) as store:
        versions: dict[str, int] = {}
        for event in store.events():
            versions[event.stream] = event.version
        streams = [
            (f"{'order' if step == 'make' else 'promise'}/{case}", version) for _, step, case, version, _ in done
        ]
        lost = [stream for stream, version in streams if versions.get(stream, -1) < version]
        faults = [str(fault) for fault in verify(store, processes=1).faults]
    return {
        "acknowledged": len(done),
        "lost": len(lost),
        "refused": sorted({line[0] for line in lines} - {"done"}),
        "act_seconds": _spread(times),
        "read_seconds": _spread(reads),
        "faults": faults[:5],
    }


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    return {
        name: round(values[min(len(values) - 1, int(share * len(values)))], 4)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("worst", 1.0))
    }


def prepare(address: str) -> None:
    """Make the store, with its people."""
    with Store(address, make_registry()) as store:
        for name in ("li.na", "zhang.min", "chen.jie"):
            case = f"first-{name}"
            store.act("promise", "give", by=name, on="2026-03-02", id=case, subject=FIRM, matter="m", missing=["plan"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--role", default="all", choices=("all", "write", "read"))
    parser.add_argument("--address", required=True)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--limit", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.role == "write":
        write(arguments.address, arguments.folder, arguments.name, arguments.seconds, arguments.limit)
    elif arguments.role == "read":
        read(arguments.address, arguments.folder, arguments.name, arguments.seconds)
    else:
        prepare(arguments.address)
        figures = run_crowd(arguments.address, arguments.folder, seconds=arguments.seconds, kills=arguments.kills)
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()

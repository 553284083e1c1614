"""A data set from a log: CPU seconds and memory of `build_dataset` on the made-up population.

    python benchmarks/dataset.py --scale 0.1
    python benchmarks/dataset.py --scale 1 --days 2024-06-30

The snapshot is written once, in a process of its own. Prints one line of JSON: seconds of CPU (user and system, with
the start of Python and its imports), seconds of the clock, largest resident size, rows, features and the hash.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from generate import generate

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
GROUPS = {
    "all": {},
    "tax": ["late_return", "no_return", "late_payment", "wrong_return", "lost_invoices"],
    "labour": ["late_wages", "no_contract", "overtime", "unpaid_insurance", "late_insurance"],
    "environment": ["dust", "waste_water", "noise", "no_permit", "waste_store"],
    "safety": ["no_guard", "no_exit", "fire_gear", "accident_minor", "no_drill"],
}
OUTCOME = ["no_return", "fine", "order_missed", "accident_minor"]


def measure(snapshot: Path, days: list[str], threads: int, hashed: bool) -> dict[str, object]:
    """Build once in this process."""
    from creditscore.modelling.features import build_dataset
    from creditscore.records import read_snapshot

    begun = time.perf_counter()
    data = build_dataset(
        read_snapshot(snapshot, threads=threads),
        observed_on=days,
        outcome=OUTCOME,
        groups=GROUPS,
        gap=3,
        indicators=["count", "quantity", "rate", "delay", "open", "recency", "trend"],
    )
    wall = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in kilobytes elsewhere
    results = {
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "clock_s": round(wall, 1),
        "peak_mb": round(used.ru_maxrss * unit / 1e6),
        "rows": len(data),
        "features": data.X.shape[1],
        "frame_mb": round(float(data.X.memory_usage(deep=True).sum()) / 1e6),
        "events": data.about["events"],
    }
    if hashed:
        before = time.process_time()
        results["hash"] = data.content_hash()
        results["hash_cpu_s"] = round(time.process_time() - before, 1)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a million subjects")
    parser.add_argument("--days", nargs="+", default=["2024-06-30"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hash", action="store_true", help="also the hash of every cell")
    given = parser.parse_args()
    data = generate(BUILD / f"data-{given.scale:g}", given.scale)
    snapshot = BUILD / f"snapshot-{given.scale:g}"
    if not (snapshot / "snapshot.json").is_file():
        subprocess.run([sys.executable, str(HERE / "ours.py"), "snapshot", str(data), str(snapshot)], check=True)
    results = measure(snapshot, given.days, given.threads, given.hash)
    print(json.dumps({"scale": given.scale, "days": len(given.days), "cores": os.cpu_count(), **results}))


if __name__ == "__main__":
    main()

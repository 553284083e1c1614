"""Decisive records of a made-up population: CPU seconds, clock and memory, and a comparison with the search.

    python benchmarks/decisive_population.py                     # a million subjects; --save writes results/
    python benchmarks/decisive_population.py --scale 0.05 --compare 2000

The population and its snapshot are those of `run.py` (60 items, 15,000,000 rows). `creditscore decisive population`
runs in a process of its own, its start and imports included. `--compare` subjects, drawn at random, are then searched
one by one; a difference is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
SCHEME = str(HERE / "scheme_60.yaml")


def prepared(scale: float) -> tuple[Path, Path]:
    """A snapshot and its grading, made once."""
    from generate import generate

    name = f"{scale:g}"
    data, snapshot, grades = BUILD / f"data-{name}", BUILD / f"snapshot-{name}", BUILD / f"grades-{name}"
    generate(data, scale)
    for step, source, out, path in (
        ("snapshot", data, snapshot, snapshot / "snapshot.json"),
        ("grades", snapshot, grades, grades / "grades.parquet"),
    ):
        if not path.is_file():
            subprocess.run([sys.executable, str(HERE / "ours.py"), step, str(source), str(out)], check=True)
    return snapshot, grades


def measure(snapshot: Path, grades: Path, out: Path, processes: int) -> dict[str, object]:
    """One run of the command: CPU of it and its processes, clock, and the largest memory of one process."""
    command = [str(Path(sys.executable).with_name("creditscore")), "decisive", "population", str(grades)]
    command += ["--snapshot", str(snapshot), "--scheme", SCHEME, "--out", str(out), "--processes", str(processes)]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    clock, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in kilobytes elsewhere
    return {
        "processes": processes,
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "clock_s": round(clock, 1),
        "peak_mb": round(used.ru_maxrss * unit / 1e6),
    }


def compare(snapshot: Path, grades: Path, out: Path, count: int) -> dict[str, object]:
    """Some subjects searched one by one, against the columns that were written."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from creditscore.cli.subject_input import again, run_of
    from creditscore.explanation.decisive.population import brief
    from creditscore.records.snapshot_files import read_snapshot

    table = pq.read_table(out)
    chosen = sorted(random.Random(1).sample(range(len(table)), min(count, len(table))))
    rows = {row["subject_id"]: row for row in table.take(chosen).to_pylist()}
    run, own = run_of(grades, SCHEME)
    plan, results = again(read_snapshot(snapshot), run, own, sorted(rows))
    begun, differ = time.process_time(), 0
    for subject_id, subject in results:
        subject_brief, row = brief(plan, subject_id, subject), rows[subject_id]
        ours = row["decisive_singles"], row["smallest_set"], row["smallest_proved"]
        differ += ours != (subject_brief.decisive_singles, subject_brief.smallest_set, subject_brief.proved)
    return {
        "subjects": len(table),
        "with_single": pc.sum(pc.greater(table["decisive_singles"], 0)).as_py(),
        "with_smallest": len(table) - table["smallest_set"].null_count,
        "largest": pc.max(table["smallest_set"]).as_py(),
        "not_proved": len(table) - pc.sum(table["smallest_proved"]).as_py(),
        "compared": len(rows),
        "different": differ,
        "search_cpu_ms_per_subject": round(1000 * (time.process_time() - begun) / max(1, len(rows)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million subjects")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--compare", type=int, default=5000, help="subjects that are searched one by one as well")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/decisive_population.json")
    given = parser.parse_args()
    snapshot, grades = prepared(given.scale)
    out = BUILD / f"decisive-{given.scale:g}.parquet"
    results = {"cores": os.cpu_count(), **measure(snapshot, grades, out, given.processes)}
    results |= compare(snapshot, grades, out, given.compare)
    print(json.dumps(results, indent=1))
    if given.save:
        (HERE / "results" / "decisive_population.json").write_text(
            json.dumps(results, indent=1) + "\n", encoding="utf-8"
        )
    if results["different"]:
        raise SystemExit(f"{results['different']} subjects differ from the search")


if __name__ == "__main__":
    main()

"""Some subjects of a million graded again, equal to the rows of the whole run, and what it costs.

    python benchmarks/regrade.py --scale 1 --subjects 1 100 1000 --out benchmarks/results/regrade.json

The whole population is graded once, in a process of its own; then, in a fresh process for each number of subjects,
drawn with a fixed seed, those alone. Each subset must have the rows of the whole, cell for cell; then once more with
a tenth of their records withdrawn, without comparison. CPU seconds are user and system, with the start of
Python; one run after the other on the same machine, so that the ratios stand.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from generate import generate
from handwritten import AS_OF, KNOWN_AT

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
SCHEME = str(HERE / "scheme_60.yaml")


def used() -> dict[str, float]:
    """CPU seconds and largest resident size of this process."""
    results = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    return {"cpu_s": round(results.ru_utime + results.ru_stime, 2), "peak_mb": round(results.ru_maxrss * unit / 1e6)}


def whole(snapshot: Path, out: Path) -> dict[str, Any]:
    from creditscore.grading.grade import grade
    from creditscore.records import read_snapshot

    grade(read_snapshot(snapshot), SCHEME, as_of=AS_OF, known_at=KNOWN_AT).write(out)
    return used()


def subset(snapshot: Path, out: Path, count: int, events: bool) -> dict[str, Any]:
    import duckdb
    import pyarrow as pa

    from creditscore.cascade.regrade import regrade
    from creditscore.records import read_snapshot

    grades = str(out / "grades.parquet")
    ids = [value for (value,) in duckdb.sql(f"SELECT subject_id FROM '{grades}' ORDER BY 1").fetchall()]
    chosen = sorted(random.Random(count).sample(ids, count))
    before = used()["cpu_s"]
    added = None
    if events:
        con = duckdb.connect()
        con.register("chosen", pa.table({"subject_id": chosen}))
        rows = con.execute(
            f"SELECT subject_id, record_id FROM '{out}/ledger.parquet' SEMI JOIN chosen USING (subject_id)"
            " WHERE step = 'record' AND hash(record_id) % 10 = 0"
        ).fetchall()
        day = date.fromisoformat(str(KNOWN_AT))
        added = pa.table(
            {
                "subject_id": [who for who, _ in rows],
                "record_id": [record for _, record in rows],
                "event": ["withdrawn"] * len(rows),
                "event_on": [day] * len(rows),
                "recorded_on": [day] * len(rows),
            }
        )
    known = date.fromisoformat(str(KNOWN_AT))
    again = regrade(read_snapshot(snapshot), chosen, SCHEME, as_of=AS_OF, known_on=known, replayed=True, events=added)
    rows = {"grades": again.grades, "ledger": again.ledger}
    results = {**used(), "own_cpu_s": round(used()["cpu_s"] - before, 2), "subjects": count, "events": events}
    results |= {f"{name}_rows": table.num_rows for name, table in rows.items()}
    if not events:
        results["equal"] = all(_equal(out / f"{name}.parquet", table, chosen) for name, table in rows.items())
    return results


def _equal(file: Path, table: Any, ids: list[str]) -> bool:
    """Whether the rows of the subjects in a written table are those of `table`, in the same order."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = pq.read_table(file, filters=pc.is_in(pc.field("subject_id"), pa.array(ids)))
    return bool(rows.cast(table.schema).equals(table))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a million subjects")
    parser.add_argument("--subjects", nargs="+", type=int, default=[1, 100, 1000])
    parser.add_argument("--snapshot", type=Path, help="A snapshot that was made before.")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--step", nargs="*", default=[], help=argparse.SUPPRESS)
    given = parser.parse_args()
    snapshot = given.snapshot or BUILD / f"snapshot-{given.scale:g}"
    out = BUILD / f"whole-{given.scale:g}"
    if given.step:
        name, *more = given.step
        this_data = (
            whole(snapshot, out) if name == "whole" else subset(snapshot, out, int(more[0]), more[1] == "events")
        )
        print(json.dumps(this_data))
        return
    if not (snapshot / "snapshot.json").is_file():
        data = generate(BUILD / f"data-{given.scale:g}", given.scale)
        subprocess.run([sys.executable, str(HERE / "ours.py"), "snapshot", str(data), str(snapshot)], check=True)
    steps = [
        ["whole"],
        *(
            [str(name), str(n), how]
            for n in given.subjects
            for name, how in (("subset", "plain"), ("subset", "events"))
        ),
    ]
    results = []
    for step in steps:
        command = [sys.executable, __file__, "--scale", str(given.scale), "--snapshot", str(snapshot), "--step", *step]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        results.append({"step": step[0], **json.loads(run.stdout)})
        print(json.dumps(results[-1]))
    if given.out:
        about = {"scale": given.scale, "cores": os.cpu_count(), "results": results}
        given.out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

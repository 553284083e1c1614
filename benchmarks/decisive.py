"""Decisive records of made-up subjects with 60 records: CPU milliseconds per scheme, and what was not proved.

    python benchmarks/decisive.py --subjects 20 > benchmarks/results/decisive.json

Half of the subjects have their records anywhere in the past, half all of them in the year that is graded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time

from creditscore.explanation.decisive.decisive import decisive
from creditscore.explanation.synthetic import plans, subjects
from creditscore.schemes import registry


def measure(name: str, count: int, records: int) -> dict[str, object] | None:
    """The default question (next better grade, 20 patterns) for `count` subjects of one scheme."""
    bound_plans = plans(registry.pick(name))
    if not bound_plans:
        return None
    times, unproved, uncounted, sizes = [], 0, 0, []
    for recent in (False, True):
        for subject in subjects(bound_plans[-1], 1, count // 2, [records], recent=recent):
            before = time.process_time()
            decisive_records = decisive(bound_plans[-1], subject)
            times.append(1000 * (time.process_time() - before))
            unproved += not decisive_records.proved
            uncounted += decisive_records.minimal_sets is None
            sizes.append(decisive_records.smallest)
    return {
        "scheme": name,
        "subjects": len(times),
        "median_ms": round(statistics.median(times), 1),
        "worst_ms": round(max(times), 1),
        "not_proved": unproved,
        "not_counted": uncounted,
        "reached": sum(size is not None for size in sizes),
        "largest": max((s for s in sizes if s), default=0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=20, help="per scheme")
    parser.add_argument("--records", type=int, default=60)
    given = parser.parse_args()
    names = [f"{entry.scheme}@{entry.version}" for entry in registry.entries()]
    rows = [row for name in names if (row := measure(name, given.subjects, given.records))]
    print(
        json.dumps(
            {
                "records": given.records,
                "cores": os.cpu_count(),
                "median_of_medians_ms": round(statistics.median(row["median_ms"] for row in rows), 1),
                "largest_median_ms": max(row["median_ms"] for row in rows),
                "schemes": rows,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()

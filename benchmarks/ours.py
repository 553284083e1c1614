"""The product on the same task; one step per process, so that each can be measured alone.

    python benchmarks/ours.py grades build/bench/data-1 build/bench/out
    python benchmarks/ours.py snapshot build/bench/data-1 build/bench/snapshot
    python benchmarks/ours.py grades build/bench/snapshot build/bench/out --memory-limit 1500MB

The second argument is a folder of tables, or a snapshot.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from handwritten import AS_OF, KNOWN_AT

from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot

SCHEME = str(Path(__file__).with_name("scheme_60.yaml"))


def run(step: str, data: Path, out: Path, memory_limit: str | None = None, threads: int | None = None) -> None:
    """`grades` and `full` read the tables or the snapshot in `data`; `snapshot` writes one."""
    limits = {"memory_limit": memory_limit, "threads": threads}
    subjects, records = str(data / "subjects.parquet"), str(data / "records.parquet")
    if step == "snapshot":
        write_snapshot(ingest(subjects, records, subject_ids="local", **limits), out)
        return
    asked = {"as_of": AS_OF, "known_at": KNOWN_AT, "ledger": step == "full"}
    if (data / "snapshot.json").is_file():
        grading = grade(read_snapshot(data, **limits), SCHEME, **asked)
    else:
        grading = grade(records, SCHEME, subjects=subjects, **asked, **limits)
    grading.write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["grades", "full", "snapshot"])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--memory-limit")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    run(given.step, given.data, given.out, given.memory_limit, given.threads)


if __name__ == "__main__":
    main()

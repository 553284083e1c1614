"""Normal grading of clean tables, by this tree and by an earlier one, in turns: CPU seconds and their ratio.

    git worktree add --detach ../before COMMIT
    python benchmarks/before_after.py --before ../before --subjects 10000 100000 --pairs 5 \
        --out benchmarks/results/before_after.json

Made-up organisations under `tax` for 2022, two records each on average, no faulty row; subjects and records as
Parquet, grades and ledger written. Each run is a process of its own with one thread, the two trees in turns, and
CPU seconds are user and system with the start of Python. Both must give the same state, score and grade for everybody.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PROGRAM = "from creditscore.cli.main import main; main()"
HERE = Path(__file__).resolve().parent
ITEMS = ("010101", "010103", "020101")
DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_codes(count: int) -> list[str]:
    """Unified social credit codes with sound check characters."""
    codes = []
    for number in range(count):
        stem = f"9111000080{number:07d}"
        total = sum(DIGITS.index(digit) * weight for digit, weight in zip(stem, WEIGHTS, strict=True))
        codes.append(stem + DIGITS[(31 - total % 31) % 31])
    return codes


def write_tables(folder: Path, count: int) -> None:
    """A table of subjects with what `tax` reads, and one of records."""
    rng = np.random.default_rng(count)
    codes = credit_codes(count)
    yes = ["true"] * count
    subjects = {
        "subject_id": codes,
        "first_filed_on": ["2015-06-01"] * count,
        "has_income": yes,
        "books_compliant": yes,
        "opted_in": ["false"] * count,
        "not_evaluated": pa.nulls(count, pa.string()),
    }
    days = [date(2022, 1, 1) + timedelta(int(day)) for day in rng.integers(0, 360, 2 * count)]
    records = {
        "record_id": [f"r{number}" for number in range(2 * count)],
        "subject_id": [codes[place] for place in rng.integers(0, count, 2 * count)],
        "domain": ["tax"] * (2 * count),
        "item": [ITEMS[place] for place in rng.integers(0, len(ITEMS), 2 * count)],
        "occurred_on": days,
        "booked_on": days,
        "tax_type": ["vat"] * (2 * count),
    }
    pq.write_table(pa.table(subjects), folder / "subjects.parquet")
    pq.write_table(pa.table(records), folder / "records.parquet")


def cpu_seconds(tree: Path, data: Path, out: Path) -> float:
    """CPU seconds of one grading by the source of a tree."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM,
            "grade",
            "--scheme",
            "tax",
            "--period",
            "2022",
            "--subjects",
            str(data / "subjects.parquet"),
            "--records",
            str(data / "records.parquet"),
            "--out",
            str(out),
        ],
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1"},
        cwd=tree,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(count: int, pairs: int, earlier: Path, folder: Path) -> dict[str, Any]:
    """Runs in turns; the ratio of each pair, and their median."""
    data = folder / str(count)
    data.mkdir()
    write_tables(data, count)
    trees = {"before": earlier, "after": HERE.parent}
    spent: dict[str, list[float]] = {name: [] for name in trees}
    for turn in range(pairs + 1):
        for name in sorted(trees, reverse=turn % 2 == 0):
            seconds = cpu_seconds(trees[name], data, data / f"{name}-{turn}")
            if turn:  # the first run of each compiles and fills caches
                spent[name].append(round(seconds, 2))
    columns = ["subject_id", "state", "score", "grade"]
    tables = [pq.read_table(data / f"{name}-{pairs}" / "grades.parquet", columns=columns) for name in trees]
    ratios = [round(after / before, 3) for before, after in zip(spent["before"], spent["after"], strict=True)]
    row = {
        "subjects": count,
        "records": 2 * count,
        "equal": tables[0].equals(tables[1]),
        "cpu_s": spent,
        "ratios": ratios,
        "median_ratio": round(statistics.median(ratios), 3),
    }
    print(json.dumps(row), flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout of the earlier state")
    parser.add_argument("--subjects", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    earlier = asked.before.resolve()
    head = subprocess.run(
        ["git", "-C", str(earlier), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(count, asked.pairs, earlier, Path(folder)) for count in asked.subjects]
    report = {"before": head.stdout.strip(), "cores": os.cpu_count(), "results": rows}
    if asked.out:
        asked.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if all(row["equal"] for row in rows) else 1)


if __name__ == "__main__":
    main()

"""Many cases in processes of their own: one that dies or hangs is a broken rule of its case, not the end of the run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 300  # seconds without a finished case are a hang, on a busy machine too
CASES_OF_A_PROCESS = 1000


@dataclass
class Report:
    """What came out: cases by kind and exit code, CPU seconds, and every case that broke the rule."""

    cases: int = 0
    seed: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    broken: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        self.cases += 1
        self.codes[f"{row['kind']} {row['code']}"] += 1
        self.seconds[row["kind"]] += row["cpu"]
        if row["broken"]:
            self.broken.append(row)
            print(f"case {row['number']} ({row['kind']}): {row['broken']}\n", flush=True)

    def as_data(self) -> dict[str, Any]:
        """For the result file."""
        return {
            "cases": self.cases,
            "seed": self.seed,
            "broken": self.broken,
            "codes": dict(sorted(self.codes.items())),
            "cpu_seconds": {kind: round(spent, 1) for kind, spent in sorted(self.seconds.items())},
        }


def run_many(cases: int, seed: int, at_length: bool = False, first: int = 0, only: str = "") -> Report:
    """Run the cases `first` to `first + cases`; `only`: those of one kind."""
    report = Report(seed=seed)
    with tempfile.TemporaryDirectory(prefix="creditscore-fuzz-") as folder:
        base = Path(folder) / "base"
        base.mkdir()
        _child("base", str(base), timeout=900)
        number, end = first, first + cases
        while number < end:
            stop = min(end, number + CASES_OF_A_PROCESS)
            for row in _process(number, stop, seed, base, Path(folder), at_length, only):
                number = row["number"] + 1
                if row["kind"]:
                    report.add(row)
    return report


def _child(*args: str, timeout: float) -> None:
    subprocess.run([sys.executable, "-m", "tests.fuzz.worker", *args], check=True, timeout=timeout)


def _process(
    number: int, stop: int, seed: int, base: Path, folder: Path, at_length: bool, only: str
) -> Iterator[dict[str, Any]]:
    """The rows of one process; where it ends before its last case, the next case is what ended it."""
    with tempfile.TemporaryDirectory(prefix="cases-", dir=folder) as own, tempfile.TemporaryFile("w+") as errors:
        args = [str(number), str(stop), str(seed), str(base), own, str(int(at_length)), only]
        with subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.worker", "cases", *args],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                row = json.loads(line)
                number = row["number"] + 1
                yield row
            code = process.wait()
        if number < stop:
            errors.seek(0)
            what = f"the process ended with {code}: {errors.read()[-1500:]}"
            yield {"number": number, "kind": "crash or hang", "code": code, "cpu": 0.0, "broken": what}


def cpu_seconds() -> float:
    """CPU seconds of all processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main(cases: int, seed: int, out: Path | None, first: int, only: str) -> int:
    """Run at length, write the result file, print what broke the rule."""
    began = time.time()
    report = run_many(cases, seed, at_length=True, first=first, only=only)
    data = report.as_data() | {"cpu_seconds_in_all": round(cpu_seconds(), 1), "cores": os.cpu_count()}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{report.cases} cases, {len(report.broken)} broke the rule, {time.time() - began:.0f} s")
    return 1 if report.broken else 0

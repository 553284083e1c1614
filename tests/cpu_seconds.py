"""What each tier of tests costs in CPU seconds by folder: `make test-all PYTEST_ARGS="-p tests.cpu_seconds"`.

CPU seconds are those of the test process and of the processes that it started and waited for. Fixtures count for the
test that sets them up first; collection and imports are not counted. With `CPU_SECONDS=FILE` each test's seconds are
written there as JSON, most expensive first.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TIERS = ("quick", "slow", "long")
NAME = "cpu_seconds"

started = 0.0
spent: Counter[tuple[str, str]] = Counter()


def measure_cpu() -> float:
    """Return the CPU seconds of this process and its ended children so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def name_tier(keywords: Any) -> str:
    """Return the tier of a test: the quickest that runs it."""
    return next((tier for tier in reversed(TIERS) if tier in keywords), "quick")


def name_folder(nodeid: str) -> str:
    """Return the first folder below `tests`, or the file where a test lies in none."""
    parts = nodeid.partition("::")[0].split("/")
    return parts[1] if len(parts) > 2 else parts[-1]


def pytest_runtest_logstart() -> None:
    global started
    started = measure_cpu()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    global started
    report: Any = yield
    now = measure_cpu()
    report.user_properties = [*report.user_properties, (NAME, now - started)]
    started = now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    seconds = dict(report.user_properties).get(NAME, 0.0)
    spent[report.nodeid, name_tier(report.keywords)] += float(str(seconds))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    folders: dict[str, Counter[str]] = defaultdict(Counter)
    for (nodeid, tier), seconds in spent.items():
        folders[name_folder(nodeid)][tier] += seconds
        folders["all"][tier] += seconds
    terminalreporter.write_line("| CPU seconds | " + " | ".join(TIERS) + " |\n|---|" + "---:|" * len(TIERS))
    for folder, row in sorted(folders.items(), key=lambda item: -item[1].total()):
        terminalreporter.write_line(f"| {folder} | " + " | ".join(f"{row[tier]:.0f}" for tier in TIERS) + " |")
    if place := os.environ.get("CPU_SECONDS"):
        rows = [
            {"test": nodeid, "tier": tier, "seconds": round(seconds, 2)}
            for (nodeid, tier), seconds in spent.most_common()
        ]
        Path(place).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")

"""What long series of tests gave: `pytest -m long -p tests.long_results` writes the file that `LONG_RESULTS` names.

By folder of tests: how many passed, failed and were skipped, and how long they took; by test what it recorded with
`record_property`. The file says on which machine and with which versions.
"""

from __future__ import annotations

import json
import os
import platform
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "LONG_RESULTS"
LIBRARIES = ("duckdb", "sqlalchemy", "pyarrow", "pydantic")

outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
seconds: Counter[str] = Counter()
recorded: dict[str, dict[str, Any]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what a test came to; its set-up and its end count only where they fail."""
    folder = report.nodeid.partition("::")[0].rpartition("/")[0]
    seconds[folder] += report.duration
    if report.when == "call" or report.outcome != "passed":
        outcomes[folder][report.outcome] += 1
    if report.when == "call" and report.user_properties:
        recorded[report.nodeid] = dict(report.user_properties)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the file; workers leave it to the process that gathers."""
    if hasattr(session.config, "workerinput") or not os.environ.get(VARIABLE):
        return
    result = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "versions": {name: version(name) for name in LIBRARIES},
        "folders": {
            name: {**dict(sorted(counts.items())), "seconds": round(seconds[name])}
            for name, counts in sorted(outcomes.items())
        },
        "recorded": dict(sorted(recorded.items())),
    }
    text = json.dumps(result, ensure_ascii=False, indent=1)
    Path(os.environ[VARIABLE]).write_text(f"{text}\n", encoding="utf-8")

"""A pytest plugin for an environment without extras: a test that needs one is skipped, and the list says which.

`make test-core` runs it in a fresh environment. A skip of any kind that is not in `skipped.txt`, or a line of it that
is no skip any more, fails the run: core code that comes to need an extra is seen, a test that skips itself, and one
that no longer does.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import MissingExtra

LIST = Path(__file__).with_name("skipped.txt")
skipped: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Skip a file whose imports need a library that is not installed."""
    report = yield
    if report.failed and _is_missing(report.call.excinfo.value):
        _skip(report, collector.nodeid)
        report.result = []
    elif report.skipped:
        skipped.add(collector.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Skip a test that comes upon a library that is not installed."""
    report = yield
    if report.failed and call.excinfo is not None and _is_missing(call.excinfo.value):
        _skip(report, item.nodeid.split("[")[0])
    elif report.skipped and not hasattr(report, "wasxfail"):
        skipped.add(item.nodeid.split("[")[0])
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where the skips are not those of the list."""
    if _differences():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how the skips differ from the list."""
    terminalreporter.write_line(f"{len(skipped)} files and tests are skipped")
    for line in _differences():
        terminalreporter.write_line(f"{LIST.name}: {line}", red=True)


def _differences() -> list[str]:
    listed = set(LIST.read_text(encoding="utf-8").split())
    return [f"+ {name}" for name in sorted(skipped - listed)] + [f"- {name}" for name in sorted(listed - skipped)]


def _is_missing(error: BaseException | None) -> bool:
    """Whether an error, or what it was raised from, is the lack of a library."""
    while error is not None:
        if isinstance(error, MissingExtra):
            return True
        if isinstance(error, ModuleNotFoundError):
            return (error.name or "").partition(".")[0] not in ("creditscore", "tests")
        error = error.__cause__ or error.__context__
    return False


def _skip(report: Any, name: str) -> None:
    skipped.add(name)
    report.outcome, report.longrepr = "skipped", (name, 0, "Skipped: needs an extra")

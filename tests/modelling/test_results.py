"""Figures in the documentation are those of the committed result file."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT


def test_tables_of_the_documentation_come_from_the_results() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "model_table.py")], capture_output=True, text=True, check=True
    )
    text = (ROOT / "docs" / "modelling.md").read_text(encoding="utf-8")
    lines = [line for line in run.stdout.splitlines() if line]
    assert len(lines) > 10
    assert [line for line in lines if line not in text.splitlines()] == []

"""The scripts that measure: lines are counted as they say, and results are those of what is kept."""

from __future__ import annotations

import json
import runpy
from itertools import islice
from pathlib import Path

import pytest

from creditscore.schemes import registry
from tests.paths import ROOT
from tests.tiers import thinned

COUNTS = runpy.run_path(str(ROOT / "scripts" / "count_lines.py"))
RESULTS = runpy.run_path(str(ROOT / "scripts" / "check_results_equal.py"))
HASHES = json.loads(RESULTS["HASHES"].read_text(encoding="utf-8"))
FIGURES = runpy.run_path(str(ROOT / "benchmarks" / "model_table.py"))
SHIPPED = sorted({entry.scheme for entry in registry.entries()})


def test_only_lines_on_which_code_stands_are_counted() -> None:
    source = '"""A module\n\nof three lines."""\n\nimport os\nfrom os import (\n    path,\n)\n\n# a comment\n'
    assert COUNTS["count_code"](source) == 0
    source += 'def read(\n    name,\n):\n    """Read."""\n    text = """two\nlines"""\n\n    return text  # said\n'
    assert COUNTS["count_code"](source) == 6


def test_each_package_is_counted(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "log.py").write_text("import os\n\nDAY = 1\n")
    (tmp_path / "records" / "words.yaml").write_text("# head\na: 1\n\nb: 2\n")
    (tmp_path / "__init__.py").write_text('"""Top."""\n')
    assert COUNTS["count_packages"](tmp_path) == {
        ".": {"files": 1, "lines": 1, "code": 0},
        "records": {"files": 1, "lines": 3, "code": 1, "words": 2},
    }


def test_a_result_that_differs_is_named() -> None:
    equal = dict.fromkeys(RESULTS["TABLES"], "1")
    before = {"tax@2014 2019": equal, "price 2019": equal}
    after = {"tax@2014 2019": equal | {"ledger": "2"}, "quality 2019": equal}
    assert RESULTS["find_differences"](before, before) == []
    assert RESULTS["find_differences"](before, after) == [
        "price 2019: no longer graded",
        "quality 2019: not graded before",
        "tax@2014 2019: other ledger",
    ]


def test_figures_of_models_in_the_documentation_are_those_of_the_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    FIGURES["main"]()
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    text = (ROOT / "docs" / "modelling.md").read_text(encoding="utf-8")
    assert len(lines) > 10
    assert [line for line in lines if line not in text.splitlines()] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", thinned(SHIPPED, 6, in_ci=6))
def test_results_of_shipped_schemes_are_those_that_are_kept(scheme: str) -> None:
    known = {name: hashes for name, hashes in HASHES.items() if name.partition("@")[0] == scheme}
    assert RESULTS["find_differences"](known, dict(RESULTS["grade_shipped"](f"{scheme}@"))) == []


def results_of_demo(count: int | None) -> list[str]:
    """Compare the district and the years of the plan, or the first `count` of these, with what is kept."""
    known = [(name, hashes) for name, hashes in HASHES.items() if name.startswith(("district", "plan "))]
    graded = dict(islice(RESULTS["grade_demo"](), count))
    differences: list[str] = RESULTS["find_differences"](dict(known[:count]), graded)
    return differences


@pytest.mark.slow
def test_results_of_the_district_are_those_that_are_kept() -> None:
    assert results_of_demo(1) == []


@pytest.mark.long
def test_results_of_the_demo_are_those_that_are_kept() -> None:
    assert results_of_demo(None) == []

"""Notebooks are code: each one runs from top to bottom in an empty folder, without a warning, and becomes a page."""

import ast
import re
import runpy
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.tiers import thinned

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
RENDER = runpy.run_path(str(ROOT / "scripts" / "render_notebooks.py"))["render"]
# What a page would fetch: anything but what lies inside it
FETCHED = re.compile(
    r"""<(?:script|link|img|iframe)[^>]*\s(?:src|href)\s*=\s*(?!["']?data:)|@import|url\(["']?https?:"""
)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", thinned(NOTEBOOKS, 8), ids=lambda path: path.stem)
def test_runs_and_becomes_an_offline_page(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "default")  # in the kernel; what it says there is an error here
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # threads that wait for each other's cores take minutes
        monkeypatch.setenv(name, "1")
    page = RENDER(notebook)
    assert len(re.findall("jp-OutputArea-output", page)) >= 3
    assert "Traceback" not in page
    assert FETCHED.findall(page) == []


def test_a_notebook_that_warns_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    file = tmp_path / "x.py"
    file.write_text('# %% [markdown]\n# # X\n\n# %%\nimport warnings\nwarnings.warn("old")\n', encoding="utf-8")
    with pytest.raises(RuntimeError, match="old"):
        RENDER(file)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_short_and_in_percent_format(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    assert "format_name: percent" in text
    assert "\n# %%\n" in text
    assert len(text.splitlines()) < 150
    # a figure made without pyplot is drawn in Jupyter only where this has been said; as a script it is a comment
    assert ("\n# %matplotlib inline\n" in text) == ("matplotlib" in text or "explain_plots" in text)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_imports_what_users_are_offered(notebook: Path) -> None:
    tree = ast.parse(notebook.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    places = [node.module or "" for node in imports if isinstance(node, ast.ImportFrom)]
    places += [alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names]
    ours = [place.split(".") for place in places if place.partition(".")[0] == "creditscore"]
    assert ours
    assert all(len(place) <= 2 for place in ours), "from the front door or a package of the first level"
    assert len(imports) <= (6 if "case" in notebook.stem or "objection" in notebook.stem else 12)

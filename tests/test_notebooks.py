"""Notebooks are code: each one runs from top to bottom in an empty folder, without a warning."""

import runpy
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.py"))


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(notebook), run_name="__main__")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_short_and_in_percent_format(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    assert "format_name: percent" in text
    assert "\n# %%\n" in text
    assert len(text.splitlines()) < 150
    # a figure made without pyplot is drawn in Jupyter only where this has been said; as a script it is a comment
    assert ("\n# %matplotlib inline\n" in text) == ("matplotlib" in text or "explain_plots" in text)

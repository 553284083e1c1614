"""The front door: few names, each loaded when asked for, typed for those who check their own code strictly."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import creditscore as cs
from tests.house.trees import SRC, modules, parsed
from tests.paths import ROOT, TESTS

USER = TESTS / "typed_user.py"
LAZY = [name.removesuffix(".__init__") for name, path in modules(SRC) if "export_lazily(" in path.read_text("utf-8")]
PACKAGES = sorted(name for name in LAZY if name != "core.exports")
MOST_NAMES = 30


def declared_for_types(path: Path) -> set[str]:
    """The names that a type checker sees in a package: those imported under TYPE_CHECKING as themselves."""
    blocks = [node for node in parsed(path).body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in imports for alias in node.names if alias.asname == alias.name}


def check_types(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run the strict type checker with the package's own settings."""
    words = [sys.executable, "-m", "mypy", "--strict", *map(str, files)]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_front_door_is_small_and_every_name_is_there() -> None:
    assert len(cs.__all__) <= MOST_NAMES
    assert dir(cs) == sorted(cs.__all__)
    for name in cs.__all__:
        assert getattr(cs, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'grdae'"):
        cs.grdae  # noqa: B018


def test_what_is_there_is_what_a_type_checker_sees() -> None:
    assert declared_for_types(SRC / "__init__.py") | {"__version__"} == set(cs.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_exports_what_it_declares(package: str) -> None:
    module = importlib.import_module(f"creditscore.{package}")
    path = SRC.joinpath(*package.split("."))
    assert declared_for_types(path / "__init__.py") == set(module.__all__)
    inside = {part.stem if part.is_file() else part.name for part in path.iterdir()}
    assert not set(module.__all__) & inside, "once a module of that name is loaded, it stands in the place of the name"
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert set(module.__all__) <= set(dir(module))


def test_the_user_uses_every_name() -> None:
    tree = ast.parse(USER.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "cs"}
    assert set(cs.__all__) - used == set()


@pytest.mark.slow
def test_a_users_module_is_checked_strictly(tmp_path: Path) -> None:
    assert (SRC / "py.typed").is_file()
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import creditscore as cs\nfrom creditscore import objections\n"
        "cs.grdae\nobjections.opne_case\ncs.explain('out', 1)\ncs.read(2)\n"
    )
    run = check_types(USER, wrong)  # at once: the package is read once
    assert run.returncode == 1, run.stdout + run.stderr
    errors = [line for line in run.stdout.splitlines() if "error:" in line]
    assert len(errors) == 4, run.stdout
    assert all(wrong.name in line for line in errors), run.stdout


# What a result offers in a notebook: it shows itself, is short as text, is drawn, and is a table of other libraries.
DISPLAYS = {
    "Grading": ("grading.result", True),
    "Composite": ("composite.result", True),
    "Explanation": ("explanation.ledger", False),
    "CompositeExplanation": ("explanation.composite", False),
    "CardTable": ("modelling.scorecard.table", True),
    "ValidationReport": ("modelling.validation.validate", False),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_result_shows_itself_in_a_notebook(name: str) -> None:
    module, is_of_many = DISPLAYS[name]
    kind = getattr(importlib.import_module(f"creditscore.{module}"), name)
    methods = ["_repr_html_", "__repr__", "plot", "to_pandas", "to_polars", *(["explain"] if is_of_many else [])]
    assert [method for method in methods if method not in vars(kind)] == []

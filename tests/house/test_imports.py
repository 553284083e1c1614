"""House rules that a machine can check: which way imports point, which files hang together, what starts fast.

The rules are functions from a source tree to a list of complaints; each is run on the product, and on a small tree
that breaks it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from creditscore.core.extras import EXTRAS
from tests.house.layout import CIRCLES, EXCEPTIONS, FRONT_DOOR, LAYERS, READERS_OF_MODELS
from tests.house.trees import PACKAGE, SRC, at_import_time, at_run_time, circles, edges, imported, modules, parsed

LAYER = {package: number for number, packages in enumerate(LAYERS) for package in packages}
OPTIONAL = {module for modules_of_extra in EXTRAS.values() for module in modules_of_extra}
HEAVY = OPTIONAL - {"openpyxl", "threadpoolctl"}
# An estimator names its base class when it is defined; `modelling` itself is imported at the moment of use.
HEAVY_ALLOWED = {"modelling": {"sklearn"}}


def may_import(source: str, target: str) -> bool:
    """Whether a package may import another one."""
    if source == target:
        return True
    if target == "modelling" and source not in READERS_OF_MODELS:
        return False
    return LAYER[target] < LAYER[source]


def wrong_arrows(src: Path, exceptions: Collection[tuple[str, str]] = ()) -> list[str]:
    """Packages that have no layer, and imports against the direction of the data."""
    packages = {path.name for path in src.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    loose = {path.stem for path in src.glob("*.py")} - FRONT_DOOR
    complaints = [f"{package}/: not in the layout; give it a line there" for package in sorted(packages - LAYER.keys())]
    complaints += [f"{name}.py: stands beside the packages; it belongs to one" for name in sorted(loose)]
    needed = set()
    for name, path in modules(src):
        home = name.split(".")[0]
        if home not in LAYER:
            continue
        for line, target in imported(name, _all_nodes(path)):
            parts = target.split(".")
            if parts[0] != PACKAGE:
                continue
            place = f"{name}:{line} imports {target}"
            inner = parts[1] if len(parts) > 1 else ""
            if inner not in LAYER:
                complaints.append(f"{place}: through the front door; import it from where it lives")
            elif not may_import(home, inner):
                pairs = {(name, ".".join(parts[1:])), (name, ".".join(parts[1:-1]))} & set(exceptions)
                needed |= pairs
                if not pairs:
                    complaints.append(f"{place}: against the direction of the data")
    complaints += [f"{source} no longer imports {target}: strike it" for source, target in set(exceptions) - needed]
    return complaints


def _all_nodes(path: Path) -> list[object]:
    import ast

    return list(ast.walk(parsed(path)))


def circles_of_files(src: Path, exceptions: Collection[frozenset[str]] = ()) -> list[str]:
    """Files that import each other, inside functions too."""
    arrows: dict[str, set[str]] = {name: set() for name, _ in modules(src)}
    for name, _, target in edges(src):
        if name.split(".")[0] not in FRONT_DOOR and target != name:
            arrows[name].add(target)
    new_circles = circles(arrows)
    complaints = [
        f"{' and '.join(sorted(circle))} import each other"
        for circle in sorted(new_circles - set(exceptions), key=sorted)
    ]
    return complaints + [
        f"{' and '.join(sorted(circle))} is no circle: strike it" for circle in set(exceptions) - new_circles
    ]


def heavy_imports(src: Path) -> list[str]:
    """Imports of heavy libraries that run when a module is imported."""
    return [
        f"{name}:{line} imports {target} at module level; import it inside the function that uses it"
        for name, path in modules(src)
        for line, target in imported(name, at_import_time(parsed(path)))
        if target.split(".")[0] in HEAVY - HEAVY_ALLOWED.get(name.split(".")[0], set())
    ]


def unnamed_extras(src: Path) -> list[str]:
    """Imports of an extra's library in files that neither require the extra nor import `modelling`, which does."""
    return [
        f"{name}:{line} imports {target}; call core.extras.require first"
        for name, path in modules(src)
        for line, target in imported(name, at_run_time(parsed(path)))
        if target.split(".")[0] in OPTIONAL
        and not name.startswith("modelling.")
        and not any(word in path.read_text(encoding="utf-8") for word in ("require(", f"{PACKAGE}.modelling"))
    ]


def test_every_import_of_an_extra_is_required() -> None:
    assert unnamed_extras(SRC) == []


def test_an_import_of_an_extra_is_seen(house: Path) -> None:
    (house / "records" / "log.py").write_text("def f():\n    import scipy.special\n")
    assert unnamed_extras(house) == [
        "grading.grade:10 imports pandas; call core.extras.require first",
        "records.log:2 imports scipy.special; call core.extras.require first",
    ]


def test_imports_follow_the_data() -> None:
    assert wrong_arrows(SRC, EXCEPTIONS) == []


def test_no_files_import_each_other() -> None:
    assert circles_of_files(SRC, CIRCLES) == []


def test_nothing_heavy_at_module_level() -> None:
    assert heavy_imports(SRC) == []


STARTS = {
    "import": "import creditscore",
    "help": "from creditscore.cli.main import main; sys.argv = ['creditscore', '--help']; main()",
}


@pytest.mark.parametrize("start", STARTS)
def test_starts_without_anything_heavy(start: str) -> None:
    report = f"print('loaded:', *sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr)"
    code = f"import atexit, sys\natexit.register(lambda: {report})\n{STARTS[start]}\n"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1] == "loaded:"
    assert start == "import" or "grade" in run.stdout


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small tree that keeps the rules; tests break one at a time."""
    for name in (
        "core",
        "records",
        "schemes",
        "engines",
        "grading",
        "objections",
        "repair",
        "store",
        "modelling",
        "cli",
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "__init__.py").write_text("from creditscore.grading import grade\n")
    (tmp_path / "core" / "days.py").write_text("import datetime\n")
    (tmp_path / "grading" / "grade.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "from creditscore.core import days\nfrom creditscore.records import log\n"
        "from ..schemes import load\nfrom . import bind\n"
        "if TYPE_CHECKING:\n    import pandas\n\n"
        "def to_pandas():\n    import pandas\n"
    )
    (tmp_path / "modelling" / "ordinal.py").write_text("from sklearn.base import BaseEstimator\n")
    return tmp_path


def test_a_good_house_has_no_complaints(house: Path) -> None:
    assert wrong_arrows(house) == circles_of_files(house) == heavy_imports(house) == []


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("records/log.py", "from creditscore.schemes.load import load_scheme", "against the direction"),
        ("records/log.py", "def f():\n    import creditscore.cli.main", "against the direction"),
        ("records/log.py", "from ..grading.bind import bind", "against the direction"),
        ("schemes/load.py", "from creditscore.engines import base", "against the direction"),
        ("grading/bind.py", "from creditscore.modelling import card", "against the direction"),
        ("objections/case.py", "from creditscore.modelling import card", "against the direction"),
        ("objections/case.py", "from creditscore.repair import plan", "against the direction"),
        ("modelling/card.py", "from creditscore.objections import case", "against the direction"),
        ("core/days.py", "from creditscore.records import log", "against the direction"),
        ("objections/case.py", "from creditscore import grade", "front door"),
        ("objections/case.py", "import creditscore", "front door"),
        ("days.py", "import datetime", "beside the packages"),
        ("gossip/talk.py", "import datetime", "not in the layout"),
    ],
)
def test_a_wrong_arrow_is_seen(house: Path, file: str, line: str, complaint: str) -> None:
    (house / file).parent.mkdir(exist_ok=True)
    (house / file).write_text(line + "\n")
    (text,) = wrong_arrows(house)
    assert complaint in text


def test_an_exception_holds_until_it_is_not_needed(house: Path) -> None:
    exception = ("records.log", "schemes.load")
    (house / "records" / "log.py").write_text("from creditscore.schemes.load import load_scheme\n")
    assert wrong_arrows(house, {exception}) == []
    (house / "records" / "log.py").write_text("import datetime\n")
    assert wrong_arrows(house, {exception}) == ["records.log no longer imports schemes.load: strike it"]


def test_files_that_import_each_other_are_seen(house: Path) -> None:
    (house / "records" / "log.py").write_text("from creditscore.records import fold\n")
    (house / "records" / "fold.py").write_text("def f():\n    from creditscore.records.log import log\n")
    assert circles_of_files(house) == ["records.fold and records.log import each other"]
    circle = frozenset({"records.fold", "records.log"})
    assert circles_of_files(house, {circle}) == []
    types_only = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from creditscore.records.log import log\n"
    (house / "records" / "fold.py").write_text(types_only)
    assert circles_of_files(house) == []
    assert circles_of_files(house, {circle}) == ["records.fold and records.log is no circle: strike it"]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("records/log.py", "import pandas as pd"),
        ("records/log.py", "try:\n    from pandas import DataFrame\nexcept ImportError:\n    pass"),
        ("records/log.py", "class Log:\n    import mlflow.pyfunc"),
        ("modelling/tracking.py", "import mlflow"),
    ],
)
def test_a_heavy_import_is_seen(house: Path, file: str, line: str) -> None:
    (house / file).write_text(line + "\n")
    assert len(heavy_imports(house)) == 1

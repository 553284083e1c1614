"""House rules that a machine can check: which way imports point, what starts fast, what may stand in a file.

The rules are functions from a source tree to a list of complaints; each is run on the product, and on a small
tree that breaks it.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "creditscore"

# Data flows one way: a package imports itself and packages of a lower step, never a neighbour on its own.
STEPS = (
    ("records",),
    ("schemes", "engines"),
    ("grading",),
    ("lists",),
    ("composite",),
    ("explanation",),
    ("supervision",),
    ("review",),
    ("reports",),
    ("demo",),
    ("cli",),
)
STEP = {package: number for number, packages in enumerate(STEPS) for package in packages}
# Beside the flow: what each may import, and who may import it. No grade depends on a model.
BESIDE = {
    "store": (set(), {"lists", "composite", "supervision", "review", "reports", "demo", "cli"}),
    "modelling": ({"records", "schemes", "engines", "grading", "composite", "store"}, {"reports", "cli"}),
}
FRONT_DOOR = {"__init__", "__main__"}  # may import everything, and is imported by nobody inside

HEAVY = {"lightgbm", "matplotlib", "mlflow", "pandas", "pyspark", "scipy", "shap", "sklearn"}
# An estimator names its base class when it is defined; `modelling` itself is imported at the moment of use.
HEAVY_ALLOWED = {"modelling": {"sklearn"}}


def modules(src: Path) -> Iterator[tuple[str, Path]]:
    """(dotted name inside the package, file): `grading.bind`, `paths`, `records.__init__`."""
    for path in sorted(src.rglob("*.py")):
        yield ".".join(path.relative_to(src).with_suffix("").parts), path


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(name: str, nodes: Iterator[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of each import; relative ones are resolved against `name`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = ["creditscore", *name.split(".")][: -node.level]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not inside functions, not under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield other
                yield from at_import_time(other)
            continue
        yield child
        yield from at_import_time(child)


def may_import(source: str, target: str) -> bool:
    if source == target:
        return True
    if source in BESIDE:
        return target in BESIDE[source][0]
    if target in BESIDE:
        return source in BESIDE[target][1]
    return STEP[target] < STEP[source]


def wrong_arrows(src: Path) -> list[str]:
    packages = {path.name for path in src.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    leaves = {path.stem for path in src.glob("*.py")} - FRONT_DOOR
    complaints = [
        f"{package}/: not in the layout; give it a step in this test"
        for package in sorted(packages - STEP.keys() - BESIDE.keys())
    ]
    known = packages & (STEP.keys() | BESIDE.keys())
    for name, path in modules(src):
        home = name.split(".")[0]
        if home in FRONT_DOOR or home in packages - known:
            continue
        for line, target in imported(name, ast.walk(tree(path))):
            parts = target.split(".")
            if parts[0] != "creditscore":
                continue
            place = f"{name}:{line} imports {target}"
            inner = parts[1] if len(parts) > 1 else ""
            if inner in leaves:
                continue
            if inner not in STEP and inner not in BESIDE:
                complaints.append(f"{place}: through the front door; import it from where it lives")
            elif home in leaves:
                complaints.append(f"{place}: a module beside the packages imports none of them")
            elif not may_import(home, inner):
                complaints.append(f"{place}: against the direction of the data")
    return complaints


def heavy_imports(src: Path) -> list[str]:
    return [
        f"{name}:{line} imports {target} at module level; import it inside the function that uses it"
        for name, path in modules(src)
        for line, target in imported(name, at_import_time(tree(path)))
        if target.split(".")[0] in HEAVY - HEAVY_ALLOWED.get(name.split(".")[0], set())
    ]


def long_files(src: Path, limit: int = 400) -> list[str]:
    counts = ((name, len(path.read_text(encoding="utf-8").splitlines())) for name, path in modules(src))
    return [f"{name}: {count} lines, usually two ideas" for name, count in counts if count > limit]


INDEX = re.compile(
    r"--(extra-)?index-url|--find-link[s]|registry *= *\"?https?:|\"resolved\": *\"https?:"
    r"|https?://[^ \"]*/(simple|packages)/|pypi[.]org/simple|files[.]pythonhosted[.]org"
)
PIN = re.compile(r"([a-z0-9]+(?:[-._][a-z0-9]+)*)==([0-9][a-z0-9.!+]*)")


def kept_files(root: Path) -> list[Path]:
    """Files under version control or about to be; in a copy without it, all but what is built."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        found = [root / name for name in listing.stdout.decode().split("\0") if name]
    else:
        skipped = {".venv", ".git", "build", "dist", "__pycache__"}
        found = [path for path in root.rglob("*") if not skipped & set(path.relative_to(root).parts)]
    return sorted(path for path in found if path.is_file())


def index_addresses(files: list[Path]) -> list[str]:
    complaints = []
    for path in files:
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), start=1):
            if INDEX.search(line):
                complaints.append(f"{path}:{number}: an address of a package index")
    return complaints


def test_imports_follow_the_data() -> None:
    assert wrong_arrows(SRC) == []


def test_nothing_heavy_at_module_level() -> None:
    assert heavy_imports(SRC) == []


def test_no_file_is_two_ideas() -> None:
    assert long_files(SRC) == []


def test_no_index_address_is_kept() -> None:
    files = kept_files(ROOT)
    assert ROOT / "pyproject.toml" in files
    assert index_addresses(files) == []


STARTS = {
    "import": "import creditscore",
    "help": "from creditscore.cli.main import main; sys.argv = ['creditscore', '--help']; main()",
}


@pytest.mark.parametrize("start", STARTS)
def test_starts_without_anything_heavy(start: str) -> None:
    if start == "help" and not (SRC / "cli" / "main.py").exists():
        pytest.skip("no command line yet")
    report = f"print('loaded:', *sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr)"
    code = f"import atexit, sys\natexit.register(lambda: {report})\n{STARTS[start]}\n"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1] == "loaded:"
    assert start == "import" or "grade" in run.stdout


def pins() -> list[tuple[str, str]]:
    found = []
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        match = PIN.fullmatch(line)
        assert match, f"requirements.txt holds name==version lines only, not {line!r}"
        found.append((match[1], match[2]))
    return found


def test_requirements_are_sorted_pins() -> None:
    names = [name for name, _ in pins()]
    assert names == sorted(set(names))


def test_pins_satisfy_the_floors() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = {canonicalize_name(name): Version(version) for name, version in pins()}
    listed = project["dependencies"] + project["optional-dependencies"]["test"]
    wanted = [Requirement(text) for text in listed]
    assert wanted
    for requirement in wanted:
        assert {clause.operator for clause in requirement.specifier} <= {">="}, f"{requirement}: floors only"
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), str(requirement)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small tree that keeps the rules; tests break one at a time."""
    for name in ("records", "schemes", "engines", "grading", "review", "store", "modelling", "cli"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "__init__.py").write_text("from creditscore.grading import grade\n")
    (tmp_path / "days.py").write_text("import datetime\n")
    (tmp_path / "grading" / "grade.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "from creditscore import days\nfrom creditscore.records import log\n"
        "from ..schemes import load\nfrom . import bind\n"
        "if TYPE_CHECKING:\n    import pandas\n\n"
        "def to_pandas():\n    import pandas\n"
    )
    (tmp_path / "modelling" / "ordinal.py").write_text("from sklearn.base import BaseEstimator\n")
    return tmp_path


def test_a_good_house_has_no_complaints(house: Path) -> None:
    assert wrong_arrows(house) == heavy_imports(house) == long_files(house) == []


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("records/log.py", "from creditscore.schemes.load import load_scheme", "against the direction"),
        ("records/log.py", "def f():\n    import creditscore.cli.main", "against the direction"),
        ("records/log.py", "from ..grading.bind import bind", "against the direction"),
        ("schemes/load.py", "from creditscore.engines import base", "against the direction"),
        ("engines/base.py", "from creditscore import schemes", "against the direction"),
        ("grading/bind.py", "from creditscore.modelling import card", "against the direction"),
        ("modelling/card.py", "from creditscore.review import replay", "against the direction"),
        ("store/log.py", "from creditscore.records import log", "against the direction"),
        ("review/replay.py", "from creditscore import grade", "front door"),
        ("review/replay.py", "import creditscore", "front door"),
        ("days.py", "from creditscore.records import log", "imports none of them"),
        ("gossip/talk.py", "import datetime", "not in the layout"),
    ],
)
def test_a_wrong_arrow_is_seen(house: Path, file: str, line: str, complaint: str) -> None:
    (house / file).parent.mkdir(exist_ok=True)
    (house / file).write_text(line + "\n")
    (found,) = wrong_arrows(house)
    assert complaint in found


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


def test_a_long_file_is_seen(house: Path) -> None:
    (house / "days.py").write_text("pass\n" * 401)
    assert long_files(house) == ["days: 401 lines, usually two ideas"]


def test_an_index_address_is_seen(tmp_path: Path) -> None:
    texts = {"bad.txt": "https://host/" + "simple/", "worse.cfg": "--index" + "-url x", "good.md": "simple"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text + "\n")
    found = index_addresses(kept_files(tmp_path))
    assert [Path(line.split(":")[0]).name for line in found] == ["bad.txt", "worse.cfg"]


def test_every_file_stands_in_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    files = [path for path in sorted((ROOT / "src" / "creditscore").rglob("*.py")) if path.stat().st_size]
    missing = [str(path.relative_to(ROOT)) for path in files if f"| `{path.name}` |" not in text]
    assert not missing


def test_architecture_lists_each_file_once_and_in_order() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for table in text.split("\n### ")[1:]:
        names = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
        assert len(names) == len(set(names)), table.splitlines()[0]
        if table.startswith("`src"):
            assert names == sorted(names), table.splitlines()[0]
            folder = ROOT / table.split("`")[1]
            assert [name for name in names if not (folder / name).exists()] == []


@pytest.mark.parametrize("page", ["contract.md", "checks.md"])
def test_no_code_is_explained_twice(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if re.match(r"\| (`[a-z_]+`|[EN][0-9]{3})[ ,]", line)]
    codes = [code for row in rows for code in re.findall(r"\w+", row)]
    assert len(codes) == len(set(codes))

"""House rules on tests: a file of tests bears the name of what it tests, and no module is left out."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pytest

from tests.house.topics import TOPICS, UNREACHED
from tests.house.trees import PACKAGE, SRC, edges, imported, modules, parsed
from tests.paths import TESTS


def name_mirrored(test: Path) -> str:
    """Name the module that a file of tests, given below `tests`, would mirror: `a/test_b.py` is that of `a.b`."""
    return ".".join([*test.parts[:-1], test.stem.removeprefix("test_")])


def list_modules(src: Path) -> set[str]:
    """List modules and packages by their dotted names."""
    return {name.removesuffix(".__init__") for name, _ in modules(src)} - {"__init__", "__main__"}


def list_tests(tests: Path) -> list[Path]:
    """List the files of tests, below their folder."""
    return sorted(path.relative_to(tests) for path in tests.rglob("test_*.py"))


def find_unnamed(tests: Path, src: Path, topics: Mapping[str, str]) -> list[str]:
    """Find files of tests that mirror no module and are no topic, and topics that are none any more."""
    known = list_modules(src)
    loose = [test.as_posix() for test in list_tests(tests) if name_mirrored(test) not in known]
    used = {topic: [test for test in loose if _covers(topic, test)] for topic in topics}
    named = {test for covered in used.values() for test in covered}
    complaints = [f"{test}: name it after the module that it tests, or list its topic" for test in loose]
    complaints = [line for line, test in zip(complaints, loose, strict=True) if test not in named]
    return complaints + [f"{topic} is no topic: strike it" for topic, covered in used.items() if not covered]


def _covers(topic: str, test: str) -> bool:
    return test.startswith(topic) if topic.endswith("/") else test == topic


def find_unreached(tests: Path, src: Path, exceptions: Collection[str] = ()) -> list[str]:
    """Find modules that have no mirror, and that no test of their package reaches by what it imports."""
    known = list_modules(src)
    mirrored = {name_mirrored(test) for test in list_tests(tests)}
    files = {name.removesuffix(".__init__"): path for name, path in modules(src)}
    wanted = {name for name in known - mirrored if files[name].stem != "__init__"}
    arrows: dict[str, set[str]] = defaultdict(set)
    for name, _, target in edges(src):
        arrows[name.removesuffix(".__init__")].add(target.removesuffix(".__init__"))
    homes = find_homes(src)
    reached: set[str] = set()
    for package in {name.partition(".")[0] for name in known}:
        starts = {target for path in (tests / package).rglob("*.py") for target in find_used(path, known, homes)}
        reached |= _follow(arrows, starts, package)
    unreached = wanted - reached
    complaints = [f"{name}: no test of its package reaches it" for name in sorted(unreached - set(exceptions))]
    return complaints + [f"{name} is reached: strike it" for name in sorted(set(exceptions) - unreached)]


def _follow(arrows: Mapping[str, set[str]], starts: Iterable[str], package: str) -> set[str]:
    """Follow imports inside one package from the modules that its tests name."""
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in reached and name.partition(".")[0] == package:
            reached.add(name)
            waiting += arrows.get(name, ())
    return reached


def find_homes(src: Path) -> dict[str, str]:
    """Find the module behind each name that a package exports: `grading.grade_all` → `grading.batch`."""
    homes = {}
    for name, path in modules(src):
        if path.stem != "__init__":
            continue
        package = name.rpartition("__init__")[0]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
                home = str(node.module).removeprefix(f"{PACKAGE}.")
                homes |= {f"{package}{alias.asname or alias.name}": home for alias in node.names}
    return homes


def find_used(test: Path, known: Collection[str], homes: Mapping[str, str]) -> set[str]:
    """Find the modules of the package that a file of tests names, those behind exported names too."""
    nodes = list(ast.walk(parsed(test)))
    names = {target for _, target in imported("", nodes) if target.startswith(f"{PACKAGE}.")}
    names |= {f"{PACKAGE}.{node.attr}" for node in nodes if isinstance(node, ast.Attribute) and _is_door(node.value)}
    used = set()
    for name in names:
        inner = name.removeprefix(f"{PACKAGE}.")
        candidates = (inner, homes.get(inner, ""), inner.rpartition(".")[0])
        used |= {next((candidate for candidate in candidates if candidate in known), "")}
    return used - {""}


def _is_door(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("cs", PACKAGE)


def test_tests_mirror_the_tree() -> None:
    assert find_unnamed(TESTS, SRC, TOPICS) == []


def test_every_module_is_reached_by_tests_of_its_package() -> None:
    assert find_unreached(TESTS, SRC, UNREACHED) == []
    assert [test for test in UNREACHED.values() if not (TESTS / test).is_file()] == []


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """A package of three modules, of which one has its mirror, one is imported by it, one by a test."""
    texts = {
        "src/__init__.py": "from creditscore.records.log import read as read\n",
        "src/records/__init__.py": "",
        "src/records/log.py": "from creditscore.records import rows\n",
        "src/records/rows.py": "",
        "src/records/words/__init__.py": "",
        "tests/records/test_log.py": "",
        "tests/records/test_words.py": "import creditscore as cs\n\ncs.read()\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "tests", tmp_path / "src"


def test_good_trees_have_no_complaints(trees: tuple[Path, Path]) -> None:
    assert find_unnamed(*trees, {}) == find_unreached(*trees) == []


def test_a_test_of_no_module_is_seen_until_it_is_a_topic(trees: tuple[Path, Path]) -> None:
    (trees[0] / "records" / "test_edges.py").touch()
    line = "records/test_edges.py: name it after the module that it tests, or list its topic"
    assert find_unnamed(*trees, {}) == [line]
    assert find_unnamed(*trees, {"records/test_edges.py": "edges"}) == find_unnamed(*trees, {"records/": "all"}) == []
    assert find_unnamed(*trees, {"records/": "all", "records/test_log.py": "log"}) == [
        "records/test_log.py is no topic: strike it"
    ]


def test_a_module_that_nothing_reaches_is_seen(trees: tuple[Path, Path]) -> None:
    (trees[1] / "records" / "log.py").write_text("")
    assert find_unreached(*trees) == ["records.rows: no test of its package reaches it"]
    assert find_unreached(*trees, {"records.rows"}) == []
    (trees[0] / "records" / "test_log.py").write_text("from creditscore.records.rows import read\n")
    assert find_unreached(*trees) == []
    assert find_unreached(*trees, {"records.rows"}) == ["records.rows is reached: strike it"]

"""House rules on files: how long they are, what each says of itself, what may stand in them, and what is pinned."""

from __future__ import annotations

import ast
import gzip
import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from creditscore.core.extras import EXTRAS
from tests.house.trees import ROOT, SRC, modules, parsed

INDEX = re.compile(
    r"--(extra-)?index-url|--find-link[s]|registry *= *\"?https?:|\"resolved\": *\"https?:"
    r"|https?://[^ \"]*/(simple|packages)/|pypi[.]org/simple|files[.]pythonhosted[.]org"
)
PIN = re.compile(r"([a-z0-9]+(?:[-._][a-z0-9]+)*)==([0-9][a-z0-9.!+]*)")


def lines_without_docstrings(path: Path) -> int:
    """Lines of a file that are in no docstring."""
    tree = parsed(path)
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    strings = [
        node.body[0] for node in ast.walk(tree) if isinstance(node, owners) and ast.get_docstring(node, clean=False)
    ]
    return len(path.read_text(encoding="utf-8").splitlines()) - sum(
        node.end_lineno - node.lineno + 1 for node in strings
    )


def long_files(src: Path, limit: int = 500) -> list[str]:
    """Files of more lines than the limit, docstrings apart: describing a function does not make its file two ideas."""
    counts = ((name, lines_without_docstrings(path)) for name, path in modules(src))
    return [f"{name}: {count} lines, usually two ideas" for name, count in counts if count > limit]


def files_without_a_sentence(src: Path) -> list[str]:
    """Files that do not say in their first line what they are for."""
    return [
        f"{name}: its docstring begins with one sentence that says what it is for"
        for name, path in modules(src)
        if not (ast.get_docstring(parsed(path)) or "").strip()
    ]


def kept_files(root: Path) -> list[Path]:
    """Files under version control or about to be; in a copy without it, all but what is built."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        paths = [root / name for name in listing.stdout.decode().split("\0") if name]
    else:
        skipped = {".venv", ".git", "build", "dist", "__pycache__"}
        paths = [path for path in root.rglob("*") if not skipped & set(path.relative_to(root).parts)]
    return sorted(path for path in paths if path.is_file())


def index_addresses(files: list[Path]) -> list[str]:
    """Lines that name a package index or a mirror."""
    complaints = []
    for path in files:
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), start=1):
            if INDEX.search(line):
                complaints.append(f"{path}:{number}: an address of a package index")
    return complaints


def test_no_file_is_two_ideas() -> None:
    assert long_files(SRC) == []


def test_every_file_says_what_it_is_for() -> None:
    assert files_without_a_sentence(SRC) == []


def test_no_index_address_is_kept() -> None:
    files = kept_files(ROOT)
    assert ROOT / "pyproject.toml" in files
    assert index_addresses(files) == []


def pins() -> list[tuple[str, str]]:
    """(name, version) of each line of requirements.txt."""
    rows = []
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        match = PIN.fullmatch(line)
        assert match, f"requirements.txt holds name==version lines only, not {line!r}"
        rows.append((match[1], match[2]))
    return rows


def test_requirements_are_sorted_pins() -> None:
    names = [name for name, _ in pins()]
    assert names == sorted(set(names))


def test_pins_satisfy_the_floors() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = {canonicalize_name(name): Version(version) for name, version in pins()}
    extras = project["optional-dependencies"]
    named = set().union(*(Requirement(text).extras for text in extras["all"]))
    assert named == EXTRAS.keys() - {"spark"}
    listed = project["dependencies"] + [text for extra in sorted({*named, "test"}) for text in extras[extra]]
    wanted = [Requirement(text) for text in listed]
    assert wanted
    for requirement in wanted:
        assert {clause.operator for clause in requirement.specifier} <= {">="}, f"{requirement}: floors only"
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), str(requirement)


def test_a_long_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "days.py").write_text("pass\n" * 501)
    assert long_files(tmp_path) == ["days: 501 lines, usually two ideas"]


def test_a_file_without_a_sentence_is_seen(tmp_path: Path) -> None:
    (tmp_path / "days.py").write_text("DAY = 1\n")
    (tmp_path / "__init__.py").touch()
    assert len(files_without_a_sentence(tmp_path)) == 2


def test_an_index_address_is_seen(tmp_path: Path) -> None:
    texts = {"bad.txt": "https://host/" + "simple/", "worse.cfg": "--index" + "-url x", "good.md": "simple"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text + "\n")
    addresses = index_addresses(kept_files(tmp_path))
    assert [Path(line.split(":")[0]).name for line in addresses] == ["bad.txt", "worse.cfg"]


def test_every_package_stands_in_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = [path.name for path in SRC.iterdir() if (path / "__init__.py").is_file()]
    assert [name for name in packages if not re.search(rf"\b{name}\b", text)] == []
    assert len(text.splitlines()) <= 150, "five minutes' reading"


@pytest.mark.parametrize("page", ["contract.md", "checks.md"])
def test_no_code_is_explained_twice(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if re.match(r"\| (`[a-z_]+`|[EN][0-9]{3})[ ,]", line)]
    codes = [code for row in rows for code in re.findall(r"\w+", row)]
    assert len(codes) == len(set(codes))


def test_the_tests_without_extras_are_there() -> None:
    recipe = subprocess.run(["make", "-n", "test-core"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"tests/[\w/]+(?:\.py)?", recipe)
    assert len(listed) > 10
    assert [path for path in listed if not (ROOT / path).exists()] == []
    skips = (ROOT / "tests/without_extras/skipped.txt").read_text(encoding="utf-8").splitlines()
    assert [test for test in skips if not any(test.startswith(path) for path in listed)] == []
    names = [(ROOT / test.split("::")[0], test.split("::")[-1]) for test in skips]
    assert [test for path, test in names if "." not in test and f"def {test}(" not in path.read_text("utf-8")] == []


def test_what_others_made_is_as_they_published_it() -> None:
    notices = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    packed = sorted((SRC / "present" / "vendor").glob("*.gz"))
    assert packed
    for file in packed:
        row = next(line for line in notices.splitlines() if file.relative_to(ROOT).as_posix() in line)
        assert hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest() in row
        name = file.name.removesuffix(".js.gz")
        assert "Licen" in (file.parent / f"{name}.LICENSE").read_text(encoding="utf-8")

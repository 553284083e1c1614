"""YAML from anybody: what is nested, repeated or large without end is a fault with its line, and never ends Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.core.yaml_source import MOST_BYTES, read, unplaced
from creditscore.modelling.validation.criteria import load_criteria
from tests.tiers import thinned

DEEP = {
    "flow": "a: " + "[" * 100_000,
    "flow closed": "[" * 100_000 + "]" * 100_000,
    "mappings": "{a: " * 100_000,
    "block": "- " * 100_000 + "x",
    "keys": "? " * 100_000 + "x",
    "indented": "\n".join(" " * k + "a:" for k in range(3000)),
}
LARGE = {
    "values": "- x\n" * 600_000,
    "aliases": "a: &a0 [x]\n" + "\n".join(f"k{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 15)),
    "bytes": "# " + "x" * MOST_BYTES,
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_without_end_is_a_fault(name: str, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(DEEP[name], encoding="utf-8")
    # in a process of its own: the parser's stack would end this one
    code = (
        "import sys, pathlib; from creditscore.core.yaml_source import read;"
        " print(*read(pathlib.Path(sys.argv[1])).faults)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "E104 nested too deeply; at most 40 levels" in ended.stdout


@pytest.mark.parametrize("name", thinned(LARGE, 3))
def test_what_is_large_without_end_is_a_fault(name: str, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(LARGE[name], encoding="utf-8")
    assert [fault.code for fault in read(file).faults] == ["E104"]
    assert "too large" in str(read(file).faults[0].message)


def test_a_device_that_never_ends_is_read_no_further_than_a_file_may_be_long() -> None:
    assert [fault.code for fault in read(Path("/dev/zero")).faults] == ["E104"]


def test_what_people_write_is_read_as_before(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes("a: [1, 2.5]\r\nb:\r\n  - {c: &x 甲}\r\n  - *x\r\n".encode())
    source = read(file)
    assert (source.faults, source.line(("b", 0, "c"))) == ([], 3)
    assert source.data["b"] == [{"c": "甲"}, "甲"]
    assert unplaced("a: [1]") == {"a": [1]}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[" * 100_000, UsageError),
        ("criteria: [1]", InputError),
        ("criteria: {a: 1}", InputError),
        ("a: 1", InputError),
    ],
)
def test_criteria_of_somebody_are_read_in_the_same_way(text: str, error: type[Exception], tmp_path: Path) -> None:
    file = tmp_path / "criteria.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match="cannot be read"):
        load_criteria(file)

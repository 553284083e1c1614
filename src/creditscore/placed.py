"""YAML with places: every key path knows its line; decimals stay decimals; a duplicate key is a fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, read in C where it is built
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place of a file."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


@dataclass
class Source:
    """The data of one file, the line of every key path, and the faults found while reading."""

    file: str
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(Fault(self.file, self.line(path), dotted(path), message))


def dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)


def read(file: Path, shown: str | None = None) -> Source:
    """Read one YAML file; faults are collected, never raised."""
    source = Source(shown or str(file))
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        source.faults.append(Fault(source.file, line, "", f"not YAML: {error.problem}"))
        return source
    except UnicodeDecodeError:
        source.faults.append(Fault(source.file, 1, "", "not UTF-8 text"))
        return source
    if node is None:
        source.faults.append(Fault(source.file, 1, "", "the file is empty"))
        return source
    source.data = _build(node, (), source)
    return source


def _build(node: yaml.Node, path: KeyPath, source: Source) -> Any:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = (*path, key)
            if key in result:
                source.faults.append(
                    Fault(
                        source.file,
                        key_node.start_mark.line + 1,
                        dotted(inner),
                        f"duplicate key (first on line {source.lines[inner]}); keep one",
                    )
                )
                continue
            source.lines[inner] = key_node.start_mark.line + 1
            result[key] = _build(value_node, inner, source)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, i), source) for i, item in enumerate(node.value)]
    return _scalar(node, path, source)


def _scalar(node: yaml.Node, path: KeyPath, source: Source) -> Any:
    text, tag = str(node.value), node.tag.rsplit(":", 1)[-1]
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("true", "yes", "on")
    try:
        if tag == "int":
            return int(text)
        if tag == "float":
            number = Decimal(text)
            if not number.is_finite() or "e" in text.lower():
                raise ValueError
            return number
        if tag == "timestamp":
            return date.fromisoformat(text)
    except (ValueError, ArithmeticError):
        source.fault(path, f"{text!r} is not an exact {tag}; write plain digits (for a date YYYY-MM-DD)")
        return None
    return text

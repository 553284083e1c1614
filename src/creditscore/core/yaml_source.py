"""YAML with places: every key path knows its line; decimals stay decimals; what is ambiguous is a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml

from creditscore.core.boundary import require_plain
from creditscore.core.errors import InputError
from creditscore.core.messages import Message

KeyPath = tuple[str | int, ...]
Severity = Literal["fault", "note"]
PLAIN = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")  # no 010 (octal to some readers), no 1_000, no 1e3
LOOSE = re.compile(
    r"[-+]?[0-9][0-9_]*(\.[0-9]*)?[eE][-+]?[0-9]+"
)  # a number to readers of YAML 1.2, a text to those of 1.1
TAGS = ("null", "bool", "int", "float", "timestamp", "str", "map", "seq")
DEEPEST, MOST_NODES = 40, 500_000  # a scheme is far below both; aliases that multiply are not
MOST_BYTES = 8_000_000  # the largest file of the library has a hundredth of it
_TOO_DEEP = Message("core.nested_too_deeply", most=DEEPEST)
_TOO_MANY = Message("core.too_many_values", most=MOST_NODES)
DEEPEST_READ = 200  # levels where reading ends: the parser in C ends the process where its stack does


class TooLarge(yaml.YAMLError):
    """Nested too deeply, or too many values, for anything that is written by people."""

    def __init__(self, why: Message, line: int) -> None:
        self.why, self.line = why, line
        super().__init__(why)


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # read in C where it is built
    """The safe loader, which ends before its stack does: it counts levels and values while nodes are composed."""

    depth = nodes = 0

    def descend_resolver(self, parent: Any, index: Any) -> None:
        """Count one level down; called for every node before what is inside is read."""
        self.depth += 1
        self.nodes += 1
        if self.depth > DEEPEST_READ or self.nodes > MOST_NODES:
            line = parent.start_mark.line + 1 if parent is not None else 1
            raise TooLarge(_TOO_DEEP if self.depth > DEEPEST_READ else _TOO_MANY, line)
        super().descend_resolver(parent, index)

    def ascend_resolver(self) -> None:
        """Count one level up again."""
        self.depth -= 1
        super().ascend_resolver()


def unplaced(text: str) -> Any:
    """The data of a file of this package's own, without places: its words, read by every command that shows some."""
    return yaml.load(text, Loader)  # a safe loader


@dataclass(frozen=True)
class Fault:
    """One thing wrong, or one thing to know (a note), in one place of a file; `code` is stable."""

    file: str
    line: int
    path: str
    message: str | Message
    code: str = "E108"
    severity: Severity = "fault"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: {self.code}"
        return f"{place} {self.path}: {self.message}" if self.path else f"{place} {self.message}"


@dataclass
class Source:
    """The data of one file, the line of every key path, and the faults found while reading.

    Parts that cannot be read are left out so that the rest can be checked in the same round: `pruned` are their
    paths, `lost` the names they would have brought, `kept` which elements of a list are still there.
    """

    file: str
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    pruned: set[KeyPath] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    kept: dict[KeyPath, list[int]] = field(default_factory=dict)
    salvaged: bool = False  # from here on, what touches a part that was left out is not said again
    path: Path | None = None  # where the file lies; None for what was never read from one

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: KeyPath, message: str | Message, code: str = "E108") -> None:
        if self.salvaged and self.touches_pruned(path):
            return
        path = self.original(path)
        self.faults.append(Fault(self.file, self.line(path), dotted(path), message, code))

    def note(self, path: KeyPath, message: str | Message, code: str) -> None:
        path = self.original(path)
        self.notes.append(Fault(self.file, self.line(path), dotted(path), message, code, "note"))

    def original(self, path: KeyPath) -> KeyPath:
        """Where a path of what was kept stands in the file; a single thing may be written without its list."""
        result: KeyPath = ()
        for part in path:
            if isinstance(part, int) and result in self.kept and part < len(self.kept[result]):
                part = self.kept[result][part]
            if part == 0 and result in self.lines and (*result, 0) not in self.lines:
                continue
            result = (*result, part)
        return result

    def touches_pruned(self, path: KeyPath) -> bool:
        """Whether a part that was left out lies at, above or below `path`: what is said there may follow from it."""
        path = self.original(path)
        return any(path[: len(gone)] == gone or gone[: len(path)] == path for gone in self.pruned)


def dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)


def read(file: Path, shown: str | None = None) -> Source:
    """Read one YAML file; faults are collected, never raised."""
    source = Source(shown or str(file), path=file)

    def unreadable(line: int, message: str | Message, code: str = "E101") -> Source:
        source.faults.append(Fault(source.file, line, "", message, code))
        return source

    try:
        require_plain(file)
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)  # of a device that never ends no more than this is read
        if len(content) > MOST_BYTES:
            return unreadable(1, Message("core.file_too_large", most=MOST_BYTES), "E104")
        text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return unreadable(line, Message("core.not_yaml", problem=error.problem))
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        return unreadable(line, Message("core.character_of_no_file", code=f"{_code(error.character):04X}"))
    except UnicodeDecodeError:
        return unreadable(1, Message("core.not_utf8_text"))
    except InputError as error:
        return unreadable(1, error.what)
    except OSError as error:
        return unreadable(1, Message("core.unreadable", reason=error.strerror or error))
    except TooLarge as error:
        return unreadable(error.line, error.why, "E104")
    if node is None:
        return unreadable(1, Message("core.file_empty"), "E102")
    source.data = _Builder(source).build(node, (), ())
    return source


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(character)


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source, self.nodes = source, 0

    def build(self, node: yaml.Node, path: KeyPath, above: tuple[int, ...]) -> Any:
        source, line = self.source, node.start_mark.line + 1
        source.lines.setdefault(path, line)
        self.nodes += 1
        if id(node) in above or len(above) > DEEPEST or self.nodes > MOST_NODES:
            if not any(fault.code == "E104" for fault in source.faults):
                why = Message("core.contains_itself") if id(node) in above else _TOO_DEEP
                why = why if self.nodes <= MOST_NODES else _TOO_MANY
                source.faults.append(Fault(source.file, line, dotted(path[:6]), why, "E104"))
            source.pruned.add(path)
            return None
        above = (*above, id(node))
        if node.tag.rsplit(":", 1)[-1] not in TAGS:
            source.fault(path, Message("core.tag_not_used", tag=node.tag[:40]))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, i), above) for i, item in enumerate(node.value)]
        return _scalar(node, path, source)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath, above: tuple[int, ...]) -> dict[str, Any]:
        source, result = self.source, {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                source.fault(path, Message("core.key_no_word"))
                continue
            key = str(key_node.value)
            inner = (*path, key)
            if key in result:
                line = key_node.start_mark.line + 1
                message = Message("core.key_twice", line=source.lines[inner])
                source.faults.append(Fault(source.file, line, dotted(inner), message, "E103"))
                continue
            source.lines[inner] = key_node.start_mark.line + 1
            result[key] = self.build(value_node, inner, above)
        return result


def _scalar(node: yaml.Node, path: KeyPath, source: Source) -> Any:
    text, tag = str(node.value), node.tag.rsplit(":", 1)[-1]
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("true", "yes", "on")
    if tag == "str" and getattr(node, "style", "") not in ("'", '"', "|", ">") and LOOSE.fullmatch(text):
        tag = "float"
    try:
        if tag in ("int", "float"):
            if not PLAIN.fullmatch(text) or len(text) > 40:
                raise ValueError
            return int(text) if tag == "int" else Decimal(text)
        if tag == "timestamp":
            return date.fromisoformat(text)
    except (ValueError, ArithmeticError):
        source.fault(path, Message("core.not_exact", text=text[:40]), "E105")
        source.pruned.add(path)
        return None
    wrong = next(
        (name for name in text if (ord(name) < 32 and name not in "\n\t") or 0xD800 <= ord(name) < 0xE000), None
    )
    if wrong is not None:
        source.fault(path, Message("core.character_of_no_text", code=f"{ord(wrong):04X}"), "E101")
        return text.replace(wrong, "")
    return text


def texts(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text of what was read, with its key path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from texts(inner, (*path, i))
    elif isinstance(value, str):
        yield path, value

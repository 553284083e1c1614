"""JSON that was written by somebody: read in one way, with a limit on nesting and the parts that are needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creditscore.core.boundary import require_plain
from creditscore.core.errors import InputError
from creditscore.core.messages import Message

DEEPEST = 60  # levels; nothing that this package writes has half of them
AGAIN = "give the file as it was written, or have it written again"
KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}
Needed = Mapping[str, type | tuple[type, ...]]


def parse_json(text: str | bytes, what: str, where: object = None, next: str | Message | None = None) -> Any:
    """The data of a JSON text; InputError where it is none, or nested more deeply than anything that we write."""
    place = None if where is None else str(where)
    try:
        data = json.loads(text)
        too_deep = _is_too_deep(data, text)
    except RecursionError:
        too_deep = True
    except ValueError as error:  # of JSON, of UTF-8, of a number with thousands of digits
        why = "a number has too many digits"
        if isinstance(error, UnicodeError):
            why = "it is not UTF-8"
        elif isinstance(error, json.JSONDecodeError):
            why = f"it is no JSON, line {error.lineno}, column {error.colno}"
        raise InputError("core.cannot_read", what_value=what, why=why, where=place, next=next or AGAIN) from error
    if too_deep:
        raise InputError(
            "core.cannot_read_nested_too_deeply", what_value=what, deepest=DEEPEST, where=place, next=next or AGAIN
        )
    return data


def parse_object(
    text: str | bytes, what: str, where: object = None, needed: Needed | None = None, next: str | Message | None = None
) -> dict[str, Any]:
    """The same for an object; `needed` are its parts and of which kind they must be."""
    data = parse_json(text, what, where, next)
    if not isinstance(data, dict):
        raise InputError(
            "core.cannot_read_no_object",
            what_value=what,
            where=None if where is None else str(where),
            next=next or AGAIN,
        )
    require(data, what, where, needed or {}, next)
    return data


def read_json(file: Path, what: str = "", next: str | Message | None = None) -> Any:
    """The data of a JSON file; InputError where it is not there or cannot be read."""
    return parse_json(_bytes(file, next), what or file.name, file, next)


def read_object(
    file: Path, what: str = "", needed: Needed | None = None, next: str | Message | None = None
) -> dict[str, Any]:
    """The object in a JSON file, with the parts that are needed."""
    return parse_object(_bytes(file, next), what or file.name, file, needed, next)


def require(
    data: Mapping[str, Any], what: str, where: object, needed: Needed, next: str | Message | None = None
) -> None:
    """InputError that names every part of `data` which is missing or of another kind."""
    wrong = []
    for name, kinds in needed.items():
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        if not isinstance(data.get(name), wanted) or (isinstance(data[name], bool) and bool not in wanted):
            state = (
                "is missing" if name not in data else f"is not {' or '.join(KINDS.get(k, k.__name__) for k in wanted)}"
            )
            wrong.append(f"{name} {state}")
    if wrong:
        raise InputError(
            "core.cannot_read_2",
            what_value=what,
            listed=", ".join(wrong),
            where=None if where is None else str(where),
            next=next or AGAIN,
        )


def _bytes(file: Path, next: str | Message | None) -> bytes:
    require_plain(file)
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file.name} not found"
            if isinstance(error, FileNotFoundError | NotADirectoryError)
            else f"{file.name} cannot be read: {error.strerror}",
            where=str(file.parent),
            next=next or AGAIN,
        ) from error


def _is_too_deep(data: Any, text: str | bytes) -> bool:
    opening = text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    level = [data] if opening > DEEPEST else []
    for _ in range(DEEPEST + 1):
        level = [inner for part in level if isinstance(part, dict | list) for inner in _inside(part)]
        if not level:
            return False
    return True


def _inside(part: dict[str, Any] | list[Any]) -> list[Any]:
    parts = part.values() if isinstance(part, dict) else part
    return [inner for inner in parts if isinstance(inner, dict | list)]

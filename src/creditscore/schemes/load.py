"""Strict loading: a file becomes a `Scheme` or a list of faults, each with file, line and key path."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from creditscore.errors import SchemeError
from creditscore.schemes.model import Scheme
from creditscore.schemes.source import Fault, KeyPath, Source, read

M = TypeVar("M", bound=BaseModel)


def load_scheme(file: Path, shown: str | None = None) -> Scheme:
    """The scheme in `file`; SchemeError lists every fault at once."""
    source = read(file, shown)
    scheme = parse(source, Scheme)
    if scheme is not None:
        from creditscore.schemes.check import check_scheme
        from creditscore.schemes.laws import load_laws

        beside = file.parent / "laws"  # a scheme outside the library may bring its own legal texts
        check_scheme(scheme, source, {*load_laws(), *(load_laws(beside) if beside.is_dir() else ())})
    raise_faults(source.faults)
    assert scheme is not None
    return scheme


def parse(source: Source, model: type[M]) -> M | None:
    """`source.data` as `model`; None when there were faults (kept in `source.faults`)."""
    if source.data is None:
        return None
    if not isinstance(source.data, dict):
        source.fault((), "the file must be a mapping of keys")
        return None
    try:
        result = model.model_validate(source.data)
    except ValidationError as error:
        seen = set()
        for detail in error.errors():
            path = _key_path(detail["loc"], source)
            message = _message(detail, path, model)
            if (path, message) not in seen:
                seen.add((path, message))
                source.fault(path, message)
        return None
    return None if source.faults else result


def raise_faults(faults: list[Fault]) -> None:
    if faults:
        ordered = sorted(faults, key=lambda fault: (fault.file, fault.line, fault.path, fault.message))
        raise SchemeError(
            f"{len(ordered)} fault{'s' if len(ordered) > 1 else ''} in the configuration:\n  "
            + "\n  ".join(str(fault) for fault in ordered),
            next="mend the lines named above; docs/schemes.md explains every key",
        )


def _key_path(loc: tuple[Any, ...], source: Source) -> KeyPath:
    """The part of pydantic's location that exists in the file, plus the key that is missing or unknown."""
    path: KeyPath = ()
    data = source.data
    for part in loc:
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        ):
            data, path = data[part], (*path, part)
        elif isinstance(data, dict) and isinstance(part, str) and part == loc[-1]:
            path = (*path, part)
    return path


def _message(detail: Any, path: KeyPath, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown key; see docs/schemes.md for the keys allowed here"
    if kind == "missing":
        return "required key is missing"
    if kind == "literal_error":
        return f"{detail['input']!r} is not allowed here; allowed are {context.get('expected')}"
    text = str(detail["msg"]).removeprefix("Value error, ")
    given = detail.get("input")
    return text if isinstance(given, dict | list) or given is None else f"{text} (here {given!r})"

"""Strict loading of a mapping: a file becomes a `Mapping`, or every fault is listed with file, line and key path."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from creditscore.core.config import config_root
from creditscore.core.errors import SchemeError, UsageError
from creditscore.core.yaml_source import Source, read
from creditscore.records.publicity.kinds import KINDS
from creditscore.records.publicity.mapping import Mapping, MappingFile


def load_mapping(given: str | Path | Mapping | None = None) -> Mapping:
    """The table in a file, by default the one of the package; SchemeError lists every fault at once."""
    if isinstance(given, Mapping):
        return given
    file = Path(given) if given is not None else config_root() / "publicity" / "mapping.yaml"
    if not file.is_file():
        raise UsageError("there is no mapping", where=str(file), allowed="a YAML file, see docs/double_publicity.md",
                         next="check the path")  # fmt: skip
    source = read(file, file.name)
    loaded: MappingFile | None = None
    if source.data is not None and not isinstance(source.data, dict):
        source.fault((), "the file must be a mapping with the keys rows and deadlines")
    elif source.data is not None:
        loaded = _parse(source)
    if loaded is not None:
        _check(loaded, source)
    if source.faults or loaded is None:
        faults = sorted(set(source.faults), key=lambda fault: (fault.line, fault.path, fault.message))
        error = SchemeError(
            f"{len(faults)} fault{'s' * (len(faults) > 1)} in the mapping:\n  " + "\n  ".join(map(str, faults)),
            where=str(file),
            next="mend the lines named above; docs/double_publicity.md explains every key",
        )
        error.faults = tuple(faults)
        raise error
    return Mapping(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), loaded.rows, loaded.deadlines)


def _parse(source: Source) -> MappingFile | None:
    data = source.data
    if isinstance(data.get("rows"), list):
        data = data | {"rows": [_named(row, place, source) for place, row in enumerate(data["rows"])]}
    try:
        return MappingFile.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            source.fault(tuple(detail["loc"]), _message(detail), CODES.get(detail["type"], "E108"))
        return None


def _named(row: Any, place: int, source: Source) -> Any:
    """A row with its text of the matter, `violation` or `licence` in the file, as `about`."""
    if not isinstance(row, dict):
        return row
    right, wrong = ("licence", "violation") if row.get("from") == "licences" else ("violation", "licence")
    for key in (wrong, "about", "table", "family"):
        if key in row:
            source.fault(("rows", place, key), "unknown key here", "E106")
    rest = {key: value for key, value in row.items() if key not in ("violation", "licence", "about", "table", "family")}
    return rest | {"about": row[right]} if right in row else rest


CODES = {"extra_forbidden": "E106", "missing": "E107"}  # docs/checks.md


def _message(detail: Any) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown key"
    if detail["type"] == "missing":
        return "required key is missing"
    if detail["type"] == "literal_error":
        return f"{detail['input']!r} is not allowed here; allowed are {detail['ctx']['expected']}"
    return str(detail["msg"]).removeprefix("Value error, ")


def _check(loaded: MappingFile, source: Source) -> None:
    """What pydantic does not see: ids given twice, kinds of the other table, deadlines behind one for all."""
    listed = {"rows": [row.id for row in loaded.rows], "deadlines": [one.id for one in loaded.deadlines]}
    for part, ids in listed.items():
        for place, name in enumerate(ids):
            if (first := ids.index(name)) < place:
                line = source.line((part, first, "id"))
                source.fault((part, place, "id"), f"{name} was given on line {line}; ids must differ", "E113")
    for place, row in enumerate(loaded.rows):
        strange = sorted((row.kinds or frozenset()) - set(KINDS[row.table]))
        if strange or row.kinds == frozenset():
            said = f"not kinds of {row.table}: {', '.join(strange)}" if strange else "no kind"
            source.fault(("rows", place, "kinds"), f"{said}; allowed are {', '.join(KINDS[row.table])}")
    if not loaded.deadlines or loaded.deadlines[-1].authority is not None:
        source.fault(("deadlines",), "the last deadline must be for every authority")
    for place, deadline in enumerate(loaded.deadlines[:-1]):
        if deadline.authority is None:
            source.fault(("deadlines", place), "only the last deadline may be for every authority")

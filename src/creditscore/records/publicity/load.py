"""Strict loading of a mapping: a file becomes a `Mapping`, or every fault is listed with file, line and key path."""

from __future__ import annotations

import hashlib
from pathlib import Path

from creditscore.core.catalogue import Family
from creditscore.core.errors import UsageError
from creditscore.core.references import Unique
from creditscore.core.yaml_source import Source
from creditscore.records.publicity.kinds import KINDS
from creditscore.records.publicity.mapping import Mapping, MappingFile


def load_mapping(given: str | Path | Mapping | None = None) -> Mapping:
    """The table in a file, by default the one of the package; SchemeError lists every fault at once."""
    if isinstance(given, Mapping):
        return given
    (rule_file,) = MAPPING.list_files(None if given is None else Path(given))
    file = rule_file.file
    if not file.is_file():
        raise UsageError(
            "there is no mapping",
            where=str(file),
            allowed="a YAML file, see docs/double_publicity.md",
            next="check the path",
        )
    loaded = MAPPING.load_only(file)
    return Mapping(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), loaded.rows, loaded.deadlines)


def _check(loaded: MappingFile, source: Source) -> None:
    """What pydantic does not see: words and kinds of the other table, deadlines behind one for all."""
    for place, row in enumerate(loaded.rows):
        other = "violation" if row.table == "licences" else "licence"
        if getattr(row, other) is not None:
            source.fault(("rows", place, other), "unknown key here", "E106")
        strange = sorted((row.kinds or frozenset()) - set(KINDS[row.table]))
        if strange or row.kinds == frozenset():
            text = f"not kinds of {row.table}: {', '.join(strange)}" if strange else "no kind"
            source.fault(("rows", place, "kinds"), f"{text}; allowed are {', '.join(KINDS[row.table])}")
    if not loaded.deadlines or loaded.deadlines[-1].authority is not None:
        source.fault(("deadlines",), "the last deadline must be for every authority")
    for place, deadline in enumerate(loaded.deadlines[:-1]):
        if deadline.authority is None:
            source.fault(("deadlines", place), "only the last deadline may be for every authority")


_GIVEN = "{value} was given on line {line}; ids must differ"
MAPPING = Family(
    "publicity",
    "mapping",
    MappingFile,
    "publicity/mapping.yaml",
    unique=(Unique("rows.*.id", _GIVEN, "E113"), Unique("deadlines.*.id", _GIVEN, "E113")),
    check=_check,
    docs="docs/double_publicity.md",
)

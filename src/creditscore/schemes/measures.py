"""Measures: what follows from a grade. One YAML file per domain in configs/supervision/, read strictly.

Content only: a measure is carried out by a person, on the listed basis; a grade alone triggers nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from creditscore.core.config import config_root
from creditscore.core.model import Label, Model
from creditscore.core.partial_parse import parse, raise_faults
from creditscore.core.quantities import to_micro
from creditscore.core.yaml_source import Fault, KeyPath, Source, read
from creditscore.schemes import registry
from creditscore.schemes.laws import LEVELS, BasisLevel, citable, load_laws
from creditscore.schemes.model import Number, Rule

Unit = Literal[
    "yuan_per_kwh",
    "yuan_per_m3",
    "percent",
    "points",
    "grades",
    "checks",
    "documents",
    "loans",
    "days",
    "workdays",
    "months",
    "years",
]
Frequency = Literal["once", "monthly", "quarterly", "half_yearly", "yearly"]


class MeasureValue(Model):
    """An exact number with its unit; `relative`: a change of the usual value, not the value itself."""

    number: Number
    unit: Unit
    bound: Literal["exactly", "at_least", "at_most"] = "exactly"
    relative: bool = False


class Belongs(Model):
    """The grades from which a measure follows: of a scheme (`tax`, `tax@2014`) or of a text that is no scheme here."""

    scheme: str | None = None
    rule: Label | None = None
    grades: list[str] = Field(min_length=1)
    running: int = Field(1, ge=1)  # that many times in a row

    @model_validator(mode="after")
    def _one_of(self) -> Belongs:
        if (self.scheme is None) == (self.rule is None):
            raise ValueError("needs exactly one of: scheme (an id of the library), rule (the name of another text)")
        return self


class GradeMeasure(Rule):
    """One measure: from which grades, what, how much, how often, where, and whether it cuts rights."""

    id: str
    of: list[Belongs] = Field(min_length=1)
    what: Label
    value: MeasureValue | None = None
    frequency: Frequency | None = None
    where: Label | None = None  # the place or the kind of firm, if not everywhere the scheme holds
    cuts_rights: bool  # our inference: it takes away a right or adds a duty

    def level(self) -> BasisLevel:
        """The strongest legal text that the measure cites."""
        laws = load_laws()
        return min((laws[cite.law].level for cite in self.cite), key=LEVELS.index)


class Measures(Model):
    """One file of configs/supervision/."""

    domain: str
    checked_on: date
    measures: list[GradeMeasure]


@lru_cache(maxsize=8)
def load_measures(folder: Path | None = None) -> dict[str, GradeMeasure]:
    """Every measure by id; SchemeError lists the faults of all files at once."""
    folder = folder or config_root() / "supervision"
    found: dict[str, GradeMeasure] = {}
    places: dict[str, str] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob("*.yaml")):
        source = read(file, f"supervision/{file.name}")
        content = parse(source, Measures)
        if content is not None:
            if content.domain != file.stem:
                source.fault(("domain",), f"{content.domain!r} must be the file's name {file.stem!r}")
            for i, measure in enumerate(content.measures):
                path: KeyPath = ("measures", i)
                if measure.id in places:
                    source.fault((*path, "id"), f"{measure.id!r} is taken by {places[measure.id]}; ids are unique")
                places.setdefault(measure.id, f"{source.file}:{source.line((*path, 'id'))}")
                found.setdefault(measure.id, measure)
                _check(measure, source, path, citable())
        faults += source.faults
    raise_faults(faults)
    return found


def _check(measure: GradeMeasure, source: Source, path: KeyPath, laws: Collection[str]) -> None:
    if not measure.cite:
        source.fault(path, "carries no cite; every measure names its law")
    for i, cite in enumerate(measure.cite):
        if cite.law not in laws:
            source.fault((*path, "cite", i), f"cites the law {cite.law!r}, which has no file in configs/laws/")
    if measure.evidence is None:
        source.fault(path, "carries no evidence mark")
    if measure.reading:
        source.fault((*path, "reading"), "readings belong to schemes; write a note")
    if measure.value is not None:
        try:
            to_micro(measure.value.number)
        except ValueError as error:
            source.fault((*path, "value", "number"), str(error))
    for i, belongs in enumerate(measure.of):
        if belongs.scheme is not None:
            _grades(belongs.scheme, belongs.grades, source, (*path, "of", i))


def _grades(name: str, grades: Iterable[str], source: Source, path: KeyPath) -> None:
    scheme, _, pinned = name.partition("@")
    known = [entry for entry in registry.entries() if entry.scheme == scheme]
    chosen = [entry for entry in known if pinned in ("", entry.version)]
    if not chosen:
        there = ", ".join(entry.version for entry in known) if known else "see `creditscore scheme list`"
        source.fault((*path, "scheme"), f"{name!r} is not a scheme of the library; there are: {there}")
    for entry in chosen:
        version_read = registry.readable(entry)
        codes = [grade.code for grade in version_read.grades] if version_read is not None else list(grades)
        for grade in grades:
            if grade not in codes:
                message = f"{grade!r} is not a grade of {scheme}@{entry.version}; there are: {', '.join(codes)}"
                source.fault((*path, "grades"), message)

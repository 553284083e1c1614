"""Measures: what follows from a grade. One YAML file per domain in configs/supervision/, read strictly.

Content only: a measure is carried out by a person, on the listed basis; a grade alone triggers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from creditscore.core.catalogue import Family
from creditscore.core.model import Label, Model
from creditscore.core.references import Citing, Names, Unique
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes import registry
from creditscore.schemes.laws import LEVELS, BasisLevel, load_laws
from creditscore.schemes.model import Number, Rule
from creditscore.schemes.references import LAWS, NO_READINGS, VERSIONS

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

    scheme: Annotated[str | None, Names("version")] = None
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


def _check(content: Measures, source: Source) -> None:
    for i, measure in enumerate(content.measures):
        for k, belongs in enumerate(measure.of):
            if belongs.scheme is not None:
                _check_grades(belongs.scheme, belongs.grades, source, ("measures", i, "of", k, "grades"))


def _check_grades(name: str, grades: Iterable[str], source: Source, path: KeyPath) -> None:
    scheme, _, pinned = name.partition("@")
    for entry in registry.entries():
        if entry.scheme != scheme or pinned not in ("", entry.version):
            continue
        version = registry.readable(entry)
        codes = [grade.code for grade in version.grades] if version is not None else list(grades)
        for grade in grades:
            if grade not in codes:
                message = f"{grade!r} is not a grade of {scheme}@{entry.version}; there are: {', '.join(codes)}"
                source.fault(path, message)


MEASURES = Family(
    "measures",
    "file of measures",
    Measures,
    "supervision",
    named_by=("domain",),
    references=(LAWS, VERSIONS, NO_READINGS),
    citing=Citing(uncited="carries no cite; every measure names its law"),
    unique=(Unique("measures.*.id", "{value!r} is taken by {file}:{line}; ids are unique", across=True),),
    check=_check,
)


def load_measures(folder: Path | None = None) -> dict[str, GradeMeasure]:
    """Every measure by id; SchemeError lists the faults of all files at once."""
    return {measure.id: measure for content in MEASURES.load(folder) for measure in content.measures}

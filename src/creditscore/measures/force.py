"""Legal texts on a day: in force, not, or unknown; and what is left of the basis of a measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from creditscore.schemes.laws import LEVELS, BasisLevel, Law, span_of
from creditscore.schemes.parts import Cite

Force = Literal["yes", "no", "unknown"]
WEAKEST_FOR_RIGHTS: BasisLevel = "department_rule"  # a weaker text may not take away a right


@dataclass(frozen=True)
class Basis:
    """The texts that stand on a day, the level of the strongest, and whether that one is known to be in force."""

    cites: tuple[Cite, ...]
    level: BasisLevel
    certain: bool


def law_force(law: Law, on: date, known: date) -> Force:
    """Whether a text is in force `on` a day by what was known on another. Where only a year is known, the days of that
    year are unknown; a repeal is the first day without force.
    """
    if law.known_from is not None and known < law.known_from:
        return "no"
    begin, end = span_of(law.in_force), span_of(law.repealed)
    issued = span_of(law.promulgated)
    if (begin is not None and on < begin[0]) or (issued is not None and on < issued[0]):
        return "no"
    if end is not None and on >= end[1]:
        return "no"
    if begin is None or on < begin[1] or (end is not None and on >= end[0]):
        return "unknown"
    return "yes"


def basis_on(cites: Iterable[Cite], laws: Mapping[str, Law], on: date, known: date) -> Basis | None:
    """What is left of a basis on a day; None where no cited text was in force and known."""
    standing = [(cite, law_force(laws[cite.law], on, known)) for cite in cites if cite.law in laws]
    left = [(cite, force) for cite, force in standing if force != "no"]
    if not left:
        return None
    # of texts of one level a certain one comes first
    best, force = min(left, key=lambda pair: (LEVELS.index(laws[pair[0].law].level), pair[1] != "yes"))
    return Basis(tuple(cite for cite, _ in left), laws[best.law].level, force == "yes")


def may_cut_rights(level: BasisLevel) -> bool:
    return LEVELS.index(level) <= LEVELS.index(WEAKEST_FOR_RIGHTS)

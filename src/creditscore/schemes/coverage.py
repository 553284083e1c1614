"""Coverage: every system of the district's plan, what of it is here, on what evidence, and what is unknown."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from creditscore.core.catalogue import Family
from creditscore.core.model import Label, Model
from creditscore.core.references import Names
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes import registry
from creditscore.schemes.model import MARKS, Rule, Scheme
from creditscore.schemes.parts import Mark
from creditscore.schemes.references import LAWS, SCHEMES
from creditscore.schemes.walk import rules

if TYPE_CHECKING:
    from creditscore.schemes.profiles import Profile, Section

Status = Literal["exact", "partial", "decision_only", "record_only", "excluded", "mechanism"]


class System(Model):
    """One thing that the plan asks for."""

    id: str
    section: str
    asks: Label
    subject: list[str]
    lead: list[str]
    support: list[str]
    schemes: Annotated[list[str], Names("scheme")]
    status: Status
    reason: Label | None
    notes: Label | None
    cite: Annotated[list[str], Names("law")]
    evidence: Mark


class Refused(Model):
    """An input that is refused, and why."""

    id: str
    section: str | None
    domains: list[str]
    words: list[str]
    reason: str
    why: Label
    cite: list[str]
    evidence: Mark


class NoEvaluation(Model):
    section: str
    what: Label


class Coverage(Model):
    """The table configs/coverage.yaml."""

    plan: str
    checked_on: date
    statuses: dict[Status, Label]
    refusals: dict[str, Label]
    systems: list[System]
    without_evaluation: list[NoEvaluation]
    refused_inputs: list[Refused]


def _check(table: Coverage, source: Source) -> None:
    for i, system in enumerate(table.systems):
        for scheme in system.schemes:
            if system.status == "exact" and not all(is_exact(version) for version in _readable(scheme)):
                source.fault(("systems", i, "status"), f"exact, but {scheme} has numbers that were not published")


COVERAGE = Family("coverage", "table of systems", Coverage, "coverage.yaml", references=(LAWS, SCHEMES), check=_check)


def load_coverage() -> Coverage:
    """The table of the plan's systems; SchemeError lists every fault with file, line and key path."""
    return COVERAGE.load_only()


def _readable(scheme: str) -> list[Scheme]:
    versions = (registry.readable(entry) for entry in registry.entries() if entry.scheme == scheme)
    return [version for version in versions if version is not None]


def marks(scheme: Scheme) -> dict[str, int]:
    """How many rules of a scheme carry which evidence mark, from strong to weak."""
    counted: Counter[str] = Counter(rule.evidence for _, rule in rules(scheme) if rule.evidence is not None)
    return {mark: counted[mark] for mark in MARKS if counted[mark]}


def is_exact(scheme: Scheme) -> bool:
    """Whether every rule was read in, or follows from, a published text."""
    return scheme.role != "stub" and set(marks(scheme)) <= {"verified", "derived", "inference"} and not unknowns(scheme)


def citations(scheme: Scheme) -> tuple[int, int]:
    """How many citations the rules of a scheme make, and how many of them cite the text whole (no article is known)."""
    cited = [cite for _, rule in rules(scheme) for cite in rule.cite]
    return len(cited), sum(not cite.article for cite in cited)


def versions_in(profile: Profile, section: Section) -> list[Scheme]:
    """The versions that a district uses for a section of its plan, at any time of the plan."""
    begin, end = section.from_ or profile.from_, section.to or profile.to
    versions = [version for scheme in section.schemes for version in registry.versions(scheme)]
    return [version for version in versions if _meets(version, begin, end)]


def _meets(scheme: Scheme, begin: date, end: date) -> bool:
    """Whether a version is in force in a span of days; a version of years, in a year of it."""
    starts, ends = scheme.effective_from, scheme.effective_to
    if scheme.period == "year":
        return starts <= end.year and (ends is None or ends > begin.year)  # type: ignore[operator]
    return starts <= end and (ends is None or ends > begin)  # type: ignore[operator]


def _name(path: KeyPath, rule: Rule) -> str:
    keyed = path[1] if path[0] in ("items", "groups", "pools", "facts", "lookups", "repairs") else None
    return str(getattr(rule, "id", None) or keyed or path[-1])


def unknowns(scheme: Scheme) -> list[str]:
    """What nobody published: items, conditions, terms and whole texts, by their codes."""
    named = [_name(path, rule) for path, rule in rules(scheme) if rule.evidence == "unknown"]
    named += [name for name, window in scheme.windows.items() if window.beyond]
    return list(dict.fromkeys(named)) + [label.en for label in scheme.missing]

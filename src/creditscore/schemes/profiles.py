"""Profiles: which scheme a district uses for each section of its plan, under whose responsibility."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from creditscore.core.catalogue import Family
from creditscore.core.errors import SchemeError
from creditscore.core.model import Label, Model
from creditscore.core.references import Names
from creditscore.core.yaml_source import Source
from creditscore.schemes.coverage import load_coverage
from creditscore.schemes.parts import Cite, Mark, listed
from creditscore.schemes.references import LAWS, SCHEMES


class Section(Model):
    """A section of the plan: who is responsible, and the schemes under which its organisations are graded."""

    section: str
    label: Label
    department: Label
    schemes: Annotated[list[str], Names("scheme", any_version=True)]
    rule: Literal["own", "national", "other", "none"]  # the province's, the nation's, somebody else's, no rule
    from_: date | None = Field(None, alias="from")  # the plan's own dates where they differ from the profile's
    to: date | None = None
    note: Label | None = None


class Profile(Model):
    """A district, its plan and the schemes that carry it out."""

    profile: str
    label: Label
    region: str  # code of the administrative division, for tables by region
    from_: date = Field(alias="from")
    to: date
    cite: Annotated[list[Cite], BeforeValidator(listed)]
    evidence: Mark
    sections: list[Section]

    def schemes(self, on: date) -> list[str]:
        """The schemes of all sections in force in the plan on a day, each once, in the order of the plan."""
        chosen = [
            scheme
            for section in self.sections
            if (section.from_ or date.min) <= on <= (section.to or date.max)
            for scheme in section.schemes
        ]
        return list(dict.fromkeys(chosen))


def _check(profile: Profile, source: Source) -> None:
    try:
        table = load_coverage()
    except SchemeError as error:
        source.faults += error.faults
        return
    known = {system.section for system in table.systems} | {without.section for without in table.without_evaluation}
    for i, section in enumerate(profile.sections):
        if section.section not in known and table.plan in {cite.law for cite in profile.cite}:
            source.fault(("sections", i, "section"), f"{section.section!r} is not a section of the plan {table.plan}")
        if (section.rule == "none") != (not section.schemes):
            source.fault(
                ("sections", i, "rule"), "rule: none and schemes: [] go together; a note says why nobody is graded"
            )
    if profile.to < profile.from_:
        source.fault(("to",), "must not be earlier than from")


PROFILES = Family("profiles", "profile", Profile, "profiles", references=(LAWS, SCHEMES), check=_check)


def load_profile(name: str, root: Path | None = None) -> Profile:
    """Load a profile: which schemes a district uses for each section of its plan.

    Parameters
    ----------
    name
        An id (`jilin-edz`, a file in configs/profiles/) or the path of a YAML file.
    root
        The folder of configurations; None: the library's own.

    Returns
    -------
    Profile
        The district, its plan and sections; `.schemes(day)` lists the schemes in force on a day.

    Raises
    ------
    UsageError
        Where there is no such profile; those with a name near to it are named.
    SchemeError
        With every fault of the file, each with line and key path.

    Examples
    --------
    >>> len(load_profile("jilin-edz").sections)
    38
    """
    return PROFILES.pick(name, root and root / PROFILES.place)

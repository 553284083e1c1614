"""Profiles: which scheme a district uses for each section of its plan, under whose responsibility."""

from __future__ import annotations

import difflib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from creditscore.core.config import config_root
from creditscore.core.errors import UsageError
from creditscore.core.model import Label, Model
from creditscore.core.partial_parse import parse, raise_faults
from creditscore.core.yaml_source import Source, read
from creditscore.schemes.parts import Cite, Mark, listed
from creditscore.schemes.registry import entries


class Section(Model):
    """A section of the plan: who is responsible, and the schemes under which its organisations are graded."""

    section: str
    label: Label
    department: Label
    schemes: list[str]
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


def load_profile(name: str, root: Path | None = None) -> Profile:
    """A profile by its id (a file in configs/profiles/) or by the path of a YAML file.

    UsageError where there is none; SchemeError lists every fault with file, line and key path.
    """
    folder = (root or config_root()) / "profiles"
    file = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not file.is_file():
        known = sorted(one.stem for one in folder.glob("*.yaml"))
        raise UsageError(
            f"there is no profile {name!r}",
            allowed=", ".join(difflib.get_close_matches(name, known, 3) or known),
            next="give an id from configs/profiles/ or the path of a YAML file",
        )
    source = read(file, f"profiles/{file.name}")
    profile = parse(source, Profile)
    if profile is not None:
        _check(profile, source, root)
    raise_faults(source.faults)
    assert profile is not None
    return profile


def _check(profile: Profile, source: Source, root: Path | None) -> None:
    from creditscore.schemes.coverage import load_coverage
    from creditscore.schemes.laws import citable

    table = load_coverage()
    known = {one.section for one in table.systems} | {one.section for one in table.without_evaluation}
    ids = {entry.scheme for entry in entries(root)}
    for i, section in enumerate(profile.sections):
        if section.section not in known and table.plan in {cite.law for cite in profile.cite}:
            source.fault(("sections", i, "section"), f"{section.section!r} is not a section of the plan {table.plan}")
        if (section.rule == "none") != (not section.schemes):
            source.fault(
                ("sections", i, "rule"), "rule: none and schemes: [] go together; a note says why nobody is graded"
            )
        for scheme in section.schemes:
            if scheme.partition("@")[0] not in ids:
                source.fault(("sections", i, "schemes"), f"{scheme!r} is not a scheme of the library")
    for cite in profile.cite:
        if cite.law not in citable():
            source.fault(("cite",), f"cites the law {cite.law!r}, which has no file in configs/laws/")
    if profile.to < profile.from_:
        source.fault(("to",), "must not be earlier than from")

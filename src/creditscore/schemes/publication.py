"""What may be published of one organisation: grades and list entries, each on its text (configs/publication.yaml)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from creditscore.core.catalogue import Family
from creditscore.core.model import Model
from creditscore.core.references import Citing
from creditscore.core.yaml_source import Source
from creditscore.schemes import registry
from creditscore.schemes.model import Rule
from creditscore.schemes.references import LAWS


class GradeRule(Rule):
    """Grades of a scheme that are published by name; years `from` and `to` are those of the grade, included."""

    id: str
    scheme: str
    grades: list[str] = Field(min_length=1)
    from_: int | None = Field(None, alias="from")
    to: int | None = None


class EntryRule(Rule):
    """A list whose running entries are published."""

    id: str
    list: str


class Publication(Model):
    """The file of publication rules."""

    grades: list[GradeRule]
    lists: list[EntryRule]

    def grade(self, scheme: str, year: int, code: str) -> GradeRule | None:
        """The rule under which this grade of this scheme (id without version) may stand by name."""
        for grade in self.grades:
            if grade.scheme == scheme and code in grade.grades and (grade.from_ or year) <= year <= (grade.to or year):
                return grade
        return None

    def entry(self, name: str) -> EntryRule | None:
        """The rule under which entries of a list may stand by name."""
        return next((entry for entry in self.lists if entry.list == name), None)


def _check(content: Publication, source: Source) -> None:
    codes: dict[str, set[str]] = {}
    lists: set[str] = set()
    for entry in registry.entries():
        scheme = registry.load(entry)
        codes.setdefault(entry.scheme, set()).update(grade.code for grade in scheme.grades)
        lists.update(scheme.lists)
        if scheme.use != "public_grade":
            for k, rule in enumerate(content.grades):
                if rule.scheme == entry.scheme:
                    source.fault(("grades", k, "scheme"), f"{rule.scheme} is {scheme.use}: it is never published")
    for k, rule in enumerate(content.grades):
        unknown = [code for code in rule.grades if code not in codes.get(rule.scheme, set())]
        if unknown:
            source.fault(("grades", k, "grades"), f"{', '.join(unknown)}: no grade of a scheme {rule.scheme!r}")
    for k, listed in enumerate(content.lists):
        if listed.list not in lists:
            source.fault(("lists", k, "list"), f"{listed.list!r} is no list of any scheme")


PUBLICATION = Family(
    "publication",
    "file of publication rules",
    Publication,
    "publication.yaml",
    references=(LAWS,),
    citing=Citing(uncited="carries no cite; every entry names its law"),
    check=_check,
)


def load_publication(root: Path | None = None) -> Publication:
    """The rules; SchemeError lists every fault with file, line and key path."""
    return PUBLICATION.load_only(root and root / PUBLICATION.place)

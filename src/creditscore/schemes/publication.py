"""What may be published of one organisation: grades and list entries, each on its text (configs/publication.yaml)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from creditscore.core.config import config_root
from creditscore.core.model import Model
from creditscore.core.partial_parse import parse, raise_faults
from creditscore.core.yaml_source import read
from creditscore.schemes import registry
from creditscore.schemes.model import Rule
from creditscore.schemes.remedies import cited


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
        for one in self.grades:
            if one.scheme == scheme and code in one.grades and (one.from_ or year) <= year <= (one.to or year):
                return one
        return None

    def entry(self, name: str) -> EntryRule | None:
        """The rule under which entries of a list may stand by name."""
        return next((one for one in self.lists if one.list == name), None)


def load_publication(root: Path | None = None) -> Publication:
    """The rules; SchemeError lists every fault with file, line and key path."""
    return _read(root or config_root())


@lru_cache(maxsize=4)
def _read(root: Path) -> Publication:
    source = read(root / "publication.yaml", "publication.yaml")
    content = parse(source, Publication)
    if content is not None:
        cited(source, "grades", content.grades)
        cited(source, "lists", content.lists)
        codes: dict[str, set[str]] = {}
        lists: set[str] = set()
        for entry in registry.entries():
            scheme = registry.load(entry)
            codes.setdefault(entry.scheme, set()).update(one.code for one in scheme.grades)
            lists.update(scheme.lists)
            if scheme.use != "public_grade":
                for k, one in enumerate(content.grades):
                    if one.scheme == entry.scheme:
                        source.fault(("grades", k, "scheme"), f"{one.scheme} is {scheme.use}: it is never published")
        for k, one in enumerate(content.grades):
            unknown = [code for code in one.grades if code not in codes.get(one.scheme, set())]
            if unknown:
                source.fault(("grades", k, "grades"), f"{', '.join(unknown)}: no grade of a scheme {one.scheme!r}")
        for k, rule in enumerate(content.lists):
            if rule.list not in lists:
                source.fault(("lists", k, "list"), f"{rule.list!r} is no list of any scheme")
    raise_faults(source.faults)
    assert content is not None
    return content

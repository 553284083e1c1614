"""Remedies: what a subject can do about a grade, until when, and where that is written (configs/remedies.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from creditscore.core.catalogue import Family
from creditscore.core.errors import SchemeError
from creditscore.core.model import Label, Model
from creditscore.core.references import Citing, Names
from creditscore.core.yaml_source import Source, read
from creditscore.schemes.laws import load_laws
from creditscore.schemes.lists import Span
from creditscore.schemes.model import Rule
from creditscore.schemes.references import LAWS, SCHEMES, find_schemes

ANY = "any"
OF_PROCEDURE = ("cite", "evidence", "limit", "decided_within", "order")
YEAR_END = {"year": 1, "month": 12, "day": 31}


class Remedy(Rule):
    """One way: what is asked, of whom, until when.

    Years `from` and `to` are evaluation years, included. `in_force` is the first day on which the way is open to who
    learns of a grade, `ended` the first on which it no longer is.
    """

    id: str
    scheme: Annotated[str | list[str], Names("scheme")]
    from_: int | None = Field(None, alias="from")
    to: int | None = None
    in_force: date | None = None
    ended: date | None = None
    what: Label
    where: Label
    until: Label | None = None  # absent: no time limit was seen
    limit: Literal["end_of_year"] | Span | None = None  # the same as a rule, where a day can be computed
    decided_within: Span | None = None
    order: Label | None = None  # which way shuts this one
    procedure: str | None = None  # one of configs/review/: law, mark, last day and days of the decision are its own

    def fits(self, scheme: str, year: int, on: date) -> bool:
        """Whether the way is open against a grade of a scheme for a year that the subject learns of on a day."""
        return (
            (self.from_ or year) <= year <= (self.to or year)
            and (self.in_force or on) <= on
            and (self.ended is None or on < self.ended)
            and self.is_of(scheme)
        )

    def is_of(self, scheme: str) -> bool:
        """Whether the entry is one of a scheme, or of all."""
        return any(name == ANY or scheme == name or scheme.startswith(f"{name}/") for name in self.schemes)

    @property
    def schemes(self) -> list[str]:
        return [self.scheme] if isinstance(self.scheme, str) else self.scheme

    def last_day(self, on: date) -> date | None:
        """The last day for a result given on `on`; None where no text says so in days of the calendar."""
        if self.limit == "end_of_year":
            return date(on.year, 12, 31)
        if isinstance(self.limit, Span) and self.limit.days is not None:
            return on + timedelta(days=self.limit.days)
        return None


class Terms(Rule):
    """How long a decision can be contested from its receipt: by administrative review, by suit.

    `in_force` is the first day of decisions it holds for, `ended` the first on which it no longer does.
    """

    id: str
    in_force: date
    ended: date | None = None
    review: Label
    suit: Label


class Remedies(Model):
    """The file of remedies."""

    remedies: list[Remedy] = Field(min_length=1)
    terms: list[Terms] = Field(default_factory=list)


def _complete(content: Remedies, source: Source) -> Remedies:
    remedies = [_complete_one(source, k, remedy) for k, remedy in enumerate(content.remedies)]
    return content.model_copy(update={"remedies": remedies})


def _complete_one(source: Source, k: int, open_remedy: Remedy) -> Remedy:
    """A remedy with what configs/review/ says of its procedure: each fact stands in one file."""
    if open_remedy.procedure is None:
        return open_remedy
    doubled = [name for name in OF_PROCEDURE if getattr(open_remedy, name) not in (None, [])]
    if doubled:
        source.fault(("remedies", k, doubled[0]), "stands with the procedure in configs/review/, and nowhere else")
        return open_remedy
    assert source.path is not None
    place = source.path.parent / "review" / f"{open_remedy.schemes[0]}.yaml"
    data = read(place, f"review/{place.name}").data if place.is_file() else {"procedures": []}
    procedures = [
        row
        for row in data["procedures"]
        if row["id"] == open_remedy.procedure and _years(row) == (open_remedy.from_, open_remedy.to)
    ]
    if len(procedures) != 1:
        source.fault(
            ("remedies", k, "procedure"), f"review/{place.name} has no {open_remedy.procedure!r} for these years"
        )
        return open_remedy
    (row,) = procedures
    rule = Rule.model_validate({"cite": row.get("cite", []), "evidence": row.get("evidence")})
    days = row.get("decide", {}).get("working_days")
    door = next((each for each in data.get("doors", []) if each["shut"] == open_remedy.procedure), None)
    return open_remedy.model_copy(
        update={
            "cite": rule.cite,
            "evidence": rule.evidence,
            "limit": "end_of_year" if row.get("open", {}).get("to") == YEAR_END else None,
            "decided_within": None if days is None else Span(workdays=days),
            "order": None if door is None else Label(**door["label"]),
        }
    )


def _years(row: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The years of a procedure as a remedy writes them: the first rule begins with the first year there is."""
    years = row.get("years", {})
    return (None if years.get("to") is not None else years.get("from")), years.get("to")


def _check(content: Remedies, source: Source) -> None:
    laws = load_laws()
    entries: list[Remedy | Terms] = [*content.remedies, *content.terms]
    places = [("remedies", k) for k in range(len(content.remedies))] + [("terms", k) for k in range(len(content.terms))]
    for place, entry in zip(places, entries, strict=True):
        if entry.in_force is not None and entry.ended is not None and entry.ended <= entry.in_force:
            source.fault((*place, "ended"), f"{entry.ended} is not after {entry.in_force}, the first day")
        for law in (laws[cite.law] for cite in entry.cite if cite.law in laws):
            if entry.in_force is not None and not law.governs(entry.in_force):
                message = f"{entry.in_force} lies before {law.id}, which is sure to hold from {law.surely_from}"
                source.fault((*place, "in_force"), message)


REMEDIES = Family(
    "remedies",
    "file of remedies",
    Remedies,
    "remedies.yaml",
    references=(LAWS, replace(SCHEMES, find_known=lambda _: {ANY, *find_schemes()})),
    citing=Citing(uncited="carries no cite; every entry names its law"),
    complete=_complete,
    check=_check,
    depends_on=("review",),
)


def remedy(scheme: str, year: int, on: date, root: Path | None = None) -> Remedy | None:
    """The remedy against a grade of a scheme (id without version) for an evaluation year, learnt of on a day.

    None where no text of that time was seen; SchemeError where the scheme has no entry of any time.
    """
    entries = REMEDIES.load_only(root and root / REMEDIES.place).remedies
    for entry in entries:
        if entry.fits(scheme, year, on):
            return entry
    if any(entry.is_of(scheme) for entry in entries):
        return None
    raise SchemeError("schemes.no_remedy_written_down", scheme=scheme, where="configs/remedies.yaml")


def terms_on(day: date, root: Path | None = None) -> Terms | None:
    """The terms of review and suit against a decision of a day; None where no text of that time was seen."""
    terms = REMEDIES.load_only(root and root / REMEDIES.place).terms
    return next(
        (entry for entry in terms if entry.in_force <= day and (entry.ended is None or day < entry.ended)), None
    )

"""What texts say of the life of a grade and of an objection: configs/review/, read strictly; unknown stays unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from creditscore.core.catalogue import Family
from creditscore.core.days import iso, to_day
from creditscore.core.model import Label, Model
from creditscore.core.references import Citing, Unique
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.model import Mark, Rule
from creditscore.schemes.parts import listed
from creditscore.schemes.references import LAWS

ProcedureId = Literal["preview", "review", "announce", "finalise", "supplement", "reevaluation", "repair"]
Count = Annotated[int, Field(ge=0, le=400)]
UNCITED = ("project_default", "local", "unknown")  # marks of what no text need say


class YearDay(Model):
    """A day counted from the evaluation year: `year: 1, month: 3, day: 31` is 31 March of the year after."""

    year: Annotated[int, Field(ge=0, le=5)]
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]

    def on(self, period: int) -> int:
        return to_day(date(period + self.year, self.month, self.day))


class Window(Model):
    """When something may be done: between two days, or after a step, for a number of days where one is given."""

    from_: YearDay | None = Field(None, alias="from")
    to: YearDay | None = None
    after: ProcedureId | None = None
    days: Count | None = None


class Decide(Model):
    """Until when it is decided: working days after it was received, or together with another step."""

    working_days: Count | None = None
    with_: ProcedureId | None = Field(None, alias="with")

    @model_validator(mode="after")
    def _one(self) -> Decide:
        if (self.working_days is None) == (self.with_ is None):
            raise ValueError("needs exactly one of: working_days, with")
        return self


class Lasts(Model):
    days: Count


class Years(Model):
    """Evaluation years, both included."""

    from_: int | None = Field(None, alias="from")
    to: int | None = None

    def hold(self, year: int) -> bool:
        return (self.from_ is None or year >= self.from_) and (self.to is None or year <= self.to)


class Procedure(Rule):
    """A step in the life of a grade; what is absent was not seen in any text."""

    id: ProcedureId
    label: Label
    evidence: Mark
    years: Years = Field(default_factory=Years)
    open: Window | None = None
    lasts: Lasts | None = None
    decide: Decide | None = None


class Door(Rule):
    """A procedure that another one shuts for the same year."""

    shut: ProcedureId
    by: ProcedureId
    label: Label
    evidence: Mark


class LifeRules(Model):
    """One file of configs/review/: the life of the grades of some schemes."""

    schemes: Annotated[list[str], BeforeValidator(listed)]
    checked_on: date
    procedures: list[Procedure]
    doors: list[Door] = Field(default_factory=list)

    def procedure(self, name: str, year: int) -> Procedure | None:
        """The procedure that holds for an evaluation year; None where no text was seen."""
        return next(
            (procedure for procedure in self.procedures if procedure.id == name and procedure.years.hold(year)), None
        )


class Clock(Rule):
    """The days of an objection at a place, in working days after it was received."""

    id: str
    label: Label
    evidence: Mark
    regions: list[str] = Field(default_factory=list)
    from_: int | None = Field(None, alias="from")
    mark: Count | None = None
    own: Count
    other: Count
    pass_on: Count | None = None
    answer: Count | None = None


class Objections(Model):
    checked_on: date
    clocks: list[Clock] = Field(min_length=1)


NO_RULES = LifeRules(schemes=[], checked_on=date(1970, 1, 1), procedures=[])


def life_rules(scheme: str, folder: Path | None = None) -> LifeRules:
    """The rules for a scheme (its id without version); without any procedure where no text was seen."""
    return next((rules for rules in LIFE_RULES.load(folder) if scheme in rules.schemes), NO_RULES)


def clock_of(region: str, on: int, name: str = "", folder: Path | None = None) -> Clock:
    """The clock of a place: the one named, else the longest region code that fits from its year on, else the default.

    Raises UsageError for a name that does not exist.
    """
    clocks = CLOCKS.load_only(folder and folder / OBJECTIONS_FILE).clocks
    if name:
        from creditscore.core.errors import UsageError

        review_clock = next((clock for clock in clocks if clock.id == name), None)
        if review_clock is None:
            raise UsageError("status.no_clock", name=name, allowed=", ".join(clock.id for clock in clocks))
        return review_clock
    year = int(iso(on)[:4])
    fitting = [
        (len(code), clock)
        for clock in clocks
        for code in clock.regions
        if region.startswith(code) and (clock.from_ is None or year >= clock.from_)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else clocks[0]


def _check_clocks(content: Objections, source: Source) -> None:
    if content.clocks[0].id != "default" or content.clocks[0].regions:
        source.fault(("clocks", 0), "the first clock is the default, which holds for every region")
    for k, clock in enumerate(content.clocks):
        if clock.own > clock.other:
            source.fault(("clocks", k, "other"), "another office's data cannot take less time than the office's own")


def _check_life(content: LifeRules, source: Source) -> None:
    for k, rule in enumerate(content.procedures):
        if rule.open is not None:
            _days(source, ("procedures", k, "open"), rule.open)
        for other in content.procedures[:k]:
            if other.id == rule.id and _overlap(other.years, rule.years):
                source.fault(("procedures", k, "years"), f"two rules of {rule.id} hold for one evaluation year")


def _days(source: Source, path: KeyPath, window: Window) -> None:
    for name, day in (("from", window.from_), ("to", window.to)):
        if day is not None:
            try:
                day.on(2000)
            except ValueError:
                source.fault((*path, name), f"{day.month}-{day.day} is no day of the year")
    if window.days is not None and (window.after is None or window.to is not None):
        source.fault((*path, "days"), "a number of days is counted after a step, and then `to` says nothing")


def _overlap(years: Years, other: Years) -> bool:
    starts = max(years.from_ or 0, other.from_ or 0)
    ends = [year for year in (years.to, other.to) if year is not None]
    return not ends or starts <= min(ends)


_CITING = Citing(
    uncited="carries no cite; every rule names its text, or says by its mark that there is none", free=UNCITED
)
OBJECTIONS_FILE = "objections.yaml"
CLOCKS = Family(
    "objections",
    "file of clocks",
    Objections,
    f"review/{OBJECTIONS_FILE}",
    references=(LAWS,),
    citing=_CITING,
    unique=(Unique("clocks.*.id"),),
    check=_check_clocks,
)
LIFE_RULES = Family(
    "review",
    "file of procedures",
    LifeRules,
    "review",
    leaves_out=(OBJECTIONS_FILE,),
    references=(LAWS,),
    citing=_CITING,
    unique=(Unique("schemes.*", "{value} stands in another file too", across=True),),
    check=_check_life,
)

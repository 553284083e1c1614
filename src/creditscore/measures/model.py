"""What the four lists may say: conduct and measures of both sides, the links between them, and a head for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from creditscore.core.model import Label, Model
from creditscore.schemes.laws import BasisLevel
from creditscore.schemes.lists import ListKind, Span
from creditscore.schemes.measures import Frequency, MeasureValue
from creditscore.schemes.model import Mark, Rule
from creditscore.schemes.parts import listed

Side = Literal["reward", "punish"]
EventKind = Literal[
    "licence", "procurement", "bid", "fund", "award", "assessment", "promise", "clearance", "inspection_plan"
]
Tier = Literal["minor", "general", "serious", "unknown"]
Level = Literal["national", "provincial", "city", "district", "unknown"]  # where the measure was made
Rhythm = Frequency | Literal["each_event", "unknown"]
ANY = "any"  # every department that handles the event

TABLES = ("reward_conduct", "dishonest_conduct", "reward_measures", "punish_measures")


class ListName(Model):
    """What one of the four lists is called, and on what evidence."""

    label: Label
    evidence: Mark


class Days(Rule):
    """A number of days, with its source and mark."""

    days: int = Field(ge=0)


class Department(Model):
    """A department as the tables name it by its code."""

    label: Label


class Head(Model):
    """four_lists.yaml: what holds for all tables of one set."""

    four_lists: str
    label: Label
    checked_on: date
    names: dict[Literal["reward_conduct", "dishonest_conduct", "reward_measures", "punish_measures"], ListName]
    departments: dict[str, Department]
    feedback: Days  # from execution to feedback
    withdrawal: Days  # from the day on which a decision was annulled


class Criterion(Model):
    """By which rule the conduct was decided: a scheme and triggers of its list. `grade` and `score` are refused."""

    scheme: str
    triggers: list[str] = Field(default_factory=list)
    grade: str | None = None
    score: Any = None


Criteria = Annotated[list[Criterion], BeforeValidator(listed), Field(min_length=1)]


class Conduct(Rule):
    """A line of the conduct tables. `list` names the entry from which measures may follow."""

    id: str
    domain: str
    conduct: Label
    list: str
    kind: ListKind | None = None  # only of a list that no scheme of the library describes
    tier: Tier = "unknown"
    criterion: Criteria
    owner: str


class Period(Model):
    """How long a measure may last: a span counted from `since`, as long as the entry, or nobody published it."""

    short_form: ClassVar[dict[str, Any]] = {"enum": ["until_exit", "unknown"]}

    span: Span | None = None
    since: Literal["entered_on", "executed_on"] = "executed_on"
    until_exit: bool = False
    unknown: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {value: True} if value in ("until_exit", "unknown") else value

    @model_validator(mode="after")
    def _one(self) -> Period:
        if (self.span is not None) + self.until_exit + self.unknown != 1:
            raise ValueError("needs exactly one of: a span such as {span: {years: 1}}, until_exit, unknown")
        return self


class Measure(Rule):
    """What both tables of measures hold."""

    id: str
    measure: Label
    object: Annotated[list[str], BeforeValidator(listed)] = Field(min_length=1)
    at: Annotated[list[EventKind], BeforeValidator(listed)] = Field(min_length=1)
    dept: Annotated[list[str], BeforeValidator(listed)] = Field(min_length=1)
    level: Level
    frequency: Rhythm
    basis_level: BasisLevel
    max_period: Period
    value: MeasureValue | None = None
    where: Label | None = None  # a condition that the deciding person checks


class RewardMeasure(Measure):
    """A line of reward_measures."""


class PunishMeasure(Measure):
    """A line of punish_measures; `cuts_rights`: it takes away a right or adds a duty (our inference)."""

    cuts_rights: bool


class Link(Model):
    """This measure may follow from this conduct, because …"""

    conduct_id: str
    measure_id: str
    relevance_reason: Label | None = None
    evidence: Mark


class RewardConducts(Model):
    """reward_conduct.yaml"""

    reward_conduct: list[Conduct]


class DishonestConducts(Model):
    """dishonest_conduct.yaml"""

    dishonest_conduct: list[Conduct]


class RewardMeasures(Model):
    """reward_measures.yaml"""

    reward_measures: list[RewardMeasure]


class PunishMeasures(Model):
    """punish_measures.yaml"""

    punish_measures: list[PunishMeasure]


class Links(Model):
    """links.yaml"""

    links: list[Link]


@dataclass(frozen=True)
class FourLists:
    """A whole set: sides, conduct and measures by id, the kind of every list known here, and a hash of the files."""

    head: Head
    conducts: Mapping[str, Conduct]
    measures: Mapping[str, Measure]
    sides: Mapping[str, Side]  # of conduct and measures alike
    links: tuple[Link, ...]
    kinds: Mapping[str, ListKind]
    digest: str
    by_list: Mapping[str, Conduct] = field(default_factory=dict)

    def linked(self, conduct_id: str) -> list[tuple[Link, Measure]]:
        """The measures that may follow from a conduct, in order of their ids."""
        links = [(link, self.measures[link.measure_id]) for link in self.links if link.conduct_id == conduct_id]
        return sorted(links, key=lambda pair: pair[1].id)

"""What a scheme may say: one YAML file = one version of one grading system under one legal text.

The parts that concern records are in `parts`; here are facts, start, decisions and the scheme itself.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from creditscore.schemes.parts import (
    MARKS,
    Applies,
    Attribute,
    Cite,
    Clock,
    GiveBack,
    Group,
    Item,
    ItemRepair,
    Label,
    Lookup,
    Mark,
    Model,
    Number,
    Pool,
    RecordAttribute,
    RepairRule,
    RepairWindow,
    Route,
    Rule,
    Tier,
    Use,
    Value,
    Window,
    listed,
)

__all__ = [
    "MARKS",
    "Admit",
    "Applies",
    "Attribute",
    "Band",
    "Bonus",
    "Cite",
    "Clock",
    "Combine",
    "Condition",
    "Decide",
    "Exemption",
    "Fact",
    "Gap",
    "GiveBack",
    "GradeName",
    "Group",
    "Item",
    "ItemRepair",
    "Label",
    "Lookup",
    "Mark",
    "Model",
    "Number",
    "Pool",
    "RecordAttribute",
    "RepairRule",
    "RepairWindow",
    "Route",
    "Rule",
    "Scheme",
    "Start",
    "StartRule",
    "Tier",
    "Use",
    "Value",
    "Window",
]


class Fact(Rule):
    """A named aggregate of one subject."""

    of: Literal["records", "history", "listings", "attributes"] = "records"
    take: Literal["count", "sum", "max", "min", "latest", "any", "run", "chain", "months_since", "days_since"]
    items: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    window: str | None = None
    where: str | None = None
    by: str | None = None  # count distinct acts, days, months, years or values of an attribute
    column: str | None = None  # what sum, max and min are taken of
    years: tuple[int, int] | None = None  # history: relative to the evaluation year
    lists: list[str] = Field(default_factory=list)
    dates: list[str] = Field(default_factory=list)  # months_since: the first date that is given
    at: Literal["as_of", "known_at", "period_start"] = "as_of"
    absent: Number | None = None  # months_since without a date; max and min of nothing


class StartRule(Rule):
    id: str
    points: Number
    when: str | None = None


class Bonus(Rule):
    id: str
    each: Number
    of: str


class Start(Model):
    rules: list[StartRule]
    bonus: list[Bonus] = Field(default_factory=list)
    at_most: Number | None = None


class Condition(Rule):
    """Points that follow from a fact, not from one record."""

    id: str
    label: Label
    when: str
    deduct: Number | None = None
    add: Number | None = None
    unknown: bool = False  # nobody published the number of points


class Combine(Model):
    heaviest_per: Literal["act"] | None = None
    floor: Number | None = None
    ceiling: Number | None = None


class Band(Model):
    grade: str
    at_least: Number | None = None
    above: Number | None = None
    at_most: Number | None = None
    below: Number | None = None


class Decide(Rule):
    """One line of the ordered list: it sets a state or a grade, or (after a grade is set) limits or shifts it."""

    id: str
    when: str | None = None
    not_graded: str | None = None
    grade: str | None = None
    bands: list[Band] | None = None
    ceiling: str | None = None
    floor: str | None = None
    down: int | None = None
    up: int | None = None
    route: Route | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> Decide:
        effects = [self.not_graded, self.grade, self.bands, self.ceiling, self.floor, self.down, self.up]
        if sum(effect is not None for effect in effects) != 1:
            raise ValueError("needs exactly one of: not_graded, grade, bands, ceiling, floor, down, up")
        return self

    @property
    def decides(self) -> bool:
        return self.not_graded is not None or self.grade is not None or self.bands is not None


class Exemption(Rule):
    """Records that are known and in the window, but do not count."""

    id: str
    label: Label
    when: str


class Admit(Model):
    clock: str
    window: str
    exempt: list[Exemption] = Field(default_factory=list)


class GradeName(Model):
    code: str
    label: Label


class Gap(Model):
    from_: int | date = Field(alias="from")
    to: int | date
    reason: str


class Scheme(Model):
    """One version of one grading system."""

    scheme: str
    domain: str
    use: Use
    label: Label
    period: Literal["year", "day"]
    effective_from: int | date
    effective_to: int | date | None = None  # half-open: the first period or day no longer governed
    known_from: date | None = None
    checked_on: date
    cite: Annotated[list[Cite], BeforeValidator(listed)]
    evidence: Mark
    gap: list[Gap] = Field(default_factory=list)
    subject_id: Literal["uscc", "local"] = "uscc"
    kinds: list[str] | None = None  # kinds of subjects in scope; None: every organisation
    direction: Literal["higher_is_better", "lower_is_better"] | None = None
    grades: list[GradeName]  # best first
    readings: dict[str, Label] = Field(default_factory=dict)
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    record_attributes: dict[str, RecordAttribute] = Field(default_factory=dict)
    shorthand_records: dict[str, str] = Field(default_factory=dict)  # attribute (date) → item
    clocks: dict[str, list[Clock]]
    windows: dict[str, Window]
    admit: Admit
    repairs: dict[str, RepairRule] = Field(default_factory=dict)
    groups: dict[str, Group] = Field(default_factory=dict)
    pools: dict[str, Pool] = Field(default_factory=dict)
    items: dict[str, Annotated[list[Item], BeforeValidator(listed)]]
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    facts: dict[str, Fact] = Field(default_factory=dict)
    start: Start | None = None
    conditions: list[Condition] = Field(default_factory=list)
    combine: Combine = Combine()
    decide: list[Decide]

    @property
    def version(self) -> str:
        return str(self.effective_from)

    @property
    def name(self) -> str:
        return f"{self.scheme}@{self.version}"

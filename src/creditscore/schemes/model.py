"""What a scheme may say: one YAML file = one version of one grading system under one legal text.

Frozen pydantic models; unknown keys are refused. `docs/schemes.md` explains each key with an example.
Points are decimals with at most six places, dates are dates, conditions are the language of `expressions`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MARKS = ("verified", "recalled", "derived", "inference", "local", "project_default", "unknown")
Mark = Literal["verified", "recalled", "derived", "inference", "local", "project_default", "unknown"]
Route = Literal["score", "direct", "linked", "retained", "special", "repaired", "adjusted", "imported"]
Clock = Literal["event_on", "occurred_on", "decided_on", "booked_on", "published_on", "recorded_on"]
Basis = Literal["time", "day", "month", "quarter", "year", "period", "act"]
Use = Literal["public_grade", "internal_risk", "list", "professional_record"]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{value!r} is not an exact number; write plain digits such as 5 or 2.4")
    return Decimal(value)


Number = Annotated[Decimal, BeforeValidator(_number)]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


class Label(Model):
    zh: str
    en: str


class Cite(Model):
    """A place in a legal text; `law` names a file in configs/laws/."""

    law: str
    article: str = ""


class Applies(Model):
    """When a rule is in force, on its own key; `from` and `to` are included (years for `by: period`, else dates)."""

    by: Literal["period", "occurred_on", "decided_on", "booked_on", "corrected_on"] = "period"
    from_: int | date | None = Field(None, alias="from")
    to: int | date | None = None
    known_from: date | None = None
    known_to: date | None = None  # last day on which the rule was still believed to apply


class Rule(Model):
    """What every rule carries: its words, its source, its mark, how doubts are read, when it applies."""

    label: Label | None = None
    cite: Annotated[list[Cite], BeforeValidator(_listed)] = Field(default_factory=list)
    evidence: Mark | None = None
    reading: str | None = None
    applies: Applies | None = None
    note: str | None = None


class Tier(Model):
    """Up to and including `to`, or strictly below `below`; the last tier has neither."""

    to: Number | None = None
    below: Number | None = None
    points: Number


class Value(Model):
    """Points of one record: exactly one of the forms below."""

    fixed: Number | None = None
    each: Number | None = None  # times quantity
    base: Number | None = None  # base + attribute `plus`, in `unit`
    plus: str | None = None
    unit: Literal["percent_points", "points"] | None = None
    of: str | None = None  # tiers of `amount` or `quantity`; levels of a record attribute
    tiers: list[Tier] | None = None
    levels: dict[str, Number] | None = None
    pool: str | None = None  # weight unknown inside a pool whose total is known
    unknown: bool = False
    range: tuple[Number, Number | None] | None = None  # admissible values of an unknown number

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return {"fixed": value}
        return {"unknown": True} if value == "unknown" else value

    @model_validator(mode="after")
    def _one_form(self) -> Value:
        forms = [self.fixed, self.each, self.base, self.tiers, self.levels, self.pool, self.unknown or None]
        if sum(form is not None for form in forms) != 1:
            raise ValueError("needs exactly one of: a number, each, base, tiers, levels, pool, unknown")
        if (self.base is not None) != (self.plus is not None) or (self.plus and self.unit is None):
            raise ValueError("base needs plus (a record attribute) and unit (percent_points or points)")
        if (self.tiers or self.levels) and self.of is None:
            raise ValueError("tiers and levels need of: (amount, quantity or a record attribute)")
        return self


class GiveBack(Model):
    """Points given back in one window, to amounts up to `amount_to` when stated; `all` lifts the record."""

    points: Number | Literal["all"]
    amount_to: Number | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"points": value}


class ItemRepair(Model):
    rule: str
    gives: dict[str, Annotated[list[GiveBack], BeforeValidator(_listed)]]
    cite: Annotated[list[Cite], BeforeValidator(_listed)] = Field(default_factory=list)
    evidence: Mark | None = None
    reading: str | None = None


class Item(Rule):
    """A line of an annex: what one kind of record weighs. Without `deduct` or `add` it is only read by facts."""

    label: Label
    deduct: Value | None = None
    add: Value | None = None
    per: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=lambda: ["time"])
    clock: str | None = None
    window: str | None = None
    group: str | None = None
    cap: Number | None = None
    tags: list[str] = Field(default_factory=list)
    requires: list[str] = Field(default_factory=list)
    repair: ItemRepair | None = None

    @property
    def value(self) -> Value | None:
        return self.deduct or self.add


class Group(Rule):
    label: Label
    cap: Number | None = None
    take: Literal["all", "heaviest"] = "all"


class Pool(Rule):
    """Items whose single weights nobody published, but whose total weight is known (points per unit of quantity)."""

    label: Label
    total: Number


class Window(Model):
    """Which days of the clock count, seen from the day of grading (`as_of`, the end of an evaluation year)."""

    years: tuple[int, int] | None = None  # calendar years relative to the evaluation year
    months: int | None = None  # trailing months up to as_of
    days: int | None = None  # trailing days up to as_of
    valid: dict[Literal["months", "days", "years"], int] | None = None  # life of each record
    after_days: int = 0  # a record's life begins this many days after its clock
    ever: bool = False
    edge: Literal["inclusive", "exclusive"] | None = None  # the first day of months/days, the last day of valid
    until: Literal["as_of", "known_at"] = "as_of"
    or_uncorrected: bool = False
    or_until: str | None = None  # a record attribute (date) that prolongs the record's life

    @model_validator(mode="after")
    def _one_form(self) -> Window:
        forms = [self.years, self.months, self.days, self.valid, self.ever or None]
        if sum(form is not None for form in forms) != 1:
            raise ValueError("needs exactly one of: years, months, days, valid, ever")
        if (self.months or self.days or self.valid) and self.edge is None:
            raise ValueError("needs edge: inclusive or exclusive")
        return self


class RepairWindow(Model):
    """A correction falls into the first window whose last day it does not pass; `later` has no last day."""

    id: str
    days: int | None = None
    months: int | None = None
    end_of_year: int | None = None  # 0: 31 December of the clock's year; 1: of the next
    later: bool = False
    roll: Literal["none", "next_working_day"] = "none"
    label: Label | None = None


class RepairRule(Rule):
    clock: str
    windows: list[RepairWindow]


class RecordAttribute(Model):
    type: Literal["text", "number", "date", "bool"]
    allowed: list[str] | None = None
    least: Number | None = None
    most: Number | None = None
    label: Label | None = None


class Attribute(Model):
    """A fact of the subject that is not a record. `absent` is what silence means; a date has no value for it."""

    type: Literal["bool", "text", "number", "date"]
    absent: Any = None
    allowed: list[str] | None = None
    label: Label | None = None
    cite: Annotated[list[Cite], BeforeValidator(_listed)] = Field(default_factory=list)
    reading: str | None = None

    @model_validator(mode="after")
    def _silence(self) -> Attribute:
        right = {"bool": bool, "text": str, "number": (int, Decimal), "date": type(None)}[self.type]
        if not isinstance(self.absent, right) or (self.type == "number" and isinstance(self.absent, bool)):
            raise ValueError(f"absent: must say what silence means, as a {self.type}")
        return self


class Lookup(Rule):
    """A table by a column of the subject (for example amounts by province); `default` for other keys."""

    key: str
    prefix: int | None = None  # compare the first characters only
    columns: list[str]
    rows: dict[str, list[Number]]
    default: list[Number]


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
    cite: Annotated[list[Cite], BeforeValidator(_listed)]
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
    items: dict[str, Annotated[list[Item], BeforeValidator(_listed)]]
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

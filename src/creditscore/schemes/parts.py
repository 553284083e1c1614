"""The parts of a scheme that concern records: items and their points, windows, repair, attributes.

Frozen pydantic models; unknown keys are refused. `docs/schemes.md` explains each key with an example.
Points are decimals with at most six places, dates are dates, conditions are the language of `expressions`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from creditscore.core.i18n import label_of
from creditscore.core.model import Label, Model
from creditscore.core.references import Names

MARKS = ("verified", "recalled", "derived", "inference", "local", "project_default", "unknown")
Mark = Literal["verified", "recalled", "derived", "inference", "local", "project_default", "unknown"]
Route = Literal["score", "direct", "linked", "retained", "special", "repaired", "adjusted", "imported"]
Clock = Literal["event_on", "occurred_on", "decided_on", "booked_on", "published_on", "recorded_on"]
DATES: tuple[str, ...] = get_args(Clock)
Use = Literal["public_grade", "internal_risk", "list", "professional_record"]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{value!r} is not an exact number; write plain digits such as 5 or 2.4")
    return Decimal(value)


Number = Annotated[Decimal, BeforeValidator(_number)]
Year = Annotated[int, Field(ge=1900, le=2100)]


def listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Cite(Model):
    """A place in a legal text; `law` names a file in configs/laws/. `article` is the place as the text numbers it: an
    article with paragraph and item, some of them, an annex or a code of one. `row` is where this package's notes have
    it, for whoever reads the rule; no page shows it.
    """

    law: Annotated[str, Names("law", of_part=True)]
    article: str = ""
    row: str = ""


class Applies(Model):
    """When a rule is in force, on its own key; `from` and `to` are included (years for `by: period`, else dates)."""

    by: Literal["period", "occurred_on", "decided_on", "booked_on", "corrected_on"] = "period"
    from_: Year | date | None = Field(None, alias="from")
    to: Year | date | None = None
    known_from: date | None = None
    known_to: date | None = None  # last day on which the rule was still believed to apply


class Rule(Model):
    """What every rule carries: its words, its source, its mark, how doubts are read, when it applies."""

    label: Label | None = None
    cite: Annotated[list[Cite], BeforeValidator(listed)] = Field(default_factory=list)
    evidence: Mark | None = None
    reading: Annotated[list[str], BeforeValidator(listed), Names("reading")] = Field(default_factory=list)
    applies: Applies | None = None
    note: str | None = None


class Tier(Model):
    """Up to and including `to`, or strictly below `below`; the last tier has neither."""

    to: Number | None = None
    below: Number | None = None
    points: Number


class Value(Model):
    """Points of one record: exactly one of the forms below."""

    short_form: ClassVar[dict[str, Any]] = {"anyOf": [{"type": "number"}, {"const": "unknown"}]}

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
    range: tuple[Number, Number | None] | None = Field(None, strict=False)  # admissible values of an unknown number

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

    short_form: ClassVar[dict[str, Any]] = {"anyOf": [{"type": "number"}, {"const": "all"}]}

    points: Number | Literal["all"]
    amount_to: Number | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"points": value}


class ItemRepair(Model):
    rule: str
    gives: dict[str, Annotated[list[GiveBack], BeforeValidator(listed)]]
    cite: Annotated[list[Cite], BeforeValidator(listed)] = Field(default_factory=list)
    evidence: Mark | None = None
    reading: Annotated[list[str], BeforeValidator(listed), Names("reading")] = Field(default_factory=list)


class Measure(Model):
    """A quantity that is given as a word: where the record attribute `of` is filled, its level is the quantity."""

    of: str
    levels: dict[str, Number]


class Item(Rule):
    """A line of an annex: what one kind of record weighs. Without `deduct` or `add` it is only read by facts.

    `noted`: why nothing follows from it, where the text itself gives it no weight.
    """

    label: Label
    deduct: Value | None = None
    add: Value | None = None
    per: Annotated[list[str], BeforeValidator(listed)] = Field(default_factory=lambda: ["time"])
    clock: str | None = None
    window: str | None = None
    group: str | None = None
    cap: Number | None = None
    tags: list[str] = Field(default_factory=list)
    requires: list[str] = Field(default_factory=list)
    accepts: str | None = None  # a condition on the record; one that does not fulfil it is refused
    measure: Measure | None = None
    repair: ItemRepair | None = None
    noted: Label | None = None

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


class Cycle(Model):
    """Periods of `months` that begin on a day of the subject: the first of the dates `since` that has come."""

    months: int = Field(ge=1)
    since: Annotated[list[str], BeforeValidator(listed)]


class Window(Model):
    """Which days of the clock count, seen from the day of grading (`as_of`, the end of an evaluation year)."""

    years: tuple[int, int] | None = Field(None, strict=False)  # calendar years relative to the evaluation year
    months: int | None = None  # trailing months up to as_of
    days: int | None = None  # trailing days up to as_of
    valid: dict[Literal["months", "days", "years"], int] | None = None  # life of each record
    after_days: int = 0  # a record's life begins this many days after its clock
    ever: bool = False
    cycle: Cycle | None = None  # the subject's own period that is running
    beyond: Literal["unknown"] | None = None  # with valid: nobody published whether the record counts longer
    edge: Literal["inclusive", "exclusive"] | None = None  # the first day of months/days, the last day of valid
    until: Literal["as_of", "known_at"] = "as_of"
    or_uncorrected: bool = False
    or_until: str | None = None  # a record attribute (date) that prolongs the record's life

    @model_validator(mode="after")
    def _one_form(self) -> Window:
        forms = [self.years, self.months, self.days, self.valid, self.ever or None, self.cycle]
        if sum(form is not None for form in forms) != 1:
            raise ValueError("needs exactly one of: years, months, days, valid, ever, cycle")
        if self.beyond and not self.valid:
            raise ValueError("beyond: unknown belongs to valid, the life that is certain")
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

    @property
    def title(self) -> Label:
        """What it is called: its label, else until when it lasts."""
        if self.label is not None:
            return self.label
        if self.days is not None:
            return label_of("repair_windows", "within", label_of("spans", "days", self.days))
        if self.months is not None:
            return label_of("repair_windows", "within", label_of("spans", "months", self.months))
        if self.end_of_year is None:
            return label_of("repair_windows", "later")
        year = {0: "this_year", 1: "next_year"}.get(self.end_of_year, "year_after")
        return label_of("repair_windows", year, self.end_of_year)


class RepairRule(Rule):
    clock: str
    windows: list[RepairWindow]


class RecordAttribute(Model):
    """A further column of a record. A date may follow from another one (`of`) instead of being given.

    `noted`: why no rule reads it, where it is only kept with the record.
    """

    type: Literal["text", "number", "date", "bool"]
    allowed: list[str] | None = None
    least: Number | None = None
    most: Number | None = None
    of: str | None = None  # the date from which this one is counted
    days: int | None = None
    months: int | None = None
    workdays: int | None = None
    noted: Label | None = None
    label: Label | None = None
    cite: Annotated[list[Cite], BeforeValidator(listed)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _derived(self) -> RecordAttribute:
        spans = [span for span in (self.days, self.months, self.workdays) if span is not None]
        if self.of is None and spans:
            raise ValueError("days, months and workdays need of: the date from which they count")
        if self.of is not None and (self.type != "date" or len(spans) != 1):
            raise ValueError("of: makes a date from another one; it needs type: date and one of days, months, workdays")
        return self


class Attribute(Model):
    """A fact of the subject that is not a record. `absent` is what silence means; a date has no value for it.

    `noted`: why no rule reads it, where it is only kept with the subject.
    """

    type: Literal["bool", "text", "number", "date"]
    absent: Any = None
    allowed: list[str] | None = None
    noted: Label | None = None
    label: Label | None = None
    cite: Annotated[list[Cite], BeforeValidator(listed)] = Field(default_factory=list)
    reading: Annotated[list[str], BeforeValidator(listed), Names("reading")] = Field(default_factory=list)

    @model_validator(mode="after")
    def _silence(self) -> Attribute:
        right: Any = {"bool": bool, "text": str, "number": (int, Decimal), "date": type(None)}[self.type]
        if not isinstance(self.absent, right) or (self.type == "number" and isinstance(self.absent, bool)):
            raise ValueError(f"absent: must say what silence means, as a {self.type}")
        return self


class Lookup(Rule):
    """A table by a column of the subject (for example amounts by province); `default` for other keys."""

    key: str
    # compare the first characters only; of several lengths the longest that has a row
    prefix: Annotated[list[int], BeforeValidator(listed)] = Field(default_factory=list)
    columns: list[str]
    rows: dict[str, list[Number]]
    since: dict[str, date] = Field(default_factory=dict)  # the first day of a row that has not always held
    default: list[Number]

    def rows_on(self, day: date) -> dict[str, list[Number]]:
        """The rows that hold on a day."""
        return {key: row for key, row in self.rows.items() if key not in self.since or self.since[key] <= day}

    def keys(self, value: str) -> list[str]:
        """What is looked up for a value, one after the other until a row is met."""
        return [value[:length] for length in sorted(self.prefix, reverse=True)] or [value]

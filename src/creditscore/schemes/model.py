"""What a scheme may say: one YAML file = one version of one grading system under one legal text.

The parts that concern records are in `parts`; here are facts, start, decisions and the scheme itself.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from creditscore.core.model import Label, Model
from creditscore.schemes.lists import ListRule
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
    Lookup,
    Mark,
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
    Year,
    listed,
)
from creditscore.schemes.shorthand import ImportedDecision, expand

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
    take: Literal[
        "count",
        "sum",
        "max",
        "min",
        "latest",
        "earliest",
        "newest",
        "any",
        "run",
        "chain",
        "months_since",
        "days_since",
    ]
    items: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    window: str | None = None
    where: str | None = None
    by: str | None = None  # count distinct acts, days, months, years or values of an attribute
    column: str | None = None  # what sum, max and min are taken of
    years: tuple[int, int] | None = Field(None, strict=False)  # history: relative to the evaluation year
    lists: list[str] = Field(default_factory=list)
    listed: Literal["now", "ever"] = "now"  # listings: those in force, or those that were ever entered
    dates: list[str] = Field(default_factory=list)  # months_since: the first date that is given
    at: Literal["as_of", "known_at", "period_start"] = "as_of"
    absent: Number | None = None  # months_since without a date; max and min of nothing


class StartRule(Rule):
    """Where counting begins: `points`, or nobody published it (`unknown`, within `range`)."""

    id: str
    points: Number | None = None
    unknown: bool = False
    range: tuple[Number, Number] | None = Field(None, strict=False)
    when: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> StartRule:
        if (self.points is None) != self.unknown or (self.range is not None) != self.unknown:
            raise ValueError("needs points, or unknown: true with the range in which they lie")
        if self.range is not None and self.range[0] > self.range[1]:
            raise ValueError("range: the lowest admissible value comes first")
        return self


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
    reading: str | None = None  # where the text prints two bands for a score: that the first counts, one of the line's


NO_GRADE = ("not_graded", "not_computable")  # effects of rules that give none
EFFECTS = (*NO_GRADE, "grade", "bands", "ceiling", "floor", "down", "up")


class Decide(Rule):
    """One line of the ordered list: it sets a state or a grade, or (after a grade is set) limits or shifts it."""

    id: str
    when: str | None = None
    not_graded: str | None = None
    not_computable: str | None = None  # what is missing, where no published text says how to go on
    grade: str | None = None
    bands: list[Band] | None = None
    ceiling: str | None = None
    floor: str | None = None
    down: int | None = None
    up: int | None = None
    route: Route | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> Decide:
        effects = [getattr(self, effect) for effect in EFFECTS]
        if sum(effect is not None for effect in effects) != 1:
            raise ValueError(f"needs exactly one of: {', '.join(EFFECTS)}")
        return self

    @property
    def decides(self) -> bool:
        return any(getattr(self, effect) is not None for effect in EFFECTS[:4])


class Exemption(Rule):
    """Records that are known and in the window, but do not count; `read_by_facts`: they only weigh nothing."""

    id: str
    label: Label
    when: str
    read_by_facts: bool = False


class Admit(Model):
    clock: str
    window: str
    exempt: list[Exemption] = Field(default_factory=list)


class GradeName(Model):
    code: str
    label: Label


class Gap(Model):
    from_: Year | date = Field(alias="from")
    to: Year | date
    reason: str


class NotMonotone(Model):
    """Where withdrawing an adverse record may worsen the grade, and why the text wants it so."""

    id: str  # the rule that makes it so
    why: Label


SHORTENED = ("clocks", "windows", "admit", "items", "decide")  # follow from either of the keys of SHORT
SHORT = ("imported_decision", "missing")


def _describe_short_forms(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema which keys may be left out of a scheme in short form."""
    schema["required"] = [key for key in schema["required"] if key not in SHORTENED]
    schema["anyOf"] = [{"required": list(SHORTENED)}, *({"required": [key]} for key in SHORT)]


class Scheme(Model):
    """One version of one grading system, as its YAML file gives it; docs/schemes.md explains every key.

    Parameters
    ----------
    scheme
        The id (`tax`), the path of its folder.
    domain
        Whose records it reads.
    use
        `public_grade`, `internal_risk`, `list` or `professional_record`.
    label
        The name in Chinese and English.
    period
        `year`: it grades evaluation years; `day`: it grades any day.
    effective_from, effective_to
        The first year or day that it governs, and the first that it no longer governs; None: without end.
    formerly
        Its version in earlier releases; no part of the rules.
    known_from
        The day on which the text became known; None: not stated.
    checked_on
        The day on which it was last compared with its source.
    missing
        What the text lacks; a scheme with any refuses to grade.
    imported_decision
        Who decides instead, and for how long; None: the scheme computes the grade itself.
    beside
        Other schemes of the domain whose items are left to them.
    cite, evidence
        Where the text stands, and how far it was seen (`verified` … `unknown`).
    gap
        Stretches between versions whose text is not known, with the reason.
    subject_id
        `uscc` (unified social credit code) or `local`.
    kinds
        Kinds of subjects in scope; None: every organisation.
    direction
        `higher_is_better` or `lower_is_better`; None for a scheme without points.
    grades
        Codes and labels of the grades, best first.
    readings
        How doubtful passages are read, by id.
    attributes, record_attributes
        Facts of the subject, and further columns of a record, by name.
    shorthand_records
        Date attributes that stand for a record, each with its item.
    predicates
        Conditions on a record that recur, by name.
    clocks, windows
        Dates that a record is counted by, and which of these days count, by name.
    admit
        The clock and window of the records that are read, and exemptions.
    repairs
        Windows in which a correction gives points back, by name.
    groups, pools
        Limits of what items weigh together, and known totals of items whose single weights are not published.
    items
        What each kind of record weighs, by code; several variants where it changed.
    lookups
        Tables by a column of the subject.
    facts
        Named aggregates of one subject.
    start
        Where counting begins; None for a scheme without points.
    conditions
        Points that follow from a fact and not from one record.
    combine
        Floor and ceiling of the score, and whether only the heaviest record of an act counts.
    decide
        The ordered rules that set a state or grade, limit it or shift it.
    lists
        The lists that it keeps, by code.
    not_monotone
        Rules by which withdrawing an adverse record may worsen the grade, and why.

    Attributes
    ----------
    role
        `rule` (computes a grade), `list` (tells who meets a trigger), `decision_only` (keeps a decision) or `stub`
        (lacks its text).
    version
        `effective_from` as text.
    name
        `tax@2014`: id and version, as `grade` takes it.
    """

    model_config = ConfigDict(json_schema_extra=_describe_short_forms)

    scheme: str
    domain: str
    use: Use
    label: Label
    period: Literal["year", "day"]
    effective_from: Year | date
    effective_to: Year | date | None = None  # half-open: the first period or day no longer governed
    formerly: list[Year | date] = Field(default_factory=list, exclude=True)  # its version in earlier releases; no rule
    known_from: date | None = None
    checked_on: date
    missing: list[Label] = Field(default_factory=list)  # what the text lacks; such a scheme refuses to grade
    imported_decision: ImportedDecision | None = None
    beside: list[str] = Field(default_factory=list)  # schemes of the domain whose items are left to them
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
    predicates: dict[str, str] = Field(default_factory=dict)  # conditions on a record that recur, by name
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
    lists: dict[str, ListRule] = Field(default_factory=dict)
    not_monotone: list[NotMonotone] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return expand(data)

    @property
    def role(self) -> Literal["rule", "list", "decision_only", "stub"]:
        """What the scheme does: it computes a grade, tells who meets a trigger, keeps a decision, or lacks its text."""
        if self.missing:
            return "stub"
        if self.imported_decision:
            return "decision_only"
        return "list" if self.use == "list" else "rule"

    def lookup(self, name: str) -> Lookup:
        """The table behind a name of conditions, `<table>_<column>`."""
        return next(
            table
            for key, table in self.lookups.items()
            if name.startswith(f"{key}_") and name[len(key) + 1 :] in table.columns
        )

    @property
    def version(self) -> str:
        return str(self.effective_from)

    @property
    def name(self) -> str:
        return f"{self.scheme}@{self.version}"

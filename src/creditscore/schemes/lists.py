"""What a list says of itself: who enters on which trigger, the steps before, how long, and the ways out.

Content only; the rules of a scheme say whether a trigger holds, a person decides, and the list engine keeps time.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from creditscore.core.model import Label, Model
from creditscore.schemes.parts import Rule

ListKind = Literal["serious", "watch", "abnormal", "record", "red"]
Who = Literal["unit", "legal_representative", "responsible_person"]


class Span(Model):
    """A length of time: exactly one of days, workdays, months, years."""

    days: int | None = Field(None, ge=0)
    workdays: int | None = Field(None, ge=0)
    months: int | None = Field(None, ge=0)
    years: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _one(self) -> Span:
        if sum(number is not None for number in (self.days, self.workdays, self.months, self.years)) != 1:
            raise ValueError("needs exactly one of: days, workdays, months, years")
        return self


class ListStep(Rule):
    """A step of the procedure and its time limit, counted from the date `since`."""

    id: str
    within: Span
    since: str
    extended_by: Span | None = None


class ListTerm(Rule):
    """How long an entry lasts, counted from the date `since`: a span, until an exit, or nobody published it.

    `edge`: whether the day that ends the span (1 March 2027 of three years from 1 March 2024) still belongs to it.
    """

    id: str
    since: str
    edge: Literal["inclusive", "exclusive"] = "exclusive"
    triggers: list[str] = Field(default_factory=list)  # for entries under these only; none named: for all
    span: Span | None = None
    most: Span | None = None  # the longest a text allows, where the office sets the term
    unknown: bool = False
    until_exit: bool = False
    applies_to: Literal["first", "repeated", "uncorrected", "relisted"] = "first"
    extends: bool = False  # added to the running term, not a new one
    or_until: str | None = None  # a longer restriction prolongs the term until then

    @model_validator(mode="after")
    def _one(self) -> ListTerm:
        if (self.span is not None) + self.unknown + self.until_exit != 1:
            raise ValueError("needs exactly one of: span, until_exit: true, unknown: true")
        return self


class ListExit(Rule):
    """A way out: what must be fulfilled (`needs`), what bars it (`unless`), how soon it is decided."""

    id: str
    kind: Literal["expiry", "early", "corrected", "annulled", "deregistered"]
    triggers: list[str] = Field(default_factory=list)  # for entries under these only; none named: for all
    starts_again_if_false: bool = False  # an exit obtained by a false application is revoked, the term starts again
    after: Span | None = None
    since: str | None = None
    edge: Literal["inclusive", "exclusive"] = "exclusive"  # whether the day that ends `after` still belongs to it
    needs: dict[str, Label] = Field(default_factory=dict)
    unless: dict[str, Label] = Field(default_factory=dict)
    decided_within: Span | None = None

    @model_validator(mode="after")
    def _clock(self) -> ListExit:
        if (self.after is None) != (self.since is None):
            raise ValueError("after: and since: stand together: how long, and from which date")
        return self


class ListRule(Rule):
    """One list. `triggers` names the deciding rules under which a person may propose an entry."""

    label: Label
    kind: ListKind
    who: tuple[Who, ...] = Field(("unit",), strict=False)
    triggers: list[str] = Field(default_factory=list)
    steps: list[ListStep] = Field(default_factory=list)
    terms: list[ListTerm] = Field(default_factory=list)
    exits: list[ListExit] = Field(default_factory=list)

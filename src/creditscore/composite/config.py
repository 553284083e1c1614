"""What a composite may say: domains with weights, a value per grade and scheme version, ceilings, ages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from creditscore.core.messages import Message
from creditscore.core.model import Label, Model
from creditscore.core.references import Names
from creditscore.schemes.parts import Cite, Mark, Rule, Use, listed

TOP = 1000  # the best score; weights are points out of it, values lie between 0 and it
MOST_DOMAINS = 16  # exact contributions look at every set of domains that matter to a subject


class Band(Rule):
    """A grade and the least score with which it is reached."""

    code: str
    at_least: int = Field(ge=0, le=TOP)


class CompositeDomain(Rule):
    """A domain: its weight, where it stands when nothing is known, and what each grade of its schemes is worth.

    `schemes` maps `id@version` to its grades' values, 0 to 1000. Of several schemes the worst value decides.
    `best_costs`: why even the best grade of a scheme may be worth less than the reference.
    """

    id: str
    weight: int = Field(ge=0, le=TOP)
    reference: int | None = Field(None, ge=0, le=TOP)
    schemes: dict[str, dict[str, int]] = Field(default_factory=dict)
    best_costs: Label | None = None


class DomainGroup(Rule):
    """Domains that belong together; the weighted mean of their values is held between `at_least` and `at_most`."""

    id: str
    at_least: int = Field(0, ge=0, le=TOP)
    at_most: int = Field(TOP, ge=0, le=TOP)
    domains: list[CompositeDomain] = Field(min_length=1)


class Trigger(Model):
    """What sets off a hard rule, and the domain whose fact it is: entries of lists, or grades of its schemes."""

    domain: str
    lists: list[str] = Field(default_factory=list)
    grades: dict[str, list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Trigger:
        if not self.lists and not self.grades:
            raise ValueError(Message("composite.trigger_empty"))
        return self


class HardRule(Rule):
    """The score is held at the top of the band of `ceiling`."""

    id: str
    ceiling: Annotated[str, Names("grade")]
    when: list[Trigger] = Field(min_length=1)


class Stale(Rule):
    """Whole months since the day for which a grade stands: from `decay_from` on its value moves in equal steps to the
    reference, which it reaches at `drop_after`; a grade that old counts as absent.
    """

    drop_after: int = Field(ge=1)
    decay_from: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Stale:
        if self.decay_from is not None and self.decay_from >= self.drop_after:
            raise ValueError(Message("composite.decay_after_drop"))
        return self


class Coverage(Rule):
    """The least weight, out of 1000, of the domains with a grade; below it there is no composite."""

    at_least: int = Field(ge=1, le=TOP)


class SoleTraders(Rule):
    """Whether individual businesses (codes 92…) get a composite: only where a cited text says so."""

    included: bool = False


class Marks(Model):
    """Where the numbers come from, part by part."""

    weights: Mark
    maps: Mark
    bands: Mark


class Fitted(Model):
    """From what weights were estimated."""

    method: str
    outcome: str
    rows: int
    events: int
    data_sha256: str
    log_loss: str
    log_loss_base: str


CHANGES = ("weights", "maps", "ceilings")  # of single domains and rules, where a file builds on another one


def _describe_changes(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema that a file that builds on another one gives only what differs."""
    whole, schema["required"] = schema["required"], ["composite", "label", "effective_from"]
    schema["anyOf"] = [{"required": whole}, {"required": ["base"]}]
    schema["properties"] |= {key: {"type": "object"} for key in CHANGES}


class CompositeConfig(Model):
    """One version of one composite: its domains, weights, values of grades, ceilings and bands.

    Parameters
    ----------
    composite
        The id (`jilin_edz`).
    base
        The composite that the file builds on; None: it stands alone.
    label
        The title in Chinese and English.
    use
        What the score is for, such as `internal_risk`.
    effective_from, effective_to
        The first day in force and the first day no longer in force; None: without end.
    checked_on
        The day on which the rules were compared with their source.
    cite
        Where the rules stand in legal texts.
    marks
        How far the source of weights, values of grades and bands is known (`verified`, `project_default`, …).
    rule
        `weighted`: the weighted mean of the domains. `weakest_link`: the least value of a domain with weight.
    reference
        The value, 0 to 1000, of a domain of which nothing is known, unless it has its own.
    grades
        The grades, best first, each with the least score that reaches it.
    coverage
        The least weight, out of 1000, of the domains with a grade; below it there is no score.
    stale
        How grades lose weight with age in months; None: they do not.
    individual_business
        Whether individual businesses are scored.
    groups
        Groups of domains, each with limits of its weighted mean.
    hard_rules
        Entries of lists and grades that hold the score at the top of a grade's band.
    fitted
        The data and method from which weights were estimated; None: they were not.
    """

    model_config = ConfigDict(json_schema_extra=_describe_changes)

    composite: str
    base: str | None = None
    label: Label
    use: Use
    effective_from: date
    effective_to: date | None = None  # half-open
    checked_on: date
    cite: Annotated[list[Cite], BeforeValidator(listed)]
    marks: Marks
    rule: Literal["weighted", "weakest_link"]
    reference: int = Field(ge=0, le=TOP)
    grades: list[Band] = Field(min_length=2)  # best first
    coverage: Coverage
    stale: Stale | None = None
    individual_business: SoleTraders = SoleTraders()
    groups: list[DomainGroup] = Field(min_length=1)
    hard_rules: list[HardRule] = Field(default_factory=list)
    fitted: Fitted | None = None

    @property
    def version(self) -> str:
        return self.effective_from.isoformat()

    @property
    def name(self) -> str:
        return f"{self.composite}@{self.version}"

    @property
    def domains(self) -> tuple[CompositeDomain, ...]:
        """All domains in their order: the order of contributions, and of ties."""
        return tuple(domain for group in self.groups for domain in group.domains)

    def stands_at(self, domain: CompositeDomain) -> int:
        """Where a domain stands of which nothing is known."""
        return self.reference if domain.reference is None else domain.reference

    def ceiling(self, code: str) -> int:
        """The top of a grade's band."""
        place = [grade.code for grade in self.grades].index(code)
        return TOP if place == 0 else self.grades[place - 1].at_least - 1

"""Rules on repair that are no part of a scheme: configs/repair/<id>/<effective-from>.yaml, one file per version.

A scheme says what a correction gives back in points; these say from when a record may be repaired by decision, how long
it is published, and what a repair does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from creditscore.core.catalogue import Family, RuleSet
from creditscore.core.days import to_day
from creditscore.core.model import Label, Model
from creditscore.core.references import Names, Reference, Unique
from creditscore.core.yaml_source import Source
from creditscore.grading.plan import PlanItem
from creditscore.records.schema import ATTRIBUTE_PREFIX
from creditscore.schemes.lists import Span
from creditscore.schemes.model import Cite, Clock, Mark, Number, Rule, Scheme, Use
from creditscore.schemes.parts import listed
from creditscore.schemes.references import CITED_AND_MARKED, LAWS, SCHEMES


class Scope(Model):
    """Which records a rule is about: every part that is given must fit."""

    schemes: Annotated[list[str], Names("scheme")] = Field(default_factory=list)
    domains: list[str] = Field(default_factory=list)
    uses: list[Use] = Field(default_factory=list)
    except_domains: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    requires: list[Clock] = Field(default_factory=list)
    without_own_rule: bool = False  # only records whose item has no repair table in its scheme


class RepairTier(Rule):
    """How long a record of one weight must, and may, be kept; `values` or `tags` say which records those are
    (`domains`: only under schemes of these).
    """

    id: str
    label: Label
    values: list[str] = Field(default_factory=list)  # of one of the tier_attributes
    tags: list[str] = Field(default_factory=list)  # of the item
    domains: list[str] = Field(default_factory=list)
    least: Span | None = None  # from the clock: from then on a repair may be decided
    sure: Span | None = None  # where `least` is one of several readings: by then every one is over
    clean: Span | None = None  # without a new record, since the correction or the newest record
    clean_sure: Span | None = None
    most: Span | None = None  # from the clock: published no longer than that
    by_itself: bool = False  # ends without an application when `most` is over
    never: bool = False  # no repair before `most` is over

    @model_validator(mode="after")
    def _fits(self) -> RepairTier:
        if self.never and (self.least or self.clean):
            raise ValueError("never: true has neither least nor clean")
        if (self.sure and not self.least) or (self.clean_sure and not self.clean):
            raise ValueError("sure stands beside least, clean_sure beside clean")
        return self


class RepairCondition(Rule):
    """`check`: read from the records (`corrected`), from the calendar (`waited`), or confirmed by a person."""

    id: str
    label: Label
    check: Literal["corrected", "waited", "person"]


class Overall(Rule):
    """Points for months without a new record once everything is corrected; the scheme has an item for them."""

    item: str
    label: Label
    clean: Span
    first: Number  # points when `clean` is over
    each_month: Number  # for each further month
    most: Number


class RepairRuleFile(Model):
    """One version of one rule. `about`: the grade, or publication and use; `lifts`: under which schemes a repaired
    record weighs nothing more (None: under none; a rule about the grade goes before one about publication).
    """

    repair: str
    label: Label
    about: Literal["grade", "publication"]
    effective_from: date
    effective_to: date | None = None
    checked_on: date
    scope: Scope
    lifts: Scope | None = None
    clock: list[Clock]
    tier_attributes: list[str] = Field(default_factory=list)
    tier_values: dict[str, str] = Field(default_factory=dict)  # of the attribute `penalty` → tier
    tier_domains: dict[str, str] = Field(default_factory=dict)  # domain → tier where no attribute says it
    readings: dict[str, Label] = Field(default_factory=dict)
    tiers: list[RepairTier] = Field(min_length=1)
    unknown_tier: Rule | None = None  # how a record without a tier is read
    overall: Overall | None = None
    conditions: list[RepairCondition] = Field(default_factory=list)
    effects: dict[str, Label] = Field(default_factory=dict)
    notes: dict[str, Label] = Field(default_factory=dict)
    cite: Annotated[list[Cite], BeforeValidator(listed)]
    evidence: Mark

    @property
    def name(self) -> str:
        return f"{self.repair}@{self.effective_from}"

    def in_force(self, day: int) -> bool:
        """Whether an application of that day falls under this version."""
        end = self.effective_to
        return to_day(self.effective_from) <= day and (end is None or day < to_day(end))


def _check(content: RepairRuleFile, source: Source) -> None:
    if content.effective_to is not None and content.effective_to <= content.effective_from:
        source.fault(("effective_to",), "lies not after effective_from")
    for i, tier in enumerate(content.tiers):
        if (tier.least or tier.most) and not content.clock:
            source.fault(("tiers", i), "least and most are counted from a clock; the file names none")
    ids = {tier.id for tier in content.tiers}
    for key, named in (("tier_values", content.tier_values), ("tier_domains", content.tier_domains)):
        for value, tier_id in named.items():
            if tier_id not in ids:
                source.fault((key, value), f"{tier_id!r} is no tier; there are: {', '.join(sorted(ids))}")


def _check_gaps(versions: Sequence[RuleSet]) -> None:
    for before, after in pairwise(versions):
        earlier, later = before.content, after.content
        if earlier.repair == later.repair and earlier.effective_to != later.effective_from:
            message = f"{earlier.name} ends on {earlier.effective_to}; versions have no gap"
            after.source.fault(("effective_from",), message)


REPAIRS = Family(
    "repair",
    "rule on repair",
    RepairRuleFile,
    "repair",
    nested=True,
    named_by=("repair", "effective_from"),
    references=(
        LAWS,
        SCHEMES,
        Reference(
            "reading",
            lambda content: content.readings,
            lambda name, known: f"{name!r} is not among the readings: {', '.join(known)}",
        ),
    ),
    citing=CITED_AND_MARKED,
    unique=(Unique("tiers.*.id"),),
    check=_check,
    check_together=_check_gaps,
)


def load_repairs(folder: Path | None = None, *, alone: bool = False) -> tuple[RepairRuleFile, ...]:
    """Every version of every rule, in order of id and day; SchemeError lists the faults of all files at once.

    `alone`: the schemes that a rule names need not be in the library beside it.
    """
    return REPAIRS.load(folder, without=("scheme",) if alone else ())


def fits(rule: RepairRuleFile, scheme: Scheme, item: PlanItem) -> bool:
    """Whether a rule is about the records of an item; `requires` says which dates each of them needs."""
    scope = rule.scope
    if not _covers(scope, scheme):
        return False
    if scope.tags and not item.tags & set(scope.tags):
        return False
    return not (scope.without_own_rule and item.repair is not None)


def dated(rule: RepairRuleFile, record: Mapping[str, Any]) -> bool:
    """Whether an assessed record has the dates that a rule needs."""
    return all(record.get(name) is not None for name in rule.scope.requires)


def lifts(rule: RepairRuleFile, scheme: Scheme, item: PlanItem) -> bool:
    """Whether a repair under this rule takes the record out of the grade; never where the scheme has its own table."""
    return rule.lifts is not None and item.repair is None and _covers(rule.lifts, scheme)


def _covers(scope: Scope, scheme: Scheme) -> bool:
    return (
        (not scope.schemes or scheme.scheme in scope.schemes)
        and (not scope.domains or scheme.domain in scope.domains)
        and (not scope.uses or scheme.use in scope.uses)
        and scheme.domain not in scope.except_domains
    )


def tier_of(rule: RepairRuleFile, scheme: Scheme, item: PlanItem, record: Mapping[str, Any]) -> RepairTier | None:
    """The tier of an assessed record; None where nothing says it.

    The attributes are read as the log has them, too: most schemes declare neither, and a tier says nothing to them.
    """
    by_tag = [tier for tier in rule.tiers if tier.tags]
    if by_tag:
        return next((repair_tier for repair_tier in by_tag if item.tags & set(repair_tier.tags)), None)
    if len(rule.tiers) == 1:
        return rule.tiers[0]
    attributes = [_said(record, name) for name in rule.tier_attributes]
    attributes.append(rule.tier_values.get(_said(record, "penalty"), ""))
    tiers = [
        weight_tier for weight_tier in rule.tiers if not weight_tier.domains or scheme.domain in weight_tier.domains
    ]
    matches = [
        next((weight_tier for weight_tier in tiers if value in weight_tier.values), None)
        for value in attributes
        if value
    ]
    matches += [weight_tier for weight_tier in tiers if weight_tier.id == rule.tier_domains.get(scheme.domain)]
    return next((match for match in matches if match is not None), None)


def _said(record: Mapping[str, Any], name: str) -> str:
    """The text of an attribute of a record, whether or not its scheme declares it."""
    return str(record.get(name) or record.get(ATTRIBUTE_PREFIX + name) or "")

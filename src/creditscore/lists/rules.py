"""What the law says of a list: its own rule from the scheme, and what holds for every list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from creditscore.core.catalogue import Family
from creditscore.core.errors import UsageError
from creditscore.core.model import Label, Model
from creditscore.schemes import registry
from creditscore.schemes.expressions import names, parse
from creditscore.schemes.lists import ListExit, ListKind, ListRule, ListTerm, Span
from creditscore.schemes.model import MARKS, Decide, Rule, Scheme
from creditscore.schemes.references import CITED_AND_MARKED, LAWS

COUNTS = ("count", "sum", "run", "chain")
PUBLISHED = ("verified", "recalled", "derived", "local")  # marks of rules that somebody published


class NoticeRule(Rule):
    """What a notice must state, and from which day a text asks for it."""

    contents: dict[str, Label] = Field(min_length=1)
    from_: date = Field(alias="from")


class KindsRule(Rule):
    kinds: list[ListKind]


class Withdrawal(Rule):
    within: Span


class GeneralExit(Rule):
    """A way out of every list of some kinds; `only_without_rule`: where the scheme has no term and no way out."""

    id: str
    kind: Literal["annulled", "deregistered", "early", "red_lost"]
    for_: list[ListKind] = Field(alias="for")
    only_without_rule: bool = False


class Procedure(Model):
    """configs/lists/procedure.yaml: what holds for every list beside its own rule."""

    checked_on: date
    notice: NoticeRule
    needs_notice: KindsRule
    second_person: KindsRule
    withdrawal: Withdrawal
    exits: list[GeneralExit]


PROCEDURE = Family(
    "lists",
    "file of common rules of lists",
    Procedure,
    "lists/procedure.yaml",
    references=(LAWS,),
    citing=CITED_AND_MARKED,
)


def procedure(file: Path | None = None) -> Procedure:
    """The common rules; SchemeError lists every fault with its line."""
    return PROCEDURE.load_only(file)


def version(name: str) -> Scheme:
    """The version that a case was opened under, also by a name of an earlier release."""
    try:
        return registry.pick_recorded(name)
    except UsageError as error:
        error.where = error.where or f"{name}, as the command or an entry of the store names the rules of a list"
        raise


def version_of_today(name: str) -> Scheme:
    """The version that a new case is opened under: UsageError, with the new name, for one of an earlier release."""
    try:
        return registry.pick(name)
    except UsageError as error:
        error.where = error.where or f"{name}, as the rules of the list are named"
        raise


def list_rule(scheme: str, key: str) -> ListRule:
    """The rule of list `key` in a version of the library (`wage_arrears@2022`); UsageError names what there is."""
    scheme_version = version(scheme)
    if key not in scheme_version.lists:
        allowed = ", ".join(scheme_version.lists) or "this scheme keeps no list"
        raise UsageError("lists.no_list", name=scheme_version.name, key=key, allowed=allowed)
    return scheme_version.lists[key]


def cited(rules: Iterable[Rule]) -> tuple[str, str]:
    """The articles of some rules as one text (`RSBL45 term; JLSHXYTL 25`), and their weakest mark."""
    listed = list(rules)
    places = dict.fromkeys(f"{cite.law} {cite.article}".strip() for rule in listed for cite in rule.cite)
    marks = [rule.evidence for rule in listed if rule.evidence is not None]
    return "; ".join(places), max(marks, key=MARKS.index, default="")


def why_not(scheme: Scheme, key: str, trigger: str) -> str | None:
    """Why a deciding rule may not lead to a proposal for list `key`; None when it may.

    Nothing is listed by a score alone (a band, a condition on the score, an internal risk class), nor by a count
    unless the counting rule itself is cited from a text that somebody published.
    """
    listed = scheme.lists.get(key)
    if listed is None or trigger not in listed.triggers:
        return "it is no trigger of this list"
    if scheme.use == "internal_risk":
        return "an internal risk class leads to no list"
    if "unit" not in listed.who:
        return "the list takes persons only"
    rule = decision(scheme, trigger)
    if rule.bands is not None or rule.route == "score":
        return "it is a band of the score; nobody is listed by a score alone"
    if rule.grade is None:
        return "it sets no grade by itself"
    used = set(names(parse(rule.when))) if rule.when else set()
    if not used:
        return "it holds for everybody for whom nothing else does"
    if "score" in used:
        return "it compares the score; nobody is listed by a score alone"
    counting = sorted(name for name in used if name in scheme.facts and scheme.facts[name].take in COUNTS)
    if counting and (not rule.cite or (rule.evidence or scheme.evidence) not in PUBLISHED):
        return f"it counts ({', '.join(counting)}), and no published text counts so"
    return None


def decision(scheme: Scheme, trigger: str) -> Decide:
    return next(rule for rule in scheme.decide if rule.id == trigger)


def items_read(scheme: Scheme, trigger: str) -> set[str] | None:
    """The items that a trigger's facts read; None where it reads no records (listings, history, attributes alone)."""
    rule = decision(scheme, trigger)
    used = set(names(parse(rule.when))) if rule.when else set()
    facts = [scheme.facts[name] for name in used if name in scheme.facts and scheme.facts[name].of == "records"]
    if not facts:
        return None
    item_codes: set[str] = set()
    for fact in facts:
        tagged = {
            code
            for code, variants in scheme.items.items()
            for variant in variants
            if set(variant.tags) & set(fact.tags)
        }
        item_codes |= {*fact.items, *tagged} or set(scheme.items)
    return item_codes


def terms_for(rule: ListRule, applies_to: str, triggers: Iterable[str] = ()) -> list[ListTerm]:
    """The terms of one kind that fit an entry under `triggers`."""
    own = set(triggers)
    return [
        term for term in rule.terms if term.applies_to == applies_to and (not term.triggers or own & set(term.triggers))
    ]


def exits_for(rule: ListRule, triggers: Iterable[str]) -> list[ListExit]:
    """The ways out that the list's own rule opens for an entry under `triggers`."""
    own = set(triggers)
    return [way for way in rule.exits if not way.triggers or own & set(way.triggers)]


def general_exits(rule: ListRule) -> list[GeneralExit]:
    """The ways out that every list of this kind has."""
    known = any(term.span is not None or term.until_exit for term in rule.terms) or bool(rule.exits)
    return [
        general_exit
        for general_exit in procedure().exits
        if rule.kind in general_exit.for_ and not (general_exit.only_without_rule and known)
    ]

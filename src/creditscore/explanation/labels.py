"""What items, rules and repair windows are called: from the scheme file, else their codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import grade_name, plain, word
from creditscore.core.model import Label
from creditscore.explanation.deciding import holding
from creditscore.explanation.derivation import NOTHING, derive
from creditscore.grading.identity import has_rules
from creditscore.grading.interpreter.ledger import article
from creditscore.schemes import registry
from creditscore.schemes.citing import all_laws, cited
from creditscore.schemes.expressions import parse
from creditscore.schemes.laws import Law
from creditscore.schemes.model import EFFECTS, NO_GRADE, Decide, Item, Rule, Scheme
from creditscore.schemes.vocabulary import list_label, list_name
from creditscore.schemes.walk import cites


@dataclass(frozen=True)
class Labels:
    """The words of one scheme version; without its file, codes."""

    scheme: Scheme | None
    code: str
    changed: bool = False

    @property
    def title(self) -> Label:
        return self.scheme.label if self.scheme else plain(self.code)

    def grade(self, code: str) -> Label | None:
        labels = [grade.label for grade in self.scheme.grades if grade.code == code] if self.scheme else []
        return labels[0] if labels else None

    def item(self, code: str, place: str = "") -> Label | None:
        fitting = self.variants(code, place)
        return fitting[0].label if fitting else None

    def derivation(self, code: str, place: str, nominal: Decimal | None) -> Label:
        """How the points of a record follow from its item; nothing where its variants say it differently."""
        told = {derive(variant.value, nominal, self.column) for variant in self.variants(code, place)}
        return told.pop() if len(told) == 1 else NOTHING

    def under(self, code: str, place: str, capped: Collection[str]) -> str:
        """The group or pool of an item among those that have a cap row."""
        for variant in self.variants(code, place):
            pool = variant.value.pool if variant.value is not None else None
            for name in (pool, variant.group):
                if name is not None and name in capped:
                    return name
        return ""

    def column(self, name: str) -> Label:
        """What a column of the input is called: by this scheme where it is an attribute of it."""
        if self.scheme is None:
            return word("columns", name)
        declared = self.scheme.record_attributes.get(name) or self.scheme.attributes.get(name)
        return (declared.label if declared else None) or word("columns", name)

    def named_grade(self, code: str) -> Label:
        """A grade as a person reads it, with its printed symbol."""
        label = self.grade(code) or plain(code)
        return Label(zh=grade_name(code, label.zh), en=grade_name(code, label.en))

    def list_name(self, code: str, entered_on: str = "") -> Label:
        """What a list is called: by this scheme, by another one of the library, or in the words of the pages.

        `entered_on`: the day of an entry, which stands on the list under the name of that day.
        """
        own = self.scheme.lists.get(code) if self.scheme else None
        if own is None:
            return list_name(code, entered_on)
        earlier = list_label(code, entered_on) if "" < entered_on < self.known.version else None
        return earlier or own.label

    def line(self, step: str, item: str, rule: str, place: str) -> Label:
        """What a ledger row is about."""
        if step == "record":
            return self.item(item, place) or plain(item)
        if step == "cap":
            places = (self.scheme.groups.get(item), self.scheme.pools.get(item)) if self.scheme else ()
            found_in = [place.label for place in places if place is not None and place.label is not None]
            return found_in[0] if found_in else self.item(item, place) or plain(item)
        if step == "limit":
            return word("steps", "limit")
        result = self._rule(step, rule)
        if result is not None and isinstance(result.label, Label):
            return result.label
        if step == "start":
            return word("reasons", "start") if result in self._starts() else word("reasons", "bonus")
        if step == "decide" and result is not None:
            effect = next(name for name in EFFECTS if getattr(result, name) is not None)
            return word("decisions", effect)
        return plain(rule or item)

    def reason(self, code: str, item: str, step: str) -> Label:
        """A reason of the ledger in words; in the step `decide` it is the grade reached."""
        if step == "decide" and code not in NO_GRADE:
            return word("reasons", f"grade:{code}", self.grade(code))
        head, _, tail = code.partition(":")
        inner: Label | None = None
        if head == "exempt" and self.scheme:
            inner = next((exemption.label for exemption in self.scheme.admit.exempt if exemption.id == tail), None)
        elif head == "displaced":
            inner = word("bases", tail)
        elif head in ("corrected", "repaired"):
            inner = self._window(item, tail)
        return word("reasons", code, inner)

    def state_reason(self, code: str, decided_by: str = "") -> Label:
        """Why there is no grade; `decided_by`: the rule that said so, where several give the same code."""
        head, _, tail = code.partition(":")
        if head == "unknown" and tail:
            named = [self._open(part) for part in tail.split("+")]
            inner = Label(zh="、".join(value.zh for value in named), en=", ".join(value.en for value in named))
            return word("state_reasons", code, inner)
        decide = self.scheme.decide if self.scheme else []
        rules = [
            decision_rule
            for decision_rule in decide
            if code in (decision_rule.not_graded, decision_rule.not_computable)
        ]
        for rule in sorted(rules, key=lambda rule: rule.id != decided_by):
            if rule.label is not None:
                return rule.label
        return word("state_reasons", code)

    def rule(self, rule: str) -> Decide | None:
        """A line of `decide`; None where the rules are not at hand."""
        return next((line for line in self.scheme.decide if line.id == rule), None) if self.scheme else None

    def read_by(self, step: str, rule: str) -> tuple[str, ...]:
        """The names that a condition, or an addition to the start, holds by."""
        condition = self._rule(step, rule) if step in ("condition", "start") else None
        if condition is None:
            return ()
        when = getattr(condition, "when", None)
        of = getattr(condition, "of", None)
        return (*(holding(parse(when), None) if when else ()), *([of] if of else ()))

    def texts(self, beside: Path | None) -> dict[str, Law]:
        """The legal texts that the scheme cites."""
        laws = all_laws(beside)
        used = {cite.law for _, cite in cites(self.scheme)} if self.scheme else set()
        return {law: laws[law] for law in sorted(used) if law in laws}

    @property
    def known(self) -> Scheme:
        """The scheme, where a rule of it was found."""
        assert self.scheme is not None
        return self.scheme

    def _open(self, code: str) -> Label:
        """An item, condition or start whose points nobody published."""
        steps = [step for step in ("condition", "start") if self._rule(step, code) is not None]
        return self.item(code) or (self.line(steps[0], "", code, "") if steps else plain(code))

    def variants(self, code: str, place: str = "") -> list[Item]:
        """The variants of an item that rest on an article; all of them where none does."""
        known = list(self.scheme.items.get(code, ())) if self.scheme else []
        return [variant for variant in known if article(variant) == place] or known

    def _starts(self) -> list[Rule]:
        return list(self.scheme.start.rules) if self.scheme and self.scheme.start else []

    def _rule(self, step: str, rule: str) -> Any:
        if self.scheme is None:
            return None
        start = self.scheme.start
        places: dict[str, list[Any]] = {
            "start": [*start.rules, *start.bonus] if start else [],
            "condition": self.scheme.conditions,
            "decide": self.scheme.decide,
        }
        return next((place for place in places.get(step, ()) if place.id == rule), None)

    def _window(self, item: str, name: str) -> Label | None:
        used = [variant.repair.rule for variant in self.variants(item) if variant.repair]
        for rule in used:
            for window in self.scheme.repairs[rule].windows if self.scheme else ():
                if window.id == name:
                    return window.title
        return None


def labels_of(manifest: Mapping[str, Any], scheme: Scheme | None = None) -> Labels:
    """Labels of the scheme that a manifest names; `changed` when today's file is not the one that graded."""
    version_name = str(manifest["scheme"])
    if scheme is None:
        day = str(manifest.get("as_of", ""))
        try:
            scheme = (
                registry.pick_recorded(version_name, date.fromisoformat(day) if day else None)
                if "@" in version_name
                else None
            )
        except CreditscoreError:
            scheme = None
    if scheme is None:
        return Labels(None, version_name)
    return Labels(scheme, version_name, not has_rules(manifest, scheme))


def law_titles(articles: list[str], beside: Path | None = None) -> dict[str, Label]:
    """The legal texts that articles of the form `LAW place` point to, with number and title, in order of id.

    `beside`: a folder of further texts, for a scheme outside the library.
    """
    laws = all_laws(beside)
    used = sorted({article.split(" ")[0] for article in articles if article})
    return {key: cited(key, "", laws, number=True) for key in used if key in laws}


def scheme_named(name: str) -> Scheme | None:
    """The scheme behind `tax@2014`, also by the name of an earlier release, or the newest of `tax`; None if unknown."""
    try:
        return registry.pick_recorded(name) if "@" in name else registry.versions(name)[-1]
    except CreditscoreError:
        return None


def scheme_title(name: str) -> Label:
    """What a scheme is called; its id where it is in no library."""
    return Labels(scheme_named(name), name).title


def grade_or_state(name: str, code: str) -> Label:
    """What a grade, or the state where there is none, is called under a scheme."""
    labels = Labels(scheme_named(name), name)
    return word("states", code) if labels.grade(code) is None else labels.named_grade(code)

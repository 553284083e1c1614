"""Dead parts: what a scheme declares and nothing reads on the way to a grade, an exemption or a list."""

from __future__ import annotations

from collections.abc import Iterator

from creditscore.core.yaml_source import Source
from creditscore.schemes.expressions import names, parse
from creditscore.schemes.model import Fact, Item, Scheme
from creditscore.schemes.walk import items, rules

SECTIONS = ("clocks", "windows", "repairs", "groups", "pools", "attributes", "record_attributes", "lookups", "facts")


def check(scheme: Scheme, source: Source) -> None:
    """Fault each part that no rule in use reads; nothing where a file cannot be read whole."""
    if scheme.missing or source.lost or source.pruned:
        return
    reader = _Reader(scheme)
    for path, code, item in items(scheme):
        if item.noted and reader.counts(code, item):
            source.fault((*path, "noted"), "has points, or a fact in use reads it; leave noted: away", "E708")
        elif not item.noted and not reader.counts(code, item):
            message = "has no points and no fact in use reads it: nothing would follow from it; where the text gives it"
            source.fault(path, f"{message} no weight, say so (noted: why)", "E707")
        for tag in item.tags:
            if tag not in reader.read["tags"]:
                source.fault((*path, "tags"), f"no fact in use reads the tag {tag!r}", "E707")
    for section in SECTIONS:
        for name, part in getattr(scheme, section).items():
            noted, read = getattr(part, "noted", None), name in reader.read[section]
            if noted and read:
                source.fault((section, name, "noted"), "a rule in use reads it; leave noted: away", "E708")
            elif not noted and not read:
                message = "no rule in use reads it; remove it, or write the rule that reads it"
                may = " (noted: why, where it is only kept)" if section.endswith("attributes") else ""
                source.fault((section, name), message + may, "E707")
    pointed = {name for attribute in scheme.attributes.values() for name in attribute.reading}
    for _, rule in rules(scheme):
        pointed |= {*rule.reading, *(rule.repair.reading if isinstance(rule, Item) and rule.repair else ())}
    for name in scheme.readings:
        if name not in pointed and all(fault.code != "E204" for fault in source.faults):  # one that is misspelt there
            message = "nothing points to it; write it where the doubt lies (reading:), or remove it"
            source.fault(("readings", name), message, "E717")
    conditions = list(_conditions_on_records(scheme))
    for name, text in scheme.predicates.items():
        if not any(f"({text})" in other for other in [*conditions, *scheme.predicates.values()]):
            source.fault(("predicates", name), "no condition names it; remove it", "E707")
    if reader.unread_score:
        message = "points are counted, and no line of decide reads the score (bands, or the name score)"
        source.fault(("start",), message, "E707")
    for key, lookup in scheme.lookups.items():
        for column in lookup.columns:
            if key in reader.read["lookups"] and f"{key}_{column}" not in reader.named:
                source.fault(("lookups", key, "columns"), f"nothing reads the column {column!r}", "E707")


def _conditions_on_records(scheme: Scheme) -> Iterator[str]:
    yield from (fact.where for fact in scheme.facts.values() if fact.where is not None)
    yield from (item.accepts for _, _, item in items(scheme) if item.accepts is not None)
    yield from (exemption.when for exemption in scheme.admit.exempt if exemption.when is not None)


class _Reader:
    """What is read, from the rules that decide down to the attributes of records."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.named: set[str] = set()  # in conditions
        self.read: dict[str, set[str]] = {section: set() for section in (*SECTIONS, "tags", "items")}
        self.read["items"] |= set(scheme.shorthand_records.values())
        self.read["attributes"] |= set(scheme.shorthand_records)
        self._rules()
        self._items()

    def counts(self, code: str, item: Item) -> bool:
        """Whether something can follow from a record of this item."""
        return item.value is not None or code in self.read["items"] or bool(self.read["tags"] & set(item.tags))

    @property
    def unread_score(self) -> bool:
        """Whether points are counted beside grades that do not depend on them."""
        decide = self.scheme.decide
        if self.scheme.start is None or not any(rule.grade is not None for rule in decide):
            return False
        return "score" not in self.named and not any(rule.bands for rule in decide)

    def _rules(self) -> None:
        scheme = self.scheme
        self._use("clocks", scheme.admit.clock)
        self._use("windows", scheme.admit.window)
        for path, rule in rules(scheme):
            if path[0] in ("admit", "start", "conditions", "decide"):
                self._condition(getattr(rule, "when", None))
                self._name(getattr(rule, "of", None))
            elif path[0] == "lists":
                for key in ("since", "or_until"):
                    self._name(getattr(rule, key, None))

    def _items(self) -> None:
        for _, code, item in items(self.scheme):
            if not self.counts(code, item):
                continue
            value = item.value
            for name in (*item.per, *item.requires):
                self._name(name)
            self._condition(item.accepts)
            self._use("clocks", item.clock)
            self._use("windows", item.window)
            self._use("groups", item.group)
            if item.measure:
                self._name(item.measure.of)
            if item.repair:
                self._use("repairs", item.repair.rule)
            if value:
                self._use("pools", value.pool)
                self._name(value.plus)
                self._name(value.of)

    def _condition(self, text: str | None) -> None:
        for name in names(parse(text)) if text is not None else ():
            self._name(name)

    def _name(self, name: str | None) -> None:
        """A name of a condition: a fact, an attribute of subject or record, or a column of a lookup."""
        if name is None or name in self.named:
            return
        self.named.add(name)
        scheme = self.scheme
        for section in ("facts", "attributes", "record_attributes"):
            if name in getattr(scheme, section):
                self._use(section, name)
        for key, lookup in scheme.lookups.items():
            if name.startswith(f"{key}_") and name[len(key) + 1 :] in lookup.columns:
                self._use("lookups", key)

    def _use(self, section: str, name: str | None) -> None:
        """A part is read, and so is what it reads itself."""
        if name is None or name in self.read[section] or name not in getattr(self.scheme, section):
            return
        self.read[section].add(name)
        part = getattr(self.scheme, section)[name]
        for other in _reads(part):
            self._name(other)
        if isinstance(part, Fact):
            self.read["items"] |= set(part.items)
            self.read["tags"] |= set(part.tags)
            self._use("windows", part.window)
            self._condition(part.where)
        elif section == "repairs":
            self._use("clocks", part.clock)


def _reads(part: object) -> Iterator[str]:
    """Names that a fact, window, lookup or attribute of a record reads, beside those of its conditions."""
    cycle = getattr(part, "cycle", None)
    yield from cycle.since if cycle is not None else ()
    yield from getattr(part, "dates", ())
    for key in ("by", "column", "key", "or_until", "of"):
        name = getattr(part, key, None)
        if isinstance(name, str):
            yield name

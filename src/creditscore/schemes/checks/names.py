"""Names: identifiers that both interpreters read alike, none twice, and references to things that exist."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

from creditscore.core.model_keys import list_few
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.model import Scheme
from creditscore.schemes.types import ASSESSED, MOMENTS, RECORD, SUBJECT_COLUMNS
from creditscore.schemes.walk import items, rules

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
ID = re.compile(r"[^\s'\"`;|\\](?:[^\x00-\x1f'\"`;|\\]{0,118}[^\s'\"`;|\\])?")
WORDS = {*keyword.kwlist, *keyword.softkwlist, "true", "false", "given"}
SUBJECT = ("subject_id", "name", *SUBJECT_COLUMNS, "registered_on", "period", "score", *MOMENTS)
RECORD_COLUMNS = (
    "record_id",
    "subject_id",
    "event_no",
    "event",
    "domain",
    "share",
    "source_subject_id",
    *RECORD,
    *ASSESSED,
    *MOMENTS,
)
NAMED = ("attributes", "record_attributes", "predicates", "facts", "lookups", "windows", "clocks")


def check(scheme: Scheme, source: Source) -> None:
    for section in NAMED:
        for name in getattr(scheme, section):
            _identifier(source, (section, name), name, section)
    for key, table in scheme.lookups.items():
        for column in table.columns:
            _identifier(source, ("lookups", key, "columns"), column, "lookups")
    _collisions(scheme, source)
    _ids(scheme, source)
    _references(scheme, source)


def _identifier(source: Source, path: KeyPath, name: str, section: str) -> None:
    if not NAME.fullmatch(name):
        allowed = "letters a to z, digits and _, a letter first, at most 60"
        source.fault(path, f"{name!r} is not a name; allowed are {allowed}", "E111")
    elif name in WORDS and section in ("attributes", "record_attributes", "predicates", "facts"):
        source.fault(path, f"{name!r} is a word of the language of conditions; choose another name", "E111")


def _collisions(scheme: Scheme, source: Source) -> None:
    """SQL does not tell Size from size, and a name means one thing."""
    columns: list[tuple[str, KeyPath]] = [
        (f"{key}_{column}", ("lookups", key)) for key, lookup in scheme.lookups.items() for column in lookup.columns
    ]
    subject = [(name, "the column of every subject") for name in SUBJECT]
    record = [(name, "the column of every record") for name in RECORD_COLUMNS]
    own: list[tuple[str, KeyPath]] = [(name, ("attributes", name)) for name in scheme.attributes]
    own += [(name, ("facts", name)) for name in scheme.facts]
    _once(source, subject, [*own, *columns])
    of_records: list[tuple[str, KeyPath]] = [(name, ("record_attributes", name)) for name in scheme.record_attributes]
    of_records += [(name, ("predicates", name)) for name in scheme.predicates]
    _once(source, record, of_records + columns)
    for section in ("lookups", "windows", "clocks"):
        _once(source, [], [(name, (section, name)) for name in getattr(scheme, section)])


def _once(source: Source, taken: Iterable[tuple[str, str]], names: Iterable[tuple[str, KeyPath]]) -> None:
    seen = {name.lower(): f"{what} {name!r}" for name, what in taken}
    for name, path in names:
        if name.lower() in seen:
            source.fault(path, f"{name!r} is also the name of {seen[name.lower()]}; choose another", "E112")
        seen.setdefault(name.lower(), ".".join(map(str, path)))


def _ids(scheme: Scheme, source: Source) -> None:
    """Ids of rules, codes of grades and items: once each, and fit to be printed and listed."""
    listed: list[tuple[KeyPath, list[str]]] = [
        (("grades",), [grade.code for grade in scheme.grades]),
        (("decide",), [rule.id for rule in scheme.decide]),
        (("conditions",), [rule.id for rule in scheme.conditions]),
        (("admit", "exempt"), [rule.id for rule in scheme.admit.exempt]),
    ]
    if scheme.start:
        ids = [rule.id for rule in scheme.start.rules], [bonus.id for bonus in scheme.start.bonus]
        listed += [(("start", "rules"), ids[0]), (("start", "bonus"), ids[1])]
    for key, repair in scheme.repairs.items():
        listed.append((("repairs", key, "windows"), [window.id for window in repair.windows]))
    for key, list_rule in scheme.lists.items():
        for section in ("steps", "terms", "exits"):
            listed.append((("lists", key, section), [rule.id for rule in getattr(list_rule, section)]))
    for path, own in listed:
        for i, code in enumerate(own):
            if code in own[:i]:
                source.fault((*path, i), f"{code!r} stands twice under {'.'.join(map(str, path))}", "E113")
            _printable(source, (*path, i), code)
    for section in ("items", "groups", "pools", "repairs", "readings", "lists"):
        for name in getattr(scheme, section):
            _printable(source, (section, name), name)


def _printable(source: Source, path: KeyPath, name: str) -> None:
    if not ID.fullmatch(name):
        source.fault(
            path, f"{name!r} is not a code: no quotes, semicolons, bars, line ends; 1 to 120 characters", "E111"
        )


def _references(scheme: Scheme, source: Source) -> None:
    for value, known, path, what, section in _named(scheme):
        gone = (section,) in source.pruned or (section == "grades" and not scheme.grades)
        if value is not None and value not in known and value not in source.lost and not gone:
            source.fault(
                path,
                f"{value!r} is not {'an' if what[0] in 'aeiou' else 'a'} {what}; there are: {list_few(known)}",
                "E301",
            )


def _named(scheme: Scheme) -> Iterator[tuple[str | None, Iterable[str], KeyPath, str, str]]:
    """Each name that stands for another part: the name, what there is, where, what it should be, its section."""
    yield scheme.admit.clock, scheme.clocks, ("admit", "clock"), "clock", "clocks"
    yield scheme.admit.window, scheme.windows, ("admit", "window"), "window", "windows"
    for key, repair in scheme.repairs.items():
        yield repair.clock, scheme.clocks, ("repairs", key, "clock"), "clock", "clocks"
    for attribute, code in scheme.shorthand_records.items():
        yield attribute, scheme.attributes, ("shorthand_records", attribute), "attribute", "attributes"
        yield code, scheme.items, ("shorthand_records", attribute), "item", "items"
    for path, _, item in items(scheme):
        yield item.clock, scheme.clocks, (*path, "clock"), "clock", "clocks"
        yield item.window, scheme.windows, (*path, "window"), "window", "windows"
        yield item.group, scheme.groups, (*path, "group"), "group", "groups"
        if item.value and item.value.pool is not None:
            yield item.value.pool, scheme.pools, path, "pool", "pools"
        if item.repair:
            yield item.repair.rule, scheme.repairs, (*path, "repair", "rule"), "repair rule", "repairs"
    tags = {tag for _, _, item in items(scheme) for tag in item.tags}
    for key, fact in scheme.facts.items():
        yield fact.window, scheme.windows, ("facts", key, "window"), "window", "windows"
        for tag in fact.tags:
            yield tag, tags, ("facts", key, "tags"), "tag of an item", "items"
        for code in fact.items:
            yield code, scheme.items, ("facts", key, "items"), "item", "items"
    codes = [grade.code for grade in scheme.grades]
    for i, decide in enumerate(scheme.decide):
        for effect in ("grade", "ceiling", "floor"):
            yield getattr(decide, effect), codes, ("decide", i, effect), "grade", "grades"
        for k, band in enumerate(decide.bands or []):
            yield band.grade, codes, ("decide", i, "bands", k, "grade"), "grade", "grades"
    decisions = [rule.id for rule in scheme.decide]
    for key, listed in scheme.lists.items():
        for trigger in listed.triggers:
            yield trigger, decisions, ("lists", key, "triggers"), "decide rule", "decide"
        for section in ("terms", "exits"):
            for i, rule in enumerate(getattr(listed, section)):
                for trigger in rule.triggers:
                    yield (
                        trigger,
                        listed.triggers,
                        ("lists", key, section, i, "triggers"),
                        "trigger of the list",
                        "decide",
                    )
    known = {rule_id for _, rule in rules(scheme) if (rule_id := getattr(rule, "id", None)) is not None}
    known |= {*scheme.items, *scheme.groups, *scheme.facts}
    for i, not_monotone in enumerate(scheme.not_monotone):
        yield not_monotone.id, known, ("not_monotone", i), "rule", "decide"

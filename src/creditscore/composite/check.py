"""What a composite must fulfil before anybody is graded with it, checked against the library of schemes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise

from creditscore.composite.config import MOST_DOMAINS, TOP, CompositeConfig, CompositeDomain, SoleTraders
from creditscore.core.errors import SchemeError
from creditscore.core.messages import Message, joined
from creditscore.core.references import Citing, Reference, Unique
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.schemes.references import LAWS

OURS = ("project_default", "inference", "unknown")  # marks that need no text
REFERENCES = (
    replace(LAWS, code="E201"),
    Reference(
        "grade",
        lambda config: [grade.code for grade in config.grades],
        lambda name, known: Message("composite.not_a_grade", name=name, known=[*known]),
        "E301",
    ),
)
# a domain stands with its group
CITING = Citing(
    uncited=lambda evidence: Message("composite.cites_nothing", evidence=evidence),
    unmarked=lambda **_: Message("composite.no_mark"),
    free=OURS,
    codes=("E202", "E203"),
    exempt=(CompositeDomain, SoleTraders),
)
UNIQUE = (
    Unique("groups.*.domains.*.id", lambda value, **_: Message("composite.domain_twice", value=value), "E113"),
    Unique("groups.*.id", lambda value, **_: Message("composite.group_twice", value=value), "E113"),
    Unique("grades.*.code", lambda value, **_: Message("composite.grade_twice", value=value), "E904"),
    Unique(
        "hard_rules.*.id",
        lambda value, line, **_: Message("composite.hard_rule_twice", value=value, line=line),
        "E113",
    ),
)


def check(config: CompositeConfig, source: Source) -> None:
    """Note every fault in `source`."""
    entries = registry.entries()
    if config.use not in ("public_grade", "internal_risk"):
        source.fault(("use",), Message("composite.use_allowed"))
    _sources(config, source)
    _scale(config, source)
    count = len(config.domains)
    if count > MOST_DOMAINS:
        source.fault(("groups",), Message("composite.too_many_domains", count=count, most=MOST_DOMAINS), "E905")
    total = sum(domain.weight for domain in config.domains)
    if total != TOP:
        source.fault(("groups",), Message("composite.sum_of_weights", total=total, top=TOP), "E905")
    if config.effective_to is not None and config.effective_to <= config.effective_from:
        source.fault(("effective_to",), Message("composite.ends_before_begins"), "E131")
    known = {f"{entry.scheme}@{entry.version}": entry for entry in entries}
    owners: dict[str, str] = {}
    for g, group in enumerate(config.groups):
        path: KeyPath = ("groups", g)
        weight = sum(domain.weight for domain in group.domains)
        stands = sum(domain.weight * config.stands_at(domain) for domain in group.domains)
        if not group.at_least * weight <= stands <= group.at_most * weight:
            outside = Message("composite.reference_outside", at_least=group.at_least, at_most=group.at_most)
            source.fault(path, outside, "E905")
        for d, domain in enumerate(group.domains):
            place = (*path, "domains", d)
            if not domain.schemes and not any(
                domain.id == trigger.domain for rule in config.hard_rules for trigger in rule.when
            ):
                source.fault(place, Message("composite.domain_without_facts"), "E707")
            for name, values in domain.schemes.items():
                where = (*place, "schemes", name)
                if name not in known:
                    there = [text for text in known if text.startswith(name.partition("@")[0] + "@")]
                    message = Message("composite.no_version_of_library", there=there or Message("composite.none_there"))
                    source.fault(where, message, "E301")
                    continue
                scheme = _scheme(known[name], source)
                if scheme is None:
                    continue
                if owners.setdefault(scheme.scheme, domain.id) != domain.id:
                    message = Message("composite.weighs_twice", scheme=scheme.scheme, other=owners[scheme.scheme])
                    source.fault(where, message, "E113")
                _use(config, scheme, source, where)
                _values(scheme, values, source, where)
            _versions(config, domain, entries, source, (*place, "schemes"))
    _hard_rules(config, entries, source)


def _sources(config: CompositeConfig, source: Source) -> None:
    if config.individual_business.included and not config.individual_business.cite:
        source.fault(("individual_business",), Message("composite.sole_traders_uncited"))
    if not config.cite:
        source.fault(("cite",), Message("composite.names_no_text"), "E202")


def _scale(config: CompositeConfig, source: Source) -> None:
    for k, (better, worse) in enumerate(pairwise(config.grades)):
        if better.at_least <= worse.at_least:
            source.fault(("grades", k + 1, "at_least"), Message("composite.grades_out_of_order"), "E904")
    if config.grades[-1].at_least != 0:
        place = ("grades", len(config.grades) - 1, "at_least")
        source.fault(place, Message("composite.worst_grade_not_at_zero"), "E904")


def _use(config: CompositeConfig, scheme: Scheme, source: Source, path: KeyPath) -> None:
    allowed = ["public_grade", "list", *(["internal_risk"] if config.use == "internal_risk" else [])]
    if config.use in ("public_grade", "internal_risk") and scheme.use not in allowed:
        source.fault(
            path,
            Message(
                "composite.use_differs", scheme=scheme.scheme, use=scheme.use, wanted=config.use, taken=joined(allowed)
            ),
        )


def _values(scheme: Scheme, values: dict[str, int], source: Source, path: KeyPath) -> None:
    codes = [grade.code for grade in scheme.grades]
    for code in codes:
        if code not in values:
            source.fault(path, Message("composite.grade_without_value", grade=code), "E906")
    for code, value in values.items():
        if code not in codes:
            source.fault((*path, code), Message("composite.no_grade_of", scheme=scheme.name, codes=codes), "E301")
        elif not 0 <= value <= TOP:
            source.fault((*path, code), Message("composite.value_out_of_range", value=value, top=TOP), "E906")
    held = [values[code] for code in codes if code in values]
    if any(better < worse for better, worse in pairwise(held)):
        source.fault(path, Message("composite.better_is_worth_less", codes=codes), "E906")


def _versions(
    config: CompositeConfig, domain: CompositeDomain, entries: Iterable[registry.Entry], source: Source, path: KeyPath
) -> None:
    """Every version that can grade while the composite is in force has its own map."""
    named = {version_name.partition("@")[0] for version_name in domain.schemes}
    for entry in entries:
        version_name = f"{entry.scheme}@{entry.version}"
        if entry.scheme not in named or version_name in domain.schemes:
            continue
        scheme = _scheme(entry, source)
        if scheme is not None and not scheme.missing and _meets(config, scheme):
            source.fault(path, Message("composite.version_without_values", version=version_name), "E906")


def _scheme(entry: registry.Entry, source: Source) -> Scheme | None:
    """A version of the library; None where it cannot be read: its own faults are added, each once."""
    try:
        return registry.load(entry)
    except SchemeError as error:
        source.faults += [fault for fault in error.faults if fault not in source.faults]
        return None


def _meets(config: CompositeConfig, scheme: Scheme) -> bool:
    start, end = scheme.effective_from, scheme.effective_to
    began = date(start, 1, 1) if isinstance(start, int) else start
    ended = date(end, 1, 1) if isinstance(end, int) else end
    return (config.effective_to is None or began < config.effective_to) and (
        ended is None or config.effective_from < ended
    )


def _hard_rules(config: CompositeConfig, entries: Iterable[registry.Entry], source: Source) -> None:
    lists: set[str] | None = set()
    if any(trigger.lists for rule in config.hard_rules for trigger in rule.when):
        schemes = [_scheme(entry, source) for entry in entries]
        lists = None if None in schemes else {name for scheme in schemes if scheme for name in scheme.lists}
    domains = {domain.id: domain for domain in config.domains}
    for k, rule in enumerate(config.hard_rules):
        for t, trigger in enumerate(rule.when):
            place: KeyPath = ("hard_rules", k, "when", t)
            if trigger.domain not in domains:
                message = Message("composite.no_domain", domain=trigger.domain, domains=[*domains])
                source.fault((*place, "domain"), message, "E301")
                continue
            for name in trigger.lists:
                if lists is not None and name not in lists:
                    source.fault((*place, "lists"), Message("composite.no_list", name=name), "E301")
            _trigger_grades(trigger.grades, domains[trigger.domain], source, (*place, "grades"))


def _trigger_grades(grades: dict[str, list[str]], domain: CompositeDomain, source: Source, path: KeyPath) -> None:
    for scheme, wanted in grades.items():
        maps = [values for name, values in domain.schemes.items() if name.partition("@")[0] == scheme]
        if not maps:
            source.fault((*path, scheme), Message("composite.no_scheme_of_domain", domain=domain.id), "E301")
        for grade in wanted:
            if maps and not any(grade in values for values in maps):
                source.fault((*path, scheme), Message("composite.no_grade_of_any_version", grade=grade), "E301")

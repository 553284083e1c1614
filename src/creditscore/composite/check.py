"""What a composite must fulfil before anybody is graded with it, checked against the library of schemes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise

from creditscore.composite.config import MOST_DOMAINS, TOP, CompositeConfig, CompositeDomain, SoleTraders
from creditscore.core.errors import SchemeError
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
        lambda name, known: f"{name!r} is not a grade; there are: {', '.join(known)}",
        "E301",
    ),
)
# a domain stands with its group
CITING = Citing(
    uncited="is marked {evidence} and cites nothing",
    free=OURS,
    codes=("E202", "E203"),
    exempt=(CompositeDomain, SoleTraders),
)
UNIQUE = (
    Unique("groups.*.domains.*.id", "the domain {value!r} stands twice", "E113"),
    Unique("groups.*.id", "the group {value!r} stands twice", "E113"),
    Unique("grades.*.code", "the grade {value!r} stands twice", "E904"),
    Unique("hard_rules.*.id", code="E113"),
)


def check(config: CompositeConfig, source: Source) -> None:
    """Note every fault in `source`."""
    entries = registry.entries()
    if config.use not in ("public_grade", "internal_risk"):
        source.fault(("use",), "is public_grade, or internal_risk for one that is never published")
    _sources(config, source)
    _scale(config, source)
    count = len(config.domains)
    if count > MOST_DOMAINS:
        source.fault(("groups",), f"{count} domains; contributions are exact for at most {MOST_DOMAINS}", "E905")
    total = sum(domain.weight for domain in config.domains)
    if total != TOP:
        source.fault(("groups",), f"the weights add up to {total}; they must add up to {TOP}", "E905")
    if config.effective_to is not None and config.effective_to <= config.effective_from:
        source.fault(("effective_to",), "must be later than effective_from", "E131")
    known = {f"{entry.scheme}@{entry.version}": entry for entry in entries}
    owners: dict[str, str] = {}
    for g, group in enumerate(config.groups):
        path: KeyPath = ("groups", g)
        weight = sum(domain.weight for domain in group.domains)
        stands = sum(domain.weight * config.stands_at(domain) for domain in group.domains)
        if not group.at_least * weight <= stands <= group.at_most * weight:
            source.fault(path, f"its reference lies outside {group.at_least} to {group.at_most}", "E905")
        for d, domain in enumerate(group.domains):
            place = (*path, "domains", d)
            if not domain.schemes and not any(
                domain.id == trigger.domain for rule in config.hard_rules for trigger in rule.when
            ):
                source.fault(place, "names no scheme, and no hard rule takes a fact from it", "E707")
            for name, values in domain.schemes.items():
                where = (*place, "schemes", name)
                if name not in known:
                    there = [text for text in known if text.startswith(name.partition("@")[0] + "@")]
                    message = f"is no version of the library; there are: {', '.join(there) or 'none'}"
                    source.fault(where, message, "E301")
                    continue
                scheme = _scheme(known[name], source)
                if scheme is None:
                    continue
                if owners.setdefault(scheme.scheme, domain.id) != domain.id:
                    message = f"{scheme.scheme} stands in {owners[scheme.scheme]} too; it would weigh twice"
                    source.fault(where, message, "E113")
                _use(config, scheme, source, where)
                _values(scheme, values, source, where)
            _versions(config, domain, entries, source, (*place, "schemes"))
    _hard_rules(config, entries, source)


def _sources(config: CompositeConfig, source: Source) -> None:
    if config.individual_business.included and not config.individual_business.cite:
        source.fault(("individual_business",), "sole traders get a composite only where a cited text says so")
    if not config.cite:
        source.fault(("cite",), "names no text", "E202")


def _scale(config: CompositeConfig, source: Source) -> None:
    for k, (better, worse) in enumerate(pairwise(config.grades)):
        if better.at_least <= worse.at_least:
            message = "grades stand best first, each with a lower edge than the one before"
            source.fault(("grades", k + 1, "at_least"), message, "E904")
    if config.grades[-1].at_least != 0:
        message = "the worst grade begins at 0, so that every score has one"
        source.fault(("grades", len(config.grades) - 1, "at_least"), message, "E904")


def _use(config: CompositeConfig, scheme: Scheme, source: Source, path: KeyPath) -> None:
    allowed = ["public_grade", "list", *(["internal_risk"] if config.use == "internal_risk" else [])]
    if config.use in ("public_grade", "internal_risk") and scheme.use not in allowed:
        source.fault(
            path, f"{scheme.scheme} is {scheme.use}; a composite for {config.use} takes {' and '.join(allowed)}"
        )


def _values(scheme: Scheme, values: dict[str, int], source: Source, path: KeyPath) -> None:
    codes = [grade.code for grade in scheme.grades]
    for code in codes:
        if code not in values:
            source.fault(path, f"the grade {code!r} has no value; nothing is taken as neutral in silence", "E906")
    for code, value in values.items():
        if code not in codes:
            source.fault((*path, code), f"is not a grade of {scheme.name}; there are: {', '.join(codes)}", "E301")
        elif not 0 <= value <= TOP:
            source.fault((*path, code), f"is {value}; values lie between 0 and {TOP}", "E906")
    held = [values[code] for code in codes if code in values]
    if any(better < worse for better, worse in pairwise(held)):
        message = f"a better grade is worth less than a worse one (best first: {', '.join(codes)})"
        source.fault(path, message, "E906")


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
            source.fault(path, f"{version_name} is in force in the time of this composite and has no values", "E906")


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
                message = f"{trigger.domain!r} is no domain; there are: {', '.join(domains)}"
                source.fault((*place, "domain"), message, "E301")
                continue
            for name in trigger.lists:
                if lists is not None and name not in lists:
                    source.fault((*place, "lists"), f"{name!r} is no list of the library's schemes", "E301")
            _trigger_grades(trigger.grades, domains[trigger.domain], source, (*place, "grades"))


def _trigger_grades(grades: dict[str, list[str]], domain: CompositeDomain, source: Source, path: KeyPath) -> None:
    for scheme, wanted in grades.items():
        maps = [values for name, values in domain.schemes.items() if name.partition("@")[0] == scheme]
        if not maps:
            source.fault((*path, scheme), f"is no scheme of the domain {domain.id}", "E301")
        for grade in wanted:
            if maps and not any(grade in values for values in maps):
                source.fault((*path, scheme), f"{grade!r} is no grade of any of its versions", "E301")

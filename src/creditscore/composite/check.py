"""What a composite must fulfil before anybody is graded with it, checked against the library of schemes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from creditscore.composite.config import MOST_DOMAINS, TOP, CompositeConfig, CompositeDomain
from creditscore.core.errors import SchemeError
from creditscore.core.identity import is_resident
from creditscore.core.yaml_source import KeyPath, Source, texts
from creditscore.schemes import registry
from creditscore.schemes.laws import citable
from creditscore.schemes.model import Scheme

OURS = ("project_default", "inference", "unknown")  # marks that need no text


def check(config: CompositeConfig, source: Source) -> None:
    """Note every fault in `source`."""
    entries = registry.entries()
    for where, text in texts(source.data):
        if is_resident(text):
            source.fault(where, "a resident identity number stands here; leave it out")
    if config.use not in ("public_grade", "internal_risk"):
        source.fault(("use",), "is public_grade, or internal_risk for one that is never published")
    _sources(config, source)
    _scale(config, source)
    ids = [domain.id for domain in config.domains]
    if len(ids) > MOST_DOMAINS:
        source.fault(("groups",), f"{len(ids)} domains; contributions are exact for at most {MOST_DOMAINS}", "E905")
    for what, names in (("domain", ids), ("group", [group.id for group in config.groups])):
        for name in sorted({one for one in names if names.count(one) > 1}):
            source.fault(("groups",), f"the {what} {name!r} stands twice", "E113")
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
                domain.id == one.domain for rule in config.hard_rules for one in rule.when
            ):
                source.fault(place, "names no scheme, and no hard rule takes a fact from it", "E707")
            for name, values in domain.schemes.items():
                where = (*place, "schemes", name)
                if name not in known:
                    there = [one for one in known if one.startswith(name.partition("@")[0] + "@")]
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
    laws = citable()
    rules: list[tuple[KeyPath, Any]] = [(("grades", k), one) for k, one in enumerate(config.grades)]
    rules += [(("hard_rules", k), one) for k, one in enumerate(config.hard_rules)]
    rules += [((name,), one) for name in ("coverage", "stale") if (one := getattr(config, name)) is not None]
    for path, rule in [*rules, *((("groups", k), one) for k, one in enumerate(config.groups))]:
        if rule.evidence is None:
            source.fault(path, "carries no evidence mark", "E203")
        elif rule.evidence not in OURS and not rule.cite:
            source.fault(path, f"is marked {rule.evidence} and cites nothing", "E202")
    if config.individual_business.included and not config.individual_business.cite:
        source.fault(("individual_business",), "sole traders get a composite only where a cited text says so")
    cited = [*rules, (("individual_business",), config.individual_business), ((), config)]
    for path, rule in cited:
        for cite in rule.cite:
            if cite.law not in laws:
                message = f"cites the law {cite.law!r}, which has no file in configs/laws/"
                source.fault((*path, "cite"), message, "E201")
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
    codes = [one.code for one in config.grades]
    for code in {one for one in codes if codes.count(one) > 1}:
        source.fault(("grades",), f"the grade {code!r} stands twice", "E904")


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
    named = {name.partition("@")[0] for name in domain.schemes}
    for entry in entries:
        name = f"{entry.scheme}@{entry.version}"
        if entry.scheme not in named or name in domain.schemes:
            continue
        scheme = _scheme(entry, source)
        if scheme is not None and not scheme.missing and _meets(config, scheme):
            source.fault(path, f"{name} is in force in the time of this composite and has no values", "E906")


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
    ids = [rule.id for rule in config.hard_rules]
    codes = [grade.code for grade in config.grades]
    for k, rule in enumerate(config.hard_rules):
        path: KeyPath = ("hard_rules", k)
        if ids.count(rule.id) > 1:
            source.fault((*path, "id"), f"{rule.id!r} stands twice", "E113")
        if rule.ceiling not in codes:
            message = f"{rule.ceiling!r} is not a grade; there are: {', '.join(codes)}"
            source.fault((*path, "ceiling"), message, "E301")
        for t, trigger in enumerate(rule.when):
            place = (*path, "when", t)
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

"""What a set of four lists must fulfil before anything is proposed by it; every fault with code, file and key path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from creditscore.core.model import Label
from creditscore.core.model_keys import list_few
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.measures.codes import CODES
from creditscore.measures.force import WEAKEST_FOR_RIGHTS, may_cut_rights
from creditscore.measures.library import KnownList, known_lists, versions
from creditscore.measures.model import ANY, TABLES, Conduct, FourLists, Head, Measure, PunishMeasure
from creditscore.records.schema import KINDS, PERSONS
from creditscore.schemes import references, registry
from creditscore.schemes.laws import LEVELS, Law, load_laws, span_of
from creditscore.schemes.lists import ListKind
from creditscore.schemes.model import Rule

ORGANISATIONS = "organisation"  # every kind but individual businesses, which a measure must name
PERSON_WORDS = re.compile(
    "自然人|个人(?!独资)|公民|居民|家属|亲属|子女|法定代表人|负责人|责任人|从业人员|股东|高管"
    r"|\b(natural persons?|individuals?(?! business)|citizens?|residents?|relatives?|children|legal representatives?"
    r"|shareholders?|managers?|employees?|practitioners?)\b",
    re.IGNORECASE,
)
FITTING: Mapping[str, tuple[ListKind, ...]] = {
    "reward_conduct": ("red",),
    "dishonest_conduct": ("serious", "watch", "abnormal", "record"),
}


@dataclass(frozen=True)
class _Known:
    """What the tables lean on: legal texts, the lists and versions of the library, departments (None: not readable)."""

    laws: Mapping[str, Law]
    lists: Mapping[str, KnownList]
    entries: Sequence[registry.Entry]
    departments: Set[str] | None


def check(parsed: Mapping[str, BaseModel | None], sources: Mapping[str, Source], lists: FourLists | None) -> None:
    """Write faults and notes into the sources. What cannot be read in one file does not hide faults of the others."""
    head = parsed.get("four_lists")
    departments = head.departments.keys() if isinstance(head, Head) else None
    known = _Known(load_laws(), known_lists(), registry.entries(), departments)
    if isinstance(head, Head):
        _head(head, sources["four_lists"], known)
    places: dict[str, str] = {}
    tables: dict[str, dict[str, Any]] = {}
    claimed: dict[str, str] = {}
    for table in TABLES:
        content = parsed.get(table)
        lines: dict[str, Any] = {}
        for i, line in enumerate(getattr(content, table, ())):
            source, path = sources[table], (table, i)
            if line.id in places:
                source.fault((*path, "id"), f"{line.id!r} is taken by {places[line.id]}; ids are unique", "J102")
            places.setdefault(line.id, f"{source.file}:{source.line((*path, 'id'))}")
            lines.setdefault(line.id, line)
            _rule(line, source, path, known)
            if isinstance(line, Conduct):
                _conduct(line, source, path, table, claimed, known)
            else:
                _measure(line, source, path, known)
        tables[table] = lines
    if parsed.get("links") is not None:
        complete = all(parsed.get(table) is not None for table in TABLES)
        _links(parsed["links"], sources["links"], tables, complete)
    if lists is not None:
        _notes(lists, sources, tables)


def _head(head: Head, source: Source, known: _Known) -> None:
    for name in TABLES:
        if name not in head.names:
            source.fault(("names",), f"{name} has no name; the four lists are {', '.join(TABLES)}", "E107")
        elif head.names[name].evidence != "verified":
            source.note(("names", name), f"the name is {head.names[name].evidence}", "J502")
    for key in ("feedback", "withdrawal"):
        rule = getattr(head, key)
        _rule(rule, source, (key,), known)
    for name, list_name in head.names.items():
        _label(list_name.label, source, ("names", name, "label"))
    for code, department in head.departments.items():
        _label(department.label, source, ("departments", code, "label"))
        if code == ANY:
            source.fault(("departments", code), f"{ANY!r} stands for every department and cannot be one", "J305")


def _rule(line: Rule, source: Source, path: KeyPath, known: _Known) -> None:
    """The source of a line: when its laws are in force, how sure it is, texts in both languages."""
    for i, cite in enumerate(line.cite):
        if cite.law in known.laws and span_of(known.laws[cite.law].in_force) is None:
            source.note((*path, "cite", i), f"it is not known from when {cite.law} is in force", "J506")
    if line.evidence not in (None, "verified"):
        source.note(path, f"the line is {line.evidence}", "J502")
    if line.applies is not None and line.applies.by != "period":
        source.fault((*path, "applies", "by"), "measures and conduct are switched by days of the event only", "E141")
    for name in ("label", "measure", "conduct", "where"):
        value = getattr(line, name, None)
        if isinstance(value, Label):
            _label(value, source, (*path, name))


def _label(label: Label, source: Source, path: KeyPath) -> None:
    for lang in ("zh", "en"):
        text = getattr(label, lang)
        if not text.strip():
            source.fault((*path, lang), "the text is empty", "J103")
        elif lang == "zh" and not re.search("[\u4e00-\u9fff]", text):
            source.fault((*path, lang), "has no Chinese character", "J103")


def _conduct(line: Conduct, source: Source, path: KeyPath, table: str, claimed: dict[str, str], known: _Known) -> None:
    if line.list in claimed:
        source.fault((*path, "list"), f"{line.list!r} leads to {claimed[line.list]} already", "J406")
    claimed.setdefault(line.list, line.id)
    _department(line.owner, known, source, (*path, "owner"))
    there = known.lists.get(line.list)
    if there is not None and line.kind not in (None, there.kind):
        source.fault((*path, "kind"), f"the library says that {line.list} is a {there.kind} list", "J405")
    kind = there.kind if there is not None else line.kind
    if kind is None:
        message = f"no scheme of the library has the list {line.list!r}; give its kind: {', '.join(FITTING[table])}"
        source.fault((*path, "list"), message, "J405")
    elif kind not in FITTING[table]:
        allowed = ", ".join(FITTING[table])
        source.fault((*path, "list"), f"{line.list} is a {kind} list; {table} takes {allowed}", "J405")
    for i, criterion in enumerate(line.criterion):
        where: KeyPath = (*path, "criterion", i)
        if criterion.grade is not None or criterion.score is not None:
            message = "a score or grade alone triggers nothing; name the triggers on which a list entry was decided"
            source.fault(where, message, "J402")
            continue
        _criterion(line, criterion.scheme, criterion.triggers, source, where, known)


def _criterion(line: Conduct, name: str, triggers: list[str], source: Source, path: KeyPath, known: _Known) -> None:
    there, schemes = known.lists.get(line.list), versions(name, known.entries)
    if not schemes:
        message = references.describe_scheme(name, references.find_versions())
        source.fault((*path, "scheme"), message, "J404")
    for scheme in schemes:
        if scheme.use == "internal_risk":
            source.fault((*path, "scheme"), f"{scheme.name} is an internal risk class and triggers nothing", "J403")
            continue
        if scheme.domain != line.domain:
            source.fault(
                (*path, "scheme"), f"{scheme.name} is of the domain {scheme.domain!r}, not {line.domain!r}", "J404"
            )
        rules = {rule.id: rule for rule in scheme.decide}
        listed = scheme.lists.get(line.list)
        if there is not None and listed is None:
            message = f"{scheme.name} has no list {line.list!r}; pin the version that has it: {list_few(there.rules)}"
            source.fault((*path, "scheme"), message, "J404")
            continue
        # a list that the library leads to has triggers of its own; of others any rule that rests on a decision
        allowed = rules if listed is None else listed.triggers
        if not triggers and (listed is None or listed.triggers):
            source.fault((*path, "triggers"), f"names no trigger; {scheme.name} has {list_few(allowed)}", "J404")
        for trigger in triggers:
            if trigger not in allowed:
                message = f"{trigger!r} is no trigger in {scheme.name}; there are: {list_few(allowed)}"
                source.fault((*path, "triggers"), message, "J404")
            elif rules[trigger].bands is not None or (listed is None and rules[trigger].route in (None, "score")):
                message = f"{trigger!r} of {scheme.name} decides by the score alone, which triggers nothing"
                source.fault((*path, "triggers"), message, "J402")


def _measure(line: Measure, source: Source, path: KeyPath, known: _Known) -> None:
    laws = known.laws
    levels = [laws[cite.law].level for cite in line.cite if cite.law in laws]
    if levels:
        best = min(levels, key=LEVELS.index)
        if line.basis_level != best:
            source.fault((*path, "basis_level"), f"is {line.basis_level}; the cited texts reach {best}", "J204")
        if isinstance(line, PunishMeasure) and line.cuts_rights:
            if not may_cut_rights(best):
                allowed = ", ".join(level for level in LEVELS if may_cut_rights(level))
                source.fault(path, f"cuts rights on a {best}; it needs one of: {allowed}", "J205")
            elif best == WEAKEST_FOR_RIGHTS:
                source.note(path, CODES["J501"], "J501")
    for i, kind in enumerate(line.object):
        if kind in (*KINDS, ORGANISATIONS):
            continue
        if kind.lower() in PERSONS or PERSON_WORDS.search(kind.replace("_", " ")):
            source.fault((*path, "object", i), f"{kind!r}: measures are for organisations, never for persons", "J401")
        else:
            source.fault(
                (*path, "object", i), f"{kind!r} is no kind; there are: {list_few((*KINDS, ORGANISATIONS))}", "E108"
            )
    for label, name in ((line.measure, "measure"), (line.where, "where")):
        for lang in ("zh", "en"):
            hit = PERSON_WORDS.search(getattr(label, lang)) if label is not None else None
            if hit is not None:
                message = f"{hit.group()!r}: a measure aims at the organisation; leave persons out"
                source.fault((*path, name, lang), message, "J401")
    for i, code in enumerate(line.dept):
        if code != ANY:
            _department(code, known, source, (*path, "dept", i))
    if line.max_period.unknown:
        source.note((*path, "max_period"), CODES["J505"], "J505")


def _department(code: str, known: _Known, source: Source, path: KeyPath) -> None:
    if known.departments is not None and code not in known.departments:
        source.fault(path, f"the head names no department {code!r}; there are: {list_few(known.departments)}", "J305")


def _links(content: Any, source: Source, tables: Mapping[str, Mapping[str, Any]], complete: bool) -> None:
    conducts = {key: table for table in TABLES[:2] for key in tables[table]}
    measures = {key: table for table in TABLES[2:] for key in tables[table]}
    seen: dict[tuple[str, str], int] = {}
    for i, link in enumerate(content.links):
        path: KeyPath = ("links", i)
        pair = (link.conduct_id, link.measure_id)
        if pair in seen:
            source.fault(path, f"stands twice (first on line {seen[pair]})", "J304")
        seen.setdefault(pair, source.line(path))
        for key, known, what in (("conduct_id", conducts, "conduct"), ("measure_id", measures, "measure")):
            name = getattr(link, key)
            if name not in known and complete:  # a table that could not be read may hold it
                source.fault((*path, key), f"{name!r} is the id of no {what}; there are: {list_few(known)}", "J301")
        if link.relevance_reason is None or not link.relevance_reason.zh.strip():
            source.fault(path, "gives no relevance_reason; without one the measure may not follow", "J302")
        else:
            _label(link.relevance_reason, source, (*path, "relevance_reason"))
        if link.evidence != "verified":
            source.note(path, f"the link is {link.evidence}", "J502")
        ends = (conducts.get(link.conduct_id, ""), measures.get(link.measure_id, ""))
        if all(ends) and ends[0].startswith("reward") != ends[1].startswith("reward"):
            source.fault(path, f"joins {ends[0]} with {ends[1]}", "J303")


def _notes(lists: FourLists, sources: Mapping[str, Source], tables: Mapping[str, Mapping[str, Any]]) -> None:
    linked = {key for link in lists.links for key in (link.conduct_id, link.measure_id)}
    for table in TABLES:
        for i, key in enumerate(tables[table]):
            if key not in linked:
                code = "J503" if table in TABLES[:2] else "J504"
                sources[table].note((table, i), f"{key}: {CODES[code]}", code)

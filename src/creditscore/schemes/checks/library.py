"""What a scheme owes its readers: labels in both languages, one file per version without gaps, marks that stand out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from creditscore.core.model import Label
from creditscore.core.model_keys import list_few
from creditscore.core.references import walk
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.checks import starts
from creditscore.schemes.laws import LEVELS, BasisLevel, Law
from creditscore.schemes.lists import ListExit, ListRule, ListStep, ListTerm
from creditscore.schemes.model import Cite, Item, Scheme
from creditscore.schemes.references import describe_scheme
from creditscore.schemes.types import record_names
from creditscore.schemes.walk import rules

CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
OF_ENTRIES = ("noticed_on", "objected_on", "decided_on", "entered_on", "published_on", "corrected_on", "term_end")
SILENT = ("facts", "lookups", "pools")  # what rules read; it touches no subject by itself
WEAK = LEVELS[LEVELS.index("normative_document") :]


def check(scheme: Scheme, source: Source, known: Collection[str], laws: Mapping[str, Law]) -> None:
    """`known`: ids of the schemes of the library."""
    for path, value in walk(scheme):
        if isinstance(value, Label):
            _label(source, path, value)
    for i, rule in enumerate(scheme.decide):
        if rule.label is None and rule.bands is None:  # a line of bands is called by what it does
            message = f"{rule.id!r} has no label: name the conduct or the condition, in Chinese and English"
            source.fault(("decide", i), message, "E714")
    starts.check_days(scheme, source, laws)
    for i, name in enumerate(scheme.beside):
        if name not in known:
            source.fault(("beside", i), describe_scheme(name, known), "E706")
    if scheme.missing:
        source.note(("missing",), f"{len(scheme.missing)} things are missing; nobody is graded under this", "N304")
    _marks(scheme, source)
    _readings(scheme, source)
    for key, listed in scheme.lists.items():
        _clocks(scheme, source, key, listed)
        if listed.kind == "serious":
            _basis(scheme, source, key, listed, laws)


def _label(source: Source, path: KeyPath, label: Label) -> None:
    for language in ("zh", "en"):
        if not getattr(label, language).strip():
            source.fault((*path, language), "is empty; every label is Chinese and English", "E701")
    if label.zh.strip() and not CHINESE.search(label.zh):
        source.fault((*path, "zh"), f"{label.zh!r} has no Chinese character", "E702")


def _marks(scheme: Scheme, source: Source) -> None:
    for code, marks, what in (("N301", ("unknown",), "unknown"), ("N302", ("local", "project_default"), "local")):
        paths = [path for path, rule in rules(scheme) if rule.evidence in marks]
        if paths:
            first_paths = ", ".join(".".join(map(str, path)) for path in paths[:4])
            more = f" and {len(paths) - 4} more" if len(paths) > 4 else ""
            carry = "rule carries" if len(paths) == 1 else "rules carry"
            source.note(paths[0], f"{len(paths)} {carry} numbers or texts that are {what}: {first_paths}{more}", code)


def _readings(scheme: Scheme, source: Source) -> None:
    """Readings travel with the items and rules that touch a subject; facts, lookups and pools are read by these."""
    carried = {name for attribute in scheme.attributes.values() for name in attribute.reading}
    for path, rule in rules(scheme):
        if path[0] not in SILENT:
            carried |= {*rule.reading, *(rule.repair.reading if isinstance(rule, Item) and rule.repair else ())}
    for path, rule in rules(scheme):
        lost = [name for name in rule.reading if name in scheme.readings and name not in carried]
        if lost and path[0] in SILENT:
            message = f"{', '.join(lost)} would reach no result; write it on the rules or items that read this"
            source.fault((*path, "reading"), message, "E717")


def _clocks(scheme: Scheme, source: Source, key: str, listed: ListRule) -> None:
    """Times of a list run from a day of the entry, or from a date of the records behind it."""
    known = {*OF_ENTRIES, *(name for name, kind in record_names(scheme).items() if kind == "date")}
    sections: dict[str, Sequence[ListStep | ListTerm | ListExit]]
    sections = {"steps": listed.steps, "terms": listed.terms, "exits": listed.exits}
    for section, parts in sections.items():
        for i, part in enumerate(parts):
            if part.since is not None and part.since not in known:
                message = (
                    f"{part.since!r} is neither a day of an entry nor a date of its records: {list_few(sorted(known))}"
                )
                source.fault(("lists", key, section, i, "since"), message, "E301")


def _basis(scheme: Scheme, source: Source, key: str, listed: ListRule, laws: Mapping[str, Law]) -> None:
    """A serious list cuts rights; note where its entry or a term rests on a weak text only."""
    triggers = [rule for rule in scheme.decide if rule.id in listed.triggers]
    entry = [*listed.cite, *(cite for rule in triggers for cite in rule.cite)]
    weak: dict[str, list[str]] = {}
    for what, cites in [("entry", entry), *((f"term {term.id}", term.cite) for term in listed.terms)]:
        level = strongest(cites, laws)
        if level in WEAK:
            weak.setdefault(str(level), []).append(what)
    for basis, parts in weak.items():
        message = f"a serious list, and its {', '.join(parts)} rests on nothing stronger than a {basis}"
        source.note(("lists", key), message, "N303")


def strongest(cites: Iterable[Cite], laws: Mapping[str, Law]) -> BasisLevel | None:
    levels = [laws[cite.law].level for cite in cites if cite.law in laws]
    return min(levels, key=LEVELS.index, default=None)


def versions(rows: list[tuple[Scheme, Source]]) -> None:
    """The versions of one scheme, oldest first: none overlap, what lies between two is a declared gap, and no former
    name is the name of a version.
    """
    for scheme, source in rows:
        for other, _ in rows:
            if other.version in map(str, scheme.formerly):
                message = f"{other.version} is a version of today; formerly: names only what no version is called now"
                source.fault(("formerly",), message, "E719")
    ordered = sorted(rows, key=lambda pair: _day(pair[0].effective_from))
    gaps = sorted((_day(gap.from_), _day(gap.to)) for scheme, _ in rows for gap in scheme.gap)
    for (earlier, _), (other, source) in itertools.pairwise(ordered):
        begin = _day(other.effective_from)
        if earlier.effective_to is None:
            message = f"{earlier.name} has no effective_to, so both govern from {other.version} on"
            source.fault(("effective_from",), message, "E704")
        elif _day(earlier.effective_to) > begin:
            message = f"{earlier.name} governs until {earlier.effective_to}, which is later than {other.version}"
            source.fault(("effective_from",), message, "E704")
        else:
            for start, end in _uncovered(_day(earlier.effective_to), begin, gaps):
                message = f"nothing governs from {start} to {end}, and no gap: declares it (before it: {earlier.name})"
                source.fault(("effective_from",), message, "E705")


def place(scheme: Scheme, source: Source, wanted: str, stem: str) -> None:
    """The path of a file says what stands in it."""
    if scheme.scheme != wanted:
        source.fault(("scheme",), f"{scheme.scheme!r} must be the path of the file, {wanted!r}", "E703")
    if scheme.version != stem:
        source.fault(("effective_from",), f"{scheme.version} must be the name of the file, {stem}", "E703")


def _day(bound: int | date) -> date:
    return bound if isinstance(bound, date) else date(bound, 1, 1)


def _uncovered(begin: date, end: date, gaps: list[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    for start, stop in gaps:
        if start > begin and begin < end:
            yield begin, min(start, end)
        begin = max(begin, stop)
    if begin < end:
        yield begin, end

"""What a loaded scheme must fulfil before anybody grades with it; every fault with file, line and key path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any

from creditscore.quantities import BASIS, to_micro
from creditscore.schemes.bands import band_faults, numbers, step
from creditscore.schemes.expressions import parse, thresholds
from creditscore.schemes.model import Cite, Item, Model, Rule, Scheme
from creditscore.schemes.parts import DATES
from creditscore.schemes.source import KeyPath, Source
from creditscore.schemes.types import ASSESSED, MOMENTS, RECORD, Kind, fact_names, record_names, subject_names, typed

BASES = ("time", "day", "month", "quarter", "year", "period", "act")
REQUIRED = ("amount", "act_id", "quantity", "document_no", "source", "basis", *DATES)
TAKES = {
    "records": ("any", "count", "sum", "max", "min", "latest", "earliest", "newest", "run"),
    "history": ("any", "count", "chain"),
    "listings": ("any", "count", "latest", "months_since", "days_since"),
    "attributes": ("months_since", "days_since"),
}
MOST_BITS = 62  # facts over records and readings travel as bits of one integer


def check_scheme(scheme: Scheme, source: Source, laws: Collection[str]) -> None:
    """Add every fault found to `source.faults`. `laws`: ids of the legal texts that may be cited."""
    _points(scheme, source)
    if source.faults:
        return  # the other checks calculate with these numbers
    _citations(scheme, source, laws)
    for check in (_references, _items, _facts, _dates, _lists, _conditions, _order, _bands):
        check(scheme, source)


def rules(scheme: Scheme) -> Iterator[tuple[KeyPath, Rule]]:
    """Every rule of a scheme with its key path."""
    for code, variants in scheme.items.items():
        for i, item in enumerate(variants):
            yield (("items", code, i) if len(variants) > 1 else ("items", code)), item
    for section in ("groups", "pools", "facts", "lookups", "repairs"):
        for key, rule in getattr(scheme, section).items():
            yield (section, key), rule
    for i, exemption in enumerate(scheme.admit.exempt):
        yield ("admit", "exempt", i), exemption
    if scheme.start:
        for i, start in enumerate(scheme.start.rules):
            yield ("start", "rules", i), start
        for i, bonus in enumerate(scheme.start.bonus):
            yield ("start", "bonus", i), bonus
    for section in ("conditions", "decide"):
        for i, rule in enumerate(getattr(scheme, section)):
            yield (section, i), rule
    for key, listed in scheme.lists.items():
        yield ("lists", key), listed
        for section in ("steps", "terms", "exits"):
            for i, rule in enumerate(getattr(listed, section)):
                yield ("lists", key, section, i), rule


def _citations(scheme: Scheme, source: Source, laws: Collection[str]) -> None:
    for path, cite in _cites(scheme):
        if cite.law not in laws:
            source.fault(
                path, f"cites the law {cite.law!r}, which has no file in configs/laws/ nor in laws/ beside the scheme"
            )
    for path, rule in rules(scheme):
        if path[0] == "facts":
            continue  # a fact is read by rules, which cite
        if not rule.cite:
            source.fault(path, "carries no cite; every rule names its law and article")
        if rule.evidence is None:
            source.fault(path, "carries no evidence mark")
        for name in rule.reading:
            if name not in scheme.readings:
                source.fault((*path, "reading"), f"{name!r} is not among the readings: {_some(scheme.readings)}")


def _cites(scheme: Scheme) -> Iterator[tuple[KeyPath, Cite]]:
    def walk(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Cite]]:
        if isinstance(value, Cite):
            yield path, value
        elif isinstance(value, Model):
            for key in type(value).model_fields:
                yield from walk(getattr(value, key), (*path, key))
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, (*path, key))
        elif isinstance(value, list | tuple):
            for i, inner in enumerate(value):
                yield from walk(inner, (*path, i))

    return walk(scheme, ())


def _references(scheme: Scheme, source: Source) -> None:
    def need(value: str | None, known: Iterable[str], path: KeyPath, what: str) -> None:
        if value is not None and value not in known:
            source.fault(path, f"{value!r} is not a {what}; there are: {_some(known)}")

    need(scheme.admit.clock, scheme.clocks, ("admit", "clock"), "clock")
    need(scheme.admit.window, scheme.windows, ("admit", "window"), "window")
    for key, repair in scheme.repairs.items():
        need(repair.clock, scheme.clocks, ("repairs", key, "clock"), "clock")
    for name, window in scheme.windows.items():
        need(window.or_until, scheme.record_attributes, ("windows", name, "or_until"), "record attribute")
    for attribute, code in scheme.shorthand_records.items():
        need(attribute, scheme.attributes, ("shorthand_records",), "attribute")
        need(code, scheme.items, ("shorthand_records", attribute), "item")
    tags = {tag for variants in scheme.items.values() for item in variants for tag in item.tags}
    for key, fact in scheme.facts.items():
        path: KeyPath = ("facts", key)
        need(fact.window, scheme.windows, (*path, "window"), "window")
        for tag in fact.tags:
            need(tag, tags, (*path, "tags"), "tag of an item")
        for code in fact.items:
            need(code, scheme.items, (*path, "items"), "item")
        if fact.of == "records" and not fact.items and not fact.tags:
            source.fault(path, "a fact over records names its items or tags")
        if fact.take in ("sum", "max", "min", "newest") and fact.column is None:
            source.fault(path, f"{fact.take} needs column:")
        if fact.take in ("months_since", "days_since") and fact.of == "attributes":
            if fact.absent is None:
                source.fault(path, "needs absent: the number when no date is given")
            for name in fact.dates:
                need(
                    name,
                    [*scheme.attributes, *scheme.facts, "registered_on"],
                    (*path, "dates"),
                    "date attribute",
                )
    codes = [grade.code for grade in scheme.grades]
    for i, decide in enumerate(scheme.decide):
        for key in ("grade", "ceiling", "floor"):
            need(getattr(decide, key), codes, ("decide", i, key), "grade")
        for band in decide.bands or []:
            need(band.grade, codes, ("decide", i, "bands"), "grade")


def _items(scheme: Scheme, source: Source) -> None:
    for path, item in rules(scheme):
        if isinstance(item, Item):
            _item(scheme, source, path, item)
    facts = [fact for fact in scheme.facts.values() if fact.of == "records"]
    read = {code for fact in facts for code in fact.items} | {tag for fact in facts for tag in fact.tags}
    for code, variants in scheme.items.items():
        if not any(item.value or code in read or read & set(item.tags) for item in variants):
            source.fault(("items", code), "has no points and no fact reads it: nothing would follow from it")


def _item(scheme: Scheme, source: Source, path: KeyPath, item: Item) -> None:
    def fault(message: str, *more: str) -> None:
        source.fault((*path, *more), message)

    if item.deduct and item.add:
        fault("has both deduct and add; a record does one of them")
    for clock in [item.clock] if item.clock else []:
        if clock not in scheme.clocks:
            fault(f"{clock!r} is not a clock; there are: {_some(scheme.clocks)}", "clock")
    if item.window and item.window not in scheme.windows:
        fault(f"{item.window!r} is not a window; there are: {_some(scheme.windows)}", "window")
    if item.group and item.group not in scheme.groups:
        fault(f"{item.group!r} is not a group; there are: {_some(scheme.groups)}", "group")
    for basis in item.per:
        if basis not in BASES and basis not in scheme.record_attributes:
            fault(f"{basis!r} is neither one of {', '.join(BASES)} nor a declared record attribute", "per")
    for name in item.requires:
        if name not in (*scheme.record_attributes, *REQUIRED):
            fault(f"{name!r} is neither a declared record attribute nor one of {', '.join(REQUIRED)}", "requires")
    if item.measure and item.measure.of not in scheme.record_attributes:
        fault(f"{item.measure.of!r} is not a declared record attribute", "measure", "of")
    value = item.value
    if value:
        wanted = value.plus or (value.of if value.levels else None)
        if wanted and wanted not in scheme.record_attributes:
            fault(f"{wanted!r} is not a declared record attribute")
        if value.tiers and value.of not in ("amount", "quantity"):
            fault("tiers are of: amount or quantity", "of")
        if value.range and value.range[1] is not None and value.range[0] > value.range[1]:
            fault("range: the lowest admissible value comes first", "range")
        if value.unknown != (item.evidence == "unknown") and not value.pool:
            fault("points and evidence disagree: an unknown number carries evidence: unknown, and only it does")
        group = scheme.groups.get(item.group or "")
        if value.range and value.range[0] > 0 and (item.cap is not None or (group and group.cap is not None)):
            fault("an unknown number under a cap must have 0 as its least admissible value", "range")
        if value.pool and value.pool not in scheme.pools:
            fault(f"{value.pool!r} is not a pool; there are: {_some(scheme.pools)}")
        if scheme.direction is None:
            fault("has points, so the scheme must say direction: higher_is_better or lower_is_better")
    for number in numbers(value):
        if number < 0:
            fault(f"{number} is negative; write deduct: or add: with a number of at least 0")
    if item.repair:
        rule = scheme.repairs.get(item.repair.rule)
        if rule is None:
            fault(f"{item.repair.rule!r} is not a repair rule; there are: {_some(scheme.repairs)}", "repair")
            return
        ids = [window.id for window in rule.windows]
        for key, gives in item.repair.gives.items():
            if key not in ids:
                fault(
                    f"{key!r} is not a window of {item.repair.rule}; there are: {_some(ids)}",
                    "repair",
                    "gives",
                    key,
                )
            for give in gives:
                _give_back(fault, key, give.points, item)


def _give_back(fault: Any, key: str, points: Any, item: Item) -> None:
    if points == "all":
        return
    nominal = item.value and (item.value.fixed or item.value.each)
    if not nominal:
        fault("points can be given back only to an item of fixed points; use all", "repair", "gives", key)
    elif points > nominal:
        fault(f"gives back {points}, more than the {nominal} points of the item", "repair", "gives", key)
    elif (points * BASIS) % nominal:
        fault(f"{points} of {nominal} is not a whole number of hundredths of a percent", "repair", "gives", key)


def _conditions(scheme: Scheme, source: Source) -> None:
    subject, record = subject_names(scheme), record_names(scheme)

    def check(text: str | None, known: dict[str, Kind], path: KeyPath) -> None:
        if text is None:
            return
        try:
            tree = parse(text)
            typed(tree, known)
            list(thresholds(tree, "score"))
        except ValueError as error:
            source.fault(path, f"{text!r} {error}" if not str(error).startswith(("cannot", "in ", "'")) else str(error))

    before = {name: kind for name, kind in subject.items() if name != "score"}
    for path, rule in rules(scheme):
        known = record if path[0] == "admit" else before if path[0] in ("start", "conditions") else subject
        check(getattr(rule, "when", None), known, (*path, "when"))
        check(getattr(rule, "accepts", None), record_names(scheme, assessed=False), (*path, "accepts"))
    for key, fact in scheme.facts.items():
        check(fact.where, fact_names(scheme, fact), ("facts", key, "where"))


def _facts(scheme: Scheme, source: Source) -> None:
    for key, fact in scheme.facts.items():
        path: KeyPath = ("facts", key)
        if fact.take not in TAKES[fact.of]:
            source.fault((*path, "take"), f"{fact.take} is not taken of {fact.of}; there are: {_some(TAKES[fact.of])}")
        if fact.of == "records" and fact.column is not None:
            kind = record_names(scheme).get(fact.column)
            wanted = "text" if fact.take == "newest" else "number"
            if kind != wanted:
                source.fault((*path, "column"), f"{fact.column!r} is {kind or 'unknown'}; {fact.take} needs a {wanted}")
        window = scheme.windows.get(fact.window or scheme.admit.window)
        if fact.of == "records" and window and window.beyond:
            source.fault((*path, "window"), "a fact must be certain; give it a window without beyond: unknown")
    over_records = sum(fact.of == "records" for fact in scheme.facts.values())
    for what, count in (("facts", over_records), ("readings", len(scheme.readings))):
        if count > MOST_BITS:
            source.fault((what,), f"has {count} {what} over records; at most {MOST_BITS} travel with each record")


def _dates(scheme: Scheme, source: Source) -> None:
    """Dates that other dates, windows and terms are counted from."""
    kinds = record_names(scheme, assessed=False)
    for name, one in scheme.record_attributes.items():
        path: KeyPath = ("record_attributes", name)
        if name in {*RECORD, *ASSESSED, *MOMENTS, *scheme.lookups}:
            source.fault(path, "is the name of a column that every record has; choose another")
        if one.of is not None and (kinds.get(one.of) != "date" or one.of in MOMENTS):
            source.fault((*path, "of"), f"{one.of!r} is not a date of the record")
        elif one.of in scheme.record_attributes and scheme.record_attributes[one.of].of is not None:
            source.fault((*path, "of"), f"{one.of!r} itself follows from a date; count from that one")
    for name, window in scheme.windows.items():
        for since in window.cycle.since if window.cycle else []:
            attribute = scheme.attributes.get(since)
            if since != "registered_on" and (attribute is None or attribute.type != "date"):
                source.fault(("windows", name, "cycle", "since"), f"{since!r} is not a date attribute")


def _lists(scheme: Scheme, source: Source) -> None:
    decisions = {rule.id for rule in scheme.decide}
    for key, listed in scheme.lists.items():
        for trigger in listed.triggers:
            if trigger not in decisions:
                source.fault(
                    ("lists", key, "triggers"), f"{trigger!r} is not a decide rule; there are: {_some(decisions)}"
                )
        for i, term in enumerate(listed.terms):
            if term.unknown != (term.evidence == "unknown") or (term.unknown and term.span is not None):
                source.fault(
                    ("lists", key, "terms", i),
                    "a term nobody published is unknown: true with evidence: unknown and no span",
                )


def _points(scheme: Scheme, source: Source) -> None:
    def walk(value: Any, path: KeyPath) -> None:
        if isinstance(value, Decimal):
            try:
                to_micro(value)
            except ValueError as error:
                source.fault(path, str(error))
        elif isinstance(value, Model):
            for key in type(value).model_fields:
                walk(getattr(value, key), (*path, key))
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, (*path, key))
        elif isinstance(value, list | tuple):
            for i, inner in enumerate(value):
                walk(inner, (*path, i))

    walk(scheme, ())


def _order(scheme: Scheme, source: Source) -> None:
    if scheme.combine.heaviest_per and any(
        item.cap is not None or item.per != ["time"] for variants in scheme.items.values() for item in variants
    ):
        source.fault(
            ("combine", "heaviest_per"),
            "may not stand beside item caps or counting bases: withdrawing a "
            "record could then raise the total (the grade would not be monotone)",
        )
    signs = {bool(item.deduct) for variants in scheme.items.values() for item in variants if item.value}
    if scheme.combine.heaviest_per and len(signs) > 1:
        source.fault(("combine", "heaviest_per"), "needs items that all deduct or all add: the heaviest is compared")
    for code, variants in scheme.items.items():
        group = scheme.groups.get(variants[0].group or "")
        if group and group.take == "heaviest" and any(item.cap is not None for item in variants):
            source.fault(("items", code, "cap"), "may not stand in a group that takes the heaviest")
    for name, group in scheme.groups.items():
        sides = {bool(i.deduct) for variants in scheme.items.values() for i in variants if i.group == name and i.value}
        if len(sides) > 1 and (group.cap is not None or group.take != "all"):
            source.fault(("groups", name), "has items that add and items that deduct; a capped group needs one kind")
    if scheme.combine.heaviest_per and any(
        group.cap is not None or group.take != "all" for group in scheme.groups.values()
    ):
        source.fault(("combine", "heaviest_per"), "may not stand beside group caps, for the same reason")
    has_points = any(item.value for variants in scheme.items.values() for item in variants)
    if has_points and scheme.start is None:
        source.fault((), "has points, so it must say start: rules: (where counting begins)")
    if scheme.start and scheme.start.rules[-1].when is not None:
        source.fault(("start", "rules"), "the last start rule must have no when: (what holds otherwise)")
    deciding = [decide for decide in scheme.decide if decide.decides]
    if not deciding or deciding[-1].when is not None:
        source.fault(("decide",), "the last deciding rule must have no when: (every subject gets a grade or a state)")
    for i, decide in enumerate(scheme.decide):
        if decide.bands and scheme.direction is None:
            source.fault(("decide", i), "has bands, so the scheme must say direction:")
    begin: Any = scheme.effective_from
    end: Any = scheme.effective_to
    if end is not None and type(end) is type(begin) and end <= begin:
        source.fault(("effective_to",), "must be later than effective_from")


def _bands(scheme: Scheme, source: Source) -> None:
    for i, decide in enumerate(scheme.decide):
        if decide.bands:
            for message in band_faults(decide.bands, step(scheme)):
                source.fault(("decide", i, "bands"), message)


def _some(values: Iterable[str]) -> str:
    listed = sorted(values)
    return ", ".join(listed[:12]) + (f" … ({len(listed)} in all)" if len(listed) > 12 else "") or "none"

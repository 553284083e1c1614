"""Facts and lookups: each take fits what it is taken of, and what is read is in force when it is read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from creditscore.core.model_keys import list_few
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.expressions import names, parse
from creditscore.schemes.model import Exemption, Fact, Rule, Scheme
from creditscore.schemes.types import SUBJECT_COLUMNS, fact_kind, record_names
from creditscore.schemes.validity import epochs
from creditscore.schemes.walk import rules

TAKES = {
    "records": ("any", "count", "sum", "max", "min", "latest", "earliest", "newest", "run"),
    "history": ("any", "count", "chain"),
    "listings": ("any", "count", "latest", "months_since", "days_since"),
    "attributes": ("months_since", "days_since"),
}
COLUMNS = ("sum", "max", "min", "newest")
KEYS = {  # which further keys a kind of fact reads
    "records": ("items", "tags", "window", "where", "by", "column", "absent"),
    "history": ("where", "years"),
    "listings": ("where", "lists", "listed", "at", "absent"),
    "attributes": ("dates", "at", "absent"),
}
BY = ("time", "day", "month", "quarter", "year", "act")
RUN_BY = ("day", "month", "quarter", "year")
MOST_BITS = 62  # facts over records and readings travel as bits of one integer


def check(scheme: Scheme, source: Source) -> None:
    for key, fact in scheme.facts.items():
        _fact(scheme, source, ("facts", key), fact)
    over_records = sum(fact.of == "records" for fact in scheme.facts.values())
    for what, count in (("facts over records", over_records), ("readings", len(scheme.readings))):
        if count > MOST_BITS:
            path: KeyPath = (what.partition(" ")[0],)
            source.fault(path, f"has {count} {what}; at most {MOST_BITS} travel with each record", "E520")
    _lookups(scheme, source)
    _bonus(scheme, source)
    _in_force(scheme, source)


def _fact(scheme: Scheme, source: Source, path: KeyPath, fact: Fact) -> None:
    if fact.take not in TAKES[fact.of]:
        message = f"{fact.take} is not taken of {fact.of}; there are: {list_few(TAKES[fact.of])}"
        source.fault((*path, "take"), message, "E501")
        return
    for key in ("items", "tags", "window", "by", "column", "years", "lists", "dates", "where"):
        if getattr(fact, key) and key not in KEYS[fact.of]:
            source.fault((*path, key), f"has no meaning for a fact of {fact.of}", "E502")
    if fact.of == "records":
        _records(scheme, source, path, fact)
    elif fact.of == "listings" and not fact.lists:
        source.fault(path, "a fact over listings names its lists:", "E504")
    elif fact.of == "history" and fact.years is not None:
        low, high = fact.years
        if not -100 <= low <= high <= -1:
            source.fault((*path, "years"), f"{low} to {high} are not past years; allowed are -100 to -1", "E505")
        if fact.take == "chain":
            source.fault((*path, "years"), "has no meaning for a chain, which runs up to the last year", "E502")
    elif fact.of == "attributes":
        _elapsed(scheme, source, path, fact)


def _records(scheme: Scheme, source: Source, path: KeyPath, fact: Fact) -> None:
    if not fact.items and not fact.tags:
        source.fault(path, "a fact over records names its items or tags", "E504")
    if fact.take in COLUMNS and fact.column is None:
        source.fault(path, f"{fact.take} needs column:", "E504")
    elif fact.column is not None and fact.take not in COLUMNS:
        source.fault((*path, "column"), f"has no meaning for {fact.take}", "E502")
    elif fact.column is not None and fact.column not in source.lost:
        kind = record_names(scheme).get(fact.column)
        wanted = "text" if fact.take == "newest" else "number"
        if kind != wanted:
            message = f"{fact.column!r} is {kind or 'unknown'}; {fact.take} needs a {wanted}"
            source.fault((*path, "column"), message, "E503")
    if fact.absent is not None and fact.take not in ("max", "min"):
        source.fault((*path, "absent"), f"has no meaning for {fact.take}, which is 0, no or no date of nothing", "E502")
    if fact.by is not None:
        attribute = scheme.record_attributes.get(fact.by)
        if fact.take not in ("count", "run"):
            source.fault((*path, "by"), f"has no meaning for {fact.take}", "E502")
        elif fact.take == "run" and fact.by not in RUN_BY:
            source.fault((*path, "by"), f"{fact.by!r} has no next one; a run goes by {', '.join(RUN_BY)}", "E506")
        elif fact.by not in (*BY, "item", *source.lost) and (attribute is None or attribute.type == "date"):
            message = f"{fact.by!r} is neither one of {', '.join(BY)}, item nor a text, number or bool of a record"
            source.fault((*path, "by"), message, "E506")
    window = scheme.windows.get(fact.window or scheme.admit.window)
    if window and window.beyond:
        message = "a fact must be certain; give it a window without beyond: unknown"
        source.fault((*path, "window"), message, "E507")


def _elapsed(scheme: Scheme, source: Source, path: KeyPath, fact: Fact) -> None:
    if fact.absent is None:
        source.fault(path, "needs absent: the number when no date is given", "E504")
    if not fact.dates:
        source.fault(path, "needs dates: the first that is given counts", "E504")
    for name in fact.dates:
        attribute, other = scheme.attributes.get(name), scheme.facts.get(name)
        dated = name == "registered_on" or (attribute is not None and attribute.type == "date")
        dated = dated or (other is not None and fact_kind(other) == "date")
        if not dated and name not in source.lost:
            dates = [name for name, attribute in scheme.attributes.items() if attribute.type == "date"]
            message = (
                f"{name!r} is not a date of the subject; there are: {list_few([*dates, 'registered_on'])}, dated facts"
            )
            source.fault((*path, "dates"), message, "E508")


def _lookups(scheme: Scheme, source: Source) -> None:
    for key, table in scheme.lookups.items():
        path: KeyPath = ("lookups", key)
        if table.key not in SUBJECT_COLUMNS:
            message = f"{table.key!r} is not a column of the subject; there are: {list_few(SUBJECT_COLUMNS)}"
            source.fault((*path, "key"), message, "E510")
        if not table.columns:
            source.fault((*path, "columns"), "is empty; name the columns of each row", "E511")
        if not all(1 <= length <= 100 for length in table.prefix):
            message = f"{table.prefix} are not numbers of characters; allowed are 1 to 100"
            source.fault((*path, "prefix"), message, "E511")
        for name in table.since:
            if name not in table.rows:
                source.fault((*path, "since", name), f"{name!r} is not a row: {list_few(table.rows)}", "E301")
        rows: list[tuple[KeyPath, list[Decimal]]] = [(("rows", name), row) for name, row in table.rows.items()]
        for at, row in [*rows, (("default",), table.default)]:
            if len(row) != len(table.columns):
                message = f"has {len(row)} numbers for {len(table.columns)} columns: {', '.join(table.columns)}"
                source.fault((*path, *at), message, "E512")
        for name in table.rows:
            longest = max(table.prefix, default=len(name))
            if not name or 0 < longest < len(name):
                message = f"{name!r} can never be met: keys have 1 to {longest or 'any number of'} characters"
                source.fault((*path, "rows", name), message, "E513")


def _bonus(scheme: Scheme, source: Source) -> None:
    for i, bonus in enumerate(scheme.start.bonus if scheme.start else []):
        fact = scheme.facts.get(bonus.of)
        if fact is None and bonus.of in source.lost:
            continue
        if fact is None or fact_kind(fact) != "number" or fact.take not in ("count", "run", "chain"):
            message = f"{bonus.of!r} is not a fact that counts (count, run, chain); a bonus is given for each one"
            source.fault(("start", "bonus", i, "of"), message, "E514")


def _in_force(scheme: Scheme, source: Source) -> None:
    """A fact that has ended, and is read by a rule that has not."""
    reported = set()
    for epoch in epochs(scheme, [rule for _, rule in rules(scheme)]):
        missing = {name for name, fact in scheme.facts.items() if not epoch.has(fact)}
        for path, rule in rules(scheme):
            if missing and epoch.has(rule):
                for name in read_by(rule):
                    if name in missing and (path, name) not in reported:
                        reported.add((path, name))
                        source.fault(path, f"reads the fact {name!r}, which is not in force for {epoch}", "E515")


def read_by(rule: Rule) -> Iterator[str]:
    """Names of the subject that a rule reads."""
    if isinstance(rule, Exemption):
        return
    if isinstance(rule, Fact):
        yield from rule.dates
        return
    of = getattr(rule, "of", None)
    if isinstance(of, str):
        yield of
    text = getattr(rule, "when", None)
    if text:
        try:
            yield from names(parse(text))
        except ValueError:
            return

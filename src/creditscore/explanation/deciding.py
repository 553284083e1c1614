"""What decided a grade: the rules behind it, and the records, entries and earlier grades that made each hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.days import iso
from creditscore.grading.interpreter.exact import Subject, opening
from creditscore.grading.interpreter.facts import other_facts, reads, reads_entry, record_facts, years_read
from creditscore.grading.plan import Plan, PlanFact
from creditscore.schemes.expressions import Node, names, parse, to_python
from creditscore.schemes.model import Decide, Scheme

ASIDE = ("withdrawn", "exempt")  # reasons of records that make no rule hold
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}


@dataclass(frozen=True)
class Deciding:
    """The records, list entries and earlier grades behind one rule.

    `sure`: what the subject brought is at hand, or nothing else can be meant. `entries` are rows of listings; where
    what the subject brought is not at hand, only the lists that they may stand on are known.
    """

    records: tuple[str, ...] = ()
    sure: bool = True
    entries: tuple[Mapping[str, Any], ...] = ()
    earlier: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class RuleInputs:
    """What a subject brought, as its rules read it: assessed records, names of conditions, entries, earlier grades.

    `subject` is the same before it was read.
    """

    plan: Plan
    subject: Subject
    records: tuple[Mapping[str, Any], ...]
    env: Mapping[str, Any]
    lookups: Mapping[str, int]
    listings: tuple[Mapping[str, Any], ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()


def read_by_rules(plan: Plan, subject: Subject) -> RuleInputs:
    """What the rules of a plan read of a subject."""
    opened = opening(plan, subject)
    env = opened.env | record_facts(plan, opened.records, opened.lookups)
    env |= other_facts(plan, env, opened.dates, subject.history, subject.listings)
    listings, history = tuple(subject.listings), tuple(subject.history)
    return RuleInputs(plan, subject, tuple(opened.records), env, opened.lookups, listings, history)


def find_day_and_number(rule_inputs: RuleInputs | None, record_id: str) -> tuple[str, str]:
    """The day that counts of a record and its document number; empty where they are not at hand."""
    for record in rule_inputs.records if rule_inputs is not None else ():
        if record["record_id"] == record_id:
            return iso(record["day"]), record["document_no"]
    return "", ""


def find_deciding(
    rule: Decide, scheme: Scheme, ledger: Collection[Mapping[str, Any]], rule_inputs: RuleInputs | None
) -> Deciding:
    """The records that make a rule hold, in the order of the ledger; of a written grading alone, those that may."""
    if rule.when is None:
        return Deciding()
    rows = [row for row in ledger if row["step"] == "record" and row["reason"].partition(":")[0] not in ASIDE]
    tree = parse(rule.when)
    if rule_inputs is not None:
        plan = rule_inputs.plan
        planned = (*plan.deciders, *plan.adjusters)  # their conditions know which names are days that may be absent
        bound = next((planned_rule.when for planned_rule in planned if planned_rule.id == rule.id), None)
        behind = list(dict.fromkeys(holding(bound or tree, {**rule_inputs.env, "score": 0})))
        chosen = {record for name in behind for record in _records_of(rule_inputs, name)}
        entries = {entry["listing_id"]: entry for name in behind for entry in _entries_of(rule_inputs, name)}
        record_ids = tuple(row["record_id"] for row in rows if row["record_id"] in chosen)
        standing = tuple(entries[listing_id] for listing_id in sorted(entries))
        return Deciding(record_ids, entries=standing, earlier=find_earlier(behind, rule_inputs))
    read = set(holding(tree, None))
    lists = sorted({name for fact in read for name in _lists(scheme, fact)})
    items = {item for name in read for item in _items(scheme, name)}
    record_ids = tuple(dict.fromkeys(row["record_id"] for row in rows if row["item"] in items))
    alone = all(_over_records(scheme, name) for name in read)
    sure = not record_ids or (len(record_ids) == 1 and alone)
    return Deciding(record_ids, sure and len(lists) < 2, tuple({"list": name} for name in lists))


def holding(node: Node, env: Mapping[str, Any] | None, wanted: bool = True) -> Iterator[str]:
    """The names by whose presence or size a condition holds (fails, unless `wanted`); without `env` those that may.

    What holds because something is absent or small names nothing.
    """
    kind = node[0]
    if kind == "not":
        yield from holding(node[1], env, not wanted)
    elif kind in ("and", "or"):
        every = (kind == "and") is wanted
        for part in node[1:]:
            if every or env is None or bool(to_python(part)(env)) is wanted:
                yield from holding(part, env, wanted)
    elif kind in ("cmp", "dates"):
        sign = node[1] if wanted else OPPOSITE[node[1]]
        left, right = (tuple(names(side)) for side in node[2:])
        yield from (*left, *right) if sign == "=" else left if sign in (">", ">=") else right if sign != "<>" else left
    elif wanted:
        yield from names(node)


def find_earlier(behind: Collection[str], rule_inputs: RuleInputs) -> tuple[Mapping[str, Any], ...]:
    """The rows of earlier grades that facts read, the newest first."""
    plan = rule_inputs.plan
    by_year = {row["year"]: row for row in rule_inputs.history if row["year"] < plan.year}
    years: set[int] = set()
    for fact in plan.facts:
        if fact.of == "history" and fact.name in behind:
            fitting = {year for year, row in by_year.items() if fact.test is None or fact.test(row)}
            years |= years_read(fact, fitting, plan.year)
    return tuple(by_year[year] for year in sorted(years, reverse=True))


def _records_of(rule_inputs: RuleInputs, name: str) -> Iterator[str]:
    """The records behind a fact; behind a time since a fact, those of that fact."""
    fact = next((plan_fact for plan_fact in rule_inputs.plan.facts if plan_fact.name == name), None)
    if fact is None:
        return
    if fact.of != "records":
        for base in fact.dates:
            yield from _records_of(rule_inputs, base)
        return
    taken = [record for record in rule_inputs.records if reads(fact, record, rule_inputs.lookups)]
    yield from (record["record_id"] for record in _foremost(fact, taken))


def _entries_of(rule_inputs: RuleInputs, name: str) -> Iterator[Mapping[str, Any]]:
    """The entries of lists behind a fact; of a day or a time those that give it."""
    fact = next((plan_fact for plan_fact in rule_inputs.plan.facts if plan_fact.name == name), None)
    if fact is None:
        return
    for base in fact.dates:
        yield from _entries_of(rule_inputs, base)
    if fact.of != "listings":
        return
    taken = [entry for entry in rule_inputs.listings if reads_entry(fact, entry)]
    if taken and fact.take in ("latest", "months_since", "days_since"):
        edge = (max if fact.take == "latest" else min)(entry["entered_day"] for entry in taken)
        taken = [entry for entry in taken if entry["entered_day"] == edge]
    yield from taken


def _foremost(fact: PlanFact, taken: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of the records that a fact reads, those that give it its value."""
    if not taken or fact.take not in ("latest", "earliest", "newest", "max", "min"):
        return taken
    if fact.take == "newest":
        return [max(taken, key=lambda record: (record["day"], record["record_id"]))]
    column = "day" if fact.take in ("latest", "earliest") else fact.column or ""
    edge = (max if fact.take in ("latest", "max") else min)(record[column] for record in taken)
    return [record for record in taken if record[column] == edge]


def _items(scheme: Scheme, name: str) -> set[str]:
    """The items of a fact over records, and of the facts that it counts the time since."""
    fact = scheme.facts.get(name)
    if fact is None:
        return set()
    listed = set(fact.items)
    listed |= {code for code, variants in scheme.items.items() for item in variants if set(item.tags) & set(fact.tags)}
    return listed.union(*(_items(scheme, base) for base in fact.dates))


def _lists(scheme: Scheme, name: str) -> set[str]:
    """The lists of a fact over listings, and of the facts that it counts the time since."""
    fact = scheme.facts.get(name)
    return set() if fact is None else set(fact.lists).union(*(_lists(scheme, base) for base in fact.dates))


def _over_records(scheme: Scheme, name: str) -> bool:
    fact = scheme.facts.get(name)
    return fact is not None and fact.of == "records"

"""One subject with readings of its refused rows in their place: what each changes, and what stands under all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from creditscore.grading.input_state.bounds import OPEN, fact_bounds, is_settled, outcomes_left
from creditscore.grading.input_state.typed_variants import Reading, Variant
from creditscore.grading.input_state.variants import RefusedRow
from creditscore.grading.interpreter.assess import assess
from creditscore.grading.interpreter.exact import Opening, Outcome, Subject, opening, settle
from creditscore.grading.interpreter.facts import bucket, other_facts, reads, record_facts
from creditscore.grading.plan import Plan

DERIVED_DAYS = ("latest", "earliest", "newest", "run", "months_since", "days_since")


@dataclass(frozen=True)
class Base:
    """A subject without its refused rows: what it brings, its records assessed, and its outcome.

    `tried`: by signature of a reading, whether it changes the result, and whether it changes anything.
    """

    subject: Subject
    opened: Opening
    outcome: Outcome
    ids: frozenset[str]
    tried: dict[Any, tuple[bool, bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, subject: Subject) -> Base:
        opened = opening(plan, subject)
        rows = [dict(record) for record in opened.records]
        ids = frozenset(record["record_id"] for record in rows)
        return cls(subject, replace(opened, records=rows), settle(plan, subject, opening(plan, subject)), ids)

    def effect_of(self, plan: Plan, signature: Any, reading: Reading) -> tuple[bool, bool]:
        """Whether a reading changes the result, and whether it changes anything: the same for all of one signature."""
        if signature in self.tried:
            return self.tried[signature]
        outcome = outcome_with(plan, self, (reading,))
        is_changed = _result(outcome) != _result(self.outcome)
        effect = is_changed, is_changed or outcome.ledger != self.outcome.ledger
        if isinstance(signature, tuple):  # an id is of one reading, as long as it lives
            self.tried[signature] = effect
        return effect


def stands(
    plan: Plan,
    base: Base,
    parts: Sequence[tuple[list[RefusedRow], list[Variant], bool]],
    classes: Sequence[Sequence[Reading]],
) -> bool:
    """Whether a grade stands whatever the refused rows said, by bounds: where their readings are too many to try."""
    if any("unread" in row.reasons for group, _, _ in parts for row in group):
        return False
    tables = {group[0].table for group, _, _ in parts}
    are_listed = all(complete for group, _, complete in parts if group[0].table == "records")
    readings = [reading for listed in classes for reading in listed]
    drops = frozenset().union(*(reading.drops for reading in readings))
    assessed = [assess(plan, record, base.opened.cycles) for reading in readings for record in reading.brings.records]
    moved = [record for record in assessed if record is not None]
    moved += [record for record in base.opened.records if record["record_id"] in drops]
    attributes = {
        str(row.cells.get("name")) for group, _, _ in parts for row in group if group[0].table == "attributes"
    }
    attributes |= {name for reading in readings for name in reading.brings.attributes}
    if attributes and plan.cycles:
        return False
    opened, subject = base.opened, base.subject
    staying = [record for record in opened.records if record["record_id"] not in drops]
    touched = set(attributes)
    facts = record_facts(plan, staying, opened.lookups)
    for fact in plan.facts:
        if fact.of == "records" and (not are_listed or any(reads(fact, record, opened.lookups) for record in moved)):
            facts[fact.name] = fact_bounds(fact, facts[fact.name])
            touched.add(fact.name)
    as_graded = opened.env | record_facts(plan, opened.records, opened.lookups)
    others = other_facts(plan, as_graded, opened.dates, subject.history, subject.listings)
    touched |= {
        fact.name for fact in plan.facts if fact.of in tables or (fact.of != "records" and set(fact.dates) & touched)
    }
    env = {**opened.env, **facts, **others, **{name: OPEN for name in touched if name not in facts}}
    weighs = not are_listed or any(record["counts"] for record in moved)
    score = base.outcome.score if not weighs and is_settled(plan, env, touched) else None
    env["score"] = OPEN if score is None and plan.has_points else score or 0
    return outcomes_left(plan, env) == {_result(base.outcome)}


def changes_together(plan: Plan, base: Base, classes: Sequence[Sequence[Reading]]) -> bool:
    return any(_result(outcome_with(plan, base, readings)) != _result(base.outcome) for readings in product(*classes))


def _result(outcome: Outcome) -> tuple[str, str]:
    return outcome.state, outcome.grade


def outcome_with(plan: Plan, base: Base, readings: Sequence[Reading]) -> Outcome:
    """The outcome of a subject with readings of its refused rows in their place."""
    subject = base.subject
    attributes, history, listings = dict(subject.attributes), list(subject.history), list(subject.listings)
    drops: set[str] = set()
    added: list[Mapping[str, Any]] = []
    for number, reading in enumerate(readings):
        drops |= reading.drops
        rows = reading.brings
        added += [{**record, "rk": f"{number}:{record['rk']}"} for record in rows.records]
        attributes |= {name: value for name, value in rows.attributes.items() if value is not None}
        history += rows.history
        listings += rows.listings
    changed = replace(subject, attributes=attributes, history=history, listings=listings)
    opened = base.opened if attributes == subject.attributes else opening(plan, changed)
    records = [dict(record) for record in opened.records if record["record_id"] not in drops]
    for record in added:
        assessed = assess(plan, record, opened.cycles)
        if assessed is not None:
            records.append(assessed)
    records.sort(key=lambda record: (record["day"], record["record_id"]))
    return settle(plan, changed, replace(opened, records=records))


def signature_of(plan: Plan, base: Base, reading: Reading) -> Any:
    """What of a reading a state or grade can depend on; readings that share it are one."""
    rows = reading.brings
    if rows.attributes or rows.history or rows.listings or reading.drops & base.ids:
        return id(reading)
    assessed = (assess(plan, record, base.opened.cycles) for record in rows.records)
    return tuple(_record_signature(plan, base, record) for record in assessed if record is not None and record["seen"])


def _record_signature(plan: Plan, base: Base, record: Mapping[str, Any]) -> Any:
    """Item, points and keys of an assessed record, and what each fact that takes it in reads of it."""
    item = record["plan_item"]
    bases = [item.basis, *item.attributes] if item.form != "none" else []
    own = tuple(bucket(basis, record) for basis in bases if basis not in ("time", "act")) if bases else ()
    taken = []
    for number, fact in enumerate(plan.facts):
        if fact.of == "records" and reads(fact, record, base.opened.lookups):
            key = bucket(fact.by, record) if fact.by and fact.by != "time" else None
            day = record["day"] if fact.take in DERIVED_DAYS else None
            taken.append((number, key, day, record[fact.column] if fact.column else None))
    weight = tuple(record[name] for name in ("low", "high", "counts", "active"))
    return item.index, weight, own, record["act_id"], tuple(taken)

"""What a change of grade comes from: the causes between two moments switched one at a time, in one fixed order.

Order: the rules, the clock, what had happened meanwhile and was known (by day, then record id), then what became
known (by day, record id), attributes and listings by name, earlier grades. What a cause changes is the outcome after
its switch less the outcome before it, so the changes of a step add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from creditscore.core.errors import InternalError
from creditscore.explanation.timeline.state_at import Records, SubjectAt, rows_by_key
from creditscore.grading.interpreter.assess import assess
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject

# What an event of a record is called as a cause; of several on one day the first of this order names it.
KINDS = (
    ("repaired", "repair"),
    ("corrected", "correction"),
    ("withdrawn", "withdrawal"),
    ("reinstated", "reinstatement"),
    ("amended", "amendment"),
    ("filed", "record"),
    ("disputed", "dispute"),
    ("dispute_resolved", "dispute"),
)
Known = Mapping[int, list[tuple[str, str]]]


@dataclass(frozen=True)
class Reached:
    """Where a subject stands: state, grade and score (10⁻⁶; None where there is none or it is open)."""

    state: str
    grade: str
    score: int | None

    @staticmethod
    def by(outcome: Outcome) -> Reached:
        score = outcome.score if outcome.state != "not_graded" else None
        return Reached(outcome.state, outcome.grade, score)


@dataclass(frozen=True)
class Cause:
    """One switch. `change` is in 10⁻⁶ point: against the last score there was; None where none is reached.

    `kind`: rule, clock, record, correction, repair, withdrawal, reinstatement, amendment, dispute, knowledge.
    `what` names it: a version, the record, an attribute, a listing, an earlier period. `entered` and `left` are the
    records that the clock brought into the account and took out of it; `late`: days from the event to its recording,
    for what was known only afterwards.
    """

    kind: str
    what: str
    change: int | None
    before: Reached
    after: Reached
    item: str = ""
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    late: int = 0

    @property
    def moves(self) -> bool:
        return self.before != self.after


def attribute(records: Records, a: SubjectAt, b: SubjectAt, known: Known) -> tuple[Cause, ...]:
    """The causes that lead from `a` to `b`; those that change nothing are left out.

    `known`: what became known on which day (`Records.known_days`). InternalError when the changes do not add up.
    """
    causes: list[Cause] = []
    outcome, last = a.outcome, Reached.by(a.outcome).score
    for kind, what, item, late, after in _switches(records, a, b, known):
        before, now = Reached.by(outcome), Reached.by(after)
        change = None if now.score is None or last is None else now.score - last
        entered, left = _moved(outcome, after) if kind in ("clock", "rule") else ((), ())
        cause = Cause(kind, what, change, before, now, item, entered, left, late)
        if cause.moves:
            causes.append(cause)
        outcome, last = after, now.score if now.score is not None else last
    # what the clock's switch held back is no part of what it took out
    held = {cause.what for cause in causes if cause.kind != "clock"}
    causes = [replace(cause, left=tuple(record for record in cause.left if record not in held)) for cause in causes]
    reached, wanted = Reached.by(outcome), Reached.by(b.outcome)
    total = sum(cause.change or 0 for cause in causes)
    begun, ended = Reached.by(a.outcome).score, wanted.score
    if reached != wanted or (begun is not None and ended is not None and begun + total != ended):
        raise InternalError(
            "explanation.causes_not_add_up",
            reached=reached,
            wanted=wanted,
            name=a.plan.scheme.name,
            day=a.day,
            end=b.day,
        )
    return tuple(causes)


def _switches(
    records: Records, a: SubjectAt, b: SubjectAt, known: Known
) -> Iterator[tuple[str, str, str, int, Outcome]]:
    """(kind, what, item, days late, outcome after it), one switch after the other."""
    plan, base = a.plan, a.subject
    if a.plan.scheme is not b.plan.scheme or a.law != b.law:
        plan = records.plan(b.plan.scheme, a.at, a.plan.known_at, b.law)
        base = a.subject if a.plan.scheme is b.plan.scheme else records.subject(plan)
        what = b.plan.scheme.name if a.plan.scheme is not b.plan.scheme else str(b.law)
        yield "rule", what, "", 0, grade_subject(plan, base)
    news = [(day, *pair) for day in sorted(known) if a.plan.known_at < day <= b.plan.known_at for pair in known[day]]
    old, new = rows_by_key(base), rows_by_key(b.subject)
    touched = {record_id for _, record_id, _ in news}
    fresh = [rk for rk in new if rk not in old or new[rk]["record_id"] in touched]
    gone = [rk for rk in old if rk not in new]
    since = _happened_since(a, b, [row for rk, row in new.items() if rk in old and rk not in fresh])
    rows = {rk: old[rk] if rk in fresh else row for rk, row in new.items() if rk in old and rk not in since}
    rows |= {rk: old[rk] for rk in gone}
    newly_known = {(table, name) for _, table, name in news}
    names = [
        declared_attribute
        for declared_attribute in b.subject.attributes
        if ("attributes", declared_attribute) in newly_known
    ]
    attributes_before = {name: base.attributes.get(name) for name in names}
    # the rest of what stands beside the records follows the clock; what was told since comes after
    entered = [listing for listing in b.subject.listings if ("listings", listing["listing_id"]) in newly_known]
    subject = replace(
        b.subject,
        records=list(rows.values()),
        attributes={**b.subject.attributes, **attributes_before},
        listings=[listing for listing in b.subject.listings if listing not in entered],
        history=base.history if any(table == "history" for table, _ in newly_known) else b.subject.history,
    )
    plan = b.plan
    yield "clock", "", "", 0, grade_subject(plan, subject)
    for rk in since:
        rows[rk] = new[rk]
        subject = replace(subject, records=list(rows.values()))
        yield "record", new[rk]["record_id"], new[rk]["item"], 0, grade_subject(plan, subject)
    for record_id in dict.fromkeys([*(row_id for _, row_id, _ in news), *(new[rk]["record_id"] for rk in fresh)]):
        for rk in [rk for rk in fresh if new[rk]["record_id"] == record_id]:
            rows[rk] = new[rk]
            subject = replace(subject, records=list(rows.values()))
            kind, late = _kind(a, b, new[rk], rk in old, [event for _, row_id, event in news if row_id == record_id])
            yield kind, record_id, new[rk]["item"], late, grade_subject(plan, subject)
    for rk in gone:
        row = rows.pop(rk)
        subject = replace(subject, records=list(rows.values()))
        yield "knowledge", row["record_id"], row["item"], 0, grade_subject(plan, subject)
    yield from _beside(b, subject, names, entered)


def _beside(b: SubjectAt, subject: Subject, names: list[str], entered: list[Any]) -> Iterator[Any]:
    """Attributes, listings and earlier grades that became known."""
    for name in sorted(names):
        subject = replace(subject, attributes={**subject.attributes, name: b.subject.attributes[name]})
        yield "knowledge", name, "", 0, grade_subject(b.plan, subject)
    for entry in sorted(entered, key=lambda row: str(row["listing_id"])):
        subject = replace(subject, listings=[*subject.listings, entry])
        yield "knowledge", str(entry["listing_id"]), "", 0, grade_subject(b.plan, subject)
    subject = replace(subject, history=b.subject.history)
    yield "knowledge", "history", "", 0, grade_subject(b.plan, subject)


def _happened_since(a: SubjectAt, b: SubjectAt, rows: list[Mapping[str, Any]]) -> list[int]:
    """Keys of the records, known before, whose clock lies after the day of `a` and which weighed nothing in it."""
    named = {line.record_id for line in a.outcome.ledger if line.effective or line.effective is None}
    result = []
    for row in rows:
        weighed = assess(b.plan, row, (None,) * len(b.plan.cycles))
        if weighed is not None and weighed["day"] > a.plan.as_of and row["record_id"] not in named:
            result.append((weighed["day"], row["record_id"], row["rk"]))
    return [rk for *_, rk in sorted(result)]


def _kind(a: SubjectAt, b: SubjectAt, row: Mapping[str, Any], there: bool, events: list[str]) -> tuple[str, int]:
    kind = next((name for event, name in KINDS if event in events), "knowledge")
    if kind == "record" or not there:
        weighed = assess(b.plan, row, (None,) * len(b.plan.cycles))
        late = max(0, b.plan.known_at - weighed["day"]) if weighed is not None else 0
        # the same period graded again: it had happened then, and was not known
        again = a.plan.period == b.plan.period and a.plan.scheme.period == "year"
        return ("knowledge" if again else "record" if kind != "knowledge" else kind), late
    return kind, 0


def _moved(before: Outcome, after: Outcome) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Records that have lines only after, and only before."""
    was, now = ({line.record_id for line in outcome.ledger if line.record_id} for outcome in (before, after))
    return tuple(sorted(now - was)), tuple(sorted(was - now))

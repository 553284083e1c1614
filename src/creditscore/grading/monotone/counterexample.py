"""A small subject whose grade worsens when one of its adverse records is withdrawn, found and made smaller."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from creditscore.core.days import to_day, year_end
from creditscore.core.quantities import MICRO, from_micro, plain, to_micro
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.records.schema import KINDS
from creditscore.schemes.expressions import Node, parse
from creditscore.schemes.model import Scheme
from creditscore.schemes.parts import DATES
from creditscore.schemes.types import SUBJECT_COLUMNS
from creditscore.schemes.validity import Epoch
from creditscore.schemes.walk import rules

TRIES = 500  # subjects for each stretch of rules and class of items
LATER = 120  # days after the day of grading on which the case is known


@dataclass(frozen=True)
class Counterexample:
    """A case: the records, which one is withdrawn, the two outcomes, and the rules by which they differ."""

    subject: Subject
    withdrawn: str
    before: Outcome
    after: Outcome
    rules: tuple[str, ...]
    text: str


def search(scheme: Scheme, places: Iterable[tuple[Epoch, tuple[str, ...]]], known: set[str]) -> Counterexample | None:
    """The smallest of the cases found in the first place that has one; the same for the same scheme."""
    for epoch, codes in places:
        day = to_day(epoch.at) if isinstance(epoch.at, date) else year_end(epoch.at)
        plan = bind(scheme, epoch.at, known_at=day + LATER, law_known_at=epoch.law)
        maker = Maker(plan, codes)
        for _ in range(TRIES):
            counterexample = _worsened(plan, maker.subject(), codes, known)
            if counterexample is not None:
                return _smaller(plan, counterexample, codes, known)
    return None


def _worsened(plan: Plan, subject: Subject, codes: tuple[str, ...], known: set[str]) -> Counterexample | None:
    before = grade_subject(plan, subject)
    if before.state != "graded":
        return None
    records = list(subject.records)
    for k, record in enumerate(records):
        if record["item"] in codes:
            after = grade_subject(plan, replace(subject, records=records[:k] + records[k + 1 :]))
            if after.state == "graded" and plan.grades.index(after.grade) > plan.grades.index(before.grade):
                by = _differ(before, after)
                if not set(by) & known:
                    return Counterexample(
                        subject, record["record_id"], before, after, by, _text(subject, record, before, after)
                    )
    return None


def _differ(before: Outcome, after: Outcome) -> tuple[str, ...]:
    """Rules on one way and not on the other, those of the way before the withdrawal first."""
    ways = [
        list(dict.fromkeys(line.rule for line in outcome.ledger if line.step in ("start", "condition", "decide")))
        for outcome in (before, after)
    ]
    return tuple([rule for rule in ways[0] if rule not in ways[1]] + [rule for rule in ways[1] if rule not in ways[0]])


def _text(subject: Subject, record: Mapping[str, Any], before: Outcome, after: Outcome) -> str:
    items = ", ".join(sorted(record["item"] for record in subject.records))

    def shown(outcome: Outcome) -> str:
        start = "" if outcome.start is None else f"start {plain(from_micro(outcome.start))}, "
        score = f" ({start}score {plain(from_micro(outcome.score))})" if outcome.score is not None else ""
        return f"{outcome.grade}{score}"

    given = {name: value for name, value in subject.attributes.items() if value is not None}
    with_ = f" with {', '.join(f'{name} {value}' for name, value in given.items())}" if given else ""
    past = f" after {', '.join(str(row['grade']) for row in subject.history)}" if list(subject.history) else ""
    return f"records {items}{with_}{past} give {shown(before)}, without {record['item']} {shown(after)}"


def _smaller(plan: Plan, counterexample: Counterexample, codes: tuple[str, ...], known: set[str]) -> Counterexample:
    """Leave away what the case does not need, one thing at a time."""
    again = True
    while again:
        again = False
        for subject in _without_one(counterexample.subject):
            less = _worsened(plan, subject, codes, known)
            if less is not None:
                counterexample, again = less, True
                break
    return counterexample


def _without_one(subject: Subject) -> Iterator[Subject]:
    for name in ("records", "history", "listings"):
        rows = list(getattr(subject, name))
        for k in range(len(rows)):
            less: dict[str, Any] = {name: rows[:k] + rows[k + 1 :]}
            yield replace(subject, **less)
    for name in subject.attributes:
        if subject.attributes[name] is not None:
            yield replace(subject, attributes={**subject.attributes, name: None})
    for name in [column for column in subject.columns if column not in ("kind",)]:
        yield replace(subject, columns={key: value for key, value in subject.columns.items() if key != name})
    for k, record in enumerate(subject.records):
        simple = {**record, "quantity": MICRO, "corrections": [], "status": 0, "status_day": None}
        if simple != record:
            rows = list(subject.records)
            yield replace(subject, records=[*rows[:k], simple, *rows[k + 1 :]])


class Maker:
    """Random small subjects, of the words and numbers that the scheme itself speaks of."""

    def __init__(self, plan: Plan, codes: tuple[str, ...]) -> None:
        self.plan, self.codes, self.random = plan, codes, random.Random(f"{plan.scheme.name} {codes}")
        self.all = [item.code for item in plan.items]
        self.numbers, self.words = _spoken(plan.scheme)
        self.days = [plan.as_of - back for back in (0, 1, 20, 100, 200, 300, 364, 400, 700, 1500, 4000)]

    def pick(self, values: Iterable[Any]) -> Any:
        return self.random.choice(list(values))

    def subject(self) -> Subject:
        scheme, chance = self.plan.scheme, self.random.random
        noise = self.pick((0, 0.05, 0.2, 0.5))  # how much there is besides records: much of it hides what they do
        columns = {
            name: self.pick(["", *self.words]) for name in SUBJECT_COLUMNS if name != "kind" and chance() < noise
        }
        columns["kind"] = self.pick(scheme.kinds or KINDS) if chance() < noise else (scheme.kinds or KINDS)[0]
        if chance() < noise:
            columns["registered_day"] = self.pick(self.days)
        attributes = {
            name: self.value(attribute.type, attribute.allowed) if chance() < noise else None
            for name, attribute in scheme.attributes.items()
        }
        chosen = [self.pick(self.codes)] if self.codes else []  # a list may know no items at all
        for _ in range(self.pick((0, 1, 1, 2, 3, 5)) if chosen else 0):
            chosen.append(self.pick(self.codes if chance() < 0.4 else self.all))
        records = [self.record(k, code) for k, code in enumerate(chosen)]
        years = [year for year in range(self.plan.year - 4, self.plan.year) if chance() < noise]
        history = [
            {
                "year": year,
                "grade": self.pick(self.plan.grades),
                "route": self.pick(("score", "direct", "linked")),
                "state": "graded",
                "status": "final",
                "scheme": scheme.scheme,
            }
            for year in years
        ]
        lists = sorted({name for fact in self.plan.facts for name in fact.lists})
        listings = [
            {
                "list": name,
                "entered_day": self.pick(self.days),
                "exited_day": None,
                "term_end_day": None,
                "exit_reason": "",
                "basis": "",
            }
            for name in lists
            if chance() < noise
        ]
        return Subject(columns, attributes, records, history, listings)

    def value(self, kind: str, allowed: list[str] | None) -> Any:
        if kind == "bool":
            return self.random.random() < 0.5
        if kind == "number":
            return self.pick(self.numbers)
        return self.pick(self.days) if kind == "date" else self.pick(allowed or ["", *self.words])

    def record(self, k: int, code: str) -> dict[str, Any]:
        item = self.pick(self.plan.by_code[code])
        day = self.pick(self.days[:7] if self.random.random() < 0.8 else self.days)
        record: dict[str, Any] = {
            "record_id": f"r{k}",
            "rk": k,
            "item": code,
            "status": 0,
            "status_day": None,
            "corrections": [],
            "quantity": self.pick((1, 1, 1, 2, 5, 20, 100)) * MICRO,
            "amount": self.pick(self.numbers),
            "act_id": self.pick(("", "", "act")),
            "disputed": False,
            "known_day": day,
            "source": "s",
            "document_no": "d",
            "basis": "b",
            **{name.replace("_on", "_day"): day for name in DATES},
        }
        if item.switch and item.switch != "corrected_on" and not item.switch_lo <= day <= item.switch_hi:
            record[item.switch.replace("_on", "_day")] = min(max(day, item.switch_lo), item.switch_hi)
        for name, attribute in self.plan.scheme.record_attributes.items():
            levels = [level for level, _ in item.levels] if item.of == name else None
            if item.measure and item.measure[0] == name:
                levels = [level for level, _ in item.measure[1]]
            value = self.value(attribute.type, levels or attribute.allowed)
            if attribute.type == "number":
                low = to_micro(attribute.least) if attribute.least is not None else 0
                high = to_micro(attribute.most) if attribute.most is not None else 10**12
                value = min(max(value, low), high)
            record[name] = value if levels or name in item.requires or name == item.plus else self.pick((value, None))
        if (
            item.form == "levels"
            and item.of in self.plan.scheme.record_attributes
            and record.get(item.of or "") is None
        ):
            record[item.of or ""] = item.levels[0][0]
        if self.random.random() < 0.1:
            record["corrections"] = [(day + 10, MICRO)]
        return record


def _spoken(scheme: Scheme) -> tuple[list[int], list[str]]:
    """Numbers and words of the conditions and tiers of a scheme, and neighbours of the numbers."""
    numbers, words = {0, MICRO, 10 * MICRO}, {"x"}

    def inside(node: Node) -> None:
        if node[0] == "num":
            numbers.update(max(0, to_micro(node[1]) + shift) for shift in (-MICRO, 0, MICRO))
        elif node[0] == "text":
            words.add(node[1])
        for part in node[1:]:
            if isinstance(part, tuple):
                inside(part)

    for _, rule in rules(scheme):
        for text in (getattr(rule, "when", None), getattr(rule, "where", None)):
            if text:
                inside(parse(text))
    for variants in scheme.items.values():
        for item in variants:
            for tier in (item.value.tiers or []) if item.value else []:
                numbers.update(to_micro(edge) + shift for edge in (tier.to, tier.below) if edge for shift in (0, MICRO))
    return sorted(numbers), sorted(words)

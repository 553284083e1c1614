"""Made-up subjects of a scheme with a wanted number of records, for checks and timings: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from creditscore.core.days import to_day, year_end
from creditscore.core.quantities import MICRO
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.monotone.counterexample import LATER, Maker
from creditscore.grading.plan import Plan
from creditscore.schemes.model import Scheme
from creditscore.schemes.validity import epochs
from creditscore.schemes.walk import rules


def plans(scheme: Scheme) -> tuple[Plan, ...]:
    """The scheme bound once for each stretch of time in which the same of its rules are in force."""
    if scheme.missing:
        return ()
    bound_plans = []
    for epoch in epochs(scheme, [rule for _, rule in rules(scheme)]):
        day = to_day(epoch.at) if isinstance(epoch.at, date) else year_end(epoch.at)
        bound_plans.append(bind(scheme, epoch.at, known_at=day + LATER, law_known_at=epoch.law))
    return tuple(bound_plans)


class _Rich(Maker):
    """As the search for counterexamples makes them, with ties: shared acts and days, repairs, withdrawn records."""

    def __init__(self, plan: Plan, seed: str) -> None:
        super().__init__(plan, tuple(item.code for item in plan.items))
        self.random = random.Random(seed)

    def of(self, count: int) -> Subject:
        subject = self.subject()
        if not self.all:
            return subject
        few = self.random.choice((1, 2, 4, len(self.all)))
        codes = [self.pick(self.all) for _ in range(min(few, count) or 1)]
        days = [self.pick(self.days[:7]) for _ in range(self.random.choice((1, 3, 12)))]
        records = [self.tied(k, self.pick(codes), days) for k in range(count)]
        return Subject(subject.columns, subject.attributes, records, subject.history, subject.listings)

    def tied(self, k: int, code: str, days: list[int]) -> dict[str, Any]:
        record = self.record(k, code)
        chance = self.random.random
        if chance() < 0.6:
            day, shift = self.pick(days), record["event_day"]
            for name, value in record.items():
                if name.endswith("_day") and value == shift:
                    record[name] = day
        record["act_id"] = self.pick(("", "", "act", "act2"))
        if chance() < 0.5:
            record["quantity"] = self.pick((1, 1, 2)) * MICRO
        if chance() < 0.1:
            record["status"], record["status_day"] = self.pick((1, 2)), record["event_day"] + self.pick((1, 20, 100))
        elif chance() < 0.15:
            record["corrections"] = [(record["event_day"] + self.pick((1, 20, 80)), self.pick((500_000, 333_333)))]
        record["record_id"] = f"r{k:03}"
        return record


def subjects(plan: Plan, seed: int, count: int, records: Sequence[int], recent: bool = False) -> Iterator[Subject]:
    """`count` subjects, each with one of the numbers of `records`; `recent`: all days lie in the last year."""
    maker = _Rich(plan, f"{plan.scheme.name} {plan.period} {seed}")
    if recent:
        maker.days = [plan.as_of - back for back in (0, 1, 20, 33, 60, 100, 130, 160, 200, 230, 300, 364)]
    for _ in range(count):
        yield maker.of(maker.pick(records))

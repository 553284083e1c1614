"""Ledger lines, and the memory of which rules touched a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.grading.plan import Plan, PlanItem, PlanRule
from creditscore.schemes.model import MARKS

STEPS = ("start", "record", "cap", "condition", "limit", "decide")


@dataclass(frozen=True)
class Line:
    """One ledger row; numbers in 10⁻⁶, None where nobody knows the number."""

    step: str
    record_id: str
    item: str
    nominal: int | None
    effective: int | None
    rule: str
    article: str
    reason: str
    day: int = 0


class Touched:
    """Rules that touched the subject: the weakest evidence and the readings."""

    def __init__(self) -> None:
        self.weakest = -1
        self.readings: set[str] = set()

    def rule(self, rule: Any) -> None:
        if rule.evidence is not None:
            self.weakest = max(self.weakest, MARKS.index(rule.evidence))
        self.readings.update(rule.reading)

    def record(self, record: Mapping[str, Any]) -> None:
        item: PlanItem = record["plan_item"]
        self.rule(item.rule)
        if record["aged"]:
            self.weakest = max(self.weakest, MARKS.index("unknown"))
        if record["group_rule"] is not None:
            self.rule(record["group_rule"])
        if record["returned"] and item.repair:
            self.rule(item.repair_terms)
            self.rule(item.repair_rule)
        if record["exempt"]:
            self.rule(record["exempt"].rule)

    def evidence(self, plan: Plan) -> str:
        return MARKS[self.weakest] if self.weakest >= 0 else plan.scheme.evidence


def article(rule: Any) -> str:
    return f"{rule.cite[0].law} {rule.cite[0].article}".strip() if rule.cite else ""


def holds(rule: PlanRule, env: Mapping[str, Any]) -> bool:
    return rule.test is None or bool(rule.test(env))

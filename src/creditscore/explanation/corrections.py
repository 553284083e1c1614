"""What can still be corrected of the records of a subject, until when, and what that gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.days import LAST, iso
from creditscore.core.model import Label
from creditscore.core.quantities import BASIS, half_up
from creditscore.explanation.deciding import RuleInputs
from creditscore.grading.interpreter.assess import day_column
from creditscore.grading.plan import FULL, NO_AMOUNT


@dataclass(frozen=True)
class Way:
    """A correction until a day, included (empty: without an end); `points` are given back, in 10⁻⁶; None: all of it."""

    last_day: str
    points: int | None


@dataclass(frozen=True)
class Correction:
    """A record that can be corrected: its conduct, what has to be done, and what that gives, the earliest first."""

    record_id: str
    label: Label
    rule: Label
    ways: tuple[Way, ...]


def open_corrections(rule_inputs: RuleInputs | None) -> tuple[Correction, ...]:
    """The corrections still allowed on the day as known on which was graded; none where the records are not at hand."""
    if rule_inputs is None:
        return ()
    chosen = []
    for record in rule_inputs.records:
        item = record["plan_item"]
        if item.repair is None or record["status"] != "active" or record["returned"] >= FULL or not record["scored"]:
            continue
        ways = tuple(_ways(rule_inputs, record))
        if ways and record["exempt"] is None and not record["corrected"]:
            label = item.repair_rule.label or item.rule.label
            chosen.append(Correction(record["record_id"], item.rule.label, label, ways))
    return tuple(sorted(chosen, key=lambda correction: correction.record_id))


def _ways(rule_inputs: RuleInputs, record: Mapping[str, Any]) -> Iterator[Way]:
    """Each window that is not over; of several that give the same, the last."""
    item, plan = record["plan_item"], rule_inputs.plan
    clock = next(
        (day for name in plan.clocks[item.repair.clock] if (day := record.get(day_column(name))) is not None), None
    )
    if clock is None:
        return
    amount = record["amount"] or NO_AMOUNT
    shares = {window: basis for window, low, high, basis in item.gives if low <= amount <= high}
    ways = [
        Way(
            "" if last >= LAST else iso(last),
            None if shares[k] >= BASIS else half_up(record["nominal_high"] * shares[k], BASIS),
        )
        for k, last in enumerate(item.repair.last_days(clock))
        if last >= plan.known_at and k in shares and (shares[k] or item.lifts)
    ]
    for k, way in enumerate(ways):
        if k + 1 == len(ways) or ways[k + 1].points != way.points:
            yield way

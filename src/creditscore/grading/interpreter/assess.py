"""One record under a plan: its item, its clock, its points, what a repair gave back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.core.quantities import MICRO, half_up
from creditscore.grading.interpreter.facts import in_window
from creditscore.grading.interpreter.ledger import holds
from creditscore.grading.plan import FULL, NO_AMOUNT, Plan, PlanItem
from creditscore.schemes.parts import DATES

# the dates that say which variant of an item applies, the first that is given
SWITCH_DATES = {
    "occurred_on": ("occurred_on", "event_on"),
    "decided_on": ("decided_on", "event_on"),
    "booked_on": ("booked_on",),
}


def assess(plan: Plan, record: Mapping[str, Any], cycles: tuple[int | None, ...] = ()) -> dict[str, Any] | None:
    """A folded record with its item, clock day, points, what was given back; None when the scheme has no such item.

    `cycles`: the first day of each of the subject's own cycles.
    """
    corrections = record.get("corrections") or ()
    if plan.until is not None:  # what happened later is not yet so on the day of grading
        corrections = [(day, share) for day, share in corrections if day <= plan.until]
        if record["status"] == 2 and record["status_day"] is not None and record["status_day"] > plan.until:
            record = {**record, "status": 0, "status_day": None}
    last = max((day for day, _ in corrections), default=None)
    item = _variant(plan, record, last)
    if item is None:
        return None
    day = _clock(plan, item.clock, record)
    if day is None:
        return None
    status = ("active", "withdrawn", "repaired")[record["status"]]
    result = {
        **record,
        "plan_item": item,
        "item_index": item.index,
        "day": day,
        "status": status,
        "amount": record["amount"] or 0,
        "act_id": record["act_id"] or "",
        "source": record.get("source") or "",
        "document_no": record.get("document_no") or "",
        "basis": record.get("basis") or "",
        "disputed": bool(record.get("disputed")),
        "cycles": cycles,
        **{name: record.get(day_column(name)) for name in DATES},
    }
    for name, attribute in plan.scheme.record_attributes.items():
        if result.get(name) is None:
            result[name] = {"text": "", "number": 0, "bool": False, "date": None}[attribute.type]
    for date in plan.derived:
        given = result[date.of]
        result[date.name] = None if given is None else date.reach(given)
    if item.measure and result[item.measure[0]]:
        result["quantity"] = dict(item.measure[1])[result[item.measure[0]]]
    returned, window = _returned(plan, item, record, corrections, status)
    low, high = nominal(item, result)
    back_low, back_high = half_up(low * returned, FULL), half_up(high * returned, FULL)
    share = sum(share for _, share in corrections)
    mended = [day for day, _ in corrections] + ([record["status_day"]] if status == "repaired" else [])
    # beyond the life that is certain, the record may weigh anything between nothing and its points
    inside = in_window(item.window, {**result, "standing": returned < FULL})
    stated = item.window.or_until is not None and result[item.window.or_until] is not None
    aged = item.window.beyond and day < item.window.lo and not inside and not stated
    result |= {
        "corrected_on": max((value for value in mended if value is not None), default=None),
        "aged": aged,
        "returned": returned,
        "repair_window": window,
        "standing": returned < FULL,
        "corrected": share > 0,
        "corrected_share": share,
        "nominal_low": low,
        "nominal_high": high,
        "low": 0 if aged else low - back_low,
        "high": high - back_high,
        "net": high - back_high,
    }
    group = plan.groups[item.group] if item.group is not None else None
    result["group_rule"] = group.rule if group and (group.cap is not None or group.heaviest) else None
    result["exempt"] = next((rule for rule in plan.exemptions if holds(rule, result)), None)
    result["active"] = status != "withdrawn" and (result["exempt"] is None or result["exempt"].rule.read_by_facts)
    result["scored"] = (inside or aged) and not (result["exempt"] and result["exempt"].rule.read_by_facts)
    result["counts"] = result["active"] and result["scored"] and item.form != "none"
    fact_windows = [fact.window for fact in plan.facts if fact.of == "records" and item.index in fact.items]
    result["seen"] = inside or aged or any(in_window(window, result) for window in fact_windows)  # type: ignore[arg-type]
    return result


def _variant(plan: Plan, record: Mapping[str, Any], corrected: int | None) -> PlanItem | None:
    for item in plan.by_code.get(record["item"], ()):
        if item.switch is None:
            return item
        day = corrected if corrected is not None else plan.known_at
        if item.switch != "corrected_on":
            days = (record.get(day_column(name)) for name in SWITCH_DATES[item.switch])
            day = next((day for day in days if day is not None), None)  # type: ignore[assignment]
        if day is not None and item.switch_lo <= day <= item.switch_hi:
            return item
    return None


def _clock(plan: Plan, clock: int, record: Mapping[str, Any]) -> int | None:
    chain = (record.get(day_column(name)) for name in plan.clocks[clock])
    return next((day for day in chain if day is not None), None)


def day_column(name: str) -> str:
    """The column of a folded record that holds a date."""
    return name.replace("recorded_on", "known_on").replace("_on", "_day")


def _returned(plan: Plan, item: PlanItem, record: Mapping[str, Any], corrections: Any, status: str) -> tuple[int, str]:
    """Σ share × basis points given back, and the window of the newest correction."""
    parts = list(corrections)
    if status == "repaired":
        if item.repair is None or item.lifts:
            return FULL, ""
        parts.append((record["status_day"], MICRO - sum(share for _, share in parts)))
    parts.sort()
    if item.repair is None:
        return 0, ""
    clock = _clock(plan, item.repair.clock, record)
    if clock is None or not parts:
        return 0, ""
    last_days = item.repair.last_days(clock)
    returned, name = 0, ""
    for day, share in parts:
        index = next((i for i, last in enumerate(last_days) if day <= last), None)
        name = item.repair.windows[index] if index is not None else ""
        amount = record["amount"] if record["amount"] is not None else NO_AMOUNT
        for window, low, high, basis in item.gives:
            if window == index and low <= amount <= high:
                returned += share * basis
    return returned, name


def nominal(item: PlanItem, record: Mapping[str, Any]) -> tuple[int, int]:
    """Points of one record before repair: lowest and highest admissible, equal unless the number is unknown."""
    points = item.points
    match item.form:
        case "each" | "pool":
            points = half_up(points * record["quantity"], MICRO)
        case "base":
            points += record[item.plus or ""] * item.unit
        case "tiers":
            points = next(p for low, high, p in item.tiers if low <= record[item.of or ""] <= high)
        case "levels":
            points = dict(item.levels)[record[item.of or ""]]
        case "unknown":
            return item.lowest, item.highest
    return points, points

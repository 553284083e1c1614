"""Selection, caps and sums of one subject's records, each with its ledger line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.grading.interpreter.facts import bucket
from creditscore.grading.interpreter.ledger import Line, article
from creditscore.grading.plan import Plan, PlanItem


def combine(plan: Plan, records: list[dict[str, Any]], lines: list[Line]) -> tuple[int, int]:
    """Select within groups, cap, add up; returns the lowest and highest sum. Writes the record and cap lines."""
    rows, displaced = select(plan, records)
    low, high = add_up(plan, rows, records, lines)
    for record in records:
        if record["seen"]:
            lines.append(_line(record, displaced.get(record["rk"])))
    return low, high


def select(plan: Plan, records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[Any, str]]:
    """The records that weigh, and for each that does not (by `rk`) where a heavier one took its place."""
    displaced: dict[Any, str] = {}
    counting = [record for record in records if record["counts"] and record["plan_item"].form != "pool"]

    def heaviest(rows: list[dict[str, Any]], key: Any, name: str) -> list[dict[str, Any]]:
        best: dict[Any, dict[str, Any]] = {}
        for record in rows:  # in order of day and record id, so the first of equals wins
            k = key(record)
            if k not in best or (record["high"], record["low"]) > (best[k]["high"], best[k]["low"]):
                best[k] = record
        heaviest_ids = {id(record) for record in best.values()}
        for record in rows:
            if id(record) not in heaviest_ids:
                displaced[record["rk"]] = name
                winner = best[key(record)]  # the group weighs at least what any member surely weighs
                winner["low"] = max(winner["low"], record["low"])
        return [record for record in rows if id(record) in heaviest_ids]

    if plan.scheme.combine.heaviest_per:
        counting = heaviest(counting, lambda r: bucket("act", r), "act")
    rs: list[dict[str, Any]] = [r for r in counting if _by_time(r["plan_item"])]
    for item in plan.items:
        if not _by_time(item):
            rows = [r for r in counting if r["item_index"] == item.index]
            rs += heaviest(
                rows,
                lambda r, i=item: (bucket(i.basis, r), *(bucket(a, r) for a in i.attributes)),
                item.basis,
            )
    rs.sort(key=lambda record: (record["day"], record["record_id"]))
    for group in plan.groups:
        if group.heaviest:
            rows = [r for r in rs if r["plan_item"].group == group.index]
            chosen = {id(r) for r in heaviest(rows, lambda r: 0, "group")}
            rs = [r for r in rs if r["plan_item"].group != group.index or id(r) in chosen]
    return rs, displaced


def add_up(
    plan: Plan, selected: list[dict[str, Any]], records: list[dict[str, Any]], lines: list[Line]
) -> tuple[int, int]:
    """The lowest and highest sum of the records that weigh, with caps, and of the pools; writes the cap lines."""
    low = high = 0
    items: dict[int, list[int]] = {}
    for record in selected:
        sums = items.setdefault(record["item_index"], [0, 0])
        sums[0] += record["low"]
        sums[1] += record["high"]
    groups: dict[int, list[int]] = {}
    for index, sums in sorted(items.items()):
        item = plan.items[index]
        if item.cap is not None:
            _cap(sums, item.cap, item.sign, item.code, item.rule, lines)
        if item.group is not None and plan.groups[item.group].cap is not None:
            total = groups.setdefault(item.group, [0, 0, item.sign])
            total[0], total[1] = total[0] + sums[0], total[1] + sums[1]
        else:
            low, high = _signed(low, high, sums, item.sign)
    for index, sums in sorted(groups.items()):
        group = plan.groups[index]
        _cap(sums, group.cap or 0, sums[2], group.code, group.rule, lines)
        low, high = _signed(low, high, sums, sums[2])
    pools: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        if record["counts"] and record["plan_item"].form == "pool":
            pools.setdefault(record["plan_item"].pool, []).append(record)
    for pool, rows in sorted(pools.items()):
        # all the weight may lie on any one item; where an item has no record, perhaps on that one
        whole = {i.index for i in plan.items if i.pool == pool} == {r["item_index"] for r in rows}
        sums = [min(r["low"] for r in rows) if whole else 0, max(r["high"] for r in rows)]
        known = rows[0]["plan_item"].sign * sums[0] if sums[0] == sums[1] else None
        rule = plan.scheme.pools[plan.pools[pool]]
        lines.append(
            Line(
                "cap",
                "",
                plan.pools[pool],
                None,
                known,
                plan.pools[pool],
                article(rule),
                "unknown" if known is None else "pooled",
            )
        )
        low, high = _signed(low, high, sums, rows[0]["plan_item"].sign)
    return low, high


def _by_time(item: PlanItem) -> bool:
    return item.basis == "time" and not item.attributes


def _signed(low: int, high: int, sums: list[int], sign: int) -> tuple[int, int]:
    return (low + sums[0], high + sums[1]) if sign > 0 else (low - sums[1], high - sums[0])


def _cap(sums: list[int], cap: int, sign: int, code: str, rule: Any, lines: list[Line]) -> None:
    excess = sums[1] - cap
    if excess > 0:
        known = sums[0] >= cap  # where the least sum reaches the cap, unknown numbers do not matter
        excess = sums[0] - cap
        lines.append(
            Line(
                "cap",
                "",
                code,
                None,
                -sign * excess if known else None,
                code,
                article(rule),
                "capped" if known else "unknown",
            )
        )
    sums[0], sums[1] = min(sums[0], cap), min(sums[1], cap)


def _line(record: Mapping[str, Any], displaced: str | None) -> Line:
    item: PlanItem = record["plan_item"]
    known = record["low"] == record["high"] and item.form != "pool"
    valued = record["scored"] and item.form != "none"
    published = record["nominal_low"] == record["nominal_high"] and item.form != "pool"
    nominal = (item.sign * record["nominal_high"] if published else None) if valued else 0
    effective: int | None = 0
    if not record["active"]:
        reason = "withdrawn" if record["status"] == "withdrawn" else f"exempt:{record['exempt'].id}"
    elif not valued:
        reason = ("corrected" if record["returned"] else "noted") if record["status"] != "repaired" else "repaired"
    elif displaced:
        reason = f"displaced:{displaced}"
    elif item.form == "pool":
        reason = "pooled"
    elif not known:
        reason, effective = "unknown", None
    else:
        effective = item.sign * record["low"]
        reason = "counted"
        if record["status"] == "repaired":
            reason = "repaired"
        elif record["returned"]:
            reason = "corrected"
        if reason != "counted" and record["repair_window"]:
            reason += f":{record['repair_window']}"
    return Line(
        "record",
        record["record_id"],
        item.code,
        nominal,
        effective,
        item.code,
        article(item.rule),
        reason,
        record["day"],
    )

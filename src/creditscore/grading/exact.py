"""The reference interpreter: one subject, plain Python, integers only. What it says is what a grade means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from creditscore.grading.decide import Decision, decide, sweep
from creditscore.grading.facts import bucket, in_window, other_facts, record_facts
from creditscore.grading.plan import FULL, Plan, PlanItem, PlanRule
from creditscore.quantities import MICRO, UNBOUNDED, half_up
from creditscore.schemes.expressions import to_python
from creditscore.schemes.model import MARKS


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


@dataclass(frozen=True)
class Outcome:
    state: str
    state_reason: str
    start: int | None
    score_low: int | None
    score_high: int | None
    grade: str
    route: str
    margin: int | None
    evidence: str
    readings: tuple[str, ...]
    unknown: bool  # an unknown number touches the score
    ledger: tuple[Line, ...] = field(repr=False)

    @property
    def score(self) -> int | None:
        return None if self.unknown else self.score_low


@dataclass(frozen=True)
class Subject:
    """What one subject brings: its columns, typed attributes (None: absent), folded records, history, listings."""

    columns: Mapping[str, str]
    attributes: Mapping[str, Any]
    records: Iterable[Mapping[str, Any]]
    history: Iterable[Mapping[str, Any]] = ()
    listings: Iterable[Mapping[str, Any]] = ()
    fed: bool = True


def grade_subject(plan: Plan, subject: Subject) -> Outcome:
    """The outcome of one subject with its ledger: admit, value, combine, decide, account."""
    touched = Touched()
    lookups = {name: _look(plan, name, table, subject.columns) for name, table in plan.lookups.items()}
    records = [one for one in (assess(plan, record) for record in subject.records) if one is not None]
    records.sort(key=lambda record: (record["day"], record["record_id"]))
    env: dict[str, Any] = {**{name: subject.columns.get(name) or "" for name in COLUMNS}, **lookups, "period": plan.year * MICRO}
    dates: dict[str, int | None] = {"registered_on": subject.columns.get("registered_day")}  # type: ignore[dict-item]
    for name, attribute in plan.scheme.attributes.items():
        value = subject.attributes.get(name)
        if attribute.type == "date":
            dates[name] = value
        else:
            env[name] = _absent(attribute) if value is None else value
        if value is None and attribute.reading:
            touched.readings.add(attribute.reading)
    env |= record_facts(plan, records, lookups)
    env |= other_facts(plan, env, dates, subject.history, subject.listings)
    lines: list[Line] = []
    start = _start(plan, env, lines, touched) if plan.has_points else None
    low, high = _combine(plan, records, lines, touched)
    unknown = {record["item"] for record in records if record["counts"] and (record["high"] != record["low"] or record["plan_item"].form == "pool")}
    for rule in plan.conditions:
        if holds(rule, env):
            touched.rule(rule.rule)
            low, high = low + rule.points, high + rule.points
            if rule.rule.unknown:
                unknown.add(rule.id)
                low -= UNBOUNDED
            points = None if rule.rule.unknown else rule.points
            lines.append(Line("condition", "", rule.id, points, points, rule.id, article(rule.rule), "unknown" if points is None else "counted"))
    scores: tuple[int, int] | None = None
    if start is not None:
        scores = _limited(plan, start + low, start + high, lines)
    decision = _decision(plan, subject, env, scores, touched, unknown)
    lines += [Line("decide", "", "", None, 0, rule.id, article(rule.rule), what) for rule, what in decision.path]
    for rule, _ in decision.path:
        touched.rule(rule.rule)
    for record in records:
        if record["seen"]:
            touched.record(record)
    shown = decision.state != "not_graded"
    return Outcome(
        decision.state, decision.reason, start if shown else None,
        _bound(scores[0]) if scores and shown else None, _bound(scores[1]) if scores and shown else None,
        "" if decision.grade is None else plan.grades[decision.grade], decision.route or "",
        decision.margin, touched.evidence(plan), tuple(sorted(touched.readings)), low != high, tuple(sorted(lines, key=_order)),
    )


COLUMNS = ("kind", "region", "district", "industry", "size", "ownership")
STEPS = ("start", "record", "cap", "condition", "limit", "decide")


class Touched:
    """Rules that touched the subject: the weakest evidence and the readings."""

    def __init__(self) -> None:
        self.weakest = -1
        self.readings: set[str] = set()

    def rule(self, rule: Any) -> None:
        if rule.evidence is not None:
            self.weakest = max(self.weakest, MARKS.index(rule.evidence))
        if rule.reading:
            self.readings.add(rule.reading)

    def record(self, record: Mapping[str, Any]) -> None:
        item: PlanItem = record["plan_item"]
        self.rule(item.rule)
        if record["group_rule"] is not None:
            self.rule(record["group_rule"])
        if record["returned"] and item.repair:
            self.rule(item.repair_terms)
            self.rule(item.repair_rule)
        if record["exempt"]:
            self.rule(record["exempt"].rule)

    def evidence(self, plan: Plan) -> str:
        return MARKS[self.weakest] if self.weakest >= 0 else plan.scheme.evidence


def _bound(score: int) -> int | None:
    return score if abs(score) < UNBOUNDED // 2 else None


def article(rule: Any) -> str:
    return f"{rule.cite[0].law} {rule.cite[0].article}".strip() if rule.cite else ""


def holds(rule: PlanRule, env: Mapping[str, Any]) -> bool:
    return rule.when is None or bool(to_python(rule.when)(env))


def _absent(attribute: Any) -> Any:
    return int(attribute.absent * MICRO) if attribute.type == "number" else attribute.absent


def _look(plan: Plan, name: str, table: Mapping[str, Any], columns: Mapping[str, str]) -> int:
    lookup = next(one for key, one in plan.scheme.lookups.items() if name.startswith(f"{key}_"))
    key = columns.get(lookup.key) or ""
    return table.get(key[: lookup.prefix] if lookup.prefix else key, table[""])


def assess(plan: Plan, record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A folded record with its item, clock day, points, what was given back; None when the scheme has no such item."""
    corrections = record.get("corrections") or ()
    last = max((day for day, _ in corrections), default=None)
    item = _variant(plan, record, last)
    if item is None:
        return None
    day = _clock(plan, item.clock, record)
    if day is None:
        return None
    status = ("active", "withdrawn", "repaired")[record["status"]]
    result = {
        **record, "plan_item": item, "item_index": item.index, "day": day, "status": status,
        "amount": record["amount"] or 0, "act_id": record["act_id"] or "",
        "source": record.get("source") or "", "basis": record.get("basis") or "", "disputed": bool(record.get("disputed")),
    }
    for name, attribute in plan.scheme.record_attributes.items():
        if result.get(name) is None and attribute.type != "date":
            result[name] = {"text": "", "number": 0, "bool": False}[attribute.type]
    returned, window = _returned(plan, item, record, corrections, status)
    low, high = nominal(item, result)
    back_low, back_high = half_up(low * returned, FULL), half_up(high * returned, FULL)
    share = sum(share for _, share in corrections)
    result |= {
        "returned": returned, "repair_window": window, "standing": returned < FULL, "corrected": share > 0,
        "corrected_share": share, "nominal_low": low, "nominal_high": high, "low": low - back_low, "high": high - back_high,
        "net": high - back_high,
    }
    group = plan.groups[item.group] if item.group is not None else None
    result["group_rule"] = group.rule if group and (group.cap is not None or group.heaviest) else None
    result["exempt"] = next((rule for rule in plan.exemptions if holds(rule, result)), None)
    result["active"] = status != "withdrawn" and result["exempt"] is None
    result["scored"] = in_window(item.window, result)
    result["counts"] = result["active"] and result["scored"] and item.form != "none"
    fact_windows = [fact.window for fact in plan.facts if fact.of == "records" and item.index in fact.items]
    result["seen"] = result["scored"] or any(in_window(window, result) for window in fact_windows)  # type: ignore[arg-type]
    return result


def _variant(plan: Plan, record: Mapping[str, Any], corrected: int | None) -> PlanItem | None:
    for item in plan.by_code.get(record["item"], ()):
        if item.switch is None:
            return item
        day = (corrected if corrected is not None else plan.known_at) if item.switch == "corrected_on" else record.get(item.switch.replace("_on", "_day"))
        if day is not None and item.switch_lo <= day <= item.switch_hi:
            return item
    return None


def _clock(plan: Plan, clock: int, record: Mapping[str, Any]) -> int | None:
    chain = (record.get(name.replace("recorded_on", "known_day").replace("_on", "_day")) for name in plan.clocks[clock])
    return next((day for day in chain if day is not None), None)


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


NO_AMOUNT = 9_100_000_000_000_000_000  # an amount nobody gave cannot show that it is small


def nominal(item: PlanItem, record: Mapping[str, Any]) -> tuple[int, int]:
    """Points of one record before repair: lowest and highest admissible, equal unless the number is unknown."""
    points = item.points
    match item.form:
        case "each" | "pool":
            points = half_up(points * record["quantity"], MICRO)
        case "base":
            points += record[item.plus] * item.unit
        case "tiers":
            points = next(p for low, high, p in item.tiers if low <= record[item.of] <= high)
        case "levels":
            points = dict(item.levels)[record[item.of]]
        case "unknown":
            return item.lowest, item.highest
    return points, points


def _start(plan: Plan, env: Mapping[str, Any], lines: list[Line], touched: Touched) -> int:
    rule = next(rule for rule in plan.start if holds(rule, env))
    touched.rule(rule.rule)
    start = rule.points
    lines.append(Line("start", "", "", start, 0, rule.id, article(rule.rule), "start"))
    for bonus in plan.bonus:
        extra = bonus.points * (env[bonus.fact] // MICRO)  # type: ignore[index]
        if plan.start_cap is not None:
            extra = min(extra, max(0, plan.start_cap - start))
        if extra:
            touched.rule(bonus.rule)
            start += extra
            lines.append(Line("start", "", "", extra, 0, bonus.id, article(bonus.rule), "bonus"))
    return start


def _combine(plan: Plan, records: list[dict[str, Any]], lines: list[Line], touched: Touched) -> tuple[int, int]:
    """Select within groups, cap, add up; returns the lowest and highest sum. Writes the record and cap lines."""
    displaced: dict[Any, str] = {}
    counting = [record for record in records if record["counts"] and record["plan_item"].form != "pool"]

    def heaviest(rows: list[dict[str, Any]], key: Any, name: str) -> list[dict[str, Any]]:
        best: dict[Any, dict[str, Any]] = {}
        for record in rows:  # in order of day and record id, so the first of equals wins
            k = key(record)
            if k not in best or (record["high"], record["low"]) > (best[k]["high"], best[k]["low"]):
                best[k] = record
        kept = {id(record) for record in best.values()}
        for record in rows:
            if id(record) not in kept:
                displaced[record["rk"]] = name
                winner = best[key(record)]  # the group weighs at least what any member surely weighs
                winner["low"] = max(winner["low"], record["low"])
        return [record for record in rows if id(record) in kept]

    if plan.scheme.combine.heaviest_per:
        counting = heaviest(counting, lambda r: bucket("act", r), "act")
    kept: list[dict[str, Any]] = [r for r in counting if _by_time(r["plan_item"])]
    for item in plan.items:
        if not _by_time(item):
            rows = [r for r in counting if r["item_index"] == item.index]
            kept += heaviest(rows, lambda r, i=item: (bucket(i.basis, r), *(bucket(a, r) for a in i.attributes)), item.basis)
    kept.sort(key=lambda record: (record["day"], record["record_id"]))
    for group in plan.groups:
        if group.heaviest:
            rows = [r for r in kept if r["plan_item"].group == group.index]
            chosen = {id(r) for r in heaviest(rows, lambda r: 0, "group")}
            kept = [r for r in kept if r["plan_item"].group != group.index or id(r) in chosen]
    low = high = 0
    items: dict[int, list[int]] = {}
    for record in kept:
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
        lines.append(Line("cap", "", plan.pools[pool], None, known, plan.pools[pool], article(rule), "unknown" if known is None else "pooled"))
        low, high = _signed(low, high, sums, rows[0]["plan_item"].sign)
    for record in records:
        if record["seen"]:
            lines.append(_line(record, displaced.get(record["rk"])))
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
        lines.append(Line("cap", "", code, None, -sign * excess if known else None, code, article(rule), "capped" if known else "unknown"))
    sums[0], sums[1] = min(sums[0], cap), min(sums[1], cap)


def _line(record: Mapping[str, Any], displaced: str | None) -> Line:
    item: PlanItem = record["plan_item"]
    known = record["low"] == record["high"] and item.form != "pool"
    valued = record["scored"] and item.form != "none"
    published = record["nominal_low"] == record["nominal_high"] and item.form != "pool"
    shown = (item.sign * record["nominal_high"] if published else None) if valued else 0
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
    return Line("record", record["record_id"], item.code, shown, effective, item.code, article(item.rule), reason, record["day"])


def _limited(plan: Plan, low: int, high: int, lines: list[Line]) -> tuple[int, int]:
    def clamp(score: int) -> int:
        score = score if plan.floor is None else max(score, plan.floor)
        return score if plan.ceiling is None else min(score, plan.ceiling)

    limited = clamp(low), clamp(high)
    if low == high and limited[0] != low:
        name = "floor" if limited[0] > low else "ceiling"
        lines.append(Line("limit", "", "", None, limited[0] - low, name, "", name))
    return limited


def _decision(
    plan: Plan, subject: Subject, env: dict[str, Any], scores: tuple[int, int] | None, touched: Touched, unknown: set[str]
) -> Decision:
    kinds = plan.scheme.kinds
    if kinds is not None and env["kind"] and env["kind"] not in kinds:
        return Decision("not_graded", "out_of_scope", None, None, None, ())
    if not subject.fed:
        return Decision("not_graded", "no_feed", None, None, None, ())
    if scores is None:
        return decide(plan, env, 0)
    return sweep(plan, env, *scores, unknown)


def _order(line: Line) -> tuple[Any, ...]:
    return (STEPS.index(line.step), line.day, line.record_id, line.item) if line.step != "decide" else (STEPS.index(line.step), 0, "", "")

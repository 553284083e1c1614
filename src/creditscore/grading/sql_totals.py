"""SQL text, second half of counting: selection, caps and facts (`contributions → keyed → itemised → totals`)."""

from __future__ import annotations

from dataclasses import dataclass

from creditscore.grading.compile import bit, mark
from creditscore.grading.plan import Plan, PlanFact
from creditscore.grading.sql_records import fact_condition, over_records, record_column, text_key, time_key
from creditscore.quantities import MICRO


@dataclass(frozen=True)
class Stages:
    """Which stages a scheme uses; the others are left out of its SQL."""

    act: bool
    keys: bool
    item_caps: bool
    groups: bool

    @property
    def any(self) -> bool:
        return self.act or self.keys or self.item_caps or self.groups


def stages(plan: Plan) -> Stages:
    return Stages(
        act=plan.scheme.combine.heaviest_per == "act",
        keys=any(item.form != "none" and (item.basis != "time" or item.attributes) for item in plan.items),
        item_caps=any(item.cap is not None for item in plan.items),
        groups=any(group.cap is not None or group.heaviest for group in plan.groups),
    )


def sides(plan: Plan) -> tuple[str, ...]:
    """`low` and `high` are two sums only where a number is unknown."""
    return ("low", "high") if plan.uses_unknown else ("low",)


def distinct(fact: PlanFact) -> bool:
    return fact.take == "run" or (fact.take == "count" and fact.by not in (None, "time"))


def carried(plan: Plan) -> list[tuple[str, str, str]]:
    """Columns that travel up through the stages: name, value of one record, how values combine."""
    repairs = any(item.repair for item in plan.items)
    evidence, readings = ["v.item_evidence"], ["v.item_readings"]
    if repairs:
        evidence.append("CASE WHEN v.returned > 0 THEN v.repair_evidence ELSE -1 END")
        readings.append("CASE WHEN v.returned > 0 THEN v.repair_readings ELSE 0 END")
    for k, rule in enumerate(plan.exemptions):
        evidence.append(f"CASE WHEN v.exempt = {k} THEN {mark(rule.rule)} ELSE -1 END")
        readings.append(f"CASE WHEN v.exempt = {k} THEN {bit(plan, rule.rule)} ELSE 0 END")
    columns = [("evidence", f"GREATEST({', '.join(evidence)})" if len(evidence) > 1 else evidence[0], "MAX")]
    if plan.scheme.readings:
        columns.append(("readings", " | ".join(readings), "BIT_OR"))
    for fact in over_records(plan):
        if distinct(fact):
            continue
        held = fact_condition(plan, fact)
        column = "0" if fact.column is None else record_column(plan)[fact.column]
        columns.append(
            {
                "count": (f"f_{fact.name}", f"CASE WHEN {held} THEN {MICRO} ELSE 0 END", "SUM"),
                "any": (f"f_{fact.name}", f"CASE WHEN {held} THEN 1 ELSE 0 END", "MAX"),
                "sum": (f"f_{fact.name}", f"CASE WHEN {held} THEN {column} ELSE 0 END", "SUM"),
                "max": (f"f_{fact.name}", f"CASE WHEN {held} THEN {column} END", "MAX"),
                "min": (f"f_{fact.name}", f"CASE WHEN {held} THEN {column} END", "MIN"),
                "latest": (f"f_{fact.name}", f"CASE WHEN {held} THEN v.day END", "MAX"),
            }[fact.take]
        )
    return columns


def needs_calendar(plan: Plan) -> bool:
    bases = {item.basis for item in plan.items} | {fact.by for fact in over_records(plan) if distinct(fact)}
    runs = any(fact.take == "run" for fact in over_records(plan))
    return runs or bool(bases & {"month", "quarter", "year"})


def contributions(plan: Plan) -> str:
    """One row per record that some rule reads: its weight, the keys under which it is selected, what it carries."""
    used = stages(plan)
    keys = ""
    if used.keys:
        keys = f", {time_key({item.basis for item in plan.items})} AS time_key"
        if texts(plan):
            keys += f", {text_key(plan)} AS text_key"
    calendar = "JOIN calendar c ON c.day = v.day " if needs_calendar(plan) else ""
    extra = "".join(f", {value} AS {name}" for name, value, _ in carried(plan))
    values = "".join(f", CASE WHEN v.counts AND v.pool < 0 THEN v.{side} ELSE 0 END AS {side}" for side in sides(plan))
    return f"SELECT v.sid, v.idx, v.sign, v.grp, v.timed, v.in_heaviest, v.act_id, v.rk{keys}{values}{extra} FROM valid v {calendar}"


def texts(plan: Plan) -> bool:
    """Whether some counting basis is a text: an act or record attributes."""
    return any(item.basis == "act" or item.attributes for item in plan.items)


def totals(plan: Plan) -> list[tuple[str, str]]:
    """Named SELECTs from contributions to one row per subject; the sum carries its sign."""
    used, up = stages(plan), [(name, how) for name, _, how in carried(plan)]
    views: list[tuple[str, str]] = []
    source = "contributions"
    same = "MAX(sign) AS sign, MAX(grp) AS grp, MAX(in_heaviest) AS in_heaviest"  # one value for each item

    def lifted() -> str:
        return "".join(f", {_combined(how, name)} AS {name}" for name, how in up)

    if used.act:
        values = ", ".join(f"MAX({side}) AS {side}" for side in sides(plan))
        alone = "CASE WHEN COALESCE(act_id, '') = '' THEN CAST(rk AS VARCHAR) ELSE 'a' || act_id END"
        views.append(
            (
                "selected",
                f"SELECT sid, MAX(sign) AS sign, {values}{lifted()} FROM contributions GROUP BY sid, {alone}",
            )
        )
        source = "selected"
    if used.keys:
        summed = "timed AND NOT in_heaviest"
        values = ", ".join(
            f"CAST(SUM(CASE WHEN {summed} THEN {side} ELSE 0 END) + MAX(CASE WHEN {summed} THEN 0 ELSE {side} END) AS BIGINT) AS {side}"
            for side in sides(plan)
        )
        views.append(
            (
                "keyed",
                f"SELECT sid, idx, {same}, {values}{lifted()} FROM {source} "
                f"GROUP BY sid, idx, time_key{', text_key' if texts(plan) else ''}",
            )
        )
        source = "keyed"
    if used.item_caps or used.groups:
        values = ", ".join(
            f"CAST(CASE WHEN MAX(in_heaviest) THEN MAX({side}) ELSE SUM({side}) END AS BIGINT) AS {side}"
            if used.groups
            else f"CAST(SUM({side}) AS BIGINT) AS {side}"
            for side in sides(plan)
        )
        views.append(
            (
                "itemised",
                f"SELECT sid, idx, {same}, {values}{lifted()} FROM {source} GROUP BY sid, idx",
            )
        )
        capped = ", ".join(
            f"CASE WHEN i.cap IS NULL THEN t.{side} ELSE LEAST(t.{side}, i.cap) END AS {side}" for side in sides(plan)
        )
        extra = "".join(f", t.{name}" for name, _ in up)
        if used.item_caps:
            views.append(
                (
                    "capped",
                    f"SELECT t.sid, t.idx, t.sign, t.grp, t.in_heaviest, {capped}{extra} FROM itemised t JOIN item i ON i.item = t.idx",
                )
            )
        source = "capped" if used.item_caps else "itemised"
    if used.groups:
        capped_group = "CASE WHEN g.cap IS NOT NULL OR g.heaviest THEN t.grp ELSE -1 - t.idx END"
        values = ", ".join(
            f"CAST(CASE WHEN MAX(CASE WHEN t.in_heaviest THEN 1 ELSE 0 END) = 1 THEN MAX(t.{side}) ELSE SUM(t.{side}) END AS BIGINT) AS {side}"
            for side in sides(plan)
        )
        lifted_t = "".join(f", {_combined(how, f't.{name}')} AS {name}" for name, how in up)
        views.append(
            (
                "grouped",
                f"SELECT t.sid, {capped_group} AS part, t.sign, {values}{lifted_t} FROM {source} t "
                f"LEFT JOIN grp g ON g.grp = t.grp GROUP BY t.sid, {capped_group}, t.sign",
            )
        )
        capped = ", ".join(
            f"CASE WHEN g.cap IS NULL THEN t.{side} ELSE LEAST(t.{side}, g.cap) END AS {side}" for side in sides(plan)
        )
        extra = "".join(f", t.{name}" for name, _ in up)
        views.append(
            (
                "parts",
                f"SELECT t.sid, t.sign, {capped}{extra} FROM grouped t LEFT JOIN grp g ON g.grp = t.part",
            )
        )
        source = "parts"
    signs = {item.sign for item in plan.items if item.form != "none"}
    low, high = sides(plan)[0], sides(plan)[-1]
    if signs == {-1}:
        values = f"-CAST(SUM({high}) AS BIGINT) AS low, -CAST(SUM({low}) AS BIGINT) AS high"
    elif signs == {1} or not signs:
        values = f"CAST(SUM({low}) AS BIGINT) AS low, CAST(SUM({high}) AS BIGINT) AS high"
    else:
        values = (
            f"CAST(SUM(CASE WHEN sign > 0 THEN {low} ELSE -{high} END) AS BIGINT) AS low, "
            f"CAST(SUM(CASE WHEN sign > 0 THEN {high} ELSE -{low} END) AS BIGINT) AS high"
        )
    views.append(("totals", f"SELECT sid, {values}{lifted()} FROM {source} GROUP BY sid"))
    return views


def _combined(how: str, name: str) -> str:
    return f"CAST(SUM({name}) AS BIGINT)" if how == "SUM" else f"{how}({name})"


def pooled(plan: Plan) -> str:
    """Items whose weights are known only together: all the weight may lie on any one of them."""
    members = {pool: len({item.index for item in plan.items if item.pool == pool}) for pool in range(len(plan.pools))}
    whole = " ".join(f"WHEN {pool} THEN {n}" for pool, n in members.items())
    return (
        "SELECT v.sid, v.pool, MAX(v.sign) AS sign, CASE WHEN COUNT(DISTINCT v.idx) = CASE v.pool "
        f"{whole} END THEN MIN(v.low) ELSE 0 END AS low, MAX(v.high) AS high "
        "FROM valid v WHERE v.counts AND v.pool >= 0 GROUP BY v.sid, v.pool"
    )


def pool_sum() -> str:
    return (
        "SELECT p.sid, CAST(SUM(CASE WHEN p.sign > 0 THEN p.low ELSE -p.high END) AS BIGINT) AS low, "
        "CAST(SUM(CASE WHEN p.sign > 0 THEN p.high ELSE -p.low END) AS BIGINT) AS high FROM pooled p GROUP BY p.sid"
    )


def distinct_facts(plan: Plan) -> list[tuple[str, str]]:
    """Facts that count different keys, or the longest run of months or years, each a SELECT of its own."""
    views = []
    for fact in over_records(plan):
        if not distinct(fact):
            continue
        by = fact.by or "month"
        key = {
            "day": "v.day",
            "month": "c.year * 12 + c.month - 1",
            "quarter": "c.year * 4 + c.quarter",
            "year": "c.year",
            "act": "CASE WHEN COALESCE(v.act_id, '') = '' THEN CAST(v.rk AS VARCHAR) ELSE 'a' || v.act_id END",
        }.get(by) or record_column(plan)[by]
        calendar = "JOIN calendar c ON c.day = v.day " if by in ("month", "quarter", "year") else ""
        keys = f"SELECT DISTINCT v.sid, {key} AS k FROM valid v {calendar}WHERE {fact_condition(plan, fact)}"
        if fact.take == "count":
            sql = f"SELECT sid, {MICRO} * COUNT(*) AS n FROM ({keys}) d GROUP BY sid"
        else:
            islands = f"SELECT sid, k - ROW_NUMBER() OVER (PARTITION BY sid ORDER BY k) AS island FROM ({keys}) d"
            runs = f"SELECT sid, island, COUNT(*) AS n FROM ({islands}) e GROUP BY sid, island"
            sql = f"SELECT sid, {MICRO} * MAX(n) AS n FROM ({runs}) f GROUP BY sid"
        views.append((f"fact_{fact.name}", sql))
    return views

"""SQL text, second half of counting: selection, caps and facts (`contributions → keyed → itemised → totals`)."""

from __future__ import annotations

from dataclasses import dataclass

from creditscore.core.quantities import MICRO, TOP
from creditscore.grading.plan import Plan, PlanFact
from creditscore.grading.population.compile import bit, mark
from creditscore.grading.population.sql_records import fact_condition, over_records, record_column, text_key, time_key
from creditscore.schemes.model import MARKS


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


# day and record id in front of a text, so that the greatest is the newest
NEWEST = "LPAD(CAST(v.day + 100000 AS VARCHAR), 6, '0') || v.record_id || CHR(31)"


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
    if any(item.window.beyond for item in plan.items):
        evidence.append(f"CASE WHEN v.aged THEN {MARKS.index('unknown')} ELSE -1 END")
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
                "earliest": (f"f_{fact.name}", f"CASE WHEN {held} THEN v.day END", "MIN"),
                "newest": (f"f_{fact.name}", f"CASE WHEN {held} THEN {NEWEST} || {column} END", "MAX"),
            }[fact.take]
        )
    return columns


def needs_calendar(plan: Plan) -> bool:
    bases = {item.basis for item in plan.items} | {fact.by for fact in over_records(plan) if distinct(fact)}
    runs = any(fact.take == "run" for fact in over_records(plan))
    return runs or bool(bases & {"month", "quarter", "year"})


def contributions(plan: Plan) -> str:
    """One row per record that some rule reads: its weight, the keys under which it is selected, what it carries.

    `direct` weighs at once; `low` and `high` first go through selection and caps.
    """
    used = stages(plan)
    keys = ""
    if used.keys:
        keys = f", {time_key({item.basis for item in plan.items})} AS time_key"
        if texts(plan):
            keys += f", {text_key(plan)} AS text_key"
    if used.act:
        keys = (
            ", CASE WHEN COALESCE(v.act_id, '') = '' THEN v.rk ELSE 0 END AS time_key, NULLIF(v.act_id, '') AS text_key"
        )
    calendar = "JOIN calendar c ON c.day = v.day " if needs_calendar(plan) else ""
    extra = "".join(f", {value} AS {name}" for name, value, _ in carried(plan))
    weighs = "v.counts AND v.pool < 0"
    values = "".join(
        f", CASE WHEN {weighs} AND NOT v.staged THEN {_signed(side)} ELSE 0 END AS direct_{side}"
        f", CASE WHEN {weighs} AND v.staged THEN v.{side} ELSE 0 END AS {side}"
        for side in sides(plan)
    )
    staged = f"({weighs} AND v.staged)"
    return f"SELECT v.sid, v.idx, v.n_rows, {staged} AS staged{keys}{values}{extra} FROM valid v {calendar}"


def _signed(side: str) -> str:
    """A record's part of the score; what deducts most makes the low end."""
    other = {"low": "high", "high": "low"}[side]
    return f"CASE WHEN v.sign > 0 THEN v.{side} ELSE -v.{other} END"


def texts(plan: Plan) -> bool:
    """Whether some counting basis is a text: an act or record attributes."""
    return any(item.basis == "act" or item.attributes for item in plan.items)


def totals(plan: Plan) -> list[tuple[str, str]]:
    """Named SELECTs from contributions to one row per subject; the sum carries its sign."""
    lifted = "".join(f", {_combined(how, name)} AS {name}" for name, _, how in carried(plan))
    direct = ", ".join(f"CAST(SUM(direct_{side}) AS BIGINT) AS {side}" for side in sides(plan))
    high = "" if plan.uses_unknown else ", CAST(SUM(direct_low) AS BIGINT) AS high"
    base = f"SELECT sid, {direct}{high}{lifted} FROM contributions GROUP BY sid"
    if not stages(plan).any:
        return [("totals", base)]
    carries = "".join(f", b.{name}" for name, _, _ in carried(plan))
    total = (
        "SELECT b.sid, b.low + COALESCE(p.low, 0) AS low, b.high + COALESCE(p.high, 0) AS high"
        f"{carries} FROM base b LEFT JOIN picked p ON p.sid = b.sid"
    )
    return [("base", base), *_picked(plan), ("totals", total)]


def _picked(plan: Plan) -> list[tuple[str, str]]:
    """Selection and caps, stage by stage, for the records that need them; a stage nobody uses is left out."""
    used, views, source = stages(plan), [], "contributions"
    where = " WHERE staged"

    def each(form: str) -> str:
        return ", ".join(form.format(side=side) for side in sides(plan))

    if used.act:
        values = each("MAX({side}) AS {side}")
        views.append(
            (
                "keyed",
                f"SELECT sid, MIN(idx) AS idx, {values} FROM contributions{where} GROUP BY sid, time_key, text_key",
            )
        )
        source, where = "keyed", ""
    elif used.keys:
        # records that all count pass by; of the others one per key, and only keys with a text are grouped by text
        own, most = each("c.{side}"), each("MAX(c.{side}) AS {side}")
        rows = "FROM contributions c JOIN item i ON i.item = c.idx WHERE c.staged AND"
        plain = "NOT i.summed" + (" AND c.text_key IS NULL" if texts(plan) else "")
        parts = [f"SELECT c.sid, c.idx, {own} {rows} i.summed"]
        parts.append(f"SELECT c.sid, c.idx, {most} {rows} {plain} GROUP BY c.sid, c.idx, c.time_key")
        if texts(plan):
            keys = "c.sid, c.idx, c.time_key, c.text_key"
            parts.append(f"SELECT c.sid, c.idx, {most} {rows} NOT i.summed AND c.text_key IS NOT NULL GROUP BY {keys}")
        views.append(("keyed", " UNION ALL ".join(parts)))
        source, where = "keyed", ""
    if used.item_caps or used.groups:
        values = each("CAST(SUM({side}) AS BIGINT) AS {side}")
        if any(group.heaviest for group in plan.groups):
            values += each(", MAX({side}) AS most_{side}").replace(", ,", ",")
        views.append(("itemised", f"SELECT sid, idx, {values} FROM {source}{where} GROUP BY sid, idx"))
        source, where = "itemised", ""
    capped = each("CASE WHEN i.cap IS NULL THEN t.{side} ELSE LEAST(t.{side}, i.cap) END AS {side}")
    if used.groups:
        if any(group.heaviest for group in plan.groups):
            capped = each(
                "CASE WHEN i.in_heaviest THEN t.most_{side} WHEN i.cap IS NULL THEN t.{side} ELSE LEAST(t.{side}, i.cap) END AS {side}"
            )
        part = "CASE WHEN i.grp >= 0 AND (g.cap IS NOT NULL OR g.heaviest) THEN i.grp ELSE -1 - t.idx END"
        heaviest, whole = "", "SUM({side})"
        if any(group.heaviest for group in plan.groups):
            heaviest = "COALESCE(g.heaviest, FALSE) AS heaviest, "
            whole = "CASE WHEN MAX(CASE WHEN heaviest THEN 1 ELSE 0 END) = 1 THEN MAX({side}) ELSE SUM({side}) END"
        inner = f"SELECT t.sid, {part} AS part, i.sign, {heaviest}{capped} FROM itemised t JOIN item i ON i.item = t.idx LEFT JOIN grp g ON g.grp = i.grp"
        values = each(f"CAST({whole} AS BIGINT) AS {{side}}")
        views.append(("grouped", f"SELECT sid, part, MAX(sign) AS sign, {values} FROM ({inner}) u GROUP BY sid, part"))
        capped = each("CASE WHEN g.cap IS NULL THEN t.{side} ELSE LEAST(t.{side}, g.cap) END AS {side}")
        rows = f"SELECT t.sid, t.sign, {capped} FROM grouped t LEFT JOIN grp g ON g.grp = t.part"
    else:
        rows = f"SELECT t.sid, i.sign, {capped} FROM {source} t JOIN item i ON i.item = t.idx{where}"
    low, high = sides(plan)[0], sides(plan)[-1]
    sums = (
        f"CAST(SUM(CASE WHEN sign > 0 THEN {low} ELSE -{high} END) AS BIGINT) AS low, "
        f"CAST(SUM(CASE WHEN sign > 0 THEN {high} ELSE -{low} END) AS BIGINT) AS high"
    )
    return [*views, ("picked", f"SELECT sid, {sums} FROM ({rows}) p GROUP BY sid")]


def _combined(how: str, name: str) -> str:
    if how == "SUM":  # beyond every number a condition may name, a sum no longer grows
        return f"CAST(GREATEST(-{TOP}, LEAST({TOP}, SUM({name}))) AS BIGINT)"
    return f"{how}({name})"


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

"""SQL text of the ledger: one row per start, record, cap, condition, limit and decision of each subject."""

from __future__ import annotations

from creditscore.grading.compile import BASES
from creditscore.grading.lines import article
from creditscore.grading.plan import Plan, PlanRule
from creditscore.grading.sql_records import text_key, time_key
from creditscore.grading.sql_totals import needs_calendar, stages, texts

BEST_FIRST = "ORDER BY v.high DESC, v.low DESC, v.day, v.record_id"


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def displaced(plan: Plan) -> list[tuple[str, str]]:
    """Records that a heavier one of their act, counting basis or group displaces; empty when nothing selects."""
    used, parts, views = stages(plan), [], []
    counting = "v.counts AND v.pool < 0"
    calendar = "JOIN calendar c ON c.day = v.day " if needs_calendar(plan) else ""
    if used.act:
        ranked = (
            f"SELECT v.rk, ROW_NUMBER() OVER (PARTITION BY v.sid, v.act_id {BEST_FIRST}) AS n "
            f"FROM valid v WHERE {counting} AND COALESCE(v.act_id, '') <> ''"
        )
        parts.append(f"SELECT r.rk, 'act' AS what FROM ({ranked}) r WHERE r.n > 1")
    if used.keys:
        key = time_key({item.basis for item in plan.items}) + (f", {text_key(plan)}" if texts(plan) else "")
        ranked = (
            f"SELECT v.rk, v.counting, ROW_NUMBER() OVER (PARTITION BY v.sid, v.idx, {key} {BEST_FIRST}) AS n "
            f"FROM valid v {calendar}WHERE {counting} AND NOT v.timed"
        )
        names = " ".join(f"WHEN {k} THEN '{basis}'" for k, basis in enumerate(BASES))
        parts.append(f"SELECT r.rk, CASE r.counting {names} END AS what FROM ({ranked}) r WHERE r.n > 1")
    if any(group.heaviest for group in plan.groups):
        if parts:
            views.append(("displaced_before", " UNION ALL ".join(parts)))
            parts = ["SELECT b.rk, b.what FROM displaced_before b"]
            without = "AND v.rk NOT IN (SELECT b.rk FROM displaced_before b)"
        else:
            without = ""
        ranked = (
            f"SELECT v.rk, ROW_NUMBER() OVER (PARTITION BY v.sid, v.grp {BEST_FIRST}) AS n "
            f"FROM valid v WHERE {counting} AND v.in_heaviest {without}"
        )
        parts.append(f"SELECT r.rk, 'group' AS what FROM ({ranked}) r WHERE r.n > 1")
    return [*views, ("displaced", " UNION ALL ".join(parts))] if parts else []


def record_lines(plan: Plan, selects: bool) -> str:
    exempt = " ".join(f"WHEN {k} THEN {text('exempt:' + rule.id)}" for k, rule in enumerate(plan.exemptions))
    exempt = f"WHEN v.exempt >= 0 THEN CASE v.exempt {exempt} END " if exempt else ""
    gone = "d.what IS NOT NULL" if selects else "FALSE"
    what = "'displaced:' || d.what" if selects else "''"
    join = " LEFT JOIN displaced d ON d.rk = v.rk" if selects else ""
    windowed = "CASE WHEN v.repair_window = '' THEN '' ELSE ':' || v.repair_window END"
    valued = "(v.scored AND v.form <> 0)"
    known = "(v.low = v.high AND v.pool < 0)"
    return (
        "SELECT v.sid, 1 AS step, v.day, v.record_id, v.item_name AS item, "
        f"CASE WHEN NOT {valued} THEN 0 WHEN v.nominal_low = v.nominal_high AND v.pool < 0 THEN v.sign * v.nominal_high END AS nominal, "
        f"CASE WHEN NOT v.active OR NOT {valued} OR {gone} OR v.pool >= 0 THEN 0 WHEN {known} THEN v.sign * v.low END AS effective, "
        "v.item_name AS rule, v.article, "
        f"CASE WHEN v.status = 1 THEN 'withdrawn' {exempt}"
        f"WHEN NOT {valued} THEN CASE WHEN v.status = 2 THEN 'repaired' WHEN v.returned > 0 THEN 'corrected' ELSE 'noted' END "
        f"WHEN {gone} THEN {what} WHEN v.pool >= 0 THEN 'pooled' WHEN NOT {known} THEN 'unknown' "
        f"WHEN v.status = 2 THEN 'repaired' || {windowed} WHEN v.returned > 0 THEN 'corrected' || {windowed} ELSE 'counted' END AS reason, "
        f"0 AS seq FROM valid v{join}"
    )


def cap_lines(plan: Plan) -> list[str]:
    used, lines = stages(plan), []
    high = "high" if plan.uses_unknown else "low"

    def cap(source: str, table: str, number: str, join: str) -> str:
        effective = "CASE WHEN t.low >= i.cap THEN -t.sign * (t.low - i.cap) END"
        return (
            f"SELECT t.sid, 2 AS step, 0 AS day, '' AS record_id, i.name AS item, CAST(NULL AS BIGINT) AS nominal, {effective} AS effective, "
            f"i.name AS rule, i.article, CASE WHEN t.low >= i.cap THEN 'capped' ELSE 'unknown' END AS reason, 0 AS seq "
            f"FROM {source} t JOIN {table} i ON i.{number} = t.{join} WHERE t.{high} > i.cap"
        )

    if used.item_caps:
        lines.append(cap("itemised", "item", "item", "idx"))
    for k, name in enumerate(plan.pools):
        rule = plan.scheme.pools[name]
        if any(item.pool == k for item in plan.items):
            lines.append(
                f"SELECT p.sid, 2 AS step, 0 AS day, '' AS record_id, {text(name)} AS item, CAST(NULL AS BIGINT) AS nominal, "
                f"CASE WHEN p.low = p.high THEN p.sign * p.low END AS effective, {text(name)} AS rule, {text(article(rule))} AS article, "
                f"CASE WHEN p.low = p.high THEN 'pooled' ELSE 'unknown' END AS reason, 0 AS seq FROM pooled p WHERE p.pool = {k}"
            )
    if used.groups:
        lines.append(cap("grouped", "grp", "grp", "part"))
    return lines


def rule_line(
    step: int, rule: PlanRule, held: str, nominal: str, effective: str, item: str, reason: str, seq: int
) -> str:
    return (
        f"SELECT o.sid, {step} AS step, 0 AS day, '' AS record_id, {text(item)} AS item, CAST({nominal} AS BIGINT) AS nominal, "
        f"CAST({effective} AS BIGINT) AS effective, {text(rule.id)} AS rule, {text(article(rule.rule))} AS article, "
        f"{reason} AS reason, {seq} AS seq FROM outcome o WHERE {held}"
    )


def subject_lines(plan: Plan) -> list[str]:
    grade = f"CASE {{}} {' '.join(f'WHEN {k} THEN {text(code)}' for k, code in enumerate(plan.grades))} END"
    lines = [
        rule_line(0, rule, f"o.start_rule = {k}", str(rule.points), "0", "", "'start'", 0)
        for k, rule in enumerate(plan.start)
    ]
    lines += [
        rule_line(0, rule, f"o.b{k} > 0", f"o.b{k}", "0", "", "'bonus'", k + 1) for k, rule in enumerate(plan.bonus)
    ]
    for k, rule in enumerate(plan.conditions):
        points = "NULL" if rule.rule.unknown else str(rule.points)
        lines.append(
            rule_line(
                3,
                rule,
                f"o.c{k}",
                points,
                points,
                rule.id,
                "'unknown'" if rule.rule.unknown else "'counted'",
                0,
            )
        )
    limit = "o.raw_low = o.raw_high AND o.score_low {} o.raw_low"
    for name, sign in (("floor", ">"), ("ceiling", "<")):
        if getattr(plan, name) is not None:
            lines.append(
                f"SELECT o.sid, 4 AS step, 0 AS day, '' AS record_id, '' AS item, CAST(NULL AS BIGINT) AS nominal, "
                f"o.score_low - o.raw_low AS effective, '{name}' AS rule, '' AS article, '{name}' AS reason, 0 AS seq "
                f"FROM outcome o WHERE {limit.format(sign)}"
            )
    for k, rule in enumerate(plan.deciders):
        reason = "'not_graded'" if rule.effect == "not_graded" else grade.format("o.g0")
        lines.append(rule_line(5, rule, f"o.outcome_state < 2 AND o.rule = {k}", "NULL", "0", "", reason, 0))
    for k, rule in enumerate(plan.adjusters):
        lines.append(
            rule_line(
                5,
                rule,
                f"o.outcome_state < 2 AND o.a{k}",
                "NULL",
                "0",
                "",
                grade.format(f"o.g{k + 1}"),
                k + 1,
            )
        )
    return lines


def ledger(plan: Plan) -> str:
    """All lines; the caller orders them by sid, step, day, record_id, item, seq."""
    selects = bool(displaced(plan))
    return " UNION ALL ".join([record_lines(plan, selects), *cap_lines(plan), *subject_lines(plan)])

"""From codes to words and from millionths to decimals: the SELECTs of the result tables, in their fixed order."""

from __future__ import annotations

from creditscore.core.days import iso
from creditscore.core.quantities import UNBOUNDED
from creditscore.core.tables.table import literal
from creditscore.grading.interpreter.ledger import STEPS
from creditscore.grading.plan import Plan
from creditscore.grading.population.compile import STATES, reading_bits
from creditscore.grading.population.sql_ledger import word
from creditscore.schemes.model import MARKS


def decimal(sql: str) -> str:
    """Millionths as a decimal with six places, exactly."""
    return f"CAST(CAST({sql} AS DECIMAL(24,0)) * CAST('0.000001' AS DECIMAL(7,6)) AS DECIMAL(20,6))"


def words(number: str, values: tuple[str, ...] | list[str], shift: int = 0) -> str:
    return f"CASE {number} {' '.join(f'WHEN {k + shift} THEN {literal(value)}' for k, value in enumerate(values))} END"


def grades_coded(plan: Plan) -> str:
    """One row per subject in its final order, still coded: what is kept of each span."""
    graded, computed = "o.outcome_state = 0", "o.outcome_state <> 1"
    reasons = ["out_of_scope", "no_feed", *(rule.rule.not_graded or "" for rule in plan.deciders)]
    unknown = "'no_band'"
    if plan.uses_unknown:
        unknown = "CASE WHEN o.raw_low = o.raw_high THEN 'no_band' ELSE 'unknown:' || COALESCE(u.items, '') END"
    missing = [rule.rule.not_computable or "" for rule in plan.deciders]
    if any(missing):
        unknown = f"CASE WHEN o.settled AND o.g0 = -3 THEN {words('o.rule', missing)} ELSE {unknown} END"
    reason = f"CASE o.outcome_state WHEN 1 THEN {words('o.rule', reasons, -2)} WHEN 2 THEN {unknown} ELSE '' END"
    names = routes(plan)
    route = numbered("o.rule", [names.index(rule.route or "") for rule in plan.deciders])
    for k, rule in enumerate(plan.adjusters):
        if rule.route:
            route = f"CASE WHEN o.a{k} THEN {names.index(rule.route)} ELSE {route} END"
    scores = {
        name: f"CASE WHEN {computed}{more} THEN o.{column} END" if plan.has_points else "CAST(NULL AS BIGINT)"
        for name, column, more in (
            ("start", "start", " AND o.start_span = 0"),
            ("score", "score_low", " AND o.raw_low = o.raw_high"),
            ("score_low", "score_low", f" AND ABS(o.score_low) < {UNBOUNDED // 2}"),
            ("score_high", "score_high", f" AND ABS(o.score_high) < {UNBOUNDED // 2}"),
        )
    }
    numbers = ", ".join(f"CAST({sql} AS BIGINT) AS {name}" for name, sql in scores.items())
    interval = "AND o.score_low = o.score_high " if plan.uses_unknown else ""
    weakest = f"CASE WHEN o.weakest < 0 THEN {MARKS.index(plan.scheme.evidence)} ELSE o.weakest END"
    return (
        f"SELECT s.subject_id, CAST(o.outcome_state AS TINYINT) AS state, {reason} AS state_reason, {numbers}, "
        f"CAST(CASE WHEN {graded} THEN o.grade END AS SMALLINT) AS grade, "
        f"CAST(CASE WHEN {graded} THEN {route} END AS SMALLINT) AS route, "
        f"CAST(CASE WHEN {graded} {interval}THEN o.margin END AS BIGINT) AS margin, "
        f"CAST({weakest} AS TINYINT) AS evidence, CAST(o.all_readings AS BIGINT) AS readings "
        f"FROM outcome o JOIN subjects s ON s.sid = o.sid "
        f"{'LEFT JOIN (' + unknown_items(plan) + ') u ON u.sid = o.sid ' if plan.uses_unknown else ''}ORDER BY o.sid"
    )


def routes(plan: Plan) -> list[str]:
    """The different routes to a grade; the code is the place."""
    return sorted({"", *(rule.route or "" for rule in (*plan.deciders, *plan.adjusters))})


def numbered(number: str, values: list[int]) -> str:
    cases = " ".join(f"WHEN {k} THEN {value}" for k, value in enumerate(values))
    return f"CASE {number} {cases} END" if cases else "NULL"


def grades_words(plan: Plan) -> str:
    """The grades as they are read and written: words for codes, decimals for millionths, in the same order."""
    readings = (
        " || ".join(
            f"CASE WHEN (g.readings & {flag}) <> 0 THEN {literal(name + ';')} ELSE '' END"
            for name, flag in reading_bits(plan).items()
        )
        or "''"
    )
    numbers = ", ".join(f"{decimal('g.' + name)} AS {name}" for name in ("start", "score", "score_low", "score_high"))
    return (
        f"SELECT g.subject_id, {literal(plan.scheme.domain)} AS domain, {literal(plan.scheme.scheme)} AS scheme, {literal(plan.scheme.version)} AS version, "
        f"{literal(plan.period)} AS period, DATE {literal(iso(plan.known_at))} AS known_at, {words('g.state', STATES)} AS state, g.state_reason, "
        f"{numbers}, {words('g.grade', plan.grades)} AS grade, {words('g.route', routes(plan))} AS route, "
        f"{decimal('g.margin')} AS margin, {words('g.evidence', MARKS)} AS evidence, RTRIM({readings}, ';') AS readings FROM grades_coded g"
    )


def unknown_items(plan: Plan) -> str:
    """For each subject the items and conditions whose points nobody published."""
    parts = ["SELECT DISTINCT v.sid, v.item_name AS name FROM valid v WHERE v.counts AND v.low <> v.high"]
    parts += [
        f"SELECT o.sid, {literal(rule.id)} FROM outcome o WHERE o.c{k}"
        for k, rule in enumerate(plan.conditions)
        if rule.rule.unknown
    ]
    parts += [
        f"SELECT o.sid, {literal(rule.id)} FROM outcome o WHERE o.start_rule = {k}"
        for k, rule in enumerate(plan.start)
        if rule.span
    ]
    if any(item.form == "pool" for item in plan.items):
        parts.append("SELECT DISTINCT v.sid, v.item_name FROM valid v WHERE v.counts AND v.pool >= 0")
    return f"SELECT x.sid, STRING_AGG(x.name, '+' ORDER BY x.name) AS items FROM ({' UNION '.join(parts)}) x GROUP BY x.sid"


def ledger_sql() -> str:
    """The lines in their final order, still coded."""
    return (
        "SELECT s.subject_id, CAST(l.step AS TINYINT) AS step, l.record_id, l.item, l.nominal, l.effective, l.rule, l.article, l.reason "
        "FROM ledger_coded l JOIN subjects s ON s.sid = l.sid ORDER BY l.sid, l.step, l.day, l.record_id, l.item, l.seq"
    )


def ledger_words(plan: Plan) -> str:
    """The ledger as it is read and written: decimals for millionths, texts still of the type `word`, in the same order."""
    fixed = {"scheme": plan.scheme.scheme, "version": plan.scheme.version, "period": plan.period}
    constant = ", ".join(f"{word(value)} AS {name}" for name, value in fixed.items())
    step = " ".join(f"WHEN {k} THEN {word(name)}" for k, name in enumerate(STEPS))
    return (
        f"SELECT l.subject_id, {constant}, CASE l.step {step} END AS step, l.record_id, l.item, {decimal('l.nominal')} AS nominal, "
        f"{decimal('l.effective')} AS effective, l.rule, l.article, l.reason FROM ledger_sorted l"
    )


def quarantine_sql(refused_rows: str) -> str:
    """The quarantine in its order; `could_be`: the subjects to whose id the id of a row is near."""
    near = (
        f"SELECT x.\"table\", x.line, STRING_AGG(s.subject_id, ';' ORDER BY s.subject_id) AS could_be "
        f"FROM {refused_rows} x JOIN subjects s ON s.sid = x.sid "
        "WHERE x.cells ->> 'subject_id' <> s.subject_id GROUP BY x.\"table\", x.line"
    )
    return (
        f'SELECT r.*, n.could_be FROM refused r LEFT JOIN ({near}) n ON n."table" = r."table" AND n.line = r.line '
        'ORDER BY r."table", r.reason, r.subject_id, r.record_id, r.event_no, r."column", r.value, r.line'
    )

"""SQL text, last part: facts, start, score and decision of each subject (`faced → scored → decided → outcome`)."""

from __future__ import annotations

from collections.abc import Sequence

from creditscore.core.quantities import MICRO, TOP, UNBOUNDED
from creditscore.core.tables.table import literal
from creditscore.grading.plan import Plan, PlanFact, PlanRule
from creditscore.grading.population.compile import bit, mark, reading_mask
from creditscore.grading.population.sql_totals import carried, distinct
from creditscore.schemes.expressions import names, to_sql
from creditscore.schemes.types import SUBJECT_COLUMNS

SINCE = ("months_since", "days_since")


def column(plan: Plan, alias: str = "s") -> dict[str, str]:
    """What a condition may name → its SQL (never NULL)."""
    known = {name: f"{alias}.x_{name}" for name in SUBJECT_COLUMNS}
    known |= {name: f"{alias}.x_{name}" for name in (*plan.scheme.attributes, *plan.lookups)}
    known |= {fact.name: f"{alias}.x_{fact.name}" for fact in plan.facts}
    known |= {
        name: f'{alias}."d_{name}"' for name, attribute in plan.scheme.attributes.items() if attribute.type == "date"
    }
    known["registered_on"] = f"{alias}.registered_day"
    return known | {"period": str(plan.year * MICRO), "score": f"{alias}.score"}


def looked(plan: Plan) -> str:
    """Each subject with its row of the lookup tables."""
    joins, columns = "", ""
    for k, name in enumerate(plan.lookups):
        lookup = plan.scheme.lookup(name)
        whole = f"COALESCE(s.{lookup.key}, '')"
        keys = [f"SUBSTR({whole}, 1, {length})" for length in sorted(lookup.prefix, reverse=True)] or [whole]
        for n, key in enumerate(keys):
            joins += f" LEFT JOIN lookup a{k}_{n} ON a{k}_{n}.name = '{name}' AND a{k}_{n}.key = {key}"
        joins += f" JOIN lookup d{k} ON d{k}.name = '{name}' AND d{k}.key = ''"
        met = ", ".join(f"a{k}_{n}.value" for n in range(len(keys)))
        columns += f', COALESCE({met}, d{k}.value) AS "{name}"'
    return f"SELECT s.sid{columns} FROM subject s{joins}"


def history_fact(plan: Plan, fact: PlanFact) -> str:
    columns = {name: f"COALESCE(h.{name}, '')" for name in ("grade", "route", "state", "status", "scheme")}
    where = to_sql(fact.where, columns.__getitem__) if fact.where else "TRUE"
    if fact.take == "chain":
        ranked = f"SELECT h.sid, h.year, ROW_NUMBER() OVER (PARTITION BY h.sid ORDER BY h.year DESC) AS n FROM past h WHERE {where}"
        return (
            f"SELECT r.sid, {MICRO} * COUNT(*) AS n FROM ({ranked}) r WHERE r.year = {plan.year} - r.n GROUP BY r.sid"
        )
    low, high = fact.years or (-1000, -1)
    return (
        f"SELECT h.sid, {MICRO} * COUNT(*) AS n FROM past h WHERE {where} "
        f"AND h.year BETWEEN {plan.year + low} AND {plan.year + high} GROUP BY h.sid"
    )


def listing_fact(fact: PlanFact) -> str:
    lists = ", ".join(map(literal, fact.lists))
    columns = {name: f"COALESCE(l.{name}, '')" for name in ("list", "exit_reason", "basis")}
    columns |= {"entered_on": "l.entered_day", "term_end": "l.term_end_day", "exited_on": "l.exited_day"}
    where = f" AND {to_sql(fact.where, columns.__getitem__)}" if fact.where else ""
    running = (
        f" AND COALESCE(l.exited_day, {fact.at} + 1) > {fact.at} AND COALESCE(l.term_end_day, {fact.at}) >= {fact.at}"
    )
    return (
        f"SELECT l.sid, {MICRO} * COUNT(*) AS n, MIN(l.entered_day) AS first_day, MAX(l.entered_day) AS last_day "
        f"FROM listed l WHERE l.list IN ({lists}) AND l.entered_day <= {fact.at}{'' if fact.ever else running}{where} "
        "GROUP BY l.sid"
    )


def fact_views(plan: Plan) -> list[tuple[str, str]]:
    views = []
    for fact in plan.facts:
        if fact.of == "history":
            views.append((f"fact_{fact.name}", history_fact(plan, fact)))
        elif fact.of == "listings":
            views.append((f"fact_{fact.name}", listing_fact(fact)))
    return views


def faced(plan: Plan, has_pools: bool) -> str:
    """One row per subject with every name that a condition may read."""
    columns = ["s.sid", "s.fed", *(f"COALESCE(s.{name}, '') AS x_{name}" for name in SUBJECT_COLUMNS)]
    joins = ["LEFT JOIN totals t ON t.sid = s.sid"]
    for name, attribute in plan.scheme.attributes.items():
        if attribute.type == "date":
            columns += [f'a."d_{name}"'] if name in _dates(plan) else []
        else:
            columns.append(f'COALESCE(a."d_{name}", {_silent(attribute)}) AS x_{name}')
        if attribute.reading:
            columns.append(f'(a."d_{name}" IS NULL) AS silent_{name}')
    if plan.scheme.attributes:
        joins.append("LEFT JOIN attribute a ON a.sid = s.sid")
    if plan.lookups:
        joins.append("JOIN looked l ON l.sid = s.sid")
        columns += [f'l."{name}" AS x_{name}' for name in plan.lookups]
    pool = ""
    if has_pools:
        joins.append("LEFT JOIN pool_sum p ON p.sid = s.sid")
        pool = " + COALESCE(p.{side}, 0)"
    columns += [f"COALESCE(t.{side}, 0){pool.format(side=side)} AS {side}" for side in ("low", "high")]
    columns.append("COALESCE(t.evidence, -1) AS evidence")
    columns.append(
        "COALESCE(t.readings, 0) AS readings"
        if any(name == "readings" for name, _, _ in carried(plan))
        else "CAST(0 AS BIGINT) AS readings"
    )
    for fact in plan.facts:
        if fact.of == "records" and not distinct(fact):
            columns.append(f"{_filled(fact, f't.f_{fact.name}')} AS x_{fact.name}")
        elif fact.of != "attributes":
            joins.append(f"LEFT JOIN fact_{fact.name} n_{fact.name} ON n_{fact.name}.sid = s.sid")
            count = f"COALESCE(n_{fact.name}.n, 0)"
            if fact.take in SINCE:
                columns.append(f"n_{fact.name}.first_day AS since_{fact.name}")
            else:
                fact_sql = {"any": f"({count} > 0)", "latest": f"n_{fact.name}.last_day"}.get(fact.take, count)
                columns.append(f"{fact_sql} AS x_{fact.name}")
    inner = f"SELECT {', '.join(columns)}, s.registered_day FROM subject s {' '.join(joins)}"
    elapsed = [fact for fact in plan.facts if fact.take in SINCE]
    if not elapsed:
        return inner
    more, joins = [], []
    for fact in elapsed:
        given = [_date_column(plan, name) for name in fact.dates] or [f"s.since_{fact.name}"]
        day = f"COALESCE({', '.join(given)}, NULL)"
        if fact.take == "months_since":
            joins.append(
                f"LEFT JOIN elapsed e_{fact.name} ON e_{fact.name}.at = {fact.at} AND e_{fact.name}.day = {day}"
            )
            elapsed_sql = f"CASE WHEN {day} IS NULL THEN {fact.absent} ELSE COALESCE(e_{fact.name}.months, 0) END"
        else:
            elapsed_sql = (
                f"CASE WHEN {day} IS NULL THEN {fact.absent} ELSE {MICRO} * CAST({fact.at} - {day} AS BIGINT) END"
            )
        more.append(f"{elapsed_sql} AS x_{fact.name}")
    return f"SELECT s.*, {', '.join(more)} FROM ({inner}) s {' '.join(joins)}"


def _dates(plan: Plan) -> set[str]:
    rules = (*plan.start, *plan.conditions, *plan.deciders, *plan.adjusters)
    read = {name for rule in rules if rule.when is not None for name in names(rule.when)}
    return read | {name for fact in plan.facts for name in fact.dates}


def _date_column(plan: Plan, name: str) -> str:
    if name == "registered_on":
        return "s.registered_day"
    return f'"d_{name}"' if name in plan.scheme.attributes else f"s.x_{name}"


def _silent(attribute: object) -> str:
    value = attribute.absent  # type: ignore[attr-defined]
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(int(value * MICRO)) if attribute.type == "number" else literal(str(value))  # type: ignore[attr-defined]


def _filled(fact: PlanFact, value: str) -> str:
    if fact.take == "any":
        return f"(COALESCE({value}, 0) = 1)"
    if fact.take == "newest":
        return f"COALESCE(SPLIT_PART({value}, CHR(31), 2), '')"
    return value if fact.take in ("latest", "earliest") else f"COALESCE({value}, {fact.absent})"


def chosen(plan: Plan, rules: tuple[PlanRule, ...], alias: str = "s") -> str:
    """The number of the first rule that holds."""
    columns = column(plan, alias)
    cases = " ".join(
        f"WHEN {to_sql(rule.when, columns.__getitem__)} THEN {k}" for k, rule in enumerate(rules) if rule.when
    )
    last = next((k for k, rule in enumerate(rules) if rule.when is None), -1)
    return f"CASE {cases} ELSE {last} END" if cases else str(last)


def by_number(values: Sequence[object], number: str, otherwise: str = "0") -> str:
    cases = " ".join(f"WHEN {k} THEN {value}" for k, value in enumerate(values))
    return f"CASE {number} {cases} ELSE {otherwise} END" if cases else otherwise


def started(plan: Plan) -> str:
    """Start score, bonus and points from conditions."""
    columns = column(plan)
    held = ", ".join(
        f"{to_sql(rule.when, columns.__getitem__) if rule.when else 'TRUE'} AS c{k}"
        for k, rule in enumerate(plan.conditions)
    )
    chosen_rule = chosen(plan, plan.start) if plan.start else "-1"
    first = f"SELECT s.*, {chosen_rule} AS start_rule{', ' + held if held else ''} FROM faced s"
    points = by_number([rule.points for rule in plan.start], "s.start_rule")
    span = by_number([rule.span for rule in plan.start], "s.start_rule")
    sql = f"SELECT s.*, {points} AS start0, {span} AS start_span FROM ({first}) s"
    for k, bonus in enumerate(plan.bonus):
        # facts are whole numbers here: a bonus is counted per unit
        points = (
            f"{bonus.points // MICRO} * {columns[bonus.fact or '']}"
            if bonus.points % MICRO == 0
            else f"{bonus.points} * CAST(FLOOR({columns[bonus.fact or '']} * CAST('0.000001' AS DECIMAL(7,6))) AS BIGINT)"
        )
        if plan.start_cap is not None:
            points = f"LEAST({points}, GREATEST(0, {plan.start_cap} - s.start{k}))"
        sql = f"SELECT s.*, s.b{k} + s.start{k} AS start{k + 1} FROM (SELECT s.*, {points} AS b{k} FROM ({sql}) s) s"
    return sql


def scored(plan: Plan) -> str:
    """Score before the decision: an interval where a number is unknown."""
    start = f"s.start{len(plan.bonus)}"
    known = " ".join(
        f"+ CASE WHEN s.c{k} THEN {rule.points} ELSE 0 END"
        for k, rule in enumerate(plan.conditions)
        if not rule.rule.unknown
    )
    sign = "+" if plan.lower_is_better else "-"  # points nobody published can only worsen
    unknown = " ".join(
        f"{sign} CASE WHEN s.c{k} THEN {UNBOUNDED} ELSE 0 END"
        for k, rule in enumerate(plan.conditions)
        if rule.rule.unknown
    )
    low, high = (known, f"{known} {unknown}") if plan.lower_is_better else (f"{known} {unknown}", known)
    raw = f"SELECT s.*, {start} AS start, {start} + s.low {low} AS raw_low, {start} + s.start_span + s.high {high} AS raw_high FROM started s"

    def clamp(side: str) -> str:
        sql = f"r.raw_{side}"
        sql = sql if plan.floor is None else f"GREATEST({sql}, {plan.floor})"
        return sql if plan.ceiling is None else f"LEAST({sql}, {plan.ceiling})"

    return f"SELECT r.*, CAST({clamp('low')} AS BIGINT) AS score_low, CAST({clamp('high')} AS BIGINT) AS score_high FROM ({raw}) r"


def tried(plan: Plan) -> str:
    """Each subject with its score; where the score is an interval, also every score at which the decision may change."""
    if not plan.uses_unknown:
        return "SELECT s.*, 0 AS k, s.score_low AS score FROM scored s"
    score = "CASE WHEN p.k = 0 OR p.point < s.score_low THEN s.score_low WHEN p.point > s.score_high THEN s.score_high ELSE p.point END"
    return f"SELECT s.*, p.k, {score} AS score FROM scored s JOIN probe p ON (p.k = 0 OR s.score_low < s.score_high)"


def decided(plan: Plan) -> str:
    """State (0 graded, 1 not graded, 2 no band covers the score or a rule is missing), grade, route and margin; `rule` is the rule that decided, `a…` those that changed it."""
    kinds = plan.scheme.kinds
    outside = "FALSE"
    if kinds is not None:
        outside = f"(s.x_kind <> '' AND s.x_kind NOT IN ({', '.join(map(literal, kinds))}))"
    rule = f"CASE WHEN {outside} THEN -2 WHEN NOT s.fed THEN -1 ELSE {chosen(plan, plan.deciders)} END"
    grades, edges = [], []
    for decider in plan.deciders:
        without = -3 if decider.effect == "not_computable" else -1
        grades.append(_band(decider, 0, "-2") if decider.bands else without if decider.grade is None else decider.grade)
        edges.append(_band(decider, 4 if plan.lower_is_better else 3) if decider.bands else "NULL")
    sql = f"SELECT s.*, {rule} AS rule FROM tried s"
    sql = f"SELECT s.*, {by_number(grades, 's.rule', '-1')} AS g0, {by_number(edges, 's.rule', 'NULL')} AS edge FROM ({sql}) s"
    columns = column(plan)
    for k, decider in enumerate(plan.adjusters):
        when = to_sql(decider.when, columns.__getitem__) if decider.when else "TRUE"
        new = {
            "ceiling": f"GREATEST(s.g{k}, {decider.grade})",
            "floor": f"LEAST(s.g{k}, {decider.grade})",
            "down": f"LEAST({len(plan.grades) - 1}, s.g{k} + {decider.points})",
            "up": f"GREATEST(0, s.g{k} - {decider.points})",
        }[decider.effect]
        sql = f"SELECT s.*, CASE WHEN s.g{k} >= 0 AND {when} THEN {new} ELSE s.g{k} END AS g{k + 1} FROM ({sql}) s"
    n = len(plan.adjusters)
    touched = [f"(s.g{k} <> s.g{k + 1})" for k in range(n)]
    flags = "".join(f", {text} AS a{k}" for k, text in enumerate(touched))
    unchanged = f"NOT ({' OR '.join(touched)})" if touched else "TRUE"
    margins = f"CASE WHEN {unchanged} AND s.edge IS NOT NULL AND ABS(s.edge) < {TOP} THEN ABS(s.score - s.edge) END"
    return f"SELECT s.*, CASE s.g0 WHEN -1 THEN 1 WHEN -2 THEN 2 WHEN -3 THEN 2 ELSE 0 END AS state, s.g{n} AS grade, {margins} AS margin{flags} FROM ({sql}) s"


def _band(rule: PlanRule, part: int, otherwise: str = "NULL") -> str:
    return f"CASE {' '.join(f'WHEN s.score BETWEEN {band[1]} AND {band[2]} THEN {band[part]}' for band in rule.bands)} ELSE {otherwise} END"


def outcome(plan: Plan) -> str:
    """One row per subject; a grade that differs somewhere in its interval is not computable (state 2)."""
    if not plan.uses_unknown:
        sql = "SELECT s.*, TRUE AS settled FROM decided s"
    else:
        key = "s.state * 1000 + CASE s.state WHEN 2 THEN 0 ELSE s.grade END"
        same = f"SELECT s.sid, MIN({key}) AS least, MAX({key}) AS most FROM decided s GROUP BY s.sid"
        columns = "q.least = q.most AS settled, CASE WHEN q.least <> q.most THEN 2 ELSE s.state END AS final_state"
        sql = f"SELECT s.*, {columns} FROM decided s JOIN ({same}) q ON q.sid = s.sid WHERE s.k = 0"
    state = "s.final_state" if plan.uses_unknown else "s.state"
    evidence = ["s.evidence", "CAST(-1 AS INTEGER)"]
    readings = ["s.readings"]

    def touch(held: str, rule: object) -> None:
        if mark(rule) >= 0:
            evidence.append(f"CASE WHEN {held} THEN {mark(rule)} ELSE -1 END")
        if bit(plan, rule):
            readings.append(f"CASE WHEN {held} THEN {bit(plan, rule)} ELSE 0 END")

    for k, condition in enumerate(plan.start):
        touch(f"s.start_rule = {k}", condition.rule)
    for k, condition in enumerate(plan.bonus):
        touch(f"s.b{k} > 0", condition.rule)
    for k, condition in enumerate(plan.conditions):
        touch(f"s.c{k}", condition.rule)
    for k, condition in enumerate(plan.deciders):
        touch(
            f"{'s.settled' if condition.effect == 'not_computable' else f'{state} < 2'} AND s.rule = {k}",
            condition.rule,
        )
    for k, condition in enumerate(plan.adjusters):
        touch(f"{state} < 2 AND s.a{k}", condition.rule)
    for name, attribute in plan.scheme.attributes.items():
        if attribute.reading:
            readings.append(f"CASE WHEN s.silent_{name} THEN {reading_mask(plan, attribute.reading)} ELSE 0 END")
    return f"SELECT s.*, {state} AS outcome_state, GREATEST({', '.join(evidence)}) AS weakest, {' | '.join(readings)} AS all_readings FROM ({sql}) s"

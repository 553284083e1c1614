"""SQL text of the ledger: one row per start, record, cap, condition, limit and decision of each subject."""

from __future__ import annotations

from creditscore.core.tables.table import literal
from creditscore.grading.interpreter.ledger import STEPS, article
from creditscore.grading.plan import Plan, PlanRule
from creditscore.grading.population.compile import BASES, repairs
from creditscore.grading.population.sql_records import text_key, time_key
from creditscore.grading.population.sql_totals import needs_calendar, stages, texts
from creditscore.schemes.model import NO_GRADE

REASONS = (
    "",
    "counted",
    "corrected",
    "repaired",
    "withdrawn",
    "noted",
    "unknown",
    "pooled",
    "capped",
    "start",
    "bonus",
    "floor",
    "ceiling",
    "not_graded",
    "not_computable",
)
BEST_FIRST = "ORDER BY v.high DESC, v.low DESC, v.day, v.record_id"


def word(value: str) -> str:
    """A text of the plan: an ENUM in DuckDB, so that sorting millions of lines moves codes, not texts."""
    return f"CAST({literal(value)} AS word)"


def vocabulary(plan: Plan) -> list[str]:
    """Every text that a ledger line can carry, except record ids."""
    rules: list[PlanRule] = [*plan.start, *plan.bonus, *plan.conditions, *plan.deciders, *plan.adjusters]
    words = {
        *REASONS,
        *STEPS,
        *(plan.scheme.scheme, plan.scheme.version, plan.period),
        *plan.grades,
        *plan.pools,
        *(rule.id for rule in rules),
        *(f"exempt:{rule.id}" for rule in plan.exemptions),
    }
    words |= {item.code for item in plan.items} | {group.code for group in plan.groups}
    words |= {f"displaced:{name}" for name in (*BASES, "group")}
    words |= {
        f"{what}:{name}"
        for what in ("corrected", "repaired")
        for repair in repairs(plan).values()
        for name in repair.windows
    }
    cited = [
        *(item.rule for item in plan.items),
        *(group.rule for group in plan.groups),
        *(rule.rule for rule in rules),
    ]
    return sorted(words | {article(rule) for rule in [*cited, *plan.scheme.pools.values()]})


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
        parts.append(f"SELECT r.rk, {word('displaced:act')} AS what FROM ({ranked}) r WHERE r.n > 1")
    if used.keys:
        time = time_key({item.basis for item in plan.items})
        key = time + (f", {text_key(plan)}" if texts(plan) else "")
        crowd = ""
        if not used.act:  # most records are alone under their key, and what is alone needs no rank
            views.append(("crowded", crowded()))
            crowd = f"JOIN crowded w ON w.sid = v.sid AND w.idx = v.idx AND w.time_key = {time} "
        ranked = (
            f"SELECT v.rk, v.counting, ROW_NUMBER() OVER (PARTITION BY v.sid, v.idx, {key} {BEST_FIRST}) AS n "
            f"FROM valid v {calendar}{crowd}WHERE {counting} AND NOT v.timed"
        )
        names = " ".join(f"WHEN {k} THEN {word('displaced:' + basis)}" for k, basis in enumerate(BASES))
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
        parts.append(f"SELECT r.rk, {word('displaced:group')} AS what FROM ({ranked}) r WHERE r.n > 1")
    return [*views, ("displaced", " UNION ALL ".join(parts))] if parts else []


def crowded() -> str:
    """Keys of time that several records of one item share; a key of text may still part them."""
    return (
        "SELECT c.sid, c.idx, c.time_key FROM contributions c JOIN item i ON i.item = c.idx "
        "WHERE c.staged AND NOT i.timed GROUP BY c.sid, c.idx, c.time_key HAVING COUNT(*) > 1"
    )


def record_lines(plan: Plan, selects: bool) -> str:
    exempt = "".join(
        f"WHEN v.exempt = {k} THEN {word('exempt:' + rule.id)} "
        for k, rule in enumerate(plan.exemptions)
        if k not in plan.weightless
    )
    gone = "d.what IS NOT NULL" if selects else "FALSE"
    what = f"WHEN {gone} THEN d.what " if selects else ""
    join = " LEFT JOIN displaced d ON d.rk = v.rk" if selects else ""
    valued = "(v.scored AND v.form <> 0)"
    known = "(v.low = v.high AND v.pool < 0)"

    def mended(name: str) -> str:
        windows = sorted({window for repair in repairs(plan).values() for window in repair.windows})
        cases = " ".join(f"WHEN {literal(window)} THEN {word(f'{name}:{window}')}" for window in windows)
        return f"CASE v.repair_window {cases} ELSE {word(name)} END" if cases else word(name)

    return (
        "SELECT v.sid, 1 AS step, v.day, v.record_id, w.name AS item, "
        f"CASE WHEN NOT {valued} THEN 0 WHEN v.nominal_low = v.nominal_high AND v.pool < 0 THEN v.sign * v.nominal_high END AS nominal, "
        f"CASE WHEN NOT v.active OR NOT {valued} OR {gone} OR v.pool >= 0 THEN 0 WHEN {known} THEN v.sign * v.low END AS effective, "
        "w.name AS rule, w.article, "
        f"CASE WHEN v.status = 1 THEN {word('withdrawn')} {exempt}"
        f"WHEN NOT {valued} THEN CASE WHEN v.status = 2 THEN {word('repaired')} WHEN v.returned > 0 THEN {word('corrected')} "
        f"ELSE {word('noted')} END {what}WHEN v.pool >= 0 THEN {word('pooled')} WHEN NOT {known} THEN {word('unknown')} "
        f"WHEN v.status = 2 THEN {mended('repaired')} WHEN v.returned > 0 THEN {mended('corrected')} ELSE {word('counted')} END AS reason, "
        f"0 AS seq FROM valid v JOIN item_word w ON w.item = v.idx{join}"
    )


def line(
    step: int, item: str, nominal: str, effective: str, rule: str, where: str, reason: str, seq: int, source: str
) -> str:
    """A line that is not about one record; `item`, `rule`, `where` (article) and `reason` are SQL."""
    return (
        f"SELECT o.sid, {step} AS step, 0 AS day, '' AS record_id, {item} AS item, CAST({nominal} AS BIGINT) AS nominal, "
        f"CAST({effective} AS BIGINT) AS effective, {rule} AS rule, {where} AS article, {reason} AS reason, {seq} AS seq FROM {source}"
    )


def cap_lines(plan: Plan) -> list[str]:
    used, lines = stages(plan), []
    high = "high" if plan.uses_unknown else "low"

    def cap(source: str, table: str, number: str, join: str, sign: str) -> str:
        reason = f"CASE WHEN o.low >= i.cap THEN {word('capped')} ELSE {word('unknown')} END"
        effective = f"CASE WHEN o.low >= i.cap THEN -{sign} * (o.low - i.cap) END"
        rows = f"{source} o JOIN {table} i ON i.{number} = o.{join} WHERE o.{high} > i.cap"
        return line(2, "i.word", "NULL", effective, "i.word", "i.where_word", reason, 0, rows)

    if used.item_caps:
        lines.append(cap("itemised", "item_cap", "item", "idx", "i.sign"))
    for k, name in enumerate(plan.pools):
        if any(item.pool == k for item in plan.items):
            reason = f"CASE WHEN o.low = o.high THEN {word('pooled')} ELSE {word('unknown')} END"
            known = "CASE WHEN o.low = o.high THEN o.sign * o.low END"
            where = word(article(plan.scheme.pools[name]))
            lines.append(
                line(2, word(name), "NULL", known, word(name), where, reason, 0, f"pooled o WHERE o.pool = {k}")
            )
    if used.groups:
        lines.append(cap("grouped", "group_cap", "grp", "part", "o.sign"))
    return lines


def subject_lines(plan: Plan) -> list[str]:
    grade = f"CASE {{}} {' '.join(f'WHEN {k} THEN {word(code)}' for k, code in enumerate(plan.grades))} END"
    lines = []

    def add(
        step: int, rule: PlanRule, held: str, points: str, effective: str, item: str, reason: str, seq: int
    ) -> None:
        where = word(article(rule.rule))
        lines.append(
            line(step, word(item), points, effective, word(rule.id), where, reason, seq, f"outcome o WHERE {held}")
        )

    for k, rule in enumerate(plan.start):
        points, effective, reason = ("NULL", "NULL", "unknown") if rule.span else (str(rule.points), "0", "start")
        add(0, rule, f"o.start_rule = {k}", points, effective, "", word(reason), 0)
    for k, rule in enumerate(plan.bonus):
        add(0, rule, f"o.b{k} > 0", f"o.b{k}", "0", "", word("bonus"), k + 1)
    for k, rule in enumerate(plan.conditions):
        points = "NULL" if rule.rule.unknown else str(rule.points)
        add(3, rule, f"o.c{k}", points, points, rule.id, word("unknown" if rule.rule.unknown else "counted"), 0)
    for name, sign in (("floor", ">"), ("ceiling", "<")):
        if getattr(plan, name) is not None:
            held = f"outcome o WHERE o.raw_low = o.raw_high AND o.score_low {sign} o.raw_low"
            lines.append(
                line(4, word(""), "NULL", "o.score_low - o.raw_low", word(name), word(""), word(name), 0, held)
            )
    for k, rule in enumerate(plan.deciders):
        reason = word(rule.effect) if rule.effect in NO_GRADE else grade.format("o.g0")
        held = "o.settled" if rule.effect == "not_computable" else "o.outcome_state < 2"
        add(5, rule, f"{held} AND o.rule = {k}", "NULL", "0", "", reason, 0)
    for k, rule in enumerate(plan.adjusters):
        add(5, rule, f"o.outcome_state < 2 AND o.a{k}", "NULL", "0", "", grade.format(f"o.g{k + 1}"), k + 1)
    return lines


def ledger(plan: Plan) -> str:
    """All lines; the caller orders them by sid, step, day, record_id, item, seq."""
    selects = bool(displaced(plan))
    return " UNION ALL ".join([record_lines(plan, selects), *cap_lines(plan), *subject_lines(plan)])

"""SQL text, first half: records with their points (`rec → back → valid`). One line per idea, not per item.

Fragments that a scheme does not use (tiers, corrections, counting bases …) are left out; the text does not grow
with the number of items. Subset of SQL shared by DuckDB and Spark.
"""

from __future__ import annotations

from dataclasses import dataclass

from creditscore.core.quantities import MICRO
from creditscore.core.tables.table import literal
from creditscore.grading.interpreter.assess import SWITCH_DATES, day_column
from creditscore.grading.plan import FULL, NO_AMOUNT, BoundWindow, Plan, PlanFact
from creditscore.grading.population.compile import (
    BASES,
    FORMS,
    SWITCHES,
    by_attribute,
    item_table,
    key_sets,
    repairs,
    until_attributes,
)
from creditscore.schemes.expressions import names, to_sql
from creditscore.schemes.parts import DATES

SINCE, WIDTH = 100_000, 64  # day and window of a correction in one number: no day is before, no rule is wider


@dataclass(frozen=True)
class Features:
    """What the data at hand needs: without corrections and repairs their joins are left out."""

    corrections: bool
    repaired: bool


def days_of(plan: Plan, clock: int, alias: str = "a") -> str:
    columns = [day_column(name) for name in plan.clocks[clock]]
    return (
        f"COALESCE({', '.join(f'{alias}.{column}' for column in columns)})"
        if len(columns) > 1
        else f"{alias}.{columns[0]}"
    )


def clock_sql(plan: Plan, column: str, used: set[int], alias: str = "a") -> str:
    """The first date given in the chain of the item's clock."""
    if len(used) == 1:
        return days_of(plan, next(iter(used)), alias)
    cases = " ".join(f"WHEN {clock} THEN {days_of(plan, clock, alias)}" for clock in sorted(used))
    return f"CASE i.{column} {cases} END"


def rec(plan: Plan) -> str:
    """Records joined to their item and their clock."""
    used = {item.clock for item in plan.items} or {plan.default_clock}
    repair = {repair.clock for repair in repairs(plan).values()}
    join = "i.code = a.item"
    if any(item.switch for item in plan.items):
        join += f" AND (i.switch < 0 OR {_switch(plan)} BETWEEN i.switch_lo AND i.switch_hi)"
    sql = (
        f"SELECT a.*, i.item AS idx, {clock_sql(plan, 'clock', used)} AS day, "
        f"{clock_sql(plan, 'repair_clock', repair) if repair else 'CAST(NULL AS INTEGER)'} AS repair_day, "
        f"{_item_columns(plan)} FROM admitted a JOIN item i ON {join}"
    )
    return f"SELECT v.* FROM ({sql}) v WHERE {read(plan)}" if _by_day_alone(plan) else sql


def _item_columns(plan: Plan) -> str:
    """What an item says, beside each of its records; a column in which all items agree becomes a constant."""
    table = item_table(plan, {item.code: k for k, item in enumerate(plan.items)})
    columns_sql = []
    for name, (kind, values) in table.items():
        if name in ("code", "item", "clock", "repair_clock", "switch", "switch_lo", "switch_hi"):
            continue
        alias = {"name": "item_name", "evidence": "item_evidence", "readings": "item_readings"}.get(name, name)
        different = set(values)
        constant = len(different) == 1 and kind != "VARCHAR"
        constant_value = next(iter(different)) if constant else None
        literal = "NULL" if constant_value is None else str(constant_value).upper()
        columns_sql.append(f"CAST({literal} AS {kind}) AS {alias}" if constant else f'i."{name}" AS {alias}')
    return ", ".join(columns_sql)


def _switch(plan: Plan) -> str:
    used = {item.switch for item in plan.items}
    cases = [f"WHEN {k} THEN {switch_day(plan, name, 'a')}" for k, name in enumerate(SWITCHES) if name in used]
    return f"CASE i.switch {' '.join(cases)} END"


def switch_day(plan: Plan, name: str, alias: str) -> str:
    """The day that says which variant of an item applies."""
    if name == "corrected_on":
        return f"COALESCE({alias}.last_corrected_day, {plan.known_at})"
    return f"COALESCE({', '.join(f'{alias}.{day_column(value)}' for value in SWITCH_DATES[name])}, NULL)"


def mended(features: Features) -> str:
    """One row per correction of a record, with the clock day of its repair; a repair corrects what is left."""
    parts = "SELECT c.rk, c.day, c.share FROM corrections c"
    if features.repaired:
        rest = f"{MICRO} - COALESCE((SELECT SUM(c.share) FROM corrections c WHERE c.rk = r.rk), 0)"
        parts += f" UNION ALL SELECT r.rk, r.status_day, {rest} FROM rec r WHERE r.status = 2 AND r.repair >= 0 AND NOT r.lifts"
    amount = f"COALESCE(r.amount, {NO_AMOUNT}) AS amount"
    return f"SELECT r.rk, r.idx, r.repair, r.repair_day, {amount}, p.day, p.share FROM ({parts}) p JOIN rec r ON r.rk = p.rk"


def back(plan: Plan) -> str:
    """What each corrected record gives back: Σ share × basis points, each share in the window of its own day."""
    width = max((len(repair.windows) for repair in repairs(plan).values()), default=0)
    window = " ".join(f"WHEN m.day <= d.last{k} THEN {k}" for k in range(width))
    window = f"CASE {window} ELSE -1 END" if width else "-1"
    deadline = " LEFT JOIN deadline d ON d.rule = m.repair AND d.day = m.repair_day" if width else ""
    return (
        "SELECT w.rk, CAST(SUM(w.share) AS BIGINT) AS share, CAST(SUM(w.share * COALESCE(g.basis, 0)) AS BIGINT) AS returned, "
        f"MAX(w.day) AS last_day, MAX((CAST(w.day AS BIGINT) + {SINCE}) * {WIDTH} + w.win + 1) AS newest "
        f"FROM (SELECT m.*, {window} AS win FROM mended m{deadline}) w "
        "LEFT JOIN give g ON g.item = w.idx AND g.win = w.win AND w.amount BETWEEN g.low AND g.high GROUP BY w.rk"
    )


def assessed(plan: Plan, features: Features) -> str:
    """Records with what was given back and their points before and after it."""
    corrected = features.corrections or features.repaired
    returned = "COALESCE(b.returned, 0)" if corrected else "0"
    if features.repaired:
        returned = f"CASE WHEN r.status = 2 AND (r.repair < 0 OR r.lifts) THEN {FULL} ELSE {returned} END"
    joins = "LEFT JOIN back b ON b.rk = r.rk " if corrected else ""
    forms = {item.form for item in plan.items}
    if "tiers" in forms:
        joins += f"LEFT JOIN tier t ON t.item = r.idx AND {_by_attribute(plan, 'of', 0)} BETWEEN t.low AND t.high "
    if "levels" in forms:
        joins += f"LEFT JOIN level v ON v.item = r.idx AND v.level = {_by_attribute(plan, 'of', 1)} "
    joins += "LEFT JOIN cycled y ON y.sid = r.sid " if plan.cycles else ""
    cycles = "".join(f", y.cycle_{k}" for k in range(len(plan.cycles)))
    named = "''"
    if corrected and repairs(plan):
        named = _window_name(plan)
        if features.repaired:
            named = f"CASE WHEN r.status = 2 AND (r.repair < 0 OR r.lifts) THEN '' ELSE {named} END"
    return (
        f"SELECT r.*, CAST({returned} AS BIGINT) AS returned, {'COALESCE(b.share, 0)' if corrected else '0'} AS corrected_share, "
        f"{named} AS repair_window{cycles}, CAST({_nominal(plan, 'low')} AS BIGINT) AS nominal_low, "
        f"CAST({_nominal(plan, 'high')} AS BIGINT) AS nominal_high FROM rec r {joins}"
    )


def _window_name(plan: Plan) -> str:
    """The name of the window of the newest correction; an expression, so that it costs nothing where nobody asks."""
    cases = ""
    for index, rule in sorted(repairs(plan).items()):
        names = " ".join(f"WHEN {k} THEN {literal(name)}" for k, name in enumerate(rule.windows))
        cases += f" WHEN {index} THEN CASE b.newest % {WIDTH} - 1 {names} ELSE '' END" if names else ""
    return f"CASE r.repair{cases} ELSE '' END" if cases else "''"


def _by_attribute(plan: Plan, column: str, text: int) -> str:
    """The attribute that the item names in `column`, numbers (0) or texts (1) only."""
    cases = []
    for index, name in enumerate(by_attribute(plan)):
        attribute = plan.scheme.record_attributes.get(name)
        if (attribute is not None and attribute.type == "text") == bool(text):
            cases.append(f"WHEN {index} THEN " + (f"COALESCE(r.{name}, 0)" if attribute is None else f'r."t_{name}"'))
    return f"CASE r.{column} {' '.join(cases)} END" if cases else "NULL"


def _nominal(plan: Plan, side: str) -> str:
    forms = {item.form for item in plan.items}
    each = f"CASE WHEN r.quantity = {MICRO} THEN r.points ELSE share_of(r.points, r.quantity, {MICRO}) END"
    sql = {
        "fixed": "r.points",
        "each": each,
        "pool": each,
        "tiers": "t.points",
        "levels": "v.points",
        "base": f"r.points + {_by_attribute(plan, 'plus', 0)} * r.unit",
        "unknown": "r.lowest" if side == "low" else "r.highest",
    }
    if forms <= {"fixed", "none"}:
        return "r.points"
    return f"CASE r.form {' '.join(f'WHEN {FORMS.index(form)} THEN {text}' for form, text in sql.items() if form in forms)} ELSE 0 END"


def netted(side: str) -> str:
    """Points less what was given back, rounded half up once (`share_of` is the engine's exact v · p / w)."""
    full = f"v.nominal_{side}"
    back = f"share_of({full}, v.returned, {FULL})"
    return f"CASE WHEN v.returned = 0 THEN {full} WHEN v.returned >= {FULL} THEN 0 ELSE {full} - {back} END"


def in_window(plan: Plan, window: BoundWindow, alias: str = "v") -> str:
    """Whether a record's clock lies in a window that is the same for all its items."""
    if window.cycle is not None:
        return f"COALESCE({alias}.day BETWEEN {alias}.cycle_{window.cycle} AND {window.hi}, FALSE)"
    sql = f"{alias}.day BETWEEN {window.lo} AND {window.hi}"
    if window.or_uncorrected:
        sql = f"({sql} OR ({alias}.returned < {FULL} AND {alias}.day <= {window.hi}))"
    if window.or_until:
        until = f'COALESCE({alias}."t_{window.or_until}", -1) >= {window.hi + window.after}'
        sql = f"({sql} OR ({until} AND {alias}.day <= {window.hi}))"
    return sql


def in_item_window(plan: Plan) -> str:
    first = "v.lo"
    if plan.cycles:
        cases = " ".join(f"WHEN {k} THEN v.cycle_{k}" for k in range(len(plan.cycles)))
        first = f"CASE v.cycle {cases} ELSE v.lo END"
    sql = f"v.day BETWEEN {first} AND v.hi"
    if any(item.window.or_uncorrected for item in plan.items):
        sql += f" OR (v.or_uncorrected AND v.returned < {FULL} AND v.day <= v.hi)"
    if any(item.window.or_until for item in plan.items):
        sql += f" OR (COALESCE({until_column(plan)}, -1) >= v.stay AND v.day <= v.hi)"
    return f"COALESCE({sql}, FALSE)" if plan.cycles else f"({sql})"


def aged_record(plan: Plan) -> str:
    """Whether a record is older than the life that is certain, nothing prolongs that, and it states no end."""
    unstated = f" AND {until_column(plan)} IS NULL" if until_attributes(plan) else ""
    return f"(v.beyond AND v.day < v.lo AND NOT {in_item_window(plan)}{unstated})"


def until_column(plan: Plan) -> str:
    """The date to which a record's own life is prolonged."""
    cases = " ".join(f'WHEN {k} THEN v."t_{name}"' for k, name in enumerate(until_attributes(plan)))
    return f"CASE v.or_until {cases} END"


def record_column(plan: Plan) -> dict[str, str]:
    """What a `where` may name → its SQL (never NULL)."""
    known = {
        "quantity": "v.quantity",
        "amount": "COALESCE(v.amount, 0)",
        "corrected": "(v.corrected_share > 0)",
        "corrected_share": "v.corrected_share",
        "standing": f"(v.returned < {FULL})",
        "net": netted("high"),
        "repair_window": "v.repair_window",
        "disputed": "v.disputed",
        "act_id": "COALESCE(v.act_id, '')",
        "source": "COALESCE(v.source, '')",
        "document_no": "COALESCE(v.document_no, '')",
        "basis": "COALESCE(v.basis, '')",
        **{name: f"v.{day_column(name)}" for name in DATES},
        "corrected_on": "GREATEST(v.last_corrected_day, CASE WHEN v.status = 2 THEN v.status_day END)",
        "item": "v.item_name",
        "status": "CASE v.status WHEN 1 THEN 'withdrawn' WHEN 2 THEN 'repaired' ELSE 'active' END",
    }
    for name, attribute in plan.scheme.record_attributes.items():
        silent = {"text": "''", "number": "0", "bool": "FALSE", "date": "NULL"}[attribute.type]
        known[name] = f'COALESCE(v."t_{name}", {silent})' if attribute.type != "date" else f'v."t_{name}"'
    return known | {name: f'l."{name}"' for name in plan.lookups}


def reads_correction(plan: Plan) -> bool:
    """Whether some rule asks for the day of the newest correction."""
    trees = [fact.where for fact in plan.facts] + [rule.when for rule in plan.exemptions]
    return any(item.switch == "corrected_on" for item in plan.items) or any(
        "corrected_on" in set(names(tree)) for tree in trees if tree is not None
    )


def uses_lookup(plan: Plan) -> bool:
    trees = [fact.where for fact in plan.facts if fact.of == "records"] + [rule.when for rule in plan.exemptions]
    return any(set(names(tree)) & set(plan.lookups) for tree in trees if tree is not None)


def _by_day_alone(plan: Plan) -> bool:
    """Whether every window depends on the day of a record alone, and not on what was given back or on other dates."""
    windows = [item.window for item in plan.items] + [fact.window for fact in plan.facts if fact.window]
    return not any(
        window.or_uncorrected or window.or_until or window.beyond or window.cycle is not None for window in windows
    )


def read(plan: Plan) -> str:
    """Whether a record lies in the scoring window of its item or in the window of a fact."""
    windows = [f"{member(plan, fact)} AND {in_window(plan, fact.window)}" for fact in over_records(plan) if fact.window]
    return " OR ".join([in_item_window(plan), *windows])


def valid(plan: Plan) -> str:
    """Records that some rule reads: exempt or active, in the scoring window or in the window of a fact."""
    columns = record_column(plan)
    exempt = " ".join(
        f"WHEN {to_sql(rule.when, columns.__getitem__)} THEN {k}" for k, rule in enumerate(plan.exemptions) if rule.when
    )
    exempt = f"CASE {exempt} ELSE -1 END" if exempt else "-1"
    scored, held = in_item_window(plan), read(plan)
    look = "JOIN looked l ON l.sid = v.sid " if uses_lookup(plan) else ""
    lookups = "".join(f', l."{name}"' for name in plan.lookups) if look else ""
    net_high = "v.low" if not plan.uses_unknown else netted("high")
    aged, low = "", netted("low")
    if any(item.window.beyond for item in plan.items):
        old = aged_record(plan)
        scored, held = f"({scored} OR {old})", f"{held} OR {old}"
        aged, low = f", {old} AS aged", f"CASE WHEN {old} THEN 0 ELSE {low} END"
    active = "v.exempt < 0"
    if plan.weightless:
        weightless = ", ".join(map(str, plan.weightless))
        active = f"v.exempt IN (-1, {weightless})"
        scored = f"({scored}) AND {exempt} NOT IN ({weightless})"
    return (
        f"SELECT v.*, (v.status <> 1 AND {active}) AS active, "
        f"(v.status <> 1 AND v.exempt < 0 AND v.scored AND v.form <> 0) AS counts, {net_high} AS high FROM ("
        f"SELECT v.*{lookups}, {exempt} AS exempt, {scored} AS scored{aged}, {low} AS low "
        f"FROM assessed v {look}WHERE {held}) v"
    )


def over_records(plan: Plan) -> list[PlanFact]:
    return [fact for fact in plan.facts if fact.of == "records"]


def member(plan: Plan, fact: PlanFact) -> str:
    return f"(v.facts & {1 << over_records(plan).index(fact)}) <> 0"


def fact_condition(plan: Plan, fact: PlanFact) -> str:
    assert fact.window is not None
    columns = {**record_column(plan), **{name: f'v."{name}"' for name in plan.lookups}}
    where = f" AND {to_sql(fact.where, columns.__getitem__)}" if fact.where else ""
    return f"(v.active AND {member(plan, fact)} AND {in_window(plan, fact.window)}{where})"


def time_key(bases: set[str]) -> str:
    """A number shared by records that count once, by the item's counting basis."""
    if not bases:  # a scheme without items
        return "0"
    sql = {
        "time": "0",
        "day": "v.day",
        "month": "(c.year * 12 + c.month - 1)",
        "quarter": "(c.year * 4 + c.quarter)",
        "year": "c.year",
        "period": "0",
        "act": "CASE WHEN COALESCE(v.act_id, '') = '' THEN v.rk ELSE 0 END",  # a record without an act is its own
    }
    return f"CASE v.counting {' '.join(f'WHEN {BASES.index(basis)} THEN {sql[basis]}' for basis in sorted(bases))} ELSE 0 END"


def text_key(plan: Plan) -> str:
    """The text part of a counting basis: an act, or the values of record attributes; NULL where it has none."""
    parts = [f"WHEN v.counting = {BASES.index('act')} THEN NULLIF(v.act_id, '')"]
    for k, attributes in enumerate(key_sets(plan)):
        if attributes:
            parts_of_key = [f"CAST({record_column(plan)[name]} AS VARCHAR)" for name in attributes]
            if len(parts_of_key) > 1:  # each with its length, so that no two pairs of texts read alike
                parts_of_key = [f"CAST(LENGTH({text}) AS VARCHAR) || ':' || {text}" for text in parts_of_key]
            key_sql = " || ".join(parts_of_key)
            parts.append(f"WHEN v.keys = {k} THEN {key_sql}")
    return f"CASE {' '.join(parts)} END"

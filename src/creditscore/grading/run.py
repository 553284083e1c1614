"""Run a plan on DuckDB: tables of data in, named SELECTs, coded results out."""

from __future__ import annotations

from creditscore.days import FIRST, LAST
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading import compile as tables
from creditscore.grading.plan import Plan, PlanFact
from creditscore.grading.sql_grades import decided, faced, fact_views, looked, outcome, scored, started, tried
from creditscore.grading.sql_ledger import displaced, ledger, vocabulary
from creditscore.grading.sql_records import Features, assessed, back, rec, valid
from creditscore.grading.sql_totals import (
    contributions,
    distinct_facts,
    needs_calendar,
    pool_sum,
    pooled,
    totals,
)


def put_tables(engine: DuckDBEngine, plan: Plan, codes: dict[str, int]) -> None:
    """The plan as small tables; `codes`: item → its code in the log."""
    engine.table("item", tables.item_table(plan, codes))
    engine.table("tier", tables.tier_table(plan))
    engine.table("level", tables.level_table(plan))
    engine.table("give", tables.give_table(plan))
    engine.table("window_name", tables.window_names(plan))
    engine.table("grp", tables.group_table(plan))
    engine.table("probe", tables.probe_table(plan))
    if plan.lookups:
        engine.table("lookup", tables.lookup_table(plan))


def put_deadlines(engine: DuckDBEngine, plan: Plan) -> None:
    """Last days of the repair windows, only for the clock days that occur."""
    first, last = engine.rows("SELECT MIN(repair_day), MAX(repair_day) FROM rec WHERE repair >= 0")[0]
    engine.table("deadline", tables.deadline_table(plan, *((first, last) if first is not None else (1, 0))))


def put_cycles(engine: DuckDBEngine, plan: Plan) -> None:
    """`cycled`: for each subject the first day of each of its own cycles that is running."""
    joins, columns = "LEFT JOIN attribute a ON a.sid = s.sid", ""
    for k, cycle in enumerate(plan.cycles):
        given = ["s.registered_day" if name == "registered_on" else f'a."d_{name}"' for name in cycle.since]
        began = f"COALESCE({', '.join(f'CASE WHEN {day} <= {plan.as_of} THEN {day} END' for day in given)}, NULL)"
        days = _days(engine, [f"SELECT {began} AS day FROM subject s {joins.split(' LEFT JOIN cycle')[0]}"])
        engine.table(f"cycle_{k}", tables.reached_table(cycle.start, days))
        joins += f" LEFT JOIN cycle_{k} c{k} ON c{k}.day = {began}"
        columns += f", c{k}.reached AS cycle_{k}"
    engine.view("cycled", f"SELECT s.sid{columns} FROM subject s {joins}")


def put_calendar(engine: DuckDBEngine, plan: Plan) -> None:
    """Months and years of all days, and full months up to the day of grading."""
    if needs_calendar(plan):
        engine.materialise(
            "calendar",
            "SELECT CAST(d AS INTEGER) AS day, CAST(year(DATE '1970-01-01' + CAST(d AS INTEGER)) AS INTEGER) AS year, "
            "CAST(month(DATE '1970-01-01' + CAST(d AS INTEGER)) AS INTEGER) AS month, "
            "CAST(quarter(DATE '1970-01-01' + CAST(d AS INTEGER)) - 1 AS INTEGER) AS quarter "
            f"FROM range({FIRST}, {LAST + 1}) r(d)",
        )
    waits = [fact for fact in plan.facts if fact.take == "months_since"]
    if waits:
        engine.table(
            "elapsed",
            tables.elapsed_table(sorted({fact.at for fact in waits}), _given_days(engine, plan, waits)),
        )


def _given_days(engine: DuckDBEngine, plan: Plan, waits: list[PlanFact]) -> list[int]:
    """The different days from which some fact counts months."""
    names = {name for fact in waits for name in fact.dates}
    parts = [f'SELECT "d_{name}" AS day FROM attribute' for name in sorted(names & set(plan.scheme.attributes))]
    if "registered_on" in names:
        parts.append("SELECT registered_day AS day FROM subject")
    if names & {fact.name for fact in plan.facts}:
        parts.append("SELECT day FROM valid")
    if any(fact.of == "listings" for fact in waits):
        parts.append("SELECT entered_day AS day FROM listed")
    return _days(engine, parts)


def _days(engine: DuckDBEngine, parts: list[str], where: str = "day IS NOT NULL") -> list[int]:
    return [
        day
        for (day,) in engine.rows(f"SELECT DISTINCT day FROM ({' UNION '.join(parts)}) d WHERE {where} ORDER BY day")
    ]


def define(engine: DuckDBEngine, plan: Plan, features: Features, with_ledger: bool) -> None:
    """The named SELECTs, from admitted records to one outcome per subject.

    What the ledger reads again is kept; otherwise it is only a step on the way.
    """
    if plan.lookups:
        engine.view("looked", looked(plan))
    engine.view("rec", rec(plan))
    if features.corrections or features.repaired:
        put_deadlines(engine, plan)
        engine.materialise("back", back(plan, features))
    if plan.cycles:
        put_cycles(engine, plan)
    engine.view("assessed", assessed(plan, features))
    engine.view("valid", valid(plan))
    put_calendar(engine, plan)
    engine.materialise("contributions", contributions(plan))
    for name, sql in totals(plan):
        if with_ledger and name in ("itemised", "grouped"):
            engine.materialise(name, sql)
        else:
            engine.view(name, sql)
    has_pools = any(item.form == "pool" for item in plan.items)
    if has_pools:
        engine.view("pooled", pooled(plan))
        engine.view("pool_sum", pool_sum())
    for name, sql in [*distinct_facts(plan), *fact_views(plan)]:
        engine.view(name, sql)
    engine.view("faced", faced(plan, has_pools))
    engine.view("started", started(plan))
    engine.view("scored", scored(plan))
    engine.view("tried", tried(plan))
    engine.view("decided", decided(plan))
    engine.materialise("outcome", outcome(plan))


def define_ledger(engine: DuckDBEngine, plan: Plan) -> None:
    """The ledger's SELECT, `ledger_coded`; its texts are codes of the type `word`."""
    engine.words(vocabulary(plan))
    named = "CAST(i.name AS word) AS {}, CAST(i.article AS word) AS {}"
    engine.materialise("item_word", f"SELECT i.item, {named.format('name', 'article')} FROM item i")
    engine.materialise(
        "item_cap",
        f"SELECT i.item, i.cap, i.sign, {named.format('word', 'where_word')} FROM item i WHERE i.cap IS NOT NULL",
    )
    engine.materialise(
        "group_cap", f"SELECT i.grp, i.cap, {named.format('word', 'where_word')} FROM grp i WHERE i.cap IS NOT NULL"
    )
    for name, sql in displaced(plan):
        engine.view(name, sql)
    engine.view("ledger_coded", ledger(plan))


__all__ = ["Features", "define", "define_ledger", "put_tables"]

"""Run a plan on DuckDB: tables of data in, named SELECTs, coded results out."""

from __future__ import annotations

from creditscore.core.days import FIRST, LAST
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.output import grades_coded, grades_words, ledger_sql, ledger_words
from creditscore.grading.plan import Plan, PlanFact
from creditscore.grading.population import compile as tables
from creditscore.grading.population.chunks import Span, show
from creditscore.grading.population.sql_grades import (
    decided,
    faced,
    fact_views,
    looked,
    outcome,
    scored,
    started,
    tried,
)
from creditscore.grading.population.sql_ledger import displaced, ledger, vocabulary
from creditscore.grading.population.sql_records import Features, assessed, back, mended, rec, valid
from creditscore.grading.population.sql_totals import (
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
    engine.table("grp", tables.group_table(plan))
    engine.table("probe", tables.probe_table(plan))
    if plan.lookups:
        engine.table("lookup", tables.lookup_table(plan))


def put_deadlines(engine: DuckDBEngine, plan: Plan, features: Features) -> None:
    """`mended`: corrected records; `deadline`: last days of the repair windows, only for their clock days."""
    engine.materialise("mended", mended(features))
    days = "SELECT DISTINCT repair, repair_day FROM mended WHERE repair >= 0 AND repair_day IS NOT NULL ORDER BY ALL"
    engine.table("deadline", tables.deadline_table(plan, engine.rows(days)))


def put_cycles(engine: DuckDBEngine, plan: Plan) -> None:
    """`cycled`: for each subject the first day of each of its own cycles that is running."""
    joins, columns = "LEFT JOIN attribute a ON a.sid = s.sid" if plan.scheme.attributes else "", ""
    for k, cycle in enumerate(plan.cycles):
        given = ["s.registered_day" if name == "registered_on" else f'a."d_{name}"' for name in cycle.since]
        began = f"COALESCE({', '.join(f'CASE WHEN {day} <= {plan.as_of} THEN {day} END' for day in given)}, NULL)"
        days = _days(engine, [f"SELECT {began} AS day FROM subject s {joins.split(' LEFT JOIN cycle')[0]}"])
        engine.table(f"cycle_{k}", tables.reached_table(cycle.start, days))
        joins += f" LEFT JOIN cycle_{k} c{k} ON c{k}.day = {began}"
        columns += f", c{k}.reached AS cycle_{k}"
    engine.step("cycled", f"SELECT s.sid{columns} FROM subject s {joins}")


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


def named(plan: Plan, with_ledger: bool) -> list[tuple[str, str, bool]]:
    """The named SELECTs, from valid records to the results, in order; True where the rows are kept.

    What several others read is kept; the rest is only a step on the way.
    """
    has_pools = any(item.form == "pool" for item in plan.items)
    steps = [("contributions", contributions(plan), True)]
    steps += [(name, sql, with_ledger and name in ("itemised", "grouped")) for name, sql in totals(plan)]
    if has_pools:
        steps += [("pooled", pooled(plan), False), ("pool_sum", pool_sum(), False)]
    steps += [(name, sql, False) for name, sql in (*distinct_facts(plan), *fact_views(plan))]
    steps += [("faced", faced(plan, has_pools), False), ("started", started(plan), False)]
    steps += [("scored", scored(plan), False), ("tried", tried(plan), False), ("decided", decided(plan), False)]
    steps.append(("outcome", outcome(plan), with_ledger or plan.uses_unknown))
    if with_ledger:
        steps += [(name, sql, False) for name, sql in displaced(plan)]
        steps.append(("ledger_coded", ledger(plan), False))
    return steps


def features_of(engine: DuckDBEngine) -> Features:
    """What the records that were taken in need."""
    repaired = "SELECT 1 FROM admitted WHERE status = 2"
    row = engine.rows(f"SELECT EXISTS (SELECT 1 FROM corrections), EXISTS ({repaired})")[0]
    return Features(corrections=bool(row[0]), repaired=bool(row[1]))


def prepare(engine: DuckDBEngine, plan: Plan, features: Features) -> None:
    """The relations up to `valid`, which every span reads for itself."""
    if plan.lookups:
        engine.step("looked", looked(plan))
    engine.step("rec", rec(plan))
    if features.corrections or features.repaired:
        put_deadlines(engine, plan, features)
        engine.materialise("back", back(plan))
    if plan.cycles:
        put_cycles(engine, plan)
    engine.step("assessed", assessed(plan, features))
    engine.step("valid", valid(plan))
    put_calendar(engine, plan)


def run(engine: DuckDBEngine, plan: Plan, features: Features, with_ledger: bool, ranges: list[Span]) -> int:
    """Fill `result_grades` and, on request, `result_ledger`, span by span; returns the rows of records used."""
    has_attributes = bool(plan.scheme.attributes)
    prepare(engine, plan, features)
    if with_ledger:
        put_words(engine, plan)
    steps = named(plan, with_ledger)
    used = 0
    for span_number, span in enumerate(ranges):
        if len(ranges) > 1:  # one span holds every subject, and all of them are shown
            show(engine, span, has_attributes)
        for name, sql, materialised in steps:
            if materialised:
                engine.materialise(name, sql)
            elif span_number == 0:
                engine.step(name, sql)
        add = engine.append if span_number else engine.materialise
        add("grades_coded", grades_coded(plan))
        if with_ledger:
            add("ledger_sorted", ledger_sql())
        used += int(engine.rows("SELECT COALESCE(SUM(n_rows), 0) FROM contributions")[0][0])
    engine.view("result_grades", grades_words(plan))
    if with_ledger:
        engine.view("result_ledger", ledger_words(plan))
    if len(ranges) > 1:
        show(engine, None, has_attributes)
    engine.forget([name for name, _, is_table in steps if is_table])
    return used


def put_words(engine: DuckDBEngine, plan: Plan) -> None:
    """The texts of the ledger as codes of the type `word`, by item and group."""
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


__all__ = ["Features", "put_tables", "run"]

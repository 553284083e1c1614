"""What the engine knows of each subject before the decision, span by span: scored records, and comparisons of names.

A comparison is still for a subject when no withdrawal of records can change its truth. Where all are, the state and
grade depend on the sum of the records alone; where one fact moves that only asks how many records it takes in, on the
sum and on this number. Subjects in which every comparison has the same truth share the rule that turns them into a
grade.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.load_inputs import engine_of, take_in
from creditscore.grading.plan import Plan, PlanFact
from creditscore.grading.population import run
from creditscore.grading.population.chunks import Span, show, spans
from creditscore.grading.population.sql_grades import column
from creditscore.grading.population.sql_records import fact_condition, over_records, text_key, time_key
from creditscore.grading.population.sql_totals import needs_calendar, texts
from creditscore.grading.replay import subjects
from creditscore.records import Snapshot
from creditscore.schemes.expressions import Node, names, to_sql

if TYPE_CHECKING:
    import pyarrow as pa

BITS = 60  # truths in one whole number
STEPS = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class PrescoredSpan:
    """Subjects of one span, in order of sid, and their records that can bring anything to the score.

    `subjects`: sid, subject_id, `moves`, and the numbers `t0`, `t1` … which are equal for subjects whose comparisons
    have the same truth. `moves` is the bit of the one fact that moves, 0 where none does, -1 where more do.
    `records`: sid, item (number), low, high, pool, `time_key` and `text_key` (records of one item that share both count
    once), `act_id`, `bits` (facts that take the record in); also those that only such a fact sees, with no points.
    """

    subjects: pa.Table
    records: pa.Table


class Prescorer:
    """A snapshot taken in under a plan; the spans do not depend on who reads them."""

    def __init__(self, engine: DuckDBEngine, plan: Plan, ranges: Sequence[Span]) -> None:
        self.engine, self.plan, self.ranges = engine, plan, ranges
        self._steps = run.named(plan, False)
        self._steps = self._steps[: [name for name, *_ in self._steps].index("faced") + 1]

    def prescore(self, number: int) -> PrescoredSpan:
        """The subjects of span `number`; afterwards `inputs` gives these."""
        show(self.engine, self.ranges[number], bool(self.plan.scheme.attributes))
        for name, sql, materialised in self._steps:
            (self.engine.materialise if materialised else self.engine.step)(name, sql)
        prescored = PrescoredSpan(self._table(_subjects(self.plan)), self._table(_records(self.plan)))
        self.engine.forget(["contributions"])
        return prescored

    def inputs(self, sids: Sequence[int] | None = None) -> Iterator[tuple[str, Subject]]:
        """What subjects of the span bring, in order of sid; all of them unless some are named."""
        where = "" if sids is None else f"x.sid IN ({', '.join(map(str, sids)) or 'NULL'})"
        return subjects(self.engine, self.plan, where)

    def _table(self, sql: str) -> pa.Table:
        return self.engine.con.sql(sql).to_arrow_table()


@contextmanager
def open_prescorer(snapshot: Snapshot, plan: Plan) -> Iterator[Prescorer]:
    """The snapshot under a plan, ready to be scored span by span."""
    con = snapshot.con.cursor()  # what is made here is seen by no run
    try:
        snapshot = replace(snapshot, con=con)
        engine = engine_of(snapshot)
        taken = take_in(engine, snapshot, plan)
        run.put_tables(engine, plan, taken.codes)
        run.prepare(engine, plan, run.features_of(engine))
        yield Prescorer(engine, plan, spans(snapshot.rows("subjects"), taken.admitted.rows, snapshot.in_order))
    finally:
        con.close()


def _records(plan: Plan) -> str:
    calendar = "JOIN calendar c ON c.day = v.day " if needs_calendar(plan) else ""
    low, high = (f"CASE WHEN v.counts THEN v.{side} ELSE 0 END" for side in ("low", _high(plan)))
    text = text_key(plan) if texts(plan) else "CAST(NULL AS VARCHAR)"
    bits = " + ".join(f"CASE WHEN {fact_condition(plan, fact)} THEN {bit} ELSE 0 END" for bit, fact in _counted(plan))
    return (
        f"SELECT * FROM (SELECT v.sid, v.idx AS item, {low} AS low, {high} AS high, "
        "CASE WHEN v.counts THEN v.pool ELSE -1 END AS pool, "
        f"{time_key({item.basis for item in plan.items})} AS time_key, {text} AS text_key, "
        f"NULLIF(v.act_id, '') AS act_id, CAST({bits or '0'} AS BIGINT) AS bits FROM valid v {calendar}) r "
        "WHERE r.low <> 0 OR r.high <> 0 OR r.pool >= 0 OR r.bits <> 0 ORDER BY r.sid"
    )


def _high(plan: Plan) -> str:
    return "high" if plan.uses_unknown else "low"


def _subjects(plan: Plan) -> str:
    """Comparisons with `score` are left to the decision: they read nothing else."""
    columns, rows = column(plan), _told(plan)
    truths = [to_sql(atom, columns.__getitem__) for atom in rows] + ["s.fed"]
    if plan.scheme.kinds is not None:
        truths.append(f"s.x_kind IN ({', '.join(map(literal, plan.scheme.kinds))}, '')")
    numbers = [
        " + ".join(f"CASE WHEN {name} THEN CAST({1 << k} AS BIGINT) ELSE 0 END" for k, name in enumerate(comparisons))
        for comparisons in (truths[first : first + BITS] for first in range(0, len(truths), BITS))
    ] + [columns[bonus.fact] for bonus in plan.bonus if bonus.fact]
    counted = {fact.name: bit for bit, fact in _counted(plan)}
    still, moves, held = [], [], []
    for fact in _read(plan):
        mine = _steps_of(plan, fact, rows)
        if fact.take == "any" and fact.name in counted:
            here = f"(NOT {columns[fact.name]})"
        elif mine is not None:
            none = (columns | {fact.name: "0"}).__getitem__
            same = [f"{to_sql(atom, columns.__getitem__)} = {to_sql(atom, none)}" for atom in mine]
            here = f"({' AND '.join(same)})"
        elif fact.take in ("count", "run"):
            here = f"({columns[fact.name]} = 0)"
        else:
            held.append(fact_condition(plan, fact))
            continue
        if fact.name in counted:
            moves.append(f"CASE WHEN {here} THEN 0 ELSE {counted[fact.name]} END")
        else:
            still.append(here)
    joins = ""
    if held:
        still.append("NOT COALESCE(h.held, FALSE)")
        text = f"SELECT v.sid, BOOL_OR({' OR '.join(held)}) AS held FROM valid v GROUP BY v.sid"
        joins = f" LEFT JOIN ({text}) h ON h.sid = s.sid"
    number_columns = "".join(f", {number} AS t{k}" for k, number in enumerate(numbers))
    moving, all_still = f"CAST({' + '.join(moves) or '0'} AS BIGINT)", " AND ".join(still) or "TRUE"
    return (
        f"SELECT s.sid, u.subject_id, CASE WHEN NOT ({all_still}) OR BIT_COUNT({moving}) > 1 THEN -1 "
        f"ELSE {moving} END AS moves{number_columns} FROM faced s JOIN subject u ON u.sid = s.sid{joins} ORDER BY s.sid"
    )


def _told(plan: Plan) -> list[Node]:
    """The comparisons of all rules that do not read the score."""
    rules = (*plan.start, *plan.conditions, *plan.deciders, *plan.adjusters)
    atoms = dict.fromkeys(atom for rule in rules if rule.when is not None for atom in comparisons(rule.when))
    return [atom for atom in atoms if "score" not in set(names(atom))]


def _read(plan: Plan) -> list[PlanFact]:
    """The facts over records that some rule reads."""
    read = {name for atom in _told(plan) for name in names(atom)} | {bonus.fact for bonus in plan.bonus if bonus.fact}
    read |= {name for fact in plan.facts if fact.of == "attributes" and fact.name in read for name in fact.dates}
    return [fact for fact in over_records(plan) if fact.name in read]


def _counted(plan: Plan) -> list[tuple[int, PlanFact]]:
    """Facts of which only the number of records matters that they take in, each with a bit of its own."""
    plan_facts, rows = [], _told(plan)
    for fact in _read(plan):
        mine = [atom for atom in rows if fact.name in set(names(atom))]
        alone = fact.take == "any" and all(atom == ("name", fact.name) for atom in mine)
        alone &= not any(fact.name in other.dates for other in plan.facts)
        each = fact.take == "count" and fact.by in (None, "time") and _steps_of(plan, fact, rows) is not None
        if alone or each:
            plan_facts.append(fact)
    return [(1 << k, fact) for k, fact in enumerate(plan_facts[:BITS])]


def _steps_of(plan: Plan, fact: PlanFact, comparisons: Sequence[Node]) -> list[Node] | None:
    """The comparisons of a count with plain numbers, where nothing else reads it: each changes its truth once at most
    between none and all records. None: something else reads the fact."""
    if fact.take not in ("run", "count") or any(bonus.fact == fact.name for bonus in plan.bonus):
        return None
    mine = [atom for atom in comparisons if fact.name in set(names(atom))]
    plain = all(
        atom[0] == "cmp"
        and atom[1] in STEPS
        and ("name", fact.name) in atom[2:]
        and any(side[0] == "num" for side in atom[2:])
        for atom in mine
    )
    return None if not plain or any(fact.name in other.dates for other in plan.facts) else mine


def comparisons(node: Node) -> Iterator[Node]:
    """What `and`, `or` and `not` join."""
    if node[0] in ("and", "or", "not"):
        for part in node[1:]:
            yield from comparisons(part)
    else:
        yield node

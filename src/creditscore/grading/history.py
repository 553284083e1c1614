"""Earlier grades as facts: one per subject and year, the newest known; what contradicts itself is refused."""

from __future__ import annotations

from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.plan import Plan
from creditscore.grading.quarantine import Refusals
from creditscore.records import Snapshot
from creditscore.schemes.expressions import names, to_python

STATUSES = ("final", "announced", "provisional")


def put_past(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals, known: str) -> None:
    """One grade per past year: the newest known that nothing superseded."""
    scope = (
        f"{snapshot.history} x WHERE (x.domain IS NULL OR x.domain = {literal(plan.scheme.domain)}) "
        f"AND x.year < {plan.year} AND {known} AND COALESCE(x.status, 'final') <> 'superseded'"
    )
    grades = ", ".join(map(literal, plan.grades))
    graded = "COALESCE(x.state, 'graded') = 'graded'"
    bad = f"({graded} AND COALESCE(x.grade, '') NOT IN ({grades}))"
    refusals.history(
        f"FROM {snapshot.history} x JOIN subjects s ON s.sid = x.sid "
        f"WHERE x.row IN (SELECT x.row FROM {scope} AND {bad})",
        "unknown_grade",
        "grade",
    )
    needy = route_grades(plan)
    routeless = "FALSE"
    if needy:
        listed = ", ".join(map(literal, needy))
        routeless = f"({graded} AND x.grade IN ({listed}) AND x.route IS NULL)"
        refusals.history(
            f"FROM {snapshot.history} x JOIN subjects s ON s.sid = x.sid "
            f"WHERE x.row IN (SELECT x.row FROM {scope} AND {routeless})",
            "missing_route",
            "route",
        )
    # the newest knowledge, and of one day the more final status; what still contradicts itself is refused
    ranks = " ".join(f"WHEN {literal(name)} THEN {k}" for k, name in enumerate(STATUSES))
    final = f"CASE COALESCE(x.status, 'final') {ranks} END"
    text = f"({graded}, CASE WHEN {graded} THEN x.grade END, CASE WHEN {graded} THEN x.route END)"
    engine.view(
        "past_said",
        f"SELECT x.*, {text} AS said, DENSE_RANK() OVER (PARTITION BY x.sid, x.year ORDER BY "
        f"COALESCE(x.known_day, -1000000) DESC, {final}) AS place FROM {scope} AND NOT {bad} AND NOT {routeless}",
    )
    torn = (
        "SELECT p.sid, p.year FROM past_said p WHERE p.place = 1 GROUP BY p.sid, p.year "
        "HAVING COUNT(DISTINCT p.said) > 1"
    )
    refusals.history(
        f"FROM past_said x JOIN subjects s ON s.sid = x.sid JOIN ({torn}) q ON q.sid = x.sid AND q.year = x.year "
        "WHERE x.place = 1",
        "conflicting_history",
        "grade",
    )
    ranked = (
        "SELECT x.*, ROW_NUMBER() OVER (PARTITION BY x.sid, x.year ORDER BY x.grade, x.route, x.scheme, x.state,"
        " x.status, x.period, x.domain, x.row) AS n "
        f"FROM past_said x LEFT JOIN ({torn}) q ON q.sid = x.sid AND q.year = x.year "
        "WHERE x.place = 1 AND q.sid IS NULL"
    )
    engine.view(
        "all_past",
        f"SELECT r.sid, r.year, COALESCE(r.state, 'graded') AS state, CASE WHEN COALESCE(r.state, 'graded') = 'graded' "
        f"THEN r.grade END AS grade, r.route, r.status, r.scheme FROM ({ranked}) r WHERE r.n = 1",
    )


def route_grades(plan: Plan) -> list[str]:
    """Grades whose consequences depend on the route by which they came."""
    needy = []
    for grade in plan.grades:
        for fact in plan.facts:
            if fact.of == "history" and fact.where and {"grade", "route"} <= set(names(fact.where)):
                where = to_python(fact.where)
                env = {"grade": grade, "state": "graded", "status": "final", "scheme": plan.scheme.scheme}
                if (
                    len(
                        {
                            where({**env, "route": route})
                            for route in ("", "score", "direct", "linked", "retained", "adjusted")
                        }
                    )
                    > 1
                ):
                    needy.append(grade)
                    break
    return needy

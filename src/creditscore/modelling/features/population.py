"""Who is in the data set on a day, what is known of each, and whether the outcome could be seen."""

from __future__ import annotations

from dataclasses import dataclass

from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.admit import typed
from creditscore.modelling.features.coverage import fed_sql, heard_sql
from creditscore.modelling.features.indicators import Feature, Need
from creditscore.modelling.features.recipe import Recipe
from creditscore.records import Snapshot

LONG_AGO = -1_000_000
# why a subject is left out, in the order in which it is asked
LEFT_OUT = ("not_yet_registered", "ended", "no_time_at_risk", "outcome_not_fed")


@dataclass(frozen=True)
class Moment:
    """A day of observation, the outcome window after the gap (`lo` excluded, `hi` included), the end of the data."""

    day: int
    lo: int
    hi: int
    end: int


def attribute_sql(snapshot: Snapshot, kinds: dict[str, str], day: int, known: int) -> str:
    """SELECT of one row per subject with x_0, x_1, … for the names of `kinds`: valid on `day`, known on `known`.

    Of several values the one that holds since the latest day counts, then the one known last. A value that is not
    of its kind is missing.
    """
    names = {name: k for k, name in enumerate(kinds)}
    listed = ", ".join(literal(name) for name in names) or "''"
    ranked = (
        "SELECT x.sid, x.name, x.value, ROW_NUMBER() OVER (PARTITION BY x.sid, x.name ORDER BY "
        f"COALESCE(x.from_day, {LONG_AGO}) DESC, COALESCE(x.known_day, {LONG_AGO}) DESC, x.value) AS n "
        f"FROM {snapshot.attributes} x WHERE x.name IN ({listed}) AND x.value IS NOT NULL "
        f"AND COALESCE(x.known_day, {known}) <= {known} AND COALESCE(x.from_day, {day}) <= {day} "
        f"AND COALESCE(x.to_day, {day}) >= {day}"
    )
    columns = []
    for name, kind in kinds.items():
        value = typed(kind, f"CASE WHEN r.name = {literal(name)} THEN r.value END")
        columns.append(f"{'BOOL_OR' if kind == 'bool' else 'MAX'}({value}) AS x_{names[name]}")
    return f"SELECT r.sid{''.join(', ' + column for column in columns)} FROM ({ranked}) r WHERE r.n = 1 GROUP BY r.sid"


def person_sql(
    snapshot: Snapshot, recipe: Recipe, at: Moment, declared: tuple[str, ...], needs: dict[Need, str]
) -> str:
    """SELECT of every subject: what is known of it, `left_out` (NULL: it is in), y, and a column per need of feeds."""
    chosen = [f"a.x_{k} AS x_{k}" for k in range(len(recipe.attributes))]
    attribute_kinds, ended = {recipe.inspected_attribute: "bool"}, {recipe.ended_attribute: "date"}
    joins = [
        f"LEFT JOIN ({attribute_sql(snapshot, dict(recipe.attributes), at.day, at.day)}) a ON a.sid = s.sid",
        f"LEFT JOIN ({attribute_sql(snapshot, attribute_kinds, at.day, at.day)}) v ON v.sid = s.sid",
        f"LEFT JOIN ({attribute_sql(snapshot, ended, at.day, at.day)}) e ON e.sid = s.sid",
    ]
    columns = ["s.*", *chosen, "v.x_0 AS said_inspected"]
    reasons = [
        f"WHEN s.registered_day > {at.day} THEN '{LEFT_OUT[0]}'",
        f"WHEN e.x_0 <= {at.day} THEN '{LEFT_OUT[1]}'",
    ]
    if recipe.outcome is not None:
        late = attribute_sql(snapshot, ended, at.hi, at.end)
        joins.append(f"LEFT JOIN ({late}) l ON l.sid = s.sid")
        reasons.append(f"WHEN l.x_0 <= {at.lo} THEN '{LEFT_OUT[2]}'")
        fed = [f"s.sid IN ({fed_sql(snapshot, domain, at.lo, at.hi)})" for domain in recipe.outcome.domains or declared]
        if declared:
            reasons.append(f"WHEN NOT ({' AND '.join(fed)}) THEN '{LEFT_OUT[3]}'")
        columns.append("s.sid IN (SELECT sid FROM ds_event) AS y")
        columns.append(f"COALESCE(l.x_0 <= {at.hi}, FALSE) AS ends_inside")
    heard = f"s.sid IN ({heard_sql(snapshot, at.day)})" if declared else "TRUE"
    columns.append(f"{heard} AS heard")
    for (domains, lo), name in needs.items():
        covered = " AND ".join(f"s.sid IN ({fed_sql(snapshot, domain, lo, at.day)})" for domain in domains)
        columns.append(f"({covered}) AS {name}")
    columns += [f"h{k}.grade AS h_{k}" for k in range(len(recipe.history))]
    joins += [
        f"LEFT JOIN ({history_sql(snapshot, name, at.day)}) h{k} ON h{k}.sid = s.sid"
        for k, name in enumerate(recipe.history)
    ]
    return (
        f"SELECT {', '.join(columns)}, CASE {' '.join(reasons)} END AS left_out "
        f"FROM {snapshot.subjects} s {' '.join(joins)}"
    )


def history_sql(snapshot: Snapshot, name: str, day: int) -> str:
    """SELECT of the newest grade of a domain or scheme whose period had ended and whose decision was known on `day`.

    Without any day of decision or recording nobody knows when a grade was known: such rows are not used.
    """
    ended = "COALESCE(TRY_CAST(h.period AS DATE), make_date(h.year, 12, 31))"
    return (
        "SELECT sid, grade FROM (SELECT h.sid, h.grade, ROW_NUMBER() OVER (PARTITION BY h.sid ORDER BY h.year DESC, "
        "h.known_day DESC, CASE WHEN h.status = 'superseded' THEN 1 ELSE 0 END, h.grade) AS n "
        f"FROM {snapshot.history} h WHERE (h.domain = {literal(name)} OR h.scheme = {literal(name)}) "
        f"AND h.known_day <= {day} AND {ended} <= DATE '1970-01-01' + {day}) WHERE n = 1"
    )


def beside(recipe: Recipe, day: int) -> list[Feature]:
    """The features that are no aggregates: attributes, columns of the subject, earlier grades."""
    features = []
    for k, (name, kind) in enumerate(recipe.attributes):
        sql = {
            "number": f"CAST(p.x_{k} AS DOUBLE) / 1000000",
            "bool": f"CAST(p.x_{k} AS DOUBLE)",
            "date": f"CAST({day} - p.x_{k} AS DOUBLE)",
            "text": f"p.x_{k}",
        }[kind]
        features.append(Feature(f"attribute__{name}", sql))
    for name in recipe.subject_columns:
        sql = f"CAST({day} - p.registered_day AS DOUBLE)" if name == "age_days" else f'p."{name}"'
        features.append(Feature(f"subject__{name}", sql))
    features += [Feature(f"history__{name}", f"p.h_{k}") for k, name in enumerate(recipe.history)]
    return features


def put_person(
    engine: DuckDBEngine,
    snapshot: Snapshot,
    recipe: Recipe,
    at: Moment,
    declared: tuple[str, ...],
    needs: dict[Need, str],
) -> dict[str, int]:
    """`ds_person`: the subjects that are in; returns how many were left out, by reason, and how many end inside."""
    engine.materialise("ds_everybody", person_sql(snapshot, recipe, at, declared, needs))
    counts = dict(engine.rows("SELECT left_out, COUNT(*) FROM ds_everybody WHERE left_out IS NOT NULL GROUP BY 1"))
    engine.view("ds_person", "SELECT * FROM ds_everybody WHERE left_out IS NULL")
    results = {reason: int(counts.get(reason, 0)) for reason in LEFT_OUT}
    if recipe.outcome is not None:
        results["ended_in_outcome_window"] = int(engine.rows("SELECT COUNT(*) FROM ds_person WHERE ends_inside")[0][0])
    return results

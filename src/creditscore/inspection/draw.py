"""`run_draw`: a commitment, its tables and the public value in; units, visits and teams out. A pure function."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from creditscore.core.atomic import json_text
from creditscore.core.tables.write import csv_text
from creditscore.inspection.assign import Need, Pair, assign
from creditscore.inspection.commitment import Commitment, window_days
from creditscore.inspection.inspectors import read_staff
from creditscore.inspection.order import Drawn, Visit, draw_key, draw_units, merge_visits
from creditscore.inspection.results import COLUMNS as RESULTS
from creditscore.inspection.rows import Row, rows_of

FORMAT = "creditscore-inspection-draw"
UNITS = ("unit", "stratum", "rank", "visits", "probability")
VISITS = (
    "visit_id",
    "subject_id",
    "window",
    "from",
    "to",
    "departments",
    "programmes",
    "joint",
    "district",
    "industry",
    "first",
    "off_site_from",
)
TEAMS = ("visit_id", "subject_id", "window", "programme", "inspector_id", "pool")
UNEQUAL = (
    "organisations: exactly the probabilities of the frame; inspectors: not all pairs are equally likely where "
    "certificates, recusal, rotation, days or even loads narrow the choice (pool in teams.csv)"
)


@dataclass(frozen=True)
class Outcome:
    """What a draw gave: every unit in its place, the visits, and their teams."""

    key: bytes
    units: tuple[Drawn, ...]
    visits: tuple[Visit, ...]
    teams: tuple[Pair, ...]
    files: dict[str, str]


def run_draw(commitment: Commitment, tables: dict[str, str], value: str | int) -> Outcome:
    """The outcome of a draw: the same for the same commitment, tables and value, on any machine.

    A whole number in place of the value is a trial that no public value can give.

    Raises UsageError for a value of another form than was committed to, InputError where no teams can be formed.
    """
    plain = f"trial {value}" if isinstance(value, int) else commitment.randomness.canonical(value)
    key = draw_key(commitment.hash, plain)
    _, frame = rows_of(tables["frame.csv"])
    strata: dict[str, list[str]] = defaultdict(list)
    for row in frame:
        strata[row["stratum"]].append(row["unit"])
    sizes = {name: row["visits"] for name, row in commitment.content["strata"].items()}
    units = draw_units(key, strata, sizes)
    by_unit = {row["unit"]: row for row in frame}
    caps = {row["subject_id"]: int(row["visits_left"]) for row in frame if row["visits_left"]}
    drawn = [(by_unit[unit.unit]["programme"], by_unit[unit.unit]["subject_id"], unit.visits) for unit in units]
    windows = int(commitment.content["windows"])
    visits = merge_visits(key, drawn, caps, windows)
    rules = commitment.content["rules"]
    needs = {
        name: Need(rule["certificate"], rule["team"], Fraction(rule["visit_days"])) for name, rule in rules.items()
    }
    teams = assign(key, visits, needs, _staff(tables), windows)
    files = {
        "units.csv": csv_text(UNITS, [_unit(unit, by_unit[unit.unit]) for unit in units]),
        "visits.csv": csv_text(VISITS, [_visit(visit, by_unit, commitment) for visit in visits]),
        "teams.csv": csv_text(TEAMS, _teams(visits, teams)),
    }
    files["to_fill.csv"] = csv_text(RESULTS, _to_fill(rows_of(files["visits.csv"])[1], commitment.draw_id))
    return Outcome(key, tuple(units), tuple(visits), tuple(teams), files)


def draw_json(commitment: Commitment, value: str, on: date, outcome: Outcome) -> str:
    """What is published of a draw: the value, the key that follows from it, counts and hashes; no class."""
    drawn = [unit for unit in outcome.units if unit.visits]
    body: dict[str, Any] = {
        "format": FORMAT,
        "draw_id": commitment.draw_id,
        "commitment_hash": commitment.hash,
        "value": commitment.randomness.canonical(value),
        "drawn_on": str(on),
        "key": outcome.key.hex(),
        "counts": {
            "units": len(outcome.units),
            "drawn": len(drawn),
            "visits_before_merging": sum(unit.visits for unit in outcome.units),
            "visits": len(outcome.visits),
            "joint_visits": sum(len(visit.programmes) > 1 for visit in outcome.visits),
            "subjects": len({visit.subject_id for visit in outcome.visits}),
            "inspectors": len({team.inspector_id for team in outcome.teams}),
        },
        "probabilities": UNEQUAL,
        "replayed": bool(commitment.content.get("replayed", False)),
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(outcome.files.items())},
    }
    return json_text(body, indent=2, sort_keys=True)


def _staff(tables: dict[str, str]) -> Any:
    import pyarrow as pa

    def table(name: str) -> Any:
        header, rows = rows_of(tables[name])
        return pa.table({column: pa.array([row[column] for row in rows], pa.string()) for column in header})

    return read_staff(table("inspectors.csv"), table("conflicts.csv"), table("last_visits.csv"))


def _unit(drawn: Drawn, row: Row) -> Row:
    return {
        "unit": drawn.unit,
        "stratum": drawn.stratum,
        "rank": str(drawn.rank),
        "visits": str(drawn.visits),
        "probability": row["probability"],
    }


def _visit(visit: Visit, by_unit: dict[str, Row], commitment: Commitment) -> Row:
    """A visit as its team reads it: what comes before it, and no class."""
    rules = commitment.content["rules"]
    rows = [by_unit[f"{name}|{visit.subject_id}"] for name in visit.programmes]
    first, last = window_days(commitment.content["year"], visit.window, commitment.content["windows"])
    known, days = commitment.randomness.on, max(rules[name]["off_site_days"] for name in visit.programmes)
    first = max(first, min(known + timedelta(days=days), last))  # before the value nobody knows who is visited
    before = "correct_data" if any(row["data_state"] != "ok" for row in rows) else "off_site" if days else ""
    return {
        "visit_id": visit.visit_id,
        "subject_id": visit.subject_id,
        "window": str(visit.window),
        "from": str(first),
        "to": str(last),
        "departments": ";".join(sorted({rules[name]["department"] for name in visit.programmes})),
        "programmes": ";".join(visit.programmes),
        "joint": "yes" if len(visit.programmes) > 1 else "no",
        "district": rows[0]["district"],
        "industry": rows[0]["industry"],
        "first": before,
        "off_site_from": str(max(first - timedelta(days=days), known)) if days else "",
    }


def _to_fill(visits: Iterable[Row], draw_id: str) -> list[Row]:
    """One row per visit and department, as `supervise import` takes it back: who fills it in adds what was found."""
    return [
        dict.fromkeys(RESULTS, "")
        | {
            "inspection_id": f"{row['visit_id']}-{department}",
            "subject_id": row["subject_id"],
            "draw_id": draw_id,
            "department": department,
            "planned_on": row["from"],
            "arm": "random",
        }
        for row in visits
        for department in row["departments"].split(";")
    ]


def _teams(visits: tuple[Visit, ...] | list[Visit], teams: tuple[Pair, ...] | list[Pair]) -> list[Row]:
    by_id = {visit.visit_id: visit for visit in visits}
    rows = [
        {
            "visit_id": team.visit_id,
            "subject_id": by_id[team.visit_id].subject_id,
            "window": str(by_id[team.visit_id].window),
            "programme": team.programme,
            "inspector_id": team.inspector_id,
            "pool": str(team.pool),
        }
        for team in teams
    ]
    return sorted(rows, key=lambda row: (int(row["window"]), row["subject_id"], row["programme"], row["inspector_id"]))

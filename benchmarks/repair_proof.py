"""The proof of repair plans against grading every day: CPU seconds of both, and every difference.

    python benchmarks/repair_proof.py --subjects 3 --seed 2 > benchmarks/results/repair_proof.json

Made-up subjects of every stretch of every scheme, the plan to the best grade up to two years ahead. On each day that
the proof does not grade, the whole outcome must be that of the day before; exit code 1 where it is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace

from creditscore.core.days import add_months, iso
from creditscore.core.errors import NotInForce
from creditscore.explanation.synthetic import plans, subjects
from creditscore.repair.check import options
from creditscore.repair.course import Course, Version, outcome_on, targets
from creditscore.repair.plan import plan_repair
from creditscore.repair.proof import Readings, simulate
from creditscore.schemes import registry

MOST = 1_000  # results of a day, as in a packet


def measure(name: str, count: int, records: int, seed: int) -> dict[str, object]:
    row = {"scheme": name, "plans": 0, "days": 0, "graded": 0, "proof_s": 0.0, "every_day_s": 0.0}
    differ: list[str] = []
    scheme = registry.pick(name)
    for plan in plans(scheme):
        for number, subject in enumerate(subjects(plan, seed, count, range(1, records + 1))):
            on = plan.as_of + (20, 200)[number % 2] if scheme.period == "year" else plan.as_of
            course = Course((Version(scheme, subject),), plan.year if scheme.period == "year" else None, on)
            try:
                repair_plan = plan_repair(
                    course, options(course, ()), targets(course)[0], add_months(on, 24), most=MOST
                )
            except NotInForce:  # the stretch ends before the course begins
                continue
            began = time.process_time()
            proof = simulate(replace(course, plans={}), repair_plan)
            row["proof_s"] += time.process_time() - began
            course, before, outcome = replace(course, plans={}), None, None
            readings = Readings(course, repair_plan.actions, repair_plan.until)
            for day in range(on, on + proof.days):
                began = time.process_time()
                now = outcome_on(course, day, repair_plan.actions)
                row["every_day_s"] += time.process_time() - began
                reading = readings.on(day)
                if reading == before and now != outcome:
                    differ.append(f"{plan.period} {seed} {number} {iso(day)}")
                before, outcome = reading, now
            row |= {"plans": row["plans"] + 1, "days": row["days"] + proof.days, "graded": row["graded"] + proof.graded}
    return {**row, "proof_s": round(row["proof_s"], 2), "every_day_s": round(row["every_day_s"], 2), "differ": differ}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=20, help="for each stretch of a scheme")
    parser.add_argument("--records", type=int, default=4, help="at most, of one subject")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scheme", action="append", help="instead of all")
    given = parser.parse_args()
    names = given.scheme or [f"{entry.scheme}@{entry.version}" for entry in registry.entries()]
    rows = [measure(name, given.subjects, given.records, given.seed) for name in names]
    rows = [row for row in rows if row["plans"]]
    keys = ("plans", "days", "graded", "proof_s", "every_day_s")
    total = {key: round(sum(row[key] for row in rows), 1) for key in keys}
    total["differ"] = sum(len(row["differ"]) for row in rows)
    print(json.dumps({"schemes": len(rows), **total, "differences": [row for row in rows if row["differ"]]}, indent=1))
    sys.exit(1 if total["differ"] else 0)


if __name__ == "__main__":
    main()

"""Repair plans of made-up subjects with 60 records: CPU seconds per scheme, and what was not decided.

    python benchmarks/repair.py --subjects 8 > benchmarks/results/repair.json

All records lie in the year that is graded; the target is the best grade, the plan looks five years ahead.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections import Counter

from creditscore.core.days import add_months
from creditscore.explanation.synthetic import plans, subjects
from creditscore.repair.check import options
from creditscore.repair.course import Course, Version, targets
from creditscore.repair.plan import plan_repair
from creditscore.schemes import registry

SCHEMES = ("tax@2014", "tax@2025", "environment/guangdong@2015", "labour/national@2016", "food/risk@2016-12-01")


def measure(name: str, count: int, records: int) -> dict[str, object]:
    scheme = registry.pick(name)
    plan = plans(scheme)[-1]
    times, states = [], Counter()
    for subject in subjects(plan, 1, count, [records], recent=True):
        on = plan.as_of + 20 if scheme.period == "year" else plan.as_of
        course = Course((Version(scheme, subject),), plan.year if scheme.period == "year" else None, on)
        before = time.process_time()
        repair_plan = plan_repair(course, options(course, ()), targets(course)[0], add_months(on, 60))
        times.append(time.process_time() - before)
        states[repair_plan.state] += 1
    return {
        "scheme": name,
        "subjects": count,
        "median_s": round(statistics.median(times), 2),
        "worst_s": round(max(times), 2),
        **states,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=8, help="per scheme")
    parser.add_argument("--records", type=int, default=60)
    parser.add_argument("--scheme", action="append", help="instead of the usual ones")
    given = parser.parse_args()
    rows = [measure(name, given.subjects, given.records) for name in given.scheme or SCHEMES]
    print(json.dumps({"records": given.records, "cores": os.cpu_count(), "schemes": rows}, indent=1))


if __name__ == "__main__":
    main()

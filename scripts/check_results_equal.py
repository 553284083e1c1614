"""Grade generated data under every shipped scheme and compare what comes out with the hashes of an earlier state.

    python scripts/check_results_equal.py                 # compare with benchmarks/results/grading_hashes.json
    python scripts/check_results_equal.py --write         # keep the hashes of this state there
    python scripts/check_results_equal.py --only tax      # one scheme, and whatever is named like it

One hash each for grades, ledger and quarantine, over every cell as text, in the order in which they are written (of the
quarantine without the line of the input at which a row stood). The data are random tables for each version of each
scheme in the periods in which its rules change, the made-up district with its slips, and the years of the demo's plan.
The exit code is 1 where a hash differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import creditscore as cs  # noqa: E402

HASHES = ROOT / "benchmarks" / "results" / "grading_hashes.json"
TABLES = ("grades", "ledger", "quarantine")
LEFT_OUT = {"line"}  # where a row stood in the input is no part of the result
SUBJECTS = 60  # of the random tables
FIRMS = 400  # of the district
ANY_NUMBER = 10**9  # of refused rows: they are part of the result

Hashes = dict[str, str]


def hash_table(table: Any) -> str:
    """Hash every cell of an Arrow table as text, with the names of the columns, row by row."""
    columns = [name for name in table.column_names if name not in LEFT_OUT]
    digest = hashlib.sha256("\x1f".join(columns).encode())
    for row in zip(*(table[name].to_pylist() for name in columns), strict=True):
        digest.update(("\x1e" + "\x1f".join("\0" if cell is None else str(cell) for cell in row)).encode())
    return digest.hexdigest()


def hash_grading(grading: Any) -> Hashes:
    """Hash the three tables of a grading."""
    return {name: hash_table(getattr(grading, name)) for name in TABLES}


def grade_shipped(only: str) -> Iterator[tuple[str, Hashes]]:
    """Grade random tables under each version of the library, at each moment at which its rules change."""
    from creditscore.schemes import registry
    from tests.grading.shipped_tables import moments, tables

    for entry in registry.entries():
        scheme = registry.load(entry)
        if not scheme.name.startswith(only):
            continue
        for moment in moments(entry):
            year = moment if isinstance(moment, int) else moment.year
            when: dict[str, Any] = {"period": moment} if isinstance(moment, int) else {"as_of": moment}
            inputs = tables(scheme, year, 1, SUBJECTS)
            snapshot = cs.ingest(subject_ids="local", intake_on=date(year + 3, 1, 1), **inputs)
            grading = cs.grade(snapshot, scheme.name, **when, max_rejected=ANY_NUMBER)
            yield f"{scheme.name} {moment}", hash_grading(grading)


def grade_demo() -> Iterator[tuple[str, Hashes]]:
    """Grade the made-up district, whose tables hold rows to be refused, and the years of the plan."""
    import numpy as np

    from creditscore.demo.district import INTAKE_ON, KNOWN_AT, district
    from creditscore.demo.firms import YEAR
    from creditscore.demo.plan_years import plan_tables, plan_years

    made_up = district(FIRMS)
    snapshot = cs.ingest(**made_up.tables(), intake_on=INTAKE_ON)
    grading = cs.grade(snapshot, "tax", YEAR, known_at=KNOWN_AT, max_rejected=ANY_NUMBER)
    yield "district", hash_grading(grading)
    for plan_year in plan_years(plan_tables(made_up.subjects, np.random.default_rng(1)).snapshot()):
        yield f"plan {plan_year.year}", hash_grading(plan_year.gradings)


def compute_hashes(only: str = "") -> dict[str, Hashes]:
    """Compute the hashes of every grading by its name, and under `all` one hash each for grades, ledger, quarantine."""
    parts = dict(grade_shipped(only))
    if not only:
        parts |= dict(grade_demo())
    return {"all": hash_parts(parts), **parts}


def hash_parts(parts: dict[str, Hashes]) -> Hashes:
    """Hash the hashes of each table over all gradings."""
    listed = {table: "".join(f"{name} {hashes[table]}\n" for name, hashes in parts.items()) for table in TABLES}
    return {table: hashlib.sha256(text.encode()).hexdigest() for table, text in listed.items()}


def find_differences(before: dict[str, Hashes], after: dict[str, Hashes]) -> list[str]:
    """Find what differs, in words: a grading that is new or gone, or a table of one with another hash."""
    differences = [f"{name}: not graded before" for name in after.keys() - before.keys()]
    differences += [f"{name}: no longer graded" for name in before.keys() - after.keys()]
    for name in before.keys() & after.keys():
        tables = [table for table in TABLES if before[name][table] != after[name][table]]
        differences += [f"{name}: other {', '.join(tables)}"] if tables else []
    return sorted(differences)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=HASHES, help="file of hashes")
    parser.add_argument("--write", action="store_true", help="write the hashes of this state to the file")
    parser.add_argument("--only", default="", metavar="SCHEME", help="only schemes whose name begins so")
    arguments = parser.parse_args()
    hashes = compute_hashes(arguments.only)
    for table in TABLES:
        print(f"{table:<11}{hashes['all'][table]}")
    if arguments.write:
        arguments.file.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")
        return 0
    before = json.loads(arguments.file.read_text(encoding="utf-8"))
    if arguments.only:
        before = {name: before[name] for name in hashes if name in before}
        before["all"] = hashes["all"]
    differences = find_differences(before, hashes)
    print(*differences or [f"equal: {len(hashes) - 1} gradings"], sep="\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

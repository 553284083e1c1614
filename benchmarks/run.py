"""Measure the product against hand-written SQL and pandas on one made-up population.

    python benchmarks/run.py                          # 1,000,000 subjects, 15,000,000 rows, 3 repeats
    python benchmarks/run.py --scale 0.05 --repeats 1

Every measurement is a process of its own, with its start, its imports and its files. In each repeat all variants run
once, one after the other, and each ratio is taken within its repeat: a machine that others use disturbs a ratio less
than a time. Results are compared row for row before a number is shown. Writes build/bench/results.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
from generate import generate
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
COLUMNS = {
    "grades": ["subject_id", "score", "grade", "route", "margin"],
    "ledger": ["subject_id", "step", "record_id", "item", "nominal", "effective", "reason"],
}
# CPU seconds relative to the hand-written SQL, and megabytes
AIMS = {"parquet": 1.3, "snapshot": 0.65, "peak": 2000}


@dataclass(frozen=True)
class Variant:
    """`command` with {data}, {snapshot} and {out}; compared with `against`; `aim`: CPU relative to it."""

    name: str
    command: str
    against: str | None = None
    aim: str | None = None

    @property
    def out(self) -> Path:
        return BUILD / "out" / self.name.replace(",", "").replace(" ", "-")


VARIANTS = (
    Variant("hand-written SQL, grades", "handwritten.py {data} {out}"),
    Variant("hand-written SQL, ledger", "handwritten.py {data} {out} --full"),
    Variant("creditscore from Parquet, grades", "ours.py grades {data} {out}", "hand-written SQL, grades", "parquet"),
    Variant("creditscore from Parquet, ledger", "ours.py full {data} {out}", "hand-written SQL, ledger", "parquet"),
    Variant("creditscore, writing the snapshot", "ours.py snapshot {data} {snapshot}"),
    Variant(
        "creditscore from snapshot, grades", "ours.py grades {snapshot} {out}", "hand-written SQL, grades", "snapshot"
    ),
    Variant(
        "creditscore from snapshot, ledger", "ours.py full {snapshot} {out}", "hand-written SQL, ledger", "snapshot"
    ),
    Variant("pandas, grades", "pandas_version.py {data} {out}", "hand-written SQL, grades"),
)


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds on the clock, seconds of CPU (user and system), largest resident size in MB."""

    wall: float
    cpu: float
    peak: float


def measure(arguments: list[str]) -> Cost:
    """Run a script of this folder and wait for it; SystemExit if it fails."""
    begun = time.perf_counter()
    process = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, str(HERE / arguments[0]), *arguments[1:]])
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in kilobytes elsewhere
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


def differences(other_path: Path, other: Path) -> list[str]:
    """How two results differ; every row must be the same, and in the same place."""
    difference_rows = []
    for table, columns in COLUMNS.items():
        paths = [folder / f"{table}.parquet" for folder in (other_path, other)]
        if not all(path.is_file() for path in paths):
            continue
        names = [name for name in columns if name in duckdb.read_parquet(str(paths[1])).columns]
        left, right = (f"SELECT row_number() OVER () AS n, {', '.join(names)} FROM '{path}'" for path in paths)
        same = " AND ".join(f"l.{name} IS NOT DISTINCT FROM r.{name}" for name in names)
        query = f"SELECT count(*) FROM ({left}) l FULL JOIN ({right}) r ON l.n = r.n WHERE NOT coalesce({same}, false)"
        [(count,)] = duckdb.sql(query).fetchall()
        if count:
            difference_rows.append(f"{table}: {count} rows differ between {other_path.name} and {other.name}")
    return difference_rows


def shown(costs: dict[str, list[Cost]]) -> tuple[list[dict[str, object]], Table]:
    """Medians of the repeats, and medians of the ratios within each repeat, as records and for the screen."""
    table = Table(title="medians; ratio = CPU relative to the hand-written SQL of the same repeat")
    for column in ("", "CPU s", "clock s", "peak MB", "ratio", "aim"):
        table.add_column(column, justify="left" if not column else "right")
    rows: list[dict[str, object]] = []
    for variant in VARIANTS:
        own = costs[variant.name]
        if not own:
            continue
        row: dict[str, object] = {"name": variant.name, "repeats": [asdict(cost) for cost in own]}
        for key in ("cpu", "wall", "peak"):
            row[key] = round(statistics.median(getattr(cost, key) for cost in own), 2)
        ratio = aim = ""
        if variant.against:
            pairs = zip(own, costs[variant.against], strict=False)
            row["ratio"] = round(statistics.median(cost.cpu / base.cpu for cost, base in pairs), 2)
            ratio = f"{row['ratio']:.2f}"
        if variant.aim:
            row["aim"] = AIMS[variant.aim]
            met = float(ratio) <= AIMS[variant.aim] and float(str(row["peak"])) <= AIMS["peak"]
            aim = f"{AIMS[variant.aim]} {'met' if met else 'missed'}"
        rows.append(row)
        table.add_row(variant.name, f"{row['cpu']:.1f}", f"{row['wall']:.1f}", f"{row['peak']:,.0f}", ratio, aim)
    return rows, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million subjects")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory-limit", help="for creditscore, for example 1500MB")
    parser.add_argument("--without", default="", help="leave out variants whose name contains this")
    given = parser.parse_args()
    console = Console()
    data = generate(BUILD / f"data-{given.scale:g}", given.scale)
    places = {"data": str(data), "snapshot": str(BUILD / "snapshot")}
    variants = [variant for variant in VARIANTS if not given.without or given.without not in variant.name]
    costs: dict[str, list[Cost]] = {variant.name: [] for variant in VARIANTS}
    for repeat in range(given.repeats):
        for variant in variants:
            places["out"] = str(variant.out)
            arguments = [part.format(**places) for part in variant.command.split()]
            if given.memory_limit and arguments[0] == "ours.py":
                arguments += ["--memory-limit", given.memory_limit]
            cost = measure(arguments)
            costs[variant.name].append(cost)
            console.print(f"{repeat + 1}: {variant.name}: {cost.cpu:.1f} CPU s, {cost.peak:,.0f} MB", style="dim")
    results = {variant.name: variant.out for variant in variants}
    pairs = [(results[variant.against], variant.out) for variant in variants if variant.against in results]
    wrong = [text for pair in pairs for text in differences(*pair)]
    rows, table = shown(costs)
    about = {
        "scale": given.scale,
        "repeats": given.repeats,
        "memory_limit": given.memory_limit,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "differences": wrong,
        "results": rows,
    }
    (BUILD / "results.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    console.print(table)
    console.print("results differ:\n" + "\n".join(wrong) if wrong else "all results are the same, row for row")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()

"""A composite of a million organisations in eight domains, with every contribution: CPU seconds, clock and memory.

    python benchmarks/composite.py                 # a million; writes results/composite.json with --save
    python benchmarks/composite.py --rows 100000

`usual`: most grades are the usual ones, and bad firms are bad in several domains. `hard`: every grade as likely as any
other and one in twenty on a list. The grades lie in a written folder; the
measured time reads it, scores, and writes composite and contributions again. Each case runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
CONFIG = HERE / "composite_8.yaml"
LIST_RATE = {"usual": 0.004, "hard": 0.05}


def write_grades(rows: int, case: str) -> Path:
    """The grades of made-up firms under the eight schemes, as `creditscore grade` would write them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from creditscore.composite.load import load_composite

    folder = BUILD / f"composite_{case}_{rows}"
    if (folder / "manifest.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(11)
    ids = pa.array([f"91{k:016d}" for k in range(rows)])
    bad = rng.random(rows) ** 4  # most firms are good everywhere
    tables, schemes = [], {}
    for domain in load_composite(CONFIG).domains:
        ((name, values),) = domain.schemes.items()
        scheme, _, version = name.partition("@")
        codes = list(values)
        if codes[-1] == "listed":
            grade = np.where(rng.random(rows) < LIST_RATE[case], len(codes) - 1, 0)
        elif case == "hard":
            grade = rng.integers(len(codes), size=rows)
        else:
            grade = np.minimum((rng.beta(1.2, 3, rows) * 0.6 + bad * 0.4) * len(codes), len(codes) - 1).astype(int)
        known = rng.random(rows) < 0.9
        period = "2019" if len(version) == 4 else "2019-12-31"
        words = {"scheme": scheme, "version": version, "period": period}
        tables.append(
            pa.table(
                {
                    "subject_id": ids,
                    **{key: pa.repeat(pa.scalar(text), rows) for key, text in words.items()},
                    "state": pa.array(np.where(known, "graded", "not_graded")),
                    "state_reason": pa.array(np.where(known, "", "no_feed")),
                    "grade": pa.array(np.array(codes)[grade], mask=~known),
                    "evidence": pa.array(np.where(rng.random(rows) < 0.8, "verified", "recalled")),
                }
            )
        )
        schemes[scheme] = {"scheme": name, "period": period, "run_id": scheme, "law_known_at": "latest"}
    pq.write_table(pa.concat_tables(tables), folder / "grades.parquet", compression="zstd")
    (folder / "manifest.json").write_text(json.dumps({"schemes": schemes, "made_up": True}), encoding="utf-8")
    return folder


def measure(folder: Path) -> dict[str, object]:
    """Score the folder once, in this process."""
    from creditscore.composite.combine import combine

    begun, cpu = time.perf_counter(), time.process_time()
    composite = combine(folder, CONFIG, acts="unchecked")
    scored, scored_cpu = time.perf_counter(), time.process_time()
    composite.write(folder / "out")
    done, done_cpu = time.perf_counter(), time.process_time()
    contributions = composite.coded["contributions"]
    import numpy as np

    values = contributions["value"].to_numpy().reshape(-1, 8)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in kilobytes elsewhere
    return {
        "organisations": composite.manifest["counts"]["subjects"],
        "contributions": contributions.num_rows,
        "kinds_of_values": len(np.unique(values, axis=0)),
        "with_hard_rule": sum(1 for row in composite.coded["composite"]["hard_rules"].to_pylist() if row),
        "score_cpu_s": round(scored_cpu - cpu, 2),
        "score_clock_s": round(scored - begun, 2),
        "write_cpu_s": round(done_cpu - scored_cpu, 2),
        "write_clock_s": round(done - scored, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6),
        "run_id": composite.manifest["run_id"],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--case", choices=LIST_RATE, help="measure one case here and print it")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/composite.json")
    given = parser.parse_args()
    if given.case:
        print(json.dumps(measure(write_grades(given.rows, given.case))))
        return
    data = {"cores": os.cpu_count(), "rows": given.rows}
    for case in LIST_RATE:
        write_grades(given.rows, case)
        command = [sys.executable, __file__, "--rows", str(given.rows), "--case", case]
        data[case] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        print(case, json.dumps(data[case]))
    if given.save:
        (HERE / "results" / "composite.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Cards beside their peers: quality in the same folds, speed and memory on made-up tables; one run, versions written
down.

    make bench-models
    make bench-models BENCH_ARGS="--only quality --without EBM"

Quality: 5 folds (seed 42, stratified; by company for ratings), mean and standard deviation of AUC, Brier score and
expected calibration error over 10 bins of equal size, and CPU seconds of all fits and predictions. Speed: each
measurement is a process of its own; CPU seconds, one thread for linear algebra; memory is the peak above the loaded
table. Writes benchmarks/results/models.json.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402
from model_data import DATA, REAL, SIZES, made_up  # noqa: E402
from model_peers import OTHERS, READABLE  # noqa: E402

OUT = Path(__file__).resolve().parent / "results" / "models.json"
LIMIT = 300  # seconds by the clock for one measurement
PACKAGES = ("numpy", "pandas", "scikit-learn", "optbinning", "toad", "interpret-core")
SPEED = ("creditscore, auto shapes", "optbinning", "toad", "scikit-learn, 10 bins + logistic")


def calibration_error(y: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Mean distance between predicted and observed rate over bins of equal size, in the order of p."""
    order = np.argsort(p, kind="stable")
    return float(sum(abs(p[part].sum() - y[part].sum()) for part in np.array_split(order, bins)) / len(y))


def quality(name: str, model: str) -> dict[str, object]:
    """One model on one data set over the folds."""
    from sklearn.metrics import brier_score_loss, roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    table, y, groups = REAL[name]()
    fit = {**READABLE, **OTHERS}[model]
    folds = (StratifiedKFold if groups is None else StratifiedGroupKFold)(5, shuffle=True, random_state=42)
    rows: list[tuple[float, float, float]] = []
    bins, used = [], []
    start = time.process_time()
    for train, test in folds.split(table, y, groups):
        predict = fit(table.iloc[train], y[train], None if groups is None else groups[train])
        p = predict(table.iloc[test])
        rows.append((roc_auc_score(y[test], p), brier_score_loss(y[test], p), calibration_error(y[test], p)))
        card = getattr(predict, "card", None)
        if card is not None:
            own = card.table_[card.table_["role"] == "bin"]
            bins.append(len(own) / max(len(card.variables_), 1))
            used.append(len(card.variables_))
    auc, brier, ece = np.array(rows).T
    row = {
        "data": name,
        "model": model,
        "readable": model in READABLE,
        "auc": round(float(auc.mean()), 4),
        "auc_sd": round(float(auc.std(ddof=1)), 4),
        "brier": round(float(brier.mean()), 5),
        "ece": round(float(ece.mean()), 4),
        "cpu_s": round(time.process_time() - start, 1),
    }
    return row | (
        {"bins_per_variable": round(float(np.mean(bins)), 1), "variables": float(np.mean(used))} if bins else {}
    )


def peak_above(start: int) -> float:
    """Peak resident memory since `start` was read, in MB above it."""
    return (memory("VmHWM") - start) / 1024


def memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def forget_peak() -> int:
    """Give freed memory back, so that it does not hide what is needed next; then start a new peak."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return memory("VmRSS")


def speed(size: str, model: str) -> dict[str, object]:
    """Fit, score a million rows and, for a card of ours, rank reasons for 100,000; in this process."""
    fit = READABLE[model]
    small, label = made_up(2_000, 8, 1, seed=9)
    fit(small, label, None)(small)  # imports and caches are not what is measured
    table, y = made_up(*SIZES[size])
    before = forget_peak()
    start = time.process_time()
    predict = fit(table, y, None)
    row: dict[str, object] = {
        "size": size,
        "model": model,
        "fit_cpu_s": round(time.process_time() - start, 2),
        "fit_mb": round(peak_above(before)),
    }
    new, outcome = made_up(1_000_000, *SIZES[size][1:], seed=1)
    card = getattr(predict, "card", None)
    score = card.score_points if card is not None else predict
    times = []
    for _ in range(3 if card is not None else 1):
        before = forget_peak()
        start = time.process_time()
        scored = score(new)
        times.append(time.process_time() - start)
        row["score_1m_mb"] = round(peak_above(before))
    row["score_1m_cpu_s"] = round(float(np.median(times)), 3)
    from sklearn.metrics import roc_auc_score

    row["auc"] = round(float(roc_auc_score(outcome, -scored if card is not None else scored)), 4)
    if card is not None:
        part = new.iloc[:100_000]
        start = time.process_time()
        card.reasons(part, k=4)
        row["reasons_100k_cpu_s"] = round(time.process_time() - start, 3)
    return row


def apart(kind: str, first: str, model: str) -> dict[str, object]:
    """One measurement in a process of its own; what went wrong is part of the result."""
    named = {"data" if kind == "quality" else "size": first, "model": model}
    command = [sys.executable, __file__, "--one", kind, first, model]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return named | {"failed": f"stopped after {LIMIT} s"}
    if run.returncode:
        return named | {"failed": (run.stderr.splitlines() or ["no message"])[-1][:200]}
    return dict(json.loads(run.stdout.splitlines()[-1]))


def versions() -> dict[str, str]:
    new_versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            new_versions[package] = version(package)
        except PackageNotFoundError:
            new_versions[package] = "absent"
    return new_versions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("quality", "speed"))
    parser.add_argument("--without", default="", help="leave out models whose name contains this")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        kind, first, model = given.one
        warnings.simplefilter("ignore")
        print(json.dumps((quality if kind == "quality" else speed)(first, model)))
        return
    results = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() and given.only else {}
    results |= {"versions": versions(), "cores": os.cpu_count()}
    models = [m for m in (*READABLE, *OTHERS) if not given.without or given.without not in m]
    print(results["versions"])
    if given.only != "speed":
        present = [name for name in REAL if DATA.exists()]
        results["quality"] = []
        for name in present:
            for model in models:
                results["quality"].append(apart("quality", name, model))
                print(results["quality"][-1], flush=True)
    if given.only != "quality":
        results["speed"] = []
        for size in SIZES:
            for model in [m for m in SPEED if m in models]:
                results["speed"].append(apart("speed", size, model))
                print(results["speed"][-1], flush=True)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

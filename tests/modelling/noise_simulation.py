"""Cards on tables of real columns and noise: how often noise stays, how often a real effect does, how many reasons are
noise, what leaving costs in rank and time.

    python -m tests.modelling.noise_simulation                         # a short run, some minutes
    python -m tests.modelling.noise_simulation --full --out FILE       # 200 tables of each size: some hours

Seven real columns (slopes of .8, .4, .2 and .1 per standard deviation, a turn, a category and a column with gaps of
.2), and fifteen without effect: normal, skewed, categories, with gaps, and three correlated .7 with a real one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from creditscore.modelling import ScorecardClassifier  # noqa: E402
from creditscore.modelling.scorecard import effects as fitting  # noqa: E402

NOISE, LINKED = "z_", "z_linked"
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "auto": {},
    "monotone": {"trend": "monotone"},
    "none": {"trend": "none"},
    "woe": {"method": "woe"},
}
TIMES = {500: 200, 2000: 200, 6000: 200, 100_000: 10}
SHORT = {500: 40, 2000: 40, 6000: 40, 100_000: 4}
NEW_ROWS = 4000


def simulate(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """(table, outcomes) of n rows; about a fifth are events. The category's effects are the same for all n."""
    rng = np.random.default_rng([n, seed])
    level_effects = np.random.default_rng(seed).permutation(np.linspace(-1, 1, 12))
    level_effects /= level_effects.std()
    draw = rng.standard_normal
    table: dict[str, Any] = {name: draw(n) for name in ("r08", "r04", "r02", "r01")}
    turn, gap, level = draw(n), draw(n), rng.integers(0, 12, n)
    log_odds = -1.6 + 0.8 * table["r08"] + 0.4 * table["r04"] + 0.2 * table["r02"] + 0.1 * table["r01"]
    log_odds = log_odds + 0.2 * (turn**2 - 1) / np.sqrt(2) + 0.2 * level_effects[level] + 0.2 * gap
    table["u02"] = turn
    table["c02"] = np.array([f"L{k}" for k in range(12)])[level]
    table["m02"] = np.where(rng.random(n) < 0.3, np.nan, gap)
    shares = rng.dirichlet(np.full(12, 2.0))
    for k, link in enumerate(("r08", "r08", "r04")):
        table[f"z_normal{k}"] = draw(n)
        table[f"z_skewed{k}"] = np.floor(np.exp(draw(n)) * 2)
        table[f"z_level{k}"] = np.array([f"K{i}" for i in range(12)])[rng.choice(12, n, p=shares)]
        table[f"z_gaps{k}"] = np.where(rng.random(n) < 0.3, np.nan, draw(n))
        table[f"{LINKED}{k}"] = 0.7 * table[link] + np.sqrt(1 - 0.49) * draw(n)
    return pd.DataFrame(table), (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)


def simulate_few(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Two real columns among ten of pure N(0, 1)."""
    rng = np.random.default_rng([n, seed, 2])
    table = pd.DataFrame(rng.standard_normal((n, 10)), columns=["r08", "r05", *[f"z_normal{k}" for k in range(8)]])
    log_odds = -1.4 + 0.8 * table["r08"] + 0.5 * table["r05"]
    return table, (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)


def simulate_nothing(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Ten columns of pure N(0, 1) and an outcome of a fifth."""
    rng = np.random.default_rng([n, seed, 0])
    table = pd.DataFrame(rng.standard_normal((n, 10)), columns=[f"z_normal{k}" for k in range(10)])
    return table, (rng.random(n) < 0.2).astype(int)


DESIGNS = {"mixed": simulate, "few": simulate_few, "nothing": simulate_nothing}


class Clock:
    """CPU seconds of fits, and of their screening alone: what is left is a fit in which nothing is judged."""

    def __enter__(self) -> Clock:
        self.screening, self.real = 0.0, fitting.screen
        fitting.screen = self.timed
        return self

    def __exit__(self, *error: object) -> None:
        fitting.screen = self.real

    def timed(self, *given: Any) -> Any:
        start = time.process_time()
        screened = self.real(*given)
        self.screening += time.process_time() - start
        return screened


def measure_once(design: str, n: int, seed: int, settings: Mapping[str, Any]) -> dict[str, float]:
    """Counts of one simulated table: columns that stay, reasons told about new rows, AUC there, CPU seconds."""
    from sklearn.metrics import roc_auc_score

    X, y = DESIGNS[design](n, seed)
    new, outcome = DESIGNS[design](NEW_ROWS, seed + 1_000_000)
    if "c02" in X:  # the levels mean the same in both
        new, outcome = new_rows(seed)
    with Clock() as clock:
        start = time.process_time()
        whole = ScorecardClassifier(**settings, evidence=None).fit(X, y)
        before = time.process_time() - start - clock.screening
        start = time.process_time()
        card = ScorecardClassifier(**settings).fit(X, y)
        after = time.process_time() - start
    stays = set(card.variables_)
    noise = [name for name in X if name.startswith(NOISE)]
    table = card.reasons(new, k=4)
    data = {
        "noise": float(len(noise)),
        "noise_stays": float(sum(name in stays for name in noise)),
        "linked": float(sum(name.startswith(LINKED) for name in noise)),
        "linked_stays": float(sum(name.startswith(LINKED) for name in stays)),
        "reasons": float(len(table)),
        "noise_reasons": float(table["variable"].astype(str).str.startswith(NOISE).sum()),
        "rows": float(len(new)),
        "rows_without": float(len(new) - table["row"].nunique()),
        "empty": float(not stays),
        "cpu": after,
        "cpu_before": before,
        "rarer_per_column": min(y.sum(), n - y.sum()) / X.shape[1],
        "auc_change": float(
            roc_auc_score(outcome, card.decision_function(new)) - roc_auc_score(outcome, whole.decision_function(new))
        ),
    }
    return data | {name: float(name in stays) for name in X if not name.startswith(NOISE)}


def new_rows(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Other rows of the same mixed population."""
    return simulate(NEW_ROWS + 1, seed)


def summarise(table_rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Shares and means over simulated tables; a standard error for the change in AUC."""
    frame = pd.DataFrame(list(table_rows))
    total = frame.sum()
    rows: dict[str, float] = {
        "tables": float(len(frame)),
        "rarer_per_column": frame["rarer_per_column"].mean(),
        "noise_stays": total["noise_stays"] / max(total["noise"], 1),
        "linked_stays": total["linked_stays"] / max(total["linked"], 1),
        "noise_reasons": total["noise_reasons"] / max(total["reasons"], 1),
        "reasons_per_row": total["reasons"] / total["rows"],
        "rows_without": total["rows_without"] / total["rows"],
        "empty": frame["empty"].mean(),
        "auc_change": frame["auc_change"].mean(),
        "auc_error": frame["auc_change"].std(ddof=1) / np.sqrt(len(frame)) if len(frame) > 1 else 0.0,
        "cpu_ratio": total["cpu"] / max(total["cpu_before"], 1e-9),
    }
    rows |= {f"stays_{name}": frame[name].mean() for name in frame if name[0] in "rucm" and name[1:3].isdigit()}
    return {name: round(float(value), 4) for name, value in rows.items()}


def run(times: Mapping[int, int], designs: Iterable[str], settings: Iterable[str]) -> list[dict[str, Any]]:
    """One line per design, size and setting; what is done is printed."""
    lines = []
    for design in designs:
        for name in settings:
            for n, tables in times.items():
                results = summarise(measure_once(design, n, seed, SETTINGS[name]) for seed in range(tables))
                lines.append({"design": design, "setting": name, "n": n, **results})
                print(json.dumps(lines[-1]), flush=True)
    return lines


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--full", action="store_true", help="200 tables of each size, 10 of 100,000 rows")
    reader.add_argument("--out", type=Path, help="write the lines as JSON")
    reader.add_argument("--sizes", help="instead: rows=tables, separated by commas, such as 500=40,2000=40")
    reader.add_argument("--settings", default=",".join(SETTINGS), help="some of auto, monotone, none, woe")
    reader.add_argument("--designs", default="mixed,few,nothing", help="some of mixed, few, nothing")
    given = reader.parse_args()
    times = dict(TIMES if given.full else SHORT)
    if given.sizes:
        times = {int(n): int(tables) for n, tables in (pair.split("=") for pair in given.sizes.split(","))}
    lines = run(times, given.designs.split(","), given.settings.split(","))
    if given.out:
        given.out.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The tables of docs/modelling.md, from benchmarks/results/models.json.

python benchmarks/model_table.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results" / "models.json"


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def quality(results: dict[str, Any]) -> list[str]:
    """One line per model: AUC, Brier score and calibration error of each data set."""
    rows = results["quality"]
    data = list(dict.fromkeys(row["data"] for row in rows))
    table_rows = {(row["model"], row["data"]): row for row in rows}
    out = [line(["AUC / Brier / ECE", *data]), line(["---"] * (len(data) + 1))]
    for model in dict.fromkeys(row["model"] for row in rows):
        cells = []
        for name in data:
            row = table_rows.get((model, name), {})
            cells.append(f"{row['auc']:.3f} / {row['brier']:.4f} / {row['ece']:.3f}" if "auc" in row else "failed")
        out.append(line([model, *cells]))
    return out


def speed(results: dict[str, Any]) -> list[str]:
    """One line per size and model: CPU seconds and memory."""
    columns = ("fit_cpu_s", "fit_mb", "score_1m_cpu_s", "score_1m_mb", "reasons_100k_cpu_s", "auc")
    heads = ("fit, CPU s", "fit, MB", "score 1M, CPU s", "score 1M, MB", "reasons for 100k, CPU s", "AUC")
    out = [line(["", *heads]), line(["---"] * (len(heads) + 1))]
    for row in results["speed"]:
        name = f"{row['size']}, {row['model']}"
        out.append(line([name, *("failed" if "failed" in row else f"{row.get(c, '')}" for c in columns)]))
    return out


def main() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    print("\n".join([*quality(results), "", *speed(results)]))


if __name__ == "__main__":
    main()

"""What a written grading says of its input, read as SQL also from those of earlier versions, which say nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

NOT_OVER = "period_not_over"


def input_column(con: duckdb.DuckDBPyConnection, rows: str, name: str = "input_state") -> str:
    """SQL for a column of some rows of grades that not every version writes, as text; null where it is not there."""
    there = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    return f"CAST({name} AS VARCHAR)" if name in there else "CAST(NULL AS VARCHAR)"


def runs_of(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The manifest of each scheme of a written grading."""
    return list(manifest.get("schemes", {"": manifest}).values())


def blocked_rows(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many grades refused rows leave open, by feed, table and reason, over all runs; the most first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for run in runs:
        for row in run.get("blocked_grades", ()):
            counts[str(row["feed"]), str(row["table"]), str(row["reason"])] += int(row["grades"])
    names = ("feed", "table", "reason")
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{**dict(zip(names, key, strict=True)), "grades": count} for key, count in ordered]


def run_marks(runs: Iterable[Mapping[str, Any]]) -> list[str]:
    """The marks that every grade of some run carries; `unstated` where a run of an earlier version states none."""
    marks = set()
    for run in runs:
        marks |= set(run.get("input_marks", ())) if "blocked_grades" in run else {"unstated"}
    return sorted(marks)

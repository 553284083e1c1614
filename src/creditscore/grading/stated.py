"""What a written grading says of its input, read as SQL also from those of earlier versions, which say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.grading.input_state import BLOCKED

if TYPE_CHECKING:
    import duckdb

NOT_OVER = "period_not_over"
IS_BLOCKED = f"(state <> 'graded' AND coalesce(state_reason, '') = '{BLOCKED}')"


def input_column(con: duckdb.DuckDBPyConnection, rows: str, name: str = "input_state") -> str:
    """SQL for a column of some rows of grades that not every version writes, as text; null where it is not there."""
    there = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    return f"CAST({name} AS VARCHAR)" if name in there else "CAST(NULL AS VARCHAR)"

"""The columns of a written grading, with their types, and the check that a file has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from creditscore.records.source import literal

if TYPE_CHECKING:
    import duckdb

NUMBER = "DECIMAL(20,6)"
GRADES = {
    "subject_id": "VARCHAR",
    "domain": "VARCHAR",
    "scheme": "VARCHAR",
    "version": "VARCHAR",
    "period": "VARCHAR",
    "known_at": "DATE",
    "state": "VARCHAR",
    "state_reason": "VARCHAR",
    "start": NUMBER,
    "score": NUMBER,
    "score_low": NUMBER,
    "score_high": NUMBER,
    "grade": "VARCHAR",
    "route": "VARCHAR",
    "margin": NUMBER,
    "evidence": "VARCHAR",
    "readings": "VARCHAR",
    "input_state": "VARCHAR",
    "grade_without": "VARCHAR",
}
LEDGER = {
    "subject_id": "VARCHAR",
    "scheme": "VARCHAR",
    "version": "VARCHAR",
    "period": "VARCHAR",
    "step": "VARCHAR",
    "record_id": "VARCHAR",
    "item": "VARCHAR",
    "nominal": NUMBER,
    "effective": NUMBER,
    "rule": "VARCHAR",
    "article": "VARCHAR",
    "reason": "VARCHAR",
}
LATER = ("input_state", "grade_without")  # gradings of earlier versions do not have them: no row says anything there


def column_fault(con: duckdb.DuckDBPyConnection, file: str, columns: Mapping[str, str]) -> str:
    """Which column a Parquet file lacks or holds in another type, in words; empty where it has them all.

    Decimals may have any precision, and a column without any value may have any type.
    """
    described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(file)})").fetchall()
    types = {str(name): str(kind) for name, kind, *_ in described}
    for name, kind in columns.items():
        if name not in types:
            if name not in LATER:
                return f"no column {name}"
        elif types[name].partition("(")[0] != kind.partition("(")[0] and types[name] not in ("INTEGER", '"NULL"'):
            return f"column {name} holds {types[name]}, not {kind}"
    return ""

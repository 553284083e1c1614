"""The table `disputes` beside written results: which grades rest on records that an open case contests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from creditscore.core.errors import InputError

NAMES = (
    "scheme",
    "subject_id",
    "record_id",
    "case_id",
    "disputed_since",
    "decide_by",
    "grade_without",
    "score_without",
)
Row = Mapping[str, str | None]


def read_disputes(folder: Path | str) -> list[Row]:
    """One row per disputed record of a grade in a folder of `grade --store` or `composite --store`; none elsewhere.

    As the cases stood when the folder was written. InputError where the table cannot be read.
    """
    file = Path(folder) / "disputes.parquet"
    if not file.is_file():
        return []
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[Row] = pq.read_table(file).select(list(NAMES)).to_pylist()
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError("grading.table_disputes_cannot_read", error=error, where=str(file)) from error
    return rows

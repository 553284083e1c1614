"""Plain tables for the commands: written, and hashed by content, never by where a row stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.csv_people import write_people_table
from creditscore.core.errors import UsageError
from creditscore.modelling.validation.inputs import digest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["table_hash", "write_table"]


def write_table(table: pd.DataFrame, file: str | Path, people: bool = False) -> Path:
    """Parquet or CSV, by the ending of the name. `people`: CSV for people, see `csv_people`."""
    place, kind = Path(file), Path(file).suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise UsageError(f"a table of kind {place.suffix or 'unknown'}", where=str(place), allowed=".csv, .parquet")
    if people and kind != ".csv":
        raise UsageError(
            "--csv-people writes CSV", where=str(place), allowed=".csv", next="name a .csv file, or leave it out"
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    if people:
        write_people_table(table, place)
    elif kind == ".csv":
        table.to_csv(place, index=False)
    else:
        table.to_parquet(place, index=False)
    return place


def table_hash(table: pd.DataFrame) -> str:
    """SHA-256 over every cell and the names of the columns, the same for any order of rows and columns."""
    from creditscore.modelling.validation.inputs import make_frame

    frame = make_frame(table)
    assert frame is not None
    return digest(frame[sorted(frame.columns)])

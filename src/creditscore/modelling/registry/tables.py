"""Plain tables for the commands: read, written and hashed by content, never by where a row stands."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.boundary import outside
from creditscore.core.csv_people import write_people_table
from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.validation.inputs import digest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_table", "table_hash", "write_table"]


def read_table(file: str | Path) -> pd.DataFrame:
    """A CSV or Parquet file; text stays text, an empty cell is missing. InputError says what is wrong with the file."""
    import pandas as pd

    place = Path(file)
    if not place.is_file():
        raise InputError("there is no such table", where=str(place), allowed="a CSV or Parquet file")
    kind = place.suffix.lower()
    if kind not in (".csv", ".txt", ".parquet"):
        raise UsageError(f"a table of kind {place.suffix or 'unknown'}", where=str(place), allowed=".csv, .parquet")
    with outside("the table", place, "export the file again", "CSV in UTF-8 with commas between cells, or Parquet"):
        if kind == ".parquet":
            frame = pd.read_parquet(place)
        else:
            _check_shape(place)
            frame = pd.read_csv(place, encoding="utf-8-sig", low_memory=False)
    if not len(frame):
        raise InputError("the table has no rows", where=str(place), next="give a table with at least one row")
    return frame


def _check_shape(file: Path) -> None:
    """pandas would quietly rename a second column of one name, fill short lines, and shift lines that are too long."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        lines = csv.reader(text)
        names = next(lines, [])
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise InputError(f"column {twice[0]!r} stands twice", where=str(file), next="name each column once")
        for cells in lines:
            if cells and len(cells) != len(names):
                raise InputError(
                    f"line {lines.line_num} has {len(cells)} cells, the header {len(names)}",
                    where=str(file),
                    allowed="as many cells as the header in each line; double quotes around cells with commas",
                    next="export the file again",
                )


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
    from creditscore.modelling.validation.inputs import as_frame

    frame = as_frame(table)
    assert frame is not None
    return digest(frame[sorted(frame.columns)])

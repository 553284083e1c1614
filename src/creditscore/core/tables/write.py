"""The tables of a report, each as Parquet and as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.csv_people import write_people_csv
from creditscore.core.tables.source import literal

if TYPE_CHECKING:
    import pyarrow as pa


def write_tables(folder: Path, tables: Mapping[str, pa.Table], people: bool = False) -> list[Path]:
    """Each table as Parquet and as CSV, its rows in the order given; `people`: the CSV is for spreadsheets."""
    import duckdb

    con = duckdb.connect()
    files = []
    for name, table in tables.items():
        con.register("given", table)
        for kind, how in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("csv", "FORMAT csv, HEADER true")):
            files.append(folder / f"{name}.{kind}")
            if kind == "csv" and people:
                write_people_csv(con, "SELECT * FROM given", files[-1])
                continue
            con.execute(f"COPY (SELECT * FROM given) TO {literal(str(files[-1]))} ({how})")
        con.unregister("given")
    con.close()
    return files

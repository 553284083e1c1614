"""One table in every form in which a table may be given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")


def every_form(rows: Sequence[Mapping[str, Any]], folder: Path, name: str) -> dict[str, Callable[[], Any]]:
    """Write a table in every form; each is made anew when it is asked for, since some can be read once only."""
    frame = pl.DataFrame(list(rows), infer_schema_length=None)
    forms: dict[str, Callable[[], Any]] = {}
    for encoding in ENCODINGS:
        file = folder / f"{name}.{encoding}.csv"
        file.write_bytes(frame.write_csv().encode(encoding))
        forms[encoding] = lambda file=file: file
    parquet = folder / f"{name}.parquet"
    frame.write_parquet(parquet)
    return forms | {
        "parquet": lambda: parquet,
        "pandas": lambda: pd.read_parquet(parquet),
        "polars": lambda: frame,
        "lazy": frame.lazy,
        "arrow": frame.to_arrow,
        "reader": lambda: frame.to_arrow().to_reader(),
        "relation": lambda: duckdb.read_parquet(str(parquet)),
        "rows": lambda: [dict(row) for row in rows],
    }

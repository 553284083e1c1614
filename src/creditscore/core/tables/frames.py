"""Arrow tables as data frames of other libraries, which are loaded when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.extras import require

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def as_pandas(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a pandas DataFrame."""
    frame: pd.DataFrame = table.to_pandas()
    return frame


def as_polars(table: pa.Table) -> pl.DataFrame:
    """Return an Arrow table as a Polars DataFrame; MissingExtra where Polars is not installed."""
    require("polars")
    import polars as pl

    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame

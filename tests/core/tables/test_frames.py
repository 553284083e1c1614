"""Arrow tables as data frames of other libraries."""

from datetime import date
from decimal import Decimal

import pyarrow as pa

from creditscore.core.tables.frames import as_pandas, as_polars


def test_values_are_the_same_in_every_library() -> None:
    columns = {"name": ["甲", None], "points": [Decimal("2.4"), None], "day": [date(2022, 3, 1), None]}
    table = pa.table(columns)
    frame = as_pandas(table)
    assert {name: frame[name][0] for name in columns} == {name: values[0] for name, values in columns.items()}
    assert frame.iloc[1].isna().all()
    assert as_polars(table).to_dict(as_series=False) == columns
    assert as_polars(table.slice(0, 0)).columns == list(columns)

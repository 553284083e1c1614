"""Tables as plain JSON: one dict per row, numbers as Python numbers, missing as null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rows_of"]


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table, for JSON: NaN becomes None, numpy's numbers become Python's, floats keep every bit."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): cell.item() if hasattr(cell, "item") else cell for name, cell in row.items()} for row in rows]

"""The hash of a table by its content, never by where a row stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.modelling.validation.inputs import digest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["table_hash"]


def table_hash(table: pd.DataFrame) -> str:
    """SHA-256 over every cell and the names of the columns, the same for any order of rows and columns."""
    from creditscore.modelling.validation.inputs import make_frame

    frame = make_frame(table)
    assert frame is not None
    return digest(frame[sorted(frame.columns)])

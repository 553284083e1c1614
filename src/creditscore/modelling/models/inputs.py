"""What models that are saved as JSON and fitted to outcomes ask of both: two classes, and the right kind of file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Floats", "both_classes", "refuse_infinities", "refuse_infinity", "saved_as"]

Floats = NDArray[np.float64]


def both_classes(y: Floats, what: str) -> None:
    """Refuse outcomes of one kind only: no rate can be learned from them."""
    events = int(y.sum())
    if 0 < events < len(y):
        return
    kind = "no adverse event" if not events else "only adverse events"
    raise TableError(
        f"{what} needs outcomes of both classes; {kind} in {len(y)} rows",
        allowed="at least one 0 and one 1",
        next="widen the outcome window, or state a rate of your own: Calibrator('anchor', central_tendency=...)",
    )


def saved_as(data: Any, kind: str, form: int = 1) -> dict[str, Any]:
    """A saved object of this kind and format, or an error that says what it is instead."""
    if not isinstance(data, dict) or data.get("kind") != kind:
        result = data.get("kind") if isinstance(data, dict) else type(data).__name__
        raise TableError(f"this is not a saved {kind}, but {result!r}", allowed=f"kind: {kind}")
    if data.get("format") != form:
        raise TableError(f"format {data.get('format')!r} of a saved {kind} cannot be read", allowed=f"format: {form}")
    return data


def refuse_infinity(name: str, values: Floats) -> None:
    """TableError that names the column and the first row where a number is infinite."""
    odd = np.isinf(values)
    if odd.any():
        first = int(np.argmax(odd))
        raise TableError(
            f"column {name!r} holds infinity in {int(odd.sum())} of {len(values)} rows",
            where=f"column {name}, row {first + 1} (the first row is 1): {values[first]:g}",
            allowed="finite numbers, or missing",
            next="leave a ratio with no denominator missing",
        )


def refuse_infinities(table: pd.DataFrame) -> None:
    """The same for every column of a table: whatever type holds its numbers."""
    import pandas as pd

    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype) or not (
            pd.api.types.is_object_dtype(column) or pd.api.types.is_float_dtype(column)
        ):
            continue
        if pd.api.types.is_object_dtype(column):
            column = column.map(lambda cell: cell if isinstance(cell, float) else 0.0)
        refuse_infinity(str(name), column.to_numpy(dtype=np.float64, na_value=np.nan))

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
    raise TableError("modelling.needs_outcomes_both_classes_rows", what_value=what, kind=kind, y_count=len(y))


def saved_as(data: Any, kind: str, form: int = 1) -> dict[str, Any]:
    """A saved object of this kind and format, or an error that says what it is instead."""
    if not isinstance(data, dict) or data.get("kind") != kind:
        result = data.get("kind") if isinstance(data, dict) else type(data).__name__
        raise TableError("modelling.not_saved_but", kind=kind, result=result)
    if data.get("format") != form:
        raise TableError("modelling.format_saved_cannot_read", data=data.get("format"), kind=kind, form=form)
    return data


def refuse_infinity(name: str, values: Floats) -> None:
    """TableError that names the column and the first row where a number is infinite."""
    odd = np.isinf(values)
    if odd.any():
        first = int(np.argmax(odd))
        raise TableError(
            "modelling.column_holds_infinity_rows",
            name=name,
            sum=int(odd.sum()),
            values_count=len(values),
            count=first + 1,
            values=values[first],
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

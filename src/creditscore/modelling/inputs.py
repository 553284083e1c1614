"""What models that are saved as JSON and fitted to outcomes ask of both: two classes, and the right kind of file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.errors import TableError

__all__ = ["Floats", "both_classes", "saved_as"]

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
        found = data.get("kind") if isinstance(data, dict) else type(data).__name__
        raise TableError(f"this is not a saved {kind}, but {found!r}", allowed=f"kind: {kind}")
    if data.get("format") != form:
        raise TableError(f"format {data.get('format')!r} of a saved {kind} cannot be read", allowed=f"format: {form}")
    return data

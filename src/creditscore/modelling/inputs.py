"""What calibration, scales and grade models take: numbers, events and weights, checked once with one wording."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditscore.errors import TableError

__all__ = ["Floats", "both_classes", "events_of", "numbers_of", "saved_as", "weights_of"]

Floats = NDArray[np.float64]


def numbers_of(values: Any, name: str) -> Floats:
    """One column of finite numbers: shape (n,), float64; a table of one column is taken as its column.

    Raises TableError for text, several columns, no rows, missing values and infinities.
    """
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TableError(f"{name} are not numbers", allowed="finite numbers, one per row") from None
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise TableError(f"{name} have shape {found.shape}", allowed="one column: shape (n,) or (n, 1)")
    if not len(found):
        raise TableError(f"{name} have no rows", allowed="at least one row")
    bad = ~np.isfinite(found)
    if bad.any():
        kind = "missing (NaN)" if np.isnan(found).any() else "infinite"
        raise TableError(
            f"{int(bad.sum())} of {len(found)} {name} are not finite, the first {kind}",
            where=f"row {int(np.argmax(bad))}",
            allowed="finite numbers",
            next="leave these rows out, or mend the model that gave them",
        )
    return found


def events_of(y: Any, rows: int) -> Floats:
    """Outcomes as 0.0 and 1.0, shape (rows,): 1 is the adverse event."""
    found = numbers_of(y, "outcomes y")
    if len(found) != rows:
        raise TableError(f"{len(found)} outcomes for {rows} rows", allowed="one outcome per row")
    odd = found[(found != 0) & (found != 1)]
    if len(odd):
        raise TableError(f"an outcome is {odd[0]:g}", allowed="0 (no event) and 1 (adverse event)")
    return found


def weights_of(sample_weight: Any, rows: int) -> Floats:
    """Weights, shape (rows,): 1 each if none are given; zero takes a row out; never negative, never all zero."""
    if sample_weight is None:
        return np.ones(rows)
    found = numbers_of(sample_weight, "sample weights")
    if len(found) != rows:
        raise TableError(f"{len(found)} sample weights for {rows} rows", allowed="one weight per row")
    if (found < 0).any():
        raise TableError("a sample weight is negative", allowed="zero or more")
    if not found.any():
        raise TableError("all sample weights are zero", allowed="at least one positive weight")
    return found


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

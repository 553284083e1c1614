"""Edits by hand: each takes a reason and an author, changes the table, and stays in the card's audit trail."""

from __future__ import annotations

import datetime
from dataclasses import replace
from numbers import Real
from typing import Any

from creditscore.core.clock import today
from creditscore.core.errors import UsageError
from creditscore.modelling.scorecard.table import BASE, CardTable

MOST_POINTS = 1_000_000  # more is a slip of the keyboard


def edit_points(
    card: CardTable,
    variable: str,
    bin: str,
    points: float | None,
    *,
    reason: str,
    author: str,
    on: str | datetime.date | None = None,
    effect: dict[str, Any] | None = None,
) -> CardTable:
    """Change the points of one bin by hand, and record who did it and why in the card's audit trail.

    The card that is given stays as it is. In a card with evidence the new points have standard error 0: a person
    decided them.

    Parameters
    ----------
    card
        The card to edit.
    variable
        Name of the variable; `(base)` for the base row.
    bin
        Label of the bin as the table shows it; ignored for the base row.
    points
        The new points, from -1,000,000 to 1,000,000, whole in a card of whole points; None: such a value is refused
        from now on (not for the base).
    reason
        Why the points are changed; not empty.
    author
        Who answers for it; not empty.
    on
        Day of the edit; None for today.
    effect
        What the editor measured, such as AUC before and after; None for nothing.

    Returns
    -------
    CardTable
        A card with the new points and one more entry in `edits`.

    Raises
    ------
    UsageError
        Without a reason or an author, for points outside the range, not whole or missing where they must not be, and
        for a variable or bin that the card does not have.

    Examples
    --------
    >>> edited = edit_points(card, "debt", "missing", -5, reason="policy", author="Li Hua")  # doctest: +SKIP
    """
    if not str(reason).strip() or not str(author).strip():
        raise UsageError("modelling.edit_needs_reason_author")
    place = find(card, variable, bin)
    old = card.rows[place]
    if old.role == "base" and points is None:
        raise UsageError("modelling.base_needs_points", most_points=MOST_POINTS)
    if points is not None and not (isinstance(points, Real) and abs(points) <= MOST_POINTS):
        raise UsageError("modelling.points_2", points=points, most_points=MOST_POINTS)
    if points is not None and card.whole and points != int(points):
        raise UsageError("modelling.points_3", points=points)
    rows = list(card.rows)
    known = 0.0 if points is not None and card.evidence is not None else None  # decided by a person, not estimated
    rows[place] = replace(old, points=None if points is None else float(points), error=known)
    entry = {
        "change": "points",
        "variable": old.variable,
        "bin": old.bin,
        "from": old.points,
        "to": rows[place].points,
        "reason": str(reason),
        "author": str(author),
        "on": str(on if on is not None else today()),
        "rows": old.count,
        "effect": dict(effect or {}),
    }
    return replace(card, rows=tuple(rows), edits=(*card.edits, entry))


def find(card: CardTable, variable: str, bin: str) -> int:
    """Place of the row of that variable and bin; `(base)` needs no bin."""
    named = [i for i, row in enumerate(card.rows) if row.variable == variable]
    if not named:
        raise UsageError(
            "modelling.no_variable_card", variable=variable, allowed=[BASE, *(v.name for v in card.variables)]
        )
    places = [i for i in named if card.rows[i].bin == bin or card.rows[i].role == "base"]
    if len(places) != 1:
        labels = [row.bin for row in map(card.rows.__getitem__, named)]
        raise UsageError("modelling.no_bin", bin=bin, variable=variable, allowed=labels)
    return places[0]

"""What a fit found out about each column, as a card carries it: plain data, the rule it was judged by, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

__all__ = ["CERTAIN", "ENOUGH", "WHY", "CardEvidence", "ColumnEvidence", "gather_evidence", "shorten"]

ENOUGH = 50.0  # rows of the rarer outcome per column; with fewer a card that drops columns may rank worse
CERTAIN = 1.645  # errors by which a shortfall must exceed zero before it is told: one-sided 95 %
WHY = {
    "evidence": "its effect can be told from zero",
    "no_evidence": "its effect cannot be told from zero",
    "negligible": "its effect is too small to matter",
    "no_points": "no points: its effect is below half a point in each bin",
    "forced": "it was asked for; its effect cannot be told from zero",
    "reported": "nothing leaves in this fit; its effect cannot be told from zero",
}


@dataclass(frozen=True)
class ColumnEvidence:
    """One column. `stays`: it is in the card; `told`: its bins may be told as reasons; `why`: a key of `WHY`.

    p           that it has no effect beside the others, as it left or stayed; of columns that stay it is descriptive
    gain        deviance that it explains beside the others
    freedom     its effective degrees of freedom
    spread      standard deviation of its points over the rows of the fit, with an interval of 95 %
    left_as     in which place it left, 1 first; 0: it stayed
    """

    variable: str
    stays: bool
    told: bool
    why: str
    p: float
    gain: float
    freedom: float
    spread: float
    spread_low: float
    spread_high: float
    left_as: int = 0

    @property
    def words(self) -> str:
        """Why it stayed or left, with its p where that says it."""
        return WHY[self.why] + (f": p {self.p:.2g}" if self.why != "no_points" else "")

    def scaled(self, factor: float) -> Self:
        """The same with its spread in other units, and figures that do not hang on the order of the rows."""
        return replace(
            self,
            p=shorten(self.p),
            gain=shorten(self.gain),
            freedom=shorten(self.freedom),
            spread=shorten(self.spread * factor),
            spread_low=shorten(self.spread_low * factor),
            spread_high=shorten(self.spread_high * factor),
        )


@dataclass(frozen=True)
class CardEvidence:
    """The evidence of a card.

    level      the greatest p with which a column stayed; None: nothing left
    rows       weight of the rows of the fit
    rarer      of those with the rarer outcome; where rows belong together at most the clusters that have it
    columns    how many were looked at
    clusters   how many there are, where rows belong together
    notes      what a reader must know, in words
    """

    level: float | None
    rows: float
    rarer: float
    columns: int
    clusters: int | None
    notes: tuple[str, ...]
    variables: tuple[ColumnEvidence, ...]

    @cached_property
    def told(self) -> frozenset[str]:
        """Columns whose bins may be told as reasons."""
        return frozenset(variable.variable for variable in self.variables if variable.told)

    def to_pandas(self) -> pd.DataFrame:
        """One row per column, the least p first."""
        import pandas as pd

        frame = pd.DataFrame(
            [asdict(variable) for variable in self.variables], columns=list(ColumnEvidence.__annotations__)
        )
        return frame.sort_values(["p", "variable"], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` gives an equal object."""
        return {
            **asdict(self),
            "notes": list(self.notes),
            "variables": [asdict(variable) for variable in self.variables],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        variables = tuple(ColumnEvidence(**variable) for variable in data["variables"])
        return cls(**{**data, "notes": tuple(data["notes"]), "variables": variables})


def gather_evidence(
    columns: Iterable[ColumnEvidence],
    level: float | None,
    event: Floats,
    weight: Floats,
    looked_at: int,
    groups: NDArray[Any] | None,
) -> CardEvidence:
    """The evidence of a card with the notes that follow from it. `groups`: of rows that belong together, if any do."""
    variables, clusters, total = tuple(columns), None, float(weight.sum())
    rarer = min(float(weight @ event), total - float(weight @ event))
    if groups is not None:
        _, place = np.unique(groups.astype(str), return_inverse=True)
        clusters = int(place.max()) + 1
        rarer = min(rarer, *(float(len(np.unique(place[event == outcome]))) for outcome in (0.0, 1.0)))
    notes = notes_on(rarer, looked_at, level, sum(column.stays for column in variables), clusters is not None)
    return CardEvidence(level, total, rarer, looked_at, clusters, notes, variables)


def notes_on(rarer: float, columns: int, level: float | None, stay: int, grouped: bool) -> tuple[str, ...]:
    """What a reader must know of a card: few rows of the rarer outcome per column, no column at all."""
    notes = []
    if columns and rarer < ENOUGH * columns:
        price = (
            "no column is told from chance with much certainty"
            if level is None
            else "a column with a real effect may leave, and the card may rank worse than one that keeps every column"
        )
        notes.append(
            f"{rarer:.6g} {'clusters' if grouped else 'rows'} of the rarer outcome for {columns} columns, "
            f"{rarer / columns:.2g} each; below {ENOUGH:g} {price}"
        )
    if not stay:
        notes.append("no column has an effect that can be told from zero: the card says the base rate")
    return tuple(notes)


def shorten(value: float) -> float:
    """Six digits: what follows depends on the order in which rows are added up."""
    return float(f"{value:.6g}")

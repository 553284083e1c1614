"""The card: one table from which score, reasons, SQL, JSON and sheets are all derived."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError, UsageError
from creditscore.core.exports import call_later
from creditscore.core.i18n import Lang, language
from creditscore.core.tables.frames import as_polars
from creditscore.modelling.features.columns_of import Source, look
from creditscore.modelling.models.inputs import saved_as
from creditscore.modelling.scorecard.bins import Bins, blocks, plain
from creditscore.modelling.scorecard.findings import CardEvidence

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from creditscore.present.svg import Picture

FORMAT = 1
BASE = "(base)"
SHOWN = ("variable", "bin", "count", "events", "rate", "woe", "points", "reason", "basis")
MACHINE = ("role", "kind", "low", "high", "levels", "trend", "error")
NOTICE = "Advisory: a statistical model never sets a statutory grade."


@dataclass(frozen=True)
class Row:
    """One line of the card. `role`: base, bin, special, missing or other; `points` None: such a value is refused.

    `low <= x < high` for numbers (None: no end), `levels` for categories and special values. `error`: standard error of
    the points; None where they are no estimate (a policy, no rows) or the card carries no evidence.
    """

    variable: str
    bin: str
    count: float
    events: float
    woe: float
    points: float | None
    reason: str = ""
    basis: str = ""
    role: str = "bin"
    kind: str = "number"
    low: float | None = None
    high: float | None = None
    levels: tuple[float | str, ...] = ()
    trend: str = "none"
    error: float | None = None

    @property
    def rate(self) -> float:
        return self.events / self.count if self.count else math.nan


@dataclass(frozen=True)
class Variable:
    """A column of the card as the scorer needs it: its bins and the points of each code."""

    bins: Bins
    points: NDArray[Any]  # NaN: refused
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        return self.bins.name

    @cached_property
    def mean(self) -> float:
        """Mean points of the population in the table: its counts times its points."""
        count = np.array([row.count for row in self.rows])
        known = np.nan_to_num(self.points.astype(float))
        return float(count @ known) / float(count.sum()) if count.sum() > 0 else 0.0


@dataclass(frozen=True, repr=False)
class CardTable:
    """Hold a scorecard as one table of points; score = points of the base + Σ points of the bins, higher is better.

    log_odds = (base_score - score) · ln 2 / pdo - ln base_odds is the log-odds of the event: at `base_score` points the
    odds good to bad are `base_odds`, and `pdo` points more double them.

    Raises TableError unless the rows hold one base row with points, finite points (whole ones if `whole`) and, for each
    variable, bins without gap or overlap; UsageError for `base_odds` or `pdo` not above 0.

    Parameters
    ----------
    rows
        The lines of the card: the base, and one per bin of each variable. A line without points refuses its values.
    base_score
        Points at which the odds good to bad are `base_odds`.
    base_odds
        Odds good to bad at `base_score` points, above 0.
    pdo
        Points that double the odds, above 0.
    whole
        Whether all points are whole numbers; the scores then are int64, else float64.
    edits
        The audit trail of changes by hand, oldest first (see `edit_points`).
    evidence
        What the fit found out about each column; None in cards of versions that did not ask.
    """

    rows: tuple[Row, ...]
    base_score: float = 600.0
    base_odds: float = 50.0
    pdo: float = 20.0
    whole: bool = True
    edits: tuple[dict[str, Any], ...] = field(default=())
    evidence: CardEvidence | None = None

    def __repr__(self) -> str:
        bins = len(self.rows) - 1
        return f"<CardTable base {self.base:g}, pdo {self.pdo:g}: {len(self.variables)} variables, {bins} bins>"

    def _repr_html_(self) -> str:
        from creditscore.modelling.scorecard.document import card_document
        from creditscore.present.html import render_cell

        return render_cell(card_document(self, language()))

    def plot(self, lang: Lang | None = None) -> Picture:
        """Draw what each variable can give or take (SVG, which a notebook shows); empty without variables."""
        from creditscore.modelling.scorecard.document import draw_card

        return draw_card(self, lang or language())

    def explain(self, table: Any, k: int = 4, baseline: str | Mapping[str, float] = "mean") -> Any:
        """Name the variables that cost each row most against the baseline: `rank_reasons` of this card."""
        return call_later("creditscore.modelling.rank_reasons", self, table, k, baseline)

    def __post_init__(self) -> None:
        for name, value in (("base_odds", self.base_odds), ("pdo", self.pdo)):
            if not (math.isfinite(value) and value > 0):
                raise UsageError("modelling.is_3", name=name, value=value)
        bases = [row for row in self.rows if row.role == "base"]
        if len(bases) != 1 or bases[0].points is None:
            raise TableError("modelling.card_base_rows", bases_count=len(bases), where="rows")
        for row in self.rows:
            if row.points is not None and not math.isfinite(row.points):
                raise TableError("modelling.points_not_number", variable=row.variable, bin=row.bin)
            if self.whole and row.points is not None and row.points != int(row.points):
                raise TableError("modelling.points_4", variable=row.variable, bin=row.bin, points=row.points)
        _ = self.variables  # reads the bins, and so checks that they tile their columns

    @property
    def base(self) -> float:
        return float(next(row.points for row in self.rows if row.role == "base"))  # type: ignore[arg-type]

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        names = list(dict.fromkeys(row.variable for row in self.rows if row.role != "base"))
        grouped: dict[str, list[Row]] = {name: [] for name in names}
        for row in self.rows:
            if row.role != "base":
                grouped[row.variable].append(row)
        return tuple(compiled(name, tuple(rows), self.whole) for name, rows in grouped.items())

    def codes(self, table: Any) -> Iterator[tuple[Variable, Any]]:
        """(variable, blocks of (rows, codes of their bins)); columns are found by name, in any order; others are
        ignored.
        """
        source = table if isinstance(table, Source) else look(table)
        for variable in self.variables:
            yield variable, blocks(variable.bins, source.read(variable.name))

    def score(self, table: Any) -> NDArray[Any]:
        """Points per row: int64 in a card of whole points, else float64. Refused values are an error."""
        source = table if isinstance(table, Source) else look(table)
        out = np.full(source.rows, self.base, dtype=np.int64 if self.whole else np.float64)
        for variable, parts in self.codes(source):
            points = scored_points(variable, self.whole)
            refused = np.isnan(variable.points.astype(float))
            for rows, codes in parts:
                out[rows] += points.take(codes)
                if refused.any():
                    check_refused(variable, codes, rows, refused)
        return out

    def contributions(self, table: Any) -> pd.DataFrame:
        """Points per row and variable; with the base they add up to the score."""
        import pandas as pd

        source = table if isinstance(table, Source) else look(table)
        columns = {}
        for variable, parts in self.codes(source):
            points = scored_points(variable, self.whole)
            refused = np.isnan(variable.points.astype(float))
            column = np.empty(source.rows, dtype=points.dtype)
            for rows, codes in parts:
                column[rows] = points.take(codes)
                check_refused(variable, codes, rows, refused)
            columns[variable.name] = column
        index = getattr(table, "index", None) if type(table).__module__.startswith("pandas") else None
        return pd.DataFrame(columns, index=pd.RangeIndex(source.rows) if index is None else index)

    def log_odds(self, score: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds of the event at these scores."""
        out: NDArray[np.float64] = (self.base_score - score) * (math.log(2.0) / self.pdo) - math.log(self.base_odds)
        return out

    def to_pandas(self) -> pd.DataFrame:
        """The table: what people read, then what programs need. `low` and `high` are infinite where there is no end."""
        import pandas as pd

        frame = pd.DataFrame(
            [{**asdict(row), "rate": row.rate, "levels": list(row.levels) or None} for row in self.rows],
            columns=[*SHOWN, *MACHINE],
        )
        ranged = (frame["role"] == "bin") & (frame["kind"] == "number")
        frame["low"] = frame["low"].astype(float).where(~ranged | frame["low"].notna(), -math.inf)
        frame["high"] = frame["high"].astype(float).where(~ranged | frame["high"].notna(), math.inf)
        if self.whole:
            frame["points"] = frame["points"].astype("Int64")
        return frame

    def to_polars(self) -> pl.DataFrame:
        """Give the same table as a Polars DataFrame; `levels` are texts, special numbers too."""
        import pyarrow as pa

        levels = [[plain(level) for level in row.levels] or None for row in self.rows]
        arrays = pa.Table.from_pandas(self.to_pandas().drop(columns="levels"), preserve_index=False)
        place = [*SHOWN, *MACHINE].index("levels")
        return as_polars(arrays.add_column(place, "levels", pa.array(levels, pa.list_(pa.string()))))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` gives an equal card."""
        rows = [{**asdict(row), "levels": list(row.levels)} for row in self.rows]
        if self.evidence is None:  # as versions wrote it that knew of no evidence: the same card has the same hash
            rows = [{name: value for name, value in row.items() if name != "error"} for row in rows]
        return {
            "kind": "scorecard_table",
            "format": FORMAT,
            "notice": NOTICE,
            "base_score": self.base_score,
            "base_odds": self.base_odds,
            "pdo": self.pdo,
            "whole": self.whole,
            "rows": rows,
            "edits": [dict(edit) for edit in self.edits],
            **({} if self.evidence is None else {"evidence": self.evidence.to_dict()}),
        }

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> CardTable:
        saved_as(d, "scorecard_table", FORMAT)
        rows = tuple(read_row(row) for row in d["rows"])
        evidence = None if d.get("evidence") is None else CardEvidence.from_dict(d["evidence"])
        return cls(rows, d["base_score"], d["base_odds"], d["pdo"], d["whole"], tuple(d["edits"]), evidence)


NUMBERS = ("count", "events", "woe", "points", "low", "high", "error")


def read_row(data: Mapping[str, Any]) -> Row:
    """Read a line of a saved card; TableError where a number of it is none."""
    for name in NUMBERS:
        value = data.get(name)
        if isinstance(value, bool) or not (value is None or isinstance(value, int | float)):
            raise TableError(
                "modelling.line_card",
                name=name,
                value=str(value)[:80],
                data=str(data.get("variable"))[:80],
                data_2=str(data.get("bin"))[:80],
            )
    return Row(**{**data, "levels": tuple(data["levels"])})


def scored_points(variable: Variable, whole: bool) -> NDArray[Any]:
    points: NDArray[Any] = np.nan_to_num(variable.points.astype(float))
    return points.astype(np.int64) if whole else points


def check_refused(variable: Variable, codes: Any, rows: slice, refused: NDArray[np.bool_]) -> None:
    hit = refused[codes]
    if hit.any():
        at = rows.start + int(np.argmax(hit))
        label = variable.rows[int(codes[np.argmax(hit)])].bin
        raise TableError("modelling.row_card_refuses", at=at, label=label, name=variable.name)


ORDER = {"bin": 0, "special": 1, "missing": 2, "other": 3}


def compiled(name: str, rows: tuple[Row, ...], whole: bool) -> Variable:
    """The bins that the rows of one variable say; gaps, overlaps and missing rows are errors."""
    kind = rows[0].kind
    rows = tuple(sorted(rows, key=lambda row: ORDER[row.role]))
    own = [row for row in rows if row.role == "bin"]
    special = tuple(row.levels for row in rows if row.role == "special")
    roles = [row.role for row in rows]
    if roles.count("missing") != 1 or roles.count("other") != (kind == "category") or any(r.kind != kind for r in rows):
        raise TableError("modelling.rows_not_complete", name=name)
    if kind == "number":
        ends = [(row.low, row.high) for row in own]
        whole_line = bool(ends) and ends[0][0] is None and ends[-1][1] is None
        if not whole_line or any(a[1] is None or a[1] != b[0] for a, b in itertools.pairwise(ends)):
            raise TableError("modelling.bins_leave_gap_overlap", name=name)
        bins = Bins(
            name,
            kind,
            tuple(float(low) for low, _ in ends[1:] if low is not None),
            specials=special,
            trend=own[0].trend,
        )
    else:
        groups = tuple(tuple(str(v) for v in row.levels) for row in own)
        bins = Bins(name, kind, groups=groups, specials=special, trend=rows[0].trend)
    points = np.array([math.nan if row.points is None else float(row.points) for row in rows])
    return Variable(bins, points, rows)


def rows_of(
    bins: Bins,
    counts: NDArray[np.float64],
    events: NDArray[np.float64],
    woe: NDArray[np.float64],
    points: list[float | None],
    reason: str = "",
    basis: str = "",
    errors: Sequence[float | None] | None = None,
) -> list[Row]:
    """The rows of one variable, in the order of the codes of its bins."""
    low: tuple[float | None, ...] = (None, *bins.cuts)
    high: tuple[float | None, ...] = (*bins.cuts, None)
    out = []
    for code, label in enumerate(bins.labels()):
        role = "bin" if code < bins.ordinary else "special" if code < bins.missing else "missing"
        if code > bins.missing:
            role = "other"
        ranged = role == "bin" and bins.kind == "number"
        levels: tuple[float | str, ...] = ()
        if role == "special":
            levels = bins.specials[code - bins.ordinary]
        elif role == "bin" and not ranged:
            levels = bins.groups[code]
        out.append(
            Row(
                variable=bins.name,
                bin=label,
                count=float(counts[code]),
                events=float(events[code]),
                woe=float(woe[code]),
                points=points[code],
                reason=reason or bins.name,
                basis=basis,
                role=role,
                kind=bins.kind,
                low=low[code] if ranged else None,
                high=high[code] if ranged else None,
                levels=levels,
                trend=bins.trend,
                error=None if errors is None else errors[code],
            )
        )
    return out

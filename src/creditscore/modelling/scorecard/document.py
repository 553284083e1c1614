"""A scorecard as a notebook shows it: its scale, what each variable can give or take, the points of each bin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from creditscore.core.i18n import Lang, phrases
from creditscore.modelling.scorecard.bins import plain
from creditscore.present.document import (
    Chart,
    Count,
    Document,
    Named,
    Notice,
    Paragraph,
    Row,
    Section,
    Table,
    Tiles,
    Value,
    heads,
    percent,
)
from creditscore.present.plots import chart_of, intervals, shown
from creditscore.present.svg import Picture

if TYPE_CHECKING:
    from creditscore.modelling.scorecard.table import CardTable, Variable
    from creditscore.modelling.scorecard.table import Row as Line

MOST = 6  # levels of a bin that are named


def card_document(card: CardTable, lang: Lang) -> Document:
    """Tell what a card adds up: scale, range of points of each variable, points of each bin."""
    t = phrases("scorecard", lang, "validation")
    ends = [_ends(variable) for variable in card.variables]
    tiles = {
        "variables": len(ends),
        "base": card.base,
        "lowest": card.base + sum(low for low, _ in ends),
        "highest": card.base + sum(high for _, high in ends),
    }
    scale = t("scale", shown(card.base_score), shown(card.base_odds), shown(card.pdo))
    return Document(
        t("scorecard"),
        t("of_variables", len(ends)),
        lang,
        [
            Notice(t("edited", len(card.edits))) if card.edits else None,
            Tiles([(t(code), _points(number)) for code, number in tiles.items()]),
            Paragraph(scale),
            Section(t("spread"), [_spread(card, t)]) if ends else None,
            Section(t("bins"), [_table(card, t)], t("bins_desc")),
        ],
        foot=t("not_official"),
    )


def draw_card(card: CardTable, lang: Lang) -> Picture:
    """Draw what each variable can give or take, the one that matters most first; empty without variables."""
    return Picture(_spread(card, phrases("scorecard", lang)).picture)


def _spread(card: CardTable, t: Callable[..., str]) -> Chart:
    spreads = [(low, high, variable) for variable in card.variables for low, high in [_ends(variable)]]
    rows = [
        {"label": variable.rows[0].reason or variable.name, "value": variable.mean, "low": low, "high": high}
        | {"text": " – ".join(_points(end).say("en") for end in (low, high))}
        for low, high, variable in sorted(spreads, key=lambda spread: spread[0] - spread[1])
    ]
    return chart_of(intervals, "spread", t("spread"), t("spread_desc"), rows, 0.0)


def _ends(variable: Variable) -> tuple[float, float]:
    """The fewest and the most points that a variable gives."""
    known = [row.points for row in variable.rows if row.points is not None]
    return min(known, default=0.0), max(known, default=0.0)


def _table(card: CardTable, t: Callable[..., str]) -> Table:
    rows = [Row((t("base"), "", None, None, _points(card.base)), "sum")]
    for variable in card.variables:
        for line in variable.rows:
            points = t("refused") if line.points is None else _points(line.points)
            rate = percent(line.rate) if line.count else None
            cells: tuple[Value, ...] = (_name(line), name_bin(line, t), shown(line.count), rate, points)
            rows.append(Row(cells, "idle" if line.points is None else ""))
    return Table(heads(t, "variable", "bin", numbers=("count", "rate", "points")), rows)


def _points(value: float) -> Count:
    """Points as a reader sees them: whole ones as they are, others to a hundredth."""
    return Count(int(value) if value == int(value) else Decimal(f"{round(value, 2) + 0.0:.2f}"))


def _name(line: Line) -> Value:
    return Named(line.reason, line.variable) if line.reason else line.variable


def name_bin(line: Line, t: Callable[..., str]) -> Value:
    """What a bin is called, in the language of `t`."""
    if line.role in ("base", "missing", "other"):
        return t(line.role)
    if line.role == "special":
        return t("special", _list(line.levels, t))
    if line.kind != "number":
        return _list(line.levels, t)
    if line.low is None:
        return t("any_value") if line.high is None else t("below", _number(line.high))
    return (
        t("at_least", _number(line.low)) if line.high is None else t("between", _number(line.low), _number(line.high))
    )


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else plain(value).replace("-", "−")


def _list(levels: Sequence[float | str], t: Callable[..., str]) -> Value:
    named = [_number(level) for level in levels[:MOST]]
    return t("levels", named, len(levels)) if len(levels) > MOST else named

"""A scorecard in a notebook: every line of it in words, what it can add up to, and its table for other libraries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.i18n import LANGS, set_language, show
from creditscore.modelling import CardTable, ScorecardClassifier, edit_points, rank_reasons
from creditscore.modelling.scorecard.document import card_document
from creditscore.present.document import gather_tables
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text
from tests.modelling.data import firms
from tests.present.test_charts import parsed
from tests.present.test_html import EVIL

X, Y = firms()
FITTED: dict[str, Any] = {"specials": {"margin": [-99]}, "texts": {"late": "逾期申报次数"}}
CARD = ScorecardClassifier(**FITTED).fit(X, Y).card_
FLOATS = ScorecardClassifier(**FITTED, round_points=False).fit(X, Y).card_


def cells(card: CardTable, lang: Any) -> list[list[str]]:
    """The table of the bins as it is read."""
    table = list(gather_tables(card_document(card, lang).blocks))[-1]
    return [[show(cell, lang) for cell in row.cells] for row in table.each()]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("card", [CARD, FLOATS], ids=["whole", "floats"])
def test_every_line_stands_with_its_points(card: CardTable, lang: Any) -> None:
    shown = cells(card, lang)
    points = [float(row[-1].replace("−", "-")) for row in shown]
    np.testing.assert_allclose(points, [row.points for row in card.rows], atol=0 if card.whole else 0.005001)
    assert [row[2] for row in shown[1:]] == [f"{row.count:,.0f}" for row in card.rows[1:]]
    assert "late" in shown[1][0]
    assert "逾期申报次数" in shown[1][0]


def test_bins_are_named_in_words() -> None:
    chinese, english = ([row[1] for row in cells(CARD, lang)] for lang in ("zh", "en"))
    assert english == [row.bin.replace("-", "−") for row in CARD.rows]
    assert {"低于1", "1（含）至2", "5及以上", "缺失", "其他取值", "特殊值−99", "farm"} <= set(chinese)
    assert not {"missing", "other"} & set(chinese)


def test_the_score_lies_between_the_ends_that_are_told() -> None:
    text = render_text(card_document(CARD, "en"))
    score = CARD.score(X)
    parts = [[row.points or 0 for row in variable.rows] for variable in CARD.variables]
    low, high = (int(CARD.base) + sum(int(end(part)) for part in parts) for end in (min, max))
    assert f"Lowest possible score: {low}" in text
    assert f"Highest possible score: {high}" in text
    assert low <= score.min() <= score.max() <= high
    assert "At 600 points the odds good to bad are 50 to 1; 20 points more double them." in " ".join(text.split())


def test_a_refused_value_and_a_change_by_hand_are_told() -> None:
    place = next(number for number, row in enumerate(CARD.rows) if row.role == "missing")
    card = replace(CARD, rows=(*CARD.rows[:place], replace(CARD.rows[place], points=None), *CARD.rows[place + 1 :]))
    assert cells(card, "zh")[place][-1] == "不予评分"
    assert "by hand" not in render_text(card_document(CARD, "en"))
    edited = edit_points(CARD, "late", "< 1", 3, reason="a ruling", author="Li", on="2020-01-01")
    assert "1 change by hand" in render_text(card_document(edited, "en"))


def test_a_notebook_shows_a_card_in_the_language_that_is_set() -> None:
    bins = len(CARD.rows) - 1
    assert repr(CARD) == f"<CardTable base {CARD.base:g}, pdo 20: 4 variables, {bins} bins>"
    set_language("zh")
    assert CARD._repr_html_().strip().startswith('<div class="creditscore">')
    assert "4项变量的评分卡" in CARD._repr_html_()
    assert "各变量的分值范围" in CARD.plot()
    set_language("en")
    assert "Scorecard of 4 variables" in CARD._repr_html_()
    assert "Points of each variable" in CARD.plot()
    assert "各变量的分值范围" in CARD.plot("zh")
    assert CARD.plot()._repr_html_().startswith("<svg")


def test_a_card_explains_rows_as_reasons_are_ranked() -> None:
    few = X.head(20)
    assert CARD.explain(few, k=2).equals(rank_reasons(CARD, few, k=2))
    assert len(CARD.explain(few, k=2)) > 5


def test_the_variable_that_matters_most_is_drawn_first() -> None:
    drawn = CARD.plot("en")
    spreads = {
        v.rows[0].reason: max(row.points or 0 for row in v.rows) - min(row.points or 0 for row in v.rows)
        for v in CARD.variables
    }
    order = sorted(spreads, key=lambda name: -spreads[name])
    assert sorted(order, key=lambda name: drawn.index(f">{name}</text>")) == order


def test_names_stay_data_and_a_card_of_the_base_alone_is_shown() -> None:
    rows = [replace(row, variable=EVIL, reason=EVIL) if row.variable == "late" else row for row in CARD.rows]
    card = replace(CARD, rows=tuple(rows))
    assert EVIL not in render_page(card_document(card, "zh"))
    parsed(card.plot())
    alone = replace(CARD, rows=tuple(row for row in CARD.rows if row.role == "base"))
    assert alone.plot() == ""
    assert "Scorecard of 0 variables" in render_text(card_document(alone, "en"))


@pytest.mark.parametrize("card", [CARD, FLOATS], ids=["whole", "floats"])
def test_the_table_is_one_of_other_libraries(card: CardTable) -> None:
    frame, other = card.to_pandas(), card.to_polars()
    assert other.columns == list(frame)
    assert other["points"].to_list() == [row.points for row in card.rows]
    assert other["high"].to_list() == [None if pd.isna(high) else high for high in frame["high"]]
    assert ["-99"] in other["levels"].to_list()
    assert ["farm"] in other["levels"].to_list()

"""Plots of explanations are drawn in full, with every Chinese character, and say that they are advisory."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import UsageError
from creditscore.modelling.models.explain import explain, make_explainer
from creditscore.modelling.models.explain_plots import FONTS, beeswarm, dependence, waterfall
from creditscore.modelling.scorecard.classifier import ScorecardClassifier

LABELS = {"late": "逾期申报次数", "sector": "行业门类", "ratio": "资产负债率"}


@pytest.fixture(scope="module")
def explained() -> Any:
    rng = np.random.default_rng(3)
    X = pd.DataFrame(
        {"late": rng.poisson(2, 400), "ratio": rng.normal(size=400), "sector": rng.choice(["甲", "乙"], 400)}
    )
    X.loc[::9, "ratio"] = np.nan
    y = (rng.random(400) < 1 / (1 + np.exp(2 - X["late"] + X["ratio"].fillna(0)))).astype(int)
    model = ScorecardClassifier(smoothing=1.0).fit(X, y)
    return explain(model, X, make_explainer(model, X))


def has_chinese() -> bool:
    from matplotlib import font_manager

    return bool({font_entry.name for font_entry in font_manager.fontManager.ttflist} & set(FONTS))


def texts(figure: Any) -> str:
    from matplotlib.text import Text

    return "\n".join(value.get_text() for value in figure.findobj(Text))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", ["waterfall", "beeswarm", "number", "text"])
def test_drawn_without_a_missing_sign(explained: Any, kind: str, lang: str) -> None:
    if not has_chinese():
        pytest.skip("no Chinese font is installed")  # without one, matplotlib warns of every character
    if kind == "waterfall":
        figure = waterfall(explained, 3, labels=LABELS, lang=lang, most=2)
    elif kind == "beeswarm":
        figure = beeswarm(explained, labels=LABELS, lang=lang)
    else:
        figure = dependence(explained, "ratio" if kind == "number" else "sector", labels=LABELS, lang=lang)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert file.tell() > 8000
    assert ("仅供参考" if lang == "zh" else "Advisory") in texts(figure)
    assert any(word in texts(figure) for word in LABELS.values())


def test_a_waterfall_ends_at_the_points(explained: Any) -> None:
    figure = waterfall(explained, 0, most=1)
    bars = [bar for bar in figure.axes[0].patches if bar.get_width()]
    assert len(bars) == 2  # the largest, and the rest as one
    assert explained.base + sum(bar.get_width() for bar in bars) == pytest.approx(explained.score[0])
    low, high = figure.axes[0].get_xlim()
    assert low < min(bar.get_x() + min(0, bar.get_width()) for bar in bars)
    assert high > max(bar.get_x() + max(0, bar.get_width()) for bar in bars)


def test_an_unknown_column(explained: Any) -> None:
    with pytest.raises(UsageError, match="'never' has no share"):
        dependence(explained, "never")

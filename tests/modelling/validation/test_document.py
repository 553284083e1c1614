"""A validation in a notebook: verdict, main figures, every criterion, curves; its criteria for other libraries."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from creditscore.core.errors import UsageError
from creditscore.core.i18n import LANGS, set_language, show
from creditscore.modelling.validation.document import report_document
from creditscore.modelling.validation.validate import ValidationReport, validate
from creditscore.present.document import Badge, gather_tables
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text
from tests.present.test_charts import parsed
from tests.present.test_html import EVIL

CHANCE = np.random.default_rng(3)
P = CHANCE.uniform(0.01, 0.5, 2000)
REPORT = validate(P, y=CHANCE.random(2000) < P, bootstraps=5, about={"title": {"zh": "甲模型", "en": "Model A"}})
ALIKE = validate(np.full(60, 0.1), y=np.zeros(60), bootstraps=0)


def read(report: ValidationReport, lang: Any = "en") -> str:
    """The document as a terminal shows it, folded lines joined."""
    return " ".join(render_text(report_document(report.to_dict(), lang)).split())


@pytest.mark.parametrize("lang", LANGS)
def test_every_criterion_stands_with_its_outcome(lang: Any) -> None:
    document = report_document(REPORT.to_dict(), lang)
    criteria = next(table for table in gather_tables(document.blocks) if isinstance(table.rows[0].cells[-1], Badge))
    words = {"pass": ("通过", "pass"), "warn": ("提示", "warn"), "fail": ("未通过", "fail")}
    words["not_assessed"] = ("未评估", "not assessed")
    expected = [
        (row[f"label_{lang}"], words[row["outcome"]][lang == "en"]) for row in REPORT.criteria.to_dict("records")
    ]
    assert [(show(row.cells[0], lang), show(row.cells[-1], lang)) for row in criteria.each()] == expected
    assert len(expected) > 5
    assert document.title == ("甲模型" if lang == "zh" else "Model A")


def test_the_main_figures_are_those_of_the_report() -> None:
    text = read(REPORT)
    assert "Rows used: 2,000" in text
    assert f"Events: {REPORT.numbers['coverage']['events']:,}" in text
    assert f"AUC: {REPORT.numbers['discrimination']['auc']:.3f}" in text
    counts = REPORT.criteria["outcome"].value_counts()
    assert f"{counts['pass']} criteria passed" in text


def test_a_notebook_shows_a_report_in_the_language_that_is_set() -> None:
    shown = re.fullmatch(r"<ValidationReport (\w+): (.+)>", repr(REPORT))
    assert shown is not None
    assert shown[1] == REPORT.verdict
    counts = dict(part.split(" ") for part in shown[2].split(", "))
    assert {name: int(number) for name, number in counts.items()} == REPORT.criteria["outcome"].value_counts().to_dict()
    set_language("zh")
    assert REPORT._repr_html_().strip().startswith('<div class="creditscore">')
    assert "甲模型" in REPORT._repr_html_()
    set_language("en")
    assert "Model A" in REPORT._repr_html_()
    assert "ROC and CAP" in REPORT.plot()
    assert "ROC 与 CAP 曲线" in REPORT.plot(lang="zh")
    assert "Predicted against observed" in REPORT.plot("calibration")
    parsed(REPORT.plot("calibration"))
    assert REPORT.plot()._repr_html_().startswith("<svg")
    parsed(REPORT.plot())


def test_the_widest_distance_of_the_curves_is_ks() -> None:
    curves = REPORT.tables["curves"]
    ks = REPORT.numbers["discrimination"]["ks"]
    assert 0 <= ks - (curves["events_found"] - curves["others_found"]).abs().max() < 0.01  # few points of the curves
    picture = REPORT.plot("ks", "en")
    parsed(picture)
    assert f"KS {ks:.3f}<" in picture
    assert f"KS {ks:.3f}" in REPORT.plot("ks", "zh")


def test_a_figure_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no figure 'lift'") as refused:
        REPORT.plot("lift")  # type: ignore[arg-type]
    assert refused.value.allowed == "curves, ks, calibration"


def test_a_report_of_outcomes_that_are_all_alike_has_no_curves() -> None:
    assert ALIKE.plot() == ALIKE.plot("ks") == ""
    assert "<svg" in ALIKE.plot("calibration")
    assert "ROC" not in read(ALIKE)
    assert "ROC" in read(REPORT)
    assert "not assessed" in read(ALIKE)


def test_made_up_data_is_told_and_texts_of_the_caller_stay_data() -> None:
    made_up = replace(REPORT, about={**REPORT.about, "made_up": True, "title": EVIL})
    assert read(made_up).startswith("*** Made-up data")
    assert not read(REPORT).startswith("***")
    page = render_page(report_document(made_up.to_dict(), "zh"))
    assert EVIL not in page
    assert EVIL not in made_up._repr_html_()


def test_the_criteria_are_tables_of_other_libraries() -> None:
    frame, other = REPORT.to_pandas(), REPORT.to_polars()
    assert frame.equals(REPORT.criteria)
    frame.loc[:, "outcome"] = "fail"
    assert not frame.equals(REPORT.criteria)
    assert other.columns == list(REPORT.criteria)
    assert other["outcome"].to_list() == REPORT.criteria["outcome"].tolist()
    assert other["value"].null_count() + other["value"].is_nan().sum() == REPORT.criteria["value"].isna().sum()

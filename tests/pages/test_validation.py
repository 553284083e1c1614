"""The validation page: inert, offline, in both languages, and drawn from nothing but its JSON."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from creditscore.core.atomic import json_text
from creditscore.core.i18n import Lang
from creditscore.modelling.validation.validate import Reference, ValidationReport, validate
from creditscore.pages.validation import validation_document, write_validation
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text
from tests.present.test_html import EVIL, LANGS, Page, stays_data, without_scripts


@pytest.fixture(scope="module")
def report() -> ValidationReport:
    """Every text that data or caller can give tries to leave its place."""
    rng = np.random.default_rng(0)
    n = 900
    X = pd.DataFrame({EVIL: rng.normal(size=n), "b": rng.normal(size=n)})
    p = 1 / (1 + np.exp(1.5 - X[EVIL]))

    class Model:
        def predict_proba(self, table: Any) -> np.ndarray:
            z = 1 / (1 + np.exp(1.5 - table[EVIL].fillna(0)))
            return np.c_[1 - z, z]

    grades = np.array([EVIL, "B", "C"], dtype=object)
    label = lambda q: grades[np.digitize(q, [0.1, 0.3])]  # noqa: E731
    return validate(
        Model(),
        X,
        (rng.random(n) < p).astype(int),
        scale=label,
        grade_order=list(grades),
        bootstraps=10,
        cohort=np.where(np.arange(n) % 2, EVIL, "2020"),
        inspected=np.arange(n) % 3 > 0,
        protected=pd.DataFrame({EVIL: np.where(np.arange(n) % 2, EVIL, "x"), "size": ["s"] * (n - 5) + ["t"] * 5}),
        reference=Reference(X=X, auc=0.8),
        previous_grades=label(np.clip(p * 1.3, 0, 1)),
        about={"title": EVIL, "purpose": {"zh": EVIL, "en": EVIL}, EVIL: EVIL, "made_up": True},
        limits=[EVIL],
        commands=[EVIL],
        explanations={EVIL: pd.DataFrame({EVIL: [EVIL, "a"], "v": [1.5, None]})},
    )


@pytest.mark.parametrize("lang", LANGS)
def test_data_stay_data(report: ValidationReport, lang: Lang) -> None:
    page = render_page(validation_document(report.to_dict(), lang))
    stays_data(page, report.to_dict())
    page = without_scripts(page)
    assert set(re.findall(r"https?://[^\"'<> ]*", page)) <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_each_language_speaks_its_own(report: ValidationReport) -> None:
    zh, en = (Page(render_page(validation_document(report.to_dict(), lang))).text for lang in LANGS)
    assert "模型验证报告" in zh
    assert "仅供参考" in zh
    assert "Model validation report" in en
    assert "advisory" in en
    assert not re.search(r"[\u4e00-\u9fff]", en.replace("虚构数据", ""))
    assert not re.search(r"\{\d\}", zh + en)  # every value was filled in
    assert "withheld" in en


@pytest.mark.parametrize("lang", LANGS)
def test_a_terminal_shows_the_same(report: ValidationReport, lang: Lang) -> None:
    text = render_text(validation_document(report.to_dict(), lang), 80)
    assert max(map(cell_len, text.splitlines())) <= 80
    assert {"zh": "判定标准", "en": "Criteria"}[lang] in text
    assert report.figures["sha256"][0] in "".join(text.split())


def test_every_section_is_there(report: ValidationReport) -> None:
    page = render_page(validation_document(report.to_dict(), "en"))
    for title in (
        "Discrimination",
        "Calibration",
        "Grades",
        "Stability",
        "Sensitivity",
        "Fairness",
        "Explanations",
        "Limits",
        "How to regenerate every figure",
        "Who was inspected",
        "Migration",
    ):
        assert f">{title}<" in page, title
    for row in report.figures["sha256"]:
        assert row in page
    assert page.count("<svg") >= 9


def test_files_and_json_beside(report: ValidationReport, tmp_path: Any) -> None:
    files = write_validation(report, tmp_path)
    assert [file.name for file in files] == ["validation.html", "validation.en.html", "validation.json"]
    data = json.loads(files[2].read_text(encoding="utf-8"))
    assert data == report.to_dict()
    page = render_page(validation_document(data, "en"), other="validation.html", data_file="validation.json")
    assert page == files[1].read_text(encoding="utf-8")
    assert json_text(data, sort_keys=True) == files[2].read_text(encoding="utf-8")
    again = write_validation(data, tmp_path / "again")
    assert again[0].read_bytes() == files[0].read_bytes()


def test_a_bare_report_is_a_page_too() -> None:
    bare = validate(np.full(60, 0.1), y=np.r_[np.ones(6), np.zeros(54)], bootstraps=0)
    page = render_page(validation_document(bare.to_dict(), "en"))
    assert "not assessed" in page
    assert ">Fairness<" not in page
    validation_report = validate(np.full(60, 0.1), y=np.zeros(60), bootstraps=0)
    assert ">Calibration<" in render_page(validation_document(validation_report.to_dict(), "zh")).replace(
        "校准", "Calibration"
    )

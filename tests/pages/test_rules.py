"""The page of rules beside a model: inert, in both languages, drawn from its JSON alone."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from creditscore.core.i18n import Lang
from creditscore.modelling.validation.rules import statutory
from creditscore.modelling.validation.rules_report import RulesReport, rules_beside
from creditscore.pages.rules import rules_document, write_rules
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text
from tests.present.test_html import EVIL, LANGS, Page, stays_data


@pytest.fixture(scope="module")
def report() -> RulesReport:
    rng = np.random.default_rng(2)
    n = 600
    ids = [f"{EVIL}{k}" for k in range(n)]
    has, other = rng.random(n) < 0.4, rng.random(n) < 0.3
    rows = [(key, EVIL, -5.0) for key, hit in zip(ids, has, strict=True) if hit]
    rows += [(key, "noted", 0.0) for key, hit in zip(ids, other, strict=True) if hit]
    rows += [(key, "again", -5.0) for key, hit in zip(ids, has, strict=True) if hit]
    ledger = pd.DataFrame(rows, columns=["subject_id", "item", "effective"]).assign(step="record", reason="counted")
    score = 100 - 5.0 * has + rng.normal(size=n)
    grades = pd.DataFrame({"subject_id": ids, "score": score, "grade": np.where(score > 97, "A", EVIL)})
    y = (rng.random(n) < 0.25 + 0.25 * other - 0.2 * has).astype(int)  # the item that costs points protects
    p = pd.Series(0.1 + 0.3 * other + 0.01 * rng.random(n), index=ids)
    held = statutory(grades, ledger, ["A", EVIL])
    return rules_beside(
        held,
        pd.Series(y, index=ids),
        p,
        pd.Series(np.where(p > 0.3, EVIL, "A"), index=ids),
        attributes=pd.DataFrame({"subject_id": ids, EVIL: [EVIL] * n, "size": ["s"] * n}),
        advisory_explanations=dict.fromkeys(ids, EVIL),
        about={"title": EVIL, "made_up": True},
    )


@pytest.mark.parametrize("lang", LANGS)
def test_data_stay_data(report: RulesReport, lang: Lang) -> None:
    page = render_page(rules_document(report.to_dict(), lang))
    seen = stays_data(page, report.to_dict())
    assert not re.search(r"\{\d\}", seen.text)
    assert {"zh": "仅供参考", "en": "advisory"}[lang] in seen.text


def test_what_speaks_against_its_points_is_named(report: RulesReport) -> None:
    page = Page(render_page(rules_document(report.to_dict(), "en"))).text
    for words in ("wrong", "predicts without points", "Items that say the same", "∞", "Swap set", "model only"):
        assert words in page
    assert not re.search(r"[\u4e00-\u9fff]", page)


@pytest.mark.parametrize("lang", LANGS)
def test_a_terminal_shows_the_same(report: RulesReport, lang: Lang) -> None:
    text = render_text(rules_document(report.to_dict(), lang), 80)
    assert max(map(cell_len, text.splitlines())) <= 80
    assert {"zh": "换位的单位", "en": "Swap set"}[lang] in text


def test_files(report: RulesReport, tmp_path: Any) -> None:
    files = write_rules(report, tmp_path)
    assert [file.name for file in files] == ["rules.html", "rules.en.html", "rules.json"]
    data = json.loads(files[2].read_text(encoding="utf-8"))
    page = render_page(rules_document(data, "zh"), other="rules.en.html", data_file="rules.json")
    assert page == files[0].read_text(encoding="utf-8")

"""Pages of sections: the texts of a page before those of all pages, and what is drawn."""

from __future__ import annotations

import pytest

from creditscore.core.i18n import Lang, catalogue
from creditscore.present import html
from creditscore.present.page import Section, Table, draw, number, said_in

OWN, SHARED = (catalogue()[section] for section in ("impact", "pages"))


@pytest.mark.parametrize(("value", "text"), [(None, "—"), (0, "0"), (-1234567, "−1,234,567")])
def test_a_number_for_a_reader(value: int | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_texts_of_a_page_come_before_those_of_all(lang: Lang) -> None:
    t = said_in("impact")(lang)
    own = next(code for code in OWN if "{" not in str(OWN[code][lang]))
    shared = next(code for code in SHARED if code not in OWN and "{0}" in str(SHARED[code][lang]))
    assert t(own) == OWN[own][lang]
    assert t(shared, "x") == html.text(shared, lang, "x")
    assert "x" in t(shared, "x")


@pytest.mark.parametrize(("lang", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_a_page_draws_its_sections_and_what_is_none_is_left_out(lang: Lang, tag: str) -> None:
    t = said_in("impact")(lang)
    table = Table([("grade", ""), ("count", "n")], [["A", "<1>"]], title="by grade")
    sections = [Section("first", parts=[table]), None]
    text = draw({"made_up": True}, lang, t, "kind", "ti\u202etle", sections, under=["below"])
    assert f'lang="{tag}"' in text
    assert "&lt;1&gt;" in text
    assert "below" in text
    assert "\u202e" not in text

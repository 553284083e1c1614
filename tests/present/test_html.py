"""Pages: inert, offline, honest about what they are, and equal to the numbers beside them."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from creditscore.core.i18n import Lang, clean
from creditscore.explanation.as_data import explanation_data
from creditscore.explanation.document import explanation_document
from creditscore.explanation.ledger import explain
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from creditscore.pages.overview import overview_document, write_overview
from creditscore.pages.summary import summarise
from creditscore.present.document import Chart, Column, Document, Lines, Plot, Section, Table
from creditscore.present.html import inert, read_script, render_cell, render_fragment, render_page, write_pages
from creditscore.present.svg import picture
from tests.present.documents import EVIL, whole_document

LANGS: tuple[Lang, ...] = ("zh", "en")
BANNER = {"zh": "虚构数据", "en": "Made-up data"}
OWN = [read_script(name) for name in ("sort", "echarts", "explore")]
DENIAL = {"zh": "不是行政机关的决定", "en": "not an official decision"}


class Page(HTMLParser):
    """What a browser would see: elements, attributes, text outside of scripts and styles, the JSON inside."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text, self.data, self.inside = "", "", ""
        self.scripts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.inside = "data" if ("type", "application/json") in attrs else tag
        self.scripts += [""] * (self.inside == "script")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "data":
            self.data += data
        elif self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.text += data


def without_scripts(page: str) -> str:
    """The page without the package's own scripts, whose files are held against what their makers published."""
    for script in OWN:
        page = page.replace(script, "")
    return page


def stays_data(page: str, data: Any) -> Page:
    """Nothing that came from data acts, everything that was drawn stands in the JSON inside."""
    seen = Page(page)
    assert seen.tags.count("script") == 1 + len(seen.scripts)
    assert all(script in OWN for script in seen.scripts), "the only scripts are those of the package"
    assert ("script", "type", "application/json") in seen.attributes
    assert not {"img", "iframe", "object", "embed", "form", "base"} & set(seen.tags)
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert json.loads(seen.data) == data
    assert "<script>alert(1)" in seen.text  # shown, as text
    assert "{{ 7 * 7 }}" in seen.text  # and not computed
    return seen


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({name: [row[name] for row in rows] for name in rows[0]})


@pytest.fixture(scope="module")
def evil() -> Grading:
    """A grading whose every text tries to leave its place."""
    subject = {"subject_id": f"E{EVIL}", "name": EVIL, "district": EVIL, "industry": EVIL, "size": EVIL}
    records = [
        {"record_id": f"R{EVIL}{item}", "subject_id": subject["subject_id"], "item": item, "quantity": 5}
        | {"occurred_on": "2015-01-01"}
        for item in ("hygiene", "structural", "confidence")
    ]
    return grade(table(records), "food_hygiene_uk", subjects=table([subject]), as_of="2015-03-01")


def pages(grading: Grading, lang: Lang, made_up: bool = True) -> list[tuple[str, Any]]:
    summary = summarise(grading, made_up=made_up)
    subject_id = grading.con.execute("SELECT min(subject_id) FROM result_grades").fetchall()[0][0]
    explanation = explain(grading, subject_id)
    return [
        (render_page(overview_document(summary, lang)), summary),
        (
            render_page(explanation_document(explanation, lang, made_up=made_up)),
            explanation_data(explanation, made_up),
        ),
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_data_stay_data(evil: Grading, lang: Lang) -> None:
    for page, data in pages(evil, lang):
        stays_data(page, data)


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_says_what_it_is(evil: Grading, lang: Lang) -> None:
    for page, _ in pages(evil, lang):
        assert BANNER[lang] in Page(page).text
        assert DENIAL[lang] in Page(page).text
        assert f'<html lang="{ {"zh": "zh-CN", "en": "en"}[lang] }">' in page
    for page, _ in pages(evil, lang, made_up=False):
        assert BANNER[lang] not in page
        assert DENIAL[lang] in Page(page).text


def test_the_manifest_makes_the_banner(evil: Grading) -> None:
    marked = replace(evil, manifest={**evil.manifest, "made_up": True})
    assert BANNER["zh"] in render_page(overview_document(summarise(marked), "zh"))
    subject_id = evil.con.execute("SELECT subject_id FROM result_grades").fetchall()[0][0]
    assert BANNER["en"] in explain(marked, subject_id).page("en")


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_is_fetched(evil: Grading, lang: Lang) -> None:
    for page, _ in pages(evil, lang):
        seen = Page(page)
        for tag, name, value in seen.attributes:
            if name in {"src", "href", "action", "data", "poster", "srcset", "xlink:href"}:
                assert (tag, value) == ("link", "data:,")
        page = without_scripts(page)
        assert set(re.findall(r"https?://[^\"'<> ]*", page)) <= {"http://www.w3.org/2000/svg"}
        assert "@import" not in page
        assert "url(" not in page
        assert "default-src 'none'" in page


def test_the_json_beside_is_what_was_drawn(evil: Grading, tmp_path: Any) -> None:
    summary = summarise(evil, made_up=True)
    files = write_overview(summary, tmp_path)
    beside = (tmp_path / "overview.json").read_text(encoding="utf-8")
    assert [file.name for file in files] == ["overview.html", "overview.en.html", "overview.json"]
    assert json.loads(beside) == summary == json.loads(Page(files[0].read_text(encoding="utf-8")).data)
    again = render_page(
        overview_document(json.loads(beside), "zh"), other="overview.en.html", data_file="overview.json"
    )
    assert again == files[0].read_text(encoding="utf-8")


def test_json_inside_html_cannot_end_its_element() -> None:
    shown = inert({EVIL: [EVIL, "<!--", "&amp;"]})
    assert not set("<>&\u2028\u2029") & set(shown)
    assert json.loads(shown) == {EVIL: [EVIL, "<!--", "&amp;"]}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("letter", [False, True])
def test_a_document_is_a_page_and_its_data_stay_data(lang: Lang, letter: bool) -> None:
    document = whole_document(lang, EVIL, letter=letter)
    page = render_page(document, other="other.html", index="index.html")
    seen = stays_data(page, dict(document.data))
    assert BANNER[lang] in seen.text
    assert (DENIAL[lang] in seen.text) != letter
    assert ("a", "href", "other.html") in seen.attributes or letter
    for part in ("1,234,567", "−3", "r-1", "—", "second line", "seal", "no rows", "ledger of points"):
        assert part in seen.text, part
    assert ("td", "data-k", "points") in seen.attributes, "a card on a phone names its columns"
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in seen.scripts]
    assert re.findall(r"'sha256-([^']+)'", page) == digests, "the page allows its own scripts and no others"
    assert len(digests) == 1


def test_a_chart_to_explore_brings_its_script_and_stays_data() -> None:
    plot = Plot("line", EVIL, EVIL, [(EVIL, [(0.5, 1.0, EVIL)])], 1)
    chart = Chart("curve", picture("c", EVIL, EVIL, 10, []), plot=plot)
    page = render_page(Document("report", "curves", "en", [chart]))
    seen = Page(page)
    assert seen.scripts == OWN[1:]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in seen.scripts]
    assert re.findall(r"'sha256-([^']+)'", page) == digests
    (drawn,) = [json.loads(value) for _, name, value in seen.attributes if name == "data-plot"]
    assert drawn["series"] == [{"name": clean(EVIL), "points": [[0.5, 1.0, clean(EVIL)]]}]
    assert "echarts" not in render_page(Document("report", "none", "en", [replace(chart, plot=None)]))


def test_a_fragment_has_no_head_style_or_script() -> None:
    seen = Page(render_fragment(whole_document("en", EVIL)))
    assert not {"html", "head", "style", "script"} & set(seen.tags)
    assert seen.tags[0] == "article"


def test_a_cell_brings_its_style_for_itself_alone() -> None:
    cell = render_cell(whole_document("en", EVIL))
    style, shown = cell.split("</style>")
    assert shown == render_fragment(whole_document("en", EVIL)) + "</div>"
    rules = style.split(".creditscore.creditscore {", 1)[1]
    assert rules.count("{") + 1 == rules.count("}")
    assert not re.search(r"^(html|body|main|:root|@page)", rules, flags=re.MULTILINE)
    assert "<" not in rules


def test_pages_are_written_in_both_languages(tmp_path: Path) -> None:
    zh, en, data = write_pages(whole_document, tmp_path, "page", index="../index.html")
    assert [file.name for file in (zh, en, data)] == ["page.html", "page.en.html", "page.json"]
    seen = Page(en.read_text(encoding="utf-8"))
    assert ("a", "href", "page.html") in seen.attributes
    assert ("a", "href", "../index.en.html") in seen.attributes
    assert ("a", "href", "page.json") in seen.attributes
    assert json.loads(data.read_text(encoding="utf-8")) == json.loads(seen.data)


def test_a_csv_holds_the_rows_of_its_table(tmp_path: Path) -> None:
    files = write_pages(lambda lang: whole_document(lang, "=1+1"), tmp_path, "page", with_csv=True)
    assert files[-1].name == "ledger.csv"
    lines = files[-1].read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "item,record,points,day"
    assert lines[1:] == ["'=1+1,r-1,-3,2023-05-10", "'=1+1 below,'=1+1,,", "sum,,97,'=1+1"]


@pytest.mark.parametrize(("columns", "rows", "wide"), [(2, 3, False), (2, 30, True), (6, 3, True)])
def test_a_section_with_a_wide_or_long_table_takes_the_whole_width(columns: int, rows: int, wide: bool) -> None:
    table = Table([Column(str(k)) for k in range(columns)], [["x"] * columns] * rows)
    page = render_page(Document("kind", "title", "en", [Section("part", [table])]))
    assert (" whole" in page.split('<section class="')[1].split('"')[0]) == wide


def test_the_number_of_a_record_stays_on_one_line() -> None:
    cells = ["R0041372", Lines(["R0041372"]), "R" * 17, "二〇二一", Lines(["R0041372", "吉税罚〔2021〕12号"])]
    html = render_fragment(Document("", "", "zh", [Table([Column(str(k)) for k in range(len(cells))], [cells])]))
    assert re.findall(r'<td class="(.*?)"', html) == ["id first", "id", "", "", ""]

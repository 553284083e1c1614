"""Documents as Word files, read back: what stands in them, their pages, templates of offices, the same bytes."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import InputError
from creditscore.present.document import Document, Facts, Paragraph, Signature
from creditscore.present.docx import write_docx
from tests.present.documents import EVIL, whole_document

docx = pytest.importorskip("docx")
FIELDS = {"title": "告知书", "number": "编号：1", "to": "某公司", "office": "某局", "day": "2023年5月10日"}
LETTER = Document(
    "letter",
    "告知书",
    "zh",
    [Paragraph("某公司：", "lead"), Paragraph("决定如下"), Signature("某局", "今日", "（印章）")],
    letter=True,
)


def read_all(file: Path) -> str:
    word: Any = docx.Document(str(file))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


def write_template(file: Path, *paragraphs: str) -> Path:
    word: Any = docx.Document()
    for paragraph in paragraphs:
        word.add_paragraph(paragraph)
    word.save(str(file))
    return file


def test_every_block_stands_in_the_file(tmp_path: Path) -> None:
    file = write_docx(whole_document("en", "told"), tmp_path / "a.docx")
    read = read_all(file)
    for words in (
        "told",
        "r-1",
        "−3",
        "97",
        "1,234,567",
        "no rows",
        "1. told",
        "second line",
        "act.html",
        "office",
        "seal",
    ):
        assert words in read, words
    word: Any = docx.Document(str(file))
    page = word.sections[0]
    assert [round(side.cm, 1) for side in (page.page_width, page.page_height)] == [21.0, 29.7]
    assert [round(side.cm, 1) for side in (page.left_margin, page.right_margin)] == [2.8, 2.6]
    xml = zipfile.ZipFile(file).read("word/document.xml").decode()
    assert xml.count("<w:tblHeader/>") == 2  # the table of points, and that of the chart
    assert 'w:eastAsia="仿宋"' in xml
    assert 'w:eastAsia="黑体"' in xml
    assert "<pic:" not in xml
    assert "path" in read


def test_facts_are_a_table_of_two_columns(tmp_path: Path) -> None:
    document = Document("k", "t", "zh", [Facts([("等级", "B"), ("得分", None)])])
    (table,) = docx.Document(str(write_docx(document, tmp_path / "a.docx"))).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["等级", "B"], ["得分", "—"]]


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_docx(LETTER, tmp_path / "a.docx").read_bytes()
    time.sleep(2.1)  # the times of a zip go by two seconds
    assert write_docx(LETTER, tmp_path / "b.docx").read_bytes() == first


def test_no_character_leaves_its_place(tmp_path: Path) -> None:
    read = read_all(write_docx(whole_document("zh", EVIL + "\x00\x1b\ufffe\u202e"), tmp_path / "a.docx"))
    assert "alert(1)" in read
    assert not set("\x00\x1b\ufffe\u202e\u2028") & set(read)


def test_a_letter_is_signed_to_the_right(tmp_path: Path) -> None:
    word: Any = docx.Document(str(write_docx(LETTER, tmp_path / "a.docx")))
    *_, seal, office, day = word.paragraphs
    assert [(line.text, line.alignment) for line in (seal, office, day)] == [("（印章）", 2), ("某局", 2), ("今日", 2)]
    assert word.paragraphs[0].alignment == 1
    assert [line.paragraph_format.first_line_indent is None for line in word.paragraphs[1:3]] == [True, False]


def test_a_template_of_the_office_takes_the_blocks_and_the_fields(tmp_path: Path) -> None:
    template = write_template(tmp_path / "t.docx", "某局文件 {{number}}", "{{ title }}", "{{letter}}", "抄送：{{to}}")
    word: Any = docx.Document(str(write_docx(LETTER, tmp_path / "a.docx", template=template, fields=FIELDS)))
    lines = [paragraph.text for paragraph in word.paragraphs]
    assert lines == ["某局文件 编号：1", "告知书", "决定如下", "（印章）", "某局", "今日", "抄送：某公司"]
    template = write_template(tmp_path / "u.docx", "{{letter}}", "{{office}}", "{{day}}")
    word = docx.Document(str(write_docx(LETTER, tmp_path / "b.docx", template=template, fields=FIELDS)))
    lines = [paragraph.text for paragraph in word.paragraphs]
    assert lines == ["告知书", "某公司：", "决定如下", "某局", "2023年5月10日"]


def test_a_place_that_is_broken_into_runs_is_filled(tmp_path: Path) -> None:
    word: Any = docx.Document()
    place = word.add_paragraph("致 {{")
    place.add_run("to").bold = True
    place.add_run("}}")
    word.add_paragraph("{{letter}}")
    word.sections[0].header.paragraphs[0].text = "{{office}}"
    word.save(str(tmp_path / "t.docx"))
    filled = write_docx(LETTER, tmp_path / "a.docx", template=tmp_path / "t.docx", fields=FIELDS)
    read: Any = docx.Document(str(filled))
    assert read.paragraphs[0].text == "致 某公司"
    assert read.sections[0].header.paragraphs[0].text == "某局"


@pytest.mark.parametrize(
    ("paragraphs", "fault"),
    [
        (["某局文件"], "no place for the letter"),
        (["{{letter}}", "{{phone}}"], "a place that nothing fills: phone"),
        (["{{letter}}", "{{letter}}"], "does not stand once"),
        (["以下 {{letter}}"], "does not stand once"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(tmp_path: Path, paragraphs: list[str], fault: str) -> None:
    template = write_template(tmp_path / "t.docx", *paragraphs)
    with pytest.raises(InputError, match=fault):
        write_docx(LETTER, tmp_path / "a.docx", template=template, fields=FIELDS)
    assert not (tmp_path / "a.docx").exists()


def test_a_template_that_is_no_word_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.docx").write_text("no zip")
    for template in (tmp_path / "t.docx", tmp_path / "none.docx"):
        with pytest.raises(InputError, match="no Word file"):
            write_docx(LETTER, tmp_path / "a.docx", template=template, fields=FIELDS)

"""A document as a Word file on A4: for offices that sign, seal and file what leaves them; the same bytes each time."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from creditscore.core.atomic import whole_file
from creditscore.core.errors import InputError
from creditscore.core.extras import require
from creditscore.core.i18n import clean, phrase, show, text
from creditscore.present.document import (
    Actions,
    Block,
    Chart,
    Columns,
    Document,
    Facts,
    Listing,
    Notice,
    Paragraph,
    Section,
    Signature,
    Table,
    Tiles,
    Value,
)

__all__ = ["write_docx"]

TEXT, HEADING, LATIN = "仿宋", "黑体", "FangSong"
PLACE = "letter"  # where our blocks go in a template of an office
FIELD = re.compile(r"\{\{\s*(.*?)\s*\}\}")
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what no XML may hold
UNDATED = datetime(1980, 1, 1)  # when every part of the file is said to be written: content alone decides its bytes


def write_docx(
    document: Document, file: Path, *, template: Path | None = None, fields: Mapping[str, str] | None = None
) -> Path:
    """Write a document as a Word file, whole or not at all; charts are left out, their tables stand in their place.

    Parameters
    ----------
    document
        What is written.
    file
        Where it goes.
    template
        A Word file of the office: its paragraph `{{letter}}` gives way to the blocks of the document.
    fields
        What fills the other places of the template, `{{title}}` by `title`. Title, number, addressee and signature
        that a template has no place for stand with the blocks; those it has a place for do not stand there twice.

    Raises
    ------
    InputError
        The template cannot be read, has no place for the blocks, or has a place that nothing fills.
    MissingExtra
        The extra `docx` is not installed.
    """
    require("docx")
    writer = _Writer(document, None if template is None else str(template))
    if template is None:
        writer.set_page()
        writer.write_all()
    else:
        _fill(writer, template, fields or {})
    with whole_file(file) as place:
        _save(writer.word, place)
    return file


def _save(word: Any, place: Path) -> None:
    core = word.core_properties
    core.author, core.comments, core.last_modified_by, core.revision = "", "", "", 1
    core.created = core.modified = UNDATED
    word.save(str(place))
    with zipfile.ZipFile(place) as written:
        parts = [(name, written.read(name)) for name in written.namelist()]
    with zipfile.ZipFile(place, "w") as whole:
        for name, content in parts:
            whole.writestr(zipfile.ZipInfo(name, UNDATED.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)


def _fill(writer: _Writer, template: Path, fields: Mapping[str, str]) -> None:
    """Put the blocks and the fields into their places of a template."""
    allowed = ", ".join(f"{{{{{name}}}}}" for name in (PLACE, *fields))
    paragraphs = list(_all_paragraphs(writer.word))
    named = [name for paragraph in paragraphs for name in FIELD.findall(paragraph.text)]
    if PLACE not in named:
        raise InputError(
            "the template has no place for the letter",
            where=str(template),
            allowed=allowed,
            next=f"put {{{{{PLACE}}}}} into a paragraph of its own",
        )
    unknown = sorted({name for name in named if name not in (PLACE, *fields)})
    if unknown:
        raise InputError(f"the template has a place that nothing fills: {unknown[0]}", str(template), allowed)
    body = list(writer.word.paragraphs)
    own = [paragraph for paragraph in body if FIELD.findall(paragraph.text) == [PLACE]]
    if named.count(PLACE) != 1 or len(own) != 1 or FIELD.sub("", own[0].text).strip():
        raise InputError(
            f"{{{{{PLACE}}}}} does not stand once, in a paragraph of its own outside tables and headers",
            where=str(template),
            next="give it a paragraph of its own in the text of the template",
        )
    for paragraph in paragraphs:
        if FIELD.search(paragraph.text) and PLACE not in FIELD.findall(paragraph.text):
            _fill_paragraph(paragraph, fields)
    (place,) = own
    before = set(writer.word.element.body)
    writer.write_all(frozenset(named))
    for element in [element for element in writer.word.element.body if element not in before]:
        place._p.addprevious(element)
    place._p.getparent().remove(place._p)


def _fill_paragraph(paragraph: Any, fields: Mapping[str, str]) -> None:
    """Fill the places of a paragraph: within its runs where they stand whole in one, else in the form of the first."""
    for run in paragraph.runs:
        if FIELD.search(run.text):
            run.text = FIELD.sub(lambda place: _fit(fields[place[1]]), run.text)
    if FIELD.search(paragraph.text):
        filled = FIELD.sub(lambda place: _fit(fields[place[1]]), paragraph.text)
        first, *rest = paragraph.runs
        first.text = filled
        for run in rest:
            run._r.getparent().remove(run._r)


def _all_paragraphs(word: Any) -> Iterator[Any]:
    """Yield the paragraphs of a Word file: of its text, its tables, its headers and footers."""

    def within(container: Any) -> Iterator[Any]:
        yield from container.paragraphs
        for table in container.tables:
            for cell in dict.fromkeys(cell for row in table.rows for cell in row.cells):
                yield from within(cell)

    yield from within(word)
    for section in word.sections:
        for container in (section.header, section.footer, section.first_page_header, section.first_page_footer):
            if not container.is_linked_to_previous:
                yield from within(container)


def _fit(value: str) -> str:
    return clean(UNFIT.sub(" ", value))


class _Writer:
    """A Word file that grows block by block."""

    def __init__(self, document: Document, template: str | None) -> None:
        import docx
        from docx.shared import Pt

        try:
            self.word = docx.Document(template)
        except Exception as error:  # the reader raises whatever its libraries do
            raise InputError(
                "the template is no Word file that can be read", where=template, allowed="a .docx file"
            ) from error
        self.document, self.size = document, Pt(16 if document.letter else 12)

    def set_page(self) -> None:
        """A4 with the margins of official papers."""
        from docx.shared import Cm

        page = self.word.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Cm(2.8), Cm(2.6), Cm(2.8), Cm(2.6)

    def write_all(self, named: frozenset[str] = frozenset()) -> None:
        """Write the heading and every block. `named`: what a template has a place of its own for."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        document = self.document
        if document.made_up:
            self.add(phrase("pages", "made_up", document.lang), bold=True)
        if not document.letter:
            self.add(document.kind)
        title = None if "title" in named else self.add_heading(document.title, 1)
        if title is not None and document.letter:
            title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for line in () if "number" in named else document.under:
            paragraph = self.add(line)
            if paragraph is not None and document.letter:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        for block in document.each():
            is_addressee = isinstance(block, Paragraph) and block.kind == "lead"
            is_signed = isinstance(block, Signature) and {"office", "day"} <= named
            if not (is_addressee and "to" in named) and not is_signed:
                self.write(block, 2)
        if document.foot is not None:
            self.add(document.foot)

    def write(self, block: Block, level: int) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        colon = text("colon", self.document.lang)
        if isinstance(block, Section):
            self.add_heading(block.title, level)
            self.add(block.caption)
            for part in block.blocks:
                self.write(part, level + 1)
        elif isinstance(block, Columns):
            for part in (*block.left, *block.right):
                self.write(part, level)
        elif isinstance(block, Paragraph):
            paragraph = self.add(block.text)
            if paragraph is not None and self.document.letter and block.kind != "lead":
                paragraph.paragraph_format.first_line_indent = 2 * self.size
        elif isinstance(block, Notice):
            self.add(block.text, bold=True)
        elif isinstance(block, Facts | Tiles):
            self.add_table([self.lines(*row) for row in block.rows])
        elif isinstance(block, Listing):
            self.add_heading(block.title, level)
            for number, (head, below) in enumerate(block.each(), start=1):
                sign = f"{number}. " if block.numbered else "· "
                for value in (sign + show(head, self.document.lang), *below):
                    paragraph = self.add(value)
                    if paragraph is not None:
                        paragraph.paragraph_format.left_indent = 2 * self.size
        elif isinstance(block, Actions):
            for link in block.links:
                self.add(f"{show(link.text, self.document.lang)}{colon}{link.href}")
        elif isinstance(block, Signature):
            for number, value in enumerate((block.seal, block.office, block.day)):
                paragraph = self.add(value)
                if paragraph is not None:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                    paragraph.paragraph_format.keep_with_next = number < 2
        elif isinstance(block, Chart) and block.table is not None:
            self.add_heading(block.title, level)
            self.add(block.caption)
            self.write(block.table, level + 1)
        elif isinstance(block, Table):
            self.write_table(block, level)

    def write_table(self, table: Table, level: int) -> None:
        self.add_heading(table.title, level)
        self.add(table.caption)
        if not table.rows:
            self.add(table.empty)
            return
        rows = [self.lines(*(column.title for column in table.columns))]
        rows += [self.lines(*row.cells) for row in table.each()]
        bold = {k for k, row in enumerate(table.each(), start=1) if row.tone in ("sum", "decides")}
        right = {k for k, column in enumerate(table.columns) if column.kind == "number"}
        self.add_table(rows, bold={0, *bold}, right=right, headed=True)

    def lines(self, *values: Value) -> list[list[str]]:
        """The lines of each of some values."""
        shown = ["—" if value is None else show(value, self.document.lang) for value in values]
        return [[_fit(line) for line in value.split("\n")] for value in shown]

    def add_heading(self, title: Value, level: int) -> Any:
        if not title:
            return None
        paragraph = self.add(title, font=HEADING, bold=level == 1)
        style = f"Heading {min(level, 9)}"
        if style in [known.name for known in self.word.styles]:
            paragraph.style = self.word.styles[style]
        paragraph.paragraph_format.keep_with_next = True
        return paragraph

    def add(self, value: Value, *, font: str = TEXT, bold: bool = False) -> Any:
        """Add a paragraph; nothing for no text."""
        if value is None or not show(value, self.document.lang):
            return None
        paragraph = self.word.add_paragraph()
        self.set_lines(paragraph, *self.lines(value), font=font, bold=bold)
        return paragraph

    def set_lines(self, paragraph: Any, lines: list[str], *, font: str = TEXT, bold: bool = False) -> None:
        from docx.oxml.ns import qn
        from docx.shared import RGBColor

        run = paragraph.add_run()
        for number, line in enumerate(lines):
            if number:
                run.add_break()
            run.add_text(line)
        run.bold, run.font.size, run.font.color.rgb = bold, self.size, RGBColor(0, 0, 0)
        run.font.name = font if font == HEADING else LATIN
        run._r.rPr.rFonts.set(qn("w:eastAsia"), font)

    def add_table(
        self,
        rows: list[list[list[str]]],
        *,
        bold: Container[int] = (),
        right: Container[int] = (),
        headed: bool = False,
    ) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        if not rows:
            return
        grid = self.word.add_table(len(rows), len(rows[0]))
        borders = OxmlElement("w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            border = OxmlElement(f"w:{side}")
            border.set(qn("w:val"), "single")
            border.set(qn("w:sz"), "4")
            borders.append(border)
        grid._tbl.tblPr.append(borders)
        for number, cells in enumerate(rows):
            row = grid.rows[number]
            for place, lines in enumerate(cells):
                (paragraph,) = row.cells[place].paragraphs
                self.set_lines(paragraph, lines, bold=number in bold)
                if place in right:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            kept_whole = OxmlElement("w:cantSplit")
            row._tr.get_or_add_trPr().append(kept_whole)
            if headed and number == 0:
                row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))

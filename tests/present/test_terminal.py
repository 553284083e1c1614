"""A document on a terminal: everything is there, and no line is wider than the terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from creditscore.core.i18n import LANGS, Lang
from creditscore.present.document import Column, Document, Facts, Table
from creditscore.present.terminal import render_text
from tests.present.documents import EVIL, whole_document


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [24, 80, 200])
def test_every_block_is_printed_within_the_width(lang: Lang, width: int) -> None:
    text = render_text(whole_document(lang, "远山服务有限公司" * 4), width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    together = "".join(text.split())
    for part in ("1,234,567", "−3", "r-1", "—", "second", "seal", "act.html", "2022", "norows", "ledgerofpoints"):
        assert part in together, part


def test_numbers_stand_to_the_right_and_a_narrow_table_becomes_lines() -> None:
    table = Table([Column("item"), Column("points", "number")], [("a long name of an item", "9"), ("b", "-10")])
    document = Document("kind", "title", "en", [table])
    wide = render_text(document, 60).splitlines()
    assert [line.rstrip()[-3:].strip() for line in wide[-2:]] == ["9", "-10"]
    assert len({len(line) for line in wide[-2:]}) == 1
    narrow = render_text(document, 15)
    assert "points: 9" in narrow
    assert "points: -10" in narrow


@pytest.mark.parametrize(("lang", "line"), [("zh", "等级：B"), ("en", "等级: B")])
def test_facts(lang: Lang, line: str) -> None:
    assert line in render_text(Document("", "t", lang, [Facts([("等级", "B")])]))


def test_what_turns_the_writing_or_moves_the_cursor_is_not_printed() -> None:
    text = render_text(whole_document("zh", "a\u202eb\x1b[2Jc" + EVIL))
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "<script>alert(1)" in "".join(text.split("\n"))

"""Documents for tests: one with every kind of block, and one whose every text tries to leave its place."""

from __future__ import annotations

from markupsafe import Markup

from creditscore.core.i18n import Lang, Phrase
from creditscore.core.model import Label
from creditscore.present.document import (
    Actions,
    Badge,
    Block,
    Chart,
    Code,
    Column,
    Columns,
    Count,
    Document,
    Facts,
    Lines,
    Link,
    Listing,
    Notice,
    Paragraph,
    Points,
    Row,
    Section,
    Signature,
    Table,
    Tiles,
)

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\u2028{{ 7 * 7 }}'


def whole_document(lang: Lang, text: str = "text", *, letter: bool = False) -> Document:
    """Return a document with every kind of block and value; `text` stands wherever data can stand."""
    columns = [Column("item"), Column("record", "code"), Column("points", "number"), Column("day", "day")]
    rows = [
        (text, Code("r-1"), Points(-3_000_000, plus=True), "2023-05-10"),
        Row((Lines([text, "below"], small=True), Code(text), Points(None), None), "idle"),
        Row(("sum", "", Points(97_000_000), Link(text, "other.html")), "sum"),
    ]
    table = Table(columns, rows, "ledger of points", caption=text, csv="ledger.csv")
    picture = Markup('<svg viewBox="0 0 1 1" role="img"><title>{}</title></svg>').format(text)
    blocks: list[Block | None] = [
        Notice(text),
        None,
        Tiles([("organisations", Count(1234567)), (text, text)]),
        Columns(
            [Paragraph(text, "lead"), Facts([("grade", Badge("B", "#7fb2dc", large=True)), ("state", Badge(text))])],
            [Facts([(Label(zh="评价期", en="period"), Phrase("explanation", "year", ("2022",)))])],
        ),
        Section("line by line", [table, Section("within", [Paragraph(text)])], caption=text),
        Section("picture", [Chart("path", picture, "from start to score", table)]),
        Table([Column("nothing")], [], empty="no rows"),
        Listing([text, (text, [text, "second line"])], numbered=True, title="steps"),
        Listing(["source"]),
        Actions([Link(text, "act.html")]),
        Signature("office", "2023-05-10", "seal"),
    ]
    data = {"name": text, "made_up": True}
    return Document("kind", text, lang, blocks, [Code("91220297MADM3U6X7X")], data, made_up=True, letter=letter)

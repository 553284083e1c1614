"""Small parts of documents: columns by their codes, per cents, charts without numbers of their own."""

from __future__ import annotations

from markupsafe import Markup

from creditscore.core.i18n import phrases
from creditscore.present.document import Chart, Column, Document, Table, heads, percent
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text


def test_columns_by_their_codes() -> None:
    t = phrases("impact", "en")
    columns = heads(t, "organisation", numbers=("value", "score"), direction="badge")
    assert [(column.title, column.kind) for column in columns] == [
        ("organisation", "text"),
        ("value", "number"),
        ("score", "number"),
        ("direction", "badge"),
    ]


def test_a_share_in_per_cent() -> None:
    shares = [percent(0.1234), percent(1.0, 0), percent(None)]
    assert [None if share is None else share.say("en") for share in shares] == ["12.3 %", "100 %", None]


def test_a_table_without_titles_has_no_head() -> None:
    document = Document("", "t", "en", [Table([Column(""), Column("", "number")], [("a", "1"), ("b", "2")])])
    assert "<thead>" not in render_page(document)
    assert render_text(document).splitlines()[-2:] == ["a  1", "b  2"]


def test_a_chart_whose_numbers_stand_beside_it_is_only_on_pages() -> None:
    document = Document("", "t", "en", [Chart("picture of shares", Markup("<svg></svg>"), "beside the table")])
    assert "picture of shares" in render_page(document)
    assert "picture" not in render_text(document)

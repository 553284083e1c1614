"""The explanation as a document, on a terminal and in a notebook."""

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len

from creditscore.core.i18n import Lang, clean, show, text
from creditscore.explanation.ledger import Explanation, explain
from creditscore.grading.result import Grading
from creditscore.present.document import Table, gather_tables
from tests.explanation.conftest import DIRECT, MANY, SOLE

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize(("lang", "width"), [("zh", 80), ("en", 80), ("en", 120)])
def test_the_text_is_the_snapshot(small: Grading, lang: Lang, width: int) -> None:
    """UPDATE_SNAPSHOTS=1 writes them anew; look at the difference before you keep it."""
    file = SNAPSHOTS / f"many.{lang}.{width}.txt"
    shown = explain(small, MANY).text(lang, width)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120, 160])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_line_is_wider_than_the_terminal(small: Grading, lang: Lang, width: int) -> None:
    explanation = replace(explain(small, MANY), name="很长的名字" * 30, made_up=True)
    shown = explanation.text(lang, width)
    assert max(cell_len(line) for line in shown.splitlines()) <= width
    assert len(ledger_of(explanation, lang).rows) == len(explanation.lines)  # one row for each of the ledger
    assert all(line.record_id in shown for line in explanation.lines)


def ledger_of(explanation: Explanation, lang: Lang) -> Table:
    tables = gather_tables(explanation.document(lang).blocks)
    return next(table for table in tables if table.columns[0].title == text("item", lang))


def test_chinese_columns_stand_under_each_other(small: Grading) -> None:
    shown = explain(small, MANY).text("zh", 160)
    rows = [line for line in shown.splitlines() if "0101）" in line and "  r" in line]
    assert len(rows) == 6
    assert len({cell_len(line[: line.index("  r")]) for line in rows}) == 1


def test_the_subject_reads_records_articles_points_and_last_days(small: Grading) -> None:
    explanation = explain(small, MANY)
    (table,) = gather_tables(explanation.document("zh", "subject").blocks)
    cells = [[show(cell, "zh") for cell in row.cells] for row in table.each()]
    assert cells[-1][-1] == "80.88"
    assert sum(Decimal(row[-1].replace("−", "-")) for row in cells[:-1]) == explanation.score
    repaired = next(row for row in cells if row[1].startswith("r2"))
    assert repaired[0].splitlines() == ["未按规定期限填报财务报表", "已纠正（30日内）", "3分，返还2.4分，计0.6分"]
    assert repaired[1:] == ["r2", "2022年7月18日", "《纳税信用评价指标和评价方式（试行）》指标010103", "−0.6"]
    shown = explanation.text("zh", 200, "subject")
    assert "编号r6）：纳税信用修复" in shown
    assert "2022年11月19日当日或之前完成的，返还4分" in shown
    assert "编号r3）：" not in shown  # withdrawn
    assert "申请复评" in shown
    assert "受理单位在15个工作日内答复" in shown


def test_a_notebook_shows_the_explanation_its_picture_and_its_tables(small: Grading) -> None:
    explanation = explain(small, MANY)
    assert repr(explanation) == f"<Explanation of {MANY}, tax@2014 2022: B, 80.88 points>"
    assert "80.88" in explanation._repr_html_()
    assert "<html" not in explanation._repr_html_()
    picture = explanation.plot("en")
    assert picture._repr_html_().startswith("<svg")
    assert "−3.52" in picture
    frame = explanation.to_pandas()
    assert frame.equals(explanation.to_polars().to_pandas())
    assert frame.effective.dropna().sum() + frame[frame.step == "start"].nominal.sum() == explanation.score
    assert frame.label_en.tolist()[-1] == "grade by score band"
    assert not explain(small, SOLE).plot()


def test_states_are_explained(small: Grading) -> None:
    assert "不评级" in explain(small, SOLE).text("zh")
    assert "individual business that has not opted in" in explain(small, SOLE).text("en")
    assert "direct" in explain(small, DIRECT).text("en")


def test_made_up_data_say_so(small: Grading) -> None:
    explanation = replace(explain(small, MANY), made_up=True)
    assert explanation.text("zh").startswith("*** 虚构数据")
    assert explanation.text("en").startswith("*** Made-up data")
    assert "not an official decision" in explanation.text("en")


def test_data_cannot_steer_the_terminal(small: Grading) -> None:
    evil = "x\x1b[31mred\x07\u202egnp\nnew line [bold]b[/bold]"
    explanation = explain(small, MANY)
    lines = tuple(replace(line, record_id=evil) for line in explanation.lines)
    shown = replace(explanation, name=evil, lines=lines).text("en", 120)
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[bold]b[/bold]" in shown
    assert clean("a\tb") == "a b"

"""The explanation on a terminal."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from creditscore.core.i18n import Lang, clean
from creditscore.explanation.ledger import explain
from creditscore.explanation.text import render
from creditscore.grading.result import Grading
from tests.explanation.conftest import DIRECT, MANY, SOLE

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize(("lang", "width"), [("zh", 80), ("en", 80), ("en", 120)])
def test_the_text_is_the_snapshot(small: Grading, lang: Lang, width: int) -> None:
    """UPDATE_SNAPSHOTS=1 writes them anew; look at the difference before you keep it."""
    file = SNAPSHOTS / f"many.{lang}.{width}.txt"
    shown = render(explain(small, MANY), lang, width)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120, 160])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_line_is_wider_than_the_terminal(small: Grading, lang: Lang, width: int) -> None:
    explanation = replace(explain(small, MANY), name="很长的名字" * 30, made_up=True)
    shown = render(explanation, lang, width)
    assert max(cell_len(line) for line in shown.splitlines()) <= width
    rows = [line for line in shown.splitlines() if line.startswith(("010101 ", "010103 ", "020101 "))]
    assert len(rows) == 7  # one line for each row of the ledger


def test_chinese_columns_stand_under_each_other(small: Grading) -> None:
    shown = render(explain(small, MANY), "zh", 120)
    rows = [line for line in shown.splitlines() if line.startswith("0") and "  r" in line]
    assert len(rows) == 7
    assert len({cell_len(line[: line.index("  r")].rstrip() + "") <= 60 for line in rows}) == 1
    assert len({cell_len(line[: line.index("  r")]) for line in rows}) == 1


def test_states_are_explained(small: Grading) -> None:
    assert "不评级" in render(explain(small, SOLE), "zh")
    assert "individual business that has not opted in" in render(explain(small, SOLE), "en")
    assert "direct" in render(explain(small, DIRECT), "en")


def test_made_up_data_say_so(small: Grading) -> None:
    explanation = replace(explain(small, MANY), made_up=True)
    assert render(explanation, "zh").startswith("*** 虚构数据")
    assert render(explanation, "en").startswith("*** Made-up data")
    assert "not an official decision" in render(explanation, "en")


def test_data_cannot_steer_the_terminal(small: Grading) -> None:
    evil = "x\x1b[31mred\x07\u202egnp\nnew line [bold]b[/bold]"
    explanation = explain(small, MANY)
    lines = tuple(replace(line, record_id=evil) for line in explanation.lines)
    shown = render(replace(explanation, name=evil, lines=lines), "en", 120)
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[bold]b[/bold]" in shown
    assert clean("a\tb") == "a b"

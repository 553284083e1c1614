"""A grading in a notebook: what it found, and its grades as tables of other libraries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from creditscore.core.errors import InputError
from creditscore.core.i18n import set_language, show
from creditscore.explanation.ledger import explain
from creditscore.grading.document import grading_document
from creditscore.grading.grade import grade
from creditscore.present.document import gather_tables
from creditscore.present.terminal import render_text
from tests.explanation.conftest import DIRECT, MANY, filed, table
from tests.present.test_charts import parsed

SUBJECTS = table([{"subject_id": name, "registered_on": "2012-06-01"} for name in (MANY, DIRECT)])
GRADING = grade(table([filed("d1", DIRECT, "040103", "2022-03-01")]), "tax", 2022, subjects=SUBJECTS)


def test_a_grading_shows_its_grades_and_what_its_input_lacked() -> None:
    text = render_text(grading_document(GRADING, "zh"))
    assert text.startswith("纳税信用评价（2014-2024年度）")
    assert "未登记哪些部门应报送数据，没有记录不等于没有失信行为" in text
    (grades,) = gather_tables(grading_document(GRADING, "zh").blocks)
    assert [show(row.cells[0], "zh") for row in grades.each()] == ["A级", "D级"]
    assert sum(row.cells[1].number for row in grades.each()) == GRADING.grades.num_rows
    made_up = replace(GRADING, manifest={**GRADING.manifest, "made_up": True})
    assert render_text(grading_document(made_up, "en")).startswith("*** Made-up data")


def test_a_notebook_shows_a_grading_in_the_language_that_is_set() -> None:
    assert repr(GRADING) == "<Grading tax@2014 2022: A 1, D 1>"
    set_language("zh")
    assert "各等级占比" in GRADING._repr_html_()
    set_language("en")
    shown = GRADING._repr_html_()
    assert shown.strip().startswith('<div class="creditscore">')
    assert "Share of each grade" in shown


def test_a_grading_draws_its_grades_and_explains_one_subject() -> None:
    picture = GRADING.plot("zh")
    parsed(picture)
    assert picture._repr_html_().startswith("<svg")
    assert "A级 1" in picture
    assert "D级 1" in picture
    assert "organisations of each grade" in GRADING.plot("en")
    assert GRADING.explain(DIRECT).text("en") == explain(GRADING, DIRECT).text("en")
    with pytest.raises(InputError, match="nobody"):
        GRADING.explain("nobody")


def test_the_grades_are_tables_of_other_libraries() -> None:
    frame = GRADING.to_pandas()
    assert frame.grade.tolist() == GRADING.grades["grade"].to_pylist()
    assert GRADING.to_polars().columns == GRADING.grades.column_names
    assert GRADING.to_polars()["score"].to_list() == GRADING.grades["score"].to_pylist()

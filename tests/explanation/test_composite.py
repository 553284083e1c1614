"""A score explained: by domain, item and record; parts add up, or nothing is shown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import creditscore as cs
from creditscore.cli.main import main
from creditscore.composite.combine import tell_note
from creditscore.composite.result import Composite
from creditscore.core.errors import DifferenceError
from creditscore.core.i18n import plain, set_language
from creditscore.explanation.composite import CompositeExplanation, explain_composite
from creditscore.explanation.composite_document import composite_data, note
from creditscore.present.html import render_page
from tests.composite.composite_helpers import IDS, small
from tests.present.test_html import EVIL, LANGS, Page, stays_data

SUBJECTS = pd.DataFrame({"subject_id": IDS, "kind": "enterprise", "registered_on": "2010-01-01"})


def record(number: str, domain: str, item: str, act: str | None = None, day: str = "2019-03-05") -> dict[str, Any]:
    row = {"record_id": number, "subject_id": IDS[0], "domain": domain, "item": item, "act_id": act}
    return row | {"occurred_on": day}


# tax: 90 − 5 − 5 − 3 × … = below 80, so that several items share what the grade costs
ROWS = [
    record("t1", "tax", "010101"),
    record("t2", "tax", "010101", day="2019-04-05"),
    record("t3", "tax", "010101", day="2019-05-05"),
    record("t4", "tax", "010103", day="2019-06-05"),
    record("t5", "tax", "010103", day="2019-07-05"),
    record("t6", "tax", "010101", day="2019-08-05"),
    record("t7", "tax", "010101", day="2019-09-05"),
    record("t8", "tax", "010101", day="2019-10-05"),
    record("l", "labour", "case", "a1"),
    record("e", "environment", "N-V01", "a1"),
]


@pytest.fixture(scope="module")
def gradings() -> Any:
    schemes = ["tax", "environment/national", "labour/national"]
    return cs.grade_all(pd.DataFrame(ROWS), schemes, 2019, subjects=SUBJECTS)


@pytest.fixture(scope="module")
def combined(gradings: Any) -> Composite:
    return cs.combine(gradings, small(label={"zh": EVIL, "en": EVIL}))


@pytest.fixture(scope="module")
def explained(combined: Composite, gradings: Any) -> CompositeExplanation:
    return explain_composite(combined, IDS[0], gradings)


def domain(composite_explanation: CompositeExplanation, name: str) -> Any:
    return next(part for part in composite_explanation.domains if part.id == name)


def test_parts_add_up_from_record_to_score(explained: CompositeExplanation) -> None:
    assert explained.reference + sum(part.contribution or 0 for part in explained.domains) == explained.score
    assert explained.sum.endswith(f"= {explained.score} → {explained.grade}")
    assert sum(total or 0 for _, _, total in explained.groups) + explained.reference == explained.score
    tax = domain(explained, "tax")
    assert tax.contribution < 0
    items = [part for part in tax.parts if part.kind == "item"]
    records = [part for part in tax.parts if part.kind == "record"]
    assert sum(part.points for part in items) == sum(part.points for part in records) == tax.contribution
    assert {part.code for part in items} == {"010101", "010103"}
    assert len(records) == 8
    assert all(part.article.startswith("R20") for part in items)
    # what an item costs follows the points of its records
    costs = {part.code: (part.points, part.effective) for part in items}
    (a, own_a), (b, own_b) = costs["010101"], costs["010103"]
    assert abs(a * float(own_b) - b * float(own_a)) <= abs(float(own_a)) + abs(float(own_b))


def test_a_hard_rule_takes_the_whole_share_of_its_domain(explained: CompositeExplanation) -> None:
    environment = domain(explained, "environment")
    assert [(part.kind, part.code, part.points) for part in environment.parts] == [
        ("hard_rule", "red", environment.contribution)
    ]
    (decider,) = environment.deciders  # the rule of its own scheme, with the conduct and the article
    assert [basis.record_id for basis in decider.basis] == ["e"]
    assert decider.cited.zh


def test_a_domain_graded_without_an_act_is_explained_without_it(explained: CompositeExplanation) -> None:
    labour = domain(explained, "labour")
    assert (labour.grade, labour.notes) == ("A", ("without_act:a1",))
    assert [part.kind for part in labour.parts] == ["grade"]
    assert explained.shared_acts[0]["counted_in"] == "environment"
    assert "l" not in {part.code for part in labour.parts}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("lang", LANGS)
def test_the_terminal_says_it_within_its_width(explained: CompositeExplanation, lang: Any, width: int) -> None:
    from rich.cells import cell_len

    shown = explained.text(lang, width)
    assert max(map(cell_len, shown.splitlines())) <= width
    assert explained.sum in " ".join(shown.split())
    assert {"zh": "本项目默认值", "en": "project default"}[lang] in shown
    assert {"zh": "行为 a1：计入环境", "en": "act a1: counted in environment"}[lang][:8] in shown


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_inert_and_carries_its_numbers(explained: CompositeExplanation, lang: Any) -> None:
    page = render_page(explained.document(lang))
    seen = stays_data(page, composite_data(explained))
    assert explained.sum in seen.text
    assert {"zh": "本项目默认值", "en": "project default"}[lang] in seen.text


def test_a_domain_without_a_grade_is_said_to_have_none(explained: CompositeExplanation) -> None:
    bare = [
        replace(part, grade="", grade_label=plain("")) if part.id == "labour" else part for part in explained.domains
    ]
    shown = replace(explained, domains=tuple(bare)).text("zh", 200)
    assert "：，" not in shown
    assert "：未评级，" in shown


def test_notes_are_kept_in_one_language_and_told_in_the_one_that_is_chosen(gradings: Any) -> None:
    table = [grading.grades for grading in gradings]
    kept = {}
    for lang in LANGS:
        set_language(lang)
        kept[lang] = cs.combine(table, small(), acts="unchecked").manifest["notes"]
    assert kept["zh"] == kept["en"]
    assert len(kept["en"]) > 2
    assert [str(tell_note(text)) for text in kept["en"]] == kept["en"]
    set_language("zh")
    for text in kept["zh"]:
        assert not re.search("[a-z]{3,} [a-z]{2,} [a-z]{2,}", str(tell_note(text))), text
    assert tell_note("what a later version notes") == "what a later version notes"


def test_without_gradings_it_ends_at_the_domains(combined: Composite) -> None:
    composite_explanation = explain_composite(combined, IDS[0])
    assert not composite_explanation.drilled
    assert {part.kind for share in composite_explanation.domains for part in share.parts} <= {"grade", "hard_rule"}
    assert "--grading" in composite_explanation.text("en")


def test_what_was_not_looked_at_stands_on_the_page(combined: Composite, gradings: Any) -> None:
    table = [grading.grades for grading in gradings]
    composite_explanation = explain_composite(cs.combine(table, small(), acts="unchecked"), IDS[0])
    checked = explain_composite(combined, IDS[0])
    for lang in LANGS:
        shown_text = {
            "zh": "未核对同一行为",
            "en": "acts were not looked at: one that several domains count may weigh more than once",
        }[lang]
        for text in (
            composite_explanation.text(lang, 200),
            Page(render_page(composite_explanation.document(lang))).text,
        ):
            assert shown_text in text
        assert shown_text not in checked.text(lang, 200)


def test_not_scored_is_explained_too(gradings: Any) -> None:
    composite = cs.combine(
        gradings, small(coverage={"at_least": 950, "evidence": "project_default"}, label={"zh": EVIL, "en": EVIL})
    )
    composite_explanation = explain_composite(composite, IDS[1], gradings)
    assert (composite_explanation.state_reason, composite_explanation.score, composite_explanation.sum) == (
        "coverage",
        None,
        "",
    )
    for lang in LANGS:
        assert {"zh": "低于950", "en": "less than 950"}[lang] in composite_explanation.text(lang)
        stays_data(render_page(composite_explanation.document(lang)), composite_data(composite_explanation))


@pytest.mark.parametrize("column", ["contribution", "value"])
def test_a_changed_number_is_refused(combined: Composite, column: str) -> None:
    table = combined.coded["contributions"]
    changed = [
        row + (1 if k < 2 and column == "contribution" else 0) for k, row in enumerate(table[column].to_pylist())
    ]
    if column == "value":
        changed[0] = 123
    else:
        changed[0] -= 2
    place = table.column_names.index(column)
    coded = {**combined.coded, "contributions": table.set_column(place, column, pa.array(changed, pa.int32()))}
    subject = table["subject_id"][0].as_py()
    with pytest.raises(DifferenceError, match="does not add up"):
        explain_composite(Composite(coded, combined.manifest), subject)


def test_other_gradings_and_unknown_subjects_are_refused(combined: Composite) -> None:
    other = cs.grade(pd.DataFrame(ROWS[:1]), "tax", 2019, subjects=SUBJECTS)
    with pytest.raises(cs.UsageError, match="not the gradings that were scored"):
        explain_composite(combined, IDS[0], other)
    with pytest.raises(cs.InputError, match="there is no subject 'x' among the 2 scored"):
        explain_composite(combined, "x")
    with pytest.raises(cs.InputError) as stopped:
        explain_composite(combined, "11010519491231002X")
    assert "19491231" not in str(stopped.value)


def test_notes_have_words_and_unknown_ones_are_their_own_name() -> None:
    assert note("stale:40", "en") == "40 months old, no longer counted"
    assert note("absent:not_graded:no_feed", "zh").startswith("未评级（该主体没有已申报的数据来源")
    assert note("something", "zh") == "something"


def test_the_commands(gradings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gradings.write(tmp_path / "g")
    config = tmp_path / "small.yaml"
    from tests.composite.composite_helpers import write_small

    write_small(tmp_path)

    def run(*args: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as stopped:
            main(["composite", *args])
        assert stopped.value.code == code
        caught = capsys.readouterr()
        return caught.out + caught.err

    g, c = str(tmp_path / "g"), str(tmp_path / "c")
    assert "--acts unchecked" in run(g, "--config", str(config), "--out", c, code=2)
    shown = run(g, "--config", str(config), "--out", c, "--acts", "unchecked", "--csv")
    assert "small@2018-06-27 (illustrative: small)  as of 2019-12-31" in shown
    assert "project_default: weights, maps, bands" in shown
    page = tmp_path / "page.html"
    assert "written to" in run("explain", c, IDS[0], "--grading", g, "--lang", "en", "--html", str(page))
    assert json.loads((tmp_path / "c" / "manifest.json").read_text(encoding="utf-8"))["acts"] == "unchecked"
    assert "weights" in page.read_text(encoding="utf-8").lower()
    listed = run("list")
    assert all(name in listed for name in ("jilin_edz", "four_grades", "weakest_link"))
    assert "there is no composite" in run(g, "--config", "nix", "--out", c, code=2)


def test_a_domain_tells_the_conduct_and_article_that_decided_and_no_other_record() -> None:
    """Red by a veto: its own rule and record, and not the indicator in which the firm did well."""
    rows = [record("veto", "environment", "N-V01"), {**record("good", "environment", "N-01"), "tier": "tier1"}]
    gradings = cs.grade_all(pd.DataFrame(rows), ["environment/national"], 2019, subjects=SUBJECTS.assign(name="甲厂"))
    grades = [
        {"code": code, "label": {"zh": zh, "en": code}, "at_least": least, "evidence": "project_default"}
        for code, zh, least in (("good", "良", 850), ("medium", "中", 600), ("poor", "差", 0))
    ]
    explained = explain_composite(cs.combine(gradings, small(grades=grades)), IDS[0], gradings)
    shown = "".join(explained.text("zh").split())
    assert shown.startswith("甲厂综合信用评分" + IDS[0])
    for words in ("环境违法构成环境犯罪", "一票否决", "《企业环境信用评价办法（试行）》", "2019年3月5日", "veto"):
        assert words in shown
    assert "good" not in shown
    assert "→差" in shown
    assert "最高为差" in shown  # the ceiling of the hard rule
    assert "poor" not in shown
    assert "甲厂" in explained._repr_html_()
    assert explained.plot().startswith("<svg")
    shares = explained.to_pandas().set_index("domain")
    assert shares["contribution"].sum() + explained.reference == explained.score
    assert shares.loc["environment", "grade"] == "red"
    assert explained.to_polars().columns == ["domain", *shares.columns]
    assert repr(explained).startswith(f"<CompositeExplanation of {IDS[0]}, small@2018-06-27 2019-12-31: poor")

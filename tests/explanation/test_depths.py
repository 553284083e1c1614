"""Three depths of one explanation: a paragraph, the arithmetic, every hash; all from the same ledger."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from rich.cells import cell_len

from creditscore.cli.main import main
from creditscore.core.errors import DifferenceError
from creditscore.core.i18n import Lang, text
from creditscore.explanation.audit import audit
from creditscore.explanation.document import DEPTHS
from creditscore.explanation.ledger import explain
from creditscore.explanation.reason_codes import MOST, paragraph, principal_reasons
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from tests.explanation.conftest import DIRECT, MANY, NONE, SOLE
from tests.explanation.test_check import graded, richest


def test_reasons_are_the_heaviest_factors_with_points_that_count(small: Grading) -> None:
    explanation = explain(small, MANY)
    reasons = principal_reasons(explanation)
    lines = [line for line in explanation.lines if line.step in ("record", "condition", "cap") and line.effective]
    assert 0 < len(reasons) <= MOST
    assert [abs(reason.points) for reason in reasons] == sorted(
        (abs(reason.points) for reason in reasons), reverse=True
    )
    assert all(reason.points < 0 and reason.articles for reason in reasons)
    named = {record for reason in reasons for record in reason.records}
    assert named <= {line.record_id for line in lines}
    assert "r3" not in named
    assert "r4" not in named
    whole = principal_reasons(explanation, most=99)
    adverse = sum((line.effective or Decimal(0) for line in lines), Decimal(0))
    assert sum((reason.points for reason in whole), Decimal(0)) == adverse
    assert principal_reasons(explain(small, NONE)) == ()


def test_the_paragraph_says_grade_reasons_and_rights(small: Grading) -> None:
    explanation = explain(small, MANY)
    english, chinese = paragraph(explanation, "en"), paragraph(explanation, "zh")
    assert "\n" not in english + chinese
    for reason in principal_reasons(explanation):
        assert reason.label.en in english
        assert reason.label.zh in chinese
        assert reason.cited.en in english
        assert reason.cited.zh in chinese
    assert "object" in english
    assert "异议" in chinese
    direct = paragraph(explain(small, DIRECT), "zh")
    assert "依据《纳税信用管理办法（试行）》第二十条，属于“直接判为D级”的情形，直接评定为D级" in direct
    assert "有非正常户记录的纳税人（编号d1，2022年3月1日）" in direct
    assert "得分" not in direct
    assert "decides the grade" in paragraph(explain(small, DIRECT), "en")
    assert "there is no grade" in paragraph(explain(small, SOLE), "en")
    assert "No adverse record counts" in paragraph(explain(small, NONE), "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_each_depth_says_all_that_the_one_before_says(small: Grading, lang: Lang, width: int) -> None:
    explanation, hashes = explain(small, MANY), audit(small, MANY)
    brief, full, whole = (explanation.text(lang, width, depth).splitlines() for depth in DEPTHS)
    assert len(brief) < len(full) < len(whole)
    own, office = paragraph(explanation, lang), paragraph(explanation, lang, office=True)
    assert own.partition("在“" if lang == "zh" else ": ")[2] in office
    beyond_words = brief[brief.index(text("rests", lang)) :]
    assert len(beyond_words) > 20
    assert set(beyond_words) <= set(full)
    assert {line.strip() for line in full} <= {line.strip() for line in whole}
    assert not any("sha256" in line for line in full)
    assert re.sub(r"\s", "", hashes.digest) in re.sub(r"\s", "", "".join(whole))
    assert all(cell_len(line) <= width for line in brief + whole)


def test_hashes_are_of_the_rows_wherever_they_lie(small: Grading, folder: Path) -> None:
    memory, written = audit(small, MANY), audit(folder, MANY)
    assert memory == written
    assert len(memory.rows) == len(explain(small, MANY).lines) + 1
    assert memory.identity["run_id"] == small.manifest["run_id"]
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t AS FROM '{folder}/ledger.parquet'")
    con.execute(f"UPDATE t SET article = article || 'x' WHERE subject_id = '{MANY}' AND record_id = 'r5'")
    con.execute(f"COPY (FROM t ORDER BY rowid) TO '{folder}/ledger.parquet' (FORMAT parquet)")
    changed = audit(folder, MANY)
    differing = [key for (_, key, was), (_, _, now) in zip(memory.rows, changed.rows, strict=True) if was != now]
    assert len(differing) == 1
    assert " r5 " in differing[0]
    assert changed.digest != memory.digest


def test_parts_that_do_not_add_up_are_refused_at_every_depth(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t AS FROM '{folder}/ledger.parquet'")
    con.execute(f"UPDATE t SET effective = effective - 1 WHERE subject_id = '{MANY}' AND record_id = 'r1'")
    con.execute(f"COPY (FROM t ORDER BY rowid) TO '{folder}/ledger.parquet' (FORMAT parquet)")
    with pytest.raises(DifferenceError, match="does not add up"):
        explain(folder, MANY)
    for depth in ("subject", "reviewer", "auditor"):
        with pytest.raises(SystemExit) as stopped:
            main(["explain", str(folder), MANY, "--depth", depth, "--html", str(folder / "page.html")])
        assert stopped.value.code == 5
        assert "does not add up" in capsys.readouterr().err
    assert not (folder / "page.html").exists()


def test_the_page_of_an_auditor_carries_the_hashes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = folder / "page.html"
    with pytest.raises(SystemExit) as stopped:
        main(["explain", str(folder), MANY, "--depth", "auditor", "--html", str(page), "--lang", "en"])
    assert stopped.value.code == 0, capsys.readouterr().err
    text = page.read_text(encoding="utf-8")
    assert all(value in text for _, _, value in audit(folder, MANY).rows)
    assert paragraph(explain(folder, MANY), "en").split(";")[0][:40] in text
    with pytest.raises(SystemExit) as stopped:
        main(["explain", str(folder), MANY, "--depth", "deep"])
    assert stopped.value.code == 2
    assert "subject, reviewer, auditor" in capsys.readouterr().err


def test_three_depths_are_three_pages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = {}
    for depth in ("subject", "reviewer", "auditor"):
        with pytest.raises(SystemExit) as stopped:
            main(
                [
                    "explain",
                    str(folder),
                    DIRECT,
                    "--depth",
                    depth,
                    "--html",
                    str(folder / f"{depth}.html"),
                    "--lang",
                    "zh",
                ]
            )
        assert stopped.value.code == 0, capsys.readouterr().err
        pages[depth] = (folder / f"{depth}.html").read_text(encoding="utf-8")
    assert len(set(pages.values())) == 3
    assert "凭记忆" not in pages["subject"]
    assert "recalled" not in pages["subject"]
    assert "R2014A" not in pages["subject"]
    assert "依据强度" in pages["auditor"]
    assert "依据强度" not in pages["subject"] + pages["reviewer"]
    assert 'class="code"' not in pages["subject"]
    assert '<span class="code">040103</span>' in pages["reviewer"]
    assert "本次等级不由得分决定" in pages["reviewer"]
    assert '<tr class="decides">' in pages["reviewer"]
    assert "主管税务机关" in pages["subject"]
    assert "sha256" in pages["auditor"]


def test_where_less_is_better_reasons_are_the_points_added() -> None:
    parts = {"hygiene": 10, "structural": 5, "confidence": 0}
    rows = {
        "record_id": list(parts),
        "subject_id": ["x1"] * 3,
        "item": list(parts),
        "quantity": list(parts.values()),
        "occurred_on": ["2015-05-01"] * 3,
    }
    subjects = pa.table({"subject_id": ["x1"]})
    explanation = explain(
        grade(pa.table(rows), "examples/food_hygiene_uk", as_of="2015-06-01", subjects=subjects), "x1"
    )
    assert [(reason.records, reason.points) for reason in principal_reasons(explanation)] == [
        (("hygiene",), Decimal(10)),
        (("structural",), Decimal(5)),
    ]


@pytest.mark.slow
def test_a_capped_group_is_one_reason_with_what_the_cap_leaves_of_it() -> None:
    explanations = [explain(graded("caps"), name) for name in richest(graded("caps"), 20)]
    capped = [
        explanation
        for explanation in explanations
        if any(line.step == "cap" and line.effective for line in explanation.lines)
    ]
    groups = graded("caps").plan.scheme.groups
    seen = 0
    for explanation in [explanation for explanation in capped if explanation.state == "graded"]:
        totals: dict[str, Decimal] = {}
        for line in explanation.lines:
            if line.step in ("record", "cap"):
                totals[line.under or line.item] = totals.get(line.under or line.item, Decimal(0)) + (
                    line.effective or 0
                )
        reasons = {reason.label.en: reason.points for reason in principal_reasons(explanation, most=99)}
        for line in explanation.lines:
            if line.step == "cap" and line.item in groups and line.effective:
                seen += 1
                assert reasons[groups[line.item].label.en] == totals[line.item] < 0
                members = [other.label.en for other in explanation.lines if other.under == line.item]
                assert members
                assert not set(members) & set(reasons)
    assert seen


@pytest.mark.slow
def test_without_a_grade_nothing_is_a_reason_and_a_pool_has_its_name() -> None:
    grading = graded("environment/national")
    rows = {row["subject_id"]: row for row in grading.grades.to_pylist()}
    pools = [pool.label.en for pool in grading.plan.scheme.pools.values()]
    named = set()
    for value in sorted(rows):
        page = explain(grading, value)
        if page.state != "graded":
            assert principal_reasons(page) == ()
        named |= {line.label.en for line in page.lines if line.step == "cap"}
    assert named & set(pools)
    assert not named & set(grading.plan.scheme.pools)


@pytest.mark.parametrize("name", ["tax@2014", "tax@2025", "caps"])
def test_a_rule_that_decides_or_changes_the_grade_is_named_before_the_points(name: str) -> None:
    seen = set()
    for explanation in (explain(graded(name), row["subject_id"]) for row in graded(name).grades.to_pylist()):
        path = [line for line in explanation.lines if line.step == "decide"]
        text = paragraph(explanation, "en")
        if explanation.state == "graded" and (explanation.route != "score" or len(path) > 1):
            assert f"The rule “{path[-1].label.en}”" in text
            assert "decides the grade" in text
            alone = explanation.route != "score" and len(path) == 1
            assert not (alone and "Principal reasons" in text)
            seen.add(len(path))
    assert seen


def list_grading(scheme: str, as_of: str, item: str, **other: Any) -> Grading:
    subject = "91500000MAAAAAA188"
    record = {"record_id": "r1", "subject_id": subject, "item": item, **other}
    subjects = pa.Table.from_pylist([{"subject_id": subject}])
    return grade(pa.Table.from_pylist([record]), scheme, as_of=as_of, subjects=subjects)


def test_a_grade_of_a_list_is_quoted_and_no_score_is_told_where_there_are_no_points() -> None:
    grading = list_grading(
        "construction/blacklist", "2021-02-01", "passing_on", occurred_on="2021-01-01", penalised=True
    )
    words = paragraph(explain(grading, "91500000MAAAAAA188"), "en")
    assert "the result is “meets a condition of the list; no decision yet”." in words
    assert words.count("no decision yet") == 1
    assert "score" not in words
    assert "“D” at once, whatever the score" in paragraph(explain(graded("tax@2014"), first_direct("tax@2014")), "en")


def first_direct(name: str) -> str:
    rows = graded(name).grades.to_pylist()
    return next(str(row["subject_id"]) for row in rows if row["route"] == "direct" and row["grade"] == "D")


@pytest.mark.parametrize(
    ("scheme", "as_of"), [("wage_arrears@2018-01-01", "2018-07-01"), ("wage_arrears@2022-01-01", "2022-07-01")]
)
def test_an_incident_is_not_told_as_an_amount(scheme: str, as_of: str) -> None:
    grading = list_grading(scheme, as_of, "incident", occurred_on=f"{as_of[:4]}-06-01")
    (decider,) = explain(grading, "91500000MAAAAAA188").deciders
    assert "引发群体性、极端事件" in decider.label.zh
    assert "incident" in decider.label.en


def listed_firm(scheme: str, as_of: str, list_name: str, **more: str) -> Grading:
    """One firm without records, on one list."""
    subject = "91500000MAAAAAA188"
    entry = {"listing_id": "l1", "subject_id": subject, "list": list_name, "entered_on": "2021-01-01", **more}
    columns = {name: pa.array([], pa.string()) for name in ("record_id", "subject_id", "item")}
    return grade(
        pa.table(columns),
        scheme,
        as_of=as_of,
        subjects=pa.Table.from_pylist([{"subject_id": subject}]),
        listings=pa.Table.from_pylist([entry]),
    )


def test_a_grade_of_a_list_names_the_entry_its_day_its_office_and_its_basis(tmp_path: Path) -> None:
    basis = "JS2017_241 17; 市住建局; 建黑〔2021〕1号"
    grading = listed_firm(
        "construction/blacklist", "2021-02-01", "construction_blacklist", basis=basis, term_end="2022-01-01"
    )
    pages = {lang: explain(grading, "91500000MAAAAAA188").text(lang, 400, "subject") for lang in ("zh", "en")}
    for words in (
        "“建筑市场主体‘黑名单’”",
        "列入编号l1",
        "2021年1月1日列入",
        "期限至2022年1月1日",
        "市住建局",
        "建黑〔2021〕1号",
    ):
        assert words in pages["zh"]
    assert "《建筑市场信用管理暂行办法》" in pages["zh"]
    assert "JS2017_241" not in pages["zh"] + pages["en"]
    for words in ("construction market blacklist", "entry l1", "entered on 2021-01-01", "建黑〔2021〕1号"):
        assert words in pages["en"]
    page = explain(grading, "91500000MAAAAAA188").page("zh")
    assert "所依据的列入信息" in page
    grading.write(tmp_path)  # the results alone do not hold the entry: the list is all that can be said
    written = paragraph(explain(tmp_path, "91500000MAAAAAA188"), "zh")
    assert "所依据的名单：“建筑市场主体‘黑名单’”。" in written
    assert "l1" not in written


def test_a_list_that_another_scheme_keeps_is_named_by_it() -> None:
    grading = listed_firm("elderly_care/list", "2021-02-01", "judgment_defaulter")
    (decider,) = explain(grading, "91500000MAAAAAA188").deciders
    assert [entry.label.zh for entry in decider.entries] == ["失信被执行人名单"]


def test_a_score_that_records_bring_names_them_and_their_text() -> None:
    subject = "91500000MAAAAAA188"
    rated = {"subject_id": subject, "item": "decided_score", "occurred_on": "2020-03-10", "basis": "皖环〔2020〕1号"}
    grading = grade(
        pa.Table.from_pylist([{"record_id": "r1", "quantity": "30", **rated}]),
        "environment/anhui",
        2020,
        subjects=pa.Table.from_pylist([{"subject_id": subject}]),
    )
    explanation = explain(grading, subject)
    assert "得分来自：" in paragraph(explanation, "zh")
    assert "+30分，" in paragraph(explanation, "zh")
    assert "编号r1）" in paragraph(explanation, "zh")
    assert explanation.lines[-1].cited.zh in paragraph(explanation, "zh")
    assert "The score comes from: " in paragraph(explanation, "en")
    assert "record r1" in paragraph(explanation, "en")


def test_an_entry_stands_under_the_name_that_its_list_had_then() -> None:
    """The list of wage defaulters took its present name in 2022; before, it was the blacklist."""
    named = []
    for scheme in ("labour/tianjin", "wage_arrears"):  # another scheme, and the one that keeps the list
        for entered in ("2021-06-01", "2022-06-01"):
            grading = listed_firm(scheme, "2022-12-31", "wage_arrears", entered_on=entered)
            (decider,) = explain(grading, "91500000MAAAAAA188").deciders
            named += [entry.label.zh for entry in decider.entries]
    assert named == ["拖欠农民工工资“黑名单”", "拖欠农民工工资失信联合惩戒对象名单"] * 2


def test_who_has_no_grade_learns_the_rule_its_article_and_the_record() -> None:
    grading = list_grading("market/serious", "2020-05-10", "order83_act", decided_on="2020-01-01")
    explanation = explain(grading, "91500000MAAAAAA188")
    assert explanation.state == "not_computable"
    words = paragraph(explanation, "zh")
    assert "依据：《严重违法失信企业名单管理暂行办法》" in words
    assert "编号r1" in words


def test_a_grade_whose_code_begins_like_a_state_has_its_name_in_the_ledger() -> None:
    grading = list_grading("bidding/violation_record", "2010-01-01", "violation", published_on="2009-01-05")
    text = explain(grading, "91500000MAAAAAA188").text("zh", 200)
    assert "→ " in text
    assert "not_published" not in text.replace("（not_published）", "")  # a code stands behind its name alone


def test_what_refused_rows_leave_open_is_not_said_to_stand() -> None:
    subject = "91500000MAAAAAA188"
    records = [{"record_id": "r1", "subject_id": subject, "item": "decision", "decided_on": "2021年4月"}]
    given = {"decided_grade": "A", "document_no": "1", "source": "x"}
    grading = grade(
        pa.Table.from_pylist([record | given for record in records]),
        "association/grade",
        as_of="2022-01-01",
        subjects=pa.Table.from_pylist([{"subject_id": subject}]),
        max_rejected=5,
    )
    explanation = explain(grading, subject)
    assert explanation.blocked
    text = explanation.text("zh", 400, "subject")
    assert "都不变" not in text
    assert "不计被退回的内容时也没有等级" in text
    assert "被退回的记录：协会评定（编号r1），日期无法识别（决定日期：2021年4月）" in text


def test_quotation_marks_within_quotation_marks_are_single() -> None:
    listings = pa.Table.from_pylist(
        [
            {
                "listing_id": "l1",
                "subject_id": "91500000MAAAAAA188",
                "list": "construction_blacklist",
                "entered_on": "2021-01-01",
            }
        ]
    )
    subjects = pa.Table.from_pylist([{"subject_id": "91500000MAAAAAA188"}])
    records = pa.table(
        {
            "record_id": pa.array([], pa.string()),
            "subject_id": pa.array([], pa.string()),
            "item": pa.array([], pa.string()),
        }
    )
    grading = grade(records, "construction/blacklist", as_of="2021-02-01", subjects=subjects, listings=listings)
    assert "属于“在建筑市场主体‘黑名单’内”的情形。" in paragraph(explain(grading, "91500000MAAAAAA188"), "zh")


def test_an_unknown_start_or_condition_is_named_in_words() -> None:
    grading = graded("environment/sichuan@2019")
    rows = [row for row in grading.grades.to_pylist() if "rest_unknown" in row["state_reason"]]
    assert rows
    for row in rows:
        label = explain(grading, row["subject_id"]).state_reason
        assert "rest_unknown" not in label.zh + label.en
        assert "起评分" in label.zh

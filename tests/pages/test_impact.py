"""Effects of a change: flows, groups, ranks and drafts, from schemes and from composites, by the same code."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from creditscore.cli.impact import composite_impact_command
from creditscore.cli.main import app
from creditscore.core.errors import InputError, UsageError
from creditscore.grading.migration import Side
from creditscore.pages.impact import Impact
from creditscore.pages.impact_composite import composite_impact, read_about
from creditscore.pages.impact_of import scheme_impact, two_ledgers, write_impact
from creditscore.pages.impact_page import impact_document, ledgers_document
from creditscore.pages.notices import Draft
from creditscore.present.html import render_page
from creditscore.records import ingest
from creditscore.records.snapshot import Snapshot
from creditscore.records.snapshot_files import write_snapshot
from creditscore.schemes import registry
from tests.present.test_html import EVIL, Page

FOUND = tuple[Impact, Side, Side, Draft]
ON = date(2023, 4, 20)


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = ["91220291MADM0X1E10", "91220291MADM5A3R5G"]
    subjects = pd.DataFrame(
        {
            "subject_id": ids,
            "name": [f"甲{EVIL}", "乙公司"],
            "industry": ["制造业", "建筑业"],
            "size": ["小型", "微型"],
            "district": ["一区", "二区"],
            "registered_on": "2010-01-01",
            "first_filed_on": "2010-02-01",
            "has_income": "true",
            "books_compliant": "true",
        }
    )
    day = {"domain": "tax", "occurred_on": "2022-05-05", "recorded_on": "2022-06-01", "booked_on": "2022-06-01"}
    rows = [{"record_id": f"R{k}", "subject_id": ids[0], "item": "020302", **day} for k in range(5)]  # 75, then 65
    rows += [{"record_id": f"S{k}", "subject_id": ids[1], "item": "010301", **day} for k in range(7)]  # 69, then 83
    return subjects, pd.DataFrame(rows)


@pytest.fixture(scope="module")
def snapshot(tables: tuple[pd.DataFrame, pd.DataFrame]) -> Snapshot:
    return ingest(*tables)


@pytest.fixture(scope="module")
def impact_rows(snapshot: Snapshot) -> FOUND:
    return scheme_impact(registry.pick("tax@2014"), registry.pick("tax@2025"), snapshot, 2022, on=ON)


def test_flows_add_up_everywhere(impact_rows: FOUND) -> None:
    data = impact_rows[0].data
    assert sum(row["subjects"] for row in data["matrix"]) == data["subjects"] == 2
    assert sum(row["subjects"] for row in data["directions"]) == 2
    for rows in data["groups"].values():
        assert sum(row["total"] for row in rows) == 2
        for row in rows:
            assert sum(flow["subjects"] for flow in row["flows"]) + row["same"] == row["total"]
    ranks = data["ranks"]
    kinds = ("kept", "reversed", "tied_before", "tied_after", "tied_both")
    assert sum(ranks[kind] for kind in kinds) == ranks["pairs"] == 1


def test_a_notice_names_rule_article_remedy_and_day(impact_rows: FOUND) -> None:
    (notice,) = [row for row in impact_rows[0].notices.to_pylist() if "020302" in row["rules"]]
    assert (notice["before"], notice["after"]) == ("B", "C")
    assert "R2025 annex 1, 020302" in notice["articles"]
    assert "items.020302.points" in notice["changes"]
    assert notice["remedy"] == "tax_2025"
    assert "before the next annual evaluation" in notice["text_en"]
    assert "−3 → −5" in notice["text_en"]
    assert "points: -3 each → -5 each" in notice["text_en"]
    assert notice["text_zh"].startswith("〔拟稿，未经核定〕")
    assert "《纳税缴费信用管理办法》" in notice["text_zh"]
    assert "附件1指标020302" in notice["text_zh"]
    assert "R2025" not in notice["text_zh"] + notice["text_en"]
    assert "下一次年度评价前" in notice["text_zh"]


def test_the_older_remedy_has_a_last_day(snapshot: Snapshot) -> None:
    back = scheme_impact(registry.pick("tax@2025"), registry.pick("tax@2014"), snapshot, 2022, on=ON)[0]
    (row,) = back.notices.to_pylist()
    assert (row["before"], row["after"], row["until"]) == ("B", "C", "2023-12-31")
    assert "最后一日2023年12月31日，15个工作日内答复" in row["text_zh"]
    assert "−1 → −3" in row["text_en"]


def test_two_ledgers_add_up_to_the_two_scores(impact_rows: FOUND, tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    data = two_ledgers(*impact_rows, tables[0]["subject_id"][0])
    for side, column in (("a", "was"), ("b", "now")):
        numbers = [float(row[column]) for row in data["lines"] if row[column] not in ("", "✓")]
        assert sum(numbers) == float(data[side]["score"])
    assert any(row["record"] == "R0" and row["difference"] for row in data["lines"])
    for lang in ("zh", "en"):
        seen = Page(render_page(ledgers_document(data, lang)))  # type: ignore[arg-type]
        assert json.loads(seen.data) == data
        assert "<script>alert(1)" in seen.text
    with pytest.raises(InputError, match="no subject '110"):
        two_ledgers(*impact_rows, "110101199003070038")


def test_grades_and_reasons_stand_in_words(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """A grade, or why there is none, is never a code where the scheme has words: page, notice and ledgers alike."""
    subjects, records = tables
    ids = list(subjects["subject_id"])
    subjects = subjects.assign(kind=["individual_business", "enterprise"])
    records = records[records["subject_id"] == ids[1]].assign(item="010104")
    taxed = scheme_impact(registry.pick("tax@2014"), registry.pick("tax@2025"), ingest(subjects, records), 2022, on=ON)
    data = taxed[0].data
    assert {row["after"] for row in data["matrix"]} == {"not_graded: SC3", "not_computable: unknown:010104"}
    named = data["words"]["after"]["not_computable: unknown:010104"]
    assert named["zh"] == "无法计算：结果取决于未公布的分值：非正常原因增值税应纳税额为0（连续3月或累计6月）"
    for lang, words in (("zh", ("个体工商户", named["zh"])), ("en", ("individual business", named["en"]))):
        shown = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", render_page(impact_document(data, lang)))  # type: ignore[arg-type]
        assert all(word in shown for word in words)
        assert not re.search("SC3|unknown:|not_graded|not_computable", shown)
    days = pd.DataFrame([{"record_id": "W", "subject_id": ids[1], "item": "SD-06", "decided_on": "2019-05-05"}])
    two = [registry.pick("environment/shandong@2018"), registry.pick("environment/shandong@2017")]
    data = scheme_impact(*two, ingest(tables[0], days), 2019, on=ON)[0].data
    assert data["words"]["before"]["red"] == {"zh": "红", "en": "red"}


def test_each_side_has_its_own_words() -> None:
    """An entry, and a line of a ledger, is called on each side as that version calls it."""
    ids = ["91220291MADM0X1E10", "91220291MADM5A3R5G"]
    subjects = pd.DataFrame({"subject_id": ids, "name": ["甲", "乙"]})
    entry = {"listing_id": "L", "subject_id": ids[0], "list": "safety_serious", "entered_on": "2023-11-01"}
    snapshot = ingest(
        subjects, pd.DataFrame({"subject_id": [], "record_id": [], "item": []}), listings=pd.DataFrame([entry])
    )
    two = [registry.pick("safety/serious@2017-05-09"), registry.pick("safety/serious@2023-10-01")]
    effects = scheme_impact(*two, snapshot, as_of="2024-01-01", on=date(2024, 1, 1))
    data = effects[0].data
    assert {side: words["listed"]["zh"] for side, words in data["words"].items()} == {
        "before": "在“黑名单”内",
        "after": "在名单内",
    }
    ledgers = two_ledgers(*effects, ids[0])
    assert [ledgers[side]["words"]["en"] for side in ("a", "b")] == ["on the blacklist", "listed"]
    (decided,) = [row["label"]["en"] for row in ledgers["lines"] if row["step"] == "decide"]
    assert decided == "on the work-safety blacklist → on the list of seriously dishonest subjects in work safety"
    for lang, words in (("zh", ("在“黑名单”内", "在名单内")), ("en", ("on the blacklist", "listed"))):
        assert all(word in render_page(impact_document(data, lang)) for word in words)  # type: ignore[arg-type]


def test_pages_are_inert_and_equal_to_their_json(impact_rows: FOUND, tmp_path: Path) -> None:
    files = write_impact(tmp_path / "out", impact_rows, [impact_rows[0].subjects["subject_id"][0].as_py()])
    assert all(file.is_file() for file in files)
    data = json.loads((tmp_path / "out" / "impact.json").read_text(encoding="utf-8"))
    for name in ("impact.html", "impact.en.html"):
        seen = Page((tmp_path / "out" / name).read_text(encoding="utf-8"))
        assert json.loads(seen.data) == data == impact_rows[0].data
        assert not [attribute for attribute in seen.attributes if attribute[1].startswith("on")]
        assert "<script>alert(1)" in seen.text
    assert (tmp_path / "out" / "ledgers.html").is_file()
    assert parquet.read_table(tmp_path / "out" / "subjects.parquet").num_rows == 2
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").touch()
    with pytest.raises(UsageError, match="the folder holds something else"):
        write_impact(tmp_path / "kept", impact_rows)
    assert sorted(file.name for file in (tmp_path / "kept").iterdir()) == ["mine.txt"]


@pytest.mark.slow
def test_the_order_of_rows_changes_no_byte(tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    a, b = registry.pick("tax@2014"), registry.pick("tax@2025")
    for k, turn in enumerate((slice(None), slice(None, None, -1))):
        write_impact(tmp_path / str(k), scheme_impact(a, b, ingest(*(table[turn] for table in tables)), 2022, on=ON))
    for file in (tmp_path / "0").iterdir():
        assert file.read_bytes() == (tmp_path / "1" / file.name).read_bytes(), file.name


def test_the_command(tables: tuple[pd.DataFrame, pd.DataFrame], snapshot: Snapshot, tmp_path: Path) -> None:
    write_snapshot(snapshot, tmp_path / "snap")
    args = ["scheme", "impact", "tax@2014", "tax@2025", "--snapshot", str(tmp_path / "snap"), "--period", "2022"]
    run = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    assert "tax@2014 → tax@2025" in run.output
    for table, name in zip(tables, ("subjects", "records"), strict=True):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    args[4:6] = ["--subjects", str(tmp_path / "subjects.csv"), "--records", str(tmp_path / "records.csv")]
    again = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "again")])
    assert again.exit_code == 0, again.output
    same = [(tmp_path / name / "impact.json").read_bytes() for name in ("out", "again")]
    assert same[0] == same[1]
    bad = CliRunner().invoke(app, [*args, "--on", "soon", "--out", str(tmp_path / "bad")])
    assert isinstance(bad.exception, UsageError)
    none = CliRunner().invoke(app, [*args[:4], "--period", "2022", "--out", str(tmp_path / "none")])
    assert isinstance(none.exception, UsageError)
    assert not (tmp_path / "bad").exists()


def composites(folder: Path, weight: int, rows: list[dict[str, Any]]) -> Path:
    """A folder of composites: two domains, of which tax has `weight`."""
    folder.mkdir()
    head = {
        "as_of": "2020-12-31",
        "config": "made",
        "config_version": "2020-01-01",
        "state_reason": "",
        "evidence": "project_default",
    }
    table = [
        {
            "subject_id": row["id"],
            **head,
            "state": "scored",
            "score": row["tax"] * weight // 1000 + row["other"],
            "grade": "A" if row["tax"] * weight // 1000 + row["other"] >= 500 else "B",
        }
        for row in rows
    ]
    parts = [
        {
            "subject_id": row["id"],
            "domain": domain,
            "scheme": domain,
            "version": "1",
            "grade": "A",
            "value": 1,
            "weight": weight if domain == "tax" else 1000 - weight,
            "contribution": row["tax"] * weight // 1000 if domain == "tax" else row["other"],
        }
        for row in rows
        for domain in ("tax", "other")
    ]
    parquet.write_table(pa.Table.from_pylist(table), folder / "composite.parquet")
    parquet.write_table(pa.Table.from_pylist(parts), folder / "contributions.parquet")
    (folder / "manifest.json").write_text(
        json.dumps({"grades": ["A", "B"], "made_up": True, "acts": "unchecked"}), encoding="utf-8"
    )
    return folder


def test_nobody_to_compare_is_said(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    nobody, no_record = (table.head(0) for table in tables)
    with pytest.raises(InputError, match="no organisation to compare"):
        scheme_impact(registry.pick("tax@2014"), registry.pick("tax@2025"), ingest(nobody, no_record), 2022)


def test_composites_by_the_same_code(tmp_path: Path) -> None:
    rows = [{"id": "s1", "tax": 900, "other": 100}, {"id": "s2", "tax": 100, "other": 480}]
    a, b = composites(tmp_path / "a", 500, rows), composites(tmp_path / "b", 300, rows)
    about = tmp_path / "subjects.csv"
    about.write_text("subject_id,name,district\ns1,甲,一区\ns2,乙,二区\n", encoding="utf-8")
    results = composite_impact(a, b, about=read_about(about), on=ON)
    data = results[0].data
    assert data["made_up"] is True
    assert [(row["before"], row["after"]) for row in results[0].notices.to_pylist()] == [("A", "B")]
    assert data["ranks"]["reversed"] == 1
    assert {row["name"] for row in data["groups"]["district"]} == {"一区", "二区"}
    assert [row["en"] for row in data["changes"]] == [
        ["other", "", "weight", "500", "700"],
        ["tax", "", "weight", "500", "300"],
    ]
    assert "tax weight: 500 → 300" in results[0].notices["text_en"][0].as_py()
    page = render_page(impact_document(data, "en"))
    assert "project_default" in page
    assert "acts were not looked at" in page
    lines = two_ledgers(*results, "s1")["lines"]
    assert {row["label"]["en"]: row["difference"] for row in lines} == {"tax": "-180", "other": ""}
    import typer

    own = typer.Typer()
    own.command()(composite_impact_command)
    run = CliRunner().invoke(own, [str(a), str(b), "--out", str(tmp_path / "out"), "--subjects", str(about)])
    assert run.exit_code == 0, run.output
    with pytest.raises(InputError, match=r"no composite\.parquet"):
        composite_impact(tmp_path, b)
    (a / "manifest.json").write_text(json.dumps({"rules": {"grades": [{"code": {}}]}}), encoding="utf-8")
    with pytest.raises(InputError, match="a grade that is no text"):
        composite_impact(a, b)
    (a / "manifest.json").write_text(json.dumps({"acts": {"once": 1}}), encoding="utf-8")
    with pytest.raises(InputError, match="`acts` in the manifest is no text"):
        composite_impact(a, b)
    (a / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"no manifest\.json"):
        composite_impact(a, b)

"""The public export: use enforced, decided grades only, organisations only, nothing that is not published."""

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

from creditscore.cli.main import app
from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import Lang
from creditscore.evidence.publication.page import public_document, write_public
from creditscore.evidence.publication.public import publish
from creditscore.grading.batch import grade_all
from creditscore.grading.grade import grade
from creditscore.present.html import render_page
from creditscore.records import ingest
from tests.present.test_html import EVIL, Page

GOOD, BAD, TRADER = "91220291MADM0X1E10", "91220291MADM5A3R5G", "92220291MADM04CX8X"
DAY = date(2021, 4, 20)
DECIDED: dict[str, Any] = {"decided_by": "示例税务局", "decided_on": DAY}


def page_of(data: dict[str, Any], lang: Lang = "zh") -> str:
    return render_page(public_document(data, lang))


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    from stdnum.cn import uscc

    trader = TRADER[:17] + uscc.calc_check_digit(TRADER[:17])
    subjects = pd.DataFrame(
        {
            "subject_id": [GOOD, BAD, trader],
            "name": [f"甲公司{EVIL}", "乙公司", "张三小吃店"],
            "registered_on": "2010-01-01",
            "first_filed_on": "2010-01-01",
            "has_income": "true",
            "books_compliant": "true",
            "opted_in": "true",
        }
    )
    day = {"domain": "tax", "occurred_on": "2020-05-05", "recorded_on": "2020-06-01", "booked_on": "2020-06-01"}
    direct = {"record_id": "R1", "subject_id": BAD, "item": "D14-01", "source": "李四 13800138000", **day}
    good = {"record_id": "R2", "subject_id": GOOD, "item": "010103", "source": "李四 13800138000", **day}
    gone = {"record_id": "R3", "subject_id": GOOD, "item": "010501", "source": "", **day}
    undone = {**gone, "event_no": 2, "event": "withdrawn", "event_on": "2020-07-01", "recorded_on": "2020-07-01"}
    return {"subjects": subjects, "records": pd.DataFrame([direct, good, gone, undone])}


@pytest.fixture(scope="module")
def folder(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    grading = grade(tables["records"], "tax", 2020, subjects=tables["subjects"])
    return grading.write(tmp_path_factory.mktemp("graded") / "tax")


def named(value: Any) -> list[tuple[str, str]]:
    return [(row["subject_id"], row["grade"]) for row in value.grades.to_pylist()]


def test_only_grades_with_a_rule_stand_by_name(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    public = publish(folder, subjects=tables["subjects"], **DECIDED)
    results = dict(named(public))
    assert results[BAD] == "D"
    assert set(results.values()) <= {"A", "D"}
    assert not [subject for subject in results if subject.startswith("92")]
    assert len(results) + sum(public.withheld.values()) == 3
    row = next(row for row in public.grades.to_pylist() if row["grade"] == "D")
    assert row["basis"] == "R2014A 29 to 32"
    assert row["decided_on"] == "2021-04-20"
    assert row["name"] == "乙公司"


def test_a_grade_under_objection_says_so(folder: Path, tmp_path: Path) -> None:
    import shutil

    marked = shutil.copytree(folder, tmp_path / "marked")
    row = {
        "scheme": "tax",
        "subject_id": BAD,
        "record_id": "R1",
        "case_id": "C2021-0001",
        "disputed_since": "2021-04-21",
        "decide_by": "2021-04-26",
        "grade_without": "A",
        "score_without": "100",
    }
    parquet.write_table(pa.Table.from_pylist([row]), marked / "disputes.parquet")
    public = publish(marked, **DECIDED)
    assert {r["subject_id"]: r["disputed_since"] for r in public.grades.to_pylist()}[BAD] == "2021-04-21"
    page = page_of(public.data)
    assert "异议处理中（自2021年4月21日）" in page
    assert "公示的等级" in page
    assert "public_grades" not in re.sub(r"(?s)<script.*?</script>|<[^>]*>", "", page)
    assert "disputed since 2021-04-21" in page_of(public.data, "en")
    assert "R1" not in page_of(public.data)
    assert all(r["disputed_since"] == "" for r in publish(folder, **DECIDED).grades.to_pylist())
    (marked / "disputes.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="disputes cannot be read"):
        publish(marked, **DECIDED)


def marked_folder(folder: Path, out: Path, marks: str | None) -> Path:
    """The grading with another state of its input, or as an earlier version wrote it."""
    import shutil

    shutil.copytree(folder, out)
    table = parquet.read_table(out / "grades.parquet")
    place = table.column_names.index("input_state")
    if marks is None:
        table = table.drop_columns(["input_state", "grade_without"])
    else:
        table = table.set_column(place, "input_state", pa.array([marks] * table.num_rows))
    parquet.write_table(table, out / "grades.parquet")
    return out


def test_a_grade_that_refused_rows_leave_open_is_withheld(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    """A false-invoice record has a day that cannot be read: without it its firm would be published as A."""
    records = tables["records"].copy()
    records.loc[records["record_id"] == "R1", ["occurred_on", "booked_on"]] = "2020年5月"
    path = grade(records, "tax", 2020, subjects=tables["subjects"], max_rejected=5).write(tmp_path / "tax")
    public = publish(path, subjects=tables["subjects"], **DECIDED)
    assert BAD not in dict(named(public))
    assert public.withheld["refused_rows"] == 1
    assert sum(row["subjects"] or 0 for row in public.data["shares"]) <= 2
    assert BAD not in page_of(public.data)
    result = CliRunner().invoke(
        app,
        ["report", "public", str(path), "--decided-by", "x", "--decided-on", str(DAY), "--out", str(tmp_path / "p")],
    )
    assert result.exit_code == 0, result.output
    assert "refused_rows" in result.output


def test_a_period_that_is_not_over_is_withheld_and_counted(folder: Path, tmp_path: Path) -> None:
    public = publish(marked_folder(folder, tmp_path / "g", "feeds_undeclared;period_not_over"), **DECIDED)
    assert named(public) == []
    assert public.withheld == {"not_graded": 1, "period_not_over": 2}
    assert public.data["shares"] == []


@pytest.mark.parametrize(
    ("marks", "stated", "zh", "en"),
    [
        ("whole", "whole", "", ""),
        ("accepted_rows", "accepted_rows", "人工确认不再补正", "accepted as lost by a person"),
        (
            "feeds_undeclared;refused_rows",
            "feeds_undeclared;refused_rows",
            "未登记哪些部门应报送数据",
            "no feeds are declared",
        ),
        (None, "", "由早期版本生成", "made by an earlier version"),
    ],
)
def test_other_marks_are_published_with_the_grade(
    folder: Path, tmp_path: Path, marks: str | None, stated: str, zh: str, en: str
) -> None:
    public = publish(marked_folder(folder, tmp_path / "g", marks), **DECIDED)
    assert {row["input_state"] for row in public.grades.to_pylist()} == {stated}
    assert zh in page_of(public.data)
    assert en in page_of(public.data, "en")
    assert ("早期版本" in page_of(public.data)) == (marks is None)


def test_a_computed_grade_is_not_a_decision(folder: Path) -> None:
    with pytest.raises(UsageError, match="not a decision"):
        publish(folder)
    with pytest.raises(UsageError, match="not a decision"):
        publish(folder, decided_by="x")
    rows = [
        {"subject_id": BAD, "period": "2020", "grade": "D", "status": status}
        for status in ("provisional", "superseded")
    ]
    assert named(publish(folder, history=pd.DataFrame(rows))) == []
    rows = [{"subject_id": BAD, "period": "2020", "grade": "D", "status": "final", "decided_on": "2021-04-21"}]
    public = publish(folder, history=pd.DataFrame(rows))
    assert named(public) == [(BAD, "D")]
    assert public.grades["decided_on"].to_pylist() == ["2021-04-21"]
    rows[0]["grade"] = "C"
    assert publish(folder, history=pd.DataFrame(rows)).withheld["decided_otherwise"] == 1
    with pytest.raises(InputError, match="missing columns grade, status"):
        publish(folder, history=pd.DataFrame([{"subject_id": BAD, "period": "2020"}]))


def test_an_internal_class_refuses(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    snapshot = ingest(tables["subjects"], tables["records"])
    both = grade_all(snapshot, ["food/risk", "labour/national"], as_of="2020-12-31", max_rejected=99).write(
        tmp_path / "g"
    )
    with pytest.raises(UsageError, match="food/risk@2016-12-01 is internal_risk: it is never published") as error:
        publish(both, **DECIDED)
    assert "labour/national" in str(error.value)
    with pytest.raises(UsageError, match="internal_risk"):
        publish(both, schemes=["food/risk"], **DECIDED)
    with pytest.raises(UsageError, match="tax is not in this folder"):
        publish(both, schemes=["tax"], **DECIDED)
    public = publish(both, schemes=["labour/national"], **DECIDED)
    assert public.grades.num_rows == 0
    assert "food" not in json.dumps(public.data)
    assert "food" not in page_of(public.data)


def test_an_unknown_scheme_refuses(folder: Path, tmp_path: Path) -> None:
    table = parquet.read_table(folder / "grades.parquet")
    strange = table.set_column(table.column_names.index("scheme"), "scheme", pa.array(["ours"] * table.num_rows))
    (tmp_path / "manifest.json").write_text((folder / "manifest.json").read_text(encoding="utf-8"), encoding="utf-8")
    parquet.write_table(strange, tmp_path / "grades.parquet")
    with pytest.raises(UsageError, match="the use of ours@2014 is not known"):
        publish(tmp_path, **DECIDED)


def test_a_plan_and_an_empty_folder_refuse(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json not found"):
        publish(tmp_path, **DECIDED)
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="no grading lies there"):
        publish(tmp_path, **DECIDED)
    (tmp_path / "strata.parquet").touch()
    with pytest.raises(UsageError, match="internal risk classes; it is never published"):
        publish(tmp_path, **DECIDED)


@pytest.mark.parametrize("use", ["public_grade", "internal_risk", ""])
def test_a_composite_says_its_use(tmp_path: Path, use: str) -> None:
    rows = [
        {
            "subject_id": f"9122029{k}MADM0X1E10",
            "as_of": "2020-12-31",
            "config": "made",
            "config_version": "2020-01-01",
            "state": "scored",
            "grade": "A",
            "evidence": "project_default",
        }
        for k in range(6)
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "composite.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"use": use, "config": "made"}), encoding="utf-8")
    if use != "public_grade":
        with pytest.raises(UsageError, match="may not be published"):
            publish(tmp_path, **DECIDED)
        return
    public = publish(tmp_path, **DECIDED)
    assert public.grades.num_rows == 0
    assert public.withheld == {"no_publication_rule": 6}
    assert [row["subjects"] for row in public.shares.to_pylist()] == [6]


def test_a_composite_of_own_numbers_is_not_published_whatever_it_says(tmp_path: Path) -> None:
    """Made before such a composite had to be internal."""
    rows = [
        {
            "subject_id": "9122029KMADM0X1E10",
            "as_of": "2020-12-31",
            "config": "made",
            "config_version": "1",
            "state": "scored",
            "grade": "A",
            "evidence": "project_default",
        }
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "composite.parquet")
    marks = {"weights": "local", "maps": "local", "bands": "project_default"}
    manifest = {"use": "public_grade", "config": "made", "rules": {"marks": marks}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError, match="may not be published: its bands are this project's own"):
        publish(tmp_path, **DECIDED)
    for rules, words in ((3, "rules is not an object"), ({"marks": 3}, "marks is not an object")):
        (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "rules": rules}), encoding="utf-8")
        with pytest.raises(InputError, match=words):
            publish(tmp_path, **DECIDED)


def test_small_counts_cannot_be_worked_out(tmp_path: Path) -> None:
    rows = [
        {
            "subject_id": f"s{k}",
            "as_of": "2020-12-31",
            "config": "made",
            "config_version": "1",
            "state": "scored",
            "grade": "A" if k < 20 else "B" if k < 30 else "C",
            "evidence": "x",
        }
        for k in range(32)
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "composite.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"use": "public_grade"}), encoding="utf-8")
    shares = {row["grade"]: row["subjects"] for row in publish(tmp_path, **DECIDED).shares.to_pylist()}
    assert shares == {"A": 20, "B": None, "C": None}


def test_entries_of_lists_only_while_they_run(folder: Path) -> None:
    def entry(k: int, **more: str) -> dict[str, str]:
        return {
            "listing_id": str(k),
            "subject_id": BAD,
            "list": "procurement_serious",
            "entered_on": "2020-01-01",
            **more,
        }

    rows = [
        entry(0, basis="李四 13800138000", term_end="2023-01-01"),
        entry(1, exited_on="2021-04-20", exit_reason="repaired"),
        entry(2, term_end="2021-04-19"),
        entry(3, entered_on="2021-04-21"),
        entry(4, list="wage_arrears"),
        entry(5, subject_id="92220291MADM04CX8X"),
        entry(6, subject_id="110101199003070038"),
    ]
    public = publish(folder, listings=pd.DataFrame(rows), on=DAY, **DECIDED)
    (row,) = public.lists.to_pylist()
    assert (row["list"], row["term_end"], row["basis"]) == ("procurement_serious", "2023-01-01", "CBK2014_526")
    assert "李四" not in json.dumps(public.data, ensure_ascii=False)
    before = publish(folder, **DECIDED).withheld
    added = {key: count - before.get(key, 0) for key, count in public.withheld.items() if count != before.get(key, 0)}
    assert added == {"not_running": 3, "sole_trader": 1, "natural_person": 1, "no_publication_rule": 1}
    with pytest.raises(UsageError, match="the table and the day"):
        publish(folder, on=DAY, **DECIDED)
    with pytest.raises(InputError, match="'soon' in entered_on is not a day"):
        publish(folder, listings=pd.DataFrame([entry(0) | {"entered_on": "soon"}]), on=DAY, **DECIDED)


def test_items_name_no_record_and_leave_out_what_was_withdrawn(folder: Path) -> None:
    public = publish(folder, items=True, **DECIDED)
    assert public.items is not None
    names = {(row["subject_id"], row["item"]) for row in public.items.to_pylist()}
    published = {subject for subject, _ in named(public)}
    assert {subject for subject, _ in names} <= published
    assert not [item for _, item in names if item == "010501"]
    assert set(public.items.column_names) == {
        "subject_id",
        "scheme",
        "period",
        "item",
        "item_zh",
        "item_en",
        "article",
        "times",
    }


def test_what_is_written_holds_nothing_else(folder: Path, tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    public = publish(folder, subjects=tables["subjects"], items=True, **DECIDED)
    files = write_public(tmp_path / "out", public)
    assert sorted(file.name for file in files) == sorted(file.name for file in (tmp_path / "out").iterdir())
    for file in files:
        if file.suffix != ".parquet":
            text = file.read_text(encoding="utf-8")
            assert not [word for word in ("李四", "13800138000", "张三", "R1", "run_id") if word in text], file
    for lang in ("zh", "en"):
        seen = Page(page_of(public.data, lang))  # type: ignore[arg-type]
        assert json.loads(seen.data) == public.data
        assert {"zh": "如何提出异议", "en": "How to object"}[lang] in seen.text
    assert "R2015A" in page_of(public.data)


def test_the_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    args = ["report", "public", str(folder), "--decided-by", "示例局", "--decided-on", "2021-04-20", "--out", str(out)]
    run = CliRunner().invoke(app, args)
    assert run.exit_code == 0, run.output
    assert "published by name" in run.output
    assert (out / "public.html").is_file()
    again = {file.name: file.read_bytes() for file in out.iterdir()}
    assert CliRunner().invoke(app, args).exit_code == 0
    assert again == {file.name: file.read_bytes() for file in out.iterdir()}

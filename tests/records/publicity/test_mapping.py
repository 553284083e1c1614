"""Kinds of measures, the mapping file and its faults, and deadlines of publication."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError, UsageError
from creditscore.records.publicity.kinds import measures_of
from creditscore.records.publicity.mapping import Matcher, load_mapping
from creditscore.schemes import registry
from tests.records.publicity.publicity_helpers import penalties, rows

TAIL = "deadlines:\n- {id: all, working_days: 7, cite: {law: L}, evidence: local}\n"
ROW = "id: one, for: f, domain: d, item: i, cite: {law: L}, evidence: local"


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ("警告", ["warning"]),
        ("罚款;没收违法所得", ["fine", "confiscation"]),
        ("没收违法所得；罚款", ["fine", "confiscation"]),
        ("没收违法所得、没收非法财物", ["confiscation"]),
        ("警告,罚款，通报批评、警告", ["warning", "criticism", "fine"]),
        ("暂扣许可证件", ["suspension"]),
        ("降低资质等级", ["downgrade"]),
        ("吊销营业执照", ["revocation"]),
        ("限制开展生产经营活动", ["restriction"]),
        ("责令停产停业", ["halt"]),
        ("责令关闭", ["closure"]),
        ("限制从业", ["practice_ban"]),
        ("行政拘留", ["detention"]),
        ("法律、行政法规规定的其他行政处罚", ["other"]),
        ("其他", ["other"]),
        ("暂扣或者吊销许可证、暂扣或者吊销执照", ["unclear", "unclear"]),
        ("罚款、没收违法所得、没收非法财物", ["unclear"]),
        ("责令改正;查封;;", ["unrecognised", "unrecognised"]),
        ("不予罚款", ["unrecognised"]),
        (" ; ", ["unstated"]),
        (None, ["unstated"]),
    ],
)
def test_kinds_of_penalties(cell, kinds):
    assert [measure.kind for measure in measures_of("penalties", cell)] == kinds


def test_kinds_of_licences():
    assert [measure.kind for measure in measures_of("licences", "普通")] == ["ordinary"]
    assert [measure.kind for measure in measures_of("licences", "登记；核准")] == ["approval", "registration"]


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({"CF_CFLB": "警告"}, "SD-01"),
        ({"CF_CFLB": "责令限期改正"}, "SD-02"),
        ({"CF_NR_FK": "1"}, "SD-03a"),
        ({"CF_NR_FK": "1.000001"}, "SD-03b"),
        ({"CF_CFLB": "责令限制生产"}, "SD-05"),
        ({"CF_CFLB": "责令停产整治"}, "SD-06"),
        ({"CF_CFLB": "查封、扣押"}, "SD-07"),
        ({"CF_CFLB": "没收违法所得"}, "SD-08"),
        ({"CF_CFLB": "暂扣许可证"}, "SD-09"),
        ({"CF_CFLB": "吊销许可证"}, "SD-10"),
        ({"CF_CFLB": "移送适用行政拘留案件"}, "SD-11"),
        ({"CF_CFLB": "移送涉嫌环境犯罪案件"}, "SD-12"),
    ],
)
def test_the_shipped_rows_for_shandong(change, item):
    assert [row["item"] for row in rows(penalties(change).records)] == [item]


@pytest.mark.parametrize("change", [{"CF_CFLB": "责令停止建设"}, {"CF_CFLB": "责令停产停业"}, {"CF_NR_FK": ""}])
def test_what_the_texts_do_not_settle_stays_unmapped(change):
    imported = penalties(change)
    assert (imported.records.num_rows, imported.counts["penalties"]["unmapped"]) == (0, 1)


def test_every_shipped_row_cites_and_says_how_sure_it_is():
    mapping = load_mapping()
    assert len(mapping.rows) == 15
    assert {row.evidence for row in mapping.rows} == {"inference"}
    assert all(row.cite.law and row.authority for row in mapping.rows)
    assert {row.domain for row in mapping.rows} == {"environment", "labour"}
    assert [(deadline.working_days, deadline.evidence) for deadline in mapping.deadlines] == [
        (20, "verified"),
        (7, "local"),
    ]


def test_every_shipped_row_gives_an_item_of_its_scheme():
    for row in load_mapping().rows:
        versions = registry.versions(row.family)
        assert any(row.item in version.items for version in versions), row
        assert {version.domain for version in versions} == {row.domain}


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_first_row_that_fits_wins(tmp_path):
    path = written(
        tmp_path,
        "rows:\n"
        "- {id: a, for: f, domain: d, item: big, kinds: [fine], amount: {at_least: 50000.5}, cite: {law: L},"
        " evidence: local}\n"
        "- {id: b, for: f, domain: d, item: air, violation: {contains: [大气, 超标], matches: '^超'}, cite: {law: L},"
        " evidence: local}\n"
        "- {id: c, for: f, domain: d, item: rest, cite: {law: L}, evidence: local}\n" + TAIL,
    )
    changes = [
        {"CF_NR_FK": "5.000050", "CF_WSH": "1"},
        {"CF_NR_FK": "5.000049", "CF_WSH": "2"},
        {"CF_WFXW": "大气污染", "CF_WSH": "3"},
        {"CF_WFXW": "", "CF_WSH": "4"},
    ]
    imported = penalties(*changes, mapping=path, schemes=[])
    assert [row["item"] for row in rows(imported.records)] == ["big", "air", "rest", "rest"]
    assert imported.manifest["mapping"]["rows"]["c"] == {"for": "f", "item": "rest", "evidence": "local", "records": 2}


@pytest.mark.parametrize(
    ("amount", "inside", "outside"),
    [
        ("{above: 1}", 1_000_001, 1_000_000),
        ("{at_least: 1}", 1_000_000, 999_999),
        ("{at_most: 1}", 1_000_000, 1_000_001),
        ("{above: 0.5, below: 1}", 999_999, 1_000_000),
    ],
)
def test_ranges_of_amounts(tmp_path, amount, inside, outside):
    matcher = Matcher(load_mapping(written(tmp_path, f"rows:\n- {{{ROW}, amount: {amount}}}\n" + TAIL)).rows)
    assert matcher.first("penalties", None, None, "fine", "罚款", inside) == 0
    assert matcher.first("penalties", None, None, "fine", "罚款", outside) is None
    assert matcher.first("penalties", None, None, "fine", "罚款", None) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"rows:\n- {{{ROW}, colour: red}}\n", "mine.yaml:2: E106 rows.0.colour: unknown key"),
        (f"rows:\n- {{{ROW}, licence: {{contains: [x]}}}}\n", "rows.0.licence: unknown key here"),
        (f"rows:\n- {{{ROW}}}\n- {{{ROW}}}\n", "mine.yaml:3: E113 rows.1.id: one was given on line 2"),
        ("rows:\n- {id: one, for: f, domain: d, cite: {law: L}, evidence: local}\n", "rows.0.item: required key"),
        (
            "rows:\n- {id: one, for: f, domain: d, item: 010101, cite: {law: L}, evidence: local}\n",
            "'010101' is not an exact number or day",
        ),
        (f"rows:\n- {{{ROW[:-5]}sure}}\n", "rows.0.evidence: 'sure' is not allowed here; allowed are 'verified'"),
        (f"rows:\n- {{{ROW}, kinds: [jail]}}\n", "rows.0.kinds: not kinds of penalties: jail; allowed are warning"),
        (f"rows:\n- {{{ROW}, kinds: []}}\n", "rows.0.kinds: no kind"),
        (f"rows:\n- {{{ROW}, from: licences, kinds: [fine]}}\n", "not kinds of licences: fine"),
        (f"rows:\n- {{{ROW}, authority: {{matches: '('}}}}\n", "cannot be used"),
        (f"rows:\n- {{{ROW}, authority: {{}}}}\n", "give contains, matches, or both"),
        (f"rows:\n- {{{ROW}, amount: {{above: 1, at_least: 1}}}}\n", "give at_least or above"),
        (f"rows:\n- {{{ROW}, amount: {{above: 2, at_most: 1}}}}\n", "the range is empty"),
        (f"rows:\n- {{{ROW}, amount: {{at_most: 1e4}}}}\n", "plain digits"),
        (f"rows:\n- {{{ROW}, id: two}}\n", "duplicate key"),
        ("rows: [\n", "not YAML"),
        ("", "empty"),
        ("- 1\n", "must be a mapping"),
    ],
)
def test_faults_of_a_mapping_are_named_with_their_place(tmp_path, text, words):
    tail = TAIL if text.startswith("rows:\n") else ""
    with pytest.raises(SchemeError) as caught:
        load_mapping(written(tmp_path, text + tail))
    assert words in str(caught.value)
    assert "mine.yaml:" in str(caught.value)


def test_all_faults_are_named_at_once_and_the_last_deadline_is_for_all(tmp_path):
    text = (
        f"rows:\n- {{{ROW}, kinds: [jail]}}\ndeadlines:\n"
        "- {id: a, working_days: 7, cite: {law: L}, evidence: local}\n"
        "- {id: b, authority: {contains: [x]}, working_days: 7, cite: {law: L}, evidence: local}\n"
    )
    with pytest.raises(SchemeError, match="3 faults") as caught:
        load_mapping(written(tmp_path, text))
    assert "the last deadline must be for every authority" in str(caught.value)


def test_a_mapping_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="there is no mapping"):
        load_mapping(tmp_path / "none.yaml")


def test_publication_is_due_seven_working_days_after_the_decision_and_twenty_for_market_regulation():
    market = {"CF_CFJG": "某区市场监督管理局"}
    imported = penalties(
        {"CF_WSH": "1", "publicdate": "2024-01-16"},  # Friday 5 January + 7 working days
        {"CF_WSH": "2", "publicdate": "2024-01-17"},
        {"CF_WSH": "3", "publicdate": "2024-02-02"} | market,
        {"CF_WSH": "4", "publicdate": "2024-02-04"} | market,  # a Sunday people worked
        {"CF_WSH": "5", "publicdate": "2024-01-04"},
        {"CF_WSH": "6"},
    )
    assert imported.manifest["publication"] == {
        "in_time": 2,
        "late": 2,
        "before_decision": 1,
        "no_publication_date": 1,
        "provisional": 0,
    }
    assert [(row["document_no"], str(row["due_on"]), row["rule"]) for row in rows(imported.late)] == [
        ("2", "2024-01-16", "general"),
        ("4", "2024-02-02", "market"),
    ]
    codes = {warning["code"]: warning["count"] for warning in imported.manifest["warnings"]}
    assert (codes["published_late"], codes["published_before_decision"], codes["no_publication_date"]) == (2, 1, 1)


def test_a_deadline_beyond_the_known_holidays_is_provisional():
    imported = penalties({"CF_JDRQ": "2090-01-02", "publicdate": "2090-03-01"})
    assert [row["provisional"] for row in rows(imported.late)] == [True]
    assert "provisional_calendar" in {warning["code"] for warning in imported.manifest["warnings"]}

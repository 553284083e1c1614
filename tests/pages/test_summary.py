"""The tables of an overview add up and agree with the results they were computed from."""

from creditscore.core.i18n import say, word
from creditscore.explanation.labels import labels_of
from creditscore.grading.result import Grading
from creditscore.pages.overview import overview_document
from creditscore.pages.summary import Summary, percent
from creditscore.present.html import render_page


def test_every_organisation_is_counted_once(graded: Grading, summary: Summary) -> None:
    assert summary["subjects"] == 400
    assert sum(row["count"] for row in summary["states"]) == 400
    assert sum(row["count"] for row in summary["evidence"]) == 400
    graded_in = sum(row["count"] for row in summary["grades"])
    assert graded_in == graded.manifest["counts"]["states"]["graded"]
    assert sum(row["count"] for row in summary["routes"]) == graded_in
    for rows in summary["groups"].values():
        assert sum(row["total"] for row in rows) == graded_in
        for row in rows:
            assert sum(row["counts"].values()) == row["total"]
    scores = summary["scores"]
    assert sum(row["count"] for row in scores["bins"]) == scores["scored"] == graded_in


def test_grades_are_those_of_the_result(graded: Grading, summary: Summary) -> None:
    counts = graded.manifest["counts"]["grades"]
    assert {row["code"]: row["count"] for row in summary["grades"] if row["count"]} == counts
    assert [row["code"] for row in summary["grades"]] == ["A", "B", "M", "C", "D"]
    assert [edge["grade"] for edge in summary["scores"]["edges"]] == ["A", "B", "C"]
    assert [edge["at"] for edge in summary["scores"]["edges"]] == ["90", "70", "40"]


def test_the_items_are_those_of_the_ledger(graded: Grading, summary: Summary) -> None:
    first = summary["items"][0]
    points, rows = graded.con.execute(
        "SELECT sum(effective), count(*) FROM result_ledger WHERE item = ? AND step = 'record' AND effective <> 0",
        [first["code"]],
    ).fetchall()[0]
    assert (float(first["points"]), first["rows"]) == (float(points), rows)
    assert first["label"]["zh"] == labels_of(graded.manifest).line("record", first["code"], "", "").zh
    lost = [float(row["points"]) for row in summary["items"]]
    assert lost == sorted(lost)
    assert lost[-1] < 0


def test_the_numbers_on_the_page_are_those_of_the_summary(summary: Summary) -> None:
    page = render_page(overview_document(summary, "zh"))
    for row in summary["grades"]:
        assert f"{row['percent']:.1f} %  ({row['count']:,})" in page
    for row in summary["items"]:
        assert row["points"].replace("-", "−") in page.replace(",", "")
    for rows in summary["groups"].values():
        for row in rows:
            assert f"{row['name']} (" in page or "…" in page
    for row in summary["quarantine"]:
        assert say(word("refusals", row["reason"]), "zh") in page
    for row in summary["readings"]:
        assert row["label"]["zh"] in page
    for row in summary["published"]:
        assert f"{row['published']:.2f} %" in page


def test_refused_rows_and_silent_feeds_are_shown(summary: Summary) -> None:
    reasons = {row["reason"] for row in summary["quarantine"]}
    assert {"unknown_item", "unknown_subject", "natural_person", "occurred_after_recorded", "orphan_event"} == reasons
    assert sum(row["rows"] for row in summary["quarantine"]) == summary["records"]["refused"]
    assert summary["feeds"] == "declared"
    assert "已申报数据来源" in render_page(overview_document(summary, "zh"))


def test_percent_rounds_half_up() -> None:
    assert [percent(1, 8), percent(1, 3), percent(2, 3), percent(0, 5), percent(1, 2000)] == [12.5, 33.3, 66.7, 0, 0.1]
    assert percent(0, 0) == 0

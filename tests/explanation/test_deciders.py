"""What decided, and what was refused, in words: days that were not given, grades and items that have names."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from creditscore.explanation.ledger import Explanation, explain
from creditscore.grading.grade import grade
from creditscore.records.intake import ingest

DECIDED = {
    "record_id": "r1",
    "event_no": "1",
    "event": "filed",
    "subject_id": "S1",
    "item": "decision",
    "source": "customs",
}
DECIDED |= {"document_no": "7", "decided_grade": "general", "decided_on": "2019-05-01", "event_on": "2019-05-01"}


def explained(scheme: str, rows: list[dict[str, Any]], as_of: str, kind: str = "enterprise") -> Explanation:
    subjects = pd.DataFrame([{"subject_id": "S1", "kind": kind, "region": "220200"}])
    records = pd.DataFrame(rows).fillna("")
    snapshot = ingest(subjects=subjects, records=records, subject_ids="local")
    return explain(grade(snapshot, scheme, as_of=as_of, max_rejected=9), "S1")


@pytest.mark.parametrize("until", ["", "2022-01-01"])
def test_a_decision_is_explained_whether_or_not_it_says_until_when_it_holds(until: str) -> None:
    explanation = explained("customs/grade@2018-05-01", [DECIDED | {"valid_until": until}], "2020-12-31")
    assert [basis.record_id for decider in explanation.deciders for basis in decider.basis] == ["r1"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "一般信用企业"), ("en", "general credit")])
def test_a_refused_row_and_the_grade_without_it_have_words(lang: Any, words: str) -> None:
    refused = DECIDED | {"record_id": "r2", "decided_grade": "dishonest", "decided_on": "2019年6月", "event_on": ""}
    explanation = explained("customs/grade@2018-05-01", [DECIDED, refused], "2020-12-31")
    assert (explanation.state, explanation.grade_without) == ("not_computable", "general")
    for depth in ("subject", "reviewer"):
        text = explanation.text(lang, 200, depth)
        assert words in text
        assert not re.search("r2 decision[:，]", text)
        assert "（general）" not in text
        assert " (general)" not in text


def test_a_grade_whose_code_begins_with_not_is_told_by_its_name() -> None:
    row = {
        "record_id": "r1",
        "event_no": "1",
        "event": "filed",
        "subject_id": "S1",
        "item": "violation",
        "published_on": "2019-01-01",
    }
    explanation = explained("bidding/violation_record@2009-01-01", [row], "2020-12-31")
    assert explanation.grade == "not_published"
    assert "not_published" not in explanation.text("zh", 200, "reviewer").replace("（not_published）", "")


def taxed(period: int, past: list[tuple[int, str, str]]) -> Explanation:
    """One firm graded for tax, with earlier grades as (year, grade, route)."""
    subjects = pd.DataFrame([{"subject_id": "S1", "kind": "enterprise", "region": "220200"}])
    filed_on = f"{period}-05-01"
    records = pd.DataFrame(
        [
            {
                "record_id": "n",
                "event_no": "1",
                "event": "filed",
                "subject_id": "S1",
                "item": "NR",
                "event_on": filed_on,
            }
            | {"decided_on": filed_on}
        ]
    )
    history = pd.DataFrame(
        [
            {"subject_id": "S1", "scheme": "tax", "period": str(year), "grade": code, "state": "graded", "route": route}
            for year, code, route in past
        ]
    )
    snapshot = ingest(subjects=subjects, records=records, history=history, subject_ids="local")
    return explain(grade(snapshot, "tax", period, max_rejected=9), "S1")


@pytest.mark.parametrize("depth", ["subject", "reviewer"])
@pytest.mark.parametrize(
    ("period", "past", "zh", "en"),
    [
        (2018, [(2017, "D", "direct")], "2017年度D级", "D for 2017"),  # retained
        (2018, [(2016, "D", "direct"), (2017, "A", "score")], "2016年度D级", "D for 2016"),  # the third year
        (2022, [(2021, "D", "score")], "2021年度D级", "D for 2021"),  # eleven points for it
    ],
)
def test_a_rule_that_reads_an_earlier_grade_names_it_and_its_year(
    period: int, past: list[tuple[int, str, str]], zh: str, en: str, depth: Any
) -> None:
    explanation = taxed(period, past)
    assert zh in explanation.text("zh", 400, depth)
    assert en in explanation.text("en", 400, depth)
    assert "2017年度A级" not in explanation.text("zh", 400, depth)


def test_a_finding_is_no_grade_that_is_rated() -> None:
    row = {"record_id": "r1", "event_no": "1", "event": "filed", "subject_id": "S1", "item": "decision"}
    row |= {
        "source": "office",
        "document_no": "7",
        "decided_grade": "graded",
        "symbol": "A",
        "decided_on": "2019-05-01",
    }
    rows = [row | {"event_on": "2019-05-01", "decided_on": "2019-05-01"}]
    explanation = explained("institution/grade@2018-06-27", rows, "2020-12-31", "institution")
    assert explanation.grade == "graded"
    for depth in ("subject", "reviewer"):
        text = re.sub(r"\s", "", explanation.text("zh", 200, depth))  # type: ignore[arg-type]
        assert "评定为“已评定" not in text
        assert "评定为已评定" not in text
        assert "“已评定（等级以决定所载为准）”" in text

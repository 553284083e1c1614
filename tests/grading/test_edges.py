"""Edges of binding and counting that both interpreters must meet in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from tests.grading.test_parity import compare

CITED = "cite: {law: sf_food_safety_program}, evidence: verified"
HEAD = """
scheme: edges
domain: test
use: public_grade
label: {zh: 测试, en: edges}
period: day
effective_from: 2010-01-01
checked_on: 2026-11-23
cite: {law: sf_food_safety_program}
evidence: verified
subject_id: local
direction: lower_is_better
grades: [{code: A, label: {zh: 甲, en: A}}, {code: B, label: {zh: 乙, en: B}}, {code: C, label: {zh: 丙, en: C}}]
clocks: {done: [occurred_on, event_on]}
"""
ENDS = f"""
start: {{rules: [{{id: zero, points: 0, {CITED}}}]}}
decide:
  - id: bands
    bands: [{{grade: A, at_most: 13}}, {{grade: B, above: 13, below: 28}}, {{grade: C, at_least: 28}}]
    cite: {{law: sf_food_safety_program}}
    evidence: verified
"""
WINDOW = "windows: {w: {ever: true}}\nadmit: {clock: done, window: w}\n"


def grade(
    tmp_path: Path, body: str, records: list[dict[str, Any]], subjects: list[dict[str, Any]] | None = None
) -> cs.Grading:
    file = tmp_path / "edges.yaml"
    file.write_text(HEAD + body, encoding="utf-8")
    rows = [{"record_id": f"r{i}", "subject_id": "s", "item": "v", **row} for i, row in enumerate(records)]
    columns = ["record_id", "subject_id", "item"]
    frame = pd.DataFrame(rows).fillna("").astype(str) if rows else pd.DataFrame(columns=columns, dtype=str)
    people = pd.DataFrame(subjects or [{"subject_id": "s"}]).astype(str)
    grading = cs.grade(frame, str(file), subjects=people, as_of="2024-06-30", max_rejected=9)
    compare(grading)
    return grading


def item(more: str) -> str:
    return f"items:\n  v: {{label: {{zh: 违规, en: v}}, {more}, {CITED}}}\n"


def only(grading: cs.Grading) -> tuple[str | None, int | None]:
    (row,) = grading.grades.to_pylist()
    return row["grade"], None if row["score"] is None else int(row["score"])


DAY = {"occurred_on": "2024-01-05"}


@pytest.mark.parametrize(("applies", "score"), [("to: 2019-12-31", 30), ("from: 2024", 5), ("to: 2024", 5)])
def test_a_group_caps_only_while_it_is_in_force(tmp_path: Path, applies: str, score: int) -> None:
    groups = f"groups: {{g: {{label: {{zh: 组, en: g}}, cap: 5, applies: {{{applies}}}, {CITED}}}}}\n"
    grading = grade(tmp_path, WINDOW + groups + item("add: {each: 10}, group: g") + ENDS, [DAY] * 3)
    assert only(grading)[1] == score


def test_a_group_takes_the_heaviest_only_while_it_is_in_force(tmp_path: Path) -> None:
    groups = f"groups: {{g: {{label: {{zh: 组, en: g}}, take: heaviest, applies: {{from: 2030}}, {CITED}}}}}\n"
    grading = grade(tmp_path, WINDOW + groups + item("add: {each: 10}, group: g") + ENDS, [DAY] * 3)
    assert only(grading) == ("C", 30)


def test_years_end_on_the_day_of_grading(tmp_path: Path) -> None:
    window = "windows: {w: {years: [0, 0]}}\nadmit: {clock: done, window: w}\n"
    records = [{"occurred_on": "2024-06-30", "quantity": 3}, {"occurred_on": "2024-11-30", "quantity": 30}]
    assert only(grade(tmp_path, window + item("add: {each: 1}") + ENDS, records)) == ("A", 3)


def test_two_texts_of_a_counting_basis_are_kept_apart(tmp_path: Path) -> None:
    body = WINDOW + "record_attributes: {t: {type: text}, u: {type: text}}\n" + item("add: 10, per: [t, u]") + ENDS
    pairs = [("x|", "y"), ("x", "|y"), ("x", "|y"), ("1:a", ""), ("", "1:a"), ("", "")]
    assert only(grade(tmp_path, body, [{**DAY, "t": t, "u": u} for t, u in pairs]))[1] == 50


def test_many_repair_windows_and_days_before_1970(tmp_path: Path) -> None:
    windows = ", ".join(f"{{id: w{i}, days: {i}}}" for i in range(1, 60)) + ", {id: late, later: true}"
    body = (
        WINDOW
        + f"repairs: {{r: {{clock: done, windows: [{windows}], {CITED}}}}}\n"
        + f"items:\n  v: {{label: {{zh: 违规, en: v}}, add: {{each: 5}}, {CITED}, "
        + "repair: {rule: r, gives: {w17: 4, w59: 2, late: 1}}}\n"
        + "facts: {late: {take: count, items: [v], where: repair_window == 'late'}}\n"
        + ENDS.replace("decide:\n", f"decide:\n  - {{id: many, when: late >= 2, grade: C, {CITED}}}\n")
    )
    records = [
        {"occurred_on": "2024-01-01", "corrected_on": "2024-01-18"},
        {"occurred_on": "2024-01-01", "corrected_on": "2024-02-29"},
        {"occurred_on": "1969-01-01", "corrected_on": "1969-06-01"},
        {"occurred_on": "1950-01-01", "corrected_on": "1950-06-01"},
    ]
    grading = grade(tmp_path, body, records)
    assert only(grading) == ("C", 1 + 3 + 4 + 4)
    reasons = [row["reason"] for row in grading.ledger.to_pylist() if row["step"] == "record"]
    assert sorted(reasons) == ["corrected:late", "corrected:late", "corrected:w17", "corrected:w59"]


def test_points_nobody_published_worsen_where_lower_is_better(tmp_path: Path) -> None:
    condition = (
        "conditions:\n  - {id: c, label: {zh: 未知, en: c}, when: region == '11', unknown: true, "
        "cite: {law: sf_food_safety_program}, evidence: unknown}\n"
    )
    body = WINDOW + item("add: {each: 1}") + condition + ENDS
    people = [{"subject_id": "s", "region": "11"}]
    (row,) = grade(tmp_path, body, [DAY], people).grades.to_pylist()
    assert (row["state"], row["score_low"], row["score_high"]) == ("not_computable", 1, None)
    (row,) = grade(tmp_path, body, [{**DAY, "quantity": 40}], people).grades.to_pylist()
    assert (row["grade"], row["score"]) == ("C", None)  # more points change nothing


def test_a_record_without_the_date_that_tells_variants_apart_is_refused(tmp_path: Path) -> None:
    variants = "".join(
        f"    - {{label: {{zh: 违规, en: v}}, add: {{each: {n}}}, applies: {{by: booked_on, {span}}}, {CITED}}}\n"
        for n, span in ((10, "to: 2023-12-31"), (30, "from: 2024-01-01"))
    )
    records = [{**DAY, "booked_on": "2024-03-01"}, {"event_on": "2024-03-01"}]
    grading = grade(tmp_path, WINDOW + "items:\n  v:\n" + variants + ENDS, records)
    assert only(grading) == ("C", 30)
    assert [row["reason"] for row in grading.quarantine.to_pylist()] == ["missing_date"]


def test_sums_stop_where_no_condition_looks(tmp_path: Path) -> None:
    facts = "facts: {paid: {take: sum, items: [v], column: amount}}\n"
    decide = ENDS.replace("decide:\n", f"decide:\n  - {{id: many, when: paid - 1 > 999999999999, grade: C, {CITED}}}\n")
    records = [{**DAY, "amount": "999999999999"} for _ in range(20)]
    assert only(grade(tmp_path, WINDOW + facts + item("add: 0") + decide, records))[0] == "C"


def test_quotes_are_texts(tmp_path: Path) -> None:
    body = (
        WINDOW
        + "attributes: {mark: {type: text, absent: '', allowed: [\"it's\", plain]}}\n"
        + item("add: {each: 1}")
        + ENDS.replace("decide:\n", f'decide:\n  - {{id: q, when: "mark == \\"it\'s\\"", grade: C, {CITED}}}\n')
    )
    assert only(grade(tmp_path, body, [DAY], [{"subject_id": "s", "mark": "it's"}]))[0] == "C"


def test_two_attributes_may_stand_for_records_of_one_item(tmp_path: Path) -> None:
    body = (
        WINDOW
        + "attributes: {first_on: {type: date}, second_on: {type: date}}\n"
        + "shorthand_records: {first_on: v, second_on: v}\n"
        + item("add: 10, per: act")
        + ENDS
    )
    people = [{"subject_id": "s", "first_on": "2024-01-01", "second_on": "2024-02-02"}]
    assert only(grade(tmp_path, body, [], people)) == ("B", 20)


def test_as_many_facts_as_travel_with_a_record(tmp_path: Path) -> None:
    whole = " and ".join(f"f{i} >= 2" for i in range(62))
    facts = "facts:\n" + "".join(f"  f{i}: {{take: count, items: [v]}}\n" for i in range(62))
    readings = "readings:\n" + "".join(f"  q{i}: {{zh: 读, en: q}}\n" for i in range(62))
    decide = ENDS.replace("decide:\n", f"decide:\n  - {{id: last, when: {whole}, grade: C, reading: q9, {CITED}}}\n")
    grading = grade(tmp_path, readings + WINDOW + facts + item("add: 0, reading: [q0, q61]") + decide, [DAY, DAY])
    (row,) = grading.grades.to_pylist()
    assert (row["grade"], row["readings"]) == ("C", "q0;q61;q9")
    for more in (facts.replace("facts:\n", "facts:\n  g: {take: count, items: [v]}\n"), facts):
        extra = "  q62: {zh: 读, en: q}\n" if more == facts else ""
        with pytest.raises(cs.SchemeError, match="E520"):
            grade(tmp_path, readings + extra + WINDOW + more + item("add: 0") + ENDS, [DAY])

"""What stands in the history and among events decides a grade only where it is clear; the rest is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import creditscore as cs
from tests.tiers import thinned

ID = "914403001922038216"
SUBJECTS = pd.DataFrame({"subject_id": [ID], "first_filed_on": ["2010-01-01"]})
RECORD = {"record_id": "r", "subject_id": ID, "item": "010101", "occurred_on": "2022-03-05", "amount": "5000"}


def records(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows) or [{**RECORD, "occurred_on": "2019-03-05"}]).fillna("")


def history(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{"subject_id": ID, "period": "2021", **row} for row in rows]).fillna("")


def graded(past: pd.DataFrame | None = None, log: pd.DataFrame | None = None, **more: object) -> dict:
    log = records() if log is None else log
    result = cs.grade(log, "tax", more.pop("period", 2022), subjects=SUBJECTS, history=past, max_rejected=9, **more)
    return {**result.grades.to_pylist()[0], "why": result.manifest["reasons"]}


def test_a_final_decision_goes_before_an_announced_one_of_the_same_day() -> None:
    d = {"grade": "D", "route": "direct", "status": "final", "recorded_on": "2022-04-30"}
    a = {"grade": "A", "route": "score", "status": "announced", "recorded_on": "2022-04-30"}
    assert graded(history(d, a))["route"] == graded(history(a, d))["route"] == "retained"
    later = {**a, "recorded_on": "2022-05-30"}
    assert graded(history(d, later))["grade"] == "A"


@pytest.mark.slow
def test_decisions_that_contradict_each_other_are_refused() -> None:
    d, a = {"grade": "D", "route": "direct"}, {"grade": "A", "route": "score"}
    assert graded(history(d, a))["why"] == {"history: conflicting_history": 2}
    assert graded(history(d, d))["route"] == "retained"
    assert graded(history(d, {**a, "status": "superseded"}))["route"] == "retained"


@pytest.mark.parametrize("column", ["decided_on", "recorded_on"])
@pytest.mark.parametrize(("grade", "without"), thinned([("D", "A"), ("A", "")], 4))
def test_a_year_and_a_day_that_changed_places_leave_the_earlier_grade_open(
    column: str, grade: str, without: str
) -> None:
    row = graded(history({"period": "2022-04-20", "grade": grade, "route": "direct", column: "2021"}))
    assert row["why"] == {"history: bad_date": 1}
    assert (row["state_reason"], row["grade_without"] or "") == ("refused_rows" if without else "", without)
    assert graded(history({"grade": grade, "route": "direct", column: "2022-04-20"}))["grade"] == grade


@pytest.mark.parametrize("column", thinned(["valid_from", "valid_to", "recorded_on"], 3))
def test_a_name_and_a_day_of_an_attribute_that_changed_places_leave_the_grade_open(column: str) -> None:
    sound = {
        "subject_id": ID,
        "name": "has_income",
        "value": "false",
        column: "2022-01-01" if column != "valid_to" else "2022-12-31",
    }
    swapped = {**sound, "name": sound[column], column: "has_income"}
    assert graded(attributes=pd.DataFrame([sound]))["grade"] == "M"
    row = graded(attributes=pd.DataFrame([swapped]))
    assert (row["state_reason"], row["grade_without"]) == ("refused_rows", "A")


@pytest.mark.parametrize("wrong", thinned([{"route": "direkt"}, {"status": "superceded"}, {"state": "grade"}], 3))
def test_an_unknown_code_is_refused(wrong: dict[str, str]) -> None:
    past = history({"grade": "D", "route": "direct", "status": "final", "state": "graded"} | wrong)
    assert graded(past)["why"] == {"history: unknown_code": 1}


def test_a_withdrawal_outlasts_a_repair() -> None:
    events = [
        {"record_id": "r", "event": e, "event_no": str(n), "event_on": f"2022-0{n + 4}-01"}
        for n, e in ((2, "withdrawn"), (3, "repaired"))
    ]
    assert graded(log=records({**RECORD, "event": "filed", "event_no": "1"}, *events))["score"] == 90
    back = {"record_id": "r", "event": "reinstated", "event_no": "4", "event_on": "2022-09-01"}
    assert graded(log=records({**RECORD, "event": "filed", "event_no": "1"}, *events, back))["score"] == 85


def test_a_corrected_share_beside_a_date_of_full_correction_is_refused() -> None:
    first = {**RECORD, "event": "filed", "event_no": "1", "corrected_on": "2022-03-20"}
    more = {"record_id": "r", "event": "corrected", "event_no": "2", "event_on": "2022-08-01", "share": "0.5"}
    results = graded(log=records(first, more))
    assert results["why"] == {"records: bad_share": 1}
    assert results["score"] == 89


def test_an_old_code_after_its_last_day_is_refused_and_before_it_is_read() -> None:
    old = {**RECORD, "item": "D14-10", "occurred_on": "2025-02-01"}
    assert graded(log=records(old), period=2025)["why"] == {"records: item_not_in_version": 1}
    assert graded(log=records({**old, "occurred_on": "2024-02-01"}), period=2025)["why"] == {}


def test_tables_beside_a_snapshot_are_an_error() -> None:
    snapshot = cs.ingest(SUBJECTS, records())
    with pytest.raises(cs.UsageError, match="already holds its history"):
        cs.grade(snapshot, "tax", 2022, history=history({"grade": "D", "route": "direct"}))


def test_a_deadline_beyond_the_known_holidays_is_called_provisional() -> None:
    late = {**RECORD, "occurred_on": "2026-12-29", "corrected_on": "2027-01-04"}
    result = cs.grade(records(late), "tax", 2026, subjects=SUBJECTS, intake_on="2027-02-01")
    assert result.manifest["provisional_calendar"]
    early = {**RECORD, "occurred_on": "2026-03-02", "corrected_on": "2026-03-04"}
    assert not cs.grade(records(early), "tax", 2026, subjects=SUBJECTS, intake_on="2027-02-01").manifest[
        "provisional_calendar"
    ]


def test_an_earlier_grade_of_a_year_still_to_come_is_refused_and_reaches_its_subject() -> None:
    history = pd.DataFrame(
        [{"subject_id": "a", "period": "2031", "grade": "D", "domain": "tax", "decided_on": "2020-05-01"}]
    )
    snapshot = cs.ingest(
        pd.DataFrame([{"subject_id": "a"}]),
        pd.DataFrame([{"record_id": "r", "subject_id": "a", "item": "010101", "occurred_on": "2020-03-01"}]),
        history=history,
        subject_ids="local",
        intake_on="2021-06-01",
    )
    (fault,) = snapshot.con.execute("SELECT reason, message FROM quarantine").fetchall()
    assert fault[0] == "bad_period"
    assert "after the day of intake" in fault[1]
    grading = cs.grade(snapshot, "tax", 2020, max_rejected=1)
    assert "refused_rows" in grading.grades.column("input_state").to_pylist()[0]

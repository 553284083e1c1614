"""A refused row reaches its subject: the grade stands only where no admissible reading of the row could change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from stdnum.cn import uscc

import creditscore as cs
from creditscore.cascade.regrade import regrade
from creditscore.core.errors import InputError, UsageError
from creditscore.grading.replay import replay
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from tests.tiers import thinned


def firm(number: int) -> str:
    base = f"91220101MA{number:07d}"
    return str(base + uscc.calc_check_digit(base))


A, B, C = firm(0), firm(1), firm(2)
FALSE_INVOICES = {"item": "030110", "domain": "tax"}  # a direct D
LATE_RETURN = {"item": "010101", "domain": "tax"}  # five points of a hundred


def record(number: int, subject: str, **cells: Any) -> dict[str, Any]:
    return {"record_id": f"r{number}", "subject_id": subject, "booked_on": "2023-04-01", **cells}


FEEDS = pd.DataFrame({"domain": ["tax"], "from": ["2010-01-01"], "to": ["2024-06-01"], "source": ["office"]})


def stated() -> pd.DataFrame:
    """Every attribute of the scheme, for one firm, as silence would have it."""
    from creditscore.schemes import registry

    scheme = registry.pick("tax@2014")
    rows = []
    for name, attribute in scheme.attributes.items():
        value = {"bool": str(attribute.absent).lower(), "date": "2000-01-01"}.get(attribute.type)
        value = value or next(iter(attribute.allowed or ()), "0")
        rows.append({"subject_id": firm(9), "name": name, "value": value})
    return pd.DataFrame(rows)


def grade(records: list[dict[str, Any]], scheme: str = "tax", **options: Any) -> Any:
    subjects = pd.DataFrame({"subject_id": [A, B, C, firm(9)]})
    options = {"period": 2023, "max_rejected": 99, "intake_on": "2024-06-01", **options}
    return cs.grade(pd.DataFrame(records), scheme, subjects=subjects, feeds=FEEDS, attributes=stated(), **options)


def row(grading: Any, subject: str = A) -> dict[str, Any]:
    (result_row,) = [row for row in grading.grades.to_pylist() if row["subject_id"] == subject]
    return dict(result_row)


def result(grading: Any, subject: str = A) -> tuple[Any, ...]:
    data = row(grading, subject)
    return data["state"], data["grade"], data["input_state"], data["grade_without"]


WHOLE = ("graded", "A", "whole", None)
BLOCKED = ("not_computable", None, "refused_rows", "A")


def test_a_firm_whose_only_record_was_refused_is_not_an_a() -> None:
    grading = grade([record(1, A, **FALSE_INVOICES, booked_on="2022年4月")])
    assert result(grading) == BLOCKED
    data = row(grading)
    assert (data["state_reason"], data["score"], data["margin"]) == ("refused_rows", None, None)
    assert result(grading, B) == WHOLE
    assert grading.manifest["blocked_grades"] == [
        {"feed": "tax", "table": "records", "reason": "bad_date", "grades": 1}
    ]


@pytest.mark.parametrize(
    "cells",
    thinned(
        [
            {**FALSE_INVOICES, "booked_on": "2023-13-40"},
            {**FALSE_INVOICES, "item": "30110"},
            {**FALSE_INVOICES, "domain": "Tax"},
            {**FALSE_INVOICES, "domain": "税务"},
            {**FALSE_INVOICES, "booked_on": None},
            {**FALSE_INVOICES, "quantity": "many"},
            {**FALSE_INVOICES, "event": "field"},
            {**FALSE_INVOICES, "booked_on": "2093-04-01"},
            {**FALSE_INVOICES, "subject_id": A[:-1] + ("A" if A[-1] != "A" else "B")},
            {"item": "050102", "domain": "tax", "ratio": "2%"},
            {"item": "050102", "domain": "tax"},
            {**FALSE_INVOICES, "item": "30110", "booked_on": "2023年4月"},
            {**FALSE_INVOICES, "domain": "Tax", "booked_on": "2023年4月"},
            {**FALSE_INVOICES, "domain": "税务", "amount": "many"},
            {**FALSE_INVOICES, "domain": "Tax", "item": "30110"},
            {**FALSE_INVOICES, "domain": "Tax", "event": "field"},
            {**FALSE_INVOICES, "booked_on": None, "amount": "many"},
            {"item": "050102", "domain": "tax", "booked_on": "2023年4月"},
            {"item": "050102", "domain": "tax", "ratio": "2%", "booked_on": "2023年4月"},
            {"item": "50102", "domain": "Tax", "ratio": "2%", "booked_on": "2023年4月"},
        ],
        4,
    ),
)
def test_whatever_is_wrong_with_the_row_it_counts_like_an_unknown_number(cells: dict[str, Any]) -> None:
    assert result(grade([record(1, A, **cells)])) == BLOCKED


@pytest.mark.parametrize("reason", ["no_legal_basis", "not_in_catalogue", "sensitive", "natural_person"])
def test_what_may_not_be_used_costs_nobody_a_mark(reason: str) -> None:
    cells = {
        "no_legal_basis": {"item": "family_planning_violation", "domain": "tax"},
        "not_in_catalogue": {"item": "x", "domain": "traffic"},
        "sensitive": {"item": "religion", "domain": "tax"},
        "natural_person": {**FALSE_INVOICES, "act_id": "11010519491231002X"},
    }[reason]
    grading = grade([record(1, A, **cells)])
    assert reason in {fault["reason"] for fault in grading.quarantine.to_pylist()}
    assert result(grading) == WHOLE


def test_a_direct_worst_grade_stands_and_says_what_was_refused() -> None:
    grading = grade([record(1, A, **FALSE_INVOICES), record(2, A, **FALSE_INVOICES, amount="x")])
    assert result(grading) == ("graded", "D", "refused_rows", None)


@pytest.mark.parametrize("domain", thinned(["petition", "petitions", "Petitions", "信访", "family-planning"], 4))
def test_petitions_cost_nobody_a_grade_however_their_domain_is_written(domain: str) -> None:
    assert result(grade([record(1, A, **{**LATE_RETURN, "domain": domain, "booked_on": "2023-4"})])) == WHOLE


@pytest.mark.slow
def test_a_direct_worst_grade_stands_however_many_rows_were_refused() -> None:
    late = [record(9 + number, A, **LATE_RETURN, booked_on=f"2023年{number}月") for number in range(1, 11)]
    strange = [record(30, A, item="30110", domain="Tax", booked_on="2023-4")]
    assert result(grade([record(1, A, **FALSE_INVOICES), *late, *strange])) == ("graded", "D", "refused_rows", None)
    assert result(grade(late))[:2] == ("not_computable", None)


@pytest.mark.slow
def test_a_direct_worst_grade_is_open_where_a_refused_row_could_withdraw_its_record() -> None:
    late = [record(9 + number, A, **LATE_RETURN, booked_on=f"2023年{number}月") for number in range(1, 11)]
    withdrawn = {"event": "withdrawn", "event_no": "2", "event_on": "2023年5月", "booked_on": None}
    for named in (1, 99):
        rows = [record(1, A, **FALSE_INVOICES), *late, record(named, A, domain="tax", **withdrawn)]
        assert result(grade(rows)) == ("not_computable", None, "refused_rows", "D")


@pytest.mark.parametrize(
    "cells",
    thinned(
        [
            {"grade": "direct", "route": "D"},
            {"grade": "Dd", "route": "direct", "period": "x"},
            {"grade": "D", "route": "dir", "domain": "Tax"},
            {"grade": "D", "period": "x"},
            {"grade": "D", "route": "direct", "domain": "Tax"},
            {"grade": "D", "route": "direct", "domain": "税务"},
        ],
        3,
    ),
)
def test_an_earlier_grade_is_read_with_all_its_faults_mended(cells: dict[str, str]) -> None:
    history = pd.DataFrame([{"subject_id": A, "domain": "tax", "period": "2022", **cells}])
    assert result(grade([record(1, B, **LATE_RETURN)], history=history)) == BLOCKED


def test_a_grade_stands_where_the_row_could_move_the_score_and_not_the_band() -> None:
    late = [record(number, A, **LATE_RETURN, booked_on=f"2023-0{number}-01") for number in range(1, 3)]
    alone = grade(late)
    assert (row(alone)["score"], row(alone)["grade"]) == (80, "B")
    assert result(grade([*late, record(9, A, **LATE_RETURN, booked_on="2023-4")])) == (
        "graded",
        "B",
        "refused_rows",
        None,
    )


@pytest.mark.slow
def test_rows_that_change_nothing_alone_may_change_the_grade_together() -> None:
    late = [record(number, A, **LATE_RETURN, booked_on=f"2023-0{number}-01") for number in range(1, 4)]
    refused = [record(number, A, **LATE_RETURN, booked_on=f"2023-0{number}-0x") for number in range(4, 9)]
    assert row(grade(late))["score"] == 75
    pair = result(grade([*late, refused[0]]))
    assert pair == ("graded", "B", "refused_rows", None)
    assert result(grade([*late, *refused]))[:2] == ("not_computable", None)


def test_another_domain_is_not_touched() -> None:
    labour = record(1, A, item="x1", domain="labour", booked_on="2023-4")
    assert result(grade([labour])) == WHOLE


def test_a_row_outside_every_window_touches_nobody() -> None:
    early = record(1, A, **LATE_RETURN, booked_on="2015-04-01", quantity="x")
    assert result(grade([early])) == WHOLE


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [({"has_income": "perhaps"}, "not_computable"), ({"name": "x"}, "graded")],
)
def test_attributes_that_could_not_be_read(attributes: dict[str, str], expected: str) -> None:
    subjects = pd.DataFrame([{"subject_id": A, **attributes}, {"subject_id": B}, {"subject_id": firm(9)}])
    grading = cs.grade(
        pd.DataFrame([record(1, B, **LATE_RETURN)]),
        "tax",
        2023,
        subjects=subjects,
        feeds=FEEDS,
        attributes=stated(),
        max_rejected=9,
        intake_on="2024-06-01",
    )
    assert row(grading)["state"] == expected
    assert row(grading, B)["input_state"] == "whole"


def test_an_earlier_grade_that_could_not_be_read() -> None:
    history = pd.DataFrame([{"subject_id": A, "period": 2022, "grade": "d?", "route": "direct", "domain": "tax"}])
    grading = grade([record(1, B, **LATE_RETURN)], history=history)
    assert result(grading)[0] == "not_computable"
    assert result(grading, B)[2] == "whole"


def test_a_row_without_an_id_could_be_anybodys_and_one_of_another_firm_is_nobodys() -> None:
    grading = grade([record(1, "", **FALSE_INVOICES)])
    assert {row["input_state"] for row in grading.grades.to_pylist()} == {"unattributed_rows"}
    assert grading.manifest["input_marks"] == ["unattributed_rows"]
    assert result(grade([record(1, firm(77), **FALSE_INVOICES)])) == WHOLE


def test_a_refused_event_could_put_a_record_back_or_take_it_away() -> None:
    filed = record(1, A, **FALSE_INVOICES, event="filed", event_no="1")
    withdrawn = record(1, A, event="withdrawm", event_no="2", event_on="2023-05-01")
    data = row(grade([filed, withdrawn]))
    assert (data["state"], data["grade_without"]) == ("not_computable", "D")
    orphan = record(8, B, event="withdrawn", event_no="2", event_on="2023-05-01", **FALSE_INVOICES)
    assert result(grade([filed, orphan]), B)[0] == "not_computable"


def test_two_contents_of_one_key_could_each_be_the_record() -> None:
    rows = [record(1, A, **FALSE_INVOICES), record(1, A, **LATE_RETURN)]
    assert result(grade(rows))[0] == "not_computable"


def test_a_person_may_accept_that_a_row_is_lost() -> None:
    rows = [record(1, A, **FALSE_INVOICES, booked_on="2022年4月")]
    accepted = [{"table": "records", "subject_id": A, "record_id": "r1", "by": "Zhao", "why": "filed twice"}]
    grading = grade(rows, accepted=accepted, max_rejected=0)
    assert result(grading) == ("graded", "A", "accepted_rows", None)
    assert (grading.manifest["accepted"], grading.manifest["accepted_rows"]) == (accepted, 1)
    assert grading.manifest["run_id"] != grade(rows).manifest["run_id"]


def test_an_acceptance_names_a_row_a_person_and_a_reason() -> None:
    rows = [record(1, A, **FALSE_INVOICES, booked_on="2022年4月")]
    with pytest.raises(InputError, match="why"):
        grade(rows, accepted=[{"table": "records", "record_id": "r1", "by": "Zhao"}])
    with pytest.raises(UsageError, match="not among the refused"):
        grade(rows, accepted=[{"table": "records", "record_id": "r2", "by": "Zhao", "why": "lost"}])


def test_other_refused_rows_are_another_run_and_their_order_is_not() -> None:
    rows = [record(1, A, **FALSE_INVOICES, booked_on="2022年4月"), record(2, B, **LATE_RETURN, booked_on="2023-4")]
    ids = {grade(results).manifest["run_id"] for results in (rows, rows[::-1])}
    assert len(ids) == 1
    changed = [rows[0] | {"booked_on": "2022年5月"}, rows[1]]
    assert grade(changed).manifest["run_id"] not in ids


@pytest.mark.slow
def test_the_same_from_a_snapshot_on_disk_and_for_one_subject_alone(tmp_path: Path) -> None:
    rows = [
        record(1, A, **FALSE_INVOICES, booked_on="2022年4月"),
        record(2, B, **FALSE_INVOICES),
        record(3, B, **FALSE_INVOICES, booked_on="2022年4月"),
        record(4, "", **LATE_RETURN),
    ]
    subjects = pd.DataFrame({"subject_id": [A, B, C, firm(9)]})
    loaded_snapshot = ingest(subjects, pd.DataFrame(rows), feeds=FEEDS, attributes=stated(), intake_on="2024-06-01")
    write_snapshot(loaded_snapshot, tmp_path / "s")
    read = read_snapshot(tmp_path / "s", verify=True)
    first, second = (cs.grade(snapshot, "tax", 2023, max_rejected=9) for snapshot in (loaded_snapshot, read))
    assert first.grades.equals(second.grades)
    assert first.manifest["run_id"] == second.manifest["run_id"]
    for subject in (A, B, C):
        alone = regrade(read, [subject], "tax", 2023, known_on=read.newest_date)
        assert alone.grades.to_pylist() == [row(first, subject)]


def test_a_snapshot_that_kept_no_refused_rows_leaves_its_subjects_open(tmp_path: Path) -> None:
    import json

    rows = [record(1, A, **FALSE_INVOICES, booked_on="2022年4月"), record(2, B, **LATE_RETURN)]
    subjects = pd.DataFrame({"subject_id": [A, B, C, firm(9)]})
    snapshot = ingest(subjects, pd.DataFrame(rows), feeds=FEEDS, attributes=stated(), intake_on="2024-06-01")
    write_snapshot(snapshot, tmp_path / "s")
    (tmp_path / "s" / "refused_rows.parquet").unlink()
    manifest = json.loads((tmp_path / "s" / "snapshot.json").read_text())
    del manifest["rows"]["refused_rows"]
    (tmp_path / "s" / "snapshot.json").write_text(json.dumps(manifest))
    grading = cs.grade(read_snapshot(tmp_path / "s"), "tax", 2023, max_rejected=9)
    assert result(grading)[0] == "not_computable"
    assert result(grading, B)[2] == result(grading, C)[2] == "whole"


@pytest.mark.slow
def test_what_stands_is_what_every_day_of_the_calendar_would_give() -> None:
    """The days that are tried stand for all others: against a row with each day of two years."""
    import datetime

    for item in ("010101", "030110", "040101"):
        base = [record(1, A, item=item, domain="tax")]
        days = [datetime.date(2022, 1, 1) + datetime.timedelta(days=step) for step in range(0, 900, 13)]
        subjects = pd.DataFrame({"subject_id": [firm(number) for number in range(len(days))]})
        rows = [
            record(2 * number + place, firm(number), item=item, domain="tax", booked_on=day)
            for number, shown in enumerate(days)
            for place, day in enumerate(("2023-04-01", shown.isoformat()))
        ]
        every = cs.grade(
            pd.DataFrame(rows), "tax", 2023, subjects=subjects, intake_on="2024-12-31", known_at="2024-12-31"
        )
        grades = {outcome.grade for _, outcome in replay(every)}
        results = result(grade([*base, record(9, A, item=item, domain="tax", booked_on="2023-4")]))
        assert (results[0] == "graded") == (grades == {row(grade(base))["grade"]})


def test_where_a_feed_is_broken_every_grade_that_it_names_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        record(1, A, **FALSE_INVOICES),
        record(2, A, **FALSE_INVOICES, booked_on="2022年4月", source="tax office"),
        record(3, B, item="30110", domain="tax"),
        record(4, C, item="x1", domain="labour", booked_on="2023-4"),
    ]
    judged = grade(rows)
    monkeypatch.setattr("creditscore.grading.input_state.state.MOST_ROWS", 1)
    broken = grade(rows)
    assert result(judged)[1] == "D"
    assert result(broken) == ("not_computable", None, "refused_rows", "D")
    assert result(broken, B) == result(judged, B) == BLOCKED
    assert result(broken, C) == WHOLE
    assert broken.manifest["blocked_grades"] == [
        {"feed": "", "table": "records", "reason": "unknown_item", "grades": 1},
        {"feed": "tax office", "table": "records", "reason": "bad_date", "grades": 1},
    ]

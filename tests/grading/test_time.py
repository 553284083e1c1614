"""The day of intake, and whether a period is over: nothing dated ahead, nothing graded early without a word."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import creditscore as cs
from creditscore.cli.main import main
from creditscore.core import clock
from creditscore.grading.identity import run_id_of
from creditscore.grading.reproduce import reproduce
from creditscore.records.snapshot_files import read_snapshot, write_snapshot

FIRMS = ["914403001922038216", "91440115618712245T"]
SUBJECTS = pd.DataFrame({"subject_id": FIRMS, "registered_on": "2010-01-01"})
RECORDS = pd.DataFrame(
    {
        "record_id": ["r1", "r2"],
        "subject_id": FIRMS,
        "item": "010101",
        "occurred_on": ["2020-03-01", "2020-06-01"],
        "recorded_on": ["2020-03-05", "2020-06-05"],
    }
)


def take(records: pd.DataFrame = RECORDS, **options: object) -> cs.Snapshot:
    return cs.ingest(options.pop("subjects", SUBJECTS), records, **{"intake_on": "2021-05-01", **options})


DATED = [
    ("subjects", {"registered_on": "2021-05-02"}),
    *(
        ("records", {"recorded_on": "2021-05-02", column: "2021-05-02"})
        for column in ("event_on", "occurred_on", "decided_on", "booked_on", "published_on", "corrected_on")
    ),
    ("records", {"recorded_on": "2030-01-01"}),
    ("attributes", {"recorded_on": "2021-05-02"}),
    ("listings", {"entered_on": "2021-05-02", "exited_on": ""}),
    ("listings", {"exited_on": "2021-05-02"}),
    ("listings", {"recorded_on": "2021-05-02"}),
    ("history", {"decided_on": "2021-05-02"}),
    ("history", {"recorded_on": "2021-05-02"}),
]
ROWS = {
    "subjects": {"subject_id": FIRMS[0]},
    "records": {"record_id": "r", "subject_id": FIRMS[0], "item": "010101", "occurred_on": "2020-03-01"},
    "attributes": {"subject_id": FIRMS[0], "name": "has_income", "value": "true", "valid_to": "2030-12-31"},
    "listings": {
        "listing_id": "l",
        "subject_id": FIRMS[0],
        "list": "red",
        "entered_on": "2020-01-01",
        "term_end": "2030-01-01",
    },
    "history": {"subject_id": FIRMS[0], "period": "2019", "grade": "A"},
}


@pytest.mark.parametrize(("table", "cells"), DATED)
def test_a_row_dated_after_the_day_of_intake_is_refused(table: str, cells: dict[str, str]) -> None:
    given = {
        "subjects": pd.DataFrame({"subject_id": FIRMS}),
        "records": pd.DataFrame({"record_id": [], "subject_id": [], "item": []}, dtype=str),
        table: pd.DataFrame([{**ROWS[table], **cells}]),
    }
    snapshot = cs.ingest(**given, intake_on="2021-05-01")
    rows = snapshot.con.execute("SELECT DISTINCT reason FROM quarantine").fetchall()
    assert rows == [("after_intake",)]
    assert snapshot.newest_date.isoformat() <= "2021-05-01"
    allowed = cs.ingest(**given, intake_on="2030-01-01")  # the same table taken in later; planned ends are no fault
    assert allowed.rows("quarantine") == 0


def test_one_wrong_date_no_longer_moves_the_day_of_knowledge() -> None:
    records = pd.concat([RECORDS, RECORDS.tail(1).assign(record_id="r3", recorded_on="2030-01-01")])
    grading = cs.grade(take(records), "tax", 2020, max_rejected=1)
    assert grading.manifest["known_at"] == "2020-06-05"
    assert grading.manifest["reasons"] == {"records: after_intake": 1}
    assert (grading.manifest["intake_on"], grading.manifest["period_over"]) == ("2021-05-01", True)


def test_today_is_the_day_of_intake_where_none_is_given() -> None:
    before = clock.today()
    assert before <= cs.ingest(SUBJECTS, RECORDS).intake_on <= clock.today()  # of the office, not of this machine
    with pytest.raises(cs.UsageError, match="intake_on: 'soon' is not a day"):
        cs.ingest(SUBJECTS, RECORDS, intake_on="soon")
    with pytest.raises(cs.UsageError, match="intake_on"):
        cs.grade(take(), "tax", 2020, intake_on="2021-01-01")


def test_a_period_that_is_not_over_is_refused_or_provisional() -> None:
    with pytest.raises(cs.UsageError, match="the evaluation year 2050 is not over on 2021-05-01") as caught:
        cs.grade(take(), "tax", 2050)
    assert "--provisional" in str(caught.value)
    grading = cs.grade(take(), "tax", 2021, provisional=True)
    assert grading.manifest["period_over"] is False
    assert any(
        note.startswith("provisional: the period is not over on 2021-05-01") for note in grading.manifest["notes"]
    )
    assert cs.grade(take(), "tax", 2020).manifest["period_over"] is True


@pytest.mark.parametrize(("known_at", "over"), [("2020-12-30", False), ("2020-12-31", True), ("2099-01-01", True)])
def test_a_replay_is_judged_by_its_own_day(known_at: str, over: bool) -> None:
    grading = cs.grade(take(), "tax", 2020, known_at=known_at, provisional=True)
    assert grading.manifest["period_over"] is over
    if not over:
        with pytest.raises(cs.UsageError, match="known_at"):
            cs.grade(take(), "tax", 2020, known_at=known_at)


def test_no_replay_knows_more_than_the_day_of_intake() -> None:
    with pytest.raises(cs.UsageError, match="not over on 2021-05-01"):
        cs.grade(take(), "tax", 2050, known_at="2099-01-01")


def test_the_verdicts_belong_to_the_run_and_the_day_does_not() -> None:
    first = cs.grade(take(), "tax", 2020).manifest
    later = cs.grade(take(intake_on="2024-01-01"), "tax", 2020).manifest
    assert first["intake_on"] != later["intake_on"]
    assert first["run_id"] == later["run_id"]
    early = cs.grade(take(intake_on="2020-07-01"), "tax", 2020, provisional=True).manifest
    assert early["run_id"] != first["run_id"]


def test_a_day_of_grading_that_the_records_do_not_reach_is_a_note() -> None:
    subjects, scheme = SUBJECTS.drop(columns="registered_on"), "labour/national"
    records = RECORDS.assign(item="case")
    notes = cs.grade(take(records, subjects=subjects), scheme, as_of="2020-12-31").manifest["notes"]
    assert "the newest record is of 2020-06-05, before the day of grading 2020-12-31" in notes
    notes = cs.grade(take(records, subjects=subjects), scheme, as_of="2020-06-05").manifest["notes"]
    assert not any("newest record" in note for note in notes)


def test_a_snapshot_keeps_its_day_and_an_earlier_one_takes_its_newest_date(tmp_path: Path) -> None:
    write_snapshot(take(), tmp_path / "s")
    stated = json.loads((tmp_path / "s" / "snapshot.json").read_text(encoding="utf-8"))
    assert stated["intake_on"] == "2021-05-01"
    assert read_snapshot(tmp_path / "s").intake_on.isoformat() == "2021-05-01"
    del stated["intake_on"]
    (tmp_path / "s" / "snapshot.json").write_text(json.dumps(stated), encoding="utf-8")
    assert read_snapshot(tmp_path / "s").intake_on.isoformat() == "2020-06-05"
    (tmp_path / "s" / "snapshot.json").write_text(json.dumps({**stated, "intake_on": 5}), encoding="utf-8")
    with pytest.raises(cs.InputError, match="does not say intake_on"):
        read_snapshot(tmp_path / "s")


def test_reproduce_takes_the_stored_day_and_reads_earlier_manifests(tmp_path: Path) -> None:
    cs.grade(take(), "tax", 2020).write(tmp_path / "g")
    assert reproduce(tmp_path / "g", replace(take(), intake_day=None)).ok
    file = tmp_path / "g" / "manifest.json"
    older = json.loads(file.read_text(encoding="utf-8"))
    for name in ("intake_on", "period_over"):
        del older[name]
    older["run_id"] = run_id_of(older)
    file.write_text(json.dumps(older), encoding="utf-8")
    assert reproduce(tmp_path / "g", take()).ok
    file.write_text(json.dumps({**older, "period_over": False}), encoding="utf-8")
    assert not reproduce(tmp_path / "g", take()).ok


def command(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_the_command_takes_the_day_and_the_wish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, table in {"subjects": SUBJECTS, "records": RECORDS}.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    tables = [f"--{name}={tmp_path / name}.csv" for name in ("subjects", "records")]
    call = ["grade", "--scheme=tax", "--period=2021", *tables, "--intake-on=2021-05-01", f"--out={tmp_path / 'o'}"]
    assert command(*call) == 2
    assert "is not over" in capsys.readouterr().err
    assert command(*call, "--provisional") == 0
    assert "provisional: the period is not over" in " ".join(capsys.readouterr().out.split())
    loads = json.loads((tmp_path / "o" / "manifest.json").read_text(encoding="utf-8"))
    assert (loads["intake_on"], loads["period_over"]) == ("2021-05-01", False)
    assert command("reproduce", str(tmp_path / "o"), *tables) == 0
    assert command("records", "snapshot", *tables, "--intake-on=2020-04-01", f"--out={tmp_path / 's'}") == 3

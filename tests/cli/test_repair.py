"""`creditscore repair`: from a written grading and its snapshot to the terminal, JSON and a page; what it refuses."""

from __future__ import annotations

import json
import shutil
import unicodedata
from pathlib import Path

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import CreditscoreError, InputError
from tests.tiers import thinned

pytestmark = pytest.mark.usefixtures("pages_in_chinese")

RECORDS = """record_id,subject_id,domain,item,occurred_on,decided_on,amount
r1,S1,tax,010101,2025-03-01,,5000
r2,S1,tax,020301,2025-11-10,,100
r3,S1,tax,D25-04,2025-06-10,2025-07-01,8000
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grading `g` of one firm and the snapshot `snap` it was made from."""
    place = tmp_path_factory.mktemp("repair")
    (place / "s.csv").write_text("subject_id,kind,first_filed_on\nS1,enterprise,2005-01-01\nS2,enterprise,2005-01-01\n")
    (place / "r.csv").write_text(RECORDS)
    run(
        "records",
        "snapshot",
        "--subjects",
        place / "s.csv",
        "--records",
        place / "r.csv",
        "--out",
        place / "snap",
        "--local-ids",
    )
    run("grade", "--snapshot", place / "snap", "--scheme", "tax", "--period", "2025", "--out", place / "g")
    return place


def run(*args: object, code: int = 0, columns: int = 120) -> str:
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, [str(argument) for argument in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def about(folder: Path, *more: object) -> list[object]:
    return ["S1", "--grading", folder / "g", "--snapshot", folder / "snap", "--on", "2026-02-01", *more]


@pytest.mark.parametrize(("lang", "columns"), thinned([("zh", 80), ("en", 120), ("zh", 120), ("en", 80)], 2))
def test_the_terminal_keeps_its_width(folder: Path, lang: str, columns: int) -> None:
    for args in (["check"], ["plan", "--target", "B", "--days"]):
        command_run = run("repair", args[0], *about(folder, *args[1:], "--lang", lang), columns=columns)
        for line in command_run.splitlines():
            assert sum(2 if unicodedata.east_asian_width(name) in "WF" else 1 for name in line) <= columns, line
        assert "r3" in command_run


def test_check_as_data_and_plan_with_its_proof(folder: Path) -> None:
    data = json.loads(run("repair", "check", *about(folder, "--json")))
    assert {option["target"] for option in data["options"]} == {"r1", "r2", "r3", ""}
    plan = json.loads(run("repair", "plan", *about(folder, "--target", "B", "--json")))
    assert (plan["state"], plan["day"], plan["then"]["grade"]) == ("reached", "2027-02-01", "B")
    assert [(action["kind"], action["target"]) for action in plan["actions"]] == [("correct", "r3"), ("repair", "r3")]
    assert all(action["cite"] for action in plan["actions"])
    none = run("repair", "plan", *about(folder, "--target", "B", "--until", "2026-02-09", "--json", "--prove"), code=3)
    assert json.loads(none)["proof"]["faults"] == []


def test_unreachable_exits_with_3_and_names_what_was_tried(folder: Path) -> None:
    command_run = run(
        "repair", "plan", *about(folder, "--target", "A", "--until", "2026-12-31", "--lang", "en"), code=3
    )
    assert "not reached up to 2026-12-31" in command_run


def test_a_page_and_its_data(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    run("repair", "plan", *about(folder, "--target", "B", "--html", page))
    text = page.read_text(encoding="utf-8")
    assert "修复计划" in text
    assert "<script src" not in text
    data = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert data["plan"]["state"] == "reached"
    first = page.read_bytes()
    run("repair", "plan", *about(folder, "--target", "B", "--html", page))
    assert page.read_bytes() == first


def test_the_tier_of_the_log_counts_under_a_scheme_that_declares_none(tmp_path: Path) -> None:
    """Day before, day, day after of each tier of the 2026 rule, counted from the decision document."""
    (tmp_path / "s.csv").write_text("subject_id,kind\nS1,enterprise\n")
    (tmp_path / "r.csv").write_text(
        "record_id,subject_id,domain,item,decided_on,published_on,tier,penalty\n"
        "m,S1,environment,NX25-C,2026-04-10,2026-04-20,minor,\n"
        "g,S1,environment,NX25-C,2026-04-10,2026-04-20,general,\n"
        "s,S1,environment,NX25-C,2026-04-10,2026-04-20,,permit_revoked\n"
    )
    tables = ["--subjects", tmp_path / "s.csv", "--records", tmp_path / "r.csv"]
    run("records", "snapshot", *tables, "--out", tmp_path / "snap", "--local-ids")
    to_grade = ["--snapshot", tmp_path / "snap", "--scheme", "environment/ningxia", "--as-of", "2026-04-20"]
    run("grade", *to_grade, "--out", tmp_path / "g")
    states = {
        "2026-04-20": ("open", "later", "later"),
        "2026-07-10": ("open", "later", "later"),
        "2026-07-11": ("over", "open", "later"),
        "2027-04-10": ("over", "open", "later"),
        "2027-04-11": ("over", "over", "open"),
    }
    for on, expected in states.items():
        args = ["S1", "--grading", tmp_path / "g", "--snapshot", tmp_path / "snap", "--on", on, "--json"]
        options = {option["target"]: option for option in json.loads(run("repair", "check", *args))["options"]}
        assert tuple(options[name]["state"] for name in ("m", "g", "s")) == expected, on
    assert {row["clock_on"] for row in options.values()} == {"2026-04-10"}


def test_events_decided_since_count(folder: Path, tmp_path: Path) -> None:
    events = tmp_path / "e.csv"
    events.write_text(
        "record_id,subject_id,item,event,event_on,recorded_on\nr3,S1,D25-04,withdrawn,2026-01-20,2026-01-20\n"
    )
    plan = json.loads(run("repair", "plan", *about(folder, "--target", "B", "--json", "--events", events)))
    assert plan["day"] == "2026-02-01"
    # without --on the first day is that of the newest event: none is passed over as not yet known
    opened = ["S1", "--grading", folder / "g", "--snapshot", folder / "snap", "--target", "B", "--json"]
    plan = json.loads(run("repair", "plan", *opened, "--events", events))
    assert (plan["on"], plan["day"]) == ("2026-01-20", "2026-01-20")
    with pytest.raises(CreditscoreError, match="2026-01-20 lies after the first day"):
        run("repair", "plan", *opened, "--events", events, "--on", "2026-01-19")


def test_a_row_that_was_refused_is_said(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("subject_id,kind\nS1,enterprise\n")
    (tmp_path / "r.csv").write_text("record_id,subject_id,domain,item\nr1,S1,tax,020101\n")
    tables = ["--subjects", tmp_path / "s.csv", "--records", tmp_path / "r.csv"]
    run("records", "snapshot", *tables, "--out", tmp_path / "snap", "--local-ids")
    grading = ["--scheme", "tax", "--period", "2025", "--max-rejected", "1", "--out", tmp_path / "g"]
    run("grade", "--snapshot", tmp_path / "snap", *grading)
    args = ["S1", "--grading", tmp_path / "g", "--snapshot", tmp_path / "snap"]
    answer = run("repair", "check", *args, "--lang", "en")
    assert "not read: r1 (declared or deferred tax or fee not paid in time), the date that counts is absent" in answer
    data = json.loads(run("repair", "check", *args, "--json"))
    assert [(row["record_id"], row["reason"]) for row in data["refused"]] == [("r1", "missing_date")]
    run("repair", "plan", *args, "--target", "B", "--html", tmp_path / "p.html")
    assert "缺少计算所需的日期" in (tmp_path / "p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--target", "Z"], "not a grade"),
        (["--target", "B", "--until", "2025-01-01"], "before the first"),
        (["--target", "B", "--until", "2019-01-01"], "before the first"),
        (["--target", "B", "--until", "soon"], "not a day"),
        (["--target", "B", "--until", "2060-01-01"], "20 years"),
        (["--target", "B", "--order", "date,price,amount"], "three keys"),
        (["--target", "B", "--weight", "pray=1"], "not a weight"),
        (["--target", "B", "--weight", "correct=-1"], "not a weight"),
        (["--target", "B", "--events", "nowhere.csv"], "nothing to read"),
        (["--target", "B", "--on", "2019-01-01"], "before the day"),
    ],
)
def test_what_is_refused(folder: Path, change: list[str], message: str) -> None:
    args = about(folder)
    if "--on" in change:
        args = args[:-2]
    with pytest.raises(CreditscoreError, match=message):
        run("repair", "plan", *args, *change)


def test_another_subject_or_snapshot_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CreditscoreError, match="not in the snapshot"):
        run("repair", "check", "S9", *about(folder)[1:])
    with pytest.raises(CreditscoreError, match=r"not in the snapshot: 110\*+"):
        run("repair", "check", "11010519491231002X", *about(folder)[1:])
    (tmp_path / "e.csv").write_text("event,event_on\nwithdrawn,2026-01-20\n")
    with pytest.raises(CreditscoreError, match="no column record_id"):
        run("repair", "check", *about(folder, "--events", tmp_path / "e.csv"))
    (tmp_path / "s.csv").write_text("subject_id,kind\nS1,enterprise\n")
    (tmp_path / "r.csv").write_text(RECORDS)
    run(
        "records",
        "snapshot",
        "--subjects",
        tmp_path / "s.csv",
        "--records",
        tmp_path / "r.csv",
        "--out",
        tmp_path / "snap",
        "--local-ids",
    )
    with pytest.raises(CreditscoreError, match="not the snapshot that was graded"):
        run("repair", "check", "S1", "--grading", folder / "g", "--snapshot", tmp_path / "snap")


def test_a_list_of_refused_rows_without_a_column_is_no_fault_of_ours(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "g", tmp_path / "g")
    quarantine = tmp_path / "g" / "quarantine.parquet"
    parquet.write_table(parquet.read_table(quarantine).drop_columns(["record_id"]), quarantine)
    with pytest.raises(InputError, match="no column record_id"):
        run("repair", "check", "S1", "--grading", tmp_path / "g", "--snapshot", folder / "snap")


def test_a_subject_without_records_has_nothing_to_repair(folder: Path) -> None:
    assert "nothing" not in run("repair", "check", *about(folder, "--lang", "en"))
    command_run = run("repair", "check", "S2", *about(folder, "--lang", "en")[1:])
    assert "no record or list entry that may be repaired" in command_run

"""A kept grading, and an objection to it from opening to letter, by commands on the log of events."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import NotAllowed, StoreError, UsageError
from tests.cli.promises import call
from tests.graded import Graded

pytestmark = pytest.mark.usefixtures("pages_in_chinese")


def find_counted(graded: Graded) -> tuple[str, list[str]]:
    """A subject with records that cost points, and these."""
    counted: dict[str, list[str]] = {}
    for row in pq.read_table(graded.grading / "ledger.parquet").to_pylist():
        if row["step"] == "record" and row["reason"] == "counted" and row["effective"] < 0:
            counted.setdefault(row["subject_id"], []).append(row["record_id"])
    return next((subject, records) for subject, records in sorted(counted.items()) if len(records) >= 2)


def test_an_objection_is_worked_by_commands(
    graded: Graded, store_url: str, tmp_path: Path, monkeypatch: object
) -> None:
    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "archive"))
    monkeypatch.setenv("CREDITSCORE_STORE", store_url)
    call("store", "create", "--store", store_url)
    shown = call(
        "archive", "add", str(graded.grading), "--snapshot", str(graded.snapshot), "--by", "li.na", "--no-check"
    )
    assert "1 run" in shown
    (run,) = json.loads(call("archive", "list", "--json"))
    assert (
        call("archive", "add", str(graded.grading), "--snapshot", str(graded.snapshot), "--by", "li.na", "--no-check")
        == shown
    )
    subject, (wrong, other, *_) = find_counted(graded)
    grounds = (
        "--grounds",
        f"ground=facts_wrong;record_id={wrong}",
        "--grounds",
        f"ground=other_reason;record_id={other}",
    )
    may = ("--by", "wang.wei", "--on", "2023-05-04")
    with pytest.raises(UsageError, match="other_reason"):
        call("act", "objection", "open", "--subject", subject, "--run", run["run_id"], *grounds, *may)
    grounds = (*grounds[:3], f"ground=already_corrected;record_id={other}")
    opened = call("act", "objection", "open", "--subject", subject, "--run", run["run_id"], *grounds, *may)
    case = opened.split()[0]
    assert "已受理" in opened
    question = ("--department", "tax", "--text", "filed in time?", "--records", wrong, "--due", "2023-05-12")
    assert "核查中" in call("act", "objection", "ask", case, *question, *may)
    call(
        "act",
        "objection",
        "answer",
        case,
        "--question",
        "1",
        "--text",
        "it was",
        "--by",
        "wang.wei",
        "--on",
        "2023-05-08",
    )
    decision = ("--findings", f"{wrong}=withdraw", "--findings", f"{other}=uphold", "--reason", "filed in time")
    ninth = ("--on", "2023-05-09")
    with pytest.raises(NotAllowed, match="second person"):
        call("act", "objection", "decide", case, *decision, "--by", "li.na", *ninth)  # who kept the run
    plan = json.loads(
        call("act", "objection", "decide", case, *decision, "--by", "chen.jie", *ninth, "--preview", "--json")
    )
    assert {event["kind"] for event in plan["events"]} >= {"objection.decided", "record.withdrawn", "grade.redrawn"}
    decided = ("--by", "chen.jie", *ninth, "--as-shown", plan["digest"])
    assert "已决定" in call("act", "objection", "decide", case, *decision, *decided)
    letter = ("--document", "2023-7", "--content", "the record is withdrawn", "--by", "wang.wei", *ninth)
    assert "已告知" in call("act", "objection", "letter", case, *letter)
    assert "0 tasks" in call("queue", "list")
    history = call("store", "show", "--store", store_url, case)
    assert "decided  2023-05-09  chen.jie (reviewer)" in history
    assert "0 faults" in call("store", "verify", "--store", store_url, code=7)


def test_where_no_log_is_nothing_is_kept(graded: Graded, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        call(
            "archive",
            "add",
            str(graded.grading),
            "--snapshot",
            str(graded.snapshot),
            "--store",
            str(tmp_path / "credit.db"),
        )
    assert "store create" in str(refused.value)
    assert list(tmp_path.iterdir()) == []

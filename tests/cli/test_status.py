"""`creditscore status` and the steps of a grade by commands alone: provisional, contested, announced, its history."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import UsageError
from tests.cli.promises import call
from tests.graded import Graded

CASE = "C2023-0001"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_the_preview_to_the_history(
    store_url: str, early: Graded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "archive"))
    monkeypatch.setenv("CREDITSCORE_STORE", store_url)
    call("store", "create", "--store", store_url)
    call("archive", "add", str(early.grading), "--snapshot", str(early.snapshot), "--by", "li.na", "--no-check")
    run = json.loads((early.grading / "manifest.json").read_text(encoding="utf-8"))["run_id"]
    ledger = pq.read_table(early.grading / "ledger.parquet").to_pylist()
    subject, record = min(
        (row["subject_id"], row["record_id"])
        for row in ledger
        if row["step"] == "record" and row["reason"] == "counted" and row["effective"] <= -5
    )
    nothing = call("status", "show", subject, "--lang", lang)
    assert {"zh": "没有已登记的评价结果状态", "en": "no state of any grade"}[lang] in nothing

    call("act", "status", "open", "--scheme", "tax", "--period", "2022", "--by", "li.na", "--on", "2023-01-02")
    call("act", "status", "preview", "tax.2022", "--run", run, "--by", "li.na", "--on", "2023-03-01")
    assert "announce" in call("queue", "list")
    grounds = ("--grounds", f"ground=facts_wrong;record_id={record}", "--procedure", "review")
    given = ("--subject", subject, "--run", run, *grounds, "--by", "wang.wei", "--on", "2023-03-15")
    call("act", "objection", "open", *given)
    assert f"{record}  {CASE}  2023-03-15" in call("status", "show", subject, "--lang", lang)
    announce = ("act", "status", "announce", "tax.2022", "--run", run, "--by", "chen.jie", "--on", "2023-04-03")
    with pytest.raises(UsageError, match="a case on 1 of the grades is open"):
        call(*announce)
    call(*announce, "--all-but-open")
    finding = ("--findings", f"{record}=withdraw", "--reason", "wrong", "--articles", "R2014B 010101")
    call("act", "objection", "decide", CASE, *finding, "--by", "zhang.min", "--on", "2023-04-20")
    call(*announce[:-1], "2023-04-20", "--subjects", subject)

    shown = call("status", "show", subject, "--lang", lang)
    words = {"zh": ("预评", "已公布", "预览期内更正 1 次"), "en": ("provisional", "announced", "1 corrections while")}
    assert all(word in shown for word in (*words[lang], "tax  2022"))
    assert "***" not in shown
    rows = json.loads(call("status", "show", subject, "--json"))
    assert rows[0]["status"] == "provisional"
    assert (rows[-1]["status"], rows[-1]["on"], rows[-1]["corrections"]) == ("announced", "2023-04-20", 1)
    before = json.loads(call("status", "show", subject, "--json", "--known-at", "2023-04-19"))
    assert [(row["status"], row["corrections"]) for row in before] == [("provisional", 0)]

    everybody = pq.read_table(early.grading / "grades.parquet").num_rows
    call("status", "export", "--out", str(tmp_path / "history.parquet"))
    history = pq.read_table(tmp_path / "history.parquet").to_pylist()
    assert [row["grade"] for row in history if row["subject_id"] == subject][-1] == (rows[-1]["grade"] or None)
    assert sum(row["status"] == "announced" for row in history) == everybody
    call("status", "export", "--out", str(tmp_path / "early.csv"), "--known-at", "2023-04-02")
    assert len((tmp_path / "early.csv").read_text(encoding="utf-8").splitlines()) == everybody + 1
    with pytest.raises(UsageError, match="is not a day"):
        call("status", "export", "--out", str(tmp_path / "x.csv"), "--known-at", "soon")

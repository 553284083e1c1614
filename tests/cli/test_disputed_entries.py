"""Entries and what hangs on them: a contested record is marked, and what rests on an ended entry is named at once."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from creditscore import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from tests.cascade.listed import DAYS, RECORDS, entered_wages
from tests.cli.test_case_follows import good, run
from tests.lists.players import A, B


@pytest.mark.slow
def test_a_disputed_entry_is_marked_until_the_decision(tmp_path: Path) -> None:
    store, entry, measure = entered_wages(tmp_path)
    at = ("--store", store)
    assert "***" not in good("lists", "show", A, *at).output
    (run_row,) = json.loads(good("runs", *at, "--json").output)
    good(
        "case",
        "open",
        run_row["run_id"],
        A,
        "--ground",
        "facts_wrong:r2",
        *at,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-04",
    )
    assert "*** 异议处理中：r2 (C2023-0001) ***" in good("lists", "show", A, *at).output
    assert "*** disputed: r2 (C2023-0001) ***" in good("lists", "show", entry, *at, "--lang", "en").output
    assert "***" not in good("lists", "show", A, *at, "--known-at", "2023-05-03").output
    out = tmp_path / "out"
    assert "1 entries rest on records" in good("lists", "export", *at, "--out", out, "--csv").output
    (row,) = pq.read_table(out / "list_disputes.parquet").to_pylist()
    assert (row["listing_id"], row["record_id"], row["case_id"]) == (entry, "r2", "C2023-0001")
    tables = ("--listings", out / "listings.parquet")
    due = good("joint", "due", *tables, *at, "--on", "2023-05-05", "--lang", "en").output
    assert measure in due
    assert "*** disputed: r2 (C2023-0001) ***" in due
    good(
        "case",
        "decide",
        "C2023-0001",
        "--find",
        "r2=uphold",
        "--reason",
        "查实",
        *at,
        "--by",
        "zhang.min",
        "--on",
        "2023-05-09",
    )
    assert "***" not in good("lists", "show", A, *at).output
    assert "***" not in good("joint", "due", *tables, *at, "--on", "2023-05-10", "--lang", "en").output
    good("lists", "export", *at, "--out", out)
    assert pq.read_table(out / "list_disputes.parquet").num_rows == 0


def with_a_grade_that_reads_the_entry(tmp_path: Path) -> tuple[Path, str]:
    store, entry, _ = entered_wages(tmp_path)
    good("lists", "export", "--store", store, "--out", tmp_path / "out")
    rows = pd.DataFrame([{**DAYS, **row} for row in RECORDS])
    listed = pq.read_table(tmp_path / "out" / "listings.parquet").to_pandas().astype(object)
    listed = listed.where(listed.notna(), None)
    snapshot = ingest(pd.DataFrame({"subject_id": [A, B], "region": "220100"}), rows, listings=listed)
    write_snapshot(snapshot, tmp_path / "later")
    grade(read_snapshot(tmp_path / "later"), "wage_arrears", as_of="2023-06-01").write(tmp_path / "graded_later")
    good("keep", tmp_path / "graded_later", "--snapshot", tmp_path / "later", "--store", store, "--by", "li.na")
    return store, entry


@pytest.mark.slow
def test_what_rests_on_an_annulled_entry_is_named_at_once(tmp_path: Path) -> None:
    store, entry = with_a_grade_that_reads_the_entry(tmp_path)
    paper = ("--organ", "局", "--document", "〔2023〕9号", "--by", "chen.jie", "--store", store)
    left = good("lists", "exit", entry, "--way", "annulled", "--on", "2023-06-10", *paper)
    words = " ".join(left.output.split())
    assert "*** stale: run" in words
    assert "listed stands, triggered is derived" in words
    assert f"creditscore cascade settle {A}" in words
    assert "1 flaws" in run("store", "check", store).output or "stale" in str(run("store", "check", store).exception)
    good("cascade", "settle", A, "--store", store, "--on", "2023-06-11", "--by", "zhang.min", "--reason", "撤销")
    assert "0 flaws" in good("store", "check", store).output


@pytest.mark.slow
def test_a_grade_from_before_the_end_of_an_entry_stands(tmp_path: Path) -> None:
    store, entry = with_a_grade_that_reads_the_entry(tmp_path)
    over = good(
        "lists",
        "exit",
        entry,
        "--way",
        "deregistered",
        "--on",
        "2023-06-10",
        "--organ",
        "局",
        "--document",
        "〔2023〕9号",
        "--by",
        "chen.jie",
        "--store",
        store,
    )
    assert "stale" not in over.output


@pytest.mark.slow
def test_what_rests_on_an_entry_whose_end_is_corrected_is_named_at_once(tmp_path: Path) -> None:
    store, entry = with_a_grade_that_reads_the_entry(tmp_path)
    act = ("--by", "chen.jie", "--store", store)
    paper = ("--organ", "局", "--document", "〔2023〕9号", *act)
    left = good("lists", "exit", entry, "--way", "deregistered", "--on", "2023-06-10", *paper)
    assert "stale" not in left.output
    number = max(int(line.split(".")[0]) for line in left_steps(store, entry))
    changed = good(
        *("lists", "correct", entry, "--step", str(number), "--to", "on=2023-03-20", "--reason", "注销日期登记有误"),
        *("--on", "2023-06-12", *act),
    )
    assert "*** stale: run" in " ".join(changed.output.split())


def left_steps(store: Path, entry: str) -> list[str]:
    """The numbered steps of an entry, as shown."""
    lines = good("lists", "show", entry, "--store", store, "--lang", "en").output.splitlines()
    return [line.strip() for line in lines if line.strip()[:1].isdigit() and ". " in line]

"""A reviewer's case worked from opening to letter in the terminal, and what other commands show meanwhile."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from creditscore.cli.main import app
from creditscore.core.errors import CreditscoreError, NotAllowed, UsageError
from creditscore.core.i18n import clean
from tests.graded import Graded

DECIDE = ("case", "decide", "C2023-0001", "--reason", "y", "--by", "z", "--on", "2023-05-05")


@pytest.fixture(scope="module")
def desk(graded: Graded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store with the kept run, announced; the id of the run, a subject and two of its records."""
    store = tmp_path_factory.mktemp("desk") / "credit.store"
    result = run("keep", graded.grading, "--snapshot", graded.snapshot, "--store", store, "--by", "li.na", "--no-check")
    assert result.exit_code == 0
    listed = json.loads(run("runs", "--store", store, "--json").output)
    rows = [
        row
        for row in pq.read_table(graded.grading / "ledger.parquet").to_pylist()
        if row["step"] == "record" and row["reason"] == "counted" and row["effective"] < 0
    ]
    subject = next(
        value
        for value in sorted({row["subject_id"] for row in rows})
        if sum(row["subject_id"] == value for row in rows) >= 3
    )
    records = [row["record_id"] for row in rows if row["subject_id"] == subject]
    untouched = shutil.copy(store, store.parent / "untouched.store")
    return {
        "store": str(store),
        "untouched": str(untouched),
        "run": listed[0]["run_id"],
        "subject": subject,
        "one": records[0],
        "two": records[1],
    }


def run(*words: object, columns: int = 80) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": str(columns), "LINES": "40"})


def open_case(desk: dict[str, str], store: object) -> Result:
    """Open the case on two records of the subject."""
    return run(
        "case",
        "open",
        desk["run"][:8],
        desk["subject"],
        "--ground",
        f"facts_wrong:{desk['one']}=该申报已按期完成，有电子回执；电话13800138000",
        "--ground",
        f"already_corrected:{desk['two']}",
        "--procedure",
        "reevaluation",
        "--store",
        store,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-04",
    )


def wide(text: str, columns: int) -> list[str]:
    import unicodedata

    return [
        line
        for line in text.splitlines()
        if sum(2 if unicodedata.east_asian_width(name) in "WF" else 1 for name in line.rstrip()) > columns
    ]


def test_a_case_from_opening_to_letter(desk: dict[str, str], graded: Graded, tmp_path: Path) -> None:
    store, subject, value, two = (desk[name] for name in ("store", "subject", "one", "two"))
    at = ("--store", store)
    assert (
        "150 grades"
        in run("life", "move", desk["run"], "announce", *at, "--by", "chen.jie", "--on", "2023-04-21").output
    )
    opened = open_case(desk, store)
    assert opened.exit_code == 0, opened.exception
    assert "C2023-0001  复评  办理中" in opened.output
    assert "2023-05-24" in opened.output
    asked = run(
        "case",
        "ask",
        "C2023-0001",
        "--department",
        "征收管理科",
        "--question",
        "是否按期申报？",
        "--due",
        "2023-05-12",
        *at,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-05",
        "--lang",
        "en",
    )
    assert "waiting for an answer" in asked.output
    for columns, lang in ((80, "zh"), (120, "en")):
        shown = run("case", "show", "C2023-0001", *at, "--lang", lang, columns=columns)
        assert shown.exit_code == 0, shown.exception
        assert wide(shown.output, columns) == []
        assert all(word in shown.output for word in (value, two, subject, "征收管理科"))
        assert "***" in shown.output  # disputed, with a second grade
    data = json.loads(run("case", "show", "C2023-0001", *at, "--json").output)
    assert [row["record_id"] for row in data["merits"]] == [value, two, ""]
    assert data["grade"]["sum"].startswith(("90", "100"))
    due = run("case", "due", *at, "--on", "2023-05-13")
    assert "2023-05-12  C2023-0001  等待答复  征收管理科  已逾期" in due.output
    assert json.loads(run("case", "due", *at, "--on", "2023-05-13", "--json").output)[0]["overdue"] is True
    assert "2024-01-01" in run("life", "due", *at, "--on", "2023-05-13").output

    # every output meanwhile carries the mark
    page = tmp_path / "page.html"
    explained = run("explain", graded.grading, subject, *at, "--html", page)
    assert f"*** 异议处理中：{value} (C2023-0001), {two} (C2023-0001)" in explained.output.replace("\n", "")
    assert "异议处理中" in page.read_text(encoding="utf-8")
    assert "disputed" not in run("explain", graded.grading, subject, "--lang", "en").output
    held = run("life", "move", desk["run"], "finalise", *at, "--by", "chen.jie", "--on", "2024-01-01")
    assert "a case on 1 of the grades is open" in str(held.exception)

    answered = run(
        "case",
        "answer",
        "C2023-0001",
        "1",
        "--text",
        "经核实，期限内已提交；联系13900139000",
        "--document-no",
        "征管〔2023〕8号",
        *at,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-11",
    )
    assert answered.exit_code == 0
    ruling = (
        "case",
        "decide",
        "C2023-0001",
        "--find",
        f"{value}=withdraw",
        "--find",
        f"{two}=correct",
        "--set",
        f"{two}.corrected_on=2023-04-30",
        "--reason",
        "回执属实；第二条已纠正",
        "--article",
        "R2015A",
        *at,
        "--on",
        "2023-05-15",
        "--by",
    )
    assert isinstance(run(*ruling, "li.na").exception, NotAllowed)
    result = run(*ruling, "zhang.min")
    assert result.exit_code == 0, result.exception
    assert "已作出决定" in result.output
    assert isinstance(run(*ruling, "zhang.min").exception, UsageError)
    (tmp_path / "a_file").touch()
    nowhere = run(
        "case",
        "letter",
        "C2023-0001",
        "--out",
        tmp_path / "a_file",
        "--document-no",
        "N1",
        "--office",
        "O",
        *at,
        "--by",
        "zhang.min",
        "--on",
        "2023-05-16",
    )
    assert isinstance(nowhere.exception, UsageError)  # and the case waits for its letter
    assert json.loads(run("case", "show", "C2023-0001", *at, "--json").output)["state"] == "decided"
    out = tmp_path / "letter"
    written = run(
        "case",
        "letter",
        "C2023-0001",
        "--out",
        out,
        "--document-no",
        "复评〔2023〕1号",
        "--office",
        "某某税务局",
        "--remedy",
        "可依法申请行政复议",
        *at,
        "--by",
        "zhang.min",
        "--on",
        "2023-05-16",
    )
    assert written.exit_code == 0, written.exception
    text = (out / "letter.zh.txt").read_text(encoding="utf-8")
    assert text in written.output
    after = json.loads(run("case", "show", "C2023-0001", *at, "--json").output)["decision"]["after"]
    for lang in ("zh", "en"):
        shown_text = (out / f"letter.{lang}.txt").read_text(encoding="utf-8")
        html = (out / f"letter.{lang}.html").read_text(encoding="utf-8")
        assert "R2015A" not in shown_text
        assert "2015" in shown_text
        days = ("2023年5月4日", "2023年5月15日") if lang == "zh" else ("2023-05-04", "2023-05-15")
        assert all(word in shown_text for word in (value, two, *days, after["words"][lang], after["sum"]))
        assert all(clean(line.strip())[:12] in html for line in shown_text.splitlines()[:3] if line.strip())
        assert "http" not in re.sub(r"<meta[^>]*>", "", html).split('<script type="application/json"')[0]
    assert json.loads((out / "letter.json").read_text(encoding="utf-8"))["decision"]["after"]["said"] == after["said"]
    for file in out.iterdir():  # numbers of persons and accounts of officials stay inside
        sent = file.read_text(encoding="utf-8")
        assert "13800138000" not in sent
        assert "13900139000" not in sent
        assert not any(name in sent for name in ("li.na", "wang.wei", "zhang.min"))
    lived = run("life", "show", subject, *at, "--lang", "en")
    assert "announcement" in lived.output
    assert "disputed" not in lived.output
    assert json.loads(run("life", "show", subject, *at, "--json").output)[0]["status"] == "announced"
    assert "every hash fits" in run("runs", *at, "--verify").output

    # the decided events are rows of the record log, and the states rows of the history
    assert run("case", "events", *at, "--out", tmp_path / "events.csv").exit_code == 0
    events = (tmp_path / "events.csv").read_text(encoding="utf-8")
    assert events.count("dispute_resolved") == 2
    assert run("life", "export", *at, "--out", tmp_path / "history.parquet").exit_code == 0
    assert pq.read_table(tmp_path / "history.parquet").num_rows >= 150
    assert isinstance(run("life", "export", *at, "--out", tmp_path / "history.txt").exception, UsageError)
    noted = run(
        "grade",
        "--scheme",
        "tax",
        "--period",
        "2022",
        "--snapshot",
        graded.snapshot,
        "--max-rejected",
        "1000",
        *at,
        "--out",
        tmp_path / "again",
    )
    assert "2 events that cases decided are not in this snapshot" in noted.output


@pytest.mark.slow
def test_gradings_and_composites_made_meanwhile_carry_the_mark(
    desk: dict[str, str], graded: Graded, tmp_path: Path
) -> None:
    store = shutil.copy(desk["untouched"], tmp_path / "credit.store")
    subject, value, two = (desk[name] for name in ("subject", "one", "two"))
    at = ("--store", store)
    assert open_case(desk, store).exit_code == 0
    data = json.loads(run("case", "show", "C2023-0001", *at, "--json").output)
    again = tmp_path / "again"
    graded_again = run(
        "grade",
        "--scheme",
        "tax",
        "--period",
        "2022",
        "--known-at",
        "2023-04-20",
        "--snapshot",
        graded.snapshot,
        "--max-rejected",
        "1000",
        *at,
        "--out",
        again,
    )
    assert "2 disputed records" in graded_again.output
    rows = pq.read_table(again / "disputes.parquet").to_pylist()
    assert {row["record_id"] for row in rows} == {value, two}
    assert {row["grade_without"] for row in rows} == {data["merits"][-1]["then_without"].split(" ")[0]}
    scored = run(
        "composite",
        graded.both,
        "--config",
        "jilin_edz",
        "--snapshot",
        graded.snapshot,
        *at,
        "--out",
        tmp_path / "scored",
    )
    assert "2 disputed records" in scored.output, scored.exception
    assert f"{value} (C2023-0001)" in run("composite", "explain", tmp_path / "scored", subject, *at).output
    # and so does what is read from a folder that carries the table
    assert "disputed: " in run("explain", again, subject, "--lang", "en").output
    page = tmp_path / "score.html"
    shown = run("composite", "explain", tmp_path / "scored", subject, "--html", page)
    assert f"{value} (C2023-0001)" in shown.output, shown.exception
    assert f"{value} (C2023-0001)" in page.read_text(encoding="utf-8").split('<script type="application/json"')[0]


@pytest.mark.parametrize(
    "words",
    [
        ("case", "show", "C1999-0001"),
        ("case", "due", "--on", "tomorrow"),
        (*DECIDE, "--find", "x"),
        (*DECIDE, "--find", "x=uphold", "--set", "x"),
        ("life", "move", "none", "announce", "--by", "z", "--on", "2023-05-05"),
        ("life", "show", "x", "--lang", "fr"),
    ],
)
def test_mistakes_are_errors_in_words(desk: dict[str, str], words: tuple[str, ...]) -> None:
    done = run(*words, "--store", desk["store"])
    assert isinstance(done.exception, CreditscoreError)
    assert done.exception.allowed or done.exception.next


def test_a_store_that_is_not_there_says_who_makes_it(tmp_path: Path) -> None:
    done = run("case", "due", "--store", tmp_path / "none", "--on", "2023-05-05")
    assert "creditscore keep" in str(done.exception)

"""`creditscore lists` from a grading to the exit, on terminals of 80 and of 120 columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from creditscore.cli.main import app

A = "914403001922038216"
PERSON = "11010519491231002X"
PAPER = ["--organ", "区人社局", "--document", "区人社字〔2023〕1号"]
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*args: str, columns: int = 120, fails: str = "") -> str:
        env = {"COLUMNS": str(columns)}
        more = [] if "--store" in args else ["--store", str(tmp_path / "l.store")]
        result = CliRunner().invoke(app, ["lists", *args, *more], env=env)
        if fails:
            assert re.search(fails, str(result.exception) + result.output), result.output
            return str(result.exception)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return call


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    (tmp_path / "s.csv").write_text(f"subject_id,region\n{A},220100\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text(
        "record_id,subject_id,item,event_on,ordered_on,deadline_on\n"
        f"r1,{A},incident,2023-01-05,2023-01-10,2023-01-20\n",
        encoding="utf-8",
    )
    tables = ["--subjects", str(tmp_path / "s.csv"), "--records", str(tmp_path / "r.csv")]
    args = ["grade", "--scheme", "wage_arrears", "--as-of", "2023-03-01", *tables, "--out", str(tmp_path / "g")]
    assert CliRunner().invoke(app, args).exit_code == 0
    return tmp_path


def listed(run: Run, graded: Path) -> str:
    text = run("propose", str(graded / "g"), "--records", str(graded / "r.csv"), "--on", "2023-03-01", "--by", "li.na")
    assert "1 proposed, 0 not proposed, 0 triggers refused" in text
    case = text.split()[0]
    texts = ["--measures", "限制投标", "--remedies", "异议", *PAPER]
    assert "window until 2023-03-09" in run("notice", case, "--on", "2023-03-02", "--by", "li.na", *texts)
    run("object", case, "--on", "2023-03-08", "--by", "zhang", "--content", "已付清")
    decision = ["decide", case, "--by", "chen", "--enter", "--reason", "逾期未支付", *PAPER]
    run(*decision, "--on", "2023-03-10", fails="was not checked")
    run("check", case, "--on", "2023-03-09", "--by", "zhang", "--not-upheld", "--answer", "未见凭证")
    late = run("object", case, "--on", "2023-03-10", "--by", "zhang", "--content", "再次异议")
    assert "too late: the window ended on 2023-03-09; the objection is kept and changes nothing" in late
    assert "entered 2023-03-10  term to 2026-03-09" in run(*decision, "--on", "2023-03-10")
    return case


def test_from_a_grading_to_the_exit(run: Run, graded: Path) -> None:
    case = listed(run, graded)
    asked = ["--on", "2023-08-25", "--by", "zhang", "--way", "early", "--apply"]
    run("exit", case, *asked)
    for columns in (80, 120):
        for lang in ("zh", "en"):
            text = run("due", "--on", "2023-09-01", "--lang", lang, columns=columns)
            assert text.startswith(f"{'2023年9月15日' if lang == 'zh' else '2023-09-15'}  {case}  {A}\n")
            assert "令第45号" in "".join(text.split())
            assert "RSBL45" not in text  # a law is named by title and number, not by the id of its file
            assert max(map(cell_len, text.splitlines())) <= columns
    early = ["exit", case, "--by", "chen", "--way", "early", "--date", "corrected_on=2023-03-01", *PAPER]
    proved = ["--confirm", "corrected=凭证", "--confirm", "pledge=承诺书"]
    settled = [*proved, "--absent", "new_arrears=否", "--absent", "criminal_case=否"]
    run(*early, *settled, "--on", "2023-09-09", fails="open from 2023-09-10 on")
    run(*early, *settled[:-2], "--on", "2023-09-10", fails="criminal_case")
    assert "off the list from 2023-09-10" in run(*early, *settled, "--on", "2023-09-10")
    for columns in (80, 120):
        for lang, words in (("zh", "书面承诺：承诺书"), ("en", "written undertaking: 承诺书")):
            text = run("show", A, "--lang", lang, columns=columns)
            assert words in text
            assert case in text
            assert "RSBL45" not in text
            assert max(map(cell_len, text.splitlines())) <= columns
    assert "已移出" not in run("show", A, "--known-at", "2023-09-09")
    run("export", "--out", str(graded / "out"), "--csv")
    (row,) = pq.read_table(graded / "out" / "listings.parquet").to_pylist()
    assert (str(row["entered_on"]), str(row["exited_on"]), row["exit_reason"]) == ("2023-03-10", "2023-09-10", "early")
    assert pq.read_table(graded / "out" / "list_events.parquet").num_rows == 8
    assert (graded / "out" / "list_exits.csv").read_text(encoding="utf-8").count("\n") == 2


def test_the_export_fits_a_grading_and_is_the_same_bytes(run: Run, graded: Path) -> None:
    listed(run, graded)
    run("export", "--out", str(graded / "a"))
    run("export", "--out", str(graded / "b"))
    files = sorted(path.name for path in (graded / "a").iterdir())
    assert files == ["list_disputes.parquet", "list_events.parquet", "list_exits.parquet", "listings.parquet"]
    assert all((graded / "a" / name).read_bytes() == (graded / "b" / name).read_bytes() for name in files)
    tables = ["--subjects", str(graded / "s.csv"), "--records", str(graded / "r.csv")]
    listings = ["--listings", str(graded / "a" / "listings.parquet"), "--out", str(graded / "g2")]
    args = ["grade", "--scheme", "wage_arrears", "--as-of", "2023-06-01", *tables, *listings]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert re.search(r"listed +1 +100\.0 %", result.output)


def test_expire_correct_revoke_and_take_over(run: Run, graded: Path) -> None:
    case = listed(run, graded)
    wrong = ["correct", case, "--step", "5", "--on", "2023-04-03", "--by", "zhang", "--reason", "笔误"]
    run(*wrong, "--to", "entered_on=2023-03-13")
    assert "term to 2026-03-09" in run("show", A, "--lang", "en")
    assert "1 left, 0 wait" in run("expire", "--on", "2026-03-10", "--by", "li.na")
    assert "0 left, 0 wait" in run("expire", "--on", "2026-03-10", "--by", "li.na")
    run(
        "exit", case, "--revoke", "虚假申请", "--on", "2026-04-01", "--by", "chen", *PAPER, fails="revokes no such exit"
    )
    arguments = ["take-over", A, "--list", "judgment_defaulter", "--scheme", "court/judgment_defaulter@2017"]
    assert "listed  entered 2023-05-06" in run(*arguments, "--on", "2023-05-06", "--by", "li.na", *PAPER)
    assert "term not published" in run("show", A, "--lang", "en")
    assert "没有记载" in run("show", "91350100M000100Y43")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["decide", "x", "--on", "2023-03-10", "--by", "c", "--reason", "r"], "one of --enter, --decline, --more-time"),
        (["decide", "x", "--on", "2023-03-10", "--by", "c", "--reason", "r", "--enter"], "there is no case 'x'"),
        (["exit", "x", "--on", "2023-03-10", "--by", "c"], "--revoke REASON"),
        (["exit", "x", "--on", "2023-03-10", "--by", "c", "--way", "early", "--confirm", "a"], "is no pair"),
        (["prolong", "x", "--on", "2023-03-10", "--by", "c", "--reason", "r"], "one of --term, --bar"),
        (["expire", "--on", "soon", "--by", "c"], "is not a day"),
        (["expire", "--on", "2023-03-10", "--by", PERSON, "--roles", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_a_command_refuses(run: Run, args: list[str], words: str) -> None:
    if args[0] == "exit" and "--confirm" in args:
        words = "there is no case|is no pair"
    run(*args, fails=words)


def test_a_resident_number_is_refused_and_appears_nowhere(run: Run, graded: Path) -> None:
    case = listed(run, graded)
    message = run(
        "exit",
        case,
        "--apply",
        "--way",
        "early",
        "--on",
        "2023-08-25",
        "--by",
        PERSON,
        fails="resident identity number",
    )
    assert PERSON not in message
    run("show", PERSON, fails="resident identity number")
    assert PERSON.encode() not in (graded / "l.store").read_bytes()


def test_there_is_no_store(run: Run, tmp_path: Path) -> None:
    run("due", "--on", "2023-03-01", fails="there is no store")

"""`creditscore lists` from a grading to the exit, on terminals of 80 and of 120 columns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from creditscore.cli.main import app

pytestmark = pytest.mark.usefixtures("pages_in_chinese")

A = "914403001922038216"
PERSON = "11010519491231002X"
PAPER = ["--organ", "区人社局", "--document", "区人社字〔2023〕1号"]
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*args: str, columns: int = 120, fails: str = "") -> str:
        result = CliRunner().invoke(app, [*args, "--store", str(tmp_path / "l.db")], env={"COLUMNS": str(columns)})
        if fails:
            assert re.search(fails, str(result.exception) + result.output), result.output
            return str(result.exception)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    assert CliRunner().invoke(app, ["store", "create", "--store", str(tmp_path / "l.db")]).exit_code == 0
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


def act(run: Run, name: str, case: str, on: str, by: str, *more: str, fails: str = "") -> str:
    return run("act", "listing", name, case, "--on", on, "--by", by, *more, fails=fails)


def propose(run: Run, graded: Path, *more: str) -> str:
    asked = ["--records", str(graded / "r.csv"), "--on", "2023-03-01", "--by", "li.na", *more]
    return run("lists", "propose", str(graded / "g"), *asked)


def list_entry(run: Run, graded: Path) -> str:
    """From a grading to an entry."""
    text = propose(run, graded)
    assert "提出列入 1 件，未提出 0 件" in text
    case = text.split()[1]
    drafted = json.loads(run("lists", "draft", case, "--json"))
    texts = {**drafted, "measures": "限制投标", "remedies": "异议"}
    contents = [part for name, words in texts.items() for part in ("--contents", f"{name}={words}")]
    act(run, "notice", case, "2023-03-02", "li.na", *contents, *PAPER)
    act(run, "object", case, "2023-03-08", "zhang", "--content", "已付清")
    decision = ["--enter", "--reason", "逾期未支付", *PAPER]
    act(run, "decide", case, "2023-03-10", "chen", *decision, "--lang", "en", fails="was not checked")
    act(run, "check", case, "2023-03-09", "zhang", "--no-upheld", "--answer", "未见凭证")
    act(run, "decide", case, "2023-03-10", "chen", *decision)
    return case


def test_from_a_grading_to_the_exit(run: Run, graded: Path) -> None:
    case = list_entry(run, graded)
    act(run, "apply", case, "2023-08-25", "zhang", "--exit", "early")
    for columns in (80, 120):
        for lang in ("zh", "en"):
            text = run("lists", "due", "--on", "2023-09-01", "--lang", lang, columns=columns)
            first = f"· {'2023年9月15日' if lang == 'zh' else '2023-09-15'}  {case}  {A}"
            assert text.splitlines()[0].rstrip() == first
            assert "令第45号" in "".join(text.split())
            assert "RSBL45" not in text  # a law is named by title and number, not by the id of its file
            assert max(map(cell_len, text.splitlines())) <= columns
    proved = ["--confirm", "corrected=凭证", "--confirm", "pledge=承诺书", "--absent", "new_arrears=否"]
    early = ["--exit", "early", "--dates", "corrected_on=2023-03-01", *proved, "--absent", "criminal_case=否", *PAPER]
    act(run, "exit", case, "2023-09-10", "chen", *early)
    for columns in (80, 120):
        for lang, words in (("zh", "书面承诺：承诺书"), ("en", "written undertaking: 承诺书")):
            text = run("lists", "show", A, "--lang", lang, columns=columns)
            assert words in text
            assert case in text
            assert "RSBL45" not in text
            assert max(map(cell_len, text.splitlines())) <= columns
            assert run("lists", "show", case, "--lang", lang, columns=columns) == text
    assert "已移出" not in run("lists", "show", A, "--known-at", "2023-09-09")
    run("lists", "export", "--out", str(graded / "out"), "--csv")
    (row,) = pq.read_table(graded / "out" / "listings.parquet").to_pylist()
    assert (str(row["entered_on"]), str(row["exited_on"]), row["exit_reason"]) == ("2023-03-10", "2023-09-10", "early")
    assert pq.read_table(graded / "out" / "list_events.parquet").num_rows == 7
    assert (graded / "out" / "list_exits.csv").read_text(encoding="utf-8").count("\n") == 2


def test_the_export_fits_a_grading_and_is_the_same_bytes(run: Run, graded: Path) -> None:
    list_entry(run, graded)
    run("lists", "export", "--out", str(graded / "a"))
    run("lists", "export", "--out", str(graded / "b"))
    files = sorted(path.name for path in (graded / "a").iterdir())
    assert files == ["list_disputes.parquet", "list_events.parquet", "list_exits.parquet", "listings.parquet"]
    assert all((graded / "a" / name).read_bytes() == (graded / "b" / name).read_bytes() for name in files)
    tables = ["--subjects", str(graded / "s.csv"), "--records", str(graded / "r.csv")]
    listings = ["--listings", str(graded / "a" / "listings.parquet"), "--out", str(graded / "g2")]
    args = ["grade", "--scheme", "wage_arrears", "--as-of", "2023-06-01", *tables, *listings]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert re.search(r"listed +1 +100\.0 %", result.output)


@pytest.mark.parametrize("columns", [80, 120])
def test_why_nobody_is_proposed(run: Run, graded: Path, columns: int) -> None:
    case = propose(run, graded).split()[1]
    text = run("lists", "propose", str(graded / "g"), "--on", "2023-03-02", columns=columns)
    assert f"已有未决案件（{case}）" in "".join(text.split())
    text = run("lists", "propose", str(graded / "g"), "--on", "2023-03-02", "--lang", "en", columns=columns)
    assert f"a case is open: {case}" in " ".join(text.split())
    assert text.endswith("0 proposed, 1 not proposed, 0 triggers refused\n")


def test_what_ends_by_itself(run: Run, graded: Path) -> None:
    case = list_entry(run, graded)
    expire = ["lists", "expire", "--by", "li.na"]
    assert run(*expire, "--on", "2026-03-09", "--lang", "en") == "0 left, 0 wait for a person\n"
    assert f"{case}  {A}  自2026年3月10日起不再列入" in run(*expire, "--on", "2026-03-10")
    assert run(*expire, "--on", "2026-03-10") == "移出 0 件，待人工核查 0 件\n"


def test_entries_of_another_office(run: Run, tmp_path: Path) -> None:
    head = "subject_id,list,scheme,on,organ,document\n"
    court = "judgment_defaulter,court/judgment_defaulter@2017,2023-05-06,区法院"
    (tmp_path / "e.csv").write_text(
        f"{head}{A},{court},〔2023〕执1号\n{PERSON},{court},〔2023〕执2号\n", encoding="utf-8"
    )
    over = ["lists", "import", str(tmp_path / "e.csv"), "--by", "chen"]
    assert PERSON not in run(*over, fails="1 rows were refused")
    assert "没有记载" in run("lists", "show", A)
    assert run(*over, "--max-rejected", "1").endswith("登记 1 件，已有 0 件，未登记 1 件\n")
    text = run(*over, "--max-rejected", "1", "--lang", "en", columns=80)
    assert text.endswith("0 imported, 1 there already, 1 refused\n")
    assert max(map(cell_len, text.splitlines())) <= 80
    assert "term not published" in run("lists", "show", A, "--lang", "en")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["lists", "draft", "x"], "there is no listing/x"),
        (["lists", "show", PERSON], "resident identity number"),
        (["lists", "draft", "x/y"], "there is no listing"),
        (["lists", "expire", "--on", "soon", "--by", "c"], "is not a day"),
        (["lists", "due", "--on", "2023-02-30"], "is not a day"),
        (["lists", "export", "--out", "out", "--known-at", "soon"], "is not a day"),
        (["lists", "expire", "--on", "2091-03-10", "--by", "c"], "has not come"),
    ],
)
def test_what_a_command_refuses(run: Run, args: list[str], words: str) -> None:
    assert PERSON not in run(*args, fails=words)


def test_there_is_no_store(tmp_path: Path) -> None:
    args = ["lists", "due", "--on", "2023-03-01", "--store", str(tmp_path / "none.db")]
    assert "there is no store" in str(CliRunner().invoke(app, args).exception)

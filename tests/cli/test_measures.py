"""`creditscore measures`: a measure from check to lifting, on a terminal of 80 and of 120 columns."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import CreditscoreError
from tests.measures.helpers import FIRM, OTHER, copied

pytestmark = pytest.mark.usefixtures("pages_in_chinese")

EVENTS = f"""event_id,kind,department,on,subject_ids
BID-7,procurement,finance,2024-03-01,{FIRM};{OTHER};9.14403E+17
CLEAR-1,clearance,customs,2025-03-05,{FIRM}
"""
LISTINGS = f"""subject_id,list,scheme,on,organ,document,published_on
{FIRM},procurement_serious,procurement/serious,2023-01-10,局,一,2023-01-10
{FIRM},customs_dishonest,customs/grade@2021,2024-06-01,局,二,
{OTHER},market_serious,market/serious@2021,2023-06-01,局,三,
"""


def call(*args: object, columns: int = 120) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(map(str, args)), env={"COLUMNS": str(columns)})
    if isinstance(result.exception, CreditscoreError):
        return result.exception.exit_code, f"{result.output}{result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def run(*args: object, columns: int = 120) -> tuple[int, str]:
    return call("measures", *args, columns=columns)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A store with three entries of other offices, and the events."""
    for name, text in {"events.csv": EVENTS, "entries.csv": LISTINGS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert call("store", "create", "--store", tmp_path / "s.db")[0] == 0
    code, output = call("lists", "import", tmp_path / "entries.csv", *options(tmp_path, by="chen.jie"))
    assert code == 0, output
    return tmp_path


def options(desk: Path, on: str | None = None, by: str | None = None) -> list[object]:
    results: list[object] = ["--store", desk / "s.db"]
    results += ["--on", on] if on else []
    return [*results, "--by", by] if by else results


def matched(desk: Path, *more: object) -> tuple[int, str]:
    return run("match", desk / "events.csv", *options(desk, by="li.na"), *more)


def act(desk: Path, name: str, key: str, on: str, by: str, *more: object) -> tuple[int, str]:
    return call("act", "measure", name, key, *options(desk, on, by), *more)


def test_what_ships_passes_its_check() -> None:
    code, output = run("check", "--no-notes")
    assert code == 0
    assert "0 faults" in output


def test_a_fault_exits_with_4_and_its_place(tmp_path: Path) -> None:
    place = copied(tmp_path, links=("measure_id: PM-PROCUREMENT", "measure_id: PM-NOTHING"))
    code, output = run("check", place)
    assert code == 4
    assert re.search(r"J301  line \d+  links\.\d+\.measure_id", output)
    code, output = run("check", place, "--json")
    assert {row["code"] for row in json.loads(output) if row["severity"] == "fault"} == {"J301"}


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_four_lists_fit_the_terminal(columns: int, lang: str) -> None:
    code, output = run("show", "--lang", lang, columns=columns)
    assert code == 0
    assert max(map(cell_len, output.splitlines())) <= columns
    article = {"zh": "《中华人民共和国政府采购法》第二十二条第（五）项", "en": "Article 22(5) of"}[lang]
    marks = {"zh": ("（推定）", "为本系统默认，未见公开规定"), "en": ("(inferred)", "a default of this system")}[lang]
    for word in ("PM-PROCUREMENT", "(!)", article, *marks):
        assert word in " ".join(output.split()) or word in "".join(output.split())
    for code in ("[inference]", "project_default", "inspection_plan", "normative_document", "construction_blacklist"):
        assert code not in "".join(output.split())  # no code where a word exists
    assert "ZFCGF" not in output  # a law is named by its title, not by the id of its file
    assert len(json.loads(run("show", "--json")[1])["links"]) == 17


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_match_shows_proposals_reasons_and_sums(desk: Path, columns: int, lang: str) -> None:
    code, output = run("match", desk / "events.csv", *options(desk, by="li.na"), "--lang", lang, columns=columns)
    assert code == 0
    assert max(map(cell_len, output.splitlines())) <= columns
    plain = "".join(output.split()) if lang == "zh" else " ".join(output.split())
    words = {
        "zh": ("不得参加政府采购活动", "代码被表格软件改成了数字", "该行为没有关联措施", "部门规章"),
        "en": ("turned this id into a number", "no measure is linked", "departmental rule"),
    }[lang]
    for word in ("JM-", "(!)", *words):
        assert word in plain
    plain = re.sub("procurement_serious-[0-9a-f]{12}", "", plain)  # the id of the entry
    for code in ("PM-PROCUREMENT", "mangled_id", "no_link", "department_rule", "procurement_serious"):
        assert code not in plain  # no code where a word exists
    assert ("4 pairs" if lang == "en" else "共4对") in output
    code, output = run("due", *options(desk, "2025-03-06"), "--lang", lang, columns=columns)
    assert code == 0
    assert max(map(cell_len, output.splitlines())) <= columns
    assert ("decide 2" if lang == "en" else "决定2件") in output


def test_from_proposal_to_lifting(desk: Path) -> None:
    matched(desk)
    ids = re.findall("JM-[0-9a-f]{16}", run("due", *options(desk, "2025-03-06"))[1])
    first, customs = ids
    on = "2025-03-06"
    code, output = act(desk, "accept", first, on, "li.na", "--lang", "en")
    assert (code, "second person" in output) == (2, True)
    assert act(desk, "accept", first, on, "chen.jie")[0] == 0
    code, output = act(desk, "accept", customs, on, "chen.jie", "--lang", "en")
    assert (code, "acknowledge" in output) == (2, True)
    texts = ["--acknowledge", "basis_department_rule", "--reason", "规章明文规定"]
    assert act(desk, "accept", customs, on, "chen.jie", *texts)[0] == 0
    for key in ids:
        assert act(desk, "notify", key, on, "li.na", "--document", "N-1")[0] == 0
        assert act(desk, "execute", key, on, "li.na")[0] == 0
    assert act(desk, "feedback", first, on, "li.na", "--result", "已执行")[0] == 0
    assert "feedback 1" in run("due", *options(desk, on), "--lang", "en")[1]
    (entry,) = re.findall("customs_dishonest-[0-9a-f]{12}", call("lists", "show", FIRM, *options(desk))[1])
    way = ["--exit", "annulled", "--organ", "局", "--document", "四"]
    code, output = call("act", "listing", "exit", entry, *options(desk, "2025-04-01", "chen.jie"), *way)
    assert code == 0, output
    assert run("lift", *options(desk, "2025-03-31", "li.na"))[1] == "解除或者终止 0 件\n"
    code, output = run("lift", *options(desk, "2025-04-01", "li.na"), "--lang", "en")
    assert (code, customs in output, "annulled" in output) == (0, True, True)
    assert output.endswith("1 lifted or lapsed\n")
    paper = ["--document", "D-1", "--reason", "事实不清"]
    assert act(desk, "annul", first, "2025-04-02", "chen.jie", *paper)[0] == 0
    assert first in run("lift", first, *options(desk, "2025-04-03", "li.na"))[1]
    code, _ = run("export", *options(desk, "2025-04-03"), "--out", desk / "out", "--csv")
    assert code == 0
    assert (desk / "out" / "measures.csv").read_text(encoding="utf-8").count("lifted") == 2
    assert "annulled" in (desk / "out" / "measures.csv").read_text(encoding="utf-8")


def test_faulty_rows_stop_the_command_and_are_listed(desk: Path) -> None:
    (desk / "events.csv").write_text(EVENTS + f"E9,party,finance,2024-01-01,{FIRM}\n", encoding="utf-8")
    code, output = matched(desk)
    assert code == 3
    assert "unknown_code" in output
    assert "decide 0" in run("due", *options(desk, "2025-03-06"), "--lang", "en")[1]
    assert matched(desk, "--max-rejected", "1")[0] == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show", "--grading", "nowhere"), "no grading lies there"),
        (("check", "nowhere"), "no folder of four lists"),
    ],
)
def test_usage_errors_say_what_is_allowed(args: tuple[str, ...], words: str) -> None:
    code, output = run(*args)
    assert (code, words in output) == (2, True)


def test_a_store_that_is_not_there(desk: Path) -> None:
    code, output = run("due", "--on", "2025-01-01", "--store", desk / "none.db")
    assert (code, "there is no store" in output) == (3, True)
    code, output = run("due", *options(desk, "2025-13-01"))
    assert (code, "is not a day" in output) == (2, True)


@pytest.mark.parametrize("columns", [80, 120])
def test_measures_of_grades_are_information(tmp_path: Path, columns: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells = {"subject_id": FIRM, "scheme": "tax", "version": "2014", "period": "2019", "state": "graded", "grade": "D"}
    pq.write_table(pa.table({name: [cell] for name, cell in cells.items()}), tmp_path / "grades.parquet")
    code, output = run("show", "--grading", tmp_path, "--lang", "en", columns=columns)
    assert code == 0
    assert max(map(cell_len, output.splitlines())) <= columns
    assert "a grade triggers nothing" in " ".join(output.split())
    assert all(row["use"] == "information" for row in json.loads(run("show", "--grading", tmp_path, "--json")[1]))


def test_grades_without_a_column_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"subject_id": ["A"], "scheme": ["tax"], "state": ["graded"]}), tmp_path / "grades.parquet")
    code, output = run("show", "--grading", tmp_path)
    assert (code, "the grades cannot be read" in output) == (3, True)

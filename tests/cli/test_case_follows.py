"""A case decided with all that rests on its records: previewed, written in one act, told, and nothing half done."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from creditscore.cli.main import app
from creditscore.core.errors import InputError, NotAllowed, UsageError
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store import Database
from tests.cascade.chained import DIRECT, FIRM, Chained
from tests.cascade.listed import DAYS, RECORDS, entered_wages
from tests.lists.players import A

DAY = ("--by", "zhang.min", "--on", "2023-05-15")


def run(*words: object, columns: int = 80) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": str(columns), "LINES": "40"})


def good(*words: object) -> Result:
    done = run(*words)
    assert done.exit_code == 0, done.exception or done.output
    return done


def opened(store: Path, run_id: str, subject: str, record: str) -> None:
    good(
        "case",
        "open",
        run_id,
        subject,
        "--ground",
        f"annulled:{record}",
        "--store",
        store,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-04",
    )


def deciding(store: Path, record: str, action: str = "withdraw") -> tuple[object, ...]:
    results = ("--find", f"{record}={action}", "--reason", "原决定已撤销", "--store", store)
    return ("case", "decide", "C2023-0001", *results)


def shown(store: Path, *more: object) -> Any:
    return json.loads(good("case", "show", "C2023-0001", "--store", store, "--json", *more).output)


def content(store: Path) -> list[Any]:
    """Everything in a store but the log and its head."""
    with Database(store, read_only=True) as opened_store:
        names = [name for (name,) in opened_store.rows("SELECT table_name FROM information_schema.tables ORDER BY 1")]
        return [
            (name, opened_store.rows(f"SELECT * FROM {name} ORDER BY ALL"))
            for name in names
            if not name.startswith("log_")
        ]


@pytest.fixture(scope="module")
def contested(two_years: Chained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tax 2021 and 2022 of one firm; the direct D of 2021 is retained in 2022, and a case contests its record."""
    store = two_years.copy(tmp_path_factory.mktemp("contested"))
    opened(store, two_years.runs[0], FIRM, DIRECT)
    return store


@pytest.fixture(scope="module")
def decided(contested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Path(shutil.copy(contested, tmp_path_factory.mktemp("decided") / "made.store"))
    before = content(store)
    seen = good(*deciding(store, DIRECT), *DAY, "--preview", "--lang", "en").output
    unpadded = re.sub(" +\n", "\n", seen)
    assert "(evaluation years 2014 to 2024)  2022\n    D retained from last year 80 → B by score 80" in unpadded
    assert "a preview: nothing was written" in seen
    assert content(store) == before
    text = good(*deciding(store, DIRECT), *DAY, "--lang", "en").output
    assert seen.split("a preview")[0] in text
    return store


@pytest.fixture
def years(contested: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(contested, tmp_path / "contested.store"))


@pytest.mark.slow
def test_the_year_that_retained_the_grade_moves_with_the_decision(decided: Path, tmp_path: Path) -> None:
    years = Path(shutil.copy(decided, tmp_path / "decided.store"))
    assert "0 flaws" in good("store", "check", years).output
    assert "every hash fits" in good("runs", "--store", years, "--verify").output
    follows = shown(years)["decision"]["follows"]
    assert {change["period"]: change["own"] for change in follows["changes"]} == {"2021": True, "2022": False}
    tells = [task for task in follows["tasks"] if task["task"] == "tell"]
    assert {tell["who"] for tell in tells} == {"subject"}
    assert [tell["told"] for tell in tells] == [None] * len(tells)
    text = good("case", "show", "C2023-0001", "--store", years, "--lang", "en").output
    assert f"creditscore cascade told {follows['cascade']} {tells[0]['nr']}" in text
    due = json.loads(good("case", "due", "--store", years, "--on", "2023-05-16", "--json").output)
    assert [row["task"] for row in due] == ["letter"]  # it tells the subject

    out = tmp_path / "letter"
    good(
        "case",
        "letter",
        "C2023-0001",
        "--out",
        out,
        "--document-no",
        "N1",
        "--office",
        "O",
        "--store",
        years,
        "--by",
        "zhang.min",
        "--on",
        "2023-05-16",
    )
    other = next(change for change in follows["changes"] if not change["own"])
    for lang in ("zh", "en"):
        letter = (out / f"letter.{lang}.txt").read_text(encoding="utf-8")
        assert all(
            word in letter
            for word in (other["title"][lang], "2022", other["before_words"][lang], other["after_words"][lang])
        )
        assert "tax@2014" not in letter
    assert {task["told"] for task in shown(years)["decision"]["follows"]["tasks"] if task["task"] == "tell"} == {
        "2023-05-16"
    }
    assert json.loads(good("case", "due", "--store", years, "--on", "2023-05-17", "--json").output) == []

    packet = tmp_path / "packet"
    good("packet", "build", "C2023-0001", "--store", years, "-o", packet)
    rows = json.loads((packet / "packet.json").read_text(encoding="utf-8"))["inputs"]["case"]
    (shown_rows,) = [row for row in rows if row["what"] == "follows"]
    assert (shown_rows["period"], shown_rows["before"], shown_rows["after"]) == (
        "2022",
        other["before"],
        other["after"],
    )
    assert {row["told"] for row in rows if row["what"] == "task"} == {"2023-05-16"}
    good("packet", "verify", packet)


@pytest.mark.slow
def test_a_decision_that_is_reversed_leaves_the_rows_of_the_keeping(decided: Path, tmp_path: Path) -> None:
    years = Path(shutil.copy(decided, tmp_path / "decided.store"))
    (act,) = json.loads(good("cascade", "show", "--store", years, "--json").output)
    assert (act["kind"], act["document_no"]) == ("decided", "C2023-0001")
    undone = run("cascade", "undo", act["seq"], *DAY, "--reason", "x", "--store", years)
    assert isinstance(undone.exception, UsageError)
    assert "C2023-0001" in str(undone.exception)
    again = good(
        "cascade",
        "apply",
        "--record",
        DIRECT,
        "--event",
        "reinstated",
        "--reason",
        "appeal",
        "--by",
        "zhang.min",
        "--on",
        "2023-07-01",
        "--store",
        years,
        "--json",
    )
    assert [change["as_kept"] for change in json.loads(again.stdout)["changes"]] == [True, True]


@pytest.mark.slow
def test_what_cannot_follow_refuses_the_decision_and_leaves_nothing(
    two_years: Chained, years: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(two_years.store.parent / "snapshot-2022", moved)
    with Database(years) as store, store.transaction() as con:
        con.execute("UPDATE run_runs SET snapshot_path = ? WHERE period = '2022'", [str(tmp_path / "gone")])
    changed = content(years)
    refused = run(*deciding(years, DIRECT), *DAY)
    assert isinstance(refused.exception, InputError)
    assert content(years) == changed
    good(*deciding(years, DIRECT), *DAY, "--snapshot", moved, "--preview")


@pytest.mark.slow
def test_who_kept_a_run_that_follows_does_not_decide(years: Path) -> None:
    with Database(years) as store, store.transaction() as con:
        con.execute("UPDATE run_runs SET kept_by = 'chen.jie' WHERE period = '2022'")
    before = content(years)
    refused = run(*deciding(years, DIRECT), "--by", "chen.jie", "--on", "2023-05-15")
    assert isinstance(refused.exception, NotAllowed)
    assert content(years) == before


def test_the_law_as_decided_holds_for_the_grade_and_what_rests_on_it(two_years: Chained, tmp_path: Path) -> None:
    store = two_years.copy(tmp_path)
    good(
        "case",
        "open",
        two_years.runs[0],
        FIRM,
        "--ground",
        "rule_misapplied",
        "--store",
        store,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-04",
    )
    refused = run(*deciding(store, "grade", "correct"), *DAY)
    assert "graded again, nothing changes" in str(refused.exception)
    upheld = good(*deciding(store, "grade", "uphold"), *DAY)
    assert json.loads(good("cascade", "show", "--store", store, "--json").output) == []
    assert "已作出决定" in upheld.output


@pytest.mark.slow
def test_the_entry_and_the_measure_and_who_is_told(tmp_path: Path) -> None:
    store, entry, measure = entered_wages(tmp_path)
    (remaining,) = json.loads(good("runs", "--store", store, "--json").output)
    good(
        "case",
        "open",
        remaining["run_id"],
        A,
        "--ground",
        "annulled:r1",
        "--ground",
        "annulled:r2",
        "--store",
        store,
        "--by",
        "wang.wei",
        "--on",
        "2023-05-04",
    )
    result = good(*deciding(store, "r2"), "--find", "r1=withdraw", *DAY, "--lang", "en")
    assert f"annul the entry, withdraw it if published: {entry}" in result.output
    follows = shown(store)["decision"]["follows"]
    asked = {(task["task"], task["thing"], task["who"]) for task in follows["tasks"]}
    assert ("annul_measure", measure, "construction") in asked
    assert ("tell", measure, "construction") in asked
    due = json.loads(good("case", "due", "--store", store, "--on", "2023-05-16", "--json").output)
    whom = {row["department"] for row in due if row["task"] == "tell"}
    assert "construction" in whom
    assert "subject" not in whom
    nr = next(task["nr"] for task in follows["tasks"] if (task["task"], task["who"]) == ("tell", "construction"))
    paper = ("--on", "2023-05-17", "--document-no", "N7", "--by", "zhang.min")
    good("cascade", "told", follows["cascade"], nr, "--store", store, *paper)
    due = json.loads(good("case", "due", "--store", store, "--on", "2023-05-18", "--json").output)
    assert "construction" not in {row["department"] for row in due}
    out = tmp_path / "letter"
    good("case", "letter", "C2023-0001", "--out", out, "--document-no", "N1", "--office", "O", "--store", store, *DAY)
    letter = (out / "letter.en.txt").read_text(encoding="utf-8")
    assert all(word in letter for word in (entry, measure, "had to act"))
    assert "told" not in letter  # the office was told two days after this letter
    late = tmp_path / "late"
    good(
        "case",
        "letter",
        "C2023-0001",
        "--out",
        late,
        "--document-no",
        "N2",
        "--office",
        "O",
        "--store",
        store,
        "--by",
        "zhang.min",
        "--on",
        "2023-05-18",
    )
    letter = (late / "letter.en.txt").read_text(encoding="utf-8")
    assert letter.count("it was told on 2023-05-17") == 1
    assert "0 flaws" in good("store", "check", store).output


@pytest.mark.slow
def test_an_edited_cascade_of_a_decision_is_found(decided: Path, tmp_path: Path) -> None:
    years = Path(shutil.copy(decided, tmp_path / "decided.store"))
    with Database(years) as store, store.transaction() as con:
        con.execute("UPDATE cascade_tasks SET who = 'nobody' WHERE nr = 0")
    result = run("store", "check", years)
    assert result.exception is not None
    assert "its rows are not those of the log" in result.output.replace("\n", " ")


NUMBER = "11010519491231002X"


@pytest.mark.slow
def test_a_personal_number_in_any_text_column_reaches_neither_letter_nor_packet(tmp_path: Path) -> None:
    shown_text = f"证件{NUMBER}号"
    subjects = pd.DataFrame(
        {
            "subject_id": [A],
            "name": [f"甲厂{NUMBER}"],
            "region": "220100",
            "district": [shown_text],
            "industry": [shown_text],
        }
    )
    texts = ("source", "document_no", "basis", "act_id", "item", "source_subject_id", "record_id")
    rows = [{**RECORDS[0], "record_id": f"t{k}", name: shown_text} for k, name in enumerate(texts)]
    records = pd.DataFrame([{**DAYS, **row} for row in (*RECORDS[:2], *rows)])
    listings = pd.DataFrame(
        [
            {
                "listing_id": "L1",
                "subject_id": A,
                "list": "serious_arrears",
                "entered_on": "2023-02-01",
                "document_no": shown_text,
            }
        ]
    )
    attributes = pd.DataFrame([{"subject_id": A, "name": "note", "value": shown_text, "valid_from": "2020-01-01"}])
    snap = tmp_path / "snapshot"
    write_snapshot(ingest(subjects, records, listings=listings, attributes=attributes), snap)
    source = read_snapshot(snap)
    grade(source, "wage_arrears", as_of="2023-03-01", max_rejected=100).write(tmp_path / "grading")
    store = tmp_path / "s.store"
    good("keep", tmp_path / "grading", "--snapshot", snap, "--store", store, "--by", "li.na", "--no-check")
    (remaining,) = json.loads(good("runs", "--store", store, "--json").stdout)
    ground = f"annulled:r2=本人{NUMBER}不服"
    refused = run("case", "open", remaining["run_id"], A, "--ground", ground, "--store", store, *DAY)
    assert isinstance(refused.exception, UsageError)
    opened(store, remaining["run_id"], A, "r2")
    for words in (("--reason", shown_text), ("--article", shown_text)):
        failed = run(*deciding(store, "r2"), *DAY, *words)
        assert isinstance(failed.exception, UsageError)
    good(*deciding(store, "r2"), *DAY)
    shown_case = good("case", "show", "C2023-0001", "--store", store).output
    paper = ("--document-no", "N1", "--office", "O", "--store", store)
    written = good("case", "letter", "C2023-0001", "--out", tmp_path / "letter", *paper, *DAY).output
    good("packet", "build", "C2023-0001", "--store", store, "-o", tmp_path / "packet")
    good("packet", "verify", tmp_path / "packet")
    files = [*(tmp_path / "letter").iterdir(), *(tmp_path / "packet").iterdir()]
    assert len(files) >= 7
    for text in (shown_case, written, *(file.read_text(encoding="utf-8") for file in files)):
        assert NUMBER not in text
        assert NUMBER[6:14] not in text
    packet = json.loads((tmp_path / "packet" / "packet.json").read_text(encoding="utf-8"))
    shown_records = {row["record_id"] for row in (*packet["inputs"]["records"], *packet["inputs"]["refused"])}
    assert shown_records >= {"r1", "r2", "t0", "t1", "t2", "t3"}

"""What the log carries is deleted on its day by rule, and what remains still proves itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from creditscore.cascade.apply import apply, undo
from creditscore.cascade.check import check
from creditscore.cascade.preview import bench
from creditscore.cli.main import app
from creditscore.core.config import config_root
from creditscore.core.errors import NotAllowed, SchemeError, UsageError
from creditscore.lists import leave, load, save
from creditscore.objections.actions import _next_id
from creditscore.objections.case import cases
from creditscore.store import Database, Log, Roles
from creditscore.store.legacy.archive.effective import standing as current
from creditscore.store.legacy.archive.runs import changed_runs, kept_runs
from creditscore.store.legacy.retention import delete, due, payloads, retention
from tests.cascade.chained import DIRECT, FIRM, Chained, event
from tests.cascade.listed import entered_wages
from tests.lists.players import PAPER, A

STATEMENT = "the wages were paid on the day before the inspection"
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def wages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    return entered_wages(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def log(wages: tuple[Path, str, str], tmp_path: Path) -> Iterator[Log]:
    with Database(shutil.copy(wages[0], tmp_path / "kept.store")) as store:
        yield Log(store)


def test_while_an_entry_stands_nothing_of_it_may_be_deleted(log: Log, wages: tuple[Path, str, str]) -> None:
    rules = {payload.rule: payload for payload in payloads(log)}
    assert rules["lists"].due_on is None
    assert rules["measures"].due_on is None
    assert {retained_payload.rule for retained_payload in due(log, date(2099, 1, 1))} == {"gradings"}
    book = load(log.store)
    save(log, book, leave(book, wages[1], exit="annulled", on="2024-02-29", by="chen.jie", **PAPER))
    ended = next(payload for payload in payloads(log) if payload.rule == "lists")
    assert ended.due_on == date(2029, 2, 28)
    assert not [
        retained_payload for retained_payload in due(log, date(2029, 2, 27)) if retained_payload.rule == "lists"
    ]
    assert [retained_payload for retained_payload in due(log, date(2029, 2, 28)) if retained_payload.rule == "lists"]


def test_deletion_leaves_entries_and_hashes_and_the_store_still_holds_together(log: Log) -> None:
    before = [(entry.seq, entry.hash, entry.payload_hash) for entry in log.entries()]
    point = log.checkpoint()
    gone = delete(log, date(2098, 1, 1), by="chen.jie", at=LATER)
    assert [retained_payload.action for retained_payload in gone] == ["grading.keep"]
    assert log.store.rows("SELECT count(*) FROM run_grades") == [(0,)]
    assert log.store.rows("SELECT count(*) FROM run_runs") == [(1,)]
    after = {entry.seq: entry for entry in log.entries()}
    assert [(seq, after[seq].hash, after[seq].payload_hash) for seq, *_ in before] == before
    assert "gradings: kept until" in after[max(after)].data["reason"]
    assert log.verify(point).ok
    assert changed_runs(log.store, log) == []
    assert check(log, bench(log.store)).flaws == ()
    assert delete(log, date(2098, 1, 1), by="chen.jie", at=LATER) == []


def test_nothing_is_deleted_before_its_day_or_by_somebody_else(log: Log) -> None:
    with pytest.raises(UsageError, match="has not come"):
        delete(log, date(2098, 1, 1), by="chen.jie")
    assert delete(log, date(2026, 1, 1), by="chen.jie") == []
    strict = Log(log.store, roles=Roles({"analyst": (), "grader": ("chen.jie",), "reviewer": (), "approver": ()}))
    with pytest.raises(NotAllowed, match="is no approver"):
        delete(strict, date(2098, 1, 1), by="chen.jie", at=LATER)
    assert log.store.rows("SELECT count(*) > 0 FROM run_grades") == [(True,)]


def test_while_an_objection_is_open_its_papers_and_its_run_stay_and_without_them_each_command_says_so(
    wages: tuple[Path, str, str], tmp_path: Path
) -> None:
    path = Path(shutil.copy(wages[0], tmp_path / "kept.store"))

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--store", str(path)])

    with Database(path) as store:
        (run_id,) = (run.run_id for run in kept_runs(store))
    by = ("--by", "zhang.min", "--on", "2023-05-04")
    ground = ("--ground", "annulled:r1")
    assert call("life", "move", run_id, "announce", "--by", "chen.jie", "--on", "2023-03-02").exit_code == 0
    assert call("case", "open", run_id, A, "--ground", f"annulled:r1={STATEMENT}", *by).exit_code == 0
    with Database(path) as store:
        assert {retained_payload.action for retained_payload in due(Log(store), date(2098, 1, 1))} == {"life.move"}
    assert call("case", "decide", "C2023-0001", "--find", "r1=uphold", "--reason", "…", *by).exit_code == 0
    with Database(path) as store:
        days = {payload.action: payload.due_on for payload in payloads(Log(store))}
        assert days["grading.keep"] == days["case.open"] == days["case.decide"]
        assert STATEMENT in str(store.rows("SELECT data FROM case_events"))
        delete(Log(store), date(2098, 1, 1), by="chen.jie", at=LATER)
        assert check(Log(store), bench(store)).flaws == ()
        assert store.rows("SELECT count(*) FROM case_events") == [(0,)]
        held = {table for (table,) in store.rows("SELECT table_name FROM information_schema.tables")}
        assert all(STATEMENT not in str(store.rows(f"SELECT * FROM {table}")) for table in held)
    assert STATEMENT.encode() not in path.read_bytes()
    verified = call("runs", "--verify")
    assert (verified.exit_code, verified.exception) == (0, None)
    for words in (
        ("case", "show", "C2023-0001"),
        ("case", "letter", "C2023-0001", "--out", str(tmp_path / "l"), "--document-no", "N", "--office", "O", *by),
        ("case", "open", run_id, A, *ground, *by),
        ("life", "move", run_id, "finalise", *by),
    ):
        assert "were deleted when their retention ended" in str(call(*words).exception), words
    again = call(
        "keep", str(wages[0].parent / "grading"), "--snapshot", str(wages[0].parent / "snapshot"), "--by", "li.na"
    )
    assert "were deleted when their retention ended" in str(again.exception)
    with Database(path) as store:  # numbers of cases are not given twice
        assert _next_id(Log(store), 2023) == "C2023-0002"


def test_a_case_that_put_a_grade_right_as_a_whole_stays_as_long_as_the_run_that_reads_it(
    wages: tuple[Path, str, str], tmp_path: Path
) -> None:
    path = Path(shutil.copy(wages[0], tmp_path / "kept.store"))

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--store", str(path), "--by", "zhang.min", "--on", "2023-05-04"])

    with Database(path) as store:
        (run_id,) = (run.run_id for run in kept_runs(store))
    assert call("life", "move", run_id, "announce", "--by", "chen.jie", "--on", "2023-03-02").exit_code == 0
    assert call("case", "open", run_id, A, "--ground", "rule_misapplied").exit_code == 0
    assert call("case", "decide", "C2023-0001", "--find", "grade=uphold", "--reason", "…").exit_code == 0
    text = (config_root() / "retention.yaml").read_text(encoding="utf-8")
    (tmp_path / "long.yaml").write_text(text.replace("keep: {years: 5}", "keep: {years: 50}", 1), encoding="utf-8")
    rules = retention(tmp_path / "long.yaml")
    with Database(path) as store:
        with store.transaction() as con:
            con.execute('UPDATE case_events SET data = replace(data, \'"grade":"uphold"\', \'"grade":"correct"\')')
        assert cases(store)["C2023-0001"].ruled_whole
        for day, left in ((date(2040, 1, 1), [(2,)]), (date(2097, 1, 1), [(0,)])):
            delete(Log(store), day, by="chen.jie", rules=rules, at=LATER)
            assert store.rows("SELECT count(*) FROM case_events") == left


@pytest.mark.slow
def test_a_run_whose_grade_was_changed_stays_as_long_as_the_runs_that_rest_on_the_change(
    two_years: Chained, tmp_path: Path
) -> None:
    path = two_years.copy(tmp_path)
    with duckdb.connect(str(path)) as con:  # the first was kept long before the second
        con.execute("UPDATE log_entries SET \"at\" = '2015-01-05T08:00:00Z' WHERE seq = 1")
    with Database(path) as store:
        log, day = Log(store), date(2021, 1, 1)
        assert [retained_payload.seq for retained_payload in due(log, day)] == [1]
        cascade = apply(log, bench(store), event(FIRM, DIRECT, "withdrawn"), by="zhang.min", reason="…")
        assert {rows.grade for rows in current(store, two_years.runs[1], [FIRM]).values()} == {"B"}
        first, second = (payload.due_on for payload in payloads(log) if payload.action == "grading.keep")
        assert first == second
        assert delete(log, day, by="chen.jie") == []
        assert [flaw for flaw in check(log, bench(store)).flaws if flaw.kind != "log"] == []
        undo(log, bench(store), cascade.seq, by="zhang.min", reason="…", on=date(2023, 7, 1))
        assert [retained_payload.seq for retained_payload in delete(log, day, by="chen.jie")] == [1]
        assert [flaw for flaw in check(log, bench(store)).flaws if flaw.kind != "log"] == []


def test_every_action_has_one_term_with_its_mark_and_no_term_is_shorter_than_a_text_demands() -> None:
    rules = retention()
    named = [action for rule in rules.rules for action in rule.actions]
    assert len(named) == len(set(named))
    assert {"grading.", "case.", "cascade.", "list.", "joint.", "draw.", "model."} <= set(named)
    assert all(rule.evidence for rule in (*rules.rules, *rules.least))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("keep: {years: 5}", "keep: {years: 2}", "kept shorter than labour_archive demands"),
        ("keep: {years: 5}", "keep: {years: 5, days: 1}", "needs exactly one of"),
        ("evidence: project_default", "evidence: verified", "a mark without a text"),
        ("actions: [case., life., packet., repair.]", "actions: [grading.]", "has a term already"),
        ("since: entry", "since: ever", "entry"),
        ("law: RSBG2016_1", "law: NONE", "no file in configs/laws"),
    ],
)
def test_a_spoilt_rule_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (config_root() / "retention.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "retention.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemeError, match=r"retention\.yaml:\d+") as exception_info:
        retention(tmp_path / "retention.yaml")
    assert message in str(exception_info.value)

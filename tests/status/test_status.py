"""The life of a grade: each step follows the state before, in its time; the history it leaves is read by grading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from creditscore.core.config import config_root
from creditscore.core.errors import NotAllowed, SchemeError, UsageError
from creditscore.demo.district import district
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.status.deadlines import working
from creditscore.status.rules import clock_of, life_rules
from creditscore.status.status import changed_states, history, open_steps, states
from creditscore.status.transitions import move
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import KeptRun, keep
from tests.graded import Graded

D = date


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "s.store") as opened:
        yield opened


@pytest.fixture
def archived(store: Database, early: Graded) -> tuple[Log, KeptRun]:
    log = Log(store)
    (run,) = keep(store, log, early.grading, early.snapshot, by="li.na", check=False)
    return log, run


def test_from_provisional_to_final(store: Database, archived: tuple[Log, KeptRun]) -> None:
    log, run = archived
    (count,) = store.rows("SELECT count(*) FROM run_grades")[0]
    assert move(log, run, "preview", by="li.na", on=D(2023, 3, 1)) == count
    (due,) = open_steps(store, D(2023, 3, 2), [run])
    assert (due.step, due.subjects, due.basis, due.mark) == ("announce", count, "R2014A", "verified")
    assert move(log, run, "announce", by="chen.jie", on=D(2023, 4, 10)) == count
    (due,) = open_steps(store, D(2023, 5, 1), [run])
    assert (due.step, due.first) == ("finalise", 19723)  # 1 January 2024, after re-evaluation has closed
    assert move(log, run, "finalise", by="chen.jie", on=D(2024, 1, 1)) == count
    assert open_steps(store, D(2024, 2, 1), [run]) == []
    value = store.rows("SELECT min(subject_id) FROM run_grades")[0][0]
    assert [row.status for row in states(store, value)] == ["provisional", "announced", "final"]
    assert [row.status for row in states(store, value, D(2023, 4, 9))] == ["provisional"]
    assert changed_states(store, log) == []


@pytest.mark.parametrize(
    ("steps", "wrong", "match"),
    [
        ([], ("finalise", "chen.jie", D(2024, 1, 1), ""), "does not follow a grade without a life"),
        ([], ("preview", "li.na", D(2023, 2, 1), ""), "before the day of knowledge"),
        (["preview"], ("preview", "li.na", D(2023, 3, 2), ""), "does not follow provisional"),
        (["preview"], ("announce", "chen.jie", D(2023, 3, 31), ""), "too early"),
        (["preview"], ("announce", "chen.jie", D(2023, 5, 1), ""), "is late"),
        (["preview"], ("announce", "chen.jie", D(2023, 2, 28), ""), "before the last step"),
        (["preview"], ("reevaluation", "chen.jie", D(2023, 4, 1), ""), "name them with --subject|is for the subjects"),
        (["preview"], ("dissolve", "chen.jie", D(2023, 4, 1), ""), "there is no step"),
        (["preview", "announce"], ("announce", "chen.jie", D(2023, 4, 20), ""), "does not follow announced"),
        (["preview", "announce"], ("finalise", "chen.jie", D(2023, 12, 31), ""), "too early"),
        (["preview", "announce"], ("announce", "chen.jie", D(2023, 4, 20), "11010519491231002X"), "resident identity"),
    ],
)
def test_a_step_that_is_not_legal_is_refused(
    archived: tuple[Log, KeptRun], steps: list[str], wrong: tuple[str, str, date, str], match: str
) -> None:
    log, run = archived
    days = {"preview": ("li.na", D(2023, 3, 1)), "announce": ("chen.jie", D(2023, 4, 10))}
    for step in steps:
        move(log, run, step, by=days[step][0], on=days[step][1])
    before = log.store.rows("SELECT count(*) FROM life_states")
    step, by, on, reason = wrong
    with pytest.raises(UsageError, match=match):
        move(log, run, step, by=by, on=on, reason=reason)
    assert log.store.rows("SELECT count(*) FROM life_states") == before


def test_who_kept_the_run_does_not_announce_it_and_a_late_step_gives_its_reason(archived: tuple[Log, KeptRun]) -> None:
    log, run = archived
    with pytest.raises(NotAllowed, match="second person"):
        move(log, run, "announce", by="Li.Na", on=D(2023, 4, 3))
    move(log, run, "announce", by="chen.jie", on=D(2023, 5, 3), reason="the system was down")
    entry = next(entry for entry in log.entries(action="life.move") if entry.phase == "begun")
    assert entry.data["late"] is True
    assert entry.data["reason"] == "the system was down"


def test_a_changed_row_is_found(store: Database, archived: tuple[Log, KeptRun]) -> None:
    log, run = archived
    move(log, run, "preview", by="li.na", on=D(2023, 3, 1))
    store.con.execute("UPDATE life_states SET grade = coalesce(grade, '') || 'x' WHERE nr = 7")
    assert changed_states(store, log) == [("entry 3", "states of grades")]


def test_the_history_is_read_by_grading_as_of_the_day(store: Database, archived: tuple[Log, KeptRun]) -> None:
    log, run = archived
    move(log, run, "announce", by="chen.jie", on=D(2023, 4, 3))
    rows = history(store)
    assert rows.num_rows == store.rows("SELECT count(*) FROM run_grades")[0][0]
    assert history(store, D(2023, 4, 2)).num_rows == 0
    district_tables = district(subjects=150, seed=5)
    tables = {name: getattr(district_tables, name) for name in ("subjects", "records", "attributes")}
    ours = grade(ingest(**tables, history=rows), "tax", 2023, max_rejected=10**6)
    bare = grade(ingest(**tables), "tax", 2023, max_rejected=10**6)
    assert not [row for row in ours.quarantine.to_pylist() if row["table"] == "history"]
    dead = {row["subject_id"] for row in rows.to_pylist() if row["grade"] == "D"}
    assert dead
    changed = {
        row["subject_id"]
        for row, other in zip(ours.grades.to_pylist(), bare.grades.to_pylist(), strict=True)
        if row["score"] != other["score"] or row["grade"] != other["grade"]
    }
    assert dead & changed  # a D of 2022 costs points in 2023


def test_supplement_is_for_who_has_no_grade(store: Database, archived: tuple[Log, KeptRun]) -> None:
    log, run = archived
    move(log, run, "announce", by="chen.jie", on=D(2023, 4, 3))
    graded = store.rows("SELECT min(subject_id) FROM run_grades WHERE state = 'graded'")[0][0]
    other = store.rows("SELECT min(subject_id) FROM run_grades WHERE state = 'not_graded'")[0][0]
    with pytest.raises(UsageError, match="have a grade"):
        move(log, run, "supplement", by="chen.jie", on=D(2023, 6, 1), subject_ids=[graded])
    assert move(log, run, "supplement", by="chen.jie", on=D(2023, 6, 1), subject_ids=[other]) == 1
    assert [state.status for state in states(store, other)] == ["announced", "superseded", "announced"]
    with pytest.raises(UsageError, match="did not grade"):
        move(log, run, "supplement", by="chen.jie", on=D(2023, 6, 1), subject_ids=["91220291MADM0NJL6X"])


def test_days_are_counted_by_the_calendar_and_beyond_it_are_provisional() -> None:
    assert str(working(19480, 3)) == "2023-05-06"  # 3 May is a working day again, and so is Saturday the 6th
    far = working(30000, 3)
    assert far.provisional
    assert "(provisional)" in str(far)
    assert not working(30000, 0).provisional


def test_the_clock_is_that_of_the_place_from_its_year_on() -> None:
    days = {"220000": "default", "310115": "shanghai", "370100": "shandong", "410000": "henan", "440305": "shenzhen"}
    for region, name in days.items():
        assert clock_of(region, 19480).id == name
    assert clock_of("440305", 18000).id == "default"  # 2019
    assert clock_of("", 0, "henan").id == "henan"
    with pytest.raises(UsageError, match="there is no clock"):
        clock_of("", 0, "mars")
    assert clock_of("", 0).evidence == "project_default"


def test_what_no_text_says_is_not_there() -> None:
    rules = life_rules("tax")
    assert rules.procedure("review", 2019) is None
    assert rules.procedure("supplement", 2025).evidence == "unknown"  # type: ignore[union-attr]
    assert rules.procedure("supplement", 2025).decide is None  # type: ignore[union-attr]
    assert life_rules("fire/inspection").procedures == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("working_days: 15", "working_days: fifteen", "working_days"),
        ("cite: {law: R2015A}", "cite: {law: R1999}", "R1999"),
        ("    cite: {law: R2015A}\n", "", "carries no cite"),
        ("month: 3, day: 31", "month: 2, day: 31", "no day of the year"),
        ("years: {from: 2025}", "years: {from: 2024}", "two rules of"),
        ("id: preview", "id: parade", "parade"),
        ("decide: {with: announce}", "decide: {with: announce, working_days: 3}", "exactly one of"),
    ],
)
def test_a_wrong_file_names_every_fault_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    source = config_root() / "review"
    for file in source.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "tax.yaml":
            assert old in text
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError, match="fault") as caught:
        life_rules("tax", tmp_path)
    faults = caught.value.faults
    assert faults
    assert all("review/tax.yaml:" in str(fault) for fault in faults)
    assert any(message in str(fault) for fault in faults)
    assert clock_of("", 0, folder=tmp_path).id == "default"  # of another file, which is whole


def test_objections_must_be_there_and_begin_with_the_default(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match=r"review/objections\.yaml:1: E101 cannot be read"):
        clock_of("", 0, folder=tmp_path)
    text = (config_root() / "review" / "objections.yaml").read_text(encoding="utf-8")
    (tmp_path / "objections.yaml").write_text(text.replace("id: default", "id: henan"), encoding="utf-8")
    with pytest.raises(SchemeError, match="the first clock is the default") as caught:
        clock_of("", 0, folder=tmp_path)
    assert "stands twice" in str(caught.value)
    (tmp_path / "objections.yaml").write_text(
        text.replace("own: 3\n    other: 7\n    cite", "own: 9\n    other: 7\n    cite")
    )
    with pytest.raises(SchemeError, match="cannot take less time"):
        clock_of("", 0, folder=tmp_path)

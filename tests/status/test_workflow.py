"""The status of grades on the log: each step follows the status before, in its time; grading reads their history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import NotAllowed, UsageError
from creditscore.demo.district import district
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.status.workflow import list_subjects, make_code, make_history, name_status, statuses_of
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import KeptRun, keep_grading
from creditscore.store.context import Registry
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.store import Store
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.graded import Graded

STEPS: dict[str, tuple[str, str]] = {"preview": ("li.na", "2023-03-01"), "announce": ("chen.jie", "2023-04-10")}


class Desk:
    """A store with a kept run whose period is open, and the organisations with open cases."""

    def __init__(self, address: str, folder: Path, graded: Graded) -> None:
        self.held: set[str] = set()
        archive = Archive(folder)
        code = make_code(lambda: archive, lambda context, run: self.held)
        workflows = [workflow for workflow in WORKFLOWS.load() if workflow.workflow == "status"]
        self.store = Store(address, Registry(workflows, [], code), archive=folder)
        (self.run,) = keep_grading(self.store, graded.grading, graded.snapshot, by="li.na", check=False)
        self.case = name_status("tax", "2022")
        self.store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
        self.subjects = list_subjects(archive, self.run)

    def take(self, act: str, by: str, on: str, **given: Any) -> Any:
        return self.store.act("status", act, self.case, by=by, on=on, run=self.run.run_id, **given)

    def statuses(self, subject: str, known_on: str | None = None) -> list[str]:
        with self.store.reading() as connection:
            statuses = statuses_of(connection, self.store.archive, subject, known_on=known_on)
        return [status.status for status in statuses]


@pytest.fixture
def desk(store_url: str, tmp_path: Path, early: Graded) -> Iterator[Desk]:
    opened = Desk(store_url, tmp_path / "archive", early)
    yield opened
    opened.store.close()


def test_from_provisional_to_final(desk: Desk) -> None:
    count = len(desk.subjects)
    assert desk.take("preview", "li.na", "2023-03-01").fields["provisional"] == count
    (task,) = list_tasks(desk.store)
    assert (task.what, task.team, task.due_on) == ("announce", "approver", "2023-04-30")
    case = desk.take("announce", "chen.jie", "2023-04-10")
    assert (case.fields["provisional"], case.fields["announced"]) == (0, count)
    (task,) = list_tasks(desk.store)
    assert (task.what, task.due_on) == ("finalise", "2024-01-01")  # after re-evaluation has closed
    assert desk.take("finalise", "chen.jie", "2024-01-01").fields["final"] == count
    assert list_tasks(desk.store) == []
    assert desk.statuses(desk.subjects[0]) == ["provisional", "announced", "final"]
    assert desk.statuses(desk.subjects[0], "2023-04-09") == ["provisional"]
    assert desk.statuses("nobody") == []
    groups = desk.store.read(desk.case).parts["groups"].values()
    assert [group.get("subjects") for group in groups] == [None] * 3  # a whole run is one small row
    assert verify(desk.store).faults == []


@pytest.mark.parametrize(
    ("steps", "wrong", "match"),
    [
        ([], ("finalise", "chen.jie", "2024-01-01", {}), "does not follow a grade without a life"),
        ([], ("preview", "li.na", "2023-02-01", {}), "before the day of knowledge"),
        (["preview"], ("preview", "li.na", "2023-03-02", {}), "does not follow provisional"),
        (["preview"], ("announce", "chen.jie", "2023-03-31", {}), "too early"),
        (["preview"], ("announce", "chen.jie", "2023-05-01", {}), "is late"),
        (["preview"], ("announce", "chen.jie", "2023-02-28", {}), "before the step"),
        (["preview"], ("replace", "chen.jie", "2023-04-01", {"step": "review", "subjects": []}), "is for the subjects"),
        (
            ["preview"],
            ("replace", "chen.jie", "2023-04-01", {"step": "dissolve", "subjects": ["x"]}),
            "there is no step",
        ),
        (["preview"], ("announce", "chen.jie", "2023-04-10", {"subjects": ["x"]}), "did not grade x"),
        (["preview", "announce"], ("announce", "chen.jie", "2023-04-20", {}), "does not follow announced"),
        (["preview", "announce"], ("finalise", "chen.jie", "2023-12-31", {}), "too early"),
        (["preview", "announce"], ("announce", "chen.jie", "2023-04-20", {"reason": "11010519491231002X"}), "resident"),
    ],
)
def test_a_step_that_is_not_legal_is_refused(
    desk: Desk, steps: list[str], wrong: tuple[str, str, str, dict[str, Any]], match: str
) -> None:
    for step in steps:
        desk.take(step, *STEPS[step])
    size = desk.store.head().size
    act, by, on, given = wrong
    with pytest.raises(UsageError, match=match):
        desk.take(act, by, on, **given)
    assert desk.store.head().size == size


def test_who_kept_the_run_does_not_announce_it_and_a_late_step_gives_its_reason(desk: Desk) -> None:
    with pytest.raises(NotAllowed, match="second person"):
        desk.take("announce", "Li.Na", "2023-04-03")
    case = desk.take("announce", "chen.jie", "2023-05-03", reason="the system was down")
    (group,) = case.parts["groups"].values()
    assert (group["late"], group["reason"]) == (True, "the system was down")


def test_grades_with_an_open_case_wait(desk: Desk) -> None:
    desk.held = set(desk.subjects[:2])
    with pytest.raises(UsageError, match="a case on 2 of the grades is open"):
        desk.take("announce", "chen.jie", "2023-04-10")
    rest = list(desk.subjects[2:])
    case = desk.take("announce", "chen.jie", "2023-04-10", subjects=rest)
    (group,) = case.parts["groups"].values()
    assert (group["leaves_out"], group["count"]) == (sorted(desk.held), len(rest))
    assert desk.statuses(desk.subjects[0]) == []
    assert desk.statuses(desk.subjects[2]) == ["announced"]


def test_all_but_those_with_an_open_case_are_announced(desk: Desk) -> None:
    desk.held = set(desk.subjects[:2])
    case = desk.take("announce", "chen.jie", "2023-04-10", all_but_open=True)
    (group,) = case.parts["groups"].values()
    assert (group["leaves_out"], group["count"]) == (sorted(desk.held), len(desk.subjects) - 2)
    assert desk.statuses(desk.subjects[0]) == []
    with pytest.raises(UsageError, match="a case on each of the grades is open"):
        desk.take("announce", "chen.jie", "2023-04-10", subjects=sorted(desk.held), all_but_open=True)


def test_a_grade_is_replaced_for_whom_it_was_asked(desk: Desk) -> None:
    subjects = list(desk.subjects[:3])
    for step, (by, on) in STEPS.items():
        desk.take(step, by, on)
    desk.take("replace", "chen.jie", "2023-06-01", step="reevaluation", subjects=subjects)
    with desk.store.reading() as connection:
        statuses = statuses_of(connection, desk.store.archive, subjects[0])
    assert [(row.step, row.status) for row in statuses] == [
        ("preview", "provisional"),
        ("announce", "announced"),
        ("reevaluation", "superseded"),
        ("reevaluation", "announced"),
    ]
    assert [(row.basis, row.mark) for row in statuses[1:3]] == [("R2014A", "verified"), ("R2015A", "verified")]
    assert desk.statuses(desk.subjects[5]) == ["provisional", "announced"]
    rows = make_history(desk.store).to_pylist()
    assert len(rows) == 2 * len(desk.subjects) + 2 * len(subjects)
    assert len(make_history(desk.store, known_on="2023-03-31")) == len(desk.subjects)
    assert verify(desk.store).faults == []


def test_supplement_is_for_who_has_no_grade(desk: Desk) -> None:
    desk.take("announce", "chen.jie", "2023-04-03")
    states = {row["subject_id"]: row["state"] for row in make_history(desk.store).to_pylist()}
    graded = min(subject for subject, state in states.items() if state == "graded")
    other = min(subject for subject, state in states.items() if state == "not_graded")
    with pytest.raises(UsageError, match="have a grade"):
        desk.take("replace", "chen.jie", "2023-06-01", step="supplement", subjects=[graded])
    desk.take("replace", "chen.jie", "2023-06-01", step="supplement", subjects=[other])
    assert desk.statuses(other) == ["announced", "superseded", "announced"]


def test_the_history_is_read_by_grading_as_of_the_day(desk: Desk) -> None:
    desk.take("announce", "chen.jie", "2023-04-03")
    rows = make_history(desk.store)
    assert rows.num_rows == len(desk.subjects)
    assert make_history(desk.store, known_on="2023-04-02").num_rows == 0
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


def test_a_correction_and_the_day_of_knowledge_count(desk: Desk) -> None:
    first, second = desk.subjects[:2]
    desk.take("preview", "li.na", "2023-03-01", subjects=[first])
    given = {"by": "zhang.min", "on": "2023-03-02", "reason": "the other firm was meant"}
    desk.store.act("status", "correct", desk.case, number=2, to={"subjects": [second]}, **given)
    assert (desk.statuses(first), desk.statuses(second)) == ([], ["provisional"])
    assert {row["subject_id"] for row in make_history(desk.store).to_pylist()} == {second}
    desk.take("announce", "chen.jie", "2023-04-11", known_on="2023-04-20", subjects=[second])
    assert desk.statuses(second, "2023-04-15") == ["provisional"]
    assert desk.statuses(second, "2023-04-20") == ["provisional", "announced"]
    (announced,) = [row for row in make_history(desk.store).to_pylist() if row["status"] == "announced"]
    assert (announced["decided_on"], announced["recorded_on"]) == (date(2023, 4, 11), date(2023, 4, 20))
    assert verify(desk.store).faults == []


def test_what_was_announced_is_made_final_though_others_are_previewed(desk: Desk) -> None:
    first, second = desk.subjects[:2]
    desk.take("announce", "chen.jie", "2023-04-10", subjects=[first])
    desk.take("preview", "li.na", "2023-04-11", subjects=[second])
    case = desk.take("finalise", "chen.jie", "2024-01-01", subjects=[first])
    assert (case.fields["final"], case.fields["provisional"]) == (1, 1)


def test_a_run_of_another_period_is_refused(desk: Desk) -> None:
    desk.store.act("status", "open", by="li.na", on="2023-02-20", scheme="tax", period="2021")
    with pytest.raises(UsageError, match="is of tax 2022"):
        desk.store.act("status", "preview", "status/tax.2021", by="li.na", on="2023-03-01", run=desk.run.run_id)


def test_a_kept_run_is_needed(desk: Desk) -> None:
    assert isinstance(desk.run, KeptRun)
    with pytest.raises(UsageError, match="no run 0000 is kept"):
        desk.store.act("status", "preview", desk.case, by="li.na", on="2023-03-01", run="0000")

"""A day that is not graded reads what the day before read: on every day of made-up courses the outcome is the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.days import iso, to_day
from creditscore.grading.interpreter.exact import Subject
from creditscore.repair.check import options
from creditscore.repair.course import Action, Course, Version, outcome_on, period_on, targets, version_at
from creditscore.repair.plan import RepairPlan, plan_repair
from creditscore.repair.proof import Readings, is_at, simulate
from creditscore.schemes import registry
from tests.repair.repair_cases import course, random_actions, random_courses, record, scattered, subject
from tests.tiers import thinned

SCHEMES = [loaded for entry in registry.entries() if not (loaded := registry.load(entry)).missing]


def stretch(rng: random.Random, base: Course, most: int) -> tuple[Course, tuple[Action, ...], range]:
    """The course scattered, with actions, and up to `most` days of the next two years on which a version governs."""
    subject_course = scattered(rng, base)
    first = subject_course.on + rng.choice([0, 0, rng.randrange(400)])
    governed = [day for day in range(first, first + most) if version_at(subject_course, period_on(subject_course, day))]
    days = (
        range(first, governed[-1] + 1) if governed[:1] == [first] else range(subject_course.on, subject_course.on + 1)
    )
    return subject_course, random_actions(rng, subject_course, days[-1]), days


def quiet_days(subject_course: Course, actions: Sequence[Action], days: range) -> int:
    """How many days read what the day before read; the whole outcome is the same there, ledger and all."""
    readings, before, outcome, quiet = Readings(subject_course, actions, days[-1]), None, None, 0
    for day in days:
        reading, now = readings.on(day), outcome_on(subject_course, day, actions)
        if reading == before:
            assert now == outcome, (iso(day), subject_course, actions)
            quiet += 1
        before, outcome = reading, now
    return quiet


# They count the days since accidents: every day is another, and a plan's proof grades each.
EVERY_DAY = {
    "construction/blacklist@2018-01-01",
    "market/serious@2016-04-01",
    "safety/joint_punishment@2017-05-09",
    "safety/serious@2017-05-09",
    "safety/serious@2023-10-01",
}


@pytest.mark.parametrize("scheme", thinned(SCHEMES, 4), ids=lambda value: value.name)
def test_what_is_read_tells_every_change_of_the_outcome(scheme: Any) -> None:
    rng = random.Random(f"readings {scheme.name}")
    quiet = sum(quiet_days(*stretch(rng, base, 40)) for base in random_courses(rng, scheme, 3, 4))
    assert (quiet > 20) != (scheme.name in EVERY_DAY)


def moments(kind: str, days: bool = False, until: bool = True) -> str:
    """A scheme that gives points of its own to each thing that the day of grading, or of knowledge, can change.

    `days`: with a fact that counts days; `until`: windows of a year's scheme end on the day of knowledge.
    """
    text = (Path(__file__).parent / "schemes" / f"moments_{kind}.yaml").read_text("utf-8")
    lines = [line for line in text.splitlines(keepends=True) if days or "days_listed" not in line]
    return "".join(line if until else line.replace(", until: known_at", "") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "days", "until"),
    [("day", False, True), ("day", True, True), ("year", False, True), ("year", False, False)],
)
def test_each_part_of_what_is_read_is_needed(kind: str, days: bool, until: bool, tmp_path: Path) -> None:
    (tmp_path / "moments.yaml").write_text(moments(kind, days, until), "utf-8")
    scheme, rng = registry.pick(str(tmp_path / "moments.yaml")), random.Random(f"parts {kind} {days} {until}")
    quiet = sum(quiet_days(*stretch(rng, base, 100)) for base in random_courses(rng, scheme, 40, 1))
    assert (quiet > 600) != days  # where days are counted, every day is another


def on(day: str) -> int:
    return to_day(date.fromisoformat(f"2010-{day}"))


@pytest.mark.parametrize(
    ("moved_record", "actions", "turn"),
    [
        (record(0, "d", on("09-01")), (), "10-01"),  # nobody corrected it: the variant in force on the day
        (record(0, "a", on("06-05")), (), "08-10"),  # a cycle of three months from 10 February begins anew
        (record(0, "c", on("02-01"), deadline_on=on("09-09")), (), "09-10"),  # lives on until the day that is stated
        (record(0, "b", on("03-17"), deadline_on=on("04-01")), (), "04-30"),  # 20 working days, 5 April is none
        (record(0, "d", on("03-01")), (on("06-03"), on("06-05")), "06-03"),  # repaired twice: the first day counts
    ],
)
def test_the_day_on_which_one_thing_turns_is_read(
    moved_record: dict[str, Any], actions: tuple[int, ...], turn: str, tmp_path: Path
) -> None:
    (tmp_path / "moments.yaml").write_text(moments("day"), "utf-8")
    young = Subject({"registered_day": on("02-10")}, {}, [moved_record])  # type: ignore[dict-item]
    subject_course = course(registry.pick(str(tmp_path / "moments.yaml")), young, date(2010, 2, 10))
    done = tuple(Action("repair", "r00", day) for day in actions)
    outcomes = [outcome_on(subject_course, day, done) for day in (on(turn) - 2, on(turn) - 1, on(turn))]
    assert [a == b for a, b in pairwise(outcomes)] == [True, False]
    assert quiet_days(subject_course, done, range(on(turn) - 3, on(turn) + 4)) >= 1


def test_another_version_is_read_as_such_though_nothing_else_changes(tmp_path: Path) -> None:
    text, turn = moments("day").replace("period >= 2011", "period >= 2010"), "2010-06-15"
    older = text.replace("effective_to: 2011-11-01", f"effective_to: {turn}")
    newer = text.replace("from: 2010-01-01", f"from: {turn}").replace("points: 1000", "points: 900")
    for name, written in (("older.yaml", older), ("newer.yaml", newer)):
        (tmp_path / name).write_text(written, "utf-8")
    both = [registry.pick(str(tmp_path / name)) for name in ("older.yaml", "newer.yaml")]
    days = range(to_day(date(2010, 6, 1)), to_day(date(2010, 6, 30)))
    subject_course = Course(tuple(Version(scheme, subject([])) for scheme in both), None, days[0])
    assert quiet_days(subject_course, (), days) == len(days) - 2


@pytest.mark.parametrize("name", ["tax@2025", "labour/tianjin", "environment/jiangsu"])
def test_the_proof_says_of_each_day_what_grading_it_says(name: str) -> None:
    scheme, rng = registry.pick(name), random.Random(f"proof {name}")
    for base in random_courses(rng, scheme, 2, 3):
        subject_course = scattered(rng, base)
        plan = plan_repair(subject_course, options(subject_course), targets(subject_course)[0], subject_course.on + 200)
        proof, days = (
            simulate(subject_course, plan),
            range(subject_course.on, (plan.until if plan.day is None else plan.day) + 1),
        )
        wrong = [day for day in days if is_at(subject_course, day, plan.actions, plan.target) != (day == plan.day)]
        assert proof.days == len(days)
        assert proof.graded <= proof.days
        assert len(proof.faults) == len(wrong)


def test_a_quiet_day_on_which_the_plan_is_wrong_is_a_fault_too() -> None:
    # the listing ends on 30 April: from 1 May the grade is there, on each of the four days
    scheme = registry.pick("labour/tianjin")
    row = {
        "list": "wage_arrears",
        "entered_day": to_day(date(2024, 5, 1)),
        "term_end_day": to_day(date(2027, 4, 30)),
        "exited_day": None,
        "exit_reason": "",
        "basis": "",
    }
    subject_course = course(scheme, subject([], listings=[row]), date(2027, 4, 1))
    plan = plan_repair(subject_course, (), "A", to_day(date(2027, 6, 1)))
    assert plan.day == to_day(date(2027, 5, 1))
    late: RepairPlan = replace(plan, day=to_day(date(2027, 5, 5)))
    assert simulate(subject_course, late).faults == tuple(f"2027-05-0{k}: the grade is reached" for k in range(1, 5))
    assert (
        simulate(subject_course, replace(plan, day=None, until=to_day(date(2027, 5, 3))))
        .faults[-1]
        .startswith("2027-05-03")
    )

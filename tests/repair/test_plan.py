"""Repair plans: the earliest day and the cheapest set, against every set on every day; and days counted by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from creditscore.core.days import from_day, to_day
from creditscore.core.errors import UsageError
from creditscore.core.quantities import MICRO
from creditscore.repair.check import options
from creditscore.repair.course import Course, Version, outcome_on, period_on, targets, version_at
from creditscore.repair.data import plan_data, waits
from creditscore.repair.days import event_days
from creditscore.repair.plan import RepairPlan, Weights, plan_repair
from creditscore.repair.proof import every_set, exhaust, simulate
from creditscore.schemes import registry
from tests.repair.repair_cases import course, random_courses, random_subject, record, subject
from tests.tiers import thinned

TAX = registry.find("tax", 2025)
OLD = {"first_filed_on": to_day(date(2005, 1, 1))}


def plan(subject_course: Course, target: str, until: date, weights: Weights | None = None) -> RepairPlan:
    return plan_repair(subject_course, options(subject_course), target, to_day(until), weights)


def brute(subject_course: Course, until: int, weights: Weights) -> dict[str, tuple[Any, ...]]:
    """For each grade the earliest day and least cost, over every set of actions on every day."""
    best: dict[str, tuple[Any, ...]] = {}
    usable = [way for way in options(subject_course) if way.plans]
    grades = targets(subject_course)
    for day in range(subject_course.on, until + 1):
        if version_at(subject_course, period_on(subject_course, day)) is None:
            break
        for actions in every_set(usable, range(subject_course.on, day + 1)):
            outcome = outcome_on(subject_course, day, actions)
            if outcome.state == "graded":
                for target in grades[grades.index(outcome.grade) :]:
                    results = (day, *weights.cost(actions))
                    best[target] = min(best.get(target, results), results)
    return best


SCHEMES = [loaded for entry in registry.entries() if not (loaded := registry.load(entry)).missing]
HEAVY = ("tax", "wage_arrears", "labour/tianjin", "environment/ningxia", "environment/hebei", "market/publication")


@pytest.mark.parametrize("scheme", thinned(SCHEMES, 4), ids=lambda value: value.name)
def test_equal_to_every_set_on_every_day_in_every_shipped_scheme(scheme: Any) -> None:
    rng = random.Random(scheme.name)
    tried = 0
    for base in random_courses(rng, scheme, 12 if scheme.scheme.startswith(HEAVY) else 4, 2):
        # begin shortly before a day on which something changes
        days = list(event_days(base, options(base), base.on + 900))
        subject_course = replace(base, on=max(base.on, rng.choice(days) - rng.choice([0, 1, 2])), plans={})
        if version_at(subject_course, period_on(subject_course, subject_course.on)) is None:
            subject_course = base
        until, usable = subject_course.on + 4, options(subject_course)
        expected = brute(subject_course, until, Weights())
        for target in targets(subject_course):
            repair_plan = plan_repair(subject_course, usable, target, until)
            mine = None if repair_plan.day is None else (repair_plan.day, *Weights().cost(repair_plan.actions))
            assert mine == expected.get(target), (target, repair_plan)
            assert simulate(subject_course, repair_plan).holds
            tried += 1
    assert tried >= 4


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_missed_over_a_long_stretch_of_tax(seed: int) -> None:
    rng = random.Random(seed)
    subject_course = Course(
        (Version(TAX, random_subject(rng, TAX, to_day(date(2025, 12, 20)), 3)),), 2025, to_day(date(2026, 1, 15))
    )
    for target in ("A", "B"):
        repair_plan = plan(subject_course, target, date(2026, 7, 1))
        assert simulate(subject_course, repair_plan).holds
        try:
            proof = exhaust(subject_course, repair_plan, most=8_000)
        except UsageError:
            continue
        assert proof.holds, proof.faults


def late(*days: date, item: str = "020301", amount: int | None = 5000) -> list[dict[str, Any]]:
    paid = None if amount is None else amount * MICRO
    return [record(k, item, to_day(day), amount=paid) for k, day in enumerate(days)]


def test_a_window_that_is_still_open_brings_more() -> None:
    # 90 − 11 − 11 − 5 = 63; in January the young record gives back 8.8 (80 %): 71.8, the old one only 4.4: 67.4
    records = [*late(date(2025, 3, 1), date(2025, 12, 10)), record(7, "010101", to_day(date(2025, 5, 1)))]
    subject_course = course(TAX, subject(records, attributes=OLD), date(2026, 1, 5), 2025)
    repair_plan = plan(subject_course, "B", date(2026, 6, 30))
    assert repair_plan.day == subject_course.on
    assert [(action.kind, action.target) for action in repair_plan.actions] == [("correct", "r01")]
    assert repair_plan.then is not None
    assert repair_plan.then.score == 71_800_000
    # from 10 January, 30 days after it, it gives back 6.6: 69.6 is too little, and one more is needed
    after = plan(replace(subject_course, on=to_day(date(2026, 1, 10)), plans={}), "B", date(2026, 6, 30))
    assert [action.target for action in after.actions] == ["r01", "r07"]


def shown(subject_course: Course, repair_plan: RepairPlan) -> list[tuple[str, str]]:
    """(target, until when it may wait) of each action."""
    return [
        (row["target"], row["window_ends"] or row["day"])
        for row in plan_data("S1", subject_course, repair_plan)["actions"]
    ]


def test_a_correction_waits_no_longer_than_a_condition_allows() -> None:
    # the violation must be corrected by its deadline, the penalty stands until 1 July: only then it is B
    scheme = registry.pick("labour/tianjin")
    old = to_day(date(2025, 7, 1))
    records = [
        record(0, "TJ-B", to_day(date(2026, 4, 20)), deadline_on=to_day(date(2026, 5, 14))),
        record(1, "TJ-C1", old, decided_day=None, occurred_day=old),
    ]
    subject_course = course(scheme, subject(records), date(2026, 5, 4))
    repair_plan = plan(subject_course, "B", date(2026, 9, 1))
    assert repair_plan.day == to_day(date(2026, 7, 1))
    assert shown(subject_course, repair_plan) == [("r00", "2026-05-14")]
    for day, there in ((date(2026, 5, 14), "graded"), (date(2026, 5, 15), "not_computable")):
        moved = [replace(action, day=to_day(day)) for action in repair_plan.actions]
        assert outcome_on(subject_course, repair_plan.day, moved).state == there


def test_a_correction_of_a_year_that_is_over_does_not_wait() -> None:
    # 2025: 90 − 6 × 11 = 24, a D that bars A in 2026; four corrected in 2026 give back 4.4 each: 41.6, a C
    records = late(*[date(2025, month, 1) for month in range(1, 7)])
    subject_course = course(TAX, subject(records, attributes=OLD), date(2026, 12, 1), 2025)
    repair_plan = plan(subject_course, "A", date(2027, 6, 30))
    assert repair_plan.day == to_day(date(2027, 1, 1))
    assert len(repair_plan.actions) == 4
    assert {by for _, by in shown(subject_course, repair_plan)} == {"2026-12-31"}


def test_what_the_overall_repair_asks_for_comes_before_it() -> None:
    # 2026: 90 − 3 − 3 + 1.2 + 1.2 + 4 (nine months) = 90.4, granted in December; it stands from January. 2025 is a B
    days = [date(2026, 3, 10), date(2026, 3, 11)]
    records = [*late(*days, item="010103"), record(7, "010106", to_day(date(2025, 5, 1)))]
    subject_course = course(TAX, subject(records, attributes=OLD), date(2026, 11, 20), 2025)
    repair_plan = plan(subject_course, "A", date(2027, 3, 1))
    assert repair_plan.day == to_day(date(2027, 1, 1))
    assert shown(subject_course, repair_plan) == [("r00", "2026-12-11"), ("r01", "2026-12-11"), ("", "2026-12-11")]


def test_the_cheaper_of_two_equal_corrections() -> None:
    records = late(date(2025, 3, 1), date(2025, 4, 1))  # 68, each gives back 4.4
    records[1]["amount"] = 10 * MICRO
    subject_course = course(TAX, subject(records, attributes=OLD), date(2026, 1, 5), 2025)
    assert [action.target for action in plan(subject_course, "B", date(2026, 6, 30)).actions] == ["r01"]


def test_order_and_weights_change_what_is_cheap() -> None:
    records = late(date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1))  # 57: two corrections give 65.8, three 70.2
    records[0]["amount"] = 10 * MICRO
    subject_course = course(TAX, subject(records, attributes=OLD), date(2026, 1, 5), 2025)
    soon = plan(subject_course, "B", date(2027, 6, 30))
    assert (soon.day, len(soon.actions), soon.amount) == (subject_course.on, 3, 10_010 * MICRO)
    few = plan(subject_course, "B", date(2027, 6, 30), Weights(("actions", "date", "amount")))
    assert few.day == to_day(date(2027, 1, 1))
    assert few.actions == ()  # another year is graded: nothing to do
    assert [wait.kind for wait in waits(subject_course, few)] == ["period"]


def test_unreachable_is_said_and_proved() -> None:
    records = [record(0, "010106", to_day(date(2025, 5, 5)), quantity=4 * MICRO)]  # 90 − 44, no repair
    subject_course = course(TAX, subject(records, attributes=OLD), date(2026, 1, 5), 2025)
    repair_plan = plan(subject_course, "B", date(2026, 12, 31))
    assert repair_plan.state == "unreachable"
    assert repair_plan.actions == ()
    assert repair_plan.days[-1].best == "C"
    assert exhaust(subject_course, repair_plan).holds
    assert simulate(subject_course, repair_plan).holds


def test_a_false_claim_does_not_pass_the_proof() -> None:
    subject_course = course(
        TAX, subject(late(date(2025, 3, 1), date(2025, 3, 1)), attributes=OLD), date(2026, 1, 5), 2025
    )
    repair_plan = plan(subject_course, "B", date(2026, 6, 30))
    assert not simulate(subject_course, replace(repair_plan, day=subject_course.on + 3)).holds
    assert not exhaust(subject_course, replace(repair_plan, day=None, state="unreachable")).holds


def test_a_direct_d_waits_twelve_clean_months_and_is_then_graded_again_but_not_a() -> None:
    subject_course = course(
        TAX, subject([record(0, "D25-04", to_day(date(2025, 6, 10)))], attributes=OLD), date(2026, 2, 1), 2025
    )
    repair_plan = plan(subject_course, "B", date(2028, 1, 1))
    assert repair_plan.day == to_day(date(2027, 2, 1))
    assert [(action.kind, action.day) for action in repair_plan.actions] == [
        ("correct", subject_course.on),
        ("repair", to_day(date(2027, 2, 1))),
    ]
    assert repair_plan.then is not None
    assert repair_plan.then.grade == "B"


def test_overall_repair_gives_a_point_a_month_once_everything_is_corrected() -> None:
    # 2026: 90 − 5 + 2 (after 90 days) = 87, and from the sixth clean month one point each: A with the eighth
    subject_course = course(
        TAX, subject(late(date(2026, 1, 10), item="010101"), attributes=OLD), date(2026, 6, 1), 2026
    )
    repair_plan = plan(subject_course, "A", date(2026, 12, 31))
    assert repair_plan.day == to_day(date(2026, 9, 10))
    assert repair_plan.then is not None
    assert repair_plan.then.score == 90_000_000
    kinds = {action.kind: action for action in repair_plan.actions}
    assert kinds["overall"].quantity == 3 * MICRO
    assert kinds["correct"].day <= kinds["overall"].day


def test_a_list_entry_that_ends_frees_the_grade() -> None:
    scheme = registry.pick("labour/tianjin")
    row = {
        "list": "wage_arrears",
        "entered_day": to_day(date(2024, 5, 1)),
        "term_end_day": to_day(date(2027, 4, 30)),
        "exited_day": None,
        "exit_reason": "",
        "basis": "",
    }
    subject_course = course(scheme, subject([], listings=[row]), date(2026, 5, 1))
    grades = targets(subject_course)
    before = outcome_on(subject_course, subject_course.on)
    repair_plan = plan(subject_course, grades[grades.index(before.grade) - 1], date(2028, 1, 1))
    assert repair_plan.day == to_day(date(2027, 5, 1))
    assert repair_plan.actions == ()
    assert [wait.kind for wait in waits(subject_course, repair_plan)] == ["listing"]


def test_already_there_needs_nothing() -> None:
    subject_course = course(TAX, subject([], attributes=OLD), date(2026, 2, 1), 2025)
    repair_plan = plan(subject_course, "B", date(2026, 3, 1))
    assert repair_plan.day == subject_course.on
    assert repair_plan.actions == ()
    assert len(repair_plan.days) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "Z"}, "not a grade"),
        ({"until": date(2020, 1, 1)}, "before the first"),
    ],
)
def test_wrong_questions_are_refused(change: dict[str, Any], message: str) -> None:
    subject_course = course(TAX, subject([], attributes=OLD), date(2026, 2, 1), 2025)
    with pytest.raises(UsageError, match=message):
        plan(subject_course, change.get("target", "B"), change.get("until", date(2026, 3, 1)))


@pytest.mark.parametrize(
    "wrong", [{"order": ("date", "actions")}, {"actions": {"pray": 1}}, {"actions": {"correct": -1}}]
)
def test_wrong_weights_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Weights(**wrong)


def test_a_course_is_of_one_kind_and_ends_with_its_versions() -> None:
    with pytest.raises(UsageError, match="evaluation year"):
        Course((Version(TAX, subject([])),), None, to_day(date(2026, 1, 1)))
    old = registry.find("tax", 2024)
    subject_course = course(
        old, subject(late(date(2024, 3, 1), date(2024, 3, 1)), attributes=OLD), date(2025, 2, 1), 2024
    )
    repair_plan = plan(subject_course, "A", date(2028, 1, 1))
    assert repair_plan.state == "unreachable"
    assert repair_plan.notes == ("no_version",)
    assert from_day(repair_plan.until) == date(2025, 12, 31)


def test_the_order_of_records_does_not_matter() -> None:
    rng = random.Random(7)
    subject_input = random_subject(rng, TAX, to_day(date(2025, 12, 20)), 6)
    subject_course = Course((Version(TAX, subject_input),), 2025, to_day(date(2026, 1, 15)))
    turned = replace(
        subject_course,
        versions=(Version(TAX, replace(subject_input, records=list(subject_input.records)[::-1])),),
        plans={},
    )
    a, b = plan(subject_course, "B", date(2027, 3, 1)), plan(turned, "B", date(2027, 3, 1))
    assert (a.day, a.actions, a.days) == (b.day, b.actions, b.days)

"""The ways to repair what a packet is about, and the days on which something ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from creditscore.core.days import add_months, from_day, iso
from creditscore.core.errors import InternalError, NotInForce, UsageError
from creditscore.evidence.packet.recompute import Again
from creditscore.grading.bind_days import window_days
from creditscore.grading.interpreter.assess import assess
from creditscore.grading.plan import PlanItem
from creditscore.repair.check import options
from creditscore.repair.course import Course, Version, outcome_on, targets
from creditscore.repair.data import check_data, plan_data
from creditscore.repair.open import lists_of
from creditscore.repair.options import Option
from creditscore.repair.plan import plan_repair
from creditscore.repair.proof import exhaust, simulate
from creditscore.repair.rules import load_repairs
from creditscore.schemes.model import Window

MONTHS = 24  # how far a plan looks ahead
MOST_WAYS = 12  # ways to repair among which a plan is sought
MOST_RESULTS = 1_000  # results of a day
MOST_TRIED = 500  # sets of actions that the proof tries one by one
FARTHEST = 366 * 30  # days ahead that are looked at for the day on which a record leaves the account


def repair_data(again: Again) -> dict[str, Any]:
    """Every way to repair a record, an entry or the whole, from the last day of knowledge on (`check_data`).

    Where the version that graded no longer governs that day, from the day of the run; where it does not govern that
    one either (a replay under an old rule), there is no way under it and `why` says so.
    """
    law = None if again.plan.law_known_at is None else from_day(again.plan.law_known_at)
    period = again.plan.year if again.scheme.period == "year" else None
    keys = {str(row["list"]) for row in again.now.listings}
    why = ""
    for day, subject in ((again.plan_now.known_at, again.now), (again.plan.as_of, again.then)):
        course = Course((Version(again.scheme, subject),), period, day, law)
        try:
            ways = options(course, lists_of(keys, day), load_repairs(alone=True))
            data = check_data(again.about["subject_id"], course, ways)
        except NotInForce as error:
            why = why or error.what
            continue
        return data | {"why": "", "plan": _plan(again.about["subject_id"], course, ways)}
    return {"on": iso(again.plan.as_of), "options": [], "why": why, "plan": {"why": "no_version"}}


def _plan(subject_id: str, course: Course, ways: Sequence[Option]) -> dict[str, Any]:
    """The earliest and cheapest way to the next better grade, as `repair plan` says it; else `why` there is none.

    Bounded by counts, never by time, so that it is the same wherever it is made: a few years, a number of ways and of
    results on a day. Where the sets are few, the proof tries them all.
    """
    now, grades = outcome_on(course, course.on), targets(course)
    if now.state != "graded" or now.grade not in grades[1:]:
        return {"why": "no_better"}
    usable = [way for way in ways if way.plans]
    if len(usable) > MOST_WAYS:
        return {"why": "too_many"}
    until = add_months(course.on, MONTHS)
    plan = plan_repair(course, ways, grades[grades.index(now.grade) - 1], until, most=MOST_RESULTS)
    if plan.state == "undecided":
        return {"why": "too_many"}
    proof = [simulate(course, plan)]
    with suppress(UsageError):  # too many sets to try one by one: the search has exhausted them, day by day
        proof.append(exhaust(course, plan, MOST_TRIED))
    faults = [fault for part in proof for fault in part.faults]
    if faults:
        raise InternalError(
            f"the plan does not hold: {faults[0]}", where=subject_id, next="please report this fault with the packet"
        )
    tried = {"days": proof[0].days, "sets": proof[1].sets if len(proof) > 1 else None}
    return {"why": "", **plan_data(subject_id, course, plan), "proof": tried}


def deadline_rows(again: Again, given: Mapping[str, list[Any]], repair: Mapping[str, Any]) -> list[dict[str, str]]:
    """Days on which something ends, in order: ways to repair, records that leave the account, terms of lists."""
    known = iso(again.plan_now.known_at)
    rows = [
        {"day": option["latest"], "what": "repair_window", "of": option["target"], "note": option["rule"]}
        for option in repair["options"]
        if option["latest"] > known
    ]
    for row, item in _counted(again):
        day = _leaves(again, item, row)
        if day:
            rows.append({"day": day, "what": "leaves_account", "of": row["record_id"], "note": item.code})
    for entry in given["listings"]:
        if entry.get("term_end", "") > known and "exited_on" not in entry:
            rows.append(
                {"day": entry["term_end"], "what": "list_term", "of": entry["listing_id"], "note": entry["list"]}
            )
    rows = [dict(fromkey) for fromkey in dict.fromkeys(tuple(row.items()) for row in rows)]
    return sorted(rows, key=lambda row: (row["day"], row["what"], row["of"], row["note"]))


def _counted(again: Again) -> Iterator[tuple[dict[str, Any], PlanItem]]:
    cycles = (None,) * len(again.plan.cycles)
    for row in again.now.records:
        weighed = assess(again.plan, row, cycles)
        if weighed is not None and weighed["counts"] and weighed["status"] == "active":
            yield weighed, weighed["plan_item"]


def _leaves(again: Again, item: PlanItem, row: Mapping[str, Any]) -> str:
    """The first day on which a record is too old for its window, in a scheme of days; empty where none is certain."""
    window: Window = again.scheme.windows[getattr(item.rule, "window", None) or again.scheme.admit.window]
    if again.scheme.period != "day" or window.ever or window.cycle or window.or_uncorrected or window.or_until:
        return ""
    if window.beyond or window.until == "known_at":
        return ""
    low, high = again.plan.as_of + 1, again.plan.as_of + FARTHEST
    if window_days(window, from_day(high).year, high)[0] <= row["day"]:
        return ""
    while low < high:
        middle = (low + high) // 2
        gone = window_days(window, from_day(middle).year, middle)[0] > row["day"]
        low, high = (low, middle) if gone else (middle + 1, high)
    return iso(low)

"""The event days of a course: the only days on which the grade, or what an action brings, can change.

With the records that are known and any fixed set of actions, the grade of a day depends on that day only through

* comparisons of `as_of` or `known_at` with a date: they change on that date or the day after it;
* windows of the records: they change on the first day on which a record has left (or entered) one;
* the subject's own cycles, the evaluation year that stands, the version and the rules in force;
* the time since a date, where a condition compares it with a number: on the day on which it passes the number;
* an action: on its own day, and it brings the same between two neighbouring last days of its windows.

Each of these is in the table below, with its reason. Where a condition compares a time with another time, every day is
an event day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from creditscore.core.days import add_months, from_day, to_day, year_start
from creditscore.core.errors import NotInForce
from creditscore.core.quantities import MICRO
from creditscore.grading.bind_days import window_days
from creditscore.grading.interpreter.exact import opening
from creditscore.grading.plan import Plan
from creditscore.repair.course import Course, period_on, plan_at
from creditscore.repair.options import Option
from creditscore.schemes.expressions import Node, thresholds
from creditscore.schemes.model import Scheme, Window
from creditscore.schemes.walk import rules

Events = dict[int, set[str]]


def event_days(course: Course, options: Iterable[Option], until: int) -> dict[int, tuple[str, ...]]:
    """Day → why the grade can change there, from the first day of the course to `until` (included), in order."""
    on, reasons_by_day = course.on, Events()

    def add(day: int | None, why: str) -> None:
        if day is not None and on <= day <= until:
            reasons_by_day.setdefault(day, set()).add(why)

    for day in (on, on + 1):
        add(day, "start")
    for year in range(from_day(on).year, from_day(until).year + 2):
        add(year_start(year), "period")
    for scheme, plan in _plans(course, until):
        _in_force(scheme, add)
        _dates(course, plan, add)
        if _since(course, scheme, plan, add):
            for day in range(on, until + 1):
                add(day, "every_day")
        _windows(course, scheme, plan, until, add)
    _of_options(options, add)
    if any(_dated(node) for _, plan in _plans(course, until) for node in conditions(plan)):
        for day in list(reasons_by_day):
            add(day + 1, "correction")
    return {day: tuple(sorted(reasons_by_day[day])) for day in sorted(reasons_by_day)}


Add = Callable[[int | None, str], None]


def _plans(course: Course, until: int) -> Iterator[tuple[Scheme, Plan]]:
    """Each version once, bound where it first governs."""
    years = range(from_day(course.on).year, from_day(until).year + 1)
    for version in course.versions:
        begin = version.scheme.effective_from
        starts = [course.on, *map(year_start, years), *([to_day(begin)] if isinstance(begin, date) else [])]
        for day in sorted(max(start, course.on) for start in starts):
            try:
                plan, _ = plan_at(course, period_on(course, day), day)
            except NotInForce:
                continue
            if plan.scheme is version.scheme:
                yield version.scheme, plan
                break


def _in_force(scheme: Scheme, add: Add) -> None:
    for bound in (scheme.effective_from, scheme.effective_to):
        if isinstance(bound, date):
            add(to_day(bound), "version")
    for _, rule in rules(scheme):
        applies = rule.applies
        if applies is not None:
            for bound, later in ((applies.from_, 0), (applies.to, 1)):
                if isinstance(bound, date):
                    add(to_day(bound) + later, "rule_in_force")


def _dates(course: Course, plan: Plan, add: Add) -> None:
    """Each date that a condition may compare with the day."""
    subject = _subject(course, plan)
    opened = opening(plan, subject)
    for value in opened.dates.values():
        _around(value, "date_of_subject", add)
    derived = {date.name for date in plan.derived}
    given = {name for name, attribute in plan.scheme.record_attributes.items() if attribute.type == "date"} | derived
    for record in opened.records:
        for name in given:
            _around(record.get(name), "date_of_record", add)
        for name in ("day", "event_on", "occurred_on", "decided_on", "booked_on", "published_on", "recorded_on"):
            _around(record.get(name), "date_of_record", add)
        for day, _ in record.get("corrections") or ():
            _around(day, "correction", add)
        _around(record.get("status_day"), "correction", add)
    for row in subject.listings:
        for name in ("entered_day", "term_end_day", "exited_day"):
            _around(row.get(name), "list_entry", add)
    for item in plan.items:
        if item.switch == "corrected_on":
            add(item.switch_lo, "rule_in_force")
            add(item.switch_hi + 1, "rule_in_force")


def _around(value: Any, why: str, add: Add) -> None:
    if isinstance(value, int) and not isinstance(value, bool):
        add(value, why)
        add(value + 1, why)


def _subject(course: Course, plan: Plan) -> Any:
    return next(version.subject for version in course.versions if version.scheme is plan.scheme)


def conditions(plan: Plan) -> Iterator[Node]:
    """Every condition of a plan."""
    for rule in (*plan.deciders, *plan.adjusters, *plan.start, *plan.conditions, *plan.exemptions):
        if rule.when is not None:
            yield rule.when
    for fact in plan.facts:
        if fact.where is not None:
            yield fact.where


def _dated(node: Node) -> bool:
    """Whether a condition compares the day of a correction with the day of grading."""
    if node[0] == "dates":
        return ("name", "corrected_on") in node[2:] and any(part[0] == "day" for part in node[2:])
    return any(_dated(part) for part in node[1:] if isinstance(part, tuple))


def _since(course: Course, scheme: Scheme, plan: Plan, add: Add) -> bool:
    """Days on which a time since a date passes a number; True where every day must be looked at."""
    subject, every = _subject(course, plan), False
    env = {**opening(plan, subject).env, **opening(plan, subject).dates}
    for fact in plan.facts:
        if fact.take not in ("months_since", "days_since"):
            continue
        if fact.of == "attributes":
            bases = [env.get(name) for name in fact.dates]
        else:
            bases = [row["entered_day"] for row in subject.listings if row["list"] in fact.lists]
        for node in conditions(plan):
            try:
                marks = list(thresholds(node, fact.name))
            except ValueError:
                every = True
                continue
            for mark in marks:
                for base in bases:
                    if base is None:
                        continue
                    whole = -(-mark // MICRO)
                    days = range(whole - 1, whole + 2)
                    for k in days:
                        day = base + k if fact.take == "days_since" else add_months(base, k) if abs(k) < 2400 else None
                        for shift in (-1, 0, 1):
                            add(None if day is None else day + shift, "time_since")
    return every and (scheme.period == "day" or any(fact.at == plan.known_at for fact in plan.facts))


def _windows(course: Course, scheme: Scheme, plan: Plan, until: int, add: Add) -> None:
    """First days on which a record has left a window, entered one, or a cycle begins anew."""
    opened = opening(plan, _subject(course, plan))
    days = {record["day"] for record in opened.records}
    for window in scheme.windows.values():
        moving = scheme.period == "day" or window.until == "known_at"
        if window.cycle is not None:
            given = [opened.dates.get(name) for name in window.cycle.since]
            for began in (day for day in given if day is not None):
                day, k = began, 0
                while day <= until:
                    add(day, "cycle")
                    k += 1
                    day = add_months(began, k * window.cycle.months)
        elif moving and not window.ever and window.years is None:
            for clock in sorted(days):
                add(clock + window.after_days, "window")
                add(_left(window, clock, course.on, until), "window")


def _left(window: Window, clock: int, on: int, until: int) -> int | None:
    """The first day from `on` to `until` on which a clock lies before the window; None where it never does."""

    def outside(day: int) -> bool:
        return window_days(window, from_day(day).year, day)[0] > clock

    low, high = on, until + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if outside(middle) else (middle + 1, high)
    return low if low <= until else None


def _of_options(options: Iterable[Option], add: Add) -> None:
    for option in options:
        for day in (option.earliest, option.sure):
            _around(day, "repair_opens" if option.way != "correct" else "start", add)
        if option.latest is not None:
            add(option.latest + 1, "repair_ends")
        for give in option.gives:
            add(give.first, "repair_window")
            if give.last is not None:
                add(give.last + 1, "repair_window")

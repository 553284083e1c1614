"""Options and plans as plain data: what the terminal, the pages and other programs read. Labels in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditscore.core.days import from_day, iso
from creditscore.core.i18n import clean, label_of, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import from_micro, plain
from creditscore.explanation.labels import Labels
from creditscore.grading.interpreter.exact import Outcome
from creditscore.repair.course import Course, listing_key, outcome_on, period_on
from creditscore.repair.latest import last_days
from creditscore.repair.options import Give, Option
from creditscore.repair.plan import RepairPlan


@dataclass(frozen=True)
class Wait:
    """`kind`: `period` (another evaluation year is graded), `expiry` (a record no longer counts), `listing`."""

    kind: str
    day: int
    what: str


def waits(course: Course, plan: RepairPlan) -> tuple[Wait, ...]:
    """What happens by itself up to the day of the plan, in order of day; nothing without a day."""
    return tuple(sorted(_waits(course, plan), key=lambda wait: (wait.day, wait.kind, wait.what)))


def _waits(course: Course, plan: RepairPlan) -> Iterator[Wait]:
    if plan.day is None:
        return
    acted = {action.target for action in plan.actions}
    before, period = _counting(course, plan, course.on), period_on(course, course.on)
    for day in [day.day for day in plan.days if course.on < day.day <= plan.day]:
        now, at = _counting(course, plan, day), period_on(course, day)
        if course.period is not None and at != period:
            yield Wait("period", day, str(at))
        else:
            for record in sorted(before - now - acted):
                yield Wait("expiry", day, record)
        before, period = now, at
    for row in course.subject.listings:
        end = row["term_end_day"]
        if end is not None and course.on <= end < plan.day and row["exited_day"] is None:
            yield Wait("listing", end + 1, listing_key(row))


def _counting(course: Course, plan: RepairPlan, day: int) -> set[str]:
    """Records that a ledger of that day mentions with points, or that a scheme without points reads."""
    lines = outcome_on(course, day, plan.actions).ledger
    return {line.record_id for line in lines if line.step == "record" and line.reason not in ("withdrawn",)}


def both(label: Label | None) -> dict[str, str]:
    return (label or Label(zh="", en="")).model_dump()


def shown(text: Any) -> str:
    """A text of the input as it may stand on a page: without control characters and personal numbers."""
    return redact(clean(str(text)))


def points(value: int | None) -> str | None:
    return None if value is None else plain(from_micro(value))


def check_data(
    subject_id: str, course: Course, options: Sequence[Option], refused: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """What `repair check` says: `subject_id`, `scheme`, `period`, `on`, `options`, and `refused` where rows were."""
    items = course.versions[0].scheme.items
    left_out: list[dict[str, Any]] = [
        {name: shown(text) for name, text in row.items()}
        | ({"item_label": both(items[row["item"]][0].label)} if row["item"] in items else {})
        for row in refused
    ]
    return {
        "subject_id": shown(subject_id),
        "scheme": course.versions[0].scheme.name,
        "scheme_label": both(course.versions[0].scheme.label),
        "period": str(period_on(course, course.on)),
        "on": iso(course.on),
        "options": [option_data(option, course.on) for option in options],
        **({"refused": left_out} if left_out else {}),
    }


def option_data(option: Option, on: int) -> dict[str, Any]:
    """One way as plain data; days are ISO dates, empty where none is known."""
    return {
        "about": option.about,
        "target": shown(option.target),
        "item": option.item,
        "label": both(option.label),
        "way": option.way,
        "state": option.state,
        "rule": option.rule,
        "rule_label": both(option.rule_label),
        "clock": option.clock,
        "clock_on": iso(option.clock_day),
        "tier": option.tier,
        "tier_label": both(option.tier_label),
        "earliest": iso(option.earliest),
        "sure": iso(option.sure),
        "latest": iso(option.latest),
        "amount": points(option.amount),
        "conditions": [{"id": c.id, "label": both(c.label), "state": c.state} for c in option.conditions],
        "gives": [give_data(give, on) for give in option.gives],
        "effects": [both(label) for label in option.effects],
        "notes": [*(_missing(option.about, name) for name in option.missing), *(both(label) for label in option.notes)],
        "readings": [both(label) for label in option.readings],
        "cite": option.cite,
        "evidence": option.evidence,
        "used_in_plans": option.plans,
    }


def _missing(about: str, name: str) -> dict[str, str]:
    """A date that a rule needs: nobody gave it, or the table of listings has no column for it."""
    code = "without_column" if about == "listing" else "without_date"
    return both(label_of("repair", code, word("repair_clocks", name), name))


def give_data(give: Give, on: int) -> dict[str, Any]:
    return {
        "window": give.window,
        "label": both(give.label),
        "from": iso(give.first),
        "to": iso(give.last),
        "percent": plain(from_micro(give.share * 10_000)),
        "points": points(give.points),
        "running": give.first <= on and (give.last is None or on <= give.last),
    }


def outcome_data(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {
        "state": outcome.state,
        "state_reason": outcome.state_reason,
        "grade": outcome.grade,
        "route": outcome.route,
        "score": points(outcome.score),
    }


def plan_data(subject_id: str, course: Course, plan: RepairPlan) -> dict[str, Any]:
    """What `repair plan` says: the answer, each action with its day, rule and article, and the event days tried."""
    scheme = course.versions[0].scheme
    labels = Labels(scheme, scheme.name)
    of: Mapping[tuple[str, str], Option] = {(option.target, option.rule): option for option in plan.options}
    return {
        "subject_id": shown(subject_id),
        "scheme": course.versions[0].scheme.name,
        "scheme_label": both(course.versions[0].scheme.label),
        "state": plan.state,
        "target": plan.target,
        "grades": {grade.code: both(labels.named_grade(grade.code)) for grade in scheme.grades},
        "on": iso(plan.on),
        "until": iso(plan.until),
        "day": iso(plan.day),
        "period": "" if plan.day is None else str(period_on(course, plan.day)),
        "yearly": course.period is not None,
        "waits": [{"kind": wait.kind, "day": iso(wait.day), "what": shown(wait.what)} for wait in waits(course, plan)],
        "order": list(plan.order),
        "now": outcome_data(plan.now),
        "then": outcome_data(plan.then),
        "amount": points(plan.amount),
        "actions": [
            _action_data(action, by, of.get((action.target, action.way)) or _entry(plan, action.target))
            for action, by in zip(plan.actions, last_days(course, plan), strict=True)
        ],
        "notes": list(plan.notes),
        "days": [
            {"day": iso(day.day), "why": list(day.why), "results": day.results, "best": day.best} for day in plan.days
        ],
    }


def _entry(plan: RepairPlan, target: str) -> Option | None:
    return next((option for option in plan.options if option.about == "listing" and option.target == target), None)


def _action_data(value: Any, by: int, option: Option | None) -> dict[str, Any]:
    give = None
    for each in option.gives if option is not None else ():
        if each.first <= value.day and (each.last is None or value.day <= each.last):
            give = each
    return {
        "kind": value.kind,
        "target": shown(value.target),
        "item": "" if option is None else option.item,
        "label": both(None if option is None else option.label),
        "day": iso(value.day),
        "window_ends": iso(by) if by != value.day else "",
        "rule": value.way if option is None else option.rule,
        "cite": "" if option is None else option.cite,
        "evidence": "" if option is None else option.evidence,
        "amount": points(value.amount) if value.kind == "correct" else None,
        "points": points(value.quantity) if value.kind == "overall" else None if give is None else points(give.points),
        "percent": None if give is None or value.kind == "overall" else plain(from_micro(give.share * 10_000)),
        "to_confirm": [
            both(c.label) for c in (option.conditions if option is not None else ()) if c.state == "unknown"
        ],
        "weekday": from_day(value.day).isoweekday(),
    }

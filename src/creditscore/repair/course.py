"""A subject's course from a day on: which period is graded on each day, under which version, after which actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from creditscore.core.days import from_day, iso, year_end
from creditscore.core.errors import NotInForce, UsageError
from creditscore.core.quantities import MICRO
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.schemes.model import Scheme
from creditscore.schemes.registry import in_force

FOLDED_DAYS = ("event_day", "occurred_day", "decided_day", "booked_day", "published_day", "known_day")
REPAIRED = 2  # the status of a folded record that was repaired


@dataclass(frozen=True)
class Version:
    """One version of the scheme, and the subject as that version admits it."""

    scheme: Scheme
    subject: Subject


@dataclass(frozen=True)
class Action:
    """One thing done on a day (days since 1970-01-01).

    `kind`: `correct` (what is left of a record is corrected), `repair` (the office decides that a record is repaired),
    `exit` (an entry of a list ends), `overall` (points for months without a new record). `target` is a record id or
    a listing id; `way` the rule, or the way out; `amount` what there is to pay, in 10⁻⁶ CNY, None where nobody said.
    """

    kind: str
    target: str
    day: int
    way: str = ""
    amount: int | None = None
    quantity: int = 0  # overall: months × 10⁶
    item: str = ""


@dataclass(frozen=True)
class Course:
    """Versions of one scheme (oldest first), the evaluation year that stands (None: graded by days), and from when.

    From `on` no new record is assumed. A scheme graded by years keeps year Y until the end of Y + 1, whose results are
    made meanwhile; from then on year Y + 1 is graded, with the grade of year Y in its history, and so on.
    """

    versions: tuple[Version, ...]
    period: int | None
    on: int
    law: date | None = None
    plans: dict[tuple[str, str, int], Plan] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds = {version.scheme.period for version in self.versions}
        if kinds != {"year" if self.period is not None else "day"}:
            raise UsageError(
                "repair.course_needs_versions_scheme_evaluation_year",
                where=", ".join(version.scheme.name for version in self.versions),
            )

    @property
    def subject(self) -> Subject:
        """The subject as the oldest version admits it: of its listings and columns all versions agree."""
        return self.versions[0].subject


def period_on(course: Course, day: int) -> int | date:
    """What is graded on a day: the evaluation year that stands, or the day itself."""
    if course.period is None:
        return from_day(day)
    return max(course.period, from_day(day).year - 1)


def last_day_of(year: int) -> int:
    """The last day on which the grade of an evaluation year stands: the end of the next year."""
    return year_end(year + 1)


def version_at(course: Course, at: int | date) -> Version | None:
    """The version in force for a period; None where none of the course is."""
    return next((version for version in reversed(course.versions) if in_force(version.scheme, at)), None)


def version_of(course: Course, at: int | date) -> Version:
    """The version in force for a period; NotInForce where none of the course is."""
    version = version_at(course, at)
    if version is None:
        raise NotInForce(
            "repair.no_version_hand",
            scheme=course.versions[0].scheme.scheme,
            at=at,
            allowed=[version.scheme.name for version in course.versions],
        )
    return version


def plan_at(course: Course, at: int | date, known: int) -> tuple[Plan, Subject]:
    """The plan of a period as known on a day, and the subject as its version admits it."""
    version = version_of(course, at)
    key = (version.scheme.name, str(at), known)
    if key not in course.plans:
        if len(course.plans) > 4000:
            course.plans.clear()
        course.plans[key] = bind(version.scheme, at, known_at=known, law_known_at=course.law)
    return course.plans[key], version.subject


def stages(course: Course, day: int) -> list[tuple[int | date, int]]:
    """(period, day of knowledge) of each grading on the way to the one that stands on `day`, the last one last."""
    last = period_on(course, day)
    if course.period is None:
        return [(last, day)]
    assert isinstance(last, int)
    return [(year, min(day, last_day_of(year))) for year in range(course.period, last + 1)]


def acted(subject: Subject, actions: Iterable[Action], day: int) -> Subject:
    """The subject after the actions up to and including `day`."""
    done = [action for action in actions if action.day <= day]
    if not done:
        return subject
    of: dict[str, list[Action]] = {}
    for action in done:
        if action.kind in ("correct", "repair"):
            of.setdefault(action.target, []).append(action)
    records = [mended(record, of.get(record["record_id"], ())) for record in subject.records]
    records += [granted(action) for action in done if action.kind == "overall"]
    exits = {action.target: action for action in done if action.kind == "exit"}
    listings = [
        {**row, "exited_day": exits[listing_key(row)].day, "exit_reason": exits[listing_key(row)].way}
        if listing_key(row) in exits
        else row
        for row in subject.listings
    ]
    return replace(subject, records=records, listings=listings)


def mended(record: Mapping[str, Any], actions: Sequence[Action]) -> Mapping[str, Any]:
    """A record after corrections and repairs."""
    for dated_action in sorted(actions, key=lambda action: action.day):
        if dated_action.kind == "correct":
            left = MICRO - sum(share for _, share in record.get("corrections") or ())
            if left > 0:
                record = {**record, "corrections": [*(record.get("corrections") or ()), (dated_action.day, left)]}
        else:
            record = {**record, "status": REPAIRED, "status_day": dated_action.day}
    return record


def granted(action: Action) -> dict[str, Any]:
    """The record of an overall repair that the office granted."""
    return {
        "record_id": f"overall {iso(action.day)}",
        "rk": -action.day,
        "item": action.item,
        "quantity": action.quantity,
        "amount": None,
        "act_id": "",
        "status": 0,
        "status_day": None,
        "corrections": [],
        "disputed": False,
        **dict.fromkeys(FOLDED_DAYS, action.day),
    }


def listing_key(row: Mapping[str, Any]) -> str:
    """What names an entry of a list: its list and the day of entry, or its own id where it is known."""
    return str(row.get("listing_id") or f"{row['list']} {iso(row['entered_day'])}")


def with_past(subject: Subject, past: Iterable[Mapping[str, Any]]) -> Subject:
    """The subject with grades that this course gives in place of those of the same years."""
    rows = list(past)
    years = {row["year"] for row in rows}
    return replace(subject, history=[*(row for row in subject.history if row["year"] not in years), *rows])


def past_row(plan: Plan, year: int, state: str, grade: str, route: str) -> dict[str, Any]:
    """The row of a grade of the course in the history of the next year."""
    return {
        "year": year,
        "state": state,
        "grade": grade,
        "route": route,
        "status": "final",
        "scheme": plan.scheme.scheme,
    }


def outcome_on(course: Course, day: int, actions: Iterable[Action] = ()) -> Outcome:
    """What the reference interpreter says on a day after the actions up to it. Raises NotInForce without a version."""
    done = list(actions)
    past: list[Mapping[str, Any]] = []
    for at, known in stages(course, day):
        plan, subject = plan_at(course, at, known)
        outcome = grade_subject(plan, with_past(acted(subject, done, known), past))
        if isinstance(at, int):
            past.append(past_row(plan, at, outcome.state, outcome.grade, outcome.route))
    return outcome


def reached(plan: Plan, state: str, grade: str, target: str) -> bool:
    """Whether a grade is the target or better."""
    return state == "graded" and plan.grades.index(grade) <= plan.grades.index(target)


def targets(course: Course) -> tuple[str, ...]:
    """The grades that may be aimed at: those that every version knows, best first."""
    common = [grade.code for grade in course.versions[0].scheme.grades]
    for version in course.versions[1:]:
        known = {grade.code for grade in version.scheme.grades}
        common = [code for code in common if code in known]
    return tuple(common)

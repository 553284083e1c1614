"""The reference interpreter: one subject, plain Python, integers only. What it says is what a grade means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from creditscore.core.quantities import MICRO, UNBOUNDED
from creditscore.grading.interpreter.assess import assess
from creditscore.grading.interpreter.combine import combine
from creditscore.grading.interpreter.decide import Decision, decide, sweep
from creditscore.grading.interpreter.facts import other_facts, record_facts
from creditscore.grading.interpreter.ledger import STEPS, Line, Touched, article, holds
from creditscore.grading.plan import BoundCycle, Plan, PlanRule
from creditscore.schemes.types import SUBJECT_COLUMNS


@dataclass(frozen=True)
class Outcome:
    state: str
    state_reason: str
    start: int | None
    score_low: int | None
    score_high: int | None
    grade: str
    route: str
    margin: int | None
    evidence: str
    readings: tuple[str, ...]
    unknown: bool  # an unknown number touches the score
    ledger: tuple[Line, ...] = field(repr=False)

    @property
    def score(self) -> int | None:
        return None if self.unknown else self.score_low


@dataclass(frozen=True)
class Subject:
    """What one subject brings: its columns, typed attributes (None: absent), folded records, history, listings."""

    columns: Mapping[str, str]
    attributes: Mapping[str, Any]
    records: Iterable[Mapping[str, Any]]
    history: Iterable[Mapping[str, Any]] = ()
    listings: Iterable[Mapping[str, Any]] = ()
    fed: bool = True


@dataclass(frozen=True)
class Opening:
    """What a subject brings before any record is weighed: names of conditions, dates, lookups, assessed records."""

    env: dict[str, Any]
    dates: dict[str, int | None]
    lookups: dict[str, int]
    records: list[dict[str, Any]]  # in order of day and record id
    readings: frozenset[str]
    cycles: tuple[int | None, ...] = ()  # the first day of each of the subject's own cycles


def opening(plan: Plan, subject: Subject) -> Opening:
    """Admit and assess: each record on its own, so the others do not matter."""
    readings: set[str] = set()
    lookups = {name: _look(plan, name, table, subject.columns) for name, table in plan.lookups.items()}
    env: dict[str, Any] = {
        **{name: subject.columns.get(name) or "" for name in SUBJECT_COLUMNS},
        **lookups,
        "period": plan.year * MICRO,
    }
    dates: dict[str, int | None] = {"registered_on": subject.columns.get("registered_day")}  # type: ignore[dict-item]
    for name, attribute in plan.scheme.attributes.items():
        value = subject.attributes.get(name)
        if attribute.type == "date":
            dates[name] = value
        else:
            env[name] = _absent(attribute) if value is None else value
        if value is None:
            readings.update(attribute.reading)
    env |= dates
    cycles = tuple(_cycle(plan, cycle, dates) for cycle in plan.cycles)
    records = [row for row in (assess(plan, record, cycles) for record in subject.records) if row is not None]
    records.sort(key=lambda record: (record["day"], record["record_id"]))
    return Opening(env, dates, lookups, records, frozenset(readings), cycles)


def grade_subject(plan: Plan, subject: Subject) -> Outcome:
    """The outcome of one subject with its ledger: admit, value, combine, decide, account."""
    return settle(plan, subject, opening(plan, subject))


def settle(plan: Plan, subject: Subject, opened: Opening) -> Outcome:
    """The outcome of a subject whose records are assessed; `opened.records` are changed by it."""
    touched = Touched()
    touched.readings.update(opened.readings)
    records = opened.records
    env = opened.env | record_facts(plan, records, opened.lookups)
    env |= other_facts(plan, env, opened.dates, subject.history, subject.listings)
    lines: list[Line] = []
    low, high = combine(plan, records, lines)
    unknown = {
        record["item"]
        for record in records
        if record["counts"] and (record["high"] != record["low"] or record["plan_item"].form == "pool")
    }
    end = conclude(plan, subject, env, (low, high), unknown, lines, touched)
    decision, scores = end.decision, end.scores
    lines += [Line("decide", "", "", None, 0, rule.id, article(rule.rule), what) for rule, what in decision.path]
    for rule, _ in decision.path:
        touched.rule(rule.rule)
    for record in records:
        if record["seen"]:
            touched.record(record)
    has_score = decision.state != "not_graded"
    return Outcome(
        decision.state,
        decision.reason,
        end.start if has_score and not end.span else None,
        shown_bound(scores[0]) if scores and has_score else None,
        shown_bound(scores[1]) if scores and has_score else None,
        "" if decision.grade is None else plan.grades[decision.grade],
        decision.route or "",
        decision.margin,
        touched.evidence(plan),
        tuple(sorted(touched.readings)),
        end.open,
        tuple(sorted(lines, key=_order)),
    )


@dataclass(frozen=True)
class Conclusion:
    """What follows from facts and a sum of records: the start, the score as an interval, the decision."""

    start: int | None
    span: int  # a start nobody published lies between start and start + span
    scores: tuple[int, int] | None
    open: bool  # the lowest and the highest score differ
    decision: Decision


def conclude(
    plan: Plan,
    subject: Subject,
    env: dict[str, Any],
    sums: tuple[int, int],
    unknown: set[str],
    lines: list[Line],
    touched: Touched,
) -> Conclusion:
    """Start, conditions, limits and decision over the names `env` and the lowest and highest sum of the records."""
    low, high = sums
    start, span = None, 0
    if plan.has_points:
        rule = next(rule for rule in plan.start if holds(rule, env))
        start = start_points(plan, rule, env, lines, touched)
        span = rule.span
        high += span
        unknown |= {rule.id} if span else set()
    for rule in plan.conditions:
        if holds(rule, env):
            touched.rule(rule.rule)
            low, high = low + rule.points, high + rule.points
            if rule.rule.unknown:
                unknown.add(rule.id)  # points nobody published can only worsen
                low, high = (low, high + UNBOUNDED) if plan.lower_is_better else (low - UNBOUNDED, high)
            points = None if rule.rule.unknown else rule.points
            lines.append(
                Line(
                    "condition",
                    "",
                    rule.id,
                    points,
                    points,
                    rule.id,
                    article(rule.rule),
                    "unknown" if points is None else "counted",
                )
            )
    scores = None if start is None else limited(plan, start + low, start + high, lines)
    decision = _decision(plan, subject, env, scores, touched, unknown)
    return Conclusion(start, span, scores, low != high, decision)


def shown_bound(score: int) -> int | None:
    """A bound of a score; None where nobody knows one."""
    return score if abs(score) < UNBOUNDED // 2 else None


def _absent(attribute: Any) -> Any:
    return int(attribute.absent * MICRO) if attribute.type == "number" else attribute.absent


def _look(plan: Plan, name: str, table: Mapping[str, int], columns: Mapping[str, str]) -> int:
    lookup = plan.scheme.lookup(name)
    return next((table[key] for key in lookup.keys(columns.get(lookup.key) or "") if key in table), table[""])


def _cycle(plan: Plan, cycle: BoundCycle, dates: Mapping[str, int | None]) -> int | None:
    given = (dates[name] for name in cycle.since)
    began = next((day for day in given if day is not None and day <= plan.as_of), None)
    return None if began is None else cycle.start(began)


def start_points(plan: Plan, rule: PlanRule, env: Mapping[str, Any], lines: list[Line], touched: Touched) -> int:
    """The start by a rule that holds, with its bonus; writes their lines."""
    touched.rule(rule.rule)
    start = rule.points
    known = (start, 0, "start") if not rule.span else (None, None, "unknown")
    lines.append(Line("start", "", "", known[0], known[1], rule.id, article(rule.rule), known[2]))
    for bonus in plan.bonus:
        extra = bonus.points * (env[bonus.fact] // MICRO)  # type: ignore[index]
        if plan.start_cap is not None:
            extra = min(extra, max(0, plan.start_cap - start))
        if extra:
            touched.rule(bonus.rule)
            start += extra
            lines.append(Line("start", "", "", extra, 0, bonus.id, article(bonus.rule), "bonus"))
    return start


def limited(plan: Plan, low: int, high: int, lines: list[Line]) -> tuple[int, int]:
    """The lowest and highest score inside floor and ceiling; writes the line of what they cut."""

    def clamp(score: int) -> int:
        score = score if plan.floor is None else max(score, plan.floor)
        return score if plan.ceiling is None else min(score, plan.ceiling)

    limited = clamp(low), clamp(high)
    if low == high and limited[0] != low:
        limit = "floor" if limited[0] > low else "ceiling"
        lines.append(Line("limit", "", "", None, limited[0] - low, limit, "", limit))
    return limited


def _decision(
    plan: Plan,
    subject: Subject,
    env: dict[str, Any],
    scores: tuple[int, int] | None,
    touched: Touched,
    unknown: set[str],
) -> Decision:
    kinds = plan.scheme.kinds
    if kinds is not None and env["kind"] and env["kind"] not in kinds:
        return Decision("not_graded", "out_of_scope", None, None, None, ())
    if not subject.fed:
        return Decision("not_graded", "no_feed", None, None, None, ())
    if scores is None:
        return decide(plan, env, 0)
    return sweep(plan, env, *scores, unknown)


def _order(line: Line) -> tuple[Any, ...]:
    return (
        (STEPS.index(line.step), line.day, line.record_id, line.item)
        if line.step != "decide"
        else (STEPS.index(line.step), 0, "", "")
    )

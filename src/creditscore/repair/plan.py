"""`plan_repair`: the earliest day and the cheapest actions that reach a grade, or the proof that nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, Literal, get_args

from creditscore.core.days import add_months, from_day, year_end
from creditscore.core.errors import NotInForce, UsageError
from creditscore.grading.interpreter.exact import Opening, Outcome, Subject, conclude
from creditscore.grading.interpreter.facts import other_facts
from creditscore.grading.interpreter.ledger import Touched
from creditscore.grading.plan import Plan
from creditscore.repair.choices import Choosing, Memory, View
from creditscore.repair.course import (
    Action,
    Course,
    acted,
    outcome_on,
    past_row,
    plan_at,
    reached,
    stages,
    targets,
    with_past,
)
from creditscore.repair.days import event_days
from creditscore.repair.fold import MOST_STATES, Choice, Cost, End, TooMany, fold
from creditscore.repair.options import Option

Key = Literal["date", "actions", "amount"]
KEYS: tuple[Key, ...] = get_args(Key)
MOST_YEARS = 20  # rules change sooner
KINDS = ("correct", "repair", "exit", "overall")


@dataclass(frozen=True)
class Weights:
    """What is cheap. `order`: what counts first; by default the day, then the actions, then the amount to pay.

    `actions`: what one action of a kind counts (1 each); an amount that nobody stated counts nothing and is said.
    """

    order: tuple[Key, ...] = KEYS
    actions: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(KEYS):
            raise UsageError(f"the order {', '.join(self.order)} is not one of the three keys", allowed=KEYS)
        unknown = set(self.actions or {}) - set(KINDS)
        if unknown or any(weight < 0 for weight in (self.actions or {}).values()):
            raise UsageError("a weight is a whole number from 0 for a kind of action", allowed=KINDS)

    def cost(self, actions: Sequence[Action]) -> Cost:
        """(actions, amount) in the order that counts."""
        steps = sum((self.actions or {}).get(action.kind, 1) for action in actions)
        pays = sum(action.amount or 0 for action in actions if action.kind == "correct")
        return tuple({"actions": steps, "amount": pays}[key] for key in self.order if key != "date")


@dataclass(frozen=True)
class DayResult:
    """One event day: why it is one, how many results the choices have there, the best grade among them."""

    day: int
    why: tuple[str, ...]
    results: int
    best: str  # a grade, or the state where none is graded


@dataclass(frozen=True)
class RepairPlan:
    """The result of a search for the way to a grade: the actions, or the days that show that none exists.

    Days are days since 1970-01-01.

    Parameters
    ----------
    state
        `reached` (on `day`, by `actions`), `unreachable` (up to `until`, proved by `days`) or `undecided` (too many
        results to exhaust on the day that `days` names last).
    target
        The grade that was asked for; a better one counts too.
    on, until
        The first and the last day that were looked at. `until` is earlier than asked where no version of the scheme is
        at hand.
    day
        The day on which the target is reached; None where it is not.
    actions
        What is to be done, in order of day; empty where nothing reaches the target, or nothing is needed.
    now
        The outcome on the first day without any action.
    then
        The outcome on `day` after the actions; None where the target is not reached.
    days
        The event days that were tried, each with why it is one, how many results there are and the best grade among
        them.
    options
        The options that were given.
    order
        What counted first in choosing the cheapest way: `date`, `actions`, `amount`.
    notes
        Codes: `no_version` where the search ended because no version of the scheme governs the next day.

    Attributes
    ----------
    amount
        What the corrections pay together, in 10⁻⁶ CNY; None where one of them states no amount.
    """

    state: str
    target: str
    on: int
    until: int
    day: int | None
    actions: tuple[Action, ...]
    now: Outcome
    then: Outcome | None
    days: tuple[DayResult, ...]
    options: tuple[Option, ...]
    order: tuple[str, ...] = KEYS
    notes: tuple[str, ...] = ()

    @cached_property
    def amount(self) -> int | None:
        """What the corrections pay together, in 10⁻⁶ CNY; None where one of them states no amount."""
        pays = [action.amount for action in self.actions if action.kind == "correct"]
        return None if None in pays else sum(pay or 0 for pay in pays)


def plan_repair(
    course: Course,
    options: Sequence[Option],
    target: str,
    until: int,
    weights: Weights | None = None,
    *,
    most: int = MOST_STATES,
) -> RepairPlan:
    """Find the cheapest actions that bring a subject to a grade or a better one, on the earliest day.

    Only event days are tried, the days on which the grade or the effect of an action can change (`repair.days` explains
    why these suffice).

    Parameters
    ----------
    course
        The subject under the versions of its scheme from a day on (`repair.open.open_course`).
    options
        What may be done, as `repair.check.options` gives it.
    target
        The code of a grade that every version of the course has.
    until
        The last day to try (days since 1970-01-01), at most 20 years after the first day of the course.
    weights
        What counts as cheap; None: the day first, then the number of actions, then the amount to pay.
    most
        The largest number of results to exhaust on one day.

    Returns
    -------
    RepairPlan
        `reached`, `unreachable`, or `undecided` where a day has more than `most` results.

    Raises
    ------
    UsageError
        For a grade that the versions do not share, or a last day before the first or too far ahead.
    NotInForce
        Where no version of the course governs its first day.

    Examples
    --------
    >>> opened = open_course("out", snapshot, "91220101MA00000013")  # doctest: +SKIP
    >>> ways = options(opened.course, opened.lists)  # doctest: +SKIP
    >>> plan_repair(opened.course, ways, "B", opened.course.on + 365).state  # doctest: +SKIP
    'reached'
    """
    weights = weights or Weights()
    if target not in targets(course):
        raise UsageError(
            f"{target!r} is not a grade of this scheme", allowed=targets(course), next="give --target GRADE"
        )
    if until < course.on:
        raise UsageError("the last day lies before the first", next="give a later --until")
    if until > add_months(course.on, 12 * MOST_YEARS):
        raise UsageError(f"a plan looks at most {MOST_YEARS} years ahead", next="give an earlier --until")
    now = outcome_on(course, course.on)
    usable = [option for option in options if option.plans]
    days: list[DayResult] = []
    best: tuple[tuple[Any, ...], int, tuple[Action, ...]] | None = None
    notes: list[str] = []
    state, memory = "unreachable", Memory()
    last = until
    for day, why in event_days(course, usable, until).items():
        try:
            end, result = on_day(course, usable, target, day, weights, most, memory)
        except NotInForce:
            last = day - 1
            notes.append("no_version")
            break
        except TooMany:
            days.append(DayResult(day, why, 0, ""))
            state = "undecided"
            break
        days.append(replace(result, why=why))
        if end is not None:
            key = tuple(day if measure == "date" else end.cost[_place(weights, measure)] for measure in weights.order)
            if best is None or key < best[0]:
                best = (key, day, end.actions)
            if weights.order[0] == "date":
                break
    if best is None:
        return RepairPlan(
            state,
            target,
            course.on,
            last,
            None,
            (),
            now,
            None,
            tuple(days),
            tuple(options),
            weights.order,
            tuple(notes),
        )
    _, day, actions = best
    then = outcome_on(course, day, actions)
    return RepairPlan(
        "reached",
        target,
        course.on,
        last,
        day,
        actions,
        now,
        then,
        tuple(days),
        tuple(options),
        weights.order,
        tuple(notes),
    )


def _place(weights: Weights, key: str) -> int:
    return [measure for measure in weights.order if measure != "date"].index(key)  # type: ignore[arg-type]


def on_day(
    course: Course,
    options: Sequence[Option],
    target: str,
    day: int,
    weights: Weights,
    most: int = MOST_STATES,
    memory: Memory | None = None,
) -> tuple[End | None, DayResult]:
    """The cheapest way to the target on one day, and what the choices reach there at best.

    `memory`: of earlier days; a day on which the same choices meet the same rules as before is not folded again.
    """
    memory = memory or Memory()
    views = [View(*plan_at(course, at, known), known) for at, known in stages(course, day)]
    choosing = Choosing(views, options, day, weights.cost, memory)
    best: tuple[int, str] = (10**6, "")
    count, cheapest = 0, None
    for given in branches(options, day):
        choices = choosing.under(given)
        bases = [(view.plan, acted(view.subject, given, view.known), view.known) for view in views]
        key = (
            target,
            _read(bases, choosing, given),
            tuple(tuple((choice.mark, choice.cost) for choice in c) for c in choices),
        )
        end, (outcomes, top) = None, memory.days.get(key, (0, best))
        if key not in memory.days:
            end, outcomes, top = _folded(bases, choosing, choices, weights.cost(given), target, most)
            if end is None:
                memory.days[key] = outcomes, top
        count += outcomes
        best = min(best, top, key=lambda pair: pair[0])
        if end is not None and (cheapest is None or end.cost < cheapest.cost):
            cheapest = replace(end, actions=tuple(sorted((*given, *end.actions), key=_by_day)))
    return cheapest, DayResult(day, (), count, best[1])


def _folded(
    bases: Sequence[tuple[Plan, Subject, int]],
    choosing: Choosing,
    choices: Sequence[Sequence[Choice]],
    free: Cost,
    target: str,
    most: int,
) -> tuple[End | None, int, tuple[int, str]]:
    """The cheapest result that reaches the target, how many were looked at, and the best grade among them."""
    memo: dict[Any, Any] = {}
    best: tuple[int, str] = (10**6, "")
    count = 0
    last = bases[-1][0]
    for end in fold([plan for plan, _, _ in bases], choosing.opened, choices, free, most):
        count += 1
        grade = _grade(bases, choosing.opened, end, memo)
        place = last.grades.index(grade[1]) if grade[0] == "graded" else 10**5
        if place < best[0]:
            best = (place, grade[1] or grade[0])
        if reached(last, *grade[:2], target):
            return end, count, best
    return None, count, best


def _read(bases: Sequence[tuple[Plan, Subject, int]], choosing: Choosing, given: Sequence[Action]) -> tuple[Any, ...]:
    """What a grade depends on besides the choices: the rules as they read on the day, and the subject's other rows."""
    rows = [repr((subject.history, subject.listings)) for _, subject, _ in bases]
    return (*choosing.readings, *rows, tuple((action.kind, action.item, action.quantity) for action in given))


def _by_day(action: Action) -> tuple[int, str, str]:
    return action.day, action.target, action.kind


def branches(options: Sequence[Option], day: int) -> Iterator[tuple[Action, ...]]:
    """What is not done to one record: list entries that end, and the overall repair. Nothing first."""
    entries: dict[str, list[Action]] = {}
    for option in options:
        if option.way == "exit" and option.sure is not None and option.sure <= day:
            entries.setdefault(option.target, []).append(Action("exit", option.target, option.sure, option.tier))
    whole: list[Action | None] = [None]
    for option in options:
        if option.way == "overall" and option.earliest is not None:
            steps: dict[tuple[int, int | None], Action] = {}
            for give in option.gives:
                for start in sorted(
                    {max(give.first, option.earliest)} | set(_new_years(max(give.first, option.earliest), day))
                ):
                    nexts = [other.first for other in option.gives if other.first > give.first]
                    if start <= day and (not nexts or start < min(nexts)):
                        key = (from_day(start).year, give.points)
                        steps.setdefault(
                            key, Action("overall", "", start, option.rule, None, give.points or 0, option.item)
                        )
            whole += list(steps.values())
    listed = [[None, *entry] for entry in entries.values()]
    for chosen in product(*listed, whole):
        yield tuple(action for action in chosen if action is not None)


def _new_years(first: int, day: int) -> Iterator[int]:
    for year in range(from_day(first).year, from_day(day).year):
        yield year_end(year) + 1


def _grade(
    bases: Sequence[tuple[Plan, Subject, int]], opened: Sequence[Opening], end: End, memo: dict[Any, Any]
) -> tuple[str, str, str]:
    """State, grade and route of the last stage; each stage's grade stands in the history of the next."""
    past: list[dict[str, Any]] = []
    last = ("", "", "")
    for k, ((plan, subject, _), opening) in enumerate(zip(bases, opened, strict=True)):
        key = (k, tuple(sorted(end.facts[k].items(), key=lambda pair: pair[0])), end.sums[k], tuple(map(repr, past)))
        if key not in memo:
            env = opening.env | dict(end.facts[k])
            given = with_past(subject, past)
            env |= other_facts(plan, env, opening.dates, given.history, given.listings)
            decision = conclude(plan, given, env, end.sums[k], set(), [], Touched()).decision
            grade = "" if decision.grade is None else plan.grades[decision.grade]
            memo[key] = (decision.state, grade, decision.route or "")
        last = memo[key]
        if len(bases) > 1:
            past.append(past_row(plan, plan.year, *last))
    return last

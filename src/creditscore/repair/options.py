"""What may be repaired: for every record of a subject the rule, the clock, the days and the conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.days import from_day, to_day
from creditscore.core.i18n import word
from creditscore.core.model import Label
from creditscore.core.quantities import BASIS, MICRO, half_up
from creditscore.grading.interpreter.assess import day_column
from creditscore.grading.interpreter.exact import Subject, opening
from creditscore.grading.interpreter.ledger import article
from creditscore.grading.plan import FULL, NO_AMOUNT, Plan, PlanItem
from creditscore.lists.terms import later
from creditscore.repair.course import Course, period_on, plan_at, version_at
from creditscore.repair.rules import RepairRuleFile, RepairTier, lifts, tier_of
from creditscore.schemes.lists import Span
from creditscore.schemes.model import RepairRule
from creditscore.schemes.parts import MARKS

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"


@dataclass(frozen=True)
class Condition:
    """One condition: `met` or `not_met` as the records show, or `unknown`: a person must confirm it."""

    id: str
    label: Label
    state: str


@dataclass(frozen=True)
class Give:
    """What a correction brings in one window: its last day (None: no end), the share (10⁻⁴) and the points (10⁻⁶)."""

    window: str
    label: Label
    first: int
    last: int | None
    share: int
    points: int | None


@dataclass(frozen=True)
class Option:
    """One way for one record (`about: record`), list entry (`listing`) or the whole subject (`subject`).

    `way`: `correct` (the subject corrects; the scheme gives points back or reads the correction), `repair` (the office
    decides), `exit`, `overall`. `earliest`: from then on it may be; `sure`: from then on under every reading (None: no
    day is known); `latest`: the last day on which it brings anything. `state`: `open`, `later`, `over` (its last day
    has passed), `done`, `idle` (the record weighs nothing), `never`, `unknown` (no day can be given).
    """

    about: str
    target: str
    item: str
    label: Label
    way: str
    rule: str
    rule_label: Label
    state: str
    clock: str = ""
    clock_day: int | None = None
    tier: str = ""
    tier_label: Label | None = None
    earliest: int | None = None
    sure: int | None = None
    latest: int | None = None
    conditions: tuple[Condition, ...] = ()
    gives: tuple[Give, ...] = ()
    effects: tuple[Label, ...] = ()
    readings: tuple[Label, ...] = ()
    notes: tuple[Label, ...] = ()
    cite: str = ""
    evidence: str = ""
    amount: int | None = None
    corrected_by: int | None = None  # repair: the day by which `earliest` takes the record to be corrected
    rule_ends: int | None = None  # the last day on which this version of the rule holds
    plans: bool = False  # whether a plan may use it: it changes what is graded
    missing: tuple[str, ...] = ()  # dates that the rule needs and nobody gave


@dataclass(frozen=True)
class Facts:
    """What options are computed from: the plan of the day, the assessed records, and when the newest happened.

    `amount` of a record is as it was given: None where nobody gave one, which a nil return is not.
    """

    plan: Plan
    records: tuple[Mapping[str, Any], ...]
    newest: int | None
    on: int
    later: Mapping[str, Plan]  # of records that only a later year sees: the plan of that year

    def plan_of(self, record: Mapping[str, Any]) -> Plan:
        """The plan under which a record is read."""
        return self.later.get(record["record_id"], self.plan)


def facts_of(course: Course, on: int) -> Facts:
    """The subject's records under what is graded on a day; `newest`: the last day of a record that stands.

    Under a scheme graded by years, a record that the standing year does not see is read under its own, later year.
    """
    first = period_on(course, on)
    plan, subject = plan_at(course, first, on)
    records = _assessed(plan, subject)
    later_plans: dict[str, Plan] = {}
    for at in range(first + 1, from_day(on).year + 1) if isinstance(first, int) else ():
        if version_at(course, at) is None:
            break
        next_plan, subject = plan_at(course, at, on)
        for key, row in _assessed(next_plan, subject).items():
            if row["seen"] and not records.get(key, {"seen": False})["seen"]:
                records[key], later_plans[key] = row, next_plan
    rows = tuple(sorted(records.values(), key=lambda record: (record["day"], record["record_id"])))
    days = [row["day"] for row in rows if row["active"] and adverse(later_plans.get(row["record_id"], plan), row)]
    return Facts(plan, rows, max(days, default=None), on, later_plans)


def _assessed(plan: Plan, subject: Subject) -> dict[str, dict[str, Any]]:
    given = {record["record_id"]: record["amount"] for record in subject.records}
    return {
        record["record_id"]: {**record, "amount": given.get(record["record_id"])}
        for record in opening(plan, subject).records
    }


def adverse(plan: Plan, record: Mapping[str, Any]) -> bool:
    """Whether a record weighs against its subject; one that only facts read counts as adverse."""
    item: PlanItem = record["plan_item"]
    return item.form == "none" or (item.sign < 0) == (plan.scheme.direction != "lower_is_better")


def own_table(facts: Facts, record: Mapping[str, Any]) -> Option | None:
    """The repair table that the scheme has for the item of an assessed record."""
    plan, item, on = facts.plan_of(record), record["plan_item"], facts.on
    reads = reads_correction(plan, item.index)
    if item.repair is None and not reads:
        return None
    gives: list[Give] = []
    rule_name, label, clock_day = f"{plan.scheme.name}", item.rule.label, None
    clock = ""
    if item.repair is not None:
        rule: RepairRule = item.repair_rule
        rule_name, label = f"{rule_name}:{item.repair_terms.rule}", rule.label or item.rule.label
        clock = next(
            (clock for clock in plan.clocks[item.repair.clock] if record.get(day_column(clock)) is not None), ""
        )
        clock_day = record.get(day_column(clock)) if clock else None
        gives = _gives(plan, record, clock_day)
    left = MICRO - record["corrected_share"]
    ends = [give.last for give in gives if give.share]
    latest = None if not ends or None in ends else max(end for end in ends if end is not None)
    state = _idle(record) or ("done" if left <= 0 else "over" if latest is not None and on > latest else "open")
    terms = item.repair_terms if item.repair is not None else item.rule
    return Option(
        "record",
        record["record_id"],
        item.code,
        item.rule.label,
        "correct",
        rule_name,
        label,
        state,
        clock,
        clock_day,
        earliest=on,
        sure=on,
        latest=latest,
        conditions=(
            Condition("corrected", word("repair_labels", "corrected"), MET if left <= 0 else NOT_MET),
            Condition("proof", word("repair_labels", "proof"), UNKNOWN),
        ),
        gives=tuple(gives),
        readings=_readings(plan, terms.reading, *((item.repair_rule.reading,) if gives else ())),
        cite=article(terms) or article(item.rule),
        evidence=terms.evidence or plan.scheme.evidence,
        amount=record["amount"],
        plans=left > 0 and record["status"] == "active",
    )


ZERO = Span(months=0)


def _gives(plan: Plan, record: Mapping[str, Any], clock_day: int | None) -> list[Give]:
    item = record["plan_item"]
    if clock_day is None:
        return []
    gives, first = [], clock_day
    titles = {window.id: window.title for window in item.repair_rule.windows}
    for index, (window_name, last) in enumerate(
        zip(item.repair.windows, item.repair.last_days(clock_day), strict=True)
    ):
        if last < first:
            continue  # an earlier window reaches beyond it: 30 days that end in January, the rest of December's year
        share = next(
            (
                basis
                for window, low, high, basis in item.gives
                if window == index and _inside(record["amount"], low, high)
            ),
            0,
        )
        share = BASIS if item.lifts and share else share
        known = record["nominal_low"] == record["nominal_high"] and item.form != "none"
        points = half_up(record["nominal_high"] * share * MICRO, FULL) if known else None
        end = None if last >= 10**6 else last
        gives.append(Give(window_name, titles[window_name], first, end, share, points))
        first = last + 1
    return gives


def _inside(amount: int | None, low: int, high: int) -> bool:
    """An amount nobody gave cannot show that it is small: only the open end takes it."""
    return low <= (NO_AMOUNT if amount is None else amount) <= high


def reads_correction(plan: Plan, item: int) -> bool:
    """Whether a fact, a window or an exemption looks at corrections of an item without giving points back."""
    from creditscore.schemes.expressions import names

    looked = {"corrected", "corrected_share", "corrected_on"}
    for fact in plan.facts:
        if fact.of == "records" and item in fact.items and fact.where and looked & set(names(fact.where)):
            return True
    return any(rule.when is not None and looked & set(names(rule.when)) for rule in plan.exemptions)


def _idle(record: Mapping[str, Any]) -> str:
    if record["status"] == "repaired":
        return "done"
    return "" if record["active"] and record["seen"] else "idle"


def by_decision(facts: Facts, record: Mapping[str, Any], rule: RepairRuleFile, beside: bool) -> Option | None:
    """The way by a decision of the office under one version of a rule; None where the version is over by `on`.

    `beside`: a rule about the grade fits too, so that this one lifts nothing.
    """
    item, on, plan = record["plan_item"], facts.on, facts.plan_of(record)
    begin = to_day(rule.effective_from)
    end = None if rule.effective_to is None else to_day(rule.effective_to) - 1
    if end is not None and end < on:
        return None
    clock = next((name for name in rule.clock if record.get(name) is not None), "")
    clock_day = record.get(clock) if clock else None
    tier = tier_of(rule, plan.scheme, item, record)
    earliest, sure, most = _days(rule, tier, record, clock_day, facts)
    conditions = tuple(_condition(condition, record, earliest, sure, on) for condition in rule.conditions)
    low = None if earliest is None else max(earliest, begin, on)
    certain = None if sure is None else max(sure, begin, on)
    if low is not None and most is not None and low > most:
        low = certain = None  # what is published no longer is not repaired
        state = _state(record, tier, most, most, on)
        state = "never" if state in ("open", "later") else state
    else:
        certain = certain if most is None or certain is None or certain <= most else None
        state = _state(record, tier, low, most, on)
    if end is not None and low is not None and low > end:
        return None  # by then the next version holds
    certain = None if certain is not None and end is not None and certain > end else certain
    readings = [*(tier.reading if tier else ()), *(rule.unknown_tier.reading if rule.unknown_tier and not tier else ())]
    tier_or_unknown = tier or rule.unknown_tier
    marks = [
        mark for mark in (rule.evidence, tier_or_unknown.evidence if tier_or_unknown else None) if mark is not None
    ]
    return Option(
        "record",
        record["record_id"],
        item.code,
        item.rule.label,
        "repair",
        rule.name,
        rule.label,
        state,
        clock,
        clock_day,
        tier.id if tier else "",
        tier.label if tier else None,
        low,
        certain,
        end if most is None else most,
        conditions,
        (),
        tuple(rule.effects.values()),
        tuple(rule.readings[name] for name in dict.fromkeys(readings)),
        tuple(rule.notes.values()),
        article(tier_or_unknown) if tier_or_unknown and tier_or_unknown.cite else article(rule),
        max(marks, key=MARKS.index),
        record["amount"],
        corrected_by=on,
        rule_ends=end,
        missing=() if clock else tuple(rule.clock[:1]),
        plans=lifts(rule, plan.scheme, item) and not beside and certain is not None and state in ("open", "later"),
    )


def undated(facts: Facts, record: Mapping[str, Any], rule: RepairRuleFile) -> Option | None:
    """The way by decision for a record without a date that the rule needs: said, and no day is given.

    None where the rule is not in force on the day, where the record weighs nothing, and where its scheme has a table of
    its own.
    """
    item, plan = record["plan_item"], facts.plan_of(record)
    missing = [name for name in rule.scope.requires if record.get(name) is None]
    own = item.repair is not None or reads_correction(plan, item.index)
    if own or not missing or not rule.in_force(facts.on) or _idle(record):
        return None
    return Option(
        "record",
        record["record_id"],
        item.code,
        item.rule.label,
        "repair",
        rule.name,
        rule.label,
        UNKNOWN,
        cite=article(rule),
        evidence=rule.evidence,
        amount=record["amount"],
        missing=tuple(missing),
    )


def _days(
    rule: RepairRuleFile, tier: RepairTier | None, record: Mapping[str, Any], clock: int | None, facts: Facts
) -> tuple[int | None, int | None, int | None]:
    """(earliest possible, earliest under every reading, last day of the longest period)."""
    tiers = [tier] if tier is not None else [tier for tier in rule.tiers if not tier.never]
    if any(tier.never for tier in tiers):
        most = next((tier.most for tier in tiers if tier.most), None)
        return None, None, None if clock is None or most is None else later(clock, most)
    lows, highs, ends = [], [], []
    since = max(clean_since(record, facts), facts.newest or 0)
    for repair_tier in tiers:
        if repair_tier.clean is not None:
            lows.append(later(since, repair_tier.clean))
            highs.append(later(since, repair_tier.clean_sure or repair_tier.clean))
        elif repair_tier.least is not None and clock is not None:
            lows.append(later(clock, repair_tier.least) + (1 if repair_tier.least != ZERO else 0))
            sure = repair_tier.sure or repair_tier.least
            highs.append(later(clock, sure) + (1 if sure != ZERO else 0))
        if repair_tier.most is not None and clock is not None:
            ends.append(later(clock, repair_tier.most))
    perhaps_never = tier is None and any(weight_tier.never for weight_tier in rule.tiers)
    complete = len(lows) == len(tiers) and not perhaps_never
    return (
        min(lows) if lows else None,
        max(highs) if complete and highs else None,
        max(ends) if len(ends) == len(tiers) else None,
    )


def clean_since(record: Mapping[str, Any], facts: Facts) -> int:
    """The correction of a record; one that is not yet corrected can be so on the first day of the course."""
    corrected: int | None = record["corrected_on"]
    return corrected if record["corrected_share"] >= MICRO and corrected is not None else facts.on


def _condition(value: Any, record: Mapping[str, Any], earliest: int | None, sure: int | None, on: int) -> Condition:
    if value.check == "corrected":
        done = record["corrected_share"] >= MICRO or record["status"] == "repaired"
        return Condition(value.id, value.label, MET if done else UNKNOWN)
    if value.check == "waited":
        if sure is not None and on >= sure:
            return Condition(value.id, value.label, MET)
        return Condition(value.id, value.label, NOT_MET if earliest is not None and on < earliest else UNKNOWN)
    return Condition(value.id, value.label, UNKNOWN)


def _state(record: Mapping[str, Any], tier: RepairTier | None, earliest: int | None, most: int | None, on: int) -> str:
    if record["status"] == "repaired" or not record["active"]:
        return "done" if record["status"] == "repaired" else "idle"
    if most is not None and on > most:
        return "over"
    if tier is not None and tier.never:
        return "never"
    if earliest is None:
        return "unknown"
    return "open" if on >= earliest else "later"


def can_correct(record: Mapping[str, Any]) -> bool:
    return record["plan_item"].repair is not None and record["status"] == "active"


def _readings(plan: Plan, *named: Iterable[str]) -> tuple[Label, ...]:
    return tuple(plan.scheme.readings[name] for name in dict.fromkeys(name for subset in named for name in subset))

"""Every way to repair: records, list entries, the subject as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from creditscore.core.days import add_months, iso
from creditscore.core.i18n import label_of, word
from creditscore.core.quantities import MICRO, to_micro
from creditscore.grading.interpreter.ledger import article
from creditscore.lists.terms import first_day_out, later
from creditscore.repair.course import Course, listing_key
from creditscore.repair.options import (
    MET,
    NOT_MET,
    UNKNOWN,
    Condition,
    Facts,
    Give,
    Option,
    adverse,
    by_decision,
    can_correct,
    facts_of,
    own_table,
    undated,
)
from creditscore.repair.rules import RepairRuleFile, dated, fits, load_repairs
from creditscore.schemes.lists import ListExit, ListRule
from creditscore.schemes.vocabulary import list_name


def options(
    course: Course,
    lists: Mapping[str, tuple[str, ListRule]] | None = None,
    rules: Sequence[RepairRuleFile] | None = None,
) -> tuple[Option, ...]:
    """Every way for every record and entry of the subject, as of the first day of the course.

    `lists`: the rule of each list by its key, with the name of its scheme; without it those of the course's versions.
    `rules`: those of configs/repair. In order of record, rule and day.
    """
    known = load_repairs() if rules is None else tuple(rules)
    facts = facts_of(course, course.on)
    ways: list[Option] = []
    for record in facts.records:
        own = own_table(facts, record)
        ways += [own] if own is not None else []
        plan = facts.plan_of(record)
        fitting = [rule for rule in known if adverse(plan, record) and fits(rule, plan.scheme, record["plan_item"])]
        narrow = any(rule.about == "grade" and dated(rule, record) for rule in fitting)
        for rule in fitting:
            beside = narrow and rule.about != "grade"
            option = by_decision(facts, record, rule, beside) if dated(rule, record) else undated(facts, record, rule)
            ways += [option] if option is not None else []
    of = dict(lists or {})
    scheme = facts.plan.scheme
    for key, rule_of_list in scheme.lists.items():
        of.setdefault(key, (scheme.name, rule_of_list))
    for row in course.subject.listings:
        ways += exits(facts, row, of.get(row["list"]))
    for rule in known:
        if rule.overall is not None and rule.scope.schemes and facts.plan.scheme.scheme in rule.scope.schemes:
            ways += overall(facts, rule)
    return tuple(ways)


def exits(facts: Facts, row: Mapping[str, Any], scheme_and_rule: tuple[str, ListRule] | None) -> list[Option]:
    """The ways out of one entry of a list, as the rule of the list says them; none once it has ended.

    Under which trigger an entry was made does not stand in the table of listings. A way out for some triggers only is
    therefore sure when every early way of the list is open, and never where a trigger has none.
    """
    on, key = facts.on, listing_key(row)
    over = row["exited_day"] is not None and row["exited_day"] <= on
    if over or (row["term_end_day"] is not None and row["term_end_day"] < on):
        return []
    label = list_name(row["list"], iso(row["entered_day"]))
    options_of_entry: list[Option] = []
    ways = (
        [way for way in scheme_and_rule[1].exits if way.kind not in ("annulled", "deregistered")]
        if scheme_and_rule
        else []
    )
    whichever = _whichever(scheme_and_rule[1], ways, row, on) if scheme_and_rule else None
    for way in ways:  # the others are no repair
        since, earliest = _opens(way, row, on)
        sure = earliest if not way.triggers else whichever if way.kind != "expiry" else None
        missing = () if way.after is None or since is not None else (str(way.since),)
        conditions = [Condition(name, need, UNKNOWN) for name, need in way.needs.items()]
        conditions += [
            Condition(f"not_{name}", label_of("repair_labels", "not", label), UNKNOWN)
            for name, label in way.unless.items()
        ]
        conditions = conditions or [Condition("decided", word("repair_labels", "claimed"), UNKNOWN)]
        state = "unknown" if earliest is None else "open" if on >= earliest else "later"
        options_of_entry.append(
            Option(
                "listing",
                key,
                row["list"],
                label,
                "exit",
                f"{scheme_and_rule[0] if scheme_and_rule else ''}:{row['list']}.{way.id}",
                way.label or word("exit_ways", way.kind),
                state,
                way.since or "",
                since,
                earliest=None if earliest is None else max(earliest, on),
                sure=None if sure is None else max(sure, on),
                conditions=tuple(conditions),
                cite=article(way),
                evidence=way.evidence or "",
                missing=missing,
                effects=(word("repair_labels", "entry_ends"),),
                plans=way.kind != "expiry" and sure is not None,
                tier=way.kind,
                notes=(word("repair_labels", "only_under"),) if way.triggers else (),
            )
        )
    if not options_of_entry:
        no = word("repair_labels", "no_way_out")
        options_of_entry.append(
            Option(
                "listing", key, row["list"], label, "exit", scheme_and_rule[0] if scheme_and_rule else "", no, "unknown"
            )
        )
    return options_of_entry


def _opens(way: ListExit, row: Mapping[str, Any], on: int) -> tuple[int | None, int | None]:
    """(clock day, first day) of a way out of an entry; None where the table does not say them."""
    since = {"entered_on": row["entered_day"], "term_end": row["term_end_day"]}.get(way.since or "")
    if way.after is not None:
        return since, None if since is None else first_day_out(way, since)
    if way.kind == "expiry":
        return None, None if row["term_end_day"] is None else row["term_end_day"] + 1
    return None, on


def _whichever(rule: ListRule, ways: Sequence[ListExit], row: Mapping[str, Any], on: int) -> int | None:
    """The first day on which an entry has an early way out whatever its trigger; None where there is no such day."""
    early = [way for way in ways if way.kind != "expiry"]
    days = []
    for trigger in rule.triggers:
        own = [_opens(way, row, on)[1] for way in early if not way.triggers or trigger in way.triggers]
        known = [day for day in own if day is not None]
        if not known:
            return None
        days.append(min(known))
    return max(days, default=None)


def overall(facts: Facts, rule: RepairRuleFile) -> list[Option]:
    """The overall repair by months, where the scheme has an item for it and a record stands to be made good."""
    overall_rule = rule.overall
    assert overall_rule is not None
    plan, on = facts.plan, facts.on
    standing = [record for record in facts.records if record["seen"] and record["active"] and adverse(plan, record)]
    if overall_rule.item not in plan.by_code or facts.newest is None or not standing:
        return []
    item = plan.by_code[overall_rule.item][0]
    open_ = [record for record in standing if can_correct(record) and record["corrected_share"] < MICRO]
    earliest = later(facts.newest, overall_rule.clean)
    gives = []
    for k, (day, points) in enumerate(overall_days(rule, facts.newest)):
        label = label_of("repair_labels", "step", k + 1)
        gives.append(Give(f"month_{k + 1}", label, day, None, 0, points))
    # what no table gives points back for must be corrected too: of that nothing is known without a correction
    unseen = any(record["corrected_share"] < MICRO and record["status"] != "repaired" for record in standing)
    corrected, clean = NOT_MET if open_ else UNKNOWN if unseen else MET, MET if on >= earliest else NOT_MET
    conditions = [
        Condition("corrected", word("repair_labels", "all_corrected"), corrected),
        Condition("clean", word("repair_labels", "clean"), clean),
        *(Condition(c.id, c.label, UNKNOWN) for c in rule.conditions if c.check == "person"),
    ]
    return [
        Option(
            "subject",
            "",
            overall_rule.item,
            item.rule.label or overall_rule.label,
            "overall",
            rule.name,
            overall_rule.label,
            "open" if on >= earliest and not open_ else "later",
            "newest_record",
            facts.newest,
            earliest=max(earliest, on),
            sure=max(earliest, on),
            conditions=tuple(conditions),
            gives=tuple(gives),
            readings=tuple(rule.readings[name] for name in overall_rule.reading),
            notes=tuple(rule.notes.values()),
            cite=article(overall_rule),
            evidence=overall_rule.evidence or "",
            plans=True,
        )
    ]


def overall_days(rule: RepairRuleFile, newest: int) -> list[tuple[int, int]]:
    """(first day, points in 10⁻⁶) of each step of the overall repair, counted from the newest record."""
    overall_rule = rule.overall
    assert overall_rule is not None
    months = overall_rule.clean.months or 12 * (overall_rule.clean.years or 0)
    days, points, k = [], to_micro(overall_rule.first), 0
    while True:
        points = min(points, to_micro(overall_rule.most))
        days.append((add_months(newest, months + k), points))
        if points == to_micro(overall_rule.most):
            return days
        points, k = points + to_micro(overall_rule.each_month), k + 1

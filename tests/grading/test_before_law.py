"""No scheme lists or grades directly on what happened before its law, unless there is a reason that stands here.

Every version that decides on single records: one record of each item (and one entry of each other list), dated the day
before the text that carries it, in subjects of the scheme's own words, graded on days on which the version is in force.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from creditscore.core.days import to_day, year_end
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.assess import day_column
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.monotone.counterexample import LATER, Maker
from creditscore.grading.plan import Plan
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from creditscore.schemes.model import Cite, Scheme
from creditscore.schemes.parts import DATES
from creditscore.schemes.walk import rules
from tests.tiers import thinned

TRIES = 60
ROUTES = ("direct", "linked", "imported", "special")
SPAN = "the text rates a span of time that it sets itself, and that lies before the day of grading"
STATE = "a grade says who is on the list on the day of grading; nobody is entered anywhere because of it"
RATES = "the law itself rates that evaluation year (rates_from)"
CARRIED = "the text took the place of one with the same grounds, which are dated from the older one"
DUE = "a report counts by the day on which it is due, not by the dates of the record"
OWED = "arrears that are still owed are a state of the day of grading, whenever they began"
# a day that follows from one: two years after the ledger of Jiangsu began nothing older is read for its leaders
LOOK_BACKS = {("environment/jiangsu@2020-01-01", "2021-01-01")}
# An entry of a scheme's own list is a decision that somebody took: it is kept as it stands.
# Why what lies before the text may decide all the same, by scheme or version and, after a colon, item or list
ALLOWED = {
    "court/judgment_defaulter@2017-05-01: court_decision": CARRIED,
    "environment/eia_compilers@2019-11-01: eia_blacklist": "an entry of its own list is kept as it stands",
    "environment/ningxia@2019-12-31": SPAN,
    "environment/ningxia@2025-02-01": SPAN,
    "environment/ningxia@2025-02-01: environment_serious": STATE,
    "environment/ningxia@2025-02-01: serious": STATE,
    "environment/shandong@2017": "the text enters breaches before 1 March 2017 that were not corrected",
    "environment/shandong@2018": "the text of 2016 rated these acts until 30 June 2018; the points are carried over",
    "labour/national@2016": RATES,
    "labour/qinzhou@2017-12-31": SPAN,
    "labour/tianjin@2021-05-01": SPAN,
    "labour/tianjin@2021-05-01: wage_arrears": STATE,
    "market/abnormal@2014-10-01: annual_report": DUE,
    "market/abnormal@2024-05-01: annual_report": DUE,
    "market/publication": "order 45 took the place of order 71 of 2014: what was published stays published",
    "procurement/ineligible: procurement_serious": STATE,
    "procurement/ineligible": "article 22(5) of the law of 2003 looks three years back",
    "procurement/serious": "the text names penalties of the last three years, among them one that ended before it",
    "tax@2014": RATES,
    "tax@2025": RATES,
    "wage_arrears@2018-01-01: arrears": OWED,
    "wage_arrears@2018-01-01: subcontracting": OWED,
    "wage_arrears@2022-01-01": "the act is not paying by the deadline of the order; tests/cases has that day",
    "wage_arrears_jilin: arrears": OWED,
    "wage_arrears_jilin: subcontracting": OWED,
}


def versions() -> Iterator[Scheme]:
    for entry in registry.entries():
        scheme = registry.load(entry)
        deciding = scheme.use == "list" or any(rule.route in ROUTES[:3] for rule in scheme.decide)
        if deciding and not scheme.missing:
            yield scheme


def carried_from(cites: list[Cite]) -> date:
    """The first day of the oldest text among those cited."""
    laws = load_laws()
    return min((day for cite in cites if (day := laws[cite.law].surely_from) is not None), default=date(1970, 1, 2))


def moments(scheme: Scheme) -> Iterator[int | date]:
    begin = scheme.effective_from
    later = [begin + k for k in (0, 1)] if isinstance(begin, int) else [begin + timedelta(k) for k in (0, 1, 31, 300)]
    yield from (at for at in later if registry.in_force(scheme, at))


def worse(plan: Plan, before: Outcome, after: Outcome) -> bool:
    if before.state != "graded" or after.state == "not_graded":
        return False
    return after.state == "not_computable" or plan.grades.index(after.grade) > plan.grades.index(before.grade)


def triggers(scheme: Scheme) -> Iterator[str]:
    """Items and lists of which something dated the day before its text decides."""
    own = set(scheme.lists)
    for at in moments(scheme):
        day = to_day(at) if isinstance(at, date) else year_end(at)
        beside = [sibling for name in scheme.beside for sibling in registry.versions(name)]
        plan = bind(scheme, at, known_at=day + LATER, siblings=registry.versions(scheme.scheme), beside=beside)
        maker, rng = Maker(plan, tuple(item.code for item in plan.items)), random.Random(str(at))
        for code, variants in plan.by_code.items():
            eve = to_day(min(carried_from(variant.rule.cite or scheme.cite) for variant in variants)) - 1
            for _ in range(TRIES):
                drawn, record = maker.subject(), maker.record(0, code)
                dated = rng.choice([set(DATES), {"occurred_on"}, {"decided_on"}, {"event_on"}, {"published_on"}])
                record |= {day_column(name): eve if name in dated else None for name in DATES}
                record |= {"known_day": eve, "corrections": [], "act_id": ""}
                rest = Subject(drawn.columns, drawn.attributes, [], drawn.history, drawn.listings)
                whole = Subject(drawn.columns, drawn.attributes, [record], drawn.history, drawn.listings)
                after = grade_subject(plan, whole)
                if worse(plan, grade_subject(plan, rest), after) and (scheme.use == "list" or after.route != "score"):
                    yield code
                    break
        for name in sorted({name for fact in plan.facts for name in fact.lists} - own):
            eve = to_day(carried_from(scheme.cite)) - 1
            entry = {
                "list": name,
                "entered_day": eve,
                "exited_day": None,
                "term_end_day": None,
                "exit_reason": "",
                "basis": "",
            }
            for _ in range(TRIES // 5):
                drawn = maker.subject()
                rest = Subject(drawn.columns, drawn.attributes, [], drawn.history, [])
                whole = Subject(drawn.columns, drawn.attributes, [], drawn.history, [entry])
                if worse(plan, grade_subject(plan, rest), grade_subject(plan, whole)):
                    yield name
                    break


@pytest.mark.parametrize("scheme", thinned(versions(), 4, in_ci=2), ids=lambda scheme: scheme.name)
def test_nothing_before_its_law_decides(scheme: Scheme) -> None:
    triggering = sorted(set(triggers(scheme)))
    assert not [name for name in triggering if not reason(scheme, name)], f"before their law: {triggering}"


@pytest.mark.slow
def test_days_in_conditions_are_those_of_laws() -> None:
    """A quoted day is the first one of a text that the rule or its version cites, or the day before it."""
    for entry in registry.entries():
        scheme = registry.load(entry)
        for _, rule in rules(scheme):
            conditions = " ".join(getattr(rule, key, None) or "" for key in ("when", "where", "accepts"))
            first_days = {load_laws()[cite.law].surely_from for cite in (*rule.cite, *scheme.cite)}
            for day in re.findall(r"'(\d{4}-\d\d-\d\d)'", conditions):
                if (scheme.name, day) in LOOK_BACKS:
                    continue
                assert first_days & {date.fromisoformat(day), date.fromisoformat(day) + timedelta(1)}, (
                    scheme.name,
                    day,
                )


def reason(scheme: Scheme, what: str) -> str | None:
    version = f"{scheme.scheme}@{scheme.version}"
    keys = (f"{version}: {what}", version, f"{scheme.scheme}: {what}", scheme.scheme)
    return next((ALLOWED[key] for key in keys if key in ALLOWED), None)


def test_reasons_are_of_schemes_that_exist() -> None:
    known = {name for entry in registry.entries() for name in (entry.scheme, f"{entry.scheme}@{entry.version}")}
    assert {key.partition(": ")[0] for key in ALLOWED} <= known

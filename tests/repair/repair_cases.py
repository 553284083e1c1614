"""Small made-up subjects for tests of repair: every item, attribute and date that a scheme speaks of, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from creditscore.core.days import from_day, to_day, year_end
from creditscore.core.quantities import MICRO, to_micro
from creditscore.grading.interpreter.exact import Subject
from creditscore.repair.course import Action, Course, Version, listing_key
from creditscore.schemes.model import Item, Scheme

DAYS = ("event_day", "occurred_day", "decided_day", "booked_day", "published_day", "known_day")


def record(number: int, item: str, day: int, **given: Any) -> dict[str, Any]:
    """A folded record whose every date is `day`."""
    data: dict[str, Any] = {
        "record_id": f"r{number:02}",
        "rk": number,
        "item": item,
        "status": 0,
        "status_day": None,
        "corrections": [],
        "quantity": MICRO,
        "amount": None,
        "act_id": "",
        "disputed": False,
        "source": "",
        "document_no": "",
        "basis": "",
        **dict.fromkeys(DAYS, day),
    }
    return data | given


def subject(records: list[dict[str, Any]], **given: Any) -> Subject:
    return Subject({"kind": "enterprise"}, given.pop("attributes", {}), records, **given)


def course(scheme: Scheme, asked_subject: Subject, on: date, period: int | None = None) -> Course:
    return Course((Version(scheme, asked_subject),), period, to_day(on))


def random_subject(rng: random.Random, scheme: Scheme, near: int, count: int) -> Subject:
    """Up to `count` records, mostly in the two years before `near`."""
    codes = [code for code, variants in scheme.items.items() for variant in variants if variant.repair] * 3 + list(
        scheme.items
    )
    days = [near - back for back in (0, 2, 3, 30, 31, 89, 90, 180, 200, 364, 365, 400, 730)]
    records = []
    for number in range(rng.randint(1, count) if codes else 0):  # a list may know no items
        code = rng.choice(codes)
        day = rng.choice(days)
        data = record(number, code, day, amount=rng.choice([None, 500 * MICRO, 5000 * MICRO]))
        data |= {"act_id": rng.choice(["", "one"]), "quantity": rng.choice([1, 1, 2]) * MICRO}
        data |= {
            name: _value(rng, attribute, scheme.items[code][0], name, days)
            for name, attribute in scheme.record_attributes.items()
        }
        if rng.random() < 0.15:
            data["corrections"] = [(day + 1, rng.choice([MICRO, MICRO // 2]))]
        records.append(data)
    lists = sorted({name for fact in scheme.facts.values() for name in fact.lists})
    listings = [
        {
            "list": name,
            "entered_day": rng.choice(days),
            "exited_day": None,
            "exit_reason": "",
            "basis": "",
            "term_end_day": rng.choice([None, near + 5]),
        }
        for name in lists
        if rng.random() < 0.4
    ]
    attributes = {
        name: {"bool": rng.random() < 0.8, "date": to_day(date(2005, 1, 1)), "number": MICRO, "text": attribute.absent}[
            attribute.type
        ]
        for name, attribute in scheme.attributes.items()
        if rng.random() < 0.3
    }
    return Subject({"kind": (scheme.kinds or ["enterprise"])[0]}, attributes, records, (), listings)


def _value(rng: random.Random, value: Any, item: Item, name: str, days: list[int]) -> Any:
    levels = [*(item.value.levels or {})] if item.value and item.value.of == name else []
    levels += [*item.measure.levels] if item.measure and item.measure.of == name else []
    if value.of is not None:
        return None
    if levels:
        return rng.choice(levels)
    low = to_micro(value.least) if value.least is not None else 0
    return {
        "bool": rng.random() < 0.5,
        "date": rng.choice(days),
        "number": max(low, rng.choice([0, MICRO])),
        "text": rng.choice(value.allowed or ["x"]),
    }[value.type]


def random_courses(rng: random.Random, scheme: Scheme, many: int, count: int) -> Iterator[Course]:
    """Courses from a day near the end of a period of the scheme, each with a subject of its own."""
    first = scheme.effective_from
    for _ in range(many):
        if isinstance(first, int):
            last = (scheme.effective_to if isinstance(scheme.effective_to, int) else 2027) - 1
            year = rng.randint(max(first, min(last, 2020)), last)
            on = year_end(year) + rng.choice([-20, 5, 60, 362])
            yield Course((Version(scheme, random_subject(rng, scheme, min(on, year_end(year)), count)),), year, on)
        else:
            on = to_day(first) + rng.choice([30, 400, 900])
            if isinstance(scheme.effective_to, date):
                on = min(on, to_day(scheme.effective_to) - 20)
            yield Course((Version(scheme, random_subject(rng, scheme, on, count)),), None, on)


def scattered(rng: random.Random, subject_course: Course) -> Course:
    """The course with dates that differ within a record, repairs and entries that ended, and grades of the past."""

    def moved(day: int | None, by: int = 100) -> int | None:
        return None if day is None or rng.random() < 0.3 else day + rng.randint(-by, by)

    def row(row: dict[str, Any]) -> dict[str, Any]:
        days = {name: moved(row[name]) for name in DAYS if name != "event_day"}
        ended = {"status": rng.choice([1, 2]), "status_day": subject_course.on + rng.randint(-90, 200)}
        data = {**row, **days, "event_day": row["event_day"] + rng.randint(-20, 20)}
        data |= ended if rng.random() < 0.15 else {}
        own = {name for name, kind in scheme.record_attributes.items() if kind.type == "date"}
        return data | {name: moved(row.get(name), 300) for name in own}

    versions = []
    for version in subject_course.versions:
        scheme, given = version.scheme, version.subject
        listings = [
            {
                **entry,
                "entered_day": entry["entered_day"] - rng.randint(0, 50),
                "exited_day": subject_course.on + rng.randint(0, 250) if rng.random() < 0.4 else None,
            }
            for entry in given.listings
        ]
        dates = {
            name: subject_course.on - rng.randint(0, 800)
            for name, kind in scheme.attributes.items()
            if kind.type == "date" and rng.random() < 0.6
        }
        history = [
            past_row(
                scheme,
                (subject_course.period or from_day(subject_course.on).year) - back,
                rng.choice(scheme.grades).code,
            )
            for back in (1, 2)
            if rng.random() < 0.5
        ]
        columns = {**given.columns, "registered_day": subject_course.on - rng.randint(0, 800)}
        records = [row(dict(record)) for record in given.records]
        subject_input = Subject(columns, {**given.attributes, **dates}, records, history, listings)  # type: ignore[arg-type]
        versions.append(Version(scheme, subject_input))
    return replace(subject_course, versions=tuple(versions), plans={})


def past_row(scheme: Scheme, year: int, grade: str) -> dict[str, Any]:
    return {
        "year": year,
        "state": "graded",
        "grade": grade,
        "route": "score",
        "status": "final",
        "scheme": scheme.scheme,
    }


def random_actions(rng: random.Random, subject_course: Course, last: int) -> tuple[Action, ...]:
    """Some records corrected or repaired, some entries ended, between the first and the last day."""
    actions = [
        Action(rng.choice(["correct", "repair"]), record["record_id"], rng.randint(subject_course.on, last))
        for record in subject_course.subject.records
        if rng.random() < 0.4
    ]
    actions += [
        Action("exit", listing_key(listing), rng.randint(subject_course.on, last), "end")
        for listing in subject_course.subject.listings
        if rng.random() < 0.3
    ]
    return tuple(actions)

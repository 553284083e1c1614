"""Random tables for a shipped scheme: every item, attribute and event of it, the same for the same seed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pandas as pd

from creditscore.core.days import iso
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

ROUTES = ["score", "direct", "linked", "retained", "repaired", "adjusted"]
DATES = ["occurred_on", "event_on", "booked_on", "decided_on", "published_on"]
REGIONS = ["220200", "210000", "110000", "320100", "640000", ""]


def moments(entry: registry.Entry) -> list[int | date]:
    """Years in which a scheme graded by year changes, and a day for the others."""
    scheme = registry.load(entry)
    start, end = scheme.effective_from, scheme.effective_to
    if scheme.missing:
        return []
    if isinstance(start, date):
        later = start + timedelta(days=1500)
        return [min(later, end - timedelta(days=1)) if isinstance(end, date) else later]
    assert isinstance(start, int)
    edges = {start} | ({end - 1} if isinstance(end, int) else set())
    edges |= {2016, 2018, 2019, 2020, 2021} if scheme.domain == "tax" else set()
    return sorted(year for year in edges if registry.in_force(scheme, year))


def value(rng: random.Random, attribute: Any, year: int, words: list[str] | None = None) -> str:
    if words:
        return rng.choice(words)
    if getattr(attribute, "allowed", None):
        return str(rng.choice(attribute.allowed))
    results = {
        "bool": lambda: rng.choice(["true", "false"]),
        "number": lambda: rng.choice(["0", "0.02", "0.123456", "3"]),
        "date": lambda: day(rng, year, 5),
        "text": lambda: rng.choice(["x", "y"]),
    }
    return results[attribute.type]()


def day(rng: random.Random, year: int, back: int) -> str:
    first = (date(year, 1, 1) - date(1970, 1, 1)).days - 365 * rng.choice([0, 0, 0, *range(back)])
    return iso(first + rng.choice([0, 27, 40, 89, 120, 270, 364, rng.randint(0, 364)]))


def words(scheme: Scheme, item: str, name: str) -> list[str]:
    """The levels that an item reads from a record attribute."""
    level_lists = [
        scheme_item.value.levels
        for scheme_item in scheme.items[item]
        if scheme_item.value and scheme_item.value.of == name
    ]
    level_lists += [
        scheme_item.measure.levels
        for scheme_item in scheme.items[item]
        if scheme_item.measure and scheme_item.measure.of == name
    ]
    levels = [level for row in level_lists if row for level in row]
    return levels or [
        level
        for variants in scheme.items.values()
        for variant in variants
        for form, of in ((variant.value and variant.value.levels, variant.value and variant.value.of),)
        if form and of == name
        for level in form
    ]


def tables(scheme: Scheme, year: int, seed: int, count: int) -> dict[str, pd.DataFrame]:
    rng = random.Random(f"{scheme.name} {year} {seed}")
    subjects, records, history, listings = [], [], [], []
    lists = sorted({name for fact in scheme.facts.values() for name in fact.lists})
    grades = [grade.code for grade in scheme.grades]
    for s in range(count):
        sid = f"S{s:03}"
        given = {
            name: value(rng, attribute, year) for name, attribute in scheme.attributes.items() if rng.random() < 0.4
        }
        kind = rng.choice((scheme.kinds or ["enterprise"]) * 5 + ["individual_business", "institution"])
        subjects.append(
            {
                "subject_id": sid,
                "kind": kind,
                "region": rng.choice(REGIONS),
                "registered_on": rng.choice(["", day(rng, year, 6)]),
                **given,
            }
        )
        for k, name in enumerate(lists):
            if rng.random() < 0.15:
                entered = {"listing_id": f"{sid}-{k}", "subject_id": sid, "list": name, "entered_on": day(rng, year, 4)}
                listings.append(entered | {"term_end": rng.choice(["", "2100-01-01"])})
        for back in range(1, 5):
            if rng.random() < 0.7:
                history.append(
                    {"subject_id": sid, "period": year - back, "grade": rng.choice(grades), "route": rng.choice(ROUTES)}
                )
        few = rng.random() < 0.4
        for r in range(rng.randint(0, 3 if few else 9)):
            item = rng.choice(list(scheme.items) or ["none"])  # a list may know no items
            base = {
                "record_id": f"{sid}-{r}",
                "subject_id": sid,
                "item": item,
                "event": "filed",
                "event_no": 1,
                "quantity": rng.choice(["", "1", "2"]),
                "amount": rng.choice(["", "1000", "1000.01", "2000", "50000"]),
            }
            first = day(rng, year, 4)
            base |= {name: first for name in DATES if rng.random() < 0.6} | {"occurred_on": first}
            for name, attribute in scheme.record_attributes.items():
                needed = any(variant.value and variant.value.plus == name for variant in scheme.items.get(item, []))
                needed |= any(name in variant.requires for variant in scheme.items.get(item, []))
                if attribute.of is None and (needed or rng.random() < 0.4):
                    base[name] = value(rng, attribute, year, words(scheme, item, name))
            for name in {name for variant in scheme.items.get(item, []) for name in variant.requires} - set(
                scheme.record_attributes
            ):
                base[name] = base.get(name) or (first if name.endswith("_on") else "7")
            if rng.random() < 0.3:
                base["act_id"] = f"{sid}-act{rng.randint(1, 2)}"
            if scheme.domain == "food_hygiene":
                base["quantity"] = rng.choice(["0", "5", "10", "15", "20"])
            records.append(base)
            later, left = date.fromisoformat(first), 1.0
            for no in range(2, 2 + rng.choice([0, 0, 0, 1, 1, 2, 3])):
                later += timedelta(days=rng.choice([0, 3, 4, 30, 31, 60, 90, 91, 300]))
                event = rng.choice(
                    ["corrected", "corrected", "corrected", "withdrawn", "reinstated", "repaired", "disputed"]
                )
                row = {"record_id": f"{sid}-{r}", "event": event, "event_no": no, "event_on": later.isoformat()}
                if event == "corrected":
                    share = rng.choice([0.5, 0.333333, left])
                    if share > left or left <= 0:
                        continue
                    left = round(left - share, 6)
                    row["share"] = f"{share:.6f}"
                records.append(row)
    results = {"subjects": subjects, "records": records}
    results |= {name: rows for name, rows in (("history", history), ("listings", listings)) if rows}
    return {name: pd.DataFrame(rows).astype("string").fillna("") for name, rows in results.items()}

"""Facts of one subject, as the reference interpreter computes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from creditscore.core.days import from_day, full_months
from creditscore.core.quantities import MICRO, TOP
from creditscore.grading.plan import BoundWindow, Plan, PlanFact


def in_window(window: BoundWindow, record: Mapping[str, Any]) -> bool:
    """Whether an assessed record's clock lies in the window, or the window says that it stays."""
    day = record["day"]
    if day > window.hi:
        return False
    if window.cycle is not None:
        began = record["cycles"][window.cycle]
        return began is not None and began <= day
    if window.lo <= day:
        return True
    if window.or_uncorrected and record["standing"]:
        return True
    return window.or_until is not None and (record.get(window.or_until) or -1) >= window.hi + window.after


def bucket(basis: str, record: Mapping[str, Any]) -> Any:
    """The key that records share which count once."""
    day = from_day(record["day"])
    return {
        "time": record["rk"],
        "day": record["day"],
        "month": day.year * 12 + day.month - 1,
        "quarter": day.year * 4 + (day.month - 1) // 3,
        "year": day.year,
        "period": 0,
        "act": record["act_id"] or f"\0{record['rk']}",
    }.get(basis, record.get(basis) or "")


def record_facts(plan: Plan, records: Iterable[Mapping[str, Any]], lookups: Mapping[str, int]) -> dict[str, Any]:
    """Facts over records, each record already assessed (day, net, standing …)."""
    rows = list(records)
    return {
        fact.name: aggregate(fact, [record for record in rows if reads(fact, record, lookups)])
        for fact in plan.facts
        if fact.of == "records"
    }


def reads(fact: PlanFact, record: Mapping[str, Any], lookups: Mapping[str, int]) -> bool:
    """Whether a fact over records takes an assessed record in."""
    return bool(
        record["active"]
        and record["item_index"] in fact.items
        and in_window(fact.window, record)  # type: ignore[arg-type]
        and (fact.test is None or fact.test({**record, **lookups} if lookups else record))
    )


def aggregate(fact: PlanFact, chosen: list[Mapping[str, Any]]) -> Any:
    """The value of a fact over the assessed records that it takes in."""
    if fact.take == "any":
        return bool(chosen)
    if fact.take in ("latest", "earliest"):
        return (max if fact.take == "latest" else min)((record["day"] for record in chosen), default=None)
    if fact.take == "newest":
        last = max(chosen, key=lambda record: (record["day"], record["record_id"]), default=None)
        return "" if last is None else last[fact.column or ""]
    if fact.take == "count":
        return MICRO * len({bucket(fact.by or "time", record) for record in chosen})
    if fact.take == "run":
        return MICRO * longest_run({bucket(fact.by or "month", record) for record in chosen})
    values = [record[fact.column or ""] for record in chosen]
    if fact.take == "sum":
        return max(-TOP, min(TOP, sum(values)))  # beyond every number a condition may name
    return (max if fact.take == "max" else min)(values, default=fact.absent)


def longest_run(keys: set[int]) -> int:
    """The longest row of neighbouring numbers."""
    best = 0
    for key in keys:
        if key - 1 not in keys:
            length = 1
            while key + length in keys:
                length += 1
            best = max(best, length)
    return best


def other_facts(
    plan: Plan,
    env: dict[str, Any],
    dates: Mapping[str, int | None],
    history: Iterable[Mapping[str, Any]],
    listings: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Facts over history, listings and dates of the subject; `env` already holds the facts over records."""
    rows = {row["year"]: row for row in history if row["year"] < plan.year}
    entries = list(listings)
    result: dict[str, Any] = {}
    for fact in plan.facts:
        if fact.of == "history":
            result[fact.name] = _history(plan, fact, rows)
        elif fact.of == "listings":
            result[fact.name] = _listings(plan, fact, entries)
        elif fact.of == "attributes":
            result[fact.name] = since(fact, env, dates)
    return result


def since(fact: PlanFact, env: Mapping[str, Any], dates: Mapping[str, int | None]) -> int:
    """The time since the first date that is given."""
    given = [dates.get(name, env.get(name)) for name in fact.dates]
    return _elapsed(fact, next((value for value in given if value is not None), None))


def _listings(plan: Plan, fact: PlanFact, entries: list[Mapping[str, Any]]) -> Any:
    """Of the entries in force on the day (or ever made): any, how many, the newest, or the time since the oldest."""
    days = [entry["entered_day"] for entry in entries if reads_entry(fact, entry)]
    if fact.take in ("months_since", "days_since"):
        return _elapsed(fact, min(days, default=None))
    if fact.take == "latest":
        return max(days, default=None)
    return bool(days) if fact.take == "any" else MICRO * len(days)


def reads_entry(fact: PlanFact, entry: Mapping[str, Any]) -> bool:
    """Whether a fact over listings takes an entry in."""
    return bool(
        entry["list"] in fact.lists
        and entry["entered_day"] <= fact.at
        and (fact.ever or entry["exited_day"] is None or entry["exited_day"] > fact.at)
        and (fact.ever or entry["term_end_day"] is None or entry["term_end_day"] >= fact.at)
        and (fact.test is None or fact.test(_listing(entry)))
    )


def _listing(entry: Mapping[str, Any]) -> dict[str, Any]:
    cells = {name: entry.get(name) or "" for name in ("list", "exit_reason", "basis")}
    return cells | {
        "entered_on": entry["entered_day"],
        "term_end": entry["term_end_day"],
        "exited_on": entry["exited_day"],
    }


def _elapsed(fact: PlanFact, day: int | None) -> int:
    if day is None:
        return fact.absent
    # months are counted to the end of the day on which grading stands
    return MICRO * (full_months(day, fact.at + 1) if fact.take == "months_since" else fact.at - day)


def _history(plan: Plan, fact: PlanFact, rows: Mapping[int, Mapping[str, Any]]) -> Any:
    where = fact.test or (lambda env: True)
    count = len(years_read(fact, {year for year, row in rows.items() if where(row)}, plan.year))
    return count > 0 if fact.take == "any" else MICRO * count


def years_read(fact: PlanFact, fitting: Collection[int], year: int) -> set[int]:
    """Of the years whose grades fit a fact over history those that it counts, in the evaluation year `year`."""
    if fact.take == "chain":
        length = 0
        while year - 1 - length in fitting:
            length += 1
        return set(range(year - length, year))
    low, high = fact.years or (-1000, -1)
    return {past for past in fitting if year + low <= past <= year + high}

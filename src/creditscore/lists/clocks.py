"""The days of an entry as its list's rule counts them: from when a way out counts, when the entry is over by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.core.days import iso, read_day
from creditscore.lists import rules, terms
from creditscore.lists.rules import GeneralExit
from creditscore.schemes.lists import ListExit, ListRule, ListStep

Case = Mapping[str, Any]  # what is known of an entry, by the fields of `configs/workflows/listing`; days as texts
NAMED = ("noticed_on", "objected_on", "decided_on", "entered_on", "published_on", "term_end")


def name_days(case: Case, **more: str | None) -> dict[str, int]:
    """Return every known day of a case by the name that rules use; its own days come before those that were given."""
    own = {name: case.get(name) for name in NAMED} | more
    days = {**(case.get("dates") or {}), **{name: day for name, day in own.items() if day}}
    return {name: read_day(day) for name, day in days.items()}


def find_step_day(case: Case, since: str) -> int | None:
    """Return the day from which a step counts: the act's own decision where its day was given."""
    dates = case.get("dates") or {}
    if since == "decided_on" and since in dates:
        return read_day(dates[since])
    return name_days(case).get(since)


def find_decision_step(rule: ListRule) -> ListStep | None:
    """Return the time limit for the decision, where the list has one."""
    return next((step for step in rule.steps if step.id.startswith("decision")), None)


def find_publish_by(rule: ListRule, case: Case) -> str | None:
    """Return the last day for the publication of an entry, the earliest where the rule has several."""
    if case.get("published_on"):
        return None
    counted = [(step, find_step_day(case, step.since)) for step in rule.steps if step.id.startswith("publish")]
    ends = [terms.last_day_of_step(step, since) for step, since in counted if since is not None]
    return iso(min(ends)) if ends else None


def find_first_day_out(case: Case) -> str | None:
    """Return the first day on which an entry no longer holds, as far as known; None while no end is known."""
    if case.get("exited_on"):
        return str(case["exited_on"])
    return iso(read_day(case["term_end"]) + 1) if case.get("term_end") else None


def holds(case: Case, on: str) -> bool:
    """Tell whether an entry is in force on a day."""
    end = find_first_day_out(case)
    return bool(case.get("entered_on")) and case["entered_on"] <= on and (end is None or on < end)


def list_ways_out(rule: ListRule, case: Case) -> dict[str, ListExit | GeneralExit]:
    """Return the ways out of an entry by their ids: those of its list, then those of every list of its kind."""
    own: dict[str, ListExit | GeneralExit] = {way.id: way for way in rules.exits_for(rule, case.get("triggers") or ())}
    return own | {way.id: way for way in rules.general_exits(rule) if way.id not in own}


def find_clock(case: Case, way: ListExit, dates: Mapping[str, str] | None = None) -> int | None:
    """Return the day from which a way out counts: never before the entry, and anew after a restart or a bar."""
    days = {name: read_day(day) for name, day in (dates or {}).items()} | name_days(case)
    since = days.get(way.since or "")
    if since is None or not case.get("entered_on"):
        return None
    floors = [since]
    if way.since == "corrected_on":
        floors.append(days["entered_on"])
    if way.since == "entered_on" and case.get("restarted_on"):
        floors.append(read_day(case["restarted_on"]))
    if way.kind == "expiry":
        floors += [read_day(day) for ground, day in (case.get("bars") or {}).items() if ground in way.unless]
    return max(floors)


def find_expiry(rule: ListRule, case: Case) -> dict[str, Any] | None:
    """Return when an entry is over by itself, and what stands in the way.

    Parameters
    ----------
    rule
        The rule of its list.
    case
        What is known of the entry.

    Returns
    -------
    dict or None
        `on`, the first day out; `by`, by when somebody ends it; `way`, the id of the way out, `term_end` where no way
        is named; `needs`, what must be shown first, and as a text `note`; `may_be_barred`, whether an open case on the
        same list stands in the way. None where there is no such day.
    """
    ways = [way for way in rules.exits_for(rule, case.get("triggers") or ()) if way.kind == "expiry"]
    ends: list[tuple[int, bool, ListExit | None]] = []
    if case.get("term_end"):
        plain = next((way for way in ways if way.after is None), None)
        ends.append((read_day(case["term_end"]) + 1, False, plain))
    for way in ways:
        if way.after is None or set(way.unless) & set(case.get("triggers") or ()):
            continue  # the ground of the entry itself may bar a way
        since = find_clock(case, way)
        if since is not None:
            ends.append((terms.first_day_out(way, since), bool(way.needs), way))
    if not ends:
        return None
    free, needs_proof, way_out = min(ends, key=lambda end: end[:2])
    needs = list(way_out.needs) if way_out and needs_proof else []
    within = way_out.decided_within if way_out else None
    return {
        "on": iso(free),
        "by": iso(terms.later(free - 1, within)) if within else iso(free),
        "way": way_out.id if way_out else "term_end",
        "needs": needs,
        "note": ", ".join(needs) or None,
        "may_be_barred": bool(way_out and way_out.unless),
    }

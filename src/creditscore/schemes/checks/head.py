"""The head of a scheme: its span, its grades, its clocks and windows, and when rules apply."""

from __future__ import annotations

from datetime import date
from typing import Any

from creditscore.core.model_keys import list_few
from creditscore.core.references import walk
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.records.schema import KINDS
from creditscore.schemes.model import Applies, Decide, Scheme, Window
from creditscore.schemes.validity import first, last
from creditscore.schemes.walk import rules

YEARS = (1900, 2100)
MOST = {"years": 100, "months": 1200, "days": 36600, "workdays": 2600, "after_days": 36600, "end_of_year": 100}


def check(scheme: Scheme, source: Source) -> None:
    _span(scheme, source)
    _spread(scheme, source)
    for kind in scheme.kinds or []:
        if kind not in KINDS:
            source.fault(("kinds",), f"{kind!r} is not a kind of subject; there are: {list_few(KINDS)}", "E301")
    if not scheme.grades:
        source.fault(("grades",), "has no grade; name them best first", "E120")
    floor, ceiling = scheme.combine.floor, scheme.combine.ceiling
    if floor is not None and ceiling is not None and floor > ceiling:
        source.fault(("combine", "floor"), "the floor lies above the ceiling", "E121")
    for name, clock in scheme.clocks.items():
        if not clock:
            source.fault(("clocks", name), "names no date; a clock is a list of dates, the first given counts", "E122")
        elif len(set(clock)) < len(clock):
            source.fault(("clocks", name), "names a date twice", "E122")
    for name, window in scheme.windows.items():
        _window(scheme, source, ("windows", name), window)
    for path, rule in rules(scheme):
        if rule.applies:
            _applies(scheme, source, path, rule.applies)
        if isinstance(rule, Decide):
            for shift in ("down", "up"):
                steps = getattr(rule, shift)
                if steps is not None and not 1 <= steps < max(len(scheme.grades), 2):
                    most = max(len(scheme.grades) - 1, 1)
                    source.fault((*path, shift), f"{steps} is not a number of grades; allowed are 1 to {most}", "E123")
            for state in ("not_graded", "not_computable"):
                if getattr(rule, state) is not None and not getattr(rule, state).strip():
                    source.fault((*path, state), "is empty; write the reason, for example no_record", "E109")
                if getattr(rule, state) is not None and rule.route:
                    source.fault((*path, "route"), "a route belongs to a grade; this line gives none", "E109")


def _kind(scheme: Scheme) -> str:
    return "a year such as 2020" if scheme.period == "year" else "a day such as 2020-01-31"


def _span(scheme: Scheme, source: Source) -> None:
    year = scheme.period == "year"
    bounds: list[tuple[KeyPath, Any]] = [
        (("effective_from",), scheme.effective_from),
        (("effective_to",), scheme.effective_to),
    ]
    for i, gap in enumerate(scheme.gap):
        bounds += [(("gap", i, "from"), gap.from_), (("gap", i, "to"), gap.to)]
    right = True
    for path, bound in bounds:
        if bound is not None and isinstance(bound, int) != year:
            right = False
            message = f"{bound} does not fit period: {scheme.period}; write {_kind(scheme)}"
            source.fault(path, message, "E130")
    if not right:
        return
    begin, end = bounds[0][1], bounds[1][1]
    if end is not None and end <= begin:
        source.fault(("effective_to",), "must be later than effective_from", "E131")
    for i, gap in enumerate(scheme.gap):
        if gap.from_ >= gap.to:  # type: ignore[operator]
            source.fault(("gap", i), "must end later than it begins", "E131")


def _spread(scheme: Scheme, source: Source) -> None:
    """Years and days of the law: inside the calendar that both interpreters share."""
    for path, value in walk(scheme):
        year = value.year if isinstance(value, date) else None
        if path and path[-1] in ("effective_from", "effective_to", "from", "to") and isinstance(value, int):
            year = value if path[0] in ("effective_from", "effective_to", "gap") or "applies" in path else None
        if year is not None and not YEARS[0] <= year <= YEARS[1]:
            source.fault(path, f"{value} lies outside {YEARS[0]} to {YEARS[1]}", "E132")


def length(source: Source, path: KeyPath, unit: str, value: int | None, least: int = 0) -> None:
    """A number of days, months or years that no calendar overruns."""
    if value is not None and not least <= value <= MOST[unit]:
        source.fault((*path, unit), f"{value} {unit} is not possible here; allowed are {least} to {MOST[unit]}", "E133")


def _window(scheme: Scheme, source: Source, path: KeyPath, window: Window) -> None:
    length(source, path, "months", window.months, 1)
    length(source, path, "days", window.days, 1)
    length(source, path, "after_days", window.after_days)
    if window.cycle:
        length(source, (*path, "cycle"), "months", window.cycle.months, 1)
        for since in window.cycle.since:
            own = scheme.attributes.get(since)
            dated = since == "registered_on" or (own is not None and own.type == "date")
            if not dated and since not in source.lost:
                source.fault((*path, "cycle", "since"), f"{since!r} is not a date attribute", "E301")
        if not window.cycle.since:
            source.fault((*path, "cycle", "since"), "names no date", "E301")
    if window.years is not None:
        low, high = window.years
        if low > high:
            source.fault((*path, "years"), f"begins after it ends: {low} to {high}; the earlier year first", "E134")
        if max(abs(low), abs(high)) > MOST["years"]:
            source.fault((*path, "years"), f"reaches too far; allowed are -{MOST['years']} to {MOST['years']}", "E133")
    if window.valid is not None:
        if not window.valid or not any(window.valid.values()):
            source.fault((*path, "valid"), "is no life; write months, days or years", "E134")
        for unit, value in window.valid.items():
            length(source, (*path, "valid"), unit, value)
    elif window.after_days:
        source.fault((*path, "after_days"), "belongs to valid, the life of a record", "E134")
    if window.edge and window.months is None and window.days is None and window.valid is None:
        source.fault((*path, "edge"), "belongs to months, days and valid", "E134")
    until = window.or_until
    if until is not None and until not in source.lost:
        attribute = scheme.record_attributes.get(until)
        if attribute is None:
            known = list_few(scheme.record_attributes)
            source.fault((*path, "or_until"), f"{until!r} is not a record attribute; there are: {known}", "E301")
        elif attribute.type != "date":
            source.fault((*path, "or_until"), f"{until!r} is a {attribute.type}; or_until needs a date", "E135")


def _applies(scheme: Scheme, source: Source, path: KeyPath, applies: Applies) -> None:
    at: KeyPath = (*path, "applies")
    if path[0] in ("pools", "lookups"):
        source.fault(at, f"has no meaning on {path[0]}; write it on the rules that read this", "E140")
        return
    low, high = applies.from_, applies.to
    if applies.by != "period":
        if path[0] != "items":
            source.fault((*at, "by"), "a date of the record switches items only; rules go by period", "E141")
        for key, bound in (("from", low), ("to", high)):
            if bound is not None and not isinstance(bound, date):
                source.fault((*at, key), f"{bound} is a year; by {applies.by} needs a day such as 2020-01-31", "E142")
    elif scheme.period == "year":
        for key, bound in (("from", low), ("to", high)):
            if isinstance(bound, date):
                source.fault((*at, key), f"{bound} is a day; period: year needs a year such as 2020", "E142")
    example = date(2000, 1, 1) if applies.by != "period" or scheme.period == "day" else 2000
    start, end = first(low, example), last(high, example)
    if start is not None and end is not None and type(start) is type(end) and end < start:  # type: ignore[operator]
        source.fault(at, f"begins after it ends: {low} to {high}", "E143")
    if applies.known_from and applies.known_to and applies.known_to < applies.known_from:
        source.fault(at, f"is known only before it is known: {applies.known_from} to {applies.known_to}", "E143")

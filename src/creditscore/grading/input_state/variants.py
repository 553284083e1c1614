"""What a refused row may have said: its cells, with each admissible value in place of what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from creditscore.core.days import FIRST, LAST, add_months, from_day
from creditscore.core.identity import canonical_code
from creditscore.core.quantities import MICRO, from_micro, plain
from creditscore.grading.history import route_grades
from creditscore.grading.plan import BoundWindow, Plan
from creditscore.records.schema import BEGINS_OF, ENDS_EARLY, EVENTS, HISTORY_CODES, TABLES
from creditscore.schemes.expressions import Node, thresholds

MOST_VARIANTS = 4_000  # of one row or of the rows of one record together; beyond, the row is taken as open
YEARS_BACK = 10  # how far days are tried month by month before the day of grading
DAY_FAULTS = ("bad_date", "after_intake", "occurred_after_recorded", "corrected_before_occurred")
EARLY_DAYS = ("occurred_on", "event_on")
ITEM_FAULTS = ("unknown_item", "not_this_item")
ITEM_REASONS = (*ITEM_FAULTS, "item_not_in_version", "empty_id", "unread")
Cells = dict[str, Any]
Options = tuple[list[Cells | None], bool]  # the cells a row may have had (None: it counts for nothing); are these all


@dataclass(frozen=True, eq=False)
class Space:
    """A plan with the values that stand for all others in it, worked out once."""

    plan: Plan

    @cached_property
    def days(self) -> tuple[int, ...]:
        """Days of which one stands for every other: the edges of all that the plan compares, and days of each month.

        What a grade makes of a day is whether it lies inside a window, before the day of another rule, or in a month,
        a quarter or a year; between the edges nothing changes.
        """
        plan = self.plan
        windows = [item.window for item in plan.items] + [fact.window for fact in plan.facts if fact.window]
        edges = {plan.as_of, plan.known_at, *(_edges(windows))}
        edges |= {day for item in plan.items if item.switch for day in (item.switch_lo, item.switch_hi)}
        edges |= {day for node in _conditions(plan) for day in _constant_days(node)}
        if plan.until is not None:
            edges.add(plan.until)
        earliest = min((edge for edge in edges if edge > FIRST), default=plan.as_of)
        steps = (add_months(plan.as_of, -back) for back in range(12 * YEARS_BACK + 1))
        months = {day for day in steps if day >= earliest - 31}
        around = {edge + shift for edge in edges for shift in (-1, 0, 1)} | months
        days = {day for day in around if FIRST <= day <= min(LAST, max(plan.as_of, plan.known_at) + 1)} | {FIRST}
        window = plan.default_window
        first = [day for day in (plan.as_of, window.hi, max(window.lo, FIRST)) if day in days]
        return tuple(dict.fromkeys([*first, *sorted(days, reverse=True)]))

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Every item of the plan, those that decide by themselves or weigh most first."""
        ordered = sorted(self.plan.items, key=lambda item: (item.form != "none", -abs(item.points), item.index))
        return tuple(dict.fromkeys(item.code for item in ordered))


@dataclass(frozen=True)
class RefusedRow:
    """A row that was refused: its cells as given, and of each fault the reason, the column and the detail."""

    table: str
    line: int
    cells: Mapping[str, str]
    faults: tuple[tuple[str, str, str], ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(reason for reason, _, _ in self.faults)


def options(space: Space, row: RefusedRow) -> Options:
    """Each admissible reading of a row, the most telling first, and whether these are all."""
    mends: list[list[Cells]] = []
    complete = True
    for reason, column, _ in (*row.faults, *hidden_faults(space.plan, row)):
        given = list(changes(space, row, reason, column))
        complete &= reason != "unread"
        if given:
            mends.append(given)
    readings: list[Cells | None] = []
    for parts in product(*mends):
        if len(readings) >= MOST_VARIANTS:
            return readings, False
        cells: Cells = dict(row.cells)
        for part in parts:
            cells |= part
        readings.append(cells)
    return [*readings, None], complete


def hidden_faults(plan: Plan, row: RefusedRow) -> Iterator[tuple[str, str, str]]:
    """Find the words of a refused row that the scheme would refuse next, were its other faults mended."""
    cells, faulty = row.cells, {column for _, column, _ in row.faults}
    if "unread" in row.reasons:
        return
    domain = canonical_code(str(cells.get("domain") or ""))
    if row.table in ("records", "history") and "domain" not in faulty and domain not in ("", plan.scheme.domain):
        yield "unknown_domain", "domain", ""
    if row.table == "records" and not any(reason in ITEM_REASONS for reason in row.reasons):
        if cells.get("item") and canonical_code(str(cells["item"])) not in plan.by_code:
            yield "unknown_item", "item", ""
    elif row.table == "listings" and "list" not in faulty:
        if not any(canonical_code(str(cells.get("list") or "")) in fact.lists for fact in plan.facts):
            yield "unknown_list", "list", ""
    elif row.table == "history" and "grade" not in faulty and cells.get("state") in (None, "graded"):
        grade = canonical_code(str(cells.get("grade") or ""))
        if grade not in plan.grades:
            yield "unknown_grade", "grade", ""
        elif not cells.get("route") and "route" not in faulty and grade in route_grades(plan):
            yield "missing_route", "route", ""


def changes(space: Space, row: RefusedRow, reason: str, column: str) -> Iterator[Cells]:
    """The cells that mend one fault, each in one way."""
    cells, plan = row.cells, space.plan
    if reason in DAY_FAULTS:
        early = ("entered_on",) if row.table == "listings" else EARLY_DAYS
        others = [name for name in early if cells.get(name)] if reason not in ("bad_date", "after_intake") else []
        if (reason, column, ENDS_EARLY) in row.faults:
            begin = BEGINS_OF[column]
            others = [begin] if row.table == "listings" else []
            yield from ({begin: cells.get(column), column: cells.get(begin)}, {begin: None, column: None})
        if row.table == "attributes":
            yield from ({column: None}, {column: plan_day(plan.as_of)})
            yield {column: cells.get("name"), "name": cells.get(column)}  # the two may have changed places
            return
        for name in (column, *others):
            yield from ({name: plan_day(day)} for day in space.days)
        period = str(cells.get("period") or "")
        if row.table == "history" and not period.isdigit():  # a day: the two columns may have changed places
            yield from ({column: period, **year} for year in _history_changes(plan, row, "bad_period", "period"))
        if column not in ("recorded_on", "entered_on", "term_end", "exited_on", "corrected_on"):
            return
        yield {column: None}
    elif reason == "missing_date":
        yield from ({column.split(" or ")[0]: plan_day(day)} for day in space.days)
    elif reason in ITEM_FAULTS or (reason == "empty_id" and column == "item"):
        yield from ({"item": code} for code in space.items)
    elif reason == "item_not_in_version":
        yield from ({"item": code} for code in space.items)
        dated = [name for name in (*EARLY_DAYS, "decided_on", "booked_on", "published_on") if cells.get(name)]
        yield from ({name: plan_day(day)} for name in dated for day in space.days)
    elif reason == "unknown_domain":
        yield {"domain": plan.scheme.domain}
    elif reason in ("bad_number", "bad_share"):
        yield from ({column: value} for value in numbers_to_try(plan, column))
    elif reason in ("bad_attribute", "missing_attribute"):
        name = cells.get("name", column) if row.table == "attributes" else column
        key = "value" if row.table == "attributes" else column
        yield from ({key: value} for value in attribute_values(space, str(name), row.table))
    elif reason == "unknown_event":
        yield from ({"event": event} for event in EVENTS)
    elif reason == "bad_event_no":
        yield from ({"event_no": str(number)} for number in range(1, 13))
    elif reason == "mangled_id" and column == "source_subject_id":
        yield from ({column: None}, {column: "X"})
    elif reason == "empty_id" and column == "name":
        yield from ({"name": name} for name in plan.scheme.attributes)
    elif reason == "empty_id" and column in ("record_id", "listing_id"):
        yield {column: f"without id {row.line}"}
    elif reason == "unknown_list" or (reason == "empty_id" and column == "list"):
        names = sorted({name for fact in plan.facts for name in fact.lists})
        yield from ({"list": name} for name in names)
    elif reason in ("unknown_grade", "conflicting_history", "missing_route", "unknown_code", "bad_period"):
        yield from _history_changes(plan, row, reason, column)


def _history_changes(plan: Plan, row: RefusedRow, reason: str, column: str) -> Iterator[Cells]:
    routes = HISTORY_CODES["route"]
    if reason == "bad_period":
        yield from ({"period": str(plan.year - back)} for back in range(1, YEARS_BACK + 1))
    elif reason == "missing_route":
        yield from ({"route": route} for route in routes)
    elif reason == "unknown_code":
        yield from ({column: code} for code in HISTORY_CODES[column])
    else:
        given = [row.cells["route"]] if row.cells.get("route") in routes else list(routes)
        yield from ({"grade": grade, "route": route} for grade in reversed(plan.grades) for route in given)


def plan_day(day: int) -> str:
    """A day as a cell of a table."""
    return from_day(day).isoformat()


def _edges(windows: Iterable[BoundWindow]) -> Iterator[int]:
    for window in windows:
        yield from (window.lo, window.hi, window.lo + window.after, window.hi + window.after)


def _conditions(plan: Plan) -> Iterator[Node]:
    """Every condition that reads a record, a fact or an attribute."""
    yield from (fact.where for fact in plan.facts if fact.where is not None)
    yield from (item.accepts for item in plan.items if item.accepts is not None)
    for rule in (*plan.exemptions, *plan.start, *plan.conditions, *plan.deciders, *plan.adjusters):
        if rule.when is not None:
            yield rule.when


def _constant_days(node: Node) -> Iterator[int]:
    if node[0] == "day":
        yield int(node[1])
        return
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from _constant_days(part)


def numbers_to_try(plan: Plan, column: str) -> tuple[str | None, ...]:
    """Numbers of which one stands for every other: both ends, and both sides of each number compared with it."""
    if column == "share":
        return ("1", "0.5", "0.000001", "0")
    edges = {0, MICRO, 1_000_000 * MICRO}
    for item in plan.items:
        edges |= {edge for low, high, _ in item.tiers if item.of == column for edge in (low, high)}
        edges |= {edge for _, low, high, _ in item.gives if column == "amount" for edge in (low, high)}
    edges |= _compared(plan, column)
    most = (1_000_000 if column == "quantity" else 8_999_999_999_999) * MICRO
    around = {edge + shift for edge in edges for shift in (-1, 0, 1)} | {most}
    values = [number for number in sorted(around, reverse=True) if 0 <= number <= most]
    return (*(_decimal(number) for number in values), None)


def _decimal(number: int) -> str:
    value = from_micro(number)
    assert value is not None
    return plain(value)


def _compared(plan: Plan, name: str) -> set[int]:
    """The numbers with which conditions compare `name`."""
    bounds: set[int] = set()
    for node in _conditions(plan):
        try:
            bounds.update(thresholds(node, name))
        except ValueError:  # compared with another name, or multiplied: its ends must do
            continue
    return bounds


def attribute_values(space: Space, name: str, table: str) -> tuple[str | None, ...]:
    """What an attribute of a record or of a subject may have been."""
    plan = space.plan
    declared = (plan.scheme.attributes if table == "attributes" else plan.scheme.record_attributes).get(name)
    silent: tuple[str | None, ...] = (None,)
    if declared is None and table == "records" and name in TABLES["records"].columns:
        if name in ("quantity", "amount", "share"):
            return numbers_to_try(plan, name)
        if name.endswith("_on"):
            return (*map(plan_day, space.days), *silent)
        words = [word for node in _conditions(plan) for word in _texts_beside(node, name)]
        return (*dict.fromkeys([*words, "?"]), *silent)
    if declared is None:
        return silent
    if declared.type == "bool":
        return ("true", "false", *silent)
    if declared.type == "date":
        return (*map(plan_day, space.days), *silent)
    if declared.type == "text":
        words = list(declared.allowed or ())
        for item in plan.items:
            words += [word for word, _ in item.levels if item.of == name]
            words += [word for word, _ in item.measure[1]] if item.measure and item.measure[0] == name else []
        words += [word for node in _conditions(plan) for word in _texts_beside(node, name)]
        return (*dict.fromkeys([*words, "?"] if not declared.allowed else words), *silent)
    edges = _compared(plan, name) | {0, MICRO, 10**6 * MICRO}
    for item in plan.items:
        edges |= {edge for low, high, _ in item.tiers if item.of == name for edge in (low, high)}
    least = int((getattr(declared, "least", None) or 0) * MICRO)
    most = int((getattr(declared, "most", None) or 10**6) * MICRO)
    around = {edge + shift for edge in edges | {least, most} for shift in (-1, 0, 1)}
    return (*(_decimal(number) for number in sorted(around, reverse=True) if least <= number <= most), *silent)


def _texts_beside(node: Node, name: str) -> Iterator[str]:
    """The words with which a condition compares `name`."""
    if ("name", name) in node[1:]:
        yield from _texts(node)
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from _texts_beside(part, name)


def _texts(node: Node) -> Iterator[str]:
    if node[:1] == ("text",):
        yield str(node[1])
        return
    for part in node:
        if isinstance(part, tuple):
            yield from _texts(part)


def record_variants(
    space: Space, refused: Sequence[RefusedRow], accepted: Sequence[Cells], others: Mapping[str, Sequence[Cells]]
) -> Iterator[tuple[frozenset[str], list[Cells], bool]]:
    """What the rows of one record may have said together.

    `accepted`: the rows of that record that were taken in; `others`: the rows of the subject's other records. Gives
    the ids of the records whose place a variant takes, its rows, and whether the variants so far are all.
    """
    own = {str(row.cells.get("record_id") or "") for row in refused}
    orphans = [row for row in refused if "orphan_event" in row.reasons]
    is_filed = any((row.cells.get("event") or "filed") == "filed" for row in refused)
    if orphans and not is_filed:
        yield from _orphan_variants(space, orphans, others)
        return
    parts, complete = [], True
    for row in refused:
        readings, whole = options(space, row)
        if "conflicting_key" in row.reasons:
            readings = [*readings, {**row.cells, "record_id": f"{row.cells.get('record_id')} ({row.line})"}]
        parts.append(readings)
        complete &= whole
    for number, chosen in enumerate(product(*parts)):
        if number >= MOST_VARIANTS:
            yield frozenset(own), list(accepted), False
            return
        yield frozenset(own), [*accepted, *(cells for cells in chosen if cells is not None)], complete


def _orphan_variants(
    space: Space, orphans: Sequence[RefusedRow], others: Mapping[str, Sequence[Cells]]
) -> Iterator[tuple[frozenset[str], list[Cells], bool]]:
    """Events of a record nobody filed: of any other record of the subject, or of one that never came."""
    named = (canonical_code(str(row.cells["item"])) for row in orphans if row.cells.get("item"))
    given = next((item for item in named if item in space.plan.by_code), None)
    items = [given] if given else list(space.items)
    first = min((str(value) for row in orphans for name in EARLY_DAYS if (value := row.cells.get(name))), default="")
    clock = space.plan.clocks[space.plan.default_clock][0]
    days = [first] if first and not given else [plan_day(day) for day in space.days]
    for item in items:
        for day in days:
            filed: Cells = {"record_id": "never filed", "event": "filed", "item": item, "event_on": day, clock: day}
            domain = next((row.cells["domain"] for row in orphans if row.cells.get("domain")), None)
            if domain:
                filed["domain"] = domain
            yield frozenset(), [filed], True
    for record_id, rows in others.items():
        number = max(int(row.get("event_no") or 1) for row in rows)
        moved = [
            {**row.cells, "record_id": record_id, "event_no": str(number + place)}
            for place, row in enumerate(orphans, start=1)
        ]
        yield frozenset((record_id,)), [*rows, *moved], True
    yield frozenset(), [], True

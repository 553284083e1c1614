"""What a correction of each counted record would still give back, window by window, and the days that end something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from creditscore.days import LAST, from_day, iso
from creditscore.grading.assess import assess, day_column
from creditscore.grading.bind_days import window_days
from creditscore.grading.plan import FULL, NO_AMOUNT, PlanItem
from creditscore.quantities import MICRO, from_micro, half_up, plain
from creditscore.review.packet.again import Again
from creditscore.schemes.model import Window

FARTHEST = 366 * 30  # days ahead that are looked at for the day on which a record leaves the account


def repair_rows(again: Again) -> list[dict[str, Any]]:
    """One row per counted record and window of its repair rule that is not over on the run's day.

    `until` is the window's last day (empty: without end), `gives_back` the points of a full correction made in it, of
    what is not given back yet. A rule that lifts a record altogether says `lifts`.
    """
    found = []
    for row, item in _counted(again):
        if item.repair is None:
            continue
        clock = next(
            (
                row[day_column(name)]
                for name in again.plan.clocks[item.repair.clock]
                if row.get(day_column(name)) is not None
            ),
            None,
        )
        if clock is None:
            continue
        open_share = MICRO - row["corrected_share"]
        last_days = item.repair.last_days(clock)
        for index, (name, last) in enumerate(zip(item.repair.windows, last_days, strict=True)):
            if last < again.plan.known_at or not open_share:
                continue
            back = half_up(row["nominal_high"] * open_share * _basis(item, index, row), FULL)
            found.append(
                {
                    "record_id": row["record_id"], "item": item.code, "rule": item.repair_terms.rule, "window": name,
                    "until": iso(last) if last < LAST else "", "gives_back": plain(from_micro(back)),
                    "lifts": item.lifts, "cite": _cite(item),
                }
            )  # fmt: skip
    return found


def deadline_rows(again: Again, given: Mapping[str, list[Any]]) -> list[dict[str, str]]:
    """Days on which something ends, in order: repair windows, records that leave the account, terms of lists."""
    known = iso(again.plan.known_at)
    rows = [
        {"day": row["until"], "what": "repair_window", "of": row["record_id"], "note": row["window"]}
        for row in repair_rows(again)
        if row["until"]
    ]
    for row, item in _counted(again):
        day = _leaves(again, item, row)
        if day:
            rows.append({"day": day, "what": "leaves_account", "of": row["record_id"], "note": item.code})
    for entry in given["listings"]:
        if entry.get("term_end", "") > known and "exited_on" not in entry:
            rows.append(
                {"day": entry["term_end"], "what": "list_term", "of": entry["listing_id"], "note": entry["list"]}
            )
    return sorted(rows, key=lambda row: (row["day"], row["what"], row["of"], row["note"]))


def _counted(again: Again) -> Iterator[tuple[dict[str, Any], PlanItem]]:
    cycles = (None,) * len(again.plan.cycles)
    for row in again.then.records:
        weighed = assess(again.plan, row, cycles)
        if weighed is not None and weighed["counts"] and weighed["status"] == "active":
            yield weighed, weighed["plan_item"]


def _basis(item: PlanItem, index: int, row: Mapping[str, Any]) -> int:
    amount = row["amount"] if row["amount"] else NO_AMOUNT
    return sum(basis for window, low, high, basis in item.gives if window == index and low <= amount <= high)


def _cite(item: PlanItem) -> str:
    cited = [*item.repair_terms.cite, *item.repair_rule.cite] if item.repair_terms else []
    return "; ".join(dict.fromkeys(f"{one.law} {one.article}".strip() for one in cited))


def _leaves(again: Again, item: PlanItem, row: Mapping[str, Any]) -> str:
    """The first day on which a record is too old for its window, in a scheme of days; empty where none is certain."""
    window: Window = again.scheme.windows[getattr(item.rule, "window", None) or again.scheme.admit.window]
    if again.scheme.period != "day" or window.ever or window.cycle or window.or_uncorrected or window.or_until:
        return ""
    if window.beyond or window.until == "known_at":
        return ""
    low, high = again.plan.as_of + 1, again.plan.as_of + FARTHEST
    if window_days(window, from_day(high).year, high)[0] <= row["day"]:
        return ""
    while low < high:
        middle = (low + high) // 2
        gone = window_days(window, from_day(middle).year, middle)[0] > row["day"]
        low, high = (low, middle) if gone else (middle + 1, high)
    return iso(low)

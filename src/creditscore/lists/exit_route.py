"""Routes out of an entry: which there are, when one opens by itself, and whether the entry runs at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase
from creditscore.lists.events import Event
from creditscore.lists.rules import GeneralExit, exits_for, general_exits, list_rule
from creditscore.lists.terms import first_day_out
from creditscore.schemes.lists import ListExit


@dataclass(frozen=True)
class Note:
    """`code` is one of the section `notes` of words.yaml; `values` are names of days, ways, needs, lists or cases."""

    code: str
    values: tuple[str, ...] = ()


def require_running(case: ListCase, event: Event) -> None:
    """UsageError unless the entry holds on the day of the step."""
    if case.state != "listed" or not case.holds(event.on):
        ended = case.first_day_out
        if case.state in ("listed", "exited") and ended is not None and event.on >= ended:
            what = f"the entry no longer holds on {iso(event.on)}: it ended before {iso(ended)}"
        elif case.state == "listed":
            what = f"the entry begins on {iso(case.entered_on)}, after {iso(event.on)}"
        else:
            what = f"there is no entry; the case is {case.state}"
        raise UsageError(what, where=f"case {case.case_id}", allowed="a running entry")


def exit_route(case: ListCase, name: str) -> ListExit | GeneralExit:
    """A way out by its id; UsageError names those that this entry has."""
    rule = list_rule(case.scheme, case.list)
    own = exits_for(rule, case.triggers)
    ways: list[ListExit | GeneralExit] = [
        *own,
        *(general_exit for general_exit in general_exits(rule) if general_exit.id not in {way.id for way in own}),
    ]
    list_exit = next((way for way in ways if way.id == name), None)
    if list_exit is None:
        raise UsageError(
            f"{name!r} is no way out of this entry", where=f"case {case.case_id}", allowed=[way.id for way in ways]
        )
    return list_exit


def expires_on(case: ListCase) -> tuple[int, ListExit | None, Note | None] | None:
    """The first day on which an entry is over by itself, by which way, and what a person must look at first.

    None where there is no such day.
    """
    ways = [way for way in exits_for(list_rule(case.scheme, case.list), case.triggers) if way.kind == "expiry"]
    timed = [way for way in ways if way.after is not None and way.since is not None]
    ends: list[tuple[int, ListExit | None, Note | None]] = []
    if case.term_end is not None:
        plain = next((way for way in ways if way.after is None), None)
        ends.append((case.term_end + 1, plain, None))
    for way in timed:
        assert way.since is not None
        if set(way.unless) & set(case.triggers):
            continue  # the ground of the entry itself bars this way
        since = clock(case, way, {})
        if since is not None:
            ends.append((first_day_out(way, since), way, _proof(way)))
    return min(ends, key=lambda end: (end[0], end[2] is not None), default=None)


def _proof(way: ListExit | None) -> Note | None:
    """A way out that needs something shown waits for a person."""
    return Note("needs", tuple(way.needs)) if way is not None and way.needs else None


def clock(case: ListCase, way: ListExit, dates: Mapping[str, int]) -> int | None:
    """The day from which a way out counts: never before the entry, and anew after a restart or a bar."""
    assert way.since is not None
    since = {**dates, **case.named()}.get(way.since)
    if since is None or case.entered_on is None:
        return None
    if way.since == "corrected_on":
        since = max(since, case.entered_on)
    if way.since == "entered_on" and case.restarted_on is not None:
        since = max(since, case.restarted_on)
    barred = [on for ground, on in case.bars.items() if ground in way.unless] if way.kind == "expiry" else []
    return max([since, *barred])

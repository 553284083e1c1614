"""Questions across entries on lists: is the list free, is another case open, which red lists are to be left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from creditscore.core.days import iso, read_day
from creditscore.lists.clocks import find_first_day_out, holds
from creditscore.store.context import Context
from creditscore.store.fold import Stream

OPEN = ("proposed", "noticed", "objected", "checked")  # nothing is decided yet
MANAGED = ("serious", "watch")  # lists whose entries end one on a red list
MEASURE_DOUBTED = "measure.doubted"
HANGING = ("proposed", "accepted", "notified", "executed", "fed_back")  # states of measures that hang on an entry


def look_beside(context: Context) -> None:
    """Ask what no case can answer alone: is the list free, is another case open, which red lists are to be left."""
    now, others = context.now(), context.read_of("listing", _subject(context))
    beside = [other for other in others if other.fields.get("list") == now["list"]]
    known = [event.known_on for other in beside for event in other.events if event.flow]
    context.require_known_since(max(known, default=""), "another step of this subject and list")
    if context.act == "propose":
        why = find_obstacle(beside, now["kind"], now["records"], context.given["trigger"], context.day)
        if why is not None:
            raise context.refuse(
                f"{context.given['trigger']!r} leads to no proposal for {now['list']}: {why}",
                allowed="one case at a time, and no second one on what was decided",
                next="look at that case",
            )
    barring = [other.name for other in beside if other.state in OPEN]
    if context.act == "expire" and context.case["over"]["may_be_barred"] and barring:
        raise context.refuse(
            f"a matter is open that may bar the exit: {', '.join(barring)}",
            allowed="an exit once it is decided",
            next="decide on it first",
        )
    _require_one_at_a_time(context, now, beside)
    if context.act in ("exit", "correct") and now.get("exit") == "listed_elsewhere":
        _require_listed_elsewhere(context, now["exited_on"], others)
    if "listing.seen_beside" in context.emits and now["kind"] in (*MANAGED, "red"):
        _look_at_red_lists(context, now, others)
    if context.act in ("exit", "expire", "correct") and "measure.entry_left" in context.emits:
        _tell_measures(context, now)
    if context.act == "stand" and MEASURE_DOUBTED in context.emits:
        doubt_measures(context, context.before, None)


def make_id(case: Stream) -> str:
    """Return what tables call a case: its name without the kind of stream."""
    return case.name.partition("/")[2]


def find_annulled(context: Context, subject: str) -> set[str]:
    """Find the entries of an organisation that were annulled, by the ids that tables of entries have for them."""
    cases = context.read_of("listing", subject)
    return {make_id(case) for case in cases if case.fields.get("exit_reason") == "annulled"}


def doubt_measures(context: Context, entry: Stream, doubt: Mapping[str, Any] | None) -> None:
    """Put in question every joint measure that hangs on an entry, or end there the doubt that the entry's one brought.

    Parameters
    ----------
    context
        Of the act; it must declare that it writes `measure.doubted`.
    entry
        The entry as it stood before the act.
    doubt
        What puts it in question now; None: nothing does any more. A doubt of another cause than the one that the
        entry had stays.
    """
    ended = _pass_on(entry, entry.fields.get("doubt"))
    for measure in context.read_of("measure", entry.subject):
        if measure.is_erased or measure.state not in HANGING or measure.fields.get("listing") != make_id(entry):
            continue
        if doubt is None and (ended is None or measure.fields.get("doubt") != ended):
            continue
        values = {"doubt": _pass_on(entry, doubt)}
        context.emit(measure.name, MEASURE_DOUBTED, subject=entry.subject, set=values, state=measure.state)


def _pass_on(entry: Stream, doubt: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The doubt of an entry as a measure has it that hangs on the entry."""
    return (
        None if doubt is None else {"entry": make_id(entry), **{name: doubt[name] for name in ("why", "on", "because")}}
    )


def find_obstacle(beside: Iterable[Stream], kind: str, records: Sequence[str], trigger: str, on: str) -> str | None:
    """Say why a proposal may not be made beside the other cases of the same subject and list.

    Parameters
    ----------
    beside
        These cases.
    kind
        The kind of the list; on one of `record` each decision has an entry of its own.
    records, trigger
        What the proposal rests on.
    on
        Its day.

    Returns
    -------
    str or None
        A case that is open, an entry that holds, or what was decided before on the same; None where nothing is.
    """
    mine = {*records}
    for other in sorted(beside, key=lambda other: (other.day_of(other.events[0]), other.name)):
        case, name = other.fields, other.name.partition("/")[2]
        theirs = {*(case.get("records") or ())}
        same = bool(theirs & mine) or kind != "record"
        if other.state in OPEN and same:
            return f"a case is open: {name}"
        if other.state in ("listed", "exited") and holds(case, on) and same:
            return f"an entry holds: {name}"
        settled = mine <= theirs if mine else trigger in (case.get("triggers") or ())
        if other.state == "declined" and settled:
            return f"declined on {case['decided_on']}: {name}"
        if other.state == "exited" and case.get("exit_reason") != "annulled" and mine and settled:
            return f"the same records led to an entry before: {name}"
    return None


def list_beside(context: Context, key: str) -> list[Stream]:
    """Return the other cases of the subject of an act on a list."""
    return [other for other in context.read_of("listing", _subject(context)) if other.fields.get("list") == key]


def _subject(context: Context) -> str:
    return context.subject or str(context.given.get("subject") or "")


def _require_one_at_a_time(context: Context, now: Mapping[str, Any], beside: Iterable[Stream]) -> None:
    """Two entries on one list never hold on the same day; where each decision has its own entry, on one record."""
    if not now.get("entered_on"):
        return
    ends = find_first_day_out(now)
    for other in beside:
        entered, end = other.fields.get("entered_on"), find_first_day_out(other.fields)
        shared = {*(now.get("records") or ())} & {*(other.fields.get("records") or ())}
        if not entered or (now["kind"] == "record" and not shared):
            continue
        if not ((end is not None and end <= now["entered_on"]) or (ends is not None and ends <= entered)):
            until = f"until {iso(read_day(end) - 1)}" if end else "without a known end"
            raise context.refuse(
                f"{context.subject} is already on the list {now['list']}: entered {entered}, {until} ({other.name})",
                allowed="one entry at a time for each subject and list",
                next="where the rule lengthens a running entry, use `prolong`; else end the first entry",
            )


def _require_listed_elsewhere(context: Context, day: str, others: Iterable[Stream]) -> None:
    """Whoever leaves a red list for another list stands on a serious or watch list on that day."""
    if not any(other.fields.get("kind") in MANAGED and holds(other.fields, day) for other in others):
        raise context.refuse(
            "the subject is on no serious and no watch list on that day", allowed="another way out", next="name it"
        )


def _look_at_red_lists(context: Context, now: Mapping[str, Any], others: Iterable[Stream]) -> None:
    """Note on entries of red lists on which serious and watch lists the organisation stands; one leaves red then."""
    cases = [(other.name, other.state, other.fields) for other in others] + [(context.stream, now["state"], now)]
    managed = sorted({case["list"] for _, state, case in cases if state == "listed" and case.get("kind") in MANAGED})
    for name, state, case in cases:
        is_red = state == "listed" and case.get("kind") == "red"
        if is_red and sorted(case.get("other_lists") or ()) != managed:
            task = {"change": "open" if managed else "done", "what": "leave_red", "number": 0}
            more = {"due_on": None, "team": "approver", "note": ", ".join(managed)} if managed else {}
            values = {"other_lists": managed}
            context.emit(name, "listing.seen_beside", state=state, set=values, tasks=[{**task, **more}])


def _tell_measures(context: Context, now: Mapping[str, Any]) -> None:
    """Note on measures that rest on this entry from which day it is left: they are to be lifted or closed."""
    left_on = now.get("exited_on") or (None if now.get("entered_on") else context.day)
    key = context.stream.partition("/")[2]
    for measure in context.read_of("measure", context.subject):
        known = measure.fields
        if known.get("listing") == key and known.get("entry_left_on") != left_on:
            values = {"entry_left_on": left_on, "lift_by": known.get("lift_by") or now.get("withdraw_by")}
            context.emit(measure.name, "measure.entry_left", state=measure.state, set=values)

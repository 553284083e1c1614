"""A step that was written down wrongly is superseded, never overwritten; what followed from it is worked out again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.lists import exits, import_entry, procedure, propose, running
from creditscore.lists.case import ListCase
from creditscore.lists.decide import decided
from creditscore.lists.events import TEXTS, Event, StepFields, day, plain, text
from creditscore.lists.register import Book, Work, book_of, one_at_a_time, settle, step

WORK: Mapping[str, Work] = {
    "proposed": propose.proposed,
    "imported": import_entry.taken_over,
    "revoked": exits.revoked,
    "noticed": procedure.noticed,
    "objected": procedure.objected,
    "checked": procedure.checked,
    "extended": procedure.extended_time,
    "decided": decided,
    "published": procedure.published,
    "prolonged": running.prolonged,
    "barred": running.barred,
    "applied": running.applied,
    "refused": running.refused,
    "exited": exits.left,
    "unpublished": exits.unpublished,
}
FIXED = ("subject", "list", "scheme", "of")  # what a case is about


def correct(
    book: Book, case_id: str, no: int, *, to: Mapping[str, Any], reason: str, **step_fields: Unpack[StepFields]
) -> Book:
    """Correct a step of a case that was written down wrongly.

    The step is superseded, not overwritten. The later steps are taken again with what is right now; where one of them
    would not be allowed, the correction is refused. Before `recorded_on` of the correction everything is known as it
    was.

    Parameters
    ----------
    book
        The book.
    case_id
        The case.
    no
        The number of the step in the case, as in `Event.no`; not that of a correction.
    to
        The parts to replace, with their right values: `on`, `organ`, `document`, `evidence`, or what the step itself
        says (such as `reason` or `term_end`). What the case is about (`subject`, `list`, `scheme`, `of`) cannot be
        corrected.
    reason
        What was wrong and how it is known; not empty.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later).

    Returns
    -------
    Book
        The book with the correction, and what follows from it.

    Raises
    ------
    UsageError
        Where the case has no such step, `reason` is empty, a part cannot be corrected, the step is an exit that
        happened by itself, its new day lies after the day on which it was recorded, nothing changes, or a later step
        would not be allowed. Also where there is no such case, `on` or `recorded_on` is no day, lies in the future or
        before an earlier step, `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity
        number.

    Examples
    --------
    >>> book = correct(book, case_id, 3, to={"on": "2024-05-09"}, reason="misread",
    ...                on="2024-06-01", by="li.na")  # doctest: +SKIP
    """
    case = book.case(case_id)
    if not reason.strip():
        raise UsageError(
            "the correction gives no reason", where=f"case {case_id}", next="say what was wrong and how it is known"
        )
    old = next((event for event in case.events if event.no == no and event.kind != "corrected"), None)
    if old is None:
        there = ", ".join(str(event.no) for event in case.events if event.kind != "corrected")
        raise UsageError(f"the case has no step {no} to correct", where=f"case {case_id}", allowed=there)
    new = _changed(old, to)
    steps = [new if event.no == no else event for event in case.events if event.kind != "corrected"]
    again = book_of(event for event in book.events if event.case_id != case_id)
    for event in steps:
        before = again.cases.get(case_id, ListCase(case_id, case.subject_id, case.list))
        again = settle(again, before, replace(event, data={}, basis="", mark=""), _work(event))
    replaced = {
        str(now.no): _parts(now)
        for was, now in zip(
            (event for event in case.events if event.kind != "corrected"), again.cases[case_id].events, strict=True
        )
        if _parts(was) != _parts(now)
    }
    if not replaced:
        raise UsageError(
            "the correction changes nothing",
            where=f"case {case_id}, step {no}",
            next="give the part that was wrong with its right value; what is right already needs no correction",
        )

    args = {"no": no, "to": dict(to), "reason": reason}
    after = step(book, case, "corrected", args, step_fields, lambda book, case, result: ({}, []))
    list_event = replace(after.events[-1], data=plain({"replaced": replaced}))
    corrected = book.add(list_event)
    one_at_a_time(corrected, corrected.cases[case_id])
    return corrected


def _work(event: Event) -> Work:
    if event.kind == "exited" and "by_itself" in event.args:
        return exits.ended
    return WORK[event.kind]


def _changed(old: Event, to: Mapping[str, Any]) -> Event:
    """The step with other parts; UsageError for a part that it does not have, or that names what the case is about."""
    common = {name: text(to[name], name) for name in TEXTS if name in to}
    own = {name: value for name, value in to.items() if name not in (*TEXTS, "on")}
    fixed = sorted(set(own) & set(FIXED))
    if fixed or "by_itself" in old.args:
        what = ", ".join(fixed) or "an exit by itself"
        raise UsageError(
            f"{what} cannot be corrected",
            where=f"case {old.case_id}, step {old.no}",
            next="correct the step it follows from, or let the case end and begin another",
        )
    on = day(to["on"], "on") if "on" in to else old.on
    if on > old.recorded_on:
        raise UsageError(
            f"the step was recorded on {iso(old.recorded_on)} and cannot be of {iso(on)}",
            where=f"case {old.case_id}, step {old.no}",
            allowed=f"up to {iso(old.recorded_on)}",
        )
    changes: dict[str, Any] = {"on": on, "args": plain({**old.args, **own}), **common}
    return replace(old, **changes)


PARTS = ("organ", "document", "evidence", "basis", "mark")


def _parts(event: Event) -> dict[str, Any]:
    texts = {name: getattr(event, name) for name in PARTS}
    return {"on": iso(event.on), **texts, "args": dict(event.args), "data": dict(event.data)}

"""What follows for entries on lists: a case whose records or ground are no longer what they were is put in question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from creditscore.cascade.follow import Redrawn
from creditscore.cascade.inputs import RecordEvent
from creditscore.lists.beside import doubt_measures
from creditscore.store.archive.rows import Rows
from creditscore.store.context import Context
from creditscore.store.fold import Stream

DOUBTED = "listing.doubted"
IN_QUESTION = frozenset({"proposed", "noticed", "objected", "checked", "listed"})  # states in which a doubt matters
CHANGES = frozenset({"repaired", "corrected", "amended"})


def doubt_entries(
    context: Context, subject_id: str, events: Sequence[RecordEvent], redrawn: Sequence[Redrawn]
) -> list[str]:
    """Put in question, in the act of a context, every entry of an organisation that rests on what was decided.

    Parameters
    ----------
    context
        Of the act; it must declare that it writes `listing.doubted`.
    subject_id
        The organisation.
    events
        All that was decided about its records, the events of this act among them.
    redrawn
        Its grades that the act draws anew.

    Returns
    -------
    list of str
        The cases whose doubt has changed. Nobody leaves a list by this: a task asks a person to look at the case, and a
        record that is reinstated takes the doubt back.
    """
    doubted = []
    for case in context.read_of("listing", subject_id):
        if case.is_erased or case.state not in IN_QUESTION:
            continue
        doubt = find_doubt(case, events, redrawn)
        is_settled = doubt is not None and _say_the_same(doubt, case.fields.get("settled"))
        if is_settled or _say_the_same(doubt, case.fields.get("doubt")):
            continue
        values = None if doubt is None else {**doubt, "on": context.day, "because": context.stream}
        context.emit(case.name, DOUBTED, subject=subject_id, set={"doubt": values}, state=case.state)
        doubted.append(case.name)
        doubt_measures(context, case, values)
    return doubted


def find_doubt(case: Stream, events: Iterable[RecordEvent], redrawn: Iterable[Redrawn]) -> dict[str, Any] | None:
    """Say why an entry is in question: what happened to its records, or that its ground decides no grade any more."""
    own = set(case.fields.get("records") or ())
    newest = {event.record_id: event.event for event in events if not event.event.startswith("dispute")}
    withdrawn = sorted(record for record in own if newest.get(record) == "withdrawn")
    if withdrawn:
        return _make_doubt("record_withdrawn" if own == set(withdrawn) else "record_withdrawn_in_part", withdrawn)
    if _lost_its_ground(case, redrawn):
        return _make_doubt("ground_gone", sorted(case.fields["triggers"]))
    changed = sorted(record for record in own if newest.get(record) in CHANGES)
    return _make_doubt("record_changed", changed) if changed else None


def _lost_its_ground(case: Stream, redrawn: Iterable[Redrawn]) -> bool:
    """Whether a trigger decided a grade under the case's scheme and decides none any more."""
    triggers = set(case.fields.get("triggers") or ())
    is_gone = bool((case.fields.get("doubt") or {}).get("why") == "ground_gone")
    for change in redrawn:
        if not (isinstance(change.before, Rows) and isinstance(change.after, Rows)):
            continue
        before, after = triggers & change.before.rules(), triggers & change.after.rules()
        if change.run.pinned == case.fields.get("scheme") and (before or after):
            is_gone = not after
    return is_gone


def _make_doubt(why: str, named: list[str]) -> dict[str, Any]:
    return {"why": why, "records": named, "shown": "、".join(named)}


def _say_the_same(doubt: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    names = ("why", "records")
    return [(doubt or {}).get(name) for name in names] == [(other or {}).get(name) for name in names]

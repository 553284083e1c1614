"""Two acts that every workflow has: `correct`, which replaces a step and takes the later ones again, and `upgrade`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from creditscore.core.errors import UsageError
from creditscore.store.context import Context, require_day
from creditscore.store.declarations import ActRule, Workflow
from creditscore.store.fold import Stream, apply_event
from creditscore.store.log import Event
from creditscore.store.tables import event as event_table
from creditscore.store.values import as_plain, check_given

KEPT = ("given", "set", "parts", "basis", "tasks")  # what a corrected step says anew
IDENTITY = ("subject", "list", "scheme", "of", "run")  # what a case is about is not corrected: it is another case
ASKED = {
    "correct": ("number (the step)", "to (a mapping of what is given, and `on`)", "reason"),
    "upgrade": ("reason",),
}
PAPERS = ("organ", "document", "evidence")  # what either may be given too: who decided it, on what


class Taker(Protocol):
    """What takes an act on a case: the machine."""

    @property
    def declared(self) -> Mapping[str, Workflow]:
        """The declarations under which steps were taken, by id."""

    def take(self, context: Context) -> None:
        """Check an act and work out what follows."""

    def finish(self, context: Context) -> None:
        """Ask what a case owes to others."""

    def payload(self, context: Context) -> dict[str, Any]:
        """Return what the event of an act says."""


def plan_generic(machine: Taker, context: Context, case: Stream) -> tuple[dict[str, Any], str]:
    """Work out a correction or an upgrade: its payload, and the declaration under which the case goes on."""
    act = context.act
    if not str(context.given.get("reason") or "").strip():
        raise UsageError("store.needs_reason", act=act, where=case.name, allowed=ASKED[act])
    known = {*PAPERS, *(name.partition(" ")[0] for name in ASKED[act])}
    if strange := sorted({*context.given} - known):
        raise UsageError(
            "store.given_not_know", act=act, listed=", ".join(strange), where=case.name, allowed=[*ASKED[act], *PAPERS]
        )
    last = case.newest_day()
    if context.day < last:
        raise context.refuse(f"{act} on {context.day} lies before the step of {last}", allowed=f"{last} or later")
    if act == "upgrade":
        return plan_upgrade(machine, context, case), context.workflow.id
    return plan_correction(machine, context, case), case.flow


def plan_upgrade(machine: Taker, context: Context, case: Stream) -> dict[str, Any]:
    """Bring a case under the newest declaration, where its state is known there."""
    declared = context.workflow
    if case.flow == declared.id:
        raise context.refuse(
            f"the case stands under {declared.id} already", allowed="a case under an older declaration"
        )
    if case.state not in declared.states:
        raise context.refuse(
            f"{declared.id} has no state {case.state}",
            allowed=sorted(declared.states),
            next="take the case to another state first",
        )
    return {**machine.payload(context), "given": {**context.given, "from": case.flow}}


def plan_correction(machine: Taker, context: Context, case: Stream) -> dict[str, Any]:
    """Take the steps of a case again, each under its own declaration, with one of them replaced.

    What changes is what the correction says; what earlier corrections said goes into it.
    """
    connection, number, to = context.connection, context.given.get("number"), context.given.get("to") or {}
    if not isinstance(to, Mapping):
        raise context.refuse("`to` says nothing that is given", allowed="a mapping of what is given, and `on`")
    if "on" in to:
        to = {**to, "on": require_day(to["on"], "on")}
        context.given["to"] = to
    steps = {place: event for place, event in case.acts().items() if find_act(machine, event)}
    wrong = next((event for place, event in steps.items() if place == number), None)
    if wrong is None:
        raise context.refuse(
            f"there is no step {number!r} to correct",
            allowed=", ".join(f"{place} ({event.name})" for place, event in steps.items()),
        )
    workflow, act_of_wrong = _require_act(machine, wrong)
    if workflow.acts[act_of_wrong].routine:
        raise context.refuse(
            f"{wrong.name} follows from the passing of time and is not corrected", allowed="a step that somebody took"
        )
    if strange := {*to} & {*IDENTITY}:
        raise context.refuse(
            f"{', '.join(sorted(strange))}: what a case is about is not corrected",
            allowed="other values",
            next="annul this case and open another",
        )
    replaced: dict[str, Any] = {}
    fresh = Stream(case.name)
    for event in case.events:
        payload_now = case.payload_of(event)
        if find_act(machine, event) is None:
            _apply_other(fresh, event)
            continue
        declared, act = _require_act(machine, event)
        given, day = dict(payload_now.get("given", {})), case.day_of(event)
        if event is wrong:
            day = to.get("on", day)
            given |= {name: value for name, value in to.items() if name != "on"}
            if day > event.known_on:
                raise context.refuse(
                    f"the step was recorded on {event.known_on} and cannot be of {day}",
                    allowed=f"up to {event.known_on}",
                )
        given = check_given(declared, act, as_plain(given))
        taken = Context(
            connection,
            declared,
            act,
            _before(fresh, case),
            given,
            day,
            event.known_on,
            event.actor,
            context.until,
        )
        machine.take(taken)
        payload = machine.payload(taken)
        if day != case.day_of(event) or any(payload.get(name) != payload_now.get(name) for name in KEPT):
            if taken.emitted or _had_consequences(connection, declared.acts[act], event):
                raise context.refuse(
                    f"{event.name} has had consequences elsewhere and is not corrected",
                    allowed="a step without consequences",
                    next="undo what followed from it first",
                )
            replaced[str(event.version)] = {**payload, "on_day": day}
        _apply_as(fresh, event, payload, day, taken.state)
    if not replaced:
        raise context.refuse("the correction changes nothing", allowed="other values than those that stand")
    context.before, context.case, context.state, context.stream = fresh, fresh.view(), fresh.state, case.name
    machine.finish(context)
    context.reads[case.name] = case.version
    return {"given": context.given, "replaced": {**{str(k): v for k, v in case.corrected.items()}, **replaced}}


def _had_consequences(connection: sa.Connection, rule: ActRule, event: Event) -> bool:
    """Whether the code of a step wrote on other streams in its act."""
    if not (rule.code and rule.emits):
        return False
    query = sa.select(event_table.c.act, event_table.c.kind).where(event_table.c.seq == event.seq + 1)
    following = connection.execute(query).first()
    return following is not None and following.act == event.act and following.kind in rule.emits


def find_act(machine: Taker, event: Event) -> str | None:
    """Return the act by which an event was written; None for a correction, an upgrade and what others wrote."""
    declared = machine.declared.get(event.flow)
    return None if declared is None else declared.act_of(event.kind)


def _require_act(machine: Taker, event: Event) -> tuple[Workflow, str]:
    declared = machine.declared[event.flow]
    return declared, str(declared.act_of(event.kind))


def _apply_other(fresh: Stream, event: Event) -> None:
    """Apply an event that is not taken again: it changes no state, and earlier corrections are in the steps."""
    payload = {name: value for name, value in (event.payload or {}).items() if name != "replaced"}
    state = event.state if event.payload is None or payload.get("because") else fresh.state
    apply_event(fresh, event._replace(payload=payload, state=state))


def _before(fresh: Stream, case: Stream) -> Stream:
    """The case as it was before a step, under its own name, so that opening it again finds nothing in its way."""
    return fresh if fresh.version >= 0 else Stream(case.name)


def _apply_as(fresh: Stream, event: Event, payload: Mapping[str, Any], day: str, state: str) -> None:
    apply_event(fresh, event._replace(payload=payload, on_day=day, state=state))

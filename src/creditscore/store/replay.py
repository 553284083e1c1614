"""Take every step of every stream again: whether it could follow what stood then, and whether what it says follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from creditscore.core.errors import CreditscoreError
from creditscore.store.archive.files import Archive
from creditscore.store.context import Context, Registry
from creditscore.store.corrections import find_act, plan_generic
from creditscore.store.declarations import GENERIC, OTHERWISE, ActRule, Workflow
from creditscore.store.fold import Stream, apply_event
from creditscore.store.log import Event, Log, NewEvent, find_form_fault, list_files, read_event
from creditscore.store.machine import Machine
from creditscore.store.own_events import find_misfit
from creditscore.store.people import PERSON, People
from creditscore.store.streams import TASK_KINDS
from creditscore.store.values import check_given

SayFault = Callable[[str, str, str], None]  # sort, where, what
GENERIC_KINDS = {"corrected": ("correct", "reviewer"), "upgraded": ("upgrade", "approver")}
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


class Replay:
    """Takes the steps of a log again.

    Parameters
    ----------
    registry, archive
        Of the store; None for the archive where no place is named.
    connection
        A connection that sees one state of it.
    people, declared
        All persons, and the declarations by id with the numbers of the events that declared them.
    mode
        Of the log.
    since
        Steps before this event are folded and not taken again.

    Attributes
    ----------
    say
        Called with each fault.
    """

    def __init__(
        self,
        registry: Registry,
        archive: Archive | None,
        connection: sa.Connection,
        people: People,
        declared: Mapping[str, tuple[int, Workflow]],
        mode: str,
        since: int = 0,
    ) -> None:
        self.registry, self.archive, self.connection, self.people = registry, archive, connection, people
        self.mode, self.since, self.declared_at = mode, since, declared
        self.say: SayFault = lambda sort, where, what: None
        self.kinds = {*registry.newest, *registry.type_of}
        self.declared = {name: workflow for name, (_, workflow) in declared.items()}
        self.machine = Machine(registry, self.declared)
        self.files: set[str] = set()

    def walk(self, first: str = "", end: str | None = None) -> Iterator[Stream]:
        """Give every stream from one name to another (None: to the last) as its events make it, in the order of their
        names, each event looked at as it is taken.
        """
        with Log.read_rows(self.connection, by="stream", first=first, end=end) as every:
            for name, rows in groupby(every, key=itemgetter("stream")):
                stream = Stream(str(name))
                if stream.kind not in self.kinds:
                    self.say("stream", stream.name, "there is no such kind of stream")
                    continue
                for row in rows:
                    try:
                        event = read_event(row)
                        if event.seq >= self.since and (fault := find_form_fault(event, row["payload"])):
                            self.say("form", f"event {event.seq} ({event.kind})", fault)
                        if event.seq >= self.since and (event.payload is not None or event.flow):
                            self._check(stream, event)
                        apply_event(stream, event)
                        self._check_files(stream.name, event)
                    except (CreditscoreError, *MALFORMED) as error:
                        what = error.what if isinstance(error, CreditscoreError) else type(error).__name__
                        self.say("step", f"event {row['seq']}", f"it is not one that this package writes: {what}")
                yield stream

    def _check(self, stream: Stream, event: Event) -> None:
        where = f"event {event.seq} ({event.kind})"
        payload = event.payload or {}
        own_type = self.registry.type_of.get(stream.kind)
        if event.payload is not None and (
            fault := find_misfit(event.kind, payload, own_type, event.version, stream.state, event.state)
        ):
            self.say("step", where, fault)
        if event.flow:
            self._check_step(stream, event, where)
        elif event.kind in TASK_KINDS:
            self._check_task(stream, event, where)
        elif event.seq and not event.kind.startswith(f"{stream.kind}."):
            self.say("step", where, f"it stands on {stream.name}")
        elif own_type is None:
            self._check_emitted(stream, event, where)
        elif event.kind == "person.added" and stream.version >= 0:
            self.say("step", where, "the person is there already")

    def _check_files(self, stream: str, event: Event) -> None:
        """Look at each file of the archive that an event names, once, and at what a kept run says of its rows."""
        are_whole = True
        for name, table in list_files(event).items():
            if name in self.files:
                continue
            self.files.add(name)
            try:
                fault = "no archive is named" if self.archive is None else self.archive.find_fault(name)
            except CreditscoreError as error:
                fault = error.what
            if fault:
                are_whole = False
                self.say("archive", stream, f"{table}, file {name[:12]}…: {fault}")
        values = (event.payload or {}).get("set") or {}
        if are_whole and self.archive is not None and event.seq >= self.since and event.kind == "run.kept" and values:
            from creditscore.store.archive.rows import find_rows_fault

            if rows_fault := find_rows_fault(self.archive, values):
                self.say("archive", stream, rows_fault)

    # --- acts of workflows

    def _check_step(self, stream: Stream, event: Event, where: str) -> None:
        """Check one act on a case against the declaration of its time."""
        workflow = self.declared.get(event.flow)
        act = workflow.act_of(event.kind) if workflow else None
        generic, generic_role = GENERIC_KINDS.get(event.name, ("", ""))
        if workflow is None or stream.kind != workflow.workflow or not (act or generic):
            self.say("step", where, f"{event.flow} declares no such act on {stream.name}")
            return
        by = workflow.acts[act].by if act else (generic_role,)
        if event.role not in by:
            self.say("role", where, f"taken as {event.role or 'nobody'}, declared for {', '.join(by)}")
        if generic != "upgrade" and stream.version >= 0 and stream.flow != event.flow:
            self.say("step", where, f"the case stands under {stream.flow}")
        if (stream.version < 0 or generic == "upgrade") and (newer := self._find_newer(workflow, event.act)):
            self.say("step", where, f"{newer} was at work already")
        if stream.version >= 0 and event.subject != stream.subject and (generic or workflow.is_plain(str(act))):
            self.say("step", where, f"it names {event.subject or 'nobody'}, the case {stream.subject or 'nobody'}")
        if any(step.flow and event.known_on < step.known_on for step in stream.events):
            self.say("step", where, f"known on {event.known_on}, before an earlier step of its case was")
        case = stream if stream.version >= 0 else Stream("")
        given = (event.payload or {}).get("given", {})
        self._check_role(workflow, generic or str(act), case, event, where)
        try:
            if generic:
                self._check_generic(self._make_context(workflow, generic, case, event, given), case, event, where)
            else:
                self._check_act(workflow, str(act), case, event, where)
        except CreditscoreError as error:
            self.say("guard", where, error.what)

    def _make_context(
        self, workflow: Workflow, act: str, case: Stream, event: Event, given: Mapping[str, Any]
    ) -> Context:
        return Context(
            self.connection, workflow, act, case, given, event.on_day, event.known_on, event.actor, event.seq
        )

    def _find_newer(self, workflow: Workflow, act: int) -> str | None:
        """A later version of a workflow that had been declared before an act."""
        return next(
            (
                other.id
                for seq, other in self.declared_at.values()
                if other.workflow == workflow.workflow and other.version > workflow.version and seq < act
            ),
            None,
        )

    def _check_role(self, workflow: Workflow, act: str, case: Stream, event: Event, where: str) -> None:
        if self.mode == "open" and not self.people.holds_roles(event.act):
            return
        domain: str | None = "" if workflow.domain == "None" else None
        if domain is None and event.payload is not None:  # what was erased says no domain
            context = self._make_context(workflow, act, case, event, event.payload.get("given", {}))
            context.state, context.changes = event.state, dict(event.payload.get("set", {}))
            with suppress(CreditscoreError):
                domain = self.machine.find_domain(context)
        person = self.people.persons.get(event.actor)
        if person is None or not person.has_role(
            event.role, event.act, office=event.office, domain=domain, act=event.kind
        ):
            self.say("role", where, f"{person.name if person else event.actor} was no {event.role} then")

    def _check_act(self, workflow: Workflow, act: str, case: Stream, event: Event, where: str) -> None:
        """Try the declared guards again, and work out again what follows where no code has a part in it."""
        rule, payload = workflow.acts[act], event.payload
        ways = rule.ways()
        if (case.version >= 0) == rule.opens or (not rule.opens and case.state not in rule.from_):
            self.say("step", where, f"it cannot follow {case.state or 'nothing'}")
            return
        allowed = {*ways} | (set() if OTHERWISE in ways.values() else {case.state}) if ways else {case.state}
        if rule.code and OTHERWISE not in ways.values():
            allowed |= {*workflow.states}
        if event.state not in allowed:
            self.say("step", where, f"it does not lead to {event.state or 'no state'}")
        if payload is None:
            self._check_persons(rule, case, event, where)
            return
        given = payload.get("given", {})
        if check_given(workflow, act, given) != given:
            self.say("effect", where, "what was given is not written as the store writes it")
        again = self._make_context(workflow, act, case, event, given)
        self.machine.take(again)
        if workflow.is_plain(act):
            if (again.stream, again.subject, again.state) != (event.stream, event.subject, event.state):
                self.say("effect", where, "its stream, organisation or state is not what the declaration lets follow")
            self._compare(self.machine.payload(again), payload, where)
            return
        again.subject, again.state, again.changes = event.subject, event.state, dict(payload.get("set", {}))
        again.parts = {part: [dict(row) for row in rows] for part, rows in payload.get("parts", {}).items()}
        self.machine.check_effects(again)
        self._compare({**payload, "tasks": self.machine.task_changes(again)}, payload, where)

    def _check_persons(self, rule: ActRule, case: Stream, event: Event, where: str) -> None:
        """Look at the second person of an act whose payload was erased, where no condition reads what is gone."""
        names = {name for eyes in rule.second_person if not eyes.of and eyes.when == "True" for name in eyes.than}
        if any(step.actor == event.actor and {step.name, step.kind} & names for step in case.events):
            self.say("guard", where, "one person where the declaration asks for two")

    def _compare(self, wanted: Mapping[str, Any], payload: Mapping[str, Any], where: str) -> None:
        names = ({*wanted} | {*payload}) - {"salt"}
        if wrong := sorted(name for name in names if (wanted.get(name) or None) != (payload.get(name) or None)):
            self.say("effect", where, f"its {', '.join(wrong)}: not what the declaration lets follow")

    # --- corrections and upgrades

    def _check_generic(self, context: Context, case: Stream, event: Event, where: str) -> None:
        if case.version < 0:
            self.say("step", where, "there is no case")
            return
        if event.state not in context.workflow.states:
            self.say("step", where, f"it does not lead to {event.state or 'no state'}")
        if event.payload is None:
            return
        steps = [step for step in case.events if find_act(self.machine, step)]
        given = {name: value for name, value in context.given.items() if (context.act, name) != (GENERIC[1], "from")}
        context = self._make_context(context.workflow, context.act, case, event, given)
        if context.act == GENERIC[0] and not all(
            self.declared[step.flow].is_plain(str(find_act(self.machine, step))) for step in steps
        ):
            self._check_form(case, steps, event, where)
            return
        payload, flow = plan_generic(self.machine, context, case)
        if (flow, context.state) != (event.flow, event.state):
            self.say("effect", where, "its state or declaration is not what follows")
        self._compare(payload, event.payload, where)

    def _check_form(self, case: Stream, steps: list[Event], event: Event, where: str) -> None:
        """Look at a correction of steps that code had a part in: it changes what was given to one of them only."""
        payload = event.payload or {}
        given, replaced = payload.get("given", {}), payload.get("replaced", {})
        to = {name: value for name, value in (given.get("to") or {}).items() if name != "on"}
        by_version = {str(step.version): step for step in steps}
        wrong = case.acts().get(given["number"])
        if {*payload} - {"given", "replaced", "salt"} or {*replaced} - {*by_version}:
            self.say("effect", where, "it replaces more than steps")
            return
        for version, fresh in replaced.items():
            step = by_version[version]
            workflow, act = self.declared[step.flow], str(find_act(self.machine, step))
            is_wrong = step is wrong
            before = dict(case.payload_of(step).get("given", {}))
            wanted = {k: v for k, v in {**before, **to}.items() if v is not None} if is_wrong else before
            day = (given.get("to") or {}).get("on", case.day_of(step)) if is_wrong else case.day_of(step)
            if fresh.get("given", {}) != wanted:
                self.say("effect", where, f"it changes what was given to step {version} otherwise than it says")
            if fresh.get("on_day") != day:
                self.say("effect", where, f"it changes the day of step {version}")
            context = self._make_context(workflow, act, case, event, before)
            context.changes = dict(fresh.get("set", {}))
            context.parts = {part: [dict(row) for row in rows] for part, rows in fresh.get("parts", {}).items()}
            self.machine.check_effects(context)

    # --- what is no act of a workflow

    def _check_task(self, stream: Stream, event: Event, where: str) -> None:
        """An assignment or a wait changes one open task, and nothing else, by the team whose task it is."""
        changes = (event.payload or {}).get("tasks", [])
        change = changes[0] if len(changes) == 1 else {}
        field = "person" if event.kind == "task.assigned" else "hold_until"
        reason = {"given": {"reason"}} if event.kind == "task.held" else {}
        payload = {name: value for name, value in (event.payload or {}).items() if name != "salt"}
        if (
            {*payload} != {"tasks", *reason}
            or {*change} != {"change", "what", "number", field}
            or change["change"] != "alter"
            or (reason and {*payload["given"]} != {"reason"})
        ):
            self.say("step", where, "it says more or less than one change of one task")
            return
        if (event.state, event.subject) != (stream.state, stream.subject):
            self.say("step", where, "it changes the state or the organisation")
        task = stream.open_tasks().get((change["what"], change["number"]))
        if task is None:
            self.say("step", where, "there was no such open task")
            return
        if event.role != task["team"]:
            self.say("role", where, f"taken as {event.role or 'nobody'}, the task is of {task['team']}")
        if self.mode == "open" and not self.people.holds_roles(event.act):
            return
        domain = None if stream.is_erased else self.machine.find_domain_of(stream)  # what was erased says no domain
        person = self.people.persons.get(event.actor)
        if person is None or not person.has_role(
            event.role, event.act, office=event.office, domain=domain, act=event.kind
        ):
            self.say("role", where, f"{person.name if person else event.actor} was no {event.role} then")
        taker = self.people.persons.get(str(change.get("person")))
        if change.get("person") and (
            taker is None or not taker.has_role(task["team"], event.seq, office=None, domain=domain)
        ):
            self.say("role", where, f"given to somebody who was no {task['team']}")

    def _check_emitted(self, stream: Stream, event: Event, where: str) -> None:
        """What an act wrote on a case keeps to the fields and states of that workflow."""
        payload = {name: value for name, value in (event.payload or {}).items() if name != "salt"}
        (checked,) = self.machine.check_emitted([NewEvent(stream.name, event.kind, payload, event.state)])
        self._compare(checked.payload, payload, where)
        states = {
            state
            for workflow in self.declared.values()
            for state in workflow.states
            if workflow.workflow == stream.kind
        }
        if event.state not in states | {stream.state}:
            self.say("step", where, f"it does not lead to {event.state}")


def check_person(people: People, event: Event, say: SayFault, has_roles: bool) -> bool:
    """Check an event about a person, key or role before it is taken; whether it may be."""
    where = f"event {event.seq}"
    payload = event.payload
    if payload is None:
        return True
    try:
        fault = find_misfit(event.kind, payload, PERSON, event.version, "", event.state) or people.find_misfit(event)
        if fault is None and has_roles:
            fault = people.find_excess(event.actor, event, event.act)
    except MALFORMED as error:
        fault = f"it is not one that this package writes: {type(error).__name__}"
    if fault is not None:
        say("person", where, fault)
    return fault is None
